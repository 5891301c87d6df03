"""The lines around the panes of the main screen: status, tabs, what is marked, what the capture complains of, hints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.access.progress import Phase
from tcptui.ui.capture_notice import notice_text
from tcptui.ui.keymap import shown_now
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.hints import HITS, HITS_REPLACE, hints_for
from tcptui.ui.search.legend import Legend
from tcptui.ui.widgets.one_line import NoticeLine, StatusBar, TabBar

if TYPE_CHECKING:
    from tcptui.ui.hint import Hint
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.live import Live


class Lines(Controller):
    """Keeps these lines up with the pane in front and the capture."""

    _hints_unsaved = False
    """Whether the hints are those of packets that would be lost."""

    def __init__(self, screen: ControlledScreen, live: Live) -> None:
        super().__init__(screen)
        self._live = live
        self.status = StatusBar(screen.glyphs, screen.words)
        self.tabs = TabBar(screen.glyphs, screen.words)
        self.legend = Legend(screen.glyphs, screen.words("search.legend.keys"))
        self.notice = NoticeLine(screen.glyphs, screen.words)

    def show_status(self) -> None:
        """Update the status bar, and the line with what the capture complains of."""
        if self._live.has_unsaved != self._hints_unsaved:
            self._put_hints()
        self.status.update(self._live.status)
        self.notice.show(notice_text(self.session.progress.notice, self.words))

    def show(self) -> None:
        """Update all of them for the pane in front, but for the status bar."""
        highlights = self.workspace.highlights
        self.tabs.show(self.workspace.active, *self.tabs.extras)
        self.legend.show(highlights, highlights.followed)
        self._put_hints()

    def _put_hints(self) -> None:
        self._hints_unsaved = self._live.has_unsaved
        hints = self.screen.with_own_hints(self._of_pane())
        if self.workspace.found is not None:
            hints = (*HITS, *(hint for hint in hints if hint.word not in HITS_REPLACE))
        self.screen.put_hints([shown_now(hint, self.screen.options.keys) for hint in hints])

    def _of_pane(self) -> tuple[Hint, ...]:
        """The hints of the keys for the pane in front."""
        workspace = self.workspace
        return hints_for(
            workspace.active,
            growing=self.session.progress.phase is Phase.LIVE,
            lesson=self.screen.walk is not None,
            other=self.screen.has_no_tcp,
            narrowed=bool(workspace.connections.index.narrowing),
            listed=workspace.connections.row_count > 0,
            empty=not self.session.streams.count,
            zoomed=workspace.arrangement.zoomed,
            paused=self._live.paused,
            unsaved=self._live.has_unsaved,
            filtered=workspace.matching is not None and workspace.matching.account.matched > 0,
        )
