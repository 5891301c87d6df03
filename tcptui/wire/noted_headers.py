"""The decoder's walk for readers of headers that it has no columns for: each header is noted as it is reached.

Noted is what an ethertype or an IP protocol number names, in tunnels and in what ICMP errors quote, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcptui.model.other_protocol import Space
from tcptui.wire.decode import walk
from tcptui.wire.header_walk import I64, Bool, Dispatch, Frames, Heads
from tcptui.wire.ip import IP_PROTOCOLS
from tcptui.wire.link.types import ETHERTYPES, LINKS

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Note(NamedTuple):
    """Headers that were reached in one step of the walk; columns are parallel."""

    space: Space
    """ETHERTYPE or IP: the kind of `number`."""
    number: I64
    frame: I64
    """Which frame of the batch each is in; a frame is at most once in a note."""
    offset: I64
    """Where the header begins."""
    end: I64
    """Where what contains it ends on the wire."""
    quoted: Bool
    """True of a header that an ICMP error quotes."""
    version: I64
    """4 or 6, of the IP header in front; 0 without one."""
    address: NDArray[np.uint64]
    """4 x n, of the IP header in front: source high, low, destination high, low."""


@dataclass
class NotingFrames(Frames):
    """A batch whose walk notes headers."""

    notes: list[Note] = field(default_factory=list)
    """In the order of the walk: of one frame, the outermost header first."""

    def send_by(self, table: Dispatch, numbers: I64, frames: I64, offsets: I64) -> None:
        """Note where headers with an ethertype or an IP protocol begin, then send the frames on."""
        if len(frames) and (table is ETHERTYPES or table is IP_PROTOCOLS):
            self.notes.append(
                Note(  # of copies: the numbers may be a column of the batch, which goes on changing
                    Space.ETHERTYPE if table is ETHERTYPES else Space.IP, numbers.copy(), frames, offsets,
                    self.end[frames], self.quoted[frames], self.version[frames], self.address[:, frames],
                )
            )  # fmt: skip
        super().send_by(table, numbers, frames, offsets)


def walk_noting(heads: Heads) -> NotingFrames:
    """The batch of the frames that begin with ``heads``, after the walk."""
    batch = NotingFrames.of(heads.buffer, heads.start, heads.captured, heads.wire)
    batch.send_by(LINKS, heads.links, batch.every, np.zeros(len(heads.start), np.int64))
    walk(batch)
    return batch
