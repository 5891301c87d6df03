"""The prompt at the bottom: `/` filters or finds a text, `:` goes to a packet or time, `w` asks for a path.

Also the completion of paths, which the input line of the start screen uses.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from tcptui.model.notes import LONGEST_NOTE
from tcptui.model.safe_text import safe_text
from tcptui.ui.hint import Hint
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.textual_private import bindings_of
from tcptui.ui.widgets.one_line import HintLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from tcptui.words.catalogue import Words

#: History size: lines of each kind; in memory only, because a filter may reveal what was searched for.
HISTORY: Final = 50
#: Most characters of a line; nobody types more.
_LONGEST: Final = 200
#: … of one that may be a display filter: more than a filter may have, so that a longer one is refused, not cut.
_LONGEST_FILTER: Final = 131_072
#: Names that a completion shows at most.
_OFFERED: Final = 6


class PromptKind(Enum):
    """What is asked for."""

    NARROW = "narrow"
    FIND = "find"
    SEARCH = "search"
    COLUMN = "column"
    GO_TO = "go-to"
    PACKET = "packet"
    SAVE = "save"
    SLICE = "slice"
    FOLDER = "folder"
    FILES = "files"
    LINES = "lines"
    NOTE = "note"
    REQUESTS = "requests"
    NAME = "name"

    @property
    def is_path(self) -> bool:
        """Whether Tab completes it."""
        return self in (PromptKind.SAVE, PromptKind.SLICE, PromptKind.FOLDER)

    @property
    def is_filter(self) -> bool:
        """Whether Tab completes it as a display filter."""
        return self in (PromptKind.NARROW, PromptKind.COLUMN)

    @property
    def longest(self) -> int:
        """Most characters of the line."""
        return {PromptKind.NARROW: _LONGEST_FILTER, PromptKind.NOTE: LONGEST_NOTE}.get(self, _LONGEST)

    def hints(self) -> tuple[Hint, ...]:
        """The keys of the prompt, which the bottom line shows while it is open."""
        tab = (Hint("Tab", "guide.prompt.key.complete"),) if self.is_path or self.is_filter else ()
        if self is PromptKind.SEARCH:
            tab = (Hint("Tab", "search.hint.place"),)
        filters = (Hint("Ctrl+O", "guide.prompt.key.form"), Hint("Ctrl+S", "guide.prompt.key.keep"))
        return (
            Hint("Enter", f"guide.prompt.key.{self.name.lower()}"),
            *tab,
            Hint("↑", "guide.prompt.key.older"),
            Hint("Esc", "guide.prompt.key.cancel"),
            *(filters if self is PromptKind.NARROW else ()),
        )


class SafeInput(Input):
    """An Input whose text is made safe, because a paste may contain escapes, and whose keys act in their order.

    Textual inserts a letter as soon as it arrives but sends every other key through the app, so of keys that arrive
    in one burst, as over a slow link, the letters come first: Ctrl-U, "new" would leave an empty line.
    """

    longest = _LONGEST
    """Characters of a text that is inserted, at most."""

    async def on_key(self, event: events.Key) -> None:
        """Run the binding of a key that is not printable at once, without the way through the app."""
        if event.is_printable:
            return
        for binding in bindings_of(self, event.key):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert ``text`` after `safe_text`."""
        super().insert_text_at_cursor(safe_text(text, self.longest))

    def replace(self, text: str, start: int, end: int) -> None:
        """Put ``text`` in the place of what is selected, after `safe_text`."""
        super().replace(safe_text(text, self.longest), start, end)


