"""Wireshark's drawing of single bits: ``.1.. .... = Don't fragment``."""

from __future__ import annotations


def bit_pattern(value: int, mask: int, width: int) -> str:
    """The bits of ``mask`` out of a ``width``-bit ``value``, dots elsewhere, in groups of four.

    A field that is not a multiple of four bits wide is grouped from its first bit.
    """
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
