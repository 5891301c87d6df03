"""``tcptui report FILE --json``: one object, schema 1 (architecture.md#contracts)."""

from __future__ import annotations

from contextlib import closing
from functools import lru_cache
from itertools import compress, islice
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.rate.congestion_control import congestion_control
from tcptui.analysis.rate.limit import Limit
from tcptui.analysis.rate.limits import rate_limits
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.cli.report.json_findings import TemplatedFindings, capture_finding_text, finding_text
from tcptui.cli.report.json_keys import CONNECTION_KEYS, object_template
from tcptui.cli.report.json_text import CachedTexts, Seconds, seconds, to_json, utf8
from tcptui.cli.report.link_names import link_name
from tcptui.cli.report.summary import Capture
from tcptui.findings.catalog import named_shape
from tcptui.findings.elsewhere import capture_outside
from tcptui.findings.in_trouble import in_trouble
from tcptui.findings.stream_findings import BatchFindings, StreamFindings, cells
from tcptui.findings.weight import connection_seconds_lost
from tcptui.model.other_protocol import protocol_name
from tcptui.model.tcp_state import state_of
from tcptui.session.sharing import ALONE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from typing import Any

    from tcptui.access.kernel_events.tied_events import KernelSummary
    from tcptui.analysis.rate.limit import RateLimits
    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget_parts import TimeBudget
    from tcptui.cli.report.json_findings import Tell
    from tcptui.cli.report.summary import Summary
    from tcptui.findings.elsewhere import CaptureThere
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.model.packet_store import U8
    from tcptui.session.selection import Selection
    from tcptui.session.sharing import Sharing

#: Incremented when a key is removed or changes its meaning, not for new keys.
SCHEMA: Final = 1
#: Connections per piece of text: larger pieces would not stay in the processor's cache while they are copied.
AT_ONCE: Final = 32
#: Connections whose texts are made together: what is told of each takes a thousand bytes.
MOST_AT_ONCE: Final = 16_384
#: A look at the capture as a whole weighs one for so many rows (`Sharing.cut`).
ROWS_A_WEIGHT: Final = 25
#: Upper bound of the turns (request and response) listed of one connection.
MOST_TURNS: Final = 1_000

_SIDES = ("client", "server")

#: The %-template of one connection's object.
_CONNECTION: Final = utf8(object_template(CONNECTION_KEYS))
#: Who closed, by `Measures.closed_by`, as JSON.
_CLOSERS: Final = (b"null", b'"client"', b'"server"')
_SPREAD: Final = b'{"min": %s, "median": %s, "max": %s}'


