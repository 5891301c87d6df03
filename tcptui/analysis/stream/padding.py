"""Ethernet padding that a wrong IP length counts as payload (rules/findings.md#capture-padding).

A frame has 46 bytes behind its Ethernet header at least, 42 behind a VLAN tag.  Where something on the way sets the
IP length to what the frame has, bare ACKs seem to carry 6 zero bytes, SYNs of 44 bytes 2.  The decoder marks segments
that look so (`DecodeIssue.ZERO_FILLED`); whether their bytes are data is told by the sender, which goes on at the
number before them, and by the receiver, which never acknowledges them.  Verdicts count them, as tshark's do.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.marked import of_each_end
from tcptui.model.arrays import flatnonzero32
from tcptui.model.packet_store import DecodeIssue
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.columns import SegmentBlock
    from tcptui.model.packet_store import I32, I64

    Bools = NDArray[np.bool_]

#: Where a sender's short packets are not all filled, so many must show that their bytes are none of its data.
SHOWN_OFTEN: Final = 3
#: A TCP header without options (RFC 9293, 3.1): only such segments are shorter than Ethernet's minimum by 6 bytes.
_BARE_HEADER: Final = 20
_ZERO_FILLED: Final = np.uint16(DecodeIssue.ZERO_FILLED)
#: Below every number.
_NONE: Final = -(1 << 40)


def padded(block: SegmentBlock) -> I32:
    """Indexes of the segments in ``block`` whose payload is padding, ascending."""
    marked: I32 = flatnonzero32((block.column("issues") & _ZERO_FILLED) != 0)
    marked = marked[(block.column("flags")[marked] & RST) == 0]
    return of_each_end(block, marked, partial(_padded_of, block))


def _padded_of(block: SegmentBlock, segments: I32, from_b: bool) -> I32:
    """The ``segments``, all of one stream, in which that end's packets were filled; none where bytes are data."""
    flags, length = block.column("flags")[segments], np.maximum(block.raw("length")[segments], 0)
    own = block.column("from_b")[segments] == from_b
    filled = own & ((block.column("issues")[segments] & _ZERO_FILLED) != 0) & ((flags & RST) == 0)
    places = np.flatnonzero(filled)
    if not len(places):
        return segments[:0]
    # Numbers as signed distances from the base: beyond 2 GiB nothing is said.
    seq = block.column("seq")[segments].astype(np.int32).astype(np.int64)
    ack = block.column("ack")[segments].astype(np.int32).astype(np.int64)
    counted = ((flags & SYN) != 0).astype(np.int64) + ((flags & FIN) != 0)
    end = seq + counted + np.where(filled, 0, length)
    sent = np.maximum.accumulate(np.where(own & ((flags & RST) == 0), end, _NONE))
    heard = int(np.where(~own & ((flags & ACK) != 0), ack, _NONE).max())
    if heard > int(sent[-1]) or _went_on_after(seq, own, places, end[places], length[places]):
        return segments[:0]  # somebody counts the bytes: they are data
    shown = _went_on_before(seq, ack, filled, own, places, end[places])
    short = own & (length == 0) & (block.raw("header_length")[segments] == _BARE_HEADER) & ((flags & RST) == 0)
    enough = shown >= (SHOWN_OFTEN if short.any() else 1)
    return segments[places] if enough else segments[:0]


def _following(own: Bools, places: I64) -> I64:
    """The sender's next segment after each of ``places``; -1 without one."""
    mine = np.append(np.flatnonzero(own), -1)
    following: I64 = mine[np.searchsorted(mine[:-1], places, side="right")]
    return following


def _went_on_after(seq: I64, own: Bools, places: I64, end: I64, size: I64) -> bool:
    """Whether the sender went on behind the bytes of one of ``places``, as it does behind data."""
    after = _following(own, places)
    return bool(((after >= 0) & (seq[after] == end + size)).any())


def _went_on_before(seq: I64, ack: I64, filled: Bools, own: Bools, places: I64, end: I64) -> int:
    """How many of ``places`` were followed by a segment that begins where their bytes do and is no repetition."""
    after = _following(own, places)
    again = filled[after] & (seq[after] == seq[places]) & (ack[after] == ack[places])
    return int(np.count_nonzero((after >= 0) & (seq[after] == end) & ~again))
