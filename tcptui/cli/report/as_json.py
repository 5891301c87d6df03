"""``tcptui report FILE --json``: one object, schema 1 (architecture.md#contracts)."""

from __future__ import annotations

from contextlib import closing
from itertools import compress, islice
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.cli.report.json_connections import ConnectionTexts
from tcptui.cli.report.json_findings import capture_finding_text
from tcptui.cli.report.json_rates import rates_as_json
from tcptui.cli.report.json_text import Seconds, to_json, utf8
from tcptui.cli.report.link_names import link_name
from tcptui.cli.report.summary import Capture
from tcptui.findings.catalog import named_shape
from tcptui.findings.causes import stories
from tcptui.findings.stream_findings import BatchFindings, StreamFindings
from tcptui.model.other_protocol import protocol_name
from tcptui.session.sharing import ALONE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget_parts import TimeBudget
    from tcptui.cli.report.json_findings import Tell
    from tcptui.cli.report.summary import Summary
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.model.finding import Finding
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


def json_report(summary: Summary, stream: int | None, tell: Tell, sharing: Sharing = ALONE) -> Generator[bytes]:
    """The report object in pieces of UTF-8, some connections at a time, so that memory does not grow with its size.

    ``stream``: only this connection, with its turns; None: all, judged by ``sharing``.  ``tell`` makes sentences of a
    finding.  Close the iterator if it may be left before its end.  Raises WorkerError.
    """
    texts = ConnectionTexts(tell)
    yield f'{{"schema": {SCHEMA}, "streams": ['.encode()
    above_note, whole = StreamFindings(), None
    if stream is None:
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
        view, chosen = summary.view(stream), np.array([stream])
        budget = time_budget(view)
        told = BatchFindings(chosen, np.array([budget.parts]), [], {0: summary.findings(stream)})
        (text,) = texts.texts(told, summary.measured(chosen), summary.states(chosen))
        more = utf8(to_json(_turns(budget, view))), utf8(to_json(rates_as_json(view)))
        yield b'\n%s, "turns": %s, "rates": %s}' % (text[:-1], *more)
        above_note = _in_trouble(told)
    # Last, because it follows from the findings of all connections, which are not kept.
    diagnosis, trouble = summary.conclude(above_note)
    found = ", ".join([capture_finding_text(finding, tell) for finding in diagnosis.findings])
    capture = to_json(_capture(whole or summary.capture))
    groups = to_json(list(map(_group, trouble.groups)))
    lost = to_json(trouble.seconds_lost)
    yield utf8(
        f'\n], "capture": {capture[:-1]}, "findings": [{found}], "seconds_lost": {lost}, "trouble": {groups}}}}}\n'
    )


def _share(summary: Summary, share: Selection, texts: ConnectionTexts) -> Iterator[bytes | StreamFindings]:
    """The connections of ``share``, comma-separated, and what of their findings the whole capture is judged by."""
    shown = summary.shown
    for block in summary.judged(share):
        if above_note := _in_trouble(block):
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


def _in_trouble(told: BatchFindings) -> StreamFindings:
    """The warnings and errors of each stream of ``told`` that has any, with their symptoms."""
    above_note = StreamFindings()
    for place, findings in told.others.items():
        if found := _above_note(findings):
            above_note[int(told.streams[place])] = found
    for kind in told.kinds:
        if found := _above_note(kind.findings):
            above_note.add_batch(kind.only(found))
    return above_note


def _above_note(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for story in stories(findings) for finding in (story.cause, *story.symptoms))


def _group(group: TroubleGroup) -> dict[str, object]:
    """A group of trouble as every report has it: what it is, whose, and what only follows from it."""
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
    }


def _time(time_ns: int | None) -> Seconds | None:
    return None if time_ns is None else Seconds(time_ns)


def _capture(capture: Capture) -> dict[str, object]:
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
