"""Files, packed files and streams become a spool that can be read while it grows."""

from __future__ import annotations

import gzip
import io
import os
import struct
import threading
from typing import TYPE_CHECKING

import pytest
import zstandard

from tcptui.capture.decompress import PIECE_BYTES, Compression, pieces
from tcptui.capture.file_source import open_descriptor, open_file
from tcptui.capture.stream_source import StreamSource
from tcptui.model.errors import InputError, OutputError
from tcptui.wire.records import may_begin_capture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tcptui.capture.source import Source

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
CAPTURE = HEADER + b"".join(struct.pack("<IIII", n, 0, 60, 60) + bytes([n % 256]) * 60 for n in range(20_000))


class Level:
    """Collects announcements, so that a test waits for a level and never sleeps."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.calls = 0
        self._changed = threading.Condition()
        source.start(self._announced)

    def _announced(self) -> None:
        with self._changed:
            self.calls += 1
            self._changed.notify_all()

    def wait(self, reached: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(reached, timeout=600), self.source.status()

    def complete(self) -> None:
        self.wait(lambda: self.source.status().complete)


def spooled(source: Source) -> bytes:
    return os.pread(source.descriptor, source.status().end, 0)


def opened(path: Path, content: bytes, limit_bytes: int | None = None) -> Source:
    path.write_bytes(content)
    source = open_file(path, limit_bytes=limit_bytes)
    Level(source).complete()
    return source


def zstd_frame(data: bytes, *, checksum: bool = True, size: bool = True) -> bytes:
    return zstandard.ZstdCompressor(level=3, write_checksum=checksum, write_content_size=size).compress(data)


def test_plain_file_is_its_own_complete_spool(tmp_path: Path) -> None:
    source = opened(tmp_path / "a.pcap", CAPTURE)

    assert not source.growing
    assert source.status().complete
    assert spooled(source) == CAPTURE
    source.close()
    source.close()


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(CAPTURE),
        gzip.compress(CAPTURE[:5000]) + gzip.compress(CAPTURE[5000:]),
        zstd_frame(CAPTURE),
        zstd_frame(CAPTURE[:5000], checksum=False, size=False) + zstd_frame(CAPTURE[5000:]),
        struct.pack("<II", 0x184D2A53, 5) + b"hello" + zstd_frame(CAPTURE),
    ],
    ids=["gzip", "gzip-members", "zstd", "zstd-frames", "zstd-skippable-first"],
)
def test_packed_file_under_any_name_is_unpacked_whole(tmp_path: Path, packed: bytes) -> None:
    source = opened(tmp_path / "named-like.pcap", packed)

    assert source.growing
    assert not source.live
    assert source.status().error is None
    assert spooled(source) == CAPTURE
    source.close()


@pytest.mark.parametrize("pack", [gzip.compress, zstd_frame])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.999])
def test_packed_file_cut_short_keeps_what_came_and_says_so(
    tmp_path: Path, pack: Callable[[bytes], bytes], share: float
) -> None:
    content = os.urandom(300_000)
    packed = pack(content)
    source = opened(tmp_path / "cut", packed[: int(len(packed) * share)])

    error = source.status().error
    assert isinstance(error, InputError)
    assert error.key == "messages.packed_damaged"
    assert content.startswith(spooled(source))
    assert len(spooled(source)) > (100_000 if share > 0.5 else 0)
    source.close()


def test_packed_file_with_damage_inside_keeps_what_came_and_says_so(tmp_path: Path) -> None:
    content = os.urandom(500_000)
    packed = bytearray(gzip.compress(content))
    packed[-20_000:-19_000] = bytes(1000)
    source = opened(tmp_path / "damaged.gz", bytes(packed))

    error = source.status().error
    assert error is not None
    assert error.key == "messages.packed_damaged"
    assert len(spooled(source)) > 400_000
    source.close()


def test_nothing_before_the_damage_is_lost(tmp_path: Path) -> None:
    whole = [gzip.compress(bytes([number]) * 3_000_000) for number in range(3)]
    source = opened(tmp_path / "damaged.gz", b"".join(whole[:2]) + b"\0" * 100 + whole[2][:-6] + b"damage")

    error = source.status().error
    assert error is not None
    assert error.key == "messages.packed_damaged"
    assert error.facts["reason"].startswith("Error -3 ")  # the check at the end of the last member
    assert spooled(source) == b"".join(bytes([number]) * 3_000_000 for number in range(3))
    source.close()


def test_zeros_after_a_gzip_file_are_no_damage_and_other_bytes_are(tmp_path: Path) -> None:
    padded = opened(tmp_path / "padded.gz", gzip.compress(CAPTURE) + bytes(100_000))
    assert padded.status().error is None
    assert spooled(padded) == CAPTURE
    padded.close()

    followed = opened(tmp_path / "followed.gz", gzip.compress(CAPTURE) + b"more")
    error = followed.status().error
    assert error is not None
    assert error.key == "messages.packed_damaged"
    assert spooled(followed) == CAPTURE
    followed.close()


def test_gzip_is_unpacked_in_large_pieces_of_bounded_size() -> None:
    content = os.urandom(1 << 21) + bytes(1 << 24)

    unpacked = list(pieces(io.BytesIO(gzip.compress(content, 1)), Compression.GZIP))

    assert b"".join(unpacked) == content
    assert max(map(len, unpacked)) <= PIECE_BYTES
    assert len(unpacked) < 80


@pytest.mark.parametrize("pack", [gzip.compress, zstd_frame])
def test_bomb_stops_at_the_limit_and_keeps_what_fits(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    source = opened(tmp_path / "bomb", pack(bytes(64 << 20)), limit_bytes=3_000_000)

    error = source.status().error
    assert isinstance(error, OutputError)
    assert error.key == "messages.spool_limit"
    assert source.status().end == 3_000_000
    source.close()


def test_stream_is_readable_while_it_grows(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    source = StreamSource(reading, "-")
    level = Level(source)

    os.write(writing, CAPTURE[:100])
    level.wait(lambda: source.status().end == 100)
    assert not source.status().complete
    assert spooled(source) == CAPTURE[:100]

    os.write(writing, CAPTURE[100:5000])
    os.close(writing)
    level.complete()
    assert spooled(source) == CAPTURE[:5000]
    assert source.status().error is None
    source.close()


def test_gzip_stream_shows_what_the_sender_flushed_before_it_ends() -> None:
    reading, writing = os.pipe()
    source = StreamSource(reading, "-")
    level = Level(source)
    with os.fdopen(writing, "wb", buffering=0) as raw, gzip.GzipFile(fileobj=raw, mode="wb") as packer:
        packer.write(CAPTURE[:1000])
        packer.flush()
        level.wait(lambda: source.status().end == 1000)
        packer.write(CAPTURE[1000:2000])
    level.complete()

    assert spooled(source) == CAPTURE[:2000]
    source.close()


@pytest.mark.parametrize(
    "begin",
    [b"h", b"<", b"\0", b"<!DOCTYPE html>\n<html>", b"Last login: Mon\r\n", b"\n\r\r\nmore text than a block",
     b"\xd4\xc3\xb2\xa2", gzip.compress(bytes(1 << 20), mtime=0), zstd_frame(b"text" * 1000),
     HEADER[:4] + b"\0\0" + HEADER[6:]],
    ids=["letter", "markup", "zero", "page", "greeting", "pcapng-and-text", "magic", "gzip", "zstd", "version"],
)  # fmt: skip
def test_stream_that_is_no_capture_ends_with_its_first_bytes_and_its_writer_is_not_waited_for(begin: bytes) -> None:
    reading, writing = os.pipe()
    source = StreamSource(reading, "-")
    level = Level(source)

    os.write(writing, begin)  # and it stays open
    level.complete()

    assert 0 < source.status().end <= 24
    assert spooled(source) == source.refused
    with pytest.raises(BrokenPipeError):
        os.write(writing, b"x")
    source.close()
    assert source.remains is None
    os.close(writing)


@pytest.mark.parametrize(
    "begin", [b"\x0a\x0d", b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b", b"snoop\0\0\0\0\0\0\2", HEADER[:1], HEADER[:23]]
)
def test_beginning_of_a_capture_is_waited_for(begin: bytes) -> None:
    assert may_begin_capture(begin)
    assert not may_begin_capture(begin[:-1] + b"\x7f" if len(begin) < 12 else b"\x7f" + begin[1:])


def test_stopped_stream_keeps_what_came_and_reports_no_fault() -> None:
    reading, writing = os.pipe()
    source = StreamSource(reading, "-")
    level = Level(source)
    os.write(writing, CAPTURE[:1000])
    level.wait(lambda: source.status().end == 1000)

    source.stop()
    source.stop()

    assert source.status().complete
    assert source.status().error is None
    assert spooled(source) == CAPTURE[:1000]
    source.close()
    os.close(writing)


def test_stream_never_started_closes_cleanly() -> None:
    reading, writing = os.pipe()
    source = StreamSource(reading, "-")

    source.close()

    with pytest.raises(BrokenPipeError):
        os.write(writing, b"x")
    os.close(writing)


def test_stream_without_data_is_an_error() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    source = StreamSource(reading, "-")
    Level(source).complete()

    error = source.status().error
    assert error is not None
    assert error.key == "messages.stream_empty"
    source.close()


def test_fifo_waits_for_its_writer_without_blocking_the_opening(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    source = open_file(fifo)
    level = Level(source)

    with fifo.open("wb") as writer:
        writer.write(CAPTURE)
    level.complete()

    assert source.live
    assert spooled(source) == CAPTURE
    source.close()


def test_redirected_regular_file_is_used_in_place(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(CAPTURE)
    source = open_descriptor(os.open(path, os.O_RDONLY), "-")

    assert not source.growing
    assert spooled(source) == CAPTURE
    source.close()


def test_what_is_no_capture_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path, key in [
        (tmp_path / "missing", "file_missing"),
        (tmp_path, "file_directory"),
        (tmp_path / "empty", "file_empty"),
        (tmp_path / "empty" / "below", "read_failed"),
    ]:
        with pytest.raises(InputError) as caught:
            open_file(path)
        assert caught.value.key == f"messages.{key}"


def test_terminal_in_place_of_a_capture_is_refused() -> None:
    controller, terminal = os.openpty()
    with pytest.raises(InputError) as caught:
        open_descriptor(terminal, "-")
    os.close(controller)

    assert caught.value.key == "messages.stdin_terminal"


def test_hostile_file_name_is_shown_harmless(tmp_path: Path) -> None:
    source = opened(tmp_path / "a\x1b]52;c;eA==\x07.pcap", CAPTURE)

    assert "\x1b" not in source.label
    source.close()


def test_full_disk_keeps_everything_before_it_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    source = StreamSource(reading, "-")
    real_pwrite = os.pwrite

    def pwrite_until_full(descriptor: int, data: bytes, offset: int) -> int:
        room = 700 - offset
        if room <= 0:
            raise OSError(28, "No space left on device")
        return real_pwrite(descriptor, data[:room], offset)

    monkeypatch.setattr(os, "pwrite", pwrite_until_full)
    level = Level(source)
    os.write(writing, CAPTURE[:1000])
    level.complete()

    error = source.status().error
    assert isinstance(error, OutputError)
    assert error.key == "messages.spool_disk_full"
    assert spooled(source) == CAPTURE[:700]
    source.close()
    os.close(writing)
