"""How a connection comes to speak HTTP/2: at once, upgraded from HTTP/1.1, or already when the capture began."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.direction import Direction
from tcptui.protocols.http2.frames import PREFACE
from tcptui.protocols.http2.streams import Streams
from tcptui.protocols.http2.synchronise import CHAIN, FIRST_CHAIN, FIRST_SEARCHED, find_frame

if TYPE_CHECKING:
    from tcptui.protocols.http.http_stream import HttpStream
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of the client in which the request to upgrade is looked for: it is its first, or nearly so.
_HEAD: Final = 8_192
#: How often `READ` bytes of a direction are read, to find a header block in it.
_LOOKS: Final = 4
_PSEUDO: Final = frozenset({b":method", b":path", b":scheme", b":authority", b":status"})
#: A field's name (RFC 9113, 8.2.1), or none where it cannot be known.
_NAME: Final = re.compile(rb":?[!#$%&'*+\-.^_`|~0-9a-z]*")
_UPGRADE: Final = re.compile(rb"\r\nhttp2-settings:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opening:
    """Where each direction's frames begin."""

    starts: tuple[int, int]
    from_start: tuple[bool, bool]
    """Of which directions the first frame was captured."""
    http: HttpStream | None = None
    """What was said before in HTTP/1.1, the request to upgrade and its answer included."""


def opening_of(client: ByteStream, server: ByteStream, limit: int) -> Opening | None:
    """Prior knowledge (RFC 9113, 3.3) or an upgrade (RFC 7540, 3.2); None: neither was captured."""
    head = client.read(0, _HEAD)
    if head.startswith(PREFACE):
        return Opening((0, 0), (True, server.segments.from_start or not server.length or _begins(server)))
    if _UPGRADE.search(head) is None:
        return None
    from tcptui.protocols.http.http_stream import HttpStream

    http = HttpStream(client, server, limit)
    said = http.conversation
    if said.switched_to != "h2c" or said.client_offset is None or said.server_offset is None:
        return None
    return Opening((said.client_offset, said.server_offset), (True, True), http)


def opening_amid(client: ByteStream, server: ByteStream) -> Opening | None:
    """A connection that spoke HTTP/2 before its capture began; None where its bytes do not show that."""
    found = [find_frame(half, 0, FIRST_CHAIN, FIRST_SEARCHED) for half in (client, server)]
    if not any(
        place is not None and _has_heads(half, place) for half, place in zip((client, server), found, strict=True)
    ):
        return None
    starts = []
    for half, place in zip((client, server), found, strict=True):
        again = find_frame(half, 0, CHAIN, FIRST_SEARCHED) if place is None else place
        starts.append(half.length if again is None else again)
    return Opening((starts[0], starts[1]), (False, False))


class _Heads(Streams):
    """Whether any header block has a field that only HTTP/2 has: frames alone may be another protocol's bytes."""

    found = False

    def block(self, side: int, block: Block) -> None:  # noqa: ARG002 - there is only one
        """See `Listener`."""
        names = [field.name or b"" for field in block.fields]
        if block.is_whole and any(name in _PSEUDO for name in names):
            self.found = self.found or all(_NAME.fullmatch(name) for name in names)


def _has_heads(half: ByteStream, start: int) -> bool:
    heads = _Heads((half, half))
    reader = Direction(half, start, heads, from_start=False)
    for _ in range(_LOOKS):
        if heads.found or reader.is_over:
            break
        reader.advance()
    return heads.found


def _begins(server: ByteStream) -> bool:
    """Whether the server's first captured bytes are its first frame, which is SETTINGS (RFC 9113, 3.4)."""
    return server.read(0, 5)[3:5] == b"\x04\x00"
