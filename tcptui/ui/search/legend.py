"""The line that says which number and colour belong to which search, and which of them `n` and `N` follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import fit, grouped
from tcptui.ui.widgets.painted_lines import PaletteMixin

if TYPE_CHECKING:
    from tcptui.ui.search.highlights import Highlights
    from tcptui.ui.theme import Glyphs

#: Cells of a search beside its text: number, blanks, the sign of the one that is followed.
_AROUND: Final = 7
#: Cells of a text, at least: where there is less room, the last ones are cut.
_LEAST: Final = 6


class Legend(PaletteMixin):
    """One line; hidden while no search is kept."""

    DEFAULT_CSS = """
    Legend { height: 1; width: 1fr; background: $background; display: none; }
    Legend.-shown { display: block; }
    """
    ALLOW_SELECT = False
    can_focus = False

    def __init__(self, glyphs: Glyphs, keys: str = "") -> None:
        """``keys``: what is said at the end of the line, where there is room."""
        super().__init__(id="legend")
        self.glyphs = glyphs
        self._keys = keys
        self._shown: tuple[tuple[int, str, bool], ...] = ()
        """Of each search its number, its text with how often it was found, and whether it is in front."""

    @property
    def text(self) -> str:
        """All that it says."""
        return "  ".join(f"{self._sign(in_front)}{number} {text}" for number, text, in_front in self._shown)

    def show(self, highlights: Highlights, in_front: int) -> None:
        """Show the searches of ``highlights``, with a sign at the number ``in_front``."""
        shown = tuple(
            (number, f"{safe_text(results.text)} ({grouped(len(results.hits))})", number == in_front)
            for number, results in highlights.kept.items()
        )
        if shown != self._shown:
            self._shown = shown
            self.set_class(bool(shown), "-shown")
            self.refresh()

    def _sign(self, in_front: bool) -> str:
        return self.glyphs.cursor if in_front else " "

    def render_line(self, _y: int) -> Strip:
        """The line."""
        width, palette = self.size.width, self.palette
        room = max(_LEAST, width // max(1, len(self._shown)) - _AROUND)
        wanted = sum(cell_len(text) + _AROUND for _, text, _ in self._shown)
        cells = []
        for number, text, in_front in self._shown:
            size = cell_len(text) if wanted <= width else min(cell_len(text), room)
            cells += [
                Segment(self._sign(in_front), palette.strong),
                Segment(f" {number} ", palette.plain + palette.hit(number)),
                Segment(f" {fit(text, size, self.glyphs.ellipsis)}  ", palette.strong if in_front else palette.plain),
            ]
        if wanted + cell_len(self._keys) <= width:
            cells.append(Segment(self._keys, palette.faint))
        return Strip(cells).adjust_cell_length(width, palette.plain)
