"""Looks through a session for a pattern, place after place; in a worker thread, cancellable, with progress.

A connection is searched as what each end sent, in order and without repeats, so that a word that is split over two
segments is found.  Only bytes between gaps of the capture are joined.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.model.packet_store import NO_ROW, DecodeIssue
from tcptui.protocols.stream.reassembly import Gap
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.input_priority import input_priority
from tcptui.session.searching.hit import AFTER, Hit, SearchIn, bytes_around, text_around

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.searching.pattern import SearchPattern
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words

#: Packets or connections between two looks whether to go on, and two reports of progress.
_STEP: Final = 64
#: Bytes of a stream that are joined before they are searched: less would be searched anew too often.
_JOINED: Final = 1 << 16


class Search:
    """One search; `hits` may be taken once, by one thread.  What comes after it has begun is not looked through."""

    def __init__(self, session: Session, pattern: SearchPattern, where: SearchIn, words: Words) -> None:
        self._session = session
        self._pattern = pattern
        self._words = words
        self.where = where
        self.done = 0
        """Connections or packets looked through."""
        self.all = 0
        """How many there are to look through."""

    def hits(self, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        """Each match; those of streams by connection, all others by packet.  Raises Cancelled, and OSError."""
        looks = {
            SearchIn.STREAMS: self._in_streams, SearchIn.PACKETS: self._in_packets, SearchIn.HEADERS: self._in_headers,
            SearchIn.FINDINGS: self._in_findings,
        }  # fmt: skip
        return looks[self.where](cancelled)

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
    def _in_streams(self, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        streams = self._session.streams
        listed = streams.listed()
        sent = streams.payload_a[listed] + streams.payload_b[listed] > 0
        for stream in self._each(listed[sent].tolist(), cancelled):
            for half in self._session.halves(stream):
                yield from self._in_half(stream, half, cancelled)

    def _in_half(self, stream: int, half: ByteStream, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        for start, data, known in _runs(half, len(self._pattern.data), cancelled):
            for low, high in self._pattern.spans(data, max(0, known - len(self._pattern.data) + 1)):
                row = half.row_at(start + low)
                carried = half.range_of_row(row) if row != NO_ROW else None
                if carried is not None:
                    yield self._hit_in(row, stream, start + low - carried[0], carried[1] - start - low, data, low, high)

    def _hit_in(
        self, row: int, stream: int, offset: int, left: int, data: bytes, low: int, high: int
    ) -> Hit:  # fmt: skip
        """A match in payload: ``offset`` within the packet's, which has ``left`` bytes from there on."""
        store = self._session.store
        begin = int(store.transport_offset[row]) + int(store.header_length[row]) + offset
        if store.issues[row] & DecodeIssue.REASSEMBLED:
            begin = -1  # its bytes are those of several IP fragments
        return Hit(row, stream, begin, min(high - low, left), *bytes_around(data, low, high))

    # -- packets -----------------------------------------------------------------------
    def _rows(self) -> range:
        store = self._session.store
        return range(store.first, store.count)

    def _in_packets(self, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        store = self._session.store
        for row in self._each(self._rows(), cancelled):
            data = self._session.data(row)
            for low, high in self._pattern.spans(data):
                yield Hit(row, int(store.stream[row]), low, high - low, *bytes_around(data, low, high))

    def _in_headers(self, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        from tcptui.protocols.headers.tree import header_tree  # with scapy: only this search needs it

        for row in self._each(self._rows(), cancelled, step=1):
            if row < self._session.store.first:  # evicted meanwhile
                continue
            packet = self._session.packet(row)
            stream = int(self._session.store.stream[row])
            for node in islice(header_tree(packet, None).walk(), 1, None):
                found = self._pattern.first_in(node.label)
                if found is not None:
                    start = -1 if node.start is None else node.start
                    yield Hit(row, stream, start, node.length, *text_around(node.label, *found))

    # -- findings ----------------------------------------------------------------------
    def _in_findings(self, cancelled: Callable[[], bool]) -> Iterator[Hit]:
        from tcptui.words.finding_text import finding_title, what_happened

        session = self._session
        listed = session.streams.listed().tolist()
        for stream in self._each(listed, cancelled):
            for finding in session.findings(stream):
                text = f"{finding_title(finding, self._words)}: {what_happened(finding, self._words)}"
                found = self._pattern.first_in(text)
                row = session.store.row_of_frame(finding.packets[0]) if finding.packets else NO_ROW
                if row == NO_ROW:
                    rows = session.rows_of(stream)
                    row = int(rows[0]) if len(rows) else NO_ROW
                if found is not None and row != NO_ROW:
                    yield Hit(row, stream, -1, 0, *text_around(text, *found))


def _runs(half: ByteStream, longest: int, cancelled: Callable[[], bool]) -> Iterator[tuple[int, bytes, int]]:
    """The bytes of ``half`` without its gaps: offset of the first, bytes, and how many the run before had, too.

    A run begins with what a match of ``longest`` bytes may need of the run before, and of what is to be shown of it.
    """
    parts: list[bytes] = []
    start, size, known = 0, 0, 0
    for piece in half.pieces():
        if isinstance(piece, Gap):
            if size > known:
                yield start, b"".join(parts), known
            parts, size, known = [], 0, 0
            continue
        if not parts:
            start = piece.start
        parts.append(piece.data)
        size += len(piece.data)
        if size - known >= _JOINED:
            if cancelled():
                raise Cancelled
            data = b"".join(parts)
            yield start, data, known
            kept = data[-max(longest - 1, AFTER) :]
            start, parts, size, known = start + len(data) - len(kept), [kept], len(kept), len(kept)
    if size > known:
        yield start, b"".join(parts), known
