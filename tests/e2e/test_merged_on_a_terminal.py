"""``tcptui A B --merge`` on a terminal: opened, walked through and left, and refused once the screen is there."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from captures import Tape
from pty_run import PtyRun, environment
from two_points import Path, World

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterable

pytestmark = pytest.mark.e2e


def packed(files: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    """The ``files`` compressed: those are unpacked and merged while the screen is there."""
    found = []
    for file in files:
        found.append(file.with_name(file.name + ".gz"))
        found[-1].write_bytes(gzip.compress(file.read_bytes()))
    return found


@pytest.mark.parametrize("is_packed", [False, True], ids=["before-the-screen", "beside-it"])
def test_two_captures_are_opened_and_left(tmp_path: pathlib.Path, is_packed: bool) -> None:
    files: Iterable[pathlib.Path] = World(Path(loss=0.05), 3, 3, 6).write(tmp_path)
    files = packed(files) if is_packed else files

    with PtyRun([*map(str, files), "--merge"], environment(tmp_path), folder=tmp_path) as program:
        program.until_shown("3 in both, 0 only in A")
        program.press(b"\r")
        program.until_shown("B's times are by A's clock")
        program.press(b"a")
        program.until_shown("Explain")
        program.press(b"\x1b")
        program.until_shown("B's times are by A's clock")
        program.press(b"q")
        program.until_shown("3 in both, 0 only in A")

        assert program.leave(b"q") == 0
        assert program.is_as_before()


def test_captures_that_share_nothing_end_the_screen_with_one_line(tmp_path: pathlib.Path) -> None:
    files = []
    for name, client in (("a.pcap", "10.0.0.1:4000"), ("b.pcap", "10.0.0.7:5000")):
        tape = Tape()
        tape.refused(0, client, "192.0.2.10:80")
        files.append(tmp_path / name)
        files[-1].write_bytes(tape.pcap())

    with PtyRun([*map(str, packed(files)), "--merge"], environment(tmp_path), folder=tmp_path) as program:
        assert program.wait() == 1
        assert b"have no TCP connection in common" in program.drawn
        assert b"Traceback" not in program.drawn
        assert program.is_as_before()
