"""TCP traces as short lines, written as real captures.

A line is ``"MS SENDER FLAGS SEQ ACK [LENGTH] [name=value …]"``: milliseconds, C or S, letters of
SFRPA (``.`` for none), relative numbers, payload bytes.  Names: ``id`` (IP packet number), ``ts``
(value,echo), ``win``, ``sack`` (left:right, repeated with ``+``), ``sackok`` (SACK permitted), ``ttl``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tcptui.model.tcp_flags import TcpFlag

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LETTERS = {"S": TcpFlag.SYN, "F": TcpFlag.FIN, "R": TcpFlag.RST, "P": TcpFlag.PSH, "A": TcpFlag.ACK, ".": TcpFlag(0)}
ISN = {"C": 1_000, "S": 9_000}
HOST = {"C": (b"\x0a\x00\x00\x01", 40_000), "S": (b"\x0a\x00\x00\x02", 80)}


def _options(fields: dict[str, str], other: str, *, syn: bool) -> bytes:
    packed = b"\x02\x04\x05\xb4" if syn else b""
    if "sackok" in fields:
        packed += b"\x04\x02\x01\x01"
    if "ts" in fields:
        value, echo = fields["ts"].split(",")
        packed += struct.pack(">BBBBII", 1, 1, 8, 10, int(value), int(echo))
    if "sack" in fields:
        blocks = [tuple(map(int, block.split(":"))) for block in fields["sack"].split("+")]
        packed += struct.pack(">BBBB", 1, 1, 5, 2 + 8 * len(blocks))
        packed += b"".join(struct.pack(">II", left + ISN[other], right + ISN[other]) for left, right in blocks)
    return packed


def write_line(line: str) -> tuple[int, bytes]:
    """Time in nanoseconds and raw IPv4 bytes of one trace line."""
    words = [word for word in line.split() if "=" not in word]
    fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
    ms, sender, letters, seq, ack = words[:5]
    other = "S" if sender == "C" else "C"
    payload = b"x" * int(words[5]) if len(words) > 5 else b""
    flags = sum(LETTERS[letter] for letter in letters)
    options = _options(fields, other, syn=bool(flags & TcpFlag.SYN))
    raw_ack = (int(ack) + ISN[other]) & 0xFFFF_FFFF if flags & TcpFlag.ACK else 0
    header = (20 + len(options)) // 4 << 12 | flags
    (source, sport), (target, dport) = HOST[sender], HOST[other]
    raw_seq = (int(seq) + ISN[sender]) & 0xFFFF_FFFF
    tcp = struct.pack(">HHIIHHHH", sport, dport, raw_seq, raw_ack, header, int(fields.get("win", "5000")), 0, 0)
    size = 20 + len(tcp) + len(options) + len(payload)
    numbers = int(fields.get("id", "0")), int(fields.get("ttl", "64"))
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, numbers[0], 0, numbers[1], 6, 0, source, target)
    return int(float(ms) * 1_000_000), ip + tcp + options + payload


def write_trace(capture: Path, lines: Sequence[str]) -> Path:
    """A raw IP, nanosecond pcap with ``lines``; its first second is 1,000 s after the epoch."""
    with capture.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 101))
        for line in lines:
            time_ns, frame = write_line(line)
            seconds, rest = divmod(time_ns, 1_000_000_000)
            out.write(struct.pack("<IIII", 1_000 + seconds, rest, len(frame), len(frame)) + frame)
    return capture
