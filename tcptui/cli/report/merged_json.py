"""``tcptui merge A B --json``: one object, schema 1 (architecture.md#contracts)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.cli.report.json_text import Rendered, Seconds, seconds, to_json
from tcptui.points.clock import Interval
from tcptui.points.connections import Joined
from tcptui.points.delays import PERCENTILES
from tcptui.points.fates import Fate
from tcptui.points.order import overtaken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.points.clock import Clocks
    from tcptui.points.delays import Spreads
    from tcptui.points.joined import JoinedFinding
    from tcptui.points.lines import F64
    from tcptui.points.merge import Hop
    from tcptui.points.route_clocks import PointClock
    from tcptui.points.splits import Splits
    from tcptui.points.undecided import Undecided

#: Parts per million of a rate.
_PPM: Final = 1e6
#: The clock of the first point, by which all others are told.
FIRST_CLOCK: Final[dict[str, object]] = {
    "offset": {"low": 0.0, "high": 0.0, "best": 0.0}, "drift_ppm": 0.0, "steps": [],
}  # fmt: skip
_SPREAD: Final = "".join((
    '{"min": %s, "median": %s, ', *(f'"p{share}": %s, ' for share in PERCENTILES), '"max": %s}',
))  # fmt: skip
_WAIT: Final = (
    '{"kind": "%s", "near": "%s", "asked": {"a": %d, "b": %d}, "answered": {"a": %d, "b": %d}, "total": %s,'
    ' "beyond": %s, "between": %s, "there": {"low": %s, "high": %s}, "back": {"low": %s, "high": %s},'
    ' "retransmitted": %s}'
)


def merged_as_json(
    hop: Hop, splits: Splits, joined: Sequence[JoinedFinding], files: Sequence[str], undecided: Sequence[Undecided] = ()
) -> str:  # fmt: skip
    """All that ``hop`` says.

    ``splits``: its waits, ``joined``: what it makes of findings, ``files``: what its captures are called,
    ``undecided``: findings that the pair should decide and cannot.
    """
    points = [
        {"name": "A", "file": files[0], "clock": FIRST_CLOCK},
        {"name": "B", "file": files[1], "clock": clock_object(hop.clocks)},
    ]
    unpaired = {
        "a": _unpaired(hop.pairs.a, hop.a.streams.count),
        "b": _unpaired(hop.pairs.b, hop.b.streams.count),
        "findings": [{"stream": one.finding.stream, **finding_object(one)} for one in joined if one.pair < 0],
    }
    return to_json({
        "schema": 1, "points": points, "assumed_symmetric": hop.is_symmetric, "contradicting": hop.contradicting,
        "unpaired": unpaired, "streams": stream_objects(hop, splits, joined, undecided),
    })  # fmt: skip


def clock_object(clocks: Clocks | PointClock | None, most_steps: int | None = None) -> dict[str, object]:
    """A clock against that of the first point, None: nobody knows; ``most_steps``: no more of its steps, None: all."""
    if clocks is None:
        return {"offset": None, "drift_ppm": None, "steps": []}
    low, high = clocks.drift_range
    return {
        "offset": _offset(clocks.offset),
        "at": Seconds(clocks.at_ns),
        "drift_ppm": _ppm(clocks.drift),
        "drift_ppm_low": _ppm(low),
        "drift_ppm_high": _ppm(high),
        "steps": [
            {"time": Seconds(step.time_ns), "seconds": Seconds(round(step.offset_ns))}
            for step in clocks.steps[:most_steps]
        ],
    }


def _offset(interval: Interval | None) -> dict[str, object] | None:
    if interval is None:
        return None
    return {"low": _time(interval.low_ns), "high": _time(interval.high_ns), "best": _time(interval.best_ns)}


def _time(ns: float | None) -> Seconds | None:
    return None if ns is None else Seconds(round(ns))


def _ppm(rate: float | None) -> float | None:
    return None if rate is None else round(rate * _PPM, 3)


def _spreads(spreads: Spreads) -> list[Rendered | None]:
    """By pair, as far as there are delays."""
    columns = (spreads.least_ns, spreads.median_ns, *spreads.percentiles_ns, spreads.most_ns)
    there = ~np.isnan(spreads.least_ns)
    cells = [list(map(seconds, np.rint(np.where(there, column, 0)).astype(np.int64).tolist())) for column in columns]
    return [Rendered(_SPREAD % tuple(row)) if some else None for some, *row in zip(there.tolist(), *cells, strict=True)]


def _offsets(low_ns: F64, high_ns: F64) -> list[dict[str, object] | None]:
    """By pair, as `Hop.intervals` gives them."""
    unknown = np.isnan(low_ns) | (np.isinf(low_ns) & np.isinf(high_ns))
    return [
        None if nothing else _offset(Interval(low if np.isfinite(low) else None, high if np.isfinite(high) else None))
        for nothing, low, high in zip(unknown.tolist(), low_ns.tolist(), high_ns.tolist(), strict=True)
    ]


def _unpaired(paired: np.ndarray, count: int) -> list[int]:
    found: list[int] = np.setdiff1d(np.arange(count), paired).tolist()
    return found


def stream_objects(
    hop: Hop, splits: Splits, joined: Sequence[JoinedFinding], undecided: Sequence[Undecided] = ()
) -> list[dict[str, object]]:  # fmt: skip
    """What two points say of each of their pairs of connections, by pair."""
    count = len(hop.pairs)
    packets, paired, offsets = hop.packets, hop.paired, _offsets(*hop.intervals())
    delays = [_spreads(spreads) for spreads in hop.delays()]
    only = [_only(hop, side, count) for side in (0, 1)]
    waits = _waits(hop, splits)
    reordered = _reordered(hop, count)
    findings: list[list[dict[str, object]]] = [[] for _ in range(count)]
    for one in joined:
        if one.pair >= 0:
            findings[one.pair].append(finding_object(one))
    open_ones: list[list[dict[str, object]]] = [[] for _ in range(count)]
    for each in undecided:
        open_ones[each.pair].append({"id": str(each.finding.id), "point": "AB"[each.point]})
    outside = [
        np.bincount(side.pair[missing.outside], minlength=count).tolist()
        for side, missing in zip(hop.sides, hop.missing, strict=True)
    ]
    drift = None if hop.clocks is None else _ppm(hop.clocks.drift)
    lengths = [
        table.packets[streams].tolist()
        for table, streams in ((hop.a.streams, hop.pairs.a), (hop.b.streams, hop.pairs.b))
    ]
    rows: list[dict[str, object]] = []
    for number, (a, b, same) in enumerate(
        zip(hop.pairs.a.tolist(), hop.pairs.b.tolist(), hop.pairs.is_same.tolist(), strict=True)
    ):
        rows.append({
            "a": a, "b": b,
            "packets_a": int(packets[0][number]) if same else lengths[0][number],
            "packets_b": int(packets[1][number]) if same else lengths[1][number],
            "paired": int(paired[0][number]), "paired_b": int(paired[1][number]),
            "offset": offsets[number], "drift_ppm": drift if same else None,
            "only_a": only[0][number], "only_b": only[1][number],
            "outside_a": outside[0][number], "outside_b": outside[1][number],
            "delay_ab": delays[0][number], "delay_ba": delays[1][number],
            "reordered_ab": reordered[0][number], "reordered_ba": reordered[1][number],
            "waits": waits[number], "findings": findings[number],
            "undecided": open_ones[number],
            "changed": [one.change.value for one in hop.changes[number]],
            "joined": (Joined.SAME if same else Joined.LEGS).value,
        })  # fmt: skip
    return rows


def _only(hop: Hop, side: int, count: int) -> list[list[dict[str, object]]]:
    """By pair the packets that only one side has, in the order of their frames."""
    missing, packets = hop.missing[side], hop.sides[side]
    rows: list[list[dict[str, object]]] = [[] for _ in range(count)]
    frames = packets.column("frame")[missing.index]
    for pair, frame, fate in zip(
        packets.pair[missing.index].tolist(), frames.tolist(), missing.fate.tolist(), strict=True
    ):
        rows[pair].append({"frame": frame, "reason": Fate(fate).word})
    return rows


def _reordered(hop: Hop, count: int) -> list[list[list[int]]]:
    """By direction and pair the frames that were overtaken, at the point that they passed last."""
    found: list[list[list[int]]] = []
    for index, side in zip(overtaken(hop), hop.sides[::-1], strict=True):
        rows: list[list[int]] = [[] for _ in range(count)]
        for pair, frame in zip(side.pair[index].tolist(), side.column("frame")[index].tolist(), strict=True):
            rows[pair].append(frame)
        found.append([sorted(row) for row in rows])
    return found


def _waits(hop: Hop, splits: Splits) -> list[Rendered]:
    """By pair where the waits for answers passed, in the order of time."""
    frames = [
        side.column("frame")[index].tolist()
        for index, side in zip(
            (splits.asked_a, splits.asked_b, splits.answered_a, splits.answered_b), hop.sides * 2, strict=True
        )
    ]
    times = [
        list(map(seconds, np.rint(column).astype(np.int64).tolist()))
        for column in (
            splits.total_ns, splits.beyond_ns, splits.ways_ns, splits.there_low_ns, splits.there_high_ns,
            splits.back_low_ns, splits.back_high_ns,
        )
    ]  # fmt: skip
    rows: list[list[str]] = [[] for _ in range(len(hop.pairs))]
    for pair, opens, near, resent, *cells in zip(
        splits.pair.tolist(), splits.is_opening.tolist(), splits.near.tolist(), splits.is_resent.tolist(), *frames,
        *times, strict=True,
    ):  # fmt: skip
        kind, point, again = "opening" if opens else "response", "AB"[near], "true" if resent else "false"
        rows[pair].append(_WAIT % (kind, point, *cells, again))
    return [Rendered(f"[{', '.join(row)}]") for row in rows]


def finding_object(one: JoinedFinding) -> dict[str, object]:
    """What two points decide of a finding."""
    observed = one.observed
    times: dict[str, object] = {}
    if observed.beyond_ns or observed.between_ns:
        times = {"beyond": _time(observed.beyond_ns), "between": _time(observed.between_ns)}
    return {
        "id": one.finding.id.value, "point": "AB"[one.point], "outcome": one.row.outcome.value,
        "shown": observed.shown.value, "confidence": one.finding.confidence.value,
        "packets": {"a": one.packets[0], "b": one.packets[1]},
        "shown_by": {"a": observed.at[0], "b": observed.at[1]}, **times,
        "refuted": one.refuted, "not_between": one.not_between,
    }  # fmt: skip
