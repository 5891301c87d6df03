"""What may be done with values of each type, as tshark 4.0.17 allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.field import FieldType as T

if TYPE_CHECKING:
    from tcptui.model.field import Field

#: Bits of the unsigned types; a constant must fit.
UNSIGNED: Final = {
    T.UINT8: 8, T.UINT16: 16, T.UINT24: 24, T.UINT32: 32, T.FRAMENUM: 32, T.UINT64: 64,
}  # fmt: skip
SIGNED: Final = {T.INT8: 8, T.INT16: 16, T.INT32: 32, T.INT64: 64}
INTEGERS: Final = frozenset({*UNSIGNED, *SIGNED})
REALS: Final = frozenset({T.DOUBLE, T.FLOAT})
#: Values that are bytes already; slices of others are converted.
BYTES: Final = frozenset({T.BYTES, T.ETHER, T.IPV6})

_OPTIONS: Final = ("ip.options.", "tcp.options.")
#: Registered twice by Wireshark, as bytes and as hardware addresses.
_LISTED_AS_BYTES: Final = frozenset({
    "icmpv6.opt.linkaddr", "icmpv6.opt.src_linkaddr", "icmpv6.opt.target_linkaddr",
})  # fmt: skip
_BYTE_STRINGS: Final = frozenset({T.BYTES, T.ETHER})
_IN_BYTES: Final = frozenset({T.BYTES, T.ETHER, T.PROTOCOL, T.STRING})
_ADDRESSES: Final = frozenset({T.IPV4, T.IPV6, T.ADDRESS})

EQUAL: Final = frozenset(T) - {T.NONE}
ORDER: Final = EQUAL - {T.ADDRESS}
CONTAINS: Final = _IN_BYTES
MATCHES: Final = _IN_BYTES
SLICE: Final = _IN_BYTES | {T.IPV4, T.IPV6}
BITS: Final = INTEGERS | {T.BYTES, T.ETHER, T.IPV4, T.IPV6}
SUM: Final = INTEGERS | REALS | {T.RELATIVE_TIME}
PRODUCT: Final = INTEGERS | REALS
MODULO: Final = INTEGERS
NEGATE: Final = SUM
#: What `abs` takes: 4.0 takes booleans, too.
SIGN: Final = SUM | {T.BOOLEAN}
AS_STRING: Final = INTEGERS | REALS | {T.IPV4, T.IPV6, T.ETHER, T.ADDRESS}
#: Types of which a character constant is a value.
CHARACTER: Final = INTEGERS | {T.BOOLEAN, T.BYTES, T.PROTOCOL, T.STRING}


def type_of(field: Field) -> T:
    """The type of the field's values: options that Wireshark lists as protocols are bytes to a filter.

    Of two fields with one name, Wireshark asks the one that it does not list.
    """
    if field.name in _LISTED_AS_BYTES:
        return T.ETHER
    is_option = field.type is T.PROTOCOL and field.name.startswith(_OPTIONS)
    return T.BYTES if is_option else field.type


def quoted_type(field: Field | None, kind: T) -> T:
    """The type of a quoted string beside a value of ``kind``: of two fields with one name, the one that takes it."""
    return T.BYTES if field is not None and field.name in _LISTED_AS_BYTES else kind


def largest(kind: T) -> int | None:
    """The largest number of an integer type; None for other types."""
    if kind in UNSIGNED:
        return (1 << UNSIGNED[kind]) - 1
    return (1 << (SIGNED[kind] - 1)) - 1 if kind in SIGNED else None


def compatible(one: T, other: T) -> bool:
    """Whether values of the two types can be compared; a number with a boolean behind it, but not the reverse."""
    if one in INTEGERS:
        return other in INTEGERS or other is T.BOOLEAN
    if one in REALS:
        return other in REALS
    if one in _BYTE_STRINGS:
        return other in _BYTE_STRINGS
    if T.ADDRESS in (one, other):
        return {one, other} <= _ADDRESSES
    return one is other
