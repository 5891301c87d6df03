"""What a main screen takes over from the one that it replaces: of the same capture, or of the one before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tcptui.ui.main.connection_index import ListFilter
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.filtering import CarriedFilter
from tcptui.ui.main.pane_specs import Pane

if TYPE_CHECKING:
    from tcptui.ui.main.columns import Sorting
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filtering import Filtering
    from tcptui.ui.main.listing import Listing


@dataclass(frozen=True, slots=True)
class Carried:
    """What a screen takes over from the one that it replaces."""

    sorting: Sorting
    narrowing: ListFilter
    is_zoomed: bool = False
    """Whether the list has the whole screen."""
    place: tuple[int, Pane, int] | None = None
    """Connection, pane and packet to go to, where the capture is the same."""
    display_filter: CarriedFilter = field(default_factory=CarriedFilter)


class Carrying(Controller):
    """Hands over to the next screen, and takes over from the one before."""

    carried: Carried | None = None
    """What the screen before showed that goes on."""

    def __init__(self, screen: ControlledScreen, listing: Listing, filtering: Filtering) -> None:
        super().__init__(screen)
        self._listing, self._filtering = listing, filtering

    def to_next_capture(self) -> Carried:
        """What goes on with another session: chosen connections and packets are gone."""
        workspace, index = self.workspace, self.workspace.connections.index
        is_zoomed = workspace.arrangement.zoomed and workspace.active is Pane.CONNECTIONS
        words = ListFilter(index.narrowing.words)
        return Carried(index.sorting, words, is_zoomed=is_zoomed, display_filter=self._filtering.carried)

    def to_same_capture(self) -> Carried:
        """What goes on with the same session: connection, packet, pane, order, narrowing."""
        workspace, index = self.workspace, self.workspace.connections.index
        place = workspace.connections.stream, workspace.active, workspace.row
        narrowing = replace(index.narrowing, matching=None)
        return Carried(index.sorting, narrowing, place=place, display_filter=self._filtering.carried)

    def take_over(self) -> None:
        """Go on as the screen before did, if there was one."""
        carried = self.carried
        if carried is None:
            if self.screen.walk is None:
                self._filtering.carry_on(CarriedFilter(self.screen.options.display_filter))
            return
        self._filtering.carry_on(carried.display_filter)
        index = self.workspace.connections.index
        index.sorting, index.narrowing = carried.sorting, carried.narrowing
        self._listing.is_settled = True
        self.workspace.following &= carried.sorting.is_natural
        if carried.is_zoomed:
            # The first layout, before that, ends a zoom.
            self.screen.call_after_refresh(self.workspace.set_zoomed, True)
        if carried.place is not None:
            self._listing.goal, pane, row = carried.place
            # The list gets the focus, which it asks for when it is mounted, through the app: this is done after that.
            self.screen.call_later(self.app.call_later, self._go_back_there, pane, row)

    def _go_back_there(self, pane: Pane, row: int) -> None:
        if self.screen.is_leaving:  # at once
            return
        if row >= 0:
            self.workspace.go_to_row(row)
        self.workspace.activate(pane)
