"""Handshakes that the server did not take, challenges, options that nobody agreed on: each with its near-twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence


class Told(Protocol):
    findings: dict[str, Finding]

    def stream(self, stream: int) -> tuple[Finding, ...]: ...


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


def _of(told: Told, stream: int) -> dict[str, Finding]:
    return {finding.id.value: finding for finding in told.stream(stream)}


AT_CLIENT = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
AT_SERVER = ["0 C S 0 0", "0.1 S SA 0 1", "40.1 C A 1 1"]
GREETING = ["1090 S PA 1 1 50", "1090.1 C A 1 51", "1130 C PA 1 51 20", "1170 S A 51 21"]


# -- the third packet ----------------------------------------------------------------


@pytest.mark.finding("syn-ack-retransmission", "third-ack-lost")
def test_one_repeat_and_a_server_that_then_speaks_are_a_lost_third_packet(told: Tell) -> None:
    found = told([*AT_CLIENT, "1040 S SA 0 1", "1040.1 C A 1 1", *GREETING]).findings

    finding = found["third-ack-lost"]
    assert (finding.facts["shape"], finding.confidence) == ("left-here", Confidence.POSSIBLE)
    assert "accept-queue-full" in finding.alternatives
    assert finding.packets[:4] == (2, 3, 4, 5)
    assert found["syn-ack-retransmission"].severity is Severity.NOTE


@pytest.mark.finding("third-ack-lost", twin=True)
def test_server_that_takes_only_data_may_have_deferred_accepting(told: Tell) -> None:
    lines = [*AT_CLIENT, "1040 S SA 0 1", "1040.1 C A 1 1", "1400 C PA 1 1 20", "1440 S A 1 21"]

    assert "third-ack-lost" not in told(lines).findings


@pytest.mark.finding("syn-ack-retransmission")
@pytest.mark.finding("third-ack-lost", twin=True)
def test_first_repeat_after_three_seconds_is_deferred_accepting_and_a_note(told: Tell) -> None:
    lines = [*AT_CLIENT, "3080 S SA 0 1", "3080.1 C A 1 1", "3100 S PA 1 1 50", "3100.1 C A 1 51"]
    found = told(lines).findings

    assert "third-ack-lost" not in found
    assert found["syn-ack-retransmission"].severity is Severity.NOTE


@pytest.mark.finding("third-ack-lost")
@pytest.mark.parametrize(
    ("answered", "confidence"),
    [(1080, Confidence.LIKELY), (1040, Confidence.POSSIBLE)],  # by then its SYN would have come again; perhaps not yet
)
def test_nothing_before_the_repeat_at_the_server_may_be_a_lost_syn_ack(
    told: Tell, answered: int, confidence: Confidence
) -> None:
    lines = ["0 C S 0 0", "0.1 S SA 0 1", "1000 S SA 0 1", f"{answered} C A 1 1", f"{answered}.2 S PA 1 1 50"]
    finding = told([*lines, "1160 C A 1 51"]).findings["third-ack-lost"]

    assert (finding.facts["shape"], finding.confidence) == ("never-came", confidence)
    assert finding.alternatives == ("syn-ack-lost",), "what a full queue ignores has been seen to arrive"
    assert finding.facts["late_frame"] == 4


@pytest.mark.finding("third-ack-lost")
@pytest.mark.finding("third-ack-lost", twin=True)
@pytest.mark.parametrize(("echo", "is_told"), [(500, True), (1500, False)], ids=["the first", "the repeat"])
def test_the_stamp_that_the_client_echoes_tells_which_syn_ack_it_got(told: Tell, echo: int, is_told: bool) -> None:
    lines = ["0 C S 0 0 ts=1,0", "0.1 S SA 0 1 ts=500,1", "1000 S SA 0 1 ts=1500,1", f"1040 C A 1 1 ts=1040,{echo}",
             "1040.2 S PA 1 1 50 ts=1541,1040", "1160 C A 1 51 ts=1160,1541"]  # fmt: skip
    found = told(lines).findings

    assert ("third-ack-lost" in found) is is_told
    assert not is_told or found["third-ack-lost"].confidence is Confidence.LIKELY
    assert "syn-ack-retransmission" in found


@pytest.mark.finding("third-ack-lost")
@pytest.mark.finding("third-ack-lost", twin=True)
@pytest.mark.parametrize(("sent", "is_told"), [(83, False), (1_100, True)], ids=["before the repeat", "behind it"])
def test_third_packet_that_was_held_on_its_way_is_not_lost(told: Tell, sent: int, is_told: bool) -> None:
    lines = ["0 C S 0 0 ts=1,0", "0.1 S SA 0 1 ts=500,1", "1000 S SA 0 1 ts=1500,1", f"1300 C A 1 1 ts={sent},500",
             f"1300.1 C PA 1 1 100 ts={sent + 20},500", f"1300.2 S A 1 101 ts=1800,{sent + 20}",
             "1500 S PA 1 101 50 ts=2000,1120", "1600 C A 101 51 ts=1580,2000", "1700 C PA 101 51 50 ts=1680,2000",
             "1800 C PA 151 51 50 ts=1780,2000", "1900 C PA 201 51 50 ts=1880,2000"]  # fmt: skip
    found = told(lines).findings

    assert ("third-ack-lost" in found) is is_told
    assert "syn-ack-retransmission" in found


@pytest.mark.finding("third-ack-lost", twin=True)
def test_client_that_repeats_its_syn_never_got_the_syn_ack(told: Tell) -> None:
    lines = ["0 C S 0 0 id=1", "0.1 S SA 0 1", "1000 C S 0 0 id=2", "1000.1 S SA 0 1", "1040 C A 1 1"]

    assert "third-ack-lost" not in told([*lines, "1040.2 S PA 1 1 50"]).findings


# -- the accept queue ----------------------------------------------------------------


def _waiting(port: int, start_ms: float, answered_ms: float) -> list[str]:
    """A connection that was opened then and is spoken to only at ``answered_ms``."""
    lines = [(0, "C S 0 0"), (40, "S SA 0 1"), (40.1, "C A 1 1"), (answered_ms - start_ms, "S PA 1 1 50")]
    return [f"{start_ms + ms} {words} port={port}" for ms, words in lines]


def _in_order(*groups: list[str]) -> list[str]:
    return sorted((line for group in groups for line in group), key=lambda line: float(line.split()[0]))


HELD = ["200 C S 0 0 port=50000", "240 S SA 0 1 port=50000", "240.1 C A 1 1 port=50000"]
REPEATS = [
    "1240 S SA 0 1 port=50000",
    "1240.1 C A 1 1 port=50000",
    "3240 S SA 0 1 port=50000",
    "3240.1 C A 1 1 port=50000",
]
TAKEN = ["4000 S PA 1 1 50 port=50000", "4000.1 C A 1 51 port=50000"]


@pytest.mark.finding("accept-queue-full")
@pytest.mark.finding("third-ack-lost", twin=True)
def test_repeated_syn_acks_while_others_wait_at_the_port_are_a_full_queue(told: Tell) -> None:
    trace = told(_in_order(_waiting(41_000, 0, 3900), _waiting(42_000, 10, 3950), HELD, REPEATS, TAKEN))
    finding = _of(trace, 2)["accept-queue-full"]

    assert finding.facts["shape"] == "syn-ack-again"
    assert (finding.facts["waiting"], finding.facts["port"]) == (2, 80)
    assert finding.alternatives[0] == "third-ack-lost"
    assert "third-ack-lost" not in _of(trace, 2)


@pytest.mark.finding("accept-queue-full", twin=True)
def test_repeated_syn_acks_while_others_are_served_prove_no_queue(told: Tell) -> None:
    trace = told(_in_order(_waiting(41_000, 0, 100), _waiting(42_000, 10, 120), HELD, REPEATS, TAKEN))

    assert "accept-queue-full" not in _of(trace, 2)


def _ignored(server_ms: float) -> list[str]:
    """SYN-ACKs go on while third packet and request are ignored; the SYN-ACK leaves ``server_ms`` after the SYN."""
    opening = ["200 C S 0 0", f"{200 + server_ms} S SA 0 1", "240.1 C A 1 1"]
    data = ["250 C PA 1 1 100 id=5", "500 C PA 1 1 100 id=6", "1000 C PA 1 1 100 id=7"]
    taken = ["4000 S A 1 101", "4000.1 S PA 1 101 50", "4040 C A 101 51"]
    return _in_order(opening, data, [line.replace(" port=50000", "") for line in REPEATS], taken)


@pytest.mark.finding("accept-queue-full")
def test_data_that_arrived_and_was_ignored_is_a_full_queue_without_witnesses(told: Tell) -> None:
    finding = told(_ignored(0.1)).findings["accept-queue-full"]

    assert (finding.facts["waiting"], finding.facts["ignored"]) == (0, 3)
    assert finding.confidence is Confidence.LIKELY


@pytest.mark.finding("accept-queue-full", twin=True)
def test_data_that_only_left_may_have_been_lost_like_the_third_packet(told: Tell) -> None:
    assert "accept-queue-full" not in told(_ignored(40)).findings


@pytest.mark.finding("accept-queue-full")
@pytest.mark.parametrize(("ttl", "expected"), [(57, True), (60, False)])
def test_reset_to_the_third_packet_while_others_wait_is_a_full_queue(told: Tell, ttl: int, expected: bool) -> None:
    reset = [*HELD[:1], HELD[1] + " ttl=57", HELD[2], f"280 S R 1 0 port=50000 win=0 ttl={ttl}"]
    trace = told(_in_order(_waiting(41_000, 0, 3900), reset))

    assert ("accept-queue-full" in _of(trace, 1)) is expected


@pytest.mark.finding("accept-queue-full", twin=True)
def test_syns_that_went_missing_together_were_no_full_queue(told: Tell) -> None:
    first = ["0 C S 0 0 port=41000 id=1", "1000 C S 0 0 port=41000 id=2", "2000 C S 0 0 port=41000 id=3"]
    first += ["2040 S SA 0 1 port=41000", "2040.1 C A 1 1 port=41000", "2500 S PA 1 1 50 port=41000"]
    syns = [f"{ms} C S 0 0 port=50000 id={ms}" for ms in (200, 1200, 2200)]
    answer = ["2240 S SA 0 1 port=50000", "2240.1 C A 1 1 port=50000"]

    assert "accept-queue-full" not in _of(told(_in_order(first, syns, answer)), 1)


@pytest.mark.finding("accept-queue-full")
def test_syns_dropped_while_others_wait_name_the_queue(told: Tell) -> None:
    syns = [f"{ms} C S 0 0 port=50000 id={ms}" for ms in (200, 1200, 2200)]
    answer = ["2240 S SA 0 1 port=50000", "2240.1 C A 1 1 port=50000"]
    trace = told(_in_order(_waiting(41_000, 0, 2190), syns, answer))
    finding = _of(trace, 1)["accept-queue-full"]

    assert (finding.facts["shape"], finding.confidence) == ("syn-dropped", Confidence.POSSIBLE)
    assert "firewall-drop" in finding.alternatives


@pytest.mark.finding("syn-retransmission")
@pytest.mark.finding("accept-queue-full", twin=True)
@pytest.mark.parametrize("sent", [(200, 1200), (200, 1200, 2200), (200, 1200, 3200, 7200)])
@pytest.mark.parametrize("others", ["2190", "60"])
def test_syns_that_are_all_answered_together_were_held_up(told: Tell, sent: tuple[int, ...], others: str) -> None:
    syns = [f"{ms} C S 0 0 port=50000 id={ms}" for ms in sent]
    answers = [f"{sent[-1] + 80 + n} S SA 0 1 port=50000" for n in range(len(sent))]
    third = f"{sent[-1] + 90} C A 1 1 port=50000"
    found = _of(told(_in_order(_waiting(41_000, 0, int(others)), syns, [*answers, third])), 1)

    assert "accept-queue-full" not in found
    assert (found["syn-retransmission"].facts["shape"], found["syn-retransmission"].severity) == (
        "held",
        Severity.WARNING,
    )
    assert not {"accept-queue-full", "syn-lost"} & set(found["syn-retransmission"].alternatives)


@pytest.mark.finding("accept-queue-full", twin=True)
def test_two_answers_to_three_syns_are_no_full_queue_either(told: Tell) -> None:
    syns = [f"{ms} C S 0 0 port=50000 id={ms}" for ms in (200, 1200, 2200)]
    answers = ["2280 S SA 0 1 port=50000", "2281 S SA 0 1 port=50000", "2282 C A 1 1 port=50000"]
    found = _of(told(_in_order(_waiting(41_000, 0, 2190), syns, answers)), 1)

    assert "accept-queue-full" not in found
    assert found["syn-retransmission"].facts["shape"] == "answered"
    assert "syn-lost" in found["syn-retransmission"].alternatives


@pytest.mark.finding("accept-queue-full")
@pytest.mark.parametrize("again", ["2240.1 S SA 0 1 port=50000 id=7", "3240 S SA 0 1 port=50000 id=8"])
def test_copy_or_repeat_of_the_only_syn_ack_answers_no_second_syn(told: Tell, again: str) -> None:
    syns = [f"{ms} C S 0 0 port=50000 id={ms}" for ms in (200, 1200, 2200)]
    answers = ["2240 S SA 0 1 port=50000 id=7", again, "3280 C A 1 1 port=50000"]
    found = _of(told(_in_order(_waiting(41_000, 0, 3900), syns, answers)), 1)

    assert "accept-queue-full" in found
    assert found["syn-retransmission"].facts["shape"] == "answered"


@pytest.mark.finding("accept-queue-full", twin=True)
def test_syns_dropped_with_nobody_waiting_do_not(told: Tell) -> None:
    syns = [f"{ms} C S 0 0 port=50000 id={ms}" for ms in (200, 1200, 2200)]
    trace = told(_in_order(_waiting(41_000, 0, 60), syns, ["2240 S SA 0 1 port=50000"]))

    assert "accept-queue-full" not in _of(trace, 1)


@pytest.mark.finding("accept-queue-full")
def test_everything_ignored_at_the_server_under_cookies_is_a_full_queue(told: Tell) -> None:
    mute = ["200 C S 0 0", "200.1 S SA 0 1", "240 C A 1 1", *(f"{ms} C PA 1 1 100 id={ms}" for ms in (241, 500, 900))]
    mute = [f"{line} port=50000" for line in mute] + ["1900 C PA 1 1 100 id=1900 port=50000"]
    other = ["0 C S 0 0 port=41000", "0.1 S SA 0 1 port=41000", "40 C A 1 1 port=41000", "3000 S PA 1 1 50 port=41000"]
    finding = _of(told(_in_order(other, mute)), 1)["accept-queue-full"]

    assert (finding.facts["shape"], finding.facts["count"]) == ("cookies", 4)


# -- challenges ----------------------------------------------------------------------

TALK = [*AT_CLIENT, "50 C PA 1 1 100", "90 S A 1 101", "100 S PA 1 101 200", "100.1 C A 101 201"]


@pytest.mark.finding("challenge-ack")
@pytest.mark.finding("rst-injected", "capture-missed-packets", twin=True)
def test_challenge_that_is_answered_and_resolved_tells_what_it_cost(told: Tell) -> None:
    lines = [
        *TALK, "500 C S 7000 0", "540 S A 201 101", "540.1 C R 101 0 win=0", "1500 C S 7000 0", "1540 S SA 900 7001",
        "1540.1 C A 7001 901",
    ]  # fmt: skip
    found = _of(told(lines), 1)

    assert found["challenge-ack"].facts["shape"] == "resolved"
    assert found["challenge-ack"].facts["delay_s"] == pytest.approx(1.04)
    assert "rst-injected" not in found
    assert "capture-missed-packets" not in found


@pytest.mark.finding("challenge-ack", twin=True)
def test_old_fin_that_comes_again_answers_no_syn(told: Tell) -> None:
    lines = [*TALK, "500 C S 7000 0", "540 S FA 201 101", "540.1 C R 101 0 win=0", "1500 C S 7000 0"]

    assert "challenge-ack" not in _of(told(lines), 1)


@pytest.mark.finding("challenge-ack", twin=True)
def test_handshake_in_five_steps_is_no_challenge(told: Tell) -> None:
    lines = ["0 C S 0 0", "40 S A 0 1", "41 S S 0 0", "42 C SA 0 1", "82 S A 1 1"]

    assert "challenge-ack" not in told(lines).findings


@pytest.mark.finding("challenge-ack")
@pytest.mark.finding("challenge-ack", twin=True)
@pytest.mark.parametrize(
    ("line", "challenged"),
    [("2 C PA 1 1 100", False), ("2 C PA 51 1 50", False), ("2 C PA 900000 1 100", True), ("2 C S 0 0", True)],
)
def test_answer_within_a_handshake_whose_syn_ack_was_not_captured_is_no_challenge(
    line: str, challenged: bool, told: Tell
) -> None:
    lines = ["0 C S 0 0", line, f"3 S A 1 {-700_000 if challenged else 101}", "3.1 S PA 1 101 200", "3.2 C A 101 201"]

    assert ("challenge-ack" in told(lines).findings) is challenged


@pytest.mark.finding("capture-missed-packets")
@pytest.mark.finding("challenge-ack", twin=True)
def test_ack_of_more_than_was_captured_after_a_syn_is_no_challenge(told: Tell) -> None:
    found = told(["0 C S 0 0", "300 S A 400 901", "310 C PA 901 400 50", "350 S A 400 951"]).findings

    assert "challenge-ack" not in found
    assert found["capture-missed-packets"].facts["total_bytes"] == 900


@pytest.mark.finding("challenge-ack")
def test_reset_beside_the_expected_number_is_answered_and_not_believed(told: Tell) -> None:
    lines = [*TALK, "150 S R 5000 0 win=0", "150.1 C A 101 201", "200 S PA 201 101 50", "200.1 C A 101 251"]
    finding = told(lines).findings["challenge-ack"]

    assert (finding.facts["shape"], finding.severity) == ("reset", Severity.NOTE)
    assert finding.facts["off_bytes"] == 4799


@pytest.mark.finding("challenge-ack", twin=True)
def test_reset_of_the_right_number_is_no_challenge(told: Tell) -> None:
    assert "challenge-ack" not in told([*TALK, "150 S R 201 0 win=0", "150.1 C A 101 201"]).findings


# -- options -------------------------------------------------------------------------


@pytest.mark.finding("window-scaling-absent", "sack-absent", "timestamps-absent")
def test_options_that_the_server_does_not_take_up_are_told_one_by_one(told: Tell) -> None:
    lines = ["0 C S 0 0 scale=7 sackok=1 ts=1,0", "40 S SA 0 1", "40.1 C A 1 1"]
    found = told(lines).findings

    assert {"window-scaling-absent", "sack-absent", "timestamps-absent"} <= found.keys()
    assert found["window-scaling-absent"].facts["limit_kbps"] == pytest.approx(65_535 * 8 / 40.1, abs=1)


@pytest.mark.finding("window-scaling-absent", "sack-absent", "timestamps-absent")
def test_options_that_the_server_does_not_take_up_are_told_where_the_syn_was_repeated(told: Tell) -> None:
    syn = "C S 0 0 scale=7 sackok=1 ts={time},0"
    lines = [f"0 {syn.format(time=1)}", f"1000 {syn.format(time=1001)}", "1040 S SA 0 1", "1040.1 C A 1 1"]
    found = told(lines).findings

    assert {"window-scaling-absent", "sack-absent", "timestamps-absent"} <= found.keys()


@pytest.mark.finding("window-scaling-absent", "sack-absent", "timestamps-absent", twin=True)
def test_options_that_both_carry_are_not_told(told: Tell) -> None:
    lines = ["0 C S 0 0 scale=7 sackok=1 ts=1,0", "40 S SA 0 1 scale=7 sackok=1 ts=9,1", "40.1 C A 1 1 ts=41,9"]

    assert not {"window-scaling-absent", "sack-absent", "timestamps-absent"} & told(lines).findings.keys()


@pytest.mark.finding("window-scaling-absent")
@pytest.mark.finding("window-scaling-absent", "sack-absent", "timestamps-absent", twin=True)
def test_options_that_nobody_offers_are_told_only_where_they_were_missed(told: Tell) -> None:
    short = told([*AT_CLIENT, "50 C PA 1 1 100", "90 S A 1 101"]).findings
    data = [f"{50 + i} C A {1 + 1400 * i} 1 1400" for i in range(60)]
    acks = [f"{90 + i + 0.5} S A 1 {1 + 1400 * (i + 1)}" for i in range(60)]
    long = told(_in_order([*AT_CLIENT, *data, *acks])).findings

    assert "window-scaling-absent" not in short
    assert long["window-scaling-absent"].facts["shape"] == "not-offered"
    assert not {"sack-absent", "timestamps-absent"} & long.keys()


# -- ignored after the handshake -----------------------------------------------------

SENT = {"data": "C PA 1 1 100", "fin": "C FA 1 1"}


def _mute(what: str, server_ms: float = 40) -> list[str]:
    """A complete handshake on port 50000, then the same again and again; ``server_ms``: from SYN to SYN-ACK."""
    opening = ["200 C S 0 0", f"{200 + server_ms} S SA 0 1", "240.1 C A 1 1"]
    tries = [f"{ms} {SENT[what]} id={ms}" for ms in (250, 500, 1000, 2000, 4000)]
    return [f"{line} port=50000" for line in [*opening, *tries]]


def _served(*spoken_ms: float) -> list[str]:
    lines = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
    for n, ms in enumerate(spoken_ms):
        lines += [f"{ms} S PA {1 + 10 * n} 1 10", f"{ms + 0.1} C A 1 {11 + 10 * n}"]
    return [f"{line} port=41000" for line in lines]


LONG_AFTER = ["20000 C S 0 0 port=60000"]


@pytest.mark.parametrize(
    ("what", "server_ms", "confidence", "severity"),
    [
        ("data", 40, Confidence.POSSIBLE, Severity.ERROR),
        ("fin", 40, Confidence.LIKELY, Severity.WARNING),
        ("data", 0.1, Confidence.LIKELY, Severity.ERROR),
        ("fin", 0.1, Confidence.LIKELY, Severity.WARNING),
    ],
)
@pytest.mark.finding("accept-queue-full")
@pytest.mark.finding("path-lost", twin=True)
def test_connection_ignored_after_its_handshake_beside_one_that_is_served_is_unknown_to_the_server(
    told: Tell, what: str, server_ms: float, confidence: Confidence, severity: Severity
) -> None:
    lines = _in_order(_served(100, 300, 900, 1500, 3000, 5000), _mute(what, server_ms), LONG_AFTER)
    found = _of(told(lines), 1)
    finding = found["accept-queue-full"]

    assert (finding.facts["shape"], finding.facts["count"], finding.facts["beside_stream"]) == ("ignored", 5, 0)
    assert (finding.confidence, finding.severity) == (confidence, severity)
    assert "path-lost" not in found
    assert [one.id.value for one in found.values() if one.severity > Severity.NOTE] == ["accept-queue-full"]


@pytest.mark.finding("path-lost")
@pytest.mark.finding("accept-queue-full", twin=True)
@pytest.mark.parametrize("what", ["data", "fin"])
def test_ignored_with_no_other_connection_served_may_be_a_lost_path_too(told: Tell, what: str) -> None:
    found = _of(told(_in_order(_served(100, 150), _mute(what), LONG_AFTER)), 1)

    assert "accept-queue-full" not in found
    assert found["path-lost"].confidence is Confidence.POSSIBLE
    assert "accept-queue-full" in found["path-lost"].alternatives
    assert "accept-queue-full" in found["retransmission-timeout"].alternatives


@pytest.mark.finding("path-lost")
@pytest.mark.finding("accept-queue-full", twin=True)
def test_server_that_had_spoken_knew_the_connection(told: Tell) -> None:
    mute = _mute("data")
    greeting = ["245 S PA 1 1 20 port=50000", "245.1 C A 1 21 port=50000"]
    tries = [line.replace("PA 1 1 ", "PA 1 21 ") for line in mute[3:]]
    lines = _in_order(_served(100, 300, 900, 1500, 3000, 5000), mute[:3], greeting, tries, LONG_AFTER)
    found = _of(told(lines), 1)

    assert "accept-queue-full" not in found
    assert "accept-queue-full" not in found["path-lost"].alternatives


@pytest.mark.finding("accept-queue-full", twin=True)
def test_data_that_the_server_takes_at_last_was_under_way(told: Tell) -> None:
    taken = ["4040 S A 1 101 port=50000", "4050 S PA 1 101 50 port=50000"]
    lines = _in_order(_served(100, 300, 900, 1500, 3000, 5000), _mute("data"), taken, LONG_AFTER)

    assert "accept-queue-full" not in _of(told(lines), 1)


@pytest.mark.finding("accept-queue-full", twin=True)
@pytest.mark.parametrize(("what", "idle_ms"), [("data", 1_000), ("fin", 30_000)])
def test_what_was_idle_before_may_have_been_forgotten_on_the_way(told: Tell, what: str, idle_ms: int) -> None:
    mute = _mute(what)
    late = [f"{float(line.split()[0]) + idle_ms} {line.split(' ', 1)[1]}" for line in mute[3:]]
    spoken = [float(line.split()[0]) + 10 for line in late]
    lines = _in_order(_served(*spoken), mute[:3], late, ["60000 C S 0 0 port=60000"])

    assert "accept-queue-full" not in _of(told(lines), 1)


def _queued(port: int, began_ms: float, spoken_ms: float = 0) -> list[str]:
    """A client at the server's port that asks and waits; the server acknowledges, and again at ``spoken_ms``."""
    at = f"port={port}"
    lines = [f"{began_ms} C S 0 0 {at}", f"{began_ms + 20} S SA 0 1 {at}", f"{began_ms + 20.1} C A 1 1 {at}"]
    lines += [f"{began_ms + 21} C PA 1 1 100 {at}", f"{began_ms + 41} S A 1 101 {at}"]
    return [*lines, f"{spoken_ms} S A 1 101 {at}"] if spoken_ms else lines


