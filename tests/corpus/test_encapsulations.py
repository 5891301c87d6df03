"""Every link type and tunnel that tshark 4.0 opens by default, against the real tshark.

The cases are those of ``tests/support/encapsulations.txt``, all in one capture, each on an
interface of its own link type.
"""

from __future__ import annotations

import itertools
import json
import random
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from encapsulations import MAC, connection, ipv4, ipv6, write_capture, write_cases

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tshark


def _differences(corpus: Path, capture: Path) -> list[dict[str, object]]:
    oracle, ours = capture.with_suffix(".oracle"), capture.with_suffix(".ours")
    subprocess.run([sys.executable, str(corpus / "oracle.py"), str(capture), "-o", str(oracle)], check=True)
    # A TCP frame without even its ports is a line without values to tshark, and nothing to us.
    lines = [line for line in oracle.read_text().splitlines() if '"sport"' in line or '"file"' in line]
    oracle.write_text("\n".join(lines) + "\n")
    with ours.open("w") as sink:
        subprocess.run([sys.executable, "-m", "tcptui", "verdicts", str(capture), "--jsonl"], stdout=sink, check=True)
    command = [sys.executable, str(corpus / "compare.py"), str(oracle), str(ours), "--json", "--show", "10000"]
    result = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    assert result["captures"] == 1
    found: list[dict[str, object]] = result["first"]
    return found


def _named(differences: list[dict[str, object]], names: list[str]) -> list[tuple[str, object]]:
    return [(names[int(str(entry["frame"])) - 1], entry["diff"]) for entry in differences]


def test_what_tshark_opens_is_opened_and_nothing_else(corpus: Path, tmp_path: Path) -> None:
    names = write_cases(tmp_path / "cases.pcapng")

    assert _named(_differences(corpus, tmp_path / "cases.pcapng"), names) == []


#: Frames shorter than a pseudo-header make tshark give the whole file up.
LEAST_CUT = 16
#: Not cut: tshark takes what was captured of a multilink packet for all of it, and what was captured of an NFLOG
#: packet for a stream in its first pass only.
LEFT_WHOLE = ("multilink", "ppp-multilink-short", "nflog", "6nflog")


def test_frames_cut_anywhere_show_what_tshark_shows(corpus: Path, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    numbers = random.Random(seed)
    names = write_cases(
        tmp_path / "cut.pcapng",
        lambda name, size: size if name in LEFT_WHOLE else numbers.randrange(LEAST_CUT, size + 1),
    )

    assert _named(_differences(corpus, tmp_path / "cut.pcapng"), names) == [], f"seed {seed}"


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
            frames.append(MAC + b"\x86\xdd" + ipv6(44, part, header[8:24], header[24:]))
        else:
            whole = ipv4(6, body[begin:end], header[12:16], header[16:])
            flags = struct.pack(">HH", label, more << 13 | begin // 8)
            frames.append(MAC + b"\x08\0" + whole[:4] + flags + whole[8:])
    return frames


def test_fragments_of_all_kinds_are_put_together_as_by_tshark(corpus: Path, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    numbers = random.Random(seed)
    frames = []
    for number in range(300):
        for packet in connection(number, six=number % 2 == 1):
            for frame in _fragments(numbers, packet):
                held = len(frame) if numbers.random() < 0.97 else numbers.randrange(LEAST_CUT, len(frame))
                frames.append((0, frame, held))
    write_capture(tmp_path / "fragments.pcapng", [1], frames)

    assert _differences(corpus, tmp_path / "fragments.pcapng") == [], f"seed {seed}"
