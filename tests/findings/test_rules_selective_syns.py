"""What died beside what passed: options, flows, signatures and address families, and chance that only looks so."""

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


def found(told: Tell, *groups: Sequence[str]) -> dict[str, CaptureFinding]:
    """What is said of the capture, by id; all of its words are there in both languages."""
    lines = sorted((line for group in groups for line in group), key=lambda line: float(line.split()[0]))
    return by_id(told(lines).session)


def served(ms: float, port: int, flags: str = "S", more: str = "", **ends: int) -> list[str]:
    """A connection that opens at its first SYN, with data of both ends."""
    fields = " ".join(f"{name}={value}" for name, value in ends.items())
    steps = [
        f"0 C {flags} 0 0 {more}", "10 S SA 0 1", "10.1 C A 1 1", "11 C PA 1 1 100", "21 S PA 1 101 300",
    ]  # fmt: skip
    return [f"{ms + float(step.split()[0])} {step.split(' ', 1)[1]} port={port} {fields}" for step in steps]


def fell_back(ms: float, port: int, dead: Sequence[str] = ("SEW",), then: str = "S", more: str = "") -> list[str]:
    """SYNs ``dead``, a second apart, which nothing answers, then one that is."""
    lines = [f"{ms + 1000 * i} C {flags} 0 0 port={port} {more}" for i, flags in enumerate(dead)]
    return [*lines, *served(ms + 1000 * len(dead), port, then)]


def silent(ms: float, port: int, tries: int = 4, more: str = "", **ends: int) -> list[str]:
    fields = " ".join(f"{name}={value}" for name, value in ends.items())
    return [f"{ms + (2**i - 1) * 1000} C S 0 0 port={port} {more} {fields}" for i in range(tries)]


#: The options of Fast Open and of TCP MD5 cannot be written as a line's fields: `opt` has any, in hexadecimal.
FAST_OPEN, MD5, AO = "opt=2202" + "0101", "opt=1312" + "ab" * 16 + "0101", "opt=1d100101" + "ab" * 12
LATER = served(30_000, 60_000, server=3)


@pytest.mark.finding("selective-syns")
@pytest.mark.parametrize("dead", [("SEW",), ("SEW", "SEW")])
def test_syns_that_offer_ecn_and_always_die_are_named(told: Tell, dead: tuple[str, ...]) -> None:
    tries = [fell_back(4000 * i, 50_000 + i, dead) for i in range(3)]
    one = found(told, *tries)["selective-syns"]

    assert (one.finding.facts["shape"], one.finding.severity) == ("ecn", Severity.WARNING)
    assert (one.finding.facts["lost"], one.finding.facts["passed"]) == (3 * len(dead), 3)
    assert one.finding.confidence is Confidence.LIKELY
    assert one.echoes == (0, 1, 2)


@pytest.mark.finding("selective-syns")
def test_syns_with_fast_open_that_always_die_are_named(told: Tell) -> None:
    tries = [fell_back(4000 * i, 50_000 + i, ("S",), more=FAST_OPEN) for i in range(3)]

    assert found(told, *tries)["selective-syns"].finding.facts["shape"] == "fast-open"


@pytest.mark.finding("selective-syns", twin=True)
@pytest.mark.parametrize(
    "more",
    [
        served(20_000, 50_010, "SEW"),  # one that offers ECN passes: it was chance
        fell_back(20_000, 50_010, ("SEW", "S")),  # one without it is lost, too
        fell_back(20_000, 50_010, ("SEW",), "SEW"),  # its repeat offers ECN, and passes
    ],
)
def test_difference_that_does_not_hold_is_chance(told: Tell, more: list[str]) -> None:
    tries = [fell_back(4000 * i, 50_000 + i) for i in range(3)]

    assert "selective-syns" not in found(told, *tries, more)


@pytest.mark.finding("selective-syns", twin=True)
def test_two_first_syns_that_are_lost_show_nothing(told: Tell) -> None:
    assert "selective-syns" not in found(told, *[fell_back(4000 * i, 50_000 + i) for i in range(2)])


