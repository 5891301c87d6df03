"""A copy of the terminal's contents, cell by cell, so that only the cells that changed are sent.

Textual sends whole rows of a pane that was refreshed; when one number of a list has changed, nearly all of those
cells are on the terminal already.  On a slow link, sending only the difference is much faster.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, get_character_cell_size
from rich.control import Control
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.style import Style

#: A character (with its combining characters) and its style; the right half of a wide one has no text.
Cell = tuple[str, "Style | None"]
_UNKNOWN: Final[Cell] = ("\0", None)
#: A run of at most this many unchanged cells between changed ones is sent too: skipping it would cost more bytes (a
#: move of the cursor, the colours once more).
_GAP: Final = 6
#: LRU size: texts of which the cells are cached, those of two screens.  While packets come there are ever new ones, and
#: cells take fifty times the memory of their text.
_CACHE_SIZE: Final = 1024


class _Changed(CompositorUpdate):
    """Runs of cells to be sent."""

    def __init__(self, runs: list[tuple[int, int, Strip]]) -> None:
        self._runs = runs

    def render_segments(self, console: Console) -> str:
        """The escape sequences and text to send."""
        move_to = Control.move_to
        return "".join(move_to(x, y).segment.text + strip.render(console) for x, y, strip in self._runs)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for x, y, strip in self._runs:
            yield Control.move_to(x, y).segment
            yield from strip


class CellDiff:
    """Keeps what was sent; `changed` reduces an update to the cells that differ from it."""

    def __init__(self) -> None:
        self._rows: list[list[Cell]] = []

    def forget(self) -> None:
        """Forget the terminal's contents: it was resized, or another program wrote on it."""
        self._rows = []

    def changed(self, update: CompositorUpdate) -> CompositorUpdate | None:
        """The part of ``update`` that differs from the terminal's contents, which counts as sent; None for none.

        An update of an unknown type is returned whole, and the contents are forgotten.
        """
        if isinstance(update, ChopsUpdate):
            pieces = _chops(update)
        elif isinstance(update, LayoutUpdate):
            pieces = _layout(update)
        else:
            self.forget()
            return update
        runs = [run for x, y, strip in pieces for run in self._place(x, y, strip)]
        return _Changed(runs) if runs else None

    def _place(self, x: int, y: int, strip: Strip) -> Iterator[tuple[int, int, Strip]]:
        while len(self._rows) <= y:
            self._rows.append([])
        row = self._rows[y]
        new = [cell for segment in strip for cell in _cells(segment.text, segment.style)]
        end = x + len(new)
        if len(row) < end:
            row.extend([_UNKNOWN] * (end - len(row)))
        old = row[x:end]
        if old == new:
            return
        row[x:end] = new
        # Overwriting half of a wide character removes all of it; what the other half shows depends on the terminal.
        if end < len(row) and not row[end][0]:
            row[end] = _UNKNOWN
        if x and not old[0][0]:
            row[x - 1] = _UNKNOWN
        for first, stop in _runs(old, new):
            yield x + first, y, _strip(new[first:stop])


@lru_cache(maxsize=_CACHE_SIZE)
def _cells(text: str, style: Style | None) -> tuple[Cell, ...]:
    if text.isascii():
        return tuple((char, style) for char in text)
    widths = [get_character_cell_size(char) for char in text]
    size = cell_len(text)
    if sum(widths) != size or not widths[0]:  # characters that only together make one glyph
        return ((text, style), *[("", style)] * (size - 1))
    cells: list[Cell] = []
    for char, width in zip(text, widths, strict=True):
        if width:
            cells.append((char, style))
            cells.extend([("", style)] * (width - 1))
        else:
            base = len(cells) - 1 if cells[-1][0] else len(cells) - 2
            cells[base] = (cells[base][0] + char, style)
    return tuple(cells)


def _runs(old: list[Cell], new: list[Cell]) -> Iterator[tuple[int, int]]:
    """Runs (first, stop) of cells in which ``new`` differs, small gaps filled; never splitting a wide character."""
    differing = [place for place, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]]
    first = last = differing[0]
    for place in differing[1:]:
        if place - last > _GAP:
            yield _whole(new, first, last)
            first = place
        last = place
    yield _whole(new, first, last)


def _whole(cells: list[Cell], first: int, last: int) -> tuple[int, int]:
    while first and not cells[first][0]:
        first -= 1
    while last + 1 < len(cells) and not cells[last + 1][0]:
        last += 1
    return first, last + 1


def _strip(cells: list[Cell]) -> Strip:
    grouped = groupby(cells, key=lambda cell: cell[1])
    return Strip([Segment("".join(text for text, _ in group), style) for style, group in grouped], len(cells))


def _layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


def _chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """The strips within the spans of the update as (x, y, strip), cropped as Textual crops them."""
    for y, x1, x2 in update.spans:
        line: Iterable[tuple[int, Strip | None]] = update.chops[y].items()
        for end, (x, strip) in zip(update.chop_ends[y], line, strict=False):
            if strip is None or x > x2 or end <= x1:
                continue
            yield x, y, strip if end <= x2 else strip.crop(0, x2 - x)
