"""What a filter that is being typed may go on with: fields, operators, values, joining words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.dfilter import types
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from tcptui.model.field import Field


class Wanted(Enum):
    """What may stand at a place."""

    FIELD = "field"
    OPERATOR = "operator"
    VALUE = "value"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class Place:
    """The end of a text: what is ``wanted`` there, and the ``word`` that has been begun, from ``start`` on.

    ``field``: the one that an operator follows, or whose value is wanted.
    """

    wanted: Wanted
    start: int
    word: str
    field: Field | None = None


_PIECE: Final = re.compile(
    r'\s+|[rR]?"(?:[^"\\]|\\.)*"?|===|!==|==|!=|~=|>=|<=|&&|\|\||\^\^|\[[^\]]*\]?|#\S*'
    r'|[(){},><~!&+*/%@]|[^\s(){},><~!&+*/%@="\[]+|.',
    re.DOTALL,
)
_RELATIONS: Final = frozenset(
    [
        "===",
        "!==",
        "==",
        "!=",
        "~=",
        ">=",
        "<=",
        ">",
        "<",
        "~",
        "eq",
        "ne",
        "gt",
        "ge",
        "lt",
        "le",
        "any_eq",
        "all_eq",
        "any_ne",
        "all_ne",
        "contains",
        "matches",
        "in",
    ]
)
_JOINS: Final = frozenset(["&&", "||", "^^", "and", "or", "xor"])
_BEFORE_FIELD: Final = frozenset(["(", "!", "not", "any", "all", "@"])
#: What joins two tests.
JOINS: Final = ("and", "or")


def place_at_end(text: str) -> Place:
    """What may stand at the end of ``text``, which may be wrong elsewhere."""
    pieces = [(found.start(), found[0]) for found in _PIECE.finditer(text)]
    word, start = "", len(text)
    if pieces and not pieces[-1][1].isspace() and _may_be_begun(pieces[-1][1]):
        start, word = pieces.pop()
    wanted, field, inside_set = Wanted.FIELD, None, False
    for _, piece in pieces:
        if piece.isspace() or piece[0] in "[#":
            continue
        if piece in _JOINS or (piece in _BEFORE_FIELD and wanted is not Wanted.OPERATOR):
            wanted, field = Wanted.FIELD, None
        elif piece in _RELATIONS:
            wanted = Wanted.VALUE
        elif piece == "{":
            inside_set, wanted = True, Wanted.VALUE
        elif piece == "}":
            inside_set, wanted = False, Wanted.JOIN
        elif piece == "," and inside_set:
            wanted = Wanted.VALUE
        elif piece == ")" or (wanted is Wanted.VALUE and not inside_set):
            wanted = Wanted.JOIN
        elif wanted is Wanted.FIELD:
            wanted, field = Wanted.OPERATOR, FIELDS.get(piece)
    return Place(wanted, start, word, field)


def _may_be_begun(piece: str) -> bool:
    """Whether ``piece`` at the end may be the beginning of something longer."""
    closed = piece.startswith('"') and len(piece) > 1 and piece.endswith('"') and not piece.endswith('\\"')
    return piece[0] not in "(){},!&@[#" and not closed


def operators(field: Field | None) -> list[str]:
    """What may follow ``field``: relations that its type has, and what joins it to another test."""
    if field is None:
        return []
    kind = types.type_of(field)
    found = ["==", "!="] if kind in types.EQUAL else []
    found += [">", "<", ">=", "<="] if kind in types.ORDER and kind not in (T.BOOLEAN, T.STRING, T.PROTOCOL) else []
    found += ["contains"] if kind in types.CONTAINS else []
    found += ["matches"] if kind in types.MATCHES else []
    found += ["in {"] if kind in types.EQUAL and kind is not T.BOOLEAN else []
    return [*found, *JOINS]


def fields(word: str) -> list[str]:
    """Fields whose names begin with ``word``; protocols and what is one level deeper come first."""
    depth = word.count(".")
    found = [name for name in FIELDS if name.startswith(word)]
    return sorted(found, key=lambda name: (name.count(".") > depth, name))


def literal(kind: T, text: str) -> str | None:
    """The value that tshark prints as ``text`` as a filter writes it; None where it cannot stand in one."""
    if kind is T.STRING:
        return quoted(text)
    if kind is T.BYTES:
        return ":".join(re.findall("..", text)) or None
    return text if kind in _PLAIN else None


#: Values that are written as they are printed.
_PLAIN: Final = frozenset({
    *types.INTEGERS, *types.REALS, T.BOOLEAN, T.IPV4, T.IPV6, T.ADDRESS, T.ETHER, T.RELATIVE_TIME,
})  # fmt: skip


def has_literals(field: Field) -> bool:
    """Whether values of ``field`` can be written in a filter."""
    return literal(types.type_of(field), "0") is not None


def quoted(text: str) -> str:
    """``text`` as a string of the language."""
    made = []
    for byte in text.encode("utf-8"):
        sign = chr(byte)
        made.append(f"\\{sign}" if sign in '"\\' else sign if 0x20 <= byte < 0x7F else f"\\x{byte:02x}")
    return '"' + "".join(made) + '"'


def begin_with(word: str, candidates: list[str]) -> list[str]:
    """The ``candidates`` that ``word`` begins; a string also without its quote."""
    return [each for each in candidates if each.startswith(word) or (word and each.startswith(f'"{word}'))]


def common_beginning(candidates: list[str]) -> str:
    """What all of ``candidates`` begin with."""
    first, last = min(candidates), max(candidates)
    pairs = enumerate(zip(first, last, strict=False))
    return first[: next((at for at, (one, other) in pairs if one != other), min(len(first), len(last)))]
