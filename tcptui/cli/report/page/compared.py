"""The page about a comparison: what the text says, with each interval drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import tcptui
from tcptui.cli.report.compared_text import LISTED
from tcptui.cli.report.page.frame import page_begin, page_end
from tcptui.cli.report.page.markup import Markup, element
from tcptui.compare.measures import Scale
from tcptui.model.safe_text import safe_text
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

    from tcptui.compare.compare import Comparison, Difference, Only
    from tcptui.words.catalogue import Words

#: Width and height of an interval's drawing.
_WIDTH: Final = 240
_HEIGHT: Final = 16


def compared_page(comparison: Comparison, words: Words) -> Iterator[str]:
    """The page in pieces; as long as the text at most."""
    names = [safe_text(", ".join(side.about.files)) for side in (comparison.a, comparison.b)]
    label = " · ".join(dict.fromkeys(names))
    yield page_begin(words("page.title", file=label), words.language)
    head = [side_line(letter, side, words) for letter, side in (("A", comparison.a), ("B", comparison.b))]
    yield element("header", element("h1", label), *(element("p", line, cls="soft") for line in head)) + "\n"
    if comparison.cautions:
        title = words("compare.cautions" if comparison.is_comparable else "compare.not-comparable")
        items = [element("li", caution_line(caution, words)) for caution in comparison.cautions]
        yield element("section", element("p", title), element("ul", *items), cls="card") + "\n"
    yield element("p", summary_line(comparison, words)) + "\n"
    for section in sections(comparison, words):
        is_told = section.differences is not comparison.unchanged
        yield element("h2", section.heading) + "\n"
        for one in section.differences[:LISTED]:
            yield _card(one, words, is_told=is_told) + "\n"
        yield from _more(len(section.differences), words)
    for letter, only in (("B", comparison.only_in_b), ("A", comparison.only_in_a)):
        if only:
            yield element("h2", words("compare.only", letter=letter)) + "\n"
            yield _list(only, words) + "\n"
            yield from _more(len(only), words)
    yield page_end(words("page.compared.foot", version=tcptui.__version__))


def _card(one: Difference, words: Words, *, is_told: bool) -> Markup:
    notes = list(notes_of(one, words)) if is_told else []
    parts = [element("p", difference_line(one, words)), _drawing(one)]
    return element("section", *parts, *(element("p", note, cls="soft small") for note in notes), cls="card")


def _list(only: tuple[Only, ...], words: Words) -> Markup:
    items = [element("li", only_line(one, words)) for one in only[:LISTED]]
    return element("section", element("ul", *items), cls="card")


def _more(count: int, words: Words) -> Iterator[str]:
    if count > LISTED:
        yield element("p", words("compare.more", count=Count(count - LISTED)), cls="soft") + "\n"


def _drawing(one: Difference) -> Markup:
    """The interval as a line, its estimate as a dot, and no difference as an upright line; ratios by logarithm."""
    effect, is_ratio = one.effect, one.measure.scale is Scale.RATIO
    ends = [effect.low, effect.estimate, effect.high]
    if is_ratio:
        ends = [math.log(max(end, 1e-12)) for end in ends]
    reach = max(map(abs, ends)) or 1.0
    low, middle, high = (_WIDTH / 2 * (1 + 0.95 * end / reach) for end in ends)
    at, half = _HEIGHT / 2, _WIDTH / 2
    upright = {"stroke": "currentColor", "stroke_dasharray": "2 2"}
    return element(
        "svg",
        element("line", x1=half, y1=0.0, x2=half, y2=float(_HEIGHT), **upright),
        element("line", x1=low, y1=at, x2=high, y2=at, stroke="currentColor", stroke_width=2.0),
        element("circle", cx=middle, cy=at, r=4.0, fill="currentColor"),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}", width=float(_WIDTH), height=float(_HEIGHT), aria_hidden="true",
    )  # fmt: skip
