"""The table of the tour's hints; the words of one are ``tour.hint.<id>``, with the key of its command as ``{key}``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.actions import parse

from tcptui.ui.keymap import COMMANDS
from tcptui.ui.main.pane_specs import SPEC_OF, Pane

if TYPE_CHECKING:
    from collections.abc import Callable

#: From so many listed connections on it is worth the while to narrow the list.
MANY: Final = 10


@dataclass(frozen=True, slots=True)
class Situation:
    """What the main screen shows."""

    pane: Pane
    """The pane in front."""
    listed: int = 0
    """Connections in the list."""
    has_trouble: bool = False
    """Whether some connection has a warning or an error."""
    has_payload: bool = False
    """Whether the ends of the selected connection said anything."""


@dataclass(frozen=True, slots=True)
class TourHint:
    """One hint."""

    id: str
    command: str
    """Name of the command that it tells of; using it ends the hint."""
    fits: Callable[[Situation], bool]
    """Whether the hint helps in a situation."""
    also: str = ""
    """Another command that shows that the user knows."""
    reaches: Pane | None = None
    """The pane that the key leads to: who is there needs the hint no more, however he came."""

    @property
    def word(self) -> str:
        """Catalogue key of its sentence."""
        return f"tour.hint.{self.id}"


def _in_list(situation: Situation) -> bool:
    return situation.pane is Pane.CONNECTIONS and situation.listed > 0


def _in_timeline(situation: Situation) -> bool:
    return situation.pane is Pane.TIMELINE and situation.listed > 0


#: The first that fits and is not done is shown.
HINTS: Final = (
    TourHint("problem", "next_problem", lambda now: _in_list(now) and now.has_trouble, also="previous_problem"),
    TourHint("explain", "explain", lambda now: _in_list(now) or _in_timeline(now), reaches=Pane.EXPLAIN),
    TourHint("timeline", "drill", _in_list, reaches=Pane.TIMELINE),
    TourHint("hex", SPEC_OF[Pane.HEADERS].command, _in_timeline, reaches=Pane.HEADERS),
    TourHint("stream", "stream", lambda now: _in_timeline(now) and now.has_payload),
    TourHint("narrow", "narrow", lambda now: _in_list(now) and now.listed >= MANY),
    TourHint("help", "help", lambda now: now.listed > 0),
    TourHint("palette", "palette", lambda now: now.listed > 0),
)

_ACTION: Final = {command.name: command.action for command in COMMANDS}


def plain_action(action: str) -> str:
    """``action`` without the name of what performs it: ``app.help`` and ``screen.help`` are both ``help()``."""
    _, name, parameters = parse(action)
    return f"{name}({', '.join(map(repr, parameters))})"


#: The hint that each action ends.
ENDED_BY: Final = {plain_action(_ACTION[name]): hint.id for hint in HINTS for name in (hint.command, hint.also) if name}
