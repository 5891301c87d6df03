"""Answers of DNS that did not fit into a datagram, asking again over TCP, and near-twins."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.finding import Severity
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections
from tcptui.words.language import Language
from tcptui.words.trouble_text import verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.finding import Finding
    from tcptui.session.session import Session

CUT, WHOLE, ASKED = 0x8380, 0x8180, 0x0100


class Told(Protocol):
    session: Session


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


def message(flags: int, name: str = "shop") -> bytes:
    asked = bytes((len(name),)) + name.encode() + b"\0" + struct.pack(">HH", 16, 1)
    return struct.pack(">6H", 7, flags, 1, 0, 0, 0) + asked


def answered(ms: float, flags: int = CUT, *, client: int = 1, server: int = 8, name: str = "shop") -> str:
    payload = message(flags, name).hex()
    return f"{ms} S . 0 0 udp=1 sport=53 port=5353 server={server} client={client} hex={payload}"


def refused(ms: float) -> list[str]:
    return [f"{ms} C S 0 0 port=40000 server=8 sport=53", f"{ms + 9} S RA 0 1 port=40000 server=8 sport=53"]


def silent(ms: float) -> list[str]:
    return [f"{ms + again} C S 0 0 port=40000 server=8 sport=53" for again in (0, 1000, 3000)]


def asked(ms: float, name: str = "shop") -> list[str]:
    def framed(flags: int) -> str:
        data = message(flags, name)
        return (struct.pack(">H", len(data)) + data).hex()

    size = len(message(ASKED, name)) + 2
    steps = [
        (0, "C S 0 0"),
        (10, "S SA 0 1"),
        (10.1, "C A 1 1"),
        (11, f"C PA 1 1 hex={framed(ASKED)}"),
        (21, f"S PA 1 {1 + size} hex={framed(WHOLE)}"),
    ]
    return [f"{ms + at} {words} port=40000 server=8 sport=53" for at, words in steps]


LATER = ["9000 C S 0 0 port=50000 server=3 sport=443", "9010 S SA 0 1 port=50000 server=3 sport=443"]


def found(told: Tell, *lines: str) -> Finding | None:
    """The finding; its words are there in both languages."""
    ordered = sorted((*LATER, *lines), key=lambda line: float(line.split()[0]))
    findings = [one.finding for one in told(ordered).session.diagnosis.findings]
    finding = next((one for one in findings if one.id.value == "dns-detour"), None)
    for language in Language:
        if finding is not None:
            assert all(line for part in finding_sections(finding, Words(language)) for line in part.lines)
    return finding


@pytest.mark.finding("dns-detour")
def test_what_asking_again_over_tcp_cost_is_a_note(told: Tell) -> None:
    finding = found(told, answered(50), *asked(52))

    assert finding is not None
    assert finding.severity is Severity.NOTE
    assert (finding.facts["questions"], finding.facts["trips"]) == (1, 2)
    assert finding.facts["total_s"] == pytest.approx(0.023, abs=1e-6)


def test_a_capture_with_nothing_but_the_note_is_not_in_trouble(told: Tell) -> None:
    session = told([answered(50), *asked(52)]).session

    assert [group.severity for group in session.trouble.groups] == [Severity.NOTE]
    assert (session.trouble.streams, session.trouble.seconds_lost) == (frozenset(), 0.0)
    assert verdict(session.trouble, 1, Words(Language.EN)) == (
        "No problems found in 1 connection. Worth knowing: DNS: 1 query repeated over TCP."
    )


@pytest.mark.finding("dns-detour")
@pytest.mark.parametrize(("shape", "tries"), [("refused", refused(52)), ("silent", silent(52))])
def test_tcp_that_fails_behind_a_cut_answer_is_an_error(told: Tell, shape: str, tries: list[str]) -> None:
    finding = found(told, answered(50), *tries)

    assert finding is not None
    assert (finding.severity, finding.facts["shape"]) == (Severity.ERROR, shape)


@pytest.mark.finding("dns-detour", twin=True)
@pytest.mark.parametrize(
    "lines",
    [
        [answered(50)],  # nobody asks again
        asked(52),  # over TCP from the beginning
        [answered(50, WHOLE), *asked(52)],
        [answered(50, name="other"), *asked(52)],
        [answered(50, client=5), *asked(52)],
        [answered(50, server=9), *asked(52)],
        [answered(90), *asked(52)],  # cut behind it
        [answered(50, WHOLE), *refused(52)],
        [answered(50), *refused(1_200)],  # too late for the same question
        [answered(50), *silent(6_900)],
    ],
)
def test_without_the_cut_answer_to_that_question_nothing_is_said(told: Tell, lines: list[str]) -> None:
    assert found(told, *lines) is None
