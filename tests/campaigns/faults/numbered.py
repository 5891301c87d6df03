"""Packets that say which one they are, and which of them a capture file holds, whole or torn."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MARK: Final = b"packet-number:"
_PAYLOAD: Final = 200
_ETHERNET: Final = bytes.fromhex("020000000063 020000000001 0800")
FILE_HEADER: Final = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
_RECORD: Final = struct.Struct("<IIII")
#: A pcap file of this machine, in micro- or nanoseconds.
_BEGINNINGS: Final = (struct.pack("=I", 0xA1B2C3D4), struct.pack("=I", 0xA1B23C4D))


def frame(number: int) -> bytes:
    """An Ethernet frame of one TCP segment of one connection, the ``number``-th from 0."""
    payload = (_MARK + struct.pack(">Q", number)).ljust(_PAYLOAD, b".")
    header = struct.pack(
        ">BBHHHBBHII", 0x45, 0, 40 + _PAYLOAD, number & 0xFFFF, 0, 64, 6, 0, 0x0B000001, 0x0A4F0063
    )  # fmt: skip
    tcp = struct.pack(">HHIIBBHHH", 40_000, 80, (1000 + number * _PAYLOAD) & 0xFFFFFFFF, 1, 0x50, 0x18, 8192, 0, 0)
    return _ETHERNET + header + tcp + payload


def record(number: int) -> bytes:
    """The same as a record of a pcap file."""
    data = frame(number)
    return _RECORD.pack(1_700_000_000 + number // 1000, number % 1000 * 1000, len(data), len(data)) + data


@dataclass(slots=True)
class Held:
    """What captures hold."""

    numbers: set[int] = field(default_factory=set)
    torn: list[str] = field(default_factory=list)
    """Files that end amid a record."""

    def add(self, data: bytes, name: str) -> None:
        """Take a pcap file in; its records may begin anywhere behind the header (released space is zeros)."""
        at = data.find(_MARK)
        if data and data[:4] not in _BEGINNINGS:
            self.torn.append(name)
            return
        while at >= 0:
            begun = at - len(_ETHERNET) - 40
            size = len(frame(0))
            if len(data) - begun < size:
                self.torn.append(name)
                return
            self.numbers.add(struct.unpack_from(">Q", data, at + len(_MARK))[0])
            at = data.find(_MARK, begun + size)


def held_in(paths: Iterable[Path]) -> Held:
    """What the files at ``paths`` hold together."""
    held = Held()
    for path in paths:
        held.add(path.read_bytes(), path.name)
    return held
