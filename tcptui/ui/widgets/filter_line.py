"""The lines below the prompt that tell about the display filter: what is wrong and where, or what it did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from tcptui.ui.cell_text import fit
from tcptui.ui.widgets.painted_lines import PaletteMixin
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

    from tcptui.ui.theme import Glyphs, Palette

#: Lines at most, and on a terminal of less height than `_TALL`.
_MOST: Final = 4
_FEW: Final = 3
_TALL: Final = 22
_MARGIN: Final = 1
#: Least cells for a message beside the mark; else it stands below.
_BESIDE: Final = 24


class Voice(Enum):
    """How a sentence is drawn; the value is the style's name in a `Palette`."""

    WRONG = "error"
    OFFER = "key"
    WARN = "warning"
    TELL = "plain"
    QUIET = "faint"

    def style(self, palette: Palette) -> Style:
        """Its style in these colours."""
        style: Style = getattr(palette, self.value)
        return style


@dataclass(frozen=True, slots=True)
class Saying:
    """One sentence, or a few."""

    text: str
    voice: Voice = Voice.TELL


@dataclass(frozen=True, slots=True)
class Pointer:
    """The wrong word in the line above, in cells; before the line's beginning it is out of sight."""

    begin: int
    length: int


Line = tuple[Saying, ...]


def laid_out(
    sayings: Sequence[Saying], pointer: Pointer | None, width: int, most: int, ellipsis: str
) -> list[Line]:  # fmt: skip
    """``sayings`` in at most ``most`` lines of ``width`` cells: after one another, the first behind the mark."""
    lines: list[Line] = []
    rest = [saying for saying in sayings if saying.text]
    mark = _mark(pointer, width)
    if mark is not None:
        room = width - cell_len(mark.text) - 1
        if most > 1 and (not rest or room < min(_BESIDE, cell_len(rest[0].text))):
            lines.append((mark,))
        elif rest and cell_len(rest[0].text) <= room:
            first = rest.pop(0)
            lines.append((mark, Saying(" ", first.voice), first))
        elif most > 1:
            lines.append((mark,))
    # Those that fit beside one another share a line.
    for saying in rest:
        text = " " * _MARGIN + saying.text
        used = sum(cell_len(part.text) for part in lines[-1]) if lines else width
        if used + 1 + cell_len(text) <= width:
            lines[-1] = (*lines[-1], Saying(" " + text, saying.voice))
            continue
        lines += [(Saying(" " * _MARGIN + part, saying.voice),) for part in wrap(saying.text, width - 2 * _MARGIN)]
    if len(lines) > most:
        *before, last = lines[most - 1]
        room = width - sum(cell_len(part.text) for part in before)
        longer = f"{last.text} {ellipsis}"
        lines[most - 1 :] = [(*before, Saying(fit(longer, min(room, cell_len(longer)), ellipsis), last.voice))]
    return lines


def _mark(pointer: Pointer | None, width: int) -> Saying | None:
    """Carets under the wrong word; None where it is out of sight."""
    if pointer is None or pointer.begin + pointer.length <= 0 or pointer.begin >= width:
        return None
    begin = max(0, pointer.begin)
    end = min(pointer.begin + max(1, pointer.length), width)
    return Saying(" " * begin + "^" * (end - begin), Voice.WRONG)


class FilterLine(PaletteMixin):
    """As high as what it says, and hidden while that is nothing."""

    ALLOW_SELECT = False
    can_focus = False

    def __init__(self, glyphs: Glyphs, *, id: str = "filter-line") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs
        self._said: tuple[tuple[Saying, ...], Pointer | None, int | None] = ((), None, None)
        self._lines: list[Line] = []

    @property
    def text(self) -> str:
        """All that is said, one sentence a line."""
        return "\n".join(saying.text for saying in self._said[0])

    def show(self, sayings: Sequence[Saying], pointer: Pointer | None = None, most: int | None = None) -> None:
        """Say ``sayings``, with a mark at ``pointer``, in ``most`` lines (None: as many as there is room for)."""
        said = (tuple(sayings), pointer, most)
        if said != self._said:
            self._said = said
            self._arrange(*self.app.size)

    def rearrange(self, width: int, height: int) -> None:
        """Say the same on a terminal of another size."""
        self._arrange(width, height)

    def _arrange(self, width: int, height: int) -> None:
        sayings, pointer, most = self._said
        most = most or (_MOST if height >= _TALL else _FEW)
        self._lines = laid_out(sayings, pointer, width, most, self.glyphs.ellipsis)
        self.set_class(bool(self._lines), "-shown")
        if self.styles.height is None or self.styles.height.value != len(self._lines):
            self.styles.height = len(self._lines)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line."""
        width, plain = self.size.width, self.palette.plain
        if y >= len(self._lines):
            return Strip.blank(width, plain)
        segments = [Segment(part.text, part.voice.style(self.palette)) for part in self._lines[y]]
        return Strip(segments).adjust_cell_length(width, plain)
