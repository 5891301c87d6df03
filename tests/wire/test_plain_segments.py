"""Machine code that reads plain segments in one pass, against the steps of the decoder: every column, every frame."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from decoding import decode

from tcptui.model.packet_store import COLUMNS
from tcptui.session.session import open_file
from tcptui.wire.numba_compile import compiler_available
from tcptui.wire.plain_segments import compiled_plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")

#: Options as they occur, some with a wrong length, some beyond the header.
OPTIONS: Final = tuple(
    map(
        bytes.fromhex,
        (
            "", "0101080a0000000100000002", "020405b40402080a000000010000000001030307", "0101050a0000000a00000014",
            "0101051200000005000000090000000200000014", "0101051a000000050000000900000002000000140000001e00000028 00",
            "0101080a00000001000000020000", "0101050200000000", "1e0c00810000000000000000", "020305b400",
            "0000000000000000", "0103030e010101", "22020101", "01010114", "0101050affffffff00000003",
            "01010512000000050000000900000002000000140101050a0000000100000002",
        ),
    )
)  # fmt: skip
TAGS: Final = (b"", b"", b"", struct.pack(">HH", 0x8100, 12), struct.pack(">HH", 0x88A8, 12))
FRAMES: Final = 30_000


def frame(rng: random.Random) -> bytes:
    """A frame with a TCP segment, now and then with a part that is not as usual."""
    options = rng.choice(OPTIONS)
    options += bytes(-len(options) % 4)
    payload = rng.randbytes(rng.choice((0, 0, 1, 2, 6, 2, 6, 40, 300)))
    if rng.random() < 0.3:
        payload = bytes(len(payload))
    numbers = (
        rng.choice((1, 2, 9, 10, 0xFFFF_FFFF, rng.getrandbits(32))),
        rng.choice((0, 5, 9, 21, rng.getrandbits(32))),
    )
    offset = (5 + len(options) // 4) << 12 | rng.choice((0x10, 0x18, 2, 0x12, 0x1FF))
    ports = rng.choice(((80, 5000), (5000, 80), (443, 443)))
    segment = struct.pack(">HHIIHHHH", *ports, *numbers, offset, rng.getrandbits(16), 0, 0) + options + payload
    hosts = [rng.choice((1, 2, 0xFF)) for _ in range(2)]
    if rng.random() < 0.7:
        total = 20 + len(segment) if rng.random() < 0.95 else rng.choice((0, 19, 39, 20 + len(segment) + 7))
        piece = 0x4000 if rng.random() < 0.97 else rng.choice((0x2000, 0x0001, 0x8000))
        addresses = bytes([hosts[0], 0, 0, 1, hosts[1], 0, 0, 1])
        packet = struct.pack(
            ">BBHHHBBH", 0x45, rng.choice((0, 3)), total, 7, piece, 64, rng.choice((6, 6, 6, 6, 17)), 0
        )
        packet, kind = packet + addresses + segment, 0x0800
    else:
        size = len(segment) if rng.random() < 0.95 else rng.choice((0, 3, len(segment) + 9))
        sides = [bytes([host]) + bytes(14) + bytes([rng.choice((1, 0xFE))]) for host in hosts]
        packet = struct.pack(">IHBB", 0x6000_0000 | rng.getrandbits(28), size, rng.choice((6, 6, 6, 6, 44)), 64)
        packet, kind = packet + b"".join(sides) + segment, 0x86DD
    whole = bytes(12) + rng.choice(TAGS) + struct.pack(">H", kind) + packet
    if rng.random() < 0.1:
        whole += bytes(max(60 - len(whole), 0)) or rng.randbytes(4)
    if rng.random() < 0.05:
        place = rng.randrange(12, min(len(whole), 80))
        whole = whole[:place] + rng.randbytes(1) + whole[place + 1 :]
    return whole


def columns(
    frames: Sequence[bytes], wire: Sequence[int], links: Sequence[int], *, compiled: bool
) -> dict[str, list[object]]:
    """What is read of ``frames``; instead of the number of a flow its key."""
    done = decode(frames, links, wire, batch=977, compiled=compiled)
    store, n = done.store, len(frames)
    read: dict[str, list[object]] = {name: getattr(store, name)[:n].tolist() for name in COLUMNS if name != "flow"}
    keys = done.flows.keys(np.maximum(store.flow[:n], 0)).tolist()
    read["flow"] = [None if flow < 0 else key for flow, key in zip(store.flow[:n].tolist(), keys, strict=True)]
    read["multipath"] = [store.multipath.between(row, row + 1) for row in range(n)]
    read["forgotten"] = store.forgotten.of(np.arange(n, dtype=np.int32)).tolist()
    return read


@pytest.mark.parametrize("seed", range(3))
def test_machine_code_reads_what_the_steps_read(seed: int) -> None:
    rng = random.Random(seed)
    whole = [frame(rng) for _ in range(FRAMES // 3)]
    cuts = [len(each) if rng.random() < 0.9 else rng.randrange(len(each) + 1) for each in whole]
    frames = [each[:cut] for each, cut in zip(whole, cuts, strict=True)]
    wire = [len(each) if rng.random() < 0.98 else 0 for each in whole]
    links = [1 if rng.random() < 0.97 else 113 for _ in whole]

    fast, slow = (columns(frames, wire, links, compiled=compiled) for compiled in (True, False))

    for name, values in slow.items():
        differing = [row for row in range(len(frames)) if fast[name][row] != values[row]]
        assert not differing, (name, [(frames[row].hex(), values[row], fast[name][row]) for row in differing[:3]])


def test_plain_segments_are_not_left_to_the_steps() -> None:
    """Else the comparison above would compare the steps with themselves."""
    from tcptui.model.packet_store import PacketStore
    from tcptui.wire.plain_segments import PlainSegments

    rng = random.Random(1)
    frames = [frame(rng) for _ in range(1_000)]
    buffer = np.frombuffer(b"".join(frames) + bytes(256), np.uint8)
    size = np.array([len(each) for each in frames])
    store = PacketStore()

    read, with_options, rest, keys = PlainSegments(compiled_plain()).read(
        buffer, np.cumsum(size) - size, size, size, np.ones(len(frames), np.int64), store, 0
    )

    assert len(read) + len(rest) == len(frames)
    assert len(read) > 500
    assert 10 < len(with_options) < 300
    assert keys.shape == (5, len(read))


@pytest.mark.uncounted
def test_all_captures_of_the_corpus_are_decoded_alike(corpus: Path) -> None:
    compared = 0
    for path in sorted((corpus / "dev").iterdir()):
        session = open_file(path)
        packets = [session.reader.packet(row) for row in range(session.store.count)]
        links = [session.reader.sources[int(source)].link_type for source in session.store.source[: len(packets)]]
        wire = session.store.wire_length[: len(packets)].tolist()
        session.close()
        data = [packet.data for packet in packets]
        assert columns(data, wire, links, compiled=True) == columns(data, wire, links, compiled=False), path.name
        compared += len(data)
    assert compared > 10_000
