"""Text laid out in lines of cells: paragraphs, headings and two-column entries.

A block has its text and the names of its styles (fields of `theme.Palette`), never
colours, so the same page serves every theme, and the lines can be tested as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from rich.cells import cell_len

from tcptui.ui.cell_text import fit
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: An entry with fewer cells than this beside its term puts its text below the term.
_NARROWEST_TEXT: Final = 24


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one style; ``link`` is the target of a click on it, empty for none."""

    text: str
    style: str = "plain"
    link: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Wrapped text; ``lead`` comes before it in a style of its own."""

    text: str
    style: str = "plain"
    lead: str = ""
    lead_style: str = "strong"
    indent: int = 0

    def lines(self, width: int) -> Iterable[Line]:
        """The paragraph in lines of at most ``width`` cells."""
        margin = (Span(" " * self.indent),) if self.indent else ()
        wrapped = wrap(self.lead + self.text, width - self.indent)
        left = len(self.lead)
        for line in wrapped:
            head, tail = line[:left], line[left:]
            # The blank at which a line is broken is on neither line.
            left = max(0, left - len(line) - 1)
            spans = (Span(head, self.lead_style), Span(tail, self.style))
            yield margin + tuple(span for span in spans if span.text)


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section, with a rule to the margin; ``anchor`` names it as a jump target."""

    text: str
    anchor: str = ""
    rule: str = "─"

    def lines(self, width: int) -> Iterable[Line]:
        """The heading as one line of ``width`` cells."""
        rest = width - cell_len(self.text) - 1
        yield (Span(self.text, "head"), Span(" " + self.rule * max(rest, 0), "faint"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A term in the left column and its text in the right one."""

    term: str
    text: str
    column: int
    """Width of the term's column in cells, the gap behind it included."""
    style: str = "strong"
    text_style: str = "plain"
    link: str = ""

    def lines(self, width: int) -> Iterable[Line]:
        """The entry in lines; the text goes below the term where there is no room beside it."""
        if width - self.column < _NARROWEST_TEXT:
            yield (Span(self.term, self.style, self.link),)
            yield from Paragraph(self.text, self.text_style, indent=2).lines(width)
            return
        first = True
        term = self.term
        if cell_len(term) >= self.column:
            yield (Span(term, self.style, self.link),)
            first = False
        for line in wrap(self.text, width - self.column):
            margin = Span(fit(term, self.column), self.style, self.link) if first else Span(" " * self.column)
            yield (margin, Span(line, self.text_style))
            first = False


@dataclass(frozen=True, slots=True)
class Verbatim:
    """One line that is not wrapped: what does not fit is cut."""

    spans: Line

    @property
    def width(self) -> int:
        """The cells of the line."""
        return sum(cell_len(span.text) for span in self.spans)

    def lines(self, width: int) -> Iterable[Line]:  # noqa: ARG002 - the same for every block
        """The line."""
        yield self.spans


@dataclass(frozen=True, slots=True)
class BlankLine:
    """An empty line."""

    def lines(self, width: int) -> Iterable[Line]:  # noqa: ARG002 - the same for every block
        """The line."""
        yield ()


class Block(Protocol):
    """A part of a page."""

    def lines(self, width: int) -> Iterable[Line]:
        """It in lines of at most ``width`` cells."""


def lay_out(blocks: Sequence[Block], width: int) -> tuple[list[Line], list[int]]:
    """All lines of ``blocks`` and, for each block, the index of its first line."""
    lines: list[Line] = []
    starts: list[int] = []
    for block in blocks:
        starts.append(len(lines))
        lines.extend(block.lines(width))
    return lines, starts


def text_of(lines: Iterable[Line]) -> list[str]:
    """The lines without their styles."""
    return ["".join(span.text for span in line) for line in lines]


def column_for(terms: Iterable[str], gap: int = 2, most: int = 30) -> int:
    """Width in cells of a column for ``terms``: the widest of them and the gap, at most ``most``."""
    return min(max((cell_len(term) for term in terms), default=0), most - gap) + gap
