"""Every link type and tunnel that tshark 4.0 opens by default, against the real tshark.

Each case is a handful of headers in front of the packets of one connection; all cases lie in
one capture, each on an interface of its own link type.
"""

from __future__ import annotations

import itertools
import json
import random
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.cli import main as cli_main

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.tshark

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
        return _ipv6(int(number), data, bytes.fromhex("20010db8") + bytes(12), bytes.fromhex("20010db9") + bytes(12))
    return _ipv4(int(number), data, b"\xc0\xa8\0\1", b"\xc0\xa8\0\2")


def _ipv4(protocol: int, data: bytes, source: bytes, target: bytes) -> bytes:
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0x4000, 64, protocol, 0) + source + target + data


def _ipv6(following: int, data: bytes, source: bytes, target: bytes) -> bytes:
    return struct.pack(">IHBB", 0x6000_0000, len(data), following, 64) + source + target + data


def _connection(number: int, six: bool) -> list[bytes]:
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
        segments.append(_ipv6(6, tcp, wide + source, wide + target) if six else _ipv4(6, tcp, source, target))
    return segments


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def _write(path: Path, links: list[int], frames: list[tuple[int, bytes, int]]) -> None:
    """A pcapng file; ``frames`` are (interface, bytes, how many of them were captured)."""
    blocks = [_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    blocks += [_block(1, struct.pack("<HHI", link, 0, 0)) for link in links]
    for number, (interface, frame, held) in enumerate(frames, 1):
        head = struct.pack("<IIIII", interface, 0, number * 1000, held, len(frame))
        blocks.append(_block(6, head + frame[:held]))
    path.write_bytes(b"".join(blocks))


def _capture(path: Path, cut: Callable[[str, int], int] = lambda _name, size: size) -> list[str]:
    """Write all cases to ``path``, each frame cut to ``cut`` bytes; the case of each frame."""
    cases = [line.split(maxsplit=2) for line in CASES.read_text().splitlines() if line[0] != "#"]
    names, frames = [], []
    for index, (name, _link, words) in enumerate(cases):
        for packet in _connection(index, name[0] == "6"):
            frame = b""
            for word in reversed(words.split()):
                frame = _wrap(word, frame, packet)
            names.append(name)
            frames.append((index, frame, cut(name, len(frame))))
    _write(path, [int(link) for _name, link, _words in cases], frames)
    return names


def _differences(corpus: Path, capture: Path, capfd: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    oracle, ours = capture.with_suffix(".oracle"), capture.with_suffix(".ours")
    subprocess.run([sys.executable, str(corpus / "oracle.py"), str(capture), "-o", str(oracle)], check=True)
    # A TCP frame without even its ports is a line without values to tshark, and nothing to us.
    lines = [line for line in oracle.read_text().splitlines() if '"sport"' in line or '"file"' in line]
    oracle.write_text("\n".join(lines) + "\n")
    capfd.readouterr()
    cli_main(["verdicts", str(capture), "--jsonl"])
    ours.write_text(capfd.readouterr().out)
    command = [sys.executable, str(corpus / "compare.py"), str(oracle), str(ours), "--json", "--show", "10000"]
    result = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    assert result["captures"] == 1
    found: list[dict[str, object]] = result["first"]
    return found


def _named(differences: list[dict[str, object]], names: list[str]) -> list[tuple[str, object]]:
    return [(names[int(str(entry["frame"])) - 1], entry["diff"]) for entry in differences]


def test_what_tshark_opens_is_opened_and_nothing_else(
    corpus: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names = _capture(tmp_path / "cases.pcapng")

    assert _named(_differences(corpus, tmp_path / "cases.pcapng", capfd), names) == []


#: Frames shorter than a pseudo-header make tshark give the whole file up.
LEAST_CUT = 16
#: Not cut: tshark takes what was captured of a multilink packet for all of it, and what was captured of an NFLOG
#: packet for a stream in its first pass only.
LEFT_WHOLE = ("multilink", "ppp-multilink-short", "nflog", "6nflog")


def test_frames_cut_anywhere_show_what_tshark_shows(
    corpus: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    seed = random.randrange(10**6)
    numbers = random.Random(seed)
    names = _capture(
        tmp_path / "cut.pcapng",
        lambda name, size: size if name in LEFT_WHOLE else numbers.randrange(LEAST_CUT, size + 1),
    )

    assert _named(_differences(corpus, tmp_path / "cut.pcapng", capfd), names) == [], f"seed {seed}"


def _fragments(numbers: random.Random, packet: bytes) -> list[bytes]:
    """``packet`` in pieces: in any order, doubled, overlapping or missing."""
    six = packet[0] >> 4 == 6
    header, body = (packet[:40], packet[40:]) if six else (packet[:20], packet[20:])
    edges = sorted({0, len(body), *(8 * numbers.randrange(len(body) // 8 + 1) for _ in range(numbers.randrange(4)))})
    pieces = list(itertools.pairwise(edges))
    kind = numbers.randrange(8)
    if kind == 0:
        pieces.append(numbers.choice(pieces))
    elif kind == 1 and len(pieces) > 1:
        pieces.remove(numbers.choice(pieces))
    elif kind == 2:
        begin = 8 * numbers.randrange(len(body) // 8 + 1)
        pieces.append((begin, min(len(body), begin + 8 * numbers.randrange(1, 5))))
    if numbers.random() < 0.5:
        numbers.shuffle(pieces)
    label = numbers.randrange(1, 1 << 16)
    frames = []
    for begin, end in pieces:
        more = end < len(body)
        if six:
            part = struct.pack(">BBHI", 6, 0, begin | more, label) + body[begin:end]
            frames.append(MAC + b"\x86\xdd" + _ipv6(44, part, header[8:24], header[24:]))
        else:
            whole = _ipv4(6, body[begin:end], header[12:16], header[16:])
            flags = struct.pack(">HH", label, more << 13 | begin // 8)
            frames.append(MAC + b"\x08\0" + whole[:4] + flags + whole[8:])
    return frames


def test_fragments_of_all_kinds_are_put_together_as_by_tshark(
    corpus: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    seed = random.randrange(10**6)
    numbers = random.Random(seed)
    frames = []
    for connection in range(300):
        for packet in _connection(connection, six=connection % 2 == 1):
            for frame in _fragments(numbers, packet):
                held = len(frame) if numbers.random() < 0.97 else numbers.randrange(LEAST_CUT, len(frame))
                frames.append((0, frame, held))
    _write(tmp_path / "fragments.pcapng", [1], frames)

    assert _differences(corpus, tmp_path / "fragments.pcapng", capfd) == [], f"seed {seed}"
