"""Commands that show the screen.

The order is that of `tcptui.cli.inputs`: the terminal is made ready, the capture child started,
inputs opened, the program imported; then root is given up, and only then is anything parsed.
What can be refused is refused before the screen comes, in one line.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.child.client import CaptureChild
from tcptui.capture.file_source import open_descriptor, open_file
from tcptui.capture.own_ssh import OwnScreen, OwnTraffic, find_own_traffic
from tcptui.capture.privileges import Footing, Privileges, can_capture, drop_root, forbid_sudo, preload
from tcptui.capture.spool.recover import find_leftovers, open_leftover
from tcptui.capture.ssh_source import RemoteSource, parse_target
from tcptui.cli.commands import (
    NO_LIMITS,
    STANDARD_STREAM,
    CaseCommand,
    LiveCommand,
    OpenCommand,
    RemoteCommand,
    StartCommand,
)
from tcptui.cli.inputs import readable_later, refuse_unreadable, say_footing, whom_to_become
from tcptui.cli.live_input import live_source, remote_options
from tcptui.cli.outputs import keep, open_kept, say_files
from tcptui.cli.prompts import become_root, offer_sudo, says_yes
from tcptui.cli.run.recover import say_kept, say_leftovers
from tcptui.cli.run.watch_messages import say_watched
from tcptui.cli.signals import signals_unwind
from tcptui.model.errors import CaptureDeniedError, InputError, TcptuiError
from tcptui.session.gc_control import give_back, imports_kept
from tcptui.session.progress import Phase
from tcptui.ui.terminal.run import run_app
from tcptui.ui.terminal.setup import TerminalSetup, prepare_terminal, wait_for_data
from tcptui.ui.user_files import LearningRecord, RecentFiles, state_directory
from tcptui.words.errors import CommandFailedError, safe_facts, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.capture.source import Source
    from tcptui.capture.ssh_source import RemoteTarget
    from tcptui.cli.commands import Common, Display, Limits
    from tcptui.lessons.case import Case
    from tcptui.session.session import Session
    from tcptui.session.watch.watcher import Watcher
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

ScreenCommand = StartCommand | LiveCommand | OpenCommand | RemoteCommand | CaseCommand

#: Redraws a second over SSH, where each costs the network; elsewhere it is the screens' own default.
_SSH_REFRESH_HZ: Final = 3.0


def run_screen_command(command: ScreenCommand, words: Words) -> int:
    """Carry ``command`` out; returns the exit code.  Raises TcptuiError."""
    with ExitStack() as stack:
        stack.enter_context(signals_unwind())  # until the app sees to them
        return _Screen(command.common, words, stack).run(command)


def _bundled_cases() -> Sequence[Case]:
    """The bundled cases; what reads them is not imported before they are asked for."""
    from tcptui.lessons.loader import load_cases

    return load_cases()


class _Screen:
    """One run of the screens: what is open is closed by ``stack``, last first.

    From a capture the user may come back to the start screen and choose again; what the capture
    before held is given up then.
    """

    def __init__(self, common: Common, words: Words, stack: ExitStack) -> None:
        self._common = common
        self._words = words
        self._stack = stack
        self._setup = TerminalSetup()
        self._child: CaptureChild | None = None
        self._may_capture = False
        self._privileges = Privileges(Footing.ORDINARY, "")
        self._own = OwnTraffic()
        self._round = ExitStack()
        """What belongs to the capture that is shown just now."""
        stack.callback(lambda: self._round.close())
        self._next: StartCommand | LiveCommand | None = None
        """What the user wants after this capture."""
        self._filter = ""
        self._parsed = False
        """Packets were parsed: sudo is forbidden from then on."""

    def run(self, command: ScreenCommand) -> int:
        """Open what ``command`` names and show it; returns the exit code.  Raises TcptuiError."""
        self._take_terminal()
        identity = whom_to_become()
        self._may_capture = can_capture()
        if isinstance(command, StartCommand | LiveCommand):
            self._child = CaptureChild.start(identity)
            self._stack.callback(self._child.close)
            self._own = find_own_traffic()  # as root, who may ask everybody
        sources = self._open_files(command.files, command.limits.spool) if isinstance(command, OpenCommand) else []
        with imports_kept():
            import tcptui.ui.app

            if not isinstance(command, StartCommand):
                import tcptui.session.session
                import tcptui.ui.main.screen  # noqa: F401
        if not readable_later(identity):
            preload(["tcptui"])  # while this process may still read what it was started with

        self._privileges = drop_root(identity, may_offer_sudo=isinstance(command, StartCommand | LiveCommand))
        code = self._carry_out(command, sources)
        while self._next is not None:
            command, self._next = self._next, None
            self._round.close()
            self._round = ExitStack()
            give_back()  # the capture before may hold gigabytes
            self._take_terminal()
            code = self._carry_out(command, [])
        return code

    def _carry_out(self, command: ScreenCommand, sources: list[Source]) -> int:
        match command:
            case StartCommand():
                return self._start(command)
            case LiveCommand():
                return self._live(command, sys.argv[1:] if not self._parsed else self._again("-i", command.interface))
            case OpenCommand():
                return self._open(command, sources)
            case RemoteCommand():
                return self._remote(command)
            case CaseCommand():
                return self._case(command.case_id, command.display)

    def _take_terminal(self) -> None:
        self._setup = prepare_terminal()
        self._stack.callback(self._setup.release)

    def _start(self, command: StartCommand) -> int:
        """The start screen, then what was chosen on it."""
        from tcptui.ui.app import TcptuiApp
        from tcptui.ui.start.choice import OpenCase, OpenFile, OpenInterface, OpenLeftover
        from tcptui.ui.start.screen import Offer

        offer = Offer(
            self._recent(),
            find_cases=_bundled_cases,
            done=LearningRecord(state_directory(os.environ)).done,
            leftovers=find_leftovers(),
            may_capture=lambda: self._may_capture,
            may_become_root=not self._parsed,
            filter_words=self._filter,
        )
        app = TcptuiApp(options=self._options(command.display), offer=offer)
        say_footing(self._privileges, self._words)
        code = run_app(app, self._setup, self._common.language)
        choice = app.return_value
        if code or not isinstance(choice, OpenFile | OpenInterface | OpenCase | OpenLeftover):
            return code
        if isinstance(choice, OpenInterface):
            self._filter = choice.filter_words
            if choice.as_root:
                become_root(self._again("-i", choice.name, *choice.filter_words.split()))
        self._take_terminal()
        match choice:
            case OpenFile():
                opened = OpenCommand(self._common, (str(choice.path),), display=command.display)
                return self._open(opened, self._open_files(opened.files))
            case OpenInterface():
                live = LiveCommand(self._common, choice.name, choice.filter_words, command.display)
                return self._live(live, self._again("-i", choice.name, *choice.filter_words.split()))
            case OpenLeftover():
                source = open_leftover(choice.path)
                self._round.callback(source.close)
                return self._show(self._session([source]), command.display)
            case OpenCase():
                return self._case(choice.id, command.display)

    def _again(self, *arguments: str) -> list[str]:
        """The command line that does ``arguments`` as this run was told to."""
        common = ["--lang", self._common.language.value] + (["--ascii"] if self._common.ascii_only else [])
        return [*arguments, *common]

    def _live(self, command: LiveCommand, arguments: Sequence[str]) -> int:
        """Capture and show; ``arguments`` do the same again, as root."""
        if self._child is None:
            raise RuntimeError("a live capture needs its child")
        try:
            source, own_screen = live_source(self._child, command, self._own, self._says_yes, self._words)
        except CaptureDeniedError as error:
            return offer_sudo(error, arguments, self._words)
        say_leftovers(self._words)
        session = self._session([source], limits=command.limits)
        session.own_screen = own_screen
        session.local = True
        watcher = self._watch(session, [source], command)
        self._filter = command.filter_words
        code = self._show(session, command.display, unsaved=command.write is None, again=command)
        self._end(session, watcher)
        progress = session.progress
        counts = {"packets": progress.rows, "dropped": progress.kernel_dropped or 0}
        say(self._words("cli.live.summary", **counts), self._words)
        return code or say_files(source, self._words) or say_watched(watcher, self._words)

    def _says_yes(self, question: str) -> bool:
        return says_yes(question, self._words)

    def _remote(self, command: RemoteCommand) -> int:
        """Capture on another host; ssh asks what it must before the screen comes."""
        target = parse_target(command.target)
        files = open_kept(command, self._says_yes, self._words)
        source = keep(lambda: self._remote_source(target, command), files)
        say_leftovers(self._words)
        session = self._session([source], limits=command.limits)
        session.own_screen = OwnScreen.LEFT_OUT
        watcher = self._watch(session, [source], command)
        code = self._show(session, command.display, unsaved=files is None)
        self._end(session, watcher)
        status = source.status()
        counts = {"packets": session.progress.rows, "dropped": status.kernel_dropped}
        key = "cli.live.summary" if status.kernel_dropped is not None else "cli.live.summary_unknown"
        say(self._words(key, **counts), self._words)
        return code or say_files(source, self._words) or say_watched(watcher, self._words)

    def _remote_source(self, target: RemoteTarget, command: RemoteCommand) -> RemoteSource:
        source = RemoteSource(target, remote_options(command))
        self._round.callback(source.close)
        if not wait_for_data(source.descriptor_of_stream, lambda: say(self._words("cli.notice.remote"), self._words)):
            raise source.failure()
        return source

    def _open_files(self, names: Sequence[str], limit: int | None = None) -> list[Source]:
        sources: list[Source] = []
        for name in names:
            sources.append(self._standard_input(limit) if name == STANDARD_STREAM else open_file(Path(name)))
            self._round.callback(sources[-1].close)
        return sources

    def _standard_input(self, limit: int | None) -> Source:
        """What was standard input before the terminal took its place."""
        piped = self._setup.piped
        if piped is None:
            raise InputError("stdin_terminal")
        # The program at the other end may be asking for a password on this terminal.
        if not wait_for_data(piped, lambda: say(self._words("cli.notice.waiting"), self._words)):
            raise InputError("stream_empty", path=STANDARD_STREAM)
        return open_descriptor(piped, STANDARD_STREAM, limit_bytes=limit)

    def _open(self, command: OpenCommand, sources: list[Source]) -> int:
        forbid_sudo()
        for source in sources:
            refuse_unreadable(source)
        recent = self._recent()
        for name in command.files:
            if name != STANDARD_STREAM:
                recent.remember(Path(name), time.time())
        files = open_kept(command, self._says_yes, self._words)
        opened = [keep(partial(_already, source), files) for source in sources]
        session = self._session(opened, command.filter_words, command.limits)
        watcher = self._watch(session, opened, command)
        code = self._show(session, command.display, unsaved=False)
        self._end(session, watcher)
        return code or say_files(opened[0], self._words) or say_watched(watcher, self._words)

    def _case(self, case_id: str, display: Display) -> int:
        from tcptui.lessons.loader import UnknownCaseError, load_case

        try:
            case = load_case(case_id)
        except UnknownCaseError as error:
            raise CommandFailedError("error.no-case", case=case_id, known=", ".join(error.known)) from error
        sources = self._open_files([str(case.captures[0])])
        return self._show(self._session(sources), display, case=case)

    def _watch(
        self, session: Session, sources: Sequence[Source], command: LiveCommand | OpenCommand | RemoteCommand
    ) -> Watcher | None:
        from tcptui.session.watch.attach import watch_session

        return watch_session(session, sources, command.watch, write=command.write, overwrite=command.overwrite)

    @staticmethod
    def _end(session: Session, watcher: Watcher | None) -> None:
        """Have all files complete."""
        if watcher is not None:
            watcher.finish()
        session.close()

    def _session(self, sources: Sequence[Source], filter_words: str = "", limits: Limits = NO_LIMITS) -> Session:
        from tcptui.capture.bpf.packet_filter import PacketFilter
        from tcptui.session.retention import memory_limit
        from tcptui.session.session import Session

        chosen = PacketFilter(filter_words) if filter_words else None
        session = Session(sources, chosen, memory=limits.memory or memory_limit())
        self._round.callback(session.close)
        return session

    def _show(
        self,
        session: Session,
        display: Display,
        *,
        case: Case | None = None,
        unsaved: bool = False,
        again: LiveCommand | None = None,
    ) -> int:
        """The main screen until it is left; the exit code.  ``again`` captures the same once more."""
        from tcptui.ui.app import TcptuiApp
        from tcptui.ui.start.choice import BeginAgain, ChooseAgain

        forbid_sudo()  # nobody is offered it any more, and now packets are parsed
        self._parsed = True
        may_choose = self._child is not None
        app = TcptuiApp(
            session,
            options=self._options(display),
            case=case,
            unsaved=unsaved,
            may_choose=may_choose,
            learning=LearningRecord(state_directory(os.environ)),
        )
        say_footing(self._privileges, self._words)
        code = TcptuiError.exit_code
        try:
            code = run_app(app, self._setup, self._common.language)
        finally:
            # A signal, a hang-up, a crash: nobody decided that what was captured may go.
            if code and session.keep_spools():
                say_kept(self._words)
        match app.return_value:
            case ChooseAgain():
                self._next = StartCommand(self._common, display)
            case BeginAgain():
                self._next = again
        notice = session.progress.notice
        if session.progress.phase is not Phase.FAILED or notice is None:
            return code
        say(self._words(notice.key, **safe_facts(notice.facts)), self._words)
        return code or TcptuiError.exit_code

    def _options(self, display: Display) -> ViewOptions:
        from tcptui.ui.view_options import ViewOptions

        over_ssh = self._own.is_remote or bool(os.environ.get("SSH_CONNECTION"))
        return ViewOptions(
            language=self._common.language,
            ascii=self._common.ascii_only or self._setup.ascii,
            hide_times=display.hide_times,
            numeric=display.numeric,
            refresh_hz=_SSH_REFRESH_HZ if over_ssh else ViewOptions().refresh_hz,
        )

    def _recent(self) -> RecentFiles:
        return RecentFiles(state_directory(os.environ))


def _already(source: Source) -> Source:
    return source
