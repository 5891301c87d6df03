"""A header tree as text, to compare with what Wireshark exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.protocols.headers.node import Node

#: One level in Wireshark's "Export packet dissections as plain text".
_INDENT = " " * 4


def tree_text(root: Node) -> str:
    """All layers of ``root`` as Wireshark exports them: one line a node, four spaces a level."""
    lines: list[str] = []
    for layer in root.children:
        _append_lines(layer, 0, lines)
    return "\n".join(lines) + "\n" if lines else ""


def _append_lines(node: Node, depth: int, lines: list[str]) -> None:
    lines.append(_INDENT * depth + node.label)
    for child in node.children:
        _append_lines(child, depth + 1, lines)
