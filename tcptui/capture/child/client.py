"""The app's end of the capture child: starts it, has it capture into a file, receives its messages.

The order matters: `CaptureChild.start` while the process may still be root; then give up root
(`privileges.drop_root`); then `live_source.LiveSource` creates the spool as the invoking user and has
the child capture into it.  The start screen later opens captures through the same child.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from tcptui.capture.child.protocol import (
    LONGEST_MESSAGE,
    CaptureRequest,
    CountRequest,
    Ended,
    Ending,
    Level,
    Message,
    Opened,
    Refusal,
    Refused,
    StopRequest,
    decode,
    encode,
)
from tcptui.capture.interfaces import interface_names
from tcptui.capture.privileges import sudo_command
from tcptui.capture.spool.files import spool_directory
from tcptui.model.child_process import Child
from tcptui.model.errors import CaptureDeniedError, CaptureError, InputError, OutputError, TcptuiError, UsageError
from tcptui.model.how_ended import how_ended
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.capture.privileges import Identity

#: libpcap's MAXIMUM_SNAPLEN: the snapshot length in bytes that -s 0 means.
WHOLE_PACKETS: Final = 262_144

#: Upper bound in KiB, enough for the longest scheduling delay measured.  With ten busy processes on two processors,
#: up to 270 ms passed between two polls of the capture process (99th percentile: 115 ms).  64 MiB hold that long at
#: 250 MB/s, tcpdump's 2 MiB at 8 MB/s.  500 MB/s would need twice as much, but no disk sustains that rate, and the
#: memory is taken from everybody else.  At 120,000 full-sized packets a second (180 MB/s) with the screen in use,
#: a ring of 2 MiB lost 6 to 7 % of them on that host, 8 to 128 MiB none.
_LARGEST_KIB: Final = 64 * 1024
#: On a small host the ring takes at most one part in this many of its memory: 32 MiB of 2 GiB.
_MEMORY_SHARE: Final = 64
_SMALLEST_KIB: Final = 4 * 1024


def default_buffer_kib() -> int:
    """The ring's default size in KiB: kernel memory for packets not yet read, allocated while a capture runs."""
    try:
        memory_kib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 10
    except (OSError, ValueError):
        memory_kib = 0  # unknown: use the minimum
    return max(_SMALLEST_KIB, min(_LARGEST_KIB, memory_kib // _MEMORY_SHARE))


#: Size of the kernel's ring without -B.
DEFAULT_BUFFER_KIB: Final = default_buffer_kib()
#: Timeout of opening a capture, in seconds: a filter with many names or a slow driver takes long.
_OPEN_SECONDS: Final = 20.0
#: Bytes from the end of its standard error in which the child's last line is looked for.
_TAIL_BYTES: Final = 4096
#: How long to wait for the child to end, in seconds.
_END_SECONDS: Final = 3.0
#: How often is looked whether a silent child is to end its capture, in seconds.
_LOOK_SECONDS: Final = 0.5
#: How many of these looks find nothing after `CaptureChild.stop` before the child is killed: a disk may be slow.
_LOOKS: Final = 20
#: The signals that end the child, one after the other: somebody may have stopped it.
_ENDING: Final = (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL)
#: The child's Python code (`start_interpreter`).
_PROGRAM: Final = (
    "from tcptui.capture.child.main import main; main(int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]))"
)


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """What to capture, in terms of tcpdump's options; ``snaplen`` in bytes, 0: whole packets."""

    interface: str
    filter_words: str = ""
    own_words: str = ""
    """A BPF expression that excludes the SSH connection of our own screen (`own_ssh`); empty: none."""
    snaplen: int = 0
    count: int | None = None
    buffer_kib: int = DEFAULT_BUFFER_KIB
    promiscuous: bool = True
    limit_bytes: int | None = None
    """Maximum size of a temporary spool; None: a share of the free disk (`spool_limit`)."""


class CaptureChild:
    """The capture process; serves one capture at a time, until `close` or the end of this process."""

    def __init__(self, process: Child, complaints: IO[bytes]) -> None:
        self._process = process
        self._stderr_file = complaints
        self._is_stopping = False
        self.busy = False

    @classmethod
    def start(cls, identity: Identity | None = None) -> CaptureChild:
        """Start the child; call it from the main thread, before root is given up and before the screen starts.

        A child started as root becomes ``identity``.  `drop_root` must be given the same one, because the child
        must own the spool that this process creates.  Starting needs no privilege; a missing right to capture
        shows in `open`.  Raises CaptureError where the system starts no process.
        """
        complaints = _anonymous_file()
        becomes = json.dumps(asdict(identity) if identity is not None else None)
        # A thread started by NumPy's BLAS would keep the privileges that only the first thread drops.
        env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        try:
            process = Child(_PROGRAM, becomes, stderr=complaints, env=env, most=LONGEST_MESSAGE)
        except OSError as error:  # no process, or no memory for one more; no /dev/null
            complaints.close()
            raise CaptureError("capture_no_child", reason=reason_of(error)) from error
        return cls(process, complaints)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.is_running()

    def open(
        self,
        options: CaptureOptions,
        descriptor: int,
        limit_bytes: int | None,
        *,
        is_stream: bool = False,
        append_at: int = 0,
    ) -> Opened:
        """Have the child capture into ``descriptor``, which is passed to it.

        ``append_at`` is the length in bytes of the capture file that is continued; 0: a new file.

        Raises CaptureDeniedError with the command that would work, UsageError for a bad filter, CaptureError for
        the rest: no such interface, interface down, the child died, …
        """
        if self.busy:
            raise CaptureError("capture_busy")
        self._is_stopping = False
        request = CaptureRequest(
            interface=options.interface,
            filter_words=options.filter_words,
            own_words=options.own_words,
            snaplen=options.snaplen or WHOLE_PACKETS,
            count=options.count,
            buffer_kib=options.buffer_kib,
            promiscuous=options.promiscuous,
            limit_bytes=limit_bytes,
            is_stream=is_stream,
            append_at=append_at,
        )
        try:
            socket.send_fds(self._process.socket, [encode(request)], [descriptor])
        except OSError as error:
            raise self.died() from error
        for message in self.messages(_OPEN_SECONDS):
            if isinstance(message, Refused):
                raise _refusal(options, message)
            if isinstance(message, Opened):
                self.busy = True
                if self._is_stopping:  # the child ignores a stop that came before the capture
                    self.stop()
                return message
        raise self.died()

    def stop(self) -> None:
        """Ask the child to end the capture; `messages` then yields the `Ended`, or ends with the child."""
        self._is_stopping = True
        with contextlib.suppress(OSError):
            self._process.socket.sendall(encode(StopRequest()))

    def count_to(self, packets: int) -> None:
        """Ask the child to end the running capture after ``packets`` packets, counted from its beginning."""
        with contextlib.suppress(OSError):
            self._process.socket.sendall(encode(CountRequest(packets)))

    def messages(self, timeout: float | None = None) -> Iterator[Message]:
        """Yield the child's messages; ends when the child has ended, or after ``timeout`` seconds without one.

        A child that says nothing after `stop` is woken, because somebody may have stopped it (SIGSTOP), and killed at
        last.
        """
        while True:
            try:
                if (frame := self._process.frame()) is None:
                    if self._comes(timeout):
                        continue
                    return
                message = decode(frame)
            except EOFError:
                return
            except ValueError:  # that was no message, nor will the next one be
                self._process.send_signal(signal.SIGKILL)
                return
            self.busy = self.busy and not isinstance(message, Ended)
            yield message

    def _comes(self, timeout: float | None) -> bool:
        """Whether something comes from the child within ``timeout`` seconds; raises EOFError at its end.

        Looks are counted and not the time: this process may have been stopped itself.
        """
        silent, overdue = 0.0, 0
        while not self._process.receive(_LOOK_SECONDS):
            silent += _LOOK_SECONDS
            if timeout is not None and silent >= timeout:
                return False
            if not self._is_stopping:
                continue
            overdue += 1
            if overdue < _LOOKS:
                self._process.send_signal(signal.SIGCONT)
            elif overdue == _LOOKS:
                self._process.send_signal(signal.SIGKILL)
            elif overdue > 2 * _LOOKS:  # the system does not end it: it waits for a disk
                return False
        return True

    def died(self) -> CaptureError:
        """The error to report after the child's death: its last line on standard error, or what ended it."""
        self.busy = False
        how = how_ended(self._process.wait(_END_SECONDS))
        last_words = self._stderr_tail().splitlines()
        reason = next((line for line in reversed(last_words) if line.strip()), f"exit {how}")
        return CaptureError("capture_child_died", reason=safe_text(reason, 200))

    def _stderr_tail(self) -> str:
        """The end of the child's standard error; empty once `close` was called, by another thread perhaps."""
        try:
            descriptor = self._stderr_file.fileno()
            size = os.fstat(descriptor).st_size
            return os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES)).decode("utf-8", "replace")
        except (OSError, ValueError):
            return ""

    def close(self) -> None:
        """End the child and wait for it; idempotent."""
        self._process.end(_END_SECONDS, _ENDING)
        self._stderr_file.close()


