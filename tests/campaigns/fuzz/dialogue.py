"""A conversation of two sides as one string of bytes that a fuzzer can change anywhere, and still is one.

A flag byte for both ends, then packets: a head of two bytes (side, whether bytes before it were lost, 14 bits of
length), and the payload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from http_halves import Dialogue

if TYPE_CHECKING:
    from collections.abc import Iterable

_SERVER: Final = 0x8000
_LOST: Final = 0x4000
_LENGTH: Final = 0x3FFF
_CLIENT_ENDS: Final = 1
_SERVER_ENDS: Final = 2
_RESET: Final = 4
_AMID: Final = 8
#: Bytes that are missing where a packet says that some were lost.
_GAP: Final = 100


def encoded(packets: Iterable[tuple[int, bytes]], flags: int = _CLIENT_ENDS | _SERVER_ENDS) -> bytes:
    """``packets`` as (side, payload), without gaps."""
    parts = [bytes((flags,))]
    for side, payload in packets:
        for at in range(0, len(payload), _LENGTH):
            piece = payload[at : at + _LENGTH]
            parts += ((_SERVER * side | len(piece)).to_bytes(2, "big"), piece)
    return b"".join(parts)


def decoded(data: bytes) -> Dialogue:
    """The conversation that ``data`` stands for; any bytes stand for one."""
    flags = data[0] if data else 0
    said = Dialogue(from_start=not flags & _AMID, reset=bool(flags & _RESET))
    at = 1
    while at + 2 < len(data):
        head = int.from_bytes(data[at : at + 2], "big")
        side = int(bool(head & _SERVER))
        if head & _LOST:
            said.lost(side, _GAP)
        payload = data[at + 2 : at + 2 + (head & _LENGTH)]
        if payload:
            (said.server if side else said.client)(payload)
        at += 2 + len(payload)
    for side, flag in enumerate((_CLIENT_ENDS, _SERVER_ENDS)):
        if flags & flag:
            said.close(side)
    return said
