"""Lines of prose in a given number of terminal cells, English and Chinese."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len

#: From here on characters are East Asian: a line may be broken beside each of them.
_FIRST_WIDE: Final = 0x2E80
#: Punctuation that may not begin a line, and that may not end one (GB/T 15834).
_NOT_FIRST: Final = frozenset("，。、；：？！）】》」』”’…—·%,.;:?!)]}")
_NOT_LAST: Final = frozenset("（【《「『“‘([{")


def _pieces(text: str) -> list[str]:
    """What belongs together on a line: words with the blank after them, single wide characters."""
    pieces: list[str] = []
    glued = False
    for char in text:
        breakable = bool(pieces) and not glued
        if breakable and char not in _NOT_FIRST and char != " ":
            before = pieces[-1][-1]
            breakable = before == " " or ord(char) >= _FIRST_WIDE or ord(before) >= _FIRST_WIDE
        else:
            breakable = False
        if breakable or not pieces:
            pieces.append(char)
        else:
            pieces[-1] += char
        glued = char in _NOT_LAST
    return pieces


def _chop(piece: str, width: int) -> list[str]:
    """``piece`` in parts of at most ``width`` cells: one word may be longer than a line."""
    parts = [""]
    for char in piece:
        if parts[-1] and cell_len(parts[-1]) + cell_len(char) > width:
            parts.append("")
        parts[-1] += char
    return parts


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells (at least two); line breaks in it are kept.

    A no-break space keeps its neighbours together and comes out as an ordinary one.
    """
    width = max(width, 2)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0
        for piece in _pieces(paragraph):
            size = cell_len(piece.rstrip(" "))
            if line and used + size > width:
                lines.append(line.rstrip(" "))
                line, used = "", 0
            if size > width:
                *full, piece = _chop(piece, width)
                lines += full
            line += piece
            used += cell_len(piece)
        lines.append(line.rstrip(" "))
    return [line.replace("\u00a0", " ") for line in lines]
