"""The numbers that Wireshark gives UDP conversations (``udp.stream``), and the times within them.

A conversation is two addresses with their ports; its number is how many began before.  So packets are looked at in
their order, up to the newest asked for, and each only once.  What a filter is asked after packets were evicted begins
with the first that is kept.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.session.filtering.tree_values import line_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.headers.node import Node
    from tcptui.session.filtering.plain_datagrams import Head

#: Fields that are known here, in the order of `Place`.
CONVERSATION_FIELDS: Final = ("udp.stream", "udp.time_relative", "udp.time_delta")
#: Conversations that get a number: a flood of forged addresses must not take the memory of the host.
MOST_CONVERSATIONS: Final = 1 << 19
_NONE: Final = -(1 << 63)
_HEADER: Final = 8

#: Two ends, the smaller first: address and port.
_Key = tuple[tuple[object, object], tuple[object, object]]


@dataclass(slots=True)
class _Conversation:
    number: int
    began_ns: int
    last_ns: int


class Place(NamedTuple):
    """Where in its conversation one UDP header stands; times are nanoseconds.

    There is None in a header that is cut or wrong, and no time in one without payload, or that an ICMP error quotes.
    """

    stream: int | None
    since_first_ns: int | None
    since_previous_ns: int | None


_NOWHERE: Final = Place(None, None, None)


class UdpConversations:
    """Numbers the conversations of one session; who adds packets or asks holds the `lock`."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.stop = 0
        """The first row that has not been looked at."""
        self._known: dict[_Key, _Conversation] = {}
        # Per UDP header, in the order of packets.
        self._rows = array("q")
        self._columns = (array("q"), array("q"), array("q"))

    def add(self, packet: PacketView, tree: Node) -> None:
        """Look at the headers of ``packet``, which is behind all that were looked at before."""
        for key, is_timed in _headers(tree, packet.data):
            self._note(packet.row, self._placed(key, packet.time_ns, is_timed=is_timed))
        self.stop = packet.row + 1

    def see(self, head: Head) -> None:
        """Look at a plain datagram, which is behind all that were looked at before."""
        source, target = (head.source, head.source_port), (head.target, head.target_port)
        key = (source, target) if repr(source) <= repr(target) else (target, source)
        self._note(head.row, self._placed(key, head.time_ns, is_timed=bool(head.length)))
        self.stop = head.row + 1

    def of(self, row: int) -> list[Place]:
        """The UDP headers of ``row``, outermost first."""
        at, found = bisect_left(self._rows, row), []
        while at < len(self._rows) and self._rows[at] == row:
            found.append(Place(*(None if column[at] == _NONE else column[at] for column in self._columns)))
            at += 1
        return found

    def drop(self, first: int) -> None:
        """Forget the headers of rows before ``first``, once there are many of them; numbers stay."""
        gone = bisect_left(self._rows, first)
        if 2 * gone > len(self._rows):
            for column in (self._rows, *self._columns):
                del column[:gone]

    def _note(self, row: int, place: Place) -> None:
        self._rows.append(row)
        for column, value in zip(self._columns, place, strict=True):
            column.append(_NONE if value is None else value)

    def _placed(self, key: _Key | None, now: int, *, is_timed: bool) -> Place:
        known = None if key is None else self._known.get(key)
        if known is None:
            if key is None or len(self._known) >= MOST_CONVERSATIONS:
                return _NOWHERE
            known = self._known[key] = _Conversation(len(self._known), now, now)
        if not is_timed:  # it may begin a conversation, and then counts for nothing
            return Place(known.number, None, None)
        place = Place(known.number, now - known.began_ns, now - known.last_ns)
        known.last_ns = now
        return place


def _headers(tree: Node, data: bytes) -> Iterator[tuple[_Key | None, bool]]:
    """The ends of each UDP header in ``tree``, None where it is cut or wrong; and whether it has times."""
    addresses: tuple[object, object] = (None, None)
    six = False

    def walked(node: Node, *, is_quoted: bool) -> Iterator[tuple[_Key | None, bool]]:
        nonlocal addresses, six
        if node.field in ("ip", "ipv6"):
            six = node.field == "ipv6"
            addresses = (line_value(node, f"{node.field}.src", data), line_value(node, f"{node.field}.dst", data))
        elif node.field == "udp":
            length = line_value(node, "udp.length", data)
            # 0 is the length of a jumbogram (RFC 2675).
            is_possible = isinstance(length, int) and (length >= _HEADER or (six and length == 0))
            is_whole = is_possible and line_value(node, "udp.checksum", data) is not None
            source = (addresses[0], line_value(node, "udp.srcport", data))
            target = (addresses[1], line_value(node, "udp.dstport", data))
            key = (source, target) if repr(source) <= repr(target) else (target, source)
            yield key if is_whole else None, not is_quoted and length != _HEADER
        for child in node.children:
            yield from walked(child, is_quoted=is_quoted or node.field in ("icmp", "icmpv6"))

    return walked(tree, is_quoted=False)
