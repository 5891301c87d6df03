"""Every promise of every bundled case, held against the engine."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from case_checker import check
from kernel_truth import KernelChange, check_truth, check_truth_at, read_kernel_log

from tcptui.lessons.loader import load_case, load_cases
from tcptui.model.finding import FindingId
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.lessons.case import Case

CASES = load_cases()
WALK = "hello-world-loopback"


@cache
def session_of(path: Path) -> Session:
    return open_file(path)


@pytest.fixture
def walk() -> tuple[Case, Session]:
    case = load_case(WALK)
    return case, session_of(case.captures[0])


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.id))
def test_engine_says_what_the_case_promises(case: Case) -> None:
    mismatches = [
        mismatch for index, path in enumerate(case.captures) for mismatch in check(case, session_of(path), index)
    ]

    assert [str(mismatch) for mismatch in mismatches] == []


def test_states_of_both_ends_are_the_kernels(walk: tuple[Case, Session]) -> None:
    case, session = walk
    assert case.kernel is not None
    changes = read_kernel_log(case.kernel)

    assert len(changes) >= 8
    assert [str(mismatch) for mismatch in check_truth(changes, session)] == []


#: Of recordings whose clock is not the kernels' times cannot be compared; forged addresses have no kernel.
UNTIMED = {FindingId.CAPTURE_CLOCK_STEP, FindingId.SYN_FLOOD}
TIMED = [case for case in CASES if case.source.scenario and not UNTIMED.intersection(case.findings)]


@pytest.mark.parametrize("case", TIMED, ids=lambda case: str(case.id))
def test_states_that_the_engine_calls_known_are_the_kernels(case: Case) -> None:
    assert case.kernel is not None
    changes = read_kernel_log(case.kernel)

    assert changes
    for file in case.files:
        assert file.at is not None
        assert [str(mismatch) for mismatch in check_truth_at(changes, session_of(file.path), file.at)] == []


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("client", TcpState.CLOSING),
        ("server", TcpState.LISTEN),
        ("client_known", True),
        ("server_known", False),
        ("verdicts", Verdict.RETRANSMISSION),
        ("seq", 2),
        ("ack", 14),
        ("length", 1),
        ("window", 1),
        ("in_flight", 9),
        ("acks", 5),
        ("rtt_ns", 1),
        ("irtt_ns", 1),
        ("ttl", 1),
        ("ip_id", 1),
    ],
)
def test_a_broken_expectation_is_caught(walk: tuple[Case, Session], key: str, wrong: Any) -> None:
    case, session = walk
    step = next(step for step in case.steps if step.packets == (6, 7))
    (expectation,) = step.expect
    broken = replace(case, steps=(replace(step, expect=(replace(expectation, **{key: wrong}),)),))

    (mismatch,) = check(broken, session)

    assert (mismatch.where, mismatch.what) == ("step 1, frame 7", key)
    assert mismatch.expected != mismatch.found


def test_a_finding_that_nobody_makes_is_caught(walk: tuple[Case, Session]) -> None:
    case, session = walk
    broken = replace(case, findings=(*case.findings, FindingId.KEEP_ALIVE))

    (mismatch,) = check(broken, session)

    assert mismatch.what == "findings"
    assert "keep-alive" in mismatch.expected
    assert "keep-alive" not in mismatch.found


def test_a_finding_that_the_case_does_not_mention_is_caught(walk: tuple[Case, Session]) -> None:
    case, session = walk
    broken = replace(case, findings=case.findings[:1], steps=())

    (mismatch,) = check(broken, session)

    assert "three-packet-close" in mismatch.found


def test_a_step_whose_packets_are_no_evidence_is_caught(walk: tuple[Case, Session]) -> None:
    case, session = walk
    step = replace(case.steps[1], packets=(1,), findings=(FindingId.THREE_PACKET_CLOSE,), expect=())

    (mismatch,) = check(replace(case, steps=(step,)), session)

    assert mismatch.where == "step 1"


def test_a_wrong_packet_count_is_caught(walk: tuple[Case, Session]) -> None:
    case, session = walk
    broken = replace(case, files=(replace(case.files[0], packets=9),))

    assert [mismatch.what for mismatch in check(broken, session)] == ["packets"]


def test_a_frame_outside_the_capture_is_caught(walk: tuple[Case, Session]) -> None:
    case, session = walk
    step = case.steps[1]
    broken = replace(case, steps=(replace(step, expect=(replace(step.expect[0], frame=99),)),))

    assert [mismatch.found for mismatch in check(broken, session)] == ["none"]


def test_a_state_that_the_kernel_never_had_is_caught(walk: tuple[Case, Session]) -> None:
    case, session = walk
    assert case.kernel is not None
    changes = read_kernel_log(case.kernel)
    last = changes[-1]
    broken = [*changes[:-1], KernelChange(last.time_ns, last.server, TcpState.CLOSING)]

    mismatches = check_truth(broken, session)

    assert [(mismatch.where, mismatch.what, mismatch.expected) for mismatch in mismatches] == [
        ("frame 8", "server state", "CLOSING")
    ]


@pytest.mark.parametrize(("server", "named"), [(False, "client"), (True, "server")])
def test_a_known_state_that_the_kernels_deny_is_caught(server: bool, named: str) -> None:
    case = load_case("three-packet-close")
    assert case.kernel is not None
    changes = [
        replace(change, state=TcpState.CLOSING)
        if change.server is server and change.state is TcpState.ESTABLISHED
        else change
        for change in read_kernel_log(case.kernel)
    ]

    mismatches = check_truth_at(changes, session_of(case.captures[0]), "client")

    assert {mismatch.what for mismatch in mismatches} == {f"{named} state"}
    assert all("ESTABLISHED" in mismatch.found for mismatch in mismatches)


def test_an_interval_that_is_not_the_captures_is_caught(walk: tuple[Case, Session]) -> None:
    case, session = walk
    step = next(step for step in case.steps if step.packets == (6, 7))
    broken = replace(case, steps=(replace(step, expect=(replace(step.expect[0], since=6, after_ns=1),)),))

    (mismatch,) = check(broken, session)

    assert mismatch.what == "after_ns"


def test_a_malformed_kernel_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kernel.jsonl"
    path.write_text('{"time_ns": 1, "end": "middle", "from": "CLOSED", "to": "LISTEN"}\n')

    with pytest.raises(ValueError, match="middle"):
        read_kernel_log(path)
