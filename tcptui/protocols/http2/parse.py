"""Whether a connection speaks HTTP/2; what parses it is imported where it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.opening import opening_of
from tcptui.protocols.http2.preface_rows import PREFACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.protocols.http2.http2_stream import Http2Stream
    from tcptui.protocols.http2.opening import Opening
    from tcptui.protocols.interface import Exchange, HeldBack
    from tcptui.protocols.stream.reassembly import ByteStream

#: HTTP/1.1 messages that are read before an upgrade.
_BEFORE: Final = 1_000


def begins_http2(payload: bytes) -> bool:
    """Whether a client's first segment begins with the preface."""
    return payload.startswith(PREFACE)


def parse_http2(client: ByteStream, server: ByteStream, limit: int) -> Http2Stream | None:
    """The parsed connection; None when it does not begin as HTTP/2 does."""
    return _parsed(client, server, opening_of(client, server, limit), limit)


def parse_http2_without_start(client: ByteStream, server: ByteStream, limit: int) -> Http2Stream | None:
    """The HTTP/2 of a connection that began before its capture."""
    from tcptui.protocols.http2.opening_without_start import opening_without_start

    return _parsed(client, server, opening_without_start(client, server), limit)


def http2_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    return _requests(client, server, opening_of(client, server, _BEFORE))


def http2_requests_without_start(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """The requests of a connection that began before its capture."""
    from tcptui.protocols.http2.opening_without_start import opening_without_start

    return _requests(client, server, opening_without_start(client, server))


def http2_held_back(client: ByteStream, server: ByteStream) -> Callable[[int, int], list[HeldBack]] | None:
    """See `ApplicationProtocol.held_back`; a connection that began before its capture has windows that nobody knows."""
    opening = opening_of(client, server, _BEFORE)
    if opening is None:
        return None
    from tcptui.protocols.http2.windows import ClosedWindows

    return ClosedWindows((client, server), opening).any_held_back


def _parsed(client: ByteStream, server: ByteStream, opening: Opening | None, limit: int) -> Http2Stream | None:
    if opening is None:
        return None
    from tcptui.protocols.http2.http2_stream import Http2Stream

    return Http2Stream((client, server), opening, limit)


def _requests(client: ByteStream, server: ByteStream, opening: Opening | None) -> Iterator[Exchange] | None:
    if opening is None:
        return None
    from tcptui.protocols.http2.requests import exchanges

    return exchanges(client, server, opening)
