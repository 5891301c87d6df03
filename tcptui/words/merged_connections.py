"""Sentences about the connections that two capture points have in common, whatever the form of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.points.fates import Fate
from tcptui.points.order import overtaken
from tcptui.words.merged_text import change_text, clock_lines, duration_ns
from tcptui.words.quantities import Count, frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcptui.model.packet_store import I64
    from tcptui.points.delays import Spread
    from tcptui.points.merge import Hop
    from tcptui.words.catalogue import Words


class ToldConnection(NamedTuple):
    """A pair of connections in words."""

    pair: int
    title: str
    lines: tuple[str, ...]


def head_lines(hop: Hop, names: Sequence[str], words: Words) -> tuple[tuple[str, ...], ...]:
    """What the report begins with: the points (``names``: of their captures), the clocks, how much is in both."""
    points = tuple(
        words(
            "merged.point", letter=letter, name=safe_text(name), streams=Count(capture.streams.count),
            packets=Count(capture.store.count - capture.store.first),
        )
        for letter, capture, name in zip("AB", (hop.a, hop.b), names, strict=True)
    )  # fmt: skip
    same = int(np.count_nonzero(hop.pairs.is_same))
    paired = [words(
        "merged.pairs", same=Count(same), a=Count(hop.a.streams.count - len(hop.pairs)),
        b=Count(hop.b.streams.count - len(hop.pairs)),
    )]  # fmt: skip
    if len(hop.pairs) > same:
        paired.append(words("merged.legs", count=Count(len(hop.pairs) - same)))
    if hop.contradicting:
        paired.append(words("merged.contradicting", count=Count(hop.contradicting)))
    return points, tuple(clock_lines(hop, words)), tuple(paired)


def worst_first(hop: Hop) -> I64:
    """The pairs in the order in which they are told: those of which one point lacks most packets first, legs last."""
    counts = [
        np.bincount(side.pair[missing.index], minlength=len(hop.pairs))
        for side, missing in zip(hop.sides, hop.missing, strict=True)
    ]
    order = np.lexsort((np.arange(len(hop.pairs)), -(counts[0] + counts[1])))
    found: I64 = order[np.argsort(~hop.pairs.is_same[order], kind="stable")]
    return found


def connection_title(hop: Hop, pair: int, words: Words) -> str:
    """Numbers and ends of a pair, at both points where they differ."""
    a, b = int(hop.pairs.a[pair]), int(hop.pairs.b[pair])
    ends = [str(end) for end in (*hop.a.streams.ends(a), *hop.b.streams.ends(b))]
    key = "merged.stream" if ends[:2] == ends[2:] else "merged.stream.renamed"
    return words(key, a=a, b=b, **dict(zip(("client", "server", "client_b", "server_b"), ends, strict=True)))


def told_connections(hop: Hop, pairs: Iterable[int] | I64, words: Words) -> Iterator[ToldConnection]:
    """``pairs`` in words, each when it is wanted."""
    packets, paired, delays, late = hop.packets, hop.paired, hop.delays(), overtaken(hop)
    for pair in map(int, pairs):
        title = connection_title(hop, pair, words)
        if not hop.pairs.is_same[pair]:
            legs = words("merged.stream.legs", votes=Count(int(hop.pairs.votes[pair])))
            yield ToldConnection(pair, title, (legs,))
            continue
        lines = [words(
            "merged.paired", paired_a=Count(int(paired[0][pair])), packets_a=Count(int(packets[0][pair])),
            paired_b=Count(int(paired[1][pair])), packets_b=Count(int(packets[1][pair])),
        )]  # fmt: skip
        lines += _missing(hop, pair, words)
        for way, index, side in zip(("AB", "BA"), late, hop.sides[::-1], strict=True):
            mine = index[side.pair[index] == pair]
            if len(mine):
                listed = frames(tuple(sorted(side.column("frame")[mine].tolist())), words)
                facts = {"here": way[0], "there": way[1], "frames": listed}
                lines.append(words("merged.reordered", count=Count(len(mine)), **facts))
        for way, spreads in zip(("ab", "ba"), delays, strict=True):
            spread = spreads.of(pair)
            if spread is not None:
                lines.append(_delay(way, spread, hop, words))
        if hop.changes[pair]:
            listed = words("merged.join").join(change_text(one, words) for one in hop.changes[pair])
            lines.append(words("merged.changed", listed=listed))
        yield ToldConnection(pair, title, tuple(lines))


def _missing(hop: Hop, number: int, words: Words) -> Iterator[str]:
    """Lines about the packets of a connection that one point has and the other has not."""
    for side, (here, there) in enumerate((("A", "B"), ("B", "A"))):
        missing, packets = hop.missing[side], hop.sides[side]
        mine = packets.pair[missing.index] == number
        for fate in (Fate.LOST_BETWEEN, Fate.NOT_CAPTURED, Fate.DUPLICATED, Fate.UNKNOWN):
            index = missing.index[mine & (missing.fate == fate)]
            if len(index):
                listed = frames(tuple(packets.column("frame")[index].tolist()), words)
                yield words(f"merged.only.{fate.word}", count=Count(len(index)), here=here, there=there, frames=listed)
        outside = int(np.count_nonzero(packets.pair[missing.outside] == number))
        if outside:
            yield words("merged.outside", count=Count(outside), here=here, there=there)


def _delay(way: str, spread: Spread, hop: Hop, words: Words) -> str:
    key = "merged.delay.symmetric" if hop.is_symmetric else "merged.delay"
    here, there = way[0].upper(), way[1].upper()
    return words(
        key, here=here, there=there, least=duration_ns(spread.least_ns, words),
        median=duration_ns(spread.median_ns, words), p90=duration_ns(spread.percentiles_ns[0], words),
        most=duration_ns(spread.most_ns, words),
    )  # fmt: skip
