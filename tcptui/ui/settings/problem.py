"""What can be wrong with the settings file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.words.catalogue import Words


#: Most characters of a name or value that a message quotes.
QUOTED: Final = 40


class Fault(Enum):
    """What is wrong with the file or with one entry; the catalogue key is ``settings.fault.<value>``."""

    UNREADABLE = "unreadable"
    UNTRUSTED = "untrusted"
    NO_FILE = "no-file"
    TOO_LONG = "too-long"
    GARBLED = "garbled"
    UNKNOWN = "unknown"
    VALUE = "value"
    NO_LIST = "no-list"
    NO_TEXTS = "no-texts"
    NO_TABLE = "no-table"
    NO_COMMAND = "no-command"
    NO_KEY = "no-key"
    KEY_TAKEN = "key-taken"
    NO_FILTERS = "no-filters"
    NO_FILTER_NAME = "no-filter-name"
    NO_FILTER = "no-filter"
    WRONG_FILTER = "wrong-filter"
    FEW_COLOURS = "few-colours"
    NO_COLOUR = "no-colour"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault; ``facts`` are safe text."""

    fault: Fault
    facts: tuple[tuple[str, str], ...] = ()

    def text(self, words: Words) -> str:
        """It in a sentence without a full stop."""
        return words(f"settings.fault.{self.fault.value}", **dict(self.facts))


def on_screen(problems: Sequence[Problem], words: Words) -> str:
    """One line for the bottom of a screen, where its end may be cut; empty without a problem."""
    if not problems:
        return ""
    key = "settings.on-screen" if len(problems) == 1 else "settings.several-on-screen"
    return words(key, what=problems[0].text(words), more=len(problems) - 1)
