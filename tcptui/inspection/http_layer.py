"""HTTP/1.x messages that begin in a segment, and their bodies as far as the segment goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.application.http_segment import (
    STATUS_PHRASES,
    HttpLink,
    MessageHead,
    has_no_body,
    heads_in,
    message_end,
    read_chunks,
)
from tcptui.inspection.data import data_step
from tcptui.inspection.frame import seconds_text

if TYPE_CHECKING:
    from tcptui.inspection.branch import Branch
    from tcptui.inspection.dissection import Dissection, Step

#: Media types whose body is shown as lines of text.
_TEXT_TYPES: Final = ("text/", "application/json", "application/javascript", "application/xml")
_TEXT_SUFFIXES: Final = ("+json", "+xml")
_LINES_SHOWN: Final = 200
#: Lines are drawn whole up to here.
_LINE_LIMIT: Final = 200


def read_http(dissection: Dissection, step: Step) -> Step | None:
    """HTTP when the payload begins a message, else the payload's bytes."""
    start, source = step.start, step.source
    payload = source.data[start : source.captured_end()]
    heads = heads_in(payload)
    if not heads:
        return data_step(start, source)
    dissection.protocols.append("http")
    links = (dissection.links or {}).get(dissection.view.frame, ())
    for place, head in enumerate(heads):
        link = links[place] if place < len(links) else None
        _message(dissection, head, payload, start, link)
    return None


def _message(dissection: Dissection, head: MessageHead, payload: bytes, base: int, link: HttpLink | None) -> None:
    end = message_end(payload, head)
    stop = len(payload) if end is None else end
    layer = dissection.layer("Hypertext Transfer Protocol", base + head.start, stop - head.start, "http")
    at = base + head.start
    label = head.start_line.decode("utf-8", "replace") + "\\r\\n"
    line = layer.add(
        label, at, head.start_line_length, "http.response.line" if head.is_response else "http.request.line"
    )
    if head.is_response:
        _status_line(line, head, at)
    else:
        _request_line(line, head, at)
    for header in head.headers:
        ending = "\\r\\n" if header.length - len(header.raw) == 2 else "\\n"
        text = header.raw.decode("utf-8", "replace") + ending
        node = layer.add(text, base + header.start, header.length, f"http.{_field_name(header.name)}")
        if header.name.lower() == "content-length" and head.content_length is not None:
            node.concluded(f"Content length: {head.content_length}", "http.content_length")
        elif header.name.lower() == "cookie":
            for pair in header.value.split(";"):
                node.add(f"Cookie pair: {pair.strip()}", base + header.start, header.length, "http.cookie_pair")
    if head.complete:
        width = 2 if payload[head.end - 2 : head.end] == b"\r\n" else 1
        layer.add("\\r\\n" if width == 2 else "\\n", base + head.end - width, width, "http.head_end")
    if link is not None:
        _link_lines(layer, link, head.is_response)
    if not head.complete:
        layer.concluded("The header continues in a later segment", "http.head_continues")
    elif not has_no_body(head) and stop > head.end:
        _body(dissection, layer, head, payload, base, stop, finished=end is not None)


def _field_name(name: str) -> str:
    """Wireshark's filter name of a header field: ``content_type``."""
    return "".join(char if char.isalnum() else "_" for char in name.lower())[:40]


def _request_line(line: Branch, head: MessageHead, at: int) -> None:
    line.add(f"Request Method: {head.method}", at, len(head.method), "http.request.method")
    at += len(head.method) + 1
    raw_uri = head.start_line.split(b" ")[1]
    target = line.add(f"Request URI: {head.uri}", at, len(raw_uri), "http.request.uri")
    path, question, query = raw_uri.partition(b"?")
    if question:
        text = path.decode("utf-8", "replace")
        target.add(f"Request URI Path: {text}", at, len(path), "http.request.uri.path")
        behind = at + len(path) + 1
        text = query.decode("utf-8", "replace")
        node = target.add(f"Request URI Query: {text}", behind, len(query), "http.request.uri.query")
        for part in query.split(b"&"):
            text = part.decode("utf-8", "replace")
            label = f"Request URI Query Parameter: {text}"
            node.add(label, behind, len(part), "http.request.uri.query.parameter")
            behind += len(part) + 1
    at += len(raw_uri) + 1
    line.add(f"Request Version: {head.version}", at, len(head.version), "http.request.version")


