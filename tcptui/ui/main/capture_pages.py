"""The screens about the whole capture: the overview of its trouble, and its connections in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.packet_store import NO_STREAM
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.view_options import FirstPage

if TYPE_CHECKING:
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.session.groups import GroupBy, GroupSort
    from tcptui.ui.main.connection_index import ChosenStreams
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filter_prompt import FilterPrompt
    from tcptui.ui.main.filtering import Filtering
    from tcptui.ui.main.going import Going
    from tcptui.ui.main.lessons import Lessons
    from tcptui.ui.main.listing import Listing
    from tcptui.ui.main.searching import Searching
    from tcptui.ui.main.stream_pages import StreamPages
    from tcptui.ui.main.verdicts import Verdicts
    from tcptui.ui.overview.screen import Onward, OverviewResult


class CapturePages(Controller):
    """Opens them, and does what was chosen there."""

    _group: TroubleGroup | None = None
    """The group that the overview was closed on."""
    _grouped: tuple[GroupBy, GroupSort] | None = None
    """How connections were grouped last."""

    def __init__(
        self, screen: ControlledScreen, *, lessons: Lessons, listing: Listing, filtering: Filtering,
        filter_prompt: FilterPrompt, verdicts: Verdicts, going: Going, searching: Searching, stream_pages: StreamPages,
    ) -> None:  # fmt: skip
        super().__init__(screen)
        self._lessons, self._listing, self._verdicts = lessons, listing, verdicts
        self._filtering, self._filter_prompt = filtering, filter_prompt
        self._going, self._searching, self._stream_pages = going, searching, stream_pages

    def overview(self) -> None:
        """Open the overview: the trouble of the whole capture."""
        from tcptui.ui.overview.screen import OverviewScreen

        self._lessons.end_prediction()
        watch, options = self._verdicts.watch, self.screen.options
        watch.wants_trust = True
        screen = OverviewScreen(self.session, watch, self.words, self.glyphs, options, self._group)
        self.app.push_screen(screen, self._overviewed)

    def file_judged(self) -> None:
        """Open the first page, unless the user has begun to look around: the overview; without TCP, what there is."""
        is_at_rest = self.screen.is_in_front and self.screen.focused is self.workspace.connections
        is_at_rest = is_at_rest and self._listing.is_untouched and not self.screen.has_notice
        if self.screen.options.first_page is FirstPage.OVERVIEW and is_at_rest:
            seen = self._verdicts.watch.seen
            if seen is not None and not seen.connections and not seen.trouble.groups:
                self._going.open_other()
            else:
                self.overview()
        self._verdicts.first_page_done()

    def _overviewed(self, result: OverviewResult | None) -> None:
        """Do what was chosen on the overview, which has closed."""
        self._verdicts.watch.wants_trust = False
        if result is None:
            return
        self._group = result.group
        if result.onward is not None:
            self._go_on(result.onward)
        elif result.chosen is not None:
            self._filtering.list_chosen(result.chosen)
        elif result.frame:
            self.workspace.show_selected_stream()
            self._going.show_frame(result.frame)
            self.workspace.activate(Pane.TIMELINE)

    def _go_on(self, onward: Onward) -> None:
        """Open what the overview led on to."""
        from tcptui.ui.overview.screen import Onward

        match onward:
            case Onward.OTHER:
                self._going.open_other()
            case Onward.REQUESTS:
                self._stream_pages.open_requests(NO_STREAM)
            case Onward.GROUPS:
                self.groups()
            case Onward.FILTER:
                self._filter_prompt.ask()
            case Onward.SEARCH:
                self._searching.open()

    def groups(self) -> None:
        """Open the connections in groups, of the kind and in the order that they were seen last."""
        from tcptui.session.groups import GroupBy, GroupSort
        from tcptui.ui.groups.screen import GroupsScreen

        first = GroupSort.LOST if self.session.has_trouble else GroupSort.BYTES  # else nothing was lost anywhere
        by, sort = self._grouped or (GroupBy.SERVER, first)
        options, filtering, names = self.screen.options, self._filtering, self.screen.names
        screen = GroupsScreen(
            self.session, self.words, self.glyphs, options, by, sort, lambda: filtering.matching, lambda: names.known
        )

        def left(chosen: ChosenStreams | None) -> None:
            if self._grouped or (screen.by, screen.sort) != (by, sort):
                self._grouped = screen.by, screen.sort
            if chosen is not None:
                filtering.list_chosen(chosen)

        self._lessons.end_prediction()
        self.app.push_screen(screen, left)
