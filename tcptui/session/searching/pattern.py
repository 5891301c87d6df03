"""What is searched for, in bytes and in text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEX: Final = re.compile(r"0x((?:[0-9a-fA-F]{2})+)")


@dataclass(frozen=True, slots=True)
class SearchPattern:
    """Bytes; ``any_case``: ASCII letters of either case match."""

    data: bytes
    any_case: bool

    @classmethod
    def of(cls, text: str) -> SearchPattern:
        """What a user typed: text, matched as UTF-8, or bytes written as ``0x0d0a``.

        Text without capital letters matches either case.  An empty one finds nothing.
        """
        digits = _HEX.fullmatch(text)
        if digits is not None:
            return cls(bytes.fromhex(digits[1]), any_case=False)
        raw = text.encode("utf-8", "surrogateescape")
        return cls(raw, any_case=raw == raw.lower())

    def spans(self, data: bytes, begin: int = 0) -> Iterator[tuple[int, int]]:
        """Where it is in ``data`` from ``begin`` on, from the first: begin and end; matches do not overlap."""
        if not self.data:
            return
        where = data.lower() if self.any_case else data
        wanted = self.data.lower() if self.any_case else self.data
        at = where.find(wanted, begin)
        while at >= 0:
            yield at, at + len(wanted)
            at = where.find(wanted, at + len(wanted))

    def first_in(self, text: str) -> tuple[int, int] | None:
        """Where it first is in a text, in characters; None: nowhere."""
        wanted = self.data.decode("utf-8", "surrogateescape")
        where = text.casefold() if self.any_case else text
        if self.any_case and len(where) != len(text):  # a letter whose small form is longer
            where = text.lower() if len(text.lower()) == len(text) else text
        at = where.find(wanted.casefold() if self.any_case else wanted) if wanted else -1
        return None if at < 0 else (at, at + len(wanted))
