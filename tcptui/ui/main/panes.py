"""The container of the panes: places them side by side, stacked or as tabs, and keeps which one is active."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from textual import on
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from tcptui.ui.cell_text import grouped
from tcptui.ui.main.connection_list import ConnectionList
from tcptui.ui.main.explain_pane import ExplainPane
from tcptui.ui.main.header_pane import HeaderPane
from tcptui.ui.main.layout import Arrangement, PaneLayout, Shape, is_right_hand
from tcptui.ui.main.pane_protocols import TitleChanged, TitledPane, TroubledPane
from tcptui.ui.main.pane_specs import NUMBERED, PANES, Pane
from tcptui.ui.main.timeline import Timeline
from tcptui.ui.textual_private import forget_arrangement
from tcptui.ui.widgets.one_line import PaneTitle
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.layout import Layout

    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

WidgetT = TypeVar("WidgetT", bound=Widget)


class Panes(Container):
    """Lays the panes out; the active pane, the one in front, is the one with the focus."""

    @dataclass
    class Changed(Message):
        """Another pane is in front, or another connection or packet is selected."""

        panes: Panes

        @property
        def control(self) -> Panes:
            """The panes, for selectors."""
            return self.panes

    def __init__(self, glyphs: Glyphs, words: Words, options: ViewOptions, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs
        self.words = words
        self._widgets = {spec.pane: spec.make(glyphs, words, options) for spec in PANES if spec.make is not None}
        self.connections = self.pane(Pane.CONNECTIONS, ConnectionList)
        self.ladder = self.pane(Pane.TIMELINE, Timeline)
        self.headers = self.pane(Pane.HEADERS, HeaderPane)
        self.explain = self.pane(Pane.EXPLAIN, ExplainPane)
        self._titled = {pane: widget for pane, widget in self._widgets.items() if isinstance(widget, TitledPane)}
        self.list_title = ""
        """Text after the name in the title of the connection list: the narrowing, the sort order."""
        self._titles = {pane: PaneTitle(glyphs, words, pane) for pane in NUMBERED}
        self._placing = PaneLayout()

    @property
    def layout(self) -> Layout:
        """The `PaneLayout`, whatever the style sheet says."""
        return self._placing

    def compose(self) -> ComposeResult:
        """All panes and titles; the layout decides which are shown."""
        yield from self._widgets.values()
        yield from self._titles.values()

    @property
    def arrangement(self) -> Arrangement:
        """The state that the layout depends on."""
        return self._placing.chosen

    @property
    def active(self) -> Pane:
        """The pane in front."""
        return self._placing.chosen.active

    def arrange_for(self, shape: Shape) -> None:
        """Lay out for ``shape``; a change of shape ends the zoom."""
        if shape is not self._placing.shape:
            self._placing.shape = shape
            self._rearrange(replace(self.arrangement, zoomed=False))
            self.relay()

    def _rearrange(self, chosen: Arrangement) -> None:
        before = self._placing.regions(self.size)
        self._placing.chosen = chosen
        forget_arrangement(self)
        self._set_apart()
        self.show_titles()
        if self._placing.regions(self.size) != before:
            self.relay()

    def _set_apart(self) -> None:
        """Draw lines between panes that stand side by side now, and none around a zoomed one."""
        shape, chosen = self._placing.shape, self.arrangement
        classes = {"-zoomed": chosen.zoomed}  # together: each change would style every pane anew
        for pane in (Pane.HEADERS, Pane.EXPLAIN):
            classes[f"-{pane.value}-left"] = not is_right_hand(pane, self.size, shape, chosen)
        self.update_classes(classes)
        for pane, title in self._titles.items():
            cornered = is_right_hand(pane, self.size, shape, chosen)
            if cornered != title.has_class("-cornered"):
                title.set_class(cornered, "-cornered")
                title.refresh()  # it may be as wide as before

    def on_resize(self) -> None:
        """Which panes stand side by side depends on the size."""
        self._set_apart()

    def relay(self) -> None:
        """Lay the panes out again."""
        self.headers.is_alone = self.arrangement.zoomed or self._placing.shape.has_tabs
        for titled in self._titled.values():
            titled.has_title = not self._placing.shape.has_tabs
        forget_arrangement(self)
        self.refresh(layout=True)

    def pane(self, pane: Pane, kind: type[WidgetT]) -> WidgetT:
        """The widget of ``pane``, which is a ``kind``."""
        widget = self._widgets[pane]
        if not isinstance(widget, kind):
            raise TypeError(f"{pane} is a {type(widget).__name__}")
        return widget

    def widget_of(self, pane: Pane) -> Widget:
        """The widget that has the focus when ``pane`` is active."""
        if pane is Pane.HEADERS:
            return self.headers.tree_view
        return self._widgets[pane] if pane in self._widgets else self.query_one(f"#{pane.value}")

    @property
    def own_trouble(self) -> bool | None:
        """Whether the pane in front has problems of its own to go to; None: it is no `TroubledPane`."""
        widget = self._widgets.get(self.active)
        return widget.has_trouble if isinstance(widget, TroubledPane) else None

    def activate(self, pane: Pane) -> None:
        """Bring ``pane`` to the front and give it the focus."""
        self._bring(pane)
        # Not `Widget.focus`, which takes effect later: keys typed ahead would still go to the old focus.
        self.screen.set_focus(self.widget_of(pane), scroll_visible=False)

    def activate_next(self, step: int) -> None:
        """Bring the next (``step`` 1) or previous (-1) pane to the front, in the order of `PANES`, cyclically."""
        there = [spec.pane for spec in PANES if spec.make is not None or self.arrangement.lesson]
        self.activate(there[(there.index(self.active) + step) % len(there)])

    def _bring(self, pane: Pane) -> None:
        if pane is not self.active:
            self._rearrange(replace(self.arrangement, active=pane))
            self.post_message(self.Changed(self))
            self.pane_changed()

    def pane_changed(self) -> None:
        """Called when another pane has become active; for subclasses."""

    def set_zoomed(self, zoomed: bool) -> None:
        """Show the active pane alone, or all panes again."""
        if zoomed != self.arrangement.zoomed:
            self._rearrange(replace(self.arrangement, zoomed=zoomed))
            self.post_message(self.Changed(self))

    def set_lesson(self, lesson: bool) -> None:
        """Show or hide the lesson pane, which must be a child with the id of `Pane.LESSON`."""
        self._rearrange(replace(self.arrangement, lesson=lesson))

    def set_lesson_lines(self, lines: int) -> None:
        """Lay out for a lesson that fills so many lines: it gets no more of the side column."""
        if lines != self.arrangement.lesson_lines:
            self._rearrange(replace(self.arrangement, lesson_lines=lines))

    def set_listed(self, connections: int, *, is_narrowed: bool) -> None:
        """Lay out for this many connections, of all or of what the list ``is_narrowed`` to: it gets no blank line."""
        chosen = replace(self.arrangement, listed=connections, nothing_matches=is_narrowed and not connections)
        if chosen != self.arrangement:
            self._rearrange(chosen)

    def set_without_tcp(self, without: bool) -> None:
        """Lay out for packets of which none belongs to a connection, or as usual."""
        if without != self.arrangement.without_tcp:
            self._rearrange(replace(self.arrangement, without_tcp=without))
            self.relay()

    def fit_timeline(self) -> None:
        """Lay out for the packets that the timeline shows now."""
        packets = self.ladder.row_count or None
        if packets != self.arrangement.packets:
            self._rearrange(replace(self.arrangement, packets=packets))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Make the pane with the focus the active one."""
        if event.widget is not self.screen.focused:  # the event is outdated: the focus has moved on
            return
        for widget in event.widget.ancestors_with_self:
            pane = next((pane for pane in Pane if pane.value == widget.id), None)
            if pane is not None:
                self._bring(pane)
                return

    def shows(self, pane: Pane) -> bool:
        """Whether there is room for ``pane`` now."""
        return pane in self._placing.regions(self.size)

    @on(TitleChanged)
    def _title_changed(self, event: TitleChanged) -> None:
        event.stop()
        pane = Pane(event.widget.id)
        self._titles[pane].show(self.active is pane, self._titled[pane].told)

    def show_titles(self) -> None:
        """Update the titles: which pane is active, and what the panes show."""
        extras = {pane: titled.told for pane, titled in self._titled.items()}
        extras[Pane.CONNECTIONS] = self.list_title
        if self.ladder.stream >= 0:
            facts = {"stream": self.ladder.stream, "packets": Count(len(self.ladder.all_rows))}
            matched = self.ladder.matched
            key = "stream_only" if self.ladder.conceals else "stream" if matched is None else "matched"
            matching = {} if matched is None else {"matched": grouped(matched)}
            extras[Pane.TIMELINE] = self.words(f"screen.ladder.{key}", **facts, **matching)
        for pane, title in self._titles.items():
            title.show(pane is self.active, extras.get(pane, ""))
