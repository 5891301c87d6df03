"""An app that draws no more than the link to its terminal can carry.

A frame that would arrive late is dropped; the regions that it would have changed are drawn, in their state of then,
once the link has room.  So the answer to a key waits for the bytes in flight, never for queued frames.  Of a frame
only the cells that changed are sent.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic

from textual import events, strip
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate, ReflowResult
from textual.app import App, ReturnType
from textual.geometry import Region, Size
from textual.screen import Screen, ScreenResultType

from tcptui.session.input_priority import input_priority
from tcptui.ui.one_shot import PunctualApp
from tcptui.ui.terminal.driver import PacedDriver
from tcptui.ui.terminal.key_order import KeyOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import RenderableType
    from textual.strip import Strip
    from textual.timer import Timer
    from textual.widget import Widget

#: Retry interval (seconds) while a dropped frame is still to be drawn.
_AGAIN_S: Final = 0.02
#: A terminal's size rests once it has not changed for so long (seconds).
_SIZE_RESTS_S: Final = 0.2

# Textual's drawn lines (strips) without the seven caches that each of them makes for itself.
#
# A line is drawn once or twice, is cut at the borders of the panes into ten or twenty pieces, each of them a strip, and
# is replaced.  Making and collecting the caches of all the pieces took a fifth of the processor time of a frame.


class _NoCache:
    """Keeps nothing, in place of Textual's ``FIFOCache``, of which strips call no more than this."""

    __slots__ = ()

    def get(self, _key: object) -> None:
        """Nothing was kept."""

    def __setitem__(self, _key: object, _value: object) -> None:
        """Keep nothing."""


_NO_CACHE: Final = _NoCache()


def _no_cache(_size: int) -> Any:
    return _NO_CACHE


def _make_strips_lean() -> None:
    """Have every strip that is made from now on keep nothing but its segments."""
    strip.FIFOCache = _no_cache  # type: ignore[assignment, attr-defined]


_make_strips_lean()


class FramePacer(PunctualApp[ReturnType], Generic[ReturnType]):
    """Drops late frames and sends only cell differences if its driver is a `PacedDriver`, not with others (tests)."""

    _frame_dropped = False
    _key_at_work = False
    """Whether the next frame is the answer to a key."""
    _keys_drawn = 0
    """Keys that had come (`KeyOrder.keys_typed`) when the last frame was drawn."""
    _resized: Timer | None = None

    @property
    def link_is_idle(self) -> bool:
        """Whether there is room for a redraw that no key asked for (see `LinkRate.is_free`)."""
        driver = self._driver
        return not isinstance(driver, PacedDriver) or (not self._frame_dropped and driver.pace.is_free())

    @property
    def is_frame_due(self) -> bool:
        """True while a frame that was dropped is still to be drawn."""
        return self._frame_dropped

    def when_drawn(self) -> Callable[[], float | None]:
        """A function that says when all frames so far had been drawn (`time.monotonic`); None: they have not."""
        driver = self._driver
        if isinstance(driver, PacedDriver):
            return partial(driver.pace.drawn_at, driver.pace.submitted)
        now = time.monotonic()
        return lambda: now

    async def on_event(self, event: events.Event) -> None:
        """As in Textual; after a key, the next frame counts as its answer."""
        await super().on_event(event)
        if isinstance(event, events.Key):
            self._key_at_work = True

    def on_resize(self, _event: events.Resize) -> None:
        """Forget what is on the terminal, and once its size rests redraw all of it.

        Terminals differ in what they keep at a resize.  tmux 3.3a is still rearranging its lines when the first frame
        comes, and loses cells of it beside wide characters.
        """
        if isinstance(self._driver, PacedDriver):
            self._driver.shown.forget()
            if self._resized is not None:
                self._resized.stop()
            self._resized = self.set_timer(_SIZE_RESTS_S, self.redraw)

    def redraw(self) -> None:
        """Redraw the whole screen: another program may have written on the terminal."""
        if isinstance(self._driver, PacedDriver):
            self._driver.shown.forget()
        self.screen.refresh()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        driver = self._driver
        if not isinstance(driver, PacedDriver) or not isinstance(renderable, CompositorUpdate):
            super()._display(screen, renderable)
            return
        # Of keys that came together one frame shows what they have done: each would be drawn over by the next.
        is_drawn_over = isinstance(self, KeyOrder) and self.keys_sent < self._keys_drawn
        if driver.pace.is_behind() or is_drawn_over or self._batch_count:  # within a batch update Textual draws nothing
            self._defer_frame(screen, renderable)
            self.post_display_hook()
            return
        if isinstance(self, KeyOrder):
            self._keys_drawn = self.keys_typed
        changed = driver.shown.changed(renderable)
        super()._display(screen, changed)
        if changed is not None:
            driver.end_frame()
            if self._key_at_work:
                self._key_at_work = False
                input_priority.answered()

    def _defer_frame(self, screen: Screen[Any], update: CompositorUpdate) -> None:
        """Mark the regions of ``update`` as dirty, and have them drawn later."""
        if isinstance(update, ChopsUpdate):
            regions = {Region(x1, y, x2 - x1, 1) for y, x1, x2 in update.spans}
        else:
            regions = {screen._compositor.size.region}
        screen._compositor._dirty_regions |= regions
        if not self._frame_dropped:
            self._frame_dropped = True
            self.set_timer(_AGAIN_S, self._pay)

    def _pay(self) -> None:
        driver = self._driver
        if isinstance(driver, PacedDriver) and driver.pace.is_behind():
            self.set_timer(_AGAIN_S, self._pay)
            return
        self._frame_dropped = False
        if self.screen_stack:
            self.screen.call_later(self.screen._compositor_refresh)


