"""WebSocket frames (RFC 6455, 5) in one direction of a connection, each with its offset.

The parser is our own because it must give the offsets of a frame, its masking key and its payload, must
continue after whatever breaks a rule, and must skip payload that was not captured; wsproto refuses the
first broken frame, returns messages without their offsets, and keeps what it has read.

Payloads are never kept here: a frame has the offset of its payload in the byte stream.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Most frames read of one direction; a longer one ends with `Ended.LIMIT`.
FRAME_LIMIT: Final = 50_000
#: Most faults kept of one direction.
FAULT_LIMIT: Final = 200
#: Most payload bytes of a control frame (RFC 6455, 5.5).
CONTROL_LIMIT: Final = 125
_HEADER_LIMIT: Final = 14
_WINDOW: Final = 65_536
_WINDOW_FIRST: Final = 2_048


class Bytes(Protocol):
    """The part of `tcptui.protocols.stream.reassembly.ByteStream` that the parser needs."""

    @property
    def length(self) -> int:
        """Number of bytes known to exist."""

    def read(self, start: int, size: int) -> bytes:
        """The captured bytes from ``start`` on, at most ``size``; stops at a gap and at the end."""


class Opcode(IntEnum):
    """The opcodes of RFC 6455, 5.2; the others are reserved."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10

    @property
    def label(self) -> str:
        """The opcode's name in Wireshark."""
        return _LABELS[self]


_LABELS: Final = {
    Opcode.CONTINUATION: "Continuation",
    Opcode.TEXT: "Text",
    Opcode.BINARY: "Binary",
    Opcode.CLOSE: "Connection Close",
    Opcode.PING: "Ping",
    Opcode.PONG: "Pong",
}


class FaultKind(Enum):
    """Kinds of faults; sections are those of RFC 6455."""

    RESERVED_BITS = "reserved-bits"
    """A reserved bit is set that no negotiated extension defines (5.2)."""
    RESERVED_OPCODE = "reserved-opcode"
    """A reserved opcode (5.2)."""
    UNMASKED = "unmasked"
    """A client's frame without a mask (5.1)."""
    MASKED = "masked"
    """A server's frame with a mask (5.1)."""
    CONTROL_TOO_LONG = "control-too-long"
    """A control frame with more than 125 bytes (5.5)."""
    CONTROL_FRAGMENTED = "control-fragmented"
    """A fragmented control frame (5.5)."""
    CONTINUES_NOTHING = "continues-nothing"
    """A continuation frame without a message to continue (5.4)."""
    INTERRUPTED = "interrupted"
    """A new message before the last fragment of another (5.4)."""
    LENGTH_NOT_SHORTEST = "length-not-shortest"
    """A length encoded in more bytes than it needs (5.2)."""
    LENGTH_TOO_LARGE = "length-too-large"
    """A length with its highest bit set (5.2)."""
    NOT_UTF8 = "not-utf8"
    """A text message or a close reason that is not UTF-8 (5.6, 7.1.6)."""
    CLOSE_CODE = "close-code"
    """A close code that must not be sent, or one byte where two should be (7.4)."""
    AFTER_CLOSE = "after-close"
    """Bytes behind the Close frame (5.5.1)."""
    NOT_INFLATED = "not-inflated"
    """A compressed message that cannot be inflated (RFC 7692, 7.2.2)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, at ``offset`` in the byte stream."""

    kind: FaultKind
    offset: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; offsets are those in the byte stream."""

    start: int
    payload_start: int
    payload_length: int
    first_byte: int
    """The first byte of the header: FIN, the reserved bits and the opcode."""
    masked: bool
    key: bytes
    """The masking key; empty without one."""

    @property
    def stop(self) -> int:
        """Offset behind the payload."""
        return self.payload_start + self.payload_length

    @property
    def length_bytes(self) -> int:
        """How many of its first bytes tell its length."""
        return self.payload_start - self.start - 4 * self.masked

    @property
    def fin(self) -> bool:
        """Whether FIN is set: the frame is the last one of its message."""
        return bool(self.first_byte & 0x80)

    @property
    def reserved(self) -> int:
        """The three reserved bits as a number, RSV1 the highest."""
        return self.first_byte >> 4 & 7

    @property
    def is_compressed(self) -> bool:
        """Whether RSV1 is set: with permessage-deflate, a compressed message begins (RFC 7692, 7.2)."""
        return bool(self.first_byte & 0x40)

    @property
    def opcode(self) -> int:
        """The opcode's number, perhaps a reserved one; see `Opcode`."""
        return self.first_byte & 0x0F

    @property
    def is_control(self) -> bool:
        """Whether the frame is a Close, Ping, Pong, or reserved control frame."""
        return bool(self.first_byte & 0x08)

    @property
    def opcode_name(self) -> str:
        """The opcode's name in Wireshark; ``Reserved`` for others."""
        return _LABELS.get(Opcode(self.opcode), "") if self.opcode in _OPCODES else "Reserved"


