"""Where the time of a connection went, as a bar with a legend; names and numbers stand beside every colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.report.page.markup import Markup, element
from tcptui.words.budget_text import shares

if TYPE_CHECKING:
    from tcptui.analysis.timing.budget_parts import TimeBudget
    from tcptui.words.catalogue import Words

_WIDTH: Final = 960
_HEIGHT: Final = 22
#: A percentage stands within its part from this width on.
_LABEL_FROM: Final = 56


def budget_bar(budget: TimeBudget, words: Words) -> Markup:
    """The bar and its legend, the largest part first there; empty for a connection without duration."""
    told = shares(budget, words)
    if not told:
        return Markup()
    drawn, at = [], 0.0
    for share in told:
        width = _WIDTH * share.time_ns / budget.elapsed_ns
        cls = f"p{int(share.part)}"
        drawn.append(element("rect", cls=cls, x=at, y=0, width=max(width, 0.5), height=_HEIGHT))
        if width >= _LABEL_FROM:
            middle = at + width / 2
            label = share.percent
            drawn.append(element("text", label, cls="on", x=middle, y=15.5, text_anchor="middle"))
        at += width
    name = "; ".join(f"{share.name} {share.percent}" for share in told)
    facts = {"aria_label": name, "viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "preserveAspectRatio": "none"}
    bar = element("svg", *drawn, cls="bar", role="img", **facts)
    ranked = sorted(told, key=lambda share: -share.time_ns)
    items = (element("li", _key(int(share.part)), f"{share.name} {share.time} ({share.percent})") for share in ranked)
    return Markup(bar + element("ul", *items, cls="legend"))


def _key(part: int) -> Markup:
    square = element("rect", cls=f"p{part}", width=10, height=10)
    return element("svg", square, cls="key", viewBox="0 0 10 10", aria_hidden="true")
