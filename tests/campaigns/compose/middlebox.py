"""Changes that a middlebox makes to frames: other sequence numbers, ECN marks.  IPv4 and IPv6, TCP."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from cases.recorder.segment import OPTION_END, OPTION_PAD, layout_of, repaired

if TYPE_CHECKING:
    from cases.recorder.segment import Layout

MASK: Final = 0xFFFF_FFFF
OPTION_SACK: Final = 5
CONGESTION_EXPERIENCED: Final = 3


def renumbered(frame: bytes, offset: int) -> bytes:
    """``frame`` with its sequence number moved by ``offset``."""
    layout = layout_of(frame)
    if layout is None:
        return frame
    return _moved(frame, [layout.tcp + 4], offset)


def acknowledging(frame: bytes, offset: int) -> bytes:
    """``frame`` with its acknowledgment number and SACK blocks moved by ``offset``."""
    layout = layout_of(frame)
    if layout is None or not frame[layout.tcp + 13] & 16:
        return frame
    return _moved(frame, [layout.tcp + 8, *_sack_edges(frame, layout)], offset)


def is_ecn_capable(frame: bytes) -> bool:
    """Whether its sender lets routers mark it (RFC 3168, 5)."""
    layout = layout_of(frame)
    return layout is not None and not layout.ipv6 and bool(frame[layout.ip + 1] & 3)


def marked(frame: bytes) -> bytes:
    """``frame`` as a congested router passes it on."""
    layout = layout_of(frame)
    if layout is None or layout.ipv6:
        return frame
    changed = bytearray(frame)
    changed[layout.ip + 1] |= CONGESTION_EXPERIENCED
    return repaired(bytes(changed))


def _sack_edges(frame: bytes, layout: Layout) -> list[int]:
    at = layout.tcp + 20
    while at < layout.payload and frame[at] != OPTION_END:
        if frame[at] == OPTION_PAD:
            at += 1
            continue
        size = max(frame[at + 1], 2)
        if frame[at] == OPTION_SACK:
            return list(range(at + 2, at + size, 4))
        at += size
    return []


def _moved(frame: bytes, places: list[int], offset: int) -> bytes:
    changed = bytearray(frame)
    for place in places:
        (number,) = struct.unpack_from("!I", frame, place)
        struct.pack_into("!I", changed, place, number + offset & MASK)
    return repaired(bytes(changed))
