"""WebSocket frames (RFC 6455, 5.2) in the header tree of the packet that completed each, in Wireshark's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label, shortened
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.websocket.frames import FaultKind, Opcode

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.websocket.by_frame import PlacedFrame, WebSocketPlaces
    from tcptui.protocols.websocket.messages import WebSocketMessage

_FRAMES_SHOWN: Final = 200
_SEGMENTS_SHOWN: Final = 200
_TITLE_FRAMES: Final = 24
_LINES_SHOWN: Final = 200
_LINE_LIMIT: Final = 200
#: Names of close codes as Wireshark prints them.
_CODES: Final = {
    1000: "Normal Closure", 1001: "Going Away", 1002: "Protocol error", 1003: "Unsupported Data",
    1004: "---Reserved----", 1005: "No Status Rcvd", 1006: "Abnormal Closure", 1007: "Invalid frame payload data",
    1008: "Policy Violation", 1009: "Message Too Big", 1010: "Mandatory Ext.", 1011: "Internal Server",
    1012: "Service Restart", 1013: "Try Again Later", 1014: "Bad Gateway", 1015: "TLS handshake",
}  # fmt: skip
_FAULT_TEXTS: Final = {
    FaultKind.RESERVED_BITS: "A reserved bit is set that no extension uses",
    FaultKind.RESERVED_OPCODE: "The opcode is reserved",
    FaultKind.UNMASKED: "A client's frame must be masked",
    FaultKind.MASKED: "A server's frame must not be masked",
    FaultKind.CONTROL_TOO_LONG: "A control frame has at most 125 bytes",
    FaultKind.CONTROL_FRAGMENTED: "A control frame must not be fragmented",
    FaultKind.CONTINUES_NOTHING: "There is no message that this could continue",
    FaultKind.INTERRUPTED: "A new message begins before the last one ended",
    FaultKind.LENGTH_NOT_SHORTEST: "The length takes more bytes than it needs",
    FaultKind.LENGTH_TOO_LARGE: "The length's highest bit is set",
    FaultKind.NOT_UTF8: "The text is no UTF-8",
    FaultKind.CLOSE_CODE: "This close code must not be sent",
    FaultKind.AFTER_CLOSE: "Nothing may follow a Close frame",
    FaultKind.NOT_INFLATED: "The message cannot be unpacked",
}


def add_websocket(dissection: Dissection, place: FramePlace, places: WebSocketPlaces) -> bool:
    """Append the frames that the packet completed; False where it has no byte of any."""
    shown = places.shown_in(dissection.view.frame)
    is_alone = bool(shown) and place.is_reassembled_alone(shown[0].frame.start, shown[0].frame.length_bytes)
    for at, one in enumerate(shown[:_FRAMES_SHOWN]):
        start, stop = one.frame.start, min(one.frame.stop, place.direction.length)
        if not place.holds(start, stop):
            within = [one] if is_alone or at else shown
            add_reassembled(
                dissection, place.direction, start, place.last_end(stop, (each.frame.stop for each in within))
            )
        if at == 0 or (at == 1 and is_alone):  # Wireshark lists what one segment holds once
            # HTTP, with which the connection began, hands them on each time.
            dissection.protocols.extend(["http", "websocket"] if dissection.protocols[-1] != "http" else ["websocket"])
        _frame(dissection, one, place)
    if len(shown) > _FRAMES_SHOWN:
        dissection.parent.concluded(f"{len(shown) - _FRAMES_SHOWN} more WebSocket frames")
    return bool(shown) or bool(places.units(place.segment))


def _frame(dissection: Dissection, one: PlacedFrame, place: FramePlace) -> None:
    frame = one.frame
    stop = min(frame.stop, place.direction.length)
    layer = place.add(dissection.parent, "WebSocket", frame.start, stop - frame.start, "websocket")
    layer.target = 0
    message = one.message if one.is_last else None
    _head(layer, one, place)
    _payload(layer, one, message, place)
    if frame.stop > stop:
        missing = frame.stop - stop
        layer.concluded(f"The frame is not whole: {missing} bytes are missing")
    for fault in one.faults:
        text = f"{_FAULT_TEXTS[fault.kind]} (byte {fault.offset - frame.start} of the frame)"
        layer.expert(ExpertLevel.WARNING, "Protocol", text)
    if message is not None:
        _message(dissection, message, place)


def _message(dissection: Dissection, message: WebSocketMessage, place: FramePlace) -> None:
    """Append what the message says that a frame ended."""
    if len(message.frames) > 1:
        _fragments(dissection, message, place)
    if message.opcode == Opcode.TEXT and message.readable and message.length:
        _lines(dissection, message, place)
    elif message.opcode == Opcode.BINARY and message.readable and message.length:
        dissection.protocols.append("data")
        length = message.length
        data = dissection.parent.concluded(f"Data ({length} byte{'' if length == 1 else 's'})", "data")
        data.concluded(f"Data: {shortened(message.data)}", "data.data").whole = lambda: message.data
        data.concluded(f"Length: {length}", "data.len")


def _head(layer: Branch, one: PlacedFrame, place: FramePlace) -> None:
    frame, at = one.frame, one.frame.start
    first = frame.first_byte
    place.add(layer, bits_label(first, 0x80, 8, f"Fin: {frame.fin}"), at, 1, "websocket.fin")
    place.add(layer, bits_label(first, 0x70, 8, f"Reserved: 0x{frame.reserved:x}"), at, 1, "websocket.rsv")
    if one.way.deflate is not None:
        label = bits_label(first, 0x40, 8, f"Per-Message Compressed: {frame.is_compressed}")
        place.add(layer, label, at, 1, "websocket.pmc")
    opcode = f"Opcode: {frame.opcode_name} ({frame.opcode})"
    place.add(layer, bits_label(first, 0x0F, 8, opcode), at, 1, "websocket.opcode")
    width = frame.length_bytes - 2
    short = {2: 126, 8: 127}.get(width, frame.payload_length)
    second = short | 0x80 * frame.masked
    place.add(layer, bits_label(second, 0x80, 8, f"Mask: {frame.masked}"), at + 1, 1, "websocket.mask")
    extended = f" Extended Payload Length ({8 * width} bits)" if width else ""
    label = bits_label(second, 0x7F, 8, f"Payload length: {short}{extended}")
    place.add(layer, label, at + 1, 1, "websocket.payload_length")
    if width:
        label = f"Extended Payload length ({8 * width} bits): {frame.payload_length}"
        place.add(layer, label, at + 2, width, f"websocket.payload_length_ext_{8 * width}")
    if frame.masked:
        place.add(layer, f"Masking-Key: {frame.key.hex()}", frame.payload_start - 4, 4, "websocket.masking_key")


def _payload(layer: Branch, one: PlacedFrame, message: WebSocketMessage | None, place: FramePlace) -> None:
    frame = one.frame
    length = min(frame.stop, place.direction.length) - frame.payload_start
    if length <= 0:
        return
    if frame.masked:
        place.add(layer, "Masked payload", frame.payload_start, length, "websocket.masked_payload")
    payload = place.add(layer, "Payload", frame.payload_start, length, "websocket.payload")
    if message is None:
        return
    if not message.readable:
        payload.concluded("The payload cannot be read")
    elif message.opcode == Opcode.TEXT and message.text:
        line = payload.add(f"Text: {message.text[:_LINE_LIMIT]}", field="websocket.payload.text")
        line.whole = lambda: message.data
    elif message.opcode in (Opcode.PING, Opcode.PONG):
        name = "Ping" if message.opcode == Opcode.PING else "Pong"
        line = payload.add(f"{name}: {message.data.hex()}", field=f"websocket.payload.{name.lower()}")
        line.whole = lambda: message.data
    elif message.opcode == Opcode.CLOSE and len(message.data) >= 2:
        _close(payload, one, message, place)


def _close(payload: Branch, one: PlacedFrame, message: WebSocketMessage, place: FramePlace) -> None:
    at, length = one.frame.payload_start, one.frame.payload_length
    close = place.add(payload, "Close", at, length, "websocket.payload.close")
    code = message.close_code
    name = _CODES.get(code or 0, "Unknown")
    place.add(close, f"Status code: {name} ({code})", at, 2, "websocket.payload.close.status_code")
    if message.close_reason:
        label = f"Reason: {message.close_reason[:_LINE_LIMIT]}"
        line = place.add(close, label, at + 2, length - 2, "websocket.payload.close.reason")
        line.whole = lambda: message.data[2:]  # the frame has it masked


def _fragments(dissection: Dissection, message: WebSocketMessage, place: FramePlace) -> None:
    """Append the list of frames that carried the fragments of a message."""
    direction = place.direction
    packets = [direction.delivered_frame(min(frame.stop, direction.length) - 1) for frame in message.frames]
    sizes = [frame.payload_length for frame in message.frames]
    named = ", ".join(f"#{packet}({size})" for packet, size in list(zip(packets, sizes, strict=True))[:_TITLE_FRAMES])
    title = f"{len(sizes)} Reassembled websocket Fragments ({sum(sizes)} bytes): {named}"
    layer = dissection.parent.concluded(title, "websocket.fragments")
    at = 0
    for packet, size in list(zip(packets, sizes, strict=True))[:_SEGMENTS_SHOWN]:
        text = f"Frame: {packet}, payload: {at}-{at + size - 1} ({size} bytes)" if size else f"Frame: {packet}, empty"
        layer.concluded(text, "websocket.fragment").target = packet
        at += size
    layer.concluded(f"Fragment count: {len(sizes)}", "websocket.fragment.count")
    layer.concluded(f"Reassembled websocket Payload length: {sum(sizes)}", "websocket.reassembled.length")


def _lines(dissection: Dissection, message: WebSocketMessage, place: FramePlace) -> None:
    """Append a text message line by line."""
    text = message.text
    lines = text.splitlines() or [""]
    first = message.frames[-1]
    title = f"Line-based text data ({len(lines)} lines)"
    layer = place.add(dissection.parent, title, first.payload_start, first.payload_length, "data-text-lines")
    dissection.protocols.append("data-text-lines")
    for line in lines[:_LINES_SHOWN]:
        layer.add(line[:_LINE_LIMIT])
    if len(lines) > _LINES_SHOWN:
        layer.concluded(f"{len(lines) - _LINES_SHOWN} more lines")
