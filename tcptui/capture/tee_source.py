"""Wraps a source and also writes its packets to files: ``-w`` where the spool itself is not the file.

A thread copies whole records from the spool, so the capture never waits for these files.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.source import JOIN_SECONDS, Announce, SourceStatus
from tcptui.capture.spool.reader import SpoolReader
from tcptui.model.errors import OutputError, TcptuiError
from tcptui.model.pcap_format import (
    FILE_HEADER_BYTES,
    MAX_PACKET,
    NANOSECONDS,
    ORDINARY_MAGICS,
    PCAP_MAGICS,
    RECORD_HEADER_BYTES,
    VERSION,
)
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.wire.numba_compile import compiler_available
from tcptui.wire.record_scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.capture.output_files import OutputFiles
    from tcptui.capture.source import Source
    from tcptui.capture.spool.named import Remains
    from tcptui.capture.spool.reader import PacketBatch

_NANO: Final = 1_000_000_000
#: After this many records the scanner is compiled, if the compiler is loaded already.
_WORTH_COMPILING: Final = 50_000


def ordinary_header(start: bytes) -> bytes | None:
    """The file header for copies of a spool that begins with ``start``; None where records cannot be copied unchanged.

    The eight bytes of time zone and accuracy are zeroed: in a spool they may hold an offset (`punch`).
    """
    if start[:4] not in ORDINARY_MAGICS or len(start) < FILE_HEADER_BYTES:
        return None
    if struct.unpack(">HH" if PCAP_MAGICS[start[:4]].big else "<HH", start[4:8]) != VERSION:
        return None
    return start[:8] + bytes(8) + start[16:FILE_HEADER_BYTES]


def nanosecond_header(link_type: int) -> bytes:
    """A pcap file header for packets of ``link_type`` (LINKTYPE_) with timestamps in nanoseconds."""
    return struct.pack("<IHHiIII", NANOSECONDS, *VERSION, 0, 0, MAX_PACKET, link_type)


def record(time_ns: int, wire: int, data: bytes | memoryview) -> bytes:
    """One pcap record, in the format that `nanosecond_header` declares."""
    header = struct.pack("<IIII", time_ns // _NANO & 0xFFFF_FFFF, time_ns % _NANO, len(data), wire)
    return header + bytes(data)


class TeeSource:
    """``source``, with its packets also written to ``files``.  Takes ownership of both.

    `status` is complete once the files are, too.  When a write fails, the source is stopped and the status has the
    error.
    """

    def __init__(self, source: Source, files: OutputFiles) -> None:
        self.source = source
        self.files = files
        self.error: TcptuiError | None = None
        """The write error that ended the files early; None: none."""
        self.when_finished: Callable[[], None] = lambda: None
        """Called from the copying thread when the last file of ``-G`` with ``-W`` is full, before the source stops."""
        self._descriptor = os.dup(source.descriptor)  # stays valid if `source` is closed before everything is copied
        self._scanner = Scanner()
        self._reader = SpoolReader(self._descriptor, self._scanner)
        self._scanned: int | None = 0
        """Records scanned so far; None once the scanner is compiled."""
        self._copies = False
        self._has_header = False
        self._announce: Announce = lambda: None
        self._wake = threading.Event()
        self._levels = threading.Lock()
        self._analysed: int | None = None
        """As `analysed` was last told; None: never."""
        self._held = False
        """The same."""
        self._wanted = 0
        """The offset up to which the spool may be released once it is copied."""
        self._copied = 0
        """The offset up to which there is nothing left to copy, or an incomplete record only."""
        self._is_unwanted = False
        """Whether what the files lack may be given up."""
        self._done = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"keeper {source.label}", daemon=True)

    @property
    def label(self) -> str:
        """The wrapped source's."""
        return self.source.label

    @property
    def growing(self) -> bool:
        """The wrapped source's."""
        return self.source.growing

    @property
    def live(self) -> bool:
        """The wrapped source's."""
        return self.source.live

    @property
    def descriptor(self) -> int:
        """The wrapped source's spool."""
        return self.source.descriptor

    @property
    def limit_bytes(self) -> int | None:
        """The wrapped source's."""
        return self.source.limit_bytes

    def count_from(self, packets: int) -> None:
        """As the source does."""
        self.source.count_from(packets)

    def release(self, offset: int) -> bool:
        """As `Source.release`, but only up to what has been copied to the files; the rest once it is."""
        with self._levels:
            self._wanted = max(offset, self._wanted)
            return self._release()

    def analysed(self, offset: int, *, held: bool = False) -> None:
        """As `Source.analysed`, and the files count as a reader, too."""
        with self._levels:
            self._analysed, self._held = offset, held
            self.source.analysed(min(offset, self._copied), held=held)

    def _release(self) -> bool:
        return self.source.release(min(self._wanted, self._reader.position)) if self._reader.position else True

    def _have_copied(self, offset: int) -> None:
        """Tell the source that the files have all that can be copied of the spool's bytes before ``offset``."""
        with self._levels:
            self._copied = offset
            if self._wanted:
                self._release()
            if self._analysed is not None:
                self.source.analysed(min(self._analysed, offset), held=self._held)

    def start(self, announce: Announce) -> None:
        """Start the source and the copying thread, if they do not run yet."""
        self._announce = announce
        if self._thread.ident is None:
            self._thread.start()
        self.source.start(self._announced)

    def status(self) -> SourceStatus:
        """The current status; complete once the files are written."""
        status = self.source.status()
        if not status.complete:
            return status
        return replace(status, complete=self._done, error=self.error or status.error)

    def stop(self) -> None:
        """Stop the source, and wait shortly (`JOIN_SECONDS`) until its packets are in the files."""
        self.source.stop()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._wake.set()
            self._thread.join(JOIN_SECONDS)

    @property
    def is_saved(self) -> bool:
        """Whether the files have all packets, or will have them."""
        return self.error is None or self.source.is_saved

    @property
    def remains(self) -> Remains | None:
        """The wrapped source's."""
        return self.source.remains

    def discard(self) -> None:
        """As `Source.discard`, if the files are known to be incomplete: else `close` decides."""
        self._is_unwanted = self.error is not None

    def close(self) -> None:
        """Stop, wait until the files have all packets, and close everything.

        What has never been started replaces no file.
        """
        if self._closed:
            return
        self._closed = True
        self.source.stop()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        elif self.files.replaces:
            self.files.close()
        else:
            self._run()
        if self.error is None or self._is_unwanted:
            self.source.discard()
        self.source.close()
        os.close(self._descriptor)

    def _announced(self) -> None:
        self._wake.set()
        self._announce()

    def _run(self) -> None:
        try:
            self._copy_all()
            if self._has_header and self.source.status().error is None:
                self.files.finish()
        except OutputError as error:
            self._end(error)
        except OSError as error:
            name, reason = safe_text(str(self.files.path)), reason_of(error)
            self._end(OutputError("output_failed", path=name, reason=reason))
        finally:
            self.files.close()
            self._done = True
            self._announce()

    def _end(self, error: OutputError) -> None:
        self.error = error
        self.source.stop()

    def _copy_all(self) -> None:
        """Copy records until the source has ended and all are in the files, or the last file is full."""
        while True:
            status = self.source.status()
            while (batch := self._reader.next_batch(status.end)) is not None:
                self._keep(batch)
                self._have_copied(self._reader.position)
                if self.files.is_finished:
                    self.when_finished()
                    self.source.stop()
                    return
            if status.end >= FILE_HEADER_BYTES:
                self._begin()  # a capture without packets gets a file header, too
            if status.complete:
                return
            self._have_copied(status.end)
            self._wake.wait()
            self._wake.clear()

    def _begin(self) -> None:
        """Set the files' header, once the spool's is known."""
        if self._has_header:
            return
        header = ordinary_header(os.pread(self._descriptor, FILE_HEADER_BYTES, 0))
        self._copies = header is not None
        if header is None and self._reader.parser.interfaces:
            header = nanosecond_header(self._reader.parser.interfaces[0].link_type)
        if header is not None:
            self._has_header = True
            self.files.set_header(header)

    def _maybe_compile(self, records: int) -> None:
        if self._scanned is None:
            return
        self._scanned += records
        if self._scanned > _WORTH_COMPILING and "llvmlite" in sys.modules and compiler_available():
            self._scanner.compile()
            self._scanned = None

    def _keep(self, batch: PacketBatch) -> None:
        self._begin()
        self._maybe_compile(len(batch.records.start))
        records = batch.records
        interfaces = self._reader.parser.interfaces
        if len(interfaces) > 1 and len({interface.link_type for interface in interfaces}) > 1:
            raise OutputError("output_link_types", path=safe_text(str(self.files.path)))
        view = batch.buffer.data
        start, end = records.start, records.start + records.captured

        def copied(first: int, upto: int) -> list[memoryview]:
            return [view[int(start[first]) - RECORD_HEADER_BYTES : int(end[upto - 1])]]

        def written(first: int, upto: int) -> list[bytes]:
            chosen = zip(
                records.time_ns[first:upto].tolist(), records.wire[first:upto].tolist(),
                start[first:upto].tolist(), end[first:upto].tolist(), strict=True,
            )  # fmt: skip
            return [record(time_ns, wire, view[begin:stop]) for time_ns, wire, begin, stop in chosen]

        sizes = records.captured + RECORD_HEADER_BYTES
        self.files.add(records.time_ns // _NANO, sizes.astype(np.int64), copied if self._copies else written)
