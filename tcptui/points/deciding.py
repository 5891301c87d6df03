"""The connections of which a pair of captures may decide something: no other ones have to be judged for it.

Judging takes longer than all else, and most connections have nothing that another capture could add to.  Each question
of `tcptui.points.joined` has a condition here that its answer needs; a connection that meets none is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import StreamMark
from tcptui.model.packet_store import OptionBit
from tcptui.points.changes import Change
from tcptui.points.fates import Fate
from tcptui.points.keys import by_group

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.points.evidence import PointEvidence
    from tcptui.points.merge import Hop
    from tcptui.points.segments import Mask
    from tcptui.points.splits import Splits

#: Half of the least that a server's time is told of (rules/findings.md#server-think-time).
_LEAST_WAIT_NS: Final = 100_000_000
_NEGOTIATED: Final = int(OptionBit.WINDOW_SCALE | OptionBit.SACK_PERMITTED | OptionBit.TIMESTAMPS)
_OPTIONS: Final = frozenset({Change.SACK, Change.TIMESTAMPS, Change.WINDOW_SCALE})
_BOTH_SYNS: Final = int(StreamMark.SYN_A | StreamMark.SYN_B)
_RESETS: Final = int(StreamMark.RST_A | StreamMark.RST_B)


def asked_streams(hop: Hop, splits: Splits, points: tuple[PointEvidence, PointEvidence]) -> tuple[I64, I64]:
    """The streams of A, and of B, whose findings the pair may decide, ascending."""
    if hop.clocks is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    count = len(hop.pairs)
    asked = np.bincount(splits.pair[splits.total_ns >= _LEAST_WAIT_NS], minlength=count) > 0
    for seen, missing in zip(points, hop.missing, strict=True):
        told = missing.index[np.isin(missing.fate, (Fate.NOT_CAPTURED, Fate.DUPLICATED))]
        for index in (told, _sent_again(seen), _overtaken(seen)):
            asked |= np.bincount(seen.side.pair[index], minlength=count) > 0
        asked |= _opening(seen, count)
    for number, changes in enumerate(hop.changes):
        asked[number] |= any(one.change in _OPTIONS for one in changes)
    asked &= hop.pairs.is_same & hop.is_placed
    found = []
    for capture, paired in ((hop.a, hop.pairs.a), (hop.b, hop.pairs.b)):
        marks = capture.streams.marks[: capture.streams.count]
        # A client whose SYN had no SYN-ACK in answer, or that gave up before.
        lone: Mask = ((marks & _BOTH_SYNS) != 0) & (((marks & _BOTH_SYNS) != _BOTH_SYNS) | ((marks & _RESETS) != 0))
        lone[paired] = asked
        found.append(np.flatnonzero(lone))
    return found[0], found[1]


def _sent_again(seen: PointEvidence) -> I64:
    """Packets that passed this point first and carry nothing that had not passed before."""
    _, end = seen.numbers
    sent = np.flatnonzero(seen.takes & seen.leaves)
    sent = sent[by_group(seen.way[sent])]
    highest = np.maximum.accumulate(end[sent])  # directions ascend, so none reaches into the next one
    again: I64 = sent[1:][end[sent[1:]] <= highest[:-1]]
    return again


def _overtaken(seen: PointEvidence) -> I64:
    """Packets that the other point saw before one that this point saw earlier."""
    came = np.flatnonzero(seen.takes & ~seen.leaves & (seen.linked >= 0))
    came = came[by_group(seen.way[came])]
    place = seen.way[came] * (len(seen.other) + 1) + seen.linked[came]
    late: I64 = came[place < np.maximum.accumulate(place)] if len(came) else came
    return late


def _opening(seen: PointEvidence, count: int) -> Mask:
    """By pair: whether SYNs, SYN-ACKs, options or resets at this point leave a question."""
    opens = np.flatnonzero(seen.side.flags)  # FINs, too
    pair = seen.side.pair[opens]

    def number(chosen: Mask) -> I64:
        return np.bincount(pair[chosen], minlength=count)

    syn_acks, options = seen.is_syn_ack(opens), seen.side.column("options")[opens]
    syns = number(seen.is_syn(opens))
    found: Mask = (syns > 1) | ((syns > 0) & (number(syn_acks) == 0)) | (number(syn_acks & seen.leaves[opens]) > 1)
    found |= number(seen.is_reset(opens)) > 0
    found |= number(syn_acks & ((options & np.uint16(_NEGOTIATED)) != _NEGOTIATED)) > 0
    return found
