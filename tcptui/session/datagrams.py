"""Ties between datagrams, which have no connection: UDP conversations, and answers to questions.

A UDP conversation is two addresses with their ports; its number, Wireshark's ``udp.stream``, is how many began before.
Questions and answers are ICMP echoes and DNS over UDP, as Wireshark pairs them (packet-icmp.c, packet-icmpv6.c,
packet-dns.c): within two addresses, for DNS with their ports.  An echo is answered by the message with its identifier
and sequence number whose checksum is its own, the type apart.  A question of DNS is answered by the next message with
its number; the same question within `AGAIN_NS`, unanswered, is a retransmission and pairs with nothing, as does an
answer that comes again.

Packets are read in their order and each only once, up to the newest that somebody asks for.  What is asked after
packets were evicted begins with the first that is kept.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import numpy as np

from tcptui.access.packet_heads import packet_heads
from tcptui.model.arrays import sorted_unique
from tcptui.model.datagram_pair import Pair, Role
from tcptui.protocols.headers.udp import DNS_HEADER, DNS_PORTS
from tcptui.session.filtering.plain import plain
from tcptui.session.filtering.rows import Rows
from tcptui.wire.datagram_headers import HEAD, read_datagram_headers
from tcptui.wire.ip import PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_UDP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32, I64, U8
    from tcptui.wire.datagram_headers import DatagramHeaders

#: What is known of a UDP header, in the order of `Place`.
CONVERSATION_FIELDS: Final = ("udp.stream", "udp.time_relative", "udp.time_delta")
#: Layers of DNS.
PAIRED_DNS: Final = ("dns", "mdns", "llmnr")
#: What is known of a header that may ask or answer, by its layer: the answer's frame, the question's, the time.
PAIR_FIELDS: Final = {
    "icmp": ("icmp.resp_in", "icmp.resp_to", "icmp.resptime"),
    "icmpv6": ("icmpv6.resp_in", "icmpv6.resp_to", "icmpv6.resptime"),
} | dict.fromkeys(PAIRED_DNS, ("dns.response_in", "dns.response_to", "dns.time"))
#: What is known of DNS besides: the first frame of what is repeated, that it is, and that nobody asked.
_AGAIN: Final = {
    Role.AGAIN: ("dns.retransmit_request_in", "dns.retransmit_request", "dns.retransmission"),
    Role.REPEATED: ("dns.retransmit_response_in", "dns.retransmit_response", "dns.retransmission"),
}
_UNSOLICITED: Final = "dns.unsolicited"
DNS_PAIRED: Final = frozenset({*PAIR_FIELDS["dns"], *_AGAIN[Role.AGAIN], *_AGAIN[Role.REPEATED], _UNSOLICITED})
#: Names of all fields of pairs.
PAIRED: Final = DNS_PAIRED.union(PAIR_FIELDS["icmp"], PAIR_FIELDS["icmpv6"])
_NS_A_MILLISECOND: Final = 1e6
#: Conversations that get a number: a flood of forged addresses must not take the memory of the host.
MOST_CONVERSATIONS: Final = 1 << 19
#: Questions without an answer that are remembered, for the same reason.
MOST_OPEN: Final = 1 << 18
#: Answered questions of DNS whose answers are known as repeated when they come again, the newest.
MOST_ANSWERED: Final = 1 << 14
#: A question of DNS that comes again sooner is the same one (Wireshark's ``dns.retransmission_timeout``).
AGAIN_NS: Final = 5_000_000_000
#: Rows that are read at once.
BATCH: Final = 1 << 10
#: A time or a number that is not known.
_NONE: Final = -(1 << 63)
_UDP_HEADER: Final = 8
#: Bytes of a UDP and of an ICMP header without which Wireshark shows nothing of it.
_SHOWN: Final = (4, 6)
#: Bytes without which an ICMP message is no echo.
_ECHO_LEAST: Final = 8
#: Types of an echo request and its reply (RFC 792, RFC 4443); and what the checksum of a reply has more than that of
#: its request: the difference of their types.
_ECHOES: Final = {PROTOCOL_ICMP: (8, 0, 0x0800), PROTOCOL_ICMPV6: (128, 129, -0x0100)}
#: Set in the third byte of an answer of DNS.
_IS_ANSWER: Final = 0x80
_ONES: Final = 0xFFFF
_IPV4: Final = 4
#: Set in the numbers that stand for IPv6 addresses.
_IPV6: Final = 1 << 128

_End = TypeVar("_End", int, tuple[int, int])
_Key = tuple[object, ...]
"""The same for both directions: two ends in an order; of a question and its answers with the message's numbers."""


