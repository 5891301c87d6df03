"""Interrupted captures: which files are taken for one, and what becomes of them."""

from __future__ import annotations

import fcntl
import gzip
import os
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.file_source import open_file
from tcptui.capture.spool import recover as spool_recovery
from tcptui.capture.spool.named import NamedSpool
from tcptui.capture.spool.recover import delete_leftover, find_leftovers, open_leftover, save_leftover
from tcptui.capture.stream_source import StreamSource
from tcptui.model.errors import InputError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
PCAPNG = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) + struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    spools = tmp_path / "spools"
    spools.mkdir()
    monkeypatch.setenv("TMPDIR", str(spools))
    monkeypatch.setattr(spool_recovery, "_directories", lambda: [spools])
    return spools


def record(number: int, size: int = 60) -> bytes:
    return struct.pack("<IIII", 1000 + number, 0, size, size) + bytes([number % 251]) * size


def records(*numbers: int) -> bytes:
    return b"".join(record(number) for number in numbers)


def interrupted(content: bytes) -> Path:
    """A spool whose program was killed."""
    spool = NamedSpool()
    os.write(spool.descriptor, content)
    os.close(spool.descriptor)
    return spool.path


def test_killed_capture_is_found_and_a_running_one_is_not() -> None:
    left = interrupted(HEADER + records(1, 2))
    running = NamedSpool()
    os.write(running.descriptor, HEADER + records(3))

    (found,) = find_leftovers()
    assert (found.path, found.size) == (left, 24 + 2 * 76)
    running.close()


def test_pipe_leaves_what_it_brought_when_its_end_was_not_meant() -> None:
    for meant in (True, False):
        reading, writing = os.pipe()
        source = StreamSource(reading, "-")
        came = threading.Semaphore(0)
        source.start(came.release)
        os.write(writing, HEADER + records(1, 2))
        while source.status().end < 24 + 2 * 76:
            assert came.acquire(timeout=600)
        os.close(writing)
        if meant:
            source.discard()
        source.close()

        assert len(find_leftovers()) == (0 if meant else 1)


def test_file_that_is_unpacked_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "packed.gz").write_bytes(gzip.compress(HEADER + records(1, 2)))
    source = open_file(tmp_path / "packed.gz")
    done = threading.Event()
    source.start(done.set)
    assert done.wait(600)

    assert source.is_saved
    source.close()
    assert list(folder.iterdir()) == []


def test_oldest_comes_first() -> None:
    paths = [interrupted(HEADER + records(1)) for _ in range(3)]
    for age, path in zip((20, 0, 10), paths, strict=True):
        os.utime(path, (time.time() - age,) * 2)

    assert [found.path for found in find_leftovers()] == [paths[0], paths[2], paths[1]]


