"""The app on the real terminal, during and after its run.

Signals would leave the alternate screen, the mouse and raw mode on, and a crash would
exit with 0; `run_app` sees to all of them.  Textual is imported by whoever makes the app.
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

from tcptui.model.descriptors import lead_nowhere
from tcptui.model.safe_text import safe_text
from tcptui.ui.user_files import state_directory, write_private
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from tcptui.ui.terminal.setup import TerminalSetup

#: Lets a key press in while pure-Python work runs: key to paint 33 → 14 ms, no work lost.
SWITCH_INTERVAL_S: Final = 0.0005
#: How long an app that was told to end may take before the process ends without it.
PATIENCE_S: Final = 5.0
_HANGUP_CHECK_MS: Final = 1000
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
#: Undoes, in the driver's own order, what it asked of the terminal: bracketed paste, wrap, size
#: reports, mouse, kitty keys, alternate screen, cursor, focus reports.
_RESTORE: Final = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m"
)


def _hung_up(descriptor: int = 0, patience_ms: int = 0) -> bool:
    """Whether the terminal is gone; waits at most ``patience_ms`` for that, and costs nothing meanwhile."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(patience_ms))


def _forget_terminal() -> None:
    """Let what is still said to a terminal that is gone go nowhere, instead of fail."""
    lead_nowhere(*filter(_hung_up, (0, 1, 2)))


class _Rescue:
    """Ends a process whose app cannot: restores the terminal and leaves with the code it owed."""

    def __init__(self) -> None:
        self._attributes: list[Any] | None = None
        with contextlib.suppress(termios.error):
            self._attributes = termios.tcgetattr(0)
        self._timer: threading.Timer | None = None

    def arm(self, code: int) -> None:
        """Within `PATIENCE_S` the process ends with ``code``, come what may."""
        if self._timer is None:
            self._timer = threading.Timer(PATIENCE_S, self._leave, (code,))
            self._timer.daemon = True
            self._timer.start()

    def disarm(self) -> None:
        """The app ended by itself."""
        if self._timer is not None:
            self._timer.cancel()

    def restore(self) -> None:
        """Put the terminal back as it was found, past a driver that no longer can; without waiting for room in it."""
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

    def _leave(self, code: int) -> None:
        self.restore()
        os._exit(code)


class _Watch:
    """Tells ``leave``, from a thread of its own, that a signal or the end of the terminal asks for an exit.

    The signal's number comes through a pipe from C: a main thread that is stuck in a write to a
    terminal which no longer reads (Ctrl-S, a frozen connection) runs no handler and no loop.
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
        """Watch no longer; signals do again what they did before."""
        self._ended.set()
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._writer)
        self._thread.join(PATIENCE_S)
        os.close(self._reader)

    def _run(self) -> None:
        poll = select.poll()
        # SIGHUP may be ignored (nohup), and then a dead terminal keeps the driver's input thread spinning.
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


async def _run_guarded(app: App[Any], rescue: _Rescue) -> None:
    """Run the app; signals and a terminal that hangs up end it as `App.exit` would."""
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
        # A worker thread that does not return would hold the interpreter for ever.
        rescue.arm(app.return_code or 0)


def run_app(app: App[Any], setup: TerminalSetup | None = None, language: Language = Language.EN) -> int:
    """Run ``app`` on the terminal that `prepare_terminal` made ready; returns the exit code.

    128+n after signal n, 1 after a crash (the report is in a file, one line says
    which), else what the app chose.  The terminal is as before in every case.
    """
    from tcptui.ui.terminal.input_bytes import accept_any_bytes  # not sooner: it imports Textual

    accept_any_bytes()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.freeze()  # what is imported by now stays: collections need not look at it while somebody types
    rescue = _Rescue()
    finished = False
    try:
        asyncio.run(_run_guarded(app, rescue))
        finished = True
    finally:
        rescue.disarm()
        if not finished:
            rescue.restore()
        if setup is not None:
            setup.release()
    if _hung_up():
        # The driver's input thread may have stumbled over it before any signal came.
        _forget_terminal()
        return 128 + signal.SIGHUP
    crash: str = getattr(app, "crash", "")
    if crash:
        _report_crash(crash, Words(language))
        return app.return_code or 1
    return app.return_code or 0


def _report_crash(report: str, words: Words) -> None:
    """Keep the report where its owner finds it, and say so in one line."""
    directory = state_directory(os.environ)
    kept: Path | None = None
    if directory is not None:
        kept = directory / "crash.txt"
        try:
            write_private(kept, report.encode("utf-8", "replace"))
        except OSError:
            kept = None
    summary = report.strip().rpartition("\n")[2]
    if kept is None:
        print(words("guide.crash.unsaved", what=summary), file=sys.stderr)
    else:
        print(words("guide.crash.saved", what=summary, path=safe_text(str(kept))), file=sys.stderr)
