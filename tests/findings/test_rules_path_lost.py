"""Paths that fail, forget or swallow, and answers that get lost: each with its near-twin."""

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


OPEN = ["0 C S 0 0 ts=0,0", "40 S SA 0 1 ts=5000,0", "40.1 C A 1 1 ts=40,5000"]
TALK = [
    *OPEN,
    "50 C PA 1 1 100 ts=50,5000 id=1",
    "90 S A 1 101 ts=5050,50 id=901",
    "100 S PA 1 101 200 ts=5060,50 id=902",
    "100.1 C A 101 201 ts=100,5060 id=2",
]
TRIES = [f"{ms} C PA 101 201 100 ts={ms},5060 id={ms % 60_000}" for ms in (3000, 3250, 3750, 4750, 6750)]
LATER = ["9000 C S 0 0 port=50000"]
ANEW = [
    "7000 C S 0 0 port=50000", "7040 S SA 0 1 port=50000", "7040.1 C A 1 1 port=50000",
    "7050 C PA 1 1 100 port=50000", "7090 S PA 1 101 200 port=50000",
]  # fmt: skip


# -- the path -----------------------------------------------------------------------------


@pytest.mark.finding("path-lost", "retransmission-timeout")
def test_repeats_ever_further_apart_without_an_answer_are_a_lost_path(told: Tell) -> None:
    found = told([*TALK, *TRIES, *LATER]).findings

    assert (found["path-lost"].severity, found["path-lost"].confidence) == (Severity.ERROR, Confidence.LIKELY)
    assert (found["path-lost"].facts["count"], found["path-lost"].packets) == (4, (8, 9, 10, 11, 12))
    assert found["retransmission-timeout"].severity is Severity.NOTE


@pytest.mark.finding("retransmission-timeout")
@pytest.mark.finding("path-lost", twin=True)
def test_repeats_that_are_answered_at_last_are_none(told: Tell) -> None:
    found = told([*TALK, *TRIES, "6790 S A 201 201 ts=11750,6750", *LATER]).findings

    assert "path-lost" not in found
    assert found["retransmission-timeout"].severity is Severity.WARNING


@pytest.mark.finding("path-lost", twin=True)
def test_two_repeats_prove_nothing(told: Tell) -> None:
    assert "path-lost" not in told([*TALK, *TRIES[:3]]).findings


@pytest.mark.finding("path-lost")
def test_capture_that_ends_amid_three_repeats_makes_a_note(told: Tell) -> None:
    assert told([*TALK, *TRIES[:4]]).findings["path-lost"].severity is Severity.NOTE


@pytest.mark.finding("path-lost", twin=True)
def test_requests_that_reach_a_silent_host_are_no_lost_path_there(told: Tell) -> None:
    near = [line.replace("40 S SA", "0.1 S SA").replace("90 S A", "50.1 S A") for line in TALK]

    assert "path-lost" not in told([*near, *TRIES, *LATER]).findings


@pytest.mark.finding("path-lost")
def test_fin_without_an_answer_is_a_note(told: Tell) -> None:
    fins = [f"{ms} C FA 101 201 ts={ms},5060" for ms in (3000, 3250, 3750, 4750, 6750)]
    finding = told([*TALK, *fins, *LATER]).findings["path-lost"]

    assert (finding.facts["shape"], finding.severity) == ("fin", Severity.NOTE)


@pytest.mark.finding("path-lost")
def test_answers_that_leave_here_and_never_show_in_the_echo_are_lost_behind_here(told: Tell) -> None:
    near = [line.replace("40 S SA", "0.1 S SA").replace("90 S A", "50.1 S A") for line in TALK]
    lines = list(near)
    for n, line in enumerate(TRIES):
        lines += [line, f"{float(line.split()[0]) + 0.1} S A 201 201 ts={9000 + 100 * n},{line.split()[0]}"]
    finding = told(lines).findings["path-lost"]

    assert (finding.facts["shape"], finding.confidence) == ("answers", Confidence.LIKELY)


