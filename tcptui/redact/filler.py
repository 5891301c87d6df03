"""Filler in place of content: one byte, again and again.  Nothing can be read from it but its length."""

from __future__ import annotations

from typing import Final

#: No protocol that is read begins with it, and text of it stays text.
FILLER: Final = b"x"
#: Where two copies of the same bytes differed, the later one has this: that they differ is kept, how is not.
OTHER_FILLER: Final = b"z"
_BLOCK: Final = FILLER * (1 << 16)


def filler(size: int) -> bytes:
    """``size`` bytes."""
    return _BLOCK[:size] if size <= len(_BLOCK) else FILLER * size


def content(data: bytes) -> bytes:
    """Filler in place of ``data``: zeros stay zeros, for what only fills a frame is told by them."""
    return filler(len(data)) if data.strip(b"\0") else data
