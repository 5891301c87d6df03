"""Which characters the user's locale has: the one place that decides it for screens and for text."""

from __future__ import annotations

import codecs
import contextlib
import locale
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Locales that say nothing of characters (POSIX).
_PORTABLE: Final = ("", "C", "POSIX")


def as_user_set(environ: Mapping[str, str], at_start: Path = Path("/proc/self/environ")) -> Mapping[str, str]:
    """``environ`` without the UTF-8 locale that the interpreter itself put there for LANG=C (PEP 538).

    ``at_start`` has the environment as the user set it; where the system has no such file, ``environ`` is used as is.
    """
    try:
        said = at_start.read_bytes().split(b"\0")
    except OSError:
        return environ
    if any(entry.startswith(b"LC_CTYPE=") for entry in said):
        return environ
    return {name: value for name, value in environ.items() if name != "LC_CTYPE"}


def _locale_name(environ: Mapping[str, str]) -> str:
    """The locale for characters: the first that is set of LC_ALL, LC_CTYPE and LANG, in POSIX's order."""
    return next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name, ""))), "")


def _charset(environ: Mapping[str, str]) -> str:
    """The locale's character set by Python's name; empty for C, POSIX and unknown ones."""
    name = _locale_name(environ).partition("@")[0]
    charset = name.partition(".")[2] or (name if name.upper().startswith("UTF") else "")
    if not charset and name not in _PORTABLE:
        charset = locale.getencoding()  # the system knows which one a name without it means
    with contextlib.suppress(LookupError):
        known = codecs.lookup(charset).name if charset else ""
        return "" if known == "ascii" else known
    return ""


def ascii_wanted(environ: Mapping[str, str]) -> bool:
    """Whether to draw ASCII glyphs only: the locale is not UTF-8, or the Linux console's font lacks the others."""
    return _charset(environ) != "utf-8" or environ.get("TERM", "").startswith("linux")


def terminal_encoding(environ: Mapping[str, str]) -> str:
    """The encoding for what is drawn: the locale's, else UTF-8 (PEP 538 would choose it too)."""
    return _charset(environ) or "utf-8"
