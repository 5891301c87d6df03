"""Findings about the capture as a whole: each with the capture that shows it, and one that nearly does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from capture_findings import by_id
from connection_lines import in_order, served, stream

from tcptui.findings.rules.whole_capture.diagnose import FINDINGS_MOST
from tcptui.model.finding import CaptureFinding, Confidence, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


def silent(start_ms: float, **ends: int) -> list[str]:
    return stream(start_ms, [(0, "C S 0 0"), (1000, "C S 0 0"), (3000, "C S 0 0")], **ends)


def refused(start_ms: float, **ends: int) -> list[str]:
    return stream(start_ms, [(0, "C S 0 0"), (10, "S RA 0 1")], **ends)


def dropped_idle(start_ms: float, idle_ms: float, port: int, **ends: int) -> list[str]:
    """Data after a pause gets no answer any more, seen at the client."""
    data = [(ms + idle_ms, "C PA 101 301 50") for ms in (40.0, 240, 640, 1440, 3040)]
    steps = [
        (0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (11, "C PA 1 1 100"), (31, "S PA 1 101 300"),
        (31.1, "C A 101 301"), *data,
    ]  # fmt: skip
    return stream(start_ms, steps, port=port, **ends)


def found(told: Tell, *groups: Sequence[str]) -> dict[str, CaptureFinding]:
    """What is said of the capture, by id; all of its words are there in both languages."""
    return by_id(told(in_order(*groups)).session)


# -- never opened ------------------------------------------------------------------------


@pytest.mark.finding("host-silent")
def test_host_that_never_answers_is_told_once(told: Tell) -> None:
    tries = [silent(ms, port=50_000 + ms, server=9, sport=443) for ms in (100, 400, 900)]
    one = found(told, served(500), *tries)["host-silent"]

    assert one.finding.severity is Severity.ERROR
    assert one.finding.confidence is Confidence.CERTAIN
    assert one.streams == one.echoes == (0, 1, 3)
    assert (one.finding.facts["server"], one.finding.facts["port"]) == ("10.0.0.9", 443)
    assert one.seconds_lost == pytest.approx(9.0)
    assert one.since_ns == 1_000_100_000_000


@pytest.mark.finding("host-silent", twin=True)
@pytest.mark.parametrize(
    "other",
    [
        served(5000, port=60_000, server=9),  # it answered somebody
        refused(5000, port=60_000, server=9, sport=81),  # it refused somebody
        stream(5000, [(0, "S S 0 0")], port=60_000, server=9),  # it spoke by itself
    ],
)
def test_host_that_spoke_at_all_is_not_silent(told: Tell, other: list[str]) -> None:
    tries = [silent(ms, port=50_000 + ms, server=9, sport=443) for ms in (100, 400, 900)]

    assert "host-silent" not in found(told, served(0), *tries, other)


@pytest.mark.finding("host-silent", twin=True)
def test_capture_of_one_direction_proves_no_silence(told: Tell) -> None:
    assert found(told, *(silent(ms, port=50_000 + ms, server=9) for ms in (100, 400, 900))) == {}


@pytest.mark.finding("host-silent", twin=True)
def test_attempts_just_begun_are_not_unanswered_yet(told: Tell) -> None:
    tries = [stream(ms, [(0, "C S 0 0")], port=50_000 + ms, server=9) for ms in (100, 400, 900)]

    assert found(told, served(0), *tries) == {}


@pytest.mark.finding("host-silent", twin=True)
def test_attempts_in_an_outage_of_the_client_tell_nothing_of_the_host(told: Tell) -> None:
    tries = [silent(ms, port=50_000 + ms, server=9) for ms in (10_100, 10_400, 10_900)]

    assert found(told, served(0), *tries, served(20_000, port=60_000)) == {}


@pytest.mark.finding("port-silent", twin=True)
def test_host_that_died_before_is_no_silent_port(told: Tell) -> None:
    tries = [silent(ms, port=50_000 + ms, sport=8443) for ms in (10_100, 10_400, 10_900)]

    assert "port-silent" not in found(told, served(0), *tries, served(10_500, port=60_000, server=3))


@pytest.mark.finding("host-silent")
def test_third_attempt_must_be_old_enough_as_well(told: Tell) -> None:
    tries = [silent(ms, port=50_000 + ms, server=9) for ms in (100, 400)]
    young = stream(3500, [(0, "C S 0 0")], port=51_000, server=9)

    assert found(told, served(700), *tries, young, served(3600, port=60_000)) == {}
    assert set(found(told, served(700), *tries, young, served(6600, port=60_000))) == {"host-silent"}


@pytest.mark.finding("port-silent")
def test_single_syns_of_many_strangers_are_perhaps_a_scan(told: Tell) -> None:
    tries = [stream(300.0 * at, [(0, "C S 0 0")], port=50_000 + at, client=10 + at, sport=23) for at in range(5)]
    one = found(told, served(0), served(5000, port=60_000), *tries, served(1000, port=61_000))["port-silent"]

    assert one.finding.severity is Severity.WARNING
    assert "scanner" in one.finding.alternatives


@pytest.mark.finding("port-silent")
def test_silent_port_of_of_a_host_that_lives(told: Tell) -> None:
    tries = [silent(ms, port=50_000 + ms, sport=8443) for ms in (100, 400, 900)]
    seen = found(told, served(500), *tries)

    assert set(seen) == {"port-silent"}
    assert seen["port-silent"].echoes == (0, 1, 3)
    assert "host-down" not in seen["port-silent"].finding.alternatives


@pytest.mark.finding("port-silent", twin=True)
def test_port_that_served_one_client_is_not_silent_for_all(told: Tell) -> None:
    tries = [silent(ms, port=50_000 + ms, sport=8443) for ms in (100, 400, 900)]

    assert found(told, served(0, sport=8443), *tries) == {}


@pytest.mark.finding("port-refused")
def test_port_that_refuses_everybody(told: Tell) -> None:
    tries = [refused(ms, port=50_000 + ms, client=3 + at) for at, ms in enumerate((100, 400, 900))]
    one = found(told, *tries)["port-refused"]

    assert one.echoes == (0, 1, 2)
    assert one.finding.facts["clients"] == 3


@pytest.mark.finding("port-refused", twin=True)
def test_two_refusals_are_read_as_quickly_one_by_one(told: Tell) -> None:
    assert found(told, *(refused(ms, port=50_000 + ms) for ms in (100, 400))) == {}


@pytest.mark.finding("port-refused")
def test_client_that_falls_back_to_ipv4_each_time_lost_little(told: Tell) -> None:
    tries = [refused(1000.0 * at, port=50_000 + at, v=6) for at in range(4)]
    then = [served(1000.0 * at + 12, port=51_000 + at) for at in range(4)]
    later = [served(1000.0 * at + 9000, port=51_000 + at) for at in range(4)]
    alone = found(told, *tries, *later)["port-refused"].finding
    fell_back = found(told, *tries, *then)["port-refused"].finding

    assert (alone.severity, fell_back.severity) == (Severity.ERROR, Severity.WARNING)
    assert "other-family" not in alone.alternatives
    assert fell_back.alternatives[0] == "other-family"


@pytest.mark.finding("host-silent")
def test_silent_ipv6_address_of_a_server_that_ipv4_reaches_is_a_warning(told: Tell) -> None:
    tries = [silent(1000.0 * at, port=50_000 + at, v=6, server=9) for at in range(4)]
    then = [served(1000.0 * at + 250, port=51_000 + at, server=9) for at in range(4)]
    other = served(1500, port=52_000, v=6, sport=81)
    one = found(told, *tries, *then, other)["host-silent"].finding

    assert one.severity is Severity.WARNING
    assert "other-family" in one.alternatives


@pytest.mark.finding("many-targets")
def test_search_through_many_addresses_is_one_story(told: Tell) -> None:
    tries = [(refused, silent)[at % 2](10.0 * at, port=50_000 + at, server=20 + at) for at in range(20)]
    seen = found(told, *tries, served(0))

    assert set(seen) == {"many-targets"}
    one = seen["many-targets"]
    assert (one.finding.facts["vain"], one.finding.facts["refused"], one.finding.facts["unanswered"]) == (20, 10, 10)
    assert len(one.echoes) == 20


@pytest.mark.finding("many-targets", twin=True)
def test_targets_that_were_reached_at_another_try_are_not_in_vain(told: Tell) -> None:
    bad = [refused(10.0 * at, port=50_000 + at, server=20 + at) for at in range(20)]
    good = [served(1000 + 10.0 * at, port=40_000 + at, server=20 + at) for at in range(20)]

    assert "many-targets" not in found(told, *bad, *good)


@pytest.mark.finding("many-targets", twin=True)
def test_program_that_reaches_most_of_its_targets_is_not_searching(told: Tell) -> None:
    good = [served(500 + 10.0 * at, port=40_000 + at, server=60 + at) for at in range(20)]
    bad = [silent(10.0 * at, port=50_000 + at, server=20 + at) for at in range(14)]

    assert "many-targets" not in found(told, *good, *bad)


@pytest.mark.finding("many-targets", twin=True)
def test_attempts_that_have_just_begun_are_not_in_vain_yet(told: Tell) -> None:
    young = [stream(10.0 * at, [(0, "C S 0 0")], port=50_000 + at, server=20 + at) for at in range(20)]

    assert found(told, served(300), *young) == {}


@pytest.mark.finding("many-targets", twin=True)
def test_twenty_servers_in_an_outage_of_the_client_are_no_search(told: Tell) -> None:
    tries = [silent(60_000 + 10.0 * at, port=50_000 + at, server=20 + at) for at in range(20)]

    assert "many-targets" not in found(told, served(0), *tries)


@pytest.mark.finding("many-targets", twin=True)
def test_capture_of_syns_alone_shows_no_search(told: Tell) -> None:
    tries = [silent(10.0 * at, port=50_000 + at, server=20 + at) for at in range(20)]

    assert found(told, *tries) == {}


# -- a common stall ------------------------------------------------------------------------


def talking(server: int, port: int, stall: tuple[float, float], repeat: bool) -> list[str]:
    """A request every 200 ms, answered after 20 ms, but nothing arrives within ``stall``."""
    begin, end = stall
    steps: list[tuple[float, str]] = [(0, "C S 0 0"), (20, "S SA 0 1"), (20.1, "C A 1 1")]
    sent, got = 1, 1
    for asked in range(100, 3000, 200):
        steps.append((asked, f"C PA {sent} {got} 100"))
        sent += 100
        back = asked + 20.0
        if begin <= back < end:
            if repeat:
                steps.append((asked + 220, f"C PA {sent - 100} {got} 100"))
            back = end + 0.1 * server + (asked - begin) / 1000
            steps.append((back, f"S PA {got} {sent} 100"))
            got += 100
            steps.append((back + 0.05, f"C A {sent} {got}"))
            break
        steps.append((back, f"S PA {got} {sent} 100"))
        got += 100
    after = end + 300
    steps += [(after, f"C PA {sent} {got} 100"), (after + 20, f"S PA {got} {sent + 100} 100")]
    return stream(server, steps, server=server, port=port)


@pytest.mark.finding("common-stall")
def test_silence_of_all_hosts_that_ends_for_all_at_once(told: Tell) -> None:
    talks = [talking(server, 50_000 + server, (1001, 2000), repeat=True) for server in range(2, 7)]
    one = found(told, *talks)["common-stall"]

    assert len(one.streams) == 5
    assert one.finding.facts["hosts"] == 5
    assert float(one.finding.facts["stalled_s"]) == pytest.approx(0.98, abs=0.12)  # type: ignore[arg-type]
    assert one.finding.facts["host"] == "10.0.0.1"


@pytest.mark.finding("common-stall", twin=True)
def test_one_silent_host_among_others_is_no_common_stall(told: Tell) -> None:
    stalled = [talking(2, 50_000 + port, (1001, 2000), repeat=True) for port in range(4)]
    others = [talking(server, 51_000 + server, (9001, 9002), repeat=False) for server in (3, 4)]

    assert "common-stall" not in found(told, *stalled, *others)


def held(port: int, server: int, end: float = 2000) -> list[str]:
    """Two questions to a server, recorded there; of the second answer's ACK, as of all else, nothing comes in time."""
    steps = [(0.0, "C S 0 0"), (0.1, "S SA 0 1"), (20, "C A 1 1"), (100, "C PA 1 1 100"), (100.2, "S PA 1 101 100")]
    steps += [(120.2, "C A 101 101"), (980, "C PA 101 101 100"), (980.2, "S PA 101 201 100")]
    steps += [(1220, "S PA 101 201 100"), (1700, "S PA 101 201 100"), (end, "C A 201 201"), (end + 1, "C PA 201 201 9")]
    steps += [(end + 1.2, "S PA 201 210 9"), (end + 21, "C A 210 210")]
    return stream(port % 9 * 0.1, steps, port=port, server=server)


