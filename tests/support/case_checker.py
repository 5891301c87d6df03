"""Compares what a case promises with what the engine says.

The words of a step quote numbers; what they rely on stands beside them as `Expectation`, so a
sentence that stops being true makes a test fail.  Messages are for whoever edits a case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tcptui.analysis.stream.view import view_stream
from tcptui.model.packet_store import NO_ROW, NO_STREAM
from tcptui.model.tcp_state import TcpState, state_of
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.rules.whole_capture.diagnose import CaptureDiagnosis
    from tcptui.lessons.case import Case, Expectation
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import PacketStore


class Analysed(Protocol):
    """The part of a session that the checker needs: one capture, read to its end."""

    @property
    def store(self) -> PacketStore:
        """All packets."""

    @property
    def streams(self) -> StreamTable:
        """All streams."""

    @property
    def diagnosis(self) -> CaptureDiagnosis:
        """What is said of the capture as a whole."""

    def findings(self, stream: int) -> tuple[Finding, ...]:
        """What the annotator says about ``stream``."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that the case promises and the engine does not say."""

    where: str
    """``step 3, frame 8``; empty for the case as a whole."""
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where or 'case'}: {self.what}: expected {self.expected}, found {self.found}"


def check(case: Case, session: Analysed, capture: int = 0) -> list[Mismatch]:
    """All that ``session``, which has read ``case.files[capture]``, says otherwise."""
    mismatches = []
    if session.store.count != case.files[capture].packets:
        mismatches.append(Mismatch("", "packets", str(case.files[capture].packets), str(session.store.count)))
    reported = [finding for stream in range(session.streams.count) for finding in session.findings(stream)]
    reported += [told.finding for told in session.diagnosis.findings]
    if len(case.files) == 1:
        mismatches += _compare_names("", "findings", case.findings, tuple(finding.id for finding in reported))
    for number, step in enumerate(case.steps, 1):
        if step.capture != capture:
            continue
        cited = {finding.id for finding in reported if set(finding.packets) & set(step.packets)}
        missing = [finding for finding in step.findings if finding not in cited]
        if missing:
            mismatches += _compare_names(f"step {number}", "findings cite its packets", missing, tuple(cited))
        for expectation in step.expect:
            mismatches += _check_frame(f"step {number}, frame {expectation.frame}", expectation, session)
    return mismatches


def _check_frame(where: str, expectation: Expectation, session: Analysed) -> list[Mismatch]:
    row = session.store.row_of_frame(expectation.frame)
    stream = int(session.store.stream[row]) if row != NO_ROW else NO_STREAM
    if stream == NO_STREAM:
        return [Mismatch(where, "frame", "a TCP segment", "none")]
    view = view_stream(session.store, session.streams, stream)
    places = np.flatnonzero(view.rows == row)
    if not len(places):
        return [Mismatch(where, "frame", "a TCP segment", "a quotation in an ICMP error")]
    found = _found(view, int(places[0]), session.store)
    if expectation.since is not None:
        since = session.store.row_of_frame(expectation.since)
        found["after_ns"] = int(session.store.time_ns[row] - session.store.time_ns[since]) if since != NO_ROW else None
    return [
        Mismatch(where, key, _shown(expected), _shown(found[key]))
        for key in found
        if (expected := getattr(expectation, key)) is not None and expected != found[key]
    ]


def _found(view: StreamView, place: int, store: PacketStore) -> dict[str, TcpState | Verdict | int | None]:
    """What the engine says of the segment at ``place``, by the names of `Expectation`."""
    client, client_known = state_of(int(view.state_client[place]))
    server, server_known = state_of(int(view.state_server[place]))
    acked_row = int(view.acked[place])
    acked = acked_row != NO_ROW
    return {
        "client": client,
        "server": server,
        "client_known": client_known,
        "server_known": server_known,
        "verdicts": Verdict(int(view.verdict[place])),
        "seq": int(view.seq[place]),
        "ack": int(view.ack[place]),
        "length": int(view.length[place]),
        "window": int(view.window[place]),
        "in_flight": int(store.bytes_in_flight[view.rows[place]]),
        "acks": int(store.frame[acked_row]) if acked else None,
        "rtt_ns": int(view.time_ns[place] - store.time_ns[acked_row]) if acked else None,
        "irtt_ns": view.irtt_ns,
        "ttl": int(view.ttl[place]),
        "ip_id": int(view.ip_id[place]),
    }


def _compare_names(where: str, what: str, expected: Sequence[str], found: Sequence[str]) -> list[Mismatch]:
    if sorted(set(expected)) == sorted(set(found)):
        return []
    return [Mismatch(where, what, ", ".join(sorted(set(expected))), ", ".join(sorted(set(found))) or "none")]


def _shown(value: TcpState | Verdict | int | None) -> str:
    if isinstance(value, TcpState):
        return value.label
    if isinstance(value, Verdict):
        return ", ".join(verdict.field_name for verdict in value) or "no verdict"
    return str(value)
