"""The rows of the timeline: which packets of one connection it shows, all or those that match, and its cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.access.stream_rows import place_of
from tcptui.model.finding import Severity
from tcptui.model.lru import LruCache
from tcptui.model.notes import NO_NOTE, Note
from tcptui.model.packet_store import I32
from tcptui.ui.main.packet_severity import is_problem
from tcptui.ui.view_options import ViewOptions
from tcptui.ui.widgets.virtual_list import MOVING_KEYS, VirtualList

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from textual.binding import BindingType

    from tcptui.access.notes.notebook import Notebook
    from tcptui.access.open_capture import OpenCapture
    from tcptui.ui.main.matching import Matching
    from tcptui.ui.main.request_lines import RequestLine
    from tcptui.ui.search.highlights import Highlights
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

_CHUNK: Final = 65536
#: The connections of which is remembered where they were left.
_PLACES: Final = 1024


@dataclass(frozen=True, slots=True)
class Gap:
    """A pause between two packets."""

    position: int
    """Of the packet behind it."""
    ns: int
    number: int
    """Its place among all of them, the longest first, from 1."""
    count: int


class TimelineRows(VirtualList, inherit_bindings=False):
    """The rows of one stream; ICMP errors about it are rows of their own.  Subclasses draw them."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words, options: ViewOptions, *, id: str = "timeline") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, id=id)
        self.words = words
        self.options = options
        self.session: OpenCapture | None = None
        self.stream = -1
        self.all_rows: I32 = np.zeros(0, np.int32)
        """The packets of the connection."""
        self.rows: I32 = self.all_rows
        """Those that are shown."""
        self._matching: Matching | None = None
        self._shows_context = False
        self.raw_numbers = False
        self.ends = ("", "")
        self.empty_text = ""
        """Why no connection is shown; empty: none is selected."""
        self._raised: Mapping[int, Severity] = {}
        self._steps: frozenset[int] = frozenset()
        self._requests: Mapping[int, RequestLine] = {}
        """By frame, the request that it begins."""
        self._gap_row = -1
        """The packet that `next_gap` led to last."""
        self.notebook: Notebook | None = None
        """The marks and notes of the capture."""
        self.highlights: Highlights | None = None
        """What was searched for last, and is marked."""
        self._hidden_from: int | None = None
        self._masked_row = -1
        self._left_at: LruCache[int, int] = LruCache(_PLACES)
        """By connection that was shown before, the store's row that its cursor was on."""

    # -- contents ------------------------------------------------------------------
    def show(self, session: OpenCapture, stream: int, ends: tuple[str, str]) -> None:
        """Show ``stream`` where it was left, else from its first packet; ``ends`` are client and server as text."""
        self._leave(session)
        self.session, self.stream, self.ends = session, stream, ends
        self._raised, self._hidden_from, self._masked_row = {}, None, -1
        self._requests = {}
        self.all_rows = session.rows_of(stream)
        self.rows = self._chosen()
        self.cursor = 0
        self.set_row_count(len(self.rows))
        self.scroll_to(y=0, animate=False, immediate=True)
        left = self._left_at.get(stream)
        if left is not None:
            self.put_cursor(self._position_near(left))
        self.refresh()

    def _leave(self, session: OpenCapture | None) -> None:
        """Remember the packet of the stream that is shown; of another ``session`` nothing is remembered."""
        if session is not self.session:
            self._left_at.clear()
        elif self.cursor:
            self._left_at.put(self.stream, self.packet_row)
        else:
            self._left_at.pop(self.stream)

    def clear(self) -> None:
        """Show nothing: no connection is selected."""
        self._leave(self.session)
        self.stream, self.ends, self._raised = -1, ("", ""), {}
        self.rows = self.all_rows = self.all_rows[:0]
        self.set_row_count(0)
        self.refresh()

    # -- the display filter --------------------------------------------------------
    def filter_by(self, matching: Matching | None, *, context: bool) -> None:
        """Show only the packets that match, or with ``context`` all, the others faint; None: no filter is on.

        The cursor stays on its packet, or goes to the nearest one that is shown.
        """
        row = self.packet_row
        self._matching, self._shows_context = matching, context
        self._choose_again(row)

    def _choose_again(self, row: int) -> None:
        """Choose the rows anew, with the cursor on the store's ``row`` or near it."""
        before, self.rows = self.rows, self._chosen()
        if len(before) != len(self.rows) or (before != self.rows).any():
            self._count_rows()
            if row >= 0:
                self.put_cursor(self._position_near(row))
        self.refresh()

    def _chosen(self) -> I32:
        """The rows that are shown: for a question, which hides some itself, no filter counts."""
        if self._matching is None or self._shows_context or self.conceals:
            return self.all_rows
        return self.all_rows[self._matching.of_rows(self.all_rows)]

    def _position_near(self, row: int) -> int:
        place = place_of(self.rows, row)
        if place > 0 and (place == len(self.rows) or int(self.rows[place]) - row > row - int(self.rows[place - 1])):
            return place - 1
        return place

    @property
    def matched(self) -> int | None:
        """How many packets of the connection match; None while no filter is on."""
        return None if self._matching is None else self._matching.count_of(self.stream)

    def is_hidden(self, row: int) -> bool:
        """Whether the filter hides the store's ``row``."""
        hides = self._matching is not None and not self._shows_context and not self.conceals
        return hides and self._matching is not None and not self._matching.shows(row)

    def is_context(self, row: int) -> bool:
        """Whether the store's ``row`` is shown only for the sake of its neighbours that match."""
        return (
            self._matching is not None and self._shows_context and not self.conceals and not self._matching.shows(row)
        )

    def grow(self) -> bool:
        """Add rows that have come since and remove evicted ones; returns whether there were any.

        The cursor stays on its packet, or goes to the oldest one that is left.
        """
        if self.session is None or self.stream < 0:
            return False
        rows = self.session.rows_of(self.stream)
        left = place_of(self.rows, self.session.store.first)
        grown = len(rows) != len(self.all_rows) or place_of(self.all_rows, self.session.store.first) > 0
        self.all_rows = rows
        if grown or self._matching is None:
            self.rows = self._chosen()
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
        row = self.packet_row
        self._hidden_from, self._masked_row = hidden_from, masked_row
        if self._matching is not None:
            self._choose_again(row)
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

    def note_of(self, row: int) -> Note:
        """The mark and note of the packet in the store's ``row``."""
        if self.notebook is None or self.session is None:
            return NO_NOTE
        return self.notebook.packet(int(self.session.store.frame[row]))

    def tell_requests(self, requests: Mapping[int, RequestLine]) -> None:
        """Say what was asked and answered in the rows that begin a request; ``requests``: by frame."""
        if requests is not self._requests:
            self._requests = requests
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
        above_note = np.array([row for row, level in self._raised.items() if level >= Severity.WARNING], np.int32)
        calm = np.array([row for row, level in self._raised.items() if level < Severity.WARNING], np.int32)
        raised = np.searchsorted(self.rows, above_note)
        raised = raised[
            np.isin(above_note, self.rows[raised[raised < len(self.rows)]])
        ]  # some are of other connections
        ahead = raised[raised > position] if step > 0 else raised[raised < position]
        nearest = -1 if not len(ahead) else int(ahead.min() if step > 0 else ahead.max())
        end = len(self.rows) if nearest < 0 else nearest
        remaining = self.rows[position + 1 : end] if step > 0 else self.rows[nearest + 1 : max(0, position)][::-1]
        for begin in range(0, len(remaining), _CHUNK):
            some = remaining[begin : begin + _CHUNK]
            found = np.flatnonzero(is_problem(store, some) & ~np.isin(some, calm))
            if len(found):
                distance = begin + int(found[0]) + 1
                return position + distance if step > 0 else position - distance
        return nearest

    def next_gap(self) -> Gap | None:
        """The longest pause between packets that are shown; with the cursor where the last call led, the next longest.

        Behind the shortest comes the longest again.  None where no time passes between the packets.
        """
        if self.session is None or self.row_count <= 1:
            return None
        passed = np.diff(self.session.store.time_ns[self.rows[: self.row_count]])
        count = int((passed > 0).sum())
        if not count:
            return None
        place = int(passed.argmax())
        if 0 <= self.packet_row == self._gap_row and self.cursor:
            place = _shorter(passed, self.cursor - 1, place)
        ns = int(passed[place])
        self._gap_row = int(self.rows[place + 1])
        number = 1 + int((passed > ns).sum()) + int((passed[:place] == ns).sum())
        return Gap(place + 1, ns, number, count)


def _shorter(passed: NDArray[np.int64], place: int, longest: int) -> int:
    """Where the next longest pause after the one at ``place`` is, the earlier of equal ones first."""
    equal = np.flatnonzero(passed[place + 1 :] == passed[place])
    if len(equal):
        return place + 1 + int(equal[0])
    left = np.where(passed < passed[place], passed, 0)
    return int(left.argmax()) if left.any() and left.max() > 0 else longest
