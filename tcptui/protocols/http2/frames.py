"""HTTP/2 frames (RFC 9113, 4 and 6): header, types, flags, error codes; their payload is parsed by hyperframe."""

from __future__ import annotations

import struct
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Final, NamedTuple

from hyperframe.exceptions import HyperframeError
from hyperframe.frame import Frame as ParsedFrame

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of a frame's header.
HEADER: Final = 9
#: Largest payload of a frame unless the receiver allows more (RFC 9113, 6.5.2) …
DEFAULT_FRAME_SIZE: Final = 16_384
#: … and most bytes that are parsed of the payload of any frame but DATA.
PAYLOAD_PARSED: Final = 1 << 20
#: A stream's and the connection's first flow-control window (RFC 9113, 6.9.2).
DEFAULT_WINDOW: Final = 65_535
STREAM_MASK: Final = 0x7FFF_FFFF
_HEAD: Final = struct.Struct(">BHBBL")
unpack_head: Final = _HEAD.unpack_from


class FrameType(IntEnum):
    """Types of frames, in Wireshark's spelling."""

    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9
    ALTSVC = 10
    BLOCKED = 11
    ORIGIN = 12
    PRIORITY_UPDATE = 16


class Flag(IntFlag):
    """Flags of frames; which of them a frame can have depends on its type."""

    END_STREAM = 0x01
    ACK = 0x01
    END_HEADERS = 0x04
    PADDED = 0x08
    PRIORITY = 0x20


class ErrorCode(IntEnum):
    """Why a stream or a connection was ended (RFC 9113, 7)."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


_ERROR_NAMES: Final = {code.value: code.name for code in ErrorCode}


def error_name(code: int) -> str:
    """The name of an error code, or its number."""
    return _ERROR_NAMES.get(code, str(code))


class Frame(NamedTuple):
    """A frame's header, at offset ``start`` of its direction."""

    start: int
    length: int
    """Bytes of the payload, as announced."""
    kind: int
    flags: int
    stream: int

    @property
    def payload(self) -> int:
        """Offset of the payload."""
        return self.start + HEADER

    @property
    def stop(self) -> int:
        """Offset behind the frame, by its announced length."""
        return self.start + HEADER + self.length


def head_at(data: bytes, at: int, start: int) -> Frame:
    """The frame whose header is at ``data[at]``, which is offset ``start`` of its direction."""
    high, low, kind, flags, stream = unpack_head(data, at)
    return Frame(start, high << 16 | low, kind, flags, stream & STREAM_MASK)


def parsed_frame(frame: Frame, direction: ByteStream) -> ParsedFrame | None:
    """The frame as hyperframe parses it, from the captured bytes; None where they break the rules of its type."""
    size = min(frame.length, PAYLOAD_PARSED)
    return parsed_payload(frame, direction.read(frame.start, HEADER + size))


def parsed_payload(frame: Frame, data: bytes) -> ParsedFrame | None:
    """The payload of ``frame``, parsed from ``data``: header and payload, as far as they are known."""
    if len(data) < HEADER + frame.length:
        return None
    try:
        parsed, _ = ParsedFrame.parse_frame_header(memoryview(data)[:HEADER])
        parsed.parse_body(memoryview(data)[HEADER:])
    except (HyperframeError, struct.error, ValueError, IndexError):
        return None
    return parsed


class BlockPart(NamedTuple):
    """What a HEADERS, PUSH_PROMISE or CONTINUATION frame has of a header block, by offsets in its payload."""

    start: int
    stop: int
    padding: int | None
    """Bytes behind it; None: the frame is not padded."""
    before: int
    """Offset of what stands in front of it: priority, or the stream that is promised."""


#: Bytes of a priority, and of a promised stream's number.
PRIORITY_SIZE: Final = 5
PROMISED_SIZE: Final = 4
_PADDED: Final = int(Flag.PADDED)
_PRIORITY: Final = int(Flag.PRIORITY)


def block_part(frame: Frame, first: bytes) -> BlockPart | None:
    """The part of a header block in ``frame``, whose payload begins with ``first``; None where it is too short for it.

    Not hyperframe's, to which padding behind an empty part is an error.
    """
    start, stop, padding = 0, frame.length, None
    if frame.kind == FrameType.CONTINUATION:  # RFC 9113, 6.10: no other flag means anything
        return BlockPart(0, stop, None, 0)
    if frame.flags & _PADDED:
        if not stop:
            return None
        padding = first[0] if first else 0
        start, stop = 1, stop - padding
    before = start
    if frame.kind == FrameType.PUSH_PROMISE:
        start += PROMISED_SIZE
    elif frame.flags & _PRIORITY:
        start += PRIORITY_SIZE
    return BlockPart(start, stop, padding, before) if start <= stop else None


#: Of types whose payload has a length of its own: that length (RFC 9113, 6).
_SIZES: Final[dict[int, int]] = {
    FrameType.PRIORITY: 5, FrameType.RST_STREAM: 4, FrameType.PING: 8, FrameType.WINDOW_UPDATE: 4,
}  # fmt: skip
#: Flags that no frame of a type has, by type up to the last that is known here.
_UNKNOWN_FLAGS: Final = tuple(
    ~int({
        FrameType.DATA: Flag.END_STREAM | Flag.PADDED,
        FrameType.HEADERS: Flag.END_STREAM | Flag.END_HEADERS | Flag.PADDED | Flag.PRIORITY,
        FrameType.SETTINGS: Flag.ACK, FrameType.PING: Flag.ACK, FrameType.CONTINUATION: Flag.END_HEADERS,
        FrameType.PUSH_PROMISE: Flag.END_HEADERS | Flag.PADDED,
    }.get(FrameType(kind), 0))
    for kind in range(FrameType.CONTINUATION + 1)
)  # fmt: skip
_CONNECTION: Final = frozenset({FrameType.SETTINGS, FrameType.PING, FrameType.GOAWAY})
_STREAM: Final = frozenset({
    FrameType.DATA, FrameType.HEADERS, FrameType.PRIORITY, FrameType.RST_STREAM, FrameType.PUSH_PROMISE,
    FrameType.CONTINUATION,
})  # fmt: skip
_SETTING: Final = 6
_GOAWAY_LEAST: Final = 8


def is_plausible(data: bytes, at: int, largest: int = DEFAULT_FRAME_SIZE) -> bool:
    """Whether ``data[at:]`` begins like a frame of a known type that keeps to the rules of that type."""
    if at + HEADER > len(data):
        return False
    high, low, kind, flags, stream = unpack_head(data, at)
    length = high << 16 | low
    if kind >= len(_UNKNOWN_FLAGS) or length > largest or stream > STREAM_MASK:
        return False
    if flags & _UNKNOWN_FLAGS[kind] or _SIZES.get(kind, length) != length:  # no enums: thousands of places are tried
        return False
    if (kind in _CONNECTION and stream) or (kind in _STREAM and not stream):
        return False
    if kind == FrameType.SETTINGS:
        return length % _SETTING == 0 and not (flags & Flag.ACK and length)
    return bool(kind != FrameType.GOAWAY or length >= _GOAWAY_LEAST)