class _Line(SafeInput):
    """The text field; up and down go through the history."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("up", "recall(-1)", show=False),
        Binding("down", "recall(1)", show=False),
        Binding("tab", "complete", show=False),
        Binding("ctrl+s", "keep", show=False),
        Binding("ctrl+o", "form", show=False),
    ]

    async def on_key(self, event: events.Key) -> None:
        """Ignore keys once Enter or Esc has closed the prompt: they are not meant for it."""
        line = self.parent
        if isinstance(line, PromptLine) and not line.is_open:
            event.prevent_default()  # neither insert it nor run a binding of the field; it bubbles to the screen

    def action_cancel(self) -> None:
        """Cancel the prompt (Esc)."""
        line = self.parent
        if isinstance(line, PromptLine):
            line.cancel()

    async def action_submit(self) -> None:
        """Submit the prompt (Enter)."""
        line = self.parent
        if isinstance(line, PromptLine):
            line.submit()

    def action_complete(self) -> None:
        """Complete the path (Tab)."""
        line = self.parent
        if isinstance(line, PromptLine):
            line.complete()

    def action_keep(self) -> None:
        """Give the filter a name (Ctrl+S)."""
        line = self.parent
        if isinstance(line, PromptLine):
            line.post_message(PromptLine.KeepWanted(line, line.kind, line.text))

    def action_form(self) -> None:
        """Open the form of a filter (Ctrl+O)."""
        line = self.parent
        if isinstance(line, PromptLine):
            line.post_message(PromptLine.FormWanted(line, line.kind, line.text))

    def action_recall(self, step: int) -> None:
        """Show an older (-1) or newer (1) line of the history."""
        line = self.parent
        if isinstance(line, PromptLine):
            line.recall(step)


class PromptLine(Horizontal):
    """One line of input, shown only while it is open.

    It posts `Changed` for every edit, then `Submitted` or `Cancelled`, hides itself and
    gives the focus back.  The screen that opened it may show a text at its right with `note`.
    """

    DEFAULT_CSS = """
    PromptLine {
        height: 1;
        width: 1fr;
        display: none;
        background: $panel;
        &.-open { display: block; }
        & > #prompt-label { width: auto; padding: 0 1; color: $accent; text-style: bold; }
        & > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
        & > Input:focus { border: none; }
        & > #prompt-note { width: auto; max-width: 60%; padding: 0 1; color: $faint; }
        & > #prompt-note.-wrong { color: $error; text-style: bold; }
    }
    """

    @dataclass
    class Changed(Message):
        """The text was edited."""

        line: PromptLine
        kind: PromptKind
        text: str

        @property
        def control(self) -> PromptLine:
            """The line, for selectors."""
            return self.line

    @dataclass
    class Submitted(Changed):
        """Enter was pressed; the prompt has closed."""

    @dataclass
    class CompletionWanted(Changed):
        """Tab was pressed where no path is asked for; the prompt stays open."""

    @dataclass
    class KeepWanted(Changed):
        """Ctrl+S was pressed; the prompt stays open."""

    @dataclass
    class FormWanted(Changed):
        """Ctrl+O was pressed; the prompt stays open."""

    @dataclass
    class Cancelled(Changed):
        """Esc was pressed; the prompt has closed.  ``text`` is the text that it was opened with."""

    def __init__(self, words: Words, *, id: str = "prompt") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.words = words
        self.kind = PromptKind.NARROW
        self._before = ""
        self._came_from: Widget | None = None
        """The widget that had the focus before the prompt."""
        self._history: dict[PromptKind, list[str]] = {kind: [] for kind in PromptKind}
        self._recalled = 0
        self._draft = ""
        self._offered = ""
        """The names that the path could go on with, of the completion that is changing the text."""
        self.may_submit: Callable[[PromptKind, str], bool] = _always
        """Whether Enter closes the prompt; for the screen that opened it."""

    def compose(self) -> ComposeResult:
        """Label, text field, note."""
        yield Static("", id="prompt-label", markup=False)
        yield _Line(id="prompt-text", compact=True, select_on_focus=False, max_length=_LONGEST)
        yield Static("", id="prompt-note", markup=False)

    @property
    def is_open(self) -> bool:
        """Whether the prompt is shown."""
        return self.has_class("-open")

    @property
    def text(self) -> str:
        """The text typed so far."""
        return self.query_one(Input).value

    def open(self, kind: PromptKind, text: str = "") -> None:
        """Show the line with ``text`` in it, which may be from a file or a command line, and give it the focus."""
        text = safe_text(text, kind.longest)
        self.kind = kind
        self._before = text
        self._recalled, self._draft = len(self._history[kind]), text
        self.query_one("#prompt-label", Static).update(Content(self.words(f"guide.prompt.label.{kind.name.lower()}")))
        self._show_hints(kind.hints())
        field = self.query_one(_Line)
        field.max_length = field.longest = kind.longest
        with field.prevent(Input.Changed):
            field.value = text
        # Another text is searched for: the first letter takes the place of the old one, a key that moves edits it.
        field.selection = Selection(0 if kind is PromptKind.SEARCH else len(text), len(text))
        field.placeholder = self.words(f"guide.prompt.{kind.name.lower()}")
        self.note("")
        self.add_class("-open")
        if self.screen.focused is not field:
            self._came_from = self.screen.focused
        self.screen.set_focus(field)  # at once, so that the next key already goes to the field

    def _show_hints(self, hints: tuple[Hint, ...]) -> None:
        """Have the screen's bottom line show ``hints`` instead of its own; none: its own again."""
        for line in self.screen.query(HintLine):
            line.show_over(hints)

    def complete(self) -> None:
        """Complete the path as far as it is unambiguous, and show what it could go on with.

        The folder is listed in a thread: it may be on a slow disk.
        """
        if not self.kind.is_path:
            self.post_message(self.CompletionWanted(self, self.kind, self.text))
            return
        text, kind = self.text, self.kind

        def list_folder() -> None:
            found = tuple(entry for entry in candidates(text) if entry.is_directory or kind is not PromptKind.FOLDER)
            call_on_loop(self, self._completed, text, found)

        self.run_worker(list_folder, thread=True, exclusive=True, group="paths")

    def _completed(self, text: str, found: tuple[PathEntry, ...]) -> None:
        if not self.is_open or text != self.text:
            return
        field = self.query_one(Input)
        field.value = completed(text, found)
        field.cursor_position = len(field.value)
        names = [entry.path.name + "/" * entry.is_directory for entry in found[:_OFFERED]]
        self._offered = safe_text("  ".join(names)) if len(found) > 1 else ""
        self.note(self._offered)

    def note(self, text: str, *, wrong: bool = False) -> None:
        """Show ``text`` at the right, as an error if ``wrong``."""
        shown = self.query_one("#prompt-note", Static)
        shown.update(Content(text))
        shown.set_class(wrong, "-wrong")

    def close(self) -> None:
        """Hide the prompt without posting a message; the focus goes back to where it was."""
        self.remove_class("-open")
        self._show_hints(())
        if self.screen.focused is self.query_one(Input):  # `has_focus` is updated later
            self.screen.set_focus(self._came_from, scroll_visible=False)

    def cancel(self) -> None:
        """Close the prompt and post `Cancelled`."""
        self.close()
        self.post_message(self.Cancelled(self, self.kind, self._before))

    @property
    def text_begin(self) -> int:
        """The cell of the line at which the text begins; negative where its beginning is scrolled out of sight."""
        field = self.query_one(Input)
        return field.content_region.x - self.region.x - int(field.scroll_offset.x)

    @property
    def cursor(self) -> int:
        """Characters before the cursor."""
        return self.query_one(Input).cursor_position

    def replace_text(self, text: str, cursor: int | None = None) -> None:
        """Put ``text`` in the place of what was typed, as if it had been typed; the cursor at its end, or there."""
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text) if cursor is None else cursor

    def remember(self, text: str) -> None:
        """Make ``text`` the newest line of the history of display filters and narrowings."""
        self._remember(PromptKind.NARROW, text)

    def _remember(self, kind: PromptKind, text: str) -> None:
        history = self._history[kind]
        if text in history:
            history.remove(text)
        history.append(text)
        del history[:-HISTORY]

    def submit(self) -> None:
        """Close the prompt, add its text to the history and post `Submitted`; nothing if it may not be submitted."""
        text = self.text.strip()
        if not self.may_submit(self.kind, text):
            return
        if text:
            self._remember(self.kind, text)
        self.close()
        self.post_message(self.Submitted(self, self.kind, text))

    def recall(self, step: int) -> None:
        """Replace the text by an older (-1) or newer (1) one of the history; the newest is the text being typed."""
        history = self._history[self.kind]
        if self._recalled == len(history):
            self._draft = self.text
        self._recalled = max(0, min(self._recalled + step, len(history)))
        text = history[self._recalled] if self._recalled < len(history) else self._draft
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.note(self._offered)
            self._offered = ""
            self.post_message(self.Changed(self, self.kind, event.value))


