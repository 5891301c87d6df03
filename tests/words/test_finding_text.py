"""Findings and packets in words, in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.access.open_capture import view_of
from tcptui.lessons.loader import load_case
from tcptui.model.finding import Finding, FindingId, Severity
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.explanation import Section, SectionKind
from tcptui.words.finding_text import explain_finding, finding_short
from tcptui.words.language import Language
from tcptui.words.packet_text import explain_packet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


EN, ZH = Words(Language.EN), Words(Language.ZH)
OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
FLIGHT = [f"{50 + i / 10} C A {1 + 1000 * i} 1 1000 id={100 + i}" for i in range(5)]
FAST = [*OPEN, *FLIGHT, *(f"{90 + i / 10} S A 1 1" for i in range(4)), "90.5 C A 1 1 1000 id=200", "130 S A 1 5001"]
LATE = [*OPEN, *FLIGHT[:3], "310 C A 1 1 1000 id=200", "351 S A 1 3001"]


def _section(sections: Sequence[Section], kind: SectionKind) -> str:
    return " ".join(line for section in sections if section.kind is kind for line in section.lines)


def test_finding_quotes_this_connections_own_numbers(told: Tell) -> None:
    told_ = told(LATE)
    explanation = explain_finding(told_.findings["retransmission-timeout"], view_of(told_.session, 0), EN)

    assert explanation.severity is Severity.WARNING
    for number in ("packet 4", "packet 7", "bytes 1–1000", "260 ms"):
        assert number in explanation.meaning
    assert {section.kind for section in explanation.sections} >= {
        SectionKind.HOW_WE_KNOW, SectionKind.HOW_SURE, SectionKind.ALTERNATIVES, SectionKind.LOOK_NEXT
    }  # fmt: skip


def test_same_finding_with_other_numbers_reads_differently(told: Tell) -> None:
    first = finding_short(told(LATE).findings["retransmission-timeout"], EN)
    second = finding_short(told([line.replace("310", "450") for line in LATE]).findings["retransmission-timeout"], EN)

    assert first != second


def test_finding_in_chinese_has_the_same_numbers(told: Tell) -> None:
    finding = told(LATE).findings["retransmission-timeout"]
    explanation = explain_finding(finding, None, ZH)

    assert explanation.title == "超时重传，等待 260 毫秒"
    assert "260 毫秒" in explanation.meaning
    assert "第 1–1000 字节" in explanation.meaning


def test_packet_with_a_verdict_is_named_by_it_and_means_what_caused_it(told: Tell) -> None:
    session = told(FAST).session
    explanation = explain_packet(session, 12, EN)

    assert explanation.title == "Fast Retransmission"
    assert "bytes 1–1000" in explanation.meaning
    assert "4 duplicate ACKs asked for it" in explanation.meaning
    assert "packet 4" in explanation.meaning


def test_packet_of_a_warning_carries_its_title(told: Tell) -> None:
    explanation = explain_packet(told(LATE).session, 6, EN)

    assert explanation.title == "Retransmission · Retransmission timeout"
    assert explanation.severity is Severity.WARNING


def test_simultaneous_open_is_explained_against_wiresharks_verdict(told: Tell) -> None:
    session = told(["0 C S 0 0", "1 S S 0 0", "41 C SA 0 1", "42 S SA 0 1"]).session
    explanation = explain_packet(session, 2, EN)

    assert explanation.title == "Retransmission"
    assert explanation.meaning.startswith("Both ends opened at once")
    assert "Wireshark" in _section(explanation.sections, SectionKind.WHAT_HAPPENED)


@pytest.mark.parametrize(
    ("row", "title"),
    [
        (0, "SYN: the client asks to connect"),
        (1, "SYN-ACK: the server accepts"),
        (3, "Data from the client"),
        (4, "ACK"),
    ],
)
def test_ordinary_packets_are_named_for_what_they_do(told: Tell, row: int, title: str) -> None:
    session = told([*OPEN, "50 C PA 1 1 100", "90 S A 1 101"]).session

    assert explain_packet(session, row, EN).title == title


def test_states_say_what_changed_and_how_sure(told: Tell) -> None:
    session = told([*OPEN, "50 C PA 1 1 100", "90 S A 1 101"]).session
    states = _section(explain_packet(session, 2, EN).sections, SectionKind.STATES)

    assert "The client stays ESTABLISHED (known)" in states
    assert "The server moves from SYN-RECEIVED to ESTABLISHED" in states


def test_duplicate_ack_counts_and_names_what_it_waits_for(told: Tell) -> None:
    explanation = explain_packet(told(FAST).session, 11, EN)

    assert explanation.title == "Dup ACK #4"  # the first repeats the SYN-ACK's number
    assert explanation.meaning.endswith("expects number 1 from the client.")


def test_repeated_syn_is_called_a_syn(told: Tell) -> None:
    explanation = explain_packet(told(["0 C S 0 0 id=1", "1000 C S 0 0 id=2", "1040 S SA 0 1"]).session, 1, EN)

    assert explanation.meaning == "The client retransmits its SYN, 1 s after packet 1: no reply had come."


def test_ack_of_a_fin_counts_no_byte_for_it(told: Tell) -> None:
    session = told([*OPEN, "50 C FA 1 1", "90 S A 1 2"]).session

    assert explain_packet(session, 4, EN).title == "ACK of the FIN"
    assert "byte" not in explain_packet(session, 4, EN).meaning


def test_window_without_its_scale_is_no_number_of_bytes(told: Tell) -> None:
    session = told(["0 C PA 101 201 50", "40 S A 201 151 win=300"]).session

    assert "a window field of 300 (scale not captured)" in explain_packet(session, 1, EN).meaning


def test_socketless_reset_names_the_packet_it_answers(told: Tell) -> None:
    answering = told([*OPEN, "50 C PA 1 1 40", "90 S R 1 0"]).session
    unasked = told([*OPEN, "50 C PA 1 1 40", "90 S R 7777 0"]).session

    assert "replies to packet 4" in explain_packet(answering, 4, EN).meaning
    assert explain_packet(unasked, 4, EN).title == "RST without ACK"


def test_reset_that_refuses_a_syn_is_told_as_a_refusal(told: Tell) -> None:
    session = told(["0 C S 0 0", "40 S RA 0 1 win=0"]).session

    assert explain_packet(session, 1, EN).title == "RST · part of: Connection refused"
    assert "rejected 40 ms later" in explain_packet(session, 1, EN).meaning


def test_copy_of_the_capture_is_not_told_as_sent_again(told: Tell) -> None:
    lines = [line for line in [*OPEN, *FLIGHT] for _copy in (0, 1)]
    session = told([f"{line} id={i // 2 + 1}" if "id=" not in line else line for i, line in enumerate(lines)]).session

    assert explain_packet(session, 7, EN).meaning.startswith("Not retransmitted")


def test_gap_is_told_in_bytes(told: Tell) -> None:
    session = told([*OPEN, FLIGHT[0], FLIGHT[2]]).session

    assert "1,000 bytes" in explain_packet(session, 4, EN).meaning


def test_window_update_tells_both_windows(told: Tell) -> None:
    session = told([*OPEN, "50 C PA 1 1 100", "90 S A 1 101 win=100", "91 S A 1 101 win=4000"]).session

    assert "from 100 to 4,000 bytes" in explain_packet(session, 5, EN).meaning


@pytest.mark.parametrize(("words", "never", "late"), [(EN, "never established", "late"), (ZH, "连接未建立", "秒建立")])
def test_connection_that_was_never_opened_is_not_called_late(told: Tell, words: Words, never: str, late: str) -> None:
    finding = told(["0 C S 0 0", "1000 C S 0 0", "3000 C S 0 0", "3040 S SA 0 1"]).findings["syn-retransmission"]
    title = explain_finding(finding, None, words).title

    assert never in title
    assert late not in title


@pytest.mark.parametrize(("words", "neglected"), [(EN, "data segments ignored"), (ZH, "数据段被忽略")])
def test_segments_that_a_full_queue_ignored_are_told_of_where_there_are_any(words: Words, neglected: str) -> None:
    session = open_file(load_case("accept-queue-full").captures[-1])
    full = next(each for each in session.findings(3) if each.id is FindingId.ACCEPT_QUEUE_FULL)
    some = replace(full, facts={**full.facts, "ignored": 3})

    assert full.facts["ignored"] == 0
    assert neglected not in explain_finding(full, None, words).meaning
    assert neglected in explain_finding(some, None, words).meaning
