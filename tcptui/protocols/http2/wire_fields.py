"""The outermost layer of Protocol Buffers: numbers and values of one message (protobuf.dev, *Encoding*)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT_MOST: Final = 10
NUMBER_MOST: Final = (1 << 29) - 1


class WireError(Exception):
    """Bytes that are no message."""


class WireType(IntEnum):
    """How a field's value is written; groups (3 and 4) are history."""

    VARINT = 0
    I64 = 1
    LEN = 2
    GROUP = 3
    GROUP_END = 4
    I32 = 5


#: Bytes of what has a fixed size.
FIXED: Final = {WireType.I64: 8, WireType.I32: 4}


def varint(data: bytes | memoryview, at: int, stop: int) -> tuple[int, int]:
    """The number at ``at``, and the offset behind it: -1 where it does not end, or is too long."""
    value = 0
    for place in range(min(_VARINT_MOST, stop - at)):
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + place + 1
    return 0, -1


def wire_fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field; of what is length-delimited its bytes.  Raises WireError."""
    at, size = 0, len(data)
    while at < size:
        tag, at = varint(data, at, size)
        wire, number = tag & 7, tag >> 3
        if at < 0 or not 0 < number <= NUMBER_MOST:
            raise WireError
        if wire == WireType.VARINT:
            value, at = varint(data, at, size)
            if at < 0:
                raise WireError
            yield number, value
            continue
        if wire == WireType.LEN:
            length, at = varint(data, at, size)
        elif wire in (WireType.I64, WireType.I32):
            length = 8 if wire == WireType.I64 else 4
        else:
            raise WireError
        if at < 0 or length > size - at:
            raise WireError
        yield number, data[at : at + length]
        at += length
