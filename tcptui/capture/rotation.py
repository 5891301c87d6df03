"""``-C``, ``-W`` and ``-G``: when a new file begins and what it is called, as tcpdump 4.99 has it.

* ``-C``: a file is full once it is *larger* than so many bytes when a packet comes; that packet begins the
  next one: ``FILE``, ``FILE1``, ``FILE2``, …
* ``-C`` with ``-W N``: ``FILE0`` … ``FILE{N-1}`` with as many digits as the last one needs, then from the beginning
  again, over the oldest.
* ``-G``: a file's time is over when a packet comes that many seconds after it began; the name passes strftime(3),
  with the local time at which the file began.  With ``-W N`` the capture ends after N files.
* ``-C`` with ``-G``: numbered files within each stretch of time; ``-W`` then only sets digits and the numbers' turn.

tcpdump looks at the clock when it writes a packet; here it is the packet's own time, so that a
capture that is written late is cut in the same places.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Rotation:
    """How a capture is divided into files; None: not by that."""

    octets: int | None = None
    """``-C``, in bytes."""
    seconds: int | None = None
    """``-G``."""
    files: int | None = None
    """``-W``."""

    @property
    def is_ring(self) -> bool:
        """Whether the oldest file makes room for the newest."""
        return self.octets is not None and self.files is not None

    @property
    def last(self) -> int | None:
        """How many files there may be before the capture ends; None: no end."""
        return self.files if self.seconds is not None and self.octets is None else None

    def following(self, number: int) -> int:
        """The number of the file behind file ``number``, of those that ``-C`` makes."""
        return 0 if self.files is not None and number + 1 >= self.files else number + 1

    def name(self, template: str, number: int, began: int) -> str:
        """The name of file ``number`` of the stretch that began at ``began`` (seconds since the epoch)."""
        if self.seconds is not None:
            template = time.strftime(template, time.localtime(began))
        digits = 0 if self.files is None or self.octets is None else _digits(self.files)
        return template if number == 0 and digits == 0 else f"{template}{number:0{digits}d}"

    def names_ahead(self, template: str, began: int) -> Iterator[str]:
        """Names that will be written to for certain, or that exist already and would be in the way."""
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
                return  # opening the first file will say what is wrong with it
            for entry in entries:
                tail = entry.removeprefix(base)
                if entry.startswith(base) and tail.isascii() and tail.isdigit() and tail[0] != "0":
                    yield os.path.join(directory, entry)  # noqa: PTH118 - a name as the user wrote it


def _digits(files: int) -> int:
    """How many digits the highest number has; none for a ring of one."""
    return len(str(files - 1)) if files > 1 else 0
