"""IPv6 addresses of a list cut to fewer cells, each to what tells it from the others."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from tcptui.ui.cell_text import fit, fit_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    Groups = tuple[str, ...]

#: An IPv6 address as it is shown, with its port where it has one.
_SHOWN: Final = re.compile(r"(\[?)([0-9a-f.]*+:[0-9a-f:.]*+)(\](?::\d+)?|)")
_LAST: Final = 7


class ShortenedAddresses:
    """The addresses of a list, which `fit` cuts.

    Addresses of one network differ in their last groups, so these are kept.  Where another one ends alike, the groups
    in which they differ are kept, too: ``…:fcf2:…:8a2e]:53``.
    """

    def __init__(self, addresses: Iterable[str] = ()) -> None:
        self._groups = {each: _groups(each) for each in dict.fromkeys(addresses) if ":" in each}
        self._cut: dict[tuple[str, int], str] = {}

    def fit(self, text: str, width: int, ellipsis: str = "…") -> str:
        """An address, or ``address:port``, in exactly ``width`` cells; what is no IPv6 address as by `fit_endpoint`."""
        if len(text) <= width:
            return fit(text, width, ellipsis)
        known = self._cut.get((text, width))
        if known is None:
            known = self._cut[text, width] = self._fitted(text, width, ellipsis)
        return known

    def _fitted(self, text: str, width: int, ellipsis: str) -> str:
        ending = fit_endpoint(text, width, ellipsis)
        shown = _SHOWN.fullmatch(text)
        mine = None if shown is None else self._groups.get(shown[2])
        if shown is None or not mine:
            return ending
        seen = ending.removeprefix(ellipsis).removesuffix(shown[3])
        alike = [its for other, its in self._groups.items() if other.endswith(seen) and its and its != mine]
        if not alike:
            return ending
        kept = _telling(mine, alike)
        cut = _drawn(mine, kept, shown, ellipsis)
        if len(cut) > width:
            return ending
        for place in reversed(range(_LAST)):
            longer = _drawn(mine, kept | {place}, shown, ellipsis)
            if len(longer) <= width:
                kept, cut = kept | {place}, longer
        return fit(cut, width, ellipsis)


def _groups(address: str) -> Groups:
    """The eight groups of an IPv6 address, without leading zeros; none where it is none."""
    try:
        exploded = ipaddress.IPv6Address(address.partition("%")[0]).exploded
    except ValueError:
        return ()
    return tuple(group.lstrip("0") or "0" for group in exploded.split(":"))


def _telling(mine: Groups, others: list[Groups]) -> set[int]:
    """The fewest places, found one by one from the last, at which none of ``others`` is as ``mine``."""
    kept = {_LAST}
    alike = [its for its in others if its[_LAST] == mine[_LAST]]
    while alike:
        place = max(range(_LAST), key=lambda at: (sum(its[at] != mine[at] for its in alike), at))
        kept.add(place)
        alike = [its for its in alike if its[place] == mine[place]]
    return kept


def _drawn(groups: Groups, kept: set[int], shown: re.Match[str], ellipsis: str) -> str:
    """The groups at the places ``kept``, with an ellipsis for each run of others."""
    parts = [shown[1]] if 0 in kept else []
    for place, group in enumerate(groups):
        if place in kept:
            parts.append(group + (":" if place < _LAST else ""))
        elif not place or place - 1 in kept:
            parts.append(ellipsis + ":")
    return "".join(parts) + shown[3]
