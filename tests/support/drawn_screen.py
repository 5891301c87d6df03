"""A terminal that draws: what stands on the screen after the bytes that came so far."""

from __future__ import annotations

import codecs
import re
from typing import Final

from rich.cells import get_character_cell_size

_SEQUENCE: Final = re.compile(r"\x1b\[([0-9;]*)H|\x1b\[[0-9;?<>=$]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[^\[\]]|\n|\r")
#: The beginning of something of which the rest is still to come.
_PARTIAL: Final = re.compile(r"\x1b(\[[0-9;?<>=$]*|\][^\x07]{0,4000})?\Z")
CURSOR_POSITION_QUERY: Final = b"\x1b[6n"
ANSWER: Final = b"\x1b[1;1R"


class DrawnScreen:
    """Understands the moves and the text that the program sends; passes over colours, and over what is too long."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self._rows = [[" "] * columns for _ in range(rows)]
        self._x = self._y = 0
        self._rest = ""
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def feed(self, data: bytes) -> None:
        """Draw ``data``."""
        text = self._rest + self._decode(data)
        partial = _PARTIAL.search(text)
        self._rest = partial.group() if partial else ""
        text = text[: len(text) - len(self._rest)]
        at = 0
        for found in _SEQUENCE.finditer(text):
            self._put(text[at : found.start()])
            at = found.end()
            if found.group() == "\n":
                self._x, self._y = 0, min(self._y + 1, len(self._rows) - 1)
            elif found.group(1) is not None:
                row, column = (int(part or 1) for part in (found.group(1) + ";").split(";")[:2])
                self._y, self._x = min(row, len(self._rows)) - 1, column - 1
        self._put(text[at:])

    def _put(self, text: str) -> None:
        row = self._rows[self._y]
        for char in text:
            width = get_character_cell_size(char)
            if not width and self._x:
                row[min(self._x, self.columns) - 1] += char
            for place in range(width):
                if self._x < self.columns:
                    row[self._x] = "" if place else char
                self._x += 1

    @property
    def lines(self) -> list[str]:
        """What stands in each row."""
        return ["".join(row) for row in self._rows]

    @property
    def text(self) -> str:
        """All rows."""
        return "\n".join(self.lines)
