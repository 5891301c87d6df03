"""What may be done with each type: the tables against sharkd, for one field of every type."""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest
from sharkd import Sharkd

from tcptui.dfilter import types
from tcptui.model.field import FieldType as T
from tcptui.model.field import Owner
from tcptui.model.fields import ROWS

#: The first field of each type of Wireshark's.
FIELD_OF: Final = {row.type: row.name for row in reversed(ROWS) if row.owner is Owner.WIRESHARK}
USES: Final = {
    "{0} == {0}": types.EQUAL, "{0} > {0}": types.ORDER, "{0} contains {0}": types.CONTAINS,
    '{0} matches "a"': types.MATCHES,
    "{0}[0]": types.SLICE, "{0} & {0}": types.BITS, "{0} + {0}": types.SUM, "{0} - {0}": types.SUM,
    "{0} * {0}": types.PRODUCT, "{0} / {0}": types.PRODUCT, "{0} % {0}": types.MODULO, "-{0}": types.NEGATE,
    "abs({0}) == {0}": types.SIGN, "max({0}, {0}) == {0}": types.ORDER, 'string({0}) == "a"': types.AS_STRING,
    "{0} == 'a'": types.CHARACTER, "len({0}) == 1": frozenset(T), "count({0}) == 1": frozenset(T),
}  # fmt: skip


def test_every_type_of_a_field_is_tried() -> None:
    assert set(FIELD_OF) == {row.type for row in ROWS} - {T.ADDRESS}


@pytest.mark.tshark
def test_what_a_type_can_is_what_sharkd_takes() -> None:
    with Sharkd() as sharkd:
        differ = [
            use.format(name) for (use, can), (kind, name) in product(USES.items(), FIELD_OF.items())
            if (sharkd.refuses(use.format(name)) is None) != (kind in can)
        ]  # fmt: skip

    assert differ == []


@pytest.mark.tshark
def test_types_that_can_be_compared_are_those_that_sharkd_compares() -> None:
    with Sharkd() as sharkd:
        differ = [
            f"{one} == {other}" for (kind, one), (second, other) in product(FIELD_OF.items(), repeat=2)
            if (sharkd.refuses(f"{one} == {other}") is None)
            != (types.compatible(kind, second) and {kind, second} <= types.EQUAL)
        ]  # fmt: skip

    assert differ == []


def test_addresses_are_compared_with_either_family() -> None:
    assert types.compatible(T.ADDRESS, T.IPV4)
    assert types.compatible(T.IPV6, T.ADDRESS)
    assert not types.compatible(T.ADDRESS, T.STRING)
    assert not types.compatible(T.IPV4, T.IPV6)


def test_number_is_compared_with_a_boolean_behind_it_only() -> None:
    assert types.compatible(T.UINT16, T.BOOLEAN)
    assert not types.compatible(T.BOOLEAN, T.UINT16)
