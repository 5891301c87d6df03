"""A header, whose fields are read by their names: where they stand, and how, the registry knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from tcptui.protocols.headers.field_line import field_line

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch, FieldBranch
    from tcptui.protocols.headers.frame_bytes import FrameBytes


class Header(NamedTuple):
    """The header that begins at ``start``; its fields become lines below ``node``.

    Reading a field raises as `FrameBytes.take`.  ``at``: where it begins, if the registry has no `Place` for it;
    ``size``: how many bytes, if its type does not say so; ``text``, ``note``: as `Branch.put`.
    """

    node: Branch
    source: FrameBytes
    start: int

    def field(
        self, name: str, at: int | None = None, size: int = 0, *, below: Branch | None = None, text: str | None = None,
        note: str = "",
    ) -> FieldBranch:  # fmt: skip
        """Append the field ``name`` to the header's lines, or to those ``below`` one of them, and return its line."""
        line = field_line(name)
        at, size = self.start + line.offset if at is None else at, size or line.size
        value = line.value(self.source.take(at, size))
        return (self.node if below is None else below).put(name, value, at, size, text=text, note=note)

    def number(self, name: str, at: int | None = None, size: int = 0) -> int:
        """Append a field as `field` does, and return the number that it is."""
        return cast("int", self.field(name, at, size).value)

    def octets(self, name: str, at: int | None = None, size: int = 0) -> bytes:
        """Append a field as `field` does, and return the bytes that it is."""
        return cast("bytes", self.field(name, at, size).value)
