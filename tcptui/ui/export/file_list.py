"""The list of the files that were transferred over HTTP, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual.strip import Strip

from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import amount, fit, grouped
from tcptui.ui.widgets.virtual_list import HEADING, MOVING_KEYS, VirtualList

if TYPE_CHECKING:
    from rich.style import Style
    from textual.binding import BindingType

    from tcptui.protocols.export.collect import CarriedFile
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Widths of the columns in cells, and the widths of the list from which on the type and the host are shown.
_PACKET: Final = 8
_SIZE: Final = 12
_SIZE_NARROW: Final = 6
_TYPE: Final = 20
_HOST: Final = 24
_NARROW: Final = 60
_WITH_HOST: Final = 84


class FileList(VirtualList):
    """Draws `files`, which the screen passes to `show`."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "files") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, id=id)
        self.words = words
        self.files: list[CarriedFile] = []
        self.empty_text = ""

    def show(self, files: list[CarriedFile]) -> None:
        """Show ``files``; the cursor stays at its position."""
        self.files = files
        self.set_row_count(len(files))
        self.refresh()

    @property
    def chosen(self) -> CarriedFile | None:
        """The file under the cursor."""
        return self.files[self.cursor] if self.cursor < len(self.files) else None

    def _widths(self, width: int) -> tuple[int, int, int, int, int]:
        """Widths of packet, size, type, host and name; 0 for a column that is left out."""
        size = _SIZE if width >= _NARROW else _SIZE_NARROW
        kind = _TYPE if width >= _NARROW else 0
        host = _HOST if width >= _WITH_HOST else 0
        return _PACKET, size, kind, host, max(8, width - 2 - _PACKET - size - kind - host)

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns."""
        packet, size, kind, host, name = self._widths(width)
        words, ellipsis, head = self.words, self.glyphs.ellipsis, self.palette.head
        cells = "  " + fit(words("export.column.packet"), packet - 1, ellipsis, right=True) + " "
        cells += fit(words("export.column.size"), size - 2, ellipsis, right=True) + "  "
        cells += fit(words("export.column.name"), name - 1, ellipsis) + " "
        if kind:
            cells += fit(words("export.column.type"), kind - 1, ellipsis) + " "
        if host:
            cells += fit(words("export.column.host"), host, ellipsis)
        return [Segment(fit(cells, width, ""), head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One file: a warning mark when it is incomplete, packet, size, name, type, host."""
        file, palette, ellipsis = self.files[position], self.palette, self.glyphs.ellipsis
        packet, size, kind, host, name = self._widths(width)
        mark, style = (" ", palette.plain) if file.complete else (self.glyphs.warning, palette.warning)
        known = file.size if file.size is not None else file.sent
        text = grouped(known) if size == _SIZE else amount(known)
        if file.size is None:
            text = f"~{amount(known)}"  # the size as sent: its content coding hides the decoded size
        cells: list[tuple[str, Style]] = [
            (f"{mark} ", style),
            (fit(f"#{file.frame}", packet - 1, ellipsis, right=True) + " ", palette.faint),
            (fit(text, size - 2, ellipsis, right=True) + "  ", palette.plain),
            (fit(file.name, name - 1, ellipsis) + " ", palette.strong),
        ]
        if kind:
            cells.append((fit(safe_text(file.media_type, 80), kind - 1, ellipsis) + " ", palette.faint))
        if host:
            cells.append((fit(safe_text(file.host, 80), host, ellipsis), palette.faint))
        return [Segment(text, style) for text, style in cells]

    def paint_line(self, y: int) -> Strip:
        """A line of the list; without files, the first one says why there are none."""
        if y == HEADING and not self.files:
            width = self.scrollable_content_region.width
            return Strip([Segment(fit(f"  {self.empty_text}", width, self.glyphs.ellipsis), self.palette.faint)])
        return super().paint_line(y)
