"""Congestion that routers signal: flags of classic ECN, a counter, and streams without a handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.access.open_capture import view_of
from tcptui.findings.facts import ConnectionFacts, RuleContext
from tcptui.findings.rules.ecn import Agreed, agreed
from tcptui.model.finding import Confidence, Finding
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections, finding_title, what_happened
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


#: AE, CWR and ECE as letters, by the number that they are as one field.
FIELD = ("", "E", "W", "WE", "N", "NE", "NW", "NWE")


def handshake(asked: int, said: int, third: int = 2) -> list[str]:
    return [f"0 C S{FIELD[asked]} 0 0", f"40 S SA{FIELD[said]} 0 1", f"40.1 C A{FIELD[third]} 1 1"]


ACCURATE = handshake(7, 2)


def download(
    counters: Sequence[int], marks: Sequence[int] = (), ect: int = 2, opened: Sequence[str] = ACCURATE, first: int = 5
) -> list[str]:
    """A request with the counter ``first``, and segments of 1,000 bytes, each acknowledged with the next counter."""
    lines = [*opened, f"50 C PA{FIELD[first]} 1 1 100 tos={ect}", f"90 S A{FIELD[5]} 1 101"]
    for i, counter in enumerate(counters):
        tos = 3 if i in marks else ect
        lines.append(f"{91 + i} S A{FIELD[5]} {1 + 1000 * i} 101 1000 tos={tos}")
        lines.append(f"{91.1 + i} C A{FIELD[counter]} 101 {1001 + 1000 * i}")
    return lines


def congestion(told: Tell, lines: Sequence[str]) -> Finding | None:
    """The finding, whose words are there in both languages; None: there is none."""
    found = told(lines).findings.get("ecn-congestion")
    for words in map(Words, Language) if found is not None else ():
        assert finding_title(found, words)
        assert what_happened(found, words)
        assert all(line for part in finding_sections(found, words) for line in part.lines)
    return found


@pytest.mark.finding("ecn-congestion")
@pytest.mark.parametrize(
    ("counters", "reported", "ends"),
    [
        ([5, 6, 7, 7], 2, (5, 7)),
        ([5, 7, 0, 1, 1], 4, (5, 1)),  # modulo 8
        ([6, 6], 1, (5, 6)),
    ],
)
def test_counter_of_accurate_ecn_says_how_many_arrived_marked(
    told: Tell, counters: list[int], reported: int, ends: tuple[int, int]
) -> None:
    # Each acknowledgment answers two segments, so a step of two is possible.
    lines = [line for line in download(counters) if " S A" not in line or "1000 tos" not in line]
    for i in range(len(counters)):
        lines += [
            f"{90.5 + i + part} S A{FIELD[5]} {1 + 1000 * i + 500 * half} 101 500"
            for half, part in enumerate((0.0, 0.1))
        ]
    found = congestion(told, sorted(lines, key=lambda line: float(line.split()[0])))

    assert found is not None
    assert (found.facts["shape"], found.facts["reported"], found.confidence) == (
        "counted",
        reported,
        Confidence.CERTAIN,
    )
    assert (found.facts["count_from"], found.facts["count_to"]) == ends
    assert (found.facts["sender"], found.facts["other"]) == ("server", "client")


@pytest.mark.finding("ecn-congestion")
def test_marks_that_passed_here_stand_beside_what_was_counted(told: Tell) -> None:
    found = congestion(told, download([5, 6, 7, 7], marks=(1, 2)))

    assert found is not None
    assert (found.facts["shape"], found.facts["marks"], found.facts["reported"]) == ("counted-here", 2, 2)
    assert found.alternatives == ("policer-marks",)


@pytest.mark.finding("ecn-congestion")
def test_flight_whose_acknowledgments_come_a_round_trip_later_is_counted(told: Tell) -> None:
    flight = [line for line in download([5] * 5, opened=()) if " C A" not in line]
    acks = [f"{140 + i} C A{FIELD[counter]} 101 {1001 + 1000 * i}" for i, counter in enumerate((5, 5, 6, 7, 7))]
    found = congestion(told, [*ACCURATE, *flight, *acks])

    assert found is not None
    assert (found.facts["shape"], found.facts["reported"]) == ("counted", 2)


@pytest.mark.finding("ecn-congestion")
def test_sender_that_asks_for_a_queue_that_marks_early_is_named(told: Tell) -> None:
    found = congestion(told, download([5, 6, 6, 6], marks=(1,), ect=1))

    assert found is not None
    assert found.alternatives == ("l4s-marks", "policer-marks")


@pytest.mark.finding("ecn-congestion")
def test_syn_ack_that_arrived_marked_is_counted_from_six(told: Tell) -> None:
    found = congestion(told, download([6, 7, 7], opened=handshake(7, 2, third=6), first=6))

    assert found is not None
    assert (found.facts["reported"], found.facts["count_from"]) == (1, 6)


@pytest.mark.finding("ecn-congestion", twin=True)
@pytest.mark.parametrize(
    "lines",
    [
        download([5, 5, 5, 5]),  # nothing was marked
        download([6, 6, 6], opened=handshake(7, 2, third=6), first=6),  # but the SYN-ACK
        download([0, 0, 0], first=0),  # cleared on the way
        download([5, 4, 5, 4]),  # no counter
        download([5, 6, 7, 7], opened=handshake(7, 0)),  # the server knows nothing of ECN
        download([5, 6, 7, 7], opened=handshake(7, 7)),  # it sends back what it got
        download([5, 6, 7, 7], opened=handshake(3, 2)),  # an answer to another question
        [*download([5, 5, 5, 5]), f"99 C A{FIELD[4]} 101 2001"],  # a late one, out of order
        download([7] * 8, opened=()),  # from mid-stream the counter stands at 7
        download([3] * 8, opened=()),
        download([1, 1, 2, 2, 3], opened=())[2:],
    ],
)
def test_counter_that_does_not_move_or_is_none_says_nothing(told: Tell, lines: list[str]) -> None:
    assert congestion(told, lines) is None


#: A stream from its middle on, 40 ms round trip.
MIDDLE = ["0 C PA 1 1 1000", "40 S A 1 1001", "50 C PA 1001 1 1000", "90 S AE 1 2001"]


@pytest.mark.finding("ecn-congestion")
def test_echo_that_is_answered_within_a_round_trip_is_classic_even_without_the_handshake(told: Tell) -> None:
    found = congestion(told, [*MIDDLE, "91 C PAW 2001 1 1000", "131 S A 1 3001"])

    assert found is not None
    assert (found.facts["shape"], found.facts["echoes"], found.facts["reductions"]) == ("answered", 1, 1)
    assert found.confidence is Confidence.LIKELY


@pytest.mark.finding("ecn-congestion", twin=True)
@pytest.mark.parametrize(
    "after",
    [
        ["91 C PA 2001 1 1000", "131 S AE 1 3001"],  # never answered
        ["391 C PAW 2001 1 1000", "431 S AE 1 3001"],  # much later
        ["91 C AW 2001 1", "131 S AE 1 3001"],  # without data
        ["91 C PAW 2001 1 1000", "131 S AN 1 3001"],  # AE is no flag of classic ECN
    ],
)
def test_bits_that_need_not_be_flags_say_nothing_without_the_handshake(told: Tell, after: list[str]) -> None:
    assert congestion(told, [*MIDDLE, *after]) is None


@pytest.mark.finding("ecn-congestion", twin=True)
@pytest.mark.parametrize(("client", "server"), [(2, 1), (3, 3), (2, 3)])
def test_counters_that_stand_below_four_at_both_ends_are_no_flags(told: Tell, client: int, server: int) -> None:
    lines = [f"{40 * i} C PA{FIELD[client]} {1 + 1000 * i} 1 1000" for i in range(5)]
    lines += [f"{40 * i + 39} S A{FIELD[server]} 1 {1001 + 1000 * i}" for i in range(5)]

    assert congestion(told, sorted(lines, key=lambda line: float(line.split()[0]))) is None


@pytest.mark.finding("ecn-congestion")
def test_mark_is_a_mark_whatever_the_flags_mean(told: Tell) -> None:
    found = congestion(told, download([7] * 4, marks=(2,), opened=()))

    assert found is not None
    assert (found.facts["shape"], found.facts["marks"], found.facts["echoes"]) == ("unread", 1, 0)


#: RFC 9768, table 2: the SYN's field, the SYN-ACK's, and what they agree on.
TABLE = [
    (7, 2, Agreed.ACCURATE), (7, 3, Agreed.ACCURATE), (7, 4, Agreed.ACCURATE), (7, 6, Agreed.ACCURATE),
    (7, 5, Agreed.CLASSIC), (7, 1, Agreed.CLASSIC), (7, 0, Agreed.NOTHING), (7, 7, Agreed.NOTHING),
    (3, 1, Agreed.CLASSIC), (3, 5, Agreed.CLASSIC), (3, 0, Agreed.NOTHING), (3, 3, Agreed.NOTHING),
    (0, 0, Agreed.NOTHING), (0, 1, Agreed.NOTHING), (0, 2, Agreed.NOTHING),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "said", "mode"), TABLE)
def test_what_the_syns_agree_on(told: Tell, asked: int, said: int, mode: Agreed) -> None:

    assert agreed(ConnectionFacts(view_of(told(handshake(asked, said)).session, 0), RuleContext())) is mode
