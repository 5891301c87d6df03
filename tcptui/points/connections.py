"""Which connection of one capture is which of the other: by numbers and bytes, never by names alone.

Each segment votes with a key of what it says; connections whose votes name each other are paired.  The kinds of keys
are tried in an order, each for the connections that are left: numbers beside the same addresses and ports; numbers and
timestamps through an address translator; the first SYN beside the same addresses, where a middlebox answered it with
numbers of its own; bytes, where all numbers were rewritten.  A proxy passes the same bytes on in a connection of its
own: those are legs, and nothing is called one connection that only bytes have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.tcp_flags import ACK, SYN
from tcptui.points.keys import commonest, joined, mixed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.keys import U64
    from tcptui.points.segments import Mask, Segments

#: How often the best pairs are taken out and the rest is looked at again.
_ROUNDS: Final = 16
#: Share of the votes of a pair that must agree on how numbers were moved.
_AGREE: Final = 0.5
#: Share of the segments with the same bytes whose other numbers must agree, too, for one connection: those of one that
#: was sent again do not.
_SAME: Final = 0.5
#: Fewest bytes' keys that two legs have in common: a request and its answer.
_LEGS_LEAST: Final = 2
_SEQUENCE: Final = 1 << 32


class Proof(Enum):
    """The votes that a pair needs, of one kind of key."""

    ANY = auto()
    BOTH_NUMBERS = auto()
    """A segment with numbers of both ends.

    Scanners send the same first SYN to many hosts, and a reset answers with the number of that.
    """
    STAMPS = auto()
    """The same, or a port in common."""


class Joined(Enum):
    """The relation of two paired connections."""

    SAME = "same-connection"
    LEGS = "legs"
    """Two connections that carried the same bytes: something between them ended TCP."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of connections, as columns of equal length."""

    a: I64
    """Streams of the first capture, …"""
    b: I64
    """… and of the second."""
    flipped: Mask
    """Whether endpoint *a* of one is endpoint *b* of the other."""
    shift: I64
    """Shape n x 2: what must be added to the sequence numbers of endpoint *a* of the first capture, and of *b*, to get
    those of the second, modulo 2**32."""
    is_same: Mask
    """`Joined.SAME`."""
    votes: I64
    """How many segments or payloads said so."""

    def __len__(self) -> int:
        return len(self.a)

    def same_by_stream(self, point: int) -> dict[int, int]:
        """By stream of the first capture (``point`` 0) or of the second (1) its pair, where both are one connection."""
        streams = (self.a, self.b)[point][self.is_same]
        return dict(zip(streams.tolist(), np.flatnonzero(self.is_same).tolist(), strict=True))

    def of(self, chosen: Mask | I64) -> Pairs:
        """The ``chosen`` ones, in that order."""
        return Pairs(
            self.a[chosen], self.b[chosen], self.flipped[chosen], self.shift[chosen], self.is_same[chosen],
            self.votes[chosen],
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence[Pairs]) -> Pairs:
        """All pairs of ``parts``."""
        return cls(
            np.concatenate([part.a for part in parts]), np.concatenate([part.b for part in parts]),
            np.concatenate([part.flipped for part in parts]), np.concatenate([part.shift for part in parts]),
            np.concatenate([part.is_same for part in parts]), np.concatenate([part.votes for part in parts]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Votes:
    """Places of segments that say the same, in both captures."""

    in_a: I64
    in_b: I64


def pair_connections(a: Segments, b: Segments) -> Pairs:
    """The connections of ``a`` and ``b`` that are one, or legs of one way; each is in one pair at most."""
    found: list[Pairs] = []
    free_a, free_b = (np.ones(one.capture.streams.count, np.bool_) for one in (a, b))
    for votes, proof in _ways(a, b, free_a, free_b):
        pairs = _elected(a, b, votes, proof)
        pairs = _moved_alike(a, b, votes, pairs)
        found.append(pairs)
        free_a[pairs.a], free_b[pairs.b] = False, False
    whole = Pairs.joined(found)
    return whole.of(np.lexsort((whole.b, whole.a)))


def _ways(a: Segments, b: Segments, free_a: Mask, free_b: Mask) -> Iterator[tuple[_Votes, Proof]]:
    """The votes of each kind of key, of the connections that are free by then; and what they must prove."""

    def left(one: Segments, free: Mask) -> I64:
        return np.flatnonzero(free[one.stream])

    sides = ((a, free_a), (b, free_b))
    places = [left(*side) for side in sides]
    keys = [mixed(one.endpoints_key(mine), _numbers(one, mine)) for (one, _), mine in zip(sides, places, strict=True)]
    yield _votes(places, keys), Proof.ANY
    for stamps in (True, False):
        places = [left(*side) for side in sides]
        if stamps:
            places = [mine[one.has_stamps(mine)] for (one, _), mine in zip(sides, places, strict=True)]
        keys = []
        for (one, _), mine in zip(sides, places, strict=True):
            numbers = _numbers(one, mine)
            keys.append(
                mixed(numbers, one.column("ts_value", mine), one.column("ts_echo", mine)) if stamps else numbers
            )
        yield _votes(places, keys), Proof.STAMPS if stamps else Proof.BOTH_NUMBERS
    places = [left(*side) for side in sides]
    places = [
        mine[(one.column("flags", mine) & np.uint16(SYN | ACK)) == SYN]
        for (one, _), mine in zip(sides, places, strict=True)
    ]
    keys = [
        mixed(one.endpoints_key(mine), one.column("seq", mine)) for (one, _), mine in zip(sides, places, strict=True)
    ]
    # One vote for each number: a SYN that nobody answers is sent again and again.
    firsts = [
        np.unique(mixed(key, one.stream[mine]), return_index=True)[1]
        for key, mine, (one, _) in zip(keys, places, sides, strict=True)
    ]
    places = [mine[first] for mine, first in zip(places, firsts, strict=True)]
    yield _votes(places, [key[first] for key, first in zip(keys, firsts, strict=True)]), Proof.ANY
    heads = [one.heads(left(one, free)) for one, free in sides]
    yield _votes([head[0] for head in heads], [head[1] for head in heads]), Proof.ANY


def _numbers(one: Segments, places: I64) -> U64:
    """Keys of sequence and ACK number, which hold through a translator of addresses."""
    return mixed(one.column("seq", places), one.acks(places), one.lasting_flags(places))


def _votes(places: list[I64], keys: list[U64]) -> _Votes:
    """One vote for each pair of segments that have a key in common."""
    in_a, in_b = joined(keys[0], keys[1])
    return _Votes(places[0][in_a], places[1][in_b])


def _elected(a: Segments, b: Segments, votes: _Votes, proof: Proof) -> Pairs:
    """Connections whose votes name each other, and nobody as often."""
    flipped = a.from_b(votes.in_a) != b.from_b(votes.in_b)
    edge = (a.stream[votes.in_a].astype(np.int64) << 32 | b.stream[votes.in_b]) << 1 | flipped
    edges, which, counts = np.unique(edge, return_inverse=True, return_counts=True)
    of_a, of_b = edges >> 33, edges >> 1 & 0xFFFF_FFFF
    if proof is not Proof.ANY:
        both = (a.column("seq", votes.in_a) != 0) & (a.acks(votes.in_a) != 0)
        kept = np.bincount(which[both], minlength=len(edges)) > 0
        if proof is Proof.STAMPS:
            kept |= _shares_port(a, b, of_a, of_b)
        edges, counts, of_a, of_b = edges[kept], counts[kept], of_a[kept], of_b[kept]
    taken: list[I64] = []
    open_edges = np.arange(len(edges))
    for _ in range(_ROUNDS):
        here_a, here_b, here = of_a[open_edges], of_b[open_edges], counts[open_edges]
        best = _is_best(here_a, here) & _is_best(here_b, here)
        if not best.any():
            break
        taken.append(open_edges[best])
        stays = ~(np.isin(here_a, here_a[best]) | np.isin(here_b, here_b[best]))
        open_edges = open_edges[stays]
    chosen = np.concatenate(taken) if taken else np.zeros(0, np.int64)
    count = len(chosen)
    return Pairs(
        of_a[chosen], of_b[chosen], (edges[chosen] & 1).astype(np.bool_), np.zeros((count, 2), np.int64),
        np.ones(count, np.bool_), counts[chosen],
    )  # fmt: skip


def _is_best(stream: I64, counts: NDArray[np.int64]) -> Mask:
    """Mask of the edges with more votes than every other edge of their stream."""
    order = np.lexsort((-counts, stream))
    ordered, of = stream[order], counts[order]
    first = np.append(True, ordered[1:] != ordered[:-1])
    tied = np.append((ordered[1:] == ordered[:-1]) & (of[1:] == of[:-1]), False)
    best = np.zeros(len(order), np.bool_)
    best[order] = first & ~tied
    return best


def _shares_port(a: Segments, b: Segments, of_a: I64, of_b: I64) -> Mask:
    """Whether the connections have a port in common, as most servers' stays what it is."""
    ports_a = a.capture.flows.ports(a.capture.streams.flow[of_a])
    ports_b = b.capture.flows.ports(b.capture.streams.flow[of_b])
    shared = np.zeros(len(of_a), np.bool_)
    for one in ports_a:
        for other in ports_b:
            shared |= one == other
    return shared


def _moved_alike(a: Segments, b: Segments, votes: _Votes, pairs: Pairs) -> Pairs:
    """``pairs`` with how their numbers were moved, and whether each is one connection.

    Left out is what has bytes in common and no constant distance of their numbers, or too few for legs.
    """
    if not len(pairs):
        return pairs
    which, vote = _of_pairs(a, b, votes, pairs)
    in_a, in_b = votes.in_a[vote], votes.in_b[vote]
    by_b = a.from_b(in_a).astype(np.int64)
    moved = (b.column("seq", in_b).astype(np.int64) - a.column("seq", in_a)) % _SEQUENCE
    answered = (b.acks(in_b).astype(np.int64) - a.acks(in_a)) % _SEQUENCE
    has_ack = (a.column("flags", in_a) & b.column("flags", in_b) & np.uint16(ACK)) != 0
    shift = np.zeros((len(pairs), 2), np.int64)
    known = np.zeros((len(pairs), 2), np.bool_)
    fine = np.ones(len(pairs), np.bool_)
    for side in (0, 1):
        mine = by_b == side
        values, share = commonest(which[mine], moved[mine], len(pairs))
        shift[:, side], known[:, side] = values, share > 0
        fine &= (share == 0) | (share >= _AGREE)
    seen = known.copy()
    for side in (0, 1):  # nobody of this side voted: what the other side acknowledged tells it
        mine = (by_b != side) & has_ack
        values, share = commonest(which[mine], answered[mine], len(pairs))
        shift[:, side] = np.where(known[:, side], shift[:, side], values)
        known[:, side] |= share > 0
    _move_by_answers(a, b, pairs, shift, known)
    agrees = _agree(a, b, in_a, in_b)
    votes_of = np.bincount(which, minlength=len(pairs))
    same = np.bincount(which[agrees], minlength=len(pairs)) >= _SAME * votes_of
    # No two connections begin with one number of 32 bits by chance.
    same |= (seen & (shift == 0)).any(axis=1)
    kept = fine & (same | (pairs.votes >= _LEGS_LEAST))
    return Pairs(
        pairs.a[kept], pairs.b[kept], pairs.flipped[kept], shift[kept], same[kept], pairs.votes[kept]
    )  # fmt: skip


def _move_by_answers(a: Segments, b: Segments, pairs: Pairs, shift: I64, known: Mask) -> None:
    """Set the shift of an end that is not known, where that of the other is: by what the other acknowledges."""
    open_pairs = np.flatnonzero(known.sum(axis=1) == 1)
    if not len(open_pairs):
        return
    knows = known[:, 1].astype(np.int64)
    found = []
    for one, streams, flipped, moved in (
        (a, pairs.a, np.zeros(len(pairs), np.bool_), 0), (b, pairs.b, pairs.flipped, 1),
    ):  # fmt: skip
        pair_of = np.full(one.capture.streams.count, -1, np.int64)
        pair_of[streams[open_pairs]] = open_pairs
        places = np.flatnonzero(pair_of[one.stream] >= 0)
        pair = pair_of[one.stream[places]]
        mine = ((one.from_b(places) ^ flipped[pair]) == knows[pair]) & (one.acks(places) != 0)
        places, pair = places[mine], pair[mine]
        seq = (one.column("seq", places).astype(np.int64) - moved * shift[pair, knows[pair]]) % _SEQUENCE
        found.append((places, pair, mixed(pair, seq, one.column("length", places), one.lasting_flags(places))))
    left, right = joined(found[0][2], found[1][2])
    answered = (b.acks(found[1][0][right]).astype(np.int64) - a.acks(found[0][0][left])) % _SEQUENCE
    values, share = commonest(found[0][1][left], answered, len(pairs))
    chosen = open_pairs[share[open_pairs] > 0]
    shift[chosen, 1 - knows[chosen]] = values[chosen]


def _of_pairs(a: Segments, b: Segments, votes: _Votes, pairs: Pairs) -> tuple[I64, I64]:
    """The pair of each vote for one, and those votes."""
    flipped = a.from_b(votes.in_a) != b.from_b(votes.in_b)
    edge = (a.stream[votes.in_a].astype(np.int64) << 32 | b.stream[votes.in_b]) << 1 | flipped
    wanted = (pairs.a << 32 | pairs.b) << 1 | pairs.flipped
    order = np.argsort(wanted)
    place = np.minimum(np.searchsorted(wanted[order], edge), len(order) - 1)
    vote = np.flatnonzero(wanted[order][place] == edge)
    return order[place[vote]], vote


def _agree(a: Segments, b: Segments, in_a: I64, in_b: I64) -> Mask:
    """Whether two segments with the same bytes came from one TCP: its timestamps or its IP packet numbers say so."""
    stamped = a.has_stamps(in_a) & b.has_stamps(in_b)
    stamps = a.column("ts_value", in_a) == b.column("ts_value", in_b)
    stamps &= a.column("ts_echo", in_a) == b.column("ts_echo", in_b)
    ids = a.column("ip_id", in_a)
    numbered = (ids != 0) & (ids == b.column("ip_id", in_b))
    agree: Mask = np.where(stamped, stamps, numbered)
    return agree
