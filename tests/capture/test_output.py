"""A file is written beside the one that it replaces; that one is as it was until then."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.output import NOTHING, FileId, Output, Replaceable, open_again, whole_output
from tcptui.model.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

ANY = Replaceable(None)


def refused(path: Path, replaceable: Replaceable = NOTHING) -> str:
    with pytest.raises(OutputError) as caught:
        Output(path, replaceable)
    return caught.value.key.removeprefix("messages.")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file that somebody may read."""
    path = tmp_path / "w.pcap"
    path.write_bytes(b"precious")
    path.chmod(0o644)
    return path


def state(path: Path) -> tuple[bytes, int, int]:
    return path.read_bytes(), stat.S_IMODE(path.stat().st_mode), path.stat().st_ino


def test_new_file_is_private_and_has_its_name_at_once(tmp_path: Path) -> None:
    output = Output(tmp_path / "w.pcap")

    assert stat.S_IMODE((tmp_path / "w.pcap").stat().st_mode) == 0o600
    output.publish()
    output.close()
    assert [path.name for path in tmp_path.iterdir()] == ["w.pcap"]


def test_new_file_that_is_never_published_is_removed(tmp_path: Path) -> None:
    output = Output(tmp_path / "w.pcap")
    output.close()
    output.close()

    assert list(tmp_path.iterdir()) == []


def test_existing_file_is_kept_unless_it_may_be_replaced(old: Path) -> None:
    before = state(old)

    assert refused(old) == "output_exists"
    assert refused(old, Replaceable(frozenset({old.with_name("other")}))) == "output_exists"
    assert state(old) == before


def test_old_file_is_as_it_was_until_its_successor_is_published(old: Path) -> None:
    before = state(old)
    output = Output(old, Replaceable(frozenset({old})))
    os.write(output.descriptor, b"new")

    assert state(old) == before
    assert len([path for path in old.parent.iterdir() if path.name.startswith("w.pcap.new-")]) == 1
    output.publish()
    output.close()
    assert old.read_bytes() == b"new"
    assert stat.S_IMODE(old.stat().st_mode) == 0o600
    assert list(old.parent.iterdir()) == [old]


def test_old_file_is_as_it_was_where_its_successor_is_given_up(old: Path) -> None:
    before = state(old)
    output = Output(old, ANY)
    os.write(output.descriptor, b"new")
    output.close()

    assert state(old) == before
    assert list(old.parent.iterdir()) == [old]


def test_file_that_came_into_the_old_ones_place_meanwhile_is_left_alone(old: Path) -> None:
    output = Output(old, ANY)
    os.write(output.descriptor, b"new")
    (old.parent / "theirs").write_bytes(b"theirs")
    (old.parent / "theirs").replace(old)

    with pytest.raises(OutputError) as caught:
        output.publish()
    output.close()

    assert caught.value.key == "messages.output_not_replaced"
    assert old.read_bytes() == b"theirs"
    left = next(path for path in old.parent.iterdir() if path != old)
    assert left.read_bytes() == b"new"
    assert str(left) == caught.value.facts["written"]


def test_old_file_that_is_gone_meanwhile_needs_no_asking(old: Path) -> None:
    output = Output(old, ANY)
    old.unlink()
    output.publish()
    output.close()

    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize("way", ["itself", "hard link", "symbolic link"])
def test_input_is_never_replaced_whatever_its_name(old: Path, way: str) -> None:
    before = state(old)
    name = old.with_name("name")
    if way == "hard link":
        name.hardlink_to(old)
    elif way == "symbolic link":
        name.symlink_to(old)
    else:
        name = old

    for allowed in (None, frozenset({name}), frozenset()):
        assert refused(name, Replaceable(allowed, frozenset({FileId.of(old.stat())}))) == "output_is_input"
    assert state(old) == before


def test_output_never_goes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")

    assert refused(tmp_path / "link") == "output_exists"
    assert refused(tmp_path / "link", ANY) == "output_symlink"
    assert refused(tmp_path / "dangling", ANY) == "output_symlink"
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert not (tmp_path / "nowhere").exists()


def test_output_that_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")

    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    assert refused(tmp_path / "fifo", ANY) == "output_not_regular"
    os.close(reader)
    assert refused(tmp_path / "missing" / "w.pcap") == "output_no_directory"
    assert refused(tmp_path, ANY) == "output_failed"


def test_folder_in_which_nothing_can_be_made_is_said_before_anything_is_captured(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = state(old), os.open

    def no_new(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT and path != old:
            raise PermissionError(13, "Permission denied")
        return real(path, flags, mode)

    monkeypatch.setattr("tcptui.capture.output.os.open", no_new)

    assert refused(old, ANY) == "output_not_beside"
    assert state(old) == before


def test_whole_output_left_by_an_interrupt_leaves_the_old_file(old: Path) -> None:
    before = state(old)

    def interrupted() -> None:
        with whole_output(old, ANY) as descriptor:
            os.write(descriptor, b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert state(old) == before
    assert list(old.parent.iterdir()) == [old]


def test_own_file_is_emptied_only_while_it_is_our_own(old: Path) -> None:
    mine = FileId.of(old.stat())
    os.close(open_again(old, mine))
    assert old.read_bytes() == b""

    (old.parent / "theirs").write_bytes(b"theirs")
    (old.parent / "theirs").replace(old)
    with pytest.raises(OutputError):
        open_again(old, mine)
    assert old.read_bytes() == b"theirs"
