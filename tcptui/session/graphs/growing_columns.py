"""Columns of equal length that rows are appended to, with spare room behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


class GrowingColumns:
    """Named arrays of ``count`` rows; slices handed out stay valid, and unchanged but for what is written to them."""

    def __init__(self, dtypes: Mapping[str, type[np.generic]]) -> None:
        self.count = 0
        self._room: dict[str, NDArray[Any]] = {name: np.zeros(0, dtype) for name, dtype in dtypes.items()}

    def append(self, more: Mapping[str, NDArray[Any]]) -> None:
        """Append one array a column, all of the same length."""
        length = len(next(iter(more.values())))
        count = self.count + length
        for name, room in self._room.items():
            known = room
            if count > len(room):
                known = self._room[name] = np.zeros(count + count // 2, room.dtype)
                known[: self.count] = room[: self.count]
            known[self.count : count] = more[name]
        self.count = count

    def column(self, name: str) -> NDArray[Any]:
        """The rows of the column ``name`` so far."""
        return self._room[name][: self.count]
