"""Sentences about two capture points: their clocks, and what was changed between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tcptui.model.units import NS_PER_S
from tcptui.words.quantities import Count, clock_time, duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.points.changes import Changed
    from tcptui.points.clock import Clocks
    from tcptui.points.merge import Hop
    from tcptui.words.catalogue import Words


#: Digits of an interval's width that its ends show.
_DIGITS: Final = 3
#: A bound whose other side is not known is told to a tenth of a millisecond.
_ONE_SIDED_NS: Final = 10_000_000


def duration_ns(ns: float, words: Words) -> str:
    """`duration` of nanoseconds."""
    return duration(round(ns) / NS_PER_S, words)


def _signed(ns: float, words: Words, exact_ns: float | None = None) -> str:
    """A time with its sign, in seconds with enough digits to tell it from one ``exact_ns`` away, or in three digits."""
    if exact_ns is None:
        text = duration_ns(ns, words)
        return f"+{text}" if round(ns) > 0 else text
    digits = min(max(_DIGITS - math.floor(math.log10(max(exact_ns, 1.0) / NS_PER_S)) - 1, 1), 9)
    seconds = round(ns / NS_PER_S, digits) + 0.0  # never minus nothing
    return words("narrative.unit.s", n=f"{seconds:+,.{digits}f}")


def offset_text(ns: float, words: Words, exact_ns: float | None = None) -> str:
    """An offset with its sign; ``exact_ns``: the width of the interval that it bounds, which its digits show."""
    return _signed(ns, words, exact_ns)


def clock_lines(hop: Hop, words: Words) -> Iterator[str]:
    """What the packets say of both clocks, a paragraph each."""
    clocks = hop.clocks
    if clocks is None:
        yield words("merged.clock.none" if hop.links.is_only.any() else "merged.clock.no-packets")
        return
    yield from _offset_lines(clocks, words)
    low, high = (rate * 1e6 for rate in clocks.drift_range)
    if clocks.drift is None:
        yield words("merged.clock.drift-unknown")
    elif low <= 0 <= high:
        yield words("merged.clock.no-drift", low=f"{low:+.1f}", high=f"{high:+.1f}")
    else:
        yield words(
            "merged.clock.drift", ppm=f"{clocks.drift * 1e6:+.1f}", low=f"{low:+.1f}", high=f"{high:+.1f}"
        )  # fmt: skip
    for step in clocks.steps:
        yield words("merged.clock.step", time=clock_time(step.time_ns), size=_signed(step.offset_ns, words))
    if clocks.left_out:
        yield words("merged.clock.left-out", count=Count(clocks.left_out))
    if hop.is_symmetric:
        yield words("merged.clock.symmetric")


def _offset_lines(clocks: Clocks, words: Words) -> Iterator[str]:
    offset = clocks.offset
    if offset.low_ns is not None and offset.high_ns is not None:
        width = offset.high_ns - offset.low_ns
        yield words(
            "merged.clock.between", low=_signed(offset.low_ns, words, width),
            high=_signed(offset.high_ns, words, width), width=duration_ns(width, words),
        )  # fmt: skip
    elif offset.low_ns is not None:
        yield words("merged.clock.at-least", low=_signed(offset.low_ns, words, _ONE_SIDED_NS))
    elif offset.high_ns is not None:
        yield words("merged.clock.at-most", high=_signed(offset.high_ns, words, _ONE_SIDED_NS))


def correction_line(hop: Hop, words: Words) -> str:
    """How times of B have become times of A, and how surely, on one line."""
    clocks = hop.clocks
    if clocks is None:
        return words("merged.correction.none")
    offset = clocks.offset
    if offset.best_ns is None or offset.width_ns is None:
        return words("merged.correction.one-sided")
    half = duration_ns(offset.width_ns / 2, words)
    if clocks.steps or clocks.drift:
        return words("merged.correction.moving", half=half)
    return words("merged.correction", offset=_signed(offset.best_ns, words, offset.width_ns), half=half)


def change_text(changed: Changed, words: Words) -> str:
    """What was changed, with both values where it is a number."""
    name = words(f"merged.change.{changed.change.value}")
    if changed.before is None or changed.after is None:
        return name
    return words("merged.change", name=name, before=changed.before, after=changed.after)
