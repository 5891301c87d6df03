"""Which answer belongs to which question where no connection ties them: ICMP echoes, and DNS over UDP.

As Wireshark pairs them (packet-icmp.c, packet-icmpv6.c, packet-dns.c): within two addresses, for DNS with their ports.
An echo is answered by the message with its identifier and sequence number whose checksum is its own, the type apart.
A question of DNS is answered by the next message with its number; the same question within `AGAIN_NS`, unanswered, is
a retransmission and pairs with nothing.  Packets are looked at in their order and each only once.  What a filter is
asked after packets were evicted begins with the first that is kept.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.session.filtering.tree_values import line_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_store import I32
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.headers.node import Node

#: The fields that are known here, by the header that they are lines of: the answer's frame, the question's, the time.
PAIR_FIELDS: Final = {
    "icmp": ("icmp.resp_in", "icmp.resp_to", "icmp.resptime"),
    "icmpv6": ("icmpv6.resp_in", "icmpv6.resp_to", "icmpv6.resptime"),
    "dns": ("dns.response_in", "dns.response_to", "dns.time"),
}
#: Names of all of them.
PAIRED: Final = frozenset(name for names in PAIR_FIELDS.values() for name in names)
#: Questions without an answer that are remembered: a flood of them must not take the memory of the host.
MOST_OPEN: Final = 1 << 18
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
_NANOSECONDS_A_MILLISECOND: Final = 1e6
_NOTHING: Final = (None, None, None)


class _Said(NamedTuple):
    """One header that may ask or answer."""

    protocol: str
    is_question: bool
    key: tuple[object, ...]


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
        # Per header, in the order of packets: its row; the frame of its pair's other half, 0 without one, negative
        # where that is the question; and the time from question to answer.
        self._rows = array("q")
        self._others = array("q")
        self._times = array("q")
        # The rows of answers, and of the questions that they answer.
        self._answers = array("q")
        self._answered = array("q")
        self._gone = 0
        """Headers that were forgotten."""

    def add(self, packet: PacketView, tree: Node) -> None:
        """Look at the headers of ``packet``, which is behind all that were looked at before."""
        for said in _headers(tree, packet.data):
            other, taken = 0, 0
            known = None if said is None else self._open.get(said.key)
            if said is not None and said.is_question:
                if known is None or said.protocol != "dns" or packet.time_ns - known.asked_ns > AGAIN_NS:
                    self._ask(said.key, packet)
            elif said is not None and known is not None:
                del self._open[said.key]
                other, taken = -known.frame, packet.time_ns - known.asked_ns
                self._answers.append(packet.row)
                self._answered.append(known.row)
                if known.place >= self._gone:
                    self._others[known.place - self._gone] = packet.frame
            self._rows.append(packet.row)
            self._others.append(other)
            self._times.append(taken)
        self.stop = packet.row + 1

    def of(self, row: int) -> list[tuple[int | None, int | None, int | None]]:
        """The `PAIR_FIELDS` of each header of ``row`` that may ask or answer, outermost first; None for what it lacks.

        Frames, and nanoseconds.
        """
        at = bisect_left(self._rows, row)
        found: list[tuple[int | None, int | None, int | None]] = []
        while at < len(self._rows) and self._rows[at] == row:
            other = self._others[at]
            if other > 0:
                found.append((other, None, None))
            else:
                found.append((None, -other, self._times[at]) if other else _NOTHING)
            at += 1
        return found

    def answered_since(self, first: int) -> I32:
        """The rows of questions, ascending, whose answers are in row ``first`` or behind."""
        with self.lock:
            return sorted_unique(np.array(self._answered[bisect_left(self._answers, first) :], np.int32))

    def drop(self, first: int) -> None:
        """Forget the headers of rows before ``first``, once there are many of them."""
        gone = bisect_left(self._rows, first)
        if 2 * gone > len(self._rows):
            self._gone += gone
            for column in (self._rows, self._others, self._times):
                del column[:gone]
            answers = bisect_left(self._answers, first)
            del self._answers[:answers], self._answered[:answers]

    def _ask(self, key: tuple[object, ...], packet: PacketView) -> None:
        self._open.pop(key, None)
        if len(self._open) >= MOST_OPEN:
            del self._open[next(iter(self._open))]
        self._open[key] = _Question(self._gone + len(self._rows), packet.row, packet.frame, packet.time_ns)


def paired_value(protocol: str, field: str, nanoseconds_or_frame: int) -> int | float:
    """The value of a pair's ``field``: frames as they are, the time of an echo in milliseconds."""
    if field == PAIR_FIELDS[protocol][2] and protocol != "dns":
        return nanoseconds_or_frame / _NANOSECONDS_A_MILLISECOND
    return nanoseconds_or_frame


def _headers(tree: Node, data: bytes) -> Iterator[_Said | None]:
    """What each header of `PAIR_FIELDS` in ``tree`` asks or answers; None where it is cut or quoted by an error."""
    addresses: tuple[object, object] = (None, None)
    ports: tuple[object, object] = (None, None)

    def walked(node: Node, *, is_quoted: bool) -> Iterator[_Said | None]:
        nonlocal addresses, ports
        if node.field in ("ip", "ipv6"):
            addresses = (line_value(node, f"{node.field}.src", data), line_value(node, f"{node.field}.dst", data))
        elif node.field == "udp":
            ports = (line_value(node, "udp.srcport", data), line_value(node, "udp.dstport", data))
        elif node.field in PAIR_FIELDS:
            said = _dns(node, data, ports) if node.field == "dns" else _echo(node, data)
            ends = sorted(zip(addresses, ports, strict=True) if node.field == "dns" else addresses, key=repr)
            yield None if said is None or is_quoted else said._replace(key=(node.field, *ends, *said.key))
        for child in node.children:
            yield from walked(child, is_quoted=is_quoted or node.field in ("icmp", "icmpv6"))

    return walked(tree, is_quoted=False)


def _echo(node: Node, data: bytes) -> _Said | None:
    kind, checksum, identifier, sequence = (line_value(node, field, data) for field in _ECHO_FIELDS[node.field])
    is_request = _ECHO[node.field].get(kind) if isinstance(kind, int) else None
    if is_request is None or not isinstance(checksum, int) or sequence is None:
        return None
    if is_request:
        checksum += _STEP[node.field]
        checksum = (checksum & _ONES) + (checksum >> 16)  # ones' complement: what carries comes in again
    return _Said(node.field, is_request, (identifier, sequence, checksum % _ONES))


def _dns(node: Node, data: bytes, ports: tuple[object, object]) -> _Said | None:
    number, is_answer = line_value(node, "dns.id", data), _inner(node, "dns.flags.response", data)
    if number is None or is_answer is None or ports[0] is None:
        return None
    return _Said("dns", not is_answer, (number,))


def _inner(layer: Node, field: str, data: bytes) -> object:
    """The value of ``field`` one level further in."""
    values = (line_value(child, field, data) for child in layer.children)
    return next((value for value in values if value is not None), None)
