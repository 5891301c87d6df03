"""Two clocks, by the packets that both capture points saw: offset as an interval, drift, steps.

The offset is what must be added to B's clock to get A's.  A packet that travelled from A to B shows that it is at least
A's time minus B's, one from B to A that it is at most that; the difference of the tightest two is the shortest way
there and back between the points, and what lies within it no packet can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.points.keys import by_group, stable_order
from tcptui.points.lines import CLOSE_DRIFT, Lines, fit_part, longest_fits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.lines import F64

NS: Final = 1_000_000_000
#: Of so many stretches of time the tightest packet each way is looked at.
_STRETCHES: Final = 4_096
#: With more steps than this the packets do not belong together.
_MOST_STEPS: Final = 8
#: A piece between two steps of so few packets is no piece: they are paired wrongly.
_FEW: Final = 2
#: The offset between two times of B's clock changes by a thousandth of them at most, so that so many rounds find it.
_MOVES: Final = 2
#: How often such packets are taken out.
_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class Interval:
    """An offset in nanoseconds; None: nothing bounds it on that side."""

    low_ns: float | None
    high_ns: float | None

    @property
    def best_ns(self) -> float | None:
        """The number that is wrong by half the width at most."""
        return None if self.low_ns is None or self.high_ns is None else (self.low_ns + self.high_ns) / 2

    @property
    def width_ns(self) -> float | None:
        """The shortest way there and back."""
        return None if self.low_ns is None or self.high_ns is None else self.high_ns - self.low_ns


@dataclass(frozen=True, slots=True)
class Step:
    """A jump of one of the two clocks."""

    time_ns: int
    """By A's clock."""
    offset_ns: float
    """By how much the offset changed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The time between two steps."""

    begin_ns: int
    """By A's clock; between the end of the piece before and this, nobody knows when the clock stepped."""
    end_ns: int
    lines: Lines


@dataclass(frozen=True, slots=True)
class Clocks:
    """How B's clock stands to A's."""

    origin_ns: int
    """Time of A that the lines of the pieces count from."""
    base_ns: int
    """Is added to what the lines give."""
    slack_ns: float
    pieces: tuple[Piece, ...]
    steps: tuple[Step, ...]
    left_out: int
    """Packets that contradict all others."""

    @property
    def at_ns(self) -> int:
        """Time of A for which `offset` holds: where the first piece is known best."""
        return self.origin_ns + round(self.pieces[0].lines.at_s * NS)

    @property
    def offset(self) -> Interval:
        """In the first piece."""
        lines = self.pieces[0].lines
        return self._interval(lines.low_ns, lines.high_ns)

    def _interval(self, low: float, high: float) -> Interval:
        return Interval(
            low + self.base_ns if np.isfinite(low) else None, high + self.base_ns if np.isfinite(high) else None
        )

    @property
    def drift(self) -> float | None:
        """Change of the offset per time, of the longest piece; None: too few or too late packets to tell."""
        lines = self._longest.lines
        if (lines.most_slope - lines.least_slope) / NS > CLOSE_DRIFT:
            return None
        return lines.slope / NS

    @property
    def drift_range(self) -> tuple[float, float]:
        """Between what the drift lies."""
        lines = self._longest.lines
        return lines.least_slope / NS, lines.most_slope / NS

    @property
    def _longest(self) -> Piece:
        return min(self.pieces, key=lambda piece: piece.lines.most_slope - piece.lines.least_slope)

    def surely_step_free(self, begin_ns: I64, end_ns: I64) -> NDArray[np.bool_]:
        """Whether no clock stepped between two times of A each."""
        stays = np.ones(len(begin_ns), np.bool_)
        for piece, after in pairwise(self.pieces):
            stays &= (end_ns <= piece.end_ns) | (begin_ns >= after.begin_ns)
        return stays

    def bounds(self, time_ns: I64) -> tuple[F64, F64]:
        """The least and the greatest offset at each time of A, in nanoseconds, infinite where not bounded.

        Of the lines with the middle slope, so that no packet of a piece is faster than none.
        """
        begins = np.array([piece.begin_ns for piece in self.pieces[1:]], np.int64)
        which = np.searchsorted(begins, time_ns, "right")
        lines = [piece.lines for piece in self.pieces]
        slope, low, high = (
            np.array(column)[which]
            for column in zip(*((one.slope, one.base_low_ns, one.base_high_ns) for one in lines), strict=True)
        )
        run = slope * ((time_ns - self.origin_ns) / NS) + self.base_ns
        return low + run, high + run

    def on_a(self, time_ns: I64) -> I64:
        """Times of B's clock by A's: with the middle of the offset's bounds, or the one that there is."""
        if not len(time_ns):
            return time_ns
        moved: I64 = time_ns + round(_middle(*self.bounds(time_ns[:1]))[0])
        for _ in range(_MOVES):  # the offset is known by A's time, which is what is looked for
            moved = time_ns + np.rint(_middle(*self.bounds(moved))).astype(np.int64)
        return moved


