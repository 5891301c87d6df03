"""Findings and packets in words, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.explain.language import Language
from tcptui.explain.narrative import Section, SectionKind, explain_finding, explain_packet, finding_short
from tcptui.explain.words import Words
from tcptui.model.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session import Session


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
    explanation = explain_finding(told_.findings["retransmission-timeout"], told_.session.view(0), EN)

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

    assert explanation.title == "超时重传"
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

    assert explanation.title == "Retransmission · Retransmission time-out"
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
        (1, "SYN-ACK: the server agrees"),
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
    assert explanation.meaning.endswith("expects of the client is still 1.")


def test_gap_is_told_in_bytes(told: Tell) -> None:
    session = told([*OPEN, FLIGHT[0], FLIGHT[2]]).session

    assert "1,000 bytes" in explain_packet(session, 4, EN).meaning


def test_window_update_tells_both_windows(told: Tell) -> None:
    session = told([*OPEN, "50 C PA 1 1 100", "90 S A 1 101 win=100", "91 S A 1 101 win=4000"]).session

    assert "from 100 to 4,000 bytes" in explain_packet(session, 5, EN).meaning
