"""Pictures of the bundled cases: each loss shows itself and its finding, in characters and as SVG."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from captures import ACK, CLIENT, SERVER, Tape
from rich.cells import cell_len

from tcptui.charts.cells import full_view
from tcptui.charts.chart import Chart, make_chart
from tcptui.charts.figure import make_figure, notes_of, title_of
from tcptui.charts.kind import ChartKind
from tcptui.charts.marks import Mark
from tcptui.charts.svg import CHART_CSS, picture, svg
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_title
from tcptui.words.language import Language

CASES = Path(__file__).parents[2] / "cases"
SIZES = [(60, 11), (80, 19), (120, 34), (200, 45), (250, 60)]
#: Case, capture, marks that the client's data must show, and the finding told below.
LOSSES = [
    ("60-fast-retransmission", "client", {Mark.FAST_RECOVERY, Mark.SACK}, "fast-retransmission"),
    ("61-retransmission-timeout", "client", {Mark.RTO}, "retransmission-timeout"),
    ("62-tail-loss", "client", {Mark.TAIL_LOSS_PROBE}, "tail-loss"),
    ("82-zero-window", "client", {Mark.ZERO_WINDOW, Mark.ZERO_WINDOW_PROBE}, "zero-window"),
    ("69-path-mtu-blackhole", "server", {Mark.RTO}, "path-mtu-blackhole"),
    ("83-window-shrunk", "server", {Mark.ZERO_WINDOW, Mark.RTO}, "window-shrunk"),
    ("65-out-of-order", "server", {Mark.OUT_OF_ORDER}, "out-of-order"),
    ("66-network-duplicate", "server", {Mark.DUPLICATE}, "duplicated-by-network"),
    ("95-capture-missed-packets", "server", {Mark.GAP}, "capture-missed-packets"),
]


def graphs_of(case: str, side: str) -> StreamGraphs:
    graphs = StreamGraphs(open_file(min((CASES / case).glob(f"{side}.pcap*"))), 0)
    graphs.grow()
    return graphs


def sequence_of(graphs: StreamGraphs) -> Chart:
    """The time-sequence graph of the side that sent more."""
    return max((make_chart(graphs, ChartKind.SEQUENCE, side) for side in (0, 1)), key=lambda chart: chart.value_range(
        chart.begin_ns, chart.end_ns
    )[1])  # fmt: skip


@pytest.mark.parametrize(("case", "side", "marks", "finding"), LOSSES, ids=[row[0] for row in LOSSES])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_each_loss_shows_itself_and_its_finding(
    case: str, side: str, marks: set[Mark], finding: str, ascii_only: bool
) -> None:
    graphs, words = graphs_of(case, side), Words(Language.EN)
    chart = sequence_of(graphs)
    view = full_view(chart)
    title = next(finding_title(span.finding, words) for span in chart.spans if span.finding.id == finding)

    assert {layer.mark for layer in chart.layers} >= marks
    for width, height in ((80, 19), (200, 45)):
        text = make_figure(chart, view, width, height, words, ascii_only=ascii_only).text
        assert any(title[:20] in line for line in text), title
        for mark in marks:
            assert words(f"graph.mark.{mark.value}") in "\n".join(text[:3])
    assert title in re.sub("&[^;]*;", "'", svg(chart, view, words, "")).replace("&#x27;", "'") or "'" in title


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", ChartKind)
def test_figure_has_the_size_asked_for(kind: ChartKind, size: tuple[int, int], language: Language) -> None:
    graphs, words = graphs_of("83-window-shrunk", "server"), Words(language)
    for side in (0, 1):
        chart = make_chart(graphs, kind, side)
        for ascii_only in (False, True):
            figure = make_figure(chart, full_view(chart), *size, words, ascii_only=ascii_only)
            widths = [cell_len("".join(text for text, _ in line)) for line in figure.lines]
            assert len(widths) == size[1]
            assert max(widths) <= size[0]
            assert figure.plot_height >= size[1] // 2
            assert language is Language.ZH or not ascii_only or "\n".join(figure.text).isascii()
        assert title_of(chart, words)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", ChartKind)
def test_axes_say_what_they_count_in(kind: ChartKind, language: Language) -> None:
    graphs, words = graphs_of("83-window-shrunk", "server"), Words(language)
    chart = make_chart(graphs, kind, 0)
    view = full_view(chart)
    unit = re.compile(
        {"rate": "[0-9] [kMG]?B/s", "time": "[0-9] (s|ms|µs|us|ns)"}.get(chart.unit.value, "[0-9] [kMG]?B")
    )

    for width, height in ((80, 19), (200, 45)):
        for ascii_only in (False, True):
            figure = make_figure(chart, view, width, height, words, ascii_only=ascii_only)
            plot = figure.text[figure.plot_y : figure.plot_y + figure.plot_height]
            labels = [line[: figure.plot_x - 2].strip() for line in plot]
            assert {label for label in labels if label} - {"0"}
            assert all(
                unit.fullmatch(label[-len(label.lstrip("0123456789.")) - 1 :])
                for label in labels
                if label not in ("", "0")
            )
            assert re.search("[0-9] (s|ms|µs|us)", figure.text[-1])
    drawn = svg(chart, view, words, "")
    assert unit.search(drawn)
    assert words(f"graph.axis.{chart.unit.value}") in drawn


def test_svg_is_one_file_without_script_link_or_style_attribute() -> None:
    graphs, words = graphs_of("60-fast-retransmission", "client"), Words(Language.EN)
    drawn = picture([make_chart(graphs, kind, 0) for kind in ChartKind], words, 'a "<script>" & b')
    root = ElementTree.fromstring(drawn)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    attributes = {name for element in root.iter() for name in element.attrib}

    assert names <= {"svg", "title", "style", "rect", "text", "tspan", "path", "g"}
    assert not {name for name in attributes if name.startswith("on") or name in {"style", "href", "src"}}
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme:dark" in CHART_CSS
    assert "@media print" in CHART_CSS
    assert "url(" not in drawn
    assert "@import" not in drawn


def test_part_of_a_page_has_no_styles_of_its_own() -> None:
    chart = sequence_of(graphs_of("60-fast-retransmission", "client"))

    assert "<style" not in svg(chart, full_view(chart), Words(Language.EN), "x")


def test_reader_is_told_what_a_picture_lacks() -> None:
    words = Words(Language.EN)
    cut = graphs_of("97-capture-started-mid-stream", "server")
    chart = make_chart(cut, ChartKind.SEQUENCE, 1)
    flight = make_chart(graphs_of("60-fast-retransmission", "server"), ChartKind.FLIGHT, 0)

    assert words("graph.note.edge-unknown") in notes_of(chart, full_view(chart), words)
    assert chart.layer(Mark.EDGE) is None
    assert words("graph.note.congestion.not-at-sender") in notes_of(flight, full_view(flight), words)
    assert words("graph.note.counts") in notes_of(flight, full_view(flight), words)


@pytest.mark.parametrize("language", Language)
def test_every_mark_has_a_name_and_a_sentence(language: Language) -> None:
    words = Words(language)
    for mark in Mark:
        assert words.has(f"graph.mark.{mark.value}")
        assert words.has(f"graph.what.{mark.value}")


def test_scale_of_round_trips_is_that_of_clear_samples(tmp_path: Path) -> None:
    """A segment sent again after a second would press all real samples to the axis."""
    tape, client, server = Tape(), f"{CLIENT}:40000", f"{SERVER}:80"
    tape.handshake(0, client, server)
    for number, at in enumerate((100, 150, 200, 250, 300, 1_700, 1_750)):
        seq = 1001 + 100 * number
        tape.tcp(at, client, server, ACK, seq, 9001, bytes(100))
        if number == 4:  # lost
            tape.tcp(at := 1_500, client, server, ACK, seq, 9001, bytes(100))
        tape.tcp(at + 20, server, client, ACK, 9001, seq + 100)
    path = tmp_path / "resent.pcap"
    path.write_bytes(tape.pcap())
    graphs = StreamGraphs(open_file(path), 0)
    graphs.grow()
    chart = make_chart(graphs, ChartKind.RTT, 0)
    view = full_view(chart)
    drawn = make_figure(chart, view, 100, 20, Words(Language.EN)).text

    clear = chart.layer(Mark.RTT)
    assert clear is not None
    assert view.high < 1.1 * int(clear.high.max())
    assert chart.hides(Mark.DOUBTFUL_RTT, view.low, view.high, view.begin_ns, view.end_ns)
    assert any("?" in line for line in drawn[1:3])
    assert Words(Language.EN)("graph.note.rtt-above") in notes_of(chart, view, Words(Language.EN))
