"""The band of limits below a graph, in cells, in ASCII and as SVG."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from traces import write_trace
from transfers import Transfer

from tcptui.analysis.rate.limit import Limit
from tcptui.charts.band import INK_OF, LETTERS
from tcptui.charts.cells import full_view
from tcptui.charts.chart import Chart, make_chart
from tcptui.charts.figure import make_figure
from tcptui.charts.kind import ChartKind
from tcptui.charts.svg import svg
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=[ChartKind.SEQUENCE, ChartKind.THROUGHPUT])
def chart(tmp_path: Path, request: pytest.FixtureRequest) -> Chart:
    """A transfer that its window limits in its first half, and the network in the second."""
    transfer = Transfer(window=lambda now: 10_240 if now < 2_000 else 1_000_000, segments=1_500, threshold=12)
    graphs = StreamGraphs(open_file(write_trace(tmp_path / "halves.pcap", transfer.lines())), 0)
    graphs.grow()
    return make_chart(graphs, request.param, 0)


def test_every_limit_has_a_letter_of_its_own_and_every_party_an_ink() -> None:
    assert set(LETTERS) == set(Limit)
    assert len(set(LETTERS.values())) == len(Limit)
    assert all(letter.isascii() and len(letter) == 1 for letter in LETTERS.values())
    assert len(set(INK_OF.values())) == len(INK_OF)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_band_changes_its_letter_where_the_limit_changed(
    chart: Chart, language: Language, *, ascii_only: bool
) -> None:
    words = Words(language)
    figure = make_figure(chart, full_view(chart), 100, 24, words, ascii_only=ascii_only)
    band = figure.text[figure.plot_y + figure.plot_height]
    legend = figure.text[figure.plot_y + figure.plot_height + 1]

    assert re.fullmatch(r" +[WG]+[A-Z]+", band), band
    assert set(band.strip()[-5:]) <= set("SNBT")
    assert legend.startswith(words("graph.limited-by"))
    for limit in {stretch.limit for stretch in chart.limits}:
        assert f"{LETTERS[limit]} {words(f'rate.limit.{limit.label}')}" in legend
    assert all(cell_len(line) <= 100 for line in figure.text)
    assert len(figure.text) == 24


def test_a_low_picture_has_no_band(chart: Chart) -> None:
    figure = make_figure(chart, full_view(chart), 80, 12, Words(Language.EN))

    assert not any("Limited by" in line for line in figure.text)


def test_the_svg_names_each_stretch(chart: Chart) -> None:
    drawn = svg(chart, full_view(chart), Words(Language.EN), "")

    assert "Limited by:" in drawn
    assert drawn.count("<title>receive window") >= 1


def test_what_limited_a_moment_is_found_by_its_time(chart: Chart) -> None:
    first, last = chart.limits[0], chart.limits[-1]

    assert chart.limit_at(first.begin_ns - 1) is None
    assert chart.limit_at(first.begin_ns) is first.limit
    assert chart.limit_at(last.end_ns) is last.limit
    assert chart.limit_at(last.end_ns + 1) is None
