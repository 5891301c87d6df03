"""Who waited for whom: each rule about speed with its packets, and what only looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from captures import ACK, PSH, Tape

from tcptui.findings.weight import seconds_lost
from tcptui.model.finding import Confidence, Finding, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class Told(Protocol):
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
SPEED = {
    "server-think-time", "client-think-time", "slow-receiver", "receive-window-limited", "window-shrunk",
    "sender-application-limited", "send-buffer-limited", "nagle-delayed-ack", "path-limited", "queueing-delay",
}  # fmt: skip


def spoken(told: Told) -> set[str]:
    """Ids about speed."""
    return SPEED & told.findings.keys()


# -- thinking --------------------------------------------------------------------------


@pytest.mark.finding("server-think-time")
def test_late_answer_is_the_servers_and_a_note_while_the_protocol_is_not_known(told: Tell) -> None:
    lines = [*OPEN, "41 C PA 1 1 100", "81 S A 1 101", "2081 S PA 1 101 200", "2081.1 C A 101 201"]
    finding = told(lines).findings["server-think-time"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.POSSIBLE)
    assert finding.facts["wait_s"] == pytest.approx(2.0)
    assert finding.facts["network_s"] == pytest.approx(0.04)
    assert finding.packets == (4, 5, 6)


def test_answer_that_takes_the_way_alone_is_nobodys_thinking(told: Tell) -> None:
    assert not spoken(told([*OPEN, "41 C PA 1 1 100", "81 S PA 1 101 200", "300 C FA 101 201"]))


@pytest.mark.finding("server-think-time")
@pytest.mark.finding("server-think-time", twin=True)
def test_late_answer_on_a_far_path_must_be_later_than_five_round_trips(told: Tell) -> None:
    far = ["0 C S 0 0", "400 S SA 0 1", "400.1 C A 1 1", "401 C PA 1 1 100"]

    assert "server-think-time" not in told([*far, "2000 S PA 1 101 200"]).findings
    assert "server-think-time" in told([*far, "3000 S PA 1 101 200"]).findings


@pytest.mark.finding("server-think-time", twin=True)
def test_request_that_was_lost_once_is_not_the_servers_thinking(told: Tell) -> None:
    lines = [*OPEN, "41 C PA 1 1 100 id=1", "341 C PA 1 1 100 id=2", "381 S PA 1 101 200", "381.1 C A 101 201"]

    assert "server-think-time" not in told(lines).findings


@pytest.mark.finding("server-think-time", twin=True)
def test_message_of_the_servers_own_accord_after_a_greeting_is_no_answer(told: Tell) -> None:
    assert "server-think-time" not in told([*OPEN, "1041 S PA 1 1 80", "1041.1 C A 1 81"]).findings


def stamped_turns(
    gap_ms: float, own_ms: float, late: str = "S", tick_ms: float = 1.0, first: int = 1000, *, ack_too: bool = False
) -> list[str]:
    """Seven turns with timestamps; before what ``late`` sends in the sixth the capture's clock runs for ``gap_ms``.

    By the stamps it is ``own_ms``.  ``ack_too``: the server's acknowledgment of the request is captured as late.
    """
    lines: list[str] = []
    now, shift, asked, answered = 0.0, 0.0, 1, 1

    def add(after_ms: float, segment: str, jump_ms: float = 0.0) -> None:
        nonlocal now, shift
        now, shift = now + after_ms, shift + jump_ms
        lines.append(f"{now + shift:.3f} {segment} ts={(first + int(now / tick_ms)) % 2**32},1")

    add(0, "C S 0 0")
    add(40, "S SA 0 1")
    add(0.1, "C A 1 1")
    for turn in range(7):
        of_client, of_server = ((turn == 5) and late == side for side in "CS")
        jump = gap_ms - own_ms
        add(own_ms if of_client else 60, f"C PA {asked} {answered} 100", jump if of_client else 0)
        asked += 100
        if of_server:
            add(40, f"S A {answered} {asked}", jump if ack_too else 0)
        jump = jump if of_server and not ack_too else 0
        add(own_ms if of_server else 42, f"S PA {answered} {asked} 200", jump)
        answered += 200
        add(0.1, f"C A {asked} {answered}")
    return lines


@pytest.mark.finding("server-think-time", twin=True)
@pytest.mark.parametrize("tick_ms", [1.0, 4.0, 10.0])
@pytest.mark.parametrize("ack_too", [False, True])
@pytest.mark.parametrize("first", [1000, 2**32 - 300])
def test_answer_that_was_late_by_the_captures_clock_only_is_nobodys_thinking(
    told: Tell, tick_ms: float, ack_too: bool, first: int
) -> None:
    lines = stamped_turns(1020, 26, tick_ms=tick_ms, ack_too=ack_too, first=first)

    assert "server-think-time" not in told(lines).findings


@pytest.mark.finding("server-think-time")
@pytest.mark.parametrize("tick_ms", [1.0, 10.0])
def test_answer_that_was_late_by_its_senders_clock_too_is_its_thinking(told: Tell, tick_ms: float) -> None:
    finding = told(stamped_turns(1020, 1020, tick_ms=tick_ms)).findings["server-think-time"]

    assert finding.facts["wait_s"] == pytest.approx(1.02, abs=0.05)


@pytest.mark.finding("client-think-time", twin=True)
def test_request_that_was_late_by_the_captures_clock_only_is_no_pause(told: Tell) -> None:
    assert "client-think-time" not in told(stamped_turns(3200, 40, late="C")).findings


@pytest.mark.finding("client-think-time")
@pytest.mark.parametrize("gap_ms", [3200, 300_000])
def test_request_that_was_late_by_its_senders_clock_too_is_a_pause(told: Tell, gap_ms: float) -> None:
    assert "client-think-time" in told(stamped_turns(gap_ms, gap_ms, late="C")).findings


@pytest.mark.finding("server-think-time")
def test_stamps_that_stand_still_refute_nothing(told: Tell) -> None:
    still = [line.split(" ts=")[0] + " ts=7,7" for line in stamped_turns(1020, 1020)]

    assert "server-think-time" in told(still).findings


@pytest.mark.finding("client-think-time")
def test_next_request_after_a_second_is_the_clients_pause(told: Tell) -> None:
    lines = [*OPEN, "41 C PA 1 1 100", "81 S PA 1 101 200", "81.1 C A 101 201", "3081 C PA 101 201 100"]
    finding = told([*lines, "3121 S PA 201 201 50"]).findings["client-think-time"]

    assert (finding.severity, finding.facts["count"]) == (Severity.NOTE, 1)
    assert finding.facts["wait_s"] == pytest.approx(3.0, abs=0.001)


def test_silence_before_the_close_is_nobodys_pause(told: Tell) -> None:
    lines = [*OPEN, "41 C PA 1 1 100", "81 S PA 1 101 200", "81.1 C A 101 201", "60081 C FA 101 201"]

    assert not spoken(told(lines))


@pytest.mark.finding("server-think-time", "client-think-time", twin=True)
def test_ends_that_talk_at_once_do_not_think(told: Tell) -> None:
    lines = list(OPEN)
    for i in range(6):
        lines.append(f"{50 + 2000 * i} C PA {1 + 100 * i} {1 + 100 * max(0, i - 1)} 100")
        lines.append(f"{1060 + 2000 * i} S PA {1 + 100 * i} {1 + 100 * max(0, i - 1)} 100")

    assert not spoken(told(lines)) & {"server-think-time", "client-think-time"}


# -- windows ---------------------------------------------------------------------------


def window_cycles(small: int, large: int, reopen_ms: float, cycles: int = 6) -> list[str]:
    """Flights of two segments; each is acknowledged with ``small`` room, which becomes ``large`` a while later."""
    lines, sent = [*OPEN], 1
    for i in range(cycles):
        begin = 50 + i * (60 + reopen_ms)
        lines.append(f"{begin} C A {sent} 1 1000 win=60000")
        lines.append(f"{begin + 0.1} C A {sent + 1000} 1 1000 win=60000")
        sent += 2000
        lines.append(f"{begin + 40} S A 1 {sent} win={small}")
        if reopen_ms:
            lines.append(f"{begin + 40 + reopen_ms} S A 1 {sent} win={large}")
    return [*lines, f"{50 + cycles * (60 + reopen_ms)} C A {sent} 1 1000 win=60000"]


@pytest.mark.finding("zero-window", "slow-receiver")
@pytest.mark.finding("receive-window-limited", twin=True)
def test_window_that_stays_shut_though_all_is_acknowledged_is_a_slow_receiver(told: Tell) -> None:
    lines = ["0 C S 0 0", "40 S SA 0 1 win=2000", "40.1 C A 1 1", *window_cycles(0, 2000, 300)[3:]]
    found = told(lines).findings

    assert found["slow-receiver"].severity is Severity.WARNING
    assert found["slow-receiver"].facts["count"] == 6
    assert found["zero-window"].severity is Severity.NOTE  # one trouble, one warning
    assert "receive-window-limited" not in found


@pytest.mark.finding("slow-receiver", twin=True)
def test_window_that_opens_with_every_acknowledgment_is_only_small(told: Tell) -> None:
    lines = ["0 C S 0 0", "40 S SA 0 1 win=2000", "40.1 C A 1 1", *window_cycles(2000, 2000, 0, 12)[3:]]
    quick = [line.replace(" win=2000", " win=2000") for line in lines]
    found = told(quick).findings

    assert "slow-receiver" not in found


def full_windows(count: int, window: int, rtt_ms: float = 40.0) -> list[str]:
    """Flights of the whole window; each is acknowledged at once, as a whole."""
    lines, sent = ["0 C S 0 0", f"{rtt_ms} S SA 0 1 win={window}", f"{rtt_ms + 0.1} C A 1 1"], 1
    for i in range(count):
        begin = rtt_ms + 1 + i * (rtt_ms + 0.3)
        for part in range(window // 1000):
            lines.append(f"{begin + part / 100} C A {sent} 1 1000 win=60000")
            sent += 1000
        lines.append(f"{begin + rtt_ms} S A 1 {sent} win={window}")
    return lines


@pytest.mark.finding("receive-window-limited")
def test_one_window_per_round_trip_is_limited_by_the_window(told: Tell) -> None:
    found = told(full_windows(12, 5000)).findings["receive-window-limited"]

    assert found.facts["shape"] == "fixed"
    assert found.facts["window_bytes"] == 5000
    assert found.facts["percent"] > 90
    assert found.severity is Severity.NOTE  # it cost half a second


def offered(windows: Sequence[int], tick_ms: float, at: str, rtt_ms: float = 16.0, late_ms: float = 0.0) -> list[str]:
    """Flights that fill each of ``windows``; each is acknowledged at the next tick, with the next window.

    ``at``: the end at which the capture is made.  ``late_ms``: how long a third of the window is offered before it.
    """
    way = rtt_ms / 2
    lines, sent = [(0.0, "C S 0 0"), (way + 0.05, f"S SA 0 1 win={windows[0]}"), (rtt_ms + 0.1, "C A 1 1")], 1
    for number, window in enumerate(windows):
        tick = rtt_ms + 1 + tick_ms * number
        for part in range(window // 1000):
            lines.append((tick + part / 100, f"C A {sent} 1 1000 win=60000"))
            sent += 1000
        after = windows[min(number + 1, len(windows) - 1)]
        if late_ms:
            lines.append((tick + tick_ms - way - late_ms, f"S A 1 {sent} win={after // 3}"))
        lines.append((tick + tick_ms - way - 0.1, f"S A 1 {sent} win={after}"))
    seen = ((ms + (0 if line[0] == at else way), line) for ms, line in lines)
    return [f"{ms} {line}" for ms, line in sorted(seen, key=lambda each: each[0])]


@pytest.mark.finding("slow-receiver")
@pytest.mark.finding("receive-window-limited", twin=True)
@pytest.mark.parametrize("at", ["C", "S"])
@pytest.mark.parametrize("tick_ms", [20, 200])
def test_window_that_falls_and_opens_at_the_ticks_of_a_clock_is_a_program_that_reads_by_it(
    told: Tell, at: str, tick_ms: float
) -> None:
    found = told(offered([24000, 21000, 3000] * 8, tick_ms, at, rtt_ms=tick_ms * 0.8)).findings

    assert found["slow-receiver"].facts["shape"] == "steps"
    assert found["slow-receiver"].facts["count"] == 7  # nothing shows how the eighth one ended
    assert found["slow-receiver"].confidence is Confidence.LIKELY
    assert found["slow-receiver"].facts["worst_s"] == pytest.approx(tick_ms / 1000, rel=0.01)
    assert "receive-window-limited" not in found


@pytest.mark.finding("receive-window-limited")
@pytest.mark.finding("slow-receiver", twin=True)
def test_whole_windows_later_than_the_round_trip_may_be_a_clock_or_a_small_window(told: Tell) -> None:
    found = told(offered([8000] * 24, 20, "C", rtt_ms=14)).findings

    assert found["receive-window-limited"].facts["shape"] == "late"
    assert found["receive-window-limited"].confidence is Confidence.LIKELY
    assert "reads-by-clock" in found["receive-window-limited"].alternatives
    assert "slow-receiver" not in found


@pytest.mark.finding("receive-window-limited")
@pytest.mark.finding("slow-receiver", twin=True)
def test_window_that_is_small_only_until_the_program_wakes_up_is_read_at_once(told: Tell) -> None:
    found = told(offered([9000] * 24, 40.2, "C", rtt_ms=40, late_ms=0.5)).findings

    assert found["receive-window-limited"].confidence is Confidence.LIKELY
    assert "slow-receiver" not in found


@pytest.mark.finding("receive-window-limited")
@pytest.mark.finding("slow-receiver", twin=True)
def test_buffer_that_was_made_smaller_for_good_is_not_one_that_is_read_in_steps(told: Tell) -> None:
    found = told(offered([24000] * 2 + [6000] * 30, 20.2, "C", rtt_ms=20)).findings

    assert "receive-window-limited" in found
    assert "slow-receiver" not in found


@pytest.mark.finding("receive-window-limited")
def test_window_that_only_grows_may_still_be_read_by_a_clock_near_the_round_trip(told: Tell) -> None:
    growing = [4000, 4000, 6000, 9000, 12000, *[16000] * 15]
    finding = told(offered(growing, 40.2, "C", rtt_ms=40)).findings["receive-window-limited"]

    assert (finding.confidence, finding.alternatives[-1]) == (Confidence.LIKELY, "reads-by-clock")


@pytest.mark.finding("slow-receiver")
@pytest.mark.finding("receive-window-limited", twin=True)
@pytest.mark.parametrize(("tick_ms", "rtt_ms"), [(20, 14), (100, 60), (250, 100)])
def test_acks_that_come_by_a_clock_of_the_reader_are_no_small_window(told: Tell, tick_ms: float, rtt_ms: float) -> None:
    found = told(offered([8000] * 24, tick_ms, "S", rtt_ms=rtt_ms)).findings

    assert found["slow-receiver"].facts["shape"] == "clock"
    assert found["slow-receiver"].confidence is Confidence.LIKELY
    assert found["slow-receiver"].facts["usual_s"] == pytest.approx((tick_ms - rtt_ms) / 1000, abs=0.0005)
    assert "receive-window-limited" not in found


@pytest.mark.finding("slow-receiver", twin=True)
def test_acks_at_once_for_the_second_segment_are_no_clock(told: Tell) -> None:
    assert "slow-receiver" not in told(full_windows_at_receiver(30)).findings


@pytest.mark.finding("slow-receiver", twin=True)
def test_acks_that_wait_while_gaps_are_reported_are_no_clock(told: Tell) -> None:
    held = [line.split() for line in offered([8000] * 24, 100, "S", rtt_ms=60)]
    gaps = []
    for ms, sender, flags, seq, ack, *more in held:
        if sender == "S" and flags == "A":
            gaps.append(f"{float(ms) - 1} S A {seq} {int(ack) - 8000} {' '.join(more)}")
        gaps.append(" ".join((ms, sender, flags, seq, ack, *more)))

    assert "slow-receiver" not in told(gaps).findings


def full_windows_at_receiver(count: int) -> list[str]:
    """Twelve segments per round trip of 60 ms, each pair acknowledged at once: seen where they arrive."""
    lines, sent = ["0 C S 0 0", "0.1 S SA 0 1 win=12000", "60 C A 1 1"], 1
    for flight in range(count):
        for pair in range(6):
            ms = 61 + 60.2 * flight + pair
            lines += [f"{ms} C A {sent} 1 1000 win=60000", f"{ms + 0.01} C A {sent + 1000} 1 1000 win=60000"]
            sent += 2000
            lines.append(f"{ms + 0.1} S A 1 {sent} win=12000")
    return lines


@pytest.mark.finding("slow-receiver", "receive-window-limited", twin=True)
def test_half_filled_windows_are_not_limited_by_them(told: Tell) -> None:
    lines = [line.replace("win=5000", "win=20000") for line in full_windows(12, 5000)]

    assert not {"receive-window-limited", "slow-receiver"} & told(lines).findings.keys()


@pytest.mark.finding("slow-receiver", "receive-window-limited", twin=True)
def test_capture_that_began_later_does_not_know_the_window(told: Tell) -> None:
    assert not {"receive-window-limited", "slow-receiver"} & told(full_windows(12, 5000)[3:]).findings.keys()


# What fills the server's window of 2,000 bytes, before it shuts.
FILLED = [
    "0 C S 0 0", "40 S SA 0 1 win=2000", "40.1 C A 1 1", "50 C A 1 1 1000", "50.1 C A 1001 1 1000",
    "90 S A 1 2001 win=0",
]  # fmt: skip


def at_server(lines: Sequence[str], way_ms: float = 20.0) -> list[str]:
    """``lines``, which were captured at the client, as the server's end saw them."""
    shift = {"C": way_ms, "S": -way_ms}
    moved = [(float(line.split()[0]) + shift[line.split()[1]], line.split(" ", 1)[1]) for line in lines]
    return [f"{ms} {rest}" for ms, rest in sorted(moved)]


