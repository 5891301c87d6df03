"""The finished header tree: immutable nodes with the byte range of the frame that they describe."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as beside
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Value = int | bytes | str
#: First characters of a line that draws single bits.
_BIT_DRAWING: Final = (".", "0", "1")


class ExpertLevel(IntEnum):
    """Wireshark's severity of an expert note, lowest first."""

    COMMENT = 1
    CHAT = 2
    NOTE = 3
    WARNING = 4
    ERROR = 5

    @property
    def title(self) -> str:
        """The word that Wireshark prints: ``"Note"``."""
        return self.name.capitalize()


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a datagram that was put together from IP fragments: those of one line."""

    datagram: bytes
    start: int
    length: int

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree and the lines below it.

    ``start`` and ``length`` are the bytes of the frame that the line was read from; ``start`` is
    None for a generated line, which was not read from the frame (Wireshark puts such lines in
    brackets), and for one that was read from an earlier fragment.  ``label`` is safe to print.
    ``field`` is a field name of `tcptui.model.fields`, or empty where Wireshark has no field for
    such a line.  ``severity`` is set on expert notes only.
    """

    label: str
    start: int | None = None
    length: int = 0
    children: tuple[Node, ...] = ()
    field: str = ""
    severity: ExpertLevel | None = None
    target: int = 0
    """The frame that the line links to: one that it names, or the one that has its bytes; 0 for none."""
    whole: Callable[[], bytes] | None = beside(default=None, compare=False, repr=False)
    """The line's bytes where the frame has not all of them: for filters, as no screen shows so many."""
    part: Part | None = beside(default=None, compare=False, repr=False)
    """The line's bytes where it was read from a datagram in fragments, of which the frame has only some."""
    value: Value | None = beside(default=None, compare=False, repr=False)
    """What the field is: a number, a text, or bytes (of addresses, too); None: the line was put together by hand."""

    @property
    def is_read(self) -> bool:
        """Whether the line was read from bytes, not generated."""
        return self.start is not None or self.part is not None

    @property
    def end(self) -> int:
        """The offset behind the last byte; 0 for a line that has no bytes."""
        return 0 if self.start is None else self.start + self.length

    def bytes_in(self, data: bytes) -> bytes | None:
        """The bytes that the line was read from, in the frame ``data``; None for one that was not."""
        if self.whole is not None:
            return self.whole()
        if self.part is not None:
            return self.part.datagram[self.part.start : self.part.end]
        return None if self.start is None else data[self.start : self.end]

    def covers(self, offset: int) -> bool:
        """Whether the byte at ``offset`` belongs to this line."""
        return self.start is not None and self.start <= offset < self.end

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()


def path_at(root: Node, offset: int) -> tuple[int, ...]:
    """Child indices from ``root`` to the field that covers the byte at ``offset``.

    Empty when nothing covers it.  The frame layer covers every byte, so it is chosen only
    when no other layer does.  Of several fields that share the byte the shortest is
    chosen, and of equally long ones the first; a flags field is not split into its bits.
    """
    layers = [
        (layer.field == "frame", layer.length, index)
        for index, layer in enumerate(root.children)
        if layer.covers(offset)
    ]
    if not layers:
        return ()
    path: tuple[int, ...] = (min(layers)[-1],)
    node = root.children[path[0]]
    while True:
        fields = [
            (child.length, index)
            for index, child in enumerate(node.children)
            if child.covers(offset)
            and (len(path) == 1 or child.length < node.length)
            and not _is_inner_bit(child, path)
        ]
        if not fields:
            return path
        path = (*path, min(fields)[-1])
        node = node.children[path[-1]]


def _is_inner_bit(node: Node, path: tuple[int, ...]) -> bool:
    return len(path) > 1 and node.label[:1] in _BIT_DRAWING and " = " in node.label


def node_at(root: Node, path: tuple[int, ...]) -> Node:
    """The node that ``path`` (as `path_at` gives it) leads to; ``root`` for an empty path."""
    node = root
    for index in path:
        node = node.children[index]
    return node
