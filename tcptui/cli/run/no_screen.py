"""``--no-screen``: writes findings of a capture as JSON lines to standard output, as they are made.

The order is that of `tcptui.cli.inputs`: start the capture child, open inputs, give up root, then parse.
SIGINT, SIGTERM and SIGHUP end a capture as ``-c`` does: everything that was captured is analysed and
written, and the exit code is 0.  A SIGHUP that nohup ignores stays ignored, as in tcpdump.
A summary, also of saved packets, is printed on standard error once the capture is over.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.byte_reader import has_no_reader
from tcptui.capture.child.client import CaptureChild
from tcptui.capture.file_source import open_file
from tcptui.capture.output import Replaceable
from tcptui.capture.own_ssh import find_own_traffic
from tcptui.capture.owners.client import OwnerChild
from tcptui.capture.privileges import drop_root, forbid_sudo
from tcptui.capture.ssh_source import RemoteSource, parse_target
from tcptui.capture.tee_source import TeeSource
from tcptui.cli.commands import STANDARD_STREAM, LiveCommand, OpenCommand, RemoteCommand
from tcptui.cli.decode_as import decoding_of
from tcptui.cli.inputs import open_input, print_privilege_notice, target_identity
from tcptui.cli.kernel_trace import recording
from tcptui.cli.line_writer import FileLineWriter, LineWriter
from tcptui.cli.live_input import live_source, print_remote, remote_options
from tcptui.cli.outputs import keep, may_replace, open_output_files, report_unsaved, say_files
from tcptui.cli.prompts import offer_sudo, says_yes
from tcptui.cli.read_files import files_read, inputs_of
from tcptui.cli.remains import say_remains
from tcptui.cli.run.filtering import compiled_filter
from tcptui.cli.run.load import exit_code
from tcptui.cli.run.own_findings import own_rules, require_defined
from tcptui.cli.run.watch_messages import say_watched
from tcptui.cli.signals import SAME_SECONDS, STOPPING, heeded, signals_unwind
from tcptui.cli.spool_folders import remember_spool_folder
from tcptui.cli.stdout import StandardOutput
from tcptui.model.errors import CaptureDeniedError, TcptuiError
from tcptui.session.watch.attach import watch_session
from tcptui.words.errors import error_line, safe_facts, say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from tcptui.capture.bpf.packet_filter import PacketFilter
    from tcptui.capture.source import Source
    from tcptui.cli.kernel_trace import KernelRecording
    from tcptui.dfilter.compile import Compiled
    from tcptui.session.own.rule import OwnRule
    from tcptui.session.session import Session
    from tcptui.session.watch.finding_log import FindingEvent
    from tcptui.session.watch.watcher import Watcher
    from tcptui.words.catalogue import Words

SourceCommand = LiveCommand | OpenCommand | RemoteCommand

_OUT: Final = 1
#: After a signal, the time limit for analysing what is left, in seconds …
_FINISH_SECONDS: Final = 1.5
#: … and then for the reader of standard output.
READER_SECONDS: Final = 0.5


def run_watch_command(command: SourceCommand, words: Words) -> int:
    """Run ``command``; returns the exit code.  Raises TcptuiError, or BrokenPipeError when the reader is gone."""
    compiled = compiled_filter(command.display_filter, words) if command.display_filter else None
    with ExitStack() as stack:
        stack.enter_context(signals_unwind(captures=True))
        opened: list[Source] = []
        stack.callback(lambda: say_remains(opened, words))
        try:
            kernel = recording(command, target_identity(), stack)
            sources, checked = open_watched(command, words, stack, kernel=kernel)
            opened += sources
        except CaptureDeniedError as error:
            return offer_sudo(error, sys.argv[1:], words)
        return _watch(command, sources, checked, words, stack, compiled, kernel)


@dataclass(frozen=True, slots=True)
class Checked:
    """What of a command can be wrong, and was looked at before anything was captured or written."""

    own: tuple[OwnRule, ...]
    packets: PacketFilter | None
    """What is shown of the packets of files; None: all of them."""
    owners: OwnerChild | None = None
    """Says whose connections those of an interface are; None: nothing does."""


def _check(command: SourceCommand, words: Words) -> Checked:
    """Raise UsageError for what is wrong; call it once root has been given up."""
    from tcptui.capture.bpf.packet_filter import PacketFilter

    own = own_rules(command.common, words)
    for option, wanted in command.watch.filters.items():
        require_defined(option, wanted, own)
    is_here = isinstance(command, OpenCommand) and command.filter_words
    return Checked(own, PacketFilter(command.filter_words) if is_here else None)


def open_watched(
    command: SourceCommand, words: Words, stack: ExitStack,
    open_file_named: Callable[[str, int | None], Source] | None = None, kernel: KernelRecording | None = None,
) -> tuple[list[Source], Checked]:  # fmt: skip
    """Open the sources of ``command``, and give up root; ``stack`` closes them.

    ``open_file_named`` opens a file by its name, with the limit of its spool (None: files are read to their end, and
    `STANDARD_STREAM` is standard input).  ``kernel`` begins just before the capture.  Raises TcptuiError.
    """
    identity = target_identity()

    def ask(question: str) -> bool:
        return says_yes(question, words)

    def give_up_root(*, may_offer_sudo: bool = False) -> None:
        import tcptui.cli.report.json_event
        import tcptui.session.session  # noqa: F401 - while this process may still read everything it was started with

        print_privilege_notice(drop_root(identity, may_offer_sudo=may_offer_sudo), words)

    match command:
        case LiveCommand():
            child = CaptureChild.start(identity)
            stack.callback(child.close)
            owners = OwnerChild.start(identity)
            if owners is not None:
                stack.callback(owners.close)
            own = find_own_traffic()
            give_up_root(may_offer_sudo=True)
            checked = replace(_check(command, words), owners=owners)
            if kernel is not None:
                kernel.begin()
            source, _own_screen = live_source(child, command, own, ask, words)
            forbid_sudo()  # not offered any more, and now packets are parsed
            return [stack.enter_context(closing(source))], checked
        case RemoteCommand():
            give_up_root()
            checked = _check(command, words)
            target = parse_target(command.target)
            files = open_output_files(command, may_replace(command, ask, words, files_read(command.common, ())))
            with _interrupts_ignored():  # by ssh: we handle Ctrl-C, and then have tcpdump end
                remote = keep(lambda: RemoteSource(target, remote_options(command), show_line=print_remote), files)
                return [stack.enter_context(closing(remote))], checked
        case OpenCommand():
            opens = open_file_named or _input
            inputs = [stack.enter_context(closing(opens(name, command.limits.spool))) for name in command.files]
            give_up_root()
            checked = _check(command, words)
            files = open_output_files(command, may_replace(command, ask, words, inputs_of(command, inputs)))
            if files is None:
                return inputs, checked
            return [stack.enter_context(closing(TeeSource(source, files))) for source in inputs], checked


def _input(name: str, limit: int | None) -> Source:
    if name != STANDARD_STREAM:
        return open_file(Path(name))
    opened = open_input(name, limit)
    if opened.raw is not None:
        os.close(opened.raw)
    return opened.source


def watched_session(
    command: SourceCommand, sources: list[Source], checked: Checked, words: Words, stack: ExitStack,
    write_line: Callable[[str], None], compiled: Compiled | None = None,
) -> tuple[Session, Watcher]:  # fmt: skip
    """A session over ``sources``, which ``stack`` closes, whose findings are given to ``write_line`` as JSON lines.

    It has not been run yet.  Raises TcptuiError.
    """
    from tcptui.cli.report.json_event import finding_line
    from tcptui.cli.run.watch_filter import Shown
    from tcptui.session.catch_up import Compile
    from tcptui.session.retention import memory_limit
    from tcptui.session.session import Session

    session = Session(
        sources, checked.packets, Compile.BACKGROUND if any(source.live for source in sources) else Compile.FIRST,
        command.limits.memory or memory_limit(), keylog=command.common.keylog,
        schema=command.common.proto, decoding=decoding_of(command.common),
    )  # fmt: skip
    stack.callback(session.close)
    session.find_also(checked.own)
    if checked.owners is not None:
        session.find_owners(checked.owners)
    shown = None if compiled is None else Shown(session, compiled, words)

    def tell(told: FindingEvent) -> None:
        event = told if shown is None else shown.shown(told)
        if event is not None:
            write_line(finding_line(session, event, words))

    replaceable = Replaceable.for_overwrite(command.overwrite, inputs_of(command, sources))
    watcher = watch_session(session, sources, command.watch, write=command.write, replaceable=replaceable, tell=tell)
    if watcher is None:
        raise RuntimeError("--no-screen was asked for")
    return session, watcher


def _watch(
    command: SourceCommand, sources: list[Source], checked: Checked, words: Words, stack: ExitStack,
    compiled: Compiled | None, kernel: KernelRecording | None,
) -> int:  # fmt: skip
    from tcptui.cli.report.json_event import finding_line
    from tcptui.session.sharing import Sharing

    live = any(source.live for source in sources)
    # A file can wait for the reader; and beside another thread nothing can be forked.
    writer = LineWriter(StandardOutput()) if live else FileLineWriter(StandardOutput())
    stack.callback(writer.give_up)
    session, watcher = watched_session(command, sources, checked, words, stack, writer.write, compiled)
    if kernel is not None:
        kernel.attach(session)
    if live:
        remember_spool_folder()
    if live:
        asyncio.run(run_live(session, writer, words))
    else:
        workers = command.workers if isinstance(command, OpenCommand) else None
        session.steering.sharing = lambda: Sharing.among(workers)
        session.run_here(alone=workers == 1)
    if watcher.stopped_by is not None:
        writer.write(finding_line(session, watcher.stopped_by, words, "stopped" if watcher.is_cause else "appears"))
    with signals_unwind():  # a slow reader may delay the end, but not after a signal
        session.stop()
        unread = writer.finish(None if session.steering.ends_by is None else time.monotonic() + READER_SECONDS)
        if kernel is not None:
            kernel.end(session, words)
        # What a signal ended and is in no file stays; of --keep-around the files are all that is wanted.
        was_ended = session.steering.ends_by is not None and not command.watch.keep_around
        if not was_ended and watcher.error is None and not exit_code(session, sources):
            session.discard()
        session.close()
    return _say_end(session, sources, watcher, unread, words)


async def run_live(
    session: Session, writer: LineWriter | FileLineWriter, words: Words,
    beside: Callable[[Callable[[], None]], Awaitable[None]] | None = None,
) -> None:  # fmt: skip
    """Run a live session until its sources end, a signal arrives, or the reader of standard output closes the pipe.

    A first signal ends it within `_FINISH_SECONDS`, a second one at once, unless it is the first told twice.
    ``beside`` runs meanwhile, in place of saying that the capture has begun; what it is given ends it as a signal does.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    asked_at = -math.inf

    def ask() -> None:
        nonlocal asked_at
        before, asked_at = asked_at, time.monotonic()
        if asked_at - before < SAME_SECONDS:
            return
        seconds = 0.0 if asked.is_set() else _FINISH_SECONDS
        session.steering.ends_by = time.monotonic() + seconds
        loop.call_later(seconds, writer.give_up)
        asked.set()

    for number in filter(heeded, STOPPING):
        loop.add_signal_handler(number, ask)
    if beside is None:
        say(words("watch.begin", source=session.label), words)  # after this line signals are handled
    running = asyncio.create_task(session.run())
    waiting = asyncio.create_task(_stop_requested(asked))
    others = [] if beside is None else [asyncio.ensure_future(beside(ask))]
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done() and not running.done():
            await asyncio.to_thread(session.stop)
        await running
        if waiting.done():
            waiting.result()
    finally:
        for task in (waiting, *others):
            task.cancel()


