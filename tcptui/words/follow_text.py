"""Headings and notes of *follow stream*: which side sends, in which packet, what is missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.model.units import NS_PER_US
from tcptui.protocols.stream.reassembly import Gap, GapReason

if TYPE_CHECKING:
    from tcptui.protocols.parts import Label, Part
    from tcptui.words.catalogue import Words

SIDES: Final = ("client", "server")
_GAPS: Final = {
    GapReason.NOT_CAPTURED: "not-captured",
    GapReason.TRUNCATED: "truncated",
    GapReason.PENDING: "pending",
    GapReason.SEALED: "sealed",
}
_US_PER_S: Final = 1_000_000
#: `seconds_text` with its unit, before something else.
_TIME_IN_LINE: Final = re.compile(r"  -?\d+\.\d{6} \S+(?=  )")
#: Most characters of a text from a packet in a heading.
_FACT: Final = 60


def gap_words(gap: Gap, words: Words) -> str:
    """A gap as a sentence."""
    number = "one" if gap.length == 1 else "many"
    return words(f"follow.gap.{_GAPS[gap.reason]}.{number}", count=f"{gap.length:,}")


def seconds_text(ns: int) -> str:
    """``ns`` as seconds with microseconds; negative where time went back."""
    sign, us = ("-", -ns // NS_PER_US) if ns < 0 else ("", ns // NS_PER_US)
    return f"{sign}{us // _US_PER_S}.{us % _US_PER_S:06d}"


def head_words(words: Words, side: int, end: str, frame: int, since_ns: int) -> str:
    """The heading of a turn: ``end`` is the sender's address, ``frame`` its first packet (0: not captured).

    ``since_ns`` is the packet's time since the connection's first one.
    """
    name = words(f"follow.side.{SIDES[side]}")
    if not frame:
        return words("follow.head-unseen", side=name, end=end)
    return words("follow.head", side=name, end=end, frame=frame, seconds=seconds_text(since_ns))


def part_head(words: Words, part: Part, began_ns: int) -> str:
    """The heading of a decoded part, short enough for a line; ``began_ns`` is the time of the connection's start."""
    facts = {"side": words(f"follow.side.{SIDES[part.side]}"), "what": part_words(part.label, words)}
    if not part.frame:
        return words("follow.head-part-unseen", **facts)
    return words("follow.head-part", frame=part.frame, seconds=seconds_text(part.time_ns - began_ns), **facts)


def without_time(heading: str) -> str:
    """A `part_head` for a line that is too short for it: what is at its end tells the part from others."""
    return _TIME_IN_LINE.sub("", heading, count=1)


def part_words(label: Label, words: Words) -> str:
    """The description of a decoded part, with text from packets made safe."""
    return words(f"follow.part.{label.name}", **{name: _safe(fact) for name, fact in label.facts.items()})


def _safe(fact: object) -> object:
    return safe_text(fact, _FACT) if isinstance(fact, str) else fact


def trouble_words(trouble: str, words: Words) -> str:
    """Why a decoded part ends early."""
    return words(f"follow.trouble.{trouble}")