@pytest.mark.finding("path-lost")
def test_answers_to_a_fin_alone_are_a_possible_note(told: Tell) -> None:
    lines = [line.replace("40 S SA", "0.1 S SA").replace("90 S A", "50.1 S A") for line in TALK]
    for n, ms in enumerate((3000, 3250, 3750, 4750, 6750)):
        lines += [f"{ms} C FA 101 201 ts={ms},5060", f"{ms + 0.1} S A 201 102 ts={9000 + 100 * n},{ms}"]
    finding = told(lines).findings["path-lost"]

    assert (finding.facts["shape"], finding.severity) == ("answers", Severity.NOTE)
    assert finding.confidence is Confidence.POSSIBLE  # the last one may have arrived: nothing would follow


@pytest.mark.finding("path-lost", twin=True)
def test_answers_that_show_in_the_echo_arrived(told: Tell) -> None:
    near = [line.replace("40 S SA", "0.1 S SA").replace("90 S A", "50.1 S A") for line in TALK]
    lines = list(near)
    for n, line in enumerate(TRIES):
        lines += [line.replace(",5060", f",{8900 + 100 * n}" if n else ",5060")]
        lines += [f"{float(line.split()[0]) + 0.1} S A 201 201 ts={9000 + 100 * n},{line.split()[0]}"]

    assert "path-lost" not in told(lines).findings


def _after_idle(seconds: float) -> list[str]:
    """The tries, begun so long after the last packet of the talk, which is that of 100.1 ms."""
    shift = 100.1 + 1000 * seconds - 3000
    times = (3000, 3250, 3750, 4750, 6750, 9000)
    tries = [f"{ms + shift:.1f} C PA 101 201 100 ts={ms},5060" for ms in times[:-1]]
    return [*tries, f"{times[-1] + shift:.1f} C S 0 0 port=50000"]


@pytest.mark.parametrize(("idle_s", "offered"), [(29.9, False), (30.0, True), (300.0, True)])
def test_only_after_half_a_minute_of_silence_a_nat_may_have_forgotten(told: Tell, idle_s: float, offered: bool) -> None:
    alternatives = told([*TALK, *_after_idle(idle_s)]).findings["path-lost"].alternatives

    assert alternatives == (("peer-dead", "nat-forgot", "one-sided") if offered else ("peer-dead", "one-sided"))


# -- forgotten on the way -------------------------------------------------------------------


@pytest.mark.finding("idle-connection-dropped")
@pytest.mark.finding("path-lost", twin=True)
def test_mute_after_idle_while_a_new_connection_works_was_forgotten(told: Tell) -> None:
    found = told([*TALK, *TRIES, *ANEW]).findings

    assert found["idle-connection-dropped"].facts["idle_s"] == pytest.approx(2.9, abs=0.01)
    assert found["idle-connection-dropped"].facts["new_stream"] == 1
    assert "path-lost" not in found


@pytest.mark.finding("path-lost")
@pytest.mark.finding("idle-connection-dropped", twin=True)
def test_mute_after_idle_while_new_connections_fail_too_is_a_lost_path(told: Tell) -> None:
    found = told([*TALK, *TRIES, *ANEW[:1]]).findings

    assert "idle-connection-dropped" not in found
    assert "path-lost" in found


def _later(seconds: float) -> list[str]:
    """`ANEW` so much later."""
    return [line.replace(line.split()[0], str(float(line.split()[0]) + 1000 * seconds), 1) for line in ANEW]


@pytest.mark.finding("path-lost")
@pytest.mark.finding("idle-connection-dropped", twin=True)
def test_connection_that_works_long_after_the_last_try_shows_nothing_of_the_host_meanwhile(told: Tell) -> None:
    assert "idle-connection-dropped" in told([*TALK, *TRIES, *_later(0.5)]).findings
    found = told([*TALK, *TRIES, *_later(60)]).findings  # a host that died comes back, or another takes its address

    assert "idle-connection-dropped" not in found
    assert "peer-dead" in found["path-lost"].alternatives


@pytest.mark.finding("idle-connection-dropped", twin=True)
def test_mute_in_the_middle_of_an_exchange_was_not_forgotten_for_idleness(told: Tell) -> None:
    busy = [line.replace(line.split()[0], str(float(line.split()[0]) - 2880), 1) for line in TRIES]
    found = told([*TALK, *busy, *ANEW]).findings

    assert "idle-connection-dropped" not in found


