"""Prints paragraphs that are set in: of reports about several captures."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Final

from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WIDTH: Final = 100
_LEAST: Final = 40
_INDENT: Final = "  "


def indented(paragraphs: Iterable[tuple[int, str]], *, ascii_only: bool) -> Iterator[str]:
    """Lines, each with its end; of each of ``paragraphs`` how far it is set in, and its text: empty is a blank line.

    As wide as the terminal, or 100 columns where there is none.
    """
    width = max(_LEAST, shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else _WIDTH)
    for depth, text in paragraphs:
        shown = text.replace("→", "->").replace("…", "...") if ascii_only else text
        margin = _INDENT * depth if text else ""
        for number, line in enumerate(wrap(shown, width - len(margin) - len(_INDENT)) or [""]):
            yield f"{margin}{_INDENT if number else ''}{line}\n"
