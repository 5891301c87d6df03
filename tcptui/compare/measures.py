"""Measures that are compared: each with the connections that have it, and their values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.compare.side import LOSS_CAUSES, TcpOption
from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.compare.side import Side
    from tcptui.model.finding import AnyId
    from tcptui.model.packet_store import I64

    F64 = NDArray[np.float64]

#: Sizes of segments that are compared, those that most connections have.
_MOST_MSS: Final = 8
#: Statements that are compared, those that both sides have most of.
_MOST_STATEMENTS: Final = 100
#: The clock of a capture tells no shorter time from none.
_LEAST_S: Final = 1e-6


class Scale(Enum):
    """The form in which a difference is reported."""

    RATIO = "ratio"
    """B's time or rate as a multiple of A's."""
    SECONDS = "seconds"
    """B's time less A's: of times that may be 0."""
    PER_1000 = "per-1000"
    """B's share less A's, in thousandths."""


class Kind(Enum):
    """A kind of measure; the value is how the name begins in JSON."""

    HANDSHAKE = "handshake"
    RTT = "rtt"
    LOSS = "loss"
    THINK = "think"
    CLIENT_THINK = "client-think"
    THROUGHPUT = "throughput"
    FINDING = "finding"
    OPTION = "option"
    STATEMENT = "statement"
    STATEMENT_ERRORS = "statement-errors"


class Worse(Enum):
    """The direction that would be worse."""

    MORE = auto()
    LESS = auto()
    NEITHER = auto()


class Values(NamedTuple):
    """The values of a measure on one side."""

    row: I64
    """Places of connections in the side; one of several requests stands there several times."""
    value: F64
    """A time, a rate; of a share how many have it."""
    of: F64
    """The count that a share is of; else 1."""


@dataclass(frozen=True)
class Measure:
    """Something that is compared."""

    kind: Kind
    scale: Scale
    worse: Worse
    detail: str = ""
    """The finding, option, cause or statement."""
    quantile: float | None = None
    """Which one is compared; None: the geometric mean, or of a share the share."""
    finding: AnyId | None = None

    @property
    def name(self) -> str:
        """As JSON names it: ``rtt``, ``rtt:p90``, ``loss:rto``, ``finding:zero-window``."""
        tail = f":{self.detail}" if self.detail else ""
        return f"{self.kind.value}{tail}{':p90' if self.is_tail else ''}"

    @property
    def is_tail(self) -> bool:
        """True if it is about what one of ten exceeds, not about what is usual."""
        return self.quantile == _TAIL


#: What one of ten exceeds.
_TAIL: Final = 0.9
_MEDIAN: Final = 0.5
_TIMES: Final = (
    (Kind.HANDSHAKE, Scale.RATIO, Worse.MORE),
    (Kind.RTT, Scale.RATIO, Worse.MORE),
    (Kind.THINK, Scale.SECONDS, Worse.MORE),
    (Kind.CLIENT_THINK, Scale.SECONDS, Worse.NEITHER),
    (Kind.THROUGHPUT, Scale.RATIO, Worse.LESS),
)
#: Without these a connection is slower on a lossy or long path.
_MISSED_OPTIONS: Final = frozenset({TcpOption.SACK, TcpOption.WINDOW_SCALE, TcpOption.TIMESTAMPS})
#: Ends of `Measure.detail` of an option that the SYN has, whatever became of it.
OFFERED: Final = ":offered"
_MSS: Final = "mss="


def measures_of(a: Side, b: Side) -> Iterator[tuple[Measure, Values, Values]]:
    """All that both sides can be compared by, with the values of A and of B."""
    for kind, scale, worse in _TIMES:
        times = _times(a, kind), _times(b, kind)
        for quantile in (None if scale is Scale.RATIO else _MEDIAN, _TAIL):
            yield Measure(kind, scale, worse, quantile=quantile), *times
    for place in (None, *range(len(LOSS_CAUSES))):
        detail = "" if place is None else LOSS_CAUSES[place].label
        yield Measure(Kind.LOSS, Scale.PER_1000, Worse.MORE, detail), _loss(a, place), _loss(b, place)
    yield from _findings(a, b)
    yield from _options(a, b)
    yield from _statements(a, b)


def _times(side: Side, kind: Kind) -> Values:
    match kind:
        case Kind.HANDSHAKE:
            known, values = side.handshake_ns > 0, side.handshake_ns / NS_PER_S
        case Kind.RTT:
            known, values = side.rtt_ns > 0, side.rtt_ns / NS_PER_S
        case Kind.THROUGHPUT:
            known = side.bulk_bytes > 0
            values = side.bulk_bytes / np.maximum(side.bulk_ns, 1) * NS_PER_S
        case _:
            spent = side.server_think_ns if kind is Kind.THINK else side.client_think_ns
            known = side.exchanges > 0
            values = spent / np.maximum(side.exchanges, 1) / NS_PER_S
    rows = np.flatnonzero(known)
    return Values(rows, values[rows], np.ones(len(rows)))


def _loss(side: Side, cause: int | None) -> Values:
    rows = np.flatnonzero(side.segments > 0)
    resent = side.resent[rows].sum(axis=1) if cause is None else side.resent[rows, cause]
    return Values(rows, resent.astype(np.float64), side.segments[rows].astype(np.float64))


def _findings(a: Side, b: Side) -> Iterator[tuple[Measure, Values, Values]]:
    for name in dict.fromkeys((*a.found.names, *b.found.names)):
        measure = Measure(Kind.FINDING, Scale.PER_1000, Worse.MORE, str(name), finding=name)
        yield measure, _having(a, name), _having(b, name)


def _having(side: Side, name: AnyId) -> Values:
    has = np.zeros(len(side))
    if name in side.found.names:
        has[side.found.row[side.found.name == side.found.names.index(name)]] = 1
    return _share(np.ones(len(side), np.bool_), has)


def _share(known: NDArray[np.bool_], has: NDArray[np.generic]) -> Values:
    rows = np.flatnonzero(known)
    return Values(rows, has[rows].astype(np.float64), np.ones(len(rows)))


def _options(a: Side, b: Side) -> Iterator[tuple[Measure, Values, Values]]:
    for place, option in enumerate(TcpOption):
        worse = Worse.LESS if option in _MISSED_OPTIONS else Worse.NEITHER
        for end, of in (("", "agreed"), (OFFERED, "offered")):
            measure = Measure(Kind.OPTION, Scale.PER_1000, worse, option.value + end)
            yield measure, _share(a.opened, getattr(a, of)[:, place]), _share(b.opened, getattr(b, of)[:, place])
    sizes, counts = np.unique(np.concatenate((a.mss[a.mss > 0], b.mss[b.mss > 0])), return_counts=True)
    for size in sorted(sizes[np.argsort(-counts, kind="stable")[:_MOST_MSS]].tolist()):
        measure = Measure(Kind.OPTION, Scale.PER_1000, Worse.NEITHER, f"{_MSS}{size}")
        yield measure, _share(a.mss > 0, a.mss == size), _share(b.mss > 0, b.mss == size)


def _statements(a: Side, b: Side) -> Iterator[tuple[Measure, Values, Values]]:
    counts = [dict(zip(side.requests.names, _counted(side), strict=True)) for side in (a, b)]
    shared = sorted((name for name in counts[0] if name in counts[1]), key=lambda name: (-_least(name, counts), name))
    for name in shared[:_MOST_STATEMENTS]:
        times, failures = zip(*(_asked(side, name) for side in (a, b)), strict=True)
        for quantile in (None, _TAIL):
            measure = Measure(Kind.STATEMENT, Scale.RATIO, Worse.MORE, name, quantile)
            yield measure, times[0], times[1]
        measure = Measure(Kind.STATEMENT_ERRORS, Scale.PER_1000, Worse.MORE, name)
        yield measure, failures[0], failures[1]


def _counted(side: Side) -> list[int]:
    counted: list[int] = np.bincount(side.requests.name, minlength=len(side.requests.names)).tolist()
    return counted


def _least(name: str, counts: list[dict[str, int]]) -> int:
    return min(each[name] for each in counts)


def _asked(side: Side, name: str) -> tuple[Values, Values]:
    """How long the requests of a statement took, and which of them failed."""
    requests = side.requests
    mine = requests.name == requests.names.index(name)
    took = np.maximum(requests.took_ns[mine] / NS_PER_S, _LEAST_S)
    row, each = requests.row[mine], np.ones(len(took))
    return Values(row, took, each), Values(row, requests.failed[mine].astype(np.float64), each)
