"""``-C``, ``-W`` and ``-G``: when a new file begins and what it is called, by the rules of tcpdump 4.99.

* ``-C``: a file is full once it is *larger* than that many bytes when a packet comes; that packet begins the
  next file: ``FILE``, ``FILE1``, ``FILE2``, …
* ``-C`` with ``-W N``: ``FILE0`` … ``FILE{N-1}``, padded to the number of digits of the last one, then ``FILE0``
  again, overwriting the oldest.
* ``-G``: a new file begins with the first packet that comes at least that many seconds after the current file
  began; the name is passed through strftime(3) with the local time at which the file began.  With ``-W N`` the
  capture ends after N files.
* ``-C`` with ``-G``: numbered files within each time interval; ``-W`` then only sets the number of digits and
  where the numbers wrap.

A file of the capture itself is replaced by a ring alone.  Where tcpdump would write over one of its own, the next
free number is put behind the name: in the hour that the end of summer time repeats, and where the name says less of
the time than ``-G`` needs.

tcpdump uses the clock at the time it writes a packet; this uses the packet's timestamp, so that a capture that is
written late is split at the same packets.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


#: Two times that differ in everything that strftime(3) can write of them.
_SOME_TIME: Final = time.gmtime(1_000_000_000)
_ANOTHER_TIME: Final = time.gmtime(2_222_262_222)


@dataclass(frozen=True, slots=True)
class Rotation:
    """The rotation options; None: option not given."""

    octets: int | None = None
    """``-C``, in bytes."""
    seconds: int | None = None
    """``-G``, in seconds."""
    files: int | None = None
    """``-W``, the number of files."""

    @property
    def is_ring(self) -> bool:
        """Whether the newest file overwrites the oldest (``-C`` with ``-W``)."""
        return self.octets is not None and self.files is not None

    @property
    def last(self) -> int | None:
        """After how many files the capture ends; None: no limit."""
        return self.files if self.seconds is not None and self.octets is None else None

    def following(self, number: int) -> int:
        """The number of the file after file ``number`` by ``-C``; wraps to 0 at ``-W``."""
        return 0 if self.files is not None and number + 1 >= self.files else number + 1

    def base(self, template: str, began: int) -> str:
        """The name without a number of the interval that began at ``began`` (seconds since the epoch)."""
        return template if self.seconds is None else time.strftime(template, time.localtime(began))

    def name(self, template: str, number: int, began: int) -> str:
        """The name of file ``number`` of the interval that began at ``began``."""
        base = self.base(template, began)
        digits = 0 if self.files is None or self.octets is None else _digits(self.files)
        return base if number == 0 and digits == 0 else f"{base}{number:0{digits}d}"

    def has_one_name(self, template: str) -> bool:
        """Whether the files of ``-G`` would all have the same name: there is no time in it, nor a number behind it."""
        if self.seconds is None or self.octets is not None or self.last == 1:
            return False
        return time.strftime(template, _SOME_TIME) == time.strftime(template, _ANOTHER_TIME)

    def names_ahead(self, template: str, began: int) -> Iterator[str]:
        """Names that will certainly be written to, and existing files that numbering would run into."""
        first = self.name(template, 0, began)
        yield first
        if self.is_ring:
            for number in range(1, self.files or 1):
                yield self.name(template, number, began)
        elif self.octets is not None:
            directory, base = os.path.split(first)
            try:
                entries = sorted(entry.name for entry in os.scandir(directory or "."))
            except OSError:
                return  # opening the first file will report the error
            for entry in entries:
                tail = entry.removeprefix(base)
                if entry.startswith(base) and tail.isascii() and tail.isdigit() and tail[0] != "0":
                    yield os.path.join(directory, entry)  # noqa: PTH118 - a name as the user wrote it


def _digits(files: int) -> int:
    """How many digits the highest file number has; 0 (no number) for a ring of one."""
    return len(str(files - 1)) if files > 1 else 0
