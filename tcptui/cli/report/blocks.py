"""A report before it has a format: headings, paragraphs, lists and tables of plain text.

What they hold is shown as it stands; nothing in it is markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.model.finding import Severity


@dataclass(frozen=True, slots=True)
class Heading:
    """The beginning of a part; ``level`` 1 is the whole document's."""

    level: int
    text: str
    severity: Severity | None = None
    """Marked by a glyph, and in a terminal by colour."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str
    label: str = ""
    """Stands before the text and stands out."""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    """Columns that are aligned to the right."""


Block = Heading | Paragraph | Bullets | Table
