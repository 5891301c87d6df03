"""One capture: moves packets from the kernel's ring to the file, in whole blocks or through libpcap's dumper.

Runs in the capture child, with CAP_NET_RAW alone.  libpcap's handle is non-blocking and polled, because
libpcap's own loop does not return: on a quiet interface it waits, under load it always has another packet.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from operator import add
from typing import TYPE_CHECKING, Any, Final

import cypcap

from tcptui.capture.byte_reader import has_no_reader
from tcptui.capture.child.packet_ring import PacketRing, interface_index
from tcptui.capture.child.pcap_handle import BLOCK_SECONDS, OpenError, activate, error_text, set_filter
from tcptui.capture.child.protocol import (
    CaptureRequest,
    CountRequest,
    Ended,
    Ending,
    Level,
    Opened,
    Refusal,
    StopRequest,
)
from tcptui.capture.child.stream_writer import StreamWriter
from tcptui.capture.interfaces import is_up
from tcptui.capture.spool.punch import allocated_bytes
from tcptui.capture.spool.whole_records import whole_records
from tcptui.model.pcap_format import FILE_HEADER_BYTES, RECORD_HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.capture.child.control import Control

#: Interval between two `Level` messages while packets arrive, in seconds.
TELL_SECONDS: Final = 0.05
#: Interval between two `Level` messages (for their counters) while nothing is captured, in seconds.
IDLE_SECONDS: Final = 1.0
#: After a stop, how long the kernel gets to hand over its last blocks, in seconds: one block timeout and a margin.
LINGER_SECONDS: Final = 2 * BLOCK_SECONDS
#: How long a file at its size limit waits for its oldest bytes to be released, in seconds.
ROOM_SECONDS: Final = 20.0
#: Upper bound of packets per dispatch; without one libpcap stays in its loop for as long as packets come.
ROUND_PACKETS: Final = 8192
#: … and of those that are written to a stream: where its reader is slow, a stop is noticed only after them.
STREAM_PACKETS: Final = 256


class Counters:
    """The kernel's counters received, dropped, dropped by the interface; libpcap's wrap at 32 bits, these do not."""

    def __init__(self, earlier: Any) -> None:  # cypcap.Stat, untyped
        """``earlier`` is what was counted before the capture began, and is left out."""
        self._last = _counts(earlier)
        self.totals = (0, 0, 0)

    def update(self, statistics: Any) -> None:
        """Add the increase since the last call."""
        now = _counts(statistics)
        grown = ((new - old) & 0xFFFF_FFFF for new, old in zip(now, self._last, strict=True))
        received, dropped, interface_dropped = map(add, self.totals, grown)
        self.totals = (received, dropped, interface_dropped)
        self._last = now


def _counts(statistics: Any) -> tuple[int, int, int]:
    return statistics.recv, statistics.drop, statistics.ifdrop


class Tally:
    """Counts the packets and bytes written, and lets at most ``most`` packets through (None: no bound)."""

    def __init__(self, most: int | None, octets: int = FILE_HEADER_BYTES) -> None:
        self.packets = 0
        self.octets = octets
        self.most = most

    def counting(self, dump: Callable[[Any, bytes], None]) -> Callable[[Any, bytes], None]:
        """Wrap libpcap's callback ``dump`` so that it counts, and ignores packets beyond the bound."""

        def counted(header: Any, data: bytes) -> None:  # runs for every packet
            if self.is_full:
                return
            self.packets += 1
            self.octets += RECORD_HEADER_BYTES + len(data)
            dump(header, data)

        return counted

    def left(self) -> int | None:
        """How many more packets are wanted; None: no bound."""
        return None if self.most is None else max(0, self.most - self.packets)

    @property
    def is_full(self) -> bool:
        """Whether no more packets are wanted."""
        return self.most is not None and self.packets >= self.most

    def add(self, packets: int, octets: int) -> None:
        """Count packets that `PacketRing` wrote in bulk."""
        self.packets += packets
        self.octets += octets


