"""The largest entry of a long column so far, at any place, without a second column of that length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32

#: After every so many entries the largest one so far is kept.
_STRIDE: Final = 1 << 10


class RunningMaximum:
    """Of the entries that ``index`` picks from ``column``, in that order."""

    def __init__(self, column: NDArray[Any], index: I32) -> None:
        self._column, self._index = column, index
        kept = [np.zeros(0, column.dtype)]
        for begin in range(0, len(index), 64 * _STRIDE):
            entries = column[index[begin : begin + 64 * _STRIDE]]
            kept.append(np.maximum.reduceat(entries, np.arange(0, len(entries), _STRIDE)))
        self._stride = _STRIDE
        self._kept = np.maximum.accumulate(np.concatenate(kept))

    def at(self, place: int) -> int:
        """The largest of the first ``place + 1`` entries."""
        begin = place // self._stride * self._stride
        largest = int(self._column[self._index[begin : place + 1]].max())
        return max(largest, int(self._kept[place // self._stride - 1])) if begin else largest
