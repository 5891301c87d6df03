"""The band below a chart: what limited the data at each time, a letter for each limit, with a legend of its own."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.analysis.rate.limit import Limit, Party
from tcptui.charts.cells import cell_grid
from tcptui.charts.marks import Ink
from tcptui.words.rate_text import limit_name

if TYPE_CHECKING:
    from tcptui.charts.chart import Chart
    from tcptui.charts.raster import Viewport
    from tcptui.words.catalogue import Words

#: Letters of the band; those of marks stand in the picture, these below it.
LETTERS: Final = {
    Limit.APPLICATION: "A", Limit.WINDOW: "W", Limit.WINDOW_GROWING: "G", Limit.WINDOW_UNSCALED: "U",
    Limit.WINDOW_UNREAD: "R", Limit.LOSS: "L", Limit.SLOW_START: "S", Limit.AFTER_IDLE: "I", Limit.PATH_RATE: "Q",
    Limit.POLICER: "P", Limit.SEND_BUFFER: "B", Limit.PACING: "T", Limit.NETWORK: "N", Limit.UNKNOWN: "?",
}  # fmt: skip
INK_OF: Final = {
    Party.APPLICATION: Ink.DATA,
    Party.RECEIVER: Ink.SACK,
    Party.NETWORK: Ink.LIMIT,
    Party.UNKNOWN: Ink.NOTE,
}


def band_limits(chart: Chart, view: Viewport) -> list[Limit]:
    """The limits in the picture, in the order of `Limit`."""
    seen = {one.limit for one in chart.limits if one.end_ns >= view.begin_ns and one.begin_ns <= view.end_ns}
    return sorted(seen)


def band_columns(chart: Chart, view: Viewport, columns: int) -> list[Limit | None]:
    """What limited the data in each column: in its middle."""
    begins = cell_grid(view, columns, 1).begins().tolist()
    return [chart.limit_at((begin + end) // 2) for begin, end in pairwise(begins)]


def band_lines(
    chart: Chart, view: Viewport, margin: int, columns: int, width: int, words: Words
) -> list[list[tuple[str, Ink]]]:
    """The band, ``margin`` cells from the left, and its legend, at most ``width`` cells wide; none without limits."""
    shown = band_limits(chart, view)
    if not shown:
        return []
    band: list[tuple[str, Ink]] = [(" " * margin, Ink.NONE)]
    for limit in band_columns(chart, view, columns):
        letter, ink = (" ", Ink.NONE) if limit is None else (LETTERS[limit], INK_OF[limit.party])
        if band[-1][1] is ink and len(band) > 1:
            band[-1] = band[-1][0] + letter, ink
        else:
            band.append((letter, ink))
    lead = words("graph.limited-by")
    legend, used = [(lead, Ink.AXIS)], cell_len(lead)
    for limit in shown:
        name = f" {limit_name(limit, words)}"
        if used + 3 + cell_len(name) > width:
            break
        legend += [(f"  {LETTERS[limit]}", INK_OF[limit.party]), (name, Ink.AXIS)]
        used += 3 + cell_len(name)
    return [band, legend]
