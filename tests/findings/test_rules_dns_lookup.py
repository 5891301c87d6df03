"""Names that were looked up late or in vain, the connections that waited, and what is healthy."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from capture_findings import capture_findings

from tcptui.model.finding import Confidence, Severity
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.trouble_text import verdict
from tests.support.other_frames import dns_query, icmp, ip
from tests.support.outside_tcp import (
    AAAA,
    CLIENT,
    NAME,
    OTHER_RESOLVER,
    RESOLVER,
    SERVER,
    asked,
    connected,
    session_of,
    tcp,
    told,
    tried,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tcptui.model.finding import CaptureFinding
    from tests.support.outside_tcp import Timed

REFUSED, FAILED, UNKNOWN = 5, 2, 3
#: The capture goes on, with a connection of another host.
LATER = connected(30_000, 60_000, 9)


def found(folder: Path, *packets: Timed | list[Timed]) -> list[CaptureFinding]:
    """The findings; their words are there in both languages."""
    return [one for one in capture_findings(session_of(folder, packets)) if one.finding.id.value == "dns-lookup"]


def turned_away(ms: float, code: int = 3, server: str = RESOLVER) -> Timed:
    query = dns_query(7, NAME)
    quoted = ip(CLIENT, server, 17, struct.pack("!HHHH", 40_001, 53, 8 + len(query), 0) + query)
    return ms, icmp(server, CLIENT, 3, code, bytes(4) + quoted)


@pytest.mark.finding("dns-lookup")
@pytest.mark.parametrize("again", [{}, {"number": 8, "port": 40_002}, {"server": OTHER_RESOLVER}])
@pytest.mark.parametrize("after", [1_000, 2_000, 5_000])
def test_an_answer_only_to_the_second_query_is_told_with_the_connection_that_waited(
    tmp_path: Path, again: dict[str, int], after: int
) -> None:
    [one] = found(tmp_path, asked(0), asked(after, **again), told(after + 2, **again), connected(after + 4))  # type: ignore[arg-type]

    assert (one.finding.severity, one.finding.confidence) == (Severity.WARNING, Confidence.CERTAIN)
    assert one.finding.facts["shape"] == "late"
    assert one.streams == (0,)
    assert one.seconds_lost == pytest.approx((after + 2) / 1e3)
    assert one.finding.packets == (1, 2, 3)


@pytest.mark.finding("dns-lookup")
def test_one_of_two_families_that_is_answered_late_keeps_the_connection_waiting(tmp_path: Path) -> None:
    [one] = found(
        tmp_path,
        [asked(0), asked(0.02, 8, kind=AAAA), told(1)],
        [asked(5_000), told(5_001), asked(5_002, 8, kind=AAAA), told(5_003, (), 8, kind=AAAA)],
        connected(5_005),
    )

    assert one.finding.facts["question"] == f"AAAA {NAME}"
    assert one.finding.alternatives[0] == "dns-nat-race"
    assert one.streams == (0,)


@pytest.mark.finding("dns-lookup")
def test_a_slow_answer_is_told_where_a_connection_waited(tmp_path: Path) -> None:
    [one] = found(tmp_path, asked(0), told(1_400), connected(1_401))

    assert (one.finding.facts["shape"], one.streams) == ("slow", (0,))


@pytest.mark.finding("dns-lookup")
@pytest.mark.parametrize("tries", [2, 3, 4])
def test_queries_that_nobody_answers_are_told_of_a_capture_of_nothing_else(tmp_path: Path, tries: int) -> None:
    [one] = found(
        tmp_path, [asked(5_000 * i) for i in range(tries)], asked(5_000 * tries + 4_000, name="other.example")
    )

    assert (one.finding.facts["shape"], one.finding.facts["tries"]) == ("silent", tries)
    assert (one.finding.severity, one.streams) == (Severity.ERROR, ())


def test_the_verdict_on_a_capture_without_tcp_has_it(tmp_path: Path) -> None:
    session = session_of(tmp_path, [asked(5_000 * i) for i in range(4)])

    said = verdict(session.trouble, 0, Words(Language.EN))
    assert said == f"The capture has no TCP connection. Found outside TCP: No DNS response from {RESOLVER}."
    assert session.trouble.streams == frozenset()


def test_the_verdict_on_healthy_connections_has_it(tmp_path: Path) -> None:
    session = session_of(tmp_path, [asked(0), asked(5_000), LATER])

    said = verdict(session.trouble, 1, Words(Language.EN))
    assert said == f"No problems found in 1 connection, but outside TCP: No DNS response from {RESOLVER}."


@pytest.mark.finding("dns-lookup")
def test_a_family_that_nobody_answers_costs_its_time_outs(tmp_path: Path) -> None:
    [one] = found(
        tmp_path,
        [asked(0), asked(0, 8, kind=AAAA), told(1), asked(5_000, 8, kind=AAAA)],
        connected(10_000),
        LATER,
    )

    assert (one.finding.facts["shape"], one.streams, one.seconds_lost) == ("silent", (0,), 10.0)


@pytest.mark.finding("dns-lookup")
def test_a_resolver_that_is_not_there_says_so_by_icmp(tmp_path: Path) -> None:
    [one] = found(tmp_path, asked(0), turned_away(1))

    assert (one.finding.facts["shape"], one.finding.facts["reason"]) == ("closed", "port")


@pytest.mark.finding("dns-lookup")
@pytest.mark.parametrize(("code", "name"), [(FAILED, "SERVFAIL"), (REFUSED, "REFUSED")])
def test_a_server_that_cannot_say_is_told(tmp_path: Path, code: int, name: str) -> None:
    [one] = found(tmp_path, asked(0), told(3, (), code=code), asked(4, 9), told(7, (), 9, code=code))

    assert (one.finding.facts["shape"], one.finding.facts["code"]) == ("failed", name)


@pytest.mark.finding("dns-lookup")
def test_a_name_that_does_not_exist_is_told_once_of_its_search_list(tmp_path: Path) -> None:
    names = (f"{NAME}.ns.svc.cluster.example", f"{NAME}.svc.cluster.example", NAME)
    packets = [(asked(i, i, name), told(i + 0.5, (), i, name, code=UNKNOWN)) for i, name in enumerate(names)]

    [one] = found(tmp_path, *(packet for pair in packets for packet in pair))

    assert (one.finding.facts["shape"], one.finding.facts["lookups"]) == ("unknown", 1)
    assert one.finding.severity is Severity.WARNING


@pytest.mark.finding("dns-lookup", twin=True)
@pytest.mark.parametrize(
    "packets",
    [
        # One query was lost, and healed in milliseconds.
        [asked(0), asked(300), told(301), connected(303)],
        [asked(0), asked(0.02, 8, kind=AAAA), told(1), told(1.1, (), 8, kind=AAAA), connected(2)],
        # AAAA is never answered, and the client does not wait for it.
        [asked(0), asked(0.02, 8, kind=AAAA), told(1), connected(50), asked(5_000, 8, kind=AAAA)],
        # Search list: the last one is known.
        [asked(0, name="shop.svc.example"), told(1, (), name="shop.svc.example", code=UNKNOWN),
         asked(2, name="shop.example"), told(3, name="shop.example"), connected(5)],
        # Two resolvers at once, one of which answers.
        [asked(0), asked(0, server=OTHER_RESOLVER), told(1), connected(2)],
        [asked(0), told(1, (), code=FAILED),
         asked(2, server=OTHER_RESOLVER), told(3, server=OTHER_RESOLVER), connected(4)],
        [asked(0), turned_away(1), asked(2, server=OTHER_RESOLVER), told(3, server=OTHER_RESOLVER), connected(4)],
        # A browser asks for HTTPS records beside the addresses.
        [asked(0), asked(0, 8, kind=65), told(1), asked(5_000, 8, kind=65), connected(2)],
        # The name is asked for again when its time to live is over.
        [asked(0), told(1), connected(2), asked(20_000, 9), told(20_001, number=9)],
        # A list of addresses, where an unknown name is good news; a name that a browser makes up.
        [asked(0, name="2.0.0.127.list.example"), told(1, (), name="2.0.0.127.list.example", code=UNKNOWN)],
        [asked(0, name="qzkwvbn"), told(1, (), name="qzkwvbn", code=UNKNOWN)],
        # No such address of that family.
        [asked(0, kind=AAAA), told(1, (), kind=AAAA)],
        # The same datagram twice, as a bridge shows it.
        [asked(0), asked(0.01), told(1), told(1.01), connected(2)],
        # Late for nobody: the name is in a list that is warmed up.
        [asked(0), told(1_500)],
    ],
)  # fmt: skip
def test_healthy_look_ups_are_not_told(tmp_path: Path, packets: list[Timed | list[Timed]]) -> None:
    assert found(tmp_path, *packets, LATER) == []


@pytest.mark.finding("dns-lookup", twin=True)
@pytest.mark.parametrize(
    "packets",
    [
        [asked(0), told(1), asked(2_000, 9, "other.example")],
        [asked(0), told(1), asked(2_000, 9, "other.example"), asked(4_000, 9, "other.example")],
        [asked(0)],
    ],
)
def test_queries_cut_at_the_end_of_the_capture_are_not_told(tmp_path: Path, packets: Sequence[Timed]) -> None:
    assert found(tmp_path, *packets) == []


@pytest.mark.finding("dns-lookup", twin=True)
def test_a_capture_of_one_direction_is_not_told(tmp_path: Path) -> None:
    """Nobody's answers are in it, and the name is asked for anew each time."""
    queries = [asked(2_000 * i, i, port=41_000 + i) for i in range(3)]
    of_client = [tcp(9_000, line) for line in ("0 C S 0 0", "1.1 C A 1 1", "2 C PA 1 1 100", "4 C FA 101 201")]

    assert found(tmp_path, *queries, of_client, tried(20_000)) == []


