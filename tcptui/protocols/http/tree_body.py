"""The body of an HTTP message in the header tree: chunks, decoded length, and text as lines."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.model.fields import FIELDS
from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.frame_place import LONGEST_VALUE
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.http.body import BodyProblem, body_of
from tcptui.protocols.http.conversation import Framing
from tcptui.protocols.http.framing import ChunkWalk
from tcptui.protocols.http.head import HEAD_LIMIT
from tcptui.protocols.http.media_names import LEAST_IMAGE, media_name, stream_media_name
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.http.tree_head import add_trailer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.conversation import HttpMessage

_CHUNKS_SHOWN: Final = 256
#: Bytes kept of a body to show its lines …
_TEXT_READ: Final = 256 << 10
#: … and most bytes decoded of a coded one, to know its length.
_DECODED_READ: Final = 8 << 20
_SHOWN_BYTES: Final = 40

#: Media types whose body is shown as lines of text.
_TEXT_TYPES: Final = (
    "text/",
    "application/json",
    "application/javascript",
    "application/x-javascript",
    "application/xml",
)
#: The media type of bytes that nobody reads.
_OCTETS: Final = "application/octet-stream"
_TEXT_SUFFIXES: Final = ("+json", "+xml")
#: What Wireshark reads such a body as, and how it names that; any other it only calls a body.
_LINES: Final = ("data-text-lines", "Line-based text data")
_JSON: Final = ("json", "JavaScript Object Notation")
_XML: Final = ("xml", "eXtensible Markup Language")
_MEDIA: Final = ("media", "Media Type")
_READ_AS: Final = {
    **dict.fromkeys((
        "text/plain", "text/html", "text/css", "text/javascript", "text/richtext", "text/enriched", "text/parameters",
        "application/x-javascript",
    ), _LINES),
    **dict.fromkeys((
        "application/json", "application/json-rpc", "application/problem+json", "application/senml+json",
        "application/sensml+json", "application/json-patch+json", "application/merge-patch+json",
        "application/dds-web+json", "application/vnd.oma.lwm2m+json",
    ), _JSON),
    **dict.fromkeys((
        "text/xml", "text/vnd.wap.wml", "text/vnd.wap.si", "image/svg+xml", *(f"application/{kind}" for kind in (
            "xml", "xml-dtd", "soap+xml", "atom+xml", "rss+xml", "mathml+xml", "xslt+xml",
        )),
    ), _XML),
}  # fmt: skip
_LINES_SHOWN: Final = 200
_BLANKS: Final = " \t\r\n"
#: Least characters shown of a longer line: four times as many bytes are decoded, as UTF-8 may need.
_LINE_LIMIT: Final = 200


def add_body(dissection: Dissection, layer: Branch, message: HttpMessage, place: FramePlace) -> None:
    """Append all lines about the body; of an incomplete body, how much of it was captured."""
    start = message.body_start
    length = min(message.body_end, message.direction.length) - start
    if message.framing is Framing.CHUNKED:
        _chunks(layer, message, place)
    if not message.complete:
        _how_much(layer, message)
        return
    head = message.head
    text, decoded, problem = _read(message)
    if head.content_codings:
        names = ", ".join(head.content_codings)
        label = f"Content-encoded entity body ({names}): {message.body_length} bytes"
        if problem is BodyProblem.LIMIT:
            label += f" -> more than {decoded} bytes"
        elif problem is None:
            label += f" -> {decoded} bytes"
        else:
            label += " [Error: Decompression failed]"
        place.add(layer, label, start, length)
        if problem not in (None, BodyProblem.LIMIT):
            return
    line = place.add(layer, f"File Data: {decoded} bytes", start, length, "http.file_data")
    line.whole = lambda: _as_tshark_reads(decoded_beginning(message))
    if head.media_type in ("", _OCTETS) and decoded:
        _add_data(dissection, text, decoded, place, (start, length), lambda: decoded_beginning(message))
    elif _is_text(head.media_type):
        plain = message.framing is not Framing.CHUNKED and not head.content_codings
        _add_text_lines(dissection, head.media_type, text, decoded, place, (start, length), exact=plain)
    elif decoded:
        _name(dissection, media_name(head.media_type, _first_bytes(message)))


def add_stream_body(
    dissection: Dissection, branch: Branch, message: HttpMessage, span: tuple[int, int], place: FramePlace
) -> None:  # fmt: skip
    """Append the whole body of a message of HTTP/2, decoded; the last of it are the bytes ``span`` (offset, length)."""
    head = message.head
    media = head.media_type
    body, size = b"", message.body_length
    problem: BodyProblem | None = None
    codings = ", ".join(head.content_codings)
    if codings:
        label = f"Content-encoded entity body ({codings}): {message.body_length} bytes"
        body, size, problem = _read(message)
        if problem is BodyProblem.LIMIT:
            label += f" -> more than {size} bytes"
        elif size or problem is None:
            label += f" -> {size} bytes"
        branch = place.add(branch, label, *span)
        if problem not in (None, BodyProblem.CODING_UNKNOWN) and not size:
            note = "Body decompression failed"
            branch.expert(ExpertLevel.WARNING, "Undecoded", note, "http2.body_decompression_failed")
    is_decoded = bool(size) or problem is None
    if not is_decoded:
        size = message.body_length
    if not body:
        body = _beginning(body_of(message, decoded=is_decoded))

    def whole() -> bytes:
        return b"".join(_bounded(body_of(message, decoded=is_decoded)))

    line = place.add(branch, f"Data: {shortened(body[:_SHOWN_BYTES]) or '<MISSING>'}", *span, "http2.data.data")
    line.whole = whole
    if _has_lines(media):
        _add_text_lines(dissection, media, body, size, place, span, exact=False).whole = whole
    elif media == _OCTETS and size:
        _add_data(dissection, body, size, place, span, whole)
    elif size:
        _name(dissection, stream_media_name(media, body))


def _name(dissection: Dissection, name: str) -> None:
    if name:
        dissection.protocols.append(name)


def _as_tshark_reads(body: bytes) -> bytes:
    """The text that filters compare: up to a zero byte, with U+FFFD for each byte that is not ASCII."""
    return body.partition(b"\0")[0].decode("ascii", "replace").encode()


def decoded_beginning(message: HttpMessage) -> bytes:
    """The decoded body, or the first `LONGEST_VALUE` bytes of it and perhaps some more."""
    return b"".join(_bounded(body_of(message)))


def _first_bytes(message: HttpMessage) -> bytes:
    """The first `LEAST_IMAGE` bytes of the decoded body, or all of it."""
    found = b""
    for block in body_of(message):
        found += block[:LEAST_IMAGE]
        if len(found) >= LEAST_IMAGE:
            break
    return found


def _bounded(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The first `LONGEST_VALUE` bytes of ``blocks``, or a block more."""
    taken = 0
    for block in blocks:
        yield block
        taken += len(block)
        if taken >= LONGEST_VALUE:
            return