@pytest.mark.finding("zero-window")
@pytest.mark.parametrize("seen", [list, at_server], ids=["client", "server"])
def test_data_at_once_after_a_short_stop_had_waited(told: Tell, seen: Callable[[list[str]], list[str]]) -> None:
    lines = [*FILLED, "105 S A 1 2001 win=2000", "105.1 C A 2001 1 1000", "145 S A 1 3001 win=2000"]
    found = told(seen([*lines, "900 C FA 3001 1", "940 S FA 1 3002", "940.1 C A 3002 2"])).findings["zero-window"]

    assert (found.facts["shape"], found.severity) == ("short", Severity.NOTE)


@pytest.mark.finding("zero-window")
@pytest.mark.parametrize("seen", [list, at_server], ids=["client", "server"])
def test_silence_after_the_window_opened_says_that_nothing_had_waited(
    told: Tell, seen: Callable[[list[str]], list[str]]
) -> None:
    lines = [*FILLED, "105 S A 1 2001 win=2000", "800 C A 2001 1 1000", "840 S A 1 3001 win=2000"]

    found = told(seen(lines)).findings["zero-window"]
    assert found.facts["shape"] == ""
    assert (found.facts["lost_s"], seconds_lost(found)) == (0.0, 0.0)  # idle is never lost


