"""The payload of HTTP/2 frames in the header tree, but for DATA: by type, in Wireshark's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hyperframe.frame import (
    ContinuationFrame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tcptui.protocols.headers.data import bits_label, shortened
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.http2.frames import Flag, Frame, error_name, parsed_frame
from tcptui.protocols.http2.tree_lines import add_padding, add_reserved, number_label
from tcptui.protocols.http2.tree_settings import MOST, add_settings

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http2.tree_headers import HeaderLists

_SHOWN_BYTES: Final = 40


def add_payload(branch: Branch, frame: Frame, place: FramePlace, lists: HeaderLists) -> None:
    """Append the lines of the frame's payload; an expert note where it breaks the rules of its type."""
    parsed, at = parsed_frame(frame, place.half), frame.payload
    if isinstance(parsed, HeadersFrame):
        _headers(branch, frame, parsed, place, lists)
    elif isinstance(parsed, PushPromiseFrame):
        _push_promise(branch, frame, parsed, place, lists)
    elif isinstance(parsed, ContinuationFrame):
        _continuation(branch, frame, place, lists)
    elif isinstance(parsed, PriorityFrame):
        _priority(branch, parsed, place, at)
    elif isinstance(parsed, RstStreamFrame):
        _error(branch, parsed.error_code, place, at, "http2.rst_stream.error")
    elif isinstance(parsed, SettingsFrame):
        add_settings(branch, place, at, place.half.read(at, min(frame.length, MOST)))
    elif isinstance(parsed, PingFrame):
        name = "Pong" if frame.flags & Flag.ACK else "Ping"
        place.add(branch, f"{name}: {parsed.opaque_data.hex()}", at, 8, f"http2.{name.lower()}")
    elif isinstance(parsed, GoAwayFrame):
        _goaway(branch, frame, parsed, place)
    elif isinstance(parsed, WindowUpdateFrame):
        add_reserved(branch, place, at, place.half.read(at, 1), "http2.window_update.r")
        text = number_label(parsed.window_increment, "Window Size Increment")
        place.add(branch, text, at, 4, "http2.window_update.window_size_increment")
    elif parsed is None:
        branch.expert(ExpertLevel.ERROR, "Malformed", "The payload breaks the rules of its frame type")
    elif frame.length:
        text = f"Unknown: {shortened(place.half.read(at, min(frame.length, _SHOWN_BYTES)))}"
        place.add(branch, text, at, frame.length, "http2.unknown")


def _headers(branch: Branch, frame: Frame, parsed: HeadersFrame, place: FramePlace, lists: HeaderLists) -> None:
    at = frame.payload
    is_padded = bool(frame.flags & Flag.PADDED)
    add_padding(branch, place, at, parsed.pad_length if is_padded else None)
    at += is_padded
    if frame.flags & Flag.PRIORITY:
        _priority(branch, parsed, place, at)
        at += 5
    size = len(parsed.data)
    text = f"Header Block Fragment: {shortened(parsed.data[:_SHOWN_BYTES])}"
    place.add(branch, text, at, size, "http2.headers")
    lists.add(branch, frame, place, at)
    if parsed.pad_length:
        raw = place.half.read(at + size, min(parsed.pad_length, _SHOWN_BYTES))
        place.add(branch, f"Padding: {shortened(raw)}", at + size, parsed.pad_length, "http2.headers.padding")


def _push_promise(
    branch: Branch, frame: Frame, parsed: PushPromiseFrame, place: FramePlace, lists: HeaderLists
) -> None:
    at = frame.payload
    is_padded = bool(frame.flags & Flag.PADDED)
    add_padding(branch, place, at, parsed.pad_length if is_padded else None)
    at += is_padded
    add_reserved(branch, place, at, place.half.read(at, 1), "http2.push_promise.r")
    promised = parsed.promised_stream_id & 0x7FFF_FFFF
    text = number_label(promised, "Promised-Stream-ID")
    place.add(branch, text, at, 4, "http2.push_promise.promised_stream_id")
    at += 4
    text = f"Header Block Fragment: {shortened(parsed.data[:_SHOWN_BYTES])}"
    place.add(branch, text, at, len(parsed.data), "http2.push_promise.header")
    lists.add(branch, frame, place, at)


def _continuation(branch: Branch, frame: Frame, place: FramePlace, lists: HeaderLists) -> None:
    raw = place.half.read(frame.payload, min(frame.length, _SHOWN_BYTES))
    text = f"Continuation Header: {shortened(raw)}"
    place.add(branch, text, frame.payload, frame.length, "http2.continuation.header")
    lists.add(branch, frame, place, None)


def _priority(branch: Branch, parsed: HeadersFrame | PriorityFrame, place: FramePlace, at: int) -> None:
    bit = int(parsed.exclusive)
    text = bits_label(bit << 31, 1 << 31, 32, f"Exclusive: {bool(bit)}")
    place.add(branch, text, at, 4, "http2.exclusive")
    text = number_label(parsed.depends_on, "Stream Dependency")
    place.add(branch, text, at, 4, "http2.stream_dependency")
    place.add(branch, f"Weight: {parsed.stream_weight}", at + 4, 1, "http2.headers.weight")
    branch.concluded(f"Weight real: {parsed.stream_weight + 1}", "http2.headers.weight_real")


def _error(branch: Branch, code: int, place: FramePlace, at: int, field: str) -> None:
    name = error_name(code)
    text = f"Error: {name} ({code})" if name != str(code) else f"Error: Unknown ({code})"
    place.add(branch, text, at, 4, field)


def _goaway(branch: Branch, frame: Frame, parsed: GoAwayFrame, place: FramePlace) -> None:
    at = frame.payload
    add_reserved(branch, place, at, place.half.read(at, 1), "http2.goway.r")
    text = number_label(parsed.last_stream_id, "Last-Stream-ID")
    place.add(branch, text, at, 4, "http2.goaway.last_stream_id")
    _error(branch, parsed.error_code, place, at + 4, "http2.goaway.error")
    debug = parsed.additional_data
    if debug:
        text = f"Additional Debug Data: {shortened(debug[:_SHOWN_BYTES])}"
        place.add(branch, text, at + 8, len(debug), "http2.goaway.addata")
