"""The process of one source of ``watch``: `--no-screen` of that source, told over a socket instead of standard output.

It ends as `--no-screen` does: by a signal, when its source ends, or when nobody is at the other end of the socket any
more.  All packets that were captured by then are analysed and their findings told before the last message.  Then the
spool is given up; where the supervising process was killed and nobody was told, it stays for `tcptui recover`.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import socket
import sys
import time
from contextlib import ExitStack, redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tcptui.capture.file_source import open_descriptor
from tcptui.capture.growing_file import open_growing
from tcptui.capture.privileges import drop_root
from tcptui.capture.remote_clock import ClockOffset, measure_clock
from tcptui.capture.ssh_source import parse_target
from tcptui.cli.commands import STANDARD_STREAM, LiveCommand, RemoteCommand
from tcptui.cli.inputs import target_identity
from tcptui.cli.line_writer import LineWriter
from tcptui.cli.run.no_screen import READER_SECONDS, open_watched, run_live, watched_session
from tcptui.cli.signals import signals_unwind
from tcptui.cli.watch.measures import Measures
from tcptui.cli.watch.order import Channel, LineReader, Message, message, receive_order
from tcptui.cli.watch.recorder import keep_last
from tcptui.model.errors import CaptureDeniedError, TcptuiError, UsageError
from tcptui.model.safe_text import reason_of
from tcptui.words.catalogue import Words
from tcptui.words.crash_report import install_exception_hooks
from tcptui.words.errors import error_line, safe_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.capture.source import Source
    from tcptui.cli.run.no_screen import SourceCommand
    from tcptui.session.session import Session
    from tcptui.session.watch.watcher import Watcher

#: How often is looked whether the first bytes have come, and how often counts are told, in seconds.
_LOOK_SECONDS: Final = 0.1
_STATUS_SECONDS: Final = 1.0
#: The same clock.
_HERE: Final = ClockOffset(0, 0, 0)


def main(channel: int, _parent: int) -> None:
    """Run the process whose socket is the descriptor ``channel``."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    link = socket.socket(fileno=channel)
    try:
        order, descriptors = receive_order(link)
    except EOFError:
        return
    sys.argv[:] = order.program
    if descriptors:
        os.dup2(descriptors[0], 0)
        os.close(descriptors[0])
    install_exception_hooks()
    run_source(order.command, link, Words(order.command.common.language))


def run_source(command: SourceCommand, link: socket.socket, words: Words) -> int:
    """Run ``command`` and tell what it finds over ``link``; returns the exit code, which is told, too."""
    try:
        try:
            end = _run(command, link, words)
        except TcptuiError as error:
            hopeless = isinstance(error, UsageError | CaptureDeniedError)
            end = {"code": error.exit_code, "error": error_line(error, words), "again": not hopeless}
        link.sendall(f"{message(Message.END, **end)}\n".encode())
    except OSError:  # nobody hears it
        return TcptuiError.exit_code
    return int(end["code"])


def _run(command: SourceCommand, link: socket.socket, words: Words) -> dict[str, Any]:
    with ExitStack() as stack:
        stack.enter_context(signals_unwind())
        clock = _clock(command)
        with redirect_stderr(io.StringIO()):  # what the supervising process says itself, once
            sources, checked = open_watched(command, words, stack, _open)
        writer = LineWriter(Channel(link))  # its thread must not have what has just been given up
        stack.callback(writer.give_up)
        session, watcher = watched_session(command, sources, checked, words, stack, writer.write)
        beside = _Beside(session, watcher, sources, clock, link, writer, words)
        asyncio.run(run_live(session, writer, words, beside.run))
        with signals_unwind():
            session.stop()
            asked = session.steering.ends_by is not None
            unread = writer.finish(time.monotonic() + READER_SECONDS if asked else None)
            counts = beside.counts()
            session.discard()  # what was captured has been told; nobody would come back for it
            session.close()
        return {**counts, **_said(session, sources, watcher, words), "unread": unread}


def _clock(command: SourceCommand) -> ClockOffset | None:
    """How the source's clock stands to this host's; None: unknown.  Raises CaptureError where ssh cannot log in."""
    match command:
        case LiveCommand():
            return _HERE
        case RemoteCommand():
            drop_root(target_identity())  # ssh runs as whoever called sudo
            return measure_clock(parse_target(command.target))
        case _:
            return None


