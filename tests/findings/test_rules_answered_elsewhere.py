"""Answers that come from another address or port than the client asked, and what only looks so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from capture_findings import by_id

from tcptui.model.finding import CaptureFinding, Confidence, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


ASKED, ANSWERS = "server=9 sport=443", "sport=8443"


def attempt(ms: float, port: int = 50_000, answer: str = f"{ANSWERS} server=7", *, refuse: bool = True) -> list[str]:
    """A SYN to host 9, repeated after a second; each is answered by ``answer``, which the client may refuse."""
    lines = []
    for again in (0, 1000):
        lines.append(f"{ms + again} C S 0 0 port={port} {ASKED}")
        lines.append(f"{ms + again + 10} S SA 0 1 port={port} {answer}")
        if refuse:
            lines.append(f"{ms + again + 10.1} C R 1 0 port={port} {answer}")
    return lines


def served(ms: float, port: int, server: int) -> list[str]:
    steps = [(0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (11, "C PA 1 1 100"), (21, "S PA 1 101 300")]
    return [f"{ms + at} {words} port={port} server={server}" for at, words in steps]


def found(told: Tell, *groups: Sequence[str]) -> dict[str, CaptureFinding]:
    """What is said of the capture, by id; all of its words are there in both languages."""
    lines = sorted((line for group in groups for line in group), key=lambda line: float(line.split()[0]))
    return by_id(told(lines).session)


@pytest.mark.finding("answered-elsewhere")
@pytest.mark.parametrize("refuse", [True, False])
@pytest.mark.parametrize("host", [7, 9])
def test_answer_of_another_address_or_port_is_the_answer(told: Tell, refuse: bool, host: int) -> None:
    one = found(told, attempt(0, answer=f"{ANSWERS} server={host}", refuse=refuse))["answered-elsewhere"]

    assert (one.finding.severity, one.finding.confidence) == (Severity.ERROR, Confidence.CERTAIN)
    facts = one.finding.facts
    assert (facts["server"], facts["port"], facts["other_host"], facts["other_port"]) == (
        "10.0.0.9", 443, f"10.0.0.{host}", 8443,
    )  # fmt: skip
    assert (facts["count"], facts["first_frame"], facts["answer_frame"]) == (1, 1, 2)
    assert one.finding.packets == (1, 2)
    assert one.streams == (0, 1)
    assert one.seconds_lost == pytest.approx(1.0)


@pytest.mark.finding("answered-elsewhere")
def test_attempts_that_were_answered_elsewhere_are_one_story_and_no_silent_port(told: Tell) -> None:
    tries = [attempt(ms, 50_000 + ms) for ms in (100, 400, 900)]
    findings = found(told, served(0, 60_000, 9), served(700, 60_001, 9), *tries, served(9000, 60_002, 3))

    assert set(findings) == {"answered-elsewhere"}
    assert findings["answered-elsewhere"].finding.facts["count"] == 3


@pytest.mark.finding("answered-elsewhere", twin=True)
@pytest.mark.parametrize(
    "other",
    [
        [line.replace("SA 0 1", "SA 0 2") for line in attempt(0)],  # acknowledges another number
        attempt(0, answer=f"{ANSWERS} server=7 client=4"),  # goes to somebody else
        [*attempt(0), f"2010 S SA 0 1 port=50000 {ASKED}", f"2010.1 C A 1 1 port=50000 {ASKED}"],  # answered after all
        [f"0 C S 0 0 port=50000 {ASKED}", f"10 S SA 0 1 port=50000 {ANSWERS} server=7"],  # nothing says it was refused
        [  # a capture between the addresses of one server: the client confirms
            f"0 C S 0 0 port=50000 {ASKED}", f"10 S SA 0 1 port=50000 {ANSWERS} server=7",
            f"20 C A 1 1 port=50000 {ASKED}", f"21 C PA 1 1 100 port=50000 {ASKED}",
        ],
    ],
)  # fmt: skip
def test_what_is_no_answer_to_this_syn_or_was_accepted_is_silent(told: Tell, other: list[str]) -> None:
    assert "answered-elsewhere" not in found(told, other, served(9000, 60_000, 3))


def opened(*after: str) -> list[str]:
    """An open connection with data of both ends, then ``after``."""
    steps = ["0 C S 0 0", "10 S SA 0 1", "10.1 C A 1 1", "11 C PA 1 1 100", "21 S PA 1 101 300", "21.1 C A 101 301"]
    ends = "port=50000 server=9"
    return [f"{step} {ends}" for step in steps] + [line.replace("ENDS", ends) for line in after]


STRAY = "31 S PA 301 101 200 port=50000 server=7"
REFUSED = "31.1 C R 101 0 port=50000 server=7"
ENDED = "41 S R 301 0 ENDS"


@pytest.mark.finding("answered-elsewhere")
def test_segment_under_another_address_breaks_an_open_connection(told: Tell) -> None:
    one = found(told, opened(STRAY, REFUSED, ENDED))["answered-elsewhere"]

    assert (one.finding.facts["shape"], one.finding.facts["other_host"]) == ("later", "10.0.0.7")
    assert one.finding.facts["answer_frame"] == 7


@pytest.mark.finding("answered-elsewhere", twin=True)
@pytest.mark.parametrize(
    "after",
    [
        (STRAY.replace("101 200", "99 200"), REFUSED, ENDED),  # acknowledges what the server never did
        (STRAY, REFUSED),  # the connection went on
        (ENDED, STRAY.replace("31 S", "51 S"), REFUSED.replace("31.1", "51.1")),  # ended before
        (STRAY, ENDED),  # nobody refused it
    ],
)
def test_open_connection_that_did_not_end_by_it_is_silent(told: Tell, after: tuple[str, ...]) -> None:
    assert found(told, opened(*after)) == {}
