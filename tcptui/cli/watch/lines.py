"""An event of a finding as a line of the merged list: JSON for programs, text for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tcptui.cli.report.as_text import severity_glyph
from tcptui.cli.report.json_text import Seconds, to_json
from tcptui.model.finding import Severity
from tcptui.model.safe_text import safe_text
from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from tcptui.capture.remote_clock import ClockOffset
    from tcptui.cli.watch.feed import Feed, Told
    from tcptui.words.catalogue import Words

_NO_TIME: Final = "-" * 24


def json_line(feed: Feed, told: Told) -> str:
    """``told`` with the keys ``source``, ``run`` and ``clock`` before its own, without the line end."""
    head = to_json({"source": feed.source.name, "run": feed.run, "clock": _clock_keys(feed.clock)})
    return f"{head[:-1]}, {told.line[1:]}"


def _clock_keys(clock: ClockOffset | None) -> dict[str, object] | None:
    if clock is None:
        return None
    return {
        "offset": {"low": Seconds(clock.low_ns), "high": Seconds(clock.high_ns)},
        "round_trip": Seconds(clock.round_trip_ns),
    }


def text_line(feed: Feed, told: Told, words: Words, *, ascii_only: bool) -> str:
    """``told`` for people, without the line end: time by the source's clock, source, that clock, what was found."""
    event = told.event
    glyph = severity_glyph(Severity[event["severity"].upper()], ascii_only)
    who = _ends(event, words)
    return words(
        f"watching.{event['event']}", time=utc(event["time"]), source=feed.source.name,
        clock=clock_text(feed.clock, words), sign=glyph, who=who, text=safe_text(event["text"]),
    )  # fmt: skip


def _ends(event: dict[str, Any], words: Words) -> str:
    if "client" not in event:
        return words("watching.many", count=len(event["streams"]))
    client, server = (safe_text(f"{end['address']}:{end['port']}") for end in (event["client"], event["server"]))
    return words("watching.ends", client=client, server=server)


def utc(seconds: float | None) -> str:
    """A time as UTC, with milliseconds; of None, an evicted packet's, dashes."""
    if seconds is None:
        return _NO_TIME
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def clock_text(clock: ClockOffset | None, words: Words) -> str:
    """How far the source's clock is ahead of this host's; empty where it is the same clock."""
    if clock is None:
        return words("watching.clock.unknown")
    if not (clock.low_ns or clock.high_ns):
        return ""
    ahead, half = -(clock.low_ns + clock.high_ns) / 2 / NS_PER_S, (clock.high_ns - clock.low_ns) / 2 / NS_PER_S
    return words("watching.clock", ahead=f"{ahead:+.4f}", half=f"{half:.4f}")