@pytest.mark.finding("zero-window")
@pytest.mark.parametrize(
    "rest", [[], ["110 C RA 2001 1"], ["110 C FA 2001 1", "150 S A 1 2002"]], ids=["end", "reset", "close"]
)
def test_stream_that_ends_with_the_opening_does_not_tell_who_waited(told: Tell, rest: list[str]) -> None:
    found = told([*FILLED[:3], "50 C A 1 1 1900", "90 S A 1 1901 win=0", "105 S A 1 1901 win=2000", *rest]).findings

    assert found["zero-window"].facts["shape"] == "unseen"


@pytest.mark.finding("zero-window")
def test_answer_to_what_was_asked_with_the_opening_had_not_waited(told: Tell) -> None:
    lines = ["0 C S 0 0 win=5000", "40 S SA 0 1", "40.1 C A 1 1 win=5000", "50 C PA 1 1 100 win=5000"]
    lines += ["90 S PA 1 101 200", "90.1 C A 101 201 win=0", "990 C PA 101 201 100 win=5000", "1030 S PA 201 201 300"]
    found = told([*lines, "1030.1 C A 201 501", "3000 C FA 201 501"]).findings["zero-window"]

    assert (found.facts["shape"], found.severity) == ("unseen", Severity.NOTE)


@pytest.mark.finding("zero-window")
def test_closed_window_costs_what_was_waited_for_it_alone(told: Tell) -> None:
    """The first time data waits 800 ms, the second time nobody has any for two seconds."""
    lines = [*FILLED, "890 S A 1 2001 win=2000", "890.1 C A 2001 1 1000", "890.2 C A 3001 1 1000"]
    lines += ["930.2 S A 1 4001 win=0", "2930.2 S A 1 4001 win=2000", "3800 C A 4001 1 100", "3840 S A 1 4101 win=1900"]
    found = told(lines).findings["zero-window"]

    assert (found.facts["count"], found.facts["shape"]) == (2, "costly")
    assert found.facts["total_s"] == pytest.approx(2.8)
    assert seconds_lost(found) == pytest.approx(0.8)


