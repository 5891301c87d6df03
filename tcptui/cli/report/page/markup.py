"""HTML and SVG elements, whose text and attributes are always escaped: nothing out of a packet can become markup."""

from __future__ import annotations

import html
from typing import Final

#: Elements without content.
_VOID: Final = frozenset({"meta", "hr"})
#: Blanks that are not printable and may stand in a text of ours.
_BLANKS: Final = frozenset("\n\u00a0")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(plain: str) -> Markup:
    """``plain`` as text: escaped, and without characters that nobody can see (`safe_text` is to be used before)."""
    shown = plain
    if not plain.isprintable():
        shown = "".join(char if char.isprintable() or char in _BLANKS else "\ufffd" for char in plain)
    return Markup(html.escape(shown, quote=True))


def element(tag: str, /, *children: str, cls: str = "", **attributes: str | float) -> Markup:
    """An element; children that are no `Markup` are text.  ``_`` in the names of attributes stands for ``-``."""
    given = {"class": cls, **attributes} if cls else attributes
    opened = "".join(f' {key.rstrip("_").replace("_", "-")}="{text(_value(value))}"' for key, value in given.items())
    if tag in _VOID:
        return Markup(f"<{tag}{opened}>")
    inner = "".join(child if isinstance(child, Markup) else text(child) for child in children)
    return Markup(f"<{tag}{opened}>{inner}</{tag}>")


def _value(value: str | float) -> str:
    """Coordinates have one digit behind the point."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
