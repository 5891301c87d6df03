"""Packets that a filter asked for messages that were not read: too many came before them in their connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.session.filtering.leaf_memory import room

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32, I64


class UnreadRows:
    """By field, the packets that were asked for it, and that may have it in messages that nobody read."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, NDArray[np.uint8]]] = {}
        """The first row, and a cell for each from there on; only of fields that some packet was asked for in vain."""

    def note(self, name: str, rows: I32) -> None:
        """``rows`` (ascending) were asked for the field ``name`` in vain."""
        if len(rows):
            first, cells = room(self._known.get(name), int(rows[0]), int(rows[-1]) + 1)
            cells[rows - first] = 1
            self._known[name] = first, cells

    def of(self, names: Iterable[str], first: int, stop: int) -> I64:
        """The rows ``first`` to ``stop`` - 1 that were asked for one of the fields ``names`` in vain, ascending."""
        found = np.zeros(max(stop - first, 0), np.bool_)
        for name in names:
            if name in self._known:
                begin, cells = self._known[name]
                low, high = max(first, begin), min(stop, begin + len(cells))
                found[low - first : max(high, low) - first] |= cells[low - begin : max(high, low) - begin] != 0
        return np.flatnonzero(found).astype(np.int64) + first

    def forget(self, rows: I32) -> None:
        """``rows`` are asked again."""
        for first, cells in self._known.values():
            at = rows - first
            cells[at[(at >= 0) & (at < len(cells))]] = 0

    def clear(self) -> None:
        """All are asked again."""
        self._known.clear()

    def drop(self, first: int) -> None:
        """Keep nothing about rows before ``first``, which were evicted."""
        for name, (begin, cells) in self._known.items():
            if first - begin > len(cells) // 2:
                self._known[name] = first, cells[first - begin :].copy()
