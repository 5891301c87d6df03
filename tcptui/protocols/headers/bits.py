"""Bytes and bit fields as Wireshark draws them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

#: Most bytes that Wireshark shows of a byte string.
_SHOWN: Final = 36
#: Bit patterns that are kept: every packet has a dozen, the same ones again and again.
_PATTERNS: Final = 4096


def shortened(raw: bytes) -> str:
    """The bytes in hexadecimal, cut where Wireshark cuts them."""
    return raw[:_SHOWN].hex() + ("…" if len(raw) > _SHOWN else "")


def bit_pattern(value: int, mask: int, width: int) -> str:
    """The bits of a ``width``-bit ``value`` in groups of four, with a dot for each bit outside ``mask``.

    The groups begin at the highest bit, also where ``width`` is no multiple of four.
    """
    return _drawn(int(value), int(mask), width)


@lru_cache(maxsize=_PATTERNS)
def _drawn(value: int, mask: int, width: int) -> str:
    drawn = ""
    for position in range(width):
        if position and position % 4 == 0:
            drawn += " "
        bit = 1 << (width - 1 - position)
        drawn += "." if not mask & bit else "1" if value & bit else "0"
    return drawn


def bits_label(value: int, mask: int, width: int, text: str) -> str:
    """``bit_pattern`` and the meaning: ``"0100 .... = Version: 4"``."""
    return f"{bit_pattern(value, mask, width)} = {text}"
