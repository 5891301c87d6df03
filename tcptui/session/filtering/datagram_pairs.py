"""Which answer belongs to which question where no connection ties them: ICMP echoes, and DNS over UDP.

As Wireshark pairs them (packet-icmp.c, packet-icmpv6.c, packet-dns.c): within two addresses, for DNS with their ports.
An echo is answered by the message with its identifier and sequence number whose checksum is its own, the type apart.
A question of DNS is answered by the next message with its number; the same question within `AGAIN_NS`, unanswered, is
a retransmission and pairs with nothing, as does an answer that comes again.  Packets are looked at in their order and
each only once.  What a filter is asked after packets were evicted begins with the first that is kept.  Who has no
header trees gives the bytes of the messages instead (`message_keys`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.model.datagram_pair import Pair, Role
from tcptui.session.filtering.tree_values import line_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.model.packet_store import I32, I64, U8
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.headers.node import Node
    from tcptui.session.filtering.plain_datagrams import Head

_ECHO_PAIRS: Final = {
    "icmp": ("icmp.resp_in", "icmp.resp_to", "icmp.resptime"),
    "icmpv6": ("icmpv6.resp_in", "icmpv6.resp_to", "icmpv6.resptime"),
}
#: Layers of DNS.
PAIRED_DNS: Final = ("dns", "mdns", "llmnr")
DNS_PAIRED: Final = (
    "dns.response_in", "dns.response_to", "dns.time", "dns.retransmit_request_in", "dns.retransmit_request",
    "dns.retransmit_response_in", "dns.retransmit_response", "dns.retransmission", "dns.unsolicited",
)  # fmt: skip
#: The fields that are known here, by the header that they are lines of: the answer's frame, the question's, the time;
#: of DNS also the first frame of what is repeated, that it is, and that nobody asked.
PAIR_FIELDS: Final = _ECHO_PAIRS | dict.fromkeys(PAIRED_DNS, DNS_PAIRED)
#: Names of all of them.
PAIRED: Final = frozenset(name for names in PAIR_FIELDS.values() for name in names)
#: Questions without an answer that are remembered: a flood of them must not take the memory of the host.
MOST_OPEN: Final = 1 << 18
#: Answered questions of DNS whose answers are known as repeated when they come again, the newest.
MOST_ANSWERED: Final = 1 << 14
#: A question of DNS that comes again sooner is the same one (Wireshark's ``dns.retransmission_timeout``).
AGAIN_NS: Final = 5_000_000_000
_ECHO: Final = {"icmp": {8: True, 0: False}, "icmpv6": {128: True, 129: False}}
#: What the checksum of an answer has more than that of its echo request: the difference of their types.
_STEP: Final = {"icmp": 0x0800, "icmpv6": -0x0100}
_ECHO_FIELDS: Final = {
    "icmp": ("icmp.type", "icmp.checksum", "icmp.ident", "icmp.seq"),
    "icmpv6": ("icmpv6.type", "icmpv6.checksum", "icmpv6.echo.identifier", "icmpv6.echo.sequence_number"),
}
_ONES: Final = 0xFFFF
#: Bytes without which a message says neither.
_LEAST: Final = {"dns": 12, "icmp": 8, "icmpv6": 8}
_NANOSECONDS_A_MILLISECOND: Final = 1e6
#: Where an error quotes an answer, nobody asked there.
_QUOTED: Final = "quoted"


class MessageKey(NamedTuple):
    """One header that may ask or answer."""

    protocol: str
    """The name of its layer, as in `PAIR_FIELDS`."""
    is_question: bool
    key: tuple[object, ...]
    """The same for a question and its answers: both ends in an order, and the message's numbers."""


@dataclass(slots=True)
class _Question:
    place: int
    """Which header it is, counted from the first of the session."""
    row: int
    frame: int
    asked_ns: int


