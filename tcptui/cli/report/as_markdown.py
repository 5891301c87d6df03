"""Writes blocks as Markdown (CommonMark with tables); text from a capture is escaped, never markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.report.blocks import Block, Bullets, Command, Heading, Paragraph, Table
from tcptui.model.finding import Severity
from tcptui.words.labels import gap_after
from tcptui.words.markdown_escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GLYPHS: Final = {Severity.ERROR: "✗ ", Severity.WARNING: "! ", Severity.NOTE: "", None: ""}


def markdown(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the Markdown document made of ``blocks``, in pieces."""
    for place, block in enumerate(blocks):
        if place:
            yield "\n"
        match block:
            case Heading():
                # A heading cannot hold a line break.
                text = escape(block.text.replace("\n", " "))
                yield f"{'#' * block.level} {_GLYPHS[block.severity]}{text}\n"
            case Paragraph():
                label = f"**{escape(block.label)}**{gap_after(block.label)}" if block.label else ""
                yield label + escape(block.text).replace("\n", "  \n") + "\n"
            case Bullets():
                for item in block.items:
                    yield "- " + escape(item).replace("\n", " ") + "\n"
            case Command():
                yield f"```sh\n{block.text}\n```\n"
            case Table():
                yield _row(block.headings)
                marks = ("--:" if column in block.numeric else "---" for column in range(len(block.headings)))
                yield "| " + " | ".join(marks) + " |\n"
                for row in block.rows:
                    yield _row(row)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(escape(cell).replace("\n", " ") for cell in cells) + " |\n"
