"""The table of the main screen's controllers, each with the others that it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.ui.main.controller import Controller
from tcptui.ui.main.lessons import Lessons
from tcptui.ui.main.naming import Naming
from tcptui.ui.main.noting import Noting
from tcptui.ui.main.saving import Saving
from tcptui.ui.main.searching import Searching
from tcptui.ui.main.seeking import Seeking
from tcptui.ui.main.touring import Touring
from tcptui.ui.main.traffic import Traffic
from tcptui.ui.main.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.prompt_line import PromptKind


class Controllers:
    """One row for each; hooks are called in the order of the rows."""

    def __init__(self, screen: ControlledScreen) -> None:
        self.lessons = Lessons(screen)
        self.verdicts = Verdicts(screen, self.lessons)
        self.traffic = Traffic(screen, self.lessons)
        self.noting = Noting(screen, self.lessons)
        self.naming = Naming(screen)
        self.seeking = Seeking(screen, self.lessons)
        self.searching = Searching(screen, self.lessons)
        self.saving = Saving(screen)
        self.touring = Touring(screen, self.lessons, self.verdicts)
        self._all: tuple[Controller, ...] = tuple(vars(self).values())
        self._by_prompt = {kind: each for each in self._all for kind in each.PROMPTS}

    def __iter__(self) -> Iterator[Controller]:
        return iter(self._all)

    def that_asks(self, kind: PromptKind) -> Controller | None:
        """The one that a line of this ``kind`` is for."""
        return self._by_prompt.get(kind)
