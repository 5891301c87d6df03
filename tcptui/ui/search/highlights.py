"""The searches whose hits stay marked, each by a number and a colour of its own; `n` and `N` follow one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.ui.search.results import SearchResults

#: Searches that are kept: each has a colour of its own.
MOST: Final = 4


class Highlights:
    """The last searches of a capture, by their numbers from 1."""

    def __init__(self) -> None:
        self.kept: dict[int, SearchResults] = {}
        """In the order of their numbers."""
        self.followed = 0
        """The number of the search whose hits `n` and `N` go to; 0: none."""
        self._oldest_first: list[int] = []

    @property
    def following(self) -> SearchResults | None:
        """The search whose hits `n` and `N` go to."""
        return self.kept.get(self.followed)

    def number_of(self, text: str) -> int:
        """The number of the search for ``text``; 0: none is kept."""
        return next((number for number, results in self.kept.items() if results.text == text), 0)

    def keep(self, results: SearchResults, instead_of: int = 0) -> int:
        """Keep ``results``, in the place of the search with that number, else of none or of the oldest one."""
        free = next((number for number in range(1, MOST + 1) if number not in self.kept), 0)
        number = instead_of or free or self._oldest_first[0]
        if number == self.followed and number != instead_of:
            self.followed = 0
        self.kept = dict(sorted({**self.kept, number: results}.items()))
        self._oldest_first = [each for each in self._oldest_first if each != number] + [number]
        return number

    def remove(self, number: int) -> None:
        """Forget the search with that number."""
        self.kept.pop(number, None)
        self._oldest_first = [each for each in self._oldest_first if each != number]
        if self.followed == number:
            self.followed = 0

    def spans_in(self, row: int) -> list[tuple[int, int, int]]:
        """What was found in the bytes of the packet at ``row``: offset, length and number.

        Those of the search that is followed are the last: they are drawn above the others.
        """
        return [
            (start, length, number)
            for number, results in sorted(self.kept.items(), key=lambda each: each[0] == self.followed)
            for start, length in results.spans_in(row)
        ]

    def at(self, row: int) -> tuple[int, ...]:
        """The numbers of the searches that found something in the packet at ``row``; the one followed first."""
        found = [number for number, results in self.kept.items() if results.has(row)]
        return tuple(sorted(found, key=lambda number: number != self.followed))
