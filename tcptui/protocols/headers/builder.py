"""Tree nodes under construction: lines that were read are kept when the bytes end early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from tcptui.model.safe_text import safe_text
from tcptui.protocols.headers.field_line import field_line, label_of
from tcptui.protocols.headers.node import ExpertLevel, Node, Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.headers.field_line import FieldLine
    from tcptui.protocols.headers.node import Value

#: Labels are one line on a screen; longer ones are cut as Wireshark cuts them.
LABEL_LIMIT = 240


@dataclass(frozen=True, slots=True)
class Joined:
    """A datagram that was put together from IP fragments, and where the frame on screen has some of its bytes."""

    datagram: bytes
    low: int = 0
    high: int = 0
    """The frame has the bytes from ``low`` to ``high``; the same where it has none …"""
    place: int = 0
    """… from this offset on."""

    def part(self, start: int, length: int) -> Part:
        """The bytes at ``start``, as far as there are any."""
        start = min(start, len(self.datagram))
        return Part(self.datagram, start, max(0, min(length, len(self.datagram) - start)))

    def in_frame(self, part: Part) -> tuple[int | None, int]:
        """Offset in the frame and length of those bytes of ``part`` that it has; None where it has none."""
        low, high = max(part.start, self.low), min(part.end, self.high)
        return (self.place + low - self.low, high - low) if low < high else (None, 0)


class Kept(NamedTuple):
    """The lines of a tree that somebody wants, by their fields."""

    names: frozenset[str]
    whole: frozenset[str]
    """Those of which all below is wanted, too."""


class Branch:
    """A mutable node under construction; `freeze` makes the immutable `Node`."""

    __slots__ = ("_children", "_severity", "field", "joined", "label", "length", "start", "target", "whole", "within")
    is_bare: ClassVar[bool] = False
    """Whether lines below it are dropped."""
    value: Value | None = None
    """See `Node.value`."""

    def __init__(self, label: str, start: int | None = None, length: int = 0, field: str = "") -> None:
        self.label = label
        self.start = start
        self.length = length
        self.field = field
        self.target = 0
        """The frame that the line links to; 0 for none."""
        self.whole: Callable[[], bytes] | None = None
        """See `Node.whole`."""
        self.joined: Joined | None = None
        """What ``start`` counts in, where that is not the frame."""
        self.within: Joined | None = None
        """The same for lines that are added below from now on."""
        self._severity: ExpertLevel | None = None
        self._children: list[Branch] = []

    def add(self, label: str, start: int | None = None, length: int = 0, field: str = "") -> Branch:
        """Append a line read from the bytes at ``start`` and return it."""
        child = Branch(label, start, length, field)
        child.joined = child.within = self.within
        self._children.append(child)
        return child

    def put(
        self, name: str, value: Value, start: int | None = None, length: int = 0, *, text: str | None = None,
        note: str = "",
    ) -> FieldBranch:  # fmt: skip
        """Append the line of the field ``name``, which is ``value``, and return it.

        It was read from the bytes at ``start``; None: it is generated.  ``text``: what it says behind its title if not
        what the registry of fields makes of the value; ``note``: what follows that.
        """
        child = FieldBranch(field_line(name), value, start, length)
        child.text, child.note, child.is_generated = text, note, start is None
        if not self.is_bare:
            self.append(child)
        return child

    def append(self, child: Branch) -> None:
        """Append a line, or a layer, that was made already."""
        child.joined = child.within = self.within
        self._children.append(child)

    def insert_first(self, child: Branch) -> None:
        """Insert a line before all others."""
        self._children.insert(0, child)

    def concluded(self, text: str, field: str = "") -> Branch:
        """Append a generated line, which was not read from the frame, in brackets as Wireshark does, and return it."""
        return self.add(f"[{text}]", field=field)

    def expert(self, level: ExpertLevel, group: str, message: str, field: str = "") -> Branch:
        """Append an expert note in Wireshark's form: its headline and the three lines below."""
        note = self.concluded(f"Expert Info ({level.title}/{group}): {message}", "_ws.expert")
        note._severity = level
        note.concluded(message, field)
        note.concluded(f"Severity level: {level.title}", "_ws.expert.severity")
        note.concluded(f"Group: {group}", "_ws.expert.group")
        return note

    def freeze(self, captured: int, kept: Kept | None = None) -> Node:
        """The finished, immutable node; every label passes `safe_text` here and nowhere else.

        Ranges are cut to the ``captured`` bytes of the frame.  ``kept``: lines that are wanted; others may be missing.
        """
        return self._frozen(captured, kept, self._frozen_children(captured, kept))

    def _frozen_children(self, captured: int, kept: Kept | None) -> tuple[Node, ...]:
        if kept is None or self.field in kept.whole:
            return tuple(child.freeze(captured) for child in self._children)
        found: list[Node] = []
        for child in self._children:
            below = child._frozen_children(captured, kept) if child._children else ()
            if below or child.field in kept.names:
                found.append(child._frozen(captured, kept, below))
        return tuple(found)

    def _frozen(self, captured: int, kept: Kept | None, children: tuple[Node, ...]) -> Node:
        if kept is None or (self.field in kept.names and self.value is None):
            label = safe_text(self.label, LABEL_LIMIT + 1)
            if len(label) > LABEL_LIMIT:
                label = label[:LABEL_LIMIT] + "…"
        else:
            label = ""  # it is there for those below it, or for its value
        start, length = self.start, self.length
        part: Part | None = None
        if start is not None and self.joined is not None:
            part = self.joined.part(start, length)
            start, length = self.joined.in_frame(part)
        elif start is not None:
            start = min(start, captured)
            length = max(0, min(length, captured - start))
        return Node(
            label, start, length, children, self.field, self._severity, self.target, self.whole, part, self.value
        )


class FieldBranch(Branch):
    """The line of a field that was read: it has a value, and its label is drawn when somebody looks."""

    __slots__ = ("_label", "is_generated", "line", "note", "text", "title", "value")

    def __init__(self, line: FieldLine, value: Value, start: int | None = None, length: int = 0) -> None:
        super().__init__("", start, length, line.field.name)
        self.line = line
        self.value: Value = value
        self.title = line.title
        self.text: str | None = None
        """What the label says behind its title if not what the registry makes of `value`."""
        self.note = ""
        """What follows that."""
        self.is_generated = False
        """Whether it was not read from bytes: it stands in brackets, as in Wireshark."""

    @property
    def label(self) -> str:
        """The line as Wireshark writes it."""
        if self._label:
            return self._label
        label = label_of(self.line, self.value, self.title, self.text, self.note)
        return f"[{label}]" if self.is_generated else label

    @label.setter
    def label(self, label: str) -> None:
        self._label = label


class BareBranch(Branch):
    """A node of whose lines below nobody will ask for any: they are dropped."""

    __slots__ = ()
    is_bare: ClassVar[bool] = True

    def add(self, label: str, start: int | None = None, length: int = 0, field: str = "") -> Branch:  # noqa: ARG002
        """A line that belongs to nothing, and whose lines do not either."""
        return _NOWHERE


class _Nowhere(BareBranch):
    """Stands for every line that is dropped: nothing is kept of what is made of it, and nobody reads it."""

    __slots__ = ()

    def append(self, child: Branch) -> None:
        """Drop ``child``."""

    def insert_first(self, child: Branch) -> None:
        """Drop ``child``."""


_NOWHERE: Final = _Nowhere("")
