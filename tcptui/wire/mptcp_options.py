"""The MPTCP options of one segment, in order, as far as they were captured (RFC 8684, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.mptcp_options import MptcpOptionBytes

MPTCP: Final = 30
_END, _NOP = 0, 1


class Subtype(IntEnum):
    """What an MPTCP option is for (RFC 8684, 8.2)."""

    CAPABLE = 0
    JOIN = 1
    DATA_SEQUENCE = 2
    ADD_ADDRESS = 3
    REMOVE_ADDRESS = 4
    PRIORITY = 5
    FAIL = 6
    FAST_CLOSE = 7
    RESET = 8


@dataclass(slots=True)
class MptcpOption:
    """One option."""

    length: int
    """Bytes, by the option's length field."""
    body: bytes
    """What follows the length, as far as captured; not empty."""

    @property
    def subtype(self) -> int:
        """`Subtype`, or a number that has no meaning yet."""
        return self.body[0] >> 4

    @property
    def version(self) -> int:
        """The MPTCP version, for options of `Subtype.CAPABLE` (RFC 8684, 3.1)."""
        return self.body[0] & 15

    def part(self, begin: int, size: int) -> bytes | None:
        """``size`` bytes from ``begin`` on, counted from the option's own begin; None where any is missing."""
        found = self.body[begin - 2 : begin - 2 + size]
        return found if len(found) == size else None


def mptcp_options(note: MptcpOptionBytes) -> Iterator[MptcpOption]:
    """The MPTCP options in ``note`` up to `MptcpOptionBytes.last`.  Lengths of other options are checked already."""
    area, at = note.area, 0
    while at <= note.last:
        if area[at] in (_END, _NOP):
            at += 1
            continue
        length = area[at + 1]
        body = area[at + 2 : at + length]
        if area[at] == MPTCP and body:
            yield MptcpOption(length, body)
        at += max(length, 2)
