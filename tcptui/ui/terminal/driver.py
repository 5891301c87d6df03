"""The driver of the full screen, which knows how far behind the terminal is.

Textual's own queues 30 writes and then blocks the event loop, and with it everything, until a slow terminal has
read them.  This one counts what is in flight (see `line_pace`); `thin_line` leaves out frames by it.
"""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING, Any, Final, TextIO

from textual import events
from textual.drivers.linux_driver import LinuxDriver

from tcptui.session.input_priority import input_priority
from tcptui.ui.clipboard import Way, way_out
from tcptui.ui.terminal.cell_diff import CellDiff
from tcptui.ui.terminal.link_rate import LinkRate

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message

#: Where is the cursor?  Every terminal answers that, and Textual's parser knows the answer (ECMA-48 8.3.35, CPR).
QUESTION: Final = "\x1b[6n"
_CLEAR: Final = "\x1b[2J\x1b[H"
#: Answers that are on their way when the program leaves are waited for so long (seconds): the shell would read them.
_LAST_ANSWERS_S: Final = 1.0
_LOOK_MS: Final = 10


class CountedFile:
    """What the writing thread writes to: a terminal's descriptor, and how much of it was written.

    A terminal that is gone takes everything: whoever watches for the hang-up ends the program.
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
        """Nothing is held back here."""


class PacedDriver(LinuxDriver):
    """Counts what is drawn and hears what has been."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        # screen 4.9 keeps a lone Esc back until the next key while the mouse is on: it might become a click.
        in_screen = way_out(os.environ) is Way.SCREEN
        super().__init__(app, debug=debug, mouse=mouse and not in_screen, size=size)
        self.pace = LinkRate()
        self.shown = CellDiff()
        self._file: Any = CountedFile(self._file, self.pace)  # all that the writing thread needs of a file

    def write(self, data: str) -> None:
        """Hand ``data`` to the writing thread."""
        self.pace.submit(len(data))
        super().write(data)

    def end_frame(self) -> None:
        """A frame was written: ask when it has been drawn."""
        asks = self.pace.asks()
        if asks:
            self.write(QUESTION)
        self.pace.end_frame(asked=asks)

    def process_message(self, message: Message) -> None:
        """In the reading thread: answers are ours, everything else is the app's."""
        if isinstance(message, events.CursorPosition):
            self.pace.answer()
        else:
            if isinstance(message, events.Key):
                input_priority.asked()
            super().process_message(message)

    def start_application_mode(self) -> None:
        """The terminal is ours, with nobody knows what on it."""
        self.shown.forget()
        self.pace.forget()
        was_stopped = self._key_thread is not None and self._key_thread.is_alive()
        before = self.attrs_before
        if was_stopped:
            self._end_threads()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if was_stopped:
            self.attrs_before = before  # what the terminal was like before us, not what we made of it

    def _end_threads(self) -> None:
        """End what reads and writes.

        After a SIGSTOP, of which a program is not told, Textual begins anew beside what goes on: of two readers one
        would wait in vain for what the other has read, and the program for it when it leaves.
        """
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join(_LAST_ANSWERS_S)
        self.exit_event.clear()
        if self._writer_thread is not None:
            self._writer_thread.stop()

    def stop_application_mode(self) -> None:
        """Leave the terminal to others, without answers that they would take for something typed."""
        gone = select.poll()
        gone.register(self.fileno, 0)
        deadline = time.monotonic() + _LAST_ANSWERS_S
        while self.pace.waits and time.monotonic() < deadline and not gone.poll(_LOOK_MS):
            pass
        # Where there is no alternate screen to leave (the Linux console, screen as it comes) the picture would stay.
        self.write(_CLEAR)
        super().stop_application_mode()
