"""A yes or no for each of very many numbers of which few are yes: costs what these cost, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, overload

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SparseMask:
    """Asked like an array of bools: ``few[7]``, ``few[numbers]``, ``few[:count]``."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        """``numbers`` (ascending) are yes."""
        self.numbers: Final = numbers
        self._among: Final = frozenset(numbers.tolist())

    @overload
    def __getitem__(self, asked: int) -> bool: ...

    @overload
    def __getitem__(self, asked: slice | NDArray[np.int64] | NDArray[np.int32]) -> NDArray[np.bool_]: ...

    def __getitem__(self, asked: int | slice | NDArray[np.int64] | NDArray[np.int32]) -> bool | NDArray[np.bool_]:
        if isinstance(asked, int):
            return asked in self._among
        if not isinstance(asked, slice):
            return np.isin(asked, self.numbers)
        answer = np.zeros(asked.stop, np.bool_)
        answer[self.numbers[self.numbers < asked.stop]] = True
        return answer[asked]


NONE: Final = SparseMask(np.zeros(0, np.int64))
