"""Layout of a block of bytes as rows of a given width, and the cells of each byte in a row."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from rich.cells import cell_len

from tcptui.model.safe_text import safe_text

_TAB: Final = 8
_OFFSET_CELLS: Final = 10
"""Cells of the offset at the left of a hex row: eight digits and two blanks."""
#: Translation table: printable ASCII as itself, anything else as a dot.
_VISIBLE: Final = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))


class RowKind(Enum):
    """What a row shows: a heading, bytes, or a gap."""

    HEAD = auto()
    DATA = auto()
    GAP = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the screen, which shows the bytes ``start … stop``, line end included."""

    kind: RowKind
    side: int
    start: int
    stop: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a row: its bytes ``start … stop``, its first cell, how many cells, what is drawn."""

    start: int
    stop: int
    cell: int
    cells: int
    shown: str


def _characters(text: str, start: int) -> list[Character]:
    """The characters of ``text`` (decoded with surrogateescape) as on one line that is not wrapped."""
    found: list[Character] = []
    offset, cell = start, 0
    for char, safe in zip(text, safe_text(text, len(text)), strict=True):
        size = 1 if char < "\x80" else len(char.encode("utf-8", "surrogateescape"))
        shown = " " * (_TAB - cell % _TAB) if char == "\t" else safe
        cells = len(shown) if char == "\t" else cell_len(safe)
        found.append(Character(offset, offset + size, cell, cells, shown))
        offset += size
        cell += cells
    return found


def _line_body(line: bytes) -> bytes:
    """A line without its end."""
    return line.removesuffix(b"\n").removesuffix(b"\r") if line.endswith(b"\n") else line


def text_rows(data: bytes, side: int, start: int, width: int) -> list[Row]:
    """``data`` as UTF-8 text, wrapped: each row is a line or a part of one, and every byte is on exactly one row."""
    rows: list[Row] = []
    width = max(width, 2)
    for line in data.splitlines(keepends=True) if b"\r" not in data else _lines(data):
        rows += _wrapped(line, side, start, width)
        start += len(line)
    return rows


def _lines(data: bytes) -> list[bytes]:
    """Lines that end with a line feed only: `bytes.splitlines` also ends them at a CR."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _wrapped(line: bytes, side: int, start: int, width: int) -> list[Row]:
    body, end = _line_body(line), start + len(line)
    text = body.decode("utf-8", "surrogateescape")
    if text.isascii() and text.isprintable():
        edges = [*range(0, max(len(text), 1), width), len(text)]
        return [
            Row(RowKind.DATA, side, start + low, end if high == len(text) else start + high, text[low:high])
            for low, high in itertools.pairwise(edges)
        ]
    rows: list[Row] = []
    parts: list[str] = []
    begin, first = start, 0
    for char in _characters(text, start):
        if parts and char.cell + char.cells - first > width:
            rows.append(Row(RowKind.DATA, side, begin, char.start, "".join(parts)))
            parts, begin, first = [], char.start, char.cell
        parts.append(char.shown)
    return [*rows, Row(RowKind.DATA, side, begin, end, "".join(parts))]


def hex_bytes(width: int) -> int:
    """Bytes of a hex row in ``width`` cells: 16, or 8 where there is no room."""
    return 16 if width >= _OFFSET_CELLS + 4 * 16 + 1 else 8


def hex_rows(data: bytes, side: int, start: int, width: int) -> list[Row]:
    """``data`` as a hex dump: offset, bytes in hexadecimal, bytes as characters."""
    count = hex_bytes(width)
    rows = []
    for at in range(0, len(data), count):
        part = data[at : at + count]
        digits = part.hex(" ").ljust(3 * count - 1)
        text = f"{start + at:08x}  {digits}  {part.translate(_VISIBLE).decode('ascii')}"
        rows.append(Row(RowKind.DATA, side, start + at, start + at + len(part), text))
    return rows


def text_cells(row: Row, data: bytes) -> list[Character]:
    """The characters of a text row whose bytes are ``data``; a line end counts as the cell behind the text."""
    body = _line_body(data)
    found = _characters(body.decode("utf-8", "surrogateescape"), row.start)
    if len(body) < len(data):
        cell = found[-1].cell + found[-1].cells if found else 0
        found.append(Character(row.start + len(body), row.stop, cell, 1, " "))
    return found


def hex_cells(row: Row, width: int) -> list[Character]:
    """The bytes of a hex row; their cells are those of their hexadecimal digits."""
    count = hex_bytes(width)
    return [
        Character(row.start + at, row.start + at + 1, _OFFSET_CELLS + 3 * at, 2, "")
        for at in range(min(row.stop - row.start, count))
    ]


def hex_character_cell(index: int, width: int) -> int:
    """The cell of byte ``index`` of a hex row in its character column."""
    return _OFFSET_CELLS + 3 * hex_bytes(width) + 1 + index
