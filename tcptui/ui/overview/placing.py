"""Where the groups go that are told below the one under the cursor: a pure function of the lines that each takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def placed(room: int, begun: Sequence[int], following: Iterable[int]) -> list[list[int]]:
    """Which of ``following`` stand below each of the columns, by their places.

    ``room``: lines of a column; ``begun``: those that are taken in each already; ``following``: how many each needs.
    What fits nowhere whole is left out, what fits behind it is not.  They are read in their order down the first column
    and then down the next; columns end as evenly as that allows, so that none is blank beside a long one, and what is
    left below both is one piece.
    """
    kept: list[tuple[int, int]] = []
    best = _parted(begun, [])
    for place, lines in enumerate(following):
        longer = [*kept, (place, lines)]
        ends = _parted(begun, [taken for _, taken in longer])
        if _highest(begun, ends, longer) <= room:
            kept, best = longer, ends
    places = [place for place, _ in kept]
    return [places[begin:end] for begin, end in zip((0, *best), (*best, len(places)), strict=True)]


def _parted(begun: Sequence[int], lines: Sequence[int]) -> tuple[int, ...]:
    """Where ``lines`` are parted between the columns: nowhere for one, else where the longer of two is shortest."""
    if len(begun) == 1:
        return ()
    first, second = begun
    whole = sum(lines)
    heights = [max(first + (above := sum(lines[:at])), second + whole - above) for at in range(len(lines) + 1)]
    return (min(range(len(heights)), key=lambda at: (heights[at], -at)),)


def _highest(begun: Sequence[int], ends: tuple[int, ...], kept: Sequence[tuple[int, int]]) -> int:
    parts = zip(begun, (0, *ends), (*ends, len(kept)), strict=True)
    return max(lines + sum(taken for _, taken in kept[begin:end]) for lines, begin, end in parts)
