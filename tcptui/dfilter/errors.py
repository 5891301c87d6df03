"""What a filter's author did wrong, where, and what was probably meant.

A message is a key of the catalogue's ``filter`` module and its facts: ``filter.error.<mistake>`` for what is wrong,
``filter.hint.<hint>`` for the likely intention.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tcptui.model.errors import TcptuiError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mistake(Enum):
    """Kinds of mistakes; the value is the end of the catalogue's key."""

    TOO_LONG = "too-long"
    TOO_DEEP = "too-deep"
    CHARACTER = "character"
    UNEXPECTED = "unexpected"
    UNEXPECTED_END = "unexpected-end"
    STRING_OPEN = "string-open"
    BRACKET_OPEN = "bracket-open"
    ESCAPE = "escape"
    ESCAPE_TOO_BIG = "escape-too-big"
    CHARACTER_CONSTANT = "character-constant"
    LAYER = "layer"
    RANGE = "range"
    UNKNOWN_FIELD = "unknown-field"
    FOREIGN_FIELD = "foreign-field"
    UNREAD_FIELD = "unread-field"
    """The text is right, but nothing reads the field: `tcptui.session.filtering` refuses it."""
    UNKNOWN_FUNCTION = "unknown-function"
    LATER_FUNCTION = "later-function"
    ARGUMENT_COUNT = "argument-count"
    ARGUMENT = "argument"
    REFERENCE = "reference"
    NOT_A_FIELD = "not-a-field"
    CONSTANT = "constant"
    CONSTANT_FIRST = "constant-first"
    VALUE = "value"
    VALUE_TOO_BIG = "value-too-big"
    VALUE_OF_TYPE = "value-of-type"
    TYPE_HAS_NO = "type-has-no"
    INCOMPATIBLE = "incompatible"
    SLICE = "slice"
    SET_OF_FIELD = "set-of-field"
    SET_SLICE = "set-slice"
    PATTERN_QUOTED = "pattern-quoted"
    PATTERN = "pattern"
    PATTERN_UNSUPPORTED = "pattern-unsupported"
    PATTERN_SLOW = "pattern-slow"
    """The text is right, but one packet keeps the search busy for too long: `tcptui.session.filtering` gives up."""
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Hint:
    """What was probably meant: ``filter.hint.<key>`` with ``facts``; ``replacement``: the whole filter, corrected."""

    key: str
    facts: Mapping[str, object]
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the filter's text: characters from 0."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """The offset behind the last character."""
        return self.offset + self.length

    def to(self, other: Span) -> Span:
        """From the start of this one to the end of ``other``, which lies behind."""
        return Span(self.offset, other.end - self.offset)


class FilterError(TcptuiError):
    """The text is no display filter, or not one that tcptui can answer."""

    def __init__(self, mistake: Mistake, span: Span, /, hint: Hint | None = None, **facts: object) -> None:
        super().__init__(mistake.value, **facts)
        self.key = f"filter.error.{mistake.value}"
        self.mistake = mistake
        self.span = span
        self.suggestion = hint
