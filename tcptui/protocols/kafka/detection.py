"""Whether a connection speaks Kafka, and which side is the client: by what both say.

Where its beginning is missing, by the port of a broker and messages that are sound to their last byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.kafka.apis import LENGTH, REQUEST_HEAD, RESPONSE_HEAD
from tcptui.protocols.kafka.message import LONGEST, Kind, Message
from tcptui.protocols.kafka.reader import Head, Reader, is_sound

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Ports of brokers, as their documentation has them.
PORTS: Final = frozenset({9092, 9093, 9094})
#: Messages of a connection that are looked at, and have to be there where its beginning is missing.
_LOOKED_AT: Final = 64
_LEAST: Final = 2
#: First requests one of which the first response has to answer, where all before it have none.
_FIRST: Final = 16
_BEGINNING: Final = 1_024


class Sides(NamedTuple):
    """The two directions."""

    client: ByteStream
    server: ByteStream


def begins_kafka(payload: bytes) -> bool:
    """Whether a payload begins with a request of a client that says its name."""
    head = Head.of(payload)
    return head is not None and bool(head.client) and len(head.client or b"") == int.from_bytes(payload[12:14])


def kafka_sides(client: ByteStream, server: ByteStream) -> Sides | None:
    """The side that asks, and the broker; None when this is not Kafka.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        if asker.has_first_byte and Head.of(asker.beginning(_BEGINNING)) is not None and _speaks(asker, answerer):
            return Sides(asker, answerer)
    if client.server_port in PORTS and not client.has_first_byte:
        for sides in (Sides(client, server), Sides(server, client)):
            if _fits(sides):
                return sides
    return None


def _speaks(asker: ByteStream, answerer: ByteStream) -> bool:
    """Whether ``asker`` begins with sound requests, and ``answerer`` with a response to one of them."""
    asked = Reader(asker, is_client=True).first(_FIRST)
    if not asked or not _is_sound(asked[0]):
        return False
    answer = answerer.beginning(RESPONSE_HEAD)
    if len(answer) < RESPONSE_HEAD or not answerer.has_first_byte:
        is_likely = bool(asked[0].client) or asker.server_port in PORTS
        return is_likely and all(map(_is_sound, asked)) and answer[:1] < b"\x10"
    size, number = int.from_bytes(answer[:LENGTH]), int.from_bytes(answer[LENGTH:], signed=True)
    return RESPONSE_HEAD - LENGTH < size <= LONGEST and any(one.correlation == number for one in asked)


def _is_sound(request: Message) -> bool:
    if request.kind is not Kind.REQUEST:
        return request.kind is Kind.TOKEN
    head = Head.of(request.direction.read(request.start, REQUEST_HEAD + len(request.client or b"")))
    return head is not None and is_sound(request.direction, request.start, head)


def _fits(sides: Sides) -> bool:
    """Whether both sides say messages, and what is asked is sound."""
    asked = Reader(sides.client, is_client=True).first(_LOOKED_AT)
    answered = Reader(sides.server, is_client=False).first(_LOOKED_AT)
    if asked is None or answered is None or len(asked) + len(answered) < _LEAST:
        return False
    if not asked:
        return True
    numbers = {one.correlation for one in asked}
    return all(map(_is_sound, asked)) and (not answered or any(one.correlation in numbers for one in answered))
