"""Whether a connection speaks TLS; what parses it is imported where it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.interface import UNIT_LIMIT
from tcptui.protocols.tls.detection import chooses_clear, starttls_starts, tls_starts, turns_clear

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.tls.tls_stream import TlsStream

    Directions = tuple[ByteStream, ByteStream]


def plain_streams(client: ByteStream, server: ByteStream) -> Directions | None:
    """The plain bytes of both directions of a connection that speaks TLS from its start; None where none opens."""
    opened = parse_tls(client, server, UNIT_LIMIT) if client.keys or chooses_clear(server) else None
    return None if opened is None else opened.plain


def turned_streams(client: ByteStream, server: ByteStream) -> Directions | None:
    """The plain bytes behind the turn of a connection that turns to TLS after plain commands; None where none opens."""
    turned = parse_turned(client, server, UNIT_LIMIT)
    return None if turned is None else turned.plain


def parse_turned(client: ByteStream, server: ByteStream, limit: int) -> TlsStream | None:
    """`parse_starttls` where keys open what is behind the turn, or none are needed; else None."""
    turned = parse_starttls(client, server, limit) if client.keys or turns_clear(server) else None
    return None if turned is None or turned.plain is None else turned


def parse_tls(client: ByteStream, server: ByteStream, limit: int) -> TlsStream | None:
    """The parsed connection, at most ``limit`` records of each direction; None when it is not TLS from its start."""
    return _parsed((client, server), tls_starts(client, server), limit)


def parse_starttls(client: ByteStream, server: ByteStream, limit: int) -> TlsStream | None:
    """The TLS of a connection that turns to it after plain bytes, which are no part of it."""
    return _parsed((client, server), starttls_starts(client, server), limit)


def _parsed(directions: Directions, starts: tuple[int, int] | None, limit: int) -> TlsStream | None:
    if starts is None:
        return None
    from tcptui.protocols.tls.tls_stream import TlsStream

    return TlsStream(directions, starts, limit)
