"""The table of the main screen's controllers, each with the others that it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.ui.main.capture_pages import CapturePages
from tcptui.ui.main.carrying import Carrying
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.copied import Copying
from tcptui.ui.main.filter_names import FilterNames
from tcptui.ui.main.filter_prompt import FilterPrompt
from tcptui.ui.main.filter_saying import FilterSaying
from tcptui.ui.main.filtering import Filtering
from tcptui.ui.main.going import Going
from tcptui.ui.main.guiding import Guiding
from tcptui.ui.main.lessons import Lessons
from tcptui.ui.main.lines import Lines
from tcptui.ui.main.listing import Listing
from tcptui.ui.main.live import Live
from tcptui.ui.main.naming import Naming
from tcptui.ui.main.noting import Noting
from tcptui.ui.main.own_columns import OwnColumns
from tcptui.ui.main.prompt_line import PromptLine
from tcptui.ui.main.saving import Saving
from tcptui.ui.main.searching import Searching
from tcptui.ui.main.seeking import Seeking
from tcptui.ui.main.stream_pages import StreamPages
from tcptui.ui.main.touring import Touring
from tcptui.ui.main.traffic import Traffic
from tcptui.ui.main.understanding import Understanding
from tcptui.ui.main.verdicts import Verdicts
from tcptui.ui.main.viewing import Viewing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.prompt_line import PromptKind


class Controllers:
    """One row for each; hooks are called in the order of the rows."""

    def __init__(self, screen: ControlledScreen) -> None:
        self.live = Live(screen)
        self.lines = Lines(screen, self.live)
        self.listing = Listing(screen, self.lines.tabs)
        self.viewing = Viewing(screen)
        self.lessons = Lessons(screen)
        self.filtering = Filtering(screen, self.listing)
        self.understanding = Understanding(screen, self.listing)
        self.filter_saying = FilterSaying(screen, self.filtering, self.understanding)
        self.filter_prompt = FilterPrompt(screen, self.listing, self.filtering, self.filter_saying)
        self.filter_names = FilterNames(screen, self.filtering, self.filter_prompt)
        self.own_columns = OwnColumns(screen, self.listing, self.filter_prompt, self.filter_saying)
        self.noting = Noting(screen, self.lessons, self.filtering)
        self.naming = Naming(screen, self.listing)
        self.copying = Copying(screen)
        self.verdicts = Verdicts(screen, self.lessons, self.live)
        self.traffic = Traffic(screen, self.lessons, self.filtering)
        self.seeking = Seeking(screen, self.lessons)
        self.going = Going(screen, self.lessons)
        self.searching = Searching(screen, self.lessons, self.going)
        self.saving = Saving(screen, self.filtering)
        self.touring = Touring(screen, self.lessons, self.verdicts)
        self.stream_pages = StreamPages(screen, self.lessons, self.going)
        self.capture_pages = CapturePages(
            screen, lessons=self.lessons, listing=self.listing, filtering=self.filtering,
            filter_prompt=self.filter_prompt, verdicts=self.verdicts, going=self.going, searching=self.searching,
            stream_pages=self.stream_pages,
        )  # fmt: skip
        self.guiding = Guiding(
            screen, live=self.live, listing=self.listing, lessons=self.lessons, filtering=self.filtering,
            filter_prompt=self.filter_prompt, filter_names=self.filter_names, verdicts=self.verdicts,
            touring=self.touring,
        )  # fmt: skip
        self.carrying = Carrying(screen, self.listing, self.filtering)
        self._all: tuple[Controller, ...] = tuple(vars(self).values())
        self._by_prompt = {kind: each for each in self._all for kind in each.PROMPTS}

    def __iter__(self) -> Iterator[Controller]:
        return iter(self._all)

    def may_submit(self, kind: PromptKind, text: str) -> bool:
        """Whether Enter closes a prompt of this ``kind``."""
        asker = self._by_prompt.get(kind)
        return asker is None or asker.may_submit(kind, text)

    def prompt_used(self, event: PromptLine.Changed) -> None:
        """Have the one that asks in the prompt act on what was done in it."""
        asker, text = self._by_prompt.get(event.kind), event.text
        if asker is None:
            return
        match event:
            case PromptLine.Submitted():
                asker.submitted(event.kind, text)
            case PromptLine.Cancelled():
                asker.cancelled(text)
            case PromptLine.CompletionWanted():
                asker.completion_wanted(text)
            case PromptLine.KeepWanted():
                self.filter_names.keep_wanted(event.kind, text)
            case PromptLine.FormWanted():
                self.filter_prompt.form_wanted(event.kind)
            case _:
                asker.typed(text)