@pytest.mark.finding("window-shrunk")
@pytest.mark.finding("retransmission-timeout")
def test_resend_of_what_a_closed_window_refused_is_a_symptom_and_no_loss(told: Tell) -> None:
    lines = [*SHRUNK, "500 C A 1001 1 1000 id=4", "540 S A 1 1001 win=0", "1100 C A 1001 1 1000 id=5"]
    lines += ["1140 S A 1 1001 win=0", "2900 S A 1 1001 win=5000", "3400 C A 1001 1 1000 id=6"]
    done = told([*lines, "3440 S A 1 2001 win=5000", "3440.1 C A 2001 1 1000 id=7", "3480 S A 1 3001 win=5000"])
    found = done.findings
    (group,) = done.session.trouble.groups

    assert found["retransmission-timeout"].severity is Severity.NOTE
    assert group.finding.id == "window-shrunk"
    assert [one.finding.id for one in group.symptoms] == ["zero-window", "retransmission-timeout"]
    assert group.seconds_lost == pytest.approx(seconds_lost(found["zero-window"]))


@pytest.mark.finding("retransmission-timeout")
def test_loss_after_the_window_opened_is_a_trouble_of_its_own(told: Tell) -> None:
    lines = [*SHRUNK, "500 C A 1001 1 1000 id=4", "540 S A 1 1001 win=0", "900 S A 1 1001 win=5000"]
    lines += ["901 C A 1001 1 1000 id=5", "941 S A 1 3001 win=5000", "950 C A 3001 1 1000 id=6"]
    lines += ["1950 C A 3001 1 1000 id=7", "1990 S A 1 4001 win=5000"]
    done = told(lines)

    ids = {str(group.finding.id) for group in done.session.trouble.groups}
    assert ids == {"window-shrunk", "retransmission-timeout"}


