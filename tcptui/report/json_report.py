"""``tcptui report FILE --json``: one object, schema 1 (design contract, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.analysis.time_budget import time_budget
from tcptui.analysis.time_budget_parts import Part
from tcptui.report.connection_text import connection_text
from tcptui.report.json_text import Seconds, to_json
from tcptui.report.link_names import link_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.analysis.stream_view import StreamView
    from tcptui.analysis.time_budget_parts import TimeBudget
    from tcptui.report.connection_text import Tell
    from tcptui.report.summary import Capture, Summary

#: Raised when a key changes its meaning or goes; new keys do not raise it.
SCHEMA: Final = 1
#: More turns of one connection are not listed.
MOST_TURNS: Final = 1_000


def json_report(summary: Summary, stream: int | None, tell: Tell) -> Iterator[str]:
    """The object in pieces, a connection at a time, so that memory does not grow with it.

    ``stream``: this connection only.  ``tell`` puts a finding into words.
    """
    yield f'{{"schema": {SCHEMA}, "capture": {to_json(_capture(summary.capture))}, "streams": ['
    if stream is None:
        for place, (measures, findings, parts) in enumerate(summary.told()):
            yield (",\n" if place else "\n") + connection_text(
                measures, summary.states(measures), parts, findings, tell
            )
    else:
        view = summary.view(stream)
        budget = time_budget(view)
        measures, findings = summary.measures(stream), summary.findings(stream)
        text = connection_text(measures, summary.states(measures), budget.parts, findings, tell)
        yield f'\n{text[:-1]}, "turns": {to_json(_turns(budget, view))}}}'
    yield "\n]}\n"


def _time(time_ns: int | None) -> Seconds | None:
    return None if time_ns is None else Seconds(time_ns)


def _capture(capture: Capture) -> dict[str, object]:
    trust = capture.trust
    return {
        "file": capture.label,
        "packets": capture.packets,
        "tcp_packets": capture.tcp_packets,
        "start": _time(capture.start_ns),
        "end": _time(capture.end_ns),
        "link_types": [link_name(link) for link in capture.link_types],
        "trust": {
            "kernel_dropped": trust.kernel_dropped,
            "truncated": trust.truncated,
            "one_sided": capture.one_sided,
            "mid_stream": capture.mid_stream,
            "offloaded": trust.offloaded,
            "gaps": capture.gaps,
            "position": capture.position.value,
            "headers_cut": trust.headers_cut,
            "time_went_back": trust.time_went_back,
        },
    }


def _turns(budget: TimeBudget, view: StreamView) -> list[dict[str, object]]:
    """The first `MOST_TURNS` requests with their answers: packets, and where each one's time went."""
    turns = budget.turns
    return [
        {
            "request": int(view.frame[turns.request[i]]),
            "response": int(view.frame[turns.response[i]]) if turns.response[i] >= 0 else None,
            "start": Seconds(int(view.time_ns[turns.request[i]])),
            "duration": Seconds(int(turns.elapsed_ns[i])),
            "time_budget": {part.label: Seconds(int(turns.parts[i, part])) for part in Part},
        }
        for i in range(min(len(turns), MOST_TURNS))
    ]
