"""Writes blocks as Markdown (CommonMark with tables); text from a capture is escaped, never markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.cli.report.blocks import Block, Bullets, Heading, Paragraph, Table
from tcptui.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Characters with a meaning in Markdown wherever they are.
_ACTIVE: Final = re.compile(r"([\\`*_{}\[\]<>|~#&$])")
#: What would begin a list, a heading or a block quote at the beginning of a line.
_OPENING: Final = re.compile(r"^(\s*)([-+=>]|\d+(?=[.)](?:\s|$)))", re.MULTILINE)
#: Parts of bare URLs and mail addresses, which GitHub's Markdown would turn into links.
_LINK: Final = re.compile(r"(?i)\b(https?|ftp)://|\bwww\.|@")
_GLYPHS: Final = {Severity.ERROR: "✗ ", Severity.WARNING: "! ", Severity.NOTE: "", None: ""}


def escape(text: str) -> str:
    """Escape ``text``, so that Markdown displays it literally."""
    text = _ACTIVE.sub(r"\\\1", text.lstrip(" ").replace("\u00a0", " "))  # four spaces would be a code block
    text = _LINK.sub(_disarm, text)
    return _OPENING.sub(_escape_opening, text)


def _disarm(match: re.Match[str]) -> str:
    found = match[0]
    if found == "@":
        return "&#64;"
    return found.replace(":", "&#58;").replace(".", "&#46;")


def _escape_opening(match: re.Match[str]) -> str:
    blank, sign = match[1], match[2]
    # After a number, escape the dot or parenthesis that makes it a list item: a backslash before a digit is displayed.
    return f"{blank}\\{sign}" if not sign.isdigit() else f"{blank}{sign}\\"


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
                label = f"**{escape(block.label)}** " if block.label else ""
                yield label + escape(block.text).replace("\n", "  \n") + "\n"
            case Bullets():
                for item in block.items:
                    yield "- " + escape(item).replace("\n", " ") + "\n"
            case Table():
                yield _row(block.headings)
                marks = ("--:" if column in block.numeric else "---" for column in range(len(block.headings)))
                yield "| " + " | ".join(marks) + " |\n"
                for row in block.rows:
                    yield _row(row)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(escape(cell).replace("\n", " ") for cell in cells) + " |\n"