@pytest.mark.finding("dns-lookup", twin=True)
def test_a_forged_answer_is_no_answer(tmp_path: Path) -> None:
    [one] = found(tmp_path, asked(0), told(1, number=99), asked(5_000), told(5_001), connected(5_002))

    assert (one.finding.facts["shape"], one.finding.facts["last_frame"]) == ("late", 4)


def test_names_are_safe_text(tmp_path: Path) -> None:
    [one] = found(tmp_path, asked(0, name="a\x1b[31m"), asked(5_000, name="a\x1b[31m"), LATER, tried(6_000))

    assert "\x1b" not in str(one.finding.facts["question"])


@pytest.mark.finding("dns-lookup")
def test_a_server_that_looks_up_who_comes_keeps_the_client_waiting(tmp_path: Path) -> None:
    """SSH's server asks for the name of the client's address, and speaks only then."""
    name = "1.0.0.10.in-addr.arpa"
    opened = [tcp(0, line) for line in ("0 C S 0 0", "1 S SA 0 1", "1.1 C A 1 1")]
    spoken = [tcp(10_010, line) for line in ("0 S PA 1 1 20", "0.1 C A 1 21")]
    [one] = found(
        tmp_path,
        opened,
        [asked(5 + 5_000 * i, name=name, kind=12, client=SERVER) for i in range(2)],
        told(5_006, (), name=name, kind=12, code=UNKNOWN, client=SERVER),
        spoken,
    )

    assert (one.finding.facts["shape"], one.finding.facts["question"], one.streams) == ("late", f"PTR {name}", (0,))


