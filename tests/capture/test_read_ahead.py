"""Blocks that are read ahead while others are worked on: the same packets, and errors where they belong."""

from __future__ import annotations

import os
import random
import struct
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.spool import reader as spool_reader
from tcptui.capture.spool.reader import SpoolReader
from tcptui.wire.record_scanner import Scanner

if TYPE_CHECKING:
    from pathlib import Path

LEFT, BLOCK = 200, 4_096


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_reader, "BLOCK", BLOCK)
    monkeypatch.setattr(spool_reader, "FIRST_BLOCK", 512)
    monkeypatch.setattr(spool_reader, "_LEFT", LEFT)
    monkeypatch.setattr(spool_reader, "_PREFETCH_FROM", 2 * BLOCK)


def write(path: Path, packets: list[bytes]) -> int:
    """The packets as a pcap file; returns its size."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
    path.write_bytes(head + b"".join(struct.pack("<IIII", 1, 2, len(one), len(one)) + one for one in packets))
    return path.stat().st_size


def packets_read(reader: SpoolReader, end: int) -> list[bytes]:
    """The bytes of the packets in the first ``end`` bytes, as far as they were not read before."""
    found = []
    while (batch := reader.next_batch(end)) is not None:
        for start, captured in zip(batch.records.start.tolist(), batch.records.captured.tolist(), strict=True):
            found.append(batch.buffer[start : start + captured].tobytes())
    return found


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("seed", range(4))
def test_packets_are_those_of_the_file_wherever_blocks_end(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    sizes = (0, 40, LEFT - 17, LEFT - 16, LEFT - 15, 900, BLOCK // 2)
    packets = [rng.randbytes(rng.choice(sizes)) for _ in range(400)]
    size = write(tmp_path / "one.pcap", packets)
    descriptor = os.open(tmp_path / "one.pcap", os.O_RDONLY)
    reader = SpoolReader(descriptor, Scanner())

    half = packets_read(reader, size // 2)  # as of a spool that grows
    found = half + packets_read(reader, size)
    reader.finish()

    assert len(half) > 100
    assert found == packets
    assert (reader.position, reader.stopped) == (size, False)
    os.close(descriptor)


@pytest.mark.usefixtures("small_blocks")
def test_file_that_cannot_be_read_any_more_raises_where_its_bytes_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packets = [bytes([number % 256]) * 300 for number in range(200)]
    size = write(tmp_path / "one.pcap", packets)
    descriptor = os.open(tmp_path / "one.pcap", os.O_RDONLY)
    read, calls = os.preadv, []

    def failing(descriptor: int, buffers: list[memoryview], place: int) -> int:
        calls.append(place)
        if len(calls) == 4:
            raise OSError(5, "Input/output error")
        return read(descriptor, buffers, place)

    monkeypatch.setattr(os, "preadv", failing)
    reader = SpoolReader(descriptor, Scanner())
    with pytest.raises(OSError, match="Input/output error"):
        packets_read(reader, size)
    os.close(descriptor)

    assert calls == sorted(calls)
    assert 512 < reader.position < size


@pytest.mark.usefixtures("small_blocks")
def test_file_that_became_shorter_meanwhile_ends_there(tmp_path: Path) -> None:
    packets = [bytes(300)] * 200
    size = write(tmp_path / "one.pcap", packets)
    descriptor = os.open(tmp_path / "one.pcap", os.O_RDONLY)
    reader = SpoolReader(descriptor, Scanner())
    first = reader.next_batch(size)
    assert first is not None
    os.truncate(tmp_path / "one.pcap", 5 * BLOCK)

    found = len(first.records.start) + len(packets_read(reader, size))
    os.close(descriptor)

    assert found == (5 * BLOCK - 24) // 316
