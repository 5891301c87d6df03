"""How a connection comes to speak HTTP/2: at once, or upgraded from HTTP/1.1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.preface_rows import PREFACE

if TYPE_CHECKING:
    from tcptui.protocols.http.http_stream import HttpStream
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of the client in which the request to upgrade is looked for: it is its first, or nearly so.
_HEAD: Final = 8_192
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


def _begins(server: ByteStream) -> bool:
    """Whether the server's first captured bytes are its first frame, which is SETTINGS (RFC 9113, 3.4)."""
    return server.read(0, 5)[3:5] == b"\x04\x00"
