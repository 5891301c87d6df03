"""Half-closed and forgotten connections, resets over unread data, resets from elsewhere: each with its near-twin."""

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


OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
TALK = [*OPEN, "50 C PA 1 1 100", "90 S A 1 101", "100 S PA 1 101 200", "100.1 C A 101 201"]
CLOSED = [*TALK, "200 C FA 101 201", "240 S A 201 102"]


# -- half-close -------------------------------------------------------------------------


@pytest.mark.finding("half-close")
def test_new_data_after_the_fin_that_is_acknowledged_is_a_half_close(told: Tell) -> None:
    lines = [*CLOSED, "500 S PA 201 102 300", "500.1 C A 102 501", "600 S FA 501 102", "600.1 C A 102 502"]
    finding = told(lines).findings["half-close"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.CERTAIN)
    assert finding.facts["late_bytes"] == 300
    assert finding.packets == (8, 9, 10, 11)


@pytest.mark.finding("data-after-close")
@pytest.mark.finding("half-close", twin=True)
def test_new_data_after_the_fin_that_is_reset_is_none(told: Tell) -> None:
    found = told([*CLOSED, "500 S PA 201 102 300", "540 C R 102 0 win=0"]).findings

    assert "half-close" not in found
    assert "data-after-close" in found


@pytest.mark.finding("half-close", twin=True)
def test_slow_close_without_data_is_no_half_close(told: Tell) -> None:
    assert "half-close" not in told([*CLOSED, "3000 S FA 201 102", "3000.1 C A 102 202"]).findings


@pytest.mark.finding("half-close", twin=True)
def test_data_that_crossed_the_fin_is_no_half_close(told: Tell) -> None:
    lines = [*TALK, "200 C FA 101 201", "201 S PA 201 101 300", "201.1 C A 102 501", "240 S FA 501 102"]

    assert "half-close" not in told([*lines, "240.1 C A 102 502"]).findings


@pytest.mark.finding("half-close")
def test_last_words_of_few_bytes_are_told_as_such(told: Tell) -> None:
    lines = [*TALK, "200 S FA 201 101", "240 C A 101 202", "241 C PA 101 202 31", "281 S A 202 132"]

    assert told(lines).findings["half-close"].facts["shape"] == "farewell"


# -- CLOSE-WAIT -------------------------------------------------------------------------


@pytest.mark.finding("close-wait-leak")
def test_silence_of_five_seconds_after_the_fin_is_a_note(told: Tell) -> None:
    finding = told([*CLOSED, "6000 S FA 201 102", "6000.1 C A 102 202"]).findings["close-wait-leak"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.POSSIBLE)
    assert (finding.facts["shape"], finding.facts["silent_s"]) == ("closed-late", pytest.approx(5.76))


@pytest.mark.finding("close-wait-leak", twin=True)
@pytest.mark.parametrize(("acked", "leaks"), [(201, False), (501, True)])
def test_fin_that_waits_behind_data_under_way_is_no_leak(told: Tell, acked: int, leaks: bool) -> None:
    lines = [*TALK, "150 S PA 201 101 300", "200 C FA 101 201", "240 S A 501 102", "700 S PA 201 102 300"]
    found = told([*lines, f"800 C A 102 {acked}", "99000 C S 0 0 port=50000"]).findings

    assert ("close-wait-leak" in found) is leaks


@pytest.mark.finding("close-wait-leak", twin=True)
def test_long_answer_after_the_fin_is_no_leak(told: Tell) -> None:
    lines = [*CLOSED, "9000 S PA 201 102 300", "9000.1 C A 102 501", "9001 S FA 501 102"]

    assert "close-wait-leak" not in told(lines).findings


@pytest.mark.finding("close-wait-leak")
def test_closer_that_gives_up_with_a_reset_makes_it_likely(told: Tell) -> None:
    finding = told([*CLOSED, "9000 C RA 102 201"]).findings["close-wait-leak"]

    assert (finding.facts["shape"], finding.confidence) == ("gave-up", Confidence.LIKELY)


