"""Headers of UDP and ICMP in a batch of frames: those in tunnels, and those that ICMP errors quote, too.

They are found by the steps of the decoder (`decode.walk`), wherever it sends a frame on by an IP protocol number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.wire.decode import fragment_at, walk
from tcptui.wire.header_walk import I64, PADDING, U8, Bool, Dispatch, Frames
from tcptui.wire.ip import IP_PROTOCOLS, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_UDP, dispatch
from tcptui.wire.link.types import LINKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

#: Bytes that are read from the beginning of each header on: as many as UDP and a message of DNS have as headers.
HEAD: Final = 20
_NOTED: Final = (PROTOCOL_UDP, PROTOCOL_ICMP, PROTOCOL_ICMPV6)


class DatagramHeaders(NamedTuple):
    """Headers in the order of their frames, the outermost of a frame first; columns are parallel."""

    frame: I64
    """Which frame of the batch each is in."""
    protocol: I64
    """IP protocol number: UDP, ICMP or ICMPv6."""
    head: U8
    """n x `HEAD`: the bytes from the header on; what is behind the first `held` belongs to something else."""
    held: I64
    """How many bytes from the header on were captured and belong to its IP packet."""
    room: I64
    """How many bytes from the header on its IP packet had on the wire."""
    is_quoted: Bool
    """True of a header that an ICMP error quotes."""
    version: I64
    """4 or 6, of the IP header in front."""
    address: NDArray[np.uint64]
    """n x 4, of the IP header in front: source high, low, destination high, low."""

    def only(self, at: I64) -> DatagramHeaders:
        """The headers ``at`` these places."""
        return DatagramHeaders._make(column[at] for column in self)


@dataclass
class _Noting(Frames):
    """A batch whose walk notes these headers."""

    noted: list[DatagramHeaders] = field(default_factory=list)

    def send_by(self, table: Dispatch, numbers: I64, frames: I64, offsets: I64) -> None:
        """Note where such a header begins, then send the frames on."""
        if table is IP_PROTOCOLS:
            mine = np.flatnonzero(np.isin(numbers, _NOTED))
            if len(mine):
                at, begin = frames[mine], offsets[mine]
                end, address = self.end[at], np.ascontiguousarray(self.address[:, at].T)
                self.noted.append(
                    DatagramHeaders(
                        at, numbers[mine], self.read(at, begin, HEAD), np.minimum(self.captured[at], end) - begin,
                        end - begin, self.quoted[at], self.version[at], address,
                    )
                )  # fmt: skip
        super().send_by(table, numbers, frames, offsets)


def read_datagram_headers(
    buffer: U8,
    start: I64,
    captured: I64,
    wire: I64,
    link_types: I64,
    completed: Callable[[int], Sequence[bytes]],
) -> DatagramHeaders:
    """The headers in the frames at ``start`` in ``buffer``, which ends with `PADDING` bytes that belong to none.

    ``completed``: what lies behind the IP headers of the datagrams that a frame with a fragment completes, the
    outermost first.
    """
    batch = _Noting.of(buffer, start, captured, wire)
    batch.send_by(LINKS, link_types, batch.every, np.zeros(len(start), np.int64))
    walk(batch)
    noted = batch.noted
    for frame, offset in batch.fragments:
        outer, at = batch, (frame, offset)
        for payload in completed(frame):
            inner = _datagram(outer, *at, payload)
            noted += [one._replace(frame=one.frame + frame) for one in inner.noted]
            if not inner.fragments:
                break
            outer, at = inner, inner.fragments[0]
    if not noted:
        none = np.zeros(0, np.int64)
        return DatagramHeaders(none, none, np.zeros((0, HEAD), np.uint8), none, none, none > 0, none,
                               np.zeros((0, 4), np.uint64))  # fmt: skip
    found = DatagramHeaders._make(np.concatenate(column) for column in zip(*noted, strict=True))
    return found.only(np.argsort(found.frame, kind="stable"))


def _datagram(outer: Frames, frame: int, offset: int, payload: bytes) -> _Noting:
    """The walk through a datagram with ``payload``, whose last fragment has its IP header at ``offset``."""
    one = np.zeros(1, np.int64)
    size = one + len(payload)
    inner = _Noting.of(np.frombuffer(payload + bytes(PADDING), np.uint8), one, size, size)
    last = fragment_at(outer, frame, offset, ())
    inner.protocol[0] = 0 if last is None else last.protocol
    inner.version[0], inner.address[:, 0] = outer.version[frame], outer.address[:, frame]
    dispatch(inner, one, one)
    walk(inner)
    return inner
