"""Kernel events with a recorded capture: agreement, what is not tied and why, fields, sentences, and the file."""

from __future__ import annotations

import gzip
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from run_command import run

from tcptui.access.kernel_events.companion import BLOCK, Unusable, companion_path, write_companion
from tcptui.access.kernel_events.log import KernelLog, reason_text
from tcptui.access.kernel_events.tied_events import KernelEvents
from tcptui.access.kernel_events.ties import Untied
from tcptui.capture.output import NOTHING
from tcptui.dfilter.compile import compile_filter
from tcptui.model.errors import OutputError
from tcptui.model.kernel_event import RECORD, KernelCause, KernelEventKind
from tcptui.model.resend_cause import ResendCause
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file
from tcptui.words.catalogue import Words
from tcptui.words.kernel_text import says_lines, short_lines, summary_lines
from tcptui.words.language import Language
from tcptui.words.packet_text import explain_packet

if TYPE_CHECKING:
    from collections.abc import Iterator

CASE = Path(__file__).parents[3] / "cases" / "60-fast-retransmission" / "client.pcapng.gz"
WORDS = Words(Language.EN)
#: How long after the packet its event comes, in nanoseconds.
AFTER = 6_000
DROPPED_ROW = 1
"""The SYN-ACK, which came from the server."""


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "a.pcapng"
    path.write_bytes(gzip.decompress(CASE.read_bytes()))
    return path


@pytest.fixture
def session(capture: Path) -> Iterator[Session]:
    opened = open_file(capture)
    opened.run_here()
    opened.findings(0)
    yield opened
    opened.close()


def resent_row(session: Session) -> int:
    (row,) = np.flatnonzero(session.store.cause[: session.store.count] == ResendCause.FAST_RECOVERY)
    return int(row)


def record(session: Session, row: int, kind: KernelEventKind, *, of_sender: bool = True, **values: Any) -> Any:
    """An event about the packet in ``row``, from its sender's side or from its receiver's."""
    a, b = session.flows.endpoints(int(session.store.flow[row]))
    ends = (b, a) if bool(session.store.from_b[row]) == of_sender else (a, b)
    made = np.zeros(1, RECORD)
    made["kind"], made["time_ns"], made["slack_ns"] = kind, int(session.store.time_ns[row]) + AFTER, 200
    for name, end in zip(("source", "target"), ends, strict=True):
        made[name] = np.void(bytes(10) + b"\xff\xff" + end.address)
        made[f"{name}_port"] = end.port
    for name, value in values.items():
        made[name] = value
    return made


def tell(session: Session, *records: Any) -> KernelEvents:
    word, log = KernelEvents.of(session), KernelLog()
    for each in records:
        log.add(each)
    word.log = log
    return word


def retransmit(session: Session, cause: KernelCause, **values: Any) -> Any:
    return record(session, resent_row(session), KernelEventKind.RETRANSMIT, cause=cause, socket=1, **values)


def dropped(session: Session, softirq: int = 1) -> Any:
    return record(session, DROPPED_ROW, KernelEventKind.DROP, of_sender=True, reason=b"TCP_OVERWINDOW", softirq=softirq)


@pytest.mark.parametrize(
    ("cause", "counted", "sentence"),
    [
        (KernelCause.FAST_RECOVERY, (1, 0, 0), "The packets show the same cause."),
        (KernelCause.RTO, (0, 1, 0), "The packets look like another cause: fast-recovery."),
        (KernelCause.UNKNOWN, (0, 0, 1), "The kernel retransmitted this for an unknown reason"),
    ],
)
def test_cause_is_compared(session: Session, cause: KernelCause, counted: tuple[int, int, int], sentence: str) -> None:
    word = tell(session, retransmit(session, cause))
    summary = word.summary(session)

    assert summary is not None
    assert (summary.agreement.agree, summary.agreement.differ, summary.agreement.undecided) == counted
    (line,) = says_lines(session, resent_row(session), WORDS)
    assert sentence in line
    sections = explain_packet(session, resent_row(session), WORDS).sections
    assert [part.lines for part in sections if part.heading == "The kernel reports"] == [(line,)]


def test_drop_is_said_of_the_packet_that_came_and_in_few_words(session: Session) -> None:
    tell(session, dropped(session))

    (line,) = says_lines(session, DROPPED_ROW, WORDS)
    assert line == "Dropped here: TCP_OVERWINDOW (it lies beyond the receive window)."
    assert short_lines(session, DROPPED_ROW, WORDS) == ["dropped: TCP_OVERWINDOW"]
    assert says_lines(session, 0, WORDS) == ()


def test_what_is_not_tied_says_why(session: Session) -> None:
    row = resent_row(session)
    later = record(session, row, KernelEventKind.RETRANSMIT)
    later["time_ns"] += 5_000_000
    lost = np.zeros(1, RECORD)
    lost["kind"], lost["value"], lost["time_ns"] = KernelEventKind.LOST, 7, int(session.store.time_ns[DROPPED_ROW])
    word = tell(session, later, dropped(session), dropped(session, softirq=0), lost)
    summary = word.summary(session)

    assert summary is not None
    assert summary.untied == {Untied.NO_PACKET: 1, Untied.LOST: 2}
    assert summary.tied == 0
    assert any("7 events were lost" in line for line in summary_lines(summary, WORDS))
    assert tell(session, dropped(session, softirq=0)).about(session, 0).untied == {
        (KernelEventKind.DROP, Untied.LATER): 1
    }