def test_folder_of_two_names_holds_it_once(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").symlink_to(folder)
    monkeypatch.setattr(spool_recovery, "_directories", lambda: [folder, tmp_path / "other"])
    left = interrupted(HEADER + records(1))

    assert [found.path for found in find_leftovers()] == [left]


def test_empty_one_is_removed_once_it_is_old() -> None:
    fresh, old = interrupted(HEADER), interrupted(b"")
    os.utime(old, (time.time() - 3600,) * 2)

    assert find_leftovers() == ()
    assert fresh.exists()
    assert not old.exists()


def test_saved_on_the_same_disk_it_moves_and_is_cut_after_its_last_whole_record(tmp_path: Path) -> None:
    left = interrupted(HEADER + records(1, 2, 3) + record(4)[:40])
    before = left.stat().st_ino
    target = tmp_path / "kept.pcap"
    save_leftover(left, target)

    assert target.read_bytes() == HEADER + records(1, 2, 3)
    assert target.stat().st_ino == before
    assert target.stat().st_mode & 0o777 == 0o600
    assert not left.exists()


#: What may stand in a record's header by mistake: a length that cannot be, one that reaches behind the end of the file,
#: one that ends amid another record.
DAMAGES = [
    struct.pack("<IIII", 1004, 0, 0xFFFFFFFF, 60),
    struct.pack("<IIII", 1004, 0, 200_000, 200_000),
    struct.pack("<IIII", 0, 0, 250_000, 60),
    struct.pack("<IIII", 1004, 0, 61, 61),
    bytes([0xEE]) * 16,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=["too long", "behind the end", "zeros", "off by one", "noise"])
@pytest.mark.parametrize("tail", [b"", record(9)[:30]], ids=["whole", "cut"])
@pytest.mark.parametrize("moved", [True, False], ids=["moved", "copied"])
def test_behind_a_damaged_record_everything_is_kept_and_it_is_said(
    tmp_path: Path, damage: bytes, tail: bytes, moved: bool
) -> None:
    kept = records(1, 2, 3) + damage + record(4)[16:] + records(*range(5, 300)) + tail
    left = interrupted(HEADER + kept if moved else released(kept))
    saved = save_leftover(left, tmp_path / "kept.pcap")

    assert (tmp_path / "kept.pcap").read_bytes() == HEADER + kept
    assert saved.size == 24 + len(kept)
    assert saved.damaged_at is not None
    assert 24 + 3 * 76 <= saved.damaged_at <= 24 + 5 * 76
    assert 3 <= saved.packets <= 4


@pytest.mark.parametrize("size", [0, 1, 60, 1500, 262_144])
def test_last_record_that_was_begun_is_cut_wherever_it_ends(tmp_path: Path, size: int) -> None:
    whole = records(1, 2, 3)
    for rest in sorted({1, 15, 16, 17, 16 + size // 2, 15 + size}):
        if not 0 < rest < 16 + size:
            continue
        left = interrupted(HEADER + whole + record(4, size)[:rest])
        target = tmp_path / f"{size}-{rest}.pcap"
        saved = save_leftover(left, target)

        assert (saved.packets, saved.size, saved.damaged_at) == (3, 24 + len(whole), None)
        assert target.read_bytes() == HEADER + whole


def test_pcapng_with_a_damaged_length_is_kept_whole(tmp_path: Path) -> None:
    packet = struct.pack("<IIIIIII", 6, 96, 0, 0, 5, 64, 64) + bytes(64) + struct.pack("<I", 96)
    damaged = struct.pack("<II", 6, 9600) + packet[8:]
    content = PCAPNG + packet + damaged + packet * 20
    saved = save_leftover(interrupted(content), tmp_path / "kept.pcapng")

    assert (tmp_path / "kept.pcapng").read_bytes() == content
    assert (saved.packets, saved.damaged_at) == (1, len(PCAPNG) + 96)


def test_saved_over_a_file_it_takes_its_place_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_names: object, **_options: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    target = tmp_path / "kept.pcap"
    for number in (1, 2):
        target.write_bytes(b"old")
        save_leftover(interrupted(HEADER + records(number)), target, overwrite=True)
        assert target.read_bytes() == HEADER + records(number)
        monkeypatch.setattr(os, "link", refuse)
    target.unlink()
    target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError):
        save_leftover(interrupted(HEADER + records(3)), target, overwrite=True)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.pcap", "spools"]


def test_large_one_is_cut_by_compiled_code_at_the_same_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_recovery, "_WORTH_COMPILING", 0)
    left = interrupted(HEADER + records(*range(1000)) + record(4)[:40])
    save_leftover(left, tmp_path / "kept.pcap")

    assert (tmp_path / "kept.pcap").read_bytes() == HEADER + records(*range(1000))


def test_saved_elsewhere_it_is_copied_cut_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_names: object, **_options: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    left = interrupted(HEADER + records(1, 2) + record(3)[:-1])
    save_leftover(left, tmp_path / "kept.pcap")

    assert (tmp_path / "kept.pcap").read_bytes() == HEADER + records(1, 2)
    assert not left.exists()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SystemExit(143)])
def test_copy_that_is_not_finished_leaves_no_part_and_the_capture_where_it_was(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_names: object, **_options: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    def end(_descriptor: int) -> None:
        raise error

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "fsync", end)
    left = interrupted(HEADER + records(1, 2))

    with pytest.raises(OutputError if isinstance(error, OSError) else SystemExit):
        save_leftover(left, tmp_path / "kept.pcap")

    assert not (tmp_path / "kept.pcap").exists()
    assert left.read_bytes() == HEADER + records(1, 2)


