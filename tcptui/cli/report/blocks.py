"""The parts of a report, independent of its output format: headings, paragraphs, lists and tables of plain text.

Their text is displayed literally; nothing in it is markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.model.finding import Severity


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` 1 is the title of the whole document."""

    level: int
    text: str
    severity: Severity | None = None
    """Shown as a glyph, and in a terminal as a colour; None: neither."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text."""

    text: str
    label: str = ""
    """A label before the text, in bold; empty: none."""
    apart: bool = False
    """Whether a blank line sets it apart from what is above it."""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A bulleted list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: rows of cells below column headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    """Indexes of the columns that are right-aligned."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command for a shell, on one line however long that is: it is there to be copied."""

    text: str


Block = Heading | Paragraph | Bullets | Table | Command
