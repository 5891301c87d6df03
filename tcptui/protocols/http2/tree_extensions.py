"""Frames of HTTP/2's extensions in the header tree: ALTSVC, ORIGIN and PRIORITY_UPDATE, in Wireshark's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.frames import FrameType

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http2.frames import Frame

EXTENSIONS: Final = frozenset({FrameType.ALTSVC, FrameType.ORIGIN, FrameType.PRIORITY_UPDATE})
#: Origins of one frame that are shown, and bytes of the payload that are read.
_ORIGINS_SHOWN: Final = 200
_READ: Final = 1 << 16
#: Bytes of a length in front of a text, and of a stream's number.
_LENGTH: Final = 2
_NUMBER: Final = 4


def add_extension(branch: Branch, frame: Frame, place: FramePlace) -> bool:
    """Append the payload of a frame in `EXTENSIONS`; False where a text in it is longer than the frame."""
    raw, at = place.direction.read(frame.payload, min(frame.length, _READ)), frame.payload
    if frame.kind == FrameType.PRIORITY_UPDATE:  # RFC 9218, 7.1
        return _priority_update(branch, place, at, raw)
    if frame.kind == FrameType.ORIGIN:  # RFC 8336, 2.1
        return _origins(branch, place, at, raw)
    size = int.from_bytes(raw[:_LENGTH])  # RFC 7838, 4
    if len(raw) < _LENGTH:
        return False
    place.add(branch, f"Origin Length: {size}", at, _LENGTH, "http2.altsvc.origin.len")
    if len(raw) < _LENGTH + size:
        return False
    _text(branch, place, "Origin", raw[_LENGTH : _LENGTH + size], at + _LENGTH, "http2.altsvc.origin")
    value = raw[_LENGTH + size :]
    if value:
        _text(branch, place, "Field/Value", value, at + _LENGTH + size, "http2.altsvc.field_value")
    return True


def _priority_update(branch: Branch, place: FramePlace, at: int, raw: bytes) -> bool:
    if len(raw) < _NUMBER:
        return False
    number = int.from_bytes(raw[:_NUMBER])  # with the reserved bit, as Wireshark has it
    place.add(branch, f"Priority Update Stream ID: {number}", at, _NUMBER, "http2.priority_update_stream_id")
    value, field = raw[_NUMBER:], "http2.priority_update_field_value"
    _text(branch, place, "Priority Update Field Value", value, at + _NUMBER, field)
    return True


def _origins(branch: Branch, place: FramePlace, at: int, raw: bytes) -> bool:
    begin = 0
    for _ in range(_ORIGINS_SHOWN):
        if begin >= len(raw):
            return True
        size = int.from_bytes(raw[begin : begin + _LENGTH])
        stop = begin + _LENGTH + size
        line = place.add(branch, "Origin", at + begin, min(stop, len(raw)) - begin, "http2.origin")
        if begin + _LENGTH <= len(raw):
            place.add(line, f"Origin Length: {size}", at + begin, _LENGTH, "http2.origin.origin_len")
        if stop > len(raw):
            return False
        _text(line, place, "Origin", raw[begin + _LENGTH : stop], at + begin + _LENGTH, "http2.origin.origin")
        begin = stop
    branch.concluded("More origins")
    return True


def _text(branch: Branch, place: FramePlace, title: str, raw: bytes, at: int, field: str) -> None:
    line = place.add(branch, f"{title}: {raw.decode('utf-8', 'replace')}", at, len(raw), field)
    line.whole = lambda: raw