@pytest.mark.finding("rst-dead-connection", "idle-connection-dropped")
def test_reset_from_another_distance_after_idle_is_the_device_that_forgot(told: Tell) -> None:
    lines = [line + " ttl=58" if " S " in line else line for line in TALK]
    found = told([*lines, TRIES[0], "3010 S R 201 0 win=0 ttl=63"]).findings

    assert found["idle-connection-dropped"].facts["shape"] == "reset"
    assert found["rst-dead-connection"].severity is Severity.NOTE


@pytest.mark.finding("rst-dead-connection")
@pytest.mark.finding("idle-connection-dropped", twin=True)
def test_reset_from_the_same_distance_after_idle_is_the_server_that_forgot(told: Tell) -> None:
    lines = [line + " ttl=58" if " S " in line else line for line in TALK]
    found = told([*lines, TRIES[0], "3040 S R 201 0 win=0 ttl=58"]).findings

    assert "idle-connection-dropped" not in found
    assert found["rst-dead-connection"].severity is Severity.WARNING


# -- keep-alives whose answers get lost --------------------------------------------------------

QUIET = [line.replace("40 S SA", "0.1 S SA").replace("90 S A", "50.1 S A") for line in TALK]


def _probes(echoes: Sequence[int]) -> list[str]:
    lines = []
    for n, echo in enumerate(echoes):
        ms = 1100 * (n + 1)
        lines += [f"{ms} C A 100 201 ts={ms},{echo}", f"{ms + 0.1} S A 201 101 ts={6000 + ms},100"]
    return lines


@pytest.mark.finding("keep-alive-timeout")
@pytest.mark.finding("keep-alive", twin=True)
def test_keep_alives_answered_here_and_given_up_there_lost_their_answers(told: Tell) -> None:
    found = told([*QUIET, *_probes([5060, 5060, 5060]), "4400 C RA 101 201 ts=4400,5060"]).findings

    assert found["keep-alive-timeout"].facts["shape"] == "answers-lost"
    assert "keep-alive" not in found


@pytest.mark.finding("keep-alive-timeout", twin=True)
def test_data_that_come_again_are_no_answers_to_keep_alives(told: Tell) -> None:
    again = [
        line.replace(" S A 201 101", " S PA 1 101 200") if " S A 201" in line else line
        for line in _probes([5060, 5060, 5060])
    ]
    found = told([*QUIET, *again, "4400 C RA 101 201 ts=4400,5060"]).findings

    assert found.get("keep-alive-timeout") is None or found["keep-alive-timeout"].facts["shape"] != "answers-lost"


@pytest.mark.finding("keep-alive-timeout", twin=True)
def test_answers_that_passed_at_the_prober_itself_were_not_lost(told: Tell) -> None:
    lines = [*TALK, *_probes([5060, 5060, 5060]), "4400 C RA 101 201 ts=4400,5060"]

    assert "keep-alive-timeout" not in told(lines).findings


@pytest.mark.finding("keep-alive")
@pytest.mark.finding("keep-alive-timeout", twin=True)
def test_keep_alives_whose_answers_show_in_the_echo_are_healthy(told: Tell) -> None:
    found = told([*QUIET, *_probes([5060, 7100, 8200]), "4400 C RA 101 201 ts=4400,9300"]).findings

    assert "keep-alive" in found
    assert "keep-alive-timeout" not in found


# -- too large for the path ----------------------------------------------------------------------

DOWNLOAD = ["0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1", "50 C PA 1 1 100", "50.1 S A 1 101"]
LARGE = [f"{ms} S A 1 101 1400 id={ms}" for ms in (60, 300, 800)]


@pytest.mark.finding("path-mtu-blackhole")
@pytest.mark.finding("path-lost", twin=True)
def test_same_bytes_in_smaller_pieces_arrive_after_large_ones_vanished(told: Tell) -> None:
    found = told([*DOWNLOAD, *LARGE, "1800 S A 1 101 1000 id=1800", "1840 C A 101 1001"]).findings

    assert (found["path-mtu-blackhole"].facts["large_bytes"], found["path-mtu-blackhole"].facts["small_bytes"]) == (
        1400, 1000,
    )  # fmt: skip
    assert "path-lost" not in found


