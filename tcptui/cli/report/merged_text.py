"""``tcptui merge A B`` for people: the points, the clocks, then each connection, those with losses first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.report.indented import indented
from tcptui.words.merged_connections import head_lines, told_connections, worst_first
from tcptui.words.merged_findings import finding_lines, undecided_lines
from tcptui.words.merged_splits import slowest_lines
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.points.joined import JoinedFinding
    from tcptui.points.merge import Hop
    from tcptui.points.splits import Splits
    from tcptui.points.undecided import Undecided
    from tcptui.words.catalogue import Words

#: Connections that are told one by one.
_LISTED: Final = 20


def merged_as_text(
    hop: Hop, splits: Splits, joined: Sequence[JoinedFinding], names: Sequence[str], words: Words, *,
    undecided: Sequence[Undecided] = (), ascii_only: bool = False,
) -> Iterator[str]:  # fmt: skip
    """Lines of the report, each with its end.

    ``splits``: the waits of ``hop``, ``joined``: what it makes of findings, ``names``: of the captures,
    ``undecided``: findings that the pair should decide and cannot.
    """
    return indented(_paragraphs(hop, splits, joined, undecided, names, words), ascii_only=ascii_only)


def _paragraphs(
    hop: Hop, splits: Splits, joined: Sequence[JoinedFinding], undecided: Sequence[Undecided], names: Sequence[str],
    words: Words,
) -> Iterator[tuple[int, str]]:  # fmt: skip
    """Paragraphs with how far each is set in."""
    head = [[(0, line) for line in part] for part in head_lines(hop, names, words)]
    slowest = [(min(number, 1), text) for number, text in enumerate(slowest_lines(hop, splits, words))]
    decided = list(finding_lines(joined, words)), list(undecided_lines(undecided, words))
    for number, part in enumerate((*head, *filter(None, (*decided, slowest)))):
        if number:
            yield 0, ""
        yield from part
    order = worst_first(hop)
    for told in told_connections(hop, order[:_LISTED], words):
        yield 0, ""
        yield 0, told.title
        for text in told.lines:
            yield 1, text
    if len(order) > _LISTED:
        yield 0, ""
        yield 0, words("merged.more", count=Count(len(order) - _LISTED))
