"""What limited the rate of each direction of a connection, in words: shares, and what shows the longest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcptui.analysis.rate.congestion_control import congestion_control
from tcptui.analysis.rate.evidence import evidence_of
from tcptui.analysis.rate.limit import Limit, Party
from tcptui.analysis.rate.limits import rate_limits
from tcptui.model.units import NS_PER_S
from tcptui.words.budget_text import percent_text
from tcptui.words.percents import whole_percents
from tcptui.words.quantities import Count, byte_size, duration, percentage

if TYPE_CHECKING:
    from tcptui.analysis.rate.limit import RateLimits
    from tcptui.analysis.stream.view import StreamView
    from tcptui.words.catalogue import Words


@dataclass(frozen=True, slots=True)
class RateLines:
    """One direction."""

    heading: str
    """``What limited the server's data``."""
    shares: str
    """The rate, and every limit with its time and its share, the longest first."""
    why: str
    """What shows the main limit, by its numbers."""
    sure: str
    """How sure that is, what else it could be, and what would decide."""
    control: str
    """Which congestion control sent, or that it cannot be told; empty where the network limited nothing."""
    frames: tuple[int, ...]
    """Packets between which the longest wait of it was."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """All but the heading."""
        return tuple(text for text in (self.shares, self.why, self.sure, self.control) if text)


def rate_lines(view: StreamView, words: Words) -> tuple[RateLines, ...]:
    """The directions of which something can be told; the one that took longer first."""
    told = [limits for limits in rate_limits(view) if limits is not None]
    return tuple(_of(view, limits, words) for limits in sorted(told, key=lambda limits: -limits.elapsed_ns))


def limit_name(limit: Limit, words: Words) -> str:
    """``slow start`` …"""
    return words(f"rate.limit.{limit.label}")


def _of(view: StreamView, limits: RateLimits, words: Words) -> RateLines:
    sender, receiver = (words(f"rate.end.{side}") for side in (limits.side, 1 - limits.side))
    found = [limit for limit in Limit if limits.spent_ns[limit]]
    percents = whole_percents([limits.spent_ns[limit] for limit in found], limits.elapsed_ns)
    ranked = sorted(zip(found, percents, strict=True), key=lambda each: -limits.spent_ns[each[0]])
    shares = words("rate.join").join(
        words("rate.share", limit=limit_name(limit, words), time=_time(limits.spent_ns[limit], words),
              percent=percent_text(percent, words))
        for limit, percent in ranked
    )  # fmt: skip
    main = limits.main
    shown = evidence_of(view, limits, main)
    facts = {
        "sender": sender, "receiver": receiver, "longest": _time(shown.longest_ns, words),
        "before": shown.before_frame, "after": shown.after_frame, "flight": byte_size(shown.flight_bytes),
        "window": byte_size(shown.window_bytes), "least": byte_size(shown.least_bytes),
        "largest": byte_size(shown.largest_bytes), "losses": Count(limits.losses), "base": _time(limits.base_ns, words),
        "queue": _time(limits.queue_ns, words), "rate": byte_size(limits.rate),
    }  # fmt: skip
    doubt = main.label if limits.at_sender else "away"
    return RateLines(
        words("rate.heading", sender=sender),
        words("rate.shares", sender=sender, bytes=byte_size(limits.sent_bytes), rate=byte_size(limits.rate),
              time=_time(limits.elapsed_ns, words), shares=shares),
        words(f"rate.why.{main.label}", **facts),
        words("rate.sure", confidence=words(f"rate.confidence.{limits.confidence.value}"),
              doubt=words(f"rate.else.{doubt}", **facts)),
        _control(view, limits, words),
        (shown.before_frame, shown.after_frame),
    )  # fmt: skip


def _control(view: StreamView, limits: RateLimits, words: Words) -> str:
    if not limits.at_sender or limits.party is not Party.NETWORK:
        return ""
    told = congestion_control(view, limits)
    if told is None:
        return words("rate.control.unknown")
    return words(
        f"rate.control.{told.algorithm.value}", confidence=words(f"rate.confidence.{told.confidence.value}"),
        share=percentage(told.percent, words), losses=Count(told.losses), before=told.before_frame,
        after=told.after_frame,
    )  # fmt: skip


def _time(time_ns: int, words: Words) -> str:
    return duration(time_ns / NS_PER_S, words)
