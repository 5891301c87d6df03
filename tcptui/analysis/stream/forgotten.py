"""Payload that a capture file lacks without saying so (rules/findings.md#capture-truncated).

A tool that shortens frames has to leave their original length in the record.  Where it does not, frames seem to have
been as short on the wire as they are in the file, while the IP header still counts every byte.  The decoder keeps the
difference (`PacketStore.forgotten`); that the bytes passed is told by their sender, which goes on behind them, or by
the receiver, which acknowledges them.  Verdicts count the bytes of the file, as tshark's do.
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
    from tcptui.analysis.stream.columns import SegmentBlock
    from tcptui.model.packet_store import I32

_LENGTH_FORGOTTEN: Final = np.uint16(DecodeIssue.LENGTH_FORGOTTEN)


def forgotten(block: SegmentBlock, lacking: I32) -> I32:
    """Indexes of the segments in ``block`` that were longer than the file says, ascending.

    ``lacking``: for each segment the bytes that its IP header counts and the file does not.
    """
    marked: I32 = flatnonzero32((block.raw("issues") & _LENGTH_FORGOTTEN) != 0)
    marked = marked[
        ((block.raw("flags")[marked] & RST) == 0) & (lacking[marked] > 0) & (block.raw("length")[marked] >= 0)
    ]
    return of_each_end(block, marked, partial(_forgotten_of, block, marked, lacking))


def _forgotten_of(block: SegmentBlock, marked: I32, lacking: I32, segments: I32, from_b: bool) -> I32:
    """The ``marked`` that this end sent; none unless the ``segments`` of the stream show that they were longer."""
    by_b, flags = block.column("from_b"), block.raw("flags")
    marked = np.intersect1d(marked, segments[by_b[segments] == from_b], assume_unique=True)
    if not len(marked):
        return marked
    seq, ack = block.column("seq"), block.column("ack")
    own = segments[(by_b[segments] == from_b) & ((flags[segments] & RST) == 0)]
    heard = segments[(by_b[segments] != from_b) & ((flags[segments] & (ACK | RST)) == ACK)]
    numbers = np.concatenate((seq[own], ack[heard]))
    counted = ((flags[marked] & SYN) != 0).astype(np.uint32) + ((flags[marked] & FIN) != 0)
    here = seq[marked] + block.raw("length")[marked].astype(np.uint32) + counted
    whole = here + lacking[marked].astype(np.uint32)
    shown = bool(np.isin(whole, numbers).any()) and not np.isin(here, numbers).any()
    return marked if shown else marked[:0]
