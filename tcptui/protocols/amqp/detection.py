"""Whether a connection speaks AMQP 0-9-1, and which side is the client: by what it says.

Where its beginning is missing, by the port of a broker and frames that are sound to their last byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.amqp.methods import METHOD, OF_CLIENT, OF_SERVER, PROTOCOL
from tcptui.protocols.amqp.reader import Reader

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Ports of brokers (IANA: amqp, amqps).
PORTS: Final = frozenset({5671, 5672})
#: Frames of a connection without its beginning that are looked at, and have to be there.
_LOOKED_AT: Final = 64
_LEAST: Final = 2


class Sides(NamedTuple):
    """The two directions."""

    client: ByteStream
    server: ByteStream


def begins_amqp(payload: bytes) -> bool:
    """Whether a payload begins with what a client of 0-9-1 says first."""
    return payload.startswith(PROTOCOL)


def amqp_sides(client: ByteStream, server: ByteStream) -> Sides | None:
    """The side that connects, and the broker; None when this is not AMQP 0-9-1.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        if begins_amqp(asker.beginning(len(PROTOCOL))):
            answer = answerer.beginning(4)
            if not answer or not answerer.has_first_byte or answer[0] == METHOD or answer == PROTOCOL[: len(answer)]:
                return Sides(asker, answerer)
    if client.server_port in PORTS and not client.has_first_byte:
        for sides in (Sides(client, server), Sides(server, client)):
            asked = Reader(sides.client, is_client=True).first(_LOOKED_AT)
            answered = Reader(sides.server, is_client=False).first(_LOOKED_AT)
            if asked is None or answered is None or len(asked) + len(answered) < _LEAST:
                continue
            if not any(one.ids in OF_SERVER for one in asked) and not any(one.ids in OF_CLIENT for one in answered):
                return sides
    return None
