"""Captures that lack packets or bytes: what they leave open, each with its near-twin that has them."""

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


#: Captured at the client.
TALK = [
    "0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "50 C PA 1 1 100", "90 S A 1 101", "100 S PA 1 101 200",
    "100.1 C A 101 201",
]  # fmt: skip
#: Captured at the server.
AT_SERVER = [
    "0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1", "50 C PA 1 1 100", "50.1 S A 1 101", "60 S PA 1 101 200",
    "100 C A 101 201",
]  # fmt: skip


def by_id(told: Told, stream: int) -> dict[str, Finding]:
    return {finding.id.value: finding for finding in told.stream(stream)}


# -- the opening ----------------------------------------------------------------------------

REPEATED = ["0.1 S SA 0 1", "1000.1 S SA 0 1", "1080 C A 1 1", "1081 C PA 1 1 100", "1081.1 S A 1 101"]


@pytest.mark.finding("third-ack-lost")
def test_third_packet_that_never_came_needs_one_syn(told: Tell) -> None:
    assert "third-ack-lost" in told(["0 C S 0 0", *REPEATED]).findings


@pytest.mark.finding("third-ack-lost", twin=True)
@pytest.mark.parametrize("syns", [[], ["0 C S 0 0", "0.05 C S 0 0", "100 C S 0 0"]])
def test_third_packet_is_not_called_lost_where_the_syn_is_not_here_or_came_again(syns: list[str], told: Tell) -> None:
    lines = sorted([*syns, *REPEATED], key=lambda line: float(line.split()[0]))

    assert "third-ack-lost" not in told(lines).findings


@pytest.mark.finding("third-ack-lost", twin=True)
def test_server_that_goes_on_before_the_ack_it_took_shows_a_hole_in_the_capture(told: Tell) -> None:
    lines = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "1040 S SA 0 1", "1120 S A 401 201", "1120.1 C FA 201 401"]

    assert "third-ack-lost" not in told(lines).findings


@pytest.mark.finding("syn-timeout")
@pytest.mark.parametrize("begun_before", [True, False])
def test_host_that_speaks_in_an_older_connection_is_not_down(begun_before: bool, told: Tell) -> None:
    beside = ["1500 C PA 1 1 50 port=41000", "1540 S PA 1 51 50 port=41000", "1540.1 C A 51 51 port=41000"]
    lines = ["1000 C S 0 0", *(beside if begun_before else []), "2000 C S 0 0", "9000 C S 0 0 port=42000"]

    alternatives = told(lines).findings["syn-timeout"].alternatives

    assert ("host-down" in alternatives) is not begun_before


# -- resets ---------------------------------------------------------------------------------


@pytest.mark.finding("rst-dead-connection")
@pytest.mark.parametrize("opening", [TALK, AT_SERVER])
def test_alternatives_beside_missed_packets_are_those_of_the_capture_point(opening: list[str], told: Tell) -> None:
    lines = [*opening, "150 C PA 101 701 40", "150.1 S R 701 0 win=0"]
    finding = told(lines).findings["rst-dead-connection"]

    assert finding.alternatives[0] == "missed-packets"
    assert ({"rst-injected", "own-reset-lost"} <= set(finding.alternatives)) is (opening is TALK)


@pytest.mark.finding("rst-dead-connection")
@pytest.mark.parametrize(("answer", "shape"), [([], "idle"), (["5040 S A 201 141"], "mid-flow")])
def test_end_that_acknowledged_after_the_silence_had_the_connection_then(
    answer: list[str], shape: str, told: Tell
) -> None:
    lines = [*TALK, "5000 C PA 101 201 40", *answer, "5041 S R 201 0 win=0"]
    finding = told(lines).findings["rst-dead-connection"]

    assert finding.facts["shape"] == shape
    assert (float(str(finding.facts["idle_s"])) > 1) is (shape == "idle")


@pytest.mark.finding("rst-injected")
@pytest.mark.parametrize(("number", "sure"), [(101, Confidence.LIKELY), (90_000, Confidence.POSSIBLE)])
def test_numbers_behind_a_hole_may_be_those_of_the_next_connection(number: int, sure: Confidence, told: Tell) -> None:
    lines = [*TALK, "150 C R 101 0 win=0", f"900 C PA {number} 201 300", f"940 S A 201 {number + 300}"]
    finding = told(lines).findings["rst-injected"]

    assert finding.confidence is sure
    assert ("missed-packets" in finding.alternatives) is (sure is Confidence.POSSIBLE)


@pytest.mark.finding("rst-injected")
@pytest.mark.finding("rst-injected", twin=True)
@pytest.mark.parametrize(
    ("rst_ms", "ack_ms", "trip_ms", "is_told"),
    [(51, 90, 40, True), (89, 90, 40, False), (51, 52, 40, False), (51, 90, 4, False), (51, None, 40, False)],
    ids=["too soon", "in time", "changed places", "near", "nothing more"],
)
def test_reset_that_comes_before_its_sender_can_have_known_is_not_its_own(
    told: Tell, rst_ms: float, ack_ms: float | None, trip_ms: float, is_told: bool
) -> None:
    """Its TTL is that of its alleged sender, who acknowledges the same bytes when a round trip has passed."""
    opened = ["0 C S 0 0", f"{trip_ms} S SA 0 1", f"{trip_ms + 0.1} C A 1 1", "50 C PA 1 1 100"]
    lines = [*opened, f"{rst_ms} S RA 1 101 win=0", *([] if ack_ms is None else [f"{ack_ms} S A 1 101"])]
    finding = told(lines).findings.get("rst-injected")

    assert (finding is not None) is is_told
    assert finding is None or (finding.facts["shape"], finding.confidence) == ("answered", Confidence.LIKELY)


