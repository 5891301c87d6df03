"""Where captured bytes are kept: unnamed temporary files, and copies of them."""

from __future__ import annotations

import os
import resource
import stat
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.spool.files import (
    FALLBACK_VARIABLE,
    fallback_directory,
    open_spool,
    save_copy,
    spool_directory,
    spool_limit,
)
from tcptui.capture.stream_source import StreamSource
from tcptui.model.errors import OutputError
from tcptui.userdirs.places import temporary_directory

if TYPE_CHECKING:
    from pathlib import Path


def test_temporary_spool_leaves_no_name_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    descriptor = open_spool()
    status = os.fstat(descriptor)

    assert spool_directory() == tmp_path
    assert list(tmp_path.iterdir()) == []
    assert status.st_nlink == 0
    assert stat.S_IMODE(status.st_mode) == 0o600
    os.close(descriptor)


def test_directory_that_does_not_exist_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))

    assert spool_directory().is_dir()


def test_directory_in_a_closed_one_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("TMPDIR", str(tmp_path / "closed" / "mine"))
    monkeypatch.setattr("pathlib.Path.is_dir", denied)

    assert spool_directory() == temporary_directory()


def test_without_tmpdir_spools_go_to_var_tmp_or_the_folder_named_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setenv(FALLBACK_VARIABLE, str(tmp_path))
    assert spool_directory() == tmp_path

    monkeypatch.delenv(FALLBACK_VARIABLE)
    assert str(fallback_directory()) == "/var/tmp"


def test_limit_leaves_half_of_the_free_disk(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "w", os.O_RDWR | os.O_CREAT, 0o600)
    disk = os.fstatvfs(descriptor)

    assert 0 < spool_limit(descriptor) <= disk.f_bavail * disk.f_frsize
    os.close(descriptor)


@pytest.mark.parametrize(
    ("free_mb", "limit_mb"), [(100_000, 50_000), (200, 100), (120, 56), (70, 6), (64, 4), (8, 4), (3, 1.5)]
)
def test_spool_may_take_half_of_the_disk_and_of_a_small_one_a_little(
    monkeypatch: pytest.MonkeyPatch, free_mb: int, limit_mb: float
) -> None:
    monkeypatch.setattr(os, "fstatvfs", lambda _descriptor: SimpleNamespace(f_bavail=free_mb << 8, f_frsize=4096))

    assert spool_limit(0) == int(limit_mb * (1 << 20))


@pytest.mark.parametrize("free", [0, 1 << 20, (2 << 20) - 4096])
def test_disk_without_room_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(os, "fstatvfs", lambda _descriptor: SimpleNamespace(f_bavail=free // 4096, f_frsize=4096))
    reading, writing = os.pipe()
    with pytest.raises(OutputError) as refused:
        StreamSource(reading, "-")
    os.close(writing)

    assert refused.value.key == "messages.spool_no_room"
    assert list(tmp_path.iterdir()) == []


def test_copy_holds_exactly_what_was_asked_for_and_belongs_to_nobody_else(tmp_path: Path) -> None:
    spool = open_spool()
    try:
        os.pwrite(spool, bytes(range(256)) * 100, 0)
        save_copy(spool, 25_000, tmp_path / "copy.pcap")
    finally:
        os.close(spool)

    assert (tmp_path / "copy.pcap").read_bytes() == (bytes(range(256)) * 100)[:25_000]
    assert stat.S_IMODE((tmp_path / "copy.pcap").stat().st_mode) == 0o600


def test_copy_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    spool = open_spool()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        os.pwrite(spool, b"x" * 100_000, 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limit[1]))
        with pytest.raises(OutputError):
            save_copy(spool, 100_000, tmp_path / "copy.pcap")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        os.close(spool)

    assert not (tmp_path / "copy.pcap").exists()
