"""Whether a connection speaks DNS, and which side asks: by what it says, else by its port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.message import HEADER, PREFIX, is_sound, may_be_message, read_head
from tcptui.protocols.dns.ports import PORTS

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of a first message that is read to its end.
_BEGINNING: Final = 4_096
#: Segments of a connection that began before its capture, of which one has to begin with a question.
_SEGMENTS: Final = 16
_RESPONSE: Final = 0x80


def begins_dns(payload: bytes) -> bool:
    """Whether a payload begins with a whole question, with its length before it."""
    return _is_sound(payload) and not payload[PREFIX + 2] & _RESPONSE


def dns_sides(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream] | None:
    """The side that asks and the side that answers; None when this is not DNS.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        asks, answers = asker.beginning(_BEGINNING), answerer.beginning(_BEGINNING)
        if begins_dns(asks) and (not answers or not answerer.has_first_byte or _answers(asks, answers)):
            return asker, answerer
    if client.server_port in PORTS:
        asks, answers = client.beginning(_BEGINNING), server.beginning(_BEGINNING)
        if any(may_be_message(said[PREFIX:], int.from_bytes(said[:PREFIX])) for said in (asks, answers)):
            is_swapped = _is_response(asks) and not _is_response(answers) and not client.has_first_byte
            return (server, client) if is_swapped else (client, server)
    return _sides_without_start(client, server)


def _answers(asks: bytes, said: bytes) -> bool:
    """Whether ``said`` begins with an answer, and where it can be told, with one to that question or to another."""
    if not may_be_message(said[PREFIX:], int.from_bytes(said[:PREFIX])) or not _is_response(said):
        return False
    asked, answer = read_head(asks[PREFIX:]), read_head(said[PREFIX:])
    if asked is None or answer is None or asked.number != answer.number:
        return _is_sound(said)  # to another question, out of order
    return answer.asked in (None, asked.asked) or _is_sound(said)


def _sides_without_start(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream] | None:
    """Client and server of a connection that began before its capture, whose first captured bytes begin no message."""
    for asker, answerer in ((client, server), (server, client)):
        if (
            not asker.has_first_byte
            and _says(asker, response=False)
            and (not len(answerer.captured) or _says(answerer, response=True))
        ):
            return asker, answerer
    return None


def _says(direction: ByteStream, *, response: bool) -> bool:
    """Whether one of the first segments of ``direction`` begins with a whole question, or answer."""
    for at in direction.captured.start[:_SEGMENTS].tolist():
        said = direction.read(at, _BEGINNING)
        if _is_sound(said) and _is_response(said) == response:
            return True
    return False


def _is_sound(said: bytes) -> bool:
    return len(said) > PREFIX + HEADER and is_sound(said[PREFIX:], int.from_bytes(said[:PREFIX]))


def _is_response(said: bytes) -> bool:
    return len(said) > PREFIX + 2 and bool(said[PREFIX + 2] & _RESPONSE)
