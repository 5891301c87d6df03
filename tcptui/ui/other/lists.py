"""The lists of the screen of packets that are not TCP; each draws only the rows on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment

from tcptui.model.other_protocol import ASKING, ICMP, ICMPV6, protocol_name
from tcptui.model.safe_text import reason_of
from tcptui.session.other_tables import other_lines, other_packets, other_pairs
from tcptui.ui.cell_text import fit, fit_ends, fit_target, grouped, span, stamp
from tcptui.ui.shortened_addresses import ShortenedAddresses
from tcptui.ui.widgets.virtual_list import MOVING_KEYS, VirtualList
from tcptui.words.other_text import line_text, pair_text
from tcptui.words.quantities import byte_size, percentage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType
    from textual.strip import Strip

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32
    from tcptui.session.other_packets import ProtocolCount
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

_NUMBER: Final = 9
_TIME: Final = 13
_GAP: Final = 2
_SIZE: Final = 11
_SHARE: Final = 8
_LENGTH: Final = 7
#: Widths from which on a list of packets has their ends, and their length.
_ENDS_WIDTH: Final = 100
_LENGTH_WIDTH: Final = 70
#: Ends take no more than so many percent of the width from the summaries, and besides what these leave.
_ENDS_SHARE: Final = 50
#: So many packets are looked at for how wide their summaries are: these are read for it.
_SUMMARIES: Final = 40
#: So many conversations are looked at for how wide their ends are: more are never on one screen.
_MEASURED: Final = 200
#: Widths from which on conversations have more than packets and bytes.
_TIMES_WIDTH: Final = 76
#: Columns of conversations whose packets ask and answer: questions, those without an answer, the longest time.
_PAIRED: Final = (("questions", 7), ("unanswered", 11), ("slowest", 9))
#: Cells of a packet's line that what pairs it leaves at least.
_LINE_LEAST: Final = 16
#: So many cells for both ends, of IPv4 and longer ones, are worth more than what is said of questions and answers.
_ENDS_LEAST, _LONG_ENDS_LEAST = 32, 52
_LONG_ENDS: Final = 48


def time_width(session: OpenCapture, rows: Sequence[int], least: int = _TIME) -> int:
    """Cells of a column with the times of ``rows``, so that none touches what stands before it; ``least`` or more."""
    store = session.store
    longest = max((len(stamp(int(store.time_ns[row]) - store.began_ns)) for row in rows), default=0)
    return max(least, longest + _GAP)


class _OtherList(VirtualList, inherit_bindings=False):
    """A list whose screen handles Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, session: OpenCapture, glyphs: Glyphs, words: Words, *, id: str) -> None:  # noqa: A002
        super().__init__(glyphs, id=id)
        self.session = session
        self._other, self._pairs = other_packets(session), other_pairs(session)
        self.words = words

    def replace_rows(self, count: int, cursor: int) -> None:
        """There are other rows now: ``count`` of them, with the cursor on ``cursor``."""
        self.cursor = max(0, min(cursor, count - 1))
        self.set_row_count(count)
        self.show_row(self.cursor)
        self.refresh()

    def head(self, *cells: tuple[str, int, bool]) -> list[Segment]:
        """Headings: catalogue key, width, whether it stands right."""
        ellipsis = self.glyphs.ellipsis
        text = "".join(fit(self.words(f"other.column.{key}"), width, ellipsis, right) for key, width, right in cells)
        return [Segment(" " + text, self.palette.head)]


