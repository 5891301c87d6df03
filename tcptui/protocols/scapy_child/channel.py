"""One process of scapy's, from the program's side: its socket, its end."""

from __future__ import annotations

import time
from typing import Final

from tcptui.model.child_process import Child
from tcptui.model.child_side import FrameError
from tcptui.protocols.scapy_child.limits import ENDING
from tcptui.protocols.scapy_child.messages import ANSWER_LIMIT, MessageError

#: Wall time in seconds that it may take to start, or to import scapy: half a second, unless the disk is slow.
STARTING: Final = 20.0
#: … and to answer one question: it has one second of processor time, and may not get a processor at once.
ANSWERING: Final = 5.0
#: How long is waited for a process that was killed; one that still is root may not be killed, and ends by itself.
_ENDING: Final = 2.0
#: The process's Python code (`start_interpreter`).
BOOT: Final = (
    "from tcptui.protocols.scapy_child.main import main; main(int(sys.argv[2]), as_root=sys.argv[4] == 'root')"
)


class Channel:
    """A process that was started; one thread at a time calls all but `end`."""

    def __init__(self, boot: str = BOOT, *, as_root: bool = False) -> None:
        """Raises OSError where the system starts no process, or this one may not read the interpreter any more."""
        self._process = Child(boot, "root" if as_root else "", most=ANSWER_LIMIT)
        self._steps = 0
        """How far it has come: 1 it runs, 2 it has imported scapy."""
        self._steps_needed = 1

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether it has come so far that it can answer what it was asked."""
        return self._steps >= self._steps_needed

    def is_alive(self) -> bool:
        """Whether it has not ended; takes what it said meanwhile."""
        try:
            while self._process.receive(0):
                pass
        except EOFError:
            return False
        return True

    def send(self, request: bytes, *, needs_scapy: bool) -> None:
        """Send a request, whose answers must all be received before the next one.

        Raises OSError, among them TimeoutError.
        """
        if needs_scapy:
            self._steps_needed = 2
        self._process.socket.settimeout(self._patience())
        try:
            self._process.socket.sendall(request)
        finally:
            self._process.socket.settimeout(None)

    def receive(self) -> bytes:
        """The next answer; raises EOFError when it has ended, TimeoutError, MessageError."""
        while True:
            answer = self._frame()
            if answer:
                return answer
            self._steps += 1

    def end(self) -> int | None:
        """End it; returns its exit status as of `Popen.returncode`, None where it ends later.  From any thread."""
        return self._process.end(_ENDING)

    def forget(self) -> None:
        """Let go of it in a fork of the process that started it, which still asks it."""
        self._process.forget()

    def wait(self) -> int | None:
        """As `end`, of one that has closed its socket, and so is ending by itself."""
        self._process.wait(_ENDING)
        return self.end()

    def _patience(self) -> float:
        return ANSWERING if self.is_ready else STARTING

    def _frame(self) -> bytes:
        deadline = time.monotonic() + self._patience()
        try:
            while (frame := self._process.frame()) is None:
                if not self._process.receive(deadline - time.monotonic()):
                    raise TimeoutError
        except FrameError as error:
            raise MessageError("an answer that is too long") from error
        return frame


def took_too_long(status: int | None) -> bool:
    """Whether an exit status is that of a process that one of its own clocks ended."""
    return status is not None and -status in ENDING