async def _stop_requested(asked: asyncio.Event) -> None:
    """Return when a signal came; raise BrokenPipeError when the reader of standard output closed the pipe."""
    while not asked.is_set():
        if has_no_reader(_OUT):
            raise BrokenPipeError
        try:
            await asyncio.wait_for(asked.wait(), 1.0)
        except TimeoutError:
            continue


def _say_end(session: Session, sources: Sequence[Source], watcher: Watcher, unread: int, words: Words) -> int:
    """Print the summary on standard error; returns the exit code."""
    code = exit_code(session, sources)
    if unread:
        code = TcptuiError.exit_code
        say(words("watch.nobody-read", count=unread), words)
    progress = session.progress

    errors = [error for source in sources if (error := source.status().error) is not None]
    notice = progress.notice
    if watcher.error is not None:
        code = TcptuiError.exit_code
    if watcher.error is not None:
        pass  # `say_watched` reports it
    elif notice is not None and notice is session.steering.ending:
        say(words(notice.key, **safe_facts(notice.facts)), words)
    elif errors:
        say(error_line(errors[0], words), words)
    elif notice is not None:
        say(words(notice.key, **safe_facts(notice.facts)), words)
    facts = {
        "packets": progress.rows, "found": watcher.found, "dropped": progress.kernel_dropped,
        "lag": f"{watcher.longest_lag:.1f}",
    }  # fmt: skip
    key = "watch.end.file" if not session.live else "watch.end" if facts["dropped"] is not None else "watch.end.unknown"
    say(words(key, **facts), words)
    report_unsaved(sources, progress.evicted, words)
    if watcher.unseen:
        say(words("watch.unseen", count=watcher.unseen), words)
    if session.steering.ends_by is not None and progress.bytes_waiting:
        say(words("watch.unread", megabytes=f"{progress.bytes_waiting / 1e6:.1f}"), words)
    for source in sources:
        if isinstance(source, TeeSource) and source.error is None:
            say_files(source, words)
    return code or say_watched(watcher, words)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started inside ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
