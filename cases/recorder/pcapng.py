"""Writes a small pcapng file that says in its section header how it was made.

One section, one interface, nanosecond timestamps, at most one statistics block (draft-ietf-opsawg-pcapng,
sections 4.1 to 4.3 and 4.6).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PCAP_NANOSECONDS: Final = 0xA1B23C4D
SECTION_HEADER: Final = 0x0A0D0D0A
INTERFACE_DESCRIPTION: Final = 1
ENHANCED_PACKET: Final = 6
INTERFACE_STATISTICS: Final = 5
OPTION_COMMENT: Final = 1
OPTION_OS: Final = 3
OPTION_APPLICATION: Final = 4
OPTION_INTERFACE_NAME: Final = 2
OPTION_TIME_RESOLUTION: Final = 9
OPTION_INTERFACE_DROPPED: Final = 5
NANOSECONDS: Final = bytes([9])


@dataclass(frozen=True, slots=True)
class Record:
    """One captured frame; ``time_ns`` counts from the epoch."""

    time_ns: int
    wire_length: int
    data: bytes


def read_pcap(path: Path) -> tuple[int, int, list[Record]]:
    """Link type, snapshot length and records of a little-endian nanosecond pcap file.

    Only what ``tcpdump --time-stamp-precision=nano`` writes on this machine; raises ValueError
    for anything else.
    """
    content = path.read_bytes()
    magic, _, _, _, _, snapshot, link_type = struct.unpack_from("<IHHiIII", content)
    if magic != PCAP_NANOSECONDS:
        raise ValueError(f"{path}: not a little-endian nanosecond pcap file")
    records = []
    at = 24
    while at < len(content):
        seconds, nanoseconds, captured, wire = struct.unpack_from("<IIII", content, at)
        records.append(Record(seconds * 10**9 + nanoseconds, wire, content[at + 16 : at + 16 + captured]))
        at += 16 + captured
    return link_type, snapshot, records


def write_pcapng(
    path: Path,
    records: Iterable[Record],
    *,
    link_type: int,
    snapshot: int,
    interface: str,
    comment: str,
    system: str,
    application: str = "tcptui cases.recorder, tcpdump",
    dropped: int = 0,
) -> None:
    """Writes ``records`` with ``comment`` on the whole capture and the ``system`` it ran on.

    With ``dropped`` a statistics block says that so many packets were lost by the recorder.
    """
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _options(
        (OPTION_COMMENT, comment.encode()),
        (OPTION_OS, system.encode()),
        (OPTION_APPLICATION, application.encode()),
    )
    description = struct.pack("<HHI", link_type, 0, snapshot) + _options(
        (OPTION_INTERFACE_NAME, interface.encode()),
        (OPTION_TIME_RESOLUTION, NANOSECONDS),
    )
    blocks = [_block(SECTION_HEADER, section), _block(INTERFACE_DESCRIPTION, description)]
    for record in records:
        high, low = record.time_ns >> 32, record.time_ns & 0xFFFF_FFFF
        head = struct.pack("<IIIII", 0, high, low, len(record.data), record.wire_length)
        blocks.append(_block(ENHANCED_PACKET, head + _padded(record.data)))
    if dropped:
        counters = _options((OPTION_INTERFACE_DROPPED, struct.pack("<Q", dropped)))
        blocks.append(_block(INTERFACE_STATISTICS, struct.pack("<III", 0, 0, 0) + counters))
    path.write_bytes(b"".join(blocks))


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _options(*options: tuple[int, bytes]) -> bytes:
    parts = [struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options]
    return b"".join(parts) + bytes(4)


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def read_pcapng(path: Path) -> list[Record]:
    """The records of a file that `write_pcapng` wrote; other pcapng files may differ in more than it reads."""
    content = path.read_bytes()
    records = []
    at = 0
    while at < len(content):
        kind, length = struct.unpack_from("<II", content, at)
        if kind == ENHANCED_PACKET:
            _, high, low, captured, wire = struct.unpack_from("<IIIII", content, at + 8)
            records.append(Record(high << 32 | low, wire, content[at + 28 : at + 28 + captured]))
        at += length
    return records
