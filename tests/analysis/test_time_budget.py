"""Where the time went: the parts add up to the nanosecond, and each goes to who was waited for."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.timing.budget import Part, TimeBudget, time_budget
from tcptui.analysis.timing.path_delay import HERE_NS, PROXY_NS, PROXY_TIMES, are_here, is_here, way_ns, ways_ns
from tcptui.analysis.timing.sender_knowledge import pause_ns
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
MS = 1_000_000


@pytest.fixture
def spent(tmp_path: Path) -> Callable[[Sequence[str]], TimeBudget]:
    """A function from trace lines to where the first stream's time went."""

    def run(lines: Sequence[str]) -> TimeBudget:
        return time_budget(view_of(open_file(write_trace(tmp_path / "trace.pcap", lines)), 0))

    return run


Spend = "Callable[[Sequence[str]], TimeBudget]"


def milliseconds(budget: TimeBudget) -> dict[str, float]:
    """The parts that are not 0."""
    return {part.label: round(budget[part] / MS, 1) for part in Part if budget[part]}


def test_answer_after_a_while_is_the_servers_thinking_less_the_way(spent: Spend) -> None:
    budget = spent([*OPEN, "41 C PA 1 1 100", "81 S A 1 101", "581 S PA 1 101 200", "581.1 C A 101 201"])

    assert milliseconds(budget)["server_think"] == 500.0
    assert milliseconds(budget)["network"] == 80.2
    assert sum(budget.parts) == budget.elapsed_ns == 581_100_000


@pytest.mark.parametrize(("own_ms", "part"), [(26, "unattributed"), (1020, "server_think")])
def test_wait_that_its_senders_stamps_refute_is_nobodys(tmp_path: Path, own_ms: int, part: str) -> None:
    lines, asked = ["0 C S 0 0 ts=1000,0", "40 S SA 0 1 ts=1040,1", "40.1 C A 1 1 ts=1040,1"], 1
    for turn, (here, own) in enumerate([(60, 60), (60, 60), (1020, own_ms)]):
        begin = 50 + 100 * turn
        lines.append(f"{begin} C PA {asked} {1 + 10 * turn} 100 ts={1000 + begin},1")
        asked += 100
        lines.append(f"{begin + here} S PA {1 + 10 * turn} {asked} 10 ts={1000 + begin + own},1")
    view = view_of(open_file(write_trace(tmp_path / "trace.pcap", lines)), 0)
    budget = time_budget(view)

    assert milliseconds(budget)[part] == pytest.approx(1000, abs=25)


def test_next_request_after_a_while_is_the_clients_thinking(spent: Spend) -> None:
    lines = [*OPEN, "41 C PA 1 1 100", "81 S PA 1 101 200", "81.1 C A 101 201", "2081 C PA 101 201 100"]
    budget = spent([*lines, "2121 S PA 201 201 50", "2121.1 C A 201 251"])

    assert milliseconds(budget)["client_think"] == pytest.approx(2000.8, abs=0.2)
    assert len(budget.turns) == 2
    assert budget.turns.response.tolist() == [4, 7]


def test_time_between_turns_belongs_to_the_turn_before(spent: Spend) -> None:
    lines = [*OPEN, "41 C PA 1 1 100", "81 S PA 1 101 200", "2081 C PA 101 201 100", "2121 S PA 201 201 50"]
    budget = spent(lines)

    assert budget.turns.elapsed_ns.tolist() == [2040 * MS, 40 * MS]


def test_no_room_in_the_window_is_the_receivers_time(spent: Spend) -> None:
    lines = [*OPEN, "41 C A 1 1 1000 win=5000", "41.1 C A 1001 1 1000", "81 S A 1 2001 win=0"]
    lines += ["1081 S A 1 2001 win=5000", "1081.1 C A 2001 1 1000", "1121 S A 1 3001"]

    assert milliseconds(spent(lines))["receive_window"] == 1040.0


def test_segment_that_leaves_with_room_and_nothing_under_way_was_the_programs(spent: Spend) -> None:
    lines = [*OPEN, "41 C PA 1 1 1000", "81 S A 1 1001", "541 C PA 1001 1 1000", "581 S A 1 2001"]

    assert milliseconds(spent(lines))["sender"] == 500.0


