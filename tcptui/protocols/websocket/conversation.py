"""A WebSocket conversation (RFC 6455): the upgrade, what was negotiated, and the frames of both directions."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from tcptui.protocols.websocket.frames import (
    Bytes,
    Fault,
    Frame,
    FrameScan,
    Opcode,
    messages_of,
    scan_frames,
)
from tcptui.protocols.websocket.messages import Deflate, MessageReader, WebSocketMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.http.head import MessageHead
    from tcptui.protocols.http.message import HttpConversation

#: The GUID that is hashed with the key (RFC 6455, 1.3).
_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_EXTENSION: Final = "permessage-deflate"
_WINDOW_BITS: Final = range(8, 16)


def accept_for(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455, 4.2.2)."""
    import hashlib  # loads OpenSSL, which captures without WebSocket do without

    digest = hashlib.sha1((key.strip() + _GUID).encode("utf-8", "replace"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The result of the opening handshake."""

    key: str
    accept: str
    """Sec-WebSocket-Accept as the server sent it."""
    expected: str
    """Sec-WebSocket-Accept as it must be for the key."""
    protocol: str
    """The subprotocol chosen; empty for none."""
    deflate: tuple[Deflate | None, Deflate | None]
    """permessage-deflate of client and server; None without it."""

    @property
    def is_valid(self) -> bool:
        """Whether the server's accept value belongs to the client's key."""
        return bool(self.key) and self.accept == self.expected


def upgrade_of(request: MessageHead, response: MessageHead) -> Upgrade | None:
    """The handshake in a request and its 101 response; None when they do not upgrade to WebSocket."""
    if response.status != 101 or response.value("Upgrade").lower() != "websocket":
        return None
    if "websocket" not in request.value("Upgrade").lower():
        return None
    key = request.value("Sec-WebSocket-Key")
    return Upgrade(
        key=key,
        accept=response.value("Sec-WebSocket-Accept"),
        expected=accept_for(key),
        protocol=response.value("Sec-WebSocket-Protocol"),
        deflate=_deflate(response.value("Sec-WebSocket-Extensions")),
    )


def _deflate(extensions: str) -> tuple[Deflate | None, Deflate | None]:
    """permessage-deflate of client and server, as the server accepted it (RFC 7692, 7.1)."""
    for offer in extensions.split(","):
        name, _, rest = offer.partition(";")
        if name.strip().lower() != _EXTENSION:
            continue
        found = dict(map(_parameter, rest.split(";")))
        return _direction(found, "client"), _direction(found, "server")
    return None, None


def _parameter(text: str) -> tuple[str, str]:
    """Name in lower case and value, without quotation marks, of one extension parameter (RFC 6455, 9.1)."""
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().removeprefix('"').removesuffix('"')


def _direction(parameters: dict[str, str], end: str) -> Deflate:
    bits = parameters.get(f"{end}_max_window_bits", "")
    known = bits.isascii() and bits.isdigit() and len(bits) < 3 and int(bits) in _WINDOW_BITS
    return Deflate(f"{end}_no_context_takeover" not in parameters, int(bits) if known else 15)


@dataclass(frozen=True)
class Direction:
    """The frames and messages that one end sent after the upgrade."""

    side: int
    """0 client, 1 server."""
    direction: Bytes
    scan: FrameScan
    deflate: Deflate | None

    @property
    def frames(self) -> Sequence[Frame]:
        """The frames in order."""
        return self.scan.frames

    @property
    def faults(self) -> Sequence[Fault]:
        """The faults; those in the contents of messages only once `messages` was read."""
        return self.scan.faults

    @cached_property
    def messages(self) -> tuple[WebSocketMessage, ...]:
        """The messages and control frames in the order in which they end; read on first use."""
        return tuple(MessageReader(self.direction, self.scan, self.deflate))

    @cached_property
    def groups(self) -> tuple[tuple[Frame, ...], ...]:
        """The frames of each message, in the order of `messages`."""
        return tuple(messages_of(self.scan.frames))

    def message(self, place: int) -> WebSocketMessage:
        """One message by its index in `groups`; reads no other messages unless it is compressed with their context."""
        frames = self.groups[place]
        if self.deflate is not None and self.deflate.takeover and frames[0].is_compressed:
            return self.messages[place]
        return next(iter(MessageReader(self.direction, FrameScan(frames=list(frames)), self.deflate)))

    @cached_property
    def close(self) -> WebSocketMessage | None:
        """The first Close frame with its code, read without reading all messages; None without one."""
        frame = next((frame for frame in self.scan.frames if frame.opcode == Opcode.CLOSE), None)
        if frame is None:
            return None
        alone = FrameScan(frames=[frame])
        return next(iter(MessageReader(self.direction, alone, None)))


@dataclass(frozen=True)
class WebSocketConversation:
    """Both directions of an upgraded connection."""

    upgrade: Upgrade
    client: Direction
    server: Direction

    @property
    def directions(self) -> tuple[Direction, Direction]:
        """Client and server."""
        return self.client, self.server

    @property
    def faults(self) -> list[tuple[int, Fault]]:
        """Side and fault, the client's first."""
        return list(chain.from_iterable(((way.side, fault) for fault in way.faults) for way in self.directions))


def read_websocket(
    upgrade: Upgrade, client: Bytes, server: Bytes, client_start: int, server_start: int
) -> WebSocketConversation:
    """The conversation after an upgrade; the starts are the offsets at which the request and the 101 end."""
    return WebSocketConversation(
        upgrade, _read(0, client, client_start, upgrade.deflate[0]), _read(1, server, server_start, upgrade.deflate[1])
    )


def websocket_in(http: HttpConversation, client: Bytes, server: Bytes) -> WebSocketConversation | None:
    """The conversation after the upgrade in ``http``; None without a valid upgrade."""
    switch = http.switch
    if switch is None or switch.request is None or http.client_offset is None or http.server_offset is None:
        return None
    upgrade = upgrade_of(switch.request.head, switch.head)
    if upgrade is None or not upgrade.is_valid:
        return None
    return read_websocket(upgrade, client, server, http.client_offset, http.server_offset)


def _read(side: int, direction: Bytes, start: int, deflate: Deflate | None) -> Direction:
    scan = scan_frames(direction, start, from_client=side == 0, may_compress=deflate is not None)
    return Direction(side, direction, scan, deflate)
