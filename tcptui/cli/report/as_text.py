"""Prints blocks as text: wrapped to the terminal's width and coloured there, plain in a pipe."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.cli.report.blocks import Block, Bullets, Command, Heading, Paragraph, Table
from tcptui.model.finding import Severity
from tcptui.words.labels import gap_after
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TextIO

    from rich.console import Console

#: Upper bound of the width of prose, in columns: from the end of longer lines the eye hardly finds back to the left.
WIDEST_PROSE: Final = 100
#: Columns where nothing says how many there are.
_WIDTH: Final = 80
_INDENT: Final = 2
_GAP: Final = 2
_GLYPHS: Final = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "·"}
_ASCII_GLYPHS: Final = {Severity.ERROR: "x", Severity.WARNING: "!", Severity.NOTE: "-"}
_STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold"}


def severity_glyph(severity: Severity, ascii_only: bool) -> str:
    """The glyph for ``severity``; colour is never the only indication."""
    return (_ASCII_GLYPHS if ascii_only else _GLYPHS)[severity]


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    style: str = ""
    """In a terminal, in rich's words; empty: none."""
    label: int = 0
    """How many characters behind the indent are bold there."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a report goes that is no terminal: a pipe or a file, for which rich, slow to import, is not needed."""

    file: TextIO
    width: int

    def print(self, line: str) -> None:
        """Write ``line``."""
        self.file.write(line + "\n")


def standard_output(environment: Mapping[str, str]) -> Console | Page:
    """Standard output, as wide as the terminal that this program was started in, or as COLUMNS says."""
    asked = environment.keys() & {"FORCE_COLOR", "TTY_COMPATIBLE"}
    if asked or sys.stdout.isatty():
        from rich.console import Console

        return Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
    columns, width = environment.get("COLUMNS", ""), 0
    if columns.isdigit():
        width = int(columns)
    for descriptor in () if width else (0, 1, 2):
        with suppress(OSError):
            width = os.get_terminal_size(descriptor).columns
            break
    return Page(sys.stdout, width or _WIDTH)


def print_document(blocks: Iterable[Block], page: Console | Page, ascii_only: bool) -> None:
    """Print ``blocks``, each as soon as the iterable yields it."""
    for block in blocks:
        for line in _lines(block, min(page.width, WIDEST_PROSE), page.width, ascii_only):
            if isinstance(page, Page):
                page.print(line.text)
            else:
                _print_styled(line, page)


def _print_styled(line: _Line, console: Console) -> None:
    from rich.text import Text

    text = Text(line.text, style=line.style)
    if line.label:
        text.stylize("bold", _INDENT, _INDENT + line.label)
    # soft_wrap=True: rich must neither crop nor pad; the lines are already wrapped to the console's width.
    console.print(text, soft_wrap=True)


def _lines(block: Block, width: int, full_width: int, ascii_only: bool) -> Iterator[_Line]:
    match block:
        case Heading():
            yield from _heading(block, width, ascii_only)
        case Paragraph():
            yield from _paragraph(block, width)
        case Bullets():
            bullet = "- " if ascii_only else "• "
            for item in block.items:
                first = True
                for line in wrap(item, width - _INDENT - len(bullet)):
                    yield _Line(" " * _INDENT + (bullet if first else "  ") + line)
                    first = False
        case Command():
            yield _Line(" " * _INDENT + block.text)
        case Table():
            yield from _table(block, full_width, ascii_only)


def _heading(block: Heading, width: int, ascii_only: bool) -> Iterator[_Line]:
    text, style = block.text, "bold"
    if block.severity is not None:
        text = f"{severity_glyph(block.severity, ascii_only)} {text}"
        style = _STYLES[block.severity]
    if block.level < 4:
        yield _Line("")
    indent = _INDENT if block.level > 3 else 0
    for line in wrap(text, width - indent):
        yield _Line(" " * indent + line, style=style)


def _paragraph(block: Paragraph, width: int) -> Iterator[_Line]:
    if block.apart:
        yield _Line("")
    lines = wrap(f"{block.label}{gap_after(block.label)}{block.text}", width - _INDENT)
    for place, line in enumerate(lines):
        labelled = place == 0 and block.label and line.startswith(block.label)
        yield _Line(" " * _INDENT + line, label=len(block.label) if labelled else 0)


def _table(block: Table, width: int, ascii_only: bool) -> Iterator[_Line]:
    rows = (block.headings, *block.rows)
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(block.headings))]
    room = width - _INDENT - _GAP * (len(widths) - 1)
    if sum(widths) > room:  # shrink the widest column; its cells are truncated
        widest = widths.index(max(widths))
        widths[widest] = max(room - (sum(widths) - widths[widest]), 8)
    for place, row in enumerate(rows):
        cells = [
            _cell(cell, size, column in block.numeric, ascii_only)
            for column, (cell, size) in enumerate(zip(row, widths, strict=True))
        ]
        yield _Line((" " * _INDENT + (" " * _GAP).join(cells)).rstrip(), style="dim" if place == 0 else "")


def _cell(text: str, width: int, right: bool, ascii_only: bool) -> str:
    text = text.replace("\u00a0", " ")
    if cell_len(text) > width:
        mark = "..." if ascii_only else "…"
        text = wrap(text, max(width - len(mark), 2))[0] + mark
    padding = " " * max(width - cell_len(text), 0)
    return padding + text if right else text + padding
