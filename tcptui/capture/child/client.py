"""The capture child as the app sees it: started, told to capture into a file, listened to.

`CaptureChild.start` comes first, while the process may still be root; then root is given up
(`privileges.drop_root`); then `live_source.LiveSource` makes the spool as the invoking user and has
the child capture into it.  The start screen does the same with the same child later.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from typing import IO, TYPE_CHECKING, Final

from tcptui.capture.byte_reader import wait_readable
from tcptui.capture.child.buffer_size import default_buffer_kib
from tcptui.capture.child.protocol import (
    CaptureRequest,
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
from tcptui.capture.source import SourceStatus
from tcptui.capture.spool.files import spool_directory
from tcptui.model.errors import CaptureDeniedError, CaptureError, InputError, OutputError, TcptuiError, UsageError
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcptui.capture.privileges import Identity

#: libpcap's MAXIMUM_SNAPLEN, which -s 0 stands for.
WHOLE_PACKETS: Final = 262_144
#: Size of the kernel's ring unless -B says otherwise.
DEFAULT_BUFFER_KIB: Final = default_buffer_kib()
#: How long opening may take: a filter with many names, a slow driver.
_OPEN_SECONDS: Final = 20.0
_END_SECONDS: Final = 3.0
#: What the child runs: isolated from PYTHON* and the working directory, with our own module path.
_BOOT: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from tcptui.capture.child.main import main; main(int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]))"
)


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """What to capture, as tcpdump's options say it; ``snaplen`` 0 keeps whole packets."""

    interface: str
    filter_words: str = ""
    own_words: str = ""
    """A filter that leaves the connection of our own screen out (`own_traffic`)."""
    snaplen: int = 0
    count: int | None = None
    buffer_kib: int = DEFAULT_BUFFER_KIB
    promiscuous: bool = True
    limit_bytes: int | None = None
    """What a temporary spool may hold; None: a share of the free disk."""


class CaptureChild:
    """The process that may capture; serves one capture at a time, for as long as we live."""

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket, complaints: IO[bytes]) -> None:
        self._process = process
        self._connection = connection
        self._complaints = complaints
        self._received = b""
        self.busy = False

    @classmethod
    def start(cls, identity: Identity | None = None) -> CaptureChild:
        """Start the child; call it from the main thread, before root is given up and before the screen.

        As root it becomes ``identity``, the one that `drop_root` is given: the spool that we make must be
        its own.  It needs no right to start; whether it may capture shows when it is asked to.
        """
        ours, theirs = socket.socketpair()
        # Not a pipe: nobody reads it while all is well, and a full one would stop the child.
        complaints = tempfile.TemporaryFile(dir=spool_directory())  # noqa: SIM115
        path = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100  "" is the working directory
        command = [sys.executable, "-I", "-c", _BOOT, json.dumps(path), str(theirs.fileno()), str(os.getpid())]
        command.append(json.dumps(asdict(identity) if identity is not None else None))
        with theirs:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # the terminal's signals are ours to handle
                # A thread that NumPy's library starts would keep the rights that only the first one gives up.
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            )
        return cls(process, ours, complaints)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def open(
        self,
        options: CaptureOptions,
        descriptor: int,
        limit_bytes: int | None,
        *,
        is_stream: bool = False,
        append_at: int = 0,
    ) -> Opened:
        """Have it capture into ``descriptor``, of which it gets a copy; behind ``append_at`` bytes that are there.

        Raises CaptureDeniedError with the command that works, or CaptureError: no such interface, a bad filter, …
        """
        if self.busy:
            raise CaptureError("capture_busy")
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
            socket.send_fds(self._connection, [encode(request)], [descriptor])
        except OSError as error:
            raise self.died() from error
        for message in self.messages(_OPEN_SECONDS):
            if isinstance(message, Refused):
                raise _refusal(options, message)
            if isinstance(message, Opened):
                self.busy = True
                return message
        raise self.died()

    def stop(self) -> None:
        """Ask it to end the capture; `messages` then brings the `Ended`."""
        with contextlib.suppress(OSError):
            self._connection.sendall(encode(StopRequest()))

    def messages(self, timeout: float | None = None) -> Iterator[Message]:
        """What it says, one by one; ends when it is gone, or after ``timeout`` seconds of silence."""
        while True:
            line, found, rest = self._received.partition(b"\n")
            if found:
                self._received = rest
                message = decode(line)
                self.busy = self.busy and not isinstance(message, Ended)
                yield message
                continue
            try:
                if not wait_readable(self._connection.fileno(), timeout):
                    return
                data = self._connection.recv(1 << 16)
            except (OSError, ValueError):  # ValueError: closed by `close` meanwhile
                return
            if not data:
                return
            self._received += data

    def died(self) -> CaptureError:
        """The error that says how it died, from its last words."""
        self.busy = False
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        size = os.fstat(self._complaints.fileno()).st_size
        last_words = (
            os.pread(self._complaints.fileno(), 4096, max(0, size - 4096)).decode("utf-8", "replace").split("\n")
        )
        reason = next((line for line in reversed(last_words) if line.strip()), f"exit {self._process.returncode}")
        return CaptureError("capture_child_died", reason=safe_text(reason, 200))

    def close(self) -> None:
        """End the child and wait for it; idempotent."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        for end in (None, self._process.terminate, self._process.kill):
            if end is not None:
                end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
                break
        self._connection.close()
        self._complaints.close()


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
    """What to tell the user about an end that nobody asked for."""
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


def stream_to_descriptor(child: CaptureChild, options: CaptureOptions, descriptor: int = 1) -> SourceStatus:
    """``-w -``: capture into a pipe or file until ``-c`` is reached, its reader goes, or KeyboardInterrupt.

    Returns the counters (``end`` is 0: nobody counts the bytes of a pipe).  Raises CaptureError when it
    cannot begin, OutputError for a terminal.
    """
    if os.isatty(descriptor):
        raise OutputError("output_terminal")
    child.open(options, descriptor, None, is_stream=True)
    status = SourceStatus(end=0, complete=False, received=0, kernel_dropped=0, interface_dropped=0)
    is_stopping = False
    while True:
        try:
            for message in child.messages(_END_SECONDS if is_stopping else None):
                match message:
                    case Level():
                        status = SourceStatus(
                            0, False, message.received, message.kernel_dropped, message.interface_dropped
                        )
                    case Ended():
                        error = ending_error(message, safe_text(options.interface), None)
                        return replace(status, complete=True, error=error)
        except KeyboardInterrupt:
            if is_stopping:
                raise
            is_stopping = True
            child.stop()
            continue
        return replace(status, complete=True, error=child.died())
