"""``watch SOURCE…``: starts a process for each source, merges what they tell, and starts those anew that have ended.

Lines are written as they come: those of one source in the order in which it told them, those of several in the order in
which they arrived here, so that no source waits for another.  While standard output is not read, no process is read
either; each then waits as `--no-screen` does, and its source is bounded by its spool.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tcptui.capture.byte_reader import has_no_reader
from tcptui.capture.privileges import drop_root
from tcptui.capture.spool.files import spool_directory
from tcptui.cli.commands import Limits
from tcptui.cli.inputs import print_privilege_notice, target_identity
from tcptui.cli.line_writer import LineWriter
from tcptui.cli.run.no_screen import READER_SECONDS
from tcptui.cli.signals import signals_stop
from tcptui.cli.stdout import StandardOutput
from tcptui.cli.watch.feed import Begun, Feed, Kept, Process, Told
from tcptui.cli.watch.lines import clock_text, json_line, text_line
from tcptui.cli.watch.metrics import metrics_address, serve_metrics
from tcptui.cli.watch.order import Message, Order, message, send_order
from tcptui.cli.watch.recorder import Recorder
from tcptui.cli.watch.sources import SourceKind, Watched, command_for, watched_sources
from tcptui.model.child_process import Child
from tcptui.model.errors import CaptureError, InputError, OutputError, TcptuiError
from tcptui.model.how_ended import how_ended
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.retention import memory_limit
from tcptui.words.errors import error_line, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.cli.commands import WatchCommand
    from tcptui.words.catalogue import Words

#: What a source's process runs (`start_interpreter`).
_PROGRAM: Final = "from tcptui.cli.watch.source_process import main; main(int(sys.argv[2]), int(sys.argv[3]))"
_OUT, _ERRORS = 1, 2
#: How long is waited for messages at most, in seconds, and how many bytes of them are taken at once.
_LOOK_SECONDS: Final = 0.2
_TAKEN: Final = 1 << 16
#: Back-pressure: while so many lines wait for the reader of standard output, none are taken.
_LINES_WAITING: Final = 1_000
#: After a signal: how long a reader that does not read may delay the end, and how long a source may take.
_SLOW_READER_SECONDS: Final = 1.5 + READER_SECONDS
_FINISH_SECONDS: Final = 15.0
_END_SECONDS: Final = 3.0
#: So many sources are each told of in a line at the end.
_LISTED: Final = 50


class SourceProcess:
    """A `Child` that is `source_process`."""

    def __init__(self, source: Watched, command: WatchCommand, limits: Limits) -> None:
        """Start it; raises OSError."""
        self._child = Child(_PROGRAM, stderr=_ERRORS)
        self.socket = self._child.socket
        descriptors = [0] if source.kind is SourceKind.STDIN else []
        with suppress(OSError):  # it has ended already, which is told as any end
            send_order(self.socket, Order(command_for(source, command, limits), tuple(sys.argv)), descriptors)

    def terminate(self) -> None:
        """See `Process.terminate`."""
        self._child.send_signal(signal.SIGTERM)

    def finish(self) -> str:
        """See `Process.finish`."""
        return f"exit {how_ended(self._child.end(_END_SECONDS, (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL)))}"


class TextTarget:
    """Standard output in the characters of the user's locale."""

    def write(self, data: Any, /) -> int:
        """Write ``data``, UTF-8, and return how many bytes it has."""
        sys.stdout.write(bytes(data).decode("utf-8", "replace"))
        sys.stdout.flush()
        return len(data)


def watch_sources(command: WatchCommand, words: Words) -> int:
    """Run ``command``; returns the exit code.  Raises TcptuiError, or BrokenPipeError when the reader is gone."""
    address = metrics_address(command.metrics) if command.metrics else None
    sources = watched_sources(command.sources)
    if any(source.kind is SourceKind.STDIN for source in sources) and (sys.stdin is None or os.isatty(0)):
        raise InputError("stdin_terminal")
    identity = target_identity()  # forks, so before any thread
    limits = shares(command.limits, len(sources))

    def start(source: Watched) -> Process:
        return SourceProcess(source, command, limits)

    with ExitStack() as stack:
        watch = Watching([Feed(source) for source in sources], start, words, command)
        stack.callback(watch.close)
        watch.start_due()  # with the rights that this process was started with: each gives up root itself
        print_privilege_notice(drop_root(identity), words)
        if address is not None:
            stack.callback(serve_metrics(address, watch.feeds))
            say(words("watching.metrics", address=f"{address.host}:{address.port}"), words)
        writer = LineWriter(StandardOutput() if command.as_json else TextTarget())
        stack.callback(writer.give_up)
        with signals_stop(watch.stop), _heard(signal.SIGUSR1, watch.record):
            watch.run(writer)
            return watch.finish(writer)


