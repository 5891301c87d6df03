"""Textual's drawn lines (strips) without the seven caches that each of them makes for itself.

A line is drawn once or twice, is cut at the borders of the panes into ten or twenty pieces, each of them a strip, and
is replaced.  Making and collecting the caches of all the pieces took a fifth of the processor time of a frame.
"""

from __future__ import annotations

from typing import Any, Final

from textual import strip


class _NoCache:
    """Keeps nothing, in place of Textual's ``FIFOCache``, of which strips call no more than this."""

    __slots__ = ()

    def get(self, _key: object) -> None:
        """Nothing was kept."""

    def __setitem__(self, _key: object, _value: object) -> None:
        """Keep nothing."""


_NO_CACHE: Final = _NoCache()


def _no_cache(_size: int) -> Any:
    return _NO_CACHE


def make_strips_lean() -> None:
    """Have every strip that is made from now on keep nothing but its segments."""
    strip.FIFOCache = _no_cache  # type: ignore[assignment, attr-defined]
