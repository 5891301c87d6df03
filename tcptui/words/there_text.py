"""Sentences about another capture that would decide: where, with which command, and what is run afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcptui.words.finding_text import finding_name

if TYPE_CHECKING:
    from tcptui.findings.elsewhere import CaptureThere
    from tcptui.words.catalogue import Words


@dataclass(frozen=True, slots=True)
class ThereText:
    """A paragraph below a heading, the commands, each on a line that must not be wrapped, and a last paragraph."""

    heading: str
    when: str
    commands: tuple[str, ...]
    then: str


def there_text(there: CaptureThere, words: Words) -> ThereText:
    """What ``there`` says to somebody who is to make that capture."""
    places = words("there.places").join(words(f"there.place.{place}") for place in there.places)
    names = words("there.names").join(finding_name(name, words) for name in there.findings)
    return ThereText(
        words("there.heading"), words("there.when", places=places, names=names), (there.tcpdump, there.tcptui),
        words("there.then", merge=there.merge),
    )  # fmt: skip
