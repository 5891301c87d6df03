"""Operators and functions of the language."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final


class Relation(StrEnum):
    """How two values are compared; the value is the sign that `printing` writes."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    GREATER = ">"
    GREATER_EQUAL = ">="
    LESS = "<"
    LESS_EQUAL = "<="

    @property
    def orders(self) -> bool:
        """Whether values must have an order."""
        return self not in (Relation.EQUAL, Relation.NOT_EQUAL)


class Quantifier(StrEnum):
    """For how many of a field's values in one packet a test must hold; a field that is absent never passes."""

    ANY = "any"
    ALL = "all"


#: Each spelling, with the quantifier that it implies: two fields differ (``!=``) when all their values do.
RELATIONS: Final = {
    **dict.fromkeys(("==", "eq", "any_eq"), (Relation.EQUAL, Quantifier.ANY)),
    **dict.fromkeys(("!=", "ne", "all_ne"), (Relation.NOT_EQUAL, Quantifier.ALL)),
    **dict.fromkeys(("===", "all_eq"), (Relation.EQUAL, Quantifier.ALL)),
    **dict.fromkeys(("!==", "~=", "any_ne"), (Relation.NOT_EQUAL, Quantifier.ANY)),
    **dict.fromkeys((">", "gt"), (Relation.GREATER, Quantifier.ANY)),
    **dict.fromkeys((">=", "ge"), (Relation.GREATER_EQUAL, Quantifier.ANY)),
    **dict.fromkeys(("<", "lt"), (Relation.LESS, Quantifier.ANY)),
    **dict.fromkeys(("<=", "le"), (Relation.LESS_EQUAL, Quantifier.ANY)),
}  # fmt: skip


class Arithmetic(StrEnum):
    """What is computed of two values; the value is its sign."""

    AND = "&"
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "%"


class Function(Enum):
    """Functions, by the name that is typed; all but the greatest and the least imply that the field exists."""

    LOWER = "lower"
    UPPER = "upper"
    LEN = "len"
    """Length in bytes."""
    COUNT = "count"
    """How many values the packet has."""
    STRING = "string"
    """The value as text."""
    MAX = "max"
    MIN = "min"
    ABS = "abs"

    @property
    def takes_many(self) -> bool:
        """Whether it takes more than one argument."""
        return self in (Function.MAX, Function.MIN)


#: Functions of later versions, which 4.0 and tcptui do not know.
LATER_FUNCTIONS: Final = frozenset({
    "vals", "dec", "hex", "float", "double", "ip_special_name", "ip_special_mask", "ip_multicast", "ip_rfc1918",
    "ip_ula", "ip_linklocal",
})  # fmt: skip
