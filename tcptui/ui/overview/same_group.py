"""Which group of trouble an earlier one has become: groups are made anew at each look at a growing capture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.findings.trouble import TroubleGroup


def same_group(earlier: TroubleGroup, groups: Sequence[TroubleGroup]) -> int | None:
    """The index in ``groups`` of the one that ``earlier`` has become; None where it is gone.

    Connections with the same worst finding are one group, whichever they are.  Findings of one id about the capture as
    a whole are told apart by their connections, or, without any, by their first packet.  Where neither is left, its
    connections may have come under another group: then that of its worst connection.
    """
    mine = set(earlier.streams)
    shared = {place: len(mine.intersection(group.streams)) for place, group in enumerate(groups)}
    alike = [
        place
        for place, group in enumerate(groups)
        if group.finding.id == earlier.finding.id
        and group.is_whole == earlier.is_whole
        and (shared[place] or not group.is_whole or _begin_alike(earlier, group))
    ]
    if alike:
        return max(alike, key=lambda place: shared[place])
    worst = next(iter(earlier.streams), None)
    return next((place for place, group in enumerate(groups) if worst in group.streams), None)


def _begin_alike(one: TroubleGroup, other: TroubleGroup) -> bool:
    """Whether neither has connections, and both begin with the same packet."""
    return not one.streams and not other.streams and one.finding.packets[:1] == other.finding.packets[:1]
