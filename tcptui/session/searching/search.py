"""Looks through a session for a pattern, place after place; in a worker thread, cancellable, with progress.

A connection is searched as what each end sent, in order and without repeats, so that a word that is split over two
segments is found.  Only bytes between gaps of the capture are joined.  A regular expression is searched within bounded
time, and its matches across parts of a long stream are found up to `LONGEST_MATCH` bytes.
"""

from __future__ import annotations

from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.dfilter.errors import FilterError
from tcptui.model.packet_store import NO_ROW, DecodeIssue
from tcptui.protocols.stream.reassembly import Piece
from tcptui.session.filtering import patterns
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.input_priority import input_priority
from tcptui.session.searching.hit import AFTER, Hit, SearchIn, bytes_around, text_around

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.searching.pattern import SearchPattern
    from tcptui.words.catalogue import Words

#: Packets or connections between two looks whether to go on, and two reports of progress.
_STEP: Final = 64
#: Bytes of a stream that are joined before they are searched: less would be searched anew too often.
_JOINED: Final = 1 << 15
#: Parts of streams that are searched together.
_AT_ONCE: Final = 256
#: Packets in which a match is marked: a longer one is not looked at packet by packet.
_MOST_PARTS: Final = 64


#: Begin and end of a match.
Match = tuple[int, int]


class Finder:
    """Finds one pattern.

    Its methods raise Cancelled, and FilterError where a regular expression takes too long.
    """

    def __init__(self, pattern: SearchPattern, cancelled: Callable[[], bool]) -> None:
        self._pattern = pattern
        self._cancelled = cancelled

    def in_bytes(self, values: list[bytes], begins: list[int] | None = None) -> list[list[Match]]:
        """Where in each of ``values`` it is, from its place of ``begins`` on.

        Matches do not overlap, and have a byte at least.
        """
        starts = [0] * len(values) if begins is None else begins
        expression = self._pattern.expression
        if expression is None:
            return [list(self._pattern.spans(value, begin)) for value, begin in zip(values, starts, strict=True)]
        return patterns.spans(expression, values, starts, self._cancelled)

    def in_texts(self, texts: Sequence[str]) -> list[Match | None]:
        """Where it first is in each of ``texts``, in characters."""
        if self._pattern.expression is None:
            return [self._pattern.first_in(text) for text in texts]
        values = [text.encode("utf-8", "surrogateescape") for text in texts]
        return [
            _characters(value, *found[0]) if found else None
            for value, found in zip(values, self.in_bytes(values), strict=True)
        ]


def _characters(value: bytes, low: int, high: int) -> Match:
    """Bytes as characters: whole ones, for an expression may end within one."""
    begin = len(value[:low].decode("utf-8", "ignore"))
    return begin, max(begin + 1, len(value[:high].decode("utf-8", "ignore")))


