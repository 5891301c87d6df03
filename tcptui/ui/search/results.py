"""What a search has found so far, in the order of the packets; outlives the screen that shows it."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.session.searching.hit import Hit, SearchIn

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Hits that are kept: nobody goes through more of them, and each takes half a kilobyte.
MOST: Final = 10_000


@dataclass
class SearchResults:
    """The hits of one text in one place."""

    text: str
    where: SearchIn
    packets: int
    """How many the capture had when the search began."""
    hits: list[Hit] = field(default_factory=list)
    """By packet."""
    is_complete: bool = False
    """Whether everything has been looked through."""
    _parts: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """By packet, where in its bytes something was found: offset and length; none where it is in no bytes."""

    @property
    def is_full(self) -> bool:
        """Whether there may be more than are kept."""
        return len(self.hits) >= MOST

    def add(self, found: Iterable[Hit]) -> None:
        """Keep ``found``, as far as there is room."""
        for hit in found:
            if self.is_full:
                return
            insort(self.hits, hit, key=lambda each: each.place)
            self._parts.setdefault(hit.row, [])
            for row, start, length in hit.parts:
                self._parts.setdefault(row, []).append((start, length))

    def next_from(self, place: tuple[int, int], step: int) -> int | None:
        """The number of the next hit behind ``place`` (row, offset), or with ``step`` -1 before it.

        From the last it goes on with the first, and the other way round; None without hits.
        """
        if not self.hits:
            return None
        at = bisect_left(self.hits, place, key=lambda each: each.place)
        if step < 0:
            return (at - 1) % len(self.hits)
        while at < len(self.hits) and self.hits[at].place == place:
            at += 1
        return at % len(self.hits)

    def has(self, row: int) -> bool:
        """Whether something was found in the packet at ``row``."""
        return row in self._parts

    def spans_in(self, row: int) -> list[tuple[int, int]]:
        """Where in the bytes of the packet at ``row`` something was found: offset and length."""
        return sorted(self._parts.get(row, ()))
