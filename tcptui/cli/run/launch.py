"""Opens sources and sessions for the screens, and shows one session until its screen is left.

`Launch.round` closes everything of one capture before the next is opened.
"""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.access.progress import Phase
from tcptui.capture.file_source import open_descriptor, open_file
from tcptui.capture.output import Replaceable
from tcptui.capture.own_ssh import OwnTraffic
from tcptui.capture.privileges import Privileges, PrivilegeState, forbid_sudo
from tcptui.cli.commands import NO_LIMITS, STANDARD_STREAM
from tcptui.cli.decode_as import decoding_of
from tcptui.cli.inputs import print_privilege_notice
from tcptui.cli.remains import say_remains
from tcptui.cli.spool_folders import remember_spool_folder
from tcptui.model.errors import InputError, TcptuiError
from tcptui.session.gc_control import give_back
from tcptui.ui.clipboard import forget_stale
from tcptui.ui.settings.named_filters import NamedFilters
from tcptui.ui.settings.problem import Fault, Problem, on_screen
from tcptui.ui.settings.remembered import ScreenChoices
from tcptui.ui.settings.table import DEFAULTS
from tcptui.ui.state_troubles import trouble_lines
from tcptui.ui.terminal.run import run_app
from tcptui.ui.terminal.setup import TerminalSetup, prepare_terminal, wait_for_data
from tcptui.ui.tour.progress import Tour
from tcptui.ui.user_files import LearningRecord
from tcptui.ui.view_options import ThemeChoice, TourChoice
from tcptui.userdirs.places import config_path, state_directory
from tcptui.words.errors import safe_facts, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.capture.output import FileId
    from tcptui.capture.source import Source
    from tcptui.capture.ssh_source import RemoteSource, RemoteTarget
    from tcptui.cli.commands import Common, Display, Limits, LiveCommand, OpenCommand, RemoteCommand
    from tcptui.lessons.case import Case
    from tcptui.session.own.rule import OwnRule
    from tcptui.session.session import Session
    from tcptui.session.watch.watcher import Watcher
    from tcptui.ui.app import TcptuiApp
    from tcptui.ui.merged.merging import Merging
    from tcptui.ui.settings.config_file import ConfigFile
    from tcptui.ui.start.choice import BackToStart, RestartCapture
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: Redraws per second over SSH, where each one is sent over the network; elsewhere the default of `ViewOptions` applies.
_SSH_REFRESH_HZ: Final = 3.0


@dataclass(frozen=True, slots=True)
class Left:
    """The result of a session's screen."""

    code: int
    """The exit code."""
    wish: BackToStart | RestartCapture | None = None
    """What the user wants to open next; None: nothing."""


