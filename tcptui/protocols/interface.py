"""What an application protocol offers the rest of the program; `tcptui.protocols.registry` lists those there are.

prefilter     columns and first bytes: which streams are worth reading without being asked
begins        the bytes of one segment: whether a message of the protocol begins there
parse         both directions, from wherever the capture began → `ParsedStream`
    units         which bytes make up each message, and which packet's tree shows it
    add_layers    the header tree of one packet
    parts         the decoded text of *follow stream*
    requests      what was asked, how it was answered, and when
judged        rules in `tcptui.findings.rules` judge what it says
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.model.sparse_mask import SparseMask
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.parts import Part
    from tcptui.protocols.row_notes import NotedRows
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace

#: Messages read of one connection; each costs a few KiB.
UNIT_LIMIT: Final = 5_000


@dataclass(frozen=True, slots=True)
class Unit:
    """A message, or whatever else the protocol delimits: bytes ``start … stop`` of one direction."""

    start: int
    stop: int
    frame: int
    """The packet whose header tree shows it: that with which it had arrived (0: none was captured)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One operation that the client asked for, with the answer as far as it was captured."""

    operation: str
    """Text from the packets, not yet safe to print; secrets are left out."""
    status: str
    """The answer's code; empty without an answer."""
    first_frame: int
    """The packet that brought the request's first byte; 0 unknown."""
    last_frame: int
    """The packet that completed the answer, or the request where there is none."""
    first_ns: int
    last_ns: int


class ParsedStream(Protocol):
    """One connection as one protocol reads it.  Everything may raise OSError when the spool is gone."""

    def units(self, place: SegmentPlace) -> Sequence[Unit]:
        """The messages of which that segment carries at least one byte, in order."""
        ...

    def was_left_out(self, place: SegmentPlace) -> bool:
        """Whether reading ended before that segment because there was too much."""
        ...

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """Append what had arrived with the packet to its header tree; False: its bytes are not explained."""
        ...

    def parts(self) -> Iterator[Part]:
        """What was said, decoded, in the order in which it could be heard."""
        ...

    def requests(self) -> Iterator[Request]:
        """The operations, in the order in which they were asked for."""
        ...


class StreamPrefilter(Protocol):
    """Which streams are worth reading byte by byte; grows with the capture.  One thread at a time may `update`."""

    def update(self) -> None:
        """Take in the rows found since last time."""
        ...

    def suspects(self) -> SparseMask:
        """Streams that may hold more than a note."""
        ...

    def read(self, suspects: SparseMask) -> SparseMask:
        """Streams that are judged without being asked for: ``suspects``, and a few beside them."""
        ...

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Forget ``streams`` (ascending), which were evicted."""
        ...

    def speaks(self, stream: int) -> bool:
        """Whether a message of the protocol was seen in ``stream``."""
        ...

    def error_rows(self, stream: int) -> list[tuple[int, int]]:
        """Rows of ``stream`` that begin an answer about an error, and its code, in capture order."""
        ...


#: Makes a prefilter from the packet columns, the stream table, the noted rows, and what reads a row's payload.
MakePrefilter = Callable[["PacketStore", "StreamTable", "NotedRows", Callable[[int], bytes]], StreamPrefilter]


@dataclass(frozen=True, slots=True)
class ApplicationProtocol:
    """One row of the registry."""

    name: str
    """Wireshark's short name."""
    begins: Callable[[bytes], bool]
    parse: Callable[[ByteStream, ByteStream, int], ParsedStream | None]
    """Client, server, messages read at most; None when the connection speaks something else."""
    prefilter: MakePrefilter | None = None
    """None: streams are read when somebody opens them."""
    judged: bool = False
