"""The spool of a live capture: private, locked, gone after an end that was meant, there after any other."""

from __future__ import annotations

import fcntl
import os
import stat
import struct
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.output import Output
from tcptui.capture.spool.named import NamedSpool, OutputFile, Remains
from tcptui.model.errors import OutputError
from tcptui.model.pcap_format import FILE_HEADER_BYTES

if TYPE_CHECKING:
    from pathlib import Path

HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def published(path: Path) -> Output:
    """A file of ``-w`` that has its name."""
    output = Output(path)
    output.publish()
    return output


def test_new_spool_is_private_locked_and_named_after_its_owner(folder: Path) -> None:
    spool, other = NamedSpool(), NamedSpool()

    status = os.fstat(spool.descriptor)
    assert set(folder.iterdir()) == {spool.path, other.path}
    assert spool.path.name.startswith(f"tcptui-{os.geteuid()}-")
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (os.geteuid(), 0o600)
    with spool.path.open() as again, pytest.raises(BlockingIOError):
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    spool.close()
    other.close()


def test_end_that_was_meant_leaves_nothing(folder: Path) -> None:
    spool = NamedSpool()
    os.write(spool.descriptor, bytes(FILE_HEADER_BYTES + 100))
    spool.discard()
    spool.close()
    spool.close()

    assert spool.remains is None
    assert list(folder.iterdir()) == []


def test_end_that_was_not_meant_leaves_what_there_is(folder: Path) -> None:
    full, empty = NamedSpool(), NamedSpool()
    os.write(full.descriptor, bytes(FILE_HEADER_BYTES + 100))
    os.write(empty.descriptor, bytes(FILE_HEADER_BYTES))

    full.close()
    empty.close()

    assert (full.remains, empty.remains) == (Remains(full.path), None)
    assert list(folder.iterdir()) == [full.path]
    with full.path.open() as free:
        fcntl.flock(free, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("kind", ["spool", "file of -w"])
def test_file_that_was_removed_while_it_was_written_is_kept_by_another_name(folder: Path, kind: str) -> None:
    content = HEADER + bytes(100)
    spool = NamedSpool() if kind == "spool" else OutputFile(published(folder / "f"))
    os.write(spool.descriptor, content)
    for path in folder.iterdir():
        path.unlink()
    assert not spool.is_saved
    spool.close()

    (kept,) = folder.iterdir()
    assert spool.remains == Remains(kept)
    assert kept.read_bytes() == content
    assert kept.name.startswith(f"tcptui-{os.geteuid()}-")


def test_file_of_w_that_is_there_needs_no_other_name(folder: Path) -> None:
    spool = OutputFile(published(folder / "f"))
    os.write(spool.descriptor, HEADER + bytes(100))
    assert spool.is_saved
    spool.close()
    spool.close()

    assert spool.remains is None
    assert list(folder.iterdir()) == [folder / "f"]


def test_file_that_was_removed_and_cannot_be_kept_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = NamedSpool()
    os.write(spool.descriptor, HEADER + bytes(100))
    spool.path.unlink()
    monkeypatch.setattr("tcptui.capture.spool.named.spool_directory", lambda: folder / "missing")
    spool.close()

    assert spool.remains is not None
    assert spool.remains.path is None
    assert spool.remains.error is not None


def test_file_that_took_its_place_is_left_alone(folder: Path) -> None:
    spool = NamedSpool()
    spool.path.unlink()
    spool.path.write_bytes(b"somebody else's")
    spool.close()

    assert spool.path.read_bytes() == b"somebody else's"


def test_file_system_without_locks_gets_a_spool_without_a_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    spool = NamedSpool()

    assert list(folder.iterdir()) == []
    assert os.write(spool.descriptor, b"kept") == 4
    spool.close()


def test_directory_that_takes_none_is_said(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("tcptui.capture.spool.named.spool_directory", lambda: folder / "missing")
    with pytest.raises(OutputError) as caught:
        NamedSpool()

    assert caught.value.key == "messages.spool_failed"