class Search:
    """One search; `hits` may be taken once, by one thread.  What comes after it has begun is not looked through."""

    def __init__(self, session: JudgedCapture, pattern: SearchPattern, where: SearchIn, words: Words) -> None:
        self._session = session
        self._pattern = pattern
        self._words = words
        self.where = where
        self.done = 0
        """Connections or packets looked through."""
        self.all = 0
        """How many there are to look through."""

    def hits(self, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        """Each match; those of streams by connection, all others by packet.

        Raises Cancelled, OSError, and FilterError where a regular expression takes too long.
        """
        looks = {
            SearchIn.STREAMS: self._in_streams, SearchIn.PACKETS: self._in_packets, SearchIn.HEADERS: self._in_headers,
            SearchIn.FINDINGS: self._in_findings,
        }  # fmt: skip
        yield from looks[self.where](Finder(self._pattern, cancelled), cancelled)

    def _each(self, numbers: Sequence[int], cancelled: Callable[[], bool], step: int = _STEP) -> Iterator[int]:
        self.all = len(numbers)
        for number in numbers:
            if not self.done % step:
                input_priority.step_aside()
                if cancelled():
                    raise Cancelled
            yield number
            self.done += 1

    # -- what connections carried ------------------------------------------------------
    def _in_streams(self, finder: Finder, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        streams = self._session.streams
        listed = streams.listed()
        sent = streams.payload_a[listed] + streams.payload_b[listed] > 0
        waiting: list[_Waiting] = []
        held = 0
        for stream in self._each(listed[sent].tolist(), cancelled):
            for side, direction in enumerate(self._session.directions(stream)):
                parts = _parts(direction, self._pattern.reach)
                part = next(parts, None)
                while part is not None:
                    waiting.append(_Waiting(stream, side, direction, part))
                    held += len(part.data)
                    ended = 0
                    if not part.is_last or held >= _JOINED or len(waiting) >= _AT_ONCE:
                        ended = yield from self._searched(waiting, finder, cancelled)
                        waiting, held = [], 0
                    part = _following(parts, ended)
        yield from self._searched(waiting, finder, cancelled)

    def _searched(
        self, waiting: list[_Waiting], finder: Finder, cancelled: Callable[[], bool]
    ) -> Generator[Hit, None, int]:  # fmt: skip
        """The hits in parts that wait, in their order; returns where in the last part the last match ends."""
        if cancelled():
            raise Cancelled
        ended = 0
        try:
            found = finder.in_bytes([each.part.data for each in waiting], [each.part.begin for each in waiting])
        except FilterError:
            if len(waiting) == 1:
                raise
            for each in waiting:  # what is before the part that takes too long has an answer
                ended = yield from self._searched([each], finder, cancelled)
            return ended
        for each, matches in zip(waiting, found, strict=True):
            ended = 0
            for low, high in matches:
                if low >= each.part.sure:
                    break
                ended = high
                hit = self._hit_in(each.stream, each.side, each.direction, each.part.start, each.part.data, low, high)
                if hit is not None:
                    yield hit
        return ended

    def _hit_in(
        self, stream: int, side: int, direction: ByteStream, start: int, data: bytes, low: int, high: int
    ) -> Hit | None:  # fmt: skip
        """The match ``data[low:high]``, where ``data`` begins at offset ``start`` of ``direction``."""
        parts: list[tuple[int, int, int]] = []
        begin, stop = start + low, start + high
        while begin < stop and len(parts) < _MOST_PARTS:
            row = direction.row_at(begin)
            carried = direction.range_of_row(row) if row != NO_ROW else None
            if carried is None:
                break
            end = min(stop, max(carried[1], begin + 1))
            parts.append((row, self._offset(row, begin - carried[0]), end - begin))
            begin = end
        if not parts:
            return None
        row, offset, length = parts[0]
        more = tuple(part for part in parts[1:] if part[1] >= 0)
        return Hit(
            row, stream, offset, length, *bytes_around(data, low, high), more=more, sent=(side, start + low, stop)
        )

    def _offset(self, row: int, offset: int) -> int:
        """Where the payload byte ``offset`` of a packet is in its bytes; -1: they are those of several IP fragments."""
        store = self._session.store
        if store.issues[row] & DecodeIssue.REASSEMBLED:
            return -1
        return int(store.transport_offset[row]) + int(store.header_length[row]) + offset

    # -- packets -----------------------------------------------------------------------
    def _rows(self) -> range:
        store = self._session.store
        return range(store.first, store.count)

    def _in_packets(self, finder: Finder, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        store = self._session.store
        for rows in _some(self._each(self._rows(), cancelled), _STEP):
            values = [self._session.reader.data(row) for row in rows]
            for row, data, found in zip(rows, values, finder.in_bytes(values), strict=True):
                for low, high in found:
                    yield Hit(row, int(store.stream[row]), low, high - low, *bytes_around(data, low, high))

    def _in_headers(self, finder: Finder, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        from tcptui.protocols.headers.tree import header_trees  # only this search needs it

        asked: deque[int] = deque()

        def packets() -> Iterator[tuple[PacketView, None]]:
            for row in self._each(self._rows(), cancelled, step=1):
                if row >= self._session.store.first:  # not evicted meanwhile
                    asked.append(row)
                    yield self._session.reader.packet(row), None

        for tree in header_trees(packets()):
            row = asked.popleft()
            stream = int(self._session.store.stream[row])
            nodes = list(islice(tree.walk(), 1, None))
            for node, found in zip(nodes, finder.in_texts([node.label for node in nodes]), strict=True):
                if found is not None:
                    start = -1 if node.start is None else node.start
                    yield Hit(row, stream, start, node.length, *text_around(node.label, *found))

    # -- findings ----------------------------------------------------------------------
    def _in_findings(self, finder: Finder, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        from tcptui.words.finding_text import finding_title, what_happened

        session = self._session
        listed = session.streams.listed().tolist()
        for stream in self._each(listed, cancelled):
            for finding in session.findings(stream):
                text = f"{finding_title(finding, self._words)}: {what_happened(finding, self._words)}"
                found = finder.in_texts([text])[0]
                row = session.store.row_of_frame(finding.packets[0]) if finding.packets else NO_ROW
                if row == NO_ROW:
                    rows = session.rows_of(stream)
                    row = int(rows[0]) if len(rows) else NO_ROW
                if found is not None and row != NO_ROW:
                    yield Hit(row, stream, -1, 0, *text_around(text, *found))


class _Part(NamedTuple):
    """Some bytes of what one end sent, between two gaps."""

    start: int
    """The offset of the first."""
    data: bytes
    begin: int
    """Where in `data` the search begins: bytes before it were searched with the part before."""
    sure: int
    """A match that begins here or behind is looked for with the next part: it may go on there."""

    @property
    def is_last(self) -> bool:
        """Whether a gap or the end is behind."""
        return self.sure == len(self.data)


class _Waiting(NamedTuple):
    """A part that is to be searched together with others: in another process, each question costs."""

    stream: int
    side: int
    direction: ByteStream
    part: _Part


def _parts(direction: ByteStream, reach: int) -> Generator[_Part, int, None]:
    """What one end sent, in parts; it is sent where in a part the last match ended.

    A match that begins within ``reach`` bytes of a part's end may go on behind it.
    """
    parts: list[bytes] = []
    start, begin, size = 0, 0, 0
    for piece in chain(direction.pieces(), (None,)):
        is_end = not isinstance(piece, Piece)
        if is_end or size - begin >= _JOINED + reach:
            data, sure = b"".join(parts), size if is_end else size - reach
            ended = (yield _Part(start, data, begin, sure)) if size > begin else 0
            begin = max(ended, sure)
            kept = data[max(0, begin - AFTER) :]
            start, begin, size, parts = start + size - len(kept), begin - size + len(kept), len(kept), [kept]
        if isinstance(piece, Piece):
            if not size or start + size != piece.start:
                parts, start, begin, size = [], piece.start, 0, 0
            parts.append(piece.data)
            size += len(piece.data)


def _following(parts: Generator[_Part, int, None], ended: int) -> _Part | None:
    """The next of ``parts``, after one in which the last match ended there; None: there are no more."""
    try:
        return parts.send(ended)
    except StopIteration:
        return None


def _some(numbers: Iterator[int], most: int) -> Iterator[list[int]]:
    """``numbers``, up to ``most`` at a time."""
    while part := list(islice(numbers, most)):
        yield part
