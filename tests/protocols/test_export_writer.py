"""Exported files: never over another, never out of the folder, never half a file under its name."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from foreign_owner import give_away

from tcptui.model.errors import OutputError
from tcptui.protocols.export.writer import ExportFolder

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_file_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with ExportFolder(folder) as out:
        written = out.write("a.txt", [b"one", b"two"])

    assert (written.name, written.size) == ("a.txt", 6)
    assert (folder / "a.txt").read_bytes() == b"onetwo"
    assert (folder / "a.txt").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert os.listdir(folder) == ["a.txt"]  # noqa: PTH208 - with what is hidden


def test_nothing_is_ever_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    with ExportFolder(tmp_path) as out:
        names = [out.write("a.txt", [b"new"]).name for _ in range(2)]

    assert names == ["a-2.txt", "a-3.txt"]
    assert (tmp_path / "a.txt").read_text() == "mine"


def test_symbolic_link_of_that_name_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    out_path = tmp_path / "out"
    out_path.mkdir()
    (out_path / "a.txt").symlink_to(target)
    with ExportFolder(out_path) as out:
        name = out.write("a.txt", [b"new"]).name

    assert name == "a-2.txt"
    assert not target.exists()


def test_what_is_not_whole_says_so_in_its_name(tmp_path: Path) -> None:
    with ExportFolder(tmp_path) as out:
        assert out.write("a.txt", [b"x"], is_whole=lambda: False).name == "a.txt.partial"


def _breaking(code: int) -> Iterator[bytes]:
    yield b"half of it"
    raise OSError(code, os.strerror(code))


@pytest.mark.parametrize(("code", "key"), [(errno.ENOSPC, "export_full"), (errno.EIO, "export_failed")])
def test_failure_is_one_error_and_leaves_nothing(tmp_path: Path, code: int, key: str) -> None:
    with ExportFolder(tmp_path) as out, pytest.raises(OutputError) as caught:
        out.write("a.txt", _breaking(code))

    assert caught.value.key == f"messages.{key}"
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_file_system_without_links_is_served_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a.txt").write_text("mine")
    with ExportFolder(tmp_path) as out:
        assert out.write("a.txt", [b"new"]).name == "a-2.txt"

    assert sorted(os.listdir(tmp_path)) == ["a-2.txt", "a.txt"]  # noqa: PTH208


@pytest.mark.parametrize("kind", ["file", "missing parent"])
def test_folder_that_cannot_be_is_said(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    if kind == "file":
        path.write_text("")
    else:
        path = path / "y"

    with pytest.raises(OutputError) as caught:
        ExportFolder(path)

    assert caught.value.key == "messages.export_folder"


@pytest.mark.parametrize("mode", [0o777, 0o755, 0o1777])
@pytest.mark.parametrize("place", ["out", "way/out", "way/../out", "own/out"])
def test_link_of_another_user_chooses_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, place: str
) -> None:
    """The capture chooses a file's name and bytes; who chose the folder, too, could write what root would run."""
    theirs, target = tmp_path / "theirs", tmp_path / "target"
    theirs.mkdir()
    (target / "out").mkdir(parents=True)
    theirs.chmod(mode)
    links = [theirs / "out", theirs / "way"]
    for link in links:
        link.symlink_to(target)
    (theirs / "own").symlink_to("way")  # our own link, which leads to theirs
    ExportFolder(theirs / place).close()
    give_away(monkeypatch, *links)

    with pytest.raises(OutputError) as caught:
        ExportFolder(theirs / place)

    assert caught.value.key == "messages.export_foreign"
    assert Path(str(caught.value.facts["link"])) in {theirs / "way", theirs / "out"}
    assert os.listdir(target / "out") == []  # noqa: PTH208


def test_own_link_is_followed_in_anybodys_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, target = tmp_path / "theirs", tmp_path / "target"
    theirs.mkdir()
    target.mkdir()
    (theirs / "out").symlink_to(target)
    give_away(monkeypatch, theirs)

    with ExportFolder(theirs / "out" / "new") as folder:
        folder.write("a.txt", [b"x"])

    assert (target / "new" / "a.txt").read_bytes() == b"x"
    assert (target / "new").stat().st_mode & 0o777 == 0o700


def test_folder_in_the_current_one_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with ExportFolder(Path("out")) as folder:
        folder.write("a.txt", [b"x"])

    assert (tmp_path / "out" / "a.txt").read_bytes() == b"x"


def test_link_that_is_exchanged_between_check_and_use_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs, target = tmp_path / "ours", tmp_path / "theirs", tmp_path / "target"
    for folder in (ours, theirs, target):
        folder.mkdir()
    link = theirs / "out"
    link.symlink_to(ours)
    fstat = os.fstat

    def exchanged(descriptor: int) -> os.stat_result:
        found = fstat(descriptor)
        if stat.S_ISLNK(found.st_mode):
            link.unlink()
            link.symlink_to(target)
        return found

    monkeypatch.setattr(os, "fstat", exchanged)
    with ExportFolder(link) as folder:
        folder.write("a.txt", [b"x"])

    assert (ours / "a.txt").exists()
    assert not list(target.iterdir())
