"""The last filter of ASCII mode: characters one cell wide that are not ASCII are replaced before they are drawn.

Our own glyphs have ASCII forms already (`theme.ASCII`); this replaces the rest: Textual's
borders and scroll bars, typographic quotes in our sentences, letters of packets.
Characters two cells wide stay: a user who asked for a Chinese screen can see them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter

from tcptui.model.ascii_signs import ASCII_SIGNS

if TYPE_CHECKING:
    from textual.color import Color

_BOXES: Final = range(0x2500, 0x2580)
_BLOCKS: Final = range(0x2580, 0x25A0)
_CONTROL_PICTURES: Final = range(0x2400, 0x2440)


def _plain(char: str) -> str:
    code = ord(char)
    if code < 0x80:
        return char
    known = ASCII_SIGNS.get(code)
    if known is not None:
        return known
    if code in _BOXES:
        return "+"
    if code in _BLOCKS:
        return " "  # the fractions at the ends of a scroll bar
    if code in _CONTROL_PICTURES:
        return "^"
    cells = cell_len(char)
    return char if cells > 1 else "?" * cells


@lru_cache(maxsize=4096)
def without_narrow_non_ascii(text: str) -> str:
    """``text`` with each non-ASCII character of less than two cells replaced; its width in cells is the same."""
    return text if text.isascii() else "".join(map(_plain, text))


class AsciiFilter(LineFilter):
    """Applies `without_narrow_non_ascii` to every line that is drawn."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - LineFilter's
        """The segments with their text in ASCII."""
        return [Segment(without_narrow_non_ascii(text), style, control) for text, style, control in segments]
