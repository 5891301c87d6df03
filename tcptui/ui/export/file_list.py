"""The list of the files that were transferred over HTTP, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import amount, fit, fit_name, grouped
from tcptui.ui.widgets.virtual_list import HEADING, MOVING_KEYS, VirtualList

if TYPE_CHECKING:
    from rich.style import Style
    from textual.binding import BindingType

    from tcptui.protocols.export.files import CarriedFile
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Widths of the columns in cells, and the widths of the list from which on host and type are shown.
_PACKET: Final = 8
_SIZE: Final = 12
_SIZE_NARROW: Final = 8
_STATUS: Final = 7
_TYPE: Final = 20
_HOST: Final = 24
_HOST_NARROW: Final = 18
_NAME_LEAST: Final = 16
_TYPE_LEAST: Final = 10
_WITH_HOST: Final = 56
_WITH_TYPE: Final = 92
#: Statuses from this one on tell that a request failed (RFC 9110, 15).
_FAILED: Final = 400
#: So many files are looked at for how wide their columns are, and so many characters of a host or type.
_MEASURED: Final = 500
_LIMIT: Final = 80


def _status(file: CarriedFile) -> str:
    """The status of a response; the method of a request."""
    return str(file.status) if file.status else safe_text(file.method, _STATUS)


def _given(width: int, needed: int, other: int, other_needs: int) -> tuple[int, int]:
    """Both columns with cells given to the first, up to what is needed, that the other one does not need."""
    more = max(0, min(needed - width, other - other_needs))
    return width + more, other - more


def _searched(file: CarriedFile) -> str:
    """The text, in lower case, in which a search looks for words."""
    return f"{file.name} {file.host} {file.uri} {file.media_type} {_status(file)}".casefold()


class FileList(VirtualList):
    """Draws `files`, which the screen passes to `show`."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "files") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, id=id)
        self.words = words
        self.files: list[CarriedFile] = []
        """Those that are listed."""
        self.found: list[CarriedFile] = []
        """All of them."""
        self._widest = (0, 0, 0)
        """Cells of the longest name, host and type."""
        self.wanted = ""
        """The words that every listed file contains, in any case."""
        self._empty_text = ""

    @property
    def empty_text(self) -> str:
        """The line that stands where no file is listed."""
        return self._empty_text

    @empty_text.setter
    def empty_text(self, text: str) -> None:
        self._empty_text = text
        self.refresh()

    def show(self, files: list[CarriedFile]) -> None:
        """Show those of ``files`` that contain what is wanted; the cursor stays at its position."""
        self.found = files
        some = files[:_MEASURED]
        self._widest = (
            max((cell_len(file.name) for file in some), default=0),
            max((cell_len(safe_text(file.host, _LIMIT)) for file in some), default=0),
            max((cell_len(safe_text(file.media_type, _LIMIT)) for file in some), default=0),
        )
        self._list()

    def narrow(self, text: str) -> None:
        """List only the files that contain every word of ``text``; the cursor stays on its file if it can."""
        chosen, self.wanted = self.chosen, text
        self._list()
        place = next((at for at, file in enumerate(self.files) if file is chosen), 0)
        if place != self.cursor:
            self.put_cursor(place)

    def _list(self) -> None:
        wanted = self.wanted.casefold().split()
        self.files = [file for file in self.found if all(word in _searched(file) for word in wanted)]
        self.set_row_count(len(self.files))
        self.refresh()

    @property
    def chosen(self) -> CarriedFile | None:
        """The file under the cursor."""
        return self.files[self.cursor] if self.cursor < len(self.files) else None

    def _widths(self, width: int) -> tuple[int, int, int, int, int]:
        """Widths of packet, size, type, host and name; 0 for a column that is left out."""
        longest, longest_host, longest_kind = (cells + 1 for cells in self._widest)
        kind = max(longest_kind, _TYPE_LEAST)
        needed = 2 + _PACKET + _SIZE + _STATUS + max(longest, _NAME_LEAST) + max(longest_host, _HOST_NARROW) + kind
        wide = width >= _WITH_TYPE or needed <= width
        size, kind = (_SIZE, _TYPE if width >= _WITH_TYPE else kind) if wide else (_SIZE_NARROW, 0)
        host = _HOST if width >= _WITH_TYPE else _HOST_NARROW if width >= _WITH_HOST else 0
        name = max(8, width - 2 - _PACKET - size - _STATUS - kind - host)
        # What name and type need not, a longer host gets; then a longer type what the name still can spare.
        if kind:
            host, kind = _given(host, longest_host, kind, max(longest_kind, _TYPE_LEAST))
        if host:
            host, name = _given(host, longest_host, name, max(longest, _NAME_LEAST))
        if kind:
            kind, name = _given(kind, longest_kind, name, max(longest, _NAME_LEAST))
            name = min(name, max(longest, _NAME_LEAST))  # what belongs together is not far apart
        return _PACKET, size, kind, host, name

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns."""
        packet, size, kind, host, name = self._widths(width)
        words, ellipsis, head = self.words, self.glyphs.ellipsis, self.palette.head
        cells = "  " + fit(words("export.column.packet"), packet - 1, ellipsis, right=True) + " "
        cells += fit(words("export.column.size"), size - 2, ellipsis, right=True) + "  "
        cells += fit(words("export.column.status"), _STATUS - 1, ellipsis) + " "
        cells += fit(words("export.column.name"), name - 1, ellipsis) + " "
        if host:
            cells += fit(words("export.column.host"), host - 1, ellipsis) + " "
        if kind:
            cells += fit(words("export.column.type"), kind, ellipsis)
        return [Segment(fit(cells, width, ""), head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One file: a warning mark when it is incomplete, packet, size, status, name, host, type."""
        file, palette, ellipsis = self.files[position], self.palette, self.glyphs.ellipsis
        packet, size, kind, host, name = self._widths(width)
        mark, style = (" ", palette.plain) if file.complete else (self.glyphs.warning, palette.warning)
        known = file.size if file.size is not None else file.sent
        text = grouped(known) if size == _SIZE else amount(known)
        if file.size is None:
            text = f"~{amount(known)}"  # the size as sent: its content coding hides the decoded size
        elif not known:
            text = self.words("export.empty")
        status_style = palette.warning if file.status >= _FAILED else palette.faint
        cells: list[tuple[str, Style]] = [
            (f"{mark} ", style),
            (fit(f"#{file.frame}", packet - 1, ellipsis, right=True) + " ", palette.faint),
            (fit(text, size - 2, ellipsis, right=True) + "  ", palette.plain),
            (fit(_status(file), _STATUS - 1, ellipsis) + " ", status_style),
            (fit_name(file.name, name - 1, ellipsis) + " ", palette.strong),
        ]
        if host:
            cells.append((fit(safe_text(file.host, _LIMIT), host - 1, ellipsis) + " ", palette.faint))
        if kind:
            cells.append((fit(safe_text(file.media_type, _LIMIT), kind, ellipsis), palette.faint))
        return [Segment(text, style) for text, style in cells]

    def paint_line(self, y: int) -> Strip:
        """A line of the list; without files, the first ones say why there are none."""
        if y >= HEADING and not self.files:
            return self.empty_line(self.empty_text, y)
        return super().paint_line(y)