@pytest.mark.finding("common-stall")
@pytest.mark.parametrize("addresses", [1, 3])
def test_connections_with_one_far_host_that_are_answered_together_are_one_story(told: Tell, addresses: int) -> None:
    """Recorded at the servers, which may be several addresses of one host."""
    done = found(told, *(held(50_000 + at, 2 + at % addresses) for at in range(9)))
    facts = done["common-stall"].finding.facts

    assert set(done) == {"common-stall"}
    assert (facts["shape"], facts["far"], facts["waiting"]) == ("one-host", "10.0.0.1", 9)
    assert len(done["common-stall"].echoes) == 9


@pytest.mark.finding("common-stall", twin=True)
def test_one_connection_with_one_far_host_is_its_own_trouble(told: Tell) -> None:
    late = [held(50_000 + at, 2, 2000 + 300 * at) for at in range(3)]

    assert "common-stall" not in found(told, held(50_000, 2))
    assert "common-stall" not in found(told, *late)


@pytest.mark.finding("common-stall", twin=True)
def test_one_far_host_whose_system_acknowledges_is_only_slow(told: Tell) -> None:
    def slow(port: int) -> list[str]:
        steps = [(0.0, "C S 0 0"), (20, "S SA 0 1"), (20.1, "C A 1 1"), (100, "C PA 1 1 100")]
        steps += [(160 + port % 9 * 100, "S A 1 101"), (1500, "S PA 1 101 100"), (1500.1, "C A 101 101")]
        return stream(port % 9, steps, port=port)

    assert "common-stall" not in found(told, *(slow(50_000 + place) for place in range(9)))


