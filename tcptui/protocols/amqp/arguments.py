"""Reads arguments of methods one after the other, each with the bytes that it takes (AMQP 0-9-1, 4.2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.protocols.amqp.methods import Argument

#: Bytes of a number, or of the length before what has one.
_NUMBERS: Final = {"1": 1, "2": 2, "4": 4, "8": 8}
_LENGTHS: Final = {"s": 1, "l": 4, "b": 4, "t": 4, "x": 4}


class Read(NamedTuple):
    """An argument at bytes ``start … stop`` of what was read."""

    argument: Argument
    start: int
    """Of a text, and of a table, where the text, or its first entry, begins."""
    stop: int
    number: int
    data: bytes
    bit: int = 0
    """Which bit of its byte."""


def read_arguments(data: bytes, start: int, arguments: Sequence[Argument]) -> Iterator[Read]:
    """The ``arguments`` in ``data`` from ``start`` on, as far as it has them.

    Bits that follow each other share bytes.
    """
    at, bit = start, 0
    for one in arguments:
        if one.form == "?":
            if bit % 8 == 0:
                at, bit = at + 1, 0
            if at > len(data):
                return
            yield Read(one, at - 1, at, data[at - 1] >> bit & 1, b"", bit)
            bit += 1
            continue
        bit = 0
        size = _NUMBERS.get(one.form, 0) or _LENGTHS[one.form]
        if at + size > len(data):
            return
        number = int.from_bytes(data[at : at + size])
        if one.form in _NUMBERS:
            yield Read(one, at, at + size, number, b"")
            at += size
            continue
        begin = at + size
        at = begin + number
        if at > len(data):
            return
        yield Read(one, begin, at, number, data[begin:at])
