"""Waits in which bytes passed that the capture lacks are nobody's, and a hole that a receiver reports is recovery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from capture_copies import Copy, can_be_copied, write_copy
from traced import Told

from tcptui.access.open_capture import view_of
from tcptui.access.requests import cached_requests
from tcptui.analysis.resend.classify import resends
from tcptui.analysis.timing.budget import Part, time_budget
from tcptui.analysis.timing.recovery import LOSS
from tcptui.lessons.loader import load_cases
from tcptui.model.finding import Confidence, Severity
from tcptui.model.request import RequestPart
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.session.session import Session

Tell = Callable[[Sequence[str]], Told]

OPEN = ["0 C S 0 0 sackok=1", "20 S SA 0 1 sackok=1", "20.1 C A 1 1"]
ASKED = ["100 C PA 1 1 text=GET_/a_HTTP/1.1~Host:_a~~"]
HEARD = ["121 S A 1 29"]
UPLOAD = [*(f"{100 + i / 100} C A {1 + i * 1000} 1 1000" for i in range(4)), "121 S A 1 1001"]
REPORTED = ["121.1 S A 1 1001 sack=2001:3001", "121.2 S A 1 1001 sack=2001:4001"]
#: What is put down to an end's program.
PROGRAMS = (Part.SERVER_THINK, Part.CLIENT_THINK, Part.SENDER)
#: Of the wait of a timer, what no packet of a copy without repairs shows.
UNSEEN_S = 0.3


def spent(told: Told, part: Part) -> float:
    """Seconds of stream 0 that went into ``part``."""
    return round(time_budget(view_of(told.session, 0))[part] / 1e9, 2)


# -- holes that are repaired by what was not captured ------------------------------------


@pytest.mark.finding("retransmission-unexplained")
def test_a_hole_that_is_repaired_unseen_is_recovery(told: Tell) -> None:
    trace = told([*OPEN, *UPLOAD, *REPORTED, "3121 S A 1 4001", "3122 C PA 4001 1 500", "3142 S A 1 4501"])

    finding = trace.findings["retransmission-unexplained"]
    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "unseen", Severity.WARNING, Confidence.CERTAIN,
    )  # fmt: skip
    assert (finding.facts["first_seq"], finding.facts["last_seq"]) == (1001, 2000)
    assert finding.facts["total_s"] == pytest.approx(2.9999)
    assert spent(trace, Part.RECOVERY) == 3.0
    assert spent(trace, Part.NETWORK_LIMITED) < 0.1


@pytest.mark.finding("retransmission-unexplained", twin=True)
@pytest.mark.parametrize("healed", ["122", "150"])
def test_segments_that_were_overtaken_are_no_hole(told: Tell, healed: str) -> None:
    trace = told([*OPEN, *UPLOAD, *REPORTED, f"{healed} S A 1 4001", "3122 C PA 4001 1 500", "3142 S A 1 4501"])

    assert "retransmission-unexplained" not in trace.findings
    assert spent(trace, Part.RECOVERY) == 0


@pytest.mark.finding("retransmission-unexplained", twin=True)
def test_a_hole_whose_repair_was_captured_has_its_own_finding(told: Tell) -> None:
    trace = told([*OPEN, *UPLOAD, *REPORTED, "3100 C A 1001 1 1000", "3121 S A 1 4001"])

    assert "retransmission-timeout" in trace.findings or "fast-retransmission" in trace.findings
    assert trace.findings.get("retransmission-unexplained") is None
    assert spent(trace, Part.RECOVERY) == 3.0


@pytest.mark.finding("retransmission-unexplained", twin=True)
def test_sack_of_bytes_that_were_never_sent_reports_no_hole(told: Tell) -> None:
    """A middlebox that renumbers one direction and forgets the blocks."""
    strange = ["121.1 S A 1 1001 sack=900001:901001"]
    trace = told([*OPEN, *UPLOAD, *strange, "3121 S A 1 4001", "3122 C PA 4001 1 500", "3142 S A 1 4501"])

    assert "retransmission-unexplained" not in trace.findings
    assert spent(trace, Part.RECOVERY) == 0


def test_short_holes_unseen_are_a_note(told: Tell) -> None:
    trace = told([*OPEN, *UPLOAD, *REPORTED, "321 S A 1 4001", "322 C PA 4001 1 500", "342 S A 1 4501"])

    assert trace.findings["retransmission-unexplained"].severity is Severity.NOTE


# -- waits with missing bytes -------------------------------------------------------------


@pytest.mark.finding("server-think-time", twin=True)
def test_an_answer_whose_first_bytes_are_missing_blames_nobody(told: Tell) -> None:
    missing = ["10100 S A 500 29 1000", "10100.1 C A 29 1 sack=500:1500", "10120 C A 29 1500"]
    trace = told([*OPEN, *ASKED, *HEARD, *missing])

    assert "server-think-time" not in trace.findings
    assert spent(trace, Part.SERVER_THINK) == 0
    assert spent(trace, Part.UNATTRIBUTED) > 9.9


@pytest.mark.finding("client-think-time", twin=True)
def test_a_request_that_was_not_captured_is_no_thinking_of_the_client(told: Tell) -> None:
    """Only the server's acknowledgment shows that the client had asked meanwhile."""
    first = [*ASKED, *HEARD, "130 S PA 1 29 300", "130.1 C A 29 301"]
    trace = told([*OPEN, *first, "4000 S A 301 57", "9000 C PA 57 301 28", "9020 S PA 301 85 300"])

    assert "client-think-time" not in trace.findings
    assert spent(trace, Part.CLIENT_THINK) == 0.08


