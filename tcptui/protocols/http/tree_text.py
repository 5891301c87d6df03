"""Bodies of text in the header tree, line by line, as what Wireshark reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tcptui.model.fields import FIELDS
from tcptui.protocols.headers.data import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace

#: Media types whose body is shown as lines of text.
_TEXT_TYPES: Final = (
    "text/",
    "application/json",
    "application/javascript",
    "application/x-javascript",
    "application/xml",
)
#: The media type of bytes that nobody reads.
OCTETS: Final = "application/octet-stream"
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
_SHOWN_BYTES: Final = 40
_BLANKS: Final = " \t\r\n"
#: Least characters shown of a longer line: four times as many bytes are decoded, as UTF-8 may need.
_LINE_LIMIT: Final = 200


def is_text(media: str) -> bool:
    """Whether a body of that media type is lines of text."""
    return media.startswith(_TEXT_TYPES) or media.endswith(_TEXT_SUFFIXES)


def add_text_lines(
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


def has_lines(media: str) -> bool:
    """Whether Wireshark has a reader for the text of that media type."""
    return media in _READ_AS


def add_data(
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
