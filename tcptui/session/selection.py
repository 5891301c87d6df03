"""Streams whose findings are asked for, with what decides how each is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tcptui.analysis.stream.row_order import RowOrder
    from tcptui.model.sparse_mask import SparseMask


@dataclass(frozen=True, slots=True)
class Selection:
    """Columns with one entry per stream, and what they share."""

    streams: NDArray[np.int64]
    """Stream numbers, ascending."""
    known: NDArray[np.bool_]
    """Of each: whether its findings are cached."""
    look_back: NDArray[np.bool_]
    """Of each: whether its states may need correction."""
    alone: NDArray[np.bool_]
    """Of each: whether it is to be among those that are judged one by one."""
    read: SparseMask
    """By stream number: whether its payload is judged."""
    order: RowOrder | None = None

    def part(self, begin: int, end: int) -> Selection:
        """The streams from index ``begin`` up to ``end``."""
        part = slice(begin, end)
        columns = self.streams[part], self.known[part], self.look_back[part], self.alone[part]
        return Selection(*columns, self.read, self.order)
