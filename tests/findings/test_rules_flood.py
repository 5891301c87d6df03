"""Many clients that only hold a server's places, half-open or with endless heads; and all that looks nearly so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from capture_findings import by_id
from connection_lines import in_order, served, stream

from tcptui.model.finding import Confidence, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from traced import Told

    from tcptui.model.finding import CaptureFinding

    Tell = Callable[[Sequence[str]], Told]

#: Words of one connection by its state, and when they come, in milliseconds after its SYN.
SYN = (0.0, "C S 0 0")
ANSWERS = [(at, "S SA 0 1") for at in (0.05, 1000.1, 3000.1)]
HTTP = "text=GET_/_HTTP/1.1~Host:_a~"


def said(told: Tell, *groups: Sequence[str]) -> dict[str, CaptureFinding]:
    """What is said of the capture, by id; all of its words are there in both languages."""
    return by_id(told(in_order(*groups)).session)


def flood(count: int, steps: Sequence[tuple[float, str]], every_ms: float = 3, sources: int = 250) -> list[list[str]]:
    """``count`` connections of ``sources`` addresses, with these ``steps`` each."""
    places = range(count)
    return [stream(every_ms * at, steps, port=10_000 + at, client=3 + at % sources) for at in places]


END = stream(60_000, [(0, "C S 0 0"), (0.1, "S SA 0 1"), (20, "C A 1 1")], port=9_000, client=1)


@pytest.mark.finding("syn-flood")
@pytest.mark.finding("syn-ack-retransmission", twin=True)
@pytest.mark.parametrize("count", [60, 300])
@pytest.mark.parametrize("answers", [0, 1, 3])
def test_many_syns_behind_which_nothing_comes_are_a_flood_and_no_loss(told: Tell, count: int, answers: int) -> None:
    trace = in_order(*flood(count, [SYN, *ANSWERS[:answers]]), served(50, port=9_100), served(4000, port=9_101), END)
    found = {one.finding.id.value: one for one in told(trace).session.diagnosis.findings}

    one = found["syn-flood"]
    assert (one.finding.severity, one.finding.confidence, one.seconds_lost) == (Severity.WARNING, Confidence.LIKELY, 0)
    assert len(one.streams) == one.finding.facts["count"] == count
    assert one.finding.facts["sources"] == min(count, 250)
    assert one.finding.facts["answered"] == (count if answers else 0)
    assert one.finding.facts["repeats"] == count * max(answers - 1, 0)
    assert set(found) == {"syn-flood"}
    assert told(trace).session.trouble.seconds_lost == 0


@pytest.mark.finding("syn-flood")
def test_repeated_syn_acks_prove_a_flood_even_where_nothing_else_was_captured(told: Tell) -> None:
    assert set(said(told, *flood(80, [SYN, *ANSWERS]))) == {"syn-flood"}


@pytest.mark.finding("syn-flood")
def test_flood_of_one_address_says_so_and_one_that_hurts_others_is_an_error(told: Tell) -> None:
    hurt = stream(100, [(0, "C S 0 0"), (1000, "C S 0 0"), (3000, "C S 0 0")], port=9_500)
    one = said(told, *flood(80, [SYN, *ANSWERS], sources=1), hurt, served(50, port=9_100), END)["syn-flood"]

    assert (one.finding.facts["shape"], one.finding.facts["sources"], one.finding.facts["client"]) == (
        "few", 1, "10.0.0.3",
    )  # fmt: skip
    assert (one.finding.facts["hurt"], one.finding.severity) == (1, Severity.ERROR)


@pytest.mark.finding("syn-flood", twin=True)
@pytest.mark.parametrize(
    "steps",
    [
        [SYN, (0.1, "S SA 0 1"), (20, "C R 1 0")],  # health checks of a load balancer, and scans that refuse
        [SYN, (0.1, "S RA 0 1")],  # a closed port
        [SYN, (0.1, "S SA 0 1"), (1000, "C S 0 0"), (1000.1, "S SA 0 1"), (3000, "C S 0 0")],  # lost SYN-ACKs
        [SYN, (0.1, "S SA 0 1"), (20, "C A 1 1"), (30, "C PA 1 1 50"), (31, "S PA 1 51 99")],  # a busy healthy server
        [SYN, (20, "C A 1 1"), (30, "C PA 1 1 50")],  # only what clients send
        [(0.1, "S SA 0 1"), (31, "S PA 1 51 99")],  # only what the server sends
        [SYN, (0.1, "S SA 0 1"), (20, "C A 1 1")],  # opened ahead, not used yet
    ],
)  # fmt: skip
def test_what_looks_nearly_like_a_flood_is_none(told: Tell, steps: list[tuple[float, str]]) -> None:
    assert "syn-flood" not in said(told, *flood(120, steps), served(50, port=9_100), END)


@pytest.mark.finding("syn-flood", twin=True)
def test_filter_that_lets_only_syns_through_shows_no_flood(told: Tell) -> None:
    assert "syn-flood" not in said(told, *flood(120, [SYN, ANSWERS[0]]), END[:2])
    assert "syn-flood" not in said(told, *flood(120, [SYN]), END[:1])


@pytest.mark.finding("syn-flood", twin=True)
def test_scanners_now_and_then_and_attempts_just_begun_are_no_flood(told: Tell) -> None:
    seldom = flood(60, [SYN, *ANSWERS], every_ms=2_000)
    fresh = flood(120, [SYN, ANSWERS[0]])

    assert "syn-flood" not in said(told, *seldom, served(50, port=9_100), END)
    assert "syn-flood" not in said(told, *fresh, served(50, port=9_100))


@pytest.mark.finding("syn-flood", twin=True)
def test_scan_of_several_ports_is_no_flood(told: Tell) -> None:
    scan = [stream(3.0 * at, [SYN, *ANSWERS], port=10_000, sport=20 + at) for at in range(120)]

    assert "syn-flood" not in said(told, *scan, served(50, port=9_100), END)


@pytest.mark.finding("syn-flood", twin=True)
def test_few_half_open_ones_among_many_clients_are_no_flood(told: Tell) -> None:
    busy = [served(5.0 * at, port=20_000 + at, client=1) for at in range(400)]

    assert "syn-flood" not in said(told, *flood(60, [SYN, *ANSWERS], every_ms=30), *busy, END)


@pytest.mark.finding("syn-ack-retransmission")
def test_one_half_open_connection_is_a_note_that_cost_nothing(told: Tell) -> None:
    lines = in_order(stream(0, [SYN, *ANSWERS], port=10_000), END)
    finding = told(lines).findings["syn-ack-retransmission"]

    assert (finding.facts["shape"], finding.severity, finding.facts["delay_s"]) == ("half-open", Severity.NOTE, 0)


@pytest.mark.finding("syn-ack-retransmission")
def test_client_that_asks_again_waits_for_its_syn_ack(told: Tell) -> None:
    lines = ["0 C S 0 0", "0.1 S SA 0 1", "1000 C S 0 0", "1000.1 S SA 0 1", "3000 C S 0 0", "3000.1 S SA 0 1"]
    finding = told([*lines, "3020 C A 1 1"]).findings["syn-ack-retransmission"]

    assert (finding.facts["shape"], finding.severity) == ("answering", Severity.WARNING)


# -- an accept loop that stands still, whose clients give up -------------------------


def given_up(start_ms: float, **ends: int) -> list[str]:
    """A connection that nobody accepts: its client closes after 6 s, and the FIN is ignored."""
    fins = [(at, "C FA 1 1") for at in (6000.0, 6300, 6600, 7200, 8400)]
    return stream(start_ms, [SYN, (0.1, "S SA 0 1"), (70, "C A 1 1"), *fins], **ends)


def fin_taken(start_ms: float, *more: tuple[float, str], **ends: int) -> list[str]:
    """The same, in the accept queue: the kernel acknowledges the FIN, the program knows nothing of it."""
    steps = [SYN, (0.1, "S SA 0 1"), (70, "C A 1 1"), (6000, "C FA 1 1"), (6000.1, "S A 1 2"), *more]
    return stream(start_ms, steps, **ends)


@pytest.mark.finding("listener-overflow", "accept-queue-full")
@pytest.mark.parametrize("fins", ["ignored", "taken"])
def test_fin_of_a_client_that_nobody_accepted_is_no_sign_of_use(told: Tell, fins: str) -> None:
    beside = fin_taken(0, (11_000, "S RA 1 2"), port=10_000) if fins == "taken" else given_up(0, port=10_000)
    found = said(told, beside, *(given_up(0.1 * at, port=10_000 + at) for at in range(1, 4)))

    assert set(found["listener-overflow"].streams) >= {1, 2, 3}
    assert found["listener-overflow"].seconds_lost == 0  # who closes does not wait


@pytest.mark.finding("listener-overflow", "accept-queue-full", twin=True)
def test_neighbour_that_the_server_closed_as_well_had_been_accepted(told: Tell) -> None:
    beside = fin_taken(0, (6000.2, "S FA 1 2"), (6070, "C A 2 2"), port=10_000)
    alone = given_up(0.1, port=10_001)
    of_second = told(in_order(beside, alone)).stream(1)

    assert not [one for one in of_second if one.id.value == "accept-queue-full" and one.facts["waiting"]]


# -- heads that never end ------------------------------------------------------------


def head(
    start_ms: float, pieces: int, end: Sequence[tuple[float, str]] = (), begins: str = HTTP, **ends: int
) -> list[str]:
    """A request head in pieces, 4 s apart, each acknowledged at once."""
    size = len(begins.removeprefix("text=").replace("~", "~~"))
    steps = [SYN, (0.1, "S SA 0 1"), (20, "C A 1 1"), (21, f"C PA 1 1 {begins}"), (21.1, f"S A 1 {1 + size}")]
    for at in range(1, pieces):
        seq = 1 + size + 6 * (at - 1)
        steps += [(21 + 4000.0 * at, f"C PA {seq} 1 text=X:_b~"), (21.1 + 4000 * at, f"S A 1 {seq + 6}")]
    return stream(start_ms, [*steps, *end], **ends)


@pytest.mark.finding("slowloris")
@pytest.mark.parametrize("pieces", [1, 4])
@pytest.mark.parametrize("clients", [1, 40])
def test_heads_that_never_end_are_told_together(told: Tell, pieces: int, clients: int) -> None:
    held = [head(100.0 * at, pieces, port=10_000 + at, client=3 + at % clients) for at in range(40)]
    one = said(told, *held, served(500, port=9_100, client=1), END)["slowloris"]

    assert (one.finding.severity, one.finding.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert (one.finding.facts["count"], one.finding.facts["most"]) == (40, 40)
    assert (one.finding.facts["clients"], one.finding.facts["pieces"]) == (clients, pieces)
    assert one.finding.facts["answered"] == 1


@pytest.mark.finding("slowloris")
def test_server_that_ends_unfinished_heads_after_a_while_was_held_all_the_same(told: Tell) -> None:
    end = [(20_000, "S PA 1 42 text=HTTP/1.1_408_Request_Timeout~~"), (20_001, "S FA 36 42")]
    held = [head(100.0 * at, 1, end, port=10_000 + at) for at in range(20)]

    assert said(told, *held, END)["slowloris"].finding.facts["longest_s"] == pytest.approx(20, abs=0.1)


@pytest.mark.finding("slowloris", twin=True)
@pytest.mark.parametrize(
    "begins",
    [
        "text=GET_/_HTTP/1.1~Host:_a~~",  # whole, and the server is slow
        "text=<34>Oct_11_su:_failed~",  # a log that nobody answers
        "hex=16030100a5010000a1",  # TLS
        "text=PRI_*_HTTP/2.0~~SM~~",
    ],
)
def test_other_connections_that_wait_are_none(told: Tell, begins: str) -> None:
    held = [head(100.0 * at, 1, begins=begins, port=10_000 + at) for at in range(40)]

    assert "slowloris" not in said(told, *held, served(500, port=9_100), END)


@pytest.mark.finding("slowloris", twin=True)
def test_heads_of_which_bytes_are_on_their_way_and_few_ones_are_none(told: Tell) -> None:
    lost = [[line for line in head(100.0 * at, 1, port=10_000 + at) if " S A " not in line] for at in range(40)]
    few = [head(100.0 * at, 4, port=10_000 + at) for at in range(5)]
    quick = [head(100.0 * at, 1, [(900, "C FA 28 1")], port=10_000 + at) for at in range(40)]

    assert "slowloris" not in said(told, *lost, END)
    assert "slowloris" not in said(told, *few, END)
    assert "slowloris" not in said(told, *quick, END)
