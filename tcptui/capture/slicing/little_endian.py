"""pcapng content in little-endian order, whatever order it was written in (draft-ietf-opsawg-pcapng, 3.5 and 4)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.capture.slicing.layout import NAME_BLOCK
from tcptui.model.pcap_format import ENHANCED_PACKET_BLOCK, INTERFACE_BLOCK, STATISTICS_BLOCK
from tcptui.wire.pcapng_options import block_options

if TYPE_CHECKING:
    from collections.abc import Iterable

LITTLE: Final = "<"
_MOST_OPTION: Final = 0xFFFF
#: Options that are numbers, by block; all others are text or bytes, or addresses in network order.
_NUMBERS: Final[dict[int, dict[int, str]]] = {
    INTERFACE_BLOCK: {8: "Q", 10: "I", 14: "q", 16: "Q", 17: "Q"},
    STATISTICS_BLOCK: {2: "II", 3: "II", 4: "Q", 5: "Q", 6: "Q", 7: "Q", 8: "Q"},
    ENHANCED_PACKET_BLOCK: {2: "I", 4: "Q", 5: "Q", 6: "I"},
}
#: Custom options begin with the number of an enterprise.
_CUSTOM: Final = frozenset({2988, 2989, 19372, 19373})


def padded(data: bytes) -> bytes:
    """``data`` and zeros up to a multiple of four bytes."""
    return data + bytes(-len(data) % 4)


def block(kind: int, body: bytes) -> bytes:
    """A whole block."""
    size = struct.pack("<I", len(body) + (-len(body) % 4) + 12)
    return struct.pack("<I", kind) + size + padded(body) + size


def options(pairs: Iterable[tuple[int, bytes]]) -> bytes:
    """Options with their end; nothing without any."""
    packed = b"".join(
        struct.pack("<HH", code, len(value[:_MOST_OPTION])) + padded(value[:_MOST_OPTION]) for code, value in pairs
    )
    return packed + bytes(4) if packed else b""


def options_of(body: bytes, order: str, kind: int) -> list[tuple[int, bytes]]:
    """The options at the beginning of ``body``, in a block of the type ``kind``; numbers in little-endian order."""
    found = block_options(body, order)
    return found if order == LITTLE else [(code, _turned(code, value, order, kind)) for code, value in found]


def _turned(code: int, value: bytes, order: str, kind: int) -> bytes:
    number = _NUMBERS.get(kind, {}).get(code)
    if number is not None and len(value) == struct.calcsize(number):
        return struct.pack(LITTLE + number, *struct.unpack(order + number, value))
    return value[3::-1] + value[4:] if code in _CUSTOM and len(value) >= 4 else value


def interface_body(order: str, body: bytes) -> bytes:
    """The body of an interface description."""
    if order == LITTLE:
        return body
    link, reserved, snaplen = struct.unpack(order + "HHI", body[:8])
    head = struct.pack("<HHI", link, reserved, snaplen)
    return head + options(options_of(body[8:], order, INTERFACE_BLOCK))


def statistics_body(order: str, body: bytes, first_interface: int) -> bytes:
    """The body of interface statistics, of an interface counted from ``first_interface``; empty for a damaged one."""
    if len(body) < 12:
        return b""
    interface, high, low = struct.unpack_from(order + "III", body)
    head = struct.pack("<III", first_interface + interface & 0xFFFF_FFFF, high, low)
    return head + options(options_of(body[12:], order, STATISTICS_BLOCK))


def carried_body(order: str, kind: int, body: bytes) -> bytes:
    """The body of a block of names or secrets."""
    if order == LITTLE:
        return body
    if kind == NAME_BLOCK:
        return _names(order, body)
    if len(body) < 8:
        return body
    of_type, length = struct.unpack(order + "II", body[:8])
    end = 8 + (length + 3 & ~3)
    return (
        struct.pack("<II", of_type, length)
        + padded(body[8 : 8 + length])
        + options(options_of(body[end:], order, kind))
    )


def _names(order: str, body: bytes) -> bytes:
    records, position = [], 0
    while position + 4 <= len(body):
        of_type, length = struct.unpack_from(order + "HH", body, position)
        records.append(struct.pack("<HH", of_type, length) + padded(body[position + 4 : position + 4 + length]))
        position += 4 + (length + 3 & ~3)
        if of_type == 0:
            break
    return b"".join(records) + options(options_of(body[position:], order, NAME_BLOCK))
