"""Keeps what dear tests said of packets: typing on at a filter asks the same tests again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.dfilter.expression import Test
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.rows import Mask, Rows

#: Tests that are kept, a byte a packet each.
_KEPT: Final = 16
_UNKNOWN, _FAILS, _PASSES = 0, 1, 2


class LeafMemory:
    """For some tests, the packets that were asked about and what came of it."""

    def __init__(self) -> None:
        self._known: dict[Test, tuple[int, NDArray[np.uint8]]] = {}
        """The first row, and a cell for each from there on; the test asked last is the last."""

    def asked(self, test: Test, rows: Rows, ask: Callable[[Rows], Mask]) -> Mask:
        """What ``ask`` says of ``rows``; it is only asked about those that it was not asked about before."""
        numbers = rows.numbers
        first, cells = room(self._known.pop(test, None), int(numbers[0]), int(numbers[-1]) + 1)
        self._known[test] = first, cells
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        at = numbers - first
        found = cells[at]
        missing = found == _UNKNOWN
        if missing.any():
            answered = np.where(ask(rows.only(missing)), _PASSES, _FAILS).astype(np.uint8)
            cells[at[missing]] = found[missing] = answered
        mask: Mask = found == _PASSES
        return mask

    def forget(self, rows: I32) -> None:
        """Ask about ``rows`` again."""
        for first, cells in self._known.values():
            at = rows - first
            cells[at[(at >= 0) & (at < len(cells))]] = _UNKNOWN

    def clear(self) -> None:
        """Ask about all again."""
        self._known.clear()

    def drop(self, first: int) -> None:
        """Keep nothing about rows before ``first``, which were evicted."""
        for test, (begin, cells) in self._known.items():
            if first - begin > len(cells) // 2:
                self._known[test] = first, cells[first - begin :].copy()


def room(known: tuple[int, NDArray[np.uint8]] | None, first: int, stop: int) -> tuple[int, NDArray[np.uint8]]:
    """``known`` with cells for the rows ``first`` to ``stop`` - 1 as well."""
    if known is None:
        return first, np.zeros(stop - first, np.uint8)
    begin, cells = known
    if begin <= first and stop <= begin + len(cells):
        return known
    lowest = min(begin, first)
    longest = max(begin + len(cells), stop + (stop - lowest) // 2)
    longer = np.zeros(longest - lowest, np.uint8)
    longer[begin - lowest : begin - lowest + len(cells)] = cells
    return lowest, longer
