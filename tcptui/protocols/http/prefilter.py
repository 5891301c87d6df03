"""Which HTTP streams are worth parsing in full, when there may be a million packets of healthy traffic.

Judging the messages of a stream takes a millisecond and more, so it is done for streams that look suspect at first
sight and, besides them, for the first few short ones.  A stream is suspect if it has:

* a response with status 101, 400 or 5xx that begins a segment (found while decoding, however long the stream is);
* among its first responses an event stream, or lengths that do not add up to the server's payload;
* a chunked body that ends with the connection and not with its last chunk;
* a request before one of these that says in two ways where it ends, or in a way that not every program reads so;
* so many responses that round trips, one for each, take a second and more together, and few packets for each;
* a client that let time pass before it sent data, and ``Expect: 100-continue`` among its last packets.

What this misses is found when a user opens the stream: then it is parsed in any case.  All limits count in
capture order, so a live capture and a file give the same result, whatever the batches.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import BLOCK, StreamMark, StreamTable
from tcptui.model.arrays import merged, ranks
from tcptui.model.sparse_array import emptied, grown
from tcptui.model.sparse_mask import SparseMask
from tcptui.protocols.http.status_lines import ResponseRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.row_notes import NotedRows

#: Most response heads read of one stream; with more responses its lengths are not checked.
HEADS_OF_STREAM: Final = 8
#: Most response heads read of one capture.
HEADS_IN_ALL: Final = 20_000
#: A stream with at most this many responses …
SHORT: Final = 32
#: … and this many packets is short …
SHORT_PACKETS: Final = 2_000
#: … and up to this many short streams are read without suspicion.
SHORT_READ: Final = 100
#: Most suspect streams that are read …
SUSPECTS_READ: Final = 1_000
#: … and most upgraded ones (101): such a stream may have tens of thousands of WebSocket frames.
UPGRADES_READ: Final = 50
#: A client that holds a body back waits at least this long (`tcptui.findings.rules.http_continue.WAITED_NS`) …
EXPECTS_NS: Final = 300_000_000
#: … and among so many packets, the last of its stream, a head that says so is looked for, …
EXPECTS_LOOKED_BACK: Final = 64
#: … in the first so many streams that may have one.
EXPECTS_LOOKED_AT: Final = 2_000
#: So many responses (`tcptui.findings.rules.round_trips.LEAST`) …
OFTEN: Final = 20
#: … whose round trips take so long together (`WARNING_NS` there) …
OFTEN_NS: Final = 1_000_000_000
#: … with at most so many packets for each, and in all, are worth reading for what was asked one by one.
OFTEN_PACKETS: Final = 16
OFTEN_PACKETS_MOST: Final = 20_000
#: Most packets searched backwards for the last one with payload.
_LOOKED_BACK: Final = 12

#: Columns with one entry per stream.
_COLUMNS: Final = (
    "responses",
    "_suspect",
    "_upgraded",
    "_expected",
    "_unfinished",
    "_looked_back",
    "_expects",
    "_heads_sought",
)
_HEAD: Final = 2_048
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECT: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_EVENTS: Final = re.compile(rb"\r\ncontent-type:[ \t]*text/event-stream", re.IGNORECASE)
#: A coding and a length as every program reads them, in lower case.
_PLAIN_CODING: Final = re.compile(rb"\r\ntransfer-encoding:[ \t]*+(?:[a-z0-9]++, )?chunked\r\n(?![ \t])")
_PLAIN_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*+[0-9]++\r\n(?![ \t])")
#: Packets before a response among which its request is looked for.
_ASKED_BEFORE: Final = 4
_UNKNOWN: Final = -1
_CHUNKS: Final = -2
_LAST_CHUNK: Final = b"\r\n0\r\n\r\n"
_ENDED: Final = int(StreamMark.FIN_A | StreamMark.FIN_B | StreamMark.RST_A | StreamMark.RST_B)


class HttpPrefilter:
    """The `StreamPrefilter` of HTTP."""

    def __init__(
        self, store: PacketStore, streams: StreamTable, noted: NotedRows, payload: Callable[[int], bytes]
    ) -> None:
        self._store = store
        self._found = noted.of(ResponseRows)
        self._streams = streams
        self._payload = payload
        self._done = 0
        """Number of responses taken in, evicted ones included."""
        self._heads = 0
        self.responses: NDArray[np.int64] = np.zeros(256, np.int64)
        """Number of responses that begin a segment, per stream."""
        self._suspect = np.zeros(256, np.bool_)
        self._upgraded = np.zeros(256, np.bool_)
        self._expected = np.zeros(256, np.int64)
        """Bytes of the first responses as announced, heads included.

        `_CHUNKS` where the last one is chunked, `_UNKNOWN` where they cannot be added up.
        """
        self._unfinished = np.zeros(256, np.bool_)
        """A chunked body ended without its last chunk."""
        self._renewed = streams.renewed
        self._looked_back = np.zeros(256, np.int64)
        """Packets of a stream when `_unfinished` was last determined."""
        self._expects = np.zeros(256, np.bool_)
        """A client asked whether its body is wanted, and let time pass."""
        self._heads_sought = np.zeros(256, np.int64)
        """Packets of a stream when `_expects` was last determined."""

    def update(self) -> None:
        """Take in the responses found since the last call."""
        gone = self._found.evicted
        rows, status = self._found.found()
        count = int(np.searchsorted(rows, self._store.count))
        self._reserve(self._streams.count)
        done = max(self._done - gone, 0)
        new, codes = rows[done:count], status[done:count]
        self._done = gone + count
        if not len(new):
            return
        streams = self._store.stream[new]
        known = streams >= 0
        new, codes, streams = new[known], codes[known], streams[known]
        rank = ranks(streams) + self.responses[streams]
        np.add.at(self.responses, streams, 1)
        self._suspect[streams[(codes == 400) | (codes >= 500)]] = True
        self._upgraded[streams[codes == 101]] = True
        for at in np.flatnonzero(rank < HEADS_OF_STREAM)[: HEADS_IN_ALL - self._heads].tolist():
            self._check_head(int(new[at]), int(codes[at]), int(streams[at]))
            if self._asks_in_two_ways(int(new[at]), int(streams[at])):
                self._suspect[streams[at]] = True
            self._heads += 1

    def _check_head(self, row: int, status: int, stream: int) -> None:
        head = self._read(row)[:_HEAD]
        end = head.find(b"\r\n\r\n")
        if end >= 0 and _EVENTS.search(head, 0, end + 2):
            self._suspect[stream] = True
        length = _LENGTH.search(head, 0, end + 2) if end >= 0 else None
        if end < 0 or self._expected[stream] == _UNKNOWN:
            self._expected[stream] = _UNKNOWN
        elif _CHUNKED.search(head, 0, end + 2):
            self._expected[stream] = _CHUNKS
        elif status in (204, 304) or status < 200:
            self._expected[stream] += end + 4 if self._expected[stream] >= 0 else 0
        elif length is None or self._expected[stream] < 0:
            self._expected[stream] = _UNKNOWN
        else:
            self._expected[stream] += end + 4 + int(length[1])

    def _asks_in_two_ways(self, row: int, stream: int) -> bool:
        """Whether the last segment with payload before the response in ``row`` may have two readings of its end."""
        store, client_is_b = self._store, bool(self._streams.client_is_b[stream])
        row = int(store.previous[row])
        for _ in range(_ASKED_BEFORE):
            if row < store.first:
                break
            if store.length[row] > 0 and bool(store.from_b[row]) == client_is_b:
                return _has_two_ends(self._read(row)[:_HEAD].lower())
            row = int(store.previous[row])
        return False

    def suspects(self) -> SparseMask:
        """A mask of the streams that may yield more than a note, as far as known now."""
        listed = self._listed()
        suspect = self._suspect[listed]
        at = np.flatnonzero(self.responses[listed])
        for begin in range(0, len(at), BLOCK):
            some = at[begin : begin + BLOCK]
            suspect[some] |= self._adds_up_wrong(listed[some])
        suspect |= self._unfinished[listed]
        suspect[at] |= self._is_asking_often(listed[at])
        suspect[at] |= self._is_expecting(listed[at])
        upgraded = listed[self._upgraded[listed]]
        return SparseMask(merged(listed[suspect][:SUSPECTS_READ], upgraded[:UPGRADES_READ]))

    def _adds_up_wrong(self, spoken: NDArray[np.int64]) -> NDArray[np.bool_]:
        """A mask over the streams ``spoken``, which have responses: the server's payload is not what was announced.

        Also updates `_unfinished` of those with a chunked body.
        """
        streams = self._streams
        expected, packets = self._expected[spoken], streams.packets[spoken]
        counted = ((streams.marks[spoken] & _ENDED) != 0) & (self.responses[spoken] <= HEADS_OF_STREAM)
        client_is_b = streams.client_is_b[spoken] != 0
        served = np.where(client_is_b, streams.payload_a[spoken], streams.payload_b[spoken])
        wrong: NDArray[np.bool_] = counted & (expected > 0) & (served != expected)
        unsure = counted & (expected == _CHUNKS) & (packets != self._looked_back[spoken])
        for place in np.flatnonzero(unsure).tolist():
            stream = int(spoken[place])
            self._looked_back[stream] = packets[place]
            self._unfinished[stream] = not self._ends_with_last_chunk(stream, bool(client_is_b[place]))
        return wrong

    def _is_asking_often(self, spoken: NDArray[np.int64]) -> NDArray[np.bool_]:
        """A mask over the streams ``spoken``: were each response waited for by itself, that took long together."""
        streams, responses = self._streams, self.responses[spoken]
        # At the server, the handshake tells the round trip to the client alone, which is all of it.
        way_ns = np.maximum(streams.irtt_ns[spoken], 0) * responses
        few = streams.packets[spoken] <= np.minimum(OFTEN_PACKETS * responses, OFTEN_PACKETS_MOST)
        asking: NDArray[np.bool_] = (responses >= OFTEN) & few & (way_ns >= OFTEN_NS)
        return asking

    def _is_expecting(self, spoken: NDArray[np.int64]) -> NDArray[np.bool_]:
        """A mask over the streams ``spoken``, which have responses: a client held a body back; updates `_expects`."""
        streams = self._streams
        waited = streams.longest_waits_ns(spoken)[0]
        chosen = np.flatnonzero((waited >= EXPECTS_NS) & (self.responses[spoken] <= HEADS_OF_STREAM))
        chosen = chosen[:EXPECTS_LOOKED_AT]
        for place in chosen[streams.packets[spoken[chosen]] != self._heads_sought[spoken[chosen]]].tolist():
            stream = int(spoken[place])
            self._heads_sought[stream] = streams.packets[stream]
            self._expects[stream] = self._has_asked(stream, bool(streams.client_is_b[stream]))
        expects = np.zeros(len(spoken), np.bool_)
        expects[chosen] = self._expects[spoken[chosen]]
        return expects

    def _has_asked(self, stream: int, client_is_b: bool) -> bool:
        """Whether among the last packets of ``stream`` one of its client has a head that asks to be told to go on."""
        store, row = self._store, int(self._streams.last_row[stream])
        for _ in range(EXPECTS_LOOKED_BACK):
            if row < store.first:
                break
            if store.length[row] > 0 and bool(store.from_b[row]) == client_is_b:
                head = self._read(row)[:_HEAD]
                if _EXPECT.search(head, 0, head.find(b"\r\n\r\n") + 2):
                    return True
            row = int(store.previous[row])
        return False

    def read(self, suspects: SparseMask) -> SparseMask:
        """A mask of the streams whose payload is judged before a user opens them: ``suspects``, and some short ones."""
        listed = self._listed()
        responses = self.responses[listed]
        short = (responses > 0) & (responses <= SHORT) & (self._streams.packets[listed] <= SHORT_PACKETS)
        return SparseMask(merged(suspects.numbers, listed[short][:SHORT_READ]))

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop what is known of ``streams`` (ascending), which were evicted."""
        known = streams[streams < len(self.responses)]
        kept, renewed = self._streams.listed(), self._streams.renewed
        for name in _COLUMNS if len(known) else ():
            setattr(self, name, emptied(getattr(self, name), known, kept, anew=self._renewed != renewed))
        self._renewed = renewed

    def _listed(self) -> NDArray[np.int64]:
        """Numbers of the streams that are kept; the columns are grown to have an entry for each."""
        listed = self._streams.listed().astype(np.int64)
        self._reserve(int(listed[-1]) + 1 if len(listed) else 0)
        return listed

    def speaks(self, stream: int) -> bool:
        """Whether a response was seen in ``stream``."""
        return stream < len(self.responses) and bool(self.responses[stream])

    def error_rows(self, stream: int) -> list[tuple[int, int]]:
        """The rows of ``stream`` that begin with a status of 400 or more, each with the status, in capture order."""
        rows, status = self._found.found()
        errors = np.flatnonzero(status >= 400)
        mine = errors[self._store.stream[rows[errors]] == stream]
        return list(zip(rows[mine].tolist(), status[mine].tolist(), strict=True))

    def _ends_with_last_chunk(self, stream: int, client_is_b: bool) -> bool:
        """Whether the server's last data segment ends like a chunked body; True when that segment is not found."""
        store, row = self._store, int(self._streams.last_row[stream])
        for _ in range(_LOOKED_BACK):
            if row < store.first:
                break
            if store.length[row] > 0 and bool(store.from_b[row]) != client_is_b:
                tail = self._read(row)[-len(_LAST_CHUNK) :]
                return _LAST_CHUNK.endswith(tail)
            row = int(store.previous[row])
        return True

    def _read(self, row: int) -> bytes:
        """The payload of ``row``; empty where the spool was closed."""
        try:
            return self._payload(row)
        except OSError:
            return b""

    def _reserve(self, streams: int) -> None:
        if streams <= len(self.responses):
            return
        size, kept = max(streams, 2 * len(self.responses)), self._streams.places()
        for name in _COLUMNS:
            setattr(self, name, grown(getattr(self, name), size, kept))


def _has_two_ends(asked: bytes) -> bool:
    """Whether a request, in lower case, says in two ways where it ends, or in one that not every program reads so.

    At first sight, for every request: `tcptui.protocols.http.two_readings` looks closer.
    """
    lengths, coded = asked.count(b"content-length"), b"transfer-encoding" in asked
    if not lengths and not coded:
        return False
    if lengths > 1 or (lengths and (coded or _PLAIN_LENGTH.search(asked) is None)):
        return True
    if coded and _PLAIN_CODING.search(asked) is None:
        return True
    return asked.startswith((b"get ", b"head ")) and asked.count(b" http/1.") > 1
