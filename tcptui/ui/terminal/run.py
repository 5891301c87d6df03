"""Runs the app on the real terminal, and restores the terminal afterwards.

Signals would leave the alternate screen, the mouse and raw mode on, and a crash would
exit with 0; `run_app` handles all of them.  Textual is imported by the caller, who makes the app.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import os
import select
import signal
import sys
import termios
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.child_process import wake_children
from tcptui.model.descriptors import redirect_to_null
from tcptui.model.safe_text import safe_text
from tcptui.ui.clipboard import forget_copied
from tcptui.userdirs.directory import open_directory
from tcptui.userdirs.places import state_directory
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from tcptui.ui.terminal.setup import TerminalSetup

#: The interpreter's thread switch interval, short so that a key gets its turn while another thread runs pure Python:
#: key to paint 33 → 14 ms, with no loss of throughput.
SWITCH_INTERVAL_S: Final = 0.0005
#: How long an app that was told to end may take before the process is ended regardless.
PATIENCE_S: Final = 5.0
_HANGUP_CHECK_MS: Final = 1000
_CRASH_FILE: Final = "crash.txt"
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
#: Turns off, in the driver's own order, the modes that it turned on: bracketed paste, wrap, size
#: reports, mouse, kitty keys, alternate screen, cursor, focus reports.
_RESTORE: Final = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m"
)


def _hung_up(descriptor: int = 0, patience_ms: int = 0) -> bool:
    """Whether the terminal has hung up; waits for that, in poll(2), for at most ``patience_ms``."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(patience_ms))


def _forget_terminal() -> None:
    """Redirect standard descriptors whose terminal has hung up to /dev/null, so that writing to them does not fail."""
    redirect_to_null(*filter(_hung_up, (0, 1, 2)))


class ExitWatchdog:
    """Watchdog that ends the process when the app does not end: restores the terminal and exits with the app's code."""

    def __init__(self) -> None:
        self._attributes: list[Any] | None = None
        with contextlib.suppress(termios.error):
            self._attributes = termios.tcgetattr(0)
        self._timer: threading.Timer | None = None

    def arm(self, code: int) -> None:
        """Have the process exit with ``code`` after `PATIENCE_S`, unless `disarm` comes before."""
        if self._timer is None:
            self._timer = threading.Timer(PATIENCE_S, self.leave, (code,))
            self._timer.daemon = True
            self._timer.start()

    def disarm(self) -> None:
        """Stop the timer: the app has ended by itself."""
        if self._timer is not None:
            self._timer.cancel()

    def restore(self) -> None:
        """Restore the terminal's modes and attributes without the driver, and without blocking on a full terminal."""
        with contextlib.suppress(OSError):
            flags = fcntl.fcntl(2, fcntl.F_GETFL)
            fcntl.fcntl(2, fcntl.F_SETFL, flags | os.O_NONBLOCK)
            try:
                os.write(2, _RESTORE)
            finally:
                fcntl.fcntl(2, fcntl.F_SETFL, flags)
        if self._attributes is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._attributes)

    def leave(self, code: int) -> None:
        """End the process at once, with ``code``."""
        self.restore()
        wake_children()
        os._exit(code)


class _Watch:
    """A thread that calls ``leave`` with the exit code when a signal comes or the terminal hangs up.

    The signal's number comes through a pipe that the interpreter's C code writes (`signal.set_wakeup_fd`): a main
    thread that is stuck in a write to a terminal which no longer reads (Ctrl-S, a frozen connection) runs no Python
    handler and no event loop.
    """

    def __init__(self, leave: Callable[[int], None]) -> None:
        self._leave = leave
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._handlers = {number: signal.signal(number, lambda _number, _frame: None) for number in _SIGNALS}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tcptui-watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End the thread and restore the signal handlers of before."""
        self._ended.set()
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._writer)
        self._thread.join(PATIENCE_S)
        os.close(self._reader)

    def _run(self) -> None:
        poll = select.poll()
        # The hang-up is polled for as well: where SIGHUP is ignored (nohup), the driver's input thread would spin.
        poll.register(0, 0)
        poll.register(self._reader, select.POLLIN)
        while not self._ended.is_set():
            for descriptor, events in poll.poll(_HANGUP_CHECK_MS):
                if descriptor != self._reader:
                    if events & select.POLLHUP:
                        poll.unregister(descriptor)
                        self._leave(128 + signal.SIGHUP)
                elif events & select.POLLIN:
                    for number in set(os.read(self._reader, 64)).intersection(_SIGNALS):
                        self._leave(128 + number)


async def _run_guarded(app: App[Any], rescue: ExitWatchdog) -> None:
    """Run the app; a signal, and a terminal that hangs up, end it through `App.exit`."""
    loop = asyncio.get_running_loop()

    def leave(code: int) -> None:
        rescue.arm(code)
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(lambda: app.exit(return_code=code))

    watch = _Watch(leave)
    try:
        await app.run_async()
    finally:
        watch.end()
        # A worker thread that does not return would keep the interpreter from exiting.
        rescue.arm(app.return_code or 0)


def run_app(app: App[Any], setup: TerminalSetup | None = None, language: Language = Language.EN) -> int:
    """Run ``app`` on the terminal that `prepare_terminal` made ready; returns the exit code.

    128+n after signal n; after a crash the app's own code or else 1 (the report is in a
    file, one line says which); else what the app chose.  The terminal is restored in every case.
    """
    from tcptui.ui.terminal.input_bytes import accept_any_bytes  # not sooner: it imports Textual

    accept_any_bytes()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.freeze()  # what has been imported by now stays anyway: collections need not traverse it while somebody types
    rescue = ExitWatchdog()
    finished = False
    try:
        asyncio.run(_run_guarded(app, rescue))
        finished = True
    finally:
        forget_copied()
        rescue.disarm()
        if not finished:
            rescue.restore()
        if setup is not None:
            setup.release()
    if _hung_up():
        # The driver's input thread may have failed on the hang-up and ended the app before any signal came.
        _forget_terminal()
        return 128 + signal.SIGHUP
    crash: str = getattr(app, "crash", "")
    if crash:
        _report_crash(crash, Words(language))
        return app.return_code or 1
    return app.return_code or 0


def _report_crash(report: str, words: Words) -> None:
    """Write the report to the state directory, and print one line that says where it is."""
    directory = state_directory(os.environ)
    kept: Path | None = None
    if directory is not None:
        kept = directory / _CRASH_FILE
        try:
            with open_directory(directory) as folder:
                folder.write(_CRASH_FILE, report.encode("utf-8", "replace"))
        except OSError:
            kept = None
    summary = report.strip().rpartition("\n")[2]
    if kept is None:
        print(words("guide.crash.unsaved", what=summary), file=sys.stderr)
    else:
        print(words("guide.crash.saved", what=summary, path=safe_text(str(kept))), file=sys.stderr)
