"""Words about a request: the parts of its time, and where most of it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.request import RequestPart
from tcptui.words.percents import whole_percents
from tcptui.words.quantities import percentage

if TYPE_CHECKING:
    from tcptui.model.request import Request
    from tcptui.words.catalogue import Words

#: Parts that are named, if each took at least `_SHARE_LEAST` percent.
_NAMED: Final = 2
_SHARE_LEAST: Final = 10


def part_name(part: RequestPart, words: Words) -> str:
    """The part in a word."""
    return words(f"requests.part.{part.label}")


def part_meaning(part: RequestPart, words: Words) -> str:
    """What the part is, in a sentence."""
    return words(f"requests.meaning.{part.label}")


def largest_parts(request: Request) -> list[RequestPart]:
    """The parts that took time, the longest first."""
    spent = [part for part in RequestPart if request.spent_ns(part)]
    return sorted(spent, key=request.spent_ns, reverse=True)


def part_percents(request: Request) -> dict[RequestPart, int]:
    """The percentage of each of the `largest_parts`, in their order."""
    parts = largest_parts(request)
    spent = [request.spent_ns(part) for part in parts]
    return dict(zip(parts, whole_percents(spent, request.duration_ns), strict=True))


def where_it_went(request: Request, words: Words) -> str:
    """The parts that took most of the time: ``server 96 %``."""
    named = []
    for part, percent in list(part_percents(request).items())[:_NAMED]:
        if percent >= _SHARE_LEAST:
            named.append(f"{part_name(part, words)} {percentage(percent, words)}")
    return ", ".join(named) or "-"
