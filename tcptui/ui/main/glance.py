"""Pane 5: the whole capture at a glance, packets and bits per second with the trouble marked; a stretch is chosen here.

As a strip above the list it has three lines, in front as many as there are.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.actions import SkipAction
from textual.binding import Binding
from textual.strip import Strip

from tcptui.charts.ticks import round_times, ticks, time_labels
from tcptui.ui.cell_text import amount, fit
from tcptui.ui.main.pane_protocols import TitleChanged
from tcptui.ui.main.stretch import Stretch
from tcptui.ui.widgets.painted_lines import PaintedLines
from tcptui.words.quantities import Count, unbroken_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from textual import events
    from textual.binding import BindingType

    from tcptui.session.traffic_histogram import Columns, Histogram
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Cells of the labels at the left, and the least that are left for the bars.
_LABEL: Final = 16
#: What stands in a time beside letters and digits: dim, it could not be read.
_IN_TEXT: Final = " ."
_BARS_LEAST: Final = 10
#: Parts of a cell that a bar fills, from none to all; in ASCII shades.
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_SHADES: Final = " .:-=+*##"
_PAGE: Final = 10
#: From so many lines on the last one of a pane without a title says in words what is under the cursor …
_WITH_WORDS: Final = 4
#: … and from so many on the times have a line of their own; with fewer they stand between the trouble.
_WITH_TIMES: Final = 8
_invisible: Final = partial(Binding, show=False)

#: Cells from one tick of the times to the next, at least: a label, and a gap.
_APART: Final = 10


def _nothing(_stretch: Stretch | None) -> None:
    pass


def _full(lines: int) -> int:
    """The parts of a cell that the highest of bars of ``lines`` lines fills."""
    return 8 * lines - 1


class GlancePane(PaintedLines, can_focus=True, inherit_bindings=False):
    """Draws a `Histogram`; Enter begins a stretch at the cursor, and again takes it; so does a drag of the mouse."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _invisible("left,h", "move(-1)"),
        _invisible("right,l", "move(1)"),
        _invisible("pageup", f"move(-{_PAGE})"),
        _invisible("pagedown", f"move({_PAGE})"),
        _invisible("home,g", "end(False)"),
        _invisible("end,G", "end(True)"),
        _invisible("n", "trouble(1)"),
        _invisible("N", "trouble(-1)"),
        _invisible("enter", "take"),
        _invisible("escape", "undo"),
    ]

    def __init__(self, glyphs: Glyphs, words: Words) -> None:
        super().__init__(id="glance")
        self.glyphs, self.words = glyphs, words
        self.stretch: Stretch | None = None
        """The stretch that the panes show; None: everything."""
        self.chosen: Callable[[Stretch | None], None] = _nothing
        """Called with the stretch that was chosen, or with None for the whole capture again."""
        self.has_title = True
        """Whether `told` stands above it."""
        self._shades = _SHADES if glyphs.line.isascii() else _EIGHTHS
        self._histogram: Histogram | None = None
        self._may_grow = True
        self._made: tuple[int, Columns] | None = None
        self._cursor_ns: int | None = None
        self._anchor_ns: int | None = None
        """Where a stretch begins that is being chosen."""
        self._is_dragged = False
        self.is_counted = False
        """Whether `show` was called: until then it is not known whether there are packets."""

    def show(self, histogram: Histogram | None, *, may_grow: bool = True) -> None:
        """Draw ``histogram``; None: there are no packets, and none will come unless the capture ``may_grow``."""
        self._histogram, self._made, self._may_grow = histogram, None, may_grow
        self.is_counted = True
        self._changed()

    def mark(self, stretch: Stretch | None) -> None:
        """Mark what the panes show."""
        if stretch != self.stretch:
            self.stretch = stretch
            self._changed()

    @property
    def columns(self) -> Columns | None:
        """What is drawn; None without packets, or in no room."""
        room = self.scrollable_content_region.width - _LABEL
        if self._histogram is None or room < _BARS_LEAST:
            return None
        if self._made is None or self._made[0] != room:
            self._made = room, self._histogram.columns(room)
        return self._made[1]

    def _changed(self) -> None:
        self.refresh()
        self.post_message(TitleChanged(self))

    # -- in words --------------------------------------------------------------------------
    @property
    def told(self) -> str:
        """What is under the cursor, of the stretch that is being chosen, or which one was chosen."""
        columns = self.columns
        if columns is None:
            return ""
        if self.has_focus:
            return self._under_cursor(columns)
        return "" if self.stretch is None else self.words("glance.chosen", **self._ends(self.stretch))

    def _under_cursor(self, columns: Columns) -> str:
        first, last = self._marked(columns)
        stretch = self._between(columns, first, last)
        chosen = slice(first, last + 1)
        packets, octets = int(columns.packets[chosen].sum()), int(columns.octets[chosen].sum())
        facts = {**self._ends(stretch), "n": Count(packets), "size": amount(octets)}
        text = self.words("glance.between", **facts)
        severity = int(columns.severity[chosen].max())
        return f"{text}  {self.glyphs.severity(severity)}" if severity else text

    def _ends(self, stretch: Stretch) -> dict[str, str]:
        begin, end = (unbroken_duration(time_ns, self.words) for time_ns in (stretch.begin_ns, stretch.end_ns))
        return {"begin": begin, "end": end}

    # -- the cursor ------------------------------------------------------------------------
    def _cursor(self, columns: Columns) -> int:
        return len(columns.packets) - 1 if self._cursor_ns is None else columns.column_of(self._cursor_ns)

    def _marked(self, columns: Columns) -> tuple[int, int]:
        """The first and the last column of the stretch that is being chosen, else twice that of the cursor."""
        here = self._cursor(columns)
        begin = here if self._anchor_ns is None else columns.column_of(self._anchor_ns)
        return min(begin, here), max(begin, here)

    @staticmethod
    def _between(columns: Columns, first: int, last: int) -> Stretch:
        return Stretch(int(columns.begins_ns[first]), int(columns.begins_ns[last + 1]))

    def _go(self, column: int) -> None:
        columns = self.columns
        if columns is not None:
            self._cursor_ns = int(columns.begins_ns[min(max(column, 0), len(columns.packets) - 1)])
            self._changed()

    def action_move(self, step: int) -> None:
        """Move the cursor by columns."""
        if self.columns is not None:
            self._go(self._cursor(self.columns) + step)

    def action_end(self, is_last: bool) -> None:
        """Move the cursor to the first or the last column."""
        if self.columns is not None:
            self._go(len(self.columns.packets) - 1 if is_last else 0)

    @property
    def has_trouble(self) -> bool:
        """Whether any column has trouble."""
        return self.columns is not None and bool(self.columns.severity.any())

    def action_trouble(self, step: int) -> None:
        """Move the cursor to the next (``step`` 1) or previous (-1) column with trouble."""
        columns = self.columns
        if columns is None:
            return
        here, places = self._cursor(columns), np.flatnonzero(columns.severity)
        beyond = places[places > here] if step > 0 else places[places < here][::-1]
        if len(beyond):
            self._go(int(beyond[0]))

    def action_take(self) -> None:
        """Begin a stretch at the cursor, or take the one that was begun."""
        columns = self.columns
        if columns is None:
            return
        if self._anchor_ns is None:
            self._anchor_ns = int(columns.begins_ns[self._cursor(columns)])
            self._changed()
            return
        stretch = self._between(columns, *self._marked(columns))
        self._anchor_ns = None
        self.chosen(stretch)
        self._changed()

    def action_undo(self) -> None:
        """Give up the stretch that was begun, or show the whole capture again; else what the key does elsewhere."""
        if self._anchor_ns is not None:
            self._anchor_ns = None
            self._changed()
        elif self.stretch is not None:
            self.chosen(None)
        else:
            raise SkipAction

    def on_focus(self) -> None:
        """Show the cursor."""
        self._changed()

    def on_blur(self) -> None:
        """Hide the cursor, and give up a stretch that was begun."""
        self._anchor_ns = None
        self._changed()

    # -- the mouse -------------------------------------------------------------------------
    def _column_at(self, event: events.MouseEvent) -> int:
        return event.get_content_offset_capture(self).x - _LABEL

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor there; a stretch begins with it where the mouse is moved."""
        self._anchor_ns, self._is_dragged = None, False
        self._go(self._column_at(event))
        self._anchor_ns = self._cursor_ns
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the end of the stretch with the pointer."""
        if self.app.mouse_captured is self:
            self._is_dragged = True
            self._go(self._column_at(event))

    def on_mouse_up(self, _event: events.MouseUp) -> None:
        """Take the stretch that was drawn."""
        self.release_mouse()
        if self._is_dragged and self._anchor_ns is not None:
            self.action_take()
        else:
            self._anchor_ns = None
            self._changed()

    # -- drawing ---------------------------------------------------------------------------
    def on_resize(self) -> None:
        """Draw for the new size."""
        self._changed()

    def paint_line(self, y: int) -> Strip:
        """One line: packets above, bits below, then how bad and when, and in a high pane what is under the cursor."""
        width, height = self.scrollable_content_region.size
        plain = self.palette.plain
        columns = self.columns
        if columns is None:
            is_empty = self.is_counted and self._histogram is None
            text = self.words(f"glance.{'nothing' if self._may_grow else 'none'}") if is_empty and not y else ""
            return Strip([Segment(fit(f" {text}", width, self.glyphs.ellipsis), self.palette.faint)])
        has_words = not self.has_title and height >= _WITH_WORDS
        has_times = height >= _WITH_TIMES
        bars = max(height - 1 - has_times - has_words, 0)
        upper = (bars + 1) // 2
        if y < bars:
            is_upper = y < upper
            rates = columns.per_second(columns.packets if is_upper else columns.bits)
            line, lines = (y, upper) if is_upper else (y - upper, bars - upper)
            label = self._rate_label(float(rates.max()), line, lines, "packets" if is_upper else "bits")
            return self._line(columns, label, self._bars(rates, line, lines), plain if is_upper else self.palette.note)
        if y == bars:
            return self._trouble(columns, has_times=not has_times)
        if y == bars + 1 and has_times:
            return self._times(columns)
        return Strip([Segment(fit(f" {self.told}", width, self.glyphs.ellipsis), self.palette.faint)])

    def _rate_label(self, rate: float, line: int, lines: int, name: str) -> str:
        """What stands beside a line of bars: the highest ``rate`` with its unit, below it round rates."""
        highest = round(rate)
        if not line:
            return self.words(f"glance.{name}", rate="<1" if rate and not highest else amount(highest))
        full = _full(lines)
        return _rate_ticks(highest, lines, lambda rate: lines - 1 - rate * full // highest // 8).get(line, "")

    def _bars(self, rates: NDArray[np.float64], line: int, lines: int) -> str:
        """Line ``line`` from the top of bars of ``lines`` lines; the highest does not touch what is above."""
        full = _full(lines)
        levels = np.maximum(rates / (rates.max() or 1) * full, (rates > 0) * 1.0).astype(np.int64)
        parts = np.clip(levels - 8 * (lines - 1 - line), 0, 8)
        return "".join(self._shades[part] for part in parts.tolist())

    def _trouble(self, columns: Columns, *, has_times: bool) -> Strip:
        """The line of the trouble, perhaps with times between; beside it how long the capture is."""
        palette, levels = self.palette, columns.severity.tolist()
        lasted = int(columns.begins_ns[-1] - columns.begins_ns[0])
        label = self.words("glance.span", time=unbroken_duration(lasted, self.words))
        marks = [self.glyphs.severity(level) if level else self.glyphs.rule for level in levels]
        styles = [palette.severity(level) if level else palette.edge for level in levels]
        if has_times:
            for place, text in _time_ticks(columns, self.glyphs.tick, [not level for level in levels]).items():
                marks[place : place + len(text)] = text
                styles[place + 1 : place + len(text)] = [palette.faint] * (len(text) - 1)
        return self._line(columns, label, "".join(marks), palette.edge, styles)

    def _times(self, columns: Columns) -> Strip:
        """A line of times alone."""
        marks = [" "] * len(columns.packets)
        for place, text in _time_ticks(columns, self.glyphs.tick, [True] * len(marks)).items():
            marks[place : place + len(text)] = text
        return self._line(columns, "", "".join(marks), self.palette.faint)

    def _line(
        self, columns: Columns, label: str, drawn: str, style: Style, styles: Sequence[Style] | None = None
    ) -> Strip:
        """A label and one character for each column; what is not shown by the panes is dim, texts only faint."""
        palette, width = self.palette, self.scrollable_content_region.width
        first, last = self._marked(columns) if self.has_focus else (-1, -1)
        shown = (0, len(drawn) - 1) if self.stretch is None else self._shown(columns, self.stretch)
        dim, under = palette.faint + Style(dim=True), palette.cursor

        def style_of(place: int) -> Style:
            own = style if styles is None else styles[place]
            if not shown[0] <= place <= shown[1]:
                own = palette.faint if drawn[place].isalnum() or drawn[place] in _IN_TEXT else dim
            return own + under if first <= place <= last else own

        segments = [Segment(fit(f" {label}", _LABEL - 1, self.glyphs.ellipsis, right=True) + " ", palette.faint)]
        for own, places in groupby(range(len(drawn)), style_of):
            segments.append(Segment("".join(drawn[place] for place in places), own))
        used = _LABEL + sum(cell_len(segment.text) for segment in segments[1:])
        return Strip([*segments, Segment(" " * max(0, width - used), palette.plain)])

    @staticmethod
    def _shown(columns: Columns, stretch: Stretch) -> tuple[int, int]:
        return columns.column_of(stretch.begin_ns), columns.column_of(stretch.end_ns - 1)


def _time_ticks(columns: Columns, mark: str, is_free: Sequence[bool]) -> dict[int, str]:
    """Where ``mark`` and the time behind it are written: the first column of each text.

    A text stands only where all its columns are free, and a mark alone where its own is.
    """
    begin, end = int(columns.begins_ns[0]), int(columns.begins_ns[-1])
    places = round_times(begin, end - 1, len(is_free) // _APART)
    found: dict[int, str] = {}
    used = 0
    for place, label in zip(places, time_labels(places, ascii_only=mark.isascii()), strict=True):
        column = columns.column_of(place)
        if column < used or not is_free[column]:
            continue
        text = mark + label
        stop = column + cell_len(text)
        if stop > len(is_free) or not all(is_free[column:stop]):
            text, stop = mark, column + 1
        found[column] = text
        used = stop + 1
    return found


def _rate_ticks(highest: int, lines: int, line_of: Callable[[int], int]) -> dict[int, str]:
    """What stands beside the lines of bars below the first one, which has the highest rate: round rates."""
    found: dict[int, str] = {}
    for rate in ticks(1, highest, lines // 2):
        line = line_of(rate)
        if line > 0:
            found[line] = amount(rate)
    return found
