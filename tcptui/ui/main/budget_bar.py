"""The time budget as a bar of cells with a legend; its parts differ by fill character and name, not only by colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.analysis.timing.budget_parts import Part
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.ui.theme import Glyphs
    from tcptui.words.budget_text import Share

#: A run of text in a line: text, name of a palette style, linked packet number (here always 0, none).
Run = tuple[str, str, int]
Line = tuple[Run, ...]

#: Styles of `theme.Palette`, by part.
_STYLES: Final = {
    Part.NETWORK: "plain",
    Part.SERVER_THINK: "server",
    Part.CLIENT_THINK: "client",
    Part.RECEIVE_WINDOW: "warning",
    Part.NETWORK_LIMITED: "note",
    Part.SENDER: "good",
    Part.RECOVERY: "error",
    Part.IDLE: "faint",
    Part.UNATTRIBUTED: "faint",
    Part.FLOW_CONTROL: "warning",
    Part.ASKED_TO_WAIT: "faint",
}
#: Cells between two entries of the legend.
_GAP: Final = 2


def cells_of(shares: Sequence[Share], width: int) -> list[int]:
    """How many of ``width`` cells each share gets; see `spread`."""
    return spread([share.time_ns for share in shares], width)


def spread(times_ns: Sequence[int], width: int) -> list[int]:
    """How many of ``width`` cells each time gets: in proportion, but at least one if there are enough.

    They add up to ``width`` (largest remainder method).
    """
    whole = sum(times_ns)
    if not whole or width <= 0:
        return [0] * len(times_ns)
    cells = [time_ns * width // whole for time_ns in times_ns]
    by_remainder = sorted(range(len(times_ns)), key=lambda i: -(times_ns[i] * width % whole))
    for i in by_remainder[: width - sum(cells)]:
        cells[i] += 1
    for i in (i for i, count in enumerate(cells) if not count):
        largest = max(range(len(cells)), key=cells.__getitem__)
        if cells[largest] > 1:
            cells[i], cells[largest] = 1, cells[largest] - 1
    return cells


def bar_lines(shares: Sequence[Share], width: int, glyphs: Glyphs) -> list[Line]:
    """The bar, ``width`` cells wide, and below it each part's fill character, name, time and percentage."""
    bar = [
        (glyphs.fills[share.part] * count, _STYLES[share.part], 0)
        for share, count in zip(shares, cells_of(shares, width), strict=True)
        if count
    ]
    return [tuple(bar), *_legend(shares, width, glyphs)]


def _legend(shares: Sequence[Share], width: int, glyphs: Glyphs) -> list[Line]:
    lines: list[Line] = []
    line: list[Run] = []
    used = 0
    for share in sorted(shares, key=lambda share: -share.time_ns):
        sign, text = glyphs.fills[share.part], f" {share.name} {share.time} {share.percent}"
        first, *more = wrap(sign + text, width)
        size = cell_len(first)
        if line and used + _GAP + size > width:
            lines.append(tuple(line))
            line, used = [], 0
        if line:
            line.append((" " * _GAP, "plain", 0))
            used += _GAP
        line += [(sign, _STYLES[share.part], 0), (first[len(sign) :], "plain", 0)]
        used += size
        for rest in more:
            lines.append(tuple(line))
            line, used = [(rest, "plain", 0)], cell_len(rest)
    return [*lines, tuple(line)]
