"""What limited the rate of each direction, as the JSON report of one connection has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.analysis.rate.congestion_control import congestion_control
from tcptui.analysis.rate.limit import Limit
from tcptui.analysis.rate.limits import rate_limits
from tcptui.cli.report.json_text import Seconds

if TYPE_CHECKING:
    from tcptui.analysis.rate.limit import RateLimits
    from tcptui.analysis.stream.view import StreamView

_SIDES = ("client", "server")


def rates_as_json(view: StreamView) -> list[dict[str, object]]:
    """An object for each direction of which something can be told."""
    return [_direction(view, limits) for limits in rate_limits(view) if limits is not None]


def _direction(view: StreamView, limits: RateLimits) -> dict[str, object]:
    return {
        "sender": _SIDES[limits.side],
        "bytes": limits.sent_bytes,
        "duration": Seconds(limits.elapsed_ns),
        "rate": limits.rate,
        "party": limits.party.label,
        "limit": limits.main.label,
        "confidence": limits.confidence.value,
        "congestion_control": _control(view, limits),
        "shares": {limit.label: Seconds(limits.spent_ns[limit]) for limit in Limit if limits.spent_ns[limit]},
        "stretches": [
            {
                "limit": stretch.limit.label,
                "first": int(view.frame[stretch.before]),
                "last": int(view.frame[stretch.after]),
                "start": Seconds(stretch.begin_ns),
                "duration": Seconds(stretch.end_ns - stretch.begin_ns),
            }
            for stretch in limits.stretches()
        ],
    }


def _control(view: StreamView, limits: RateLimits) -> dict[str, object] | None:
    told = congestion_control(view, limits)
    if told is None:
        return None
    return {
        "name": told.algorithm.value,
        "confidence": told.confidence.value,
        "percent_left": told.percent,
        "losses": told.losses,
        "packets": [told.before_frame, told.after_frame],
    }