class _TouchedWidgets(Compositor):
    """For a partial update, renders the widgets that it touches; and redraws all that a layout has moved.

    Textual renders every widget whose clip region it touches: the clip of a pane is the container of all panes.
    It also compares a layout with the newest map of the widgets, though asking where one stands may have made that map
    anew since the last layout: then nothing seems to have moved, is drawn at its new place, or hears of its new size.
    """

    def __init__(self) -> None:
        super().__init__()
        self._laid_out = self._full_map

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """As in Textual, compared with the last layout."""
        self._full_map = self._laid_out
        result = super().reflow(parent, size)
        self._laid_out = self._full_map
        return result

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        self._cuts = self.cuts  # where widgets begin and end: of all of them, so not when only some are listed
        visible = self.visible_widgets
        self._visible_widgets = {widget: place for widget, place in visible.items() if crop.overlaps(place[0])}
        try:
            return super()._render_chops(crop, is_rendered_line)
        finally:
            self._visible_widgets = visible


class LowLatencyScreen(Screen[ScreenResultType], Generic[ScreenResultType]):
    """A screen that draws the answer to a key as soon as it is ready, and no widget that has no part in it.

    Textual draws on a timer of 60 Hz, which after a frame lets up to two ticks pass, that is 33 ms; and a screen that
    follows a capture has mostly just been drawn.
    """

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(name, id, classes)
        self._compositor = _TouchedWidgets()

    async def _on_idle(self, event: events.Idle) -> None:
        is_due = self._dirty_widgets or self._layout_required or self._scroll_required or self._repaint_required
        if (
            is_due
            and input_priority.unanswered
            and self.is_current
            and not self.app._batch_count
            and not _more_keys(self.app)
        ):
            event.prevent_default()  # otherwise Textual goes on to its own handler, which starts the timer
            self._on_timer_update()

    def _compositor_refresh(self) -> None:
        """As in Textual, with all widgets that ask to be drawn.

        Textual draws what its compositor has been told of and then drops every such request.  Of one that came after
        the last frame, the compositor has not been told when the frame is one that makes up for a dropped one.
        """
        self._compositor.update_widgets(self._dirty_widgets)
        super()._compositor_refresh()


def _more_keys(app: App[Any]) -> bool:
    """Whether keys have come behind the one that is being answered: not each of them is worth a frame."""
    return isinstance(app, KeyOrder) and app.has_typed_ahead


def link_is_idle(app: App[Any]) -> bool:
    """`FramePacer.link_is_idle` of ``app``, for screens; True for an app that is no `FramePacer`."""
    return not isinstance(app, FramePacer) or app.link_is_idle
