"""`http2-flow-control`: answers that stood still because a window of HTTP/2 was used up (rules/findings.md).

A sender that uses up a window and goes on as
soon as the window is opened again has waited for it: that cannot be seen in TCP's windows, which stay open meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.analysis.timing.stretches import STUCK_NS
from tcptui.findings.covered import covered_ns
from tcptui.findings.facts import SIDES
from tcptui.findings.http2_facts import last_ns, operation_of, packets, prompt_ns, round_trip_ns, way_back_ns
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.http2.windows import CONNECTION, Stall, Windows, reckoned, stuck

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.http2_facts import Facts
    from tcptui.protocols.http2.history import Call, Http2History

#: A receiver that opens a window so much later than the path takes did not take what it had got …
UNREAD_NS: Final = 200_000_000
#: … and so many round trips later; …
UNREAD_RTTS: Final = 3
#: … from this time on it is a warning.
SLOW_NS: Final = 1_000_000_000
#: A window is too small where it was used up so often, …
SMALL_STALLS: Final = 4
#: … for so long in all, …
SMALL_NS: Final = 300_000_000
#: … and for this part of the time in which data was sent.
SMALL_SHARE: Final = 0.5


def http2_flow_control(connection: ConnectionFacts, history: Http2History) -> Finding | None:
    """The window that cost most: never opened again, opened late, or too small for the path."""
    if not all(history.opening.from_start):
        return None
    found = []
    for side in (0, 1):
        # A window opened that the capture has just seen is known to its sender only later.
        lag_ns = way_back_ns(connection, side) * 9 // 10
        if reckoned(history, side, 0).least >= 0 and (
            one := _judged(connection, history, side, reckoned(history, side, lag_ns))
        ):
            found.append(one)
    return max(found, key=lambda one: one.severity, default=None)


@dataclass(frozen=True, slots=True)
class _Wait:
    """A window that was used up while somebody wanted room in it."""

    stall: Stall
    begin_ns: int
    """When it was used up, or when what waited for it was asked for, if that was later."""
    open_ns: int
    """When its sender knew that it was opened; at the end of what was seen where it never was."""
    end_ns: int
    """When the next data came, or that end."""

    @property
    def ns(self) -> int:
        """How long somebody waited until the next data."""
        return self.end_ns - self.begin_ns


def _judged(connection: ConnectionFacts, history: Http2History, side: int, sender: Windows) -> Finding | None:
    """The finding about what ``side`` sends."""
    stuck = _stuck(connection, history, side, sender)
    if stuck is not None:
        return _finding(connection, history, side, sender, "stuck", [stuck])
    limit = prompt_ns(connection)
    # What came later than the window explains waited for something else; who wants nothing waits not.
    waits = [
        wait for one in sender.over
        if one.update is not None and one.next is not None and one.next.ns - one.update.ns <= limit
        and (wait := _wait(history, side, one, one.update.ns, one.next.ns)) is not None
    ]  # fmt: skip
    rtt_ns = round_trip_ns(connection)
    # Opened so much later than the path takes.
    held = [one for one in waits if one.open_ns - one.begin_ns - rtt_ns >= max(UNREAD_NS, UNREAD_RTTS * rtt_ns)]
    if held:
        return _finding(connection, history, side, sender, "held", held)
    total_ns = covered_ns((one.begin_ns, one.end_ns) for one in waits)
    if len(waits) < SMALL_STALLS or total_ns < SMALL_NS or sender.first is None or sender.last is None:
        return None
    if total_ns < SMALL_SHARE * (sender.last.ns - sender.first.ns):
        return None
    return _finding(connection, history, side, sender, "small", waits)


def _wait(history: Http2History, side: int, stall: Stall, open_ns: int, end_ns: int) -> _Wait | None:
    """Who waited for the window; None where nobody did."""
    waiting = _waiting(history.calls, side, stall, open_ns)
    asked_ns = min((one.asked_ns for one in waiting), default=open_ns)
    return _Wait(stall, max(asked_ns, stall.full.ns), open_ns, end_ns) if asked_ns < open_ns else None


def _stuck(connection: ConnectionFacts, history: Http2History, side: int, sender: Windows) -> _Wait | None:
    """A window that stayed closed to the end, with more to be sent; None without one."""
    if connection.context.live:
        return None
    end = last_ns(connection)
    waits = (_wait(history, side, one, end, end) for one in stuck(history, sender))
    return next((one for one in waits if one is not None and one.ns >= STUCK_NS), None)


def _finding(
    connection: ConnectionFacts, history: Http2History, side: int, sender: Windows, kind: str, waits: list[_Wait]
) -> Finding:
    longest = max(waits, key=lambda one: one.ns)
    worst = longest.stall
    whole = worst.window == CONNECTION
    total_ns = covered_ns((one.begin_ns, one.end_ns) for one in waits)
    update, going = worst.update, worst.next
    until_ns = longest.end_ns - (round_trip_ns(connection) if going is not None else 0)
    waiting = _waiting(history.calls, side, worst, until_ns)
    elapsed_ns = sender.last.ns - sender.first.ns if sender.first is not None and sender.last is not None else 0
    facts: Facts = {
        "sender": SIDES[side],
        "receiver": SIDES[1 - side],
        "http2_stream": worst.full.frame.stream,
        "target": operation_of(next((one for one in waiting if one.id == worst.full.frame.stream), None)),
        "window_bytes": sender.largest[whole],
        "full_frame": history.packet(worst.full),
        "update_frame": history.packet(update) if update is not None else 0,
        "next_frame": history.first_packet(going) if going is not None else 0,
        "stall_s": longest.ns / 1e9,
        "total_s": total_ns / 1e9,
        "rtt_s": round_trip_ns(connection) / 1e9,
        "count": len(waits),
        "requests": len(waiting),
        "percent": round(100 * total_ns / elapsed_ns) if elapsed_ns else 100,
    }
    severe = kind == "stuck" or total_ns >= SLOW_NS
    shape = f"{kind}-connection" if whole else kind
    return connection.finding(
        FindingId.HTTP2_FLOW_CONTROL,
        packets(connection, [int(facts["full_frame"]), int(facts["update_frame"]), int(facts["next_frame"])]),
        Severity.WARNING if severe else Severity.NOTE,
        Confidence.CERTAIN if kind != "stuck" else Confidence.LIKELY,
        _others(kind, whole=whole),
        shape=shape,
        **facts,
    )


def _others(kind: str, *, whole: bool) -> tuple[str, ...]:
    if kind == "small":
        return ("http2-window-left", "http2-reads-by-clock")
    return ("http2-one-unread", "http2-program-busy") if whole else ("http2-program-busy", "http2-paused")


def _waiting(calls: Sequence[Call], side: int, stall: Stall, until_ns: int) -> list[Call]:
    """The requests of which ``side`` may have had something to send in the window before ``until_ns``, and after."""
    return [
        one for one in calls
        if stall.window in (CONNECTION, one.id) and one.asked_ns < until_ns and not 0 < one.over_ns < until_ns
        and (side == 1 or not one.asking.ended or one.whole_ns >= until_ns)
    ]  # fmt: skip
