from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from tcptui.ui.user_files import MAX_RECENT, RecentFiles

if TYPE_CHECKING:
    from pathlib import Path


def a_file(directory: Path, name: str) -> Path:
    path = directory / name
    path.write_bytes(b"")
    return path


def test_last_opened_file_comes_first_and_once(tmp_path: Path) -> None:
    recent = RecentFiles(tmp_path)
    first, second = a_file(tmp_path, "a.pcap"), a_file(tmp_path, "b.pcap")

    for now, path in enumerate([first, second, first]):
        recent.remember(path, now)

    assert [(entry.path, entry.opened) for entry in recent.load()] == [(first, 2.0), (second, 1.0)]


def test_deleted_file_is_not_offered(tmp_path: Path) -> None:
    recent = RecentFiles(tmp_path)
    gone = a_file(tmp_path, "gone.pcap")
    recent.remember(gone, 1)

    gone.unlink()

    assert recent.load() == ()


def test_many_files_are_bounded(tmp_path: Path) -> None:
    recent = RecentFiles(tmp_path)
    for number in range(MAX_RECENT + 5):
        recent.remember(a_file(tmp_path, f"{number}.pcap"), number)

    assert len(recent.load()) == MAX_RECENT
    assert recent.load()[0].path.name == f"{MAX_RECENT + 4}.pcap"


def test_name_that_is_not_unicode_survives(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xff\x1b[31m.pcap")
    odd.write_bytes(b"")
    recent = RecentFiles(tmp_path)

    recent.remember(odd, 1)

    assert recent.load()[0].path == odd


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{}", b"[1, null, {}]", b'[{"path": 5, "opened": 1}]', b'[{"path": "x", "opened": 1}]', b"\xff"],
)
def test_list_that_is_not_ours_is_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "recent.json").write_bytes(content)

    assert RecentFiles(tmp_path).load() == ()


def test_list_is_private(tmp_path: Path) -> None:
    RecentFiles(tmp_path).remember(a_file(tmp_path, "a.pcap"), 1)

    assert stat.S_IMODE((tmp_path / "recent.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_link_in_place_of_the_list_is_replaced_not_followed(tmp_path: Path) -> None:
    victim = a_file(tmp_path, "victim")
    (tmp_path / "recent.json").symlink_to(victim)

    RecentFiles(tmp_path).remember(a_file(tmp_path, "a.pcap"), 1)

    assert victim.read_bytes() == b""
    assert json.loads((tmp_path / "recent.json").read_bytes())


def test_without_a_directory_nothing_is_remembered(tmp_path: Path) -> None:
    recent = RecentFiles(None)

    recent.remember(a_file(tmp_path, "a.pcap"), 1)

    assert recent.load() == ()


def test_file_in_a_folder_that_is_closed_now_is_not_offered_and_stays_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recent = RecentFiles(tmp_path)
    closed = a_file(tmp_path, "closed.pcap")
    recent.remember(closed, 1)

    def denied(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.is_file", denied)
        assert recent.load() == ()
        recent.remember(tmp_path / "other.pcap", 2)

    assert [entry.path for entry in recent.load()] == [closed]
