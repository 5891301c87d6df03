"""The one door by which text from outside reaches a screen, a report or a file name.

Packets, file names, interface names and comments may hold terminal escapes, bidi
overrides or invisible characters.  `safe_text` turns them into visible, harmless ones
(C0 controls into U+2400 pictures, the rest into U+FFFD).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Longer text is cut here first, so hostile length costs nothing.
LIMIT: Final = 4096

_HARMLESS: Final[dict[int, str]] = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_REPLACEMENT: Final = "\ufffd"
#: Unicode categories that draw nothing or reorder what is around them.
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Letters that draw as blank, and marks that change their neighbour's looks.
_BLANKS: Final = frozenset("\u115f\u1160\u3164\uffa0\u00ad\u034f\u180e\u2800\u17b4\u17b5")
#: The same, and variation selectors and tags: what is called printable and is not to be printed.
_ODD: Final = re.compile(f"[{''.join(sorted(_BLANKS))}\ufe00-\ufe0f\U000e0000-\U000e0fff]")


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
    # Printable is what is in none of the hidden categories, nor a blank but the ordinary one.
    if text.isprintable() and (text.isascii() or _ODD.search(text) is None):
        return text
    return "".join(map(_harmless, text))
