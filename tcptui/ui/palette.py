"""Ctrl+P: the command palette, with the actions that are valid now, by name in the user's language, and with findings,
connections and cases that are called as what is typed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from rich.cells import cell_len
from textual import on
from textual.actions import parse
from textual.command import Command, CommandList, CommandPalette, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from tcptui.ui.cell_text import fit
from tcptui.ui.guarded_screen import GuardedScreen
from tcptui.ui.hint import Hint
from tcptui.ui.key_help import help_keys, palette_entries
from tcptui.ui.keymap import PANE_KEYS, with_keys
from tcptui.ui.palette_entry import PaletteEntry
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.screens.translatable import Translatable
from tcptui.ui.theme import THEMES
from tcptui.ui.widgets.one_line import HintLine
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual import events
    from textual.app import App, ComposeResult
    from textual.dom import DOMNode
    from textual.screen import Screen

    from tcptui.ui.help_pages import KeyGroup
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


@runtime_checkable
class OffersCommands(Protocol):
    """A screen that has commands of its own for the palette."""

    def palette_entries(self) -> Sequence[PaletteEntry]:
        """All its commands, whether they are valid now or not."""
        ...


@runtime_checkable
class OffersPlaces(Protocol):
    """A screen that the palette can go elsewhere from."""

    async def palette_places(self, query: str) -> Sequence[PaletteEntry]:
        """What is called as ``query``, the best first; each entry has a `PaletteEntry.go`."""
        ...


#: Scores of the palette's hits: commands whose title has all that was typed, then those that are also called so, then
#: places.  Letters spread over a title are no match: `export` would be among "Add a field or an expression".
_COMMAND_SCORE: Final = 3_000.0
_ALSO_SCORE: Final = 2_000.0
_PLACE_SCORE: Final = 1_000.0
#: Cells of the column of keys, and what stands between a title and what follows.
_KEY_COLUMN: Final = 8
_GAP: Final = "  "
#: Cells beside a line: its margins, and the scroll bar.
_BESIDE: Final = 5
#: Lines above and below the list: the first one of the screen, the input line with its rules, the hints.
_AROUND: Final = 6
#: On a terminal of fewer lines the input line has no blank ones around it; and how many these are.
_LOW: Final = 30
_BLANK: Final = 2
_HINTS: Final = (
    Hint("Enter", "guide.palette.key.run"),
    Hint("↑ ↓", "guide.palette.key.move"),
    Hint("Esc", "guide.palette.key.close"),
)


def main_entries(words: Words, keys: Iterable[tuple[str, str]] = ()) -> list[PaletteEntry]:
    """The palette entries of the main screen's commands; ``keys``: those that have another key."""
    return palette_entries(words, with_keys(keys))


def main_keys(words: Words, keys: Iterable[tuple[str, str]] = ()) -> list[KeyGroup]:
    """The main screen's keys for the help, by group; ``keys``: the commands that have another one."""
    return help_keys(words, (*PANE_KEYS, *with_keys(keys)))


def theme_entries(words: Words, current: str = "") -> list[PaletteEntry]:
    """One palette entry per theme; ``current`` is the name of the one that is used."""
    group = words("guide.palette.colours")
    return [
        PaletteEntry(
            words(f"guide.palette.theme.{theme.name}"), group, f"app.set_theme('{theme.name}')",
            now=words("guide.palette.now") if theme.name == current else "", also=words("guide.palette.also.theme"),
        )
        for theme in THEMES
    ]  # fmt: skip


def language_entries(words: Words) -> list[PaletteEntry]:
    """One palette entry for each language but the one that is used."""
    group = words("guide.palette.language")
    return [
        PaletteEntry(
            words(f"guide.palette.language.{other.value}"), group, f"app.set_language('{other.value}')",
            also=words("guide.palette.also.language"),
        )
        for other in Language
        if other is not words.language
    ]  # fmt: skip


