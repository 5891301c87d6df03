"""A sparse boolean mask: its memory grows with the number of true entries, not with its length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, overload

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SparseMask:
    """A boolean mask that is indexed like an array: ``mask[7]``, ``mask[numbers]``, ``mask[:count]``."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        """``numbers`` (ascending) are the indexes of the true entries."""
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
            return np.isin(asked, self.numbers) if self._among else np.zeros(len(asked), np.bool_)
        answer = np.zeros(asked.stop, np.bool_)
        answer[self.numbers[self.numbers < asked.stop]] = True
        return answer[asked]


NONE: Final = SparseMask(np.zeros(0, np.int64))
