"""Rule about a receiver that shrinks its window: it takes back room it had offered (RFC 9293, 3.8.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import SCALE_UNKNOWN
from tcptui.analysis.stream.unwrapped_seq import NOTHING
from tcptui.analysis.timing.send_gaps import NO_LIMIT_NS, window_edges
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import SUSPECT, WINDOW_CLOSED
from tcptui.model.arrays import chunks, indexes_of, sorted_unique
from tcptui.model.batched import integer
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import I64, OptionBit
from tcptui.model.tcp_flags import RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Fewest offers (segments that advertise a window) needed to judge.
FEWEST_OFFERS: Final = 3


@dataclass(frozen=True)
class _Taken:
    """Offers of a lower right window edge than the highest before them, each confirmed by the next offer."""

    at: I64
    """Indexes of the segments."""
    best: I64
    """The highest right edge offered up to then."""
    edge: I64
    """The right edge offered by the segment."""


def window_shrunk(connection: ConnectionFacts) -> Finding | None:
    """`window-shrunk`: an end took back room that it had offered (RFC 9293, 3.8.6: it should not)."""
    for receiver in (0, 1):
        finding = _shrunk(connection, receiver)
        if finding is not None:
            return finding
    return None


def _most_offers(connection: ConnectionFacts, receiver: int) -> int:
    """How many segments of ``receiver`` may offer a window: neither SYN nor RST."""
    side = connection.side
    others = sum(side[i] == receiver for i in {*connection.syns, *connection.rsts})
    return connection.packets_by_side[receiver] - others


def _offers(connection: ConnectionFacts, receiver: int) -> Iterator[tuple[I64, I64]]:
    """Indexes of the segments of ``receiver`` that offer a window, and their right edges, a chunk at a time.

    Segments that acknowledge unseen data, or less than one before them, are left out.
    """
    view, space, side = connection.view, connection.space, 1 - receiver
    for part in chunks(len(view)):
        mine = (view.from_server[part] == bool(receiver)) & ((view.flags[part] & (SYN | RST)) == 0)
        offers = indexes_of(mine) + part.start
        edges, given = window_edges(view, space, offers), space.ack[offers]
        valid = (edges < NO_LIMIT_NS) & (given == space.acknowledged[side][offers])
        valid &= given <= space.sent[side][offers]
        if valid.any():
            yield offers[valid], edges[valid]


def _taken_back(connection: ConnectionFacts, receiver: int, unit: int) -> _Taken | None:
    """The offers whose right edge is lower than the highest before by more than ``unit`` bytes; None without any."""
    found: list[tuple[I64, I64, I64]] = []
    count, highest = 0, NOTHING
    last: tuple[I64, I64, I64] | None = None
    for offers, edges in _offers(connection, receiver):
        count += len(offers)
        # A single ACK captured out of order looks the same: the next offer must confirm it.
        if last is not None and integer(edges[0]) < highest:
            found.append(last)
        best = np.maximum.accumulate(np.concatenate(([highest], edges)))[1:]
        highest = integer(best[-1])
        shrunk = best - edges > unit
        last = (offers[-1:], best[-1:], edges[-1:]) if shrunk[-1] else None
        shrunk[:-1] &= edges[1:] < best[:-1]
        shrunk[-1] = False
        if shrunk.any():
            found.append((offers[shrunk], best[shrunk], edges[shrunk]))
    if count < FEWEST_OFFERS or not found:
        return None
    return _Taken(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _shrunk(connection: ConnectionFacts, receiver: int) -> Finding | None:
    view, side = connection.view, 1 - receiver
    scale = view.scale_server if receiver else view.scale_client
    if scale == SCALE_UNKNOWN or _most_offers(connection, receiver) < FEWEST_OFFERS:
        return None
    # Scaled windows are rounded (RFC 7323, 2.3): an edge that is lower by up to two units of the scale is not shrunk.
    taken = _taken_back(connection, receiver, 2 << max(scale, 0))
    if taken is None:  # nearly always; what follows is another pass over all segments
        return None
    found = indexes_of(_are_new(connection, receiver, taken.at))
    if not len(found):
        return None
    room = taken.best - taken.edge
    worst = int(found[int(np.argmax(room[found]))])
    best = integer(taken.best[worst])
    offered = (offers[edges >= best] for offers, edges in _offers(connection, receiver))
    offer = next(int(offers[0]) for offers in offered if len(offers))
    refusal = int(taken.at[worst])
    lost = (
        integer(connection.space.sent[side][refusal])
        - integer(connection.space.ack[refusal])
        - integer(view.window[refusal])
    )
    again = [r.index for r in connection.resends if connection.side[r.index] == side and r.index > refusal]
    dropped = lost > 0 and bool(again)
    return connection.finding(
        FindingId.WINDOW_SHRUNK,
        [offer, int(taken.at[int(found[0])]), refusal, *again[:6]],
        Severity.WARNING if dropped else Severity.NOTE,
        Confidence.CERTAIN,
        ("buffer-made-smaller", "memory-pressure"),
        shape="dropped" if dropped else "",
        receiver=SIDES[receiver],
        sender=SIDES[side],
        offer_frame=connection.frame[offer],
        first_frame=connection.frame[refusal],
        offered_bytes=integer(view.window[offer]),
        left_bytes=integer(view.window[refusal]),
        taken_bytes=integer(room[worst]),
        beyond_bytes=max(lost, 0),
        resends=len(again),
    )


def _are_new(connection: ConnectionFacts, receiver: int, chosen: I64) -> NDArray[np.bool_]:
    """A mask: which of the offers ``chosen`` were sent after those before them and are no copies.

    The order is judged by timestamps where all offers have one; a copy has the IP ID and timestamp of another offer.
    """
    view = connection.view
    keys = sorted_unique(_keys(connection, chosen))
    first = np.full(len(keys), len(view), np.int64)
    in_order, stamped = np.zeros(len(chosen), np.bool_), True
    origin, newest = np.uint32(0), -(1 << 31)
    for offers, _edges in _offers(connection, receiver):
        if newest == -(1 << 31):
            origin = np.uint32(view.ts_value[offers[0]])
        stamped &= bool(((view.options[offers] & OptionBit.TIMESTAMPS) != 0).all())
        since = (view.ts_value[offers] - origin).view(np.int32)
        latest = np.maximum.accumulate(np.concatenate((np.array([newest], np.int32), since)))
        newest = int(latest[-1])
        here = indexes_of((chosen >= offers[0]) & (chosen <= offers[-1]))
        place = offers.searchsorted(chosen[here])
        in_order[here] = since[place] > latest[place]  # offers of one tick may have changed places
        known, at = np.unique(_keys(connection, offers), return_index=True)
        which = np.minimum(known.searchsorted(keys), len(known) - 1)
        met = known[which] == keys
        first[met] = np.minimum(first[met], offers[at[which[met]]])
    alone: NDArray[np.bool_] = (view.ip_id[chosen] == 0) | (
        first[keys.searchsorted(_keys(connection, chosen))] == chosen
    )
    return alone & in_order if stamped else alone


def _keys(connection: ConnectionFacts, which: I64) -> I64:
    """IP ID and timestamp of each segment as one number, which tells it from others of its sender."""
    view = connection.view
    return (view.ip_id[which].astype(np.int64) << 32) | view.ts_value[which].astype(np.int64)


RULES: Final = ((WINDOW_CLOSED | SUSPECT, window_shrunk),)