@pytest.mark.finding("common-stall")
def test_an_idle_minute_before_a_stall_is_no_part_of_it(told: Tell) -> None:
    talks = []
    for server in range(2, 6):
        steps = [(0.0, "C S 0 0"), (20, "S SA 0 1"), (20.1, "C A 1 1"), (100, "C PA 1 1 100"), (120, "S PA 1 101 100")]
        steps += [(120.1, "C A 101 101"), (60_000, "C PA 101 101 100"), (60_300, "C PA 101 101 100")]
        steps += [(60_800 + server / 10, "S PA 101 201 100")]
        talks.append(stream(server, steps, server=server, port=50_000 + server))
    one = found(told, *talks)["common-stall"]

    assert one.finding.facts["stalled_s"] == pytest.approx(0.8, abs=0.01)
    assert one.since_ns == pytest.approx(1_060_000_000_000, abs=10_000_000)
    assert one.seconds_lost == pytest.approx(4 * 0.78, abs=0.02)


@pytest.mark.finding("common-stall", twin=True)
def test_datagrams_that_go_on_through_it_speak_against_a_stall_of_all(told: Tell) -> None:
    talks = [talking(server, 50_000 + server, (1001, 2000), repeat=True) for server in range(2, 7)]
    few = [f"{1200 + 300 * at} S . 0 0 20 udp=1 sport=53" for at in range(2)]
    many = [f"{1100 + 20 * at} S . 0 0 20 udp=1 sport=53" for at in range(40)]

    assert found(told, *talks, few)["common-stall"].finding.confidence is Confidence.LIKELY
    assert "common-stall" not in found(told, *talks, many)