@pytest.mark.finding("client-think-time")
def test_the_same_pause_without_a_gap_is_the_clients(told: Tell) -> None:
    first = [*ASKED, *HEARD, "130 S PA 1 29 300", "130.1 C A 29 301"]
    trace = told([*OPEN, *first, "9000 C PA 29 301 28", "9020 S PA 301 57 300"])

    assert "client-think-time" in trace.findings


def test_requests_put_such_a_wait_down_to_nobody(told: Tell) -> None:
    """What was not captured may have been interim answers, for all that anybody can tell."""
    first = [*ASKED, *HEARD, "130 S PA 1 29 text=HTTP/1.1_204_No_Content~~", "130.1 C A 29 28"]
    again = ["500 C PA 29 28 text=GET_/b_HTTP/1.1~Host:_a~~", "521 S A 28 57"]
    late = ["10500 S PA 53 57 text=HTTP/1.1_204_No_Content~~", "10500.1 C A 57 80"]
    requests = cached_requests(told([*OPEN, *first, *again, *late]).session, 0)
    assert not requests[1].time[RequestPart.SERVER]
    assert requests[1].time[RequestPart.IDLE] == 9_980_000_000


@pytest.mark.finding("server-think-time")
def test_a_gap_later_on_silences_no_wait_that_was_seen(told: Tell) -> None:
    answer = ["10100 S PA 1 29 text=HTTP/1.1_200_OK~Content-Length:_8000~~", "10100.1 C A 29 42"]
    trace = told([*OPEN, *ASKED, *HEARD, *answer, "17000 S A 3000 29 1000", "17000.1 C A 29 42 sack=3000:4000"])

    finding = trace.findings["server-think-time"]
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LIKELY)


def test_bytes_that_come_late_are_not_missing(told: Tell) -> None:
    """Captured out of turn: the answer's first segment follows its second."""
    answer = ["3100 S PA 501 29 500", "3100.2 S A 1 29 500", "3100.3 C A 29 1001"]
    trace = told([*OPEN, *ASKED, *HEARD, *answer])

    assert spent(trace, Part.SERVER_THINK) > 2.9


# -- late acknowledgments ------------------------------------------------------------------


@pytest.mark.finding("server-think-time", twin=True)
def test_a_request_that_is_acknowledged_late_was_under_way(told: Tell) -> None:
    trace = told([*OPEN, *ASKED, "5121 S A 1 29", "5121.1 S PA 1 29 300", "5121.2 C A 29 301"])

    assert "server-think-time" not in trace.findings
    assert spent(trace, Part.NETWORK) == 5.04


@pytest.mark.finding("server-think-time")
def test_a_request_that_is_acknowledged_at_once_was_worked_on(told: Tell) -> None:
    trace = told([*OPEN, *ASKED, *HEARD, "5121.1 S PA 1 29 300", "5121.2 C A 29 301"])

    assert trace.findings["server-think-time"].facts["wait_s"] == pytest.approx(5.0011)


