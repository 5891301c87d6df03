"""Finds a pattern in bytes and in texts; a regular expression as `matches` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.session.filtering import patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.session.searching.pattern import SearchPattern

#: Begin and end of a match.
Match = tuple[int, int]


class Finder:
    """Finds one pattern.

    Its methods raise Cancelled, and FilterError where a regular expression takes too long.
    """

    def __init__(self, pattern: SearchPattern, cancelled: Callable[[], bool]) -> None:
        self._pattern = pattern
        self._cancelled = cancelled

    def in_bytes(self, values: list[bytes], begins: list[int] | None = None) -> list[list[Match]]:
        """Where in each of ``values`` it is, from its place of ``begins`` on.

        Matches do not overlap, and have a byte at least.
        """
        starts = [0] * len(values) if begins is None else begins
        expression = self._pattern.expression
        if expression is None:
            return [list(self._pattern.spans(value, begin)) for value, begin in zip(values, starts, strict=True)]
        return patterns.spans(expression, values, starts, self._cancelled)

    def in_texts(self, texts: Sequence[str]) -> list[Match | None]:
        """Where it first is in each of ``texts``, in characters."""
        if self._pattern.expression is None:
            return [self._pattern.first_in(text) for text in texts]
        values = [text.encode("utf-8", "surrogateescape") for text in texts]
        return [
            _characters(value, *found[0]) if found else None
            for value, found in zip(values, self.in_bytes(values), strict=True)
        ]


def _characters(value: bytes, low: int, high: int) -> Match:
    """Bytes as characters: whole ones, for an expression may end within one."""
    begin = len(value[:low].decode("utf-8", "ignore"))
    return begin, max(begin + 1, len(value[:high].decode("utf-8", "ignore")))
