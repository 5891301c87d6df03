"""Names of fields: which there are, which are tshark's alone, which are near a word; how tshark titles their lines."""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tcptui.model.field import Layer
from tcptui.model.fields import FIELDS, protocols_with

#: Beside this module: value strings of the registry's fields, their titles and bits, and names that tshark has.
_VALUE_STRINGS: Final = Path(__file__).with_name("value_strings.tsv")
_TSHARK_FIELDS: Final = Path(__file__).with_name("tshark_fields.tsv")
_TSHARK_NAMES: Final = Path(__file__).with_name("tshark_names.txt")
#: Protocols all of whose names are in the registry or in that list; of others only the protocol's name is.
WHOLE: Final = protocols_with(Layer.LISTED)
_NEAREST: Final = 3
_LONGEST: Final = 64
_LIKENESS: Final = 0.6


@cache
def _tables() -> dict[str, list[tuple[int, str]]]:
    """By field, its numbers and their texts, in the order of the file."""
    tables: dict[str, list[tuple[int, str]]] = {}
    table: list[tuple[int, str]] = []
    for line in _VALUE_STRINGS.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            table = []
            tables |= dict.fromkeys(line[2:].split(), table)
        else:
            value, _, text = line.partition("\t")
            table.append((int(value), text))
    return tables


@cache
def _numbers(name: str) -> dict[str, int]:
    """By folded text, the number of the field; of those that share a text, the first."""
    numbers: dict[str, int] = {}
    for value, text in _tables().get(name, ()):
        numbers.setdefault(_folded(text), value)
    return numbers


@cache
def _texts(name: str) -> dict[int, str]:
    """By number of the field, its text; the last."""
    return dict(_tables().get(name, ()))


def _folded(text: str) -> str:
    """Without regard to case in ASCII, as tshark compares."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in text)


def value_string(name: str, text: str) -> int | None:
    """What number the field ``name`` calls ``text``; None: none."""
    return _numbers(name).get(_folded(text))


def value_text(name: str, value: int) -> str:
    """What tshark calls the number ``value`` of the field ``name``; empty where it has no name for it.

    Of a field that is registered twice (``tls.handshake.type``: for SSL 2, then for TLS) the later one counts.
    """
    return _texts(name).get(value, "")


def has_value_strings(name: str) -> bool:
    """Whether numbers of the field have texts."""
    return name in _tables()


class Drawing(NamedTuple):
    """How tshark writes the lines of a field."""

    title: str = ""
    base: str = ""
    """``DEC``, ``HEX``, ``HEX_DEC``, …; ``NONE``: as a name alone; of a flag the number of bits that are drawn."""
    mask: int = 0
    """The field's bits of the bytes that it is read from; 0: all."""


@cache
def _drawings() -> dict[str, list[str]]:
    """By field what `Drawing` has; less where there is no more to say."""
    rows = (line.split("\t") for line in _TSHARK_FIELDS.read_text(encoding="utf-8").splitlines())
    return {name: drawing for name, _type, *drawing in rows}


def drawing_of(name: str) -> Drawing:
    """How tshark writes the lines of the field ``name``; an empty one where tshark has no such field."""
    title, base, mask = [*_drawings().get(name, ()), "", "", ""][:3]
    return Drawing(title, base, int(mask or "0", 0))


@cache
def _foreign() -> frozenset[str]:
    return frozenset(_TSHARK_NAMES.read_text(encoding="utf-8").split())


def is_foreign(name: str) -> bool:
    """Whether ``name`` is, or by its protocol may be, a field of tshark that the registry does not have."""
    if name in FIELDS:
        return False
    protocol, dot, _ = name.partition(".")
    is_listed = protocol not in WHOLE and (protocol in _foreign() or protocol in FIELDS)
    return name in _foreign() or (bool(dot) and is_listed)


def nearest(name: str) -> tuple[str, ...]:
    """Fields of the registry whose names are like ``name``, the likeliest first; none for what is like nothing."""
    wanted = name[:_LONGEST].lower()
    same = [known for known in FIELDS if known.lower() == wanted]
    ends = [known for known in FIELDS if known.endswith(f".{wanted}")]
    protocol, dot, _ = wanted.partition(".")
    # A protocol is misspelt more seldom than what stands behind its dot.
    inside = [known for known in FIELDS if known.startswith(f"{protocol}.")] if dot else []
    like = difflib.get_close_matches(wanted, inside, _NEAREST, _LIKENESS)
    if not like:
        like = difflib.get_close_matches(wanted, FIELDS, _NEAREST, _LIKENESS)
    return tuple(dict.fromkeys([*same, *ends[:_NEAREST], *like]))[:_NEAREST]
