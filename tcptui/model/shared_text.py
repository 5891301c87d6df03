"""Texts that many requests have alike, kept once: a byte of HPACK may stand for thousands, in every request."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

#: Texts that are remembered; a table of HPACK has no more that are long.
_REMEMBERED: Final = 4_096


@lru_cache(maxsize=_REMEMBERED)
def shared_text(text: str) -> str:
    """``text``, of which equal ones are the same object; cut it before, for it is remembered."""
    return text
