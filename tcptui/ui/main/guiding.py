"""What the user may be looking for on the main screen: the help, and what the palette finds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from tcptui.ui.main.controller import Controller
from tcptui.ui.main.lessons import all_cases
from tcptui.ui.main.pane_specs import SPEC_OF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filter_names import FilterNames
    from tcptui.ui.main.filter_prompt import FilterPrompt
    from tcptui.ui.main.filtering import Filtering
    from tcptui.ui.main.lessons import Lessons
    from tcptui.ui.main.listing import Listing
    from tcptui.ui.main.live import Live
    from tcptui.ui.main.touring import Touring
    from tcptui.ui.main.verdicts import Verdicts
    from tcptui.ui.palette_entry import PaletteEntry


class Guiding(Controller):
    """Opens the help, and makes the entries of the palette."""

    def __init__(
        self, screen: ControlledScreen, *, live: Live, listing: Listing, lessons: Lessons, filtering: Filtering,
        filter_prompt: FilterPrompt, filter_names: FilterNames, verdicts: Verdicts, touring: Touring,
    ) -> None:  # fmt: skip
        super().__init__(screen)
        self._live, self._listing, self._lessons = live, listing, lessons
        self._filtering, self._filter_prompt, self._filter_names = filtering, filter_prompt, filter_names
        self._verdicts, self._touring = verdicts, touring

    def help(self) -> None:
        """Open the help, with the term under the cursor first."""
        from tcptui.ui.main.state_moves import transitions_of
        from tcptui.ui.palette import main_keys
        from tcptui.ui.screens.help import HelpScreen

        term = SPEC_OF[self.workspace.active].term(self.workspace)
        moves = transitions_of(self.session, self.workspace.row)
        keys = main_keys(self.words, self.screen.options.keys)
        self.app.push_screen(HelpScreen(self.words, self.glyphs, keys, term, moves=moves))

    def entries(self) -> list[PaletteEntry]:
        """The commands for the palette, with what each is set to now, and the named filters."""
        from tcptui.ui.palette import main_entries

        words, options, workspace = self.words, self.screen.options, self.workspace
        by = self._listing.sorted_by
        now = {
            "follow": self._on_off(workspace.following),
            "pause": self._on_off(self._live.paused),
            "zoom": self._on_off(workspace.arrangement.zoomed),
            "narrow": self._filter_prompt.typed_text(),
            "lift": self._on_off(self._filtering.matching is not None),
            "context": self._on_off(self._filtering.has_context),
            "sort": by,
            "sort_menu": by,
            "reverse": by,
            f"time_base('{options.time_base.value}')": words("guide.palette.now"),
            "tour": self._touring.progress,
            "names": words(f"screen.names.{options.names.value}"),
            "raw_numbers": words("screen.raw.on" if workspace.ladder.raw_numbers else "screen.raw.off"),
        }
        entries = [replace(entry, now=now.get(entry.action, "")) for entry in main_entries(words, options.keys)]
        return [*entries, *self._filter_names.entries()]

    def _on_off(self, value: bool) -> str:
        return self.words("guide.palette.on" if value else "guide.palette.off")

    async def places(self, query: str) -> Sequence[PaletteEntry]:
        """Findings, connections and cases called as ``query``, to go to; no findings in a case: they answer it."""
        from tcptui.ui.main.places import LEAST_LETTERS, case_places, connection_places, finding_places

        filtering = self._filtering
        seen = self._verdicts.watch.seen if self.screen.walk is None else None
        groups = () if seen is None else seen.trouble.groups
        places = finding_places(query, groups, self.words, filtering.list_chosen)
        if len(query.strip()) >= LEAST_LETTERS:
            found = await asyncio.to_thread(self._listing.with_end, query)
            ends, go_to, list_with = self.workspace.connections.ends, filtering.go_to_stream, filtering.list_with
            places += connection_places(query, found, self.words, ends, go_to, list_with)
            cases = await asyncio.to_thread(all_cases)
            places += case_places(query, cases, self.words, self._lessons.go_to)
        return places
