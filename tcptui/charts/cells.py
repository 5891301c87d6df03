"""A chart in terminal cells: lines in braille dots, marks as letters, nothing left out.

In ASCII a cell has one dot, and each line a character of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.charts.marks import SPEC_OF, Mark, Shape
from tcptui.charts.raster import Grid, Viewport, bars, dots, lines, steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.charts.chart import Chart, Layer

#: Dots of a cell in braille (Unicode 16.0, block 2800).
BRAILLE_COLUMNS: Final = 2
BRAILLE_ROWS: Final = 4
_BRAILLE: Final = 0x2800
_BITS: Final = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint32)
_BLANK: Final = ord(" ")
#: A letter whose cell another one has moves to the nearest of these neighbours that is free: rows, columns.
_NEIGHBOURS: Final = ((0, 1), (0, -1), (-1, 0), (1, 0), (-1, 1), (-1, -1), (1, 1), (1, -1), (0, 2), (0, -2))


@dataclass(frozen=True, slots=True)
class Cells:
    """``height`` × ``width`` characters, each with its `Ink`."""

    characters: NDArray[np.uint32]
    inks: NDArray[np.uint8]

    def lines(self) -> list[str]:
        """The rows as text."""
        return ["".join(map(chr, row)) for row in self.characters.tolist()]


def full_view(
    chart: Chart, begin_ns: int | None = None, end_ns: int | None = None, *, is_log: bool = False
) -> Viewport:
    """The viewport on a stretch of time, by default the whole, that has all its values."""
    begin = chart.begin_ns if begin_ns is None else begin_ns
    end = chart.end_ns if end_ns is None else end_ns
    low, high = chart.value_range(begin, end)
    least = chart.least_positive(begin, end) if is_log else 0
    return Viewport(begin, end, least, high, is_log=True) if 0 < least < high else Viewport(begin, end, low, high)


def cell_grid(view: Viewport, width: int, height: int) -> Grid:
    """The grid with one dot a cell."""
    return Grid(view, width, height)


def draw(chart: Chart, view: Viewport, width: int, height: int, *, ascii_only: bool = False) -> Cells:
    """The part of ``chart`` in ``view``; cells in which nothing is are blank."""
    cells = cell_grid(view, width, height)
    fine = cells if ascii_only else Grid(view, width * BRAILLE_COLUMNS, height * BRAILLE_ROWS)
    characters = np.full((height, width), _BLANK, np.uint32)
    inks = np.zeros((height, width), np.uint8)
    bits = np.zeros((height, width), np.uint32)
    lettered: list[tuple[Layer, NDArray[np.bool_]]] = []
    beneath: list[tuple[Layer, NDArray[np.bool_]]] = []
    for layer in chart.layers:
        spec = SPEC_OF[layer.mark]
        if spec.shape is Shape.LETTERS:
            if layer.mark not in (Mark.CONGESTION, Mark.DOUBTFUL_RTT):
                _add_dots(bars(layer, fine), bits, inks, spec.ink, characters, ord(spec.plain), ascii_only=ascii_only)
            lettered.append((layer, dots_of(layer, cells)))
        elif spec.shape is Shape.SIGNS:
            beneath.append((layer, dots_of(layer, cells)))
        elif spec.shape is Shape.BLOCKS:
            lettered.append((layer, _blocks(layer, cells)))
        else:
            drawn = _drawn(layer, fine, spec.shape, dotted=spec.is_dotted and not ascii_only)
            _add_dots(drawn, bits, inks, spec.ink, characters, ord(spec.plain), ascii_only=ascii_only)
    if not ascii_only:
        characters = np.where(bits > 0, bits + _BRAILLE, _BLANK).astype(np.uint32)
    _put_letters(lettered, characters, inks, ascii_only=ascii_only)
    for layer, wanted in beneath:
        spec, mine = SPEC_OF[layer.mark], wanted & (characters == _BLANK)
        characters[mine], inks[mine] = ord(spec.plain if ascii_only else spec.letter), spec.ink
    return Cells(characters, inks)


def _drawn(layer: Layer, grid: Grid, shape: Shape, *, dotted: bool) -> NDArray[np.bool_]:
    if shape is Shape.BARS:
        return bars(layer, grid)
    return steps(layer, grid, dotted=dotted) if shape is Shape.STEPS else dots(layer, grid)


def _add_dots(
    drawn: NDArray[np.bool_], bits: NDArray[np.uint32], inks: NDArray[np.uint8], ink: int,
    characters: NDArray[np.uint32], plain: int, *, ascii_only: bool,
) -> None:  # fmt: skip
    height, width = bits.shape
    if ascii_only:
        characters[drawn] = plain
        inks[drawn] = ink
        return
    shaped = drawn.reshape(height, BRAILLE_ROWS, width, BRAILLE_COLUMNS)
    mine = (shaped * _BITS[None, :, None, :]).sum(axis=(1, 3), dtype=np.uint32)
    bits |= mine
    inks[mine > 0] = ink


def dots_of(layer: Layer, grid: Grid) -> NDArray[np.bool_]:
    """The cells in which letters of ``layer`` belong: in the middle of what they stand for."""
    part = layer.between(grid.view.begin_ns, grid.view.end_ns)
    found = np.zeros((grid.rows, grid.columns), np.bool_)
    middle = layer.low[part] + (layer.high[part] - layer.low[part]) // 2
    rows = grid.rows_of(middle)
    columns = grid.columns_of(layer.time_ns[part])
    # A mark is never left out: what is above or below the picture stands at its border.
    found[np.clip(rows, 0, grid.rows - 1), columns] = True
    return found


def _blocks(layer: Layer, grid: Grid) -> NDArray[np.bool_]:
    """The cells that the blocks of ``layer`` touch."""
    part = layer.between(grid.view.begin_ns, grid.view.end_ns)
    return lines(grid.columns_of(layer.time_ns[part]), layer.high[part], layer.low[part], grid)


def _put_letters(
    lettered: list[tuple[Layer, NDArray[np.bool_]]], characters: NDArray[np.uint32], inks: NDArray[np.uint8], *,
    ascii_only: bool,
) -> None:  # fmt: skip
    """Put letters into their cells, the most telling first; where a cell has one already, beside it."""
    taken = np.zeros(characters.shape, np.bool_)
    for layer, wanted in reversed(lettered):
        spec = SPEC_OF[layer.mark]
        mine = wanted & ~taken
        if spec.shape is Shape.LETTERS:
            for beside in _beside(wanted & taken, taken | mine):
                mine |= beside
        taken |= mine
        characters[mine] = ord(spec.plain if ascii_only else spec.letter)
        inks[mine] = spec.ink


def _beside(crowded: NDArray[np.bool_], taken: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Free cells next to the ``crowded`` ones, one for each as long as there are some."""
    found: list[NDArray[np.bool_]] = []
    taken = taken.copy()
    for down, right in _NEIGHBOURS:
        if not crowded.any():
            break
        rows, columns = np.nonzero(crowded)
        to_rows, to_columns = rows + down, columns + right
        inside = (to_rows >= 0) & (to_rows < taken.shape[0]) & (to_columns >= 0) & (to_columns < taken.shape[1])
        inside[inside] = ~taken[to_rows[inside], to_columns[inside]]
        moved = np.zeros(taken.shape, np.bool_)
        moved[to_rows[inside], to_columns[inside]] = True
        taken |= moved
        crowded = crowded.copy()
        crowded[rows[inside], columns[inside]] = False
        found.append(moved)
    return found
