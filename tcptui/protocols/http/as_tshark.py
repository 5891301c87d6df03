"""HTTP as tshark 4.0.17 has its fields, for filters: the header tree follows a later Wireshark."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tcptui.model.field import Text
from tcptui.model.fields import FIELDS
from tcptui.protocols.headers.builder import Branch
from tcptui.protocols.headers.field_line import seconds_text
from tcptui.protocols.headers.node import ExpertLevel, Node
from tcptui.protocols.http.http_stream import HttpStream
from tcptui.protocols.http2.http2_stream import Http2Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.http.tshark_pairs import Pair

_LINES: Final = ("http.request.line", "http.response.line")
_URI, _FOR_URI = "http.request.full_uri", "http.response_for.uri"
#: What the tree says of request and response, whose pairs are others than tshark's.
_PAIRED: Final = frozenset({"http.request_in", "http.response_in", "http.time"})
#: The note that tshark has for each start line, which would say on the screen what stands there.
_CHAT: Final = Branch("").expert(ExpertLevel.CHAT, "Sequence", "True", "http.chat").freeze(0)


def as_tshark_has(application: ApplicationStream | None, frame: int) -> Callable[[Node, bytes], Node]:
    """What makes of the layer of a message in ``frame`` what tshark has; where it is no HTTP, it pairs nothing."""
    layers = () if application is None else application.layers
    spoken = (one.opening.http if isinstance(one, Http2Stream) else one for one in layers)
    each = [one for one in spoken if isinstance(one, HttpStream)]
    pair = next((found for one in each if (found := one.tshark_pairs.get(frame)) is not None), None)
    return partial(_as_tshark, pair=pair)


def _as_tshark(layer: Node, data: bytes, pair: Pair | None) -> Node:
    """The layer of one message, with a request or response line for each header field; a response has one URI."""
    started = {child.field for line in layer.children[:1] for child in line.children}
    is_response = "http.response.version" in started
    line_field = _LINES[is_response]
    full = next((child for child in layer.children if child.field == _URI), None) if is_response else None
    children: list[Node] = []
    for child in layer.children:
        is_header = child.field in FIELDS and FIELDS[child.field].text is Text.BEHIND_COLON
        if is_header or child.field in _LINES:
            if is_header:
                children.append(child)
            children.append(_line(child, line_field, data))
        elif child is full:
            children.append(replace(child, field=_FOR_URI))
        elif (child.field != _FOR_URI or full is None) and (pair is None or child.field not in _PAIRED):
            children.append(child)
    if is_response or "http.request.method" in started:
        kind = "response" if is_response else "request"
        children.insert(0, _CHAT)
        children.append(_flag(f"http.{kind}"))
        if pair is not None:
            children.append(Node(f"Number: {pair.number}", None, 0, (), f"http.{kind}_number"))
            children += _links(pair, is_response=is_response)
    return replace(layer, children=tuple(children))


def _flag(field: str) -> Node:
    return Node("True", None, 0, (), field)


def _links(pair: Pair, *, is_response: bool) -> Iterator[Node]:
    """The other frames that the one of ``pair`` links to."""
    if is_response and pair.request is not None and pair.response is not None:
        since = seconds_text(pair.response.shown_ns - pair.request.shown_ns)
        yield Node(f"Time since request: {since} seconds", None, 0, (), "http.time")
    for other, name in ((pair.before, "prev_"), (pair, ""), (pair.behind, "next_")):
        if other is None:
            continue
        if other.request is not None and (is_response or other is not pair):
            yield _link(f"http.{name}request_in", other.request)
        if other.response is not None and is_response == (other is not pair):
            yield _link(f"http.{name}response_in", other.response)


def _link(field: str, message: HttpMessage) -> Node:
    return Node(f"Frame: {message.shown_frame}", None, 0, (), field, target=message.shown_frame)


def _line(header: Node, line_field: str, data: bytes) -> Node:
    raw = header.bytes_in(data)
    text = header.label.removesuffix("\\n").removesuffix("\\r").encode() + b"\r\n" if raw is None else raw
    return Node(header.label, header.start, header.length, (), line_field, whole=lambda: text, part=header.part)