# -- silences -------------------------------------------------------------------------------


@pytest.mark.finding("path-lost")
@pytest.mark.parametrize(("times", "lost"), [((300, 700, 1500, 3100), True), ((300, 700, 2300, 3100), False)])
def test_path_is_lost_only_where_each_repeat_waits_longer(times: tuple[int, ...], lost: bool, told: Tell) -> None:
    tries = [f"{ms} C PA 101 201 100" for ms in (100.2, *times)]
    found = told([*TALK, *tries, "9000 C S 0 0 port=50000"]).findings

    assert ("path-lost" in found) is lost
    assert "retransmission-timeout" in found


@pytest.mark.finding("zero-window")
def test_closed_window_ends_with_the_reset_of_its_end(told: Tell) -> None:
    lines = [*TALK, "110 S A 201 101 win=0", "1110 S RA 201 101 win=0", "4110 C A 101 201"]
    finding = told(lines).findings["zero-window"]

    assert (finding.facts["shape"], finding.facts["closed_s"]) == ("still-closed", pytest.approx(1.0))


@pytest.mark.finding("tail-loss")
@pytest.mark.parametrize(
    ("answers", "sure"),
    [
        (["475 S A 201 201"], Confidence.LIKELY),
        (["475 S A 201 201", "475.1 S A 201 201"], Confidence.POSSIBLE),  # both copies arrived
        (["445 S A 201 201"], Confidence.POSSIBLE),  # sooner than the way there and back
        ([], Confidence.POSSIBLE),  # none so far
    ],
)
def test_first_copy_is_likely_lost_only_where_one_ack_answers_the_second(
    answers: list[str], sure: Confidence, told: Tell
) -> None:
    opening = ["0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", *TALK[2:]]
    lines = [*opening, "200 C PA 101 201 100", "430 C PA 101 201 100", *answers]

    assert told(lines).findings["tail-loss"].confidence is sure


@pytest.mark.finding("retransmission-timeout")
@pytest.mark.parametrize("opening", [TALK, TALK[3:]])
def test_time_out_is_only_possible_where_the_capture_point_is_not_known(opening: list[str], told: Tell) -> None:
    lost = ["200 C PA 101 201 100", "200.1 C PA 201 201 100", "600 C PA 101 201 100", "640 S A 201 301"]
    finding = told([*opening, *lost]).findings["retransmission-timeout"]

    assert (finding.confidence is Confidence.POSSIBLE) is (opening is not TALK)


# -- cut headers ----------------------------------------------------------------------------

STAMPED = [
    "0 C S 0 0 ts=0,0", "40 S SA 0 1 ts=5000,0", "40.1 C A 1 1 ts=40,5000", "50 C PA 1 1 100 ts=50,5000 id=1",
    "90 S A 1 101 ts=5050,50 id=901", "100 C PA 101 1 100 ts=100,5050 id=2",
    *(f"{ms} C PA 101 1 100 ts={ms},5050 id={ms % 5_000}" for ms in (400, 800, 1600, 3200)),
    "9000 C S 0 0 port=50000",
]  # fmt: skip


@pytest.mark.finding("path-lost")
@pytest.mark.parametrize("kept", ["", " keep=46"])
def test_lost_path_is_told_where_headers_are_cut(kept: str, told: Tell) -> None:
    finding = told([line + kept for line in STAMPED]).findings["path-lost"]

    assert (finding.severity, finding.facts["count"]) == (Severity.ERROR, 4)


def _recovered(cut: str) -> list[str]:
    """Segments sent again once a SACK asked for them, of which ``cut`` leaves more or less."""
    lines = ["0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1"]
    for turn in range(6):
        at, first = 100 * (turn + 1), 1 + 300 * turn
        lines += [f"{at + n / 10} C PA {first + 100 * n} 1 100" for n in range(3)]
        lines += [
            f"{at + 40} S A 1 {first} sack={first + 100}:{first + 300}{cut}",
            f"{at + 40.1} C PA {first} 1 100",
            f"{at + 80} S A 1 {first + 300}",
        ]
    return lines


@pytest.mark.finding("retransmission-unexplained")
def test_sack_that_was_cut_off_may_explain_the_resends(told: Tell) -> None:
    later = ["60000 C PA 1801 1 10", "60040 S A 1 1811"]
    finding = told([*_recovered(" keep=44"), *later]).findings["retransmission-unexplained"]

    assert (finding.severity, finding.alternatives[0]) == (Severity.NOTE, "options-cut")


