"""Which packet of one capture is which of the other, inside connections that are paired.

The k-th copy of a segment is the k-th copy of it at the other point, where both points have as many.  Where they have
not, timestamps and IP packet numbers tell copies apart; where those are the same, too, the clocks do: a copy arrives
after it left.  What segmentation offload cut or joined has the same bytes in other pieces, and is paired by ranges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.tcp_flags import ACK
from tcptui.points.keys import copies, matched, mixed, runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.connections import Pairs
    from tcptui.points.keys import U64
    from tcptui.points.segments import Mask, Segments

_SEQUENCE: Final = 1 << 32
#: Share of the segments that exist once at each point of which a field must be the same for it to be kept on the way.
_KEPT: Final = 0.9
#: Most pieces that one segment is cut into: 64 KiB of the smallest segments in use.
_MOST_PIECES: Final = 128
#: By so much a packet may seem to arrive before it left, where clocks step.
_EARLY_NS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Side:
    """The segments of one capture whose connection is paired, in capture order, numbered as the first capture does."""

    segments: Segments
    places: I64
    """Of `segments`."""
    pair: I64
    by_b: Mask
    """Whether endpoint *b* of the first capture's flow sent each."""
    seq: I64
    ack: I64
    length: I64
    flags: NDArray[np.uint16]
    """SYN, FIN and RST."""
    time_ns: I64

    def __len__(self) -> int:
        return len(self.places)

    def column(self, name: str) -> NDArray[Any]:
        """The cells of a column of the store."""
        whole = len(self.places) == len(self.segments)
        return self.segments.column(name, None if whole else self.places)

    def cell(self, name: str, index: int) -> int:
        """One of them."""
        return int(self.segments.column(name, self.places[index : index + 1])[0])


@dataclass(frozen=True, slots=True)
class Links:
    """Packets that are one, as indexes into both sides; what was cut or joined has several."""

    a: I64
    b: I64
    is_whole: Mask
    """Whether both are the same segment, not parts of one."""
    is_only: Mask
    """Whether no other copy of it was seen at either point: what the clocks are compared by."""


def sides_of(a: Segments, b: Segments, pairs: Pairs) -> tuple[Side, Side]:
    """Both sides of the ``pairs`` that are one connection."""
    none = np.zeros(len(pairs), np.bool_)
    return _side(a, pairs, pairs.a, none, moved=False), _side(b, pairs, pairs.b, pairs.flipped, moved=True)


def _side(one: Segments, pairs: Pairs, streams: I64, flipped: Mask, *, moved: bool) -> Side:
    of_stream = np.full(one.capture.streams.count, -1, np.int64)
    same = np.flatnonzero(pairs.is_same)
    of_stream[streams[same]] = same
    pair = of_stream[one.stream]
    places = np.flatnonzero(pair >= 0)
    pair = pair[places]
    by_b = one.from_b(places) ^ flipped[pair]
    seq, ack = one.column("seq", places).astype(np.int64), one.acks(places).astype(np.int64)
    if moved:
        shift, side = pairs.shift[pair], by_b.astype(np.int64)
        every = np.arange(len(pair))
        has_ack = (one.column("flags", places) & np.uint16(ACK)) != 0
        seq = (seq - shift[every, side]) % _SEQUENCE
        ack = np.where(has_ack, (ack - shift[every, 1 - side]) % _SEQUENCE, 0)
    length = np.maximum(one.column("length", places).astype(np.int64), 0)
    return Side(one, places, pair, by_b, seq, ack, length, one.lasting_flags(places), one.column("time_ns", places))


