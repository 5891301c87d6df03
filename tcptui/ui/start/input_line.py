"""The line of the start screen where one types: a text, a path, a filter."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from tcptui.ui.hint import Hint
from tcptui.ui.main.prompt_line import SafeInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tcptui.words.catalogue import Words

_LONGEST: Final = 1000


class Typing(Enum):
    """What the line is for."""

    TEXT = "text"
    """What rows must contain."""
    PATH = "path"
    FILTER = "filter"
    """A BPF expression for the capture to come."""


class StartInput(SafeInput):
    """The field; the list above keeps its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.list('move', -1)", show=False),
        Binding("down", "screen.list('move', 1)", show=False),
        Binding("pageup", "screen.list('page', -1)", show=False),
        Binding("pagedown", "screen.list('page', 1)", show=False),
        Binding("tab", "screen.complete", show=False),
        Binding("escape", "screen.leave_line", show=False),
    ]


class StartLine(Horizontal):
    """Hidden until it is opened.  What is typed in it arrives as `Input.Changed` of ``#start-input``."""

    def __init__(self, words: Words) -> None:
        super().__init__(id="start-line")
        self._words = words
        self.typing: Typing | None = None
        """None while it is closed."""

    def compose(self) -> ComposeResult:
        """What is asked for, and the field."""
        yield Static("", id="start-sign", markup=False)
        yield StartInput(id="start-input", compact=True, select_on_focus=False, max_length=_LONGEST)

    @property
    def _field(self) -> StartInput:
        return self.query_one(StartInput)

    @property
    def text(self) -> str:
        """What was typed."""
        return self._field.value

    @text.setter
    def text(self, text: str) -> None:
        self._field.value = text
        self._field.action_end()

    def open(self, typing: Typing, text: str = "") -> None:
        """Take what is typed from now on, ``text`` and more."""
        self.typing = typing
        sign = "/" if typing is Typing.TEXT else self._words(f"guide.start.{typing.value}")
        self.query_one("#start-sign", Static).update(sign)
        field = self._field
        with field.prevent(Input.Changed):
            field.value = text
        self.add_class("-open")
        self.screen.set_focus(field)  # at once, for what is typed right behind
        field.cursor_position = len(text)

    def close(self) -> None:
        """Go away; the focus is the caller's to set."""
        self.remove_class("-open")
        self.typing = None


def start_hints(typing: Typing | None) -> tuple[Hint, ...]:
    """The keys that the start screen names while ``typing``, or while the line is closed."""
    choose = Hint("Enter", "guide.start.key.choose", "screen.choose")
    back = Hint("Esc", "guide.start.key.back", "screen.leave_line")
    match typing:
        case None:
            return (
                choose,
                Hint("a-z", "guide.start.key.narrow", "screen.narrow"),
                Hint("f", "guide.start.key.filter", "screen.filter"),
                Hint("o", "guide.start.key.open", "screen.open_path"),
                Hint("?", "guide.start.key.help", "app.help"),
                Hint("q", "guide.start.key.quit", "app.quit"),
            )
        case Typing.TEXT:
            return choose, back
        case Typing.PATH:
            return choose, Hint("Tab", "guide.start.key.complete", "screen.complete"), back
        case Typing.FILTER:
            return Hint("Enter", "guide.start.key.take", "screen.take_filter"), back