def test_acknowledgment_that_frees_a_full_flight_is_the_networks(spent: Spend) -> None:
    flight = [f"{41 + i / 100} C A {1 + 1000 * i} 1 1000 win=60000" for i in range(4)]
    lines = [*OPEN, *flight, "81 S A 1 2001 win=60000", "81.1 C A 4001 1 1000", "121 S A 1 5001 win=60000"]

    assert milliseconds(spent(lines))["network_limited"] == pytest.approx(40.1)


def test_time_out_and_its_wait_are_recovery(spent: Spend) -> None:
    lines = [*OPEN, "41 C PA 1 1 1000 id=1", "341 C PA 1 1 1000 id=2", "381 S A 1 1001", "391 S PA 1 1001 20"]
    budget = spent(lines)

    assert milliseconds(budget)["recovery"] == 340.0
    assert milliseconds(budget).get("server_think", 0) <= 10.0


@pytest.mark.parametrize("copy", ["41.01 C PA 1 1 100 ttl=63", "44 C PA 1 1 100", "79 C PA 1 1 100"])
def test_request_that_was_recorded_twice_is_no_recovery(spent: Spend, copy: str) -> None:
    """Nobody can have known within a round trip that it was lost, and no timer is that short."""
    budget = spent([*OPEN, "41 C PA 1 1 100 ttl=64", copy, "155 S PA 1 101 200", "155.1 C A 101 201"])

    assert "recovery" not in milliseconds(budget)
    assert milliseconds(budget)["server_think"] == pytest.approx(74, abs=40)


def test_request_that_is_sent_again_after_a_round_trip_is_recovery(spent: Spend) -> None:
    budget = spent([*OPEN, "41 C PA 1 1 100", "82 C PA 1 1 100", "155 S PA 1 101 200", "155.1 C A 101 201"])

    assert milliseconds(budget)["recovery"] > 70


def test_resent_syn_is_recovery(spent: Spend) -> None:
    lines = ["0 C S 0 0 id=1", "1000 C S 0 0 id=2", "1040 S SA 0 1", "1040.1 C A 1 1"]

    assert milliseconds(spent(lines)) == {"recovery": 1000.0, "network": 40.1}


@pytest.mark.parametrize("again", ["73 C S 0 0", "1073 C S 0 0"], ids=["at once", "after a second"])
def test_refused_connection_that_is_tried_again_is_no_recovery(spent: Spend, again: str) -> None:
    budget = spent(["0 C S 0 0", "1 S RA 0 1", again])

    assert budget[Part.RECOVERY] == 0
    assert milliseconds(budget)["network"] == 1.0


def test_syn_that_comes_again_sooner_than_any_timer_is_no_recovery(spent: Spend) -> None:
    assert spent(["0 C S 0 0", "73 C S 0 0", "90 S SA 0 1", "90.1 C A 1 1"])[Part.RECOVERY] == 0


def test_silence_after_the_last_answer_is_idle_and_nobody_thinks(spent: Spend) -> None:
    lines = [*OPEN, "41 C PA 1 1 100", "81 S PA 1 101 200", "81.1 C A 101 201", "30081 C FA 101 201"]
    budget = spent([*lines, "30121 S FA 201 102", "30121.1 C A 102 202"])

    assert milliseconds(budget)["idle"] == pytest.approx(30_000, abs=1)
    assert milliseconds(budget).get("client_think", 0) < 2


TALKED = [*OPEN, "50 C PA 1 1 100", "90 S PA 1 101 200", "90.1 C A 101 201"]
NOT_READ = [*OPEN, "50 C PA 1 1 1000", "90 S A 1 1001 win=0"]


@pytest.mark.parametrize("reset", ["300 S RA 1 1001 win=0", "300 C RA 1001 1"])
def test_nobody_waits_for_room_after_a_reset(spent: Spend, reset: str) -> None:
    parts = milliseconds(spent([*NOT_READ, reset, "18000 C A 1001 1"]))

    assert parts["receive_window"] == 210.0
    assert parts["idle"] == 17_700.0


def test_window_of_a_reset_is_none(spent: Spend) -> None:
    lines = [*OPEN, "50 C PA 1 1 100", "90 S RA 1 101 win=0", "18000 C A 101 1"]

    assert "receive_window" not in milliseconds(spent(lines))


def test_window_that_stays_shut_is_the_receivers_time(spent: Spend) -> None:
    assert milliseconds(spent([*NOT_READ, "18000 S A 1 1001 win=0"]))["receive_window"] == 17_910.0