class Place(NamedTuple):
    """Where in its conversation one UDP header stands; times are nanoseconds.

    There is None in a header that is cut or wrong, and no time in one without payload, or that an ICMP error quotes.
    """

    stream: int | None
    since_first_ns: int | None
    since_previous_ns: int | None

    def values(self) -> Iterator[tuple[str, int]]:
        """Its `CONVERSATION_FIELDS`, as far as they are known."""
        return ((name, value) for name, value in zip(CONVERSATION_FIELDS, self, strict=True) if value is not None)


_NOWHERE: Final = Place(None, None, None)


def pair_values(layer: str, pair: Pair) -> Iterator[tuple[str, int | float]]:
    """The fields of a header of ``layer``, a key of `PAIR_FIELDS`, that ``pair`` says; of an echo, milliseconds."""
    answer, question, taken = PAIR_FIELDS[layer]
    if pair.role in _AGAIN:
        yield from zip(_AGAIN[pair.role], (pair.other, 1, 1), strict=True)
    elif pair.other and pair.role is Role.QUESTION:
        yield answer, pair.other
    elif pair.other:
        yield question, pair.other
        yield taken, pair.taken_ns if layer in PAIRED_DNS else pair.taken_ns / _NS_A_MILLISECOND
    elif pair.role is Role.ANSWER and layer in PAIRED_DNS:
        yield _UNSOLICITED, 1


@dataclass(slots=True)
class _Conversation:
    number: int
    began_ns: int
    last_ns: int


@dataclass(slots=True)
class _Question:
    place: int
    """Which header it is, counted from the first of the capture."""
    row: int
    frame: int
    asked_ns: int


def datagram_index(capture: OpenCapture) -> DatagramIndex:
    """The index over the datagrams of ``capture``; who asks it has it `DatagramIndex.grow`."""
    return capture.indexes.of(DatagramIndex, lambda: DatagramIndex(capture))


