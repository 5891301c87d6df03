"""Escapes text for Markdown (CommonMark, GitHub's): what came out of a packet is displayed, never markup."""

from __future__ import annotations

import re
from typing import Final

#: Characters with a meaning in Markdown wherever they are.
_ACTIVE: Final = re.compile(r"([\\`*_{}\[\]<>|~#&$])")
#: What would begin a list, a heading or a block quote at the beginning of a line.
_OPENING: Final = re.compile(r"^(\s*)([-+=>]|\d+(?=[.)](?:\s|$)))", re.MULTILINE)
#: Parts of bare URLs and mail addresses, which GitHub's Markdown would turn into links.
_LINK: Final = re.compile(r"(?i)\b(https?|ftp)://|\bwww\.|@")


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
