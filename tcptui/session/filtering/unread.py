"""Packets that a filter asked for messages that were not read: too many came before them in their connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.session.filtering.row_cells import RowCells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.model.packet_store import I32, I64


class UnreadRows(RowCells[str]):
    """By field, the packets that were asked for it, and that may have it in messages that nobody read."""

    def note(self, name: str, rows: I32) -> None:
        """``rows`` (ascending) were asked for the field ``name`` in vain."""
        if len(rows):
            first, cells = self._room(name, int(rows[0]), int(rows[-1]) + 1)
            cells[rows - first] = 1

    def of(self, names: Iterable[str], first: int, stop: int) -> I64:
        """The rows ``first`` to ``stop`` - 1 that were asked for one of the fields ``names`` in vain, ascending."""
        found = np.zeros(max(stop - first, 0), np.bool_)
        for name in names:
            if name in self._known:
                begin, cells = self._known[name]
                low, high = max(first, begin), min(stop, begin + len(cells))
                found[low - first : max(high, low) - first] |= cells[low - begin : max(high, low) - begin] != 0
        return np.flatnonzero(found).astype(np.int64) + first