class DatagramIndex:
    """Numbers the UDP conversations of one capture, and pairs its questions and answers; for several threads."""

    def __init__(self, capture: OpenCapture) -> None:
        self._capture = capture
        self._growing = Lock()
        self._lock = Lock()
        """Held while what follows is changed or read."""
        self.stop = 0
        """The first row that has not been read."""
        self._known: dict[_Key, _Conversation] = {}
        # Per UDP header, in the order of packets: its row, and its `Place`.
        self._udp_rows = array("q")
        self._places = (array("q"), array("q"), array("q"))
        self._open: dict[_Key, _Question] = {}
        # Frames of the answers to the newest questions of DNS, by their keys.
        self._given: dict[_Key, int] = {}
        # Per header that may ask or answer, in the order of packets: its row; the frame of its pair's other half, 0
        # without one, negative where that is earlier; the time from question to answer; and its `Role`.
        self._rows = array("q")
        self._others = array("q")
        self._times = array("q")
        self._roles = array("B")
        # The rows of answers, and of the questions that they answer.
        self._answers = array("q")
        self._answered = array("q")
        self._gone = 0
        """Headers that may ask or answer and were forgotten."""

    @property
    def revision(self) -> int:
        """A number that only grows, and does whenever a question or an answer became known."""
        return self._gone + len(self._rows)

    # -- growing -----------------------------------------------------------------------
    def grow(self, stop: int, pause: Callable[[], None] = lambda: None, seconds: float | None = None) -> None:
        """Read the rows before ``stop``; ``pause`` is called now and then, and may raise to end it.

        With ``seconds`` it ends after about so long, and at once where another thread is reading.  Packets whose bytes
        cannot be read say nothing.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            self.drop(self._capture.store.first)
        while max(self.stop, self._capture.store.first) < stop:
            pause()
            if not self._growing.acquire(blocking=deadline is None):
                return
            try:
                self._grow(stop)
            finally:
                self._growing.release()
            if deadline is not None and time.monotonic() > deadline:
                return

    def _grow(self, stop: int) -> None:
        store = self._capture.store
        first = max(self.stop, store.first)
        upto = min(first + BATCH, stop)
        if first >= upto:
            return  # another thread has read them
        rows = Rows.between(first, upto)
        numbers = rows.only(~plain(self._capture, rows)).numbers.astype(np.int64)
        found = self._headers(numbers) if len(numbers) else None
        with self._lock:
            if found is not None:
                self._hear(numbers, found)
            self.stop = upto

    def _headers(self, numbers: I64) -> DatagramHeaders:
        store, reader = self._capture.store, self._capture.reader

        def completed(place: int) -> list[bytes]:
            row = int(numbers[place])
            with suppress(OSError):
                if store.fragments.of(row):
                    return [datagram.payload for datagram in reader.packet(row).datagrams]
            return []

        return read_datagram_headers(packet_heads(store, reader.sources, reader.descriptors, numbers), completed)

    def _hear(self, numbers: I64, found: DatagramHeaders) -> None:
        store, shown = self._capture.store, _shown(found)
        shown = shown[numbers[found.frame[shown]] >= store.first]  # others were evicted meanwhile
        found = found.only(shown)
        rows, words, kind = numbers[found.frame], found.head.view(">u2").astype(np.int64), found.head[:, 0]
        is_udp, length = found.protocol == PROTOCOL_UDP, words[:, 2]
        # 0 is the length of a jumbogram (RFC 2675).
        is_whole = (found.held >= _UDP_HEADER) & ((length >= _UDP_HEADER) | ((found.version != _IPV4) & (length == 0)))
        is_timed = (length != _UDP_HEADER) & ~found.is_quoted
        payload = np.where(length == 0, found.room, length) - _UDP_HEADER
        is_dns = is_udp & (payload >= DNS_HEADER) & (found.held >= HEAD)
        is_dns &= np.isin(words[:, :2], list(DNS_PORTS)).any(axis=1)
        asks, is_echo, checksum = found.head[:, _UDP_HEADER + 2] < _IS_ANSWER, np.zeros_like(is_udp), words[:, 1]
        for protocol, (request, reply, step) in _ECHOES.items():
            mine = found.protocol == protocol
            is_echo |= mine & ((kind == request) | (kind == reply)) & (found.held >= _ECHO_LEAST)
            asks = np.where(mine, (kind == request) | ~is_echo, asks)
            checksum = checksum + np.where(mine & asks, step, 0)
        checksum = (checksum & _ONES) + (checksum >> 16)  # ones' complement: what carries comes in again
        number = np.where(is_udp, words[:, 4], words[:, 2] << 32 | words[:, 3] << 16 | checksum % _ONES)
        has_key = (is_dns | is_echo) & ~found.is_quoted
        asks |= ~is_udp & ~has_key
        columns = (rows, store.frame[rows], store.time_ns[rows], found.protocol, found.version, *found.address.T,
                   words[:, 0], words[:, 1], is_whole, is_timed, is_dns, has_key, asks, number)  # fmt: skip
        for (
            row, frame, now, protocol, version, high, low, to_high, to_low, source_port, target_port, whole, timed, dns,
            keyed, asking, message,
        ) in zip(*(column.tolist() for column in columns), strict=True):  # fmt: skip
            source, target = (
                (low, to_low) if version == 4 else (_IPV6 | high << 64 | low, _IPV6 | to_high << 64 | to_low)
            )
            if protocol == PROTOCOL_UDP:
                ends = _in_order((source, source_port), (target, target_port))
                self._udp_rows.append(row)
                self._note_place(self._placed(ends, now, is_timed=timed) if whole else _NOWHERE)
                if dns:
                    self._pair(row, frame, now, (protocol, *ends, message) if keyed else None, asks=asking)
            else:
                key = (protocol, *_in_order(source, target), message) if keyed else None
                self._pair(row, frame, now, key, asks=asking)

    def _note_place(self, place: Place) -> None:
        for column, value in zip(self._places, place, strict=True):
            column.append(_NONE if value is None else value)

    def _placed(self, key: _Key, now: int, *, is_timed: bool) -> Place:
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_CONVERSATIONS:
                return _NOWHERE
            known = self._known[key] = _Conversation(len(self._known), now, now)
        if not is_timed:  # it may begin a conversation, and then counts for nothing
            return Place(known.number, None, None)
        place = Place(known.number, now - known.began_ns, now - known.last_ns)
        known.last_ns = now
        return place

    def _pair(self, row: int, frame: int, now: int, key: _Key | None, *, asks: bool) -> None:
        """Note a header that may ask or answer; ``key`` is None where an error quotes it, or it does neither."""
        role, other, taken = Role.NONE, 0, 0
        if key is None:
            role = Role.NONE if asks else Role.ANSWER  # where an error quotes an answer, nobody asked
        elif asks:
            role, other = self._ask(key, row, frame, now)
        else:
            role, other, taken = self._answer(key, row, frame, now)
        self._rows.append(row)
        self._others.append(other)
        self._times.append(taken)
        self._roles.append(role)

    def _ask(self, key: _Key, row: int, frame: int, now: int) -> tuple[Role, int]:
        known, is_dns = self._open.pop(key, None), key[0] == PROTOCOL_UDP
        if known is not None and is_dns and now - known.asked_ns <= AGAIN_NS:
            self._open[key] = known
            return Role.AGAIN, -known.frame
        self._given.pop(key, None)
        if len(self._open) >= MOST_OPEN:
            del self._open[next(iter(self._open))]
        self._open[key] = _Question(self._gone + len(self._rows), row, frame, now)
        return Role.QUESTION, 0

    def _answer(self, key: _Key, row: int, frame: int, now: int) -> tuple[Role, int, int]:
        known = self._open.pop(key, None)
        if known is None:
            first = self._given.get(key, 0)
            return Role.REPEATED if first else Role.ANSWER, -first, 0
        taken = now - known.asked_ns
        self._answers.append(row)
        self._answered.append(known.row)
        if known.place >= self._gone:
            place = known.place - self._gone
            self._others[place], self._times[place] = frame, taken
        if key[0] == PROTOCOL_UDP:
            if len(self._given) >= MOST_ANSWERED:
                del self._given[next(iter(self._given))]
            self._given[key] = frame
        return Role.ANSWER, -known.frame, taken

    # -- reading -----------------------------------------------------------------------
    def places_of(self, row: int) -> list[Place]:
        """The UDP headers of ``row``, outermost first."""
        with self._lock:
            at, found = bisect_left(self._udp_rows, row), []
            while at < len(self._udp_rows) and self._udp_rows[at] == row:
                found.append(Place(*(None if column[at] == _NONE else column[at] for column in self._places)))
                at += 1
            return found

    def pairs_of(self, row: int) -> list[Pair]:
        """The pair of each header of ``row`` that may ask or answer, outermost first."""
        with self._lock:
            at, found = bisect_left(self._rows, row), []
            while at < len(self._rows) and self._rows[at] == row:
                found.append(Pair(Role(self._roles[at]), abs(self._others[at]), self._times[at]))
                at += 1
            return found

    def columns(self) -> tuple[I64, I64, I64, U8]:
        """Copies of what is kept, per header that may ask or answer: row; frame of the other half, 0 without one,
        negative where that is earlier; nanoseconds from question to answer; `Role`.
        """
        with self._lock:
            rows, others, times = (np.array(column, np.int64) for column in (self._rows, self._others, self._times))
            return rows, others, times, np.array(self._roles, np.uint8)

    def answered_since(self, first: int) -> I32:
        """The rows of questions, ascending, whose answers are in row ``first`` or behind."""
        with self._lock:
            return sorted_unique(np.array(self._answered[bisect_left(self._answers, first) :], np.int32))

    def drop(self, first: int) -> None:
        """Forget the headers of rows before ``first``, once there are many of them; numbers stay."""
        gone = bisect_left(self._udp_rows, first)
        if 2 * gone > len(self._udp_rows):
            for column in (self._udp_rows, *self._places):
                del column[:gone]
        gone = bisect_left(self._rows, first)
        if 2 * gone > len(self._rows):
            self._gone += gone
            for column in (self._rows, self._others, self._times, self._roles):
                del column[:gone]
            answers = bisect_left(self._answers, first)
            del self._answers[:answers], self._answered[:answers]


def _shown(found: DatagramHeaders) -> I64:
    """Those of which Wireshark shows anything."""
    return np.flatnonzero(found.held >= np.where(found.protocol == PROTOCOL_UDP, *_SHOWN))


def _in_order(one: _End, other: _End) -> tuple[_End, _End]:
    return (one, other) if one <= other else (other, one)