class PacketPairing:
    """Pairs the packets of two sides: first what needs no clock, then, by `by_time`, the rest."""

    def __init__(self, a: Side, b: Side, count: int) -> None:
        """``count``: how many pairs of connections there are."""
        self._sides = a, b
        self._count = count
        self._base = _base_keys(a), _base_keys(b)
        self._pure = [runs(keys) for keys in self._base]
        self._open = np.ones(len(a), np.bool_), np.ones(len(b), np.bool_)
        self._found: list[Links] = []
        self._kept: dict[str, Mask] = {}
        """Of a column by which copies are told apart, by direction, whether it is the same at both points."""
        self._keys = self._strict_keys()
        self._pair_equal_counts()
        self._pure.clear()

    @property
    def links(self) -> Links:
        """What is paired so far, in the order of capture: keys are drawn anew in each process, and so is theirs."""
        found = self._found
        in_a, in_b = (np.concatenate([getattr(one, name) for one in found]) for name in ("a", "b"))
        order = np.lexsort((in_b, in_a))
        return Links(
            in_a[order], in_b[order], np.concatenate([one.is_whole for one in found])[order],
            np.concatenate([one.is_only for one in found])[order],
        )  # fmt: skip

    def _take(self, in_a: I64, in_b: I64, *, whole: bool, only: Mask | None = None) -> None:
        is_only = np.zeros(len(in_a), np.bool_) if only is None else only
        self._found.append(Links(in_a, in_b, np.full(len(in_a), whole), is_only))
        self._open[0][in_a], self._open[1][in_b] = False, False

    def _strict_keys(self) -> tuple[U64, U64]:
        """Keys that tell copies apart by what is kept on the way: IP packet numbers, timestamps."""
        a, b = self._sides
        in_a, in_b = matched(*(each.once() for each in self._pure))
        way = a.pair[in_a] * 2 + a.by_b[in_a]
        keys = list(self._base)
        for names in (("ip_id",), ("ts_value", "ts_echo")):
            agrees = np.ones(len(in_a), np.bool_)
            says = np.zeros(len(in_a), np.bool_)
            for name in names:
                mine, others = a.column(name)[in_a], b.column(name)[in_b]
                agrees &= mine == others
                says |= (mine != 0) | (others != 0)
            kept = self._is_kept(way[says], agrees[says])
            self._kept[names[0]] = kept
            for place, side in enumerate((a, b)):
                counts = kept[side.pair * 2 + side.by_b]
                for name in names:
                    cells = np.where(counts, side.column(name).astype(np.int64), -1)
                    keys[place] = mixed(keys[place], cells)
        return keys[0], keys[1]

    def _is_kept(self, way: I64, agrees: Mask) -> Mask:
        """Of each direction of each pair whether a field is kept on the way; where few say so, as in most others."""
        ways = 2 * self._count
        of_way = np.bincount(way, minlength=ways)
        same = np.bincount(way[agrees], minlength=ways)
        overall = bool(len(way)) and np.count_nonzero(agrees) >= _KEPT * len(way)
        kept: Mask = np.where(of_way >= 3, same >= _KEPT * of_way, overall & (same == of_way))
        return kept

    def _pair_equal_counts(self) -> None:
        """Pair the k-th copy with the k-th where both points have as many of them."""
        a, b = self._sides
        in_a, in_b = matched(runs(self._keys[0]), runs(self._keys[1]))
        loose = [copies(mixed(side.pair, side.by_b, side.seq, side.length, side.flags)) for side in (a, b)]
        pure = [each.copies() for each in self._pure]
        carries = (a.length[in_a] > 0) | (a.flags[in_a] != 0)
        only = np.where(
            carries,
            (loose[0][in_a] == 1) & (loose[1][in_b] == 1),
            (pure[0][in_a] == 1) & (pure[1][in_b] == 1),
        )
        self._take(in_a, in_b, whole=True, only=only)

    def pair_ranges(self, times: Sequence[NDArray[np.float64]], goes_ab: Mask) -> None:
        """Pair what was cut or joined: segments of one point whose bytes are in several of the other.

        Arguments as of `pair_by_time`.
        """
        self._pair_pieces(0, times, goes_ab)
        self._pair_pieces(1, times, goes_ab)

    def _pair_pieces(self, of_long: int, times: Sequence[NDArray[np.float64]], goes_ab: Mask) -> None:
        """Pair open segments of the side ``of_long`` with the open pieces of their bytes on the other."""
        long, short = self._sides[of_long], self._sides[1 - of_long]
        mine = np.flatnonzero(self._open[of_long] & (long.length > 0))
        theirs = np.flatnonzero(self._open[1 - of_long] & (short.length > 0))
        if not len(mine) or not len(theirs):
            return
        # By direction, then number: positions in one ascending column.
        position = (short.pair[theirs] * 2 + short.by_b[theirs]) * (2 * _SEQUENCE) + short.seq[theirs]
        order = np.argsort(position, kind="stable")
        theirs, position = theirs[order], position[order]
        begin = (long.pair[mine] * 2 + long.by_b[mine]) * (2 * _SEQUENCE) + long.seq[mine]
        first = np.searchsorted(position, begin)
        counts = np.minimum(np.searchsorted(position, begin + long.length[mine]) - first, _MOST_PIECES)
        in_long = np.repeat(mine, counts)
        within = np.arange(len(in_long)) - np.repeat(np.cumsum(counts) - counts, counts)
        in_short = theirs[np.repeat(first, counts) + within]
        fits = short.seq[in_short] + short.length[in_short] <= long.seq[in_long] + long.length[in_long]
        way = long.pair[in_long] * 2 + long.by_b[in_long]
        stamps = long.column("ts_value")[in_long] == short.column("ts_value")[in_short]
        fits &= stamps | ~self._kept["ts_value"][way]
        # Each piece has the packet number after that of the one before it.
        further = (short.column("ip_id")[in_short].astype(np.int64) - long.column("ip_id")[in_long]) % (1 << 16)
        alike = (long.seq[in_long] == short.seq[in_short]) & (long.length[in_long] == short.length[in_short])
        fits &= (further < np.where(alike, 1, _MOST_PIECES)) | ~self._kept["ip_id"][way]
        in_long, in_short = in_long[fits], in_short[fits]
        # Of several copies the one that left last before the other arrived.
        took = times[1 - of_long][in_short] - times[of_long][in_long]
        took = np.where(goes_ab[long.pair[in_long]] ^ long.by_b[in_long] ^ (of_long == 1), took, -took)
        rank = np.where(took >= -_EARLY_NS, took, np.inf)
        chosen = np.lexsort((rank, in_short))
        chosen = chosen[np.append(True, np.diff(in_short[chosen]) != 0)] if len(chosen) else chosen
        piece = mixed(in_long[chosen], short.seq[in_short[chosen]])
        chosen = chosen[np.lexsort((rank[chosen], piece))]
        piece = mixed(in_long[chosen], short.seq[in_short[chosen]])
        chosen = chosen[np.append(True, piece[1:] != piece[:-1])] if len(chosen) else chosen
        pair = in_long[chosen], in_short[chosen]
        self._take(*(pair if of_long == 0 else pair[::-1]), whole=False)

    def pair_by_time(self, times: Sequence[NDArray[np.float64]], goes_ab: Mask) -> None:
        """Pair copies of which one point has more than the other: each with the last one that had left by then.

        What one point has more of, it has behind what both have.

        ``times``: of each side's segments, by A's clock.  ``goes_ab``: by pair, whether endpoint *a* is on A's side.
        """
        self._pair_copies(0, 1, times, goes_ab)
        self._pair_copies(1, 0, times, goes_ab)

    def _pair_copies(self, sent: int, seen: int, times: Sequence[NDArray[np.float64]], goes_ab: Mask) -> None:
        """Pair open copies that the side ``sent`` saw first with those of ``seen``."""
        first, second = self._sides[sent], self._sides[seen]
        travels = [goes_ab[side.pair] ^ side.by_b ^ (sent == 1) for side in (first, second)]
        mine, theirs = (
            np.flatnonzero(self._open[place] & way) for place, way in zip((sent, seen), travels, strict=True)
        )
        if not len(mine) or not len(theirs):
            return
        keys = self._keys[sent][mine], self._keys[seen][theirs]
        shared = np.isin(keys[1], keys[0])
        theirs = theirs[shared]
        if not len(theirs):
            return
        groups, which = np.unique(np.concatenate((keys[0], keys[1][shared])), return_inverse=True)
        of_mine, of_theirs = which[: len(mine)], which[len(mine) :]
        when, then = times[sent][mine], times[seen][theirs]
        low = min(when.min(), then.min())
        span = float(max(when.max(), then.max()) - low) + 1.0
        order_mine, order_theirs = np.lexsort((when, of_mine)), np.lexsort((then, of_theirs))
        mine, theirs = mine[order_mine], theirs[order_theirs]
        when, then = when[order_mine] - low, then[order_theirs] - low
        stamp = of_mine[order_mine] * span + when
        begins = np.searchsorted(of_mine[order_mine], np.arange(len(groups)))
        group = of_theirs[order_theirs]
        arrival = group * span + then
        place = np.searchsorted(stamp, arrival, "right") - 1
        # Two that arrived cannot be one that left: the earlier ones give way, from the last one back.
        apart = np.arange(len(place)) - group * (len(mine) + len(theirs) + 1)
        place = np.minimum.accumulate((place - apart)[::-1])[::-1] + apart
        fits = place >= begins[group]
        left, here = mine[place[fits]], group[fits]
        # Of several that arrived behind one that left, the first is that one, and the others are copies of it.
        rank = np.arange(len(left))
        first = np.searchsorted(arrival, here * span + when[place[fits]])
        came = theirs[np.maximum.accumulate(first - rank) + rank]
        self._take(*((left, came) if sent == 0 else (came, left)), whole=True)


def _base_keys(side: Side) -> U64:
    """Keys of what a segment says that no device changes which lets a connection be one; of an ACK its window, too."""
    carries = (side.length > 0) | (side.flags != 0)
    window = np.where(carries, -1, side.column("window").astype(np.int64))
    return mixed(side.pair, side.by_b, side.seq, side.length, side.ack, side.flags, window)