def _open(name: str, limit: int | None) -> Source:
    if name != STANDARD_STREAM:
        return open_growing(Path(name), limit_bytes=limit)
    return open_descriptor(os.dup(0), STANDARD_STREAM, limit_bytes=limit)


def _said(session: Session, sources: list[Source], watcher: Watcher, words: Words) -> dict[str, Any]:
    """The exit code, and the line about what went wrong; None: nothing did."""
    failed = [source.status().error for source in sources]
    error = watcher.error or next(filter(None, failed), None)
    if error is not None:
        return {"code": TcptuiError.exit_code, "error": error_line(error, words)}
    progress = session.progress
    if progress.unread is not None:
        return {"code": TcptuiError.exit_code, "error": words(progress.unread.key, **safe_facts(progress.unread.facts))}
    return {"code": 0, "error": None}


class _Beside:
    """Tells counts while a session runs, and takes what the supervising process asks for."""

    def __init__(
        self, session: Session, watcher: Watcher, sources: list[Source], clock: ClockOffset | None,
        link: socket.socket, writer: LineWriter, words: Words,
    ) -> None:  # fmt: skip
        self._session, self._watcher, self._sources = session, watcher, sources
        self._clock, self._link, self._writer = clock, link, writer
        self._measures = Measures(session)
        self._words = words
        self._lines = LineReader()
        self._keeping: list[asyncio.Future[None]] = []
        """The file that is being written."""

    async def run(self, stop: Callable[[], None]) -> None:
        """Do so until cancelled; ``stop`` ends the session."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._link, self._hear, stop)
        try:
            while not self._has_begun():
                await asyncio.sleep(_LOOK_SECONDS)
            self._writer.write(message(Message.BEGIN, clock=as_keys(self._clock)))
            while True:
                if not self._writer.waiting:  # lines come first, and nobody waits for these
                    self._writer.write(message(Message.STATUS, **self.counts()))
                await asyncio.sleep(_STATUS_SECONDS)
        finally:
            self._session.copying.end()
            loop.remove_reader(self._link)

    def _has_begun(self) -> bool:
        """True if packets are captured: of another host once its first bytes have come."""
        return self._clock is _HERE or all(map(_has_bytes, self._sources))

    def _hear(self, stop: Callable[[], None]) -> None:
        """Take what the supervising process says; when that has ended, end, too."""
        try:
            data = self._link.recv(1 << 16)
            requests = [json.loads(line) for line in self._lines.take(data)]
        except (OSError, ValueError):
            data, requests = b"", []
        for request in requests:
            wanted = request[Message.KEEP]
            self._keeping = [one for one in self._keeping if not one.done()]
            self._keeping.append(asyncio.ensure_future(self._keep(wanted["seconds"], Path(wanted["path"]))))
        if not data:
            asyncio.get_running_loop().remove_reader(self._link)
            self._writer.give_up()
            stop()

    async def _keep(self, seconds: float, path: Path) -> None:
        """Write the packets of the last ``seconds``, and say how many these are."""
        packets, error = 0, None
        try:
            packets = await asyncio.to_thread(keep_last, self._session, seconds, path)
        except TcptuiError as known:
            error = error_line(known, self._words)
        except OSError as failure:
            error = reason_of(failure)
        self._writer.write(message(Message.KEEP, packets=packets, error=error))

    def counts(self) -> dict[str, Any]:
        """Counts and measures so far."""
        self._measures.read()
        progress, measures = self._session.progress, self._measures
        return {
            "packets": progress.rows, "bytes": progress.wire_bytes, "dropped": progress.kernel_dropped,
            "found": self._watcher.found, "lag": round(progress.seconds_behind, 3), "unseen": self._watcher.unseen,
            "states": measures.states(), "unsplit": measures.unsplit,
            "rtt": [measures.rtt.counts, measures.rtt.seconds],
            "think": [measures.think.counts, measures.think.seconds],
        }  # fmt: skip


def _has_bytes(source: Source) -> bool:
    status = source.status()
    return status.end > 0 or status.complete


def as_keys(clock: ClockOffset | None) -> dict[str, int] | None:
    """``clock`` for a message."""
    if clock is None:
        return None
    return {"low": clock.low_ns, "high": clock.high_ns, "round_trip": clock.round_trip_ns}
