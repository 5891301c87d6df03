"""``tcptui merge A B`` for people: the points, the clocks, then each connection, those with losses first."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.points.fates import Fate
from tcptui.points.order import overtaken
from tcptui.words.line_breaking import wrap
from tcptui.words.merged_findings import finding_lines, undecided_lines
from tcptui.words.merged_splits import slowest_lines
from tcptui.words.merged_text import change_text, clock_lines, duration_ns
from tcptui.words.quantities import Count, frames

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.points.delays import Spread
    from tcptui.points.joined import JoinedFinding
    from tcptui.points.merge import Hop
    from tcptui.points.splits import Splits
    from tcptui.points.undecided import Undecided
    from tcptui.words.catalogue import Words

_WIDTH: Final = 100
_LEAST: Final = 40
#: Connections that are told one by one.
_LISTED: Final = 20
_INDENT: Final = "  "


def merged_as_text(
    hop: Hop, splits: Splits, joined: Sequence[JoinedFinding], names: Sequence[str], words: Words, *,
    undecided: Sequence[Undecided] = (), ascii_only: bool = False,
) -> Iterator[str]:  # fmt: skip
    """Lines of the report, each with its end.

    ``splits``: the waits of ``hop``, ``joined``: what it makes of findings, ``names``: of the captures,
    ``undecided``: findings that the pair should decide and cannot.
    """
    width = max(_LEAST, shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else _WIDTH)

    def lines(text: str, indent: str = "") -> Iterator[str]:
        shown = text.replace("→", "->").replace("…", "...") if ascii_only else text
        for number, line in enumerate(wrap(shown, width - len(indent) - len(_INDENT))):
            yield f"{indent}{_INDENT if number else ''}{line}\n"

    for letter, capture, name in zip("AB", (hop.a, hop.b), names, strict=True):
        facts = {"packets": Count(capture.store.count - capture.store.first), "streams": Count(capture.streams.count)}
        yield from lines(words("merged.point", letter=letter, name=safe_text(name), **facts))
    yield "\n"
    for line in clock_lines(hop, words):
        yield from lines(line)
    yield "\n"
    same = int(np.count_nonzero(hop.pairs.is_same))
    yield from lines(words(
        "merged.pairs", same=Count(same), a=Count(hop.a.streams.count - len(hop.pairs)),
        b=Count(hop.b.streams.count - len(hop.pairs)),
    ))  # fmt: skip
    if len(hop.pairs) > same:
        yield from lines(words("merged.legs", count=Count(len(hop.pairs) - same)))
    if hop.contradicting:
        yield from lines(words("merged.contradicting", count=Count(hop.contradicting)))
    for found in (tuple(finding_lines(joined, words)), tuple(undecided_lines(undecided, words))):
        if found:
            yield "\n"
        for depth, text in found:
            yield from lines(text, _INDENT * depth)
    slowest = tuple(slowest_lines(hop, splits, words))
    if slowest:
        yield "\n"
        for number, text in enumerate(slowest):
            yield from lines(text, _INDENT if number else "")
    yield from _connections(hop, words, lines)


def _connections(hop: Hop, words: Words, lines: _Lines) -> Iterator[str]:
    counts = [
        np.bincount(side.pair[missing.index], minlength=len(hop.pairs))
        for side, missing in zip(hop.sides, hop.missing, strict=True)
    ]
    order = np.lexsort((np.arange(len(hop.pairs)), -(counts[0] + counts[1])))
    order = order[np.argsort(~hop.pairs.is_same[order], kind="stable")]
    packets, paired, delays, late = hop.packets, hop.paired, hop.delays(), overtaken(hop)
    for number in order[:_LISTED].tolist():
        a, b = int(hop.pairs.a[number]), int(hop.pairs.b[number])
        yield "\n"
        ends = [str(end) for end in (*hop.a.streams.ends(a), *hop.b.streams.ends(b))]
        key = "merged.stream" if ends[:2] == ends[2:] else "merged.stream.renamed"
        names = dict(zip(("client", "server", "client_b", "server_b"), ends, strict=True))
        yield from lines(words(key, a=a, b=b, **names))
        if not hop.pairs.is_same[number]:
            yield from lines(words("merged.stream.legs", votes=Count(int(hop.pairs.votes[number]))), _INDENT)
            continue
        yield from lines(words(
            "merged.paired", paired_a=Count(int(paired[0][number])), packets_a=Count(int(packets[0][number])),
            paired_b=Count(int(paired[1][number])), packets_b=Count(int(packets[1][number])),
        ), _INDENT)  # fmt: skip
        for text in _missing(hop, number, words):
            yield from lines(text, _INDENT)
        for way, index, side in zip(("AB", "BA"), late, hop.sides[::-1], strict=True):
            mine = index[side.pair[index] == number]
            if len(mine):
                listed = frames(tuple(sorted(side.column("frame")[mine].tolist())), words)
                facts = {"here": way[0], "there": way[1], "frames": listed}
                yield from lines(words("merged.reordered", count=Count(len(mine)), **facts), _INDENT)
        for way, spreads in zip(("ab", "ba"), delays, strict=True):
            spread = spreads.of(number)
            if spread is not None:
                yield from lines(_delay(way, spread, hop, words), _INDENT)
        if hop.changes[number]:
            listed = words("merged.join").join(change_text(one, words) for one in hop.changes[number])
            yield from lines(words("merged.changed", listed=listed), _INDENT)
    if len(order) > _LISTED:
        yield "\n"
        yield from lines(words("merged.more", count=Count(len(order) - _LISTED)))


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


if TYPE_CHECKING:
    from typing import Protocol

    class _Lines(Protocol):
        def __call__(self, text: str, indent: str = "") -> Iterator[str]: ...
