"""The pattern of a search: a text, bytes or a regular expression, in bytes and in text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.regex import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEX: Final = re.compile(r"0x((?:[0-9a-fA-F]{2})+)")
#: Before a regular expression: the sign of ``matches`` in a display filter.
EXPRESSION: Final = "~"
#: Before a text that is meant as it stands, as in a filter.
VERBATIM: Final = "'"
#: Bytes of a match of a regular expression that are found across the parts in which a long stream is searched.
LONGEST_MATCH: Final = 8_192


@dataclass(frozen=True, slots=True)
class SearchPattern:
    """Bytes; ``any_case``: ASCII letters of either case match.  Or a regular expression over bytes."""

    data: bytes
    any_case: bool
    expression: re.Pattern[bytes] | None = None

    @classmethod
    def of(cls, text: str) -> SearchPattern:
        """A pattern as typed: text, matched as UTF-8, bytes written as ``0x0d0a``, or ``~`` and a regular expression.

        Text without capital letters matches either case, and so does an expression, as that of ``matches``.  Behind
        ``'`` everything is text.  An empty one finds nothing.  Raises PatternError.
        """
        if text.startswith(EXPRESSION):
            raw = text[len(EXPRESSION) :].encode("utf-8", "surrogateescape")
            return cls(raw, any_case=True, expression=compile_pattern(raw))
        digits = _HEX.fullmatch(text)
        if digits is not None:
            return cls(bytes.fromhex(digits[1]), any_case=False)
        raw = text.removeprefix(VERBATIM).encode("utf-8", "surrogateescape")
        return cls(raw, any_case=raw == raw.lower())

    @property
    def reach(self) -> int:
        """Bytes behind its first that a match may have, and is found with across the parts of a stream."""
        return LONGEST_MATCH if self.expression is not None else max(0, len(self.data) - 1)

    def spans(self, data: bytes, begin: int = 0) -> Iterator[tuple[int, int]]:
        """Where the bytes are in ``data`` from ``begin`` on: begin and end; matches do not overlap."""
        if not self.data:
            return
        where = data.lower() if self.any_case else data
        wanted = self.data.lower() if self.any_case else self.data
        at = where.find(wanted, begin)
        while at >= 0:
            yield at, at + len(wanted)
            at = where.find(wanted, at + len(wanted))

    def first_in(self, text: str) -> tuple[int, int] | None:
        """Where the bytes first are in a text, in characters; None: nowhere."""
        wanted = self.data.decode("utf-8", "surrogateescape")
        where = text.casefold() if self.any_case else text
        if self.any_case and len(where) != len(text):  # a letter whose small form is longer
            where = text.lower() if len(text.lower()) == len(text) else text
        at = where.find(wanted.casefold() if self.any_case else wanted) if wanted else -1
        return None if at < 0 else (at, at + len(wanted))