@pytest.mark.parametrize(
    "again",
    [
        ["30000 S PA 1 101 200 id=9", "30000.1 C A 101 201"],
        ["30000 C PA 1 201 100 id=9", "30040 S A 201 101"],
    ],
    ids=["server", "client"],
)
def test_silence_before_a_resend_of_what_was_acknowledged_is_idle(spent: Spend, again: list[str]) -> None:
    parts = milliseconds(spent([*TALKED, *again]))

    assert "recovery" not in parts
    assert parts["idle"] > 29_800


def test_silence_before_a_resend_of_what_was_not_acknowledged_is_recovery(spent: Spend) -> None:
    lines = [*TALKED[:-1], "1090 S PA 1 101 200 id=9", "1090.1 C A 101 201"]

    assert milliseconds(spent(lines))["recovery"] == pytest.approx(1000, abs=1)


def test_fin_whose_acknowledgments_are_lost_is_recovery_as_its_timer_doubles(spent: Spend) -> None:
    lines = [*TALKED, "200 S FA 201 101", "200.1 C A 101 202"]
    for ms in (1200, 3200, 7200, 15200):
        lines += [f"{ms} S FA 201 101 id={ms}", f"{ms}.1 C A 101 202"]

    assert milliseconds(spent(lines))["recovery"] > 14_000


LATE_REQUEST = ["0 C S 0 0", "40 S SA 0 1", "5000 C PA 1 1 100", "5040 S PA 1 101 200", "5040.1 C A 101 201"]


def test_client_that_asks_late_without_a_bare_ack_is_not_the_network(spent: Spend) -> None:
    parts = milliseconds(spent([*LATE_REQUEST, "5100 C PA 101 201 100", "5140 S PA 201 201 100"]))

    assert parts["client_think"] == pytest.approx(5020, abs=1)
    assert parts["network"] == pytest.approx(120, abs=1)


def test_late_request_at_the_servers_end_may_have_been_lost_once(spent: Spend) -> None:
    lines = ["20 C S 0 0", "20.1 S SA 0 1", "5020 C PA 1 1 100", "5020.1 S PA 1 101 200", "5060 C A 101 201"]
    parts = milliseconds(spent(lines))

    assert parts["unattributed"] == pytest.approx(4960, abs=1)
    assert "client_think" not in parts


KEPT_ALIVE = [line for s in range(15, 150, 15) for line in (f"{s}000 C A 200 201 1", f"{s}040 S A 201 201")]


@pytest.mark.parametrize("rest", [[], ["151000 C PA 201 201 50", "151040 S PA 201 251 50"]], ids=["", "request"])
def test_capture_that_begins_with_keep_alives_begins_idle(spent: Spend, rest: list[str]) -> None:
    assert milliseconds(spent([*KEPT_ALIVE, *rest]))["idle"] >= 120_000


def test_ends_that_take_no_turns_leave_no_request_open(spent: Spend) -> None:
    lines = list(OPEN)
    for i in range(8):
        lines.append(f"{50 + 100 * i} S PA {1 + 100 * i} {1 + 100 * max(0, i - 1)} 100")
        lines.append(f"{60 + 100 * i} C PA {1 + 100 * i} {1 + 100 * max(0, i - 1)} 100")
    lines += ["800 S A 801 801", "801 C A 801 801"]
    lines += [line for s in (15, 30, 45) for line in (f"{s}000 C A 800 801", f"{s}040 S A 801 801")]

    assert milliseconds(spent(lines))["idle"] > 44_000


def test_client_that_only_reports_leaves_no_request_open(spent: Spend) -> None:
    lines = [*OPEN]
    for i in range(4):
        lines += [f"{1 + i}000 C PA {1 + 100 * i} 1 100", f"{1 + i}040 S A 1 {101 + 100 * i}"]

    assert milliseconds(spent([*lines, "90000 C A 400 1", "90040 S A 1 401"]))["idle"] > 85_000


def test_request_that_nobody_answers_stays_open_though_kept_alive(spent: Spend) -> None:
    lines = [*TALKED, "200 C PA 101 201 100", "240 S A 201 201", "90000 C A 200 201", "90040 S A 201 201"]

    assert milliseconds(spent(lines))["unattributed"] > 89_000


def test_keep_alives_do_not_break_the_silence(spent: Spend) -> None:
    lines = [*OPEN, "41 C PA 1 1 100", "81 S PA 1 101 200", "81.1 C A 101 201"]
    lines += [line for i in (15, 30) for line in (f"{i}000 S A 200 101", f"{i}040 C A 101 201")]

    assert milliseconds(spent(lines))["idle"] > 29_900


