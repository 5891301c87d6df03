"""Sentences about the connections that two capture points have in common, whatever the form of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.words.merged_pairs import PairSentences
from tcptui.words.merged_text import clock_lines
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcptui.model.packet_store import I64
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


def told_connections(hop: Hop, pairs: Iterable[int] | I64, words: Words) -> Iterator[ToldConnection]:
    """``pairs`` in words, each when it is wanted."""
    sentences = PairSentences(hop, words)
    for pair in map(int, pairs):
        yield ToldConnection(pair, sentences.heading(pair), tuple(sentences.lines(pair)))
