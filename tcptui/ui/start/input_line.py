"""The input line of the start screen, for a search text, a path or a filter, and the key hints."""

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
    """What is typed in the line."""

    TEXT = "text"
    """A text that rows must contain."""
    PATH = "path"
    """The path of a capture file."""
    FILTER = "filter"
    """A BPF expression for the next capture."""


class StartInput(SafeInput):
    """The input field; the keys that move the cursor of the list still move it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.list('move', -1)", show=False),
        Binding("down", "screen.list('move', 1)", show=False),
        Binding("pageup", "screen.list('page', -1)", show=False),
        Binding("pagedown", "screen.list('page', 1)", show=False),
        Binding("tab", "screen.complete", show=False),
        Binding("escape", "screen.leave_line", show=False),
    ]


class StartLine(Horizontal):
    """The line, hidden until it is opened.  Every edit is posted as `Input.Changed` of ``#start-input``."""

    def __init__(self, words: Words) -> None:
        super().__init__(id="start-line")
        self._words = words
        self.typing: Typing | None = None
        """None while it is closed."""

    def compose(self) -> ComposeResult:
        """The prompt and the input field."""
        yield Static("", id="start-sign", markup=False)
        yield StartInput(id="start-input", compact=True, select_on_focus=False, max_length=_LONGEST)

    @property
    def _field(self) -> StartInput:
        return self.query_one(StartInput)

    @property
    def text(self) -> str:
        """The text typed so far."""
        return self._field.value

    @text.setter
    def text(self, text: str) -> None:
        self._field.value = text
        self._field.action_end()

    def open(self, typing: Typing, text: str = "") -> None:
        """Show the line with ``text`` in it and give it the focus."""
        self.typing = typing
        sign = "/" if typing is Typing.TEXT else self._words(f"guide.start.{typing.value}")
        self.query_one("#start-sign", Static).update(sign)
        field = self._field
        with field.prevent(Input.Changed):
            field.value = text
        self.add_class("-open")
        self.screen.set_focus(field)  # at once, so that the next key already goes to the field
        field.cursor_position = len(text)

    def close(self) -> None:
        """Hide the line; the caller sets the focus."""
        self.remove_class("-open")
        self.typing = None


def start_hints(typing: Typing | None, *, has_choice: bool = True) -> tuple[Hint, ...]:
    """The key hints of the start screen while ``typing``; None: while the line is closed.

    ``has_choice``: whether anything is listed that could be opened.
    """
    choose = Hint("Enter", "guide.start.key.choose", "screen.choose")
    back = Hint("Esc", "guide.start.key.back", "screen.leave_line")
    match typing:
        case None:
            return (
                choose,
                Hint("/", "guide.start.key.narrow", "screen.narrow"),
                Hint("c", "guide.start.key.cases", "screen.cases"),
                Hint("Tab", "guide.start.key.group", "screen.group(1)"),
                Hint("f", "guide.start.key.filter", "screen.filter"),
                Hint("o", "guide.start.key.open", "screen.open_path"),
                Hint("?", "guide.start.key.help", "screen.help"),
                Hint("q", "guide.start.key.quit", "app.quit"),
            )
        case Typing.TEXT:
            return (choose, back) if has_choice else (back,)
        case Typing.PATH:
            complete = Hint("Tab", "guide.start.key.complete", "screen.complete")
            return (choose, complete, back) if has_choice else (complete, back)
        case Typing.FILTER:
            return Hint("Enter", "guide.start.key.take", "screen.take_filter"), back