class ProtocolList(_OtherList):
    """Protocols with their packets, bytes and conversations, the most packets first."""

    def __init__(self, session: OpenCapture, glyphs: Glyphs, words: Words) -> None:
        super().__init__(session, glyphs, words, id="other-protocols")
        self.counts: list[ProtocolCount] = []
        self.empty_text = ""
        """What stands in the place of protocols."""

    @property
    def protocol(self) -> int:
        """The code under the cursor; -1 without one."""
        return self.counts[self.cursor].protocol if self.cursor < len(self.counts) else -1

    def show(self, counts: list[ProtocolCount], protocol: int) -> None:
        """Show ``counts`` with the cursor on ``protocol``."""
        place = next((at for at, each in enumerate(counts) if each.protocol == protocol), self.cursor)
        self.counts = counts
        self.replace_rows(len(counts), place)

    def paint_line(self, y: int) -> Strip:
        """A line of the list; without protocols, the first ones say why."""
        if not self.counts:
            return self.empty_line(self.empty_text, y)
        return super().paint_line(y)

    def _name_width(self, width: int) -> int:
        return max(8, min(width - 1 - _NUMBER - _SHARE - 2 * _SIZE - 3, 28))

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns; nothing without protocols."""
        if not self.counts:
            return []
        name = self._name_width(width)
        return self.head(("protocol", name, False), ("packets", _NUMBER, True), ("share", _SHARE, True),
                         ("bytes", _SIZE, True), ("conversations", _SIZE + 3, True))  # fmt: skip

    def row(self, position: int, width: int) -> list[Segment]:
        """One protocol."""
        each, total = self.counts[position], max(1, self.session.store.count - self.session.store.first)
        palette = self.palette
        numbers = (
            fit(grouped(each.packets), _NUMBER, "", right=True)
            + fit(percentage(100 * each.packets / total, self.words, digits=1), _SHARE, "", right=True)
            + fit(byte_size(each.wire_bytes), _SIZE, "", right=True)
            + fit(grouped(each.conversations), _SIZE + 3, "", right=True)
        )
        name = fit(protocol_name(each.protocol), self._name_width(width), self.glyphs.ellipsis)
        return [Segment(" " + name, palette.strong), Segment(numbers, palette.plain)]


class ConversationList(_OtherList):
    """The conversations of one protocol."""

    def __init__(self, session: OpenCapture, glyphs: Glyphs, words: Words) -> None:
        super().__init__(session, glyphs, words, id="other-conversations")
        self.numbers: I32 = np.zeros(0, np.int32)
        self._widest = 0
        """Cells of the longest ends, of the first conversations."""
        self._asks = False
        """Whether the packets of this protocol ask and answer."""
        self._time = _TIME
        """Cells of the column of times."""
        self._hosts = ShortenedAddresses()
        """The addresses of the first conversations."""

    @property
    def number(self) -> int:
        """The conversation under the cursor; -1 without one."""
        return int(self.numbers[self.cursor]) if self.cursor < len(self.numbers) else -1

    def show(self, numbers: I32, number: int) -> None:
        """Show ``numbers`` with the cursor on the conversation ``number``."""
        found = np.flatnonzero(numbers == number)
        self.numbers = numbers
        looked_at = numbers[:_MEASURED].tolist()
        talks = map(self._other.conversation, looked_at)
        self._hosts = ShortenedAddresses(end.host for talk in talks for end in talk.ends)
        self._asks = bool(looked_at) and self._other.conversation(looked_at[0]).protocol in ASKING
        self._widest = max((cell_len(self._text(each, 1000)) for each in looked_at), default=0)
        self._time = time_width(self.session, [self._other.conversation(each).first_row for each in looked_at])
        self.replace_rows(len(numbers), int(found[0]) if len(found) else 0)

    def ends(self, width: int) -> str:
        """The ends of the conversation under the cursor in at most ``width`` cells; empty without any."""
        ends = self._other.conversation(self.number).ends if self.number >= 0 else ()
        return self._text(self.number, width) if any(end.host for end in ends) else ""

    def _paired(self, width: int) -> tuple[tuple[str, int], ...]:
        """The columns about questions and answers for which there is room; none where packets do neither."""
        least = _LONG_ENDS_LEAST if self._widest > _LONG_ENDS else min(self._widest, _ENDS_LEAST)
        kept: tuple[tuple[str, int], ...] = _PAIRED if self._asks and width >= _TIMES_WIDTH else ()
        while kept and width - 1 - _NUMBER - _SIZE - sum(cells for _, cells in kept) < least:
            kept = kept[1:]
        return kept

    def _paired_width(self, width: int) -> int:
        return sum(cells for _, cells in self._paired(width))

    def _has_times(self, width: int) -> bool:
        """Whether there is room for beginning and duration: they give way to the ends."""
        room = width - 1 - _NUMBER - _SIZE - self._paired_width(width) - self._time - _TIME
        return width >= _TIMES_WIDTH and room > self._widest

    def _ends_width(self, width: int) -> int:
        others = self._paired_width(width) + (self._time + _TIME if self._has_times(width) else 0)
        heading = cell_len(self.words("other.column.ends"))
        return min(max(10, width - 1 - _NUMBER - _SIZE - others), max(self._widest, heading) + 1)

    def _text(self, number: int, width: int) -> str:
        """Both ends of a conversation in at most ``width`` cells."""
        talk = self._other.conversation(number)
        arrow, (one, other) = f" {self.glyphs.right} ", talk.ends
        if talk.protocol in (ICMP, ICMPV6) and one.port:  # which is the identifier of both
            shared = self.words("other.identifier", number=one.port)
            room = width - cell_len(shared)
            return fit_ends(one.host, other.host, arrow, room, self.glyphs.ellipsis, self._hosts.fit) + shared
        first, second = str(one), str(other)
        if not second:
            return fit_ends(first or self.words("other.no-ends"), "", "", width, self.glyphs.ellipsis)
        return fit_ends(first, second, arrow, width, self.glyphs.ellipsis, self._hosts.fit)

    def _query_stats(self, number: int) -> tuple[str, str, str]:
        """How many questions a conversation has, how many without an answer, and how long the slowest took."""
        talks = self._pairs.talks()
        if number >= len(talks.questions) or not talks.questions[number]:
            return "", "", ""
        unanswered, slowest = int(talks.unanswered[number]), int(talks.slowest_ns[number])
        return (
            grouped(int(talks.questions[number])),
            grouped(unanswered) if unanswered else "",
            span(slowest, self.glyphs.micro) if slowest >= 0 else "",
        )

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns."""
        times = (("begins", self._time, True), ("lasts", _TIME, True)) if self._has_times(width) else ()
        ends = self._ends_width(width)
        paired = [(key, cells, True) for key, cells in self._paired(width)]
        return self.head(("ends", ends, False), ("packets", _NUMBER, True), ("bytes", _SIZE, True), *paired, *times)

    def row(self, position: int, width: int) -> list[Segment]:
        """One conversation."""
        number = int(self.numbers[position])
        talk = self._other.conversation(number)
        store, palette = self.session.store, self.palette
        room = self._ends_width(width)
        ends = fit(self._text(number, room - 1), room, self.glyphs.ellipsis)
        numbers = fit(grouped(talk.packets), _NUMBER, "", right=True)
        numbers += fit(byte_size(talk.wire_bytes), _SIZE, "", right=True)
        if paired := self._paired(width):
            texts = self._query_stats(number)[-len(paired) :]
            numbers += "".join(fit(text, cells, "", right=True) for text, (_, cells) in zip(texts, paired, strict=True))
        if self._has_times(width):
            began, ended = int(store.time_ns[talk.first_row]), int(store.time_ns[talk.last_row])
            numbers += fit(stamp(began - store.began_ns), self._time, "", right=True)
            lasted = span(max(ended - began, 0), self.glyphs.micro) if talk.packets > 1 else ""
            numbers += fit(lasted, _TIME, "", right=True)
        return [Segment(" " + ends, palette.strong), Segment(numbers, palette.plain)]


