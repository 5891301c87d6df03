"""One connection parsed as DNS: its `ParsedStream`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.dns.conversation import DnsMessage, DnsQuery, conversation
from tcptui.protocols.dns.detection import dns_sides
from tcptui.protocols.dns.message import Message
from tcptui.protocols.dns.parts import part_of
from tcptui.protocols.interface import StreamOfQuestions
from tcptui.protocols.stream.message_stream import MessageStream
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream


def parse_dns(client: ByteStream, server: ByteStream, limit: int) -> DnsStream | None:
    """The parsed connection, at most ``limit`` messages of each side; None when it is not DNS."""
    sides = dns_sides(client, server)
    return None if sides is None else DnsStream(*sides, limit)


def dns_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = dns_sides(client, server)
    if sides is None:
        return None
    return (one.exchange for one in conversation(*sides, whole=False) if isinstance(one, DnsQuery))


class DnsStream(MessageStream[Message, DnsMessage, DnsQuery], StreamOfQuestions):
    """The `ParsedStream` of DNS; ``client`` is the side that asks."""

    REQUEST = DnsQuery

    def __init__(self, client: ByteStream, server: ByteStream, limit: int) -> None:
        super().__init__(server, limit)
        self._client = client

    def _conversation(self) -> Iterator[DnsMessage | DnsQuery | Unread]:
        return conversation(self._client, self._server)

    def _exchange(self, request: DnsQuery) -> Exchange:
        return request.exchange

    def _parts_of(self, one: DnsMessage | Unread) -> Iterable[Part]:
        return (part_of(one),)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.dns.tree import add_dns  # imported late: a report needs no tree

        add_dns(dissection, place, self.shown_in(place.direction.side, dissection.view.frame))
        return bool(self.units(place.segment))
