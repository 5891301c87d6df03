"""`grpc-deadline`: gRPC calls whose time ran out, and where that time went (rules/findings.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from tcptui.findings.http2_facts import operation_of, packets, round_trip_ns
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.http2.frames import ErrorCode
from tcptui.protocols.http2.grpc import is_grpc, status_text
from tcptui.protocols.http2.messages import value_in

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.http2_facts import Facts
    from tcptui.protocols.http2.history import Call, Http2History

_TIMEOUT: Final = re.compile(r"([0-9]{1,8})([HMSmun])")
_UNIT_NS: Final = {"H": 3_600_000_000_000, "M": 60_000_000_000, "S": 1_000_000_000, "m": 1_000_000, "u": 1_000, "n": 1}
_EXCEEDED: Final = "DEADLINE_EXCEEDED"
#: A call that the client took back this close to its deadline was taken back because of it: part of the deadline …
NEAR_SHARE: Final = 0.05
#: … or time.
NEAR_NS: Final = 15_000_000


@dataclass(frozen=True, slots=True)
class _ExpiredCall:
    """A call whose time ran out."""

    call: Call
    timeout_ns: int
    shape: str
    end_ns: int
    end_frame: int


def grpc_deadline(connection: ConnectionFacts, history: Http2History) -> Finding | None:
    """Calls with status 4, or that the client took back when the time was over that it had announced."""
    calls = [call for call in history.calls if is_grpc(call.head)]
    late = [one for call in calls if (one := _expired(call)) is not None]
    if not late:
        return None
    first = late[0]
    call = first.call
    others = [one for one in calls if all(one is not each.call for each in late)]
    asked, over = call.asked_ns, first.end_ns
    meanwhile = [one for one in others if one.answering.ended and asked < one.over_ns <= over]
    took = [one.over_ns - one.asked_ns for one in others if one.answering.ended]
    facts: Facts = {
        "target": operation_of(call),
        "timeout_s": first.timeout_ns / 1e9,
        "waited_s": max(over - asked, 0) / 1e9,
        "rtt_s": round_trip_ns(connection) / 1e9,
        "asked_frame": call.asked_frame,
        "end_frame": first.end_frame,
        "count": len(late),
        "calls": len(calls),
        "meanwhile": len(meanwhile),
        "median_s": median(took) / 1e9 if took else 0.0,
    }
    shape = first.shape
    if not shape and first.timeout_ns < round_trip_ns(connection):
        shape = "too-short"
    elif meanwhile and shape != "told-only":
        shape = f"{shape}-alone".lstrip("-")
    return connection.finding(
        FindingId.GRPC_DEADLINE,
        packets(connection, [each for one in late for each in (one.call.asked_frame, one.end_frame)]),
        Severity.WARNING,
        Confidence.LIKELY if not first.shape else Confidence.CERTAIN,
        ("grpc-deadline-short",) if shape == "too-short" else ("grpc-backend", "grpc-deadline-short", "grpc-queue"),
        shape=shape,
        **facts,
    )


def _expired(call: Call) -> _ExpiredCall | None:
    """``call`` where its time ran out; None where it did not, or that is not known."""
    timeout_ns = timeout_of(value_in(call.head, b"grpc-timeout"))
    answer = call.answering.blocks[0] if call.answering.blocks else None
    if status_text(call.answering, answer) == _EXCEEDED:
        # A server may have had a deadline of its own towards somebody else.
        direction, last = call.answering.direction, call.answering.blocks[-1].stop - 1
        told = timeout_ns and direction.delivered_ns(last) - call.asked_ns >= timeout_ns * (1 - NEAR_SHARE)
        shape = "told" if told else "told-only"
        return _ExpiredCall(call, timeout_ns, shape, direction.delivered_ns(last), direction.delivered_frame(last))
    if not timeout_ns or call.asking.reset not in (ErrorCode.CANCEL, ErrorCode.NO_ERROR) or call.answering.ended:
        return None
    # The client's clock began when the program called, which is a little before it asked.
    lasted, near = call.over_ns - call.asked_ns, max(NEAR_NS, NEAR_SHARE * timeout_ns)
    is_near = abs(lasted - timeout_ns) <= near
    return _ExpiredCall(call, timeout_ns, "", call.over_ns, call.over_frame) if is_near else None


def timeout_of(text: str) -> int:
    """A value of ``grpc-timeout`` in nanoseconds; 0 for none."""
    found = _TIMEOUT.fullmatch(text.strip())
    return int(found[1]) * _UNIT_NS[found[2]] if found is not None else 0