def _read(message: HttpMessage) -> tuple[bytes, int, BodyProblem | None]:
    """The beginning of the decoded body, its whole length, and the problem if that is not known."""
    head = message.head
    if not head.content_codings and len(head.transfer_codings) < 2:
        if not _is_text(head.media_type) and head.media_type not in ("", _OCTETS):
            return b"", message.body_length, None
        return _beginning(body_of(message, decoded=False)), message.body_length, None
    reading = body_of(message, limit=_DECODED_READ)
    parts, kept = [], 0
    for block in reading:
        if kept < _TEXT_READ:
            parts.append(block)
            kept += len(block)
    return b"".join(parts), reading.decoded, reading.problem


def _beginning(blocks: Iterable[bytes]) -> bytes:
    parts, kept = [], 0
    for block in blocks:
        parts.append(block)
        kept += len(block)
        if kept >= _TEXT_READ:
            break
    return b"".join(parts)


def _how_much(layer: Branch, message: HttpMessage) -> None:
    if message.framing is Framing.LENGTH:
        missing = sum(fault.length for fault in message.faults if fault.cut is not None)
        here, expected = message.body_length - missing, f" of {message.body_length}"
    else:
        here, expected = message.body_length, ""
    layer.concluded(f"The body is not whole: {here}{expected} bytes here")


def _chunks(layer: Branch, message: HttpMessage, place: FramePlace) -> None:
    start = message.body_start
    stop = min(message.body_end, message.direction.length)
    title = "HTTP chunked response" if message.head.is_response else "HTTP chunked request"
    group = place.add(layer, title, start, stop - start)
    window = Window(message.direction)
    walk = ChunkWalk(window, start)
    for chunk in islice(walk, _CHUNKS_SHOWN):
        title = f"Data chunk ({chunk.size} octets)"
        node = place.add(group, title, chunk.start, chunk.end - chunk.start)
        width = chunk.data_start - chunk.start
        place.add(node, f"Chunk size: {chunk.size} octets", chunk.start, width, "http.chunk_size")
        data = window.read(chunk.data_start, min(chunk.size, _SHOWN_BYTES))
        place.add(node, f"Chunk data: {shortened(data)}", chunk.data_start, chunk.size, "http.chunk_data")
        behind = chunk.data_start + chunk.size
        if chunk.end > behind:
            ending = "0d0a" if chunk.end - behind == 2 else "0a"
            place.add(node, f"Chunk boundary: {ending}", behind, chunk.end - behind, "http.chunk_boundary")
    if walk.finished:
        _last_chunk(group, message, walk.last_start, place)
    elif message.body_length and not walk.faults:
        group.concluded(f"Only the first {_CHUNKS_SHOWN} chunks are listed")
    if message.trailers:
        _trailer_part(layer, message, place)


