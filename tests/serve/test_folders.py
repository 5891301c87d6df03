"""Only ordinary files below the named folders are read, and only there anything is written."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.serve.conftest import CASES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.serve.conftest import Asking

CAPTURE = CASES / "61-retransmission-timeout" / "client.pcapng.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a capture, and beside it what must not be reached."""
    inside = tmp_path / "named"
    (inside / "below").mkdir(parents=True)
    shutil.copy(CAPTURE, inside / "below" / "a.pcapng.gz")
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(CAPTURE, outside / "b.pcapng.gz")
    (inside / "link.pcapng.gz").symlink_to(outside / "b.pcapng.gz")
    (inside / "linked").symlink_to(outside)
    (inside / "own-link.pcapng.gz").symlink_to("below/a.pcapng.gz")
    (inside / "text.pcap").write_text("no capture")
    (inside / "empty.pcap").touch()
    os.mkfifo(inside / "fifo.pcap")
    return inside


@pytest.mark.parametrize("name", ["below/a.pcapng.gz", "./below/a.pcapng.gz", "{folder}/below/a.pcapng.gz"])
def test_a_capture_below_is_read(name: str, folder: Path, asking: Callable[..., Asking]) -> None:
    assert asking(folder)("open", file=name.format(folder=folder))["packets"] == 26


@pytest.mark.parametrize("name", [
    "../outside/b.pcapng.gz", "below/../../outside/b.pcapng.gz", "link.pcapng.gz", "linked/b.pcapng.gz",
    "own-link.pcapng.gz", "{outside}/b.pcapng.gz", "/etc/passwd", "/dev/zero", "fifo.pcap", "below", ".", "/", "//",
    "a\0b", "x" * 2_000, "below/a.pcapng.gz/", "/proc/self/environ", "{folder}", "-", "ssh://host/eth0", "~/a.pcap",
])  # fmt: skip
def test_nothing_else_is_reached(name: str, folder: Path, asking: Callable[..., Asking]) -> None:
    asked = name.format(folder=folder, outside=folder.parent / "outside")
    if asked == "below/a.pcapng.gz/":  # the same name
        assert asking(folder)("open", file=asked)["packets"] == 26
        return

    assert asking(folder).refusal("open", file=asked)["refused"] == "no-such-file"


@pytest.mark.parametrize("name", ["text.pcap", "empty.pcap"])
def test_what_is_no_capture_is_said_to_be_none(name: str, folder: Path, asking: Callable[..., Asking]) -> None:
    refusal = asking(folder).refusal("open", file=name)

    assert refusal["refused"] == "unreadable"
    assert str(folder) not in refusal["text"]


def test_captures_are_listed_without_links(folder: Path, asking: Callable[..., Asking]) -> None:
    assert [one["file"] for one in asking(folder)("open")["items"]] == ["below/a.pcapng.gz", "empty.pcap", "text.pcap"]


def test_a_folder_that_is_exchanged_for_a_link_stays_the_folder(folder: Path, asking: Callable[..., Asking]) -> None:
    ask = asking(folder)
    folder.rename(folder.parent / "moved")
    folder.symlink_to(folder.parent / "outside")

    assert ask.refusal("open", file="b.pcapng.gz")["refused"] == "no-such-file"
    assert ask("open", file="below/a.pcapng.gz")["packets"] == 26


def test_a_slice_is_a_new_file_below(folder: Path, asking: Callable[..., Asking]) -> None:
    ask = asking(folder)
    told = ask("slice", file="below/a.pcapng.gz", filter="tcp.flags.syn == 1", out="below/syn.pcapng")

    assert told["packets"] == 2
    assert ask("open", file="below/syn.pcapng")["packets"] == 2


@pytest.mark.parametrize(("out", "refused"), [
    ("../outside/c.pcapng", "no-such-folder"), ("linked/c.pcapng", "no-such-folder"),
    ("new/c.pcapng", "no-such-folder"), ("/tmp/c.pcapng", "no-such-folder"),
    ("c.pcap", "name"), ("c", "name"), ("there.pcapng", "exists"),
    ("to-outside.pcapng", "exists"),
])  # fmt: skip
def test_a_slice_is_written_nowhere_else(
    out: str, refused: str, folder: Path, asking: Callable[..., Asking]
) -> None:  # fmt: skip
    (folder / "there.pcapng").write_text("mine")
    (folder / "to-outside.pcapng").symlink_to(folder.parent / "outside" / "new.pcapng")

    told = asking(folder).refusal("slice", file="below/a.pcapng.gz", filter="tcp", out=out)

    assert told["refused"] == refused
    assert (folder / "there.pcapng").read_text() == "mine"
    assert sorted(one.name for one in (folder.parent / "outside").iterdir()) == ["b.pcapng.gz"]


def test_a_slice_that_finds_no_room_says_so_and_leaves_nothing(
    folder: Path, asking: Callable[..., Asking], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    ask = asking(folder)
    assert ask("open", file="below/a.pcapng.gz")["packets"] == 26
    monkeypatch.setattr(os, "fsync", full)

    told = ask.refusal("slice", file="below/a.pcapng.gz", filter="tcp", out="below/c.pcapng")

    assert told["refused"] == "not-written"
    assert told["text"].startswith("below/c.pcapng cannot be written: No space left on device; ")
    assert [one.name for one in (folder / "below").iterdir()] == ["a.pcapng.gz"]


def test_a_file_that_was_changed_is_read_again(folder: Path, asking: Callable[..., Asking]) -> None:
    ask = asking(folder)
    name = "below/a.pcapng.gz"
    assert ask("open", file=name)["packets"] == 26

    shutil.copy(CASES / "140-slow-query" / "client.pcapng", folder / name)
    assert ask("open", file=name)["packets"] == 35

    (folder / name).unlink()
    assert ask.refusal("open", file=name)["refused"] == "no-such-file"