@pytest.mark.finding("dns-lookup", twin=True)
def test_a_late_answer_that_no_connection_waited_for_is_a_note(tmp_path: Path) -> None:
    [one] = found(tmp_path, asked(0), asked(1_500), told(1_502), LATER)

    assert one.finding.severity is Severity.NOTE


@pytest.mark.finding("dns-lookup", twin=True)
def test_other_records_that_no_connection_waits_for_are_not_told(tmp_path: Path) -> None:
    name = "b._dns-sd._udp.shop.example"

    queries = [asked(1_000 * i, name=name, kind=12) for i in range(3)]
    assert found(tmp_path, queries, asked(3_500), told(3_501), LATER) == []


@pytest.mark.finding("dns-lookup")
@pytest.mark.parametrize("forged", [{"number": 9}, {"port": 40_009}, {"server": OTHER_RESOLVER}])
def test_forged_answer_does_not_hide_a_look_up_in_vain(tmp_path: Path, forged: dict[str, int]) -> None:
    """It gives an address of the same name, as an answer that was asked for would."""
    failed = [asked(0), told(3, (), code=FAILED), asked(4, 8), told(7, (), 8, code=FAILED)]

    assert found(tmp_path, failed)
    assert found(tmp_path, failed, told(10, **forged))  # type: ignore[arg-type]
    assert not found(tmp_path, failed, asked(9, 9), told(10, number=9))
