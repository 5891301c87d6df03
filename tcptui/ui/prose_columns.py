"""Blocks of `prose` in two columns, where a page is wide enough for both."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.ui.prose import BlankLine, Block, Entry, Heading, Line, Paragraph, Span, Verbatim, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: A page of at least so many cells has two columns: that of a terminal of 120.
TWO_COLUMNS: Final = 116
_GAP: Final = 4
#: So many lines more are taken into account rather than parting a group of blocks.
_PARTING: Final = 6


@dataclass(frozen=True, slots=True)
class Columns:
    """Two columns beside each other; what is in the left one is read first."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]
    left_width: int = 0
    """Cells of the left column; 0: half of the page."""

    def lines(self, width: int) -> Iterable[Line]:
        """Both in ``width`` cells."""
        each = self.left_width or column_width(width)
        others = lay_out(self.right, width - each - _GAP)[0]
        for left, right in zip_longest(lay_out(self.left, each)[0], others, fillvalue=()):
            if not right:
                yield left
                continue
            missing = each - sum(cell_len(span.text) for span in left)
            yield (*left, Span(" " * (max(0, missing) + _GAP)), *right)


@dataclass(frozen=True, slots=True)
class Beside:
    """Two parts, each below its heading: in two columns where they fit, else one below the other."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]

    def lines(self, width: int) -> Iterable[Line]:
        """Both in ``width`` cells."""
        if width >= TWO_COLUMNS:
            return Columns(self.left, self.right).lines(width)
        return lay_out((*self.left, BlankLine(), *self.right), width)[0]


def column_width(width: int) -> int:
    """The width of each of two columns on a page of ``width`` cells."""
    return (width - _GAP) // 2


def halved(blocks: Sequence[Block], width: int) -> Columns:
    """``blocks`` in two columns as high as each other, on a page of ``width`` cells; parted between groups if it fits.

    Groups are blocks with a blank line between them; a paragraph that introduces a list goes with it.
    """
    each = column_width(width)
    heights = [sum(1 for _ in block.lines(each)) for block in blocks]
    whole, above = sum(heights), 0
    best: tuple[int, int] | None = None
    for at, block in enumerate(blocks):
        between = at > 0 and isinstance(blocks[at - 1], BlankLine) and not _is_introduced(blocks, at)
        inside = at > 0 and isinstance(block, Entry) and isinstance(blocks[at - 1], Entry)
        if between or inside:
            cost = max(above, whole - above) + (0 if between else _PARTING)
            if best is None or cost < best[0]:
                best = cost, at
        above += heights[at]
    at = len(blocks) if best is None else best[1]
    return Columns(tuple(blocks[:at]), tuple(blocks[at:]))


def _is_introduced(blocks: Sequence[Block], at: int) -> bool:
    """Whether the list that begins at ``at`` is what the paragraph above the blank line speaks of."""
    return 1 < at < len(blocks) and isinstance(blocks[at], Entry) and isinstance(blocks[at - 2], Paragraph)


def diagram_beside_table(blocks: Sequence[Block], width: int) -> list[Block]:
    """``blocks``, of which the last lines that are drawn are a table, with the table right of what is above it.

    The paragraph before the table goes with it, what is below the table goes to the left; where the drawn lines of both
    do not fit into ``width`` cells, all stays as it is.
    """
    drawn = [at for at, block in enumerate(blocks) if isinstance(block, Verbatim)]
    begin = end = drawn[-1] + 1
    while isinstance(blocks[begin - 1], Verbatim):
        begin -= 1
    above = next(at for at in range(begin - 1, -1, -1) if not isinstance(blocks[at], BlankLine))
    left, right = (*blocks[:above], *blocks[end + 1 :]), (*blocks[above:end],)
    widths = [max(block.width for block in part if isinstance(block, Verbatim)) for part in (left, right)]
    if sum(widths) + _GAP > width:
        return list(blocks)
    return [Columns(left, right, min(max(widths[0], column_width(width)), width - widths[1] - _GAP))]


def standing_alone(blocks: Sequence[Block]) -> list[list[Block]]:
    """``blocks`` in groups, parted where blank lines are; a paragraph that introduces a list is in one with it."""
    groups: list[list[Block]] = [[]]
    for at, block in enumerate(blocks):
        if isinstance(block, BlankLine) and not _is_introduced(blocks, at + 1):
            groups.append([])
        else:
            groups[-1].append(block)
    return groups


def grouped_at_blanks(blocks: Iterable[Block]) -> list[list[Block]]:
    """``blocks`` in groups, parted where blank lines are."""
    groups: list[list[Block]] = [[]]
    for block in blocks:
        if isinstance(block, BlankLine):
            groups.append([])
        else:
            groups[-1].append(block)
    return groups


def paired(blocks: Sequence[Block]) -> list[Block]:
    """Groups of ``blocks``, two beside each other in each row: for lists longer than a page."""
    groups = grouped_at_blanks(blocks)
    rows: list[Block] = []
    groups += [[]] * (len(groups) % 2)
    for left, right in zip(groups[::2], groups[1::2], strict=True):
        rows += [Columns(tuple(left), tuple(right)), BlankLine()]
    return rows[:-1]


def sections(blocks: Iterable[Block]) -> list[tuple[Heading | None, list[Block]]]:
    """``blocks`` by their headings, each with what stands below it up to the next one."""
    found: list[tuple[Heading | None, list[Block]]] = []
    for block in blocks:
        if isinstance(block, Heading):
            found.append((block, []))
        elif found:
            found[-1][1].append(block)
        else:
            found.append((None, [block]))
    return found
