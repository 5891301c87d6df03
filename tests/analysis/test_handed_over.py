"""Data that a program hands over piece by piece are its own time, and what really waited for room or the way is not."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from traces import write_trace
from written import MSS, Written

from tcptui.access.open_capture import view_of
from tcptui.analysis.rate.limit import Limit
from tcptui.analysis.rate.limits import rate_limits
from tcptui.analysis.timing.budget import Part, time_budget
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tcptui.analysis.stream.view import StreamView

    Look = Callable[[Sequence[str]], StreamView]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """From trace lines to their stream."""

    def run(lines: Sequence[str]) -> StreamView:
        return view_of(open_file(write_trace(tmp_path / "written.pcap", lines)), 0)

    return run


def ticks(every_ms: float, size: int, jitter: float = 0.2) -> list[tuple[float, int]]:
    """Pieces of ``size`` for two seconds at most, each up to ``jitter`` of its distance early or late."""
    chance = random.Random(size)
    count = min(round(2_000 / every_ms), 200)
    return [(every_ms * (number + 1 + chance.uniform(-jitter, jitter)), size) for number in range(count)]


def share(view: StreamView, part: Part) -> float:
    """The share of ``part`` in the time behind the handshake."""
    budget = time_budget(view)
    handed = budget.elapsed_ns - (budget[Part.NETWORK] if part is not Part.NETWORK else 0)
    return budget[part] / handed


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [100, MSS, 4_000])
@pytest.mark.parametrize(
    ("every_ms", "rtt_ms"), [(1, 2), (5, 2), (5, 5), (5, 40), (20, 2), (20, 40), (20, 150), (100, 150)]
)
def test_a_program_that_writes_again_and_again_is_what_its_segments_wait_for(
    look: Look, every_ms: int, rtt_ms: float, size: int, place: float
) -> None:
    """Whatever the round trip, and wherever it was captured: shorter, as long as, and longer than the gap."""
    stamps = bool(every_ms % 2)
    view = look(Written(ticks(every_ms, size), first=100, rtt_ms=rtt_ms, place=place, stamps=stamps).lines())

    assert share(view, Part.SENDER) > 0.85
    assert share(view, Part.NETWORK_LIMITED) < 0.1
    for limits in rate_limits(view)[:1]:
        assert limits is None or limits.main is Limit.APPLICATION


@pytest.mark.parametrize("more", [{"stamps": False}, {"every": 1}, {"delayed_ms": 200.0}, {"opened": False}])
@pytest.mark.parametrize("place", [0.0, 1.0])
def test_it_is_so_without_stamps_with_each_acknowledged_with_late_acks_and_from_mid_stream(
    look: Look, place: float, more: dict[str, float]
) -> None:
    view = look(Written(ticks(5, 300, 0.4), place=place, **more).lines())  # type: ignore[arg-type]

    assert share(view, Part.SENDER) > 0.9


BULK = [(0.0, 65_536)] * 12
ONES = [(0.0, MSS)] * 500
SMALL = [(0.0, 700)] * 1_000


@pytest.mark.parametrize("pieces", [BULK, ONES, SMALL], ids=["bulk", "ones", "small"])
@pytest.mark.parametrize("place", [0.0, 1.0])
@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"window": 20_480}, Part.RECEIVE_WINDOW),
        ({"most": 12}, Part.NETWORK_LIMITED),
        ({"service_ms": 3.0, "most": 60}, Part.NETWORK_LIMITED),
    ],
    ids=["window", "flight", "line"],
)
def test_what_waited_for_room_or_the_way_does_so_still(
    look: Look, pieces: list[tuple[float, int]], place: float, more: dict[str, float], part: Part
) -> None:
    """Also where a program wrote small pieces: what waits behind others is sent in whole segments."""
    view = look(Written(pieces, place=place, **more).lines())  # type: ignore[arg-type]

    assert share(view, part) > 0.9
    assert share(view, Part.SENDER) < 0.05


@pytest.mark.parametrize("place", [0.0, 1.0])
def test_a_pace_is_not_the_programs(look: Look, place: float) -> None:
    assert share(look(Written(BULK, pace_ms=2, place=place).lines()), Part.SENDER) < 0.05


@pytest.mark.parametrize("wakes_ms", [0.2, 0.6])
@pytest.mark.parametrize("rtt_ms", [20, 60])
def test_a_send_buffer_of_which_each_segment_is_pushed_waits_for_acknowledgments(
    look: Look, rtt_ms: float, wakes_ms: float
) -> None:
    """The program writes a segment whenever an acknowledgment has made room for it, and PSH is on each."""
    options = "scale=7 sackok=1"
    lines = [f"0 C S 0 0 {options}", f"{rtt_ms} S SA 0 1 {options}", f"{rtt_ms + 0.1} C A 1 1 win=500"]
    events = [(rtt_ms + 1 + number * rtt_ms / 8, number) for number in range(8)]
    for at, number in events:
        if number < 300:
            lines.append(f"{at:.3f} C PA {1 + number * MSS} 1 {MSS} win=500")
            lines.append(f"{at + rtt_ms:.3f} S A 1 {1 + (number + 1) * MSS} win=30000")
            events.append((at + rtt_ms + wakes_ms, number + 8))
    view = look(sorted(lines, key=lambda line: float(line.split()[0])))

    assert share(view, Part.NETWORK_LIMITED) > 0.9
