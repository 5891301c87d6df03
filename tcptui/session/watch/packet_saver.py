"""``--keep-around``: writes the packets around each evidence packet of a chosen finding to files.

A *stretch* is a time interval around such packets.  All packets in it are written, not only the connection's: the
cause is often in another connection.  Overlapping stretches are merged into one file.  ``-w FILE.pcap`` gives
``FILE-1-FINDING.pcap``, ``FILE-2-FINDING.pcap``, … numbered in the order in which writing began.  In a live capture a
stretch is written as its packets come; in a file, all stretches are known before the first is written.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.output import NOTHING, Output, Replaceable, output_error
from tcptui.capture.tee_source import nanosecond_header, record
from tcptui.model.errors import OutputError
from tcptui.model.packet_store import NO_ROW
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcptui.access.source_info import SourceInfo
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import PacketStore

#: A stretch is closed this long (ns) after its end: packets are not always in the order of their timestamps.
_MARGIN_NS: Final = 1_000_000_000
#: Upper bound of packets written at once.
_ROWS: Final = 4096
#: Packets within this many bytes of the spool are read at once.
_SPAN: Final = 16 << 20
#: How many written stretches are remembered, so that no packet is written twice.
_REMEMBERED: Final = 1000


@dataclass(slots=True)
class _Interval:
    begin_ns: int
    end_ns: int
    finding: str
    """The id of the finding that it was first wanted for; part of the file name."""
    output: Output | None = None
    link_type: int = -1
    next_row: int = 0
    """The first row that was not checked yet."""


class PacketSaver:
    """Writes the stretches of one session; called by its worker thread.

    ``sources`` and ``descriptors`` are the session's; ``before`` and ``after`` are in seconds.  Raises OutputError
    where files of such names exist already and are not ``replaceable``.
    """

    def __init__(
        self, store: PacketStore, sources: Sequence[SourceInfo], descriptors: Sequence[int], template: str,
        replaceable: Replaceable = NOTHING, *, before: float, after: float,
    ) -> None:  # fmt: skip
        self.paths: list[Path] = []
        """Files written, in the order of their numbers."""
        self.packets = 0
        """Packets written to them."""
        self.missed = 0
        """Packets that are missing in them, because they were evicted or have another link type."""
        self._store = store
        self._sources = sources
        self._descriptors = descriptors
        self._template = Path(template)
        self._before, self._after = round(before * 1e9), round(after * 1e9)
        self._replaceable = replaceable
        self._open: list[_Interval] = []
        self._written: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        self._check_names()

    def want(self, finding: Finding) -> None:
        """Have the packets around those of ``finding`` written, except around evicted ones."""
        rows = [row for frame in finding.packets if (row := self._store.row_of_frame(frame)) != NO_ROW]
        times = sorted({int(self._store.time_ns[row]) for row in rows})
        begin = 0
        for place, time_ns in enumerate(times):
            # Merge here what overlaps, so that there are far fewer stretches than packets.
            if place + 1 == len(times) or times[place + 1] - self._before > time_ns + self._after + 1:
                self._add(times[begin] - self._before, time_ns + self._after, str(finding.id))
                begin = place + 1

    @property
    def is_pending(self) -> bool:
        """Whether a stretch has not ended yet."""
        return any(self._store.latest_ns <= stretch.end_ns for stretch in self._open)

    def write(self, *, over: bool) -> None:
        """Write the new packets of all stretches, and close complete ones; with ``over``, all.  Raises OutputError."""
        for stretch in list(self._open):
            self._write(stretch)
            if over or self._store.latest_ns > stretch.end_ns + _MARGIN_NS:
                self._close(stretch)

    def close(self) -> None:
        """Close every file; idempotent."""
        for stretch in list(self._open):
            self._close(stretch)

    def _add(self, begin: int, end: int, finding: str) -> None:
        """Have the stretch from ``begin`` to ``end`` (ns, inclusive) written, except what is written already."""
        pieces = [(begin, end)]
        for done_begin, done_end in self._written:
            pieces = [piece for old in pieces for piece in _without(old, done_begin, done_end)]
        begun = [stretch for stretch in self._open if stretch.output is not None]
        for stretch in begun:
            pieces = [piece for old in pieces for piece in _without(old, stretch.begin_ns, stretch.end_ns)]
        for stretch in begun:  # a file that was begun can be extended only at its end
            longer = next((piece for piece in pieces if piece[0] == stretch.end_ns + 1), None)
            if longer is not None:
                stretch.end_ns = longer[1]
                pieces.remove(longer)
        for piece_begin, piece_end in pieces:
            new = _Interval(piece_begin, piece_end, finding, next_row=self._store.first)
            for stretch in [other for other in self._open if other.output is None]:
                if stretch.begin_ns <= new.end_ns + 1 and new.begin_ns <= stretch.end_ns + 1:
                    new.begin_ns = min(new.begin_ns, stretch.begin_ns)
                    new.end_ns = max(new.end_ns, stretch.end_ns)
                    new.finding = stretch.finding
                    self._open.remove(stretch)
            self._open.append(new)
        self._open.sort(key=lambda stretch: stretch.begin_ns)

    def _write(self, stretch: _Interval) -> None:
        store = self._store
        first, count = max(stretch.next_row, store.first), store.count
        times = store.time_ns[first:count]
        rows = np.flatnonzero((times >= stretch.begin_ns) & (times <= stretch.end_ns)) + first
        stretch.next_row = count
        for at in range(0, len(rows), _ROWS):
            self._append(stretch, rows[at : at + _ROWS])

    def _append(self, stretch: _Interval, rows: NDArray[np.int64]) -> None:
        store = self._store
        sources = store.source[rows].tolist()
        if stretch.link_type < 0:
            stretch.link_type = self._sources[sources[0]].link_type
        offsets, lengths = store.offset[rows].tolist(), store.captured[rows].tolist()
        data = self._read([self._sources[source].spool for source in sources], offsets, lengths)
        pieces: list[bytes] = []
        columns = zip(rows.tolist(), store.time_ns[rows].tolist(), store.wire_length[rows].tolist(), strict=True)
        for place, (row, time_ns, wire) in enumerate(columns):
            right = self._sources[sources[place]].link_type == stretch.link_type
            # Rows are evicted before their bytes: if the row is still there after the read, its bytes are valid.
            if row < store.first or len(data[place]) < lengths[place] or not right:
                self.missed += 1
            else:
                pieces.append(record(time_ns, wire, data[place]))
        self._append_records(stretch, pieces)

    def _read(self, spools: list[int], offsets: list[int], lengths: list[int]) -> list[bytes | memoryview]:
        """The bytes of packets, with a single read where they are close together in one spool."""
        begin = min(offsets)
        end = max(offset + length for offset, length in zip(offsets, lengths, strict=True))
        if len(set(spools)) == 1 and end - begin <= _SPAN:
            block = memoryview(os.pread(self._descriptors[spools[0]], end - begin, begin))
            return [block[o - begin : o - begin + n] for o, n in zip(offsets, lengths, strict=True)]
        return [os.pread(self._descriptors[s], n, o) for s, o, n in zip(spools, offsets, lengths, strict=True)]

    def _append_records(self, stretch: _Interval, pieces: list[bytes]) -> None:
        if not pieces:
            return
        if stretch.output is None:
            number = len(self.paths) + 1
            name = f"{self._template.stem}-{number}-{stretch.finding}{self._template.suffix}"
            stretch.output = Output(self._template.with_name(name), self._replaceable)
            self.paths.append(stretch.output.path)
            pieces = [nanosecond_header(stretch.link_type), *pieces]
        path, descriptor = stretch.output.path, stretch.output.descriptor
        begin = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            rest = memoryview(b"".join(pieces))
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, begin)  # the end of the last whole record
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise OutputError("output_disk_full", path=safe_text(str(path))) from error
            raise output_error(error, path) from error
        stretch.output.publish()
        self.packets += len(pieces) - (not begin)

    def _close(self, stretch: _Interval) -> None:
        self._open.remove(stretch)
        self._written.append((stretch.begin_ns, stretch.end_ns))
        if stretch.output is not None:
            stretch.output.close()
            if not stretch.output.is_published:
                self.paths.remove(stretch.output.path)

    def _check_names(self) -> None:
        """Raise OutputError now for existing files, rather than in the middle of the capture."""
        directory = self._template.parent
        for path in sorted(directory.glob("*")) if directory.is_dir() else ():
            number = path.name.removeprefix(f"{self._template.stem}-").split("-", 1)[0]
            if path.name.startswith(f"{self._template.stem}-{number}-") and number.isdigit():
                self._replaceable.check(path)
        if not directory.is_dir():
            raise OutputError(
                "output_no_directory", path=safe_text(str(self._template)), directory=safe_text(str(directory))
            )


def _without(piece: tuple[int, int], begin: int, end: int) -> list[tuple[int, int]]:
    """The parts of the interval ``piece`` outside the interval from ``begin`` to ``end``; all bounds inclusive."""
    left, right = (piece[0], min(piece[1], begin - 1)), (max(piece[0], end + 1), piece[1])
    return [part for part in dict.fromkeys((left, right)) if part[0] <= part[1]]
