"""Breaks prose, English and Chinese, into lines of a given number of terminal cells.

No line begins with closing punctuation or ends with opening punctuation (GB/T 15834; JIS X 4051 for the signs of
percent and degrees), and none ends between a number and its unit (SI brochure, 5.4.3).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

#: Code points from here on are East Asian: a line may be broken before and after each of them.
_FIRST_WIDE: Final = 0x2E80
#: Punctuation that may not begin a line, and that may not end one.
_NOT_FIRST: Final = frozenset("，。、；：？！）】》」』”’…—·%％℃,.;:?!)]}")
_NOT_LAST: Final = frozenset("（【《「『“‘([{")
#: Units, words of their own, and Chinese units and measure words: they stay beside their number.
_WIDE_UNITS: Final = frozenset(("毫秒", "微秒", "分钟", "小时", "字节", "号包", "个包"))
_UNIT: Final = re.compile(
    r"(?:[nµu]?s|ms|min|h|d|[kKMGT]?i?B|[kMG]?bit/s|pkt/s|%)(?![\w/])|[秒天个次号条帧步倍]|"
    + "|".join(sorted(_WIDE_UNITS))
)


def _begins_word(text: str, place: int) -> bool:
    """Whether the punctuation at ``place``, after a blank, belongs to the word behind it: ``.bashrc``, ``:80``."""
    while place < len(text) and text[place] in _NOT_FIRST:
        place += 1
    return place < len(text) and text[place] != " " and ord(text[place]) < _FIRST_WIDE


def _is_unit(text: str, place: int) -> bool:
    """Whether at ``place``, or around it, stands what belongs to a number before it: ``7 s``, ``第 12 个包``."""
    if text[place - 1 : place + 1] in _WIDE_UNITS:
        place -= 1
    if place < 2 or text[place - 1] != " ":
        return False
    if text[place - 2] == "第":
        return text[place].isdigit()
    return text[place - 2].isdigit() and _UNIT.match(text, place) is not None


def _may_break(text: str, place: int) -> bool:
    """Whether a line may end before the character at ``place`` (at least 1)."""
    before, char = text[place - 1], text[place]
    if char == " " or before in _NOT_LAST or _is_unit(text, place):
        return False
    if char in _NOT_FIRST:
        return before == " " and _begins_word(text, place)
    return before == " " or ord(char) >= _FIRST_WIDE or ord(before) >= _FIRST_WIDE


def _pieces(text: str) -> list[str]:
    """``text`` in pieces that are not broken: words with the blanks after them, single wide characters."""
    places = [0, *(place for place in range(1, len(text)) if _may_break(text, place)), len(text)]
    return [text[start:stop] for start, stop in pairwise(places)]


def cell_len(text: str) -> int:
    """How many cells of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len as of_rich  # dear, and plain English does without

    return of_rich(text)


def _chop(word: str, width: int) -> list[str]:
    """``word``, which is longer than a line, in parts of at most ``width`` cells."""
    if word.isascii():
        return [word[at : at + width] for at in range(0, len(word), width)]
    parts = [""]
    for char in word:
        if parts[-1] and cell_len(parts[-1] + char) > width:
            parts.append("")
        parts[-1] += char
    return parts


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells (at least two); its own line breaks are kept.

    A word wider than a line is cut.  A no-break space keeps its neighbours together and is replaced by a blank.
    """
    width = max(width, 2)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0
        for piece in _pieces(paragraph):
            word = piece.rstrip(" ")
            size = cell_len(word)
            if line and used + size > width:
                lines.append(line.rstrip(" "))
                line, used = "", 0
            if size > width:
                *full, last = _chop(word, width)
                lines += full
                piece = last + piece[len(word) :]
            line += piece
            used += cell_len(piece)
        lines.append(line.rstrip(" "))
    return [line.replace("\u00a0", " ") for line in lines]