class Capture:
    """One open capture and the file that it writes."""

    def __init__(self, request: CaptureRequest, descriptor: int) -> None:
        self._request = request
        self._file = descriptor
        self._stream: StreamWriter | None = None
        """What ``descriptor`` is written by where it is a stream."""
        self._pcap = activate(request)
        try:
            self._filter = set_filter(self._pcap, request)
            self._dumper = self._open_dumper()
        except OpenError:
            self._pcap.close()
            raise
        self._ring = None if request.is_stream else PacketRing.of(self._pcap, self._filter.since)
        """The mapped ring, read in whole blocks instead of by libpcap's loop and dumper; None where it is unusable."""
        self._index = interface_index(request.interface)
        self._is_down = False
        self._full_since: float | None = None
        """Since when the file has been at its limit (monotonic seconds); None: below it."""
        self._end = request.append_at
        self._settled = 0
        """Packets of this capture in the file's first `_end` bytes, or given to the stream."""
        self._unwritten = 0
        """At the end: packets that were taken from the kernel, but are not in the file."""
        self._left_in_ring = 0
        """At the end: packets that were not taken any more, because the file is full."""
        self._counters = Counters(self._filter.earlier)
        self._ending = Ending.STOPPED
        self._is_alone = False
        self._tally = Tally(request.count, request.append_at or FILE_HEADER_BYTES)
        self._dump = self._tally.counting(self._dumper.dump)

    @property
    def opened(self) -> Opened:
        """The `Opened` message: the open handle's properties."""
        precision = self._pcap.get_tstamp_precision()
        return Opened(
            int(self._pcap.datalink()),
            self._pcap.snapshot(),
            precision == cypcap.TstampPrecision.NANO,
            self._filter.leaves_out_own,
        )

    def _open_dumper(self) -> Any:
        try:
            if self._request.is_stream:
                self._stream = StreamWriter(self._file)
                return self._pcap.dump_open("-")
            if self._request.append_at:
                return self._pcap.dump_open_append(f"/dev/fd/{self._file}")
            return self._pcap.dump_open(f"/dev/fd/{self._file}")
        except (cypcap.Error, OSError) as error:
            raise OpenError(Refusal.OTHER, error_text(error)) from error

    def run(self, control: Control, is_terminated: Callable[[], bool]) -> tuple[Ended, bool]:
        """Capture until something ends it; returns why, and whether the app is still connected."""
        text = ""
        try:
            try:
                self._settle(control)
                for _ in self._rounds(control, is_terminated):
                    self._settle(control)
            except cypcap.Error as error:
                self._ending, text = self._why_broken(), error_text(error)
                self._salvage()
        except _CaptureOverError as over:  # also while what is left is salvaged
            self._ending, text = over.ending, over.text
        finally:
            whole = self._close()
        if not whole and self._ending is not Ending.CUT:
            self._ending = Ending.DISK_FULL
        control.tell(self._level())
        return Ended(self._ending, text), not self._is_alone

    def _rounds(self, control: Control, is_terminated: Callable[[], bool]) -> Iterator[None]:
        """Poll and write packets; yields whenever a `Level` is due, and once more after a stop or the last packet."""
        poll = select.poll()
        socket_descriptor = self._pcap.get_selectable_fd()
        poll.register(socket_descriptor, select.POLLIN)
        poll.register(control.fileno(), select.POLLIN)
        deadline: float | None = None
        told_at = looked_at = time.monotonic()
        while deadline is None or time.monotonic() < deadline:
            is_calm = deadline is None and not self._is_behind() and not self._is_down
            waits = IDLE_SECONDS if is_calm else BLOCK_SECONDS / 2
            ready = {descriptor for descriptor, _events in poll.poll(1000 * waits)}
            if control.fileno() in ready:
                messages, is_there = control.receive()
                self._is_alone = not is_there
                for message in messages:
                    if isinstance(message, CountRequest):
                        self._tally.most = message.packets
                if self._is_alone or any(isinstance(message, StopRequest) for message in messages):
                    poll.unregister(control.fileno())
                    deadline = time.monotonic() + LINGER_SECONDS
            if is_terminated() and deadline is None:
                deadline = time.monotonic() + LINGER_SECONDS
            if socket_descriptor in ready and self._full_since is None:
                self._take()
            elif self._full_since is not None:
                time.sleep(TELL_SECONDS)  # back-pressure: packets stay in the ring; the kernel counts what it drops
            now = time.monotonic()
            if self._is_down and now - looked_at >= BLOCK_SECONDS:
                looked_at = now
                self._look_for_interface()
            hurries = self._is_behind() or self._full_since is not None
            if now - told_at >= (TELL_SECONDS if hurries else IDLE_SECONDS):
                told_at = now
                yield
            if self._tally.is_full:
                self._ending = Ending.COUNT
                break
        else:
            self._drain()
        yield

    def _take(self) -> None:
        """Write one round of the kernel's packets to the file; ENETDOWN sets `_is_down`.

        Raises `_CaptureOverError` for another socket error or a file that was truncated meanwhile, or cypcap.Error from
        libpcap's loop.
        """
        if self._stream is not None:
            try:
                self._pcap.dispatch(STREAM_PACKETS, self._dump)
            finally:
                self._pass_on(self._stream)
            return
        # Before writing: behind a truncated end that leaves a hole of zeros, and the size as it should be.
        self._checked_size()
        if self._ring is None:
            self._pcap.dispatch(ROUND_PACKETS, self._dump)
            return
        self._tally.add(*self._ring.take(self._file, self._tally.octets, self._tally.left()))
        if failure := self._ring.failure():
            if failure != errno.ENETDOWN:
                raise _CaptureOverError(Ending.BROKEN, os.strerror(failure))
            self._is_down = True

    def _pass_on(self, stream: StreamWriter) -> None:
        """Flush to ``stream``.  Raises `_CaptureOverError` when it cannot be written."""
        try:
            self._dumper.flush()
            stream.pass_on(self._tally.octets)
        except (cypcap.Error, OSError) as error:
            ending = Ending.READER_GONE if has_no_reader(self._file) else Ending.DISK_FULL
            raise _CaptureOverError(ending, error_text(error)) from error
        self._settled = self._tally.packets

    def _drain(self) -> None:
        """After a stop, write what is left in the ring: at a high rate more than was written before the deadline."""
        for _ in range(self._ring.rounds if self._ring is not None else 0):
            before = self._tally.packets
            self._take()
            if self._tally.packets == before:
                break

    def _look_for_interface(self) -> None:
        """Check an interface that went down: the kernel reports neither its return nor its removal to the socket.

        Raises `_CaptureOverError` when it has been removed.
        """
        if self._why_broken() is Ending.GONE:
            self._salvage()
            raise _CaptureOverError(Ending.GONE)
        # Packets do not show that it is back: the kernel hands over its last block after the error.
        self._is_down = not is_up(self._request.interface)

    def _salvage(self) -> None:
        """Write what the ring still holds of a failed interface; libpcap reports the failure before those packets.

        Raises `_CaptureOverError` when nothing more can be written.
        """
        deadline = time.monotonic() + LINGER_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(cypcap.Error):
                self._take()
            time.sleep(BLOCK_SECONDS / 4)
        with contextlib.suppress(cypcap.Error):  # the last block may have come in that sleep, however long it was
            self._take()
            self._drain()

    def _is_behind(self) -> bool:
        """Whether packets were written since the last `_settle`; always True of a stream."""
        return self._request.is_stream or self._wanted_end() != self._end

    def _settle(self, control: Control) -> None:
        """Flush file or stream, check the file's size, and send a `Level`.

        Raises `_CaptureOverError` when it cannot go on.
        """
        if self._stream is not None:
            self._pass_on(self._stream)
        else:
            self._settle_file()
        self._counters.update(self._pcap.stats())
        control.send_nowait(self._level())

    def _settle_file(self) -> None:
        try:
            self._dumper.flush()
        except cypcap.Error as error:
            raise _CaptureOverError(Ending.DISK_FULL, error_text(error)) from error
        end, size = self._wanted_end(), self._checked_size()
        # libpcap's dumper does not report a failed write, and then writes nothing more.
        if size < end:
            raise _CaptureOverError(Ending.DISK_FULL)
        self._end, self._settled = end, self._tally.packets
        self._check_limit()

    def _checked_size(self) -> int:
        """The size of the file; raises `_CaptureOverError` if another program truncated it."""
        size = os.fstat(self._file).st_size
        if size < self._end:
            raise _CaptureOverError(Ending.CUT)
        return size

    def _check_limit(self) -> None:
        """Pause the capture while the file is at its size limit, until its oldest bytes are released.

        Raises `_CaptureOverError` after `ROOM_SECONDS`: analysis is hopelessly behind, or nothing can be released.
        """
        limit, now = self._request.limit_bytes, time.monotonic()
        # Released bytes take no space on disk; fstat is needed only once the file is as long as the limit.
        if limit is None or self._end < limit or allocated_bytes(self._file) < limit:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = now
        elif now - self._full_since >= ROOM_SECONDS:
            raise _CaptureOverError(Ending.LIMIT)

    def _wanted_end(self) -> int:
        """The size of the file if all counted packets were written to it."""
        return self._tally.octets

    def _level(self) -> Level:
        written = self._tally.packets - self._unwritten
        is_there = is_up(self._request.interface)
        return Level(self._end, *self._counters.totals, is_there, written, self._unwritten + self._left_in_ring)

    def _why_broken(self) -> Ending:
        # By index: another interface may have the name by now.
        is_there = self._request.interface == "any" or self._index in dict(socket.if_nameindex())
        return Ending.BROKEN if is_there else Ending.GONE

    def _close(self) -> bool:
        """Close socket and file; truncate the file after its last whole record; returns whether it has all packets."""
        with contextlib.suppress(cypcap.Error):
            self._counters.update(self._pcap.stats())
        is_stream = self._request.is_stream
        self._dumper.close()
        if self._ring is not None:
            if self._ending in (Ending.LIMIT, Ending.DISK_FULL):
                self._left_in_ring = self._ring.count_left(self._tally.left())
            self._ring.close()
        self._pcap.close()
        whole = True
        if is_stream:
            self._unwritten = self._tally.packets - self._settled
        else:
            size = os.fstat(self._file).st_size
            if size >= self._end:
                self._end, count = whole_records(self._file, self._end, size)
                self._unwritten = self._tally.packets - self._settled - count
                os.ftruncate(self._file, self._end)
            whole = self._end >= self._wanted_end()
        os.close(self._file)
        return whole


class _CaptureOverError(Exception):
    """Ends the capture loop: the capture cannot go on."""

    def __init__(self, ending: Ending, text: str = "") -> None:
        super().__init__(text)
        self.ending = ending
        self.text = text
