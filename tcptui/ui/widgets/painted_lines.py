"""A scrolling widget that paints its own cells line by line, and repaints only the lines that have changed.

Textual redraws whole widgets at every scroll, focus and data change;
over a slow link most of those bytes would draw what is there already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from tcptui.ui.theme import Palette

if TYPE_CHECKING:
    from textual.theme import Theme


class PaletteMixin(Widget):
    """Mixin that resolves and caches the `Palette` of a widget: at its first paint, and after theme or class changes.

    It stands *behind* the widget class among the bases: Textual takes style sheets and component classes from the
    first base.

    Component classes would do the same, but Textual resolves those of every widget each time any class,
    focus or style changes above it: nineteen for each of a dozen widgets took a third of the time to the
    first rows.
    """

    _palette: Palette | None = None

    @property
    def palette(self) -> Palette:
        """The styles of this widget in the current theme."""
        if self._palette is None:
            self._palette = Palette.of(self)
        return self._palette

    def notify_style_update(self) -> None:
        """Drop the cached palette: the theme or a class changed."""
        super().notify_style_update()
        self._palette = None

    def on_mount(self) -> None:
        """Subscribe to theme changes."""
        self.app.theme_changed_signal.subscribe(self, self.recolour)

    def recolour(self, _theme: Theme) -> None:
        """Redraw after a theme change."""
        self._palette = None
        self.refresh()


class PaintedLines(ScrollView, PaletteMixin):
    """Subclasses draw viewport lines in `paint_line`; `refresh` repaints only those that differ from the last paint."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._painted: dict[int, Strip] = {}
        """Each line of the viewport as it was last drawn."""
        self._ready: dict[int, Strip] = {}
        """Lines that `refresh` has already painted, for `render_line` to use while the widget has `_ready_size`."""
        self._ready_size = Size()

    def paint_line(self, y: int) -> Strip:  # noqa: ARG002 - for those that override it
        """Line ``y`` of the viewport, as wide as the content."""
        return Strip.blank(self.scrollable_content_region.width, self.palette.plain)

    def notify_style_update(self) -> None:
        """Drop the lines painted in advance: styles changed."""
        super().notify_style_update()
        self._ready.clear()

    def recolour(self, _theme: Theme) -> None:
        """Redraw everything, borders too, after a theme change."""
        self.repaint()

    def repaint(self) -> None:
        """Redraw everything, borders too: the colours changed."""
        self._palette = None
        self._painted.clear()
        self._ready.clear()
        self.refresh()

    def set_line_count(self, lines: int) -> None:
        """Set the number of lines without a layout, and keep the scroll position within them."""
        if lines == self.virtual_size.height:
            return
        self.set_reactive(ScrollView.virtual_size, Size(0, lines))
        self.vertical_scrollbar.window_virtual_size = lines
        if self.scroll_offset.y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Line ``y`` of the viewport, which is also remembered for the next `refresh`."""
        strip = self._ready.pop(y, None)
        width = self.scrollable_content_region.width
        if strip is None or self._ready_size != self.size or strip.cell_length != width:
            strip = self.paint_line(y)
        self._painted[y] = strip
        return strip

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Repaint ``regions``; when they are the whole widget, only the lines that have changed."""
        size = self.size
        everything = not regions or any(region.contains_region(size.region) for region in regions)
        self._ready.clear()
        if not everything or not repaint or layout or recompose or not self._painted or not self.is_mounted:
            return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        now = {y: self.paint_line(y) for y in range(size.height)}
        changed = {y: strip for y, strip in now.items() if self._painted.get(y) != strip}
        if changed:
            self._ready, self._ready_size = changed, size
            super().refresh(*(Region(0, y, size.width, 1) for y in changed))
        return self
