"""A capture taken apart into its records, and put together again: what the mutations work on.

Lenient, and apart from `tcptui.wire`: the seeds may be damaged, and what is tested must not be the tester.
"""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_PCAPNG: Final = b"\n\r\r\n"
_MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 16), b"\xd4\xc3\xb2\xa1": ("<", 16), b"\xa1\xb2\x3c\x4d": (">", 16),
    b"\x4d\x3c\xb2\xa1": ("<", 16), b"\xa1\xb2\xcd\x34": (">", 24), b"\x34\xcd\xb2\xa1": ("<", 24),
}  # fmt: skip
#: Bytes before the frame in packet blocks: enhanced, obsolete, simple.
_BLOCK_HEADS: Final = {6: 28, 2: 28, 3: 12}
#: Bytes before the network layer; where nobody knows, it is looked for.
_LINK_BYTES: Final = {0: 4, 1: 14, 12: 0, 14: 0, 101: 0, 108: 4, 113: 16, 228: 0, 229: 0, 276: 20}


@dataclass
class Record:
    """One record or block: what stands before the frame, the frame, what stands behind it."""

    head: bytearray
    frame: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    carries: bool = False
    """It is a packet's record."""

    def copy(self) -> Record:
        return Record(bytearray(self.head), bytearray(self.frame), bytearray(self.tail), self.carries)


@dataclass
class Pieces:
    """A capture as its beginning, its records and what follows them."""

    start: bytearray
    records: list[Record]
    order: str = "<"
    is_pcapng: bool = False
    link: int = 1

    @property
    def packets(self) -> list[Record]:
        return [record for record in self.records if record.carries]

    def copy(self) -> Pieces:
        records = [record.copy() for record in self.records]
        return Pieces(bytearray(self.start), records, self.order, self.is_pcapng, self.link)

    def resized(self, record: Record) -> None:
        """Have the lengths of ``record`` fit its frame again."""
        size = len(record.frame)
        if not self.is_pcapng:
            struct.pack_into(self.order + "II", record.head, 8, size, size)
            return
        record.tail[:] = bytes(-size % 4) + bytes(4)
        total = len(record.head) + size + len(record.tail)
        struct.pack_into(self.order + "I", record.head, 4, total)
        struct.pack_into(self.order + "I", record.tail, len(record.tail) - 4, total)
        if len(record.head) < 28:  # a simple block, whatever a mutation calls it
            struct.pack_into(self.order + "I", record.head, 8, size)
        else:
            struct.pack_into(self.order + "II", record.head, 20, size, size)

    def network(self, frame: bytes | bytearray) -> int:
        """Where IP seems to begin in ``frame``."""
        at = _LINK_BYTES.get(self.link, -1)
        if self.link == 1:
            while frame[at - 2 : at] in (b"\x81\x00", b"\x88\xa8", b"\x91\x00"):
                at += 4
        if 0 <= at < len(frame) and frame[at] >> 4 in (4, 6):
            return at
        return next((place for place in range(min(len(frame), 120)) if frame[place] in (0x45, 0x60)), 0)

    def joined(self) -> bytes:
        return bytes(self.start) + b"".join(
            bytes(record.head) + bytes(record.frame) + bytes(record.tail) for record in self.records
        )


def take_apart(data: bytes, packets: int) -> Pieces:
    """``data`` in pieces, with at most so many packets."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] == _PCAPNG:
        return _blocks(data, packets)
    order, size = _MAGICS.get(data[:4], ("<", 16))
    pieces = Pieces(bytearray(data[:24]), [], order)
    if len(data) >= 24:
        pieces.link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    at = 24
    while at + size <= len(data) and len(pieces.records) < packets:
        length = struct.unpack_from(order + "I", data, at + 8)[0]
        frame = bytearray(data[at + size : at + size + length])
        pieces.records.append(Record(bytearray(data[at : at + size]), frame, carries=True))
        at += size + length
    return pieces


def _blocks(data: bytes, packets: int) -> Pieces:
    pieces, at, left = Pieces(bytearray(), [], is_pcapng=True), 0, packets
    while at + 12 <= len(data) and left > 0:
        if data[at : at + 4] == _PCAPNG:
            pieces.order = ">" if data[at + 8 : at + 12] == b"\x1a\x2b\x3c\x4d" else "<"
        kind, total = struct.unpack_from(pieces.order + "II", data, at)
        total = max(total, 12)
        block = bytearray(data[at : at + total])
        at += total
        if kind == 1 and len(block) > 10:
            pieces.link = struct.unpack_from(pieces.order + "H", block, 8)[0]
        head = _BLOCK_HEADS.get(kind)
        if head is None or len(block) < head + 4:
            pieces.records.append(Record(block))
            continue
        size = struct.unpack_from(pieces.order + "I", block, 20 if head == 28 else 8)[0]
        pieces.records.append(Record(block[:head], block[head : head + size], block[head + size :], carries=True))
        left -= 1
    return pieces


def read_seeds(folders: list[Path], largest: int) -> dict[str, bytes]:
    """Every capture below ``folders`` that is not larger than ``largest`` bytes, by name, in a fixed order."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (".pcap" in path.name or path.suffix == ".cap") and path.stat().st_size <= largest:
                found[f"{path.parent.name}/{path.name}"] = path.read_bytes()
    return found
