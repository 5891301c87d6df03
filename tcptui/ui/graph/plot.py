"""The picture of a chart, with a cursor; clicks, turns of the wheel and drags are told to the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from tcptui.charts.cells import cell_grid
from tcptui.charts.figure import make_figure, notes_of
from tcptui.charts.marks import Ink
from tcptui.ui.widgets.painted_lines import PaintedLines
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events

    from tcptui.charts.chart import Chart
    from tcptui.charts.figure import Figure
    from tcptui.charts.raster import Viewport
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


#: Cells on both sides of what is said in the place of a picture, at least.
_EMPTY_MARGIN: Final = 4


class GraphPlot(PaintedLines, can_focus=True, inherit_bindings=False):
    """Draws ``chart`` in ``view``; the column of the cursor is laid over it."""

    @dataclass
    class Pointed(Message):
        """A time in the picture was clicked."""

        plot: GraphPlot
        time_ns: int

    @dataclass
    class Turned(Message):
        """The wheel was turned over a time: ``step`` 1 zooms in, -1 out."""

        plot: GraphPlot
        time_ns: int
        step: int

    @dataclass
    class Dragged(Message):
        """The picture is to move by a time."""

        plot: GraphPlot
        by_ns: int

    def __init__(self, glyphs: Glyphs, words: Words) -> None:
        super().__init__(id="graph-plot")
        self._ascii = glyphs.line.isascii()
        self._words = words
        self._shown: tuple[Chart, Viewport] | None = None
        self._cursor_ns: int | None = None
        self._made: tuple[object, Figure] | None = None
        self._styles: tuple[object, dict[Ink, Style]] | None = None
        self._dragged_from: int | None = None
        self._was_dragged = False

    def show(self, chart: Chart, view: Viewport, cursor_ns: int | None) -> None:
        """Draw that part of ``chart``, with the cursor at a time, if any."""
        if self._shown is None or self._shown[0] is not chart or self._shown[1] != view:
            self._shown, self._made = (chart, view), None
        self._cursor_ns = cursor_ns
        self.refresh()

    @property
    def figure(self) -> Figure | None:
        """What is drawn; None before there is anything, or in no room."""
        width, height = self.scrollable_content_region.size
        if self._shown is None or width < 1 or height < 1:
            return None
        key = width, height
        if self._made is None or self._made[0] != key:
            made = make_figure(*self._shown, width, height, self._words, ascii_only=self._ascii)
            self._made = key, made
        return self._made[1]

    @property
    def columns(self) -> int:
        """Columns of the plot itself."""
        return 1 if self.figure is None else self.figure.plot_width

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.refresh()

    def _style(self, ink: Ink) -> Style:
        palette = self.palette
        side = 0 if self._shown is None else self._shown[0].side
        if self._styles is None or self._styles[0] != (id(palette), side):
            styles = {
                Ink.NONE: palette.plain,
                Ink.AXIS: palette.plain,
                Ink.DATA: palette.side(bool(side)),
                Ink.ACK: palette.good,
                Ink.LIMIT: palette.faint,
                Ink.SACK: palette.side(not side),
                Ink.NOTE: palette.note,
                Ink.WARNING: palette.warning,
                Ink.ERROR: palette.error,
            }
            self._styles = (id(palette), side), styles
        return self._styles[1][ink]

    def paint_line(self, y: int) -> Strip:
        """One line of the figure."""
        width, plain = self.scrollable_content_region.width, self.palette.plain
        if self._shown is not None and not self._shown[0].layers:
            return self._why_empty(y, width)
        figure = self.figure
        if figure is None or self._shown is None or y >= len(figure.lines):
            return Strip.blank(width, plain)
        strip = Strip([Segment(text, self._style(ink)) for text, ink in figure.lines[y] if text])
        strip = strip.adjust_cell_length(width, plain)
        place = self._cursor_place(figure)
        if place is None or not figure.plot_y <= y < figure.plot_y + figure.plot_height:
            return strip
        before, under, after = (strip.crop(*cells) for cells in ((0, place), (place, place + 1), (place + 1, width)))
        cursor = self.palette.cursor
        marked = Strip([Segment(text, (style or plain) + cursor) for text, style, _control in under])
        return Strip.join([before, marked, after])

    def _why_empty(self, y: int, width: int) -> Strip:
        """One line of what stands in the place of a picture that would have nothing in it."""
        assert self._shown is not None
        said = [*notes_of(*self._shown, self._words), self._words("graph.other-side")]
        lines = [line for text in said for line in wrap(text, max(1, width - 2 * _EMPTY_MARGIN))]
        place = y - max(0, (self.size.height - len(lines)) // 2)
        if not 0 <= place < len(lines):
            return Strip.blank(width, self.palette.plain)
        text = " " * ((width - cell_len(lines[place])) // 2) + lines[place]
        return Strip([Segment(text, self.palette.plain)]).adjust_cell_length(width, self.palette.plain)

    def _cursor_place(self, figure: Figure) -> int | None:
        """The cell of the cursor in a line; None where it is not in the picture."""
        if self._cursor_ns is None or self._shown is None:
            return None
        column = cell_grid(self._shown[1], figure.plot_width, 1).column_of(self._cursor_ns)
        return figure.plot_x + column if 0 <= column < figure.plot_width else None

    # -- the mouse ---------------------------------------------------------------------
    def _time_at(self, event: events.MouseEvent) -> int | None:
        """The time in the column under the pointer; None beside the picture."""
        figure, place = self.figure, event.get_content_offset(self)
        if figure is None or self._shown is None or place is None:
            return None
        column = min(max(place.x - figure.plot_x, 0), figure.plot_width - 1)
        return int(cell_grid(self._shown[1], figure.plot_width, 1).begins()[column])

    def on_click(self, event: events.Click) -> None:
        """Tell which time was clicked, unless it ended a drag."""
        time_ns = self._time_at(event)
        if time_ns is not None and not self._was_dragged:
            self.post_message(self.Pointed(self, time_ns))
        self._was_dragged = False

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag."""
        self._dragged_from, self._was_dragged = event.x, False
        self.capture_mouse()

    def on_mouse_up(self, _event: events.MouseUp) -> None:
        """End to drag."""
        self._dragged_from = None
        self.release_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the picture with the pointer."""
        if self._dragged_from is None or self._shown is None or event.x == self._dragged_from:
            return
        view = self._shown[1]
        cell_ns = max(1, (view.end_ns - view.begin_ns) // self.columns)
        self.post_message(self.Dragged(self, (self._dragged_from - event.x) * cell_ns))
        self._dragged_from, self._was_dragged = event.x, True

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in."""
        self._turn(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out."""
        self._turn(event, -1)

    def _turn(self, event: events.MouseEvent, step: int) -> None:
        event.stop()
        time_ns = self._time_at(event)
        if time_ns is not None:
            self.post_message(self.Turned(self, time_ns, step))

    @property
    def text(self) -> list[str]:
        """What is drawn, line by line."""
        return [] if self.figure is None else self.figure.text
