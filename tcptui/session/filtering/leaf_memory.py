"""Keeps what dear tests said of packets: typing on at a filter asks the same tests again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter.expression import Test
from tcptui.session.filtering.row_cells import RowCells

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.session.filtering.rows import Mask, Rows

#: Tests that are kept, a byte a packet each.
_CACHE_SIZE: Final = 16
_UNKNOWN, _FAILS, _PASSES = 0, 1, 2


class LeafMemory(RowCells[Test]):
    """For some tests, the packets that were asked about and what came of it."""

    def asked(self, test: Test, rows: Rows, ask: Callable[[Rows], Mask]) -> Mask:
        """Mask of the ``rows`` that pass ``ask``, which is only asked about rows that it was not asked about before."""
        numbers = rows.numbers
        first, cells = self._room(test, int(numbers[0]), int(numbers[-1]) + 1)
        if len(self._known) > _CACHE_SIZE:
            del self._known[next(iter(self._known))]
        at = numbers - first
        found = cells[at]
        missing = found == _UNKNOWN
        if missing.any():
            answered = np.where(ask(rows.only(missing)), _PASSES, _FAILS).astype(np.uint8)
            cells[at[missing]] = found[missing] = answered
        mask: Mask = found == _PASSES
        return mask
