"""The rows of the timeline: which packets of one connection it shows, and its cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.model.finding import Severity
from tcptui.model.packet_store import I32
from tcptui.session.stream_rows import place_of
from tcptui.ui.main.packet_severity import is_problem
from tcptui.ui.main.request_lines import request_lines
from tcptui.ui.view_options import ViewOptions
from tcptui.ui.widgets.virtual_list import MOVING_KEYS, VirtualList

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.binding import BindingType

    from tcptui.protocols.registry import ApplicationStream
    from tcptui.session.session import Session
    from tcptui.ui.main.request_lines import RequestLine
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

_CHUNK: Final = 65536


class TimelineRows(VirtualList, inherit_bindings=False):
    """The rows of one stream; ICMP errors about it are rows of their own.  Subclasses draw them."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words, options: ViewOptions, *, id: str = "timeline") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, id=id)
        self.words = words
        self.options = options
        self.session: Session | None = None
        self.stream = -1
        self.rows: I32 = np.zeros(0, np.int32)
        self.raw_numbers = False
        self.ends = ("", "")
        self.empty_text = ""
        """Why no connection is shown; empty: none is selected."""
        self._raised: Mapping[int, Severity] = {}
        self._steps: frozenset[int] = frozenset()
        self._requests: Mapping[int, RequestLine] = {}
        """By frame, the request that it begins."""
        self._requests_of: ApplicationStream | None = None
        self._hidden_from: int | None = None
        self._masked_row = -1

    # -- contents ------------------------------------------------------------------
    def show(self, session: Session, stream: int, ends: tuple[str, str]) -> None:
        """Show ``stream`` from its first packet; ``ends`` are client and server as text."""
        self.session, self.stream, self.ends = session, stream, ends
        self._raised, self._hidden_from, self._masked_row = {}, None, -1
        self._requests, self._requests_of = {}, None
        self.rows = session.rows_of(stream)
        self.cursor = 0
        self.set_row_count(len(self.rows))
        self.scroll_to(y=0, animate=False, immediate=True)
        self.refresh()

    def clear(self) -> None:
        """Show nothing: no connection is selected."""
        self.stream, self.ends, self._raised = -1, ("", ""), {}
        self.rows = self.rows[:0]
        self.set_row_count(0)
        self.refresh()

    def grow(self) -> bool:
        """Add rows that have come since and remove evicted ones; returns whether there were any.

        The cursor stays on its packet, or goes to the oldest one that is left.
        """
        if self.session is None or self.stream < 0:
            return False
        rows = self.session.rows_of(self.stream)
        left = place_of(self.rows, self.session.store.first)
        grown = left > 0 or len(rows) != len(self.rows)
        self.rows = rows
        if left:
            self.cursor = max(self.cursor - left, 0)
            top = max(int(self.scroll_offset.y) - left, 0)
        if grown:  # changes in the other rows are repainted by the caller
            self._count_rows()
        if left:
            self.scroll_to(y=top, animate=False, immediate=True)
            self.refresh()
        return grown

    def conceal(self, hidden_from: int | None, masked_row: int = -1) -> None:
        """Show only rows before the store's row ``hidden_from``, and ``masked_row`` without states and verdict.

        None and -1 show everything again.
        """
        self._hidden_from, self._masked_row = hidden_from, masked_row
        self._count_rows()
        self.refresh()

    @property
    def conceals(self) -> bool:
        """Whether something is hidden for a prediction."""
        return self._hidden_from is not None or self._masked_row >= 0

    def is_masked(self, row: int) -> bool:
        """Whether states and verdict of the store's ``row`` are hidden."""
        return row == self._masked_row

    def _count_rows(self) -> None:
        hidden = self._hidden_from
        self.set_row_count(len(self.rows) if hidden is None else place_of(self.rows, hidden))

    def raise_rows(self, raised: Mapping[int, Severity]) -> None:
        """Draw rows with the severities of findings, from `packet_severity.raised_rows`."""
        if raised != self._raised:
            self._raised = raised
            self.refresh()

    def tell_requests(self, messages: ApplicationStream | None) -> None:
        """Say what was asked and answered in the rows of ``messages`` that begin a request.

        Raises OSError when the spool cannot be read.
        """
        if messages is None or messages is self._requests_of:
            return
        self._requests_of = messages
        lines = request_lines(messages.requests(), self.glyphs.right, self.words)
        if lines != self._requests:
            self._requests = lines
            self.refresh()

    def highlight(self, rows: frozenset[int]) -> None:
        """Mark the rows that a lesson's step points at."""
        if rows != self._steps:
            self._steps = rows
            self.refresh()

    def set_options(self, options: ViewOptions) -> None:
        """Use other options: the time base may have changed."""
        self.options = options
        self.refresh()

    def toggle_raw(self) -> None:
        """Switch between relative and raw sequence numbers."""
        self.raw_numbers = not self.raw_numbers
        self.refresh()

    @property
    def raised(self) -> Mapping[int, Severity]:
        """Severities of rows by findings, as set by `raise_rows`."""
        return self._raised

    @property
    def packet_row(self) -> int:
        """The store's row under the cursor; -1 for none, also when it has just been evicted."""
        row = int(self.rows[self.cursor]) if self.cursor < len(self.rows) else -1
        return row if self.session is not None and row >= self.session.store.first else -1

    def put_on_row(self, row: int, *, by_user: bool = False) -> bool:
        """Move the cursor to the store's ``row``; returns whether it is one of this connection."""
        position = place_of(self.rows, row)
        if position >= len(self.rows) or int(self.rows[position]) != row:
            return False
        self.put_cursor(position, by_user=by_user)
        return True

    def next_problem(self, step: int, start: int | None = None) -> int:
        """The nearest position after (``step`` 1) or before (-1) ``start`` that is a warning or worse, or -1.

        ``start`` None is the cursor.
        """
        if self.session is None:
            return -1
        store = self.session.store
        position = self.cursor if start is None else start
        loud = np.array([row for row, level in self._raised.items() if level >= Severity.WARNING], np.int32)
        raised = np.searchsorted(self.rows, loud)
        raised = raised[np.isin(loud, self.rows[raised[raised < len(self.rows)]])]  # some are of other connections
        ahead = raised[raised > position] if step > 0 else raised[raised < position]
        nearest = -1 if not len(ahead) else int(ahead.min() if step > 0 else ahead.max())
        end = len(self.rows) if nearest < 0 else nearest
        remaining = self.rows[position + 1 : end] if step > 0 else self.rows[nearest + 1 : max(0, position)][::-1]
        for begin in range(0, len(remaining), _CHUNK):
            found = np.flatnonzero(is_problem(store, remaining[begin : begin + _CHUNK]))
            if len(found):
                distance = begin + int(found[0]) + 1
                return position + distance if step > 0 else position - distance
        return nearest
