"""HTTP as tshark 4.0.17 has its fields: the header tree follows a later Wireshark."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tcptui.protocols.headers.node import Node
from tcptui.session.filtering.tree_values import HEADER_FIELDS, bytes_of_node

_LINES: Final = ("http.request.line", "http.response.line")
_URI, _FOR_URI = "http.request.full_uri", "http.response_for.uri"


def as_tshark(layer: Node, data: bytes) -> Node:
    """The layer of one message, with a request or response line for each header field; a response has one URI."""
    is_response = any(child.field == "http.response.version" for line in layer.children[:1] for child in line.children)
    line_field = _LINES[is_response]
    full = next((child for child in layer.children if child.field == _URI), None) if is_response else None
    children: list[Node] = []
    for child in layer.children:
        if child.field in HEADER_FIELDS or child.field in _LINES:
            if child.field in HEADER_FIELDS:
                children.append(child)
            children.append(_line(child, line_field, data))
        elif child is full:
            children.append(replace(child, field=_FOR_URI))
        elif child.field != _FOR_URI or full is None:
            children.append(child)
    return replace(layer, children=tuple(children))


def _line(header: Node, line_field: str, data: bytes) -> Node:
    raw = bytes_of_node(header, data)
    text = header.label.removesuffix("\\n").removesuffix("\\r").encode() + b"\r\n" if raw is None else raw
    return Node(header.label, header.start, header.length, (), line_field, whole=lambda: text, part=header.part)
