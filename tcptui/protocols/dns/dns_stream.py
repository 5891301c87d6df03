"""One connection parsed as DNS: its `ParsedStream`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.conversation import DnsMessage, DnsQuery, conversation
from tcptui.protocols.dns.detection import dns_sides
from tcptui.protocols.dns.message import Message
from tcptui.protocols.interface import StreamOfQuestions
from tcptui.protocols.parts import Label, Part, frame_at, text_part, unread_part
from tcptui.protocols.stream.message_stream import MessageStream
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.stream.reassembly import ByteStream


_SHOWN: Final = 80


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
        return (_part_of(one),)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.dns.tree import add_dns  # imported late: a report needs no tree

        add_dns(dissection, place, self.shown_in(place.direction.side, dissection.view.frame))
        return bool(self.units(place.segment))


def _part_of(one: DnsMessage | Unread) -> Part:
    """The decoded part of one message, or of bytes that are not read."""
    if isinstance(one, Unread):
        return unread_part("dns-unread", one)
    message = one.message
    head = message.head
    if head is None:
        return text_part(message.direction, message.start, message.stop, Label("dns-cut"))
    asked = head if head.labels is not None or one.asked is None else None
    if asked is None and one.asked is not None and one.asked.query is not None:
        asked = one.asked.query.head  # a later message of a transfer need not repeat it
    facts: dict[str, object] = {"question": ("" if asked is None else asked.question)[:_SHOWN], "number": head.number}
    name = "dns-question"
    if head.is_response:
        name = "dns-answer" if one.asked is not None and one.asked.query is not None else "dns-answer-alone"
        facts |= {"status": message.status, "count": head.answers}
    cut = "" if message.complete else "cut"
    return Part(
        message.direction.side, message.start, message.stop, frame_at(message.direction, message.start),
        message.direction.delivered_ns(message.start), Label(name, facts), lambda: _blocks(message),
        trouble=lambda: cut,
    )  # fmt: skip


def _blocks(message: Message) -> Iterator[tuple[int, bytes]]:
    from tcptui.protocols.dns.text import text_of_message  # imports dnspython

    yield message.start, text_of_message(message.data()).encode("utf-8", "replace")
