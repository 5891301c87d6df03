"""Texts that many requests have alike, kept once: a byte of HPACK may stand for thousands, in every request."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Texts that are remembered; a table of HPACK has no more that are long.
_REMEMBERED: Final = 4_096
#: Characters up to which a text takes less than the rest of a request.  Of texts that are made of bytes, those of more
#: bytes are remembered …
_LONG: Final = 64
#: … up to so many, and so many texts.
_LONGEST: Final = 8_192
_TEXTS: Final = 1_024


@lru_cache(maxsize=_REMEMBERED)
def shared_text(text: str) -> str:
    """``text``, of which equal ones are the same object; cut it before, for it is remembered."""
    return text


def shared_if_long(text: str) -> str:
    """`shared_text` where that is worth it: ever new ones would only drive others out."""
    return text if len(text) <= _LONG else shared_text(text)


def shares_long_texts(made_of: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """``made_of``, whose text depends on the bytes alone; of long bytes, equal ones give the same object."""
    known = lru_cache(maxsize=_TEXTS)(made_of)

    def text(raw: bytes) -> str:
        return known(raw) if _LONG < len(raw) <= _LONGEST else made_of(raw)

    return text
