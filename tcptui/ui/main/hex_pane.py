"""The bytes of one packet, with those of the selected field marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from tcptui.ui.widgets.painted_lines import PaintedLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual import events

#: Translation table: printable ASCII as itself, anything else as a dot, so that no byte reaches the terminal raw.
_VISIBLE: Final = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))
_OFFSET: Final = 6
"""Cells of the offset and its blanks."""


#: Bytes of a line, the most that is usual first.
_COUNTS: Final = (16, 8, 4)


def fits_whole_line(width: int) -> bool:
    """Whether a line of ``width`` cells holds as many bytes as is usual."""
    return bytes_per_line(width) == _COUNTS[0]


def bytes_per_line(width: int) -> int:
    """The most bytes, a power of two up to 16, whose digits and characters fit in ``width`` cells."""
    for count in _COUNTS:
        if _OFFSET + 4 * count + 1 <= width:
            return count
    return 2


class HexPane(PaintedLines, can_focus=False):
    """A hex dump of one packet."""

    @dataclass
    class ByteClicked(Message):
        """A byte was clicked."""

        pane: HexPane
        offset: int

        @property
        def control(self) -> HexPane:
            """The pane, for selectors."""
            return self.pane

    def __init__(self, *, id: str = "hex") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.data = b""
        self._start = 0
        self._end = 0
        self._found = b""
        """For each byte the number of the search that has found it, else 0."""

    @property
    def _count(self) -> int:
        return bytes_per_line(self.scrollable_content_region.width)

    def show(self, data: bytes, found: Sequence[tuple[int, int, int]] = ()) -> None:
        """Show ``data`` with nothing marked; ``found`` (offset, length, number of a search) is coloured."""
        coloured = bytearray(len(data))
        for start, length, number in found:
            coloured[start : start + length] = bytes([number]) * len(coloured[start : start + length])
        if data == self.data and coloured == self._found:
            return
        self._found = bytes(coloured)
        if data == self.data:
            self.refresh()
            return
        self.data = data
        self._start = self._end = 0
        self._set_lines()
        self.refresh()

    def lines_in(self, width: int) -> int:
        """How many lines the bytes take in a pane of ``width`` cells."""
        return -(-len(self.data) // bytes_per_line(width - 1))

    def _set_lines(self) -> None:
        lines = -(-len(self.data) // self._count)
        self.set_line_count(lines)

    def on_resize(self) -> None:
        """Lay out again: the number of bytes per line may have changed."""
        self._set_lines()
        self.refresh()

    def mark(self, start: int, length: int) -> None:
        """Mark ``length`` bytes from ``start`` on (0: none) and scroll to them."""
        if (start, start + length) == (self._start, self._end):
            return
        self._start, self._end = start, start + length
        if length:
            self.show_byte(start, start + length - 1)
        self.refresh()

    def show_byte(self, offset: int, last: int = -1) -> None:
        """Scroll so that the byte at ``offset`` can be seen, and the one at ``last`` if that is possible, too."""
        count, height = self._count, self.size.height
        line, top = offset // count, self.scroll_offset.y
        if height and (not top <= line < top + height or last // count >= top + height > line + 1):
            self.scroll_to(y=max(0, line - 1), animate=False, immediate=True)

    def on_click(self, event: events.Click) -> None:
        """Post `ByteClicked` for the byte under the pointer."""
        count, place = self._count, event.get_content_offset(self)
        if place is None:  # on the border
            return
        column = place.x - _OFFSET
        if column < 0:
            return
        index = min(column // 3, count - 1) if column < 3 * count + 1 else column - 3 * count - 1
        offset = (self.scroll_offset.y + place.y) * count + index
        if index < count and offset < len(self.data):
            self.post_message(self.ByteClicked(self, offset))

    def paint_line(self, y: int) -> Strip:
        """One line of the dump: offset, bytes in hexadecimal, characters."""
        width, count, palette = self.scrollable_content_region.width, self._count, self.palette
        start = (self.scroll_offset.y + y) * count
        chunk = self.data[start : start + count]
        if not chunk:
            return Strip.blank(width, palette.plain)
        cells = [Segment(f"{start:04x}".ljust(_OFFSET), palette.faint)]
        low, high = max(0, self._start - start), min(len(chunk), self._end - start)
        digits, characters = [f"{byte:02x}" for byte in chunk], chunk.translate(_VISIBLE).decode("ascii")
        found = self._found[start : start + count]
        cells += self._parts(digits, low, high, " ", 3 * count + 1, found)
        cells += self._parts(list(characters), low, high, "", count, found)
        return Strip(cells).adjust_cell_length(width, palette.plain)

    def _parts(
        self, pieces: list[str], low: int, high: int, between: str, width: int, found: bytes
    ) -> list[Segment]:  # fmt: skip
        """``pieces`` joined by ``between``, to ``width``: marked from ``low`` to ``high``, coloured if ``found``."""
        plain: Style = self.palette.plain
        if any(found):
            return self._coloured(pieces, low, high, between, width, found)
        if low >= high:
            return [Segment(between.join(pieces).ljust(width), plain)]
        before = "".join(piece + between for piece in pieces[:low])
        marked = between.join(pieces[low:high])
        after = between + between.join(pieces[high:])
        rest = width - len(before) - len(marked)
        return [
            Segment(before, plain),
            Segment(marked, plain + self.palette.field),
            Segment(after.ljust(rest)[:rest], plain),
        ]

    def _coloured(
        self, pieces: list[str], low: int, high: int, between: str, width: int, found: bytes
    ) -> list[Segment]:  # fmt: skip
        plain, palette = self.palette.plain, self.palette
        segments = []
        for at, piece in enumerate(pieces):
            style = plain + palette.field if low <= at < high else plain
            if found[at]:  # over the field's: its text can be read on no other background
                style += palette.hit(found[at])
            segments.append(Segment(piece, style))
            joined = at + 1 < len(pieces)
            segments.append(
                Segment(between if joined else "", style if joined and found[at] == found[at + 1] else plain)
            )
        return [*segments, Segment(" " * (width - sum(len(segment.text) for segment in segments)), plain)]
