"""A capture that runs, on the main screen: following the newest row, standing still, and what would be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.access.progress import Phase
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.status_of import Told, status_of

if TYPE_CHECKING:
    from tcptui.ui.leaving import Leaving
    from tcptui.ui.widgets.one_line import Status


class Live(Controller):
    """Follows the newest row or not, and has the display stand still while reading goes on."""

    _held: Status | None = None
    """What was counted when the display was paused; None while it is not."""
    told: Told | None = None
    """What the verdict line tells of; None while it is hidden."""

    def switch_following(self) -> None:
        """Switch on or off that the cursor stays on the newest row."""
        workspace = self.workspace
        workspace.following = not workspace.following
        if workspace.following:
            rows = workspace.connections if workspace.active is Pane.CONNECTIONS else workspace.ladder
            rows.put_cursor(rows.row_count - 1)
        self.screen.show_status()

    def end_wanted(self) -> None:
        """Follow the newest row while packets come: the user has gone to the last one."""
        if self.session.live and self.session.progress.phase is Phase.LIVE:
            self.workspace.following = True
            self.screen.show_status()

    @property
    def paused(self) -> bool:
        """Whether the display stands still while reading goes on."""
        return self._held is not None

    def switch_pause(self) -> None:
        """Freeze the display, while reading goes on, or resume it."""
        if self.paused:
            self.resume()
        else:
            self.pause()
        self.screen.show_context()

    def pause(self) -> None:
        """Stop the display at what has been read so far: list, timeline and counts are those of one moment."""
        self.screen.tick()
        self.workspace.settle_now()
        self._held = self._status(None)

    def resume(self) -> None:
        """Show what came meanwhile, and go on."""
        self._held = None
        self.screen.look_again()
        self.screen.tick()

    @property
    def status(self) -> Status:
        """What the first line tells now."""
        return self._status(self._held)

    def _status(self, previous: Status | None) -> Status:
        following, has_unsaved = self.workspace.following, self.has_unsaved
        return status_of(self.session, previous, self.told, is_following=following, has_unsaved=has_unsaved)

    @property
    def has_unsaved(self) -> bool:
        """Whether packets of a capture that runs, or ran, would be lost."""
        leaving: Leaving | None = getattr(self.app, "leaving", None)
        return self.session.live and leaving is not None and leaving.has_unsaved
