"""A capture that grows piece by piece, whenever somebody looks, as the spool of a live capture does."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from tcptui.capture.source import SourceStatus
from tcptui.capture.spool.punch import SpoolRelease

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tcptui.capture.source import Announce


class GrowingSource:
    """The capture ``data``, of which ``ends`` (ascending) are the sizes it is seen at, one look after the other."""

    growing = True
    label = "growing"

    def __init__(
        self, data: bytes, ends: Sequence[int], *, live: bool = True, limit_bytes: int | None = None,
        directory: Path | None = None, seen: Callable[[int], None] | None = None,
    ) -> None:  # fmt: skip
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            file.write(data)
            self.descriptor = os.dup(file.fileno())
        self.live = live
        self.limit_bytes = limit_bytes
        self.released = SpoolRelease(self.descriptor)
        self._ends = [*ends, len(data)]
        self._looks = 0
        self._seen = seen

    def start(self, announce: Announce) -> None:
        """Say that there is something."""
        announce()

    def status(self) -> SourceStatus:
        """One piece more than the last time."""
        end = self._ends[min(self._looks, len(self._ends) - 1)]
        if self._seen is not None:
            self._seen(end)
        self._looks += 1
        return SourceStatus(end, complete=self._looks >= len(self._ends), received=0, kernel_dropped=0)

    def count_from(self, packets: int) -> None:
        """Nobody counts."""

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
        """All of it is there already."""
        self._looks = len(self._ends)

    def close(self) -> None:
        """Give the file up."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class SteeredSource(GrowingSource):
    """A capture that grows when the test says so: to `end` bytes, and to its end with `over`."""

    def __init__(self, data: bytes, *, limit_bytes: int | None = None) -> None:
        super().__init__(data, [], limit_bytes=limit_bytes)
        self.end = 0
        self.over = False

    def status(self) -> SourceStatus:
        """As far as the test has said."""
        return SourceStatus(self.end, complete=self.over, received=0, kernel_dropped=0)

    def stop(self) -> None:
        """Nothing more comes."""
        self.over = True
