"""Whether a connection already spoke HTTP/2 when its capture began."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.direction import Direction
from tcptui.protocols.http2.opening import Opening
from tcptui.protocols.http2.streams import Streams
from tcptui.protocols.http2.synchronise import CHAIN, FIRST_CHAIN, FIRST_SEARCHED, find_frame

if TYPE_CHECKING:
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.stream.reassembly import ByteStream

#: How often `READ` bytes of a direction are read, to find a header block in it.
_LOOKS: Final = 4
_PSEUDO: Final = frozenset({b":method", b":path", b":scheme", b":authority", b":status"})
#: A field's name (RFC 9113, 8.2.1), or none where it cannot be known.
_NAME: Final = re.compile(rb":?[!#$%&'*+\-.^_`|~0-9a-z]*")


def opening_without_start(client: ByteStream, server: ByteStream) -> Opening | None:
    """A connection that spoke HTTP/2 before its capture began; None where its bytes do not show that."""
    found = [find_frame(direction, 0, FIRST_CHAIN, FIRST_SEARCHED) for direction in (client, server)]
    if not any(
        place is not None and _has_heads(direction, place)
        for direction, place in zip((client, server), found, strict=True)
    ):
        return None
    starts = []
    for direction, place in zip((client, server), found, strict=True):
        again = find_frame(direction, 0, CHAIN, FIRST_SEARCHED) if place is None else place
        starts.append(direction.length if again is None else again)
    return Opening((starts[0], starts[1]), (False, False))


class _Heads(Streams):
    """Whether any header block has a field that only HTTP/2 has: frames alone may be another protocol's bytes."""

    found = False

    def block(self, side: int, block: Block) -> None:  # noqa: ARG002 - there is only one
        """See `Listener`."""
        names = [name or b"" for name, _ in block.headers.entries]
        if block.is_whole and any(name in _PSEUDO for name in names):
            self.found = self.found or all(_NAME.fullmatch(name) for name in names)


def _has_heads(direction: ByteStream, start: int) -> bool:
    heads = _Heads((direction, direction))
    reader = Direction(direction, start, heads, from_start=False)
    for _ in range(_LOOKS):
        if heads.found or reader.is_over:
            break
        reader.advance()
    return heads.found
