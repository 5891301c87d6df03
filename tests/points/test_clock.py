"""Two clocks: the interval holds the truth, drift and steps are found, contradictions are not printed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from tcptui.points.clock import NS, compare_clocks
from tcptui.points.lines import lines_between, upper_hull

BEGAN = 1_700_000_000 * NS


class Seen(NamedTuple):
    """Packets that both points saw."""

    time_ns: np.ndarray
    offset_ns: np.ndarray
    is_low: np.ndarray


def seen(
    seed: int, *, count: int = 400, seconds: float = 30.0, there: float = 2e6, back: float = 7e6, offset: float = 0.0,
    drift: float = 0.0, step: float = 0.0,
) -> Seen:  # fmt: skip
    """Packets of a path that takes ``there`` and ``back`` at least; the clock steps in the middle."""
    draw = np.random.default_rng(seed)
    sent = np.sort(draw.uniform(0, seconds, count))
    goes_ab = draw.random(count) < 0.5
    took = np.where(goes_ab, there, back) + draw.exponential(3e6, count)
    at_a = np.where(goes_ab, sent, sent + took / NS)
    at_b = np.where(goes_ab, sent + took / NS, sent)
    wrong = offset + drift * NS * at_b + np.where(at_b >= seconds / 2, step, 0)
    time_a = BEGAN + (at_a * NS).astype(np.int64)
    time_b = BEGAN + (at_b * NS).astype(np.int64) - wrong.astype(np.int64)
    return Seen(time_a, time_a - time_b, goes_ab)


@pytest.mark.parametrize("seed", range(8))
def test_interval_holds_the_offset_and_is_as_wide_as_the_path(seed: int) -> None:
    offset = float(np.random.default_rng(seed + 100).uniform(-1, 1)) * 10.0 ** (5 + seed)

    clocks = compare_clocks(*seen(seed, offset=offset), 1)

    assert clocks is not None
    found = clocks.offset
    assert found.low_ns is not None
    assert found.high_ns is not None
    assert found.low_ns - 1_000 <= offset <= found.high_ns + 1_000
    assert 9e6 <= found.high_ns - found.low_ns < 12e6
    assert clocks.steps == ()


@pytest.mark.parametrize("drift", [80e-6, -35e-6])
def test_drift_is_measured_where_packets_are_far_enough_apart(drift: float) -> None:
    clocks = compare_clocks(*seen(3, seconds=600, drift=drift), 1)

    assert clocks is not None
    assert clocks.drift == pytest.approx(drift, abs=15e-6)
    low, high = clocks.drift_range
    assert low <= drift <= high


def test_short_captures_tell_no_drift() -> None:
    clocks = compare_clocks(*seen(3, seconds=1), 1)

    assert clocks is not None
    assert clocks.drift is None


@pytest.mark.parametrize("step", [400e6, -90e6])
def test_step_is_found_with_its_time_and_size(step: float) -> None:
    clocks = compare_clocks(*seen(5, step=step, offset=5e6), 1)

    assert clocks is not None
    (found,) = clocks.steps
    assert found.offset_ns == pytest.approx(step, abs=9e6)
    assert found.time_ns - BEGAN == pytest.approx(15 * NS, abs=NS)
    assert clocks.offset.low_ns is not None
    assert clocks.offset.low_ns <= 5e6


def test_packet_paired_wrongly_does_not_move_the_interval() -> None:
    truth = seen(7)
    offsets = truth.offset_ns.copy()
    offsets[200] += 5 * NS if truth.is_low[200] else -5 * NS

    clocks = compare_clocks(truth.time_ns, offsets, truth.is_low, 1)

    assert clocks is not None
    assert clocks.steps == ()
    assert clocks.left_out > 0
    assert clocks.offset.low_ns is not None
    assert clocks.offset.low_ns <= 0


def test_packets_that_do_not_belong_together_give_no_interval() -> None:
    draw = np.random.default_rng(1)
    time_ns = BEGAN + np.sort(draw.integers(0, 30 * NS, 300))

    assert compare_clocks(time_ns, draw.integers(-NS, NS, 300), draw.random(300) < 0.5, 1) is None


def test_one_direction_bounds_one_side() -> None:
    truth = seen(9)
    there = truth.is_low

    clocks = compare_clocks(truth.time_ns[there], truth.offset_ns[there], truth.is_low[there], 1)

    assert clocks is not None
    assert clocks.offset.low_ns is not None
    assert clocks.offset.low_ns <= 0
    assert clocks.offset.high_ns is None
    assert clocks.offset.best_ns is None
    assert clocks.offset.width_ns is None


def test_without_packets_there_is_nothing_to_say() -> None:
    nothing = np.zeros(0, np.int64)

    assert compare_clocks(nothing, nothing, nothing.astype(bool), 1) is None


def test_hull_above_is_that_of_the_definition() -> None:
    draw = np.random.default_rng(2)
    x, y = np.sort(draw.integers(0, 40, 60)).astype(float), draw.integers(0, 40, 60).astype(float)

    hull = upper_hull(x, y)

    above = np.interp(x, x[hull], y[hull])
    assert (above >= y - 1e-9).all()
    assert (np.diff(np.diff(y[hull]) / np.diff(x[hull])) < 0).all()


def test_no_line_fits_between_points_that_cross() -> None:
    one = np.array([0.0, 1.0])

    assert lines_between((one, np.array([0.0, 0.0])), (one, np.array([10.0, 10.0])), 0.0) is not None
    assert lines_between((one, np.array([20.0, 20.0])), (one, np.array([10.0, 10.0])), 0.0) is None
