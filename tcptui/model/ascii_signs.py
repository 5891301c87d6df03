"""What stands for signs that are not ASCII where a terminal, its font or its character set lacks them."""

from __future__ import annotations

import codecs
from typing import Final

_LIKE: Final = {
    "-": "‐‑‒–—―−─┄┈╌",
    "=": "━┅┉╍═",
    "|": "│┃┆┇┊┋╎╏║¦",
    "'": "‘’‚′´",
    '"': "“”„″«»",
    "~": "…≈",
    ">": "→▶▸►›≥",
    "<": "←◀◂◄‹≤",
    "^": "↑▲",
    "v": "↓▼▾✓",
    "x": "×✗✘",
    "*": "●•★",
    ".": "·∙‧",
    "u": "µμ",
    "d": "Δ∆",
    " ": "\u00a0\u2007\u2009\u202f",
    "#": "█▉",
}
#: For `str.translate`: by the number of a sign, an ASCII character of the same width.
ASCII_SIGNS: Final[dict[int, str]] = {ord(char): plain for plain, chars in _LIKE.items() for char in chars}
#: The error handler (`codecs`) that writes a sign which an encoding lacks as ASCII, any other character as ``?``.
LIKE_ASCII: Final = "tcptui-like-ascii"


def _like_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(ASCII_SIGNS.get(ord(char), "?") for char in missing), error.end


codecs.register_error(LIKE_ASCII, _like_ascii)
