"""What every source of packets looks like to the session: a spool that may still grow.

A *spool* is a pcap or pcapng file on disk, read with pread at a descriptor.  A sniffer
thread says that it grew; no packet crosses a thread.  A file that is opened is a spool
already complete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from tcptui.model.errors import TcptuiError

#: How long `Source.stop` waits for the sniffer thread, in seconds.
JOIN_SECONDS: Final = 3.0

#: Called from the sniffer thread whenever `Source.status` may have changed; a lost call costs nothing
#: but time, because the status is a level and not an edge.
Announce = Callable[[], None]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How far a source is.

    ``end`` is how many bytes of the spool are written.  A live capture ends on a whole record;
    a byte stream may end inside one while it grows, and when it was ``stopped`` by us.  ``error`` says what ended the
    source early; what came before it stays readable.  The counters are the kernel's, of a live
    capture only: packets that passed the filter, packets dropped for want of buffer space,
    packets dropped by the interface.
    """

    end: int
    complete: bool
    received: int | None = None
    kernel_dropped: int | None = None
    interface_dropped: int | None = None
    error: TcptuiError | None = None
    stopped: bool = False


class Source(Protocol):
    """Something that packets come from."""

    @property
    def label(self) -> str:
        """What is open, as safe text: a file name, an interface, or ``-``."""

    @property
    def growing(self) -> bool:
        """Whether bytes may be added to the spool after `start`; never so for a plain file."""

    @property
    def live(self) -> bool:
        """Whether packets arrive as they happen: an interface or a stream, not a file being unpacked."""

    @property
    def descriptor(self) -> int:
        """The spool, for pread; valid until `close`."""

    @property
    def limit_bytes(self) -> int | None:
        """What a temporary spool of packets that arrive as they happen may hold; None for others: all is kept."""

    def release(self, offset: int) -> bool:
        """Give the bytes before the record at ``offset`` back to the disk; False where that cannot be done.

        What is still being copied elsewhere is given back with a later call.
        """

    def start(self, announce: Announce) -> None:
        """Start the sniffer thread, if the source needs one."""

    def status(self) -> SourceStatus:
        """The level now; from any thread, never waits."""

    def stop(self) -> None:
        """End the growth and wait shortly for it; idempotent.  The spool stays readable."""

    def keep_spool(self) -> bool:
        """Have `close` leave a temporary spool that holds anything for the next start to find; whether there is one.

        For an end that was not the user's decision.
        """

    def close(self) -> None:
        """Stop, and give up the spool and every descriptor; idempotent."""
