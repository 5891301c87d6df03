"""What to do where the list of connections is narrowed to none of them; that it is stands in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.ui.main.explain_pane import Passage
from tcptui.ui.main.filter_report import passages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.ui.main.connection_index import ListFilter
    from tcptui.ui.main.explain_pane import Document
    from tcptui.words.catalogue import Words


def what_to_do(narrowing: ListFilter, words: Words) -> Document:
    """What the filter did, if one is on, and a paragraph for each way on."""
    ways = [words(f"screen.unmatched.{way}") for way in _ways(narrowing)]
    heading = words("screen.unmatched.heading")
    told = () if narrowing.matching is None else passages(narrowing.matching, words)
    return (*told, *(Passage(way, "" if place else heading) for place, way in enumerate(ways)))


def _ways(narrowing: ListFilter) -> Iterable[str]:
    """The last parts of the catalogue keys of the ways on, the shortest first."""
    if narrowing.matching is not None:
        return ("lift", "change")
    return ("all", "words", "search", "requests", "other") if narrowing.words else ("gone",)
