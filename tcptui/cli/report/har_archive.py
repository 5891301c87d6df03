"""The entries of an HTTP archive until all are known: beyond some MiB they wait in a temporary file, not in memory.

What an archive has of texts is bounded, whatever the capture makes of few bytes: a byte of HPACK may stand for a
header field of thousands, in each of a hundred thousand requests.
"""

from __future__ import annotations

import json
import tempfile
from array import array
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np

import tcptui
from tcptui.capture.spool.files import spool_directory
from tcptui.model.errors import OutputError
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

#: Bytes of texts of bodies that an archive has in all; further entries are without.
BODIES_MOST: Final = 64 << 20
#: Bytes of URIs and header fields that an entry may always have …
HEADS_USUAL: Final = 2_048
#: … and what all entries together may have beyond; further ones with more are without any.
HEADS_MOST: Final = 256 << 20
#: Bytes of entries that are kept in memory.
_IN_MEMORY: Final = 32 << 20


class HarEntry(NamedTuple):
    """One entry as JSON, in the forms that an archive may have of it."""

    start_ns: int
    """When it began."""
    whole: bytes
    without_texts: bytes
    """Without texts of bodies …"""
    without_heads: bytes
    """… and also without header fields and what is long of URIs."""


class HeadsBound:
    """Counts what entries have of header fields, in their order."""

    def __init__(self) -> None:
        self._spent = 0

    def takes(self, entry: HarEntry) -> bool:
        """Whether an archive may have the header fields of the next ``entry``."""
        beyond = len(entry.without_texts) - len(entry.without_heads) - HEADS_USUAL
        self._spent += max(beyond, 0)
        return beyond <= 0 or self._spent <= HEADS_MOST


class HarArchive:
    """A context that takes the entries of an archive in any order.  Raises OutputError where the disk is full."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(spool_directory()))  # noqa: SIM115 - `__exit__`
        self._starts, self._ends = array("q"), array("q", (0,))
        self._heads = HeadsBound()
        self._bodies = 0
        self.without_heads = 0
        """Entries whose header fields were left out."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, entries: Iterable[HarEntry]) -> None:
        """More entries, each as far as the bounds allow."""
        for entry in entries:
            data = entry.whole
            if not self._heads.takes(entry):
                data = entry.without_heads
                self.without_heads += 1
            elif len(data) > len(entry.without_texts):
                self._bodies += len(data) - len(entry.without_texts)
                data = data if self._bodies <= BODIES_MOST else entry.without_texts
            try:
                self._file.write(data)
            except OSError as error:
                directory = safe_text(str(spool_directory()))
                raise OutputError("spool_failed", directory=directory, reason=reason_of(error)) from error
            self._starts.append(entry.start_ns)
            self._ends.append(self._ends[-1] + len(data))

    def pieces(self) -> Iterator[bytes]:
        """The archive, its entries in the order in which they began."""
        creator = json.dumps({"name": "tcptui", "version": tcptui.__version__}).encode("ascii")
        yield b'{"log": {"version": "1.2", "creator": ' + creator + b', "pages": [], "entries": ['
        between = b"\n"
        for number in np.argsort(np.array(self._starts, np.int64), kind="stable").tolist():
            begin, end = self._ends[number], self._ends[number + 1]
            self._file.seek(begin)
            yield between + self._file.read(end - begin)
            between = b",\n"
        yield b"\n]}}\n"
