"""A network interface as a source: one capture by the capture child, or several if the interface disappears."""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tcptui.capture.child.client import CaptureChild, CaptureOptions, ending_error
from tcptui.capture.child.protocol import Ended, Ending, Level
from tcptui.capture.output import NOTHING, Output, Replaceable
from tcptui.capture.source import JOIN_SECONDS, Announce, SourceStatus
from tcptui.capture.spool.files import spool_directory, spool_limit
from tcptui.capture.spool.named import NamedSpool, OutputFile
from tcptui.capture.spool.punch import SpoolRelease
from tcptui.capture.spool.whole_records import whole_records
from tcptui.model.errors import CaptureError, OutputError, TcptuiError
from tcptui.model.pcap_format import FILE_HEADER_BYTES
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.capture.spool.named import Remains

#: Interval of checks whether an interface that disappeared is back, in seconds.
_LOOK_SECONDS: Final = 0.25
#: Errors of opening an interface that has just come back, after which to retry: not ready, or gone again.
_NOT_YET: Final = frozenset({"messages.no_such_interface", "messages.interface_down"})
#: Who ends both processes by a signal, as an init system does, need not reach this one first; in seconds.
_SAME_SIGNAL_SECONDS: Final = 1.0
_CLOCK: Final = "%H:%M:%S"


