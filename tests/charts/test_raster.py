"""Dots of a grid: no spike and no mark is lost, and nothing is drawn that is not there."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcptui.charts.cells import draw, full_view
from tcptui.charts.chart import Chart, _layer, _values
from tcptui.charts.kind import ChartKind
from tcptui.charts.marks import MARKS, SPEC_OF, Mark, Shape
from tcptui.charts.raster import Grid, Viewport, bars, dots, steps
from tcptui.charts.ticks import amount_labels, round_times, ticks, time_labels

TIMES = st.lists(st.integers(0, 1000), min_size=1, max_size=60)
VALUES = st.integers(0, 500)


def layer(mark, entries):
    entries = sorted(entries)
    time_ns, low, high = (np.array(column, np.int64) for column in zip(*entries, strict=True))
    return _layer(mark, time_ns, low, high, np.arange(1, len(entries) + 1, dtype=np.uint32))


@st.composite
def drawn(draw_from):
    entries = draw_from(st.lists(st.tuples(st.integers(0, 1000), VALUES, st.integers(0, 100)), min_size=1, max_size=60))
    begin = draw_from(st.integers(-50, 900))
    low = draw_from(st.integers(-50, 450))
    view = Viewport(begin, begin + draw_from(st.integers(1, 500)), low, low + draw_from(st.integers(1, 300)))
    grid = Grid(view, draw_from(st.integers(1, 40)), draw_from(st.integers(2, 40)))
    return [(time, value, value + more) for time, value, more in entries], grid


def row_of(value: int, grid: Grid) -> int:
    return int(grid.rows_of(np.array([value], np.int64))[0])


@given(drawn())
def test_bars_are_exactly_the_dots_that_each_of_them_touches(case) -> None:
    entries, grid = case
    expected = np.zeros((grid.rows, grid.columns), np.bool_)
    for time, low, high in entries:
        if grid.view.begin_ns <= time <= grid.view.end_ns:
            top, bottom = max(row_of(high, grid), 0), min(row_of(low, grid), grid.rows - 1)
            expected[top : max(bottom + 1, 0), grid.column_of(time)] = True

    assert np.array_equal(bars(layer(Mark.DATA, entries), grid), expected)


@given(drawn())
def test_dots_are_exactly_the_values_in_the_picture(case) -> None:
    entries, grid = case
    expected = np.zeros((grid.rows, grid.columns), np.bool_)
    for time, _low, high in entries:
        if grid.view.begin_ns <= time <= grid.view.end_ns and 0 <= row_of(high, grid) < grid.rows:
            expected[row_of(high, grid), grid.column_of(time)] = True

    assert np.array_equal(dots(layer(Mark.RTT, entries), grid), expected)


@given(drawn())
def test_a_line_goes_through_every_value_that_it_has(case) -> None:
    entries, grid = case
    values = sorted((time, value) for time, value, _ in entries)
    shape = layer(Mark.ACK_LINE, [(time, value, value) for time, value in values])
    found = steps(shape, grid)

    for column in range(grid.columns):
        inside = [value for time, value in values if grid.column_of(time) == column]
        before = [value for time, value in values if grid.column_of(time) < column]
        through = inside + before[-1:]
        seen = set(np.flatnonzero(found[:, column]).tolist())
        rows = {row_of(value, grid) for value in through}
        assert {row for row in rows if 0 <= row < grid.rows} <= seen
        assert not seen or min(rows) <= min(seen) <= max(seen) <= max(rows)


def test_one_spike_among_a_million_samples_is_drawn() -> None:
    count = 1_000_000
    time_ns, value = np.arange(count), np.full(count, 50, np.int64)
    value[617_283] = 1000
    chart = Chart(
        ChartKind.RTT,
        0,
        (_values(Mark.RTT, time_ns, value, np.arange(1, count + 1, dtype=np.uint32)),),
        (),
        0,
        count - 1,
    )
    lines = draw(chart, full_view(chart), 76, 18).lines()

    assert "".join(lines[:3]).strip()
    assert not "".join(lines[4:-3]).strip()


@given(st.sets(st.integers(0, 999), min_size=1, max_size=40), st.integers(20, 80), st.integers(6, 30))
def test_a_mark_is_never_thinned_away(places: set[int], width: int, height: int) -> None:
    count = 1000
    time_ns = np.arange(count, dtype=np.int64)
    marked = sorted(places)
    frames = np.arange(1, count + 1, dtype=np.uint32)
    mark = _layer(Mark.RTO, time_ns[marked], time_ns[marked] * 10, time_ns[marked] * 10 + 10, frames[marked])
    data = _layer(Mark.DATA, time_ns, time_ns * 10, time_ns * 10 + 10, frames)
    chart = Chart(ChartKind.SEQUENCE, 0, (data, mark), (), 0, count - 1)
    view = full_view(chart)
    cells = draw(chart, view, width, height)
    columns = {Grid(view, width, height).column_of(place) for place in marked}

    assert set(np.nonzero(cells.characters == ord("T"))[1].tolist()) == columns
    assert chart.counts(0, count - 1)[Mark.RTO] == len(marked)


def test_two_marks_of_one_cell_stand_beside_each_other() -> None:
    one, value = np.array([500], np.int64), np.array([50], np.int64)
    frame = np.array([1], np.uint32)
    layers = [_layer(mark, one, value, value, frame) for mark in (Mark.DUPLICATE_ACK, Mark.ZERO_WINDOW, Mark.RTO)]
    chart = Chart(ChartKind.SEQUENCE, 0, tuple(layers), (), 0, 1000)
    text = "".join(draw(chart, Viewport(0, 1000, 0, 100), 40, 10).lines())

    assert all(text.count(SPEC_OF[each.mark].letter) == 1 for each in layers)


def test_marks_differ_without_colour_and_in_ascii() -> None:
    for letters in ([spec.letter for spec in MARKS], [spec.plain for spec in MARKS]):
        assert all(len(letter) == 1 for letter in letters)
    drawn_alone = [spec for spec in MARKS if spec.shape is Shape.LETTERS and spec.mark is not Mark.DOUBTFUL_RTT]
    assert len({spec.plain for spec in drawn_alone}) == len(drawn_alone)
    assert all(spec.plain.isascii() for spec in MARKS)


def test_ascii_picture_is_ascii() -> None:
    chart = Chart(ChartKind.SEQUENCE, 0, (layer(Mark.DATA, [(0, 0, 10), (9, 10, 20)]),), (), 0, 9)

    assert "".join(draw(chart, full_view(chart), 30, 8, ascii_only=True).lines()).isascii()


@given(st.integers(-(10**15), 10**15), st.integers(0, 10**15), st.integers(1, 30))
def test_ticks_are_round_within_the_axis_and_no_more_than_asked(low: int, length: int, most: int) -> None:
    places = ticks(low, low + length, most)

    assert len(places) <= most
    assert all(low <= place <= low + length for place in places)
    steps_between = {after - before for before, after in pairwise(places)}
    assert len(steps_between) <= 1
    assert all(str(step).rstrip("0") in {"1", "2", "5"} for step in steps_between)
    assert len(set(amount_labels(places, "B"))) == len(places)
    assert len(set(time_labels(places))) == len(places)


def test_labels_have_one_unit_and_the_digits_that_tell_them_apart() -> None:
    assert time_labels([0, 250_000_000, 500_000_000]) == ["0", "250 ms", "500 ms"]
    assert time_labels([500_000_000, 1_000_000_000]) == ["0.5 s", "1.0 s"]
    assert amount_labels([0, 1500, 3000], "B/s") == ["0", "1.5 kB/s", "3.0 kB/s"]
    assert time_labels([5_000], ascii_only=True) == ["5 us"]


@pytest.mark.parametrize(
    ("begin_s", "end_s", "most", "labels"),
    [
        (0, 600, 6, ["0", "200 s", "400 s", "600 s"]),
        (0, 3600, 8, ["0", "10 min", "20 min", "30 min", "40 min", "50 min", "60 min"]),
        (4000, 90_000, 9, ["3 h", "6 h", "9 h", "12 h", "15 h", "18 h", "21 h", "24 h"]),
        (0, 126_576_000, 8, ["0", "200 d", "400 d", "600 d", "800 d", "1000 d", "1200 d", "1400 d"]),
    ],
)
def test_long_axis_of_times_has_round_minutes_hours_or_days(
    begin_s: int, end_s: int, most: int, labels: list[str]
) -> None:
    assert time_labels(round_times(begin_s * 10**9, end_s * 10**9, most)) == labels


@given(st.integers(0, 10**18), st.integers(0, 10**18), st.integers(0, 30))
@example(10_984_809_905_264_062, 1, 2)
def test_round_times_are_within_the_axis_at_one_distance_and_told_apart(begin: int, length: int, most: int) -> None:
    places = round_times(begin, begin + length, most)

    assert len(places) <= most
    assert all(begin <= place <= begin + length for place in places)
    assert len({after - before for before, after in pairwise(places)}) <= 1
    assert len(set(time_labels(places))) == len(places)