def released(kept: bytes) -> bytes:
    """A spool whose first megabyte was given back to the disk."""
    first = 1 << 20
    return HEADER[:8] + struct.pack("<Q", first) + HEADER[16:] + bytes(first - 24) + kept


def test_of_a_spool_whose_oldest_bytes_were_released_the_rest_is_saved_clean(tmp_path: Path) -> None:
    left = interrupted(released(records(7, 8) + record(9)[:20]))
    (found,) = find_leftovers()
    save_leftover(left, tmp_path / "kept.pcap")

    assert found.size == 24 + 2 * 76 + 20
    assert (tmp_path / "kept.pcap").read_bytes() == HEADER + records(7, 8)
    assert not left.exists()


@pytest.mark.parametrize("content", [HEADER + records(1, 2), released(records(1, 2))])
def test_opened_it_stays_and_is_offered_to_nobody_else_meanwhile(content: bytes) -> None:
    left = interrupted(content)
    source = open_leftover(left)

    end = source.status().end
    assert os.pread(source.descriptor, end, 0) == HEADER + records(1, 2)
    assert not source.growing
    source.close()
    assert [found.path for found in find_leftovers()] == [left]


def test_offset_that_cannot_be_is_not_believed(tmp_path: Path) -> None:
    left = interrupted(HEADER[:8] + struct.pack("<Q", 1 << 40) + HEADER[16:] + records(1))
    save_leftover(left, tmp_path / "kept.pcap")

    assert (tmp_path / "kept.pcap").read_bytes()[24:] == records(1)


def test_existing_file_and_symbolic_link_are_never_written(tmp_path: Path) -> None:
    left = interrupted(HEADER + records(1))
    (tmp_path / "dear.pcap").write_bytes(b"dear")
    (tmp_path / "link.pcap").symlink_to(tmp_path / "elsewhere")
    for name in ("dear.pcap", "link.pcap", "missing/x.pcap"):
        with pytest.raises(OutputError):
            save_leftover(left, tmp_path / name)

    assert (tmp_path / "dear.pcap").read_bytes() == b"dear"
    assert not (tmp_path / "elsewhere").exists()
    assert left.exists()


def test_deleted_it_is_gone() -> None:
    left = interrupted(HEADER + records(1))
    delete_leftover(left)

    assert find_leftovers() == ()
    with pytest.raises(InputError):
        delete_leftover(left)


def a_link(path: Path) -> None:
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))


def a_second_name(path: Path) -> None:
    os.link(path, path.with_suffix(".second"))


def a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def readable_by_all(path: Path) -> None:
    path.chmod(0o644)


@pytest.mark.parametrize("spoil", [a_link, a_second_name, a_fifo, readable_by_all])
def test_what_is_not_as_we_make_it_is_not_touched(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    left = interrupted(HEADER + records(1))
    spoil(left)

    assert find_leftovers() == ()
    for act in (open_leftover, delete_leftover):
        with pytest.raises(InputError):
            act(left)
    with pytest.raises(InputError):
        save_leftover(left, tmp_path / "kept.pcap")
    assert os.path.lexists(left)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make another user's file")
def test_another_users_file_is_not_touched() -> None:
    left = interrupted(HEADER + records(1))
    os.chown(left, 65534, 65534)

    assert find_leftovers() == ()


def test_in_use_it_is_refused() -> None:
    left = interrupted(HEADER + records(1))
    with left.open() as used:
        fcntl.flock(used, fcntl.LOCK_EX)
        with pytest.raises(InputError) as caught:
            open_leftover(left)

    assert caught.value.key == "messages.leftover_in_use"


def test_pcapng_of_a_pipe_is_cut_after_its_last_whole_block(tmp_path: Path) -> None:
    packet = struct.pack("<IIIIIII", 6, 96, 0, 0, 5, 64, 64) + bytes(64) + struct.pack("<I", 96)
    left = interrupted(PCAPNG + packet + packet[:50])
    save_leftover(left, tmp_path / "kept.pcapng")

    assert (tmp_path / "kept.pcapng").read_bytes() == PCAPNG + packet
