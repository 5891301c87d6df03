"""One path recorded at two places: both ends in one capture, and what looks like it and is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.analysis.capture_trust import capture_trust
from tcptui.model.finding import Confidence, Severity
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.trust_text import trust_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from traced import Told

    Tell = Callable[[Sequence[str]], Told]

#: As the client saw it: a request, ten segments, of which the third is lost once, and the close; 40 ms round trip.
ASKED = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "41 C PA 1 1 100", "81 S A 1 101"]
ANSWERED = [
    *(f"{90 + i / 10} S A {1 + 1000 * i} 101 1000" for i in range(10)),
    *(f"{90.05 + i / 10} C A 101 {1001 + 1000 * i}" for i in range(10)),
]
CLOSED = ["300 C FA 101 10001", "340 S FA 10001 102", "340.1 C A 102 10002"]
ENDS = range(1001, 11_001, 1000)
TALK = [*ASKED, *ANSWERED, *CLOSED]


def marked(lines: Sequence[str], *, ids: bool = True, stamps: bool = True) -> list[str]:
    """``lines``, each with an IP packet number and a timestamp of its own."""
    said = []
    for place, line in enumerate(lines):
        number = f" id={1000 + place}" if ids else ""
        said.append(line + number + (f" ts={5000 + int(float(line.split()[0]))},1" if stamps else ""))
    return said


def moved(line: str, by_ms: float, more: str = "") -> str:
    ms, rest = line.split(" ", 1)
    return f"{float(ms) + by_ms:.4f} {rest}{more}"


def at_server(line: str, way_ms: float, clock_ms: float = 0.0) -> str:
    """``line`` of the client's capture as the server's has it, behind eight routers."""
    by_client = line.split()[1] == "C"
    return moved(line, clock_ms + (way_ms if by_client else -way_ms), " ttl=56" if by_client else "")


def at_client(line: str) -> str:
    return line + (" ttl=56" if line.split()[1] == "S" else "")


def in_order(*parts: Sequence[str]) -> list[str]:
    lines = [line for part in parts for line in part]
    least = min(float(line.split()[0]) for line in lines)
    lines = [moved(line, max(-least, 0.0)) for line in lines]
    return sorted(lines, key=lambda line: float(line.split()[0]))


def both_ends(lines: Sequence[str], way_ms: float = 20.0, clock_ms: float = 0.0) -> list[str]:
    return in_order([at_client(line) for line in lines], [at_server(line, way_ms, clock_ms) for line in lines])


def trust_of(done: Told) -> str:
    session = done.session
    trust = capture_trust(session.store, session.streams, session.quality, session.place)
    return trust_line(trust, session.streams.count, Words(Language.EN))


@pytest.mark.finding("capture-duplicates")
@pytest.mark.parametrize("clock_ms", [0.0, 7.0, 5_000.0, -5_000.0], ids=str)
@pytest.mark.parametrize("marks", [(True, True), (False, True), (True, False), (False, False)], ids=str)
def test_captures_of_both_ends_in_one_are_recognised_and_not_judged(
    told: Tell, marks: tuple[bool, bool], clock_ms: float
) -> None:
    lines = both_ends(marked(TALK, ids=marks[0], stamps=marks[1]), clock_ms=clock_ms)
    done = told(lines)
    found = done.findings["capture-duplicates"]

    assert (found.facts["shape"], found.severity, found.confidence) == ("twin", Severity.NOTE, Confidence.LIKELY)
    assert found.facts["count"] >= 20
    assert "captured twice" in trust_of(done)
    assert not {"three-way-handshake", "fast-retransmission", "retransmission-timeout"} & done.findings.keys()
    assert not done.session.trouble.groups


@pytest.mark.finding("capture-duplicates")
@pytest.mark.parametrize(
    "lines",
    [
        in_order([at_client(line) for line in marked(TALK)], [at_server(x, 20) for x in marked(TALK) if " S " in x]),
        both_ends(marked(TALK))[6:],
        both_ends(marked([*ASKED, *CLOSED])),
        in_order(
            [at_client(x) for x in marked(TALK)], [at_server(x, 20) for i, x in enumerate(marked(TALK)) if i % 12]
        ),
    ],
    ids=["one way", "mid-stream", "few packets", "losses"],
)
def test_so_are_parts_of_both_ends(told: Tell, lines: list[str]) -> None:
    done = told(lines)

    assert done.findings["capture-duplicates"].facts["shape"] == "twin"
    assert "captured twice" in trust_of(done)


@pytest.mark.finding("capture-duplicates")
def test_two_interfaces_of_one_machine_are_said_and_leave_the_times(told: Tell) -> None:
    lines = marked(TALK)
    done = told(in_order(lines, [moved(line, 0.02, " ttl=63") for line in lines]))

    assert done.findings["capture-duplicates"].facts["shape"] == "two-places"
    assert "three-way-handshake" in done.findings
    assert "captured twice" in trust_of(done)


@pytest.mark.finding("capture-duplicates", twin=True)
@pytest.mark.parametrize(
    "lines",
    [
        marked(TALK),
        # Every segment of the answer is sent again by a timer, with a packet number and a timestamp of its own.
        marked([*ASKED, *ANSWERED[:10], *(moved(line, 210) for line in ANSWERED), *(moved(x, 400) for x in CLOSED)]),
        # The network duplicates all of it, and the receiver reports each second arrival.
        in_order(
            marked([*ASKED, *ANSWERED, *CLOSED]),
            [moved(line, 0.03) for line in marked(TALK)[5:15]],
            [f"{90.09 + i / 10} C A 101 {end} sack={end - 1000}:{end} id={end}" for i, end in enumerate(ENDS)],
        ),
    ],
    ids=["once", "resent", "duplicated"],
)  # fmt: skip
def test_what_was_sent_again_or_duplicated_on_the_way_is_no_second_place(told: Tell, lines: list[str]) -> None:
    done = told(lines)

    assert done.findings.get("capture-duplicates") is None or (
        done.findings["capture-duplicates"].facts["shape"] != "twin"
    )
    assert "captured twice" not in trust_of(done)