@pytest.mark.finding("close-wait-leak")
@pytest.mark.parametrize("later", [20_000, 75_000, 7_200_000])
@pytest.mark.parametrize("probes", [0, 2])
def test_reset_that_answers_a_keep_alive_gives_nothing_up(told: Tell, later: int, probes: int) -> None:
    before = [
        f"{6000 + 2000 * i + at} {line}"
        for i in range(probes)
        for at, line in ((0, "S A 200 102"), (0.1, "C A 102 201"))
    ]
    finding = told([*CLOSED, *before, f"{later} S A 200 102", f"{later + 0.1} C R 102 0"]).findings["close-wait-leak"]

    assert (finding.facts["shape"], finding.severity) == ("answered", Severity.NOTE)
    assert finding.confidence is (Confidence.LIKELY if later > 60_000 else Confidence.POSSIBLE)


@pytest.mark.finding("close-wait-leak")
def test_reset_without_anything_before_it_gives_up(told: Tell) -> None:
    assert told([*CLOSED, "9000 C R 102 0"]).findings["close-wait-leak"].facts["shape"] == "gave-up"


@pytest.mark.finding("close-wait-leak")
def test_three_forgotten_connections_to_one_server_are_a_warning(told: Tell) -> None:
    lines = [
        f"{float(line.split()[0]) + 10 * n} {line.split(' ', 1)[1]} port={41_000 + n}"
        for n in range(3)
        for line in CLOSED
    ]
    other = "99000 C S 0 0 port=50000"
    trace = told([*sorted(lines, key=lambda line: float(line.split()[0])), other])
    finding = next(finding for finding in trace.stream(0) if finding.id == "close-wait-leak")

    assert (finding.severity, finding.facts["fellows"]) == (Severity.WARNING, 2)


@pytest.mark.finding("close-wait-leak", twin=True)
@pytest.mark.parametrize("years_later", [0.1, 3])
def test_file_joined_with_one_of_years_later_watched_nobody_meanwhile(told: Tell, years_later: float) -> None:
    later_ms = years_later * 365 * 86_400_000

    assert "close-wait-leak" not in told([*CLOSED, f"{later_ms} C S 0 0 port=50000"]).findings


@pytest.mark.finding("close-wait-leak")
def test_capture_of_a_day_with_a_packet_now_and_then_watched_all_day(told: Tell) -> None:
    often = [f"{hour * 3_600_000} C S 0 0 port={50_000 + hour}" for hour in range(1, 24, 4)]

    assert told([*CLOSED, *often]).findings["close-wait-leak"].facts["silent_s"] > 20 * 3_600


@pytest.mark.finding("close-wait-leak")
def test_one_forgotten_connection_stays_a_note_however_long(told: Tell) -> None:
    finding = told([*CLOSED, "99000 C S 0 0 port=50000"]).findings["close-wait-leak"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.LIKELY)


@pytest.mark.finding("close-wait-leak", twin=True)
@pytest.mark.parametrize("after", [(), ("9000 S FA 201 101", "9000.1 C A 102 202")], ids=["", "sent again"])
def test_fin_that_had_crossed_the_first_one_is_no_leak(told: Tell, after: tuple[str, ...]) -> None:
    lines = [*TALK, "200 C FA 101 201", "201 S FA 201 101", "240 S A 202 102", *after, "99000 C S 0 0 port=50000"]

    assert "close-wait-leak" not in told(lines).findings


@pytest.mark.finding("close-wait-leak", twin=True)
def test_fin_that_crossed_with_the_last_data_is_no_leak(told: Tell) -> None:
    lines = [*TALK, "200 C FA 101 201", "201 S FPA 201 101 50", "201.1 C A 102 252", "240 S A 252 102"]

    assert "close-wait-leak" not in told([*lines, "99000 C S 0 0 port=50000"]).findings


