"""Tokens of the language, named as the grammar names them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.dfilter.errors import Span
    from tcptui.dfilter.ranges import Range


class Kind(StrEnum):
    """Kinds of tokens: the terminals of the grammar."""

    WORD = "WORD"
    """What may be a field, a function or a value, and is told by its place and the registry."""
    NAME = "NAME"
    """A word behind a full stop (``.tcp``): a field, never a value."""
    LITERAL = "LITERAL"
    """An address or bytes: a value, never a field."""
    STRING = "STRING"
    CHARACTER = "CHARACTER"
    SLICE = "SLICE"
    LAYER = "LAYER"
    RAW = "RAW"
    LPAREN = "LPAREN"
    RPAREN = "RPAREN"
    LBRACE = "LBRACE"
    RBRACE = "RBRACE"
    COMMA = "COMMA"
    DOTDOT = "DOTDOT"
    RELATION = "RELATION"
    CONTAINS = "CONTAINS"
    MATCHES = "MATCHES"
    IN = "IN"
    ANY = "ANY"
    ALL = "ALL"
    NOT = "NOT"
    AND = "AND"
    OR = "OR"
    XOR = "XOR"
    AMPERSAND = "AMPERSAND"
    PLUS = "PLUS"
    MINUS = "MINUS"
    STAR = "STAR"
    SLASH = "SLASH"
    PERCENT = "PERCENT"


@dataclass(frozen=True, slots=True)
class Piece:
    """One token: its text as it was typed, where, and what the text means.

    ``value``: bytes of a string, the code of a character constant, ranges of a slice or layer, else None.
    """

    kind: Kind
    text: str
    span: Span
    value: bytes | int | tuple[Range, ...] | None = None
