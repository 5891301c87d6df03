"""A byte stream as a source: stdin, a pipe, or a compressed file, written to a spool by a thread."""

from __future__ import annotations

import errno
import os
import threading
import time
from typing import TYPE_CHECKING, Final

from tcptui.capture.byte_reader import ByteReader
from tcptui.capture.decompress import MAGIC_BYTES, PackedError, may_be_packed, packing_of, pieces
from tcptui.capture.source import JOIN_SECONDS, Announce, SourceStatus
from tcptui.capture.spool.files import open_spool, spool_directory, spool_limit
from tcptui.capture.spool.named import NamedSpool, UnnamedSpool
from tcptui.capture.spool.punch import SpoolRelease
from tcptui.model.errors import InputError, OutputError, TcptuiError
from tcptui.model.pcap_format import FILE_HEADER_BYTES
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.wire.records import may_begin_capture

if TYPE_CHECKING:
    from collections.abc import Iterator

if TYPE_CHECKING:
    from tcptui.capture.spool.named import Remains

#: Back-pressure: a pipe is not read while this many bytes of the spool wait to be analysed, or the spool's limit
#: divided by `BUFFERED_SHARE`, if that is less.  Enough for seconds in which more comes than can be analysed.
BUFFERED_MOST: Final = 1 << 30
BUFFERED_SHARE: Final = 4
#: Minimum interval of announcements under load, in seconds; before a read that blocks, growth is announced at once.
ANNOUNCE_SECONDS: Final = 0.02
#: How long is waited for the rest of the first line of what is no capture, in seconds.
_REST_SECONDS: Final = 0.2