@pytest.mark.finding("close-wait-leak", twin=True)
@pytest.mark.parametrize(
    "counted",
    ["240 S A 202 102", "240 S A 201 102\n260 C A 102 202"],
    ids=["by its sender", "by its receiver"],
)
def test_fin_that_was_lost_on_its_way_here_but_counts_is_no_leak(told: Tell, counted: str) -> None:
    lines = [*TALK, "200 C FA 101 201", *counted.splitlines(), "99000 C S 0 0 port=50000"]

    assert "close-wait-leak" not in told(lines).findings


@pytest.mark.finding("close-wait-leak")
def test_old_data_sent_again_and_keep_alives_close_nothing(told: Tell) -> None:
    lines = [*CLOSED, "6000 S PA 101 102 100", "6000.1 C A 102 201", "12000 S A 200 102", "12000.1 C A 102 201"]
    finding = told([*lines, "20000 S FA 201 102", "20000.1 C A 102 202"]).findings["close-wait-leak"]

    assert (finding.facts["shape"], finding.facts["silent_s"]) == ("closed-late", pytest.approx(19.76))


@pytest.mark.finding("close-wait-leak")
def test_numbers_that_pass_their_end_change_nothing(told: Tell) -> None:
    wrap = 2**32 - 9_000 - 150
    lines = ["0 C S 0 0", f"40 S SA {wrap} 1", f"40.1 C A 1 {wrap + 1}", f"50 C PA 1 {wrap + 1} 100"]
    lines += [f"90 S PA {wrap + 1} 101 300", f"90.1 C A 101 {wrap + 301}", f"200 C FA 101 {wrap + 301}"]
    lines += [f"240 S A {wrap + 301} 102", "99000 C S 0 0 port=50000"]

    assert told(lines).findings["close-wait-leak"].facts["shape"] == "open"


# -- FIN-WAIT-2 -------------------------------------------------------------------------


@pytest.mark.finding("fin-wait-2-timeout", "data-after-close")
@pytest.mark.finding("fin-wait-2-timeout", "data-after-close", twin=True)
@pytest.mark.parametrize(("later", "expected"), [(61_000, "fin-wait-2-timeout"), (40_000, "data-after-close")])
def test_reset_to_late_data_is_an_expired_fin_wait_2_only_after_a_minute(told: Tell, later: int, expected: str) -> None:
    found = told([*CLOSED, f"{later} S PA 201 102 300", f"{later + 40} C R 102 0 win=0"]).findings

    assert {"fin-wait-2-timeout", "data-after-close"} & found.keys() == {expected}


@pytest.mark.finding("fin-wait-2-timeout")
def test_expired_fin_wait_2_is_possible_at_most(told: Tell) -> None:
    finding = told([*CLOSED, "61000 S PA 201 102 300", "61040 C R 102 0 win=0"]).findings["fin-wait-2-timeout"]

    assert finding.confidence is Confidence.POSSIBLE
    assert "early-close" in finding.alternatives


@pytest.mark.finding("close-wait-leak")
@pytest.mark.finding("close-wait-leak", twin=True)
@pytest.mark.parametrize(("number", "is_told"), [(2, True), (1_232, False)])
def test_fin_below_what_its_receiver_has_taken_is_no_close(told: Tell, number: int, *, is_told: bool) -> None:
    fins = [line for ms in (0, 1_200, 2_700) for line in (f"{ms} S FA 1 1", f"{ms + 40} C A 223 {number}")]

    assert ("close-wait-leak" in told([*fins, "30000 C S 0 0 port=51000"]).findings) == is_told


# -- unread data ------------------------------------------------------------------------