def is_valid_now(screen: Screen[object], action: str) -> bool:
    """Whether ``action`` exists for ``screen`` and its `check_action` allows it."""
    namespace, name, parameters = parse(action)
    node: DOMNode = screen.app if namespace == "app" else screen
    known = hasattr(node, f"action_{name}") or hasattr(node, f"_action_{name}")
    return known and node.check_action(name, parameters) is True


def has_words(text: str, query: str) -> bool:
    """Whether ``text`` has every word of ``query``."""
    said = text.casefold()
    return all(word in said for word in query.casefold().split())


@dataclass
class EntryHit(Hit):
    """A hit whose line can be made for another width."""

    line: Callable[[int], Content] | None = None
    """The line in so many cells."""


class ActionCommands(Provider):
    """The commands of the screen that the palette was opened on, and the app's own."""

    @property
    def words(self) -> Words:
        """The catalogue in the app's language."""
        words: Words = self.app.words  # type: ignore[attr-defined]  # every app of ours has it
        return words

    def entries(self) -> Iterable[PaletteEntry]:
        """The entries whose action is valid now; then, on a page over the main screen, those that leave it first."""
        words = self.words
        screen = self.screen
        own = screen.palette_entries() if isinstance(screen, OffersCommands) else main_entries(words)
        themes = theme_entries(words, self.app.theme)
        languages = language_entries(words)
        found = [entry for entry in (*own, *languages, *themes) if is_valid_now(screen, entry.action)]
        beneath = self._beneath
        if isinstance(beneath, OffersCommands):
            others = [each for each in beneath.palette_entries() if is_valid_now(beneath, each.action)]
            others += languages if isinstance(beneath, Translatable) else []
            also = {each.title: each.also for each in others}
            found = [replace(each, also=each.also or also.get(each.title, "")) for each in found]
            titles = {each.title for each in found}
            found += [
                replace(each, go=partial(self._leave_and_do, beneath, each.action))
                for each in others
                if each.title not in titles
            ]
        return found

    @property
    def _beneath(self) -> Screen[object] | None:
        """The screen over which the pages now open were opened; None where there is none to go back to by closing."""
        stack = [screen for screen in self.app.screen_stack if not isinstance(screen, CommandPalette)]
        while stack and isinstance(stack[-1], KeyedScreen):
            stack.pop()
        is_page = isinstance(self.screen, KeyedScreen) and bool(stack)
        return stack[-1] if is_page else None

    async def _leave_and_do(self, beneath: Screen[object], action: str) -> None:
        while isinstance(self.app.screen, KeyedScreen):
            self.app.screen.dismiss(None)  # off the stack at once; to wait for its end would leave room for other keys
        await beneath.run_action(action)

    async def discover(self) -> Hits:
        """All valid commands, shown before anything is typed."""
        for entry in self.entries():
            yield self._hit(0.0, Content(entry.title), entry)

    async def search(self, query: str) -> Hits:
        """The commands and places that match ``query``; one line that says so when none does."""
        matcher = self.matcher(query)
        found = False
        for entry in self.entries():
            if has_words(entry.title, query):
                found = True
                yield self._hit(_COMMAND_SCORE + matcher.match(entry.title), matcher.highlight(entry.title), entry)
            elif has_words(f"{entry.title} {entry.about} {entry.also}", query):
                found = True
                yield self._hit(_ALSO_SCORE, Content(entry.title), entry)
        places = await self.screen.palette_places(query) if isinstance(self.screen, OffersPlaces) else ()
        for rank, entry in enumerate(places):
            found = True
            yield self._hit(_PLACE_SCORE - rank, Content(entry.title), entry)
        if not found:
            nothing = self.words("guide.palette.nothing")
            yield Hit(0.0, Content(nothing), lambda: None, text=nothing)

    def _hit(self, score: float, title: Content, entry: PaletteEntry) -> EntryHit:
        line = partial(entry_line, title, entry)
        return EntryHit(score, line(self.app.size.width - _BESIDE), self._runner(entry), text=entry.title, line=line)

    def _runner(self, entry: PaletteEntry) -> Callable[[], object]:
        return partial(self.screen.run_action, entry.action) if entry.go is None else entry.go