SHRUNK = [
    *OPEN, "50 C A 1 1 1000 id=1", "90 S A 1 1001 win=5000", "91 C A 1001 1 1000 id=2", "91.1 C A 2001 1 1000 id=3",
    "131 S A 1 1001 win=0", "131.1 S A 1 1001 win=0",
]  # fmt: skip


@pytest.mark.finding("window-shrunk")
def test_room_taken_back_under_data_in_flight_is_a_shrunk_window(told: Tell) -> None:
    lines = [*SHRUNK, "500 C A 1001 1 1000 id=4", "540 S A 1 1001 win=0", "900 S A 1 1001 win=5000"]
    found = told([*lines, "901 C A 1001 1 1000 id=5", "941 S A 1 3001 win=5000"]).findings["window-shrunk"]

    assert (found.facts["shape"], found.severity, found.confidence) == ("dropped", Severity.WARNING, Confidence.CERTAIN)
    assert (found.facts["taken_bytes"], found.facts["beyond_bytes"]) == (5000, 2000)


@pytest.mark.finding("window-shrunk", twin=True)
def test_old_acknowledgment_that_was_overtaken_takes_nothing_back(told: Tell) -> None:
    overtaken = [*SHRUNK[:-2], "131 S A 1 2001 win=5000", "131.1 S A 1 1001 win=5000", "131.2 S A 1 3001 win=5000"]

    assert "window-shrunk" not in told([*overtaken, "140 C A 3001 1 1000", "140.1 C A 2001 1 1000"]).findings


