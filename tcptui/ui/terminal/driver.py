"""The Textual driver of the full screen, which knows how far behind the terminal is.

Textual's own driver queues 30 writes and then blocks the event loop, and with it everything, until a slow terminal has
read them.  This one counts the bytes in flight (see `link_rate`), by which `frame_pacing` drops frames.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import time
from typing import TYPE_CHECKING, Any, Final, TextIO

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

from tcptui.session.input_priority import input_priority
from tcptui.ui.clipboard import Way, clipboard_route
from tcptui.ui.terminal.cell_diff import CellDiff
from tcptui.ui.terminal.link_rate import LinkRate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.app import App
    from textual.message import Message

#: Asks where the cursor is.  Every terminal answers that, and Textual's parser knows the answer (ECMA-48 8.3.35, CPR).
CURSOR_POSITION_QUERY: Final = "\x1b[6n"
_CLEAR: Final = "\x1b[2J\x1b[H"
#: How long (seconds) to wait at exit for answers that are still under way, which the shell would read as typed keys.
_LAST_ANSWERS_S: Final = 1.0
#: Poll interval of that wait.
_LOOK_MS: Final = 10


class CountedFile:
    """The file that the writer thread writes to: the terminal, with the characters written counted in `LinkRate`.

    Errors of a terminal that has hung up are ignored: `run` watches for the hang-up and ends the program.
    """

    def __init__(self, stream: TextIO, pace: LinkRate) -> None:
        self._stream = stream
        self._pace = pace

    def fileno(self) -> int:
        """The terminal's descriptor."""
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Write all of ``text``, however long the terminal takes."""
        data = memoryview(text.encode(self._stream.encoding, "replace"))
        try:
            while data:
                data = data[os.write(self._stream.fileno(), data) :]
        except OSError:
            pass
        finally:
            self._pace.wrote(len(text))
        return len(text)

    def flush(self) -> None:
        """Do nothing: writes are not buffered."""


def _keys_without_waiting(terminal: int) -> int:
    """A descriptor of the terminal at ``terminal`` whose reads never wait; ``terminal`` itself where there is none.

    It is opened anew: the flags of ``terminal`` are the shell's, too, which would find its own reads refused.
    """
    try:
        os.tcgetpgrp(terminal)  # refused if this is not the terminal that /dev/tty names
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return terminal


def _handle_in_loop(loop: asyncio.AbstractEventLoop, number: signal.Signals, act: Callable[[], None]) -> None:
    """Have ``loop`` call ``act`` when signal ``number`` comes.

    Python calls a handler amid whatever the main thread is doing.  Textual's take and give back the terminal there, and
    wait for ever for the lock of a queue or of `LinkRate` that the main thread holds while it draws.
    """

    def later(_number: int, _frame: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(act)

    signal.signal(number, later)


class OneReadParser(XTermParser):
    """Keys that came in one read have the time of that read, however late the input thread comes to each of them.

    While it made one key after another, the question that the first one led to could be drawn: the next one, typed at
    the same time, was then taken for its answer (see `leaving`).
    """

    def feed(self, data: str) -> Iterable[Message]:
        """See `XTermParser`."""
        read_at = time.monotonic()
        for message in super().feed(data):
            if isinstance(message, events.Key):
                message.time = read_at
            yield message


linux_driver.XTermParser = OneReadParser  # type: ignore[attr-defined]  # it takes none as an argument


class PacedDriver(LinuxDriver):
    """Counts in `pace` what is written, and what the terminal's answers show to have been drawn."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        # While the mouse is on, screen 4.9 holds a lone Esc back until the next key: it might begin a click.
        in_screen = clipboard_route(os.environ) is Way.SCREEN
        super().__init__(app, debug=debug, mouse=mouse and not in_screen, size=size)
        self.pace = LinkRate()
        self.shown = CellDiff()
        self._has_terminal = False
        self.fileno = _keys_without_waiting(self.fileno)
        self._file: Any = CountedFile(self._file, self.pace)  # has all that the writer thread needs of a file
        loop = asyncio.get_running_loop()
        _handle_in_loop(loop, signal.SIGTSTP, self._sigtstp_application)
        _handle_in_loop(loop, signal.SIGCONT, self._sigcont_application)

    def write(self, data: str) -> None:
        """Queue ``data`` for the writer thread; nothing is drawn on a terminal that was given back.

        After a crash Textual's screens go on drawing for a moment, and the shell would read the answers as typed keys.
        """
        if not self._has_terminal:
            return
        self.pace.submit(len(data))
        super().write(data)

    def end_frame(self) -> None:
        """Mark the end of a frame: have the terminal answer when it has drawn it."""
        if not self._has_terminal:
            return
        asks = self.pace.asks()
        if asks:
            self.write(CURSOR_POSITION_QUERY)
        self.pace.end_frame(asked=asks)

    def process_message(self, message: Message) -> None:
        """In the input thread: use the terminal's answers here and pass every other message to the app."""
        if isinstance(message, events.CursorPosition):
            self.pace.answer()
        else:
            if isinstance(message, events.Key):
                input_priority.asked()
            super().process_message(message)

    def run_input_thread(self) -> None:
        """Read keys until `exit_event`.

        The shell reads the terminal, too, while the program is stopped: what the poll had shown may be gone after it,
        and a read that waited for more would hold up the exit until the next key.
        """
        while not self.exit_event.is_set():
            with contextlib.suppress(BlockingIOError):
                super().run_input_thread()

    def start_application_mode(self) -> None:
        """Take over the terminal, whose contents are unknown."""
        self.shown.forget()
        self.pace.forget()
        was_stopped = self._key_thread is not None and self._key_thread.is_alive()
        before = self.attrs_before
        if was_stopped:
            self._end_threads()
        self._has_terminal = True
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if was_stopped:
            self.attrs_before = before  # the terminal's attributes from before our first start, not our own

    def _end_threads(self) -> None:
        """End the input thread and the writer thread.

        A program is not told of a SIGSTOP, so after it Textual starts new threads beside the old ones: of two input
        threads one would wait in vain for what the other has read, and the exit would wait for that thread.
        """
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join()
        self.exit_event.clear()
        if self._writer_thread is not None:
            self._writer_thread.stop()

    def stop_application_mode(self) -> None:
        """Give the terminal back, after the answers that another program would read as typed keys have come."""
        gone = select.poll()
        gone.register(self.fileno, 0)
        deadline = time.monotonic() + _LAST_ANSWERS_S
        while self.pace.waits and time.monotonic() < deadline and not gone.poll(_LOOK_MS):
            pass
        # Without an alternate screen (the Linux console, screen by default) our last frame would stay on the terminal.
        self.write(_CLEAR)
        super().stop_application_mode()
        self._has_terminal = False