def entry_line(title: Content, entry: PaletteEntry, width: int) -> Content:
    """The one line of ``entry``, called ``title``, in ``width`` cells: key, title, the value that it has now, group.

    What is too long loses its group, then the end of its title.
    """
    # Content throughout: a plain string would be parsed as markup, and `[` is one of our keys.
    now, group = (f"{_GAP}{text}" if text else "" for text in (entry.now, entry.about))
    room = width - _KEY_COLUMN - cell_len(now)
    if cell_len(group) > room - title.cell_length:
        group = ""
    cut = title if title.cell_length <= room else title.truncate(max(room, 1), ellipsis=True)
    return Content.assemble((fit(entry.key, _KEY_COLUMN), "$accent"), cut, (now, "bold"), (group, "dim"))


class Palette(CommandPalette, GuardedScreen[None]):
    """Textual's palette, made to work when keys come faster than it searches, as over a slow link that bundles them.

    The search icon is hidden: it is an emoji, which needs a font that terminals may not have.  Below stand the keys of
    the palette, in the place of those of the screen that it covers.
    """

    DEFAULT_CSS = """
    Palette {
        & SearchIcon { display: none; }
        & > Vertical { margin-top: 1; }
        & CommandList { scrollbar-size-vertical: 1; border-top: none; }
        /* Textual's own is the terminal's background there, which may be as white as the text. */
        &:ansi CommandList { background: $background; }
        & CommandList > .option-list--option { text-wrap: nowrap; text-overflow: ellipsis; text-style: none; }
        &.-low CommandInput { border: none; height: 1; margin: 0 1; }
        & > HintLine { dock: bottom; height: 1; width: 1fr; background: $panel; }
    }
    """

    _enter_waits = False
    """Whether Enter was pressed before the search had ended: the first result is then chosen as soon as it has."""

    def __init__(self, words: Words, glyphs: Glyphs) -> None:
        super().__init__(providers=[ActionCommands], placeholder=words("guide.palette.prompt"), id="--command-palette")
        self._hints = HintLine(glyphs, words)

    def compose(self) -> ComposeResult:
        """As in Textual, and the line of keys."""
        yield from super().compose()
        yield self._hints

    def on_mount(self) -> None:
        """Show the keys."""
        self._hints.show(_HINTS)

    def on_resize(self, event: events.Resize) -> None:
        """Give the list all lines that there are, and each entry one of the new width."""
        commands = self.query_one(CommandList)
        is_low = event.size.height < _LOW
        self.set_class(is_low, "-low")
        commands.styles.max_height = max(1, event.size.height - _AROUND + _BLANK * is_low)
        for index, option in enumerate(commands.options):
            hit = option.hit if isinstance(option, Command) else None
            if isinstance(hit, EntryHit) and hit.line is not None:
                commands.replace_option_prompt_at_index(index, hit.line(event.size.width - _BESIDE))

    def on_key(self, event: events.Key) -> None:
        """Insert a letter that was typed before the input line had the focus into that line."""
        if event.is_printable and event.character:
            event.stop()
            self.query_one(Input).insert_text_at_cursor(event.character)

    @property
    def _looks_up(self) -> bool:
        return any(not worker.is_finished for worker in self.workers if worker.node is self)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._looks_up:
            event.stop()
            event.prevent_default()  # Textual would choose the first result of the search before
            self._enter_waits = True

    @on(Worker.StateChanged)
    def _looked_up(self, event: Worker.StateChanged) -> None:
        if self._enter_waits and event.state is WorkerState.SUCCESS and not self._looks_up:
            self._enter_waits = False
            self.call_after_refresh(self._choose)

    def _choose(self) -> None:
        if self.is_in_front:  # Textual does the command in any case
            self._select_or_command()


def open_palette(app: App[Any], words: Words, glyphs: Glyphs) -> None:
    """Show the palette over the current screen, unless it is open already."""
    if not CommandPalette.is_open(app):
        app.push_screen(Palette(words, glyphs))