def _anonymous_file() -> IO[bytes]:
    """A file for what the child says: of a pipe nobody reads while all is well, and a full one would block it.

    In memory where the system has that: a full disk, or one without inodes, does not keep the child from starting.
    """
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("tcptui-complaints"), "w+b")
    return tempfile.TemporaryFile(dir=spool_directory())


def _refusal(options: CaptureOptions, refused: Refused) -> TcptuiError:
    interface, reason = safe_text(options.interface), safe_text(refused.text)
    match refused.refusal:
        case Refusal.DENIED:
            return CaptureDeniedError("capture_denied", interface=interface, command=sudo_command())
        case Refusal.MISSING:
            return CaptureError("no_such_interface", interface=interface, names=", ".join(interface_names()))
        case Refusal.DOWN:
            return CaptureError("interface_down", interface=interface)
        case Refusal.FILTER:
            return UsageError("bad_filter", filter=safe_text(options.filter_words), reason=reason)
        case Refusal.OTHER:
            return CaptureError("capture_failed", interface=interface, reason=reason)


def ending_error(ended: Ended, interface: str, path: Path | None) -> TcptuiError | None:
    """The error to show for a capture that ended unasked; None where the user or an option ended it."""
    name = safe_text(str(path)) if path is not None else None
    directory = safe_text(str(spool_directory()))
    match ended.ending:
        case Ending.STOPPED | Ending.COUNT | Ending.READER_GONE:
            return None
        case Ending.GONE:
            return CaptureError("interface_gone", interface=interface)
        case Ending.DISK_FULL if name is not None:
            return OutputError("output_disk_full", path=name)
        case Ending.DISK_FULL:
            return OutputError("spool_disk_full", directory=directory)
        case Ending.CUT:
            return InputError("spool_cut", path=name or directory)
        case Ending.BROKEN | Ending.LIMIT:
            return CaptureError("capture_broken", interface=interface, reason=safe_text(ended.text))


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """How a capture into a stream ended."""

    packets: int = 0
    """Packets given to the stream, of which the last few may be lost where its reader is gone."""
    kernel_dropped: int = 0
    """Packets dropped because the ring was full."""
    error: TcptuiError | None = None


def stream_to_descriptor(
    child: CaptureChild, options: CaptureOptions, descriptor: int = 1, *, opened: Callable[[], None] = lambda: None
) -> StreamEnd:
    """``-w -``: capture into a pipe or file until ``-c`` is reached, its reader closes it, or `CaptureChild.stop`.

    ``opened`` is called once the capture has begun.  Raises CaptureError when the capture cannot begin, OutputError
    where ``descriptor`` is a terminal.
    """
    if os.isatty(descriptor):
        raise OutputError("output_terminal")
    child.open(options, descriptor, None, is_stream=True)
    opened()
    end = StreamEnd()
    for message in child.messages():
        match message:
            case Level():
                end = StreamEnd(message.packets, message.kernel_dropped)
            case Ended():
                return replace(end, error=ending_error(message, safe_text(options.interface), Path("-")))
    return replace(end, error=child.died())
