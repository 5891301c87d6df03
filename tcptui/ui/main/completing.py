"""Completion of a display filter: fields, operators, and the values that occur in this capture; no widgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.dfilter.completion import (
    JOINS,
    Wanted,
    begin_with,
    common_beginning,
    fields,
    has_literals,
    literal,
    operators,
    place_at_end,
)
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.run import is_readable
from tcptui.session.filtering.texts import value_text
from tcptui.ui.main.filter_work import is_column

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.field import Field
    from tcptui.session.filtering.filtered_capture import FilteredCapture

#: Packets whose values are offered, at most: of a field that is a column, and of one that takes the packet's bytes.
_PACKETS: Final = 50_000
_DISSECTED: Final = 500
#: Different values that are kept, the commonest.
_VALUES: Final = 200
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
#: A longer value is not offered.
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Completed:
    """A text that was completed as far as is clear, and what it may go on with."""

    text: str
    """Up to the cursor."""
    offered: tuple[str, ...]


def completed(
    session: FilteredCapture, text: str, cancelled: Callable[[], bool], named: Mapping[str, str] = _NONE, rest: str = ""
) -> Completed:
    """``text``, which ends at the cursor, completed; to be called in a thread.  Raises Cancelled.

    ``named``: filters that have names, each of which stands for its filter; ``rest``: the text behind the cursor.
    """
    place = place_at_end(text)
    match place.wanted:
        case Wanted.FIELD:
            meant = begin_with(place.word, list(named))
            candidates = [*meant, *fields(place.word)]
            if place.word in named or candidates == meant[:1] != []:
                whole = named[place.word if place.word in named else meant[0]]
                is_alone = not (text[: place.start].strip() or rest.strip())
                return Completed(text[: place.start] + (whole if is_alone else f"({whole})"), ())
        case Wanted.OPERATOR:
            candidates = operators(place.field)
        case Wanted.VALUE:
            candidates = [] if place.field is None else values_here(session, place.field, cancelled)
        case Wanted.JOIN:
            candidates = list(JOINS)
    offered = begin_with(place.word, candidates)
    if not offered or (offered == [place.word]):
        return Completed(text, ())
    common = common_beginning(offered)
    if len(offered) == 1:
        common += "" if common.endswith("{") else " "
    grown = common if len(common) > len(place.word) else place.word
    return Completed(text[: place.start] + grown, tuple(offered) if len(offered) > 1 else ())


def values_here(session: FilteredCapture, field: Field, cancelled: Callable[[], bool]) -> list[str]:
    """Values of ``field`` in this capture as a filter writes them, the commonest first; some, where there are many."""
    store, kind = session.store, types.type_of(field)
    if not is_readable(field) or store.count <= store.first or not has_literals(field):
        return []
    most = _PACKETS if is_column(field) else _DISSECTED
    step = max(1, (store.count - store.first) // most)
    found = FieldReader(session, cancelled).occurrences(
        field, np.arange(store.first, store.count, step, dtype=np.int32)
    )
    if cancelled():
        raise Cancelled
    common = Counter(found.values.tolist()).most_common(_VALUES)
    made = (literal(kind, value_text(found.type, value, field)) for value, _ in common)
    return [text for text in made if text is not None and len(text) <= _LONGEST]
