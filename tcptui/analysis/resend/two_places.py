"""Recognises a connection that was recorded at two places: captures of both ends in one, a mirror port, `-i any`.

Each packet is in the capture twice, with its numbers, window, timestamps and IP packet number.  A sender changes one of
these when it sends a segment again, and a receiver reports what a network duplicates (D-SACK, RFC 2883).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import flatnonzero32
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import FIN, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I64

#: Fewest pairs of segments with SYN, FIN or data, of one end or of both together, …
PAIRS: Final = 3
#: … of an end that counts, …
PAIRS_OF_END: Final = 2
#: … and their least share (percent) of its segments from the first pair to the last: at one place some may be missing.
SHARE_PERCENT: Final = 80
#: With D-SACKs for more than this share of the pairs, in percent, the network made the copies.
REPORTED_PERCENT: Final = 20
#: Copies without packet number, timestamp and another TTL come sooner than this: no timer is that short.
UNMARKED_NS: Final = 1_000_000
#: With a third copy of more than this share of the pairs, in percent, its sender changes nothing when it sends again.
THIRD_PERCENT: Final = 10
#: Only streams in which at least one of so many segments seems sent again are looked at.
SEEN_AGAIN: Final = 12


@dataclass(frozen=True, slots=True)
class TwoPlaces:
    """Proof that a connection was recorded twice."""

    first: int
    """Index of the earliest segment that is here twice, …"""
    again: int
    """… and of its other copy."""
    pairs: int
    apart_ns: int
    """From one copy to the other, the median."""


def two_places(view: StreamView) -> TwoPlaces | None:
    """Whether nearly each segment of an end of the stream is here twice; None where not."""
    if len(view) < 2 * PAIRS:
        return None
    one, two = _pairs(view)
    if not len(one):
        return None
    carries = (view.length > 0) | ((view.flags & (SYN | FIN)) != 0)
    usual = sum(_usual_pairs(view, carries, one, two, side) for side in (0, 1))
    if usual < PAIRS or _reports(view) * 100 > REPORTED_PERCENT * len(one):
        return None
    earliest = int(one.argmin())
    apart = np.abs(view.time_ns[two] - view.time_ns[one])
    return TwoPlaces(int(one[earliest]), int(two[earliest]), len(one), int(np.median(apart)))


def _pairs(view: StreamView) -> tuple[I64, I64]:
    """Indexes of the two copies of each segment that is here twice, by something that a resend would have changed."""
    header = (
        view.raw_seq, view.length, view.ack, view.flags, view.window, view.options, view.ts_value, view.ip_id,
        view.from_server,
    )  # fmt: skip
    alive = flatnonzero32((view.flags & RST) == 0)
    order = alive[np.lexsort([alive, *(column[alive] for column in header)])]
    one, two = order[:-1].astype(np.int64), order[1:].astype(np.int64)
    same: NDArray[np.bool_] = np.ones(len(one), np.bool_)
    for column in header:
        same &= column[one] == column[two]
    begins = same.copy()
    begins[1:] &= ~same[:-1]  # of three alike the first two
    thirds = np.count_nonzero(same[1:] & same[:-1])
    if thirds * 100 > THIRD_PERCENT * np.count_nonzero(begins):
        return one[:0], two[:0]
    marked = (view.ip_id[one] != 0) | ((view.options[one] & OptionBit.TIMESTAMPS) != 0)
    marked |= view.ttl[one] != view.ttl[two]
    marked |= np.abs(view.time_ns[two] - view.time_ns[one]) < UNMARKED_NS
    begins &= marked
    return one[begins], two[begins]


def _usual_pairs(view: StreamView, carries: NDArray[np.bool_], one: I64, two: I64, side: int) -> int:
    """How many pairs of segments of ``side`` there are with SYN, FIN or data; 0 unless nearly all of them are."""
    chosen = carries[one] & (view.from_server[one] == bool(side))
    if int(np.count_nonzero(chosen)) < PAIRS_OF_END:
        return 0
    of_pairs = np.concatenate((one[chosen], two[chosen]))
    first, last = int(of_pairs.min()), int(of_pairs.max())
    mine = carries[first : last + 1] & (view.from_server[first : last + 1] == bool(side))
    return len(of_pairs) // 2 if len(of_pairs) * 100 >= SHARE_PERCENT * int(np.count_nonzero(mine)) else 0


def _reports(view: StreamView) -> int:
    """How many segments report a second arrival."""
    return int(np.count_nonzero((view.options & OptionBit.DSACK) != 0))
