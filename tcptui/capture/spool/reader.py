"""Reads a spool in blocks and finds the packets in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.prefetch import Prefetch
from tcptui.wire.header_walk import PADDING
from tcptui.wire.records import PacketArrays, RecordParser

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.wire.record_scanner import Scanner

#: Bytes per read: large enough for a batch of whole packets (`BATCH_RECORDS`), small enough for the processor's cache.
BLOCK: Final = 16 << 20
#: Bytes of the first read: short, so that its packets are on the screen before the rest is processed.
FIRST_BLOCK: Final = 256 << 10
#: The same where memory is short: longer than any record, and few enough rows at a time.
SHORT_BLOCK: Final = 1 << 20
#: Bytes in front of a block that is read ahead, for what is not parsed of the one before.
_LEFT: Final = 1 << 20
#: From so many bytes on that are there to be read the next block is read while one is worked on.
_PREFETCH_FROM: Final = 2 * BLOCK


@dataclass(slots=True)
class PacketBatch:
    """Packets in one buffer, which has `PADDING` spare bytes at its end."""

    buffer: NDArray[np.uint8]
    records: PacketArrays
    offset: NDArray[np.int64]
    """The offset in the spool of each packet's first captured byte."""


@dataclass(slots=True)
class _Block:
    """A block that is read in another thread: the copy out of the system's cache takes no time from the analysis."""

    buffer: NDArray[np.uint8]
    """Its first `_LEFT` bytes are left free."""
    count: Prefetch[int]
    """How many bytes were read."""


class SpoolReader:
    """Reads one spool in batches, from its beginning, or a place between two records, to its current end.

    The next call of `next_batch` overwrites the buffer of the previous batch, unless `keeps_last`: decode it before.
    """

    def __init__(
        self, descriptor: int, scanner: Scanner, after: SpoolReader | None = None, *, is_tight: bool = False
    ) -> None:
        """``after``: a reader of the same spool that has come to rest; this one goes on where it stopped.

        ``is_tight``: memory is short.
        """
        self._block = min(SHORT_BLOCK, BLOCK) if is_tight else BLOCK
        self._reads_ahead = not is_tight
        self.parser: RecordParser = (
            RecordParser(scanner) if after is None else replace(after.parser.anew(), scanner=scanner)
        )
        self._descriptor = descriptor
        self.keeps_last = False
        """Whether the previous batch is still read while the next one is made: takes a buffer more."""
        self._last: NDArray[np.uint8] | None = None
        """The buffer before this one, which may hold the previous batch; None: there is none, or it is not kept."""
        # Not zeroed: 3 ms, more than a small file takes.
        self._buffer = np.empty(_LEFT + self._block + PADDING, np.uint8)
        self._ahead: _Block | None = None
        """Reads the next block."""
        self._valid = 0
        """Bytes in the buffer."""
        self._used = 0
        """Of those, bytes already parsed."""
        self._read = 0 if after is None else after.position
        """Bytes of the spool read so far."""

    @property
    def position(self) -> int:
        """Bytes of the spool that have been parsed."""
        return self._read - self._valid + self._used

    @property
    def stopped(self) -> bool:
        """Whether the parser found damage that it cannot read past."""
        return self.parser.stop is not None

    def next_batch(self, end: int) -> PacketBatch | None:
        """The next packets within the spool's first ``end`` bytes, or None until it grows.

        Raises OSError when the spool cannot be read.
        """
        while not self.stopped:
            batch, used = self.parser.parse(self._buffer[self._used :], self._valid - self._used)
            begin = self._used
            self._used += used
            if batch is not None:
                batch.start += begin
                return PacketBatch(self._buffer, batch, batch.start + (self._read - self._valid))
            if not self._fill(end) and not used:
                return None
        return None

    def finish(self) -> None:
        """Tell the parser that the spool is complete and its end was reached; the buffer is released."""
        self.parser.finish(self._valid - self._used)
        self._buffer, self._last = self._buffer[self._used : self._valid].copy(), None
        self._valid, self._used = len(self._buffer), 0

    def _fill(self, end: int) -> bool:
        """Move unparsed bytes to the front of the buffer and read more; False when there is nothing more."""
        wanted = end - self._read
        if wanted <= 0:
            return False
        left = self._valid - self._used
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            count = min(ahead.count.take(), wanted)
            if left <= _LEFT:
                ahead.buffer[_LEFT - left : _LEFT] = self._buffer[self._used : self._valid]
                spare, self._buffer = self._put_away(), ahead.buffer
                self._valid, self._used = _LEFT + count, _LEFT - left
                self._read += count
                self._read_ahead(end, spare)
                return count > 0
        kept = self._buffer[self._used : self._valid].copy()
        spare = self._put_away()
        self._buffer = np.empty(len(self._buffer), np.uint8) if spare is None else spare
        self._buffer[:left] = kept
        self._valid, self._used = left, 0
        most = self._block if self._read else min(FIRST_BLOCK, self._block)
        room = self._buffer.data[left : min(most, left + wanted)]
        count = os.preadv(self._descriptor, [room], self._read)
        self._valid += count
        self._read += count
        self._read_ahead(end, None if ahead is None else ahead.buffer)
        return count > 0

    def _put_away(self) -> NDArray[np.uint8] | None:
        """A buffer that no batch needs any more, in exchange for the present one; None: there is none yet."""
        if not self.keeps_last:
            return self._buffer
        spare, self._last = self._last, self._buffer
        return spare

    def _read_ahead(self, end: int, spare: NDArray[np.uint8] | None) -> None:
        """Begin to read the next block where many are there; ``spare``: a buffer that nobody needs."""
        if self._reads_ahead and end - self._read >= _PREFETCH_FROM:
            buffer = np.zeros(len(self._buffer), np.uint8) if spare is None else spare
            room = buffer.data[_LEFT : _LEFT + BLOCK]
            self._ahead = _Block(buffer, Prefetch(partial(os.preadv, self._descriptor, [room], self._read)))
