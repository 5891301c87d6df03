"""The app's end of the process that reads the kernel's trace events."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from tcptui.capture.privileges import sudo_command
from tcptui.model.child_process import Child
from tcptui.model.errors import CaptureDeniedError, CaptureError
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from tcptui.capture.privileges import Identity

_PROGRAM: Final = (
    "from tcptui.capture.kernel_trace.reader import main; "
    "main(int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]))"
)
#: How long tracing may take to be set up, in seconds: a host with many processors has many buffers.
_READY_SECONDS: Final = 20.0
_END_SECONDS: Final = 3.0
#: The longest message of the other side, in bytes.
_LONGEST: Final = 1 << 16


class KernelTrace:
    """A running trace, whose records are in the file at `descriptor`; from `start` to `close`."""

    def __init__(self, process: Child) -> None:
        self._process = process
        self.missing: tuple[str, ...] = ()
        """Names of events that this kernel has not, or not with what is needed."""
        self.descriptor = -1

    @classmethod
    def start(cls, identity: Identity | None) -> KernelTrace:
        """Start it; call this while the process may be root, before a thread is started.

        Raises CaptureDeniedError without the right, CaptureError where the kernel has no events to give.
        """
        if sys.platform != "linux":
            raise CaptureError("kernel_trace_refused", reason=sys.platform)
        if os.geteuid() != 0:
            raise CaptureDeniedError("kernel_trace_denied", command=sudo_command())
        becomes = json.dumps(asdict(identity) if identity is not None else None)
        env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        try:
            trace = cls(Child(_PROGRAM, becomes, env=env, most=_LONGEST))
        except OSError as error:
            raise CaptureError("kernel_trace_refused", reason=reason_of(error)) from error
        answer = trace._answer()
        if answer is None or "refused" in answer:
            trace.close()
            reason = safe_text(str(answer["refused"]), 200) if answer else "the process ended"
            raise CaptureError("kernel_trace_refused", reason=reason)
        trace.missing = tuple(safe_text(str(name), 64) for name in answer["missing"])
        return trace

    @property
    def pid(self) -> int:
        """The reading process's number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """True if it has not ended."""
        return self._process.is_running()

    def record(self) -> None:
        """Have it record from now on, into an anonymous file.  Raises CaptureError where it has ended."""
        self.descriptor = os.memfd_create("tcptui-kernel")
        try:
            socket.send_fds(self._process.socket, [b"r"], [self.descriptor])
        except OSError as error:
            raise CaptureError("kernel_trace_refused", reason=reason_of(error)) from error
        if self._answer() is None:
            raise CaptureError("kernel_trace_refused", reason="the process ended")

    def _answer(self) -> dict[str, list[str]] | None:
        try:
            while (frame := self._process.frame()) is None:
                if not self._process.receive(_READY_SECONDS):
                    return None
            answer = json.loads(frame)
        except (EOFError, ValueError):
            return None
        return answer if isinstance(answer, dict) else None

    def stop(self) -> None:
        """Have the last events written, and the process end; the records stay readable."""
        self._process.end(_END_SECONDS, (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL))

    def close(self) -> None:
        """`stop`, and forget the records; idempotent."""
        self.stop()
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
