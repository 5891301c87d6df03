"""The interface between any source of packets and the session: a spool that may still grow.

A *spool* is a capture file on disk (pcap, pcapng), read with pread at a descriptor.  A source's *sniffer
thread* announces only that it has grown; packets are never passed between threads.  A plain capture file is
its own spool, complete from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from tcptui.capture.spool.named import Remains
    from tcptui.model.errors import TcptuiError

#: How long `Source.stop` waits for the sniffer thread, in seconds.
JOIN_SECONDS: Final = 3.0

#: Called from the sniffer thread whenever `Source.status` may have changed.  A lost call only delays: the status is
#: level-triggered, so the next call reports everything that changed since.
Announce = Callable[[], None]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source's progress.

    ``end`` is how many bytes of the spool are written; no more follow once it is ``complete``.  In a live capture
    this is always the end of a record; in a byte stream it may be within one while the stream grows, and when it was
    ``stopped`` by us.  ``error`` is why the source ended early, or a condition to show while it runs; bytes before
    it stay readable.  The counters are the kernel's, of a live capture only: packets that passed the filter, packets
    dropped because the ring was full, packets dropped by the interface.
    """

    end: int
    complete: bool
    received: int | None = None
    kernel_dropped: int | None = None
    interface_dropped: int | None = None
    error: TcptuiError | None = None
    stopped: bool = False
    unwritten: int = 0
    """Packets that the kernel has delivered and that are in no file, because there was no room for them."""


class Source(Protocol):
    """A source of packets with its spool."""

    @property
    def label(self) -> str:
        """The source's name as safe text: a file name, an interface, or ``-``."""

    @property
    def growing(self) -> bool:
        """Whether the spool may grow after `start`; False for a plain file."""

    @property
    def live(self) -> bool:
        """Whether packets arrive in real time: an interface or a stream, not a file being decompressed."""

    @property
    def descriptor(self) -> int:
        """The spool's descriptor, for pread; valid until `close`."""

    @property
    def limit_bytes(self) -> int | None:
        """Maximum size of the temporary spool of a live source; None for others, which keep everything."""

    def release(self, offset: int) -> bool:
        """Free the disk space of the records before the one at ``offset``; False where that is impossible.

        Records that are still to be copied elsewhere are freed by a later call.
        """

    def analysed(self, offset: int, *, held: bool = False) -> None:
        """Note that of the spool's bytes before ``offset`` none are left to be read, and that old ones are released.

        While ``held``, none are released yet, because somebody copies them: a full spool is to wait.

        All bytes that have come count, even a record's first part, once the session waits for more.  A pipe's reader
        stays within a bound of this (back-pressure); who cannot have the writer wait does nothing.
        """

    def count_from(self, packets: int) -> None:
        """Begin to count the packets that are wanted (``-c``) behind the first ``packets`` of the spool.

        Does nothing where the count is not kept here: a stream's end is its writer's.
        """

    def start(self, announce: Announce) -> None:
        """Start the sniffer thread, if the source needs one; of a source that runs already, announce to another."""

    def status(self) -> SourceStatus:
        """The current status; may be called from any thread, never blocks."""

    def stop(self) -> None:
        """Stop the spool's growth and wait shortly (`JOIN_SECONDS`) for it; idempotent.  The spool stays readable."""

    @property
    def is_saved(self) -> bool:
        """Whether every packet of the spool is in a whole file that outlives the program, or will be after `close`."""

    def discard(self) -> None:
        """Have `close` remove a temporary spool: its packets are in a file, or nobody wants them.

        Files that turn out to be incomplete only later keep it all the same.
        """

    def close(self) -> None:
        """Stop, and close the spool and every other descriptor; idempotent.

        A temporary spool with packets stays for recovery unless `discard` was called or files hold them all: so it does
        after an exception.
        """

    @property
    def remains(self) -> Remains | None:
        """What `close` left of packets that are in no file; None: there are none, or it was not called yet."""