@pytest.mark.finding("window-shrunk")
@pytest.mark.finding("window-shrunk", twin=True)
def test_scale_that_a_repeated_syn_brings_back_stays_refused(told: Tell) -> None:
    opened = ["0 C S 0 0 scale=10", "1 S SA 0 1", "1000 C S 0 0 scale=10", "1000.2 C A 1 1 win=60000"]
    lines = ["1041 S A 1 1 1400", "1041.1 C A 1 1401 win=58600", "1042 S A 1401 1 1400", "1042.1 C A 1 2801 win=57200"]
    taken = ["1043 C A 1 2801 win=9000", "1044 C A 1 2801 win=9000"]

    assert "window-shrunk" not in told([*opened, *lines, "1043 C A 1 2801 win=57200"]).findings
    assert "window-shrunk" in told([*opened, *lines, *taken]).findings


@pytest.mark.finding("window-shrunk")
@pytest.mark.finding("window-shrunk", twin=True)
@pytest.mark.parametrize(("stamp", "shrunk"), [(500, False), (501, True)])
def test_offers_of_one_tick_may_have_changed_places(stamp: int, shrunk: bool, told: Tell) -> None:
    opened = ["0 C S 0 0 ts=1,0", "40 S SA 0 1 ts=400,1", "40.1 C A 1 1 ts=41,400", "50 C A 1 1 1000 ts=51,400"]
    opened += ["80 C A 1 1 1000 ts=81,400"]
    offers = [
        f"{90 + i / 10} S A 1 1001 win={win} ts={500 if i == 0 else stamp},51"
        for i, win in enumerate((9000, 7000, 8000))
    ]

    assert ("window-shrunk" in told([*opened, *offers]).findings) is shrunk


@pytest.mark.finding("window-shrunk", twin=True)
def test_window_that_fills_is_not_shrunk(told: Tell) -> None:
    lines = [*OPEN, "50 C A 1 1 2500", "50.1 C A 2501 1 2500", "90 S A 1 2501 win=2500", "90.1 S A 1 5001 win=0"]

    assert "window-shrunk" not in told([*lines, "500 C A 5000 1", "540 S A 1 5001 win=0"]).findings


# -- the sender ------------------------------------------------------------------------


def pieces(gap_ms: float, count: int = 6, size: int = 600) -> list[str]:
    """A piece of data every so often, each acknowledged after the round trip."""
    lines = []
    for i in range(count):
        begin, first = 50 + gap_ms * i, 1 + size * i
        lines += [f"{begin} C PA {first} 1 {size} win=60000", f"{begin + 40} S A 1 {first + size} win=60000"]
    return [*OPEN, *lines]


@pytest.mark.finding("sender-application-limited")
def test_pieces_farther_apart_than_a_round_trip_are_the_programs(told: Tell) -> None:
    found = told(pieces(150)).findings["sender-application-limited"]

    assert (found.severity, found.facts["count"]) == (Severity.NOTE, 5)
    assert found.facts["worst_s"] == pytest.approx(0.15)


def test_two_pauses_are_not_yet_a_habit(told: Tell) -> None:
    assert not spoken(told(pieces(400, count=3)))


@pytest.mark.finding("nagle-delayed-ack")
@pytest.mark.finding("sender-application-limited", twin=True)
def test_small_write_that_leaves_upon_a_late_acknowledgment_waited_for_it(told: Tell) -> None:
    lines = [*OPEN]
    for i in range(4):
        begin, asked, answered = 50 + 200 * i, 1 + 300 * i, 1 + 50 * i
        lines.append(f"{begin} C PA {asked} {answered} 200")
        lines.append(f"{begin + 80} S A {answered} {asked + 200}")
        lines.append(f"{begin + 80.1} C PA {asked + 200} {answered} 100")
        lines.append(f"{begin + 120.1} S PA {answered} {asked + 300} 50")
    found = told(lines).findings

    assert found["nagle-delayed-ack"].severity is Severity.WARNING
    assert (found["nagle-delayed-ack"].facts["count"], found["nagle-delayed-ack"].facts["held_bytes"]) == (4, 100)
    assert "sender-application-limited" not in found