def _always(_kind: PromptKind, _text: str) -> bool:
    return True


#: Suffixes of capture files; other files are offered after them.
_CAPTURES: Final = (".pcap", ".pcapng", ".cap", ".dmp", ".ntar", ".gz", ".zst")
#: Most entries of a directory that are read; nobody looks through more.
_MOST: Final = 5000


@dataclass(frozen=True, slots=True)
class PathEntry:
    """One directory or file that matches what was typed."""

    path: Path
    is_directory: bool
    is_capture: bool
    """Whether its name has the suffix of a capture file."""
    size: int
    """Bytes."""
    modified: float
    """Seconds since the epoch."""


def expand(text: str) -> Path:
    """``text`` as a path; ``~`` at its beginning is the home directory, where there is one."""
    try:
        return Path(text).expanduser() if text.startswith("~") else Path(text)
    except RuntimeError:  # nobody is called so
        return Path(text)


def names_file(text: str) -> bool:
    """Whether ``text`` is the path of a file that this user can reach."""
    try:
        return bool(text) and expand(text).is_file()
    except (OSError, ValueError):
        return False


def split(text: str) -> tuple[str, str]:
    """``text`` split into the directory, as typed and with its slash, and the beginning of a name."""
    cut = text.rfind("/") + 1
    return text[:cut], text[cut:]


