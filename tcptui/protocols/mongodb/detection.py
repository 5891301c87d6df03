"""Whether a connection speaks MongoDB, and which side is the client: by what both say, whatever the port.

A header says how long its message is and what it is, and what follows has lengths of its own that have to fit.  Where
the beginning is missing, what is answered tells the sides apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.mongodb.bson import Source
from tcptui.protocols.mongodb.codes import COMMAND_REPLY, HEADER, REPLY
from tcptui.protocols.mongodb.message import Message, is_sound
from tcptui.protocols.mongodb.reader import Head, Reader

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Messages of a connection without its beginning that are looked at, and have to be there.
_LOOKED_AT: Final = 8
_LEAST: Final = 2
#: Bytes of a first message that are looked at.
_BEGINNING: Final = 1_024
#: What a request answers: nothing, which some clients write as -1.
_NOTHING: Final = frozenset({0, 0xFFFF_FFFF})


class Sides(NamedTuple):
    """The two directions."""

    client: ByteStream
    server: ByteStream


def begins_mongodb(payload: bytes) -> bool:
    """Whether a payload begins with a request, or with an answer."""
    return asked_by(payload) is not None or _begins(payload, is_client=False) is not None


def asked_by(payload: bytes) -> Head | None:
    """The header of the request that ``payload`` begins with; None where it begins with none."""
    head = _begins(payload, is_client=True)
    return head if head is not None and head.answers in _NOTHING else None


def _begins(payload: bytes, *, is_client: bool) -> Head | None:
    head = Head.of(payload, is_client=is_client)
    fits = head is not None and is_sound(Source.of(payload), HEADER, head.opcode, head.size, is_client=is_client)
    return head if fits else None


def mongodb_sides(client: ByteStream, server: ByteStream) -> Sides | None:
    """The side that asks, and the server; None when this is not MongoDB.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        if asker.has_first_byte and asked_by(asker.beginning(_BEGINNING)) is not None:
            answer = answerer.beginning(_BEGINNING)
            if not answer or not answerer.has_first_byte or len(answer) < HEADER or _begins(answer, is_client=False):
                return Sides(asker, answerer)
    if client.has_first_byte:
        return None
    return next((sides for sides in (Sides(client, server), Sides(server, client)) if _fits(sides)), None)


def _fits(sides: Sides) -> bool:
    """Whether both sides say messages, what one asks and the other answers."""
    asked = Reader(sides.client, is_client=True).first(_LOOKED_AT)
    answered = Reader(sides.server, is_client=False).first(_LOOKED_AT)
    if asked is None or answered is None or len(asked) + len(answered) < _LEAST:
        return False
    return all(one.answers in _NOTHING for one in asked) and all(map(_is_answer, answered))


def _is_answer(one: Message) -> bool:
    return one.opcode in (REPLY, COMMAND_REPLY) or one.answers not in _NOTHING
