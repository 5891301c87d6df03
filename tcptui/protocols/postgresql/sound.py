"""Whether bytes can be a message of that kind: what proves a border where the capture began, or lacks bytes."""

from __future__ import annotations

import struct
from typing import Final

from tcptui.protocols.postgresql.message import Kind

#: Bytes of a body that are looked at.
LOOKED_AT: Final = 2_048
_SHORT: Final = struct.Struct(">H")
_LENGTH: Final = struct.Struct(">i")
_COLUMNS_MOST: Final = 1_664
#: What authentication requests say (55.7): OK, and the kinds up to SASLFinal.
_AUTHENTICATIONS: Final = frozenset(range(13))


def is_sound(kind: Kind, body: bytes, size: int) -> bool:
    """Whether ``body``, the beginning of ``size`` bytes, can be that of a message of ``kind``."""
    whole = len(body) == size
    if kind is Kind.ROW:
        return is_row(body, size)
    if kind is Kind.READY:
        return body in (b"I", b"T", b"E")
    if kind in (Kind.COMPLETE, Kind.QUERY, Kind.SENT_FAIL):
        return body.find(b"\0") == (size - 1 if whole else -1)
    if kind in (Kind.ERROR, Kind.NOTICE):
        return body[:1].isalpha() and (not whole or body[-2:] == b"\0\0")
    if kind in (Kind.DESCRIBE, Kind.CLOSE):
        return body[:1] in (b"S", b"P") and body.count(b"\0") == 1 and body[-1:] == b"\0"
    if kind is Kind.EXECUTE:
        return body.find(b"\0") == size - 5
    if kind is Kind.PARAMETER:
        return whole and body.count(b"\0") == 2 and body[-1:] == b"\0"
    if kind is Kind.AUTHENTICATION:
        return int.from_bytes(body[:4], "big") in _AUTHENTICATIONS
    if kind in (Kind.PARSE, Kind.BIND):
        return body.count(b"\0") >= 2 or not whole
    if kind in (Kind.COPY_IN, Kind.COPY_OUT, Kind.COPY_BOTH):
        return body[:1] in (b"\0", b"\1") and size == 3 + 2 * int.from_bytes(body[1:3], "big")
    if kind is Kind.PARAMETERS:
        return size == 2 + 4 * int.from_bytes(body[:2], "big")
    return True


def is_row(body: bytes, size: int) -> bool:
    """Whether the columns of a row fill its body to the byte."""
    if len(body) < 2:
        return False
    (count,) = _SHORT.unpack_from(body)
    at = 2
    for _ in range(min(count, _COLUMNS_MOST)):
        if at + 4 > len(body):
            return at + 4 <= size and len(body) < size
        (length,) = _LENGTH.unpack_from(body, at)
        at += 4 + max(length, 0)
        if length < -1 or at > size:
            return False
    return at == size and count <= _COLUMNS_MOST