_OPCODES: Final = frozenset(int(opcode) for opcode in Opcode)


class Ended(Enum):
    """Why no more frames were read."""

    END = "end"
    """The byte stream has no more bytes."""
    CUT = "cut"
    """The last frame goes on behind the end of the byte stream."""
    GAP = "gap"
    """A frame's header was not captured."""
    BROKEN = "broken"
    """An invalid length, behind which the next frame cannot be found."""
    LIMIT = "limit"
    """`FRAME_LIMIT` frames were read."""


@dataclass(slots=True)
class FrameScan:
    """The frames of one direction, up to `FRAME_LIMIT`."""

    frames: list[Frame] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    ended: Ended = Ended.END
    stop: int = 0
    """Offset at which reading ended."""

    def blame(self, kind: FaultKind, offset: int, length: int = 1) -> None:
        """Add a fault, unless there are `FAULT_LIMIT`."""
        if len(self.faults) < FAULT_LIMIT:
            self.faults.append(Fault(kind, offset, length))


def unmask(data: bytes, key: bytes, offset: int = 0) -> bytes:
    """``data`` without its mask (RFC 6455, 5.3); ``offset``: where ``data`` begins in the payload."""
    if not key or not data:
        return data
    turn = offset % 4
    repeated = (key[turn:] + key[:turn]) * (len(data) // 4 + 1)
    return (int.from_bytes(data, "little") ^ int.from_bytes(repeated[: len(data)], "little")).to_bytes(
        len(data), "little"
    )


class _Window:
    """A read-ahead buffer for frame headers: most frames are small, so several are read at once."""

    def __init__(self, direction: Bytes) -> None:
        self._direction = direction
        self._start = 0
        self._data = b""
        self._size = _WINDOW_FIRST

    def at(self, offset: int) -> bytes:
        """Up to 14 bytes from ``offset`` on."""
        begin = offset - self._start
        if begin < 0 or begin + _HEADER_LIMIT > len(self._data):
            near = 0 <= begin <= len(self._data)
            self._size = min(4 * self._size, _WINDOW) if near else _WINDOW_FIRST
            self._start, self._data, begin = offset, self._direction.read(offset, self._size), 0
        return self._data[begin : begin + _HEADER_LIMIT]


def scan_frames(direction: Bytes, start: int, *, from_client: bool, may_compress: bool) -> FrameScan:
    """The frames of ``direction`` from ``start`` on; ``may_compress``: permessage-deflate is on, RSV1 is valid."""
    scan = FrameScan(stop=start)
    window = _Window(direction)
    in_message = closed = False
    while scan.stop < direction.length:
        if len(scan.frames) >= FRAME_LIMIT:
            scan.ended = Ended.LIMIT
            return scan
        raw = window.at(scan.stop)
        frame = _header(raw, scan)
        if frame is None:
            if scan.ended is Ended.END:
                missing = scan.stop + len(raw) < direction.length
                scan.ended = Ended.GAP if missing else Ended.CUT
            return scan
        if closed:
            scan.blame(FaultKind.AFTER_CLOSE, frame.start, frame.stop - frame.start)
        _check(scan, frame, from_client=from_client, may_compress=may_compress, in_message=in_message)
        if not frame.is_control:
            in_message = not frame.fin
        closed = closed or frame.opcode == Opcode.CLOSE
        scan.frames.append(frame)
        if frame.stop > direction.length:
            scan.ended = Ended.CUT
            return scan
        scan.stop = frame.stop
    return scan


def header_length(raw: bytes) -> int:
    """The length of the header that ``raw`` begins with: 2 where it is shorter than that."""
    if len(raw) < 2:
        return 2
    return 2 + {126: 2, 127: 8}.get(raw[1] & 0x7F, 0) + 4 * (raw[1] >> 7)


def header_of(frame: bytes) -> bytes:
    """The header of a frame: to tshark the value of ``websocket``, though it looks into all of the frame."""
    return frame[: header_length(frame)]


def _header(raw: bytes, scan: FrameScan) -> Frame | None:
    """The frame whose header is in ``raw``; None when the header is incomplete or its length invalid."""
    size = header_length(raw)
    if len(raw) < size:
        return None
    short, masked = raw[1] & 0x7F, bool(raw[1] & 0x80)
    width = size - 2 - 4 * masked
    length = int.from_bytes(raw[2 : 2 + width], "big") if width else short
    if length >> 63:
        scan.blame(FaultKind.LENGTH_TOO_LARGE, scan.stop + 2, 8)
        scan.ended = Ended.BROKEN
        return None
    if (width == 2 and length < 126) or (width == 8 and length < 65_536):
        scan.blame(FaultKind.LENGTH_NOT_SHORTEST, scan.stop + 2, width)
    return Frame(scan.stop, scan.stop + size, length, raw[0], masked, raw[size - 4 : size] if masked else b"")


def _check(scan: FrameScan, frame: Frame, *, from_client: bool, may_compress: bool, in_message: bool) -> None:
    """Add the faults of a frame's header to ``scan``."""
    begins = not frame.is_control and frame.opcode != Opcode.CONTINUATION
    if frame.reserved & (3 if may_compress and begins else 7):
        scan.blame(FaultKind.RESERVED_BITS, frame.start)
    if frame.opcode not in _OPCODES:
        scan.blame(FaultKind.RESERVED_OPCODE, frame.start)
    if frame.masked is not from_client:
        scan.blame(FaultKind.UNMASKED if from_client else FaultKind.MASKED, frame.start + 1)
    if frame.is_control:
        if frame.payload_length > CONTROL_LIMIT:
            scan.blame(FaultKind.CONTROL_TOO_LONG, frame.start + 1)
        if not frame.fin:
            scan.blame(FaultKind.CONTROL_FRAGMENTED, frame.start)
    elif frame.opcode == Opcode.CONTINUATION and not in_message:
        scan.blame(FaultKind.CONTINUES_NOTHING, frame.start)
    elif begins and in_message:
        scan.blame(FaultKind.INTERRUPTED, frame.start)


def messages_of(frames: Sequence[Frame]) -> Iterator[tuple[Frame, ...]]:
    """The frames of each message, in the order in which the messages end; a control frame is a message by itself.

    Continuation frames without a beginning, and unfinished messages, are given like messages.
    """
    begun: list[Frame] = []
    for frame in frames:
        if frame.is_control:
            yield (frame,)
            continue
        if begun and frame.opcode != Opcode.CONTINUATION:
            yield tuple(begun)
            begun = []
        begun.append(frame)
        if frame.fin:
            yield tuple(begun)
            begun = []
    if begun:
        yield tuple(begun)
