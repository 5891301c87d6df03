"""Sanitises untrusted text: all of it passes here before it reaches a screen, a report or a file name.

Packets, file names, interface names and comments may hold terminal escapes, bidi
overrides, invisible characters, or combining marks piled up over the lines above.  `safe_text` turns
them into visible, harmless ones (C0 controls into U+2400 pictures, the rest into U+FFFD).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Characters; longer text is cut before anything else, so that hostile length costs nothing.
LIMIT: Final = 4096

_HARMLESS: Final[dict[int, str]] = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_REPLACEMENT: Final = "\ufffd"
#: Unicode categories that draw nothing or reorder what is around them.
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Letters that draw as blank, and marks that change their neighbour's looks.
_BLANKS: Final = frozenset("\u115f\u1160\u3164\uffa0\u00ad\u034f\u180b\u180c\u180d\u180e\u180f\u2800\u17b4\u17b5")
#: `_BLANKS`, variation selectors and tags: `str.isprintable` accepts most of them, and none may be printed.
_ODD: Final = re.compile(f"[{''.join(sorted(_BLANKS))}\ufe00-\ufe0f\U000e0000-\U000e0fff]")
#: Most combining marks on one letter: no language has more, and a terminal would draw them over other lines.
MAX_COMBINING_MARKS: Final = 4
#: Categories of marks that are drawn on the letter before them.
_MARKS: Final = frozenset({"Mn", "Me"})
#: `MAX_COMBINING_MARKS` + 1 characters in a row out of blocks with combining marks.  Letters of these blocks match,
#: too, so `_limit_marks` checks a matching text character by character.
_PERHAPS_PILED: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u1dff\u20d0-\u20ff\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302f\u3099\u309a"
    f"\ua66f-\uabff\ufb1e\ufe20-\ufe2f\U000101fd-\U0001e94a]{{{MAX_COMBINING_MARKS + 1}}}"
)


def _harmless(char: str) -> str:
    code = ord(char)
    if 0x20 <= code < 0x7F:
        return char
    known = _HARMLESS.get(code)
    if known is not None:
        return known
    if char in _BLANKS or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF:
        return _REPLACEMENT
    return _REPLACEMENT if unicodedata.category(char) in _HIDDEN_CATEGORIES else char


def safe_text(raw: str | bytes, limit: int = LIMIT) -> str:
    """``raw`` as one line that a terminal can only print, at most ``limit`` characters.

    Bytes are read as UTF-8; what is not UTF-8 becomes U+FFFD.
    """
    text = raw[: 4 * limit].decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    text = text[:limit]
    # `str.isprintable`: no character is in a hidden category, and none is a blank other than the ordinary space.
    if text.isprintable() and (
        text.isascii() or _is_latin(text) or not (_ODD.search(text) or _PERHAPS_PILED.search(text))
    ):
        return text
    shown = "".join(map(_harmless, text))
    return shown if _PERHAPS_PILED.search(shown) is None else _limit_marks(shown)


def reason_of(error: OSError | ValueError) -> str:
    """The system's own message for ``error``, without the path that it names, as safe text."""
    said = error.strerror if isinstance(error, OSError) else None
    return safe_text(said or str(error) or type(error).__name__)


def _limit_marks(text: str) -> str:
    """``text`` with at most `MAX_COMBINING_MARKS` marks on a letter; one too many becomes U+FFFD."""
    shown, marks = [], 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in _MARKS else 0
        if marks > MAX_COMBINING_MARKS:
            shown.append(_REPLACEMENT)
            marks = 0
        else:
            shown.append(char)
    return "".join(shown)


def _is_latin(text: str) -> bool:
    """Whether no character is above U+00FF: none of these is a combining mark, and the odd U+00AD is not printable."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
