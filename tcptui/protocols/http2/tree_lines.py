"""Lines that several types of HTTP/2 frames have in the header tree: type, flags, the reserved bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label
from tcptui.protocols.http2.frames import STREAM_MASK, Flag, Frame, FrameType

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace

_END_HEADERS: Final = (0x04, "End Headers", "http2.flags.eh")
_END_STREAM: Final = (0x01, "End Stream", "http2.flags.end_stream")
_PADDED: Final = (0x08, "Padded", "http2.flags.padded")
#: Flags by type, highest bit first: mask, name, Wireshark's field.
FLAGS: Final = {
    FrameType.DATA: (_PADDED, _END_STREAM),
    FrameType.HEADERS: ((0x20, "Priority", "http2.flags.priority"), _PADDED, _END_HEADERS, _END_STREAM),
    FrameType.SETTINGS: ((0x01, "ACK", "http2.flags.ack.settings"),),
    FrameType.PING: ((0x01, "ACK", "http2.flags.ack.ping"),),
    FrameType.PUSH_PROMISE: (_PADDED, _END_HEADERS),
    FrameType.CONTINUATION: (_PADDED, _END_HEADERS),
}
_UNUSED: Final = {
    FrameType.DATA: "http2.flags.unused_data", FrameType.HEADERS: "http2.flags.unused_headers",
    FrameType.SETTINGS: "http2.flags.unused_settings", FrameType.PING: "http2.flags.unused_ping",
    FrameType.PUSH_PROMISE: "http2.flags.unused_push_promise",
    FrameType.CONTINUATION: "http2.flags.unused_continuation",
}  # fmt: skip
_NAMES: Final = {kind.value: kind.name for kind in FrameType}


def type_name(kind: int) -> str:
    """The name of a type of frames: ``HEADERS``; ``Unknown`` for others."""
    return _NAMES.get(kind, "Unknown")


def add_flags(branch: Branch, frame: Frame, place: FramePlace) -> None:
    """Append the flags, each bit below."""
    kind = FrameType(frame.kind) if frame.kind in _NAMES else None
    known = FLAGS.get(kind, ()) if kind is not None else ()
    at = frame.start + 4
    names = "".join(f", {name}" for mask, name, _ in known if frame.flags & mask)
    line = place.add(branch, f"Flags: 0x{frame.flags:02x}{names}", at, 1, "http2.flags")
    mask = 0xFF & ~sum(bit for bit, _, _ in known)
    if kind is FrameType.CONTINUATION:
        mask |= Flag.PADDED  # it cannot be padded (RFC 9113, 6.10): Wireshark has the bit in both lines
    field = _UNUSED.get(kind, "http2.flags.unused") if kind is not None else "http2.flags.unused"
    place.add(
        line, bits_label(frame.flags, mask, 8, f"Unused: 0x{(frame.flags & mask) // (mask & -mask):02x}"), at, 1, field
    )
    for bit, name, field in known:
        place.add(line, bits_label(frame.flags, bit, 8, f"{name}: {bool(frame.flags & bit)}"), at, 1, field)


def add_reserved(branch: Branch, place: FramePlace, at: int, first: bytes, field: str) -> None:
    """Append the highest bit of four bytes at ``at``, the first of which is ``first``."""
    bit = (first or b"\0")[0] >> 7
    place.add(branch, bits_label(bit << 31, 1 << 31, 32, f"Reserved: 0x{bit:x}"), at, 4, field)


def number_label(value: int, name: str) -> str:
    """The line of a number of 31 bits."""
    value &= STREAM_MASK
    return bits_label(value, STREAM_MASK, 32, f"{name}: {value}")


def add_padding(branch: Branch, place: FramePlace, at: int, length: int | None) -> None:
    """Append the length of the padding, which is the byte at ``at``; None: there is none."""
    if length is not None:
        place.add(branch, f"Pad Length: 0x{length:02x}", at, 1, "http2.padding")
    branch.concluded(f"Pad Length: {length or 0}", "http2.pad_length")