@pytest.mark.finding("fast-retransmission")
@pytest.mark.finding("retransmission-unexplained", twin=True)
def test_sack_that_is_here_explains_them(told: Tell) -> None:
    found = told(_recovered("")).findings

    assert "fast-retransmission" in found
    assert "retransmission-unexplained" not in found


ASKED = ["50 C PA 1 1 text=GET_/_HTTP/1.1~Host:_a~~", "90 S A 1 28"]
ANSWER = "text=HTTP/1.1_200_OK~Content-Length:_2~~ok"


@pytest.mark.finding("server-think-time")
@pytest.mark.parametrize("kept", ["", " keep=60"])
def test_late_answer_of_which_the_header_was_cut_may_be_one_of_events(kept: str, told: Tell) -> None:
    lines = [*TALK[:3], *ASKED, f"3090 S PA 1 28 {ANSWER}{kept}", "3090.1 C A 28 41"]
    finding = told(lines).findings["server-think-time"]

    assert (finding.severity is Severity.WARNING, finding.facts["shape"]) == ((False, "") if kept else (True, "http"))


# -- filtered -------------------------------------------------------------------------------

WITHOUT_BARE = ["0 C S 0 0", "1000 C S 0 0", "1040 S SA 0 1", "1050 C PA 1 1 100", "1095 S PA 1 101 200",
                "1200 C FA 101 201", "1240 S FA 201 102"]  # fmt: skip


@pytest.mark.finding("syn-retransmission")
def test_syn_that_came_again_is_told_where_a_filter_left_bare_acks_out(told: Tell) -> None:
    finding = told(WITHOUT_BARE).findings["syn-retransmission"]

    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    assert finding.alternatives[0] == "kind-filter"


RESENT = ["0 C S 0 0", "40 S SA 0 1", "50 C PA 1 1 100", "450 C PA 1 1 100"]


@pytest.mark.finding("tail-loss")
@pytest.mark.finding("retransmission-timeout")
@pytest.mark.parametrize(("answered_ms", "costly"), [(500, True), (5_000, False)])
def test_costly_recovery_is_what_was_waited_before_the_resend_where_bare_acks_are_missing(
    answered_ms: int, costly: bool, told: Tell
) -> None:
    close = [f"{answered_ms} S PA 1 101 200", f"{answered_ms + 50} C FA 101 201", f"{answered_ms + 90} S FA 201 102"]
    found = told([*RESENT, *close]).findings
    losses = [found[name] for name in ("tail-loss", "retransmission-timeout") if name in found]

    assert [finding.confidence for finding in losses] == [Confidence.POSSIBLE]
    assert (losses[0].severity is Severity.WARNING) is costly


@pytest.mark.finding("retransmission-timeout")
def test_first_copy_that_was_not_captured_makes_the_second_the_first(told: Tell) -> None:
    tries = [f"{ms} S PA 201 201 100" for ms in (900, 1700, 3300)]
    lines = [*AT_SERVER, "200 C PA 101 201 100", "210 S PA 301 201 100", *tries, "3400 C R 201 0 win=0"]
    whole = [*lines[:-4], "209 S PA 201 201 100", *lines[-4:]]
    whole.sort(key=lambda line: float(line.split()[0]))
    finding, entire = (told(each).findings["retransmission-timeout"] for each in (lines, whole))

    assert (finding.facts["tries"], entire.facts["tries"]) == (2, 3)


@pytest.mark.finding("fast-retransmission")
@pytest.mark.finding("capture-missed-packets")
def test_what_rests_on_absence_names_the_gaps_of_the_capture(told: Tell) -> None:
    lines = _recovered("")
    finding = told([*lines[:-1], "700 C PA 2801 1 100", "740 S A 1 2901"]).findings["fast-retransmission"]

    assert (finding.confidence, finding.alternatives) == (Confidence.POSSIBLE, ("capture-gaps", "reordering"))


@pytest.mark.finding("retransmission-timeout")
def test_wait_for_a_fin_is_no_wait_of_the_data(told: Tell) -> None:
    data = ["200 C PA 101 201 100", "200.1 C PA 201 201 100", "500 C PA 101 201 100", "540 S A 201 301"]
    close = ["600 C FA 301 201", "1200 C FA 301 201", "1240 S FA 201 302", "1240.1 C A 302 202"]
    facts = told([*TALK, *data, *close]).findings["retransmission-timeout"].facts

    assert (facts["count"], facts["waited_s"], facts["total_s"]) == (1, pytest.approx(0.3), pytest.approx(0.3))


@pytest.mark.finding("syn-timeout")
def test_host_that_speaks_in_a_connection_begun_by_a_later_clock_is_not_down(told: Tell) -> None:
    opened = ["90000 C S 0 0 port=41000", "90040 S SA 0 1 port=41000", "90040.1 C A 1 1 port=41000"]
    spoken = ["1500 C PA 1 1 50 port=41000", "1540 S PA 1 51 50 port=41000"]
    lines = [*opened, "1000 C S 0 0", *spoken, "2000 C S 0 0", "9000 C S 0 0 port=42000"]

    assert "host-down" not in by_id(told(lines), 1)["syn-timeout"].alternatives