@pytest.mark.finding("selective-syns", twin=True)
def test_answer_that_echoes_the_first_syn_was_slow_and_nothing_died(told: Tell) -> None:
    """A path with a round trip above the first timer: the stamp says which SYN is answered."""
    tries = []
    for i in range(3):
        at = 6000 * i
        lines = [f"{at} C SEW 0 0 ts=7,0", f"{at + 1000} C S 0 0 ts=1007,0", f"{at + 1400} S SA 0 1 ts=9,7"]
        tries.append([f"{line} port={50_000 + i}" for line in [*lines, f"{at + 1400.1} C A 1 1 ts=1407,9"]])

    assert "selective-syns" not in found(told, *tries)


# -- one flow ------------------------------------------------------------------------------


@pytest.mark.finding("selective-syns")
def test_one_pair_of_ports_that_dies_beside_its_neighbours_is_named(told: Tell) -> None:
    beside = [served(ms, 51_000 + ms) for ms in (2000, 5000, 7500)]
    one = found(told, silent(0, 50_000), *beside, LATER)["selective-syns"]

    assert (one.finding.facts["shape"], one.finding.severity) == ("flow", Severity.ERROR)
    assert (one.finding.facts["lost"], one.finding.facts["passed"], one.finding.facts["client_port"]) == (4, 3, 50_000)
    assert one.echoes == (0,)


@pytest.mark.finding("selective-syns", twin=True)
@pytest.mark.parametrize(
    "others",
    [
        [served(9000, 51_000), served(9500, 51_001)],  # after: it may have come back
        [served(2000, 51_000)],  # one alone
        [served(2000, 51_000, client=4), served(5000, 51_001, client=4)],  # another client
        [served(2000, 51_000, sport=81), served(5000, 51_001, sport=81)],  # another port
        [served(2000, 51_000), served(5000, 51_001), fell_back(3000, 51_002, ("S",))],  # others lose some, too
        [served(2000, 51_000), served(5000, 51_001), silent(1000, 51_002)],  # more than one flow
    ],
)
def test_flow_that_others_do_not_show_to_be_alone_is_not_named(told: Tell, others: list[list[str]]) -> None:
    assert "selective-syns" not in found(told, silent(0, 50_000), *others, LATER)


# -- stamps --------------------------------------------------------------------------------


def with_stamps(dead: int, passing: int) -> list[list[str]]:
    """Machines behind one address: one whose clock is behind, whose SYNs die, and another."""
    ahead = [served(1000.0 * i, 52_000 + i, more=f"ts={900_000 + 1000 * i},0") for i in range(passing)]
    behind = [silent(500 + 1000.0 * i, 50_000 + i, 2, more=f"ts={5_000 + 1000 * i},0") for i in range(dead)]
    return [*ahead, *behind]


@pytest.mark.finding("selective-syns")
def test_syns_of_a_clock_that_is_behind_and_always_die_are_named(told: Tell) -> None:
    one = found(told, *with_stamps(4, 6), LATER)["selective-syns"]

    assert one.finding.facts["shape"] == "older-stamp"
    assert one.finding.alternatives[0] == "stamps-by-host"


@pytest.mark.finding("selective-syns", twin=True)
@pytest.mark.parametrize(
    "groups",
    [with_stamps(3, 5), [*with_stamps(4, 6), served(8000, 53_000, more="ts=1000,0")]],
    ids=["too few", "one passes"],
)
def test_older_stamps_that_may_be_a_toss_of_a_coin_are_not_named(told: Tell, groups: list[list[str]]) -> None:
    assert "selective-syns" not in found(told, *groups, LATER)


# -- signatures ----------------------------------------------------------------------------


def both_ways(first: str, second: str) -> list[list[str]]:
    """Hosts 1 and 2 try each other at port 179."""
    back = [line.replace(" C ", " S ") for line in silent(500, 179, more=f"{second} sport=50001")]
    return [silent(0, 50_000, more=f"{first} sport=179"), back]


@pytest.mark.finding("selective-syns")
@pytest.mark.parametrize(("first", "second"), [(MD5, ""), ("", MD5), (AO, ""), ("", AO)])
def test_signatures_of_one_end_alone_are_named(told: Tell, first: str, second: str) -> None:
    one = found(told, *both_ways(first, second), LATER)["selective-syns"]

    assert one.finding.facts["signature"] == ("TCP MD5" if MD5 in {first, second} else "TCP-AO")
    assert (one.finding.facts["shape"], one.finding.facts["port"]) == ("signed", 179)
    assert one.finding.facts["client"] == ("10.0.0.1" if first else "10.0.0.2")
    assert one.streams == (0, 1)


