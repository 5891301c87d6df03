"""What to do where the list of connections is narrowed to none of them; that it is stands in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.dfilter.errors import FilterError
from tcptui.dfilter.typed import beginning_fields, is_beginning
from tcptui.model.safe_text import safe_text
from tcptui.ui.main.explain_pane import Passage
from tcptui.ui.main.filter_report import passages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.ui.main.connection_index import ListFilter
    from tcptui.ui.main.explain_pane import Document
    from tcptui.words.catalogue import Words


def what_to_do(narrowing: ListFilter, words: Words) -> Document:
    """What the filter did, if one is on, and a paragraph for each way on."""
    ways = [words(f"screen.unmatched.{way}") for way in _ways(narrowing)]
    if narrowing.matching is None and len(narrowing.words) == 1:
        ways = [*_taken_for(narrowing.words[0], words), *ways]
    heading = words("screen.unmatched.heading")
    told = () if narrowing.matching is None else passages(narrowing.matching, words)
    return (*told, *(Passage(way, "" if place else heading) for place, way in enumerate(ways)))


def _taken_for(word: str, words: Words) -> Iterator[str]:
    """That ``word`` was looked for in the rows, where it looks like a field that there is not, and which is nearest."""
    if not is_beginning(word):
        return
    nearest = next(iter(beginning_fields(word)), "") or _suggested(word)
    shown = safe_text(word)
    yield (
        words("screen.unmatched.field", word=shown, field=nearest)
        if nearest
        else words("screen.unmatched.no_field", word=shown)
    )


def _suggested(word: str) -> str:
    """The field that ``word`` is probably meant for; empty where none is like it."""
    from tcptui.dfilter.compile import compile_filter  # no start waits for it
    from tcptui.model.fields import FIELDS

    try:
        compile_filter(word)
    except FilterError as error:
        meant = None if error.suggestion is None else error.suggestion.replacement
        return meant if meant is not None and meant in FIELDS else ""
    return ""


def _ways(narrowing: ListFilter) -> Iterable[str]:
    """The last parts of the catalogue keys of the ways on, the shortest first."""
    if narrowing.matching is not None:
        return ("lift", "change")
    return ("all", "words", "search", "requests", "other") if narrowing.words else ("gone",)
