"""What the palette can go to from a capture: findings, connections and cases that are called as what was typed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from tcptui.lessons.listing import contains
from tcptui.model.safe_text import safe_text
from tcptui.ui.main.connection_index import ChosenStreams
from tcptui.ui.palette_entry import PaletteEntry
from tcptui.words.finding_text import group_name
from tcptui.words.quantities import Count
from tcptui.words.trouble_text import headline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.findings.trouble import TroubleGroup
    from tcptui.lessons.case import Case
    from tcptui.model.packet_store import I32
    from tcptui.words.catalogue import Words

#: So many connections are offered one by one.
SINGLE_CONNECTIONS: Final = 6
#: So many cases are offered.
MOST_CASES: Final = 6
#: Fewer letters than this are in nearly every address.
LEAST_LETTERS: Final = 2


def finding_places(
    query: str, groups: Sequence[TroubleGroup], words: Words, narrow: Callable[[ChosenStreams], object]
) -> list[PaletteEntry]:
    """The groups of trouble with ``query`` in their name, headline or id; they list connections."""
    wanted = query.casefold().split()
    entries = []
    for group in groups:
        name, title = group_name(group.finding, words), headline(group, words)
        text = f"{name} {title} {group.finding.id}".casefold()
        if group.streams and wanted and all(word in text for word in wanted):
            about = words("guide.palette.group.finding", n=Count(len(group.streams)))
            chosen = ChosenStreams(partial(group_name, group.finding), group.streams)
            entries.append(PaletteEntry(title, about, "", go=partial(narrow, chosen)))
    return entries


def connection_places(
    query: str,
    streams: I32,
    words: Words,
    ends: Callable[[int], str],
    choose: Callable[[int], object],
    narrow: Callable[[str], object],
) -> list[PaletteEntry]:
    """``streams``, whose ends contain ``query``: the first of them one by one, and all of them as a list.

    ``ends``: both ends of a stream as text; ``choose``: go to a stream; ``narrow``: list those with a text.
    """
    about = words("guide.palette.group.connection")
    entries = []
    if len(streams) > 1:
        title = words("guide.palette.connections", n=Count(len(streams)), text=safe_text(query))
        entries.append(PaletteEntry(title, about, "", go=partial(narrow, query)))
    entries += [
        PaletteEntry(ends(stream), about, "", go=partial(choose, stream))
        for stream in streams[:SINGLE_CONNECTIONS].tolist()
    ]
    return entries


def case_places(
    query: str, cases: Sequence[Case], words: Words, open_case: Callable[[Case], object]
) -> list[PaletteEntry]:
    """The first cases that contain every word of ``query``."""
    wanted = query.split()
    found = [case for case in cases if wanted and contains(case, wanted)]
    about = words("guide.palette.group.case")
    return [
        PaletteEntry(case_title(case, words), about, "", go=partial(open_case, case)) for case in found[:MOST_CASES]
    ]


def case_title(case: Case, words: Words) -> str:
    """The number and title of ``case``."""
    return words("guide.palette.case", number=case.number, title=case.title[words.language])
