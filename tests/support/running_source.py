"""A live capture that goes on until it is stopped; packets come when a test gives them."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from tcptui.capture.source import SourceStatus
from tcptui.capture.spool.punch import SpoolRelease

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.capture.source import Announce


class RunningSource:
    """A spool that begins with ``header`` and grows by what `give` is given; ``limit_bytes`` None: a file of ``-w``."""

    growing = True
    live = True
    label = "wire0"

    def __init__(self, header: bytes, *, limit_bytes: int | None = 1 << 30, directory: Path | None = None) -> None:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            self.descriptor = os.dup(file.fileno())
        self.limit_bytes = limit_bytes
        self.released = SpoolRelease(self.descriptor)
        self.packets = 0
        self.counted_from = 0
        self.dropped = 0
        self._announce: Announce = lambda: None
        self._end = os.pwrite(self.descriptor, header, 0)
        self._stopped = False

    def start(self, announce: Announce) -> None:
        """Say that there is something, now and whenever more is given."""
        self._announce = announce
        announce()

    def give(self, records: bytes, packets: int) -> None:
        """Capture ``records``, which are so many packets."""
        self._end += os.pwrite(self.descriptor, records, self._end)
        self.packets += packets
        self._announce()

    def status(self) -> SourceStatus:
        """What has been captured."""
        return SourceStatus(
            self._end, complete=self._stopped, received=self.packets, kernel_dropped=self.dropped, interface_dropped=0
        )

    def count_from(self, packets: int) -> None:
        """Note it."""
        self.counted_from = packets

    def analysed(self, offset: int, *, held: bool = False) -> None:
        """Nobody waits."""

    def release(self, offset: int) -> bool:
        """As a live source does."""
        return self.limit_bytes is not None and self.released.release(offset)

    @property
    def is_saved(self) -> bool:
        """Whether it is a file of ``-w``."""
        return self.limit_bytes is None

    def discard(self) -> None:
        """Nothing has a name."""

    remains = None

    def stop(self) -> None:
        """Capture no more."""
        self._stopped = True
        self._announce()

    def close(self) -> None:
        """Give the file up."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
