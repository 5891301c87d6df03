"""ICMP errors that quote a segment, whole or cut behind its header, against the real tshark."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

import pytest
from encapsulations import MAC, ipv4, ipv6, write_capture
from seeds import SEED_VARIABLE, seed
from tshark_oracle import differences

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tshark

QUOTES = 600
_WIDE = bytes.fromhex("20010db8") + bytes(8)


def _datagram(six: bool, protocol: int, data: bytes, source: bytes, target: bytes) -> bytes:
    if six:
        return ipv6(58 if protocol == 1 else protocol, data, _WIDE + source, _WIDE + target)
    return ipv4(protocol, data, source, target)


def _tcp(ports: tuple[int, int], numbers: tuple[int, int], flags: int, rest: bytes, options: bytes = b"") -> bytes:
    words = 5 + len(options) // 4
    return struct.pack(">HHIIBBHHH", *ports, *numbers, words << 4, flags, 1_000, 0, 0) + options + rest


def _connection(r: random.Random, number: int) -> list[bytes]:
    """An acknowledgment of each end, and before or between them an error that quotes one of them."""
    six = r.random() < 0.5
    a, b = (bytes((10, number >> 8, number & 255, end)) for end in (1, 2))
    size, options = r.choice((0, 1, 10, 100)), r.choice((b"", bytes(8), b"\x02\x04\x05\xb4\x01\x03\x03\x07"))
    flags = r.choice((0x10, 0x18, 0x11, 0x02, 0x12, 0x14))
    whole = _datagram(six, 6, _tcp((40_000, 9_999), (1_000, 5), flags, bytes(size), options), a, b)
    kind = r.randrange(3)
    if kind:
        at, fixed = (4, 40) if six else (2, 0)
        written = 0 if kind == 1 and not six else len(whole) - fixed + 500
        whole = whole[:at] + struct.pack(">H", written) + whole[at + 2 :]
    header = (40 if six else 20) + 20 + len(options)
    quoted = (whole + bytes(8))[: header + r.choice((0, 1, 5, max(size - 1, 0), size, size + 4))]
    error = _datagram(six, 1, struct.pack(">BBHI", 1 if six else 3, 1, 0, 0) + quoted, b, a)
    ends = [((9_999, 40_000), (5, 1_000), b, a), ((40_000, 9_999), (1_000, 5), a, b)]
    packets = [_datagram(six, 6, _tcp(ports, numbers, 0x10, b""), *pair) for ports, numbers, *pair in ends]
    packets.insert(r.randrange(2), error)
    return [MAC + (b"\x86\xdd" if six else b"\x08\0") + packet for packet in packets]


def test_quoted_segments_change_what_they_change_in_tshark(corpus: Path, tmp_path: Path) -> None:
    begin = seed(1)
    r = random.Random(begin)
    frames = [frame for number in range(QUOTES) for frame in _connection(r, number)]
    write_capture(tmp_path / "quotes.pcapng", [1], [(0, frame, len(frame)) for frame in frames])

    assert differences(corpus, tmp_path / "quotes.pcapng") == [], f"{SEED_VARIABLE}={begin}"