def _middle(low: F64, high: F64) -> F64:
    found: F64 = np.where(np.isfinite(low), np.where(np.isfinite(high), (low + high) / 2, low), high)
    return found


def compare_clocks(time_ns: I64, offset_ns: I64, is_low: NDArray[np.bool_], resolution_ns: int) -> Clocks | None:
    """The relation of the clocks, by packets seen at both points; None: unknown, or the packets contradict each other.

    ``time_ns``: when A saw each; ``offset_ns``: A's time minus B's; ``is_low``: whether it travelled from A to B.
    ``resolution_ns``: of the coarser clock; times are cut to it.
    """
    if not len(time_ns):
        return None
    origin, base = int(time_ns.min()), int(np.median(offset_ns))
    places = _tightest(time_ns - origin, offset_ns, is_low)
    x, y, low = (time_ns[places] - origin) / NS, (offset_ns[places] - base).astype(np.float64), is_low[places]
    slack = float(resolution_ns)
    left_out = 0
    for _ in range(_ROUNDS):
        begins = list(longest_fits(x, y, low, slack, most=_MOST_STEPS + 1))
        if len(begins) > _MOST_STEPS + 1:
            return None
        ends = list(longest_fits(x, y, low, slack, most=_MOST_STEPS + 1, from_end=True))[::-1]
        ends = ends[len(ends) - len(begins) :]
        # A step lies between where the piece before it can reach at most, and the one after it.
        few = [(begin, end) for begin, end in zip(begins, ends, strict=True) if end - begin <= _FEW]
        if len(begins) == 1 or not few:
            break
        keep = np.ones(len(x), np.bool_)
        begin = few[0][0]
        keep[begin : min(begin + _FEW, max(few[0][1], begin + 1))] = False
        left_out += int(np.count_nonzero(~keep))
        x, y, low = x[keep], y[keep], low[keep]
    else:
        return None
    pieces: list[Piece] = []
    for begin, end in zip(begins, ends, strict=True):
        lines = fit_part(x, y, low, slice(begin, end), slack)
        if lines is None:
            return None
        first_ns, last_ns = (origin + round(float(x[place]) * NS) for place in (begin, end - 1))
        pieces.append(Piece(first_ns, last_ns, lines))
    steps = []
    for number, (piece, after) in enumerate(pairwise(pieces)):
        last, first = float(x[ends[number] - 1]), float(x[begins[number + 1]])
        moment = (last + first) / 2
        steps.append(Step(origin + round(moment * NS), _value(after.lines, moment) - _value(piece.lines, moment)))
    return Clocks(origin, base, slack, tuple(pieces), tuple(steps), left_out)


def _value(lines: Lines, time_s: float) -> float:
    ends = [base for base in (lines.base_low_ns, lines.base_high_ns) if np.isfinite(base)]
    return sum(ends) / len(ends) + lines.slope * time_s


def _tightest(since_ns: I64, offset_ns: I64, is_low: NDArray[np.bool_]) -> I64:
    """The places of the tightest bounds of each stretch of time, by time."""
    stretch = since_ns // max(1, -(-int(since_ns.max() + 1) // _STRETCHES))
    group = stretch * 2 + is_low
    by_offset = stable_order(np.where(is_low, -offset_ns, offset_ns))
    order = by_offset[by_group(group[by_offset])]
    firsts = np.append(True, group[order][1:] != group[order][:-1])
    found = order[firsts]
    by_time: I64 = found[np.argsort(since_ns[found], kind="stable")]
    return by_time
