"""Round trips of both directions in one picture, and logarithmic axes for values far apart."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

import numpy as np
import pytest
from far_apart import recorded_at_client

from tcptui.charts.cells import draw, full_view
from tcptui.charts.chart import Chart, make_chart
from tcptui.charts.figure import make_figure, notes_of
from tcptui.charts.kind import ChartKind
from tcptui.charts.marks import SPEC_OF, Mark
from tcptui.charts.raster import Grid, Viewport
from tcptui.charts.svg import svg
from tcptui.charts.ticks import log_ticks
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

WORDS = Words(Language.EN)


@pytest.fixture
def graphs(tmp_path: Path) -> StreamGraphs:
    made = StreamGraphs(open_file(recorded_at_client(tmp_path)), 0)
    made.grow()
    return made


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_round_trips_of_both_sides_are_told_apart_without_colour(
    graphs: StreamGraphs, side: int, *, ascii_only: bool
) -> None:
    chart = make_chart(graphs, ChartKind.RTT, side)
    mine, other = chart.layer(Mark.RTT), chart.layer(Mark.OTHER_RTT)
    text = make_figure(chart, full_view(chart, is_log=True), 100, 24, WORDS, ascii_only=ascii_only).text

    assert mine is not None
    assert other is not None
    assert (len(mine.high), len(other.high)) == (41, 41)
    assert (int(mine.high.max()) > 10**7) == (side == 0)
    assert (int(other.high.max()) > 10**7) == (side == 1)
    assert f"o {WORDS('graph.mark.other-rtt')} 41" in "\n".join(text[:3])
    plot = "\n".join(text[2:-1])
    assert plot.count("o") >= 20
    assert "other side's RTT" in unescape(svg(chart, full_view(chart), WORDS, "x"))


def test_signs_of_the_other_side_cover_nothing(graphs: StreamGraphs) -> None:
    chart = make_chart(graphs, ChartKind.RTT, 0)
    alone = Chart(
        chart.kind, 0, tuple(layer for layer in chart.layers if layer.mark is not Mark.OTHER_RTT), (), 0, chart.end_ns
    )
    view = full_view(chart)
    without, both = (draw(each, view, 60, 12).lines() for each in (alone, chart))

    changed = {(old, new) for one, two in zip(without, both, strict=True) for old, new in zip(one, two, strict=True)}
    assert {pair for pair in changed if pair[0] != pair[1]} == {(" ", SPEC_OF[Mark.OTHER_RTT].letter)}


def test_logarithmic_axis_shows_what_an_even_one_presses_to_the_ground(graphs: StreamGraphs) -> None:
    chart = make_chart(graphs, ChartKind.RTT, 0)
    even, log = full_view(chart), full_view(chart, is_log=True)
    figure = make_figure(chart, log, 100, 24, WORDS)
    labels = {line[: figure.plot_x - 2].strip() for line in figure.text[figure.plot_y :]} - {""}

    assert chart.spread(chart.begin_ns, chart.end_ns) > 100
    assert not even.is_log
    assert log.is_log
    assert {"100 µs", "1 ms", "10 ms"} <= labels
    assert WORDS("graph.note.log") in notes_of(chart, log, WORDS)
    assert WORDS("graph.note.log") not in notes_of(chart, even, WORDS)
    grid = Grid(log, 10, 101)
    least, most = chart.least_positive(chart.begin_ns, chart.end_ns), log.high
    middle = round((least * most) ** 0.5)
    assert grid.rows_of(np.array([0, least, middle, most])).tolist() == [101, 100, 50, 0]


def test_sequence_numbers_have_no_logarithmic_axis(graphs: StreamGraphs) -> None:
    chart = make_chart(graphs, ChartKind.SEQUENCE, 0)

    assert chart.spread(chart.begin_ns, chart.end_ns) == 1


@pytest.mark.parametrize(
    ("low", "high", "most", "places"),
    [
        (40, 600, 6, [50, 100, 200, 500]),
        (40, 600, 3, [100]),
        (1, 10**9, 5, [1, 100, 10**4, 10**6, 10**8]),
        (1, 1, 5, [1]),
        (11, 12, 5, []),
    ],
)
def test_places_of_a_logarithmic_axis_are_round(low: int, high: int, most: int, places: list[int]) -> None:
    assert log_ticks(low, high, most) == places


def test_value_that_is_not_positive_is_below_a_logarithmic_picture() -> None:
    view = Viewport(0, 9, 10, 1000, is_log=True)

    assert Grid(view, 1, 3).rows_of(np.array([-5, 0, 1, 10, 100, 1000, 10**6])).tolist() == [3, 3, 3, 2, 1, 0, -1]