@pytest.mark.finding("server-think-time", twin=True)
def test_an_answer_that_is_the_first_to_acknowledge_tells_nothing(told: Tell) -> None:
    """The server acknowledges without data elsewhere: here such an ACK, or the request, was lost or late."""
    again = ["500 C PA 29 301 text=GET_/b_HTTP/1.1~Host:_a~~", "5500 S PA 301 57 300", "5500.1 C A 57 601"]
    trace = told([*OPEN, *ASKED, *HEARD, "130 S PA 1 29 300", "130.2 C A 29 301", *again])

    assert "server-think-time" not in trace.findings
    assert spent(trace, Part.UNATTRIBUTED) == 4.98


def test_a_server_that_never_acknowledges_alone_is_believed_to_have_thought(told: Tell) -> None:
    """A filter may have left such ACKs out."""
    trace = told([*OPEN, *ASKED, "5121.1 S PA 1 29 300", "5121.2 C A 29 301"])

    assert spent(trace, Part.SERVER_THINK) == 5.0


def test_late_acknowledgments_at_the_server_itself_are_its_own(told: Tell) -> None:
    here = ["0 C S 0 0", "0.1 S SA 0 1", "20 C A 1 1"]
    trace = told([*here, *ASKED, "900 S A 1 29", "5121.1 S PA 1 29 300", "5141 C A 29 301"])

    assert spent(trace, Part.SERVER_THINK) > 5


# -- a refused attempt that is tried again --------------------------------------------------

REFUSED = ["0 C S 0 0", "20 S RA 0 1"]
AGAIN = ["1000 C S 0 0", "1020 S SA 0 1", "1021 C A 1 1", "1030 C PA 1 1 100", "1055 S A 1 101",
         "1060 S PA 1 101 200", "1061 C A 101 201", "2000 C PA 101 201 100", "2020 S RA 201 201"]  # fmt: skip


@pytest.mark.finding("rst-unread-data")
@pytest.mark.parametrize("before", [REFUSED, []], ids=["refused first", "opened at once"])
def test_a_refused_attempt_hides_no_later_reset(told: Tell, before: list[str]) -> None:
    finding = told([*before, *AGAIN]).findings["rst-unread-data"]

    assert finding.facts["rst_frame"] == len(before) + len(AGAIN)


# -- repairs dropped from copies of recordings ------------------------------------------------


def programs(session: Session) -> dict[tuple[str, str], tuple[float, float]]:
    """Seconds put down to the ends' programs, and seconds in all, of each connection that is alone between its ends."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    twice = set()
    for stream in range(session.streams.count):
        view = view_of(session, stream)
        if len(view) > 1:
            ends = str(view.client), str(view.server)
            twice |= {ends} & found.keys()
            budget = time_budget(view)
            found[ends] = sum(budget[part] for part in PROGRAMS) / 1e9, budget.elapsed_ns / 1e9
    return {ends: times for ends, times in found.items() if ends not in twice}


def without_repairs(session: Session) -> Copy:
    """A recorder that missed every segment with data that was sent again after a loss."""
    gone = [
        int(view.rows[resend.index])
        for view in (view_of(session, stream) for stream in range(session.streams.count))
        for resend in resends(view)
        if resend.cause in LOSS and view.length[resend.index]
    ]
    return Copy("repairs dropped", np.setdiff1d(np.arange(session.store.count), gone))


def test_repairs_that_the_capture_lacks_are_no_programs_time(tmp_path: Path) -> None:
    compared = 0
    blamed = []
    for case in load_cases():
        for path in case.captures:
            session = open_file(path)
            copy = without_repairs(session)
            if len(copy.rows) == session.store.count or not len(copy.rows) or not can_be_copied(session):
                continue
            write_copy(session, copy, tmp_path / "copy.pcap")
            before = programs(session)
            for ends, (seconds, _) in programs(open_file(tmp_path / "copy.pcap")).items():
                known, elapsed = before.get(ends, (seconds, 0.0))
                compared += ends in before
                if seconds > known + max(UNSEEN_S, elapsed / 50):
                    blamed.append((path.parent.name, path.name, ends, known, seconds))

    assert compared > 40
    assert not blamed
