"""Checksums that say of the new bytes what they said of the old ones: right, wrong, left to the network card."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from tcptui.wire.checksum import internet_checksum, ones_complement_sum, pseudo_header

#: What a wrong checksum is wrong by: nothing of the content that made it wrong shall be told.
WRONG: Final = (0x5555, 0x3333, 0x0F0F)


class Sum(Enum):
    """A state of a checksum."""

    RIGHT = auto()
    WRONG = auto()
    ABSENT = auto()
    """Zero."""
    PARTIAL = auto()
    """Sum of the pseudo-header alone: the network card was to do the rest."""
    UNKNOWN = auto()
    """Not all that it covers was captured."""


def sum_of(covered: bytes, field: int, pseudo: bytes = b"") -> Sum:
    """The state of the checksum at ``field`` of ``covered``, all of which was captured."""
    stated = covered[field : field + 2]
    if stated == b"\0\0":
        return Sum.ABSENT
    total = ones_complement_sum(pseudo + covered if len(pseudo) % 2 == 0 else covered)
    if total == 0xFFFF:
        return Sum.RIGHT
    if pseudo and int.from_bytes(stated) == ones_complement_sum(pseudo):
        return Sum.PARTIAL
    return Sum.WRONG


def checksum(kind: Sum, covered: bytes, field: int, pseudo: bytes = b"") -> int:
    """The checksum that makes what is at ``field`` of the new bytes ``covered`` a ``kind``; not for `Sum.UNKNOWN`."""
    if kind is Sum.ABSENT:
        return 0
    if kind is Sum.PARTIAL:
        return ones_complement_sum(pseudo)
    right = internet_checksum(pseudo + covered[:field] + b"\0\0" + covered[field + 2 :])
    if kind is Sum.RIGHT:
        # Zero says that there is none (RFC 768); of the two zeros the other one is sent.
        return right or 0xFFFF
    taken = {0, right, 0xFFFF ^ right} | ({ones_complement_sum(pseudo)} if pseudo else set())
    return next(wrong for wrong in (right ^ by for by in WRONG) if wrong not in taken)


def covering(source: bytes, destination: bytes, length: int, protocol: int) -> bytes:
    """The pseudo-header."""
    return pseudo_header(source, destination, length, protocol)
