"""What the main screen is made of: one controller for each concern, and what it may use of the screen.

A controller is no widget and no screen: it has its own state and commands, and works on the panes.  The screen has the
keys, composes the widgets and calls the hooks of `Controller`.  All of them stand in `tcptui.ui.main.controllers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tcptui.ui.main.prompt_line import PromptKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.message import Message
    from textual.timer import Timer

    from tcptui.session.session import Session
    from tcptui.ui.endpoint_names import EndpointNames
    from tcptui.ui.hint import Hint
    from tcptui.ui.learn.case_walk import CaseWalk
    from tcptui.ui.main.matching import Matching
    from tcptui.ui.main.prompt_line import PromptLine
    from tcptui.ui.main.workspace import Workspace
    from tcptui.ui.screens.noticing import NoticingScreen
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import NamesChoice, TimeBase, ViewOptions
    from tcptui.ui.widgets.filter_line import FilterLine
    from tcptui.words.catalogue import Words


class ControlledScreen(Protocol):
    """The main screen, as far as its controllers use it."""

    session: Session
    words: Words
    glyphs: Glyphs
    options: ViewOptions
    walk: CaseWalk | None
    """The walk through the open case, if there is one."""
    nested: bool
    """Whether it shows a case that was opened above another capture, to which Esc goes back."""
    workspace: Workspace
    """The panes, with the selected connection and packet."""
    names: EndpointNames
    prompt: PromptLine
    filter_line: FilterLine

    @property
    def app(self) -> App[Any]:
        """The app."""

    @property
    def is_running(self) -> bool:
        """Whether it is there to show anything."""

    @property
    def paused(self) -> bool:
        """Whether the display stands still while reading goes on."""

    # -- what it says and shows ----------------------------------------------------------
    def say(self, text: str, seconds: float = ...) -> None:
        """Show ``text`` before the hints for a while, or until the next key."""

    def ask(self, kind: PromptKind, text: str = "") -> None:
        """Open the prompt, which has the focus then."""

    def show_context(self) -> None:
        """Update tabs, hints and status for the pane in front."""

    def show_status(self) -> None:
        """Update the status bar."""

    def show_hints(self) -> None:
        """Update the hints, and tabs and status."""

    def choose_view(self, choice: TimeBase | NamesChoice) -> None:
        """Show times or names by ``choice``, and have it remembered."""

    def show_tour(self) -> None:
        """Show the hint of the tour that fits now, if any."""

    def show_verdict(self) -> None:
        """Show what may be told of the capture now."""

    def show_filter_line(self, *, loudly: bool = False) -> None:
        """Say below the prompt what there is to say; ``loudly``: Enter was pressed on a mistake."""

    def sibling(self, session: Session, walk: CaseWalk, *, nested: bool | None = None) -> NoticingScreen[None]:
        """A screen that shows ``walk``, as this one does; ``nested`` or like this one."""

    # -- concerns that are still part of the screen --------------------------------------
    @property
    def wanted_filter(self) -> str: ...  # noqa: D102

    @property
    def is_filter_due(self) -> bool: ...  # noqa: D102

    @property
    def matching(self) -> Matching | None: ...  # noqa: D102

    @property
    def words_beside(self) -> tuple[str, ...]: ...  # noqa: D102

    def filter_by(self, text: str, words: tuple[str, ...] = ()) -> None: ...  # noqa: D102

    def lift(self) -> None: ...  # noqa: D102

    def narrow(self, text: str) -> None: ...  # noqa: D102

    def notes_changed(self) -> None: ...  # noqa: D102

    def show_other(self, row: int) -> None: ...  # noqa: D102

    def reorder(self, *, now: bool = False) -> None: ...  # noqa: D102

    # -- what goes on meanwhile ----------------------------------------------------------
    def run_worker(
        self, work: Callable[[], object], *, group: str, exclusive: bool = False, thread: bool = False
    ) -> object:
        """Run ``work`` beside the event loop: in a thread, or where it makes a coroutine as a task."""

    @property
    def is_leaving(self) -> bool:
        """Whether the screen is gone, or being taken apart."""

    def hand_over(self, function: Callable[..., object], *facts: object) -> None:
        """From a worker thread: call ``function(*facts)`` on the event loop, unless the screen is being left."""

    def call_after(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call ``callback`` once, after so many ``seconds``."""

    def call_later(self, callback: Callable[..., Any], *facts: Any) -> bool:
        """Call ``callback`` behind the messages that wait."""

    def set_interval(self, interval: float, callback: Callable[[], Any]) -> Timer:
        """Call ``callback`` every ``interval`` seconds."""

    def post_message(self, message: Message) -> bool:
        """Post ``message`` to the screen, and from there to the app."""


class Controller:
    """One concern of the main screen; the hooks are called by the screen."""

    PROMPTS: ClassVar[frozenset[PromptKind]] = frozenset()
    """What it asks for in the prompt: those events of the prompt come to it."""

    def __init__(self, screen: ControlledScreen) -> None:
        self.screen = screen
        self.session = screen.session
        self.words = screen.words
        self.glyphs = screen.glyphs
        self.workspace = screen.workspace

    @property
    def app(self) -> App[Any]:
        """The app."""
        return self.screen.app

    def mounted(self) -> None:
        """The screen is there; the panes have no session yet."""

    def unmounted(self) -> None:
        """The screen is being left."""

    def ticked(self, *, is_idle: bool) -> None:
        """The screen has shown what is new; ``is_idle``: the terminal keeps up."""

    def selection_changed(self) -> None:
        """Another pane is in front, or another connection or packet is selected."""

    def hints(self, hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
        """The hints for the pane in front, made of ``hints`` as they are without this concern."""
        return hints

    # -- the prompt ----------------------------------------------------------------------
    def may_submit(self, kind: PromptKind, text: str) -> bool:  # noqa: ARG002 - for those that override it
        """Whether Enter closes the prompt with ``text``."""
        return True

    def typed(self, text: str) -> None:
        """The text in the prompt has changed."""

    def completion_wanted(self, text: str) -> None:
        """Tab was pressed, where no path is asked for."""

    def submitted(self, kind: PromptKind, text: str) -> None:
        """Enter has closed the prompt."""

    def cancelled(self, text: str) -> None:
        """Esc has closed the prompt, which was opened with ``text``."""