class DatagramPairs:
    """Pairs the questions and answers of one session; who adds packets or asks holds the `lock`."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.stop = 0
        """The first row that has not been looked at."""
        self._open: dict[tuple[object, ...], _Question] = {}
        # Frames of the answers to the newest questions of DNS, by their keys.
        self._given: dict[tuple[object, ...], int] = {}
        # Per header, in the order of packets: its row; the frame of its pair's other half, 0 without one, negative
        # where that is earlier; and the time from question to answer.
        self._rows = array("q")
        self._others = array("q")
        self._times = array("q")
        self._roles = array("B")
        # The rows of answers, and of the questions that they answer.
        self._answers = array("q")
        self._answered = array("q")
        self._gone = 0
        """Headers that were forgotten."""

    def add(self, packet: PacketView, tree: Node) -> None:
        """Look at the headers of ``packet``, which is behind all that were looked at before."""
        self.hear(packet.row, packet.frame, packet.time_ns, headers_of(tree, packet.data))

    def see(self, head: Head) -> None:
        """Look at a plain datagram, which is behind all that were looked at before."""
        ends = [(str(ip_address(address)), port) for address, port in (
            (head.source, head.source_port), (head.target, head.target_port)
        )]  # fmt: skip
        said = [message_keys("dns", head.message, *ends)] if head.speaks_dns else []
        self.hear(head.row, head.frame, head.time_ns, said)

    def hear(self, row: int, frame: int, time_ns: int, headers: Iterable[MessageKey | None]) -> None:
        """Look at ``headers`` of ``row``, outermost first; None for one that is cut or quoted."""
        for said in headers:
            role, other, taken = Role.NONE, 0, 0
            if said is not None and said.is_question:
                role, other = self._asked(said, row, frame, time_ns)
            elif said is not None:
                role, other, taken = self._told(said, row, frame, time_ns)
            self._rows.append(row)
            self._others.append(other)
            self._times.append(taken)
            self._roles.append(role)
        self.stop = row + 1

    def of(self, row: int) -> list[tuple[int | None, ...]]:
        """The `PAIR_FIELDS` of each header of ``row`` that may ask or answer, outermost first; None for what it lacks.

        Frames, and nanoseconds; 1 for what is so.  All of DNS, of which those of echoes are the first.
        """
        return [_values(pair) for pair in self.pairs_of(row)]

    def pairs_of(self, row: int) -> list[Pair]:
        """What each header of ``row`` that may ask or answer does, outermost first."""
        at, found = bisect_left(self._rows, row), []
        while at < len(self._rows) and self._rows[at] == row:
            found.append(Pair(Role(self._roles[at]), abs(self._others[at]), self._times[at]))
            at += 1
        return found

    def columns(self) -> tuple[I64, I64, I64, U8]:
        """Copies of all that is kept, per header: row; frame of the other half, 0 without one, negative where that is
        earlier; nanoseconds from question to answer; `Role`.
        """
        rows, others, times = (np.array(column, np.int64) for column in (self._rows, self._others, self._times))
        return rows, others, times, np.array(self._roles, np.uint8)

    def answered_since(self, first: int) -> I32:
        """The rows of questions, ascending, whose answers are in row ``first`` or behind."""
        with self.lock:
            return sorted_unique(np.array(self._answered[bisect_left(self._answers, first) :], np.int32))

    def drop(self, first: int) -> None:
        """Forget the headers of rows before ``first``, once there are many of them."""
        gone = bisect_left(self._rows, first)
        if 2 * gone > len(self._rows):
            self._gone += gone
            for column in (self._rows, self._others, self._times, self._roles):
                del column[:gone]
            answers = bisect_left(self._answers, first)
            del self._answers[:answers], self._answered[:answers]

    def _asked(self, message: MessageKey, row: int, frame: int, time_ns: int) -> tuple[Role, int]:
        known = self._open.get(message.key)
        if known is not None and message.protocol in PAIRED_DNS and time_ns - known.asked_ns <= AGAIN_NS:
            return Role.AGAIN, -known.frame
        self._given.pop(message.key, None)
        self._ask(message.key, row, frame, time_ns)
        return Role.QUESTION, 0

    def _told(self, message: MessageKey, row: int, frame: int, time_ns: int) -> tuple[Role, int, int]:
        known = self._open.pop(message.key, None)
        if known is None:
            first = self._given.get(message.key, 0)
            return Role.REPEATED if first else Role.ANSWER, -first, 0
        taken = time_ns - known.asked_ns
        self._answers.append(row)
        self._answered.append(known.row)
        if known.place >= self._gone:
            place = known.place - self._gone
            self._others[place], self._times[place] = frame, taken
        if message.protocol in PAIRED_DNS:
            if len(self._given) >= MOST_ANSWERED:
                del self._given[next(iter(self._given))]
            self._given[message.key] = frame
        return Role.ANSWER, -known.frame, taken

    def _ask(self, key: tuple[object, ...], row: int, frame: int, time_ns: int) -> None:
        self._open.pop(key, None)
        if len(self._open) >= MOST_OPEN:
            del self._open[next(iter(self._open))]
        self._open[key] = _Question(self._gone + len(self._rows), row, frame, time_ns)


def _values(pair: Pair) -> tuple[int | None, ...]:
    """What `DNS_PAIRED` say of a header."""
    other, nothing = pair.other or None, None
    match pair.role:
        case Role.QUESTION:
            return (other, *[nothing] * 8)
        case Role.AGAIN:
            return (*[nothing] * 3, other, 1, nothing, nothing, 1, nothing)
        case Role.REPEATED:
            return (*[nothing] * 5, other, 1, 1, nothing)
        case Role.ANSWER if other is None:
            return (*[nothing] * 8, 1)
        case Role.ANSWER:
            return (nothing, other, pair.taken_ns, *[nothing] * 6)
    return (nothing,) * 9


def paired_value(protocol: str, field: str, nanoseconds_or_frame: int) -> int | float:
    """The value of a pair's ``field``: frames as they are, the time of an echo in milliseconds."""
    if field == PAIR_FIELDS[protocol][2] and protocol not in PAIRED_DNS:
        return nanoseconds_or_frame / _NANOSECONDS_A_MILLISECOND
    return nanoseconds_or_frame


