"""Whether a connection speaks memcached, which side is the client, and which of both protocols: by what they say.

On any port a first command that no other protocol has, or one that the server answers as memcached does; at
memcached's port any command, and where the beginning is missing, messages that follow each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.memcached.binary_reader import BinaryReader, is_header
from tcptui.protocols.memcached.codes import ERRORS, HEADER, OPCODES, REQUEST, RESPONSE
from tcptui.protocols.memcached.message import Message
from tcptui.protocols.memcached.text import SHORT_LINE, command_of, may_answer, reply_of
from tcptui.protocols.memcached.text_reader import TextReader
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from tcptui.protocols.memcached.text import Command
    from tcptui.protocols.stream.reassembly import ByteStream

#: memcached's port (IANA).
PORTS: Final = frozenset({11211})
#: Messages of a connection without its beginning that are looked at, and have to be there.
_LOOKED_AT: Final = 8
_LEAST: Final = 2
#: Bytes of keys that show ``get`` without its line's end.
_LONG: Final = 512


class Sides(NamedTuple):
    """The two directions, and the protocol that they speak."""

    client: ByteStream
    server: ByteStream
    is_binary: bool

    def reader(self, *, is_client: bool) -> TextReader | BinaryReader:
        """Reads one of them."""
        direction = self.client if is_client else self.server
        return (BinaryReader if self.is_binary else TextReader)(direction, is_client=is_client)


def begins_memcached(payload: bytes) -> bool:
    """Whether a payload begins with a command of either protocol."""
    return is_binary_command(payload) or _first_command(payload) is not None


def is_binary_command(payload: bytes) -> bool:
    """Whether a payload begins with a header of the binary protocol, of a command that there is."""
    return payload[:1] == b"\x80" and is_header(payload[:HEADER], REQUEST) and payload[1] in OPCODES


def _first_command(payload: bytes) -> Command | None:
    """The command in text that ``payload`` begins with, one that there is."""
    end = payload.find(b"\n", 0, SHORT_LINE)
    if end < 0 and len(payload) >= _LONG and payload.startswith((b"get ", b"gets ")):
        end = min(len(payload), SHORT_LINE)  # so many keys that the line goes on
    found = command_of(payload[:end].removesuffix(b"\r")) if end > 0 else None
    return found if found is not None and found.is_known else None


def memcached_sides(client: ByteStream, server: ByteStream) -> Sides | None:
    """The side that asks, the side that answers, and how; None when this is not memcached.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        asked = asker.beginning(SHORT_LINE)
        if is_binary_command(asked):
            answer = answerer.beginning(HEADER)
            if not answer or not answerer.has_first_byte or answer[0] == RESPONSE:
                return Sides(asker, answerer, is_binary=True)
        command = _first_command(asked)
        if command is None:
            continue
        is_port = asker is client and client.server_port in PORTS
        answer = answerer.beginning(SHORT_LINE)
        if _are_text(command, answer, is_port=is_port) or (is_port and not answerer.has_first_byte):
            return Sides(asker, answerer, is_binary=False)
    if client.server_port in PORTS and not (client.has_first_byte and server.has_first_byte):
        return _without_start(client, server)
    return None


def _are_text(command: Command, answer: bytes, *, is_port: bool) -> bool:
    """Whether ``command`` and what the other side begins with are memcached's: errors alone are others', too."""
    if not answer:
        return is_port or command.size >= 0
    reply = reply_of(answer[: answer.find(b"\n")].removesuffix(b"\r")) if b"\n" in answer else None
    if reply is None:
        return is_port and b"\n" not in answer
    if command.is_quiet:
        return True
    is_its = command.may_be_quiet or may_answer(command.name, reply.name)  # it may be the next command's
    return is_its and (is_port or reply.name not in ERRORS or command.size >= 0)


def _without_start(client: ByteStream, server: ByteStream) -> Sides | None:
    """Sides of a connection that began before its capture, at memcached's port."""
    for is_binary in (True, False):
        for asker, answerer in ((client, server), (server, client)):
            sides = Sides(asker, answerer, is_binary)
            asked, answered = _known(sides, is_client=True), _known(sides, is_client=False)
            if asked >= 0 and answered >= 0 and asked + answered >= _LEAST:
                return sides
    return None


def _known(sides: Sides, *, is_client: bool) -> int:
    """How many of the first messages of a side are known ones; -1 where it says something else."""
    reader, found = sides.reader(is_client=is_client), 0
    while found < _LOOKED_AT and (one := reader.next()) is not None:
        if isinstance(one, Message):
            found += 1
        elif isinstance(one, Unread) and found:
            break
    return found if found or not len(reader.direction.captured) else -1
