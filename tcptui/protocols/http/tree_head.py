"""Start line, header fields and faults of an HTTP message as lines of the header tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.field_line import seconds_text
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.http.conversation import Cut, FaultKind, full_uri
from tcptui.protocols.http.status import status_description
from tcptui.protocols.http2.tree_settings import add_upgrade_settings

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.conversation import Fault, HeaderLine, HttpMessage

_FAULT_TEXTS: Final = {
    FaultKind.START_LINE: "The start line breaks its grammar",
    FaultKind.HEADER_LINE: "Not a header field: no colon, or no valid name before it",
    FaultKind.SPACE_BEFORE_COLON: "White space between the field name and the colon",
    FaultKind.CONTROL_CHARACTER: "Control character in a field value",
    FaultKind.BARE_LF: "Line ends with LF alone",
    FaultKind.BARE_CR: "CR within a line",
    FaultKind.FOLDED_LINE: "Field value continues on the next line (obsolete line folding)",
    FaultKind.HEAD_TOO_LONG: "The header has no end within 65536 bytes",
    FaultKind.HEAD_CUT: "The header has no end",
    FaultKind.LENGTH_INVALID: "Content-Length is not a number",
    FaultKind.LENGTH_REPEATED: "Content-Length is given more than once",
    FaultKind.LENGTH_CONFLICT: "Content-Length is given more than once, with different values",
    FaultKind.LENGTH_AND_CHUNKED: "Both Content-Length and Transfer-Encoding",
    FaultKind.CODING_UNKNOWN: "Transfer-Encoding does not end with chunked",
    FaultKind.CHUNK_SIZE: "No chunk size where one should be",
    FaultKind.CHUNK_END: "The chunk's data is not followed by a line end",
    FaultKind.BODY_CUT: "The body ends early",
    FaultKind.BODY_GAP: "Bytes of the body were not captured",
    FaultKind.EXTRA_BYTES: "Bytes behind the end of the message",
}
_CUT_TEXTS: Final = {
    Cut.CLOSED: "the connection was closed",
    Cut.CAPTURE_END: "nothing more was captured so far",
    Cut.GAP: "bytes were not captured",
}
#: Header fields that have a display filter field of their own in Wireshark, and its name; all others share one.
_HEADER_FIELDS: Final = {
    name: f"http.{name.replace('-', '_')}"
    for name in (
        "accept", "accept-encoding", "accept-language", "authorization", "cache-control", "connection",
        "content-encoding", "content-type", "cookie", "date", "host", "http2-settings", "last-modified", "location",
        "proxy-authenticate", "proxy-authorization", "referer", "sec-websocket-accept", "sec-websocket-extensions",
        "sec-websocket-key", "sec-websocket-protocol", "sec-websocket-version", "server", "set-cookie",
        "transfer-encoding", "upgrade", "user-agent", "www-authenticate", "x-forwarded-for",
    )
} | {"content-length": "http.content_length_header"}  # fmt: skip
#: Bytes missing from the capture, which is no fault on the wire.
_ABOUT_CAPTURE: Final = frozenset({Cut.CAPTURE_END, Cut.GAP})


def add_head(layer: Branch, message: HttpMessage, place: FramePlace) -> None:
    """Append the start line, the header fields and the empty line."""
    head = message.head
    ending = "\\r\\n" if head.start_line_length - len(head.start_line) == 2 else "\\n"
    label = head.start_line.decode("utf-8", "replace") + (
        ending if head.start_line_length > len(head.start_line) else ""
    )
    line = place.add(layer, label, head.start, head.start_line_length)
    if head.is_response:
        _status_line(line, message, place)
    else:
        _request_line(line, message, place)
    line_field = "http.response.line" if head.is_response else "http.request.line"
    length = head.content_length  # looks through all fields: once for a head, which may have ten thousands
    for header in head.headers:
        add_field(layer, header, place, line_field, length)
    if head.complete:
        last = head.headers[-1] if head.headers else None
        behind = last.start + last.length if last is not None else head.start + head.start_line_length
        width = head.end - behind
        place.add(layer, "\\r\\n" if width == 2 else "\\n", behind, width)


def add_trailer(branch: Branch, trailer: HeaderLine, place: FramePlace) -> None:
    """Append one field behind the chunks; filters have it as a part of them all."""
    ending = "\\r\\n" if trailer.length - len(trailer.raw) == 2 else "\\n"
    place.add(branch, trailer.raw.decode("utf-8", "replace") + ending, trailer.start, trailer.length)


def add_field(
    layer: Branch, header: HeaderLine, place: FramePlace, line_field: str, content_length: int | None = None
) -> None:
    """Append one header field; ``line_field``: filter field of those without one of their own."""
    ending = "\\r\\n" if header.length - len(header.raw) == 2 else "\\n"
    text = header.raw.decode("utf-8", "replace") + ending
    name = header.name.lower()
    node = place.add(layer, text, header.start, header.length, _HEADER_FIELDS.get(name, line_field))
    if name == "content-length" and content_length is not None:
        node.concluded(f"Content length: {content_length}", "http.content_length")
    elif name == "cookie":
        for pair in header.value.split(";"):
            place.add(node, f"Cookie pair: {pair.strip()}", header.start, header.length, "http.cookie_pair")
    elif name == "http2-settings":
        add_upgrade_settings(node, place, header.start, header.length, header.value)


def _request_line(line: Branch, message: HttpMessage, place: FramePlace) -> None:
    head = message.head
    at = head.start
    place.add(line, f"Request Method: {head.method}", at, len(head.method), "http.request.method")
    raw_uri = head.uri.encode("utf-8", "replace")
    at += max(head.start_line.find(raw_uri, len(head.method)), len(head.method) + 1)
    target = place.add(line, f"Request URI: {head.uri}", at, len(raw_uri), "http.request.uri")
    path, question, query = raw_uri.partition(b"?")
    if question:
        text = path.decode("utf-8", "replace")
        place.add(target, f"Request URI Path: {text}", at, len(path), "http.request.uri.path")
        behind = at + len(path) + 1
        text = query.decode("utf-8", "replace")
        node = place.add(target, f"Request URI Query: {text}", behind, len(query), "http.request.uri.query")
        for part in query.split(b"&"):
            label = f"Request URI Query Parameter: {part.decode('utf-8', 'replace')}"
            place.add(node, label, behind, len(part), "http.request.uri.query.parameter")
            behind += len(part) + 1
    if head.version:
        at = head.start + head.start_line.rfind(b"HTTP/")
        place.add(line, f"Request Version: {head.version}", at, len(head.version), "http.request.version")


def _status_line(line: Branch, message: HttpMessage, place: FramePlace) -> None:
    head = message.head
    at = head.start
    place.add(line, f"Response Version: {head.version}", at, len(head.version), "http.response.version")
    if not head.status:
        return
    code = head.start_line.find(b"%03d" % head.status, len(head.version))
    place.add(line, f"Status Code: {head.status}", at + code, 3, "http.response.code")
    line.concluded(f"Status Code Description: {status_description(head.status)}", "http.response.code.desc")
    if head.phrase:
        length = len(head.start_line) - code - 4
        place.add(line, f"Response Phrase: {head.phrase}", at + code + 4, length, "http.response.phrase")


def add_links(layer: Branch, message: HttpMessage) -> None:
    """Append links to the frames of request and response, and the time between them."""
    if message.head.is_response:
        request = message.request
        if request is not None:
            frame = request.shown_frame
            layer.concluded(f"Request in frame: {frame}", "http.request_in").target = frame
            since = seconds_text(message.shown_ns - request.shown_ns)
            layer.concluded(f"Time since request: {since} seconds", "http.time")
            if request.head.uri:
                layer.concluded(f"Request URI: {request.head.uri}", "http.response_for.uri")
            _full_uri(layer, request)
        return
    response = message.response or (message.interim[-1] if message.interim else None)
    if response is not None:
        frame = response.shown_frame
        layer.concluded(f"Response in frame: {frame}", "http.response_in").target = frame
    _full_uri(layer, message)


def _full_uri(layer: Branch, request: HttpMessage) -> None:
    uri = full_uri(request)
    if uri:
        layer.concluded(f"Full request URI: {uri}", "http.request.full_uri")


def add_faults(layer: Branch, message: HttpMessage) -> None:
    """Append an expert note for each fault, with its offset in the message."""
    for fault in message.faults:
        level, group = (ExpertLevel.WARNING, "Malformed")
        if fault.cut in _ABOUT_CAPTURE:
            level, group = (ExpertLevel.NOTE, "Reassemble")
        layer.expert(level, group, fault_text(message, fault))


def fault_text(message: HttpMessage, fault: Fault) -> str:
    """The text of a fault, with its offset in the message (from 0)."""
    text = _FAULT_TEXTS[fault.kind]
    if fault.cut is not None:
        text += f": {_CUT_TEXTS[fault.cut]}"
    if fault.length and fault.kind in (FaultKind.BODY_CUT, FaultKind.BODY_GAP):
        text += f", {fault.length} bytes missing"
    elif fault.kind is FaultKind.EXTRA_BYTES:
        text += f": {fault.length}"
    return f"{text} (byte {fault.offset - message.start} of the message)"
