"""``tcptui merge A B`` for people: the points, the clocks, then each connection, those with losses first."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Final

from tcptui.words.line_breaking import wrap
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

    for number, part in enumerate(head_lines(hop, names, words)):
        if number:
            yield "\n"
        for line in part:
            yield from lines(line)
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
    order = worst_first(hop)
    for told in told_connections(hop, order[:_LISTED], words):
        yield "\n"
        yield from lines(told.title)
        for text in told.lines:
            yield from lines(text, _INDENT)
    if len(order) > _LISTED:
        yield "\n"
        yield from lines(words("merged.more", count=Count(len(order) - _LISTED)))


if TYPE_CHECKING:
    from typing import Protocol

    class _Lines(Protocol):
        def __call__(self, text: str, indent: str = "") -> Iterator[str]: ...