@pytest.mark.finding("path-mtu-blackhole")
@pytest.mark.parametrize(("greeting", "confidence"), [([], Confidence.POSSIBLE), (["45 S A 1 1"], Confidence.LIKELY)])
def test_server_that_has_sent_its_syn_ack_alone_may_ignore_what_is_large(
    told: Tell, greeting: list[str], confidence: Confidence
) -> None:
    large = [f"{ms} C A 1 1 1400 id={ms}" for ms in (50, 300, 800)]
    found = told(
        ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", *greeting, *large, "1800 C A 1 1 1000 id=1800", "1840 S A 1 1001"]
    ).findings

    assert found["path-mtu-blackhole"].confidence is confidence
    assert ("accept-queue-full" in found["path-mtu-blackhole"].alternatives) is (not greeting)


@pytest.mark.finding("path-mtu-blackhole", twin=True)
def test_large_ones_that_arrive_in_the_end_met_no_black_hole(told: Tell) -> None:
    lines = [*DOWNLOAD, *LARGE, "1800 S A 1 101 1400 id=1800", "1840 C A 101 1401"]

    assert "path-mtu-blackhole" not in told(lines).findings


@pytest.mark.finding("path-mtu-blackhole", twin=True)
def test_smaller_pieces_after_large_ones_had_passed_met_no_black_hole(told: Tell) -> None:
    before = ["55 S A 1 101 1400", "95 C A 101 1401"]
    late = [f"{ms} S A 1401 101 1400 id={ms}" for ms in (100, 350, 850)]
    lines = [*DOWNLOAD, *before, *late, "1850 S A 1401 101 1000 id=1850", "1890 C A 101 2401"]

    assert "path-mtu-blackhole" not in told(lines).findings


#: A request in two segments, both ends with SACK; the small half is reported, the large one never.
HALVES = [
    "0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1", "41 C A 1 1 1448 id=3", "41.1 C PA 1449 1 452 id=4",
    "81 S A 1 1 sack=1449:1901",
]  # fmt: skip
TRIED = [f"{ms} C A 1 1 1448 id={5 + n}" for n, ms in enumerate((281, 681, 1481, 3081))]
CLOSED = ["9000 S FA 1 1 sack=1449:1901"]


@pytest.mark.finding("path-mtu-blackhole")
def test_small_half_that_is_reported_at_once_shows_that_size_is_the_reason(told: Tell) -> None:
    finding = told([*HALVES, *TRIED, *CLOSED]).findings["path-mtu-blackhole"]

    assert (finding.facts["shape"], finding.confidence) == ("sacked", Confidence.LIKELY)
    assert (finding.facts["large_bytes"], finding.facts["small_bytes"], finding.facts["missing"]) == (1448, 452, 5)
    assert (finding.facts["small_frame"], finding.facts["sack_frame"]) == (5, 6)


def flights(first: int, large: bool) -> list[str]:
    """Three flights of two large segments and a small one; from ``first`` on ``large`` ones arrive or not.

    The newest block of a SACK comes first (RFC 2018, 4).
    """
    lines = ["0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1"]
    for n in range(3):
        at, seq = 50 + 50 * n, 1 + 3100 * n
        lines += [f"{at} C A {seq} 1 1448", f"{at} C A {seq + 1448} 1 1448", f"{at} C PA {seq + 2896} 1 204"]
        if n < first or large:
            lines.append(f"{at + 40} S A 1 {seq + 3100}")
        else:
            blocks = "+".join(f"{1 + 3100 * k + 2896}:{1 + 3100 * k + 3100}" for k in range(n, first - 1, -1))
            lines.append(f"{at + 40} S A 1 {1 + 3100 * first} sack={blocks}")
    return lines


def tries(seq: int) -> list[str]:
    return [f"{ms} C A {seq} 1 1448 id={100 + n}" for n, ms in enumerate((500, 900, 1700, 3300))]


