"""Pauses of a program that hands over without pushing, as at its disk, are no time of the path's."""

from __future__ import annotations

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
    from collections.abc import Callable
    from pathlib import Path

    from tcptui.analysis.stream.view import StreamView

    Look = Callable[[Written], StreamView]

BULK = [(0.0, 65_536)] * 15


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """From what is handed over to its stream."""

    def run(written: Written) -> StreamView:
        return view_of(open_file(write_trace(tmp_path / "written.pcap", written.lines())), 0)

    return run


def from_disk(pause_ms: float) -> list[tuple[float, int]]:
    """Pieces of 44 whole segments that a program reads from a disk, one every ``pause_ms``."""
    return [(pause_ms * number, 44 * MSS) for number in range(20)]


def share(view: StreamView, *parts: Part) -> float:
    """The share of ``parts`` in the time."""
    budget = time_budget(view)
    return sum(budget[part] for part in parts) / budget.elapsed_ns


@pytest.mark.parametrize("pause_ms", [100, 150, 190])
@pytest.mark.parametrize("rtt_ms", [4, 20, 40])
def test_at_the_sender_a_wait_with_nothing_under_way_is_its_programs(
    look: Look, rtt_ms: float, pause_ms: float
) -> None:
    view = look(Written(from_disk(pause_ms), corked=True, rtt_ms=rtt_ms))

    assert share(view, Part.SENDER) > 0.75


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("place", [0.5, 1.0])
@pytest.mark.parametrize(("pause_ms", "rtt_ms"), [(60, 4), (100, 4), (120, 20), (190, 4), (190, 20), (190, 40)])
def test_elsewhere_it_is_told_where_stamps_show_that_the_way_does_not_explain_it(
    look: Look, rtt_ms: float, pause_ms: float, place: float, *, opened: bool
) -> None:
    view = look(Written(from_disk(pause_ms), corked=True, rtt_ms=rtt_ms, place=place, opened=opened))

    assert share(view, Part.SENDER) > 0.6
    assert share(view, Part.NETWORK_LIMITED) < 0.25


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("place", [0.5, 1.0])
@pytest.mark.parametrize(("pause_ms", "rtt_ms"), [(60, 4), (100, 4), (120, 20), (190, 4), (190, 20), (190, 40)])
def test_without_stamps_it_is_nobodys(
    look: Look, rtt_ms: float, pause_ms: float, place: float, *, opened: bool
) -> None:
    """A queue, or an acknowledgment that was held up, may have taken as long."""
    written = Written(from_disk(pause_ms), corked=True, rtt_ms=rtt_ms, place=place, opened=opened, stamps=False)
    view = look(written)

    assert share(view, Part.UNATTRIBUTED) > 0.6
    assert share(view, Part.NETWORK_LIMITED) < 0.25


@pytest.mark.parametrize("stamps", [True, False])
@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("place", [0.5, 1.0])
@pytest.mark.parametrize(
    "more", [{"window": 20_480}, {"most": 12}, {"service_ms": 3.0, "most": 60}, {"service_ms": 3.0, "window": 40_960}]
)
def test_a_full_window_or_flight_from_mid_stream_is_never_put_down_to_the_program(
    look: Look, more: dict[str, float], place: float, *, opened: bool, stamps: bool
) -> None:
    """Where nothing measures how far the sender is, nothing tells how late an acknowledgment reached it."""
    view = look(Written(BULK, place=place, opened=opened, stamps=stamps, **more))  # type: ignore[arg-type]
    limits = rate_limits(view)[0]

    assert share(view, Part.SENDER) < 0.05
    assert limits is None or limits.main is not Limit.APPLICATION


@pytest.mark.parametrize("stamps", [True, False])
@pytest.mark.parametrize(("service_ms", "rtt_ms"), [(2.0, 40), (3.0, 20), (12.0, 4), (5.0, 80)])
def test_one_rate_of_arrival_is_the_networks_also_from_mid_stream(
    look: Look, service_ms: float, rtt_ms: float, *, stamps: bool
) -> None:
    """Segments that a window let go come a flight at a time: what comes evenly was set apart by a line, or a pace."""
    pieces = [(0.0, 65_536)] * 6
    view = look(Written(pieces, service_ms=service_ms, most=60, rtt_ms=rtt_ms, place=1, opened=False, stamps=stamps))

    assert share(view, Part.NETWORK_LIMITED, Part.NETWORK) > 0.9


def test_how_far_the_sender_is_is_measured_by_what_it_echoes(look: Look) -> None:
    """At the receiver, from mid-stream: so waits for acknowledgments of full flights are told as such."""
    view = look(Written(BULK, most=12, place=1, opened=False))

    assert time_budget(view).delays.captured_at(0) is False
    assert share(view, Part.NETWORK_LIMITED) > 0.9


@pytest.mark.parametrize("stamps", [True, False])
@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("more", [{"pace_ms": 2.0}, {"pace_ms": 3.0, "rtt_ms": 100.0}, {"service_ms": 3.0, "most": 60}])
def test_at_the_sender_what_leaves_at_one_pace_between_two_acknowledgments_is_the_networks(
    look: Look, more: dict[str, float], *, opened: bool, stamps: bool
) -> None:
    """More was waiting, there was room, and no acknowledgment was needed: half of such a transfer was nobody's."""
    view = look(Written(BULK, opened=opened, stamps=stamps, **more))  # type: ignore[arg-type]

    assert share(view, Part.NETWORK_LIMITED, Part.NETWORK) > 0.85
    assert share(view, Part.UNATTRIBUTED) < 0.1


@pytest.mark.parametrize("pause_ms", [8.0, 20.0])
def test_at_the_sender_short_waits_of_a_program_between_bursts_are_no_pace(look: Look, pause_ms: float) -> None:
    """They are shorter than a pause, and no acknowledgment came meanwhile."""
    pieces = [(pause_ms * number + 400 * (number // 3), 12 * MSS) for number in range(18)]
    view = look(Written(pieces, corked=True, rtt_ms=100, first=200))

    assert share(view, Part.NETWORK_LIMITED) < 0.1
