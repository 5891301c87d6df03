"""``tcptui merge A B C …`` for people: points, order, clocks, hops, findings, then connections with losses first."""

from __future__ import annotations

import shutil
import sys
from string import ascii_uppercase
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.points.fates import Fate
from tcptui.points.order import overtaken
from tcptui.points.route_clocks import clock_of
from tcptui.words.line_breaking import wrap
from tcptui.words.merged_text import change_text, duration_ns
from tcptui.words.quantities import Count, frames
from tcptui.words.route_text import clock_lines, finding_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.points.delays import Spread
    from tcptui.points.merge import Hop
    from tcptui.points.route import Route, Stretch
    from tcptui.points.route_findings import Decided
    from tcptui.words.catalogue import Words

_WIDTH: Final = 100
_LEAST: Final = 40
#: Connections that are told one by one.
_LISTED: Final = 20
_INDENT: Final = "  "


def route_as_text(
    route: Route, decided: Decided, files: Sequence[str], words: Words, *, ascii_only: bool = False
) -> Iterator[str]:  # fmt: skip
    """Lines of the report, each with its end.

    ``decided``: what its hops make of findings, ``files``: of the captures, in the order in which they were given.
    """
    width = max(_LEAST, shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else _WIDTH)
    names = [ascii_uppercase[given] for given in route.given]
    for indent, text in _lines(route, decided, names, files, words):
        shown = text.replace("→", "->").replace("…", "...") if ascii_only else text
        margin = _INDENT * indent
        for number, line in enumerate(wrap(shown, width - len(margin) - len(_INDENT)) or [""]):
            yield f"{margin}{_INDENT if number else ''}{line}\n"


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
    late = {at: overtaken(hop) for at, hop in route.hops.items()}
    delays = {at: hop.delays() for at, hop in route.hops.items()}
    for number in order[:_LISTED]:
        chain = route.chains[number]
        yield 0, ""
        yield from _heading(route, chain, names, words)
        for one in chain:
            hop, at, ends = route.hops[one.near, one.far], (one.near, one.far), (names[one.near], names[one.far])
            if not hop.pairs.is_same[one.pair]:
                votes = Count(int(hop.pairs.votes[one.pair]))
                yield 1, words("route.stream.legs", near=ends[0], far=ends[1], votes=votes)
                continue
            for side, (here, there) in enumerate((ends, ends[::-1])):
                yield from _missing(hop, side, one.pair, here, there, words)
            for side, (here, there) in enumerate((ends, ends[::-1])):
                index, passed = late[at][side], hop.sides[1 - side]
                mine = index[passed.pair[index] == one.pair]
                if len(mine):
                    listed = frames(tuple(sorted(passed.column("frame")[mine].tolist())), words)
                    facts = {"here": here, "there": there, "frames": listed}
                    yield 1, words("merged.reordered", count=Count(len(mine)), **facts)
            for spreads, (here, there) in zip(delays[at], (ends, ends[::-1]), strict=True):
                spread = spreads.of(one.pair)
                if spread is not None:
                    yield 1, _delay(hop, spread, here, there, words)
            if hop.changes[one.pair]:
                listed = words("merged.join").join(change_text(change, words) for change in hop.changes[one.pair])
                yield 1, words("route.changed", near=ends[0], far=ends[1], listed=listed)
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


def _missing(hop: Hop, side: int, pair: int, here: str, there: str, words: Words) -> Iterator[tuple[int, str]]:
    """Lines about the packets of a connection that the point ``here`` has and the other has not."""
    missing, packets = hop.missing[side], hop.sides[side]
    mine = packets.pair[missing.index] == pair
    for fate in (Fate.LOST_BETWEEN, Fate.NOT_CAPTURED, Fate.DUPLICATED, Fate.UNKNOWN):
        index = missing.index[mine & (missing.fate == fate)]
        if len(index):
            listed = frames(tuple(packets.column("frame")[index].tolist()), words)
            yield 1, words(f"merged.only.{fate.word}", count=Count(len(index)), here=here, there=there, frames=listed)
    outside = int(np.count_nonzero(packets.pair[missing.outside] == pair))
    if outside:
        yield 1, words("merged.outside", count=Count(outside), here=here, there=there)


def _delay(hop: Hop, spread: Spread, here: str, there: str, words: Words) -> str:
    return words(
        "merged.delay.symmetric" if hop.is_symmetric else "merged.delay", here=here, there=there,
        least=duration_ns(spread.least_ns, words), median=duration_ns(spread.median_ns, words),
        p90=duration_ns(spread.percentiles_ns[0], words), most=duration_ns(spread.most_ns, words),
    )  # fmt: skip