@pytest.mark.finding("path-mtu-blackhole")
def test_path_that_gets_narrower_amid_a_transfer_is_a_black_hole_from_there_on(told: Tell) -> None:
    end = ["9000 S FA 1 3101 sack=5997:6201"]
    finding = told([*flights(1, large=False), *tries(3101), *end]).findings["path-mtu-blackhole"]

    assert (finding.facts["shape"], finding.facts["small_bytes"]) == ("sacked", 204)
    assert finding.facts["original_frame"] == 8  # the first large one of the second flight


@pytest.mark.finding("path-mtu-blackhole", twin=True)
@pytest.mark.parametrize(
    "lines",
    [
        # A large one arrives behind the hole: it was lost by chance.
        [*HALVES, "90 C A 1901 1 1448", "130 S A 1 1 sack=1449:3349", *TRIED, *CLOSED],
        # A small one behind it does not arrive: nothing did for a while.
        [*HALVES, "90 C A 1901 1 100", *TRIED, *CLOSED],
        # What comes again is no larger than what every path carries.
        [
            line.replace(" 1448", " 500").replace("1449", "501").replace("1901", "953")
            for line in [*HALVES, *TRIED, *CLOSED]
        ],
        # It was acknowledged in the end.
        [*HALVES, *TRIED, "3121 S A 1 1901"],
    ],
    ids=["large arrives", "small missing", "small", "acknowledged"],
)
def test_what_size_does_not_tell_apart_met_no_black_hole(told: Tell, lines: list[str]) -> None:
    assert "path-mtu-blackhole" not in told(lines).findings


#: Requests of two large segments and a small one into an outage; the server, which has SACK, speaks after it.
OUTAGE = [
    "0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1", "50 C A 1 1 1448", "50.1 C A 1449 1 1448",
    "50.2 C PA 2897 1 104", "150 C PA 2897 1 104 id=4",
    *(f"{ms} C A 1 1 1448 id={5 + n}" for n, ms in enumerate((400, 800, 1600, 3200))), "6000 S PA 1 1 400",
]  # fmt: skip


@pytest.mark.finding("path-mtu-blackhole")
def test_large_ones_whose_small_neighbours_nobody_can_report_may_have_met_one(told: Tell) -> None:
    without = told([line.replace(" sackok=1", "") for line in OUTAGE]).findings["path-mtu-blackhole"]

    assert (without.facts["shape"], without.confidence) == ("unhealed", Confidence.POSSIBLE)


@pytest.mark.finding("path-mtu-blackhole", twin=True)
def test_outage_in_which_small_segments_vanish_too_is_no_black_hole(told: Tell) -> None:
    assert "path-mtu-blackhole" not in told(OUTAGE).findings


#: A server's answer of full size that never arrives, whatever the timer does.
HOLE = [f"{ms} S A 1 101 1400 id={12 + 2 * n}" for n, ms in enumerate((60, 300, 900, 2100, 4500))]
FAR_END = "20000 C S 0 0 port=50000"


@pytest.mark.finding("path-mtu-blackhole", "retransmission-timeout")
@pytest.mark.finding("path-lost", twin=True)
def test_large_ones_that_vanish_while_the_peer_is_heard_may_have_met_a_black_hole(told: Tell) -> None:
    closing = ["3000 C FA 101 1", "3000.1 S A 1401 102 id=19", HOLE[4].replace(" 101 1400", " 102 1400")]
    found = told([*DOWNLOAD, *HOLE[:4], *closing, FAR_END]).findings
    finding = found["path-mtu-blackhole"]

    assert (finding.facts["shape"], finding.facts["large_bytes"], finding.facts["passed_bytes"]) == (
        "unhealed",
        1400,
        0,
    )
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.POSSIBLE)
    assert found["retransmission-timeout"].severity is Severity.NOTE
    assert "path-mtu" in found["retransmission-timeout"].alternatives
    assert "path-lost" not in found


@pytest.mark.finding("path-lost", "retransmission-timeout")
@pytest.mark.finding("path-mtu-blackhole", twin=True)
@pytest.mark.parametrize(("size", "named"), [(1400, True), (500, False)])
def test_large_ones_into_silence_may_have_met_one_or_a_lost_path(told: Tell, size: int, named: bool) -> None:
    found = told([*DOWNLOAD, *(line.replace("1400", str(size)) for line in HOLE), FAR_END]).findings

    assert "path-mtu-blackhole" not in found
    assert [
        "path-mtu" in found[name].alternatives for name in ("path-lost", "retransmission-timeout")
    ] == [named, named]  # fmt: skip
    assert found["path-lost"].confidence is (Confidence.POSSIBLE if named else Confidence.LIKELY)


