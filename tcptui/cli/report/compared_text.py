"""``tcptui compare A B`` for people: the sides, what to be careful about, then the differences, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.report.indented import indented
from tcptui.words.compared_text import (
    caution_line,
    difference_line,
    notes_of,
    only_line,
    sections,
    side_line,
    summary_line,
)
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.compare.compare import Comparison
    from tcptui.words.catalogue import Words

#: Lines under one heading.
LISTED: Final = 20


def compared_as_text(comparison: Comparison, words: Words, *, ascii_only: bool) -> Iterator[str]:
    """Lines of the report, each with its end."""
    return indented(paragraphs(comparison, words), ascii_only=ascii_only)


def paragraphs(comparison: Comparison, words: Words) -> Iterator[tuple[int, str]]:
    """Paragraphs with how far each is set in; an empty one stands between parts."""
    yield 0, side_line("A", comparison.a, words)
    yield 0, side_line("B", comparison.b, words)
    if comparison.cautions:
        yield 0, ""
        yield 0, words("compare.cautions" if comparison.is_comparable else "compare.not-comparable")
        for caution in comparison.cautions:
            yield 1, caution_line(caution, words)
    yield 0, ""
    yield 0, summary_line(comparison, words)
    for section in sections(comparison, words):
        yield 0, ""
        yield 0, section.heading
        is_told = section.differences is not comparison.unchanged
        for one in section.differences[:LISTED]:
            yield 1, difference_line(one, words)
            for note in notes_of(one, words) if is_told else ():
                yield 2, note
        yield from _more(len(section.differences), words)
    for letter, only in (("B", comparison.only_in_b), ("A", comparison.only_in_a)):
        if only:
            yield 0, ""
            yield 0, words("compare.only", letter=letter)
            for each in only[:LISTED]:
                yield 1, only_line(each, words)
            yield from _more(len(only), words)


def _more(count: int, words: Words) -> Iterator[tuple[int, str]]:
    if count > LISTED:
        yield 1, words("compare.more", count=Count(count - LISTED))
