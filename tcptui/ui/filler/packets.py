"""The packets of one connection below what another screen says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from tcptui.access.stream_rows import place_of
from tcptui.model.packet_store import NO_ROW
from tcptui.ui.main.packet_severity import raised_rows
from tcptui.ui.main.timeline import Timeline
from tcptui.ui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.finding import Finding
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words


class FillerPackets(Timeline, can_focus=False):
    """Begins where its worst finding has its first packet."""

    DEFAULT_CSS = """
    FillerPackets {
        background: $background; border-top: solid $edge; border-title-color: $faint;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
    }
    .-ascii FillerPackets { border-top: ascii $edge; }
    """

    def __init__(self, session: JudgedCapture, glyphs: Glyphs, words: Words, options: ViewOptions, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, options, id=id)
        self._of = session

    def tell(self, stream: int, frame: int = 0) -> None:
        """Show ``stream``, begun at the packet ``frame``; 0: where its worst finding is; without one at its first."""
        worst: Finding | None = self._of.headline(stream)
        if stream != self.stream:
            client, server = self._of.streams.ends(stream)
            self.show(self._of, stream, (str(client), str(server)))
        else:
            self.grow()
        self.raise_rows({} if worst is None else raised_rows(self._of.store, (worst,)))
        first = frame or (worst.packets[0] if worst is not None and worst.packets else 0)
        row = self._of.store.row_of_frame(first) if first else NO_ROW
        self.cursor = place_of(self.rows, row) if row != NO_ROW and self.rows.size else 0

        self.border_title = f" {self.words('below.packets', stream=stream)} "
        self.call_after_refresh(self._begin_at_cursor)

    def _begin_at_cursor(self) -> None:
        """Scroll to the packet that it begins at, with as many rows below it as there is room for."""
        top = max(0, min(self.cursor, self.row_count - self.page_rows))
        self.scroll_to(y=top, animate=False, immediate=True)
        self.refresh()

    @on(VirtualList.Highlighted)
    @on(VirtualList.Chosen)
    def _inside(self, event: VirtualList.Highlighted | VirtualList.Chosen) -> None:
        event.stop()  # the screen's own lists are not meant
