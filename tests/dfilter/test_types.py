"""What may be done with each type: the tables against sharkd, for one field of every type."""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest
from sharkd import Sharkd

from tcptui.dfilter import types
from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError
from tcptui.model.field import FieldType as T
from tcptui.model.field import Owner
from tcptui.model.fields import FIELDS, ROWS

#: The first field of each type of Wireshark's.
FIELD_OF: Final = {row.type: row.name for row in reversed(ROWS) if row.owner is Owner.WIRESHARK}
#: Registered twice by Wireshark, which takes numbers of 16 bits; RabbitMQ's usual value has 18.
_WIDER: Final = frozenset({"amqp.method.arguments.frame_max"})
#: Uses that tell the types of all fields apart.
_TELLING: Final = ("{0} == {0}", "{0} contains", "{0} & {0}", "{0} + {0}", "{0}[0]")
USES: Final = {
    "{0} == {0}": types.EQUAL, "{0} > {0}": types.ORDER, "{0} contains {0}": types.CONTAINS,
    '{0} matches "a"': types.MATCHES,
    "{0}[0]": types.SLICE, "{0} & {0}": types.BITS, "{0} + {0}": types.SUM, "{0} - {0}": types.SUM,
    "{0} * {0}": types.PRODUCT, "{0} / {0}": types.PRODUCT, "{0} % {0}": types.MODULO, "-{0}": types.NEGATE,
    "abs({0}) == {0}": types.SIGN, "max({0}, {0}) == {0}": types.ORDER, 'string({0}) == "a"': types.AS_STRING,
    "{0} == 'a'": types.CHARACTER, "len({0}) == 1": frozenset(T), "count({0}) == 1": frozenset(T),
}  # fmt: skip


def is_taken(text: str) -> bool:
    try:
        compile_filter(text)
    except FilterError:
        return False
    return True


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


@pytest.mark.tshark
def test_every_field_can_what_its_type_can() -> None:
    """Names are enough to find a field whose type the registry, or `type_of`, has wrong."""
    uses = {use: can for use, can in USES.items() if use.startswith(_TELLING)}
    fields = [row for row in ROWS if row.owner is Owner.WIRESHARK]
    with Sharkd() as sharkd:
        differ = [
            use.format(field.name) for (use, can), field in product(uses.items(), fields)
            if (sharkd.refuses(use.format(field.name)) is None) != (types.type_of(field) in can)
        ]  # fmt: skip

    assert len(uses) == 5
    assert differ == []


@pytest.mark.tshark
def test_every_field_takes_constants_of_its_type() -> None:
    """The largest number and one more, a byte that is too short for an address, a string."""
    fields = [row for row in ROWS if row.owner is Owner.WIRESHARK]
    asked: list[str] = []
    for row in fields:
        most = types.largest(types.type_of(row))
        asked += [f"{row.name} == {value}" for value in ("01", '"a"', *((most, most + 1) if most else ()))]
    with Sharkd() as sharkd:
        differ = [text for text in asked if (sharkd.refuses(text) is None) != is_taken(text)]

    assert differ == [f"{name} == {0xFFFF_FFFF}" for name in sorted(_WIDER)]


def test_option_that_wireshark_lists_as_a_protocol_is_bytes() -> None:
    assert types.type_of(FIELDS["tcp.options.sack"]) is T.BYTES
    assert types.type_of(FIELDS["tcp.options.sack_le"]) is T.UINT32
    assert types.type_of(FIELDS["tcp"]) is T.PROTOCOL


def test_addresses_are_compared_with_either_family() -> None:
    assert types.compatible(T.ADDRESS, T.IPV4)
    assert types.compatible(T.IPV6, T.ADDRESS)
    assert not types.compatible(T.ADDRESS, T.STRING)
    assert not types.compatible(T.IPV4, T.IPV6)


def test_number_is_compared_with_a_boolean_behind_it_only() -> None:
    assert types.compatible(T.UINT16, T.BOOLEAN)
    assert not types.compatible(T.BOOLEAN, T.UINT16)