def _dropped(port: int, began_ms: float) -> list[str]:
    return [f"{began_ms + (2**n - 1) * 1000} C S 0 0 port={port}" for n in range(6)]


@pytest.mark.finding("accept-queue-full", "syn-timeout")
def test_a_queue_that_lets_a_client_fail_stands_before_its_time_out(told: Tell) -> None:
    """The server is heard beside the tries, so it lives."""
    trace = told(_in_order(_queued(41_000, 0, 2500), _queued(41_001, 50), _dropped(50_000, 1000)))
    loud = [(finding.id.value, finding.severity) for finding in trace.stream(2) if finding.severity > Severity.NOTE]

    assert loud == [("accept-queue-full", Severity.ERROR)]
    assert _of(trace, 2)["syn-timeout"].severity is Severity.NOTE


@pytest.mark.finding("accept-queue-full", "syn-timeout", twin=True)
@pytest.mark.parametrize(
    "others", [(_queued(41_000, 0), _queued(41_001, 50)), (_queued(41_000, 0, 2500),)], ids=["all silent", "one waits"]
)
def test_a_server_that_may_have_died_stays_a_time_out(told: Tell, others: tuple[list[str], ...]) -> None:
    trace = told(_in_order(*others, _dropped(50_000, 1000)))
    loud = [finding.id.value for finding in trace.stream(len(others)) if finding.severity > Severity.NOTE]

    assert loud == ["syn-timeout"]
