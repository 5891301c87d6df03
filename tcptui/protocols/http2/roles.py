"""Who asks and who answers on a connection of HTTP/2, and on each of its streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.http2.direction import Direction

if TYPE_CHECKING:
    from tcptui.protocols.http2.direction import Listener
    from tcptui.protocols.http2.opening import Opening
    from tcptui.protocols.http2.streams import SentOnStream, StreamTalk
    from tcptui.protocols.stream.reassembly import ByteStream


def readers_of(
    directions: tuple[ByteStream, ByteStream], opening: Opening, listener: Listener
) -> tuple[Direction, Direction]:
    """Readers of both directions, as ``opening`` says, which tell ``listener``."""
    client, server = (
        Direction(direction, start, listener, from_start=whole)
        for direction, start, whole in zip(directions, opening.starts, opening.from_start, strict=True)
    )
    return client, server


def roles_of(talk: StreamTalk) -> tuple[SentOnStream, SentOnStream]:
    """Who asks and who answers on a stream: clients open odd streams (RFC 9113, 5.1.1).

    In a capture that began amid a connection, client and server may be swapped.
    """
    client, server = talk.client, talk.server
    for block in server.blocks:
        values = block.headers.values
        if (b":method" in values and values[b":method"] != b"") or (b":path" in values and values[b":path"] != b""):
            return server, client
    for block in client.blocks:
        values = block.headers.values
        if b":status" in values and values[b":status"] != b"":
            return server, client
    return client, server