def json_report(summary: Summary, stream: int | None, tell: Tell, sharing: Sharing = ALONE) -> Generator[bytes]:
    """The report object in pieces of UTF-8, some connections at a time, so that memory does not grow with its size.

    ``stream``: only this connection, with its turns; None: all, judged by ``sharing``.  ``tell`` makes sentences of a
    finding.  Close the iterator if it may be left before its end.  Raises WorkerError.
    """
    yield f'{{"schema": {SCHEMA}, "streams": ['.encode()
    above_note, whole = StreamFindings(), None
    if stream is None:
        texts = _ConnectionTexts(tell)
        shares, between = summary.shares(sharing, summary.store.count // ROWS_A_WEIGHT), b"\n"

        # Of several shares another one looks at all packets once more: that takes as long as thousands of connections.
        several = int(len(shares) > 1)

        def work(at: int) -> Iterator[bytes | StreamFindings | Capture]:
            return _share(summary, shares[at - several], texts) if at >= several else iter((summary.capture,))

        with closing(sharing.in_order(len(shares) + several, work)) as pieces:
            for piece in pieces:
                if isinstance(piece, StreamFindings):
                    above_note.join(piece)
                elif isinstance(piece, Capture):
                    whole = piece
                else:
                    yield between + piece
                    between = b",\n"
    else:
        yield b"\n" + connection_json(summary, stream, tell)
        above_note = in_trouble(_told_of(summary, stream))
    # Last, because it follows from the findings of all connections, which are not kept.
    diagnosis, trouble = summary.conclude(above_note)
    found = ", ".join([capture_finding_text(finding, tell) for finding in diagnosis.findings])
    capture = to_json(capture_object(whole or summary.capture))
    groups = to_json([_group(group, summary) for group in trouble.groups])
    lost = to_json(trouble.seconds_lost)
    yield utf8(
        f'\n], "capture": {capture[:-1]}, "findings": [{found}], "seconds_lost": {lost}, "trouble": {groups}}}}}\n'
    )


def connection_json(summary: Summary, stream: int, tell: Tell) -> bytes:
    """The object (UTF-8) of one connection, with its turns and what limited it."""
    told, view = _told_of(summary, stream), summary.view(stream)
    (text,) = _ConnectionTexts(tell).texts(told, summary.measured(told.streams), summary.states(told.streams))
    there = there_object(summary.capture_there(stream, summary.findings(stream)))
    more = (utf8(to_json(one)) for one in (_turns(time_budget(view), view), _rates_as_json(view), there))
    return b'%s, "turns": %s, "rates": %s, "capture_there": %s}' % (text[:-1], *more)


def _told_of(summary: Summary, stream: int) -> BatchFindings:
    parts = time_budget(summary.view(stream)).parts
    return BatchFindings(np.array([stream]), np.array([parts]), [], {0: summary.findings(stream)})


def _share(summary: Summary, share: Selection, texts: _ConnectionTexts) -> Iterator[bytes | StreamFindings]:
    """The connections of ``share``, comma-separated, and what of their findings the whole capture is judged by."""
    shown = summary.shown
    for block in summary.judged(share):
        if above_note := in_trouble(block):
            yield above_note
        for told in block.parts_of(MOST_AT_ONCE):
            tally = summary.tally(told.streams, share)
            lines = texts.texts(told, summary.measured(told.streams, tally), summary.states(told.streams, tally))
            if shown is not None:
                lines = compress(lines, np.isin(told.streams, shown))
            while some := b",\n".join(islice(lines, AT_ONCE)):
                yield some
            del told, tally, lines  # before the next ones are made: together they would take twice the memory
        del block, above_note


def there_object(there: CaptureThere | None) -> dict[str, object] | None:
    """The capture at another place that would decide."""
    if there is None:
        return None
    return {
        "at": list(there.places), "findings": list(map(str, there.findings)), "filter": there.filter,
        "seconds": there.seconds, "snaplen": there.snaplen, "packets": there.packets, "tcpdump": there.tcpdump,
        "tcptui": there.tcptui, "then": there.merge,
    }  # fmt: skip


def _group(group: TroubleGroup, summary: Summary) -> dict[str, object]:
    """A group of trouble as every report has it: what it is, whose, and what only follows from it."""
    outside = capture_outside(group.finding)
    there = outside or (summary.capture_there(group.streams[0], (group.finding,)) if group.streams else None)
    return {
        "id": str(group.finding.id),
        "severity": group.severity.name.lower(),
        "whole": group.is_whole,
        **({"shape": shape} if (shape := named_shape(group.finding)) else {}),
        "streams": list(group.streams),
        "seconds_lost": group.seconds_lost,
        "since": _time(group.since_ns or None),
        "symptoms": [
            {"id": str(one.finding.id), "connections": one.connections, "seconds_lost": one.seconds_lost}
            for one in group.symptoms
        ],
        "capture_there": there_object(there),
    }


def _time(time_ns: int | None) -> Seconds | None:
    return None if time_ns is None else Seconds(time_ns)


def capture_object(capture: Capture) -> dict[str, object]:
    """A capture's numbers, and what casts doubt on it."""
    trust = capture.trust
    quality = trust.quality
    return {
        "file": capture.label,
        "packets": capture.packets,
        "tcp_packets": capture.tcp_packets,
        "start": _time(capture.start_ns),
        "end": _time(capture.end_ns),
        "link_types": [link_name(link) for link in capture.link_types],
        "other_protocols": [
            {"protocol": protocol_name(each.protocol), "packets": each.packets, "bytes": each.wire_bytes}
            for each in capture.other_protocols
        ],
        "trust": {
            "kernel_dropped": quality.kernel_dropped,
            "truncated": quality.truncated,
            "one_sided": trust.one_sided,
            "mid_stream": trust.mid_stream,
            "offloaded": quality.offloaded,
            "gaps": trust.gaps,
            "recorded_twice": trust.twice,
            "position": trust.place.position.value,
            "headers_cut": quality.headers_cut,
            "time_went_back": quality.time_went_back,
            **({"unread": quality.unread} if quality.unread else {}),
            **({"claimed_dropped": quality.claimed_dropped} if quality.claimed_dropped else {}),
        },
        **({"kernel": _kernel_object(capture.kernel)} if capture.kernel is not None else {}),
    }


def _kernel_object(kernel: KernelSummary) -> dict[str, object]:
    return {
        "tied": kernel.tied,
        "untied": {why.value: count for why, count in kernel.untied.items()},
        "agree": kernel.agreement.agree,
        "differ": kernel.agreement.differ,
        "undecided": kernel.agreement.undecided,
        "causes": [
            {"kernel": said.label, "packets_show": ours.label, "packets": count}
            for (said, ours), count in sorted(kernel.agreement.pairs.items())
        ],
        "reasons": [
            {"event": kind.label, "reason": reason, "packets": count}
            for (kind, reason), count in sorted(kernel.reasons.items())
        ],
        "elsewhere": kernel.elsewhere,
        "lost": kernel.lost,
        "began_late": kernel.began_late,
    }


def _turns(budget: TimeBudget, view: StreamView) -> list[dict[str, object]]:
    """The first `MOST_TURNS` requests with their responses: frame numbers, start, duration and time budget."""
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


def _rates_as_json(view: StreamView) -> list[dict[str, object]]:
    """An object for each direction of which something can be told."""
    return [_direction_rates(view, limits) for limits in rate_limits(view) if limits is not None]


def _direction_rates(view: StreamView, limits: RateLimits) -> dict[str, object]:
    return {
        "sender": _SIDES[limits.side],
        "bytes": limits.sent_bytes,
        "duration": Seconds(limits.elapsed_ns),
        "rate": limits.rate,
        "party": limits.party.label,
        "limit": limits.main.label,
        "confidence": limits.confidence.value,
        "congestion_control": _congestion_control(view, limits),
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


def _congestion_control(view: StreamView, limits: RateLimits) -> dict[str, object] | None:
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


# Formats connections for the JSON report.
#
# A report may have a hundred thousand connections with a hundred values each, so they are formatted from columns,
# thousands at a time, through a %-template, without building an object per connection first.  The templates are bytes:
# filled, they take half the time and, for a single character beyond ASCII, half the memory of text.


@lru_cache(maxsize=256)
def _state(cell: int) -> tuple[bytes, bytes]:
    """The name of a state column's value, and whether the state is known, both as JSON."""
    state, known = state_of(cell)
    return utf8(to_json(state.label)), utf8(to_json(known))


def _or_null(texts: Iterable[bytes], whether: list[int]) -> list[bytes]:
    """``texts``, with ``null`` where ``whether`` is 0."""
    return [text if some else b"null" for text, some in zip(texts, whether, strict=True)]


class _ConnectionTexts:
    """Formats connections, many at a time."""

    def __init__(self, tell: Tell) -> None:
        """``tell`` makes sentences of a finding."""
        self._tell = tell
        self._alike = TemplatedFindings(tell)
        self._seconds = CachedTexts(seconds)

    def texts(self, findings: BatchFindings, measured: dict[str, list[Any]], states: tuple[U8, U8]) -> Iterator[bytes]:
        """The JSON objects (UTF-8) of the streams in ``findings``, each made lazily: all take tens of megabytes.

        ``measured``: the columns of `Measures`; ``states``: those of clients and servers (`Summary.states`).
        """
        client, server = (list(map(_state, cells.tolist())) for cells in states)
        m, duration = measured, np.array(measured["duration_ns"], np.int64)
        parts = findings.parts.copy()
        # The parts must add up to the duration; an ICMP error may have begun the stream before its first segment.
        parts[:, Part.UNATTRIBUTED] += duration - parts.sum(1)
        columns = (
            m["stream"], map(utf8, m["client_host"]), m["client_port"], map(utf8, m["server_host"]), m["server_port"],
            m["packets"], m["wire_bytes"], map(utf8, map(seconds, m["start_ns"])),
            self._seconds.texts(m["duration_ns"]),
            [state for state, _proved in client], [state for state, _proved in server],
            [_CLOSERS[closer] for closer in m["closed_by"]],
            _or_null(self._seconds.texts(m["quiet_ns"]), m["closed_by"]),
            _or_null(self._seconds.texts(m["irtt_ns"]), m["irtt_ns"]), self._spreads(m),
            m["client_packets"], m["client_payload"], [proved for _state, proved in client],
            m["server_packets"], m["server_payload"], [proved for _state, proved in server],
            m["resent"], m["out_of_order"], m["duplicate_acks"], m["zero_windows"], m["missed"],
            *(self._seconds.texts(part.tolist()) for part in parts.T), self._lost(findings), self._findings(findings),
        )  # fmt: skip
        return map(_CONNECTION.__mod__, zip(*columns, strict=True))

    def _spreads(self, m: dict[str, list[Any]]) -> list[bytes]:
        """Minimum, median and maximum ACK round trip of each stream, as JSON; ``null`` without one."""
        times = (self._seconds.texts(m[name]) for name in ("rtt_minimum_ns", "rtt_median_ns", "rtt_maximum_ns"))
        return _or_null(map(_SPREAD.__mod__, zip(*times, strict=True)), m["round_trips"])

    def _lost(self, told: BatchFindings) -> list[bytes]:
        """The seconds that the findings of each stream cost it."""
        lost = [b""] * len(told.streams)
        for place, findings in told.others.items():
            lost[place] = utf8(to_json(connection_seconds_lost(findings)))
        for kind in told.kinds:
            for place, seconds_lost in zip(kind.places.tolist(), cells(kind.lost, len(kind)), strict=True):
                lost[place] = utf8(to_json(seconds_lost))
        return lost

    def _findings(self, told: BatchFindings) -> list[bytes]:
        """The findings of each stream, as comma-separated JSON objects in UTF-8."""
        found = [b""] * len(told.streams)
        for kind in told.kinds:
            texts = [b""] * len(kind)
            for finding in kind.findings:
                texts = self._alike.of_members(finding, texts)
            for place, text in zip(kind.places.tolist(), texts, strict=True):
                found[place] = text
        for place, findings in told.others.items():
            found[place] = utf8(", ".join([finding_text(finding, self._tell) for finding in findings]))
        return found
