"""The files of ``-w`` that are written in addition to the spool: one, or several by rotation.

Each is a complete capture: the header, then whole records.  A file that was there before is replaced as `Replaceable`
says, once a record is there to write.  What this capture wrote is replaced only by a ring, which empties its oldest
file: anywhere else a name that comes again (the hour that summer time repeats, a name without seconds) gets the next
free number, as names of ``-C`` do.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.output import NOTHING, FileId, Output, Replaceable, open_again
from tcptui.capture.rotation import Rotation
from tcptui.model.errors import OutputError
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Buffers = Sequence[bytes | memoryview]

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class OutputFiles:
    """Writes records to a file, and rotates to the next one as `Rotation` says.

    ``began`` is the start of the first ``-G`` interval, in seconds since the epoch; None: the time of the first
    packet.  Raises OutputError where a file cannot be created.
    """

    def __init__(
        self, template: str, rotation: Rotation, replaceable: Replaceable = NOTHING, *, began: int | None = None
    ) -> None:
        self.rotation = rotation
        self.is_finished = False
        """The last file that ``-W`` allows is complete: further records are ignored."""
        self._template = template
        self._replaceable = replaceable
        self._began = began
        self._header = b""
        self._output: Output | None = None
        """The open file, unless it is one that the ring emptied."""
        self._descriptor = -1
        self._octets = 0
        self._opened = 0
        """Files opened so far, those that the ring emptied included."""
        self._next: dict[str, int] = {}
        """Name without number -> the number of the next file of that name."""
        self._own: dict[Path, FileId] = {}
        """The files of this capture; those that were not published are no more."""
        self.path = Path(template)
        """The file being written to; before the first one, the template."""
        if began is None and rotation.seconds is None:
            self._began = 0  # any value: only -G uses it
        if self._began is not None:
            self._check_names(self._began)
            self._open()

    @property
    def paths(self) -> list[Path]:
        """The files that this capture wrote, in the order in which they were begun."""
        return list(self._own)

    @property
    def replaces(self) -> bool:
        """Whether the open file takes the place of one that was there before, and has not done so yet."""
        return self._output is not None and self._output.replaces and not self._output.is_published

    def in_place(self) -> list[Path]:
        """The `paths` that still exist."""
        return [path for path, written in self._own.items() if written.is_at(path)]

    def set_header(self, header: bytes) -> None:
        """Set the file header that every file begins with; call it before `add`, later calls do nothing."""
        if not self._header:
            self._header = header
            if self._descriptor >= 0:
                self._write_header()

    def add(self, seconds: NDArray[np.int64], sizes: NDArray[np.int64], piece: Callable[[int, int], Buffers]) -> None:
        """Write records of ``sizes`` bytes, captured at ``seconds``; ``piece(a, b)`` are the bytes of records [a, b).

        Raises OutputError when a write fails; the file is then truncated after the last whole record.
        """
        ends = np.cumsum(sizes)
        at, count = 0, len(sizes)
        while at < count and not self.is_finished:
            self._turn(int(seconds[at]))
            if self.is_finished:
                return
            upto = self._run(at, seconds, ends, int(ends[at] - sizes[at]))
            self._write(piece(at, upto), ends[at:upto] - (ends[at] - sizes[at]))
            at = upto

    def _turn(self, second: int) -> None:
        """Open the next file if the record captured at ``second`` belongs there."""
        rotation = self.rotation
        if self._began is None:
            self._began = second
            self._open()
        if rotation.seconds is not None and second - self._began >= rotation.seconds:
            if rotation.last is not None and self._opened >= rotation.last:
                self.is_finished = True
                return
            self._began = second
            self._open()
        elif rotation.octets is not None and self._octets > rotation.octets:
            self._open()

    def _run(self, at: int, seconds: NDArray[np.int64], ends: NDArray[np.int64], before: int) -> int:
        """The end (exclusive) of the records from ``at`` on that go to the open file."""
        upto, rotation = len(ends), self.rotation
        if rotation.octets is not None:
            # A record still goes to this file when the file's size before it is not above the limit.
            room = rotation.octets - self._octets + before
            upto = min(upto, int(np.searchsorted(ends, room, side="right")) + 1)
        if rotation.seconds is not None and self._began is not None:
            late = np.flatnonzero(seconds[at:upto] - self._began >= rotation.seconds)
            upto = at + int(late[0]) if len(late) else upto
        if self._output is not None and not self._output.is_published:
            return at + 1  # the first one takes the old file's place, which makes room for the others
        return max(upto, at + 1)

    def _check_names(self, began: int) -> None:
        """Raise OutputError now for names that would be refused later, in the middle of the capture."""
        for name in self.rotation.names_ahead(self._template, began):
            self._replaceable.check(Path(name))

    def _open(self) -> None:
        """Begin the next file."""
        self._complete()
        rotation, began = self.rotation, self._began or 0
        base = rotation.base(self._template, began)
        number = self._next.get(base, 0)
        path = Path(rotation.name(self._template, number, began))
        while not rotation.is_ring and (path in self._own or self._is_taken(path)):
            number += 1
            path = Path(rotation.name(self._template, number, began))
        self._next[base] = rotation.following(number)
        self.path = path
        if path in self._own and os.path.lexists(path):
            self._descriptor = open_again(path, self._own[path])
        else:
            self._output = Output(path, self._replaceable)
            self._descriptor = self._output.descriptor
        self._own.pop(path, None)  # it is the newest now
        self._own[path] = FileId.of(os.fstat(self._descriptor))
        self._octets = 0
        self._opened += 1
        if self._header:
            self._write_header()

    def _is_taken(self, path: Path) -> bool:
        """Whether what is there must be left alone; the names that are known at the start have been checked then."""
        if not self._opened and self.rotation.seconds is None:
            return False
        try:
            self._replaceable.check(path)
        except OutputError:
            return True
        return False

    def _write_header(self) -> None:
        self._write([self._header], np.array([len(self._header)]))

    def _write(self, buffers: Buffers, ends: NDArray[np.int64]) -> None:
        """Append ``buffers``; ``ends`` are the offsets in them at which records end."""
        begin, done = self._octets, 0
        try:
            for buffer in buffers:
                rest = memoryview(buffer)
                while rest:
                    written = os.write(self._descriptor, rest)
                    done += written
                    rest = rest[written:]
        except OSError as error:
            whole = ends[ends <= done]
            self._octets = begin + (int(whole[-1]) if len(whole) else 0)
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._octets)
            self._publish_packets()
            path = safe_text(str(self.path))
            if error.errno in _FULL:
                raise OutputError("output_disk_full", path=path) from error
            raise OutputError("output_failed", path=path, reason=reason_of(error)) from error
        self._octets = begin + done
        self._publish_packets()

    def _publish_packets(self) -> None:
        if self._output is not None and self._octets > len(self._header):
            self._output.publish()

    def finish(self) -> None:
        """Complete the last file, also if it has no packets.  Raises OutputError where it was removed meanwhile."""
        if self._descriptor >= 0 and os.fstat(self._descriptor).st_nlink == 0:
            raise OutputError("output_gone", path=safe_text(str(self.path)))
        self._complete()

    def _complete(self) -> None:
        """Close the open file, if there is one, as it is."""
        if self._output is not None and self._octets:
            self._output.publish()
        self.close()

    def close(self) -> None:
        """Close the open file; one without packets is removed, and what had its name stays.  Idempotent."""
        if self._output is not None:
            if not self._output.is_published:
                del self._own[self.path]
            self._output.close()
            self._output = None
        elif self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