def two_writes(second_ms: float, ack_ms: float) -> list[str]:
    """Requests in two writes: when the second one leaves and when the first one is acknowledged, after it left."""
    lines = [*OPEN]
    for i in range(4):
        begin, asked, answered = 50 + 200 * i, 1 + 300 * i, 1 + 50 * i
        both = [
            (second_ms, f"C PA {asked + 200} {answered} 100"),
            (ack_ms, f"S A {answered} {asked + 200}"),
            (0.0, f"C PA {asked} {answered} 200"),
            (160.0, f"S PA {answered} {asked + 300} 50"),
        ]
        lines += [f"{begin + ms} {rest}" for ms, rest in sorted(both)]
    return lines


@pytest.mark.finding("nagle-delayed-ack", twin=True)
@pytest.mark.parametrize("second_ms", [0.1, 30.0, 95.0])
def test_second_write_that_waits_for_no_acknowledgment_is_not_held(told: Tell, second_ms: float) -> None:
    assert "nagle-delayed-ack" not in told(two_writes(second_ms, 80.0)).findings


@pytest.mark.finding("nagle-delayed-ack", twin=True)
def test_acknowledgment_that_comes_with_the_round_trip_is_not_delayed(told: Tell) -> None:
    assert "nagle-delayed-ack" not in told(two_writes(40.1, 40.0)).findings


# -- the path --------------------------------------------------------------------------


def flights(sizes: Sequence[int], rtt_ms: Sequence[float], spacing_ms: float = 0.01) -> list[str]:
    """One flight after the other, of so many segments, acknowledged one by one after so long; there is room for 60."""
    window = 60000
    lines, sent, now = ["0 C S 0 0 win=60000", f"40 S SA 0 1 win={window}", f"40.1 C A 1 1 win={window}"], 1, 41.0
    for size, rtt in zip(sizes, rtt_ms, strict=True):
        first = sent
        for part in range(size):
            lines.append(f"{now + part / 100} C A {sent} 1 1000 win=60000")
            sent += 1000
        acks = range(first + 1000, sent + 1, 1000)
        lines += [f"{now + rtt + place * spacing_ms} S A 1 {ack} win={window}" for place, ack in enumerate(acks)]
        now += rtt + size * spacing_ms + 0.1
    return lines


@pytest.mark.finding("send-buffer-limited")
@pytest.mark.finding("receive-window-limited", "path-limited", "queueing-delay", twin=True)
def test_flights_that_stop_at_one_size_below_the_window_are_held_by_the_sender(told: Tell) -> None:
    found = told(flights([4, 8] + [10] * 22, [40] * 24)).findings

    assert found["send-buffer-limited"].confidence is Confidence.POSSIBLE
    assert found["send-buffer-limited"].facts["window_bytes"] == 60000
    assert not {"path-limited", "queueing-delay", "receive-window-limited"} & found.keys()


def test_flights_that_grow_are_slow_start_and_nobody_is_to_blame(told: Tell) -> None:
    assert not spoken(told(flights(list(range(2, 26)), [40] * 24)))


@pytest.mark.finding("path-limited", "queueing-delay")
@pytest.mark.finding("send-buffer-limited", twin=True)
def test_round_trips_that_grow_with_the_flight_are_a_queue(told: Tell) -> None:
    sizes = list(range(2, 26))
    found = told(flights(sizes, [40] * 24, spacing_ms=6)).findings

    assert found["queueing-delay"].facts["low_s"] == pytest.approx(0.04, abs=0.001)
    assert found["path-limited"].facts["shape"] == "queue"
    assert "send-buffer-limited" not in found


@pytest.mark.finding("queueing-delay", twin=True)
def test_round_trips_that_grow_on_their_own_are_not_called_a_queue(told: Tell) -> None:
    assert "queueing-delay" not in told(flights([10] * 24, [40] * 12 + [160] * 12)).findings