def test_ends_that_send_at_once_take_no_turns(spent: Spend) -> None:
    lines = list(OPEN)
    for i in range(8):
        # Neither end has what the other one sent right before.
        lines.append(f"{50 + 100 * i} C PA {1 + 100 * i} {1 + 100 * max(0, i - 1)} 100")
        lines.append(f"{60 + 100 * i} S PA {1 + 100 * i} {1 + 100 * max(0, i - 1)} 100")
    budget = spent(lines)

    assert not budget.in_turns
    assert not len(budget.turns)
    assert "server_think" not in milliseconds(budget)
    assert milliseconds(budget)["client_think"] == 9.9  # before it said anything at all


def test_one_direction_alone_says_nothing(spent: Spend) -> None:
    budget = spent(["0 C PA 101 201 50", "40 C A 151 901", "80 C PA 151 1901 10"])

    assert milliseconds(budget) == {"unattributed": 80.0}


def test_clock_that_goes_back_measures_nothing(spent: Spend) -> None:
    budget = spent([*OPEN, "1000 C PA 1 1 100", "500 S PA 1 101 200", "600 C A 101 201"])

    assert milliseconds(budget) == {"unattributed": 600.0}


def assert_same_waits(simple: TimeBudget, budget: TimeBudget) -> None:
    """That two ways told the same of every stretch, and of all together."""
    for name in ("begin", "end", "sender", "turns_at", "part", "network_ns", "recovery_ns"):
        one, other = getattr(simple.waits, name), getattr(budget.waits, name)
        assert one.tolist() == other.tolist(), name
        assert one.dtype == other.dtype, name
    assert (simple.waits.own_ns == budget.waits.own_ns).all()
    assert (simple.elapsed_ns, simple.parts, simple.in_turns) == (budget.elapsed_ns, budget.parts, budget.in_turns)
    assert simple.delays == budget.delays


SEGMENTS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from("CS"),
        st.sampled_from(["A", "PA", "S", "SA", "FA", "R", "RA", "."]),
        st.integers(0, 6),
        st.integers(0, 6),
        st.sampled_from([0, 0, 1, 500, 1000]),
        st.sampled_from([0, 500, 5000]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segments=SEGMENTS, opened=st.booleans())
@example(
    segments=[
        (0, "C", "A", 0, 0, 0, 0), (0, "C", "A", 0, 0, 1, 0), (0, "S", "SA", 0, 0, 0, 0),
        (399, "C", "SA", 0, 0, 0, 0), (101, "C", "A", 0, 0, 1, 0),
    ],
    opened=False,
)  # fmt: skip
@example(segments=[(0, "C", "A", 0, 0, 500, 500), (0, "C", "A", 0, 1, 1, 500)], opened=True)
def test_whatever_the_packets_the_parts_are_not_negative_and_add_up(
    tmp_path: Path, segments: list[tuple[int, str, str, int, int, int, int]], opened: bool
) -> None:
    lines, now = (list(OPEN), 41) if opened else ([], 0)
    for gap, sender, flags, seq, ack, length, window in segments:
        now += gap
        lines.append(f"{now} {sender} {flags} {seq * 500} {ack * 500} {length} win={window}")
    session = open_file(write_trace(tmp_path / "any.pcap", lines))

    for stream in range(session.streams.count):
        view = view_of(session, stream)
        if not len(view):
            continue
        budget = time_budget(view)
        waits = budget.waits
        assert sum(budget.parts) == budget.elapsed_ns == int(view.time_ns[-1]) - int(view.time_ns[0])
        assert min(budget.parts) >= 0
        assert (waits.own_ns >= 0).all()
        assert (waits.network_ns >= 0).all()
        assert (waits.recovery_ns >= 0).all()
        assert (waits.begin[1:] == waits.end[:-1]).all()
        assert int(budget.turns.parts.sum()) <= budget.elapsed_ns


def test_view_is_freed_with_its_last_reference_though_its_budget_was_asked_for(
    tmp_path: Path,
) -> None:
    lines = [*OPEN, "41 C PA 1 1 100", "281 C PA 1 1 100", "321 S PA 1 101 50", "321.1 C FA 101 51"]
    session = open_file(write_trace(tmp_path / "trace.pcap", lines))
    view = view_of(session, 0)
    gone = weakref.ref(view)
    collecting = gc.isenabled()
    gc.disable()  # a collection would free a cycle, too, but late
    try:
        time_budget(view)
        time_budget(view)
        del view
        assert gone() is None
    finally:
        if collecting:
            gc.enable()


