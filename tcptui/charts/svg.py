"""A chart as SVG: a picture of its own, or a part of a page.  No script, no link, no style attribute.

Its size hardly depends on the number of packets: lines are drawn pixel by pixel where there are more entries than
that, and marks of one kind that fall on one place are one.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.charts.axes import axis_labels
from tcptui.charts.band import INK_OF, LETTERS, band_limits
from tcptui.charts.cells import full_view
from tcptui.charts.figure import legend_entries, notes_of, title_of
from tcptui.charts.marks import SPEC_OF, Ink, Mark, Shape
from tcptui.charts.raster import Grid, bars, dots, lines, steps
from tcptui.charts.ticks import round_times, time_labels
from tcptui.model.finding import Severity
from tcptui.model.safe_text import safe_text
from tcptui.words.finding_text import finding_title
from tcptui.words.rate_text import limit_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.charts.chart import Chart, Layer
    from tcptui.charts.raster import Viewport
    from tcptui.words.catalogue import Words

WIDTH: Final = 960
_PLOT_HEIGHT: Final = 380
_LEFT: Final = 96
_RIGHT: Final = 16
_TOP: Final = 34
_LINE: Final = 18
#: Findings with a line of their own.
_SPANS: Final = 6
#: Longest title of a finding in characters, and of a legend's line; what is longer is cut.
_TITLE: Final = 110
#: Up to this many entries a line is drawn from point to point.
_EXACT: Final = 1000
#: Marks of one kind closer than this many pixels are one.
_MARK_PIXELS: Final = 3
#: A stretch of the band has its letter from this width on.
_LETTER_PIXELS: Final = 12
_INK_OF: Final = {Severity.NOTE: Ink.NOTE, Severity.WARNING: Ink.WARNING, Severity.ERROR: Ink.ERROR}
_LIGHT: Final = {
    Ink.AXIS: "#1f2328", Ink.DATA: "#0550ae", Ink.ACK: "#146c31", Ink.LIMIT: "#7d5200", Ink.SACK: "#7238bd",
    Ink.NOTE: "#57606a", Ink.WARNING: "#9a5b00", Ink.ERROR: "#c00d2b",
}  # fmt: skip
_DARK: Final = {
    Ink.AXIS: "#dbe2ea", Ink.DATA: "#74bbff", Ink.ACK: "#7ee787", Ink.LIMIT: "#f2b84b", Ink.SACK: "#d2a8ff",
    Ink.NOTE: "#9aa4b0", Ink.WARNING: "#f2b84b", Ink.ERROR: "#ff7f7f",
}  # fmt: skip


def _rules(colours: dict[Ink, str], paper: str) -> str:
    inks = "".join(f".tc .i{int(ink)}{{stroke:{colour};fill:{colour}}}" for ink, colour in colours.items())
    return f".tc .paper{{fill:{paper}}}{inks}"


#: What a page needs once for all its charts; `svg` puts it into a picture of its own.
CHART_CSS: Final = (
    ":not(svg)>.tc{max-width:100%;height:auto}"
    ".tc text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;stroke:none!important}"
    ".tc .head{font-size:14px;font-weight:bold}.tc .mark{font-weight:bold;text-anchor:middle}"
    ".tc .end{text-anchor:end}.tc .mid{text-anchor:middle}"
    ".tc path{fill:none!important;stroke-width:1.5}.tc .dotted{stroke-dasharray:2 3}"
    ".tc .block{stroke-width:3;stroke-dasharray:1 2}.tc .dots{stroke-width:3;stroke-linecap:round}"
    ".tc .rule{stroke-width:.5;stroke-opacity:.35}.tc .span{stroke-width:6}"
    + _rules(_LIGHT, "#fff")
    + f"@media (prefers-color-scheme:dark){{{_rules(_DARK, '#10151b')}}}"
    + f"@media print{{{_rules(_LIGHT, '#fff')}}}"
)


def picture(charts: Sequence[Chart], words: Words, heading: str) -> str:
    """A file of its own: ``charts``, each whole, one below the other."""
    parts, height = [], 0
    for chart in charts:
        part, tall = _drawn(chart, full_view(chart), words, heading, f' y="{height}"')
        parts.append(part)
        height += tall
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f"<style>{CHART_CSS}</style>{''.join(parts)}</svg>\n"
    )


def svg(chart: Chart, view: Viewport, words: Words, heading: str) -> str:
    """The chart with axes, legend, findings and notes, as a part of a page that has `CHART_CSS`."""
    return _drawn(chart, view, words, heading, "")[0]


def _drawn(chart: Chart, view: Viewport, words: Words, heading: str, place: str) -> tuple[str, int]:
    """The SVG element, with attributes that say its ``place``, and its height."""
    spans = [span for span in chart.spans if span.end_ns >= view.begin_ns and span.begin_ns <= view.end_ns][:_SPANS]
    legend = list(_legend(chart, view, words))
    top = _TOP + _LINE * len(legend) + _LINE // 2
    bottom = top + _PLOT_HEIGHT
    grid = Grid(view, WIDTH - _LEFT - _RIGHT, _PLOT_HEIGHT)
    band = list(_band(chart, grid, bottom, words))
    bottom += 2 * _LINE + _LINE // 2 if band else 0
    below = list(_notes(chart, view, words, bottom, len(spans)))
    height = bottom + _LINE * (2 + len(spans) + len(below)) + 8
    title = escape(f"{heading} – {title_of(chart, words)}")
    parts = [
        f'<svg class="tc" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"{place} role="img">',
        f"<title>{title}</title>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        f'<text class="head i1" x="8" y="20">{title}</text>',
        *(
            f'<text class="i1" x="{_LEFT}" y="{_TOP + _LINE * row + 6}">{line}</text>'
            for row, line in enumerate(legend)
        ),
        *_axes(chart, grid, top, words),
        f'<g transform="translate({_LEFT} {top})">',
        *(part for layer in chart.layers for part in _layer(layer, grid, words)),
        "</g>",
        *band,
    ]
    for row, span in enumerate(spans):
        y = bottom + _LINE * (2 + row) + 4
        begin = _LEFT + min(max(grid.column_of(span.begin_ns), 0), grid.columns - 1)
        end = _LEFT + min(max(grid.column_of(span.end_ns), 0), grid.columns - 1)
        ink = _INK_OF[span.finding.severity]
        text = escape(_cut(finding_title(span.finding, words)))
        # The title stands beside the stretch where there is most room, or below it.
        room_behind, room_before = WIDTH - end, begin
        x, anchor, up = (end + 8, "", 0) if room_behind >= room_before else (begin - 8, " end", 0)
        if max(room_behind, room_before) < WIDTH // 3:
            x, anchor, up = begin, "", 8
        parts.append(f'<path class="span i{int(ink)}" d="M{begin} {y - up}H{max(end, begin + 4)}"/>')
        parts.append(f'<text class="i{int(ink)}{anchor}" x="{x}" y="{y + 4}">{text}</text>')
    parts += below
    return "".join(parts) + "</svg>", height


def _cut(text: str) -> str:
    text = safe_text(text)
    return text if len(text) <= _TITLE else text[: _TITLE - 1] + "…"


def _legend(chart: Chart, view: Viewport, words: Words) -> Iterator[str]:
    """Lines of the legend, as the inside of text elements."""
    line, used = "", 0
    for mark, letter, count in legend_entries(chart, view, ascii_only=False):
        name = words(f"graph.mark.{mark.value}") + (f" {count:,}" if count > 1 else "")
        if used and used + len(name) > _TITLE:
            yield line
            line, used = "", 0
        ink = int(SPEC_OF[mark].ink)
        line += f'<tspan class="i{ink}" font-weight="bold">{escape(letter)}</tspan> {escape(name)}   '
        used += len(name) + 5
    if line:
        yield line


def _notes(chart: Chart, view: Viewport, words: Words, bottom: int, spans: int) -> Iterator[str]:
    for row, note in enumerate(notes_of(chart, view, words)):
        y = bottom + _LINE * (2 + spans + row) + 12
        yield f'<text class="i{int(Ink.NOTE)}" x="8" y="{y}">{escape(_cut(note))}</text>'


def _band(chart: Chart, grid: Grid, bottom: int, words: Words) -> Iterator[str]:
    """What limited the data, as a band of letters below the time axis, and its legend."""
    view, y = grid.view, bottom + _LINE + 14
    shown = band_limits(chart, view)
    if not shown:
        return
    for stretch in chart.limits:
        begin = min(max(grid.column_of(stretch.begin_ns), 0), grid.columns)
        end = min(max(grid.column_of(stretch.end_ns), 0), grid.columns)
        if end <= begin:
            continue
        ink, name = int(INK_OF[stretch.limit.party]), escape(limit_name(stretch.limit, words))
        yield (f'<path class="span i{ink}" d="M{_LEFT + begin} {y - 4}H{_LEFT + end}"><title>{name}</title></path>')
        if end - begin >= _LETTER_PIXELS:
            x = _LEFT + (begin + end) // 2
            yield f'<text class="mark i{ink}" x="{x}" y="{y + 10}">{LETTERS[stretch.limit]}</text>'
    named = (
        f'<tspan class="i{int(INK_OF[limit.party])}" font-weight="bold">{escape(LETTERS[limit])}</tspan> '
        f"{escape(limit_name(limit, words))}"
        for limit in shown
    )
    text = f"{escape(words('graph.limited-by'))} {'   '.join(named)}"
    yield f'<text class="i1" x="8" y="{y + _LINE + 8}">{text}</text>'


def _axes(chart: Chart, grid: Grid, top: int, words: Words) -> Iterator[str]:
    """Rules and labels at round places of both axes."""
    view, bottom, right = grid.view, top + grid.rows, _LEFT + grid.columns
    values, labels = axis_labels(view, 8, chart.unit)
    rows = grid.rows_of(np.array(values, np.int64)).tolist()
    for row, label in zip(rows, labels, strict=True):
        yield f'<path class="rule i1" d="M{_LEFT} {top + row}H{right}"/>'
        yield f'<text class="i1 end" x="{_LEFT - 6}" y="{top + row + 4}">{escape(label)}</text>'
    times = round_times(view.begin_ns, view.end_ns, 9)
    for time_ns, label in zip(times, time_labels(times), strict=True):
        x = _LEFT + grid.column_of(time_ns)
        yield f'<path class="rule i1" d="M{x} {top}V{bottom}"/>'
        yield f'<text class="i1 mid" x="{x}" y="{bottom + 16}">{escape(label)}</text>'
    yield f'<path class="i1" d="M{_LEFT} {top}V{bottom}H{right}"/>'
    unit = escape(words(f"graph.axis.{chart.unit.value}"))
    yield f'<text class="i{int(Ink.NOTE)}" x="8" y="{top - 4}">{unit}</text>'


def _layer(layer: Layer, grid: Grid, words: Words) -> Iterator[str]:
    spec = SPEC_OF[layer.mark]
    ink = int(spec.ink)
    if spec.shape is Shape.STEPS:
        part = layer.between(grid.view.begin_ns, grid.view.end_ns)
        exact = part.stop - part.start <= _EXACT
        path = _stepped(layer, grid) if exact else _upright(steps(layer, grid))
        yield f'<path class="i{ink}{" dotted" if spec.is_dotted else ""}" d="{path}"/>'
    elif spec.shape is Shape.BARS:
        yield f'<path class="i{ink}" d="{_upright(bars(layer, grid))}"/>'
    elif spec.shape is Shape.BLOCKS:
        part = layer.between(grid.view.begin_ns, grid.view.end_ns)
        drawn = lines(grid.columns_of(layer.time_ns[part]), layer.high[part], layer.low[part], grid)
        yield f'<path class="block i{ink}" d="{_upright(drawn)}"/>'
    elif spec.shape is Shape.DOTS:
        rows, columns = np.nonzero(dots(layer, grid))
        places = zip(columns.tolist(), rows.tolist(), strict=True)
        yield f'<path class="dots i{ink}" d="{"".join(f"M{x} {y}h0" for x, y in places)}"/>'
    else:
        yield from _letters(layer, grid, words)


def _upright(drawn: NDArray[np.bool_]) -> str:
    """Dots as a path of vertical lines, those one above the other as one line."""
    edges = np.diff(np.pad(drawn.T.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    columns, tops = np.nonzero(edges > 0)
    bottoms = np.nonzero(edges < 0)[1]
    ends = zip(columns.tolist(), tops.tolist(), bottoms.tolist(), strict=True)
    return "".join(f"M{x} {top}V{bottom}" for x, top, bottom in ends)


def _stepped(layer: Layer, grid: Grid) -> str:
    """A line from point to point: at each time to its value, and on to the next time."""
    part = layer.between(grid.view.begin_ns, grid.view.end_ns)
    begin = max(part.start - 1, 0)
    times, values = layer.time_ns[begin : part.stop], layer.high[begin : part.stop]
    if not len(times):
        return ""
    rows = np.clip(grid.rows_of(values), -1, grid.rows).tolist()
    columns = [min(max(grid.column_of(time_ns), 0), grid.columns) for time_ns in times.tolist()]
    path = f"M{columns[0]} {rows[0]}"
    for x, y in zip(columns[1:], rows[1:], strict=True):
        path += f"H{x}V{y}"
    return f"{path}H{grid.columns}"


def _letters(layer: Layer, grid: Grid, words: Words) -> Iterator[str]:
    spec = SPEC_OF[layer.mark]
    part = layer.between(grid.view.begin_ns, grid.view.end_ns)
    columns = grid.columns_of(layer.time_ns[part])
    if spec.shape is Shape.LETTERS and layer.mark not in (Mark.CONGESTION, Mark.DOUBTFUL_RTT):
        yield f'<path class="i{int(spec.ink)}" d="{_upright(bars(layer, grid))}"/>'
    middle = layer.low[part] + (layer.high[part] - layer.low[part]) // 2
    rows = np.clip(grid.rows_of(middle), 0, grid.rows - 1)
    name = words(f"graph.mark.{layer.mark.value}")
    frames = layer.frame[part]
    _, first = np.unique(rows // _MARK_PIXELS * grid.columns + columns // _MARK_PIXELS, return_index=True)
    for at in np.sort(first).tolist():
        said = escape(f"#{int(frames[at])} {name}")
        x, y = int(columns[at]), int(rows[at]) + 4
        yield f'<text class="mark i{int(spec.ink)}" x="{x}" y="{y}">{spec.letter}<title>{said}</title></text>'
