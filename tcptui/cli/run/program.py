"""``-- CMD ARG…``: runs a program, captures meanwhile, and reports on its connections.

The order: the program's process is forked and its control group made while this may be root; then the capture child is
started and root is given up; then the capture begins; only then the program runs.  It has the terminal, so there is no
screen, and Ctrl-C is its own.  The exit code is the program's, as a shell has it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.child.client import CaptureChild
from tcptui.capture.output import Replaceable
from tcptui.capture.own_ssh import find_own_traffic
from tcptui.capture.owners.client import OwnerChild
from tcptui.capture.privileges import drop_root, forbid_sudo
from tcptui.capture.program.client import ProgramProcess, program_of, started_with
from tcptui.capture.program.scope import make_scope
from tcptui.capture.program.socket_events import SocketEvents
from tcptui.capture.slicing.sink import Sink
from tcptui.cli.commands import ReportCommand, ReportFormat
from tcptui.cli.decode_as import decoding_of
from tcptui.cli.inputs import print_privilege_notice, target_identity
from tcptui.cli.live_input import live_source
from tcptui.cli.prompts import offer_sudo
from tcptui.cli.read_files import files_read
from tcptui.cli.remains import say_remains
from tcptui.cli.run.copying import reading_again, write_rows
from tcptui.cli.run.load import exit_code, has_failed, notice_line
from tcptui.cli.run.own_findings import own_rules
from tcptui.cli.run.report import print_report
from tcptui.cli.signals import SAME_SECONDS, heeded, signals_unwind
from tcptui.cli.spool_folders import remember_spool_folder
from tcptui.model.errors import CaptureDeniedError, TcptuiError
from tcptui.model.safe_text import safe_text
from tcptui.session.catch_up import Compile
from tcptui.session.program_connections import ProgramConnections, Scoped
from tcptui.session.retention import memory_limit
from tcptui.session.session import Session
from tcptui.session.slicing import choose
from tcptui.session.slicing.comments import Comments
from tcptui.session.slicing.write import PCAP_SUFFIX
from tcptui.words.errors import error_line, say
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.capture.program.scope import Scope
    from tcptui.cli.commands import ProgramCommand
    from tcptui.model.packet_store import I64
    from tcptui.words.catalogue import Words

#: How often is looked for the program's connections, in seconds.
_EVERY: Final = 0.05
#: How long packets are waited for once the program has ended, in seconds: what is in flight, …
_LINGER: Final = 1.5
#: … and where owners must be looked for, until those of the last connections are known (`tcptui.session.owners`).
_LINGER_OWNERS: Final = 2.5
#: What a shell says of a program that is not there, of one that cannot be run, and of one that a signal has ended.
NOT_FOUND: Final = 127
NOT_RUN: Final = 126
_SIGNALLED: Final = 128
_ASKING: Final = (signal.SIGTERM, signal.SIGHUP)
_OF_TERMINAL: Final = (signal.SIGINT, signal.SIGQUIT)


def run_program(command: ProgramCommand, words: Words) -> int:
    """Run ``command``; returns the exit code.  Raises TcptuiError, or BrokenPipeError when the reader is gone."""
    with ExitStack() as stack:
        stack.enter_context(signals_unwind())
        try:
            running = _Running(command, words, stack)
        except CaptureDeniedError as error:
            return offer_sudo(error, sys.argv[1:], words)
        return running.run()


class _Running:
    """The program, and the capture around it."""

    def __init__(self, command: ProgramCommand, words: Words, stack: ExitStack) -> None:
        """Begin the capture, and give up root; ``stack`` ends both.  Raises TcptuiError."""
        self.command, self.words = command, words
        identity = target_identity()
        self.scope, self.events = _scoped(stack)
        program = program_of(command.arguments, started_with())
        self.program = ProgramProcess.prepare(program, self.scope)
        stack.callback(self.program.close)
        child = CaptureChild.start(identity)
        stack.callback(child.close)
        owners = OwnerChild.start(identity)
        if owners is not None:
            stack.callback(owners.close)
        own = find_own_traffic()
        print_privilege_notice(drop_root(identity, may_offer_sudo=True), words)
        self.own = own_rules(command.common, words)
        self.replaceable = Replaceable.for_overwrite(command.overwrite, files_read(command.common, ()))
        if command.write:
            self.replaceable.check(Path(command.write))
        source, _screen = live_source(child, command.live, own, lambda _question: False, words)
        stack.callback(lambda: say_remains([source], words))
        self.source = stack.enter_context(closing(source))
        forbid_sudo()  # not offered any more, and now packets are parsed
        self.session = Session(
            [source], None, Compile.BACKGROUND, command.live.limits.memory or memory_limit(),
            keylog=command.common.keylog, schema=command.common.proto, decoding=decoding_of(command.common),
        )  # fmt: skip
        stack.callback(self.session.close)
        self.session.find_also(self.own)
        if owners is not None:
            self.session.find_owners(owners)
        scoped = Scoped("" if self.scope is None else self.scope.name, self.program.pid)
        self.connections = ProgramConnections(self.session, scoped, hears_all=self.events is not None)
        self._asked_at = -SAME_SECONDS
        self._is_impatient = False

    def run(self) -> int:
        """Run the program, and tell of its connections; returns the exit code."""
        remember_spool_folder()
        asyncio.run(self._captured())
        with signals_unwind():
            return self._tell()

    # -- while it runs ---------------------------------------------------------------------
    async def _captured(self) -> None:
        loop = asyncio.get_running_loop()
        for number in filter(heeded, _ASKING):
            loop.add_signal_handler(number, self._pass_on, number)
        for number in _OF_TERMINAL:
            loop.add_signal_handler(number, self._interrupt)
        capturing = asyncio.create_task(self.session.run())
        ended = asyncio.Event()
        loop.add_reader(self.program.socket, self._hear, ended)
        try:
            self.program.start()
            while not ended.is_set():
                self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), _EVERY)
            loop.remove_reader(self.program.socket)
            await self._linger()
            await asyncio.to_thread(self.session.stop)
            await capturing
            self._look()
        finally:
            capturing.cancel()

    def _hear(self, ended: asyncio.Event) -> None:
        self.program.receive()
        if self.program.is_over:
            ended.set()

    def _look(self) -> None:
        if self.events is not None:
            self.connections.add(self.events.take())
        self.connections.look()

    async def _linger(self) -> None:
        """Wait until no packet of its connections is expected any more, for a while at most."""
        if self.program.failure:
            return
        is_known = self.events is not None
        until = time.monotonic() + (_LINGER if is_known else _LINGER_OWNERS)
        while time.monotonic() < until and not self._is_impatient:
            self._look()
            if is_known and self.connections.is_quiet:
                return
            await asyncio.sleep(_EVERY)

    def _interrupt(self) -> None:
        """Ctrl-C: the program has got it, too; once that has ended, nothing is waited for any more."""
        self._is_impatient = self.program.is_over

    def _pass_on(self, number: signal.Signals) -> None:
        """Have the program end as this was asked to, and, asked once more, at once."""
        now = time.monotonic()
        is_again, self._asked_at = 0 < self._asked_at <= now - SAME_SECONDS, now
        self._is_impatient = self.program.is_over
        self.program.send_signal(signal.SIGKILL if is_again else number)

    # -- afterwards ------------------------------------------------------------------------
    def _tell(self) -> int:
        words, session = self.words, self.session
        code = self._code()
        if self.program.failure:
            session.discard()
            return code
        choice = self.connections.choose(may_lack_some=self.events is not None and self.events.may_lack_some)
        for line in self._about(choice.others, choice.unknown, choice.uncaptured):
            say(line, words)
        failed = has_failed(session)
        if not failed:
            form = ReportFormat.JSON if self.command.as_json else ReportFormat.TEXT
            report = ReportCommand(self.command.common, (), form)
            notice = notice_line(session, words)
            print_report(
                report, session, choice.streams, self.replaceable, words, notice=notice, of_program=True
            )  # fmt: skip
        error = self.source.status().error
        if error is not None:
            say(error_line(error, words), words)
        if self.command.write and not failed:
            self._write(choice.streams)
        session.discard()
        return code or (exit_code(session, [self.source]) if not failed else TcptuiError.exit_code)

    def _code(self) -> int:
        """The program's, as a shell has it; says why there is none."""
        program, words = self.program, self.words
        name = safe_text(self.command.arguments[0])
        if program.failure:
            say(words("program.not-run", program=name, reason=safe_text(os.strerror(program.failure))), words)
            return NOT_FOUND if program.failure in (errno.ENOENT, errno.ENOTDIR) else NOT_RUN
        if program.ended is None:
            say(words("program.lost", program=name), words)
            return TcptuiError.exit_code
        return program.ended if program.ended >= 0 else _SIGNALLED - program.ended

    def _about(self, others: int, unknown: int, uncaptured: int) -> Iterator[str]:
        words = self.words
        if self.events is None:
            yield words("program.by-group" if self.scope is not None else "program.by-process")
        if others:
            yield words("program.others", n=Count(others))
        if unknown:
            yield words("program.unknown", n=Count(unknown))
        if uncaptured:
            yield words("program.uncaptured", n=Count(uncaptured), interface=safe_text(self.command.live.interface))
        if self.program.left:
            yield words("program.left", n=Count(self.program.left))

    def _write(self, streams: I64) -> None:
        """Write the packets of ``streams`` to the file of ``-w``.  Raises OutputError."""
        session, words = self.session, self.words
        rows = np.flatnonzero(choose.with_fragments(session.store, choose.rows_of_streams(session.store, streams)))
        slicer = reading_again(session)
        out = Path(self.command.write)
        comments = None if out.suffix == PCAP_SUFFIX else Comments(session, slicer, [session.label], [None], words)
        with Sink(out, self.replaceable) as sink:
            write_rows(session, slicer, rows, sink, comments)
        say(words("slice.written", n=f"{len(rows):,}", all=f"{session.store.count:,}", file=safe_text(str(out))), words)


def _scoped(stack: ExitStack) -> tuple[Scope | None, SocketEvents | None]:
    """A control group of the program's own, and what the kernel tells of its sockets; None: not to be had here."""
    try:
        scope = make_scope()
    except OSError:
        return None, None
    stack.callback(os.close, scope.lock)
    try:
        events = SocketEvents.attach(scope.folder)
    except OSError:
        return scope, None
    stack.callback(events.close)
    return scope, events
