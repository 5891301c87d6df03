"""Blocks of `prose` in two columns, where a page is wide enough for both."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.ui.prose import BlankLine, Block, Entry, Heading, Line, Span, lay_out

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

    def lines(self, width: int) -> Iterable[Line]:
        """Both in ``width`` cells."""
        each = column_width(width)
        for left, right in zip_longest(lay_out(self.left, each)[0], lay_out(self.right, each)[0], fillvalue=()):
            if not right:
                yield left
                continue
            missing = each - sum(cell_len(span.text) for span in left)
            yield (*left, Span(" " * (max(0, missing) + _GAP)), *right)


def column_width(width: int) -> int:
    """The width of each of two columns on a page of ``width`` cells."""
    return (width - _GAP) // 2


def halved(blocks: Sequence[Block], width: int) -> Columns:
    """``blocks`` in two columns as high as each other, on a page of ``width`` cells; parted between groups if it fits.

    Groups are blocks with a blank line between them.
    """
    each = column_width(width)
    heights = [sum(1 for _ in block.lines(each)) for block in blocks]
    whole, above = sum(heights), 0
    best: tuple[int, int] | None = None
    for at, block in enumerate(blocks):
        between = at > 0 and isinstance(blocks[at - 1], BlankLine)
        inside = at > 0 and isinstance(block, Entry) and isinstance(blocks[at - 1], Entry)
        if between or inside:
            cost = max(above, whole - above) + (0 if between else _PARTING)
            if best is None or cost < best[0]:
                best = cost, at
        above += heights[at]
    at = len(blocks) if best is None else best[1]
    return Columns(tuple(blocks[:at]), tuple(blocks[at:]))


def paired(blocks: Sequence[Block]) -> list[Block]:
    """Groups of ``blocks``, two beside each other in each row: for lists longer than a page."""
    groups: list[list[Block]] = [[]]
    for block in blocks:
        if isinstance(block, BlankLine):
            groups.append([])
        else:
            groups[-1].append(block)
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
