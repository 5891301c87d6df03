"""Options of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5)."""

from __future__ import annotations

import struct
from typing import Final

from tcptui.model.pcap_format import ENHANCED_PACKET_BLOCK

OPT_END: Final = 0
OPT_COMMENT: Final = 1


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
    if len(block) < 32:
        return []
    order = next((o for o in "<>" if struct.unpack_from(o + "I", block)[0] == ENHANCED_PACKET_BLOCK), None)
    if order is None:
        return []
    found = block_options(block[28 + (captured + 3 & ~3) : -4], order)
    return [value.partition(b"\0")[0] for code, value in found if code == OPT_COMMENT]
