"""The page about two capture points: what the text says, and the packets of the worst connections between both.

Its length is bounded, however many connections there are, and it says what it leaves out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

import tcptui
from tcptui.cli.report.page.frame import page_begin, page_end
from tcptui.cli.report.page.markup import Markup, element
from tcptui.cli.report.page.merged_ladder import merged_ladder, passages_of
from tcptui.model.safe_text import safe_text
from tcptui.points.fates import Fate
from tcptui.points.ladder import Ladders
from tcptui.words.merged_connections import head_lines, told_connections, worst_first
from tcptui.words.merged_findings import finding_lines, undecided_lines
from tcptui.words.merged_pairs import pair_heading
from tcptui.words.merged_splits import slowest_lines
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcptui.model.packet_store import I64
    from tcptui.points.joined import JoinedFinding
    from tcptui.points.merge import Hop
    from tcptui.points.splits import Splits
    from tcptui.points.undecided import Undecided
    from tcptui.words.catalogue import Words

#: Connections that are told, and further ones that get a row each.
CONNECTIONS: Final = 20
LISTED: Final = 200
#: Bytes of the told connections after which further ones are only listed.
_MOST_BYTES: Final = 1_000_000


def merged_page(
    hop: Hop, splits: Splits, joined: Sequence[JoinedFinding], undecided: Sequence[Undecided], names: Sequence[str],
    words: Words,
) -> Iterator[str]:  # fmt: skip
    """The page in pieces; arguments as of `merged_as_text`.  ``names``: of the files, without their folders."""
    label = " · ".join(map(safe_text, names))
    yield page_begin(words("page.title", file=label), words.language)
    points, clocks, paired = head_lines(hop, names, words)
    yield element("header", element("h1", label), *_paragraphs(points, "soft"), *_paragraphs(paired)) + "\n"
    yield element("h2", words("page.merged.clocks")) + "\n"
    yield element("section", *_paragraphs(clocks), cls="card") + "\n"
    slowest = [(min(number, 1), text) for number, text in enumerate(slowest_lines(hop, splits, words))]
    for told in (list(finding_lines(joined, words)), list(undecided_lines(undecided, words)), slowest):
        if told:
            yield _list(told) + "\n"
    yield from _connections(hop, words)
    yield page_end(words("page.merged.foot", version=tcptui.__version__))


def _paragraphs(lines: Iterable[str], cls: str = "") -> list[Markup]:
    return [element("p", line, cls=cls) for line in lines]


def _list(told: Iterable[tuple[int, str]]) -> Markup:
    """Lines with how far each is set in: those at the margin are paragraphs, the others items."""
    parts: list[Markup] = []
    items: list[Markup] = []
    for depth, text in told:
        if depth:
            items.append(element("li", text, cls="soft" if depth > 1 else ""))
        else:
            parts.append(element("p", text))
    return element("section", *parts, element("ul", *items), cls="card")


def _connections(hop: Hop, words: Words) -> Iterator[str]:
    order = worst_first(hop)
    if not len(order):
        return
    yield element("h2", words("page.merged.connections")) + "\n"
    used = count = 0
    ladders = Ladders(hop)
    for told in told_connections(hop, order[:CONNECTIONS], words):
        # Packets of legs have no twins, and arrows no direction where nothing shows which point is nearer to which end.
        is_drawn = hop.is_placed[told.pair] and hop.pairs.is_same[told.pair]
        drawing = merged_ladder(passages_of(ladders.of(told.pair), hop.sides) if is_drawn else [], words)
        parts = [element("h3", told.title), *_paragraphs(told.lines, "small")]
        if drawing:
            parts += [element("h4", words("page.ladder")), drawing]
        piece = element("section", *parts, cls="card") + "\n"
        used += len(piece.encode())
        count += 1
        yield piece
        if used > _MOST_BYTES:
            break
    rest = order[count:]
    if len(rest):
        yield element("h2", words("report.connections.more")) + "\n"
        yield _table(hop, rest[:LISTED], words) + "\n"
    if len(rest) > LISTED:
        yield element("p", words("merged.more", count=Count(len(rest) - LISTED)), cls="soft") + "\n"


def _table(hop: Hop, pairs: I64, words: Words) -> Markup:
    """A row for each of ``pairs``: both numbers and ends, and what was lost in each direction."""
    lost = []
    for side, missing in zip(hop.sides, hop.missing, strict=True):
        index = missing.index[missing.fate == Fate.LOST_BETWEEN]
        lost.append(_counted(side.pair[index], len(hop.pairs)))
    titles = [words("page.merged.lost", here=way[0], there=way[1]) for way in ("AB", "BA")]
    cells = [element("th", words("page.merged.connection")), *(element("th", title, cls="n") for title in titles)]
    head = element("thead", element("tr", *cells))
    rows = [
        element("tr", element("td", pair_heading(hop, pair, words)),
            *(element("td", f"{Count(each[pair])}", cls="n") for each in lost))
        for pair in pairs.tolist()
    ]  # fmt: skip
    return element("div", element("table", head, element("tbody", *rows)), cls="wide")


def _counted(pairs: I64, count: int) -> list[int]:
    found: list[int] = np.bincount(pairs, minlength=count).tolist()
    return found
