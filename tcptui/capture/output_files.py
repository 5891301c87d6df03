"""The files of ``-w`` that are written in addition to the spool: one, or several by rotation.

Each is a complete capture: the header, then whole records.  Created by the rules of `spool.files.open_output`: an
existing file is replaced only with ``--overwrite``, except files of the ring that this capture wrote itself.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.rotation import Rotation
from tcptui.capture.spool.files import open_output
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

    def __init__(self, template: str, rotation: Rotation, *, overwrite: bool = False, began: int | None = None) -> None:
        self.rotation = rotation
        self.is_finished = False
        """The last file that ``-W`` allows is complete: further records are ignored."""
        self.count = 0
        """Files opened so far."""
        self._template = template
        self._overwrite = overwrite
        self._began = began
        self._number = 0
        self._header = b""
        self._descriptor = -1
        self._octets = 0
        self._own: dict[str, tuple[int, int]] = {}
        """Name -> (device, inode) of the file that this capture wrote under that name."""
        self.path = Path(template)
        """The file being written to; before the first one, the template."""
        if began is None and rotation.seconds is None:
            self._began = 0  # any value: only -G uses it
        if self._began is not None:
            self._check_names(self._began)
            self._open()

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
            self._check_names(second)
            self._open()
        if rotation.seconds is not None and second - self._began >= rotation.seconds:
            if rotation.last is not None and self.count >= rotation.last:
                self.is_finished = True
                return
            self._began, self._number = second, 0
            self._open()
        elif rotation.octets is not None and self._octets > rotation.octets:
            self._number = rotation.following(self._number)
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
        return max(upto, at + 1)

    def _check_names(self, began: int) -> None:
        """Raise OutputError now for names that would be refused later, in the middle of the capture."""
        if self._overwrite:
            return
        for name in self.rotation.names_ahead(self._template, began):
            if os.path.lexists(name):
                open_output(Path(name))  # raises the OutputError

    def _open(self) -> None:
        name = self.rotation.name(self._template, self._number, self._began or 0)
        path = Path(name)
        self.close()
        try:
            found = os.lstat(path)
            is_own = self._own.get(name) == (found.st_dev, found.st_ino)
        except OSError:
            is_own = False
        self.path = path
        self._descriptor = open_output(path, overwrite=self._overwrite or is_own)
        made = os.fstat(self._descriptor)
        self._own[name] = (made.st_dev, made.st_ino)
        self._octets = 0
        self.count += 1
        if self._header:
            self._write_header()

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
            path = safe_text(str(self.path))
            if error.errno in _FULL:
                raise OutputError("output_disk_full", path=path) from error
            raise OutputError("output_failed", path=path, reason=reason_of(error)) from error
        self._octets = begin + done

    def close(self) -> None:
        """Close the open file; idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def discard(self) -> None:
        """Remove the empty file of a capture that could not begin."""
        self.close()
        if self.count and not self._overwrite:
            self.path.unlink(missing_ok=True)
