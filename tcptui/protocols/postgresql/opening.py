"""What comes before the first message with a type: requests for encryption, each answered by one byte (55.2.10)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.postgresql.message import Kind
from tcptui.protocols.postgresql.reader import untyped_kind

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

_HEAD: Final = struct.Struct(">II")
#: What the server says if it agrees, and what refuses.
_AGREES: Final = {Kind.SSL_REQUEST: b"S", Kind.GSS_REQUEST: b"G"}
_REFUSES: Final = b"N"
#: Most requests for encryption: one of each kind, and one more each.
_REQUESTS_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Opening:
    """How a connection begins."""

    answers: int = 0
    """So many answers of one byte come first."""
    sealed: tuple[int, int] | None = None
    """By side: where what is encrypted begins; None: nothing is."""
    by: Kind | None = None
    """The request that the server agreed to."""


def opening_of(client: ByteStream, server: ByteStream) -> Opening:
    """How the connection begins, as far as its first bytes were captured."""
    at = count = 0
    for _ in range(_REQUESTS_MOST):
        head = client.read(at, _HEAD.size)
        kind = untyped_kind(*_HEAD.unpack(head)) if len(head) == _HEAD.size else None
        if kind is None or kind not in _AGREES:
            break
        answer = server.read(count, 1)
        if answer not in (_AGREES[kind], _REFUSES):
            break
        at, count = at + _HEAD.size, count + 1
        if answer != _REFUSES:
            return Opening(count, (at, count), kind)
    return Opening(count)