class Launch:
    """The terminal, and what is open for the current capture; ``stack`` closes both at the end."""

    def __init__(self, common: Common, words: Words, stack: ExitStack) -> None:
        self.common = common
        self.words = words
        self.privileges = Privileges(PrivilegeState.ORDINARY, "")
        self.own = OwnTraffic()
        self.settings = DEFAULTS
        self.problems: tuple[Problem, ...] = ()
        """What is wrong with the settings file."""
        self.filters = NamedFilters()
        self.own_rules: tuple[OwnRule, ...] = ()
        """The findings that the user has defined."""
        self.tour = Tour(wanted=False)
        self.choices = ScreenChoices()
        """What was chosen on the screen, now or last time."""
        self.round = ExitStack()
        """Closes everything of the capture that is shown now."""
        self.has_parsed = False
        """Whether packets were parsed; from then on sudo is forbidden."""
        self._has_run = False
        self._stack = stack
        self._setup = TerminalSetup()
        stack.callback(lambda: self.round.close())

    def take_terminal(self) -> None:
        """Prepare the terminal for a full screen.  Raises TerminalError."""
        self._setup = prepare_terminal()
        self._stack.callback(self._setup.release)

    def take_settings(self, common: Common, words: Words, found: ConfigFile) -> None:
        """Use the settings that were ``found``, their language, and what was chosen on the screen last time."""
        self.common, self.words, self.settings, self.problems = common, words, found.settings, found.problems
        settings = found.settings
        directory = state_directory(os.environ)
        forget_stale(os.environ)
        self.choices = ScreenChoices(directory)
        self.filters = NamedFilters(config_path(os.environ), settings.filters)
        self.tour = Tour(directory, wanted=settings.tour is not TourChoice.OFF)

    def begin_round(self) -> None:
        """Close the previous capture, and prepare for another one."""
        self.round.close()
        self.round = ExitStack()
        give_back()  # the previous capture may have held gigabytes
        self.take_terminal()

    # -- what is opened --------------------------------------------------------------------
    def open_files(self, names: Sequence[str]) -> list[Source]:
        """Open the capture files ``names``.  Raises InputError."""
        sources: list[Source] = []
        for name in names:
            sources.append(open_file(Path(name)))
            self.round.callback(sources[-1].close)
        return sources

    @property
    def piped(self) -> int | None:
        """The descriptor of the original standard input where the terminal has taken its place, else None."""
        return self._setup.piped

    def open_standard_input(self, limit: int | None) -> Source:
        """The original standard input, once something came; the terminal has replaced it for keys.

        ``limit``: maximum spool size in bytes.  Raises InputError.
        """
        piped = self._setup.piped
        if piped is None:
            raise InputError("stdin_terminal")
        # Wait: the program at the other end of the pipe may be asking for a password on this terminal.
        if not wait_for_data(piped, lambda: say(self.words("cli.notice.waiting"), self.words)):
            raise InputError("stream_empty", path=STANDARD_STREAM)
        source = open_descriptor(piped, STANDARD_STREAM, limit_bytes=limit)
        self.round.callback(source.close)
        return source

    def open_remote(self, target: RemoteTarget, command: RemoteCommand) -> RemoteSource:
        """A capture on another host, after its first bytes; ssh may ask for a password.  Raises CaptureError."""
        from tcptui.capture.ssh_source import RemoteSource
        from tcptui.cli.live_input import print_remote, remote_options

        source = RemoteSource(target, remote_options(command), show_line=print_remote)
        self.round.callback(source.close)
        if not wait_for_data(source.descriptor_of_stream, lambda: say(self.words("cli.notice.remote"), self.words)):
            raise source.failure()
        begun = threading.Event()
        source.start(begun.set)
        while not (source.status().end or source.status().complete):
            begun.wait()
            begun.clear()
        refusal = source.refusal()
        if refusal is not None:
            raise refusal
        source.show_line = None  # the screen comes
        return source

    def session(
        self, sources: Sequence[Source], filter_words: str = "", limits: Limits = NO_LIMITS, *, own: bool = True,
        aside: bool = True,
    ) -> Session:  # fmt: skip
        """A session over ``sources``; closed with the round.  Without ``own``, the user's own findings are left out.

        ``aside``: a process of its own judges what is not live.
        """
        from tcptui.capture.bpf.packet_filter import PacketFilter
        from tcptui.session.retention import memory_limit
        from tcptui.session.session import Session

        chosen = PacketFilter(filter_words) if filter_words else None
        session = Session(
            sources,
            chosen,
            memory=limits.memory or memory_limit(),
            judges_aside=aside,
            keylog=self.common.keylog if own else "",
            schema=self.common.proto if own else "",
            decoding=decoding_of(self.common) if own else None,
        )
        session.find_also(self.own_rules if own else ())
        if session.live:
            remember_spool_folder()
        self.round.callback(lambda: say_remains(sources, self.words))
        self.round.callback(session.close)
        return session

    # -- what is shown ---------------------------------------------------------------------
    def run(self, app: TcptuiApp) -> int:
        """Run ``app`` on the terminal; returns the exit code.  Its language counts from now on."""
        if not self._has_run:  # one line in the shell, however many captures follow
            self._has_run = True
            print_privilege_notice(self.privileges, self.words)
            app.complaint = on_screen((*self.problems, *self._without_effect(app)), self.words)
        app.complaint = app.complaint or self._say_troubles()
        try:
            return run_app(app, self._setup, self.common.language)
        finally:
            self._say_troubles()
            self.common, self.words = self.common._replace(language=app.options.language), app.words

    def _say_troubles(self) -> str:
        """Say what was wrong with state files since the last time; returns the first line, empty without one."""
        lines = trouble_lines(self.words)
        for line in lines:
            say(line, self.words)
        return next(iter(lines), "")

    def _without_effect(self, app: TcptuiApp) -> Iterator[Problem]:
        """The colours that the settings file asks for, where the terminal cannot show them."""
        theme = self.settings.theme
        if theme is not None and theme is not ThemeChoice.SIXTEEN and app.has_few_colours:
            fault = Fault.NO_COLOUR if app.no_color else Fault.FEW_COLOURS
            yield Problem(fault, (("value", theme.value),))

    def show(
        self,
        session: Session,
        display: Display,
        *,
        case: Case | None = None,
        restarts: bool = False,
        begin_anew: Callable[[], Session] | None = None,
    ) -> Left:
        """Show the main screen until it is left.

        ``begin_anew`` makes the session that goes on with the same capture when it is cleared; ``restarts``: one that
        has ended can be begun once more.
        """
        from tcptui.ui.app import TcptuiApp
        from tcptui.ui.start.choice import BackToStart, RestartCapture

        forbid_sudo()  # not offered any more, and now packets are parsed
        self.has_parsed = True
        app = TcptuiApp(
            session,
            options=self.options(display),
            case=case,
            restarts=restarts,
            begin_anew=begin_anew,
            learning=LearningRecord(state_directory(os.environ)),
            choices=self.choices,
            tour=self.tour,
            filters=self.filters,
        )
        code = self.run(app)
        session = app.session or session  # when the capture was cleared, another one has gone on with it
        wish = app.return_value
        chosen = wish if isinstance(wish, BackToStart | RestartCapture) else None
        notice = session.progress.notice
        if session.progress.phase is not Phase.FAILED or notice is None:
            return Left(code, chosen)
        say(self.words(notice.key, **safe_facts(notice.facts)), self.words)
        return Left(code or TcptuiError.exit_code, chosen)

    def show_merging(self, merging: Merging, display: Display) -> Left:
        """Show the screen of two capture points until it is left.  Raises TcptuiError where they cannot be merged."""
        from tcptui.ui.app import TcptuiApp
        from tcptui.ui.start.choice import BackToStart

        forbid_sudo()
        self.has_parsed = True
        app = TcptuiApp(
            options=self.options(display), merging=merging, choices=self.choices, tour=self.tour, filters=self.filters,
            learning=LearningRecord(state_directory(os.environ)),
        )  # fmt: skip
        code = self.run(app)
        wish = app.return_value
        if isinstance(wish, TcptuiError):
            raise wish
        return Left(code, wish if isinstance(wish, BackToStart) else None)

    def options(self, display: Display) -> ViewOptions:
        """The view options for this terminal and this user."""
        from tcptui.ui.view_options import FirstPage, ViewOptions

        settings = self.settings

        over_ssh = self.own.is_remote or bool(os.environ.get("SSH_CONNECTION"))
        return ViewOptions(
            language=self.common.language,
            ascii=self.common.ascii_only or self._setup.ascii,
            hide_times=display.hide_times,
            numeric=display.numeric,
            display_filter=display.display_filter,
            time_base=self.choices.times(settings) or ViewOptions().time_base,
            names=self.choices.names(settings) or ViewOptions().names,
            theme=self.choices.theme(settings),
            sort=settings.sort,
            columns=settings.columns,
            packet_columns=self.choices.packet_columns(settings),
            connection_columns=self.choices.connection_columns(settings),
            layout=settings.layout,
            first_page=settings.first or FirstPage.OVERVIEW,
            keys=settings.keys,
            refresh_hz=_SSH_REFRESH_HZ if over_ssh else ViewOptions().refresh_hz,
        )