@pytest.mark.finding("path-mtu-blackhole", twin=True)
@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["55 S A 1 101 1400", "57 C A 101 1401"], id="as large was acknowledged"),
        pytest.param(["61 S A 2801 101 1400", "101 C A 101 1 sack=2801:4201"], id="as large was reported by SACK"),
        pytest.param(
            ["301 C A 101 1", "901 C A 101 1", "2101 C A 101 1", "4501 C A 101 1"], id="the tries arrive"
        ),
        pytest.param(
            ["3000 C FA 101 1", "3000.1 S A 1401 102 id=19", "3400 C FA 101 1", "4200 C FA 101 1"], id="small ACKs, too"
        ),
    ],
)  # fmt: skip
def test_what_vanishes_for_another_reason_than_its_size(told: Tell, lines: list[str]) -> None:
    hole = [line.replace(" 1 101 1400", " 1401 101 1400") for line in HOLE] if "1401" in lines[-1] else HOLE
    if " FA " in lines[0]:
        hole = [*HOLE[:4], HOLE[4].replace(" 101 1400", " 102 1400")]
    both = sorted([*DOWNLOAD, *lines, *hole, "3100 C A 101 1", FAR_END], key=lambda line: float(line.split()[0]))

    assert "path-mtu-blackhole" not in told(both).findings


@pytest.mark.finding("path-mtu-blackhole", twin=True)
def test_large_ones_that_come_to_the_receiver_met_no_black_hole(told: Tell) -> None:
    here = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "41 C PA 1 1 100", "81 S A 1 101"]
    lines = [*here, *(line.replace("60 S", "90 S", 1) for line in HOLE[:4]), "3000 C FA 101 1", HOLE[4], FAR_END]

    assert "path-mtu-blackhole" not in told(lines).findings


CROSSED = [*TALK, "3000 C PA 101 201 100 ts=3000,5060 id=3000", "3010 S PA 201 101 20 ts=7970,100 id=903"]


@pytest.mark.finding("path-lost")
def test_tries_are_counted_from_the_first_after_the_last_packet_of_the_peer(told: Tell) -> None:
    tries = [f"{ms} C PA 101 221 100 ts={ms},7970 id={ms % 60_000}" for ms in (3300, 3900, 5100, 7500)]
    finding = told([*CROSSED, *tries, *LATER]).findings["path-lost"]

    assert (finding.facts["count"], finding.facts["first_frame"]) == (3, 10)


@pytest.mark.finding("path-lost", twin=True)
def test_first_copy_before_the_last_packet_of_the_peer_is_no_start_of_silence(told: Tell) -> None:
    tries = [f"{ms} C PA 101 221 100 ts={ms},7970 id={ms % 60_000}" for ms in (3300, 3900, 5100)]

    assert "path-lost" not in told([*CROSSED, *tries, *LATER]).findings


@pytest.mark.finding("path-mtu-blackhole", "fast-retransmission")
def test_a_fast_resend_of_what_is_too_large_is_a_symptom(told: Tell) -> None:
    """As soon as the small rest was reported by SACK the large half came again, as RACK has it."""
    found = told([*HALVES, "90 C A 1 1 1448 id=5", *TRIED, *CLOSED]).findings

    assert found["path-mtu-blackhole"].severity > Severity.NOTE
    assert found["fast-retransmission"].severity is Severity.NOTE


@pytest.mark.finding("fast-retransmission")
@pytest.mark.finding("path-mtu-blackhole", twin=True)
def test_a_fast_resend_that_arrives_is_a_loss_of_its_own(told: Tell) -> None:
    found = told([*HALVES, "90 C A 1 1 1448 id=5", "130 S A 1 1901", "140 C FA 1901 1", "180 S FA 1 1902"]).findings

    assert "path-mtu-blackhole" not in found
    assert found["fast-retransmission"].facts["repair"] != "never"
