"""Every link type and tunnel that tshark 4.0 opens by default, against the real tshark.

The cases are those of ``tests/support/encapsulations.txt``, all in one capture, each on an
interface of its own link type.
"""

from __future__ import annotations

import itertools
import random
import struct
from typing import TYPE_CHECKING

import pytest
from encapsulations import MAC, connection, ipv4, ipv6, wrapped, write_capture, write_cases
from seeds import SEED_VARIABLE, seed
from tshark_oracle import differences

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tshark


def _named(found: list[dict[str, object]], names: list[str]) -> list[tuple[str, object]]:
    return [(names[int(str(entry["frame"])) - 1], entry["diff"]) for entry in found]


def test_what_tshark_opens_is_opened_and_nothing_else(corpus: Path, tmp_path: Path) -> None:
    names = write_cases(tmp_path / "cases.pcapng")

    assert _named(differences(corpus, tmp_path / "cases.pcapng"), names) == []


#: Frames shorter than a pseudo-header make tshark give the whole file up.
LEAST_CUT = 16
#: Not cut: tshark takes what was captured of a multilink packet for all of it, and what was captured of an NFLOG
#: packet for a stream in its first pass only.
LEFT_WHOLE = ("multilink", "ppp-multilink-short", "nflog", "6nflog")


def test_frames_cut_anywhere_show_what_tshark_shows(corpus: Path, tmp_path: Path) -> None:
    begin = seed(1)
    numbers = random.Random(begin)
    names = write_cases(
        tmp_path / "cut.pcapng",
        lambda name, size: size if name in LEFT_WHOLE else numbers.randrange(LEAST_CUT, size + 1),
    )

    assert _named(differences(corpus, tmp_path / "cut.pcapng"), names) == [], f"{SEED_VARIABLE}={begin}"


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
    begin = seed(1)
    numbers = random.Random(begin)
    frames = []
    for number in range(300):
        for packet in connection(number, six=number % 2 == 1):
            for frame in _fragments(numbers, packet):
                held = len(frame) if numbers.random() < 0.97 else numbers.randrange(LEAST_CUT, len(frame))
                frames.append((0, frame, held))
    write_capture(tmp_path / "fragments.pcapng", [1], frames)

    assert differences(corpus, tmp_path / "fragments.pcapng") == [], f"{SEED_VARIABLE}={begin}"


def _sized(packet: bytes, options: bytes, size: int) -> bytes:
    """``packet`` with TCP ``options`` and an IP total length that leaves ``size`` bytes; padded as on Ethernet."""
    words = 5 + len(options) // 4
    tcp = packet[20:32] + bytes((words << 4,)) + packet[33:40] + options + packet[40:]
    frame = MAC + b"\x08\0" + packet[:2] + struct.pack(">H", 20 + size) + packet[4:20] + tcp
    return frame + bytes(max(0, 60 - len(frame)))


def test_datagrams_that_end_within_their_header_show_what_tshark_shows(corpus: Path, tmp_path: Path) -> None:
    frames = []
    shapes = [(options, size) for options in (b"", bytes.fromhex("0101080a") + bytes(8)) for size in range(26)]
    for number, ((options, size), which) in enumerate(itertools.product(shapes, range(4))):
        for place, packet in enumerate(connection(number, six=False)):
            whole = 20 + len(options) + len(packet) - 40
            frame = _sized(packet, options, size if place == which else whole)
            frames.append((0, frame, len(frame)))
    write_capture(tmp_path / "short.pcapng", [1], frames)

    assert differences(corpus, tmp_path / "short.pcapng") == []


#: Wrappings of a datagram's two fragments: within a VLAN, across, below a tunnel, and by ERSPAN's own VLAN.
_ERSPAN = "eth:0800 ip:47 1000 88be 00000001 1001 0001 00000000 eth:"
_TWO_WAYS = (
    ("eth:0800 .", "eth:8100 0001 0800 ."),
    ("eth:8100 0001 0800 .", "eth:8100 2001 0800 ."),
    ("eth:0800 .", "eth:8100 0000 0800 ."),
    ("eth:8100 0001 8100 0005 0800 .", "eth:8100 0002 8100 0005 0800 ."),
    ("eth:8100 0001 8100 0005 0800 .", "eth:8100 0001 8100 0006 0800 ."),
    ("eth:8100 0000 8100 0005 0800 .", "eth:8100 0000 8100 0006 0800 ."),
    ("eth:88a8 0001 0800 .", "eth:88a8 0002 0800 ."),
    ("eth:88a8 0001 8100 0005 0800 .", "eth:8100 0005 0800 ."),
    ("eth:9100 0001 0800 .", "eth:9100 0002 0800 ."),
    ("eth:8100 0001 0800 ip:4 .", "eth:8100 0002 0800 ip:4 ."),
    ("eth:8100 0001 0800 ip:47 0000 0800 .", "eth:0800 ip:47 0000 0800 ."),
    ("eth:0800 .", f"{_ERSPAN}0800 ."),
    ("eth:8100 0001 0800 .", f"{_ERSPAN}8100 0005 0800 ."),
    ("eth:8100 0005 0800 .", f"{_ERSPAN}8100 0005 0800 ."),
)


def test_fragments_join_within_a_vlan_as_by_tshark(corpus: Path, tmp_path: Path) -> None:
    frames = []
    for number, (ways, six) in enumerate(itertools.product(_TWO_WAYS, (False, True))):
        packet = connection(number, six=six)[2]
        fixed = 40 if six else 20
        header, body = packet[:fixed], packet[fixed:]
        for words, begin, end in zip(ways, (0, 32), (32, len(body)), strict=True):
            more = end < len(body)
            if six:
                part = struct.pack(">BBHI", 6, 0, begin | more, 77) + body[begin:end]
                piece = ipv6(44, part, header[8:24], header[24:])
                words = words.replace("0800 .", "86dd .").replace("ip:4 .", "ip:41 .")
            else:
                piece = ipv4(6, body[begin:end], header[12:16], header[16:])
                piece = piece[:4] + struct.pack(">HH", 77, more << 13 | begin // 8) + piece[8:]
            frame = wrapped(words, piece)
            frames.append((0, frame, len(frame)))
    write_capture(tmp_path / "vlans.pcapng", [1], frames)

    assert differences(corpus, tmp_path / "vlans.pcapng") == []
