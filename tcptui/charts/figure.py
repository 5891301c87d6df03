"""A chart with its axes, legend, findings and notes, as lines of inked text: for terminals and for scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.cells import cell_len, set_cell_size

from tcptui.charts.axes import axis_labels
from tcptui.charts.band import band_limits, band_lines
from tcptui.charts.cells import cell_grid, draw
from tcptui.charts.kind import ChartKind
from tcptui.charts.marks import MARKS, SPEC_OF, Ink, Mark, Shape
from tcptui.charts.ticks import round_times, time_labels
from tcptui.model.finding import Severity
from tcptui.session.graphs.trace import SIDES
from tcptui.words.finding_text import finding_title
from tcptui.words.quantities import unbroken_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.charts.chart import Chart
    from tcptui.charts.raster import Viewport
    from tcptui.session.graphs.stream_graphs import Span
    from tcptui.words.catalogue import Words

    Run = tuple[str, Ink]
    Line = list[Run]

#: Cells between two entries of the legend, and between two labels of the time axis at least.
_GAP: Final = 2
_LABEL_GAP: Final = 4
#: Rows of the plot for each label of the vertical axis.
_LABEL_ROWS: Final = 3
#: A picture of fewer rows has one line of findings and one of legend less.
_LOW: Final = 10
#: Lines of the band of limits and its legend, which pictures have from so many rows on.
_BAND: Final = 2
_BAND_FROM: Final = 14
_HIGH: Final = 24
#: Marks of which some may be above the picture, and what is said then.
_ABOVE: Final = {Mark.EDGE: "graph.note.edge-above", Mark.DOUBTFUL_RTT: "graph.note.rtt-above"}
_INK_OF: Final = {Severity.NOTE: Ink.NOTE, Severity.WARNING: Ink.WARNING, Severity.ERROR: Ink.ERROR}
#: Signs of severity and the line of a span, as on the screens (`ui.theme.Glyphs`).
_SIGNS: Final = ({Severity.NOTE: "·", Severity.WARNING: "!", Severity.ERROR: "✗"}, "━", "…")
_PLAIN_SIGNS: Final = ({Severity.NOTE: ".", Severity.WARNING: "!", Severity.ERROR: "x"}, "=", "~")


@dataclass(frozen=True, slots=True)
class Figure:
    """``lines`` of at most the width asked for, and where the plot is in them."""

    lines: tuple[Line, ...]
    plot_x: int
    plot_y: int
    plot_width: int
    plot_height: int

    @property
    def text(self) -> list[str]:
        """The lines without their inks."""
        return ["".join(text for text, _ink in line).rstrip() for line in self.lines]


def make_figure(
    chart: Chart, view: Viewport, width: int, height: int, words: Words, *, ascii_only: bool = False
) -> Figure:
    """``chart`` in exactly ``height`` lines of ``width`` cells: legend, plot, findings, time axis."""
    room = 1 if height < _LOW else 2
    legend = list(_legend(chart, view, width, words, ascii_only=ascii_only))[: room if height < _HIGH else 3]
    spans = [span for span in chart.spans if span.end_ns >= view.begin_ns and span.begin_ns <= view.end_ns]
    spans = spans[: room if height < _HIGH else 4]
    below = 0 if height < _BAND_FROM or not band_limits(chart, view) else _BAND
    plot_height = max(1, height - len(legend) - len(spans) - below - 1)
    most = max(2, plot_height // _LABEL_ROWS)
    places, labels = axis_labels(view, most, chart.unit, ascii_only=ascii_only)
    margin = max(map(cell_len, labels), default=0) + 1
    plot_width = max(1, width - margin - 1)
    cells = draw(chart, view, plot_width, plot_height, ascii_only=ascii_only)
    grid = cell_grid(view, plot_width, plot_height)
    at = {int(row): label for row, label in zip(_rows(places, view, plot_height), labels, strict=True)}
    lines: list[Line] = [*legend]
    rule, tick = ("|", "+") if ascii_only else ("│", "┤")
    for row, (characters, inks) in enumerate(zip(cells.characters.tolist(), cells.inks.tolist(), strict=True)):
        label = at.get(row, "")
        axis = " " * (margin - 1 - cell_len(label)) + label + " " + (tick if label else rule)
        lines.append([(axis, Ink.AXIS), *_runs(characters, inks)])
    if below:
        lines += band_lines(chart, view, margin + 1, plot_width, width, words)
    for span in spans:
        begin = min(max(grid.column_of(span.begin_ns), 0), plot_width - 1)
        end = min(max(grid.column_of(span.end_ns), begin), plot_width - 1)
        lines.append(_span_line(span, margin + 1 + begin, margin + 1 + end, width, words, ascii_only=ascii_only))
    lines.append(_time_axis(view, margin, plot_width, width, ascii_only=ascii_only))
    return Figure(tuple(lines), margin + 1, len(legend), plot_width, plot_height)


def _rows(places: Sequence[int], view: Viewport, height: int) -> list[int]:
    grid = cell_grid(view, 1, height)
    return [int(row) for row in grid.rows_of(np.array(places, np.int64))]


def _runs(characters: list[int], inks: list[int]) -> Iterator[Run]:
    """Cells of one ink after another as one text."""
    begin = 0
    for place in range(1, len(inks) + 1):
        if place == len(inks) or inks[place] != inks[begin]:
            yield "".join(map(chr, characters[begin:place])), Ink(inks[begin])
            begin = place


def legend_entries(chart: Chart, view: Viewport, *, ascii_only: bool) -> list[tuple[Mark, str, int]]:
    """Each mark in the picture with its letter and how often it is there (0: a line), the most telling first."""
    counts = chart.counts(view.begin_ns, view.end_ns)
    shown = []
    for spec in reversed(MARKS):
        layer = chart.layer(spec.mark)
        if layer is None:
            continue
        is_line = spec.shape not in (Shape.LETTERS, Shape.BLOCKS, Shape.SIGNS)
        goes_on = spec.shape is Shape.STEPS and int(layer.time_ns[0]) <= view.end_ns
        if counts[spec.mark] or goes_on:
            shown.append((spec.mark, spec.plain if ascii_only else spec.letter, 0 if is_line else counts[spec.mark]))
    return shown


def _legend(chart: Chart, view: Viewport, width: int, words: Words, *, ascii_only: bool) -> Iterator[Line]:
    """The legend in lines: letter, name and number of each mark in the picture."""
    line: Line = []
    used = 0
    for mark, letter, count in legend_entries(chart, view, ascii_only=ascii_only):
        name = words(f"graph.mark.{mark.value}")
        text = f" {name} {count:,}" if count > 1 else f" {name}"
        size = 1 + cell_len(text) + _GAP
        if used and used + size - _GAP > width:
            yield line
            line, used = [], 0
        line += [(letter, SPEC_OF[mark].ink), (text + " " * _GAP, Ink.AXIS)]
        used += size
    if line:
        yield line


def _span_line(span: Span, begin: int, end: int, width: int, words: Words, *, ascii_only: bool) -> Line:
    """The stretch of a finding, its title where there is most room for it: behind, before, or in the stretch."""
    signs, bar, ellipsis = _PLAIN_SIGNS if ascii_only else _SIGNS
    severity = span.finding.severity
    drawn = signs[severity] + bar * (end - begin)
    title = finding_title(span.finding, words)
    if ascii_only:
        title = title.replace("→", "->")
    behind, before = width - end - 2, begin - 1
    ink = _INK_OF[severity]
    inside = end - begin - 3
    if cell_len(title) > behind and inside > max(behind, before):
        text = f"{bar} {_cut(title, inside - 1, ellipsis)} "
        drawn = signs[severity] + text + bar * (end - begin - cell_len(text))
        return [(" " * begin, Ink.NONE), (drawn, ink)]
    if cell_len(title) <= behind or behind >= before:
        return [(" " * begin, Ink.NONE), (drawn, ink), (" " + _cut(title, behind, ellipsis), ink)]
    text = _cut(title, before, ellipsis)
    return [(" " * (begin - 1 - cell_len(text)), Ink.NONE), (text + " ", ink), (drawn, ink)]


def _cut(text: str, width: int, ellipsis: str) -> str:
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + ellipsis if width > 1 else ""


def _time_axis(view: Viewport, margin: int, plot_width: int, width: int, *, ascii_only: bool) -> Line:
    """The line of the time axis: a tick and a time at round places."""
    grid = cell_grid(view, plot_width, 1)
    most = max(2, plot_width // 14)
    places = round_times(view.begin_ns, view.end_ns, most)
    labels = time_labels(places, ascii_only=ascii_only)
    line = " " * margin + ("+" if ascii_only else "└")
    for place, label in zip(places, labels, strict=True):
        at = margin + 1 + grid.column_of(place)
        text = ("+" if ascii_only else "┬") + label
        if at < cell_len(line) + (1 if cell_len(line) > margin + 1 else 0) or at + cell_len(text) > width:
            continue
        fill = "-" if ascii_only else "─"
        line += fill * (at - cell_len(line)) + text + " "
    line = line.rstrip()
    return [(line + ("-" if ascii_only else "─") * (width - cell_len(line)), Ink.AXIS)]


def title_of(chart: Chart, words: Words) -> str:
    """What the chart shows, of whose data."""
    whose = words(f"graph.of.{SIDES[chart.side]}")
    return words("graph.title", kind=words(f"graph.kind.{chart.kind.value}"), whose=whose)


def notes_of(chart: Chart, view: Viewport, words: Words) -> list[str]:
    """What a reader has to know who compares the picture with others, or misses something in it."""
    if not chart.layers:
        return [words(f"graph.note.empty.{chart.kind.value}")]
    notes = [words("graph.note.log")] if view.is_log else []
    if chart.kind is ChartKind.THROUGHPUT:
        notes.append(words("graph.note.interval", interval=unbroken_duration(chart.interval_ns, words)))
    if chart.edge_unknown:
        notes.append(words("graph.note.edge-unknown"))
    for mark, key in _ABOVE.items():
        if chart.hides(mark, view.low, view.high, view.begin_ns, view.end_ns):
            notes.append(words(key))
    if chart.kind in (ChartKind.WINDOW, ChartKind.FLIGHT):
        notes.append(words("graph.note.counts"))
    if chart.why_no_congestion is not None:
        notes.append(words(f"graph.note.congestion.{chart.why_no_congestion.value}"))
    return notes