def _status_line(line: Branch, head: MessageHead, at: int) -> None:
    line.add(f"Response Version: {head.version}", at, len(head.version), "http.response.version")
    at += len(head.version) + 1
    line.add(f"Status Code: {head.status}", at, 3, "http.response.code")
    meaning = STATUS_PHRASES.get(head.status)
    if meaning:
        line.concluded(f"Status Code Description: {meaning}", "http.response.code.desc")
    if head.phrase:
        length = len(head.start_line) - len(head.version) - 5
        line.add(f"Response Phrase: {head.phrase}", at + 4, length, "http.response.phrase")


def _link_lines(layer: Branch, link: HttpLink, is_response: bool) -> None:
    if is_response:
        if link.request_frame is not None:
            layer.concluded(f"Request in frame: {link.request_frame}", "http.request_in")
        if link.since_request_ns is not None:
            layer.concluded(f"Time since request: {seconds_text(link.since_request_ns)} seconds", "http.time")
        if link.uri:
            layer.concluded(f"Request URI: {link.uri}", "http.response_for.uri")
    elif link.response_frame is not None:
        layer.concluded(f"Response in frame: {link.response_frame}", "http.response_in")
    if link.full_uri:
        layer.concluded(f"Full request URI: {link.full_uri}", "http.request.full_uri")


def _body(
    dissection: Dissection, layer: Branch, head: MessageHead, payload: bytes, base: int, stop: int, *, finished: bool
) -> None:
    body = payload[head.end : stop]
    if head.is_chunked:
        chunks, finished = read_chunks(payload, head.end)
        body = b"".join(payload[chunk.data_start : chunk.data_start + chunk.size] for chunk in chunks)
        group = layer.add("HTTP chunked response", base + head.end, stop - head.end, "http.chunked")
        for chunk in chunks:
            title = f"Data chunk ({chunk.size} octets)" if chunk.size else "End of chunked encoding"
            node = group.add(title, base + chunk.start, chunk.end - chunk.start, "http.chunk")
            width = chunk.data_start - chunk.start
            node.add(f"Chunk size: {chunk.size} octets", base + chunk.start, width, "http.chunk_size")
            if chunk.size:
                shown = payload[chunk.data_start : chunk.data_start + min(chunk.size, 36)].hex()
                more = "…" if chunk.size > 36 else ""
                node.add(f"Chunk data: {shown}{more}", base + chunk.data_start, chunk.size, "http.chunk_data")
            node.add("Chunk boundary: 0d0a", base + chunk.end - 2, 2, "http.chunk_boundary")
    if not finished:
        expected = "" if head.content_length is None else f" of {head.content_length}"
        layer.concluded(
            f"The body continues in later segments: {len(body)}{expected} bytes here", "http.body_continues"
        )
        return
    encoding = head.value("Content-Encoding")
    if encoding and encoding.lower() != "identity":
        text = f"Content-encoded entity body ({encoding}): {len(body)} bytes"
        layer.add(text, base + head.end, stop - head.end, "http.content_encoded")
        return
    layer.add(f"File Data: {len(body)} bytes", base + head.end, stop - head.end, "http.file_data")
    media = head.value("Content-Type").split(";")[0].strip().lower()
    if media.startswith(_TEXT_TYPES) or media.endswith(_TEXT_SUFFIXES):
        _text_lines(dissection, body, media, base + head.end, stop - head.end, exact=not head.is_chunked)


def _text_lines(dissection: Dissection, body: bytes, media: str, at: int, length: int, *, exact: bool) -> None:
    """The body's lines; each knows its bytes unless chunk sizes stand between them."""
    lines = body.split(b"\n")
    ends = ["\\n"] * (len(lines) - 1) + [""]
    if not lines[-1]:
        lines, ends = lines[:-1], ends[:-1]
    layer = dissection.layer(f"Line-based text data: {media} ({len(lines)} lines)", at, length, "data-text-lines")
    dissection.protocols.append("data-text-lines")
    for line, ending in list(zip(lines, ends, strict=True))[:_LINES_SHOWN]:
        shown = line[: 4 * _LINE_LIMIT]
        text = shown.decode("utf-8", "replace")
        if text.endswith("\r") and ending:
            text, ending = text[:-1], "\\r" + ending
        width = len(line) + (1 if ending else 0)
        layer.add(text + ending, at if exact else None, width if exact else 0, "data-text-lines.line")
        at += width
    if len(lines) > _LINES_SHOWN:
        layer.concluded(f"{len(lines) - _LINES_SHOWN} more lines", "data-text-lines.more")
