"""The header tree as it is shown: its lines without secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tcptui.model.field_rows.said import HEADER, HEADER_NAME, HEADER_VALUES, LAYERS_SAID, SAID, TITLES_SAID, Said
from tcptui.model.safe_text import safe_text
from tcptui.protocols.headers.builder import LABEL_LIMIT
from tcptui.protocols.secret_fields import cleaner_of
from tcptui.protocols.secrets_out import header_without_secrets, line_without_secrets

if TYPE_CHECKING:
    from tcptui.protocols.headers.node import Node

#: Values whose lines are no title and value, but all of what was said.
_WHOLE_LINES: Final = frozenset({Said.LINE, Said.COMMAND})
_ENDS: Final = ("\\r\\n", "\\n")
#: How the title of a layer begins that has server-sent events, which no field names.
_EVENTS: Final = "[Server-sent events"


def tree_without_secrets(root: Node) -> Node:
    """``root`` with lines that have no secret in them; the same object where there was none."""
    layers = tuple(_layer(layer) for layer in root.children)
    return root if all(map(_is_same, layers, root.children)) else replace(root, children=layers)


def _layer(layer: Node) -> Node:
    said = LAYERS_SAID.get(layer.field)
    if said is Said.HEAD:
        return _with(layer, tuple(_head_line(line) for line in layer.children))
    if layer.label.startswith(_EVENTS):
        return _with(layer, tuple(_with(_texts(event), _text_lines(event.children)) for event in layer.children))
    if said is Said.TEXT or layer.label.startswith(TITLES_SAID):
        return _with(layer, _text_lines(tuple(map(_fields, layer.children))))
    return _fields(layer)


def _is_same(one: Node, other: Node) -> bool:
    return one is other


def _with(node: Node, children: tuple[Node, ...]) -> Node:
    return node if all(map(_is_same, children, node.children)) else replace(node, children=children)


def _head_line(line: Node) -> Node:
    """A line of a head: the start line, a header field, or what is concluded of them."""
    shown = _fields(line)
    return shown if line.field or not line.is_read else _relabelled(shown, _without_end(line.label))


def _without_end(label: str) -> str:
    """A line of a head without secrets; how it ends is written out."""
    text, end = _parted(label)
    return line_without_secrets(text) + end


def _parted(label: str) -> tuple[str, str]:
    """``label`` in front of the line end that is written out at its end, and that."""
    end = next((end for end in _ENDS if label.endswith(end)), "")
    return label.removesuffix(end), end


def _fields(node: Node) -> Node:
    """``node`` and all below it, by their fields."""
    children = tuple(map(_head_line if SAID.get(node.field) is Said.HEAD else _fields, node.children))
    if node.field == HEADER:
        return _header(node, children)
    node = _with(node, children)
    clean = cleaner_of(node.field) if node.field else None
    if clean is None:
        return node
    if SAID.get(node.field) in _WHOLE_LINES:
        return _relabelled(node, _without_end(node.label))
    title, colon, value = node.label.partition(": ")
    if not colon:
        return node
    end = next((end for end in (*_ENDS, "]") if value.endswith(end)), "") if node.label[:1] == "[" or value else ""
    return _relabelled(node, f"{title}: {clean(value.removesuffix(end))}{end}")


def _header(node: Node, children: tuple[Node, ...]) -> Node:
    """A field of a header list of HTTP/2: its name says what its value is."""
    name = next((child.label.partition(": ")[2] for child in children if child.field == HEADER_NAME), "")
    shown = tuple(
        _named(child, name) if child.field in HEADER_VALUES or child.label.startswith(f"{name}: ") else child
        for child in children
    )
    title, _, said = node.label.partition(": ")
    value = said.removeprefix(f"{name}: ")
    return _relabelled(_with(node, shown), f"{title}: {name}: {header_without_secrets(name, value)}")


def _named(node: Node, name: str) -> Node:
    title, _, value = node.label.partition(": ")
    end = "]" if node.label[:1] == "[" else ""
    return _relabelled(node, f"{title}: {header_without_secrets(name, value.removesuffix(end))}{end}")


def _text_lines(lines: tuple[Node, ...]) -> tuple[Node, ...]:
    """Lines of one text, which are read together: what a line means may stand in the one before."""
    from tcptui.protocols.secret_bodies import body_without_secrets  # few trees have a body

    parted = [_parted(line.label) for line in lines]
    texts = [text for text, _ in parted]
    shown = body_without_secrets("\n".join(texts)).split("\n")
    if len(shown) != len(lines):
        shown = [body_without_secrets(text) for text in texts]
    return tuple(_relabelled(line, text + end) for line, text, (_, end) in zip(lines, shown, parted, strict=True))


def _texts(node: Node) -> Node:
    (shown,) = _text_lines((node,))
    return shown


def _relabelled(node: Node, label: str) -> Node:
    return node if label == node.label else replace(node, label=safe_text(label, LABEL_LIMIT + 1))