class LiveSource:
    """Packets of one interface, from now until stopped.

    ``path`` is the file of ``-w``, which is then the spool; without it the spool is temporary, and its size bounded
    by the options or by `spool_limit`.  At that bound the child ends the capture only if no bytes are released in
    time.  A file that is there already (`Replaceable`) is replaced once a packet is in its successor, or when a
    capture without packets has ended as it should; until then, and after any failure, it is as it was.

    Raises CaptureError, UsageError or OutputError when the capture cannot begin.
    """

    growing: Final = True
    live: Final = True

    def __init__(
        self,
        child: CaptureChild,
        options: CaptureOptions,
        *,
        path: Path | None = None,
        replaceable: Replaceable = NOTHING,
    ) -> None:
        self.label = safe_text(options.interface)
        self.options = options
        self._child = child
        self._path = path
        self._output = None if path is None else Output(path, replaceable)
        self._file = NamedSpool() if self._output is None else OutputFile(self._output)
        self.descriptor = self._file.descriptor
        try:
            self._limit = (options.limit_bytes or spool_limit(self.descriptor)) if path is None else None
        except OutputError:
            self._file.close()
            raise
        self._release = SpoolRelease(self.descriptor)
        with ExitStack() as undo:
            undo.callback(self._file.close)
            self.opened = child.open(options, self.descriptor, self._limit)
            undo.pop_all()
        self._status = SourceStatus(end=0, complete=False, received=0, kernel_dropped=0, interface_dropped=0)
        self._announce: Announce = lambda: None
        self._written = 0
        """Packets in the spool, those of captures before an absence included."""
        self._before = 0
        """Packets in the spool when the running capture began."""
        self._most = options.count
        """The packets of the spool after which the capture ends; None: no bound."""
        self._absences = 0
        """How often the interface has been away and come back."""
        self._first_away = ""
        """The time of day at which it first disappeared."""
        self._absence: TcptuiError | None = None
        """The message about the interface's absences, shown to the user; None: it was never away."""
        self._failure: OutputError | None = None
        """Why the file of ``-w`` could not get its name; None: it could, or need not yet."""
        self._stopping = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"sniffer {self.label}", daemon=True)

    @property
    def limit_bytes(self) -> int | None:
        """Maximum size of the temporary spool; None for ``-w``, which keeps everything."""
        return self._limit

    def analysed(self, offset: int, *, held: bool = False) -> None:
        """Do nothing: the network does not wait, and what the kernel's ring cannot hold is counted as dropped."""

    def release(self, offset: int) -> bool:
        """Free the disk space of the records before ``offset``; False where that is impossible."""
        return self._limit is not None and self._release.release(offset)

    def count_from(self, packets: int) -> None:
        """End after so many packets as the options ask for, counted from behind the first ``packets`` of the spool."""
        if self.options.count is not None:
            self._most = packets + self.options.count
            self._child.count_to(self._most - self._before)

    def start(self, announce: Announce) -> None:
        """Start listening to the child, if that has not begun; ``announce`` is called from the listening thread."""
        self._announce = announce
        if self._thread.ident is None:
            self._thread.start()
        else:
            announce()

    def status(self) -> SourceStatus:
        """The current status."""
        return self._status

    def stop(self) -> None:
        """End the capture after the packets that the kernel still holds; the spool stays readable."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._child.stop()
        if self._thread.ident is None:
            self._run()
        else:
            self._thread.join(JOIN_SECONDS)

    def close(self) -> None:
        """Stop and close the spool; the child stays for the next capture."""
        if not self._closed:
            if self._thread.ident is None:
                self.discard()  # nobody has seen a packet: it was opened in vain
            self.stop()
            self._closed = True
            self._file.close()

    @property
    def is_saved(self) -> bool:
        """Whether the spool is the file of ``-w``, and nobody has removed that."""
        return self._file.is_saved

    @property
    def remains(self) -> Remains | None:
        """The temporary spool, unless it was discarded."""
        return self._file.remains

    def discard(self) -> None:
        """Have `close` remove a temporary spool."""
        self._file.discard()

    def _run(self) -> None:
        if self._status.complete:
            return
        while (ended := self._listen()) is not None and ended.ending is Ending.GONE and self._go_on():
            continue
        error = self._died() if ended is None else self._error(ended)
        size = os.fstat(self.descriptor).st_size
        if size > FILE_HEADER_BYTES or (error is None and size == FILE_HEADER_BYTES):
            error = self._publish() or error
        self._finish(error or self._misplaced())

    def _listen(self) -> Ended | None:
        """Process the child's messages until one capture ends; None when the child died."""
        before = self._status
        written = self._before = self._written
        for message in self._child.messages():
            match message:
                case Level():
                    error = self._absence
                    self._written = written + message.packets
                    if self._written and (failure := self._publish()) is not None:
                        self._failure = failure
                        self._child.stop()
                    if not message.is_up:
                        error = CaptureError("interface_is_down", interface=self.label)
                    self._status = SourceStatus(
                        message.end,
                        False,
                        (before.received or 0) + message.received,
                        (before.kernel_dropped or 0) + message.kernel_dropped,
                        (before.interface_dropped or 0) + message.interface_dropped,
                        error,
                        unwritten=before.unwritten + message.unwritten,
                    )
                    self._announce()
                case Ended():
                    return message
        return None

    def _died(self) -> TcptuiError:
        """The error for the child's death; the whole records that it has written since its last message count, too."""
        error = self._child.died()
        size = os.fstat(self.descriptor).st_size
        if size > self._status.end:
            end, _count = whole_records(self.descriptor, self._status.end, size)
            self._status = replace(self._status, end=end)
            if not self._child.is_alive():  # else it still writes
                os.ftruncate(self.descriptor, end)
        return error

    def _go_on(self) -> bool:
        """After the interface disappeared: wait for it and append a new capture to the spool; whether one was opened.

        The spool stays one capture; the user is told from when to when nothing could be captured.
        """
        if self._failure is not None:
            return False
        since = time.strftime(_CLOCK)
        self._tell(CaptureError("interface_away", interface=self.label, since=since))
        # Not what the kernel received: some of that may have gone with the interface.
        while ((left := self._left()) is None or left > 0) and not self._stopping.wait(_LOOK_SECONDS):
            try:
                self._child.open(
                    replace(self.options, count=left), self.descriptor, self._limit, append_at=self._status.end
                )
            except TcptuiError as error:
                if error.key in _NOT_YET:
                    continue
                return False  # cannot be continued: e.g. the new interface has another link type
            self._absence = self._back(since, time.strftime(_CLOCK))
            self._tell(self._absence)
            if self._stopping.is_set():
                self._child.stop()  # stop was called during the opening, when there was no capture to stop
            return True
        return False

    def _back(self, since: str, until: str) -> CaptureError:
        """The message about an interface that is back: when it was away, and how often before."""
        self._absences += 1
        self._first_away = self._first_away or since
        if self._absences == 1:
            return CaptureError("interface_back", interface=self.label, since=since, until=until)
        return CaptureError(
            "interface_back_again",
            interface=self.label,
            since=since,
            until=until,
            count=self._absences,
            first=self._first_away,
        )

    def _left(self) -> int | None:
        """How many more packets are wanted; None: no bound."""
        return None if self._most is None else self._most - self._written

    def _tell(self, error: TcptuiError) -> None:
        self._status = replace(self._status, error=error)
        self._announce()

    def _publish(self) -> OutputError | None:
        """Give the file of ``-w`` its name; returns the error where that fails, after which it is not tried again.

        What is closed before anything has listened to it replaces nothing.
        """
        if self._output is None or self._failure is not None:
            return self._failure
        if self._thread.ident is None and self._output.replaces:
            return None
        try:
            self._output.publish()
        except OutputError as error:
            return error
        return None

    def _misplaced(self) -> OutputError | None:
        """The error of a file of ``-w`` that has lost its name while it was written."""
        if self._output is None or not self._output.is_published:
            return None
        path, mine = self._output.path, os.fstat(self.descriptor)
        if mine.st_nlink == 0:
            return OutputError("output_removed", path=safe_text(str(path)))
        if not self._output.is_in_place():
            return OutputError("output_moved", path=safe_text(str(path)))
        return None

    def _error(self, ended: Ended) -> TcptuiError | None:
        if ended.ending is Ending.STOPPED and not self._stopping.wait(_SAME_SIGNAL_SECONDS):
            return CaptureError("capture_child_died", reason="SIGTERM")
        if ended.ending is Ending.LIMIT:
            megabytes = (self._limit or 0) >> 20
            return OutputError("spool_limit", megabytes=megabytes, directory=safe_text(str(spool_directory())))
        return ending_error(ended, self.label, self._path)

    def _finish(self, error: TcptuiError | None) -> None:
        self._status = replace(self._status, complete=True, error=error or self._absence)
        self._announce()
