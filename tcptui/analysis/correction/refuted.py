"""RSTs and FINs that what follows refutes: their alleged sender goes on as no end does that has sent them.

An end that has reset a connection acknowledges nothing any more (RFC 9293, 3.10.7.1), and one that has sent FIN has no
byte left to send under the FIN's own number (3.10.4).  Where it does so in a later packet, somebody else wrote the
RST or the FIN.  A single TTL is never the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.resend.ip_id import number_step
from tcptui.analysis.stream.unwrapped_seq import sequence_space
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import integer, places_of
from tcptui.model.tcp_flags import FIN, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.unwrapped_seq import SequenceSpace
    from tcptui.analysis.stream.view import StreamView

#: Most FINs of a stream that are looked at: all behind each of them is searched.
FINS_LOOKED_AT: Final = 32
#: A recorder with several queues may note packets in another order than they passed, but not as far apart as this.
REORDERED_NS: Final = 100_000
#: IP packet numbers of which the RST's is so little behind are of one counter: it overtook the others.
_OVERTAKEN: Final = 16


class Refuted(NamedTuple):
    """A RST or FIN that ended nothing; all are indexes into the view."""

    at: int
    witness: int
    """The packet that its alleged sender, or the receiver of its bytes, cannot have sent afterwards."""
    data: int
    """The segment whose bytes ``witness`` acknowledges."""


def refuted_ends(view: StreamView) -> list[Refuted]:
    """The refuted RSTs and FINs of ``view`` that carry no payload, in capture order; found once."""
    if refuted_ends not in view.kept:
        space = sequence_space(view)
        ends = ((view.flags & (RST | FIN)) != 0) & ((view.flags & SYN) == 0) & (view.length == 0)
        is_reset = (view.flags & RST) != 0
        asked = np.concatenate((indexes_of(ends & is_reset), indexes_of(ends & ~is_reset)[:FINS_LOOKED_AT]))
        syns = np.cumsum((view.flags & SYN) != 0) if len(asked) else asked
        found = (_refuted(view, space, syns, index) for index in np.sort(asked).tolist())
        view.kept[refuted_ends] = [each for each in found if each is not None]
    known: list[Refuted] = view.kept[refuted_ends]
    return known


def _refuted(view: StreamView, space: SequenceSpace, syns: NDArray[np.intp], index: int) -> Refuted | None:
    """``syns``: how many segments with SYN there are up to each; behind one, another connection begins."""
    side = int(view.from_server[index])
    found = (_of_reset if integer(view.flags[index]) & RST else _of_fin)(view, space, index, side)
    if found is None or syns[found.witness - 1] > syns[index]:
        return None
    return found


def _of_reset(view: StreamView, space: SequenceSpace, index: int, side: int) -> Refuted | None:
    """Whether ``side`` acknowledges what the other end sent only after this RST had passed."""
    sent, acknowledged = space.sent[1 - side], space.acknowledged[1 - side]
    known = integer(sent[index])
    if integer(acknowledged[-1]) <= known:
        return None
    witness = int(places_of(acknowledged, known, side="right"))
    data = int(places_of(sent, known, side="right"))
    if not index < data < witness or integer(acknowledged[witness]) > integer(sent[witness]):
        return None
    if view.time_ns[data] - view.time_ns[index] < REORDERED_NS or integer(space.latest[1 - side][-1]) <= witness:
        return None
    numbers = view.ip_id.item(witness), view.ip_id.item(index)
    if all(numbers) and 0 < number_step(*numbers) <= _OVERTAKEN:
        return None
    return Refuted(index, witness, data)


def _of_fin(view: StreamView, space: SequenceSpace, index: int, side: int) -> Refuted | None:
    """Whether ``side`` sends a byte under the number of this FIN, and the other end acknowledges more than that."""
    sent, acknowledged, edge = space.sent[side], space.acknowledged[side], integer(space.end[index])
    if integer(sent[-1]) <= edge or integer(acknowledged[-1]) <= edge:
        return None
    witness = int(places_of(acknowledged, edge, side="right"))
    covers = (space.seq[index:] < edge) & (space.end[index:] >= edge) & (view.length[index:] > 0)
    covers &= view.from_server[index:] == bool(side)
    places = indexes_of(covers)
    data = index + int(places[0]) if len(places) else len(view)
    if not index < data < witness or view.time_ns[data] - view.time_ns[index] < REORDERED_NS:
        return None
    return Refuted(index, witness, data)
