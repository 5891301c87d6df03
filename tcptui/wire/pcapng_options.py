"""Options of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5)."""

from __future__ import annotations

import struct
from typing import Final

from tcptui.model.pcap_format import ENHANCED_PACKET_BLOCK

OPT_END: Final = 0
OPT_COMMENT: Final = 1
EPB_FLAGS: Final = 2
#: Bytes of an enhanced packet block without a packet.
_SHORTEST: Final = 32


def block_options(body: bytes, order: str) -> list[tuple[int, bytes]]:
    """The options in ``body`` as (code, value), up to opt_endofopt or the end; ``order`` is struct's byte order."""
    found = []
    position = 0
    while position + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, position)
        if code == OPT_END:
            break
        found.append((code, body[position + 4 : position + 4 + length]))
        position += 4 + (length + 3 & ~3)
    return found


def packet_comments(block: bytes, captured: int) -> list[bytes]:
    """The comment options of an enhanced packet block, given all of it; each up to a zero byte, as in Wireshark."""
    order = _order(block)
    return [value.partition(b"\0")[0] for code, value in _of_packet(block, captured, order) if code == OPT_COMMENT]


def packet_flags(block: bytes, captured: int) -> int | None:
    """The flags of an enhanced packet block (epb_flags), given all of it; None: it has none."""
    order = _order(block)
    found = (value for code, value in _of_packet(block, captured, order) if code == EPB_FLAGS and len(value) == 4)
    flags = next(found, None)
    return None if flags is None else int(struct.unpack(order + "I", flags)[0])


def _order(block: bytes) -> str:
    """struct's byte order of an enhanced packet block; empty for what is none."""
    if len(block) < _SHORTEST:
        return ""
    return next((o for o in "<>" if struct.unpack_from(o + "I", block)[0] == ENHANCED_PACKET_BLOCK), "")


def _of_packet(block: bytes, captured: int, order: str) -> list[tuple[int, bytes]]:
    return block_options(block[28 + (captured + 3 & ~3) : -4], order) if order else []
