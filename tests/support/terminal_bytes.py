"""What a program sends to a terminal, read as strictly as a terminal could: sequences, controls, text.

After ECMA-48: CSI is parameters (30-3F), intermediates (20-2F) and one final byte (40-7E); OSC, DCS, APC,
PM and SOS are strings that end with ST (OSC with BEL, too).  Anything else behind ESC is counted as broken
unless it is a plain two- or three-byte escape.  Text must be UTF-8.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What drawing and lines of text need: BS TAB LF CR, and the shifts of a 16-colour terminal.
LINE_CONTROLS: Final = frozenset(b"\t\n\r")
SCREEN_CONTROLS: Final = LINE_CONTROLS | frozenset(b"\x08\x0e\x0f")

_TOKEN: Final = re.compile(
    rb"(?P<csi>\x1b\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e])"
    rb"|(?P<string>\x1b[\]PX^_][^\x07\x1b\x9c\x18\x1a]*(?:\x07|\x1b\\))"
    rb"|(?P<escape>\x1b[\x20-\x2f]*[\x30-\x5a\x5c\x60-\x7e])"
    rb"|(?P<broken>\x1b)"
    rb"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
    rb"|(?P<text>[^\x00-\x1f\x7f]+)",
    re.DOTALL,
)
_CSI: Final = re.compile(rb"\x1b\[([<=>?]?)([\x30-\x3b]*)([\x20-\x2f]*)([\x40-\x7e])")
#: Finals whose numbers say where and how much only: colours, cursor, erasing.
_PLAIN_NUMBERS: Final = frozenset(b"mHABCDEFGJKXd")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Drawn as nothing, though Unicode calls them letters, marks or symbols.
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u034f\u180b\u180c\u180d\u180e\u180f\u2800\u17b4\u17b5") | {
    chr(n) for n in range(0xFE00, 0xFE10)
}
#: More marks on one letter than any language needs climb over the lines above.
MAX_COMBINING_MARKS: Final = 4


class Kind(Enum):
    """What a unit of the stream is."""

    TEXT = "text"
    CONTROL = "control"
    SEQUENCE = "sequence"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the stream."""

    kind: Kind
    data: bytes
    at: int

    @property
    def skeleton(self) -> bytes:
        """A sequence without the numbers that only say where or which colour."""
        found = _CSI.fullmatch(self.data)
        if found is None or found[4] not in (bytes((final,)) for final in _PLAIN_NUMBERS) or found[1] or found[3]:
            return self.data
        return b"\x1b[#" + found[4]


def units(data: bytes) -> Iterator[Unit]:
    """``data`` taken apart; every byte is in one unit."""
    at = 0
    while at < len(data):
        found = _TOKEN.match(data, at)
        assert found is not None, data[at : at + 20]
        kind = {"csi": Kind.SEQUENCE, "string": Kind.SEQUENCE, "escape": Kind.SEQUENCE}.get(found.lastgroup or "")
        yield Unit(kind or Kind(found.lastgroup), found.group(), at)
        at = found.end()


def skeletons(data: bytes) -> set[bytes]:
    """Every kind of escape sequence in ``data``."""
    return {unit.skeleton for unit in units(data) if unit.kind is Kind.SEQUENCE}


def unprintable(text: str) -> str | None:
    """Why ``text`` is more than printed, or None: an unseen character, or marks piled on one letter."""
    marks = 0
    for char in text:
        if char.isascii():
            marks = 0
            if not char.isprintable():
                return f"U+{ord(char):04X}"
            continue
        category = unicodedata.category(char)
        if category in _UNSEEN or char in _BLANK:
            return f"U+{ord(char):04X} ({category})"
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MAX_COMBINING_MARKS:
            return f"{marks} marks on one letter"
    return None


def offences(data: bytes, known: set[bytes], controls: frozenset[int] = SCREEN_CONTROLS) -> list[str]:
    """Everything in ``data`` that is neither text, nor one of ``controls``, nor a sequence of ``known``.

    Each with what stands around it, where a hostile marker's name tells from where it came.
    """
    found = []
    for unit in units(data):
        why: str | None = None
        if unit.kind is Kind.TEXT:
            try:
                why = unprintable(unit.data.decode())
            except UnicodeDecodeError as error:
                why = f"no UTF-8: {unit.data[error.start : error.end]!r}"
        elif unit.kind is Kind.CONTROL:
            why = None if unit.data[0] in controls else f"control {unit.data!r}"
        elif unit.kind is Kind.BROKEN or unit.skeleton not in known:
            why = f"{unit.kind.value} {unit.data[:60]!r}"
        if why is not None:
            around = data[max(0, unit.at - 60) : unit.at + 60]
            found.append(f"{why} in {around!r}")
    return found