@pytest.mark.finding("common-stall")
def test_two_stalls_are_one_finding_that_tells_the_longer_one_and_the_sum(told: Tell) -> None:
    talks = []
    for server in range(2, 6):
        steps = [(0.0, "C S 0 0"), (20, "S SA 0 1"), (20.1, "C A 1 1")]
        sent = 1
        for asked, waits in ((1000, 600), (3000, 900)):
            steps += [(asked, f"C PA {sent} {sent} 100"), (asked + 250, f"C PA {sent} {sent} 100")]
            steps += [(asked + waits + server / 10, f"S PA {sent} {sent + 100} 100")]
            sent += 100
        talks.append(stream(server, steps, server=server, port=50_000 + server))
    facts = found(told, *talks)["common-stall"].finding.facts

    assert facts["stalls"] == 2
    assert facts["stalled_s"] == pytest.approx(0.9, abs=0.01)
    assert facts["total_s"] == pytest.approx(1.5, abs=0.02)


@pytest.mark.finding("common-stall", twin=True)
def test_a_stall_of_ipv6_alone_is_not_one_of_all(told: Tell) -> None:
    by_ipv6 = [
        [f"{line} v=6" for line in talking(server, 50_000 + server, (1001, 2000), repeat=True)]
        for server in range(2, 5)
    ]
    by_ipv4 = [talking(server, 51_000 + server, (9001, 9002), repeat=False) for server in range(2, 30)]

    assert "common-stall" not in found(told, *by_ipv6, *by_ipv4)


@pytest.mark.finding("common-stall", twin=True)
def test_a_clock_that_jumps_while_answers_are_on_their_way_is_no_stall(told: Tell) -> None:
    talks = []
    for server in range(2, 6):
        steps = [(0.0, "C S 0 0"), (20, "S SA 0 1"), (20.1, "C A 1 1"), (100, "C PA 1 1 100")]
        steps += [(2120 + server / 10, "S PA 1 101 100"), (2120.1 + server / 10, "C A 101 101")]
        talks.append(stream(server, steps, server=server, port=50_000 + server))

    assert "common-stall" not in found(told, *talks)


@pytest.mark.finding("common-stall", twin=True)
def test_quiet_time_in_which_nobody_asked_is_no_stall(told: Tell) -> None:
    first = [served(10.0 * at, port=40_000 + at, server=2 + at) for at in range(5)]
    later = [served(3000 + 10.0 * at, port=41_000 + at, server=2 + at) for at in range(5)]

    assert found(told, *first, *later) == {}


# -- resets by the clock -----------------------------------------------------------------


