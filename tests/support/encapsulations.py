"""One small connection in every wrapping there is: the cases, and the captures made of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: See the file's head for its words.
CASES = Path(__file__).with_name("encapsulations.txt")
MAC = bytes.fromhex("020000000002 020000000001")
SNAP = bytes.fromhex("aaaa03 000000 0800")
DOT11 = bytes.fromhex("0000 020000000001 020000000002 020000000003 0000")


def _wrap(word: str, data: bytes, packet: bytes) -> bytes:
    """``word`` of a case in front of ``data``."""
    if word == ".":
        return packet + data
    if word[0] in "#~":
        return struct.pack(">H" if word[0] == "#" else "<H", len(data) + int(word[1:])) + data
    kind, colon, number = word.partition(":")
    if not colon:
        return ({"mac": MAC, "snap": SNAP}.get(word) or bytes.fromhex(word)) + data
    if kind == "zeros":
        return bytes(int(number)) + data
    if kind == "eth":
        return MAC + bytes.fromhex(number) + data
    if kind == "dot11":
        return bytes.fromhex(number) + DOT11 + data
    if kind == "udp":
        # A port of each case's own: tshark remembers what it opened between two ports.
        return struct.pack(">4H", 20_000 + int(number) % 40_000, int(number), 8 + len(data), 0) + data
    if kind == "ip6":
        return ipv6(int(number), data, bytes.fromhex("20010db8") + bytes(12), bytes.fromhex("20010db9") + bytes(12))
    return ipv4(int(number), data, b"\xc0\xa8\0\1", b"\xc0\xa8\0\2")


def ipv4(protocol: int, data: bytes, source: bytes, target: bytes) -> bytes:
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0x4000, 64, protocol, 0) + source + target + data


def ipv6(following: int, data: bytes, source: bytes, target: bytes) -> bytes:
    return struct.pack(">IHBB", 0x6000_0000, len(data), following, 64) + source + target + data


def connection(number: int, six: bool) -> list[bytes]:
    """SYN, SYN-ACK, data and FIN between two addresses that only case ``number`` has."""
    client, server = (bytes((10, number >> 8, number & 255, end)) for end in (1, 2))
    segments = []
    for mine, port, seq, ack, flags, size in (
        (True, 33333, 1000, 0, 0x02, 0), (False, 1, 5000, 1001, 0x12, 0),
        (True, 33333, 1001, 5001, 0x18, 60), (False, 1, 5001, 1061, 0x11, 7),
    ):  # fmt: skip
        tcp = struct.pack(">HHIIBBHHH", port, 33334 - port, seq, ack, 0x50, flags, 8192, 0, 0) + bytes(size)
        source, target = (client, server) if mine else (server, client)
        wide = bytes.fromhex("20010db8") + bytes(8)
        segments.append(ipv6(6, tcp, wide + source, wide + target) if six else ipv4(6, tcp, source, target))
    return segments


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def write_capture(path: Path, links: Sequence[int], frames: Sequence[tuple[int, bytes, int]]) -> None:
    """A pcapng file; ``frames`` are (interface, bytes, how many of them were captured)."""
    blocks = [_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    blocks += [_block(1, struct.pack("<HHI", link, 0, 0)) for link in links]
    for number, (interface, frame, held) in enumerate(frames, 1):
        head = struct.pack("<IIIII", interface, 0, number * 1000, held, len(frame))
        blocks.append(_block(6, head + frame[:held]))
    path.write_bytes(b"".join(blocks))


@dataclass(frozen=True)
class Case:
    """One line of the file of cases."""

    name: str
    link_type: int
    frames: tuple[bytes, ...]
    """The four packets of `connection`, wrapped."""


def wrapped(words: str, packet: bytes) -> bytes:
    """``packet`` in the wrapping that a case's ``words`` describe."""
    frame = b""
    for word in reversed(words.split()):
        frame = _wrap(word, frame, packet)
    return frame


def all_cases() -> list[Case]:
    """The cases in the file's order; each has addresses of its own."""
    lines = [line.split(maxsplit=2) for line in CASES.read_text().splitlines() if line[0] != "#"]
    return [
        Case(name, int(link), tuple(wrapped(words, packet) for packet in connection(number, name[0] == "6")))
        for number, (name, link, words) in enumerate(lines)
    ]


def write_cases(path: Path, cut: Callable[[str, int], int] = lambda _name, size: size) -> list[str]:
    """Write all cases to ``path``, each frame cut to ``cut`` bytes; the case of each frame."""
    cases = all_cases()
    frames = [
        (number, frame, cut(case.name, len(frame))) for number, case in enumerate(cases) for frame in case.frames
    ]  # fmt: skip
    write_capture(path, [case.link_type for case in cases], frames)
    return [case.name for case in cases for _frame in case.frames]