@pytest.mark.finding("rst-abortive-close", "rst-unread-data")
@pytest.mark.parametrize(
    ("room", "confidence"),
    [
        ("win=64900", Confidence.LIKELY),  # the bytes take room of the buffer
        ("", Confidence.POSSIBLE),  # all the room is given back: they may have been read
    ],
)
def test_request_acknowledged_and_never_answered_before_the_reset_was_unread(
    told: Tell, room: str, confidence: Confidence
) -> None:
    talk = [f"{line} win=65000" if " S " in line else line for line in TALK]
    answer = f"340 S A 201 201 {room or 'win=65000'}"
    found = told([*talk, "300 C PA 101 201 100", answer, "900 S RA 201 201 win=65000"]).findings

    assert (found["rst-unread-data"].facts["shape"], found["rst-unread-data"].confidence) == ("unanswered", confidence)
    assert found["rst-unread-data"].facts["unread_bytes"] == 100
    assert found["rst-abortive-close"].severity is Severity.NOTE


def _upload(windows: Sequence[int]) -> list[str]:
    """Segments of the client, and the window that the server, which says nothing, shows after each; then its RST."""
    lines = [*OPEN]
    for i, window in enumerate(windows):
        lines += [f"{50 + 20 * i} C A {1 + 1000 * i} 1 1000", f"{90 + 20 * i} S A 1 {1001 + 1000 * i} win={window}"]
    lines.append(f"900 S RA 1 {1 + 1000 * len(windows)} win={windows[0]}")
    return sorted(lines, key=lambda line: float(line.split()[0]))


@pytest.mark.finding("rst-unread-data")
def test_reset_by_a_server_that_was_never_heard_may_be_that_of_a_listener_which_closed(told: Tell) -> None:
    finding = told(_upload([9000, 8000, 7000, 6000, 5000])).findings["rst-unread-data"]

    assert (finding.facts["shape"], finding.confidence) == ("unaccepted", Confidence.POSSIBLE)
    assert (finding.facts["unread_bytes"], finding.alternatives[0]) == (5000, "listener-closed")


@pytest.mark.finding("rst-unread-data")
def test_window_that_opened_again_shows_a_program_that_read_and_stopped(told: Tell) -> None:
    finding = told(_upload([9000, 6000, 3000, 2000, 9000, 8000, 7000, 6000, 5000])).findings["rst-unread-data"]

    assert (finding.facts["shape"], finding.confidence) == ("kept", Confidence.LIKELY)
    assert "listener-closed" not in finding.alternatives


@pytest.mark.finding("rst-unread-data")
@pytest.mark.finding("rst-unread-data", twin=True)
@pytest.mark.parametrize(("segments", "is_told"), [(5, True), (20, False)])
def test_window_that_stayed_open_for_more_than_a_buffer_was_read_from(told: Tell, segments: int, is_told: bool) -> None:
    """As iperf3 ends an upload of which it has sent nothing back: no buffer grows so far while nobody reads it."""
    sent = [f"{60 + 10 * n} C A {1 + 20_000 * n} 1 20000" for n in range(segments)]
    heard = [f"{101 + 10 * n} S A 1 {20_001 + 20_000 * n} win=60000" for n in range(segments)]
    lines = sorted([*sent, *heard], key=lambda line: float(line.split()[0]))
    found = told([*OPEN, "41 S A 1 1 win=60000", *lines, f"900 S RA 1 {1 + 20_000 * segments} win=60000"]).findings

    assert ("rst-unread-data" in found) is is_told
    assert "rst-abortive-close" in found


@pytest.mark.finding("rst-unread-data", twin=True)
def test_first_bytes_that_crossed_with_the_reset_were_not_there_to_be_read(told: Tell) -> None:
    assert "rst-unread-data" not in told([*OPEN, "60 S A 1 1", "90 C PA 1 1 1000", "91 S RA 1 1"]).findings


@pytest.mark.finding("rst-unread-data", twin=True)
def test_reset_after_the_answer_has_nothing_unread(told: Tell) -> None:
    assert "rst-unread-data" not in told([*TALK, "900 S RA 201 101"]).findings


