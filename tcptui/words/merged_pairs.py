"""Sentences about one connection of two captures: what became of its packets, how long they took, what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.points.fates import Fate
from tcptui.points.order import overtaken
from tcptui.words.merged_text import change_text, duration_ns
from tcptui.words.quantities import Count, frames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_store import I64
    from tcptui.points.delays import Spread
    from tcptui.points.merge import Hop
    from tcptui.points.packets import Side
    from tcptui.words.catalogue import Words

#: In the order in which they are told.
_FATES: Final = (Fate.LOST_BETWEEN, Fate.NOT_CAPTURED, Fate.DUPLICATED, Fate.UNKNOWN)


def pair_heading(hop: Hop, number: int, words: Words) -> str:
    """Numbers and ends of a pair, at both points where they differ."""
    a, b = int(hop.pairs.a[number]), int(hop.pairs.b[number])
    ends = [str(end) for end in (*hop.a.streams.ends(a), *hop.b.streams.ends(b))]
    key = "merged.stream" if ends[:2] == ends[2:] else "merged.stream.renamed"
    return words(key, a=a, b=b, **dict(zip(("client", "server", "client_b", "server_b"), ends, strict=True)))


class PairSentences:
    """Tells of any pair of a hop; what all have in common is worked out once."""

    def __init__(self, hop: Hop, words: Words, points: tuple[str, str] = ("A", "B")) -> None:
        """``points``: what both are called."""
        self._hop, self._words = hop, words
        self._ways = points, points[::-1]
        self._packets, self._paired, self._delays, self._late = hop.packets, hop.paired, hop.delays(), overtaken(hop)

    def heading(self, number: int) -> str:
        """What both captures call the connection."""
        return pair_heading(self._hop, number, self._words)

    def lines(self, number: int) -> Iterator[str]:
        """What there is to say of its packets, a sentence each."""
        hop, words = self._hop, self._words
        if not hop.pairs.is_same[number]:
            yield words("merged.stream.legs", votes=Count(int(hop.pairs.votes[number])))
            return
        (packets_a, packets_b), (paired_a, paired_b) = (
            tuple(Count(int(column[number])) for column in counts) for counts in (self._packets, self._paired)
        )
        yield words("merged.paired", paired_a=paired_a, packets_a=packets_a, paired_b=paired_b, packets_b=packets_b)
        yield from self.between(number)
        if hop.changes[number]:
            yield words("merged.changed", listed=self.changed(number))

    def between(self, number: int) -> Iterator[str]:
        """What became of the packets between both points, and how long they took, a sentence each."""
        hop, words = self._hop, self._words
        for side, (here, there) in enumerate(self._ways):
            yield from self._missing(side, number, here, there)
        for (here, there), index, passed in zip(self._ways, self._late, hop.sides[::-1], strict=True):
            mine = index[passed.pair[index] == number]
            if len(mine):
                listed = frames(tuple(sorted(_frames(passed, mine))), words)
                yield words("merged.reordered", count=Count(len(mine)), here=here, there=there, frames=listed)
        for (here, there), spreads in zip(self._ways, self._delays, strict=True):
            spread = spreads.of(number)
            if spread is not None:
                yield self._delay(spread, here, there)

    def changed(self, number: int) -> str:
        """What was changed on the way, listed; empty: nothing."""
        return self._words("merged.join").join(change_text(one, self._words) for one in self._hop.changes[number])

    def _missing(self, side: int, number: int, here: str, there: str) -> Iterator[str]:
        """Sentences about the packets of a connection that the point ``here`` has and the other has not."""
        words, missing, packets = self._words, self._hop.missing[side], self._hop.sides[side]
        mine = packets.pair[missing.index] == number
        for fate in _FATES:
            index = missing.index[mine & (missing.fate == fate)]
            if len(index):
                listed = frames(_frames(packets, index), words)
                key, count = f"merged.only.{fate.word}", Count(len(index))
                yield words(key, count=count, here=here, there=there, frames=listed)
        outside = int(np.count_nonzero(packets.pair[missing.outside] == number))
        if outside:
            yield words("merged.outside", count=Count(outside), here=here, there=there)

    def _delay(self, spread: Spread, here: str, there: str) -> str:
        words = self._words
        return words(
            "merged.delay.symmetric" if self._hop.is_symmetric else "merged.delay", here=here, there=there,
            least=duration_ns(spread.least_ns, words), median=duration_ns(spread.median_ns, words),
            p90=duration_ns(spread.percentiles_ns[0], words), most=duration_ns(spread.most_ns, words),
        )  # fmt: skip


def _frames(side: Side, index: I64) -> tuple[int, ...]:
    """Numbers of packets of a side; only these are looked up, not a whole column."""
    return tuple(side.segments.column("frame", side.places[index]).tolist())