class PacketList(_OtherList):
    """The packets of one conversation, and ICMP errors about it, in capture order."""

    def __init__(self, session: OpenCapture, glyphs: Glyphs, words: Words) -> None:
        super().__init__(session, glyphs, words, id="other-packets")
        self.rows: I32 = np.zeros(0, np.int32)
        self._widest = 0
        """Cells of the longest ends, of the first packets."""
        self._longest = 0
        """Cells of the longest summary, of fewer."""
        self._hosts = ShortenedAddresses()
        """The addresses of the first packets."""
        self._number = self._time = 0
        """Cells of the columns of packet numbers and times: no more than they need, the summaries want them."""

    @property
    def store_row(self) -> int:
        """The row of the store under the cursor; -1 without one."""
        return int(self.rows[self.cursor]) if self.cursor < len(self.rows) else -1

    def show(self, rows: I32, row: int) -> None:
        """Show ``rows`` with the cursor on ``row``."""
        place = int(np.searchsorted(rows, row)) if row >= 0 else 0
        self.rows = rows
        heading = cell_len(self.words("other.column.ends"))
        looked_at = rows[:_MEASURED].tolist()
        number, time = (cell_len(self.words(f"other.column.{name}")) for name in ("number", "time"))
        self._number = max(number, len(str(self.session.store.frame[rows[-1]])) if len(rows) else 0)
        self._time = time_width(self.session, looked_at + rows[-1:].tolist(), time + _GAP)
        self._hosts = ShortenedAddresses(end.host for each in looked_at for end in self._other.ends_of(each))
        self._widest = max((cell_len(self._ends(each, 1000)) for each in looked_at), default=0)
        self._widest = max(self._widest, heading)
        self._longest = max((cell_len(self._line(each, 0)) for each in looked_at[:_SUMMARIES]), default=0)
        self.replace_rows(len(rows), place)

    def _widths(self, width: int) -> tuple[int, int]:
        """Cells of the ends and of the length; 0: not shown."""
        length = _LENGTH if width >= _LENGTH_WIDTH else 0
        if width < _ENDS_WIDTH:
            return 0, length
        left = width - 1 - self._number - self._time - length - 2 * _GAP - self._longest
        return min(max(width * _ENDS_SHARE // 100, left), self._widest), length

    def _ends(self, row: int, width: int) -> str:
        source, target = self._other.ends_of(row)
        if self._other.header_of(row)[0] in (ICMP, ICMPV6):  # an identifier is no port
            source, target = source._replace(port=0), target._replace(port=0)
        arrow, second = (f" {self.glyphs.right} ", str(target)) if target.host else ("", "")
        return fit_ends(str(source), second, arrow, width, self.glyphs.ellipsis, self._hosts.fit)

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns."""
        ends, length = self._widths(width)
        cells = [("number", self._number, True), ("time", self._time, True)]
        cells += [("length", length, True)] if length else []
        segments = self.head(*cells)
        text = "  " + (fit(self.words("other.column.ends"), ends, self.glyphs.ellipsis) + "  " if ends else "")
        return [*segments, Segment(text + self.words("other.column.summary"), self.palette.head)]

    def line(self, row: int) -> str:
        """The packet in one line; the system's message where it cannot be read."""
        return self._line(row, 0)

    def _line(self, row: int, width: int) -> str:
        """The `line` in ``width`` cells, 0: in any: what pairs it gives way first, then the text as by `fit_target`."""
        if row < self.session.store.first:
            return self.words("other.evicted")
        try:
            known = other_lines(self.session).of(row)
        except OSError as error:
            return reason_of(error)
        text = line_text(known.line, known.protocol, self.words)
        pair = self._pairs.of(row)
        paired = pair_text(pair, self.words)
        if not width:
            return text + paired
        if cell_len(text + paired) > width:
            paired = pair_text(pair, self.words, is_brief=True)
        room = width - cell_len(paired)
        if room < _LINE_LEAST:
            room, paired = width, ""
        return fit_target(text, min(cell_len(text), room), self.glyphs.ellipsis) + paired

    def row(self, position: int, width: int) -> list[Segment]:
        """One packet."""
        store, row, palette = self.session.store, int(self.rows[position]), self.palette
        ends, length = self._widths(width)
        numbers = " " + fit(str(store.frame[row]), self._number, "", right=True)
        numbers += fit(stamp(int(store.time_ns[row]) - store.began_ns), self._time, "", right=True)
        if length:
            numbers += fit(grouped(int(store.wire_length[row])), length, "", right=True)
        shown = [Segment(numbers + "  ", palette.faint)]
        if ends:
            text = fit(self._ends(row, ends), ends, self.glyphs.ellipsis)
            shown.append(Segment(text + "  ", palette.plain))
        used = sum(cell_len(segment.text) for segment in shown)
        room = max(0, width - used)
        return [*shown, Segment(fit(self._line(row, room), room, self.glyphs.ellipsis), palette.strong)]
