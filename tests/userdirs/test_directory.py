"""A directory counts as this user's own only where nobody else can change anything on the way to it, or in it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from foreign_owner import give_away

from tcptui.userdirs import directory, trust
from tcptui.userdirs.directory import is_foreign, open_directory, open_folder_of, read_file
from tcptui.userdirs.trust import ChangeableError, ForeignError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """``a/b/own`` with a file in it, all this user's alone."""
    place = tmp_path / "a" / "b" / "own"
    place.mkdir(parents=True, mode=0o700)
    for each in (place, place.parent, place.parent.parent):
        each.chmod(0o755)
    (place / "file").write_bytes(b"mine")
    (place / "file").chmod(0o600)
    return place


def read(place: Path, *, strict: bool = True) -> bytes:
    with open_directory(place, strict=strict) as opened:
        return opened.read("file", 100)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0


def test_file_of_my_own_directory_is_read(deep: Path) -> None:
    before = descriptors()

    assert read(deep) == b"mine"
    assert descriptors() == before


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_directory_that_others_can_write_is_refused_at_each_level(deep: Path, level: int, mode: int) -> None:
    [deep, *deep.parents][level].chmod(mode)
    before = descriptors()

    with pytest.raises(ChangeableError):
        read(deep)
    assert descriptors() == before


