"""Databases over paths that lose, delay and reorder: whose time it was, seen from the client and from the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traces import write_trace

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.finding import Finding

HERE = ["0 C S 0 0 sackok=1 ts=1,0 id=900", "40 S SA 0 1 sackok=1 ts=500,1", "40.1 C A 1 1 ts=41,500 id=901"]
THERE = ["0 C S 0 0 sackok=1 ts=1,0 id=900", "0.1 S SA 0 1 sackok=1 ts=500,1", "40 C A 1 1 ts=41,500 id=901"]
"""How a connection opens, at the client and at the server; the round trip takes 40 ms."""
GET, NIL = "*2~$3~GET~$1~a~", "$-1~"
ASKED, TOLD = 20, 5
"""Bytes of a request and of its answer."""


def found(tmp_path: Path, lines: list[str]) -> dict[str, Finding]:
    """What is found of a connection to Redis."""
    path = write_trace(tmp_path / "redis.pcap", [f"{line} sport=6379" for line in lines])
    return {str(finding.id): finding for finding in open_file(path).findings(0)}


def asks(number: int, ms: float, again: int = 0) -> str:
    """A request; ``again``: so many packets behind its first copy."""
    packet = f"ts={ms:.0f},{500 + number} id={902 + number + again}"
    return f"{ms} C PA {1 + number * ASKED} {1 + number * TOLD} text={GET} {packet}"


def hears(number: int, ms: float, packet: str) -> str:
    """A bare ACK of request ``number``."""
    return f"{ms} S A {1 + number * TOLD} {1 + (number + 1) * ASKED} {packet}"


def tells(number: int, ms: float, packet: str) -> str:
    """The answer to request ``number``."""
    return f"{ms} S PA {1 + number * TOLD} {1 + (number + 1) * ASKED} text={NIL} {packet}"


def quick(count: int) -> list[str]:
    """Requests that are answered after a round trip, seen from the client."""
    return [
        line
        for n in range(count)
        for line in (asks(n, 50 + 50 * n), tells(n, 90 + 50 * n, f"ts={570 + 50 * n},{50 + 50 * n} id={100 + n}"))
    ]


REPORTED = f"sack={1 + 5 * ASKED}:{1 + 6 * ASKED}"
"""A D-SACK of request 5."""


@pytest.mark.finding("slow-query", "server-think-time", twin=True)
def test_a_request_that_comes_only_when_sent_again_was_not_waited_for(tmp_path: Path) -> None:
    """The answer follows the repetition; nothing acknowledged the first copy before, whatever the D-SACK says."""
    late = [hears(5, 588, f"ts=1068,548 id=105 {REPORTED}"), tells(5, 589, "ts=1069,548 id=106")]
    told = found(tmp_path, [*HERE, *quick(5), asks(5, 300), asks(5, 548, 1), *late])

    assert not {"slow-query", "server-think-time"} & told.keys()


@pytest.mark.finding("slow-query")
def test_a_request_that_had_been_acknowledged_when_it_was_sent_again_is_slow(tmp_path: Path) -> None:
    heard = [hears(5, 345, "ts=825,300 id=105"), asks(5, 548, 1), hears(5, 588, f"ts=1068,548 id=106 {REPORTED}")]
    told = found(tmp_path, [*HERE, *quick(5), asks(5, 300), *heard, tells(5, 1900, "ts=2380,548 id=107")])

    assert told["slow-query"].facts["wait_s"] == pytest.approx(1.56, abs=0.05)


@pytest.mark.finding("slow-query", twin=True)
def test_an_answer_whose_first_copy_comes_later_had_been_sent_in_time(tmp_path: Path) -> None:
    copies = [tells(5, 1900, "ts=2380,300 id=107"), tells(5, 1901, "ts=821,300 id=106")]
    told = found(tmp_path, [*HERE, *quick(5), asks(5, 300), hears(5, 341, "ts=820,300 id=105"), *copies])

    assert "slow-query" not in told


@pytest.mark.finding("slow-query", twin=True)
@pytest.mark.parametrize("lost", [True, False])
def test_an_answer_with_a_packet_number_left_out_before_it_may_have_been_lost(tmp_path: Path, lost: bool) -> None:
    answer = tells(5, 700, f"ts=1180,300 id={107 if lost else 106}")
    told = found(tmp_path, [*HERE, *quick(5), asks(5, 300), hears(5, 341, "ts=820,300 id=105"), answer])

    assert ("slow-query" in told) is not lost


@pytest.mark.finding("slow-query", twin=True)
@pytest.mark.parametrize("heard", [True, False])
def test_an_answer_that_is_the_first_to_acknowledge_may_have_been_lost_before(tmp_path: Path, heard: bool) -> None:
    """No stack takes so long to acknowledge a request; without packet numbers nothing else tells."""
    acks = [hears(5, 341, "ts=820,300")] * heard
    told = found(tmp_path, [line.split(" id=")[0] for line in [*HERE, *quick(5), asks(5, 300), *acks]]
                 + [tells(5, 800, "ts=1280,300")])  # fmt: skip

    assert ("slow-query" in told) is heard


@pytest.mark.finding("slow-query")
def test_no_first_timer_takes_as_long_as_a_slow_answer(tmp_path: Path) -> None:
    late = [line.split(" id=")[0] for line in [*HERE, *quick(5), asks(5, 300)]] + [tells(5, 2_300, "ts=2780,300")]

    assert found(tmp_path, late)["slow-query"].facts["wait_s"] == pytest.approx(1.96, abs=0.05)


@pytest.mark.finding("slow-query")
def test_bytes_that_were_lost_and_sent_again_do_not_lack(tmp_path: Path) -> None:
    """Wireshark says *previous segment not captured* of the FIN, and the request before it comes a moment later."""
    lines = [line for n in range(4) for line in (asks(n, 50 + 50 * n), tells(n, 51 + 50 * n, f"ts={550 + 50 * n},1"))]
    slow = [asks(4, 300), hears(4, 341, "ts=840,300"), tells(4, 1800, "ts=2300,300")]
    end = [f"1841 C FA {1 + 6 * ASKED} {1 + 5 * TOLD} ts=1841,2300", asks(5, 1850), tells(5, 1851, "ts=2350,1850")]

    assert found(tmp_path, [*THERE, *lines, *slow, *end])["slow-query"].facts["count"] == 1


@pytest.mark.finding("many-round-trips")
def test_a_loss_amid_round_trips_does_not_hide_them(tmp_path: Path) -> None:
    """At the server: request 15 comes 300 ms late, behind a packet number that never came."""
    lines, ms = [*THERE], 50.0
    for number in range(30):
        ms += 300 if number == 15 else 41
        lines += [asks(number, ms, again=number >= 15), tells(number, ms + 0.2, f"ts={500 + ms:.0f},{ms:.0f}")]

    assert found(tmp_path, lines)["many-round-trips"].facts["count"] == 30


@pytest.mark.finding("many-round-trips", twin=True)
def test_a_pause_of_the_client_ends_a_run_of_round_trips(tmp_path: Path) -> None:
    lines, ms = [*THERE], 50.0
    for number in range(30):
        ms += 300 if number == 15 else 41
        lines += [asks(number, ms), tells(number, ms + 0.2, f"ts={500 + ms:.0f},{ms:.0f}")]

    assert "many-round-trips" not in found(tmp_path, lines)


@pytest.mark.finding("rst-injected", twin=True)
def test_a_reset_that_overtook_what_was_sent_before_it_is_nobody_elses(tmp_path: Path) -> None:
    """A server that closes in anger: its RST has the number behind that of its last words, and comes before them."""
    lines = [*HERE, *quick(3), asks(3, 300), asks(4, 300.2)]
    words = f"342 S PA {1 + 3 * TOLD} {1 + 4 * ASKED} text={NIL} ts=821,300 id=103"
    reset = f"341.8 S RA {1 + 4 * TOLD} {1 + 5 * ASKED} ts=821,300 id=104"

    assert "rst-injected" not in found(tmp_path, [*lines, reset, words])
    assert "rst-injected" not in found(tmp_path, [*lines, reset, words.replace("id=103", "id=0")])
    later = words.replace("id=103", "id=105").replace(str(1 + 4 * ASKED), str(1 + 5 * ASKED))
    assert "rst-injected" in found(tmp_path, [*lines, reset, later])


@pytest.mark.finding("rst-injected", twin=True)
def test_a_reset_of_a_closed_socket_that_overtook_data_is_nobody_elses(tmp_path: Path) -> None:
    """A RST without ACK answers a segment: what acknowledges less than that was sent before it."""
    leaves = [f"300 C PA {1 + 3 * ASKED} {1 + 3 * TOLD} text={NIL} ts=300,500 id=13",
              f"300.1 C FA {1 + 3 * ASKED + 5} {1 + 3 * TOLD} ts=300,500 id=14"]  # fmt: skip
    reset = f"341 S R {1 + 3 * TOLD} 0 win=0"
    words = f"341.8 S PA {1 + 3 * TOLD} {1 + 3 * ASKED} text={NIL} ts=821,299"
    onwards = words.replace(f" {1 + 3 * ASKED} ", f" {1 + 3 * ASKED + 6} ").replace("821,299", "821,300")

    assert "rst-injected" not in found(tmp_path, [*HERE, *quick(3), *leaves, reset, words])
    assert "rst-injected" in found(tmp_path, [*HERE, *quick(3), *leaves, reset, onwards])
