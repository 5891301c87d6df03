"""Finding a text in the whole capture: opens the search, and follows its hits by the keys that go to problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.packet_store import NO_ROW
from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import grouped
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.pane_specs import Pane

if TYPE_CHECKING:
    from tcptui.session.searching.hit import Hit
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.going import Going
    from tcptui.ui.main.lessons import Lessons


class Searching(Controller):
    """Goes from hit to hit while `Workspace.found` has some, and else from problem to problem."""

    _in_front = 0
    """The number of the search that was shown last."""
    _hit_from = NO_ROW
    """The packet that was shown for the last hit: another one where the hit itself is hidden, or not TCP."""

    def __init__(self, screen: ControlledScreen, lessons: Lessons, going: Going) -> None:
        super().__init__(screen)
        self._lessons, self._going = lessons, going

    def open(self) -> None:
        """Look for a text in the whole capture."""
        from tcptui.ui.search.screen import SearchScreen

        self._lessons.end_prediction()
        highlights = self.workspace.highlights
        screen = SearchScreen(self.session, self.words, self.glyphs, highlights, self._in_front, self.workspace.row)

        def left(hit: Hit | None) -> None:
            self._in_front = screen.number
            self.workspace.show_highlights()
            if hit is not None:
                highlights.followed = screen.number
                self._show_hit(hit)

        self.app.push_screen(screen, left)

    def next_hit(self, step: int) -> bool:
        """Go to the next (``step`` 1) or previous (-1) hit from the packet and place where the cursor is.

        Returns False where no hits are followed.
        """
        found, row = self.workspace.found, self.workspace.row
        if found is None:
            return False
        self._lessons.end_prediction()
        last = self.workspace.hit
        place = last.place if last is not None and row == self._hit_from else (row, -1)
        at = found.next_from(place, step)
        if at is not None:
            self._show_hit(found.hits[at])
        return True

    def _show_hit(self, hit: Hit) -> None:
        """Go to the packet of ``hit``, and say which one it is."""
        found, workspace = self.workspace.found, self.workspace
        assert found is not None
        workspace.hit = hit
        workspace.connections.touched = True
        notice = "search.notice.hit"
        if hit.row < self.session.store.first:
            notice = "search.notice.left"
        elif hit.stream < 0:
            self._going.show_other(hit.row)
        else:
            workspace.go_to_row(hit.row, remember=True)
            if workspace.active is Pane.CONNECTIONS:
                workspace.activate(Pane.TIMELINE)
        self._hit_from = workspace.row
        facts = {"number": grouped(found.hits.index(hit) + 1), "count": grouped(len(found.hits))}
        self.screen.say(self.words(notice, text=safe_text(found.text), **facts))

    def drop_highlights(self) -> None:
        """Have nothing marked any more that was searched for."""
        highlights = self.workspace.highlights
        for number in tuple(highlights.kept):
            highlights.remove(number)
        self.workspace.hit = None
        self.workspace.show_highlights()

    def back(self) -> bool:
        """Have `n` and `N` go to problems again; False where they do."""
        if self.workspace.found is None:
            return False
        self.workspace.highlights.followed, self.workspace.hit = 0, None
        self.workspace.show_headers()
        self.screen.show_hints()
        self.screen.say(self.words("search.notice.over"))
        return True