def candidates(text: str) -> tuple[PathEntry, ...]:
    """The completions of ``text``: directories first, then captures, then other files.

    Case is ignored; hidden names are offered only when their dot was typed.  Empty for a
    directory that cannot be read.
    """
    directory, begin = split(text)
    found: list[PathEntry] = []
    try:
        with os.scandir(expand(directory) if directory else Path()) as entries:
            for entry in islice(entries, _MOST):
                if not entry.name.casefold().startswith(begin.casefold()):
                    continue
                if entry.name.startswith(".") and not begin.startswith("."):
                    continue
                offered = _entry(entry)
                if offered is not None:
                    found.append(offered)
    except OSError:
        return ()
    return tuple(sorted(found, key=lambda one: (not one.is_directory, not one.is_capture, one.path.name.casefold())))


def _entry(entry: os.DirEntry[str]) -> PathEntry | None:
    try:
        is_directory = entry.is_dir()
        if not is_directory and not entry.is_file():
            return None  # sockets, devices, links to nowhere
        status = entry.stat()
    except OSError:
        return None
    is_capture = not is_directory and entry.name.casefold().endswith(_CAPTURES)
    return PathEntry(Path(entry.path), is_directory, is_capture, status.st_size, status.st_mtime)


def completed(text: str, offered: tuple[PathEntry, ...]) -> str:
    """``text`` completed to the longest common prefix of ``offered``; a directory that is the only one gets a slash."""
    directory, begin = split(text)
    names = [entry.path.name for entry in offered]
    if not names:
        return text
    if len(names) == 1:
        return directory + names[0] + ("/" if offered[0].is_directory else "")
    common = 0
    for letters in zip(*names, strict=False):
        if len({letter.casefold() for letter in letters}) > 1:
            break
        common += 1
    return directory + names[0][:common] if common > len(begin) else text