#: Around every threshold of `path_delay`, and nothing.
TIMES = st.one_of(
    st.sampled_from([-1, 0, 1, HERE_NS, HERE_NS + 1, 20 * HERE_NS, PROXY_NS, PROXY_NS + 1, PROXY_TIMES * PROXY_NS]),
    st.integers(0, 3_000_000_000),
)


@given(st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=20))
def test_delays_of_many_are_those_of_each(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))

    assert ways_ns(one, other).tolist() == [way_ns(*pair) for pair in pairs]
    assert are_here(one, other).tolist() == [is_here(*pair) for pair in pairs]
    assert pause_ns(one).tolist() == [pause_ns(first) for first, _second in pairs]


def test_request_that_comes_with_the_third_packet_was_not_thought_about(spent: Spend) -> None:
    budget = spent([*OPEN[:2], "44 C PA 1 1 100", "84 S PA 1 101 200", "84.1 C A 101 201"])

    assert "client_think" not in milliseconds(budget)
    assert milliseconds(budget)["network"] == 84.1


def test_probe_of_what_had_arrived_is_no_recovery_but_a_time_out_is(spent: Spend) -> None:
    sack = ["0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1"]
    flight = [*sack, "41 C A 1 1 1000 id=1", "41.1 C PA 1001 1 1000 id=2"]
    probe = [*flight, "131 C PA 1001 1 1000 id=3", "140 S A 1 2001", "171 S A 1 2001 sack=1001:2001"]
    timer = [*flight, "441 C A 1 1 1000 id=3", "450 S A 1 2001", "481 S A 1 2001 sack=1:1001"]

    assert "recovery" not in milliseconds(spent([*probe, "200 S PA 1 2001 20"]))
    assert milliseconds(spent([*timer, "500 S PA 1 2001 20"]))["recovery"] > 300


@pytest.mark.parametrize(
    ("turns", "missing", "part"),
    [
        pytest.param(10, 2, "recovery", id="lost"),
        pytest.param(6, 2, "server_think", id="too few packets to tell"),
        pytest.param(10, 18, "server_think", id="the server's other connections"),
    ],
)
def test_answer_that_was_sent_and_lost_before_the_capture_is_recovery(
    spent: Spend, turns: int, missing: int, part: str
) -> None:
    lines = ["0 C S 0 0 id=1", "40 S SA 0 1 id=0", "40.1 C A 1 1 id=2"]
    for turn in range(turns):
        begin, asked, answered = 41 + 100 * turn, 1 + 100 * turn, 1 + 50 * turn
        lines.append(f"{begin} C PA {asked} {answered} 100 id={3 + turn}")
        late = turn == turns - 1
        number = 100 + turn + (missing if late else 0)
        lines.append(f"{begin + 41 + 300 * late} S PA {answered} {asked + 100} 50 id={number}")

    assert milliseconds(spent(lines))[part] >= 301.0


#: Seen at the server: a request that takes 500 ms.
AT_SERVER = ["0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1", "41 C PA 1 1 100", "41.1 S A 1 101"]


@pytest.mark.parametrize(
    "later",
    [
        ["541 S PA 1 101 200", "581 C A 201 201", "800 C PA 101 201 100", "800.1 S PA 201 201 10"],
        ["300 C PA 1 1 100", "300.1 S A 1 101 sack=1:101", "541 S PA 1 101 200", "581 C A 101 201"],
    ],
    ids=["the next request was lost on its way", "its acknowledgment was lost"],
)
def test_what_the_client_sends_again_is_no_part_of_what_the_server_thinks(spent: Spend, later: list[str]) -> None:
    budget = spent([*AT_SERVER, *later])

    assert milliseconds(budget)["server_think"] >= 499.9
    assert sum(budget.parts) == budget.elapsed_ns


def test_what_the_server_waited_for_of_a_request_is_recovery(spent: Spend) -> None:
    budget = spent([*AT_SERVER, "42 C PA 201 1 100", "300 C PA 101 1 100", "400 S PA 1 301 200", "440 C A 301 201"])

    assert milliseconds(budget)["recovery"] >= 200
