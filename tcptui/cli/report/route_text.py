"""``tcptui merge A B C …`` for people: points, order, clocks, hops, findings, then connections with losses first."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.cli.report.indented import indented
from tcptui.model.safe_text import safe_text
from tcptui.points.fates import Fate
from tcptui.points.route_clocks import clock_of
from tcptui.words.merged_pairs import PairSentences
from tcptui.words.quantities import Count
from tcptui.words.route_text import clock_lines, finding_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.points.merge import Hop
    from tcptui.points.route import Route, Stretch
    from tcptui.points.route_findings import Decided
    from tcptui.words.catalogue import Words

#: Connections that are told one by one.
_LISTED: Final = 20


def route_as_text(
    route: Route, decided: Decided, files: Sequence[str], words: Words, *, ascii_only: bool = False
) -> Iterator[str]:  # fmt: skip
    """Lines of the report, each with its end.

    ``decided``: what its hops make of findings, ``files``: of the captures, in the order in which they were given.
    """
    names = [ascii_uppercase[given] for given in route.given]
    return indented(_lines(route, decided, names, files, words), ascii_only=ascii_only)


def _lines(
    route: Route, decided: Decided, names: Sequence[str], files: Sequence[str], words: Words
) -> Iterator[tuple[int, str]]:  # fmt: skip
    """Paragraphs with how far each is set in."""
    for name, given, capture in sorted(zip(names, route.given, route.captures, strict=True), key=lambda one: one[1]):
        facts = {"packets": Count(capture.store.count - capture.store.first), "streams": Count(capture.streams.count)}
        yield 0, words("merged.point", letter=name, name=safe_text(files[given]), **facts)
    yield 0, ""
    yield 0, words("route.order", listed=words("merged.join").join(names))
    for point, told in enumerate(route.is_told):
        if not told:
            yield 0, words("route.order.given", near=names[point], far=names[point + 1])
    for point in range(1, len(names)):
        for text in clock_lines(clock_of(route, point), names[point], names[0], words):
            yield 0, text
    if any(hop.is_symmetric for hop in route.hops.values()):
        yield 0, words("route.symmetric")
    yield 0, ""
    yield from _hops(route, names, words)
    found = tuple(finding_lines(decided, names, words))
    if found:
        yield 0, ""
        yield from found
    yield from _connections(route, names, words)


def _hops(route: Route, names: Sequence[str], words: Words) -> Iterator[tuple[int, str]]:
    """What each hop lost, and which connections no other point has."""
    alone = [np.ones(capture.streams.count, np.bool_) for capture in route.captures]
    for chain in route.chains:
        for point, stream in route.streams(chain).items():
            alone[point][stream] = False
    for (near, far), hop in sorted(route.hops.items()):
        if far - near == 1:
            pairs = np.flatnonzero(hop.pairs.is_same)
        else:
            used = [one.pair for chain in route.chains for one in chain if (one.near, one.far) == (near, far)]
            pairs = np.array([pair for pair in used if hop.pairs.is_same[pair]], np.int64)
            if not len(pairs):
                continue
        lost = sum(_number(hop, side, pairs, Fate.LOST_BETWEEN) for side in (0, 1))
        missed = [_number(hop, side, pairs, Fate.NOT_CAPTURED) for side in (1, 0)]
        yield 0, words(
            "route.hop", near=names[near], far=names[far], same=Count(len(pairs)), lost=Count(lost),
            missed_near=Count(missed[0]), missed_far=Count(missed[1]),
        )  # fmt: skip
    for name, mine in zip(names, alone, strict=True):
        if mine.any():
            yield 0, words("route.only", point=name, count=Count(int(np.count_nonzero(mine))))


def _number(hop: Hop, side: int, pairs: np.ndarray, fate: Fate) -> int:
    missing = hop.missing[side]
    mine = np.isin(hop.sides[side].pair[missing.index], pairs)
    return int(np.count_nonzero(mine & (missing.fate == fate)))


def _connections(route: Route, names: Sequence[str], words: Words) -> Iterator[tuple[int, str]]:
    counts = {
        at: np.bincount(
            np.concatenate([
                side.pair[missing.index] for side, missing in zip(hop.sides, hop.missing, strict=True)
            ]), minlength=len(hop.pairs),
        )
        for at, hop in route.hops.items()
    }  # fmt: skip
    order = sorted(
        range(len(route.chains)),
        key=lambda number: -sum(int(counts[one.near, one.far][one.pair]) for one in route.chains[number]),
    )
    sentences = {
        (near, far): PairSentences(hop, words, (names[near], names[far])) for (near, far), hop in route.hops.items()
    }
    for number in order[:_LISTED]:
        chain = route.chains[number]
        yield 0, ""
        yield from _heading(route, chain, names, words)
        for one in chain:
            hop, told = route.hops[one.near, one.far], sentences[one.near, one.far]
            ends = {"near": names[one.near], "far": names[one.far]}
            if not hop.pairs.is_same[one.pair]:
                yield 1, words("route.stream.legs", votes=Count(int(hop.pairs.votes[one.pair])), **ends)
                continue
            for text in told.between(one.pair):
                yield 1, text
            if hop.changes[one.pair]:
                yield 1, words("route.changed", listed=told.changed(one.pair), **ends)
    if len(order) > _LISTED:
        yield 0, ""
        yield 0, words("merged.more", count=Count(len(order) - _LISTED))


def _heading(route: Route, chain: tuple[Stretch, ...], names: Sequence[str], words: Words) -> Iterator[tuple[int, str]]:
    streams = sorted(route.streams(chain).items())
    listed = f"{names[streams[0][0]]} {streams[0][1]}"
    for one, (point, stream) in zip(chain, streams[1:], strict=True):
        is_same = route.hops[one.near, one.far].pairs.is_same[one.pair]
        listed += f" {'=' if is_same else '~'} {names[point]} {stream}"
    ends = [[str(end) for end in route.captures[point].streams.ends(stream)] for point, stream in streams]
    yield 0, words("route.stream", listed=listed, client=ends[0][0], server=ends[0][1])
    for (point, _), before, mine in zip(streams[1:], ends, ends[1:], strict=False):
        if mine != before:
            yield 1, words("route.renamed", point=names[point], client=mine[0], server=mine[1])
