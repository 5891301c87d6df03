"""Tunnels through a proxy of HTTP, for which a client asks with a CONNECT (RFC 9110, 9.3.6), and their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.http.conversation import CONNECTED, conversation
from tcptui.protocols.http.framing import GRANTED

if TYPE_CHECKING:
    from tcptui.protocols.http.message import HttpConversation
    from tcptui.protocols.stream.behind import BehindStream
    from tcptui.protocols.stream.reassembly import ByteStream

_CONNECT: Final = b"CONNECT "
#: Bytes within which the reason phrase of an answer ends that grants a tunnel.
_STATUS_LINE: Final = 64
_PORT: Final = range(1, 1 << 16)
_PORT_DIGITS: Final = 5


class Target(NamedTuple):
    """Whom a CONNECT asks for (RFC 9112, 3.2.3)."""

    host: str
    """Text from the packets, not yet safe to print; empty where the request was not captured."""
    port: int
    """0 unknown."""


def target_of(said: HttpConversation) -> Target:
    """Whom the tunnel leads to that ``said`` ends with."""
    asked = None if said.switch is None else said.switch.request
    if asked is None:
        return Target("", 0)
    host, _, port = asked.head.uri.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= _PORT_DIGITS else 0
    return Target(host, number if number in _PORT else 0)


def behind_connect(
    said: HttpConversation, client: ByteStream, server: ByteStream
) -> tuple[BehindStream, BehindStream] | None:
    """The streams behind the CONNECT that ``said`` ends with; None where it ends with none, or that is not sure.

    Where bytes are missing before, what granted it may be the answer to something in the tunnel: its own may be lost.
    """
    if said.switched_to != CONNECTED or said.client_offset is None or said.server_offset is None:
        return None
    is_known = said.switch is not None and said.switch.request is not None
    offsets = (said.client_offset, said.server_offset)
    if is_known and any(_lacks_before(one, offset) for one, offset in zip((client, server), offsets, strict=True)):
        return None
    from tcptui.protocols.stream.behind import BehindStream  # most captures have no proxy

    port = target_of(said).port
    one, two = (
        BehindStream(direction, offset, port, from_start=is_known)
        for direction, offset in zip((client, server), offsets, strict=True)
    )
    return one, two


def _lacks_before(direction: ByteStream, offset: int) -> bool:
    """Whether any byte of ``direction`` before ``offset`` is missing."""
    return not direction.segments.from_start or (len(direction.gaps) > 0 and int(direction.gaps.start[0]) < offset)


def tunnelled_streams(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream] | None:
    """The plain bytes behind a CONNECT; where TLS is spoken there, what keys open."""
    if not _may_be_tunnel(client, server):
        return None
    from tcptui.protocols.tls.detection import starttls_starts
    from tcptui.protocols.tls.parse import turned_streams

    if starttls_starts(client, server) is not None:
        return turned_streams(client, server)
    return behind_connect(conversation(client, server), client, server)


def opened_streams(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream]:
    """Both directions; their plain bytes where TLS from their start opens, or needs no keys, and those in a tunnel."""
    from tcptui.protocols.tls.parse import plain_streams

    return plain_streams(client, server) or tunnelled_streams(client, server) or (client, server)


def _may_be_tunnel(client: ByteStream, server: ByteStream) -> bool:
    """Whether the connection begins with a CONNECT, or in the middle, with an answer that grants one."""
    if client.read(0, len(_CONNECT)) == _CONNECT:
        return True
    return not client.has_first_byte and GRANTED in server.read(0, _STATUS_LINE).lower()