def test_event_while_a_clock_was_set_is_not_tied(session: Session) -> None:
    word = tell(session, retransmit(session, KernelCause.RTO, slack_ns=1_000_000_000))

    assert word.about(session, 0).untied == {(KernelEventKind.RETRANSMIT, Untied.CLOCK): 1}


def test_records_of_a_file_that_grows_are_read_once(tmp_path: Path, session: Session) -> None:
    path = tmp_path / "records"
    path.write_bytes(dropped(session).tobytes()[:50])
    with path.open("rb") as file:
        log = KernelLog(file.fileno())
        log.grow()
        assert len(log) == 0, "half a record"
        path.write_bytes(dropped(session).tobytes() * 2)
        threads = [threading.Thread(target=log.grow) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    assert len(log) == 2


def test_two_sockets_with_one_address_are_tied_to_nothing(session: Session) -> None:
    other = retransmit(session, KernelCause.RTO)
    other["socket"], other["time_ns"] = 2, other["time_ns"] - 50_000_000
    word = tell(session, retransmit(session, KernelCause.RTO), other)

    assert word.about(session, 0).by_row == {}


def test_event_of_another_connection_is_not_tied(session: Session) -> None:
    other = retransmit(session, KernelCause.RTO)
    other["source_port"] += 1
    summary = tell(session, other).summary(session)

    assert summary is not None
    assert (summary.tied, summary.untied) == (0, {})


def test_filter_finds_them(session: Session) -> None:
    tell(session, retransmit(session, KernelCause.RTO), dropped(session))

    def found(text: str) -> list[int]:
        return np.flatnonzero(FilterRun(session, compile_filter(text)).matching(0, session.store.count)).tolist()

    assert found('tcptui.kernel.cause == "rto"') == [resent_row(session)]
    assert found("tcptui.kernel.reason") == [DROPPED_ROW]
    assert found('tcptui.kernel.event == "drop" || tcptui.kernel.event == "retransmit"') == [
        DROPPED_ROW, resent_row(session)
    ]  # fmt: skip


def test_kept_words_are_read_with_the_capture(session: Session, capture: Path) -> None:
    word = tell(session, retransmit(session, KernelCause.FAST_RECOVERY), dropped(session))
    assert word.log is not None
    write_companion(capture, word.log, NOTHING)

    status, out, _said = run("report", capture)
    assert (status, "The kernel: 2 events" in out, "TCP_OVERWINDOW" in out) == (0, True, True)
    _status, out, _said = run("report", "--json", capture)
    kernel = json.loads(out)["capture"]["kernel"]
    assert (kernel["tied"], kernel["agree"], kernel["differ"]) == (2, 1, 0)
    _status, out, _said = run("packets", capture, "-Y", "tcptui.kernel.reason", "-e", "frame.number", lang="zh")
    assert out.split() == [str(DROPPED_ROW + 1)]
    with pytest.raises(OutputError):
        write_companion(capture, word.log, NOTHING)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "another", "folder", "version"])
def test_file_that_cannot_be_used_is_left_out_and_told(session: Session, capture: Path, damage: str) -> None:
    word = tell(session, dropped(session))
    assert word.log is not None
    path = write_companion(capture, word.log, NOTHING)
    whole = path.read_bytes()
    path.unlink()
    match damage:
        case "folder":
            path.mkdir()
        case "another":
            capture.write_bytes(capture.read_bytes().replace(b"\x0a\x09\x02", b"\x0a\x09\x03"))
            path.write_bytes(whole)
        case "version":
            at = whole.index(BLOCK.to_bytes(4, "little")) + 8
            path.write_bytes(whole[:at] + b"\x02" + whole[at + 1 :])
        case _:
            path.write_bytes({"cut": whole[:-5], "empty": b"", "text": b"\x1b]0;no\x07" * 40}[damage])
    reopened = open_file(capture)
    reopened.run_here()
    found = KernelEvents.of(reopened)
    reopened.close()

    assert found.log is None
    assert found.unusable is (Unusable.OF_ANOTHER if damage == "another" else Unusable.FOREIGN)
    _status, out, _said = run("report", capture)
    assert "it is not used" in " ".join(out.split())


def test_records_of_a_later_version_are_left_out(session: Session, capture: Path) -> None:
    strange = dropped(session)
    strange["kind"] = 200
    odd = dropped(session)
    odd["cause"] = 99
    word = tell(session, strange, odd, dropped(session))
    assert word.log is not None
    write_companion(capture, word.log, NOTHING)
    reopened = open_file(capture)
    kept = KernelEvents.of(reopened).log
    reopened.close()

    assert kept is not None
    assert len(kept) == 1


def test_reason_from_a_file_is_no_escape_sequence() -> None:
    assert reason_text(b"\x1b[31mNO_SOCKET\xff") == "??31mNO_SOCKET?"


def test_nothing_is_beside_most_captures(session: Session, capture: Path) -> None:
    assert not companion_path(capture).exists()
    assert KernelEvents.of(session).summary(session) is None
    assert says_lines(session, 0, WORDS) == ()
