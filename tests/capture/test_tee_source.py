"""Packets of any source go to files while they come, and all of them are there at the end."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from captures import Tape

from tcptui.capture.file_source import open_descriptor, open_file
from tcptui.capture.output_files import OutputFiles
from tcptui.capture.rotation import Rotation
from tcptui.capture.tee_source import TeeSource, ordinary_header

if TYPE_CHECKING:
    from pathlib import Path

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
SECRET = struct.pack("<IHHQII", 0xA1B2C3D4, 2, 4, 0x0123456789ABCDEF, 65535, 1)


def packets(count: int, size: int = 900, *, order: str = "<") -> bytes:
    records = (struct.pack(f"{order}IIII", 1000 + n, n, size, size) + bytes([n % 256]) * size for n in range(count))
    return b"".join(records)


def kept(path: Path, rotation: Rotation, template: Path) -> TeeSource:
    source = TeeSource(open_file(path), OutputFiles(str(template), rotation))
    source.start(lambda: None)
    source.close()
    return source


@pytest.mark.live  # for tcpdump, which wants root to read files of root
@pytest.mark.parametrize("options", [["-C", "1"], ["-C", "1", "-W", "3"], ["-C", "1", "-W", "11"], []])
def test_files_are_tcpdumps_byte_for_byte(tmp_path: Path, options: list[str]) -> None:
    capture = tmp_path / "all.pcap"
    capture.write_bytes(HEADER + packets(5000, 1004))
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    number = dict(zip(options[::2], map(int, options[1::2]), strict=True))
    rotation = Rotation(octets=1_000_000 if options else None, files=number.get("-W"))
    assert kept(capture, rotation, ours / "f").error is None
    command = ["tcpdump", "-Z", "root", "-r", str(capture), "-w", str(theirs / "f"), *options]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    assert {path.name for path in ours.iterdir()} == {path.name for path in theirs.iterdir()}
    for path in theirs.iterdir():
        # Where the snaplen stands tcpdump writes what libpcap rounds it up to.
        assert (ours / path.name).read_bytes()[24:] == path.read_bytes()[24:]


def test_private_number_in_a_spools_header_stays_private(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(SECRET + packets(2))
    kept(tmp_path / "spool", Rotation(), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == HEADER + packets(2)


@pytest.mark.parametrize(("start", "is_ordinary"), [(HEADER, True), (HEADER[:20], False), (b"\n\r\r\n" * 8, False)])
def test_only_ordinary_records_are_copied_as_they_are(start: bytes, is_ordinary: bool) -> None:
    assert (ordinary_header(start) is not None) is is_ordinary


def test_big_endian_capture_keeps_its_order(tmp_path: Path) -> None:
    content = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + packets(3, order=">")
    (tmp_path / "spool").write_bytes(content)
    kept(tmp_path / "spool", Rotation(), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == content


def pcapng_block(kind: int, body: bytes) -> bytes:
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def pcapng(*links: int) -> bytes:
    """A packet of each interface, a microsecond apart from the epoch on."""
    blocks = [pcapng_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    blocks += [pcapng_block(1, struct.pack("<HHI", link, 0, 65535)) for link in links]
    blocks += [pcapng_block(6, struct.pack("<IIIII", n, 0, n + 1, 4, 60) + b"data") for n in range(len(links))]
    return b"".join(blocks)


def test_pcapng_becomes_pcap(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(pcapng(1, 1))
    assert kept(tmp_path / "spool", Rotation(), tmp_path / "f").error is None
    data = (tmp_path / "f").read_bytes()
    assert struct.unpack("<IHHiIII", data[:24]) == (0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
    assert data[24:] == b"".join(struct.pack("<IIII", 0, 1000 * (n + 1), 4, 60) + b"data" for n in range(2))


def test_several_link_types_end_the_file_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(pcapng(1, 101))
    source = kept(tmp_path / "spool", Rotation(), tmp_path / "f")
    error = source.status().error
    assert error is not None
    assert error.key == "messages.output_link_types"


def test_pipe_is_copied_while_it_flows_and_to_its_end(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    source = TeeSource(open_descriptor(reading, "-"), OutputFiles(str(tmp_path / "f"), Rotation()))
    changed = threading.Event()
    source.start(changed.set)
    os.write(writing, HEADER + packets(3)[:-5])
    while (tmp_path / "f").stat().st_size < 24 + 2 * 916:
        assert changed.wait(600)
    assert not source.status().complete
    os.write(writing, packets(3)[-5:])
    os.close(writing)
    while not source.status().complete:
        assert changed.wait(600)
    source.close()
    assert (tmp_path / "f").read_bytes() == HEADER + packets(3)


def test_source_that_never_started_is_copied_when_it_is_closed(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(HEADER + packets(3))
    source = TeeSource(open_file(tmp_path / "spool"), OutputFiles(str(tmp_path / "f"), Rotation()))
    source.close()
    source.close()
    assert (tmp_path / "f").read_bytes() == HEADER + packets(3)


def test_capture_without_packets_is_a_capture(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(HEADER)
    kept(tmp_path / "spool", Rotation(octets=9), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == HEADER


def test_full_files_stop_the_source_and_tell(tmp_path: Path) -> None:
    tape = Tape()
    for n in range(4):
        tape.clean(n * 10_000, "10.0.0.1:4000", "10.0.0.2:80", b"ask", b"answer")
    (tmp_path / "spool").write_bytes(tape.pcap())
    source = TeeSource(open_file(tmp_path / "spool"), OutputFiles(str(tmp_path / "%s"), Rotation(seconds=8, files=2)))
    told: list[str] = []
    source.when_finished = lambda: told.append("finished")
    source.start(lambda: None)
    source.close()
    assert told == ["finished"]
    assert source.status().error is None
    names = {path.name for path in tmp_path.iterdir()} - {"spool"}
    assert names == {"1700000000", "1700000010"}


def test_directory_that_vanishes_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "spool").write_bytes(HEADER + packets(3))
    source = TeeSource(open_file(tmp_path / "spool"), OutputFiles(str(folder / "f"), Rotation(octets=9)))
    shutil.rmtree(folder)
    source.start(lambda: None)
    source.close()
    error = source.status().error
    assert error is not None
    assert error.key == "messages.output_no_directory"


def test_what_is_no_capture_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"just some words, longer than a header")
    kept(tmp_path / "spool", Rotation(), tmp_path / "f")
    assert [path.name for path in tmp_path.iterdir()] == ["spool"]


def test_spool_gives_back_only_what_is_in_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spool").write_bytes(HEADER + packets(3))
    spool = open_file(tmp_path / "spool")
    released: list[int] = []
    monkeypatch.setattr(spool, "release", lambda offset: bool(released.append(offset)) or True)
    source = TeeSource(spool, OutputFiles(str(tmp_path / "f"), Rotation()))
    assert source.release(24 + 916)  # nothing is copied yet: later
    assert released == []
    source.close()
    assert released == [24 + 916]
