"""A file that takes another one's place: whole, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.userdirs.replacing import replacing

if TYPE_CHECKING:
    from pathlib import Path


def test_new_file_is_there_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    with replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_is_interrupted_leaves_the_old_file_only(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with replacing(path) as file:
            file.write(b"ne")
            raise error

    with pytest.raises(error):
        interrupted()

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other, path = tmp_path / "other", tmp_path / "a"
    other.write_bytes(b"theirs")
    path.symlink_to(other)

    with replacing(path) as file:
        file.write(b"ours")

    assert (other.read_bytes(), path.read_bytes(), path.is_symlink()) == (b"theirs", b"ours", False)
