"""Why two sides cannot be compared, or only with care."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.compare.mixture import common_shares, shares_of
from tcptui.model.capture_point import CapturePoint
from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.compare.clusters import Clusters
    from tcptui.compare.side import Side

    F64 = NDArray[np.float64]

#: With fewer connections on a side nothing is told.
FEWEST_CONNECTIONS: Final = 30
#: Mixtures of servers that differ by more than this share of the connections are told.
MIXED: Final = 0.1
#: Where fewer connections of a side go to servers that are on both, no common mixture is made.
LEAST_SHARED: Final = 0.5
#: Of the connections of a side, so many go to servers (ports) that the other one has not, or it is told.
ELSEWHERE: Final = 0.2
#: Captures that share less than this of the hours of the day are told, unless one of them is longer than a day.
SAME_HOURS: Final = 0.5
#: A capture that is so many times as long as the other is told.
LONGER: Final = 3.0
#: Frames of one side that were cut, less those of the other, as a share of all.
CUT: Final = 0.1
#: Dropped packets, as a share of all.
DROPPED: Final = 0.001
_DAY_NS: Final = 86_400 * NS_PER_S
_HOUR_NS: Final = 3_600 * NS_PER_S
#: The epoch began on a Thursday; the week of these numbers on a Monday.
_THURSDAY: Final = 3
_SATURDAY: Final = 5


class Doubt(Enum):
    """A reason to be careful; the value is its name in JSON, and the end of its words' key."""

    FEW = "few-connections"
    POINT = "capture-point"
    PORTS = "other-ports"
    SERVERS = "other-servers"
    MIXTURE = "mixture"
    HOURS = "other-hours"
    WEEKDAY = "other-weekday"
    LENGTH = "other-length"
    CUT = "snap-length"
    DROPPED = "dropped"
    CLIENTS = "few-clients"
    BOTH = "in-both"
    GROUPS = "groups-left-out"


#: With one of these what is told may be due to how it was captured, not to what happened.
NOT_COMPARABLE: Final = frozenset({Doubt.FEW, Doubt.POINT, Doubt.PORTS})


@dataclass(frozen=True)
class Caution:
    """A doubt, and the numbers or names that it is about: of A and of B, or of both together."""

    doubt: Doubt
    a: float | str = ""
    b: float | str = ""


@dataclass(frozen=True)
class Mixture:
    """How both sides' connections spread over servers."""

    distance: float
    """The share of connections that would have to go elsewhere to make both alike."""
    weights: tuple[F64, F64] | None
    """How much each connection counts for both to have the same mixture; None: too few servers are in both."""


def mixture_of(a: Side, b: Side) -> Mixture:
    """The mixtures of servers."""
    of, shares = shares_of(a.server, b.server)
    shared = (shares[0] > 0) & (shares[1] > 0)
    distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
    if min(float(share[shared].sum()) for share in shares) < LEAST_SHARED:
        return Mixture(distance, None)
    common = common_shares(*shares)
    weights = [(common / np.where(share > 0, share, 1))[each] for share, each in zip(shares, of, strict=True)]
    return Mixture(distance, (weights[0], weights[1]))


def cautions_of(a: Side, b: Side, clusters: Clusters | None, mixture: Mixture | None) -> Iterator[Caution]:
    """Reasons not to compare both.  ``clusters``: of both, None: too few connections; ``mixture``: None where
    they are compared by group, within which it does not matter so much.
    """
    if min(len(a), len(b)) < FEWEST_CONNECTIONS:
        yield Caution(Doubt.FEW, len(a), len(b))
    if not len(a) or not len(b):
        return
    points = [side.about.place.position for side in (a, b)]
    if CapturePoint.UNKNOWN not in points and points[0] != points[1]:
        yield Caution(Doubt.POINT, points[0].name.lower(), points[1].name.lower())
    ports = _elsewhere(a.port, b.port)
    if max(ports) > ELSEWHERE:
        yield Caution(Doubt.PORTS, *ports)
    elif max(servers := _elsewhere(a.server.astype(str), b.server.astype(str))) > ELSEWHERE:
        yield Caution(Doubt.SERVERS, *servers)
    elif mixture is not None and mixture.distance > MIXED and mixture.distance > _by_chance(a, b):
        yield Caution(Doubt.MIXTURE, mixture.distance)
    yield from _times(a, b)
    cut = [side.about.truncated / max(side.about.packets, 1) for side in (a, b)]
    if abs(cut[0] - cut[1]) > CUT:
        yield Caution(Doubt.CUT, *cut)
    dropped = [side.about.dropped / max(side.about.packets + side.about.dropped, 1) for side in (a, b)]
    if max(dropped) > DROPPED:
        yield Caution(Doubt.DROPPED, *dropped)
    if clusters is not None and clusters.are_pieces:
        yield Caution(Doubt.CLIENTS, *(len(set(side.client.tolist())) for side in (a, b)))


def _elsewhere(a: NDArray[np.generic], b: NDArray[np.generic]) -> tuple[float, float]:
    """Shares: of ``a`` that is not in ``b``, and of ``b`` not in ``a``."""
    return float(np.mean(~np.isin(a, b))), float(np.mean(~np.isin(b, a)))


def _by_chance(a: Side, b: Side) -> float:
    """How far mixtures of so many servers and connections differ by chance alone, at the very most."""
    servers = len(set(a.server.tolist()) | set(b.server.tolist()))
    return float(np.sqrt(servers / (2 * np.pi)) * np.sqrt(1 / len(a) + 1 / len(b)) * 1.5)


def _times(a: Side, b: Side) -> Iterator[Caution]:
    spans = [(int(side.began_ns.min()), int(side.began_ns.max())) for side in (a, b)]
    lengths = [max(end - begin, NS_PER_S) for begin, end in spans]
    if max(lengths) > LONGER * min(lengths):
        yield Caution(Doubt.LENGTH, lengths[0] / NS_PER_S, lengths[1] / NS_PER_S)
    if max(lengths) >= _DAY_NS:
        return
    hours = [_hours(begin, end) for begin, end in spans]
    if len(hours[0] & hours[1]) < SAME_HOURS * min(map(len, hours)):
        yield Caution(Doubt.HOURS, *(float(begin) for begin, _ in spans))
    weekend = [(begin // _DAY_NS + _THURSDAY) % 7 >= _SATURDAY for begin, _ in spans]
    if weekend[0] != weekend[1]:
        yield Caution(Doubt.WEEKDAY, *(float(begin) for begin, _ in spans))


def _hours(begin_ns: int, end_ns: int) -> set[int]:
    """The hours of the day (UTC) in which a side has connections, with the one before and after."""
    first, last = begin_ns // _HOUR_NS, end_ns // _HOUR_NS
    return {hour % 24 for hour in range(first - 1, last + 2)}