class StreamSource:
    """Appends what ``descriptor`` delivers, decompressed if necessary, to a temporary spool.

    Takes ownership of ``descriptor`` and closes it.  ``live`` is False for a file that is decompressed.
    A live stream that is no capture ends after its first bytes (`refused`).  The spool holds at most ``limit_bytes``
    (default: `spool_limit`).  A live stream's oldest records may be released to stay below that; otherwise the stream
    ends there, and the status has an error.  While a session says how far it is (`analysed`), the stream is not read
    further than a bound ahead of it, and its writer waits.
    """

    growing: Final = True

    def __init__(self, descriptor: int, label: str, *, live: bool = True, limit_bytes: int | None = None) -> None:
        self.label = safe_text(label)
        self.live = live
        # A file can be decompressed again after a crash; a live stream cannot be read twice, so its spool has a name.
        self._spool = NamedSpool() if live else UnnamedSpool(open_spool())
        self.descriptor = self._spool.descriptor
        try:
            self._limit = spool_limit(self.descriptor) if limit_bytes is None else limit_bytes
        except OutputError:
            self._spool.close()
            os.close(descriptor)
            raise
        self._release = SpoolRelease(self.descriptor)
        self._ahead = min(self._limit // BUFFERED_SHARE, BUFFERED_MOST)
        self._analysed: int | None = None
        """As `analysed` was last told; None: nobody says, so the stream is read as fast as it comes."""
        self._held = False
        """Whether nothing of the spool may be released for the time being."""
        self._reads_on = False
        """Whether the analysis is not waited for (`read_on`)."""
        self._moved = threading.Condition()
        """Notified when the stream may have room for more."""
        self._input = descriptor
        self._reader = ByteReader(descriptor, self._announce_now)
        self._status = SourceStatus(end=0, complete=False)
        self.refused = b""
        """The first bytes of a live stream that is no capture; empty: it is one, or nothing has come yet."""
        self._announce: Announce = lambda: None
        self._announced_end = 0
        self._announced_at = 0.0
        self._stopping = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"sniffer {self.label}", daemon=True)

    @property
    def limit_bytes(self) -> int | None:
        """Maximum size of the spool of a live stream; None for a decompressed file, of which nothing is released."""
        return self._limit if self.live else None

    def count_from(self, packets: int) -> None:
        """Do nothing: nobody counts packets here."""

    def release(self, offset: int) -> bool:
        """Free the disk space of the records before ``offset``; False where that is impossible."""
        with self._moved:
            released = self.live and self._release.release(offset)
            self._moved.notify_all()
        return released

    def analysed(self, offset: int, *, held: bool = False) -> None:
        """Read on, up to the bound ahead of ``offset``; while ``held``, a full spool is no end."""
        with self._moved:
            self._analysed, self._held = offset, held
            self._moved.notify_all()

    def read_on(self) -> None:
        """Wait for the analysis no longer, but where the spool is full: the end of the stream is near."""
        with self._moved:
            self._reads_on = True
            self._moved.notify_all()

    def start(self, announce: Announce) -> None:
        """Start reading, if that has not begun; ``announce`` is called from the reading thread."""
        self._announce = announce
        if self._thread.ident is None:
            self._thread.start()
        else:
            announce()

    def status(self) -> SourceStatus:
        """The current status."""
        return self._status

    def wait_for_end(self, seconds: float) -> None:
        """Wait until the stream has been read to its end, but no longer than ``seconds``."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def stop(self) -> None:
        """Stop reading; what was read stays."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._reader.interrupt()
            with self._moved:
                self._moved.notify_all()
        self.wait_for_end(JOIN_SECONDS)

    def close(self) -> None:
        """Stop and close the spool."""
        self.stop()
        if self._closed:
            return
        self._closed = True
        if self._thread.ident is None:
            self._reader.close()
            os.close(self._input)
        self._spool.close()

    @property
    def is_saved(self) -> bool:
        """False of a live stream, which cannot be read twice."""
        return self._spool.is_saved

    @property
    def remains(self) -> Remains | None:
        """The spool of a live stream, unless it was discarded."""
        return self._spool.remains

    def discard(self) -> None:
        """Have `close` remove the spool."""
        self._spool.discard()

    def _run(self) -> None:
        error: TcptuiError | None = None
        try:
            self._copy()
        except PackedError as damage:
            # A compressed stream that we interrupted looks truncated; that is no error.
            if not self._stopping.is_set():
                error = InputError("packed_damaged", path=self.label, reason=safe_text(str(damage)))
        except OSError as failure:
            error = InputError("read_failed", path=self.label, reason=reason_of(failure))
        except TcptuiError as known:
            error = known
        finally:
            self._reader.close()
            os.close(self._input)
        end = self._status.end
        if error is None and end == 0 and not self._stopping.is_set():
            error = InputError("stream_empty", path=self.label)
        self._status = SourceStatus(end=end, complete=True, error=error, stopped=self._stopping.is_set())
        self._announce()

    def _copy(self) -> None:
        unpacked = pieces(self._reader, packing_of(self._magic()))
        for piece in self._of_capture(unpacked) if self.live else unpacked:
            rest = memoryview(piece)
            while rest:
                room = self._wait_for_room()
                if not room and self._stopping.is_set():
                    return
                if not room:
                    raise OutputError("spool_limit", megabytes=self._limit >> 20, directory=_directory())
                self._append(rest[:room])
                rest = rest[room:]
            if self._stopping.is_set():
                return

    def _magic(self) -> bytes:
        """The first bytes of the stream, as many as tell how it is compressed: a slow sender's others come later."""
        magic = b""
        while len(magic) < MAGIC_BYTES and (may_begin_capture(magic) or may_be_packed(magic)):
            before, magic = magic, self._reader.peek(len(magic) + 1)
            if magic == before:  # the end
                break
        return magic

    def _of_capture(self, unpacked: Iterator[bytes]) -> Iterator[bytes]:
        """The pieces of a capture; of anything else the first `FILE_HEADER_BYTES` bytes, for the message about it.

        Nothing may fill the disk that is no capture: /dev/zero, a page of HTML, what a login shell says.
        """
        head = b""
        for piece in unpacked:
            if len(head) < FILE_HEADER_BYTES:
                known, head = len(head), (head + piece)[:FILE_HEADER_BYTES]
                if not may_begin_capture(head):
                    more = self._reader.peek(FILE_HEADER_BYTES - len(head), seconds=_REST_SECONDS)
                    self.refused = head + more
                    yield self.refused[known:]
                    return
            yield piece

    def _wait_for_room(self) -> int:
        """How many bytes the spool has room for, as soon as it is time to read on; 0: there will be no more room."""
        while True:
            with self._moved:
                room = self._room()
                if room is not None:
                    return room
            self._announce_now()
            with self._moved:
                self._moved.wait_for(lambda: self._room() is not None)

    def _room(self) -> int | None:
        """As `_wait_for_room`; None while it is not time."""
        end = self._status.end
        room = max(self._limit - (end - self._release.begin), 0)
        if self._analysed is None or self._stopping.is_set():
            return room
        ahead = end - self._analysed
        if room:
            return None if ahead > self._ahead and not self._reads_on else room
        return None if ahead > 0 or self._held else 0

    def _append(self, rest: memoryview) -> None:
        end = self._status.end
        try:
            while rest:
                written = os.pwrite(self.descriptor, rest, end)
                end += written
                rest = rest[written:]
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            raise OutputError("spool_disk_full", directory=_directory()) from error
        finally:
            self._status = SourceStatus(end=end, complete=False)
        if time.monotonic() - self._announced_at >= ANNOUNCE_SECONDS:
            self._announce_now()

    def _announce_now(self) -> None:
        if self._status.end != self._announced_end:
            self._announced_end = self._status.end
            self._announced_at = time.monotonic()
            self._announce()


def _directory() -> str:
    return safe_text(str(spool_directory()))