def message_keys(protocol: str, message: bytes, one: tuple[str, int], other: tuple[str, int]) -> MessageKey | None:
    """What ``message`` of ``protocol`` (a key of `PAIR_FIELDS`) between two ends asks or answers; None where it is cut
    or does neither.  Of ICMP the ends have no ports.
    """
    if len(message) < _LEAST[protocol]:
        return None
    if protocol == "dns":
        return _message_key("dns", message[2] >> 7 == 0, (one, other), (int.from_bytes(message[:2]),))
    checksum, identifier, sequence = (int.from_bytes(message[at : at + 2]) for at in (2, 4, 6))
    return _echo(protocol, message[0], checksum, identifier, sequence, (one[0], other[0]))


def headers_of(tree: Node, data: bytes) -> Iterator[MessageKey | None]:
    """What each header of `PAIR_FIELDS` in ``tree`` asks or answers; None where it is cut or quoted by an error."""
    hosts: tuple[str, str] = ("", "")
    ports: tuple[object, object] = (None, None)

    def walked(node: Node, *, is_quoted: bool) -> Iterator[MessageKey | None]:
        nonlocal hosts, ports
        if node.field in ("ip", "ipv6"):
            hosts = (_host(node, "src", data), _host(node, "dst", data))
        elif node.field == "udp":
            ports = (line_value(node, "udp.srcport", data), line_value(node, "udp.dstport", data))
        elif node.field in PAIR_FIELDS:
            said = _dns(node, data, hosts, ports) if node.field in PAIRED_DNS else _icmp(node, data, hosts)
            if is_quoted and said is not None:
                is_answer = node.field in PAIRED_DNS and not said.is_question
                said = MessageKey(said.protocol, False, (_QUOTED,)) if is_answer else None
            yield said
        for child in node.children:
            yield from walked(child, is_quoted=is_quoted or node.field in ("icmp", "icmpv6"))

    return walked(tree, is_quoted=False)


def _host(node: Node, end: str, data: bytes) -> str:
    address = line_value(node, f"{node.field}.{end}", data)
    return str(ip_address(address)) if isinstance(address, int | bytes) else ""


def _icmp(node: Node, data: bytes, hosts: tuple[str, str]) -> MessageKey | None:
    kind, checksum, identifier, sequence = (line_value(node, field, data) for field in _ECHO_FIELDS[node.field])
    if not isinstance(kind, int) or not isinstance(checksum, int) or sequence is None:
        return None
    return _echo(node.field, kind, checksum, identifier, sequence, hosts)


def _echo(
    protocol: str, kind: int, checksum: int, identifier: object, sequence: object, ends: tuple[object, object]
) -> MessageKey | None:
    is_request = _ECHO[protocol].get(kind)
    if is_request is None:
        return None
    if is_request:
        checksum += _STEP[protocol]
        checksum = (checksum & _ONES) + (checksum >> 16)  # ones' complement: what carries comes in again
    return _message_key(protocol, is_request, ends, (identifier, sequence, checksum % _ONES))


def _dns(node: Node, data: bytes, hosts: tuple[str, str], ports: tuple[object, object]) -> MessageKey | None:
    number, is_answer = line_value(node, "dns.id", data), _inner(node, "dns.flags.response", data)
    if number is None or is_answer is None or ports[0] is None:
        return None
    ends = (hosts[0], ports[0]), (hosts[1], ports[1])
    return _message_key("dns", not is_answer, ends, (number,))


def _message_key(
    protocol: str, is_question: bool, ends: tuple[object, object], numbers: tuple[object, ...]
) -> MessageKey:
    return MessageKey(protocol, is_question, (protocol, *sorted(ends, key=repr), *numbers))


def _inner(layer: Node, field: str, data: bytes) -> object:
    """The value of ``field`` one level further in."""
    values = (line_value(child, field, data) for child in layer.children)
    return next((value for value in values if value is not None), None)