def shares(limits: Limits, sources: int) -> Limits:
    """The part of ``limits`` that each of so many ``sources`` has; of memory there always is one."""
    spool = limits.spool if limits.spool is not None or sources == 1 else _half_of_disk()
    memory = memory_limit() if limits.memory is None else limits.memory
    return Limits(None if spool is None else max(spool // sources, 1), max(memory // sources, 1))


def _half_of_disk() -> int:
    found = os.statvfs(spool_directory())
    return found.f_bavail * found.f_frsize // 2


@contextmanager
def _heard(number: signal.Signals, handle: Callable[[], None]) -> Iterator[None]:
    """Inside, ``handle`` is called upon the signal."""
    before = signal.signal(number, lambda _number, _frame: handle())
    try:
        yield
    finally:
        signal.signal(number, before)


class Watching:
    """All sources of a ``watch``, for one thread."""

    def __init__(
        self, feeds: Sequence[Feed], start: Callable[[Watched], Process], words: Words, command: WatchCommand,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.feeds = feeds
        self._start = start
        self._words = words
        self._command = command
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._stopped_at: float | None = None
        self._recorder = Recorder(command.keep_last, Path(command.out)) if command.keep_last else None
        self._is_wanted = False
        """True if a bundle was asked for."""

    def record(self) -> None:
        """Make a bundle of what came last (``--keep-last``); called by a signal's handler, amid whatever runs."""
        self._is_wanted = True

    def stop(self) -> None:
        """End all sources; called by a signal's handler, amid whatever runs."""
        self._stopped_at = self._clock()

    def run(self, writer: LineWriter) -> None:
        """Write lines to ``writer`` until a signal, or until no source can tell anything more.

        Raises BrokenPipeError, StandardOutputError.
        """
        told_to_stop = False
        while not all(feed.is_over for feed in self.feeds):
            if self._stopped_at is not None and not told_to_stop:
                told_to_stop = True
                self._end_all()
            self.step(writer, _LOOK_SECONDS)
            if self._stopped_at is not None:
                late = self._clock() - self._stopped_at
                if late > _SLOW_READER_SECONDS:
                    writer.give_up()
                if late > _FINISH_SECONDS:
                    return
            elif self._is_hopeless():
                for feed in self.feeds:
                    feed.give_up()

    def step(self, writer: LineWriter, seconds: float) -> None:
        """Start what is due, and take what the processes tell within ``seconds``."""
        self.start_due()
        if self._recorder is not None:
            self._make_bundle(self._recorder)
        if has_no_reader(_OUT):
            raise BrokenPipeError
        if writer.waiting > _LINES_WAITING:
            time.sleep(min(seconds, 0.05))
            return
        for key, _events in self._selector.select(seconds):
            self._take(key.data, writer)

    def _make_bundle(self, recorder: Recorder) -> None:
        """Begin the bundle that was asked for, or finish the one that was begun."""
        now = self._clock()
        try:
            if recorder.is_ready(now):
                self._say("watching.bundle", folder=safe_text(str(recorder.finish(now))))
            elif self._is_wanted and not recorder.is_busy:
                self._is_wanted = False
                paths = recorder.begin(self.feeds, now)
                for feed in self.feeds:
                    self._ask_to_keep(recorder, feed, paths.get(feed.source.name))
        except OutputError as error:
            say(error_line(error, self._words), self._words)

    def _ask_to_keep(self, recorder: Recorder, feed: Feed, path: Path | None) -> None:
        if feed.process is None or path is None:
            return
        request = message(Message.KEEP, seconds=recorder.seconds, path=str(path.absolute()))
        try:
            feed.process.socket.sendall(f"{request}\n".encode())
        except OSError as error:
            recorder.answered(feed.source.name, 0, reason_of(error))

    def start_due(self) -> None:
        """Start the process of each source whose time has come."""
        for feed in self.feeds:
            now = self._clock()
            if feed.due is None or feed.due > now or self._stopped_at is not None:
                continue
            try:
                process = self._start(feed.source)
            except OSError as error:
                raise CaptureError("capture_no_child", reason=reason_of(error)) from error
            feed.start(process, now)
            self._selector.register(process.socket, selectors.EVENT_READ, feed)

    def _take(self, feed: Feed, writer: LineWriter) -> None:
        process = feed.process
        if process is None:
            return
        try:
            data = process.socket.recv(_TAKEN)
            news = feed.take(data, self._clock()) if data else []
        except (OSError, ValueError, KeyError):  # its process has died, or has told what is no message
            data, news = b"", []
        for one in news:
            match one:
                case Told():
                    writer.write(self._line(feed, one))
                    if self._recorder is not None:
                        self._recorder.note(json_line(feed, one), self._clock())
                case Kept() if self._recorder is not None:
                    self._recorder.answered(feed.source.name, one.packets, one.error)
                case Begun():
                    self._say_begun(feed, one)
        if not data:
            self._end(feed, process)

    def _line(self, feed: Feed, told: Told) -> str:
        if self._command.as_json:
            return json_line(feed, told)
        return text_line(feed, told, self._words, ascii_only=self._command.common.ascii_only)

    def _end(self, feed: Feed, process: Process) -> None:
        self._selector.unregister(process.socket)
        if self._recorder is not None:
            self._recorder.answered(feed.source.name, 0, "ended")
        ended = feed.end(process.finish(), self._clock(), stopping=self._stopped_at is not None)
        if ended.error is not None:
            key = "watching.again" if ended.again and not self._is_hopeless() else "watching.over"
            name = feed.source.name  # most messages begin with it
            self._say(key, error=ended.error if name in ended.error else f"{name}: {ended.error}")
        elif not ended.again and self._stopped_at is None:
            self._say("watching.ended", source=feed.source.name)

    def _say_begun(self, feed: Feed, begun: Begun) -> None:
        name = feed.source.name
        if begun.after is not None:
            self._say("watching.back", source=name, seconds=f"{begun.after:.0f}")
        elif feed.source.kind is SourceKind.REMOTE:
            self._say("watching.begin.remote", source=name, clock=clock_text(feed.clock, self._words))
        else:
            self._say("watching.begin", source=name)

    def _is_hopeless(self) -> bool:
        """True if every source was tried, and none was ever captured: nobody waits for that."""
        return all(feed.process is None and feed.run and not feed.has_begun for feed in self.feeds)

    def _end_all(self) -> None:
        for feed in self.feeds:
            feed.give_up()
            if feed.process is not None:
                feed.process.terminate()

    def finish(self, writer: LineWriter) -> int:
        """Write what is left and the totals; returns the exit code.  Raises BrokenPipeError, StandardOutputError."""
        late = [feed.source.name for feed in self.feeds if feed.process is not None]
        self.close()
        stopped = self._stopped_at is not None
        unread = writer.finish(time.monotonic() + READER_SECONDS if stopped else None)
        unread += sum(feed.unread for feed in self.feeds)
        if unread:
            self._say("watch.nobody-read", count=unread)
        for name in late:
            self._say("watching.late", source=name)
        listed = self.feeds if 1 < len(self.feeds) <= _LISTED else ()
        for feed in listed:
            self._say_totals("watching.total.source", [feed], source=feed.source.name)
        self._say_totals("watching.total", self.feeds, sources=len(self.feeds))
        if not any(feed.has_begun for feed in self.feeds):
            return max(feed.code for feed in self.feeds)
        broken = any(feed.code or feed.mistake for feed in self.feeds)
        return TcptuiError.exit_code if broken or unread or late else 0

    def _say_totals(self, key: str, feeds: Sequence[Feed], **facts: object) -> None:
        totals = [feed.totals for feed in feeds]
        known = [one.dropped for one in totals if one.dropped is not None]
        dropped = str(sum(known)) if len(known) == len(totals) else "?"
        self._say(
            key, packets=sum(one.packets for one in totals), found=sum(sum(feed.found.values()) for feed in feeds),
            dropped=dropped, runs=sum(feed.run for feed in feeds), **facts,
        )  # fmt: skip

    def _say(self, key: str, **facts: object) -> None:
        say(self._words(key, **facts), self._words)

    def close(self) -> None:
        """End all processes; idempotent."""
        for feed in self.feeds:
            feed.give_up()
            if feed.process is not None:
                feed.process.finish()
                feed.process = None
        if self._recorder is not None:
            self._recorder.give_up()
        self._selector.close()
