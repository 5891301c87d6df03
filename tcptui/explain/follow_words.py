"""What *follow stream* says between the bytes: who speaks, in which packet, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.application.reassembly import Gap, GapReason

if TYPE_CHECKING:
    from tcptui.explain.words import Words

SIDES: Final = ("client", "server")
_GAPS: Final = {
    GapReason.NOT_CAPTURED: "not-captured",
    GapReason.TRUNCATED: "truncated",
    GapReason.PENDING: "pending",
}
_NS_PER_US: Final = 1_000
_US_PER_S: Final = 1_000_000


def gap_words(gap: Gap, words: Words) -> str:
    """A gap as a sentence."""
    number = "one" if gap.length == 1 else "many"
    return words(f"follow.gap.{_GAPS[gap.reason]}.{number}", count=f"{gap.length:,}")


def seconds_text(ns: int) -> str:
    """Seconds with microseconds; negative where time went back."""
    sign, us = ("-", -ns // _NS_PER_US) if ns < 0 else ("", ns // _NS_PER_US)
    return f"{sign}{us // _US_PER_S}.{us % _US_PER_S:06d}"


def head_words(words: Words, side: int, end: str, frame: int, since_ns: int) -> str:
    """Who begins to speak: ``end`` is the address, ``frame`` the packet (0: none that was captured)."""
    name = words(f"follow.side.{SIDES[side]}")
    if not frame:
        return words("follow.head-unseen", side=name, end=end)
    return words("follow.head", side=name, end=end, frame=frame, seconds=seconds_text(since_ns))