class Watched:
    """The session that is shown of ``sources``, and the watcher attached to it; others take their place when it is
    cleared.
    """

    def __init__(
        self,
        session: Session,
        sources: Sequence[Source],
        command: LiveCommand | OpenCommand | RemoteCommand,
        inputs: frozenset[FileId] = frozenset(),
    ) -> None:
        """``inputs``: all files that ``command`` reads."""
        self._sources, self._command, self._inputs = sources, command, inputs
        self.session = session
        self.watcher = self._watch()

    @property
    def may_begin_anew(self) -> bool:
        """Whether `begin_anew` is possible: not while packets around findings of the whole capture are kept."""
        return not self._command.watch.keep_around

    def begin_anew(self) -> Session:
        """The session that goes on with the capture (`Session.anew`)."""
        self.session = self.session.anew()
        self.watcher = self._watch()
        return self.session

    def _watch(self) -> Watcher | None:
        """Attach a watcher with the options of the command; None if they need none."""
        from tcptui.session.watch.attach import watch_session

        command = self._command
        replaceable = Replaceable.for_overwrite(command.overwrite, self._inputs)
        return watch_session(
            self.session, self._sources, command.watch, write=command.write, replaceable=replaceable
        )  # fmt: skip

    def end(self) -> None:
        """Complete all files, and close the session."""
        if self.watcher is not None:
            self.watcher.finish()
        self.session.close()
