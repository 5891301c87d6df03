"""Runs commands that show the screen.

The order is that of `tcptui.cli.inputs`: prepare the terminal, start the capture child, open inputs,
import the program; then give up root, and only then parse anything.  Errors that can be detected
before the screen starts are reported then, in one line.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.own_ssh import OwnScreen, find_own_traffic
from tcptui.capture.privileges import can_capture, drop_root, forbid_sudo, preload
from tcptui.capture.spool.recover import open_leftover
from tcptui.cli.commands import (
    STANDARD_STREAM,
    CaseCommand,
    LiveCommand,
    MergedScreenCommand,
    OpenCommand,
    RemoteCommand,
    StartCommand,
)
from tcptui.cli.inputs import readable_later, refuse_unreadable, target_identity
from tcptui.cli.outputs import keep, may_replace, open_output_files, report_unsaved, say_files
from tcptui.cli.prompts import become_root, offer_sudo, says_yes
from tcptui.cli.read_files import files_read, inputs_of
from tcptui.cli.remains import leftovers
from tcptui.cli.run.launch import Launch, Watched
from tcptui.cli.run.own_findings import own_rules, require_defined
from tcptui.cli.run.recover import say_leftovers
from tcptui.cli.run.watch_messages import say_watched
from tcptui.cli.signals import signals_unwind
from tcptui.model.errors import CaptureDeniedError, UsageError
from tcptui.protocols.scapy_child.client import scapy_child
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.ui.settings.config_file import read_config
from tcptui.ui.user_files import LearningRecord, RecentFiles
from tcptui.userdirs.places import state_directory
from tcptui.words.catalogue import Words
from tcptui.words.errors import CommandFailedError, say, say_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.capture.child.client import CaptureChild
    from tcptui.capture.owners.client import OwnerChild
    from tcptui.capture.privileges import Identity
    from tcptui.capture.source import Source
    from tcptui.cli.commands import Common, Display
    from tcptui.cli.kernel_trace import KernelRecording
    from tcptui.lessons.case import Case
    from tcptui.session.session import Session

ScreenCommand = StartCommand | LiveCommand | OpenCommand | RemoteCommand | CaseCommand | MergedScreenCommand
#: Two captures of so few bytes together are merged before the screen comes, so that what cannot be is told at once.
_AT_ONCE: Final = 4 << 20


def run_screen_command(command: ScreenCommand, words: Words) -> int:
    """Run ``command``; returns the exit code.  Raises TcptuiError."""
    with ExitStack() as stack:
        stack.enter_context(signals_unwind())  # until the app handles signals
        return _Rounds(command.common, words, stack).run(command)


def _bundled_cases() -> Sequence[Case]:
    """The bundled cases; imports their loader only when called."""
    from tcptui.lessons.loader import load_cases

    return load_cases()


class _Rounds:
    """One run of the program with screens, with one round per capture that is shown.

    From a capture the user may return to the start screen and choose again, or restart the same capture.
    """

    def __init__(self, common: Common, words: Words, stack: ExitStack) -> None:
        self._common = common
        self._words = words
        self._stack = stack
        self._launch = Launch(common, words, stack)
        self._child: CaptureChild | None = None
        self._owners: OwnerChild | None = None
        """Says whose connections those of an interface are; None: nothing does."""
        self._may_capture = False
        self._next: StartCommand | LiveCommand | None = None
        """The command that the user chose to follow this capture; None: end."""
        self._filter = ""
        self._kernel: KernelRecording | None = None
        """What records the kernel's words of the capture that the command line asks for."""

    def run(self, command: ScreenCommand) -> int:
        """Open what ``command`` names and show it; returns the exit code.  Raises TcptuiError."""
        if command.display.display_filter:  # a wrong one is told before anything is opened
            from tcptui.cli.run.filtering import compiled_filter  # imports NumPy

            compiled_filter(command.display.display_filter, self._words)
        self._launch.take_terminal()
        identity = target_identity()
        if isinstance(command, StartCommand | LiveCommand) or not readable_later(identity):
            self._start_child(identity)
        if isinstance(command, LiveCommand) and command.kernel:
            from tcptui.cli.kernel_trace import recording

            try:
                self._kernel = recording(command, identity, self._stack)
            except CaptureDeniedError as error:
                return offer_sudo(error, sys.argv[1:], self._words)
        sources = (
            self._launch.open_files(command.files)
            if isinstance(command, OpenCommand | MergedScreenCommand) and STANDARD_STREAM not in command.files
            else []
        )
        with gc_paused_and_frozen():
            import tcptui.ui.app

            if not isinstance(command, StartCommand):
                import tcptui.session.session
                import tcptui.ui.main.screen  # noqa: F401
        if not readable_later(identity):
            preload(["tcptui"])  # while this process may still read the program's files
            scapy_child.start(as_root=True)  # … and start what imports the rest

        self._launch.privileges = drop_root(identity, may_offer_sudo=isinstance(command, StartCommand | LiveCommand))
        self._take_settings()
        self._take_own_findings(command)
        code = self._carry_out(command, sources)
        while self._next is not None:
            command, self._next = self._next, None
            self._launch.begin_round()
            code = self._carry_out(command, [])
        return code

    def _start_child(self, identity: Identity | None) -> CaptureChild:
        """Start the process that captures, with what this one may do now."""
        from tcptui.capture.child.client import CaptureChild  # files do without
        from tcptui.capture.owners.client import OwnerChild

        self._may_capture = can_capture()
        self._child = CaptureChild.start(identity)
        self._stack.callback(self._child.close)
        self._owners = OwnerChild.start(identity)
        if self._owners is not None:
            self._stack.callback(self._owners.close)
        self._launch.own = find_own_traffic()  # before root is given up: root may inspect all processes
        return self._child

    def _take_settings(self) -> None:
        """Read the settings of the user who is left, once root has been given up, and say what is wrong with them."""
        found = read_config(os.environ)
        if found.settings.language is not None and not self._common.language_given:
            self._common = self._common._replace(language=found.settings.language)
            self._words = Words(self._common.language)
        self._launch.take_settings(self._common, self._words, found)
        if found.problems:
            say(found.line(self._words), self._words)

    def _take_own_findings(self, command: ScreenCommand) -> None:
        """Read the findings that the user has defined.

        Those of a file that is always read must not keep a screen from opening: what is wrong with it is said.  Raises
        UsageError for one that the command names.
        """
        try:
            rules = own_rules(self._common, self._words)
        except UsageError as error:
            if self._common.findings:
                raise
            say_error(error, self._words)
            rules = ()
        self._launch.own_rules = rules
        if isinstance(command, LiveCommand | OpenCommand | RemoteCommand):
            for option, wanted in command.watch.filters.items():
                require_defined(option, wanted, rules)

    def _carry_out(self, command: ScreenCommand, sources: list[Source]) -> int:
        match command:
            case StartCommand():
                return self._start(command)
            case LiveCommand():
                return self._live(
                    command, sys.argv[1:] if not self._launch.has_parsed else self._again("-i", command.interface)
                )
            case OpenCommand():
                return self._open(command, sources)
            case RemoteCommand():
                return self._remote(command)
            case CaseCommand():
                return self._case(command.case_id, command.display)
            case MergedScreenCommand():
                return self._merged(command, sources)

    def _start(self, command: StartCommand) -> int:
        """Show the start screen, then open what was chosen on it; returns the exit code."""
        from tcptui.ui.app import TcptuiApp
        from tcptui.ui.start.choice import OpenCase, OpenFile, OpenInterface, OpenLeftover
        from tcptui.ui.start.screen import Offer

        if self._child is None:  # a file was shown so far, as the user who is left
            self._start_child(None)
        recent = self._recent()
        done = LearningRecord(state_directory(os.environ)).done
        offer = Offer(
            recent,
            find_cases=_bundled_cases,
            done=done,
            leftovers=leftovers()[::-1],  # newest first: that is the one looked for
            may_capture=lambda: self._may_capture,
            may_become_root=not self._launch.has_parsed,
            filter_words=self._filter,
            is_newcomer=not (self._launch.tour.is_over or done or recent.load()),
        )
        app = TcptuiApp(options=self._launch.options(command.display), offer=offer, choices=self._launch.choices)
        code = self._launch.run(app)
        choice = app.return_value
        if code or not isinstance(choice, OpenFile | OpenInterface | OpenCase | OpenLeftover):
            return code
        if isinstance(choice, OpenInterface):
            self._filter = choice.filter_words
            if choice.as_root:
                become_root(self._again("-i", choice.name, "--", *choice.filter_words.split()))
        self._launch.take_terminal()
        match choice:
            case OpenFile():
                opened = OpenCommand(self._common, (str(choice.path),), display=command.display)
                return self._open(opened, self._launch.open_files(opened.files))
            case OpenInterface():
                live = LiveCommand(self._common, choice.name, choice.filter_words, command.display)
                return self._live(live, self._again("-i", choice.name, "--", *choice.filter_words.split()))
            case OpenLeftover():
                source = open_leftover(choice.path)
                self._launch.round.callback(source.close)
                return self._show(self._launch.session([source]), command.display)
            case OpenCase():
                return self._case(choice.id, command.display)

    def _again(self, *arguments: str) -> list[str]:
        """``arguments`` with the language and ``--ascii`` of this run: a command line to run through sudo."""
        common = ["--lang", self._common.language.value] + (["--ascii"] if self._common.ascii_only else [])
        return [*common, *arguments]

    def _live(self, command: LiveCommand, arguments: Sequence[str]) -> int:
        """Capture and show; returns the exit code.  ``arguments``: the command line to offer to run through sudo."""
        from tcptui.cli.live_input import live_source

        child = self._child or self._start_child(None)
        kernel, self._kernel = self._kernel, None  # of a later capture there is none: root was given up
        try:
            if kernel is not None:
                kernel.begin()
            source, own_screen = live_source(child, command, self._launch.own, self._says_yes, self._words)
        except CaptureDeniedError as error:
            return offer_sudo(error, arguments, self._words)
        self._launch.round.callback(source.close)
        say_leftovers(self._words)
        session = self._launch.session([source], limits=command.limits)
        session.own_screen = own_screen
        session.local = True
        if kernel is not None:
            kernel.attach(session)
        if self._owners is not None:
            session.find_owners(self._owners)
        session.filter_words = command.filter_words
        watched = Watched(session, [source], command, inputs_of(command, [source]))
        self._filter = command.filter_words
        again = replace(command, overwrite=False)  # what this capture has written is not replaced unasked
        code = self._show(session, command.display, again=again, watched=watched)
        watched.end()
        progress = watched.session.progress
        counts = {"packets": progress.rows, "dropped": progress.kernel_dropped or 0}
        say(self._words("cli.live.summary", **counts), self._words)
        if kernel is not None:
            kernel.end(watched.session, self._words)
        report_unsaved([source], progress.evicted, self._words)
        return code or say_files(source, self._words) or say_watched(watched.watcher, self._words)

    def _says_yes(self, question: str) -> bool:
        return says_yes(question, self._words)

    def _remote(self, command: RemoteCommand) -> int:
        """Capture on another host and show; ssh asks its questions before the screen starts; returns the exit code."""
        from tcptui.capture.ssh_source import parse_target

        target = parse_target(command.target)
        inputs = files_read(command.common, ())
        files = open_output_files(command, may_replace(command, self._says_yes, self._words, inputs))
        source = keep(partial(self._launch.open_remote, target, command), files)
        self._launch.round.callback(source.close)
        say_leftovers(self._words)
        session = self._launch.session([source], limits=command.limits)
        session.own_screen = OwnScreen.LEFT_OUT
        session.filter_words = command.filter_words
        watched = Watched(session, [source], command, inputs)
        code = self._show(session, command.display, watched=watched)
        watched.end()
        status, progress = source.status(), watched.session.progress
        counts = {"packets": progress.rows, "dropped": status.kernel_dropped}
        key = "cli.live.summary" if status.kernel_dropped is not None else "cli.live.summary_unknown"
        say(self._words(key, **counts), self._words)
        report_unsaved([source], progress.evicted, self._words)
        return code or say_files(source, self._words) or say_watched(watched.watcher, self._words)

    def _open(self, command: OpenCommand, sources: list[Source]) -> int:
        """Show the files of ``command``, which are ``sources``, or standard input, which is opened here."""
        forbid_sudo()
        if command.filter_words:  # a wrong one is told before anything is waited for, or a file written
            from tcptui.capture.bpf.packet_filter import PacketFilter

            PacketFilter(command.filter_words)
        if STANDARD_STREAM in command.files:
            sources = [self._launch.open_standard_input(command.limits.spool)]
        for source in sources:
            refuse_unreadable(source)
        recent = self._recent()
        for name in command.files:
            if name != STANDARD_STREAM:
                recent.remember(Path(name), time.time())
        inputs = inputs_of(command, sources, self._launch.piped)
        files = open_output_files(command, may_replace(command, self._says_yes, self._words, inputs))
        opened = [keep(partial(_identity, source), files) for source in sources]
        for source in opened:
            self._launch.round.callback(source.close)
        session = self._launch.session(opened, command.filter_words, command.limits)
        if len(command.files) == 1 and STANDARD_STREAM not in command.files and not session.live:
            session.capture_file = Path(command.files[0])
        watched = Watched(session, opened, command, inputs)
        code = self._show(session, command.display, watched=watched)
        watched.end()
        return code or say_files(opened[0], self._words) or say_watched(watched.watcher, self._words)

    def _merged(self, command: MergedScreenCommand, sources: list[Source]) -> int:
        """Show two captures of the same traffic together; returns the exit code.  Raises TcptuiError."""
        from tcptui.ui.merged.merging import Merging
        from tcptui.words.merged_refusal import require_two_files

        forbid_sudo()
        names = Path(command.files[0]).name, Path(command.files[1]).name
        require_two_files([None if source.growing else source.descriptor for source in sources], names)
        for source in sources:
            refuse_unreadable(source)
        whole = all(source.status().complete and not source.growing for source in sources)
        at_once = whole and sum(source.status().end for source in sources) <= _AT_ONCE
        first, second = (self._launch.session([source], aside=not at_once) for source in sources)
        for session, name in zip((first, second), command.files, strict=True):
            session.capture_file = None if session.live else Path(name)
        merging = Merging((first, second), names, is_symmetric=command.is_symmetric)
        if at_once:
            for session in merging.sessions:
                session.run_here()
            merging.pair()
        left = self._launch.show_merging(merging, command.display)
        if left.wish is not None:
            self._next = StartCommand(self._common, command.display)
        return left.code or merging.exit_code

    def _case(self, case_id: str, display: Display) -> int:
        from tcptui.lessons.loader import UnknownCaseError, load_case

        try:
            case = load_case(case_id)
        except UnknownCaseError as error:
            raise CommandFailedError("error.no-case", case=case_id, known=", ".join(error.known)) from error
        sources = self._launch.open_files([str(case.captures[0])])
        return self._show(self._launch.session(sources, own=False), display, case=case)

    def _show(
        self,
        session: Session,
        display: Display,
        *,
        case: Case | None = None,
        again: LiveCommand | None = None,
        watched: Watched | None = None,
    ) -> int:
        """Show the main screen until it is left; returns the exit code.

        ``watched`` goes on with the capture when it is cleared, ``again`` restarts one that has ended.
        """
        from tcptui.ui.start.choice import BackToStart, RestartCapture

        begin_anew = watched.begin_anew if watched is not None and watched.may_begin_anew else None
        restarts = again is not None and again.write is None  # a file of -w would be replaced
        left = self._launch.show(session, display, case=case, restarts=restarts, begin_anew=begin_anew)
        match left.wish:
            case BackToStart():
                self._next = StartCommand(self._common, display)
            case RestartCapture():
                self._next = again
        return left.code

    @staticmethod
    def _recent() -> RecentFiles:
        return RecentFiles(state_directory(os.environ))


def _identity(source: Source) -> Source:
    return source