def cut_off(start_ms: float, lasts_ms: float, port: int, end: str = "S RA 301 101", answer: bool = True) -> list[str]:
    """A request and its answer; then the connection rests until a RST."""
    steps = [(0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (11, "C PA 1 1 100"), (21, "S A 1 101")]
    steps += [(31, "S PA 1 101 300"), (31.1, "C A 101 301")] if answer else []
    return stream(start_ms, [*steps, (lasts_ms, end)], port=port)


@pytest.mark.finding("repeated-resets")
def test_server_that_resets_each_minute_what_the_client_opens_again(told: Tell) -> None:
    one = found(told, *(cut_off(60_200 * i, 60_000, 50_000 + i) for i in range(8)))["repeated-resets"]

    assert (one.finding.severity, one.finding.confidence) == (Severity.WARNING, Confidence.CERTAIN)
    assert one.finding.facts["shape"] == "again"
    assert one.finding.facts["period_s"] == pytest.approx(60.2)
    assert (one.finding.facts["count"], one.finding.facts["again"]) == (8, 7)
    assert one.finding.facts["sender"] == "server"
    assert one.since_ns == 1_060_000_000_000


@pytest.mark.finding("repeated-resets")
def test_requests_that_a_reset_answers_by_the_clock_are_told_once(told: Tell) -> None:
    resets = [cut_off(30_000 * i, 500, 50_000 + i, "S RA 1 101", answer=False) for i in range(7)]
    one = found(told, *resets)["repeated-resets"]

    assert one.finding.facts["shape"] == ""
    assert one.echoes == tuple(range(7))


@pytest.mark.finding("repeated-resets", twin=True)
@pytest.mark.parametrize(
    "conversations",
    [
        [cut_off(30_000 * i, 40, 50_000 + i, "C RA 101 301") for i in range(9)],  # a health check by HTTP
        [cut_off(30_000 * i, 40, 50_000 + i) for i in range(9)],  # a job that comes back by its own clock
        [cut_off(60_200 * i, 60_000, 50_000 + i) for i in range(5)],  # too few
        [cut_off(60_000 * i + 9_000 * i * i, 59_900, 50_000 + i) for i in range(8)],  # no clock
        [stream(5_000 * i, [(0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C R 1 0")], port=50_000 + i) for i in range(9)],
        [served(60_000 * i, port=50_000 + i) for i in range(9)],
    ],
)
def test_resets_that_cost_nothing_or_keep_no_time_are_not_told(told: Tell, conversations: list[list[str]]) -> None:
    assert "repeated-resets" not in found(told, *conversations)


# -- one fault behind several ----------------------------------------------------------------


@pytest.mark.finding("server-restarted")
def test_port_that_served_refused_and_served_again(told: Tell) -> None:
    before = [served(100.0 * at, port=40_000 + at) for at in range(3)]
    down = [refused(2000 + 300.0 * at, port=41_000 + at) for at in range(3)]
    after = [served(4000 + 100.0 * at, port=42_000 + at) for at in range(2)]
    one = found(told, *before, *down, *after)["server-restarted"]

    assert one.finding.facts["shape"] == "back"
    assert one.finding.facts["down_s"] == pytest.approx(1.99)
    assert one.since_ns == 1_002_010_000_000  # when it first refused, not when the SYN began
    assert set(one.echoes) >= {3, 4, 5}


@pytest.mark.finding("server-restarted")
def test_connections_that_the_client_had_ended_first_did_not_end_with_the_server(told: Tell) -> None:
    done = [served(100.0 * at, port=40_000 + at) for at in range(3)]
    steps = [
        (0, "C S 0 0"),
        (10, "S SA 0 1"),
        (10.1, "C A 1 1"),
        (1500, "S FA 1 1"),
        (1500.1, "C FA 1 2"),
        (1510, "S A 2 2"),
    ]
    cut = [stream(300.0 + at, steps, port=43_000 + at) for at in range(2)]
    down = [refused(2000 + 300.0 * at, port=41_000 + at) for at in range(3)]
    one = found(told, *done, *cut, *down)["server-restarted"]

    assert one.finding.facts["ended"] == 2


@pytest.mark.finding("server-restarted")
def test_port_that_does_not_come_back_went_down(told: Tell) -> None:
    before = [served(100.0 * at, port=40_000 + at) for at in range(3)]
    down = [refused(2000 + 300.0 * at, port=41_000 + at) for at in range(3)]

    assert found(told, *before, *down)["server-restarted"].finding.facts["shape"] == "down"


@pytest.mark.finding("server-restarted", twin=True)
def test_refusals_between_connections_that_are_served_are_no_restart(told: Tell) -> None:
    good = [served(300.0 * at, port=40_000 + at) for at in range(10)]
    bad = [refused(450 + 600.0 * at, port=41_000 + at) for at in range(3)]

    assert "server-restarted" not in found(told, *good, *bad)


@pytest.mark.finding("server-restarted", twin=True)
def test_a_firewall_that_refuses_another_client_is_no_restart(told: Tell) -> None:
    before = [served(100.0 * at, port=40_000 + at) for at in range(3)]
    down = [refused(2000 + 300.0 * at, port=41_000 + at, client=3) for at in range(2)]

    assert "server-restarted" not in found(told, *before, *down)


@pytest.mark.finding("server-restarted", twin=True)
def test_one_refusal_after_ordinary_closes_of_the_server_is_no_restart(told: Tell) -> None:
    steps = [(0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (11, "C PA 1 1 100"), (25, "S FA 1 101 300")]
    steps += [(25.1, "C FA 101 302"), (35, "S A 302 102")]
    before = [stream(100.0 * at, steps, port=40_000 + at) for at in range(5)]

    assert "server-restarted" not in found(told, *before, refused(2000, port=41_000), served(2500, port=42_000))


@pytest.mark.finding("server-restarted", twin=True)
def test_a_port_whose_connections_go_on_did_not_go_down(told: Tell) -> None:
    steps = [(0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (500, "C PA 1 1 100"), (520, "S PA 1 101 100")]
    steps += [(4000, "C PA 101 101 100"), (4020, "S PA 101 201 100"), (4020.1, "C A 201 201")]
    down = [refused(2000 + 300.0 * at, port=41_000 + at) for at in range(3)]

    assert "server-restarted" not in found(told, served(0), stream(50, steps, port=45_000), *down)


def overflowing(start_ms: float, port: int, sport: int = 80) -> list[str]:
    """At the server: handshake, the SYN-ACK again although the third packet had come, and data that is ignored."""
    steps = [
        (0, "C S 0 0"), (0.1, "S SA 0 1"), (40, "C A 1 1"), (41, "C PA 1 1 100"), (250, "C PA 1 1 100"),
        (700, "C PA 1 1 100"), (1000.1, "S SA 0 1"), (1040, "C A 101 1"), (1600, "C PA 1 1 100"),
        (3000.1, "S SA 0 1"), (3040, "C A 101 1"), (3400, "C PA 1 1 100"), (3400.2, "S A 1 101"),
    ]  # fmt: skip
    return stream(start_ms, steps, port=port, sport=sport)


@pytest.mark.finding("listener-overflow")
def test_queue_of_one_port_that_was_full_for_several(told: Tell) -> None:
    seen = found(told, *(overflowing(200.0 * at, 40_000 + at) for at in range(3)))

    assert set(seen) == {"listener-overflow"}
    assert len(seen["listener-overflow"].echoes) == 3
    assert seen["listener-overflow"].finding.facts["port"] == 80


@pytest.mark.finding("listener-overflow")
def test_those_that_wait_in_the_full_queue_are_named(told: Tell) -> None:
    """Not those that were served at once, had asked for nothing, or came to another port."""

    def queued(answered_ms: float, asked: bool = True, sport: int = 80) -> list[str]:
        steps = [(0, "C S 0 0"), (0.1, "S SA 0 1"), (40, "C A 1 1")]
        steps += [(41, "C PA 1 1 100"), (41.1, "S A 1 101")] if asked else []
        steps += [(answered_ms, f"S PA 1 {101 if asked else 1} 50")]
        queued.port += 1  # type: ignore[attr-defined]
        return stream(0, steps, port=queued.port, sport=sport)  # type: ignore[attr-defined]

    queued.port = 45_000  # type: ignore[attr-defined]
    beside = [queued(5000), queued(5000), queued(90), queued(9000, asked=False), queued(5000, sport=81)]
    overflow = [overflowing(500 + 200.0 * at, 40_000 + at) for at in range(3)]
    told_of = found(told, *beside, *overflow)["listener-overflow"]

    assert (told_of.finding.facts["shape"], told_of.finding.facts["waiting"], told_of.finding.facts["full"]) == (
        "waiting", 2, 3,
    )  # fmt: skip
    assert len(told_of.streams) == 5


@pytest.mark.finding("listener-overflow", twin=True)
def test_queues_of_two_ports_are_two_stories(told: Tell) -> None:
    assert "listener-overflow" not in found(told, *(overflowing(200.0 * at, 40_000 + at, 80 + at) for at in range(2)))


def http(start_ms: float, answer_ms: float, **ends: int) -> list[str]:
    """An HTTP request and, ``answer_ms`` after it, its answer."""
    steps = [
        (0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (10.2, "C PA 1 1 text=GET_/s_HTTP/1.1~Host:_a~~"),
        (20.4, "S A 1 29"), (20.4 + answer_ms, "S PA 1 29 text=HTTP/1.1_200_OK~~"), (20.5 + answer_ms, "C A 29 20"),
    ]  # fmt: skip
    return stream(start_ms, steps, **ends)


@pytest.mark.finding("slow-server")
def test_one_server_that_is_slow_among_others(told: Tell) -> None:
    slow = [http(100.0 * at, 4000, port=40_000 + at) for at in range(4)]
    good = [http(100.0 * at, 5, port=41_000 + at, server=3 + at % 2) for at in range(6)]
    one = found(told, *slow, *good)["slow-server"]

    assert (one.finding.facts["server"], one.finding.facts["others"]) == ("10.0.0.2", 6)
    assert len(one.echoes) == 4
    assert one.seconds_lost == pytest.approx(16, abs=0.2)


@pytest.mark.finding("slow-server", twin=True)
def test_servers_that_are_all_slow_are_no_one_servers_story(told: Tell) -> None:
    slow = [http(100.0 * at, 4000, port=40_000 + at, server=2 + at % 2) for at in range(8)]

    assert "slow-server" not in found(told, *slow)


@pytest.mark.finding("slow-server", twin=True)
def test_three_slow_requests_among_many_are_not_a_slow_server(told: Tell) -> None:
    slow = [http(100.0 * at, 4000, port=40_000 + at) for at in range(3)]
    good = [http(100.0 * at, 5, port=41_000 + at, server=3 + at % 2) for at in range(6)]
    quick = [http(50.0 * at, 5, port=45_000 + at) for at in range(40)]

    assert "slow-server" not in found(told, *slow, *good, *quick)


def lossy(start_ms: float, **ends: int) -> list[str]:
    """A download of which a segment is lost and sent again after its timer, at the client."""
    steps: list[tuple[float, str]] = [(0, "C S 0 0"), (20, "S SA 0 1"), (20.1, "C A 1 1"), (21, "C PA 1 1 100")]
    steps += [(60 + at, f"S A {1 + 1000 * at} 101 1000") for at in (0, 2, 3, 4)]
    steps += [(61 + at, f"C A 101 1001 sackok=1 sack=2001:{3001 + 1000 * at}") for at in range(3)]
    steps += [(105, "S A 1001 101 1000"), (105.1, "C A 101 5001")]
    steps += [(500, "C PA 101 5001 100"), (520, "S A 5001 201 1000"), (1200, "S PA 6001 201 500")]
    steps += [(1200.1, "C A 201 6501"), (1300, "C PA 201 6501 100"), (1500, "C PA 201 6501 100")]
    steps += [(1900, "C PA 201 6501 100"), (2700, "C PA 201 6501 100"), (2720, "S A 6501 301 10")]
    return stream(start_ms, sorted(steps), **ends)


def clean(start_ms: float, **ends: int) -> list[str]:
    steps: list[tuple[float, str]] = [(0, "C S 0 0"), (20, "S SA 0 1"), (20.1, "C A 1 1"), (21, "C PA 1 1 100")]
    steps += [(60 + at, f"S A {1 + 1000 * at} 101 1000") for at in range(6)]
    steps += [(60.5 + at, f"C A 101 {1001 + 1000 * at}") for at in range(6)]
    return stream(start_ms, sorted(steps), **ends)


@pytest.mark.finding("lossy-host")
def test_one_host_whose_connections_lose_packets(told: Tell) -> None:
    bad = [lossy(100.0 * at, port=40_000 + at, server=7) for at in range(4)]
    good = [clean(100.0 * at, port=41_000 + at, server=3 + at % 3) for at in range(9)]
    one = found(told, *bad, *good)["lossy-host"]

    assert (one.finding.facts["host"], one.finding.facts["of"], one.finding.facts["others"]) == ("10.0.0.7", 4, 9)
    assert len(one.echoes) == 4


@pytest.mark.finding("lossy-host")
def test_connections_of_one_pair_of_hosts_are_told_once(told: Tell) -> None:
    bad = [lossy(100.0 * at, port=40_000 + at, client=9, server=7) for at in range(4)]
    good = [clean(100.0 * at, port=41_000 + at, client=10 + at, server=20 + at) for at in range(9)]
    diagnosis = told(in_order(*bad, *good)).session.diagnosis

    assert [one.finding.id.value for one in diagnosis.findings].count("lossy-host") == 1


@pytest.mark.finding("slow-server", twin=True)
def test_server_that_is_slow_only_while_all_stand_still_is_not_told(told: Tell) -> None:
    begun = [(0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1")]
    asked = [(4000, "C PA 1 1 text=GET_/s_HTTP/1.1~Host:_a~~"), (5500, "S PA 1 29 text=HTTP/1.1_200_OK~~")]
    again = [(ms, "C PA 1 1 text=GET_/s_HTTP/1.1~Host:_a~~") for ms in (4250, 4700)]
    slow = [stream(1.0 * at, [*begun, *asked], port=40_000 + at) for at in range(4)]
    other = stream(5, [*begun, *sorted(asked + again)], port=42_000, server=5)
    good = [http(100.0 * at, 5, port=41_000 + at, server=3 + at % 2) for at in range(8)]
    alone = [http(1.0 * at, 1500, port=40_000 + at) for at in range(4)]

    assert set(found(told, *alone, *good)) == {"slow-server"}
    assert set(found(told, *slow, other, *good)) == {"common-stall"}


@pytest.mark.finding("lossy-host", twin=True)
def test_host_that_died_is_no_lossy_path(told: Tell) -> None:
    dead = [dropped_idle(100.0 * at, 0, 40_000 + at, server=7) for at in range(4)]
    good = [clean(100.0 * at, port=41_000 + at, server=3 + at % 3) for at in range(9)]

    assert "lossy-host" not in found(told, *dead, *good)


@pytest.mark.finding("lossy-host", twin=True)
def test_losses_with_everybody_are_not_one_hosts(told: Tell) -> None:
    bad = [lossy(100.0 * at, port=40_000 + at, server=7 + at % 3) for at in range(12)]
    good = [clean(100.0 * at, port=41_000 + at, server=3) for at in range(3)]

    assert found(told, *bad, *good)["lossy-host"].finding.facts["shape"] == "near"


@pytest.mark.finding("lossy-host")
def test_losses_with_every_host_are_those_of_the_near_link(told: Tell) -> None:
    bad = [lossy(100.0 * at, port=40_000 + at, server=7 + at) for at in range(4)]
    one = found(told, *bad, clean(50, port=41_000, server=3))["lossy-host"]

    assert (one.finding.facts["shape"], one.finding.facts["host"]) == ("near", "10.0.0.1")
    assert (one.finding.facts["of"], one.finding.facts["hosts"]) == (5, 4)


@pytest.mark.finding("lossy-host", twin=True)
def test_losses_with_two_hosts_do_not_blame_the_near_link(told: Tell) -> None:
    bad = [lossy(100.0 * at, port=40_000 + at, server=7 + at % 2) for at in range(4)]

    assert "lossy-host" not in found(told, *bad)


@pytest.mark.finding("idle-flows-dropped")
def test_idle_connections_that_all_die_name_one_device(told: Tell) -> None:
    idle = [dropped_idle(10.0 * at, 120_000 + 5_000 * at, 40_000 + at, server=2 + at) for at in range(3)]
    fresh = [served(131_000 + 100.0 * at, port=42_000 + at, server=2 + at) for at in range(3)]
    one = found(told, *idle, *fresh)["idle-flows-dropped"]

    assert one.finding.facts["host"] == "10.0.0.1"
    assert float(one.finding.facts["idle_s"]) == pytest.approx(120, abs=0.1)  # type: ignore[arg-type]
    assert one.echoes == (0, 1, 2)


@pytest.mark.finding("idle-flows-dropped", twin=True)
def test_idle_connections_that_somebody_resets_were_answered(told: Tell) -> None:
    steps = [
        (0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (11, "C PA 1 1 100"), (31, "S PA 1 101 300"),
        (31.1, "C A 101 301"), (30_000, "C PA 101 301 50"), (30_005, "S R 301 0 ttl=50"),
    ]  # fmt: skip
    reset = told(in_order(*(stream(at, steps, port=40_000 + at) for at in range(3)))).session

    assert {finding.id.value for finding in reset.findings(0)} >= {"idle-connection-dropped"}
    assert reset.diagnosis.findings == ()


@pytest.mark.finding("idle-flows-dropped", twin=True)
def test_connection_that_rested_longer_and_lives_speaks_against_an_idle_time_out(told: Tell) -> None:
    dead = [dropped_idle(0, 30_000, 40_000 + at) for at in range(3)]
    steps = [
        (0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (11, "C PA 1 1 100"), (31, "S PA 1 101 300"),
        (31.1, "C A 101 301"), (33_000, "C PA 101 301 50"), (33_020, "S PA 301 151 100"), (33_020.1, "C A 151 401"),
    ]  # fmt: skip
    fresh = served(31_000, port=45_000)

    assert "idle-flows-dropped" in found(told, *dead, fresh)
    assert "idle-flows-dropped" not in found(told, *dead, fresh, stream(5, steps, port=46_000))


@pytest.mark.finding("idle-flows-dropped", twin=True)
def test_one_idle_connection_that_died_is_its_own_story(told: Tell) -> None:
    idle = dropped_idle(0, 120_000, 40_000)

    assert "idle-flows-dropped" not in found(told, idle, served(121_000, port=42_000))


def black_hole(start_ms: float, **ends: int) -> list[str]:
    """At the server: a full-size segment unanswered three times, then the same bytes in smaller pieces."""
    steps: list[tuple[float, str]] = [
        (0, "C S 0 0"), (0.1, "S SA 0 1"), (40, "C A 1 1"), (41, "C PA 1 1 100"), (41.1, "S A 1 101"),
        (42, "S A 1 101 1448"), (442, "S A 1 101 1448"), (1242, "S A 1 101 1448"), (2842, "S A 1 101 512"),
        (2882, "C A 101 513"), (2883, "S A 513 101 512"), (2923, "C A 101 1025"), (2924, "S PA 1025 101 424"),
        (2964, "C A 101 1449"),
    ]  # fmt: skip
    return stream(start_ms, steps, **ends)


@pytest.mark.finding("path-mtu-shared")
def test_large_packets_that_vanish_in_several_connections(told: Tell) -> None:
    seen = found(told, *(black_hole(50.0 * at, port=40_000 + at, client=5 + at) for at in range(3)))

    assert set(seen) == {"path-mtu-shared"}
    assert seen["path-mtu-shared"].finding.facts["large_bytes"] == 1448
    assert len(seen["path-mtu-shared"].echoes) == 3


@pytest.mark.finding("lossy-host", twin=True)
def test_host_to_which_only_large_packets_vanish_is_not_lossy(told: Tell) -> None:
    probed = [(42.1, "S PA 1449 101 1448"), (122, "S PA 1449 101 1448"), (2966, "S A 1449 101 512")]
    probed += [(3006, "C A 101 1961"), (3007, "S A 1961 101 512"), (3047, "C A 101 2473"), (3048, "S PA 2473 101 424")]
    probed += [(3088, "C A 101 2897")]
    bad = [
        in_order(
            black_hole(50.0 * at, port=40_000 + at, client=5), stream(50.0 * at, probed, port=40_000 + at, client=5)
        )
        for at in range(3)
    ]
    good = [clean(100.0 * at, port=41_000 + at, client=10 + at) for at in range(9)]

    assert set(found(told, *bad, *good)) == {"path-mtu-shared"}


@pytest.mark.finding("path-mtu-shared", twin=True)
def test_one_black_hole_is_told_with_its_connection(told: Tell) -> None:
    assert "path-mtu-shared" not in found(told, black_hole(0), clean(0, port=41_000))


# -- all together ------------------------------------------------------------------------


def test_worst_comes_first_and_connections_with_trouble_of_their_own_are_no_echo(told: Tell) -> None:
    tries = [silent(ms, port=50_000 + ms, sport=8443) for ms in (100, 400, 900)]
    doors = [refused(ms, port=51_000 + ms, server=4) for ms in (100, 400, 900)]
    diagnosis = told(in_order(served(600), *tries, *doors)).session.diagnosis

    assert [one.finding.id.value for one in diagnosis.findings] == ["port-silent", "port-refused"]
    assert len(diagnosis.echoes) == 6


def test_more_stories_than_anybody_reads_are_cut_to_those_that_weigh_most(told: Tell) -> None:
    doors = [
        refused(10.0 * at + 3 * door, port=40_000 + at, client=2 + (3 * door + at) % 200, server=250, sport=1000 + door)
        for door in range(FINDINGS_MOST + 5)
        for at in range(3 if door < FINDINGS_MOST + 4 else 6)
    ]
    findings = told(in_order(*doors)).session.diagnosis.findings

    assert len(findings) == FINDINGS_MOST
    assert len(findings[0].streams) == 6


def test_nothing_is_said_of_a_capture_without_connections(told: Tell) -> None:
    assert told([]).session.diagnosis.findings == ()
