"""The list of hits, one line each: packet, time, connection, and the text around the match."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from tcptui.model.safe_text import safe_text
from tcptui.session.other_tables import other_packets
from tcptui.ui.cell_text import fit, fit_endpoint, grouped, stamp
from tcptui.ui.other.lists import time_width
from tcptui.ui.search.results import SearchResults
from tcptui.ui.widgets.virtual_list import HEADING, MOVING_KEYS, VirtualList

if TYPE_CHECKING:
    from textual.binding import BindingType

    from tcptui.access.open_capture import OpenCapture
    from tcptui.session.searching.hit import Hit
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

_NUMBER: Final = 9
_TIME: Final = 12
#: From this width (cells; a terminal of 100 without its scroll bar) on a line has the ends of its connection; they
#: take this share, in percent, or what the texts leave.
_ENDS_WIDTH: Final = 98
_ENDS_SHARE: Final = 36
_GAP: Final = 2
#: So many hits are looked at for how wide their ends and times are: more are never on one screen.
_MEASURED: Final = 200
#: Cells before a match that stay in sight in a narrow list.
_LEAD: Final = 12


class HitList(VirtualList, inherit_bindings=False):
    """Draws the hits of `SearchResults`; the screen handles Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, session: OpenCapture, glyphs: Glyphs, words: Words) -> None:
        super().__init__(glyphs, id="hits")
        self.session = session
        self.words = words
        self.results: SearchResults | None = None
        self._widest = 0
        """Cells of the longest ends, of the first hits."""
        self._widest_text = 0
        """Cells of the longest text around a match, of the first hits."""
        self._time = _TIME
        """Cells of the column of times."""
        self.empty_text = ""
        """The line that stands where there is no hit."""

    @property
    def hit(self) -> Hit | None:
        """The hit under the cursor."""
        hits = [] if self.results is None else self.results.hits
        return hits[self.cursor] if self.cursor < len(hits) else None

    def show(self, results: SearchResults | None, cursor: Hit | None) -> None:
        """Show ``results``, with the cursor on the hit ``cursor`` if that is still there."""
        self.results = results
        hits = [] if results is None else results.hits
        place = hits.index(cursor) if cursor in hits else min(self.cursor, max(0, len(hits) - 1))
        heading = cell_len(self.words("search.column.connection"))
        self._widest = max((heading, *(cell_len(self._ends(hit)) for hit in hits[:_MEASURED])))
        self._widest_text = max((cell_len(safe_text(hit.context)) for hit in hits[:_MEASURED]), default=0)
        rows = [hit.row for hit in (*hits[:_MEASURED], *hits[-1:])]
        self._time = max(_TIME, time_width(self.session, rows) - 1)
        self.set_row_count(len(hits))
        self.cursor = place
        self.show_row(place)
        self.refresh()

    def _ends_width(self, width: int) -> int:
        if width < _ENDS_WIDTH:
            return 0
        spared = width - _NUMBER - self._time - _GAP - self._widest_text
        return min(max(width * _ENDS_SHARE // 100, spared), self._widest + _GAP)

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns; nothing without hits."""
        if self.hit is None:
            return []
        words, ellipsis, ends = self.words, self.glyphs.ellipsis, self._ends_width(width)
        text = fit(words("search.column.packet"), _NUMBER, ellipsis, right=True)
        text += fit(words("search.column.time"), self._time, ellipsis, right=True) + "  "
        text += fit(words("search.column.connection"), ends - 2, ellipsis) + "  " if ends else ""
        return [Segment(text + words("search.column.text"), self.palette.head)]

    def line(self, hit: Hit) -> str:
        """A hit as text."""
        store = self.session.store
        return f"{int(store.frame[hit.row])}\t{self._ends(hit)}\t{safe_text(hit.context)}"

    def _ends(self, hit: Hit) -> str:
        if hit.stream < 0:
            source, target = other_packets(self.session).ends_of(hit.row)
            return f"{source} {self.glyphs.right} {target}" if target.host else str(source)
        client, server = self.session.streams.ends(hit.stream)
        store, streams = self.session.store, self.session.streams
        from_client = bool(store.from_b[hit.row]) == bool(streams.client_is_b[hit.stream])
        return f"{client} {self.glyphs.right if from_client else self.glyphs.left} {server}"

    def row(self, position: int, width: int) -> list[Segment]:
        """One hit: packet, time, ends, the text around it with the match marked."""
        assert self.results is not None
        hit, palette, store = self.results.hits[position], self.palette, self.session.store
        ellipsis, ends = self.glyphs.ellipsis, self._ends_width(width)
        head = fit(grouped(int(store.frame[hit.row])), _NUMBER, "", right=True)
        head += fit(stamp(int(store.time_ns[hit.row]) - store.began_ns), self._time, "", right=True) + "  "
        shown = [Segment(head, palette.faint)]
        if ends:
            shown.append(Segment(fit_endpoint(self._ends(hit), ends - 2, ellipsis) + "  ", palette.plain))
        room = width - sum(cell_len(segment.text) for segment in shown)
        before, match, after = (
            safe_text(part)
            for part in (hit.context[: hit.low], hit.context[hit.low : hit.high], hit.context[hit.high :])
        )
        lead = before if cell_len(before + match) <= room else before[-_LEAD:]
        shown.append(Segment(lead, palette.plain))
        match = fit(match, min(cell_len(match), max(0, room - cell_len(lead))), ellipsis)
        shown.append(Segment(match, palette.strong + palette.field))
        return [*shown, Segment(fit(after, max(0, room - cell_len(lead) - cell_len(match)), ellipsis), palette.plain)]

    def paint_line(self, y: int) -> Strip:
        """A line of the list; without hits, the first ones say why."""
        if y >= HEADING and self.hit is None:
            return self.empty_line(self.empty_text, y)
        return super().paint_line(y)
