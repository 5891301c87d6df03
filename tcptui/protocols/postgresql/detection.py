"""Whether a connection speaks PostgreSQL, and which side asks: by what it says first, else by its messages."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.protocols.postgresql.message import Kind, Message
from tcptui.protocols.postgresql.reader import Reader, untyped_kind

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Server ports: postgresql (IANA), its neighbours on one host, pgbouncer.
PORTS: Final = frozenset({5432, 5433, 5434, 6432})
_HEAD: Final = struct.Struct(">II")
_BEGINNING: Final = 64
#: Messages, or runs of rows, that are read to tell; on another port both sides have to, by so many together.
_MESSAGES_READ: Final = 12
_WANTED: Final = 4
#: What only a server says, with a body or a length that nothing else has.
_TELLING: Final = frozenset({Kind.READY, Kind.COMPLETE, Kind.ROW, Kind.COLUMNS, Kind.ERROR})
_ASKING: Final = frozenset({Kind.QUERY, Kind.SYNC, Kind.EXECUTE, Kind.PARSE, Kind.BIND})


def begins_postgresql(payload: bytes) -> bool:
    """Whether a payload begins with what a client of PostgreSQL begins with."""
    if len(payload) < _HEAD.size:
        return False
    kind = untyped_kind(*_HEAD.unpack_from(payload))
    return kind is not None and (kind is not Kind.STARTUP or _is_startup(payload))


def _is_startup(payload: bytes) -> bool:
    """Whether the first parameter has a name, and the minor version is one that there is."""
    name = payload[_HEAD.size : _BEGINNING].split(b"\0", 1)[0]
    return payload[6:8] < b"\x00\x10" and name.replace(b"_", b"").replace(b".", b"").isalpha() and name.isascii()


def postgresql_sides(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream] | None:
    """The side that asks and the side that answers; None when this is not PostgreSQL.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        if asker.has_first_byte and begins_postgresql(asker.read(0, _BEGINNING)):
            return asker, answerer
    if client.has_first_byte and server.has_first_byte:
        return None
    for asker, answerer in ((client, server), (server, client)):
        is_port = asker is client and client.server_port in PORTS
        asks, answers = _heard(asker, 0, _ASKING), _heard(answerer, 1, _TELLING)
        if (asks and answers and asks + answers >= _WANTED) or (is_port and (asks or answers)):
            return asker, answerer
    return None


def _heard(direction: ByteStream, side: int, telling: frozenset[Kind]) -> int:
    """How many of the first messages tell that this side speaks PostgreSQL."""
    if direction.has_first_byte and side == 0:
        return 0
    reader, count = Reader(direction, side), 0
    for _ in range(_MESSAGES_READ):
        found = reader.next()
        if found is None:
            break
        if isinstance(found, Message) and found.kind in telling:
            count += found.count
    return count
