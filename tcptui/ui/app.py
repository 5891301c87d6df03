"""The Textual app: shows one session, or the start screen on which one is chosen."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events, work
from textual.binding import Binding
from textual.widgets import Input

from tcptui.model.errors import TcptuiError
from tcptui.ui.clipboard import clipboard_route, sequence
from tcptui.ui.learn.case_walk import CaseWalk
from tcptui.ui.leaving import Leaving, Way
from tcptui.ui.one_shot import call_after
from tcptui.ui.screens.noticing import NOTICE_SECONDS, QUESTION_SECONDS, NoticingScreen
from tcptui.ui.screens.translatable import Translatable
from tcptui.ui.settings.named_filters import NamedFilters
from tcptui.ui.settings.remembered import ScreenChoices
from tcptui.ui.start.choice import BackToStart, RestartCapture, StartChoice
from tcptui.ui.terminal.ascii import AsciiFilter
from tcptui.ui.terminal.crash import CrashGuard
from tcptui.ui.terminal.driver import PacedDriver
from tcptui.ui.terminal.frame_pacing import FramePacer
from tcptui.ui.terminal.key_order import KeyOrder
from tcptui.ui.textual_private import filter_lines, keep_for_pasting, write_to_terminal
from tcptui.ui.theme import ASCII, DARK, LIGHT, SIXTEEN, THEMES, UNICODE, variable_defaults
from tcptui.ui.tour.progress import Tour
from tcptui.ui.user_files import LearningRecord
from tcptui.ui.view_options import ThemeChoice, ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.actions import ActionParseResult
    from textual.app import App
    from textual.binding import BindingType
    from textual.dom import DOMNode

    from tcptui.lessons.case import Case
    from tcptui.session.session import Session
    from tcptui.ui.main.own_columns import OwnColumns
    from tcptui.ui.main.screen import MainScreen
    from tcptui.ui.merged.base_screen import CaptureWanted
    from tcptui.ui.merged.merging import Merging
    from tcptui.ui.start.screen import Offer, StartScreen

#: Rich's name (`Console.color_system`) for a terminal with 16 colours.
_SIXTEEN_COLOURS = "standard"


#: So long (seconds) no key puts away what is wrong with the settings.
_READING_S: Final = 4.0
#: So often, with a pause of so many seconds, it is looked whether the frame with a question was sent: a link that is
#: always behind must not keep the program from being left.
_DRAWN_LOOKS: Final = 150
_DRAWN_PAUSE_S: Final = 0.02
#: The themes by their names in the settings.
_THEME_OF: Final = {ThemeChoice.DARK: DARK, ThemeChoice.LIGHT: LIGHT, ThemeChoice.SIXTEEN: SIXTEEN}
_Left = StartChoice | BackToStart | RestartCapture | TcptuiError


class TcptuiApp(KeyOrder[_Left], FramePacer[_Left], CrashGuard[_Left]):
    """Shows ``session`` (and ``case`` beside it), or a start screen with the choices in ``offer``.

    A choice on the start screen ends the app and becomes `return_value`.  The caller opens it and makes another
    app: capturing needs a process that was started before the full screen.  ``begin_anew`` makes the
    session that goes on with the same capture when it is cleared; None where that is impossible.  ``restarts``: a
    capture that has ended can be begun once more.  ``merging``: two captures of the same traffic, instead of a session;
    where they cannot be merged, the app ends with the error as its result.  Without ``tour`` there are no hints of
    the tour; ``filters`` have names.  With NO_COLOR in the environment no colour is drawn at all.
    """

    #: Read at import: once root has been given up, the file may no longer be readable.
    CSS = Path(__file__).with_name("app.tcss").read_text(encoding="utf-8")
    TITLE = "tcptui"
    ENABLE_COMMAND_PALETTE = False  # ours is opened by `action_command_palette`
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "command_palette", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
        Binding("ctrl+c", "quit", show=False, priority=True),
        Binding("ctrl+l", "redraw", show=False, priority=True),
    ]

    def __init__(
        self, session: Session | None = None, language: Language | None = None, options: ViewOptions | None = None,
        case: Case | None = None, *, capture: int = 0, offer: Offer | None = None, restarts: bool = False,
        learning: LearningRecord | None = None, choices: ScreenChoices | None = None,
        begin_anew: Callable[[], Session] | None = None, tour: Tour | None = None, filters: NamedFilters | None = None,
        merging: Merging | None = None,
    ) -> None:  # fmt: skip
        # Passed to the constructor, because that is where Textual chooses the filter that removes all colour.
        super().__init__(driver_class=PacedDriver, ansi_color=True if "NO_COLOR" in os.environ else None)
        options = options or ViewOptions()
        self.options = replace(options, language=language) if language is not None else options
        self.words = Words(self.options.language)
        self.glyphs = ASCII if self.options.ascii else UNICODE
        if self.options.ascii:
            filter_lines(self, AsciiFilter())
        self.session = session
        """The one that is shown; of two that are merged, the one that was opened last."""
        self._merging = merging
        self.case = case
        self.offer = offer
        self.learning = learning or LearningRecord()
        self._choices = choices or ScreenChoices()
        self.tour = tour or Tour(wanted=False)
        self.named_filters = filters or NamedFilters()
        self._capture = capture
        self.complaint = ""
        """What is wrong with the settings; empty once it has been read."""
        self._complained_at: float | None = None
        self.leaving = Leaving(session)
        self._restarts = restarts
        self._begin_anew = begin_anew
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = SIXTEEN.name if self.has_few_colours else _THEME_OF[self.options.theme or ThemeChoice.DARK].name
        self.stylesheet.set_variables(self.get_css_variables())
        self._styled_for = (self.theme, self.get_css_variables())
        self.set_keymap({f"screen.{name}": key for name, key in self.options.keys})
        self.animation_level = "none"
        self.set_class(self.no_color, "-no-color")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own CSS variables, for themes that do not define them."""
        return variable_defaults(self.current_theme.dark)

    def refresh_css(self, animate: bool = True) -> None:
        """As in Textual, but parse nothing anew for the theme that was there all along, as is asked at the start."""
        wanted = (self.theme, self.get_css_variables())
        if wanted != self._styled_for:
            self._styled_for = wanted
            super().refresh_css(animate)

    def on_mount(self) -> None:
        """Show the session, or the start screen."""
        self._complained_at = time.monotonic()
        self.set_class(self.options.ascii, "-ascii")
        if self.session is not None:
            self.show_session(self.session)
        elif self._merging is not None:
            self._show_merging(self._merging)
        elif self.offer is not None:
            from tcptui.ui.start.screen import StartScreen

            self.push_screen(StartScreen(self.offer, self.words, self.glyphs))

    def show_session(self, session: Session) -> None:
        """Show ``session``, and run it unless it has run already."""
        from tcptui.ui.main.screen import MainScreen

        walk = None if self.case is None else CaseWalk(self.case, self._capture)
        self.push_screen(MainScreen(session, self.words, self.glyphs, self.options, walk=walk))
        if not session.revision:
            self._run_session(session)

    def _show_merging(self, merging: Merging) -> None:
        from tcptui.ui.merged.screen import MergedScreen

        self.push_screen(MergedScreen(merging, self.words, self.glyphs, self.options))
        for session in merging.sessions:
            if not session.revision:
                self._run_session(session)

    def on_capture_wanted(self, event: CaptureWanted) -> None:
        """Open one of both captures above the screen that shows them together."""
        from tcptui.ui.merged.place import place_screen

        if self._merging is not None and self.screen is event.screen:
            session = self.session = self.leaving.session = self._merging.sessions[event.point]
            place = place_screen(session, event.stream, event.row, self.words, self.glyphs, self.options)
            self.push_screen(place)

    @work(name="session", group="session")  # makes no coroutine that could be left unawaited
    async def _run_session(self, session: Session) -> None:
        await session.run()

    async def act_on(self, event: events.Key | events.Paste) -> None:
        """As in Textual, but note which key is acted on: a confirmation is the next key after the question."""
        if isinstance(event, events.Paste):
            await super().act_on(event)
            return
        comes_back = event.is_forwarded  # from the widget that had the focus, which did not use it
        if not comes_back:
            self.leaving.typed(event)
            # What was said has been read; a question stays until it is known what the key means, and what is typed
            # into a line may be what the notice is about.
            typing = self.leaving.is_asking or isinstance(self.focused, Input)
            if isinstance(self.screen, NoticingScreen) and not typing and not self._is_complaint_new():
                self.screen.end_notice()
        self.leaving.key = event
        try:
            await super().act_on(event)
            if comes_back and self.leaving.is_refused and isinstance(self.screen, NoticingScreen):
                self.screen.end_notice()
        finally:
            self.leaving.key = None

    def _is_complaint_new(self) -> bool:
        """Whether there is a complaint that nobody can have read yet; any key after that puts it away."""
        if not self.complaint:
            return False
        if self._complained_at is not None and time.monotonic() - self._complained_at < _READING_S:
            return True
        self.complaint = ""
        return False

    async def _on_key(self, event: events.Key) -> None:
        # An Input stops the keys that it uses.  A printable key that still reaches the app was
        # typed before the input line had opened, and was meant for it.
        if isinstance(self.focused, Input) and event.is_printable and event.character:
            self.focused.insert_text_at_cursor(event.character)
            event.prevent_default()  # otherwise Textual goes on to its own handler, which looks for bindings

    def on_start_screen_chosen(self, event: StartScreen.Chosen) -> None:
        """End the app with the choice as its result."""
        self.exit(event.choice)

    def on_unmount(self) -> None:
        """Stop sessions, and copies that are being made of them: Textual waits for their threads."""
        merged = () if self._merging is None else self._merging.sessions
        for session in merged or (self.session,):
            if session is not None:
                session.copying.end()
                session.stop()

    # -- actions ---------------------------------------------------------------------
    async def run_action(
        self, action: str | ActionParseResult, default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:  # fmt: skip
        """As in Textual, but whoever has used the key that a hint of the tour tells of has done that hint.

        Nothing is done of a screen that another one has covered, or that has been left.
        """
        if default_namespace is not None and default_namespace is not self and not self._is_in_front(default_namespace):
            return False
        handled = await super().run_action(action, default_namespace, namespaces)
        if handled and isinstance(action, str) and not self.tour.is_over and self.tour.used(action):
            for screen in self.screen_stack:
                if isinstance(screen, NoticingScreen):
                    screen.show_tour()
        return handled

    def _is_in_front(self, node: DOMNode) -> bool:
        return bool(self.screen_stack) and self.screen in (node, *node.ancestors)

    def action_command_palette(self) -> None:
        """Open the command palette."""
        from tcptui.ui.palette import open_palette

        app: App[Any] = self
        open_palette(app, self.words, self.glyphs)

    async def action_quit(self) -> None:
        """End the program, from any screen; packets or notes that would be lost ask once more."""
        if self._may_give_up(Way.QUIT):
            self._give_up()

    def action_choose_again(self) -> None:
        """Go back to the start screen; packets or notes that would be lost ask once more."""
        if self._may_give_up(Way.CHOOSE):
            self._give_up(BackToStart())

    def action_capture_anew(self) -> None:
        """Begin the live capture anew, without missing a packet; packets that would be lost ask once more."""
        session, begin = self.session, self._begin_anew
        runs = session is not None and session.may_begin_anew
        ended = session is not None and session.local and self._restarts and not session.progress.growing
        if session is None or begin is None or not (runs or ended):
            captures = session is not None and session.live
            self._tell("screen.notice.no_clear_of_this" if captures else "screen.notice.no_clear")
        elif self._may_give_up(Way.CLEAR):
            if runs:
                self._go_on(session, begin)
            else:
                self._give_up(RestartCapture())  # the capture has ended: nothing comes that could be missed

    @work(name="anew", group="anew", exclusive=True)
    async def _go_on(self, session: Session, begin: Callable[[], Session]) -> None:
        """Replace ``session`` by one of what comes from now on, and its screens by a new one."""
        from tcptui.ui.main.screen import MainScreen

        await session.leave()
        self.session = self.leaving.session = begin()
        while not isinstance(self.screen, MainScreen) or self.screen.nested:
            self.pop_screen()
        main = MainScreen(self.session, self.words, self.glyphs, self.options)
        main.follow_on(self.screen)
        await self.switch_screen(main)
        self._run_session(self.session)

    def _give_up(self, wish: BackToStart | RestartCapture | None = None) -> None:
        """End the app by the user's decision, with ``wish`` as its result; after any other end the spools stay."""
        if self.session is not None:
            self.session.discard()
        self.exit(wish)

    def _may_give_up(self, way: Way) -> bool:
        """Whether capture and notes may be given up: nothing would be lost, or this request confirms the last one.

        Otherwise shows the question and returns False.
        """
        from textual.command import CommandPalette

        if isinstance(self.screen, CommandPalette):
            self.pop_screen()  # it has no line for a question
        self.leaving.write_notes()
        question = self.leaving.question(way, self.screen)
        if question is None:
            return True
        if not self.leaving.stands(question, self.screen):
            self._tell(question, QUESTION_SECONDS)
            self.screen.call_after_refresh(self._note_frame, question)
        self.leaving.asked(question, self.screen)
        return False

    def _note_frame(self, question: str, looks: int = _DRAWN_LOOKS) -> None:
        """Note which frame has ``question``: it can have been read once the terminal has drawn that."""
        if looks and self.is_frame_due:
            again = partial(self._note_frame, question, looks - 1)
            call_after(self, _DRAWN_PAUSE_S, partial(self.screen.call_after_refresh, again))
        else:
            self.leaving.drawn(question, self.when_drawn())

    def _tell(self, key: str, seconds: float = NOTICE_SECONDS) -> None:
        """Show the sentence with the catalogue key ``key`` on the screen in front."""
        if isinstance(self.screen, NoticingScreen):
            self.screen.say(self.words(key), seconds)

    def action_redraw(self) -> None:
        """Redraw the whole screen: another program may have written on this terminal."""
        self.redraw()

    def copy_to_clipboard(self, text: str) -> None:
        """Send ``text`` to the terminal's clipboard; `NoticingScreen.copy` also asks tmux and writes a file."""
        keep_for_pasting(self, text)
        asked = sequence(text, clipboard_route(os.environ))
        if asked:
            write_to_terminal(self, asked)

    def action_set_theme(self, name: str) -> None:
        """Switch to the theme ``name``, this time and the next."""
        self.theme = name
        chosen = next((choice for choice, theme in _THEME_OF.items() if theme.name == name), None)
        if chosen is not None:
            self._choices.choose(chosen)

    @property
    def has_few_colours(self) -> bool:
        """Whether the terminal shows sixteen colours at most: there the other themes have no row under the cursor."""
        return self.no_color or self.console.color_system == _SIXTEEN_COLOURS

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """As in Textual, but the theme can be changed only where there are colours for it.

        The language can be only where one screen is open, which is made anew for it.
        """
        if action == "set_theme":
            return not self.has_few_colours
        if action == "set_language":
            from textual.command import CommandPalette

            open_now = [screen for screen in self.screen_stack[1:] if not isinstance(screen, CommandPalette)]
            return len(open_now) == 1 and isinstance(open_now[0], Translatable)
        return super().check_action(action, parameters)

    async def action_set_language(self, code: str) -> None:
        """Go on in the language ``code`` until the program ends, at the place where the user is."""
        self.options = replace(self.options, language=Language(code))
        self.words = Words(self.options.language)
        if isinstance(self.screen, Translatable):
            await self.switch_screen(self.screen.in_language(self.words))

    def on_main_screen_view_chosen(self, event: MainScreen.ViewChosen) -> None:
        """Remember the zero point of times, and names or addresses, for the next capture."""
        self._choices.choose(event.choice)

    def on_own_columns_columns_chosen(self, event: OwnColumns.ColumnsChosen) -> None:
        """Remember the user's columns for the next capture."""
        self.options = replace(self.options, packet_columns=event.packets, connection_columns=event.connections)
        self._choices.choose_columns(event.packets, event.connections)
