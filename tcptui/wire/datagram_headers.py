"""Headers of UDP and ICMP in a batch of frames: those in tunnels, and those that ICMP errors quote, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.model.other_protocol import Space
from tcptui.wire.decode import fragment_at, walk
from tcptui.wire.header_walk import I64, PADDING, U8, Bool, Frames, Heads
from tcptui.wire.ip import PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_UDP, dispatch
from tcptui.wire.noted_headers import NotingFrames, walk_noting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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


def read_datagram_headers(heads: Heads, completed: Callable[[int], Sequence[bytes]]) -> DatagramHeaders:
    """The headers in the frames that begin with ``heads``.

    ``completed``: what lies behind the IP headers of the datagrams that a frame with a fragment completes, the
    outermost first.
    """
    batch = walk_noting(heads)
    noted = [*_datagrams(batch)]
    for frame, offset in batch.fragments:
        outer, at = batch, (frame, offset)
        for payload in completed(frame):
            inner = _completed(outer, *at, payload)
            noted += [one._replace(frame=one.frame + frame) for one in _datagrams(inner)]
            if not inner.fragments:
                break
            outer, at = inner, inner.fragments[0]
    if not noted:
        none = np.zeros(0, np.int64)
        return DatagramHeaders(none, none, np.zeros((0, HEAD), np.uint8), none, none, none > 0, none,
                               np.zeros((0, 4), np.uint64))  # fmt: skip
    found = DatagramHeaders._make(np.concatenate(column) for column in zip(*noted, strict=True))
    return found.only(np.argsort(found.frame, kind="stable"))


def _datagrams(batch: NotingFrames) -> Iterator[DatagramHeaders]:
    for note in batch.notes:
        mine = np.flatnonzero(np.isin(note.number, _NOTED)) if note.space is Space.IP else ()
        if len(mine):
            at, begin, end = note.frame[mine], note.offset[mine], note.end[mine]
            yield DatagramHeaders(
                at, note.number[mine], batch.read(at, begin, HEAD), np.minimum(batch.captured[at], end) - begin,
                end - begin, note.quoted[mine], note.version[mine], np.ascontiguousarray(note.address[:, mine].T),
            )  # fmt: skip


def _completed(outer: Frames, frame: int, offset: int, payload: bytes) -> NotingFrames:
    """The walk through a datagram with ``payload``, whose last fragment has its IP header at ``offset``."""
    one = np.zeros(1, np.int64)
    size = one + len(payload)
    inner = NotingFrames.of(np.frombuffer(payload + bytes(PADDING), np.uint8), one, size, size)
    last = fragment_at(outer, frame, offset, ())
    inner.protocol[0] = 0 if last is None else last.protocol
    inner.version[0], inner.address[:, 0] = outer.version[frame], outer.address[:, frame]
    dispatch(inner, one, one)
    walk(inner)
    return inner
