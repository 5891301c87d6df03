"""What words typed in front of a list of connections may mean beside a text of its rows.

Each meaning is a row of `_READERS`: it takes the words that it understands, and gives the display filter that asks for
them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.completion import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Terms of one text that are read as more than a text of rows: each may ask for all requests of the capture.
MOST_READ: Final = 4
#: Findings that one word may name at most: a part of more names is none of them.
_MOST_FINDINGS: Final = 12
#: Letters of a word at least: shorter ones are in nearly every request.
_LEAST_LETTERS: Final = 3
#: In front of a number: it is the status of a request.
_STATUS_WORDS: Final = frozenset({"status", "code", "状态", "状态码"})
_METHODS: Final = frozenset({
    "get", "head", "post", "put", "delete", "connect", "options", "trace", "patch",
})  # fmt: skip
_STATUS: Final = re.compile("[1-5][0-9][0-9]")
#: Numbers, addresses, networks and ends are texts of rows, and so is what holds no letter.
_OF_ROWS: Final = re.compile(r"[0-9.:/\[\]*_-]+|\[?(?=[^:]*:[^:]*:)[0-9a-f.:]+(?:/[0-9]+|\](?::[0-9]*)?)?")
_PARTS: Final = re.compile(r"[\s-]+")


class Meaning(Enum):
    """One interpretation of a typed term; the value is the end of catalogue keys."""

    STATUS = "status"
    """How a request was answered."""
    REQUEST = "request"
    """What a request asks for: its method and path, its statement, its key."""
    FINDING = "finding"
    """The name of a finding, or a part of it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a term."""

    meaning: Meaning
    filter: str
    """The display filter that passes packets of what is meant."""
    text: str
    """What a request must have, in lower case."""

    @property
    def is_of_requests(self) -> bool:
        """Whether requests tell who is meant (`means`), as the filter does, and more cheaply."""
        return self.meaning is not Meaning.FINDING

    def means(self, status: str, operation: str) -> bool:
        """Whether it means a request of that kind."""
        return status == self.text if self.meaning is Meaning.STATUS else self.text in operation.lower()


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or several that mean something together."""

    words: tuple[str, ...]
    """In lower case."""
    readings: tuple[Reading, ...] = ()
    is_number: bool = False
    """Whether it is looked for in rows as a whole number: as a part of one it is in most of them."""

    @property
    def text(self) -> str:
        """The words of the term as typed, in lower case."""
        return " ".join(self.words)


def terms(words: Sequence[str], findings: Mapping[str, str]) -> tuple[Term, ...]:
    """The ``words`` (lower case) with what they may mean; ``findings``: names of findings, by their ids."""
    found: list[Term] = []
    place = 0
    while place < len(words):
        size = _together(words, place)
        some = tuple(words[place : place + size])
        place += size
        is_read = sum(bool(term.readings) for term in found) < MOST_READ
        read = ((meaning, reader(some, findings)) for meaning, reader in _READERS) if is_read else ()
        readings = tuple(
            Reading(meaning, text, some[-1] if meaning is Meaning.STATUS else " ".join(some))
            for meaning, text in read
            if text
        )
        is_number = len(some) == 1 and any(each.meaning is Meaning.STATUS for each in readings)
        found.append(Term(some, readings, is_number))
    return tuple(found)


def _together(words: Sequence[str], place: int) -> int:
    """How many words from ``place`` on are one term: ``status 404``, ``get /slow``."""
    after = words[place + 1] if place + 1 < len(words) else ""
    is_status = words[place] in _STATUS_WORDS and _STATUS.fullmatch(after) is not None
    is_request = words[place] in _METHODS and after.startswith("/")
    return 2 if is_status or is_request else 1


def _status(words: tuple[str, ...], _findings: Mapping[str, str]) -> str:
    """An answer's code, alone or behind a word for it."""
    is_one = _STATUS.fullmatch(words[-1]) is not None and (len(words) == 1 or words[0] in _STATUS_WORDS)
    return f'tcptui.request.status == "{words[-1]}"' if is_one else ""


def _request(words: tuple[str, ...], _findings: Mapping[str, str]) -> str:
    """A part of what was asked for, upper and lower case alike."""
    text = " ".join(words)
    if words[0] in _STATUS_WORDS and len(words) > 1:
        return ""
    is_path = text.startswith("/") and len(text) > 1
    is_word = (len(text) >= _LEAST_LETTERS or not text.isascii()) and not _OF_ROWS.fullmatch(text)
    return f"lower(tcptui.request.operation) contains {quoted(text)}" if is_path or is_word else ""


def _finding(words: tuple[str, ...], findings: Mapping[str, str]) -> str:
    """The findings whose id or name has a word that begins so."""
    word = words[0]
    if len(words) > 1 or _OF_ROWS.fullmatch(word) or (word.isascii() and len(word) < _LEAST_LETTERS):
        return ""
    named = [each for each, name in findings.items() if _is_called(each, name.casefold(), word)]
    listed = ", ".join(f'"{each}"' for each in named)
    return f"tcptui.finding in {{{listed}}}" if 0 < len(named) <= _MOST_FINDINGS else ""


def _is_called(finding: str, name: str, word: str) -> bool:
    if not word.isascii():
        return word in name
    return finding.startswith(word) or any(part.startswith(word) for part in _PARTS.split(f"{finding} {name}"))


#: The one table of readings, in the order in which they are told.
_READERS: Final[tuple[tuple[Meaning, Callable[[tuple[str, ...], Mapping[str, str]], str]], ...]] = (
    (Meaning.STATUS, _status),
    (Meaning.REQUEST, _request),
    (Meaning.FINDING, _finding),
)
