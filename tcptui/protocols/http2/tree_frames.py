"""The payload of HTTP/2 frames in the header tree, but for DATA: by type, in Wireshark's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label, shortened
from tcptui.protocols.headers.frame_place import LONGEST_VALUE
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.http2.frames import (
    PRIORITY_SIZE,
    PROMISED_SIZE,
    STREAM_MASK,
    Flag,
    Frame,
    FrameType,
    block_part,
    error_name,
    parsed_frame,
)
from tcptui.protocols.http2.tree_lines import add_padding, add_reserved, number_label
from tcptui.protocols.http2.tree_settings import MOST, SETTING_SIZE, add_cut_setting, add_settings

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http2.tree_headers import HeaderLists

_SHOWN_BYTES: Final = 40
#: Bytes of a window's increment.
_INCREMENT: Final = 4
#: … of an error code, of what a PING carries, and of a GOAWAY without debug data.
_CODE: Final = 4
_PING: Final = 8
_GOAWAY: Final = 8
#: Bytes that a payload has at least; of unknown types one.
_LEAST: Final = {
    int(FrameType.PRIORITY): PRIORITY_SIZE, int(FrameType.RST_STREAM): _CODE, int(FrameType.PING): _PING,
    int(FrameType.GOAWAY): _GOAWAY, int(FrameType.WINDOW_UPDATE): _INCREMENT,
}  # fmt: skip
#: Wireshark's fields of the header block's bytes, by type, and of the padding behind them.
_BLOCKS: Final = {
    int(FrameType.HEADERS): "http2.headers", int(FrameType.PUSH_PROMISE): "http2.push_promise.header",
    int(FrameType.CONTINUATION): "http2.continuation.header",
}  # fmt: skip
_PADDINGS: Final = {
    int(FrameType.HEADERS): "http2.headers.padding", int(FrameType.PUSH_PROMISE): "http2.push_promise.padding",
}  # fmt: skip

_EXTENSIONS: Final = frozenset({FrameType.ALTSVC, FrameType.ORIGIN, FrameType.PRIORITY_UPDATE})
#: Origins of one frame that are shown, and bytes of the payload that are read.
_ORIGINS_SHOWN: Final = 200
_READ: Final = 1 << 16
#: Bytes of a length in front of a text, and of a stream's number.
_LENGTH: Final = 2
_NUMBER: Final = 4


def add_payload(branch: Branch, frame: Frame, place: FramePlace, lists: HeaderLists) -> bool:
    """Append the lines of the frame's payload; an expert note where it breaks the rules of its type.

    False where the payload ends before what its type has in it, which is what Wireshark calls malformed.
    """
    if frame.kind in _EXTENSIONS:
        return _add_extension(branch, frame, place)
    if frame.kind in _BLOCKS:
        return _block(branch, frame, place, lists)
    at, size = frame.payload, frame.length
    if size < _LEAST.get(frame.kind, 0 if frame.kind <= FrameType.BLOCKED else 1):
        if frame.kind == FrameType.GOAWAY and size >= PROMISED_SIZE:
            _last_stream(branch, place, at)
        elif frame.kind == FrameType.PRIORITY:
            _priority(branch, place, at, size)
        return False
    if frame.kind == FrameType.WINDOW_UPDATE:
        _window_update(branch, frame, place)
        return True
    if frame.kind == FrameType.PRIORITY:
        _priority(branch, place, at, size)
    elif frame.kind == FrameType.RST_STREAM:
        _error(branch, place, at, "http2.rst_stream.error")
    elif frame.kind == FrameType.SETTINGS:
        add_settings(branch, place, at, place.direction.read(at, min(size, MOST)))
        if size % SETTING_SIZE:
            add_cut_setting(branch, place, at + size // SETTING_SIZE * SETTING_SIZE, size % SETTING_SIZE)
            return False
    elif frame.kind == FrameType.PING:
        name = "Pong" if frame.flags & Flag.ACK else "Ping"
        place.add(branch, f"{name}: {place.direction.read(at, _PING).hex()}", at, _PING, f"http2.{name.lower()}")
    elif frame.kind == FrameType.GOAWAY:
        _goaway(branch, frame, place)
    elif frame.kind > FrameType.CONTINUATION and frame.kind != FrameType.BLOCKED:
        text = f"Unknown: {shortened(place.direction.read(at, min(size, _SHOWN_BYTES)))}"
        place.add(branch, text, at, size, "http2.unknown")
    if parsed_frame(frame, place.direction) is None:
        _malformed(branch)
    return True


def _malformed(branch: Branch) -> None:
    branch.expert(ExpertLevel.ERROR, "Malformed", "The payload breaks the rules of its frame type")


def _window_update(branch: Branch, frame: Frame, place: FramePlace) -> None:
    """Its reserved bit says nothing (RFC 9113, 6.9), to hyperframe it does."""
    at, raw = frame.payload, place.direction.read(frame.payload, _INCREMENT)
    add_reserved(branch, place, at, raw, "http2.window_update.r")
    text = number_label(int.from_bytes(raw), "Window Size Increment")
    place.add(branch, text, at, _INCREMENT, "http2.window_update.window_size_increment")
    if not int.from_bytes(raw) & STREAM_MASK or frame.length > _INCREMENT:
        _malformed(branch)


def _block(branch: Branch, frame: Frame, place: FramePlace, lists: HeaderLists) -> bool:
    """HEADERS, PUSH_PROMISE and CONTINUATION; False as `add_payload`."""
    part = block_part(frame, place.direction.read(frame.payload, 1))
    base, of = frame.payload, _BLOCKS[frame.kind]
    if part is None:
        is_padded = bool(frame.flags & Flag.PADDED)
        if is_padded and frame.length:
            add_padding(branch, place, base, place.direction.read(base, 1)[0])
        _before_block(branch, frame, place, base + is_padded)
        return False
    add_padding(branch, place, base, part.padding)
    _before_block(branch, frame, place, base + part.before)
    start, size = base + part.start, part.stop - part.start
    title = "Continuation Header" if frame.kind == FrameType.CONTINUATION else "Header Block Fragment"
    text = f"{title}: {shortened(place.direction.read(start, min(size, _SHOWN_BYTES)))}"
    line = place.add(branch, text, start, size, of)
    if frame.kind == FrameType.CONTINUATION:  # text, to Wireshark
        line.whole = lambda: place.direction.read(start, min(size, LONGEST_VALUE)).decode("ascii", "replace").encode()
    lists.add(branch, frame, place, start)
    if part.padding:
        raw = place.direction.read(start + size, min(part.padding, _SHOWN_BYTES))
        place.add(branch, f"Padding: {shortened(raw)}", start + size, part.padding, _PADDINGS[frame.kind])
    if not frame.stream:
        _malformed(branch)
    return True


def _before_block(branch: Branch, frame: Frame, place: FramePlace, at: int) -> None:
    """What stands in front of the header block at ``at``, where the frame is that long."""
    if frame.kind == FrameType.PUSH_PROMISE and frame.stop >= at + PROMISED_SIZE:
        raw = place.direction.read(at, PROMISED_SIZE)
        add_reserved(branch, place, at, raw, "http2.push_promise.r")
        text = number_label(int.from_bytes(raw), "Promised-Stream-ID")
        place.add(branch, text, at, PROMISED_SIZE, "http2.push_promise.promised_stream_id")
    elif frame.kind == FrameType.HEADERS and frame.flags & Flag.PRIORITY:
        _priority(branch, place, at, frame.stop - at)


def _priority(branch: Branch, place: FramePlace, at: int, size: int) -> None:
    """A priority, as far as it is in the next ``size`` bytes."""
    if size < PRIORITY_SIZE - 1:
        return
    raw = place.direction.read(at, PRIORITY_SIZE)
    number, weight = int.from_bytes(raw[:4]), int.from_bytes(raw[4:])
    bit = number >> 31
    text = bits_label(bit << 31, 1 << 31, 32, f"Exclusive: {bool(bit)}")
    place.add(branch, text, at, 4, "http2.exclusive")
    place.add(branch, number_label(number, "Stream Dependency"), at, 4, "http2.stream_dependency")
    if size < PRIORITY_SIZE:
        return
    place.add(branch, f"Weight: {weight}", at + 4, 1, "http2.headers.weight")
    branch.concluded(f"Weight real: {weight + 1}", "http2.headers.weight_real")


def _error(branch: Branch, place: FramePlace, at: int, field: str) -> None:
    code = int.from_bytes(place.direction.read(at, _CODE))
    name = error_name(code)
    text = f"Error: {name} ({code})" if name != str(code) else f"Error: Unknown ({code})"
    place.add(branch, text, at, _CODE, field)


def _last_stream(branch: Branch, place: FramePlace, at: int) -> None:
    raw = place.direction.read(at, 4)
    add_reserved(branch, place, at, raw, "http2.goway.r")
    text = number_label(int.from_bytes(raw), "Last-Stream-ID")
    place.add(branch, text, at, 4, "http2.goaway.last_stream_id")


def _goaway(branch: Branch, frame: Frame, place: FramePlace) -> None:
    at, debug = frame.payload, frame.length - _GOAWAY
    _last_stream(branch, place, at)
    _error(branch, place, at + 4, "http2.goaway.error")
    if debug:
        text = f"Additional Debug Data: {shortened(place.direction.read(at + _GOAWAY, min(debug, _SHOWN_BYTES)))}"
        place.add(branch, text, at + _GOAWAY, debug, "http2.goaway.addata")


def _add_extension(branch: Branch, frame: Frame, place: FramePlace) -> bool:
    """Append the payload of a frame in `_EXTENSIONS`; False where a text in it is longer than the frame."""
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