@pytest.mark.finding("syn-timeout")
@pytest.mark.parametrize(("option", "signed"), [(MD5, True), (AO, True), (FAST_OPEN, False)])
def test_signature_of_a_syn_that_nobody_answers_may_have_the_wrong_key(told: Tell, option: str, signed: bool) -> None:
    (timeout,) = (
        one for one in told([*silent(0, 50_000, more=option), *LATER]).session.findings(0) if one.id == "syn-timeout"
    )

    assert (timeout.alternatives[0] == "md5-key") is signed


@pytest.mark.finding("selective-syns")
@pytest.mark.parametrize("option", [MD5, AO])
def test_two_ends_that_both_sign_and_do_not_answer_may_have_two_keys(told: Tell, option: str) -> None:
    one = found(told, *both_ways(option, option), LATER)["selective-syns"]

    assert (one.finding.facts["shape"], one.finding.confidence, one.streams) == ("keys", Confidence.POSSIBLE, (0, 1))


@pytest.mark.finding("selective-syns", twin=True)
def test_two_ends_that_do_not_sign_tell_of_no_signature(told: Tell) -> None:
    assert "selective-syns" not in found(told, *both_ways("", ""), LATER)


@pytest.mark.finding("selective-syns", twin=True)
def test_one_end_that_signs_and_nobody_who_tries_it_tells_of_no_signature(told: Tell) -> None:
    assert "selective-syns" not in found(told, both_ways(MD5, MD5)[0], LATER)


# -- the other address family --------------------------------------------------------------


def by_family(ms: float, port: int, after: float = 250) -> list[list[str]]:
    return [silent(ms, port, 3, v=6), served(ms + after, port + 100)]


@pytest.mark.finding("host-silent")
def test_family_that_never_answers_while_the_other_does_each_time_is_one_story(told: Tell) -> None:
    one = found(told, *(lines for i in range(4) for lines in by_family(2000 * i, 50_000 + i)), LATER)["host-silent"]

    assert (one.finding.facts["shape"], one.finding.severity) == ("family", Severity.WARNING)
    assert (one.finding.facts["family"], one.finding.facts["other_family"]) == ("IPv6", "IPv4")
    assert (one.finding.facts["other_host"], one.finding.facts["after_s"]) == ("10.0.0.2", pytest.approx(0.25))
    assert one.finding.alternatives[:2] == ("family-path", "other-family")


@pytest.mark.finding("host-silent")
@pytest.mark.parametrize(("count", "tries", "severity"), [
    (1, 1, Severity.NOTE), (1, 3, Severity.WARNING), (2, 1, Severity.WARNING), (2, 3, Severity.WARNING),
])  # fmt: skip
def test_one_race_between_the_families_is_told(told: Tell, count: int, tries: int, severity: Severity) -> None:
    races = [lines for i in range(count) for lines in by_family(2000 * i, 50_000 + i)]
    one = found(told, *(lines[:tries] for lines in races[::2]), *races[1::2], LATER)

    assert (one["host-silent"].finding.facts["shape"], one["host-silent"].finding.severity) == ("family", severity)
    assert one["host-silent"].streams == one["host-silent"].echoes == tuple(range(0, 2 * count, 2))


@pytest.mark.finding("host-silent", twin=True)
@pytest.mark.parametrize(
    "more",
    [
        [silent(0, 50_000, 3, v=6)[:1]],  # nothing follows
        [silent(0, 50_000, 3, v=6)[:1], served(1_000, 50_100)],  # much later
        [silent(0, 50_000, 3, v=6)[:1], served(20, 50_100)],  # at the same time
        [silent(0, 50_000, 3, v=6)[:1], served(250, 50_100), served(300, 50_101)],  # one of many
    ],
)
def test_one_silent_syn_beside_others_is_no_race(told: Tell, more: list[list[str]]) -> None:
    assert "host-silent" not in found(told, *more, LATER)


@pytest.mark.finding("host-silent", twin=True)
def test_family_that_is_silent_while_nobody_answers_at_all_tells_of_the_client(told: Tell) -> None:
    tries = [silent(2000 * i, 50_000 + i, 3, v=6) for i in range(4)]

    assert found(told, *tries, served(20_000, 60_000)) == {}
