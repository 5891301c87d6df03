"""Where TLS begins in a connection, by the bytes of both directions.

A port says nothing that the bytes do not say better: a record whose length ends with the segment, or at the next
record's header, is no chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.http.read_window import Window
from tcptui.protocols.tls.codes import ContentType, Handshake
from tcptui.protocols.tls.records import HEADER, is_header, looks_like_records
from tcptui.protocols.tls.suites import is_clear

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes that tell a hello: record header, message header, version.
_HELLO: Final = 11
#: Where a ServerHello has the length of its session's identifier, behind which is the suite, and where that ends.
_SESSION_ID: Final = 43
_SUITE_WITHIN: Final = _SESSION_ID + 1 + 32 + 2
#: Segments of one direction with which TLS may begin: after a few commands, or in the middle of a connection.
_STARTS: Final = 64
_ALERT: Final = HEADER + 2


def begins_hello(head: bytes) -> bool:
    """Whether a payload begins with a ClientHello or ServerHello, or with the first of its records."""
    return (
        len(head) >= _HELLO
        and is_header(head)
        and head[0] == ContentType.HANDSHAKE
        and head[5] in (Handshake.CLIENT_HELLO, Handshake.SERVER_HELLO)
        and head[6] == 0
        and head[9] == 3
        and head[10] <= 4
    )


def turns_clear(server: ByteStream) -> bool:
    """Whether that of `chooses_clear` comes after plain bytes, as behind STARTTLS."""
    return any(chooses_clear(server, start) for start in server.captured.start[1:_STARTS].tolist())


def chooses_clear(server: ByteStream, start: int = 0) -> bool:
    """Whether a ServerHello that chooses a cipher suite without encryption is at offset ``start``."""
    head = server.read(start, _SUITE_WITHIN)
    at = _SESSION_ID + 1 + head[_SESSION_ID] if len(head) > _SESSION_ID else len(head)
    suite = head[at : at + 2]
    return (
        begins_hello(head)
        and head[HEADER] == Handshake.SERVER_HELLO
        and len(suite) == 2
        and is_clear(int.from_bytes(suite))
    )


def begins_tls(payload: bytes) -> bool:
    """Whether the payload of one segment is TLS beyond doubt: a hello, or whole records of which it consists."""
    if begins_hello(payload):
        return True
    at = 0
    while is_header(payload[at : at + HEADER]):
        at += HEADER + (payload[at + 3] << 8 | payload[at + 4])
        if at == len(payload):
            return True
    return False


def tls_starts(client: ByteStream, server: ByteStream) -> tuple[int, int] | None:
    """The offset at which the records of each direction begin, where the connection speaks TLS from its start.

    Or from where the capture began.  An offset behind the last byte means: no records.  None: another protocol.
    """
    directions = (client, server)
    windows = tuple(Window(direction) for direction in directions)
    heads = tuple(window.read(0, _HELLO) for window in windows)
    hello = any(begins_hello(head) for head in heads)
    late = not (client.segments.from_start and server.segments.from_start)
    if not hello and not (late and any(map(_is_tls_without_start, directions, windows))):
        return None
    starts = tuple(
        _first(direction, window, hello=hello) for direction, window in zip(directions, windows, strict=True)
    )
    return starts[0], starts[1]


def starttls_starts(client: ByteStream, server: ByteStream) -> tuple[int, int] | None:
    """Where TLS starts behind plain commands, as in IMAP: both directions have a segment that begins with a hello."""
    found = []
    for direction in (client, server):
        window = Window(direction)
        starts = direction.captured.start[1:_STARTS].tolist()
        start = next((one for one in starts if begins_hello(window.read(one, _HELLO))), None)
        if start is None:
            return None
        found.append(start)
    return found[0], found[1]


def _is_tls_without_start(direction: ByteStream, window: Window) -> bool:
    """Whether one of the first segments of a direction that began before the capture begins with records."""
    starts = direction.captured.start[:_STARTS].tolist()
    return any(
        begins_hello(window.read(start, _HELLO)) or looks_like_records(direction, window, start) for start in starts
    )


def _first(direction: ByteStream, window: Window, *, hello: bool) -> int:
    """The offset of the first record of ``direction``; its length when there is none."""
    head = window.read(0, _ALERT)
    # Beside a hello of the other direction, what begins like a record is one.
    if hello and is_header(head):
        return 0
    for start in direction.captured.start[:_STARTS].tolist():
        if looks_like_records(direction, window, start):
            return int(start)
    return direction.length
