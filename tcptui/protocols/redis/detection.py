"""Whether a connection speaks RESP, and which side asks: by what it says first, else by its port."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.redis.commands import is_command

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Server ports: redis (IANA), Redis with TLS ended before it, the cluster's example ports, Sentinel.
PORTS: Final = frozenset({6379, 6380, 7000, 7001, 7002, 7003, 7004, 7005, 26379})
_BEGINNING: Final = 512
#: Bytes that a command begins with: how many arguments, the length of its name, its name.
_COMMAND: Final = re.compile(rb"\*[1-9]\d{0,9}\r\n\$([1-9]\d?)\r\n([A-Za-z][\w.-]{0,39})\r\n")
#: First bytes of a reply: a type, and what may stand in its first line.
_REPLY: Final = re.compile(
    rb"\n*(?:\+[\x20-\x7e]*\r\n|-[A-Z][\x20-\x7e]*\r\n|:[+-]?\d{1,20}\r\n|[$*%~>=!|](?:-1|\d{1,19})\r\n|_\r\n|#[tf]\r\n"
    rb"|[,(][+\-\d.einfa]+\r\n)"
)
_INLINE: Final = re.compile(rb"([A-Za-z]{3,20})(?: [^\r\n]*)?\r?\n")


def begins_redis(payload: bytes) -> bool:
    """Whether a payload begins with a command of Redis."""
    found = _COMMAND.match(payload[:_BEGINNING])
    return found is not None and int(found[1]) == len(found[2]) and is_command(found[2])


def redis_sides(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream] | None:
    """The side that asks and the side that answers; None when this is not RESP.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        asks, answers = asker.beginning(_BEGINNING), answerer.beginning(_BEGINNING)
        if begins_redis(asks) and (not answers or _answers(answerer, answers)):
            return asker, answerer
        is_port = asker is client and client.server_port in PORTS
        if is_port and not asks and _REPLY.match(answers):
            return asker, answerer
        inline = _INLINE.match(asks)
        if not (inline and is_command(inline[1]) and (not answers or _REPLY.match(answers))):
            continue
        if is_port:
            return asker, answerer
        from tcptui.protocols.redis.answers import are_lines_answered

        if asker is client and are_lines_answered(asker, answerer):
            return asker, answerer
    return _sides_without_start(client, server)


def _answers(direction: ByteStream, first: bytes) -> bool:
    """Whether what ``direction`` begins with is a reply; one that began before its capture may begin with anything."""
    return _REPLY.match(first) is not None or not direction.has_first_byte


def _sides_without_start(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream] | None:
    """Client and server of a connection that began before its capture, whose first captured bytes begin no command."""
    for asker, answerer in ((client, server), (server, client)):
        if asker.has_first_byte or not _begins_segment(asker):
            continue
        from tcptui.protocols.redis.answers import is_command_answered

        if is_command_answered(asker, answerer):
            return asker, answerer
    return None


def _begins_segment(direction: ByteStream) -> bool:
    """Whether one of the first segments of ``direction`` begins with a command."""
    starts = direction.captured.start[:_SEGMENTS].tolist()
    return any(begins_redis(direction.read(at, _HEAD)) for at in starts)


#: Segments of which one has to begin with a command, and bytes read of each.
_SEGMENTS: Final = 16
_HEAD: Final = 64