def bloated(at: str, added_ms: float, rtt_ms: float = 40, count: int = 700, lost: tuple[int, ...] = ()) -> list[str]:
    """A window that grows by a segment an ACK while a bottleneck passes one segment in 1.5 ms, seen at ``at``.

    Its queue grows until it adds ``added_ms``; then the flight stays.  ``lost``: numbers of segments that the queue
    drops; the second ACK that reports such a gap has it sent again.  Both ends send timestamps.
    """
    way, service = rtt_ms / 2, 1.5
    most = int((rtt_ms + added_ms) / service)
    opening = "win=60000 sackok=1 scale=7"
    seen = {"C": [(0.0, f"C S 0 0 {opening} ts=1,0"), (rtt_ms + 0.05, f"S SA 0 1 {opening} ts=1,1")], "S": []}
    seen["S"] = [(way, seen["C"][0][1]), (way + 0.05, seen["C"][1][1])]
    seen["C"].append((rtt_ms + 0.1, "C A 1 1 win=60000 ts=41,1"))
    seen["S"].append((rtt_ms + way + 0.1, "C A 1 1 win=60000 ts=41,1"))
    sends = [(rtt_ms + 1 + 0.01 * number, number, 1) for number in range(4)]
    free, got, edge, window, sent, reported, again = 0.0, set[int](), 0, 4, 4, 0, set[int]()
    while sends:
        sends.sort()
        ms, number, echo = sends.pop(0)
        data = f"C A {1 + 1000 * number} 1 1000 win=60000 ts={int(ms)},{echo}"
        seen["C"].append((ms, data))
        free = max(free, ms + way) + service
        if number in lost and number not in again:
            again.add(number)
            continue
        seen["S"].append((free, data))
        got.add(number)
        while edge in got:
            edge += 1
        sack = f" sack={1 + 1000 * number}:{1001 + 1000 * number}" if number > edge else ""
        ack = f"S A 1 {1 + 1000 * edge} win=60000 ts={int(free)},{int(ms)}{sack}"
        seen["S"].append((free + 0.02, ack))
        heard = free + way + 0.02
        seen["C"].append((heard, ack))
        reported = reported + 1 if sack else 0
        if reported == 2:
            sends += [(heard + 0.01, each, int(free)) for each in sorted(again - got)]
        window = min(window + 1, most)
        while sent < count and sent - len(got) < window:
            sends.append((heard + 0.02 + 0.001 * (sent % 3), sent, int(free)))
            sent += 1
    return [f"{ms:.3f} {line}" for ms, line in sorted(seen[at], key=lambda each: each[0])]


@pytest.mark.finding("queueing-delay")
@pytest.mark.parametrize("at", ["C", "S"])
@pytest.mark.parametrize("lost", [(), (150, 152, 154)])
def test_queue_that_delays_everybody_is_a_warning_at_either_end(told: Tell, at: str, lost: tuple[int, ...]) -> None:
    found = told(bloated(at, 300, lost=lost)).findings

    queue = found["queueing-delay"]
    assert (queue.severity, queue.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert queue.facts["queue_s"] == pytest.approx(0.3, rel=0.25)
    assert queue.facts["shape"] == ("losing" if lost else "")
    assert all(one.severity is Severity.NOTE for id_, one in found.items() if id_ == "fast-retransmission")


@pytest.mark.finding("queueing-delay", twin=True)
@pytest.mark.parametrize("at", ["C", "S"])
@pytest.mark.parametrize(("added_ms", "rtt_ms"), [(120, 40), (300, 150)])
def test_queue_that_is_short_or_on_a_long_path_is_a_note(told: Tell, at: str, added_ms: float, rtt_ms: float) -> None:
    found = told(bloated(at, added_ms, rtt_ms)).findings

    assert found["queueing-delay"].severity is Severity.NOTE


# -- what a request says ---------------------------------------------------------------


def page(tmp_path: Path, asked: bytes, answered: bytes, seconds: float) -> Finding:
    """What is found of one request whose answer takes so long."""
    tape, client, server = Tape(), "10.0.0.1:40001", "192.0.2.10:80"
    tape.handshake(0, client, server)
    tape.tcp(41, client, server, PSH | ACK, 1001, 9001, asked)
    tape.tcp(41 + 40 + 1000 * seconds, server, client, PSH | ACK, 9001, 1001 + len(asked), answered)
    (tmp_path / "page.pcap").write_bytes(tape.pcap())
    findings = {str(finding.id): finding for finding in open_file(tmp_path / "page.pcap").findings(0)}
    return findings["server-think-time"]


def test_slow_page_is_a_warning_that_names_it(tmp_path: Path) -> None:
    finding = page(tmp_path, b"GET /report?year=2026 HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", 1.5)

    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert finding.facts["request"] == "GET /report?year=2026"


def test_page_that_takes_less_than_a_second_is_a_note(tmp_path: Path) -> None:
    finding = page(tmp_path, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", 0.7)

    assert finding.severity is Severity.NOTE


def test_events_are_waited_for_and_nobody_is_slow(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\n\r\ndata: x\n\n"
    finding = page(tmp_path, b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n", answer, 20)

    assert finding.severity is Severity.NOTE


def test_hostile_path_is_quoted_harmless_and_short(tmp_path: Path) -> None:
    asked = b"GET /\x1b]52;c;x\x07{0}" + b"a" * 100 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    request = str(page(tmp_path, asked, b"HTTP/1.1 200 OK\r\n\r\n", 1.5).facts["request"])

    assert request.startswith("GET /\u241b]52;c;x\u2407{0}aaa")
    assert len(request) == 48


@pytest.mark.finding("zero-window")
def test_windows_of_both_ends_that_are_shut_at_once_count_once(told: Tell) -> None:
    opened = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "50 C PA 1 1 100", "90 S PA 1 101 100"]
    shut = ["91 C A 101 101 win=0", "130 S A 101 101 win=0", "1091 C A 101 101", "1130 S A 101 101"]
    finding = told([*opened, *shut]).findings["zero-window"]

    assert finding.facts["total_s"] == pytest.approx(1.039)
