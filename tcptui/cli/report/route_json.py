"""``tcptui merge A B C … --json``: one object, schema 1; what each hop says has the keys of two captures."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np

from tcptui.cli.report.json_text import Rendered, to_json
from tcptui.cli.report.merged_json import FIRST_CLOCK, clock_object, finding_object, stream_objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.points.route import Route
    from tcptui.points.route_findings import Decided
    from tcptui.points.splits import Splits


def route_as_json(
    route: Route, splits: Mapping[tuple[int, int], Splits], decided: Decided, files: Sequence[str]
) -> str:  # fmt: skip
    """All that ``route`` says; ``files``: what its captures are called, in the order in which they were given."""
    from tcptui.points.route_clocks import clock_of

    names = [ascii_uppercase[given] for given in route.given]
    points = []
    for point, name in enumerate(names):
        clock = FIRST_CLOCK if not point else clock_object(clock_of(route, point))
        told = {"order": "first" if not point else "shown" if route.is_told[point - 1] else "given"}
        points.append({"name": name, "file": files[route.given[point]], **told, "clock": clock})
    rows = {at: _named(stream_objects(route.hops[at], splits[at], found), at, names) for at, found in decided.items()}
    streams = [
        {
            "points": {names[point]: stream for point, stream in route.streams(chain).items()},
            "hops": [rows[one.near, one.far][one.pair] for one in chain],
        }
        for chain in route.chains
    ]
    return to_json({
        "schema": 1, "points": points, "assumed_symmetric": any(hop.is_symmetric for hop in route.hops.values()),
        "contradicting": sum(hop.contradicting for hop in route.hops.values()),
        "unpaired": _unpaired(route, decided, names), "streams": streams,
    })  # fmt: skip


def _named(rows: list[dict[str, object]], at: tuple[int, int], names: Sequence[str]) -> list[dict[str, object]]:
    """``rows`` of a hop with the names of its points in place of those that two captures have."""
    ends = {"A": names[at[0]], "B": names[at[1]]}
    found = []
    for row in rows:
        del row["undecided"]  # nobody asked: another hop may decide
        waits, findings = row["waits"], row["findings"]
        if isinstance(waits, Rendered) and isinstance(findings, list):
            pieces = waits.text.split('"near": "')
            row["waits"] = Rendered('"near": "'.join([pieces[0], *(ends[one[0]] + one[1:] for one in pieces[1:])]))
            row["findings"] = [{**one, "point": ends[one["point"]]} for one in findings]
        found.append({"from": ends["A"], "to": ends["B"], **row})
    return found


def _unpaired(route: Route, decided: Decided, names: Sequence[str]) -> dict[str, object]:
    """By point the connections that no other one has; and what is decided of attempts that never arrived."""
    paired: list[list[int]] = [[] for _ in names]
    for chain in route.chains:
        for point, stream in route.streams(chain).items():
            paired[point].append(stream)
    alone: dict[str, object] = {
        name: np.setdiff1d(np.arange(capture.streams.count), mine).tolist()
        for name, capture, mine in zip(names, route.captures, paired, strict=True)
    }
    findings = [
        {
            "stream": one.finding.stream, "from": names[at[0]], "to": names[at[1]], **finding_object(one),
            "point": names[at[one.point]],
        }
        for at, found in decided.items()
        for one in found
        if one.pair < 0
    ]  # fmt: skip
    return {**alone, "findings": findings}
