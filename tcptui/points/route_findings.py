"""Findings of three or more captures, each judged once, and decided at the hops that tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.points.deciding import asked_streams
from tcptui.points.evidence import PointEvidence
from tcptui.points.joined import join_findings
from tcptui.points.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.finding import Finding
    from tcptui.points.joined import JoinedFinding
    from tcptui.points.route import Route
    from tcptui.points.splits import Splits

    #: What the pair of each hop decides, by hop.
    Decided = dict[tuple[int, int], list[JoinedFinding]]


def decide_route(
    route: Route, splits: Mapping[tuple[int, int], Splits], captures: Sequence[JudgedCapture]
) -> Decided:  # fmt: skip
    """What the hops of ``route`` that have connections decide; ``captures`` are those of ``route``.

    A hop that only rules causes out says nothing of a finding that another hop of the connection decides.
    """
    used = {(one.near, one.far) for chain in route.chains for one in chain}
    used |= {(point, point + 1) for point in range(len(captures) - 1)}
    points = {at: (PointEvidence(route.hops[at], 0), PointEvidence(route.hops[at], 1)) for at in used}
    asked = {at: asked_streams(route.hops[at], splits[at], points[at]) for at in used}
    judged: list[dict[int, tuple[Finding, ...]]] = []
    for point, capture in enumerate(captures):
        wanted = {
            stream
            for at, streams in asked.items()
            for end, mine in zip(at, streams, strict=True)
            if end == point
            for stream in mine.tolist()
        }
        judged.append(dict(capture.each_findings(sorted(wanted))))
    found = {
        at: join_findings(
            route.hops[at], splits[at],
            tuple([(stream, judged[end][stream]) for stream in streams.tolist()]
                  for end, streams in zip(at, asked[at], strict=True)),
            points[at],
        )
        for at in sorted(used)
    }  # fmt: skip
    return _one_voice(route, found)


def _one_voice(route: Route, found: Decided) -> Decided:
    """``found`` without what is said of a pair that no chain has, and without what another hop says better."""
    chain_of = {(one.near, one.far, one.pair): number for number, chain in enumerate(route.chains) for one in chain}
    goes_on = {
        end
        for chain in route.chains
        for one in chain
        if one.far - one.near > 1
        for end in ((one.near, route.streams((one,))[one.near]), (one.far, route.streams((one,))[one.far]))
    }
    decided = {
        (chain_of.get((*at, one.pair)), one.finding.id)
        for at, each in found.items()
        for one in each
        if one.row.outcome is not Outcome.NARROWED
    }
    kept: Decided = {}
    for at, each in found.items():
        kept[at] = []
        for one in each:
            chain = chain_of.get((*at, one.pair))
            if one.pair < 0:
                # What a point further on has did not end here.
                if at[1] - at[0] == 1 and (at[one.point], one.finding.stream) not in goes_on:
                    kept[at].append(one)
            elif chain is not None and (
                one.row.outcome is not Outcome.NARROWED or (chain, one.finding.id) not in decided
            ):
                kept[at].append(one)
    return kept