def _trailer_part(layer: Branch, message: HttpMessage, place: FramePlace) -> None:
    """All fields behind the chunks as one value, as tshark has them, and each as a line."""
    start = message.trailers[0].start
    raw = message.direction.read(start, min(message.body_end - start, HEAD_LIMIT))
    ending = b"\r\n" if raw.endswith(b"\n\r\n") else b"\n" if raw.endswith(b"\n\n") else b""
    raw = raw.removesuffix(ending)  # the empty line
    text = raw.decode("utf-8", "replace").replace("\r", "\\r").replace("\n", "\\n")
    part = place.add(layer, f"trailer-part: {text}", start, len(raw), "http.chunked_trailer_part")
    part.whole = lambda: raw
    for trailer in message.trailers:
        add_trailer(part, trailer, place)


def _last_chunk(group: Branch, message: HttpMessage, start: int, place: FramePlace) -> None:
    node = place.add(group, "End of chunked encoding", start, message.body_end - start)
    place.add(node, "Chunk size: 0 octets", start, max(message.body_end - start - 2, 1), "http.chunk_size")
    if not message.trailers:
        place.add(group, "\\r\\n", message.body_end - 2, 2)


def _is_text(media: str) -> bool:
    """Whether a body of that media type is lines of text."""
    return media.startswith(_TEXT_TYPES) or media.endswith(_TEXT_SUFFIXES)


def _add_text_lines(
    dissection: Dissection, media: str, body: bytes, whole: int, place: FramePlace, span: tuple[int, int], *,
    exact: bool,
) -> Branch:  # fmt: skip
    """Append the body's lines as a layer of the bytes ``span`` (offset, length), and return it.

    With ``exact`` (neither chunked nor coded) each line marks its bytes in the frame.
    """
    at, length = span
    lines = body.split(b"\n")
    ends = ["\\n"] * (len(lines) - 1) + [""]
    if not lines[-1]:
        lines, ends = lines[:-1], ends[:-1]
    count = f"{len(lines)} lines" if len(body) >= whole else f"more than {len(lines)} lines"
    protocol, title = _READ_AS.get(media, _MEDIA)
    if body and protocol == _JSON[0] and len(body) >= whole and not _is_json(body):
        dissection.protocols.append(protocol)
        protocol, title = _LINES  # Wireshark tries both
    field = protocol if protocol in FIELDS else ""
    layer = place.add(dissection.parent, f"{title}: {media} ({count})", at, length, field)
    if body:
        dissection.protocols.append(protocol)
    for line, ending in list(zip(lines, ends, strict=True))[:_LINES_SHOWN]:
        text = line[: 4 * _LINE_LIMIT].decode("utf-8", "replace").replace("\t", "\\t")
        if text.endswith("\r") and ending:
            text, ending = text[:-1], "\\r" + ending
        width = len(line) + (1 if ending else 0)
        if exact:
            place.add(layer, text + ending, at, width)
        else:
            layer.add(text + ending, None, 0)
        at += width
    if len(lines) > _LINES_SHOWN:
        layer.concluded(f"{len(lines) - _LINES_SHOWN} more lines")
    return layer


def _has_lines(media: str) -> bool:
    """Whether Wireshark has a reader for the text of that media type."""
    return media in _READ_AS


def _add_data(
    dissection: Dissection, body: bytes, size: int, place: FramePlace, span: tuple[int, int],
    whole: Callable[[], bytes],
) -> None:  # fmt: skip
    """Append the ``size`` bytes of a body that nobody reads, of which ``body`` is the beginning."""
    dissection.protocols.append("data")
    layer = place.add(dissection.parent, f"Data ({size} byte{'' if size == 1 else 's'})", *span, "data")
    line = place.add(layer, f"Data: {shortened(body[:_SHOWN_BYTES])}", *span, "data.data")
    layer.whole = line.whole = whole
    layer.concluded(f"Length: {size}", "data.len")


def _is_json(body: bytes) -> bool:
    """Whether it is objects and arrays, one or more, and nothing else: as Wireshark has it."""
    text = body.decode("utf-8", "replace").strip(_BLANKS)
    if not text:
        return False
    decoder = json.JSONDecoder(strict=False)
    try:
        while text:
            if text[0] not in "[{":
                return False
            _, stop = decoder.raw_decode(text)
            text = text[stop:].lstrip(_BLANKS)
    except (ValueError, RecursionError):
        return False
    return True