@pytest.mark.parametrize("level", [0, 1, 2])
def test_directory_of_somebody_else_is_refused_at_each_level(
    deep: Path, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_away(monkeypatch, [deep, *deep.parents][level])

    with pytest.raises(ForeignError):
        read(deep)
    assert is_foreign(deep)


def test_sticky_directory_is_passed_through_but_is_none_to_keep_things_in(deep: Path) -> None:
    deep.parent.chmod(0o1777)
    assert read(deep) == b"mine"

    deep.chmod(0o1777)
    with pytest.raises(ChangeableError):
        read(deep)


def test_what_somebody_put_into_a_sticky_directory_is_refused(deep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep.parent.chmod(0o1777)
    give_away(monkeypatch, deep)

    with pytest.raises(ForeignError):
        read(deep)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_link_of_my_own_is_followed_and_what_it_leads_to_is_checked(deep: Path, level: int, tmp_path: Path) -> None:
    place = [deep, *deep.parents][level]
    moved = tmp_path / "moved"
    place.rename(moved)
    place.symlink_to(moved if level else Path(os.path.relpath(moved, place.parent)))
    assert read(deep) == b"mine"

    moved.chmod(0o777)
    with pytest.raises(ChangeableError):
        read(deep)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_link_of_somebody_else_is_refused_at_each_level(
    deep: Path, level: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = [deep, *deep.parents][level]
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")
    give_away(monkeypatch, place)

    with pytest.raises(ForeignError):
        read(deep)


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")

    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        open_directory(tmp_path / "one")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda file, monkeypatch: file.chmod(0o666), ChangeableError),
        (lambda file, monkeypatch: file.chmod(0o620), ChangeableError),
        (lambda file, monkeypatch: give_away(monkeypatch, file), ForeignError),
        (lambda file, monkeypatch: (file.rename(file.with_name("x")), file.symlink_to("x")), OSError),
        (lambda file, monkeypatch: (file.unlink(), os.mkfifo(file)), OSError),
        (lambda file, monkeypatch: (file.unlink(), file.mkdir()), IsADirectoryError),
        (lambda file, monkeypatch: file.unlink(), FileNotFoundError),
        (lambda file, monkeypatch: file.write_bytes(bytes(101)), OSError),
    ],
)
def test_file_that_others_can_change_or_that_is_none_is_not_read(
    deep: Path, change: Callable[..., object], error: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_directory(deep, strict=True) as opened:
        change(deep / "file", monkeypatch)
        before = descriptors()
        with pytest.raises(error):
            opened.read("file", 100)
        assert descriptors() == before


@pytest.mark.parametrize("level", [0, 1, 2])
def test_directory_exchanged_after_the_check_is_not_the_one_that_is_read(
    deep: Path, level: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = [deep, *deep.parents][level]
    evil = tmp_path / "evil"
    (evil / deep.relative_to(place)).mkdir(parents=True)
    (evil / deep.relative_to(place) / "file").write_bytes(b"evil")
    wanted = place.stat().st_ino

    def exchanging(descriptor: int, *arguments: Any, **options: Any) -> os.stat_result:
        found = trust.check(descriptor, *arguments, **options)
        if found.st_ino == wanted and evil.exists():
            place.rename(tmp_path / "away")
            evil.rename(place)
        return found

    monkeypatch.setattr(directory, "check", exchanging)
    with open_directory(deep, strict=True) as opened:
        assert not evil.exists()
        assert (deep / "file").read_bytes() == b"evil"
        assert opened.read("file", 100) == b"mine"
        opened.write("file", b"new")

    assert (deep / "file").read_bytes() == b"evil"


def test_what_is_missing_is_made_private(tmp_path: Path) -> None:
    with open_directory(tmp_path / "new", "one", "two", make=True) as opened:
        opened.write("file", b"x")

    for place in ("new", "new/one", "new/one/two"):
        assert stat.S_IMODE((tmp_path / place).stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new/one/two/file").stat().st_mode) == 0o600


def test_last_directory_of_ours_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tcptui").symlink_to("elsewhere")

    with pytest.raises(OSError, match=r"irectory|symbolic"):
        open_directory(tmp_path, "tcptui", make=True)


def test_file_behind_links_of_my_own_is_found_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles" / "real").write_bytes(b"text")
    (tmp_path / "first").symlink_to("dotfiles/second")
    (tmp_path / "dotfiles" / "second").symlink_to("real")

    folder, name = open_folder_of(tmp_path / "first")
    folder.close()

    assert (folder.path, name) == (tmp_path / "dotfiles", "real")
    assert read_file(tmp_path / "first", 100) == b"text"


def test_relative_path_names_no_place() -> None:
    with pytest.raises(FileNotFoundError):
        open_directory(Path("relative"))


# -- the user's private group --------------------------------------------------------------------
@pytest.fixture
def account(deep: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have this process be an ordinary user whose primary group is that of the files."""
    found = deep.stat()

    def use(members: tuple[str, ...] = (), group: str = "me", others: tuple[int, ...] = ()) -> None:
        class Entry:
            pw_name, pw_uid, pw_gid = "me", found.st_uid or 1000, found.st_gid
            gr_name, gr_mem = group, list(members)

        class Other:
            pw_name, pw_uid = "other", 4711

            def __init__(self, gid: int) -> None:
                self.pw_gid = gid

        monkeypatch.setattr("pwd.getpwuid", lambda uid: Entry)
        monkeypatch.setattr("grp.getgrgid", lambda gid: Entry)
        monkeypatch.setattr("pwd.getpwall", lambda: [Entry, *map(Other, others)])

    if found.st_uid == 0:
        real = os.fstat

        def as_user(descriptor: int) -> os.stat_result:
            status = real(descriptor)
            return os.stat_result((*status[:4], 1000 if status.st_mode & 0o020 else status.st_uid, *status[5:10]))

        monkeypatch.setattr(os, "fstat", as_user)
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return use


@pytest.mark.skipif(not hasattr(os, "listxattr"), reason="private groups are known on Linux alone")
def test_private_group_of_the_user_may_write_settings_but_not_code(deep: Path, account: Callable[..., None]) -> None:
    account()
    deep.parent.chmod(0o775)

    folder, _ = open_folder_of(deep / "file")
    folder.close()
    with pytest.raises(ChangeableError):
        open_directory(deep, strict=True)


@pytest.mark.parametrize("others", [{"members": ("other",)}, {"group": "users"}, {"others": (-1,)}, {"acl": True}])
def test_group_with_others_in_it_may_not(
    deep: Path, account: Callable[..., None], others: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if others.pop("acl", False):
        monkeypatch.setattr(os, "listxattr", lambda path: ["system.posix_acl_access"], raising=False)
    if "others" in others:
        others = {"others": (deep.stat().st_gid,)}
    account(**others)
    deep.parent.chmod(0o775)

    with pytest.raises(ChangeableError):
        open_folder_of(deep / "file")