@pytest.mark.finding("rst-unread-data", twin=True)
def test_reset_from_another_distance_says_nothing_of_the_server(told: Tell) -> None:
    lines = [*TALK, "300 C PA 101 201 100", "340 S A 201 201", "900 S RA 201 201 ttl=60"]

    assert "rst-unread-data" not in told(lines).findings


@pytest.mark.finding("rst-unread-data")
def test_reset_amid_an_upload_left_the_rest_unread(told: Tell) -> None:
    upload = [f"{110 + 20 * i} C PA {101 + 1000 * i} 201 1000" for i in range(4)]
    answers = ["130 S A 201 1101", "150 S PA 201 1101 50", "151 S RA 251 1101"]
    lines = sorted([*TALK, *upload, *answers], key=lambda line: float(line.split()[0]))
    finding = told(lines).findings["rst-unread-data"]

    assert finding.facts["shape"] == "crossed"
    assert finding.facts["unread_bytes"] == 3000


def _answer_in_two_flights(windows: Sequence[int]) -> list[str]:
    """Six segments, three in each of two round trips, and the window that the client shows after each."""
    lines = [*OPEN, f"50 C PA 1 1 100 win={windows[0]}", "90 S A 1 101"]
    for i, window in enumerate(windows):
        ms = 100 + 40 * (i // 3) + i / 10
        lines += [f"{ms} S A {1 + 1000 * i} 101 1000", f"{ms + 0.01} C A 101 {1001 + 1000 * i} win={window}"]
    return [*lines, "900 C RA 101 6001 win=19000"]


@pytest.mark.finding("rst-unread-data")
def test_client_that_reads_nothing_of_the_answer_leaves_its_window_shrunk(told: Tell) -> None:
    found = told(_answer_in_two_flights([19_000, 18_000, 17_000, 16_000, 15_000, 14_000])).findings

    assert (found["rst-unread-data"].facts["shape"], found["rst-unread-data"].severity) == ("kept", Severity.NOTE)


@pytest.mark.finding("rst-unread-data", twin=True)
def test_client_that_reads_between_the_flights_left_nothing(told: Tell) -> None:
    assert "rst-unread-data" not in told(_answer_in_two_flights([19_000, 18_000, 17_000] * 2)).findings


# -- resets from elsewhere ----------------------------------------------------------------


@pytest.mark.finding("rst-injected")
def test_reset_from_another_distance_and_too_soon_is_injected(told: Tell) -> None:
    lines = [*OPEN[:1], OPEN[1] + " ttl=58", OPEN[2], "50 C PA 1 1 100", "55 S R 1 0 win=0 ttl=61"]
    finding = told(lines).findings["rst-injected"]

    assert (finding.facts["shape"], finding.confidence) == ("early", Confidence.LIKELY)


@pytest.mark.finding("rst-injected", twin=True)
def test_reset_from_another_distance_in_good_time_may_come_by_another_way(told: Tell) -> None:
    lines = [*OPEN[:1], OPEN[1] + " ttl=58", OPEN[2], "50 C PA 1 1 100", "90 S R 1 0 win=0 ttl=61"]

    assert "rst-injected" not in told(lines).findings


@pytest.mark.finding("rst-injected")
@pytest.mark.finding("probe-connection", twin=True)
def test_reset_that_answers_nothing_is_injected(told: Tell) -> None:
    lines = ["0 C S 0 0 ttl=58", "0.1 S SA 0 1", "40 C A 1 1 ttl=58", "41 C R 1 0 win=0 ttl=61"]
    found = told(lines).findings

    assert found["rst-injected"].facts["shape"] == "unasked"
    assert "probe-connection" not in found


@pytest.mark.finding("probe-connection")
def test_health_check_from_the_same_distance_is_a_probe(told: Tell) -> None:
    lines = ["0 C S 0 0 ttl=58", "0.1 S SA 0 1", "40 C A 1 1 ttl=58", "41 C R 1 0 win=0 ttl=58"]

    assert "probe-connection" in told(lines).findings
