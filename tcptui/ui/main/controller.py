"""What the main screen is made of: one controller for each concern, and what it may use of the screen.

A controller is no widget and no screen: it has its own state and commands, and works on the panes.  The screen has the
keys, composes the widgets and calls the hooks of `Controller`.  All of them stand in `tcptui.ui.main.controllers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tcptui.ui.main.prompt_line import PromptKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import App
    from textual.message import Message
    from textual.timer import Timer
    from textual.widget import Widget

    from tcptui.session.session import Session
    from tcptui.ui.endpoint_names import EndpointNames
    from tcptui.ui.hint import Hint
    from tcptui.ui.learn.case_walk import CaseWalk
    from tcptui.ui.main.prompt_line import PromptLine
    from tcptui.ui.main.workspace import Workspace
    from tcptui.ui.screens.noticing import NoticingScreen
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import NamesChoice, TimeBase, ViewOptions
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

    @property
    def app(self) -> App[Any]:
        """The app."""

    @property
    def is_running(self) -> bool:
        """Whether it is there to show anything."""

    @property
    def is_in_front(self) -> bool:
        """Whether it is the screen that gets the keys."""

    async def comes_to_front(self) -> bool:
        """Wait until it is the screen that gets the keys, where another one covers it; False: it has been left."""

    @property
    def focused(self) -> Widget | None:
        """The widget with the focus."""

    @property
    def has_notice(self) -> bool:
        """Whether a notice is shown."""

    @property
    def paused(self) -> bool:
        """Whether the display stands still while reading goes on."""

    @property
    def has_no_tcp(self) -> bool:
        """Whether there are packets, and none belongs to a connection."""

    # -- what it says and shows ----------------------------------------------------------
    def say(self, text: str, seconds: float = ...) -> None:
        """Show ``text`` before the hints for a while, or until the next key."""

    def copy(self, text: str) -> None:
        """Put ``text`` on the clipboard, and say so."""

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

    def put_hints(self, hints: Sequence[Hint]) -> None:
        """Show ``hints`` in the bottom line."""

    def with_own_hints(self, hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
        """The ``hints`` for the pane in front as each concern has them now."""

    def show_tour(self) -> None:
        """Show the hint of the tour that fits now, if any."""

    def show_verdict(self) -> None:
        """Show what may be told of the capture now."""

    def show_filter_line(self, *, loudly: bool = False) -> None:
        """Say below the prompt what there is to say; ``loudly``: Enter was pressed on a mistake."""

    def sibling(self, session: Session, walk: CaseWalk, *, nested: bool | None = None) -> NoticingScreen[None]:
        """A screen that shows ``walk``, as this one does; ``nested`` or like this one."""

    # -- what goes on meanwhile ----------------------------------------------------------
    def tick(self) -> None:
        """Show what is new in the session."""

    def look_again(self) -> None:
        """Have the next tick look at the session, whether it has changed or not."""

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

    def call_after_refresh(self, callback: Callable[..., Any], *facts: Any) -> bool:
        """Call ``callback`` once all has been laid out anew."""

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

    def resized(self, width: int, height: int) -> None:
        """The screen has this size now."""

    def ticked(self, is_idle: bool, /) -> None:
        """The screen has shown what is new; ``is_idle``: the terminal keeps up."""

    def selection_changed(self) -> None:
        """Another pane is in front, or another connection or packet is selected."""

    def filter_shown(self) -> None:
        """What there is to say about the display filter has been said: it may be another one now."""

    def hints(self, hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
        """The hints for the pane in front, made of ``hints`` as they are without this concern."""
        return hints

    # -- the prompt ----------------------------------------------------------------------
    def may_submit(self, _kind: PromptKind, _text: str, /) -> bool:
        """Whether Enter closes the prompt with that text."""
        return True

    def typed(self, text: str, /) -> None:
        """The text in the prompt has changed."""

    def completion_wanted(self, text: str, /) -> None:
        """Tab was pressed, where no path is asked for."""

    def submitted(self, kind: PromptKind, text: str, /) -> None:
        """Enter has closed the prompt."""

    def cancelled(self, text: str, /) -> None:
        """Esc has closed the prompt, which was opened with ``text``."""
