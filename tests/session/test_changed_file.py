"""A file that is changed after it was opened: said, and no answer is made of other bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import mixed

import tcptui
from tcptui.access.notes.format import NotesError
from tcptui.capture.file_source import FileChangedError
from tcptui.cli.run.load import exit_code
from tcptui.dfilter.compile import compile_filter
from tcptui.model.errors import InputError
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file
from tcptui.session.slicing.write import Slicer

if TYPE_CHECKING:
    from collections.abc import Callable


ROOT: Final = str(Path(tcptui.__file__).parents[1])
#: The program, which shortens its first argument when it begins to write the result.
_CHANGING: Final = """
import os, sys
from tcptui.__main__ import main
from tcptui.capture.slicing.sink import Sink

path = sys.argv.pop(1)
enter = Sink.__enter__

def change_first(sink):
    os.truncate(path, 500)
    return enter(sink)

Sink.__enter__ = change_first
sys.exit(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.pcap"
    path.write_bytes(mixed().pcap())
    os.utime(path, (1, 1))  # so that what writes to it later changes its time, however coarse that is
    return path


def shorten(path: Path) -> None:
    os.truncate(path, 500)


def write_over(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(500)
        file.write(b"x" * 40)


def write_anew(path: Path) -> None:
    size = path.stat().st_size
    path.write_bytes(b"y" * (size + 100))


def refused(session: Session) -> None:
    with pytest.raises(FileChangedError):
        FilterRun(session, compile_filter("tcp")).matching(0, session.store.count)
    with pytest.raises(FileChangedError):
        Slicer(session)
    with pytest.raises(InputError):
        exit_code(session, [])


@pytest.mark.parametrize("change", [shorten, write_over, write_anew])
def test_changed_file_is_said_and_no_longer_asked(change: Callable[[Path], None], path: Path) -> None:
    session = open_file(path)
    assert session.progress.notice is None

    change(path)

    assert session.progress.notice is not None
    assert session.progress.notice.key == "session.file-changed"
    refused(session)
    with pytest.raises(NotesError):
        _ = session.notebook


@pytest.mark.parametrize(
    "words",
    [
        ("report", "FILE", "--html", "OUT", "--overwrite"),
        ("requests", "FILE", "--har", "OUT", "--overwrite"),
        ("slice", "FILE", "--stream", "0", "-w", "OUT", "--overwrite"),
        ("graph", "FILE", "--stream", "0", "--svg", "OUT"),
    ],
)
def test_result_of_a_file_that_is_changed_while_it_is_written_replaces_nothing(
    words: tuple[str, ...], path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    old = b"the old file" if "--overwrite" in words else None
    if old is not None:
        out.write_bytes(old)
    places = {"FILE": str(path), "OUT": str(out)}
    program = (sys.executable, "-c", _CHANGING, str(path), *(places.get(word, word) for word in words))
    done = subprocess.run(program, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ROOT}, check=False)

    assert done.returncode == 1
    assert "was changed while it was read" in done.stderr
    assert (out.read_bytes() if out.exists() else None) == old
    assert {each.name for each in tmp_path.iterdir()} <= {"a.pcap", "out"}, "nothing half written is left"


def test_file_that_grows_is_still_the_same(path: Path) -> None:
    session = open_file(path)
    with path.open("ab") as file:
        file.write(b"the next record")

    assert session.progress.notice is None
    assert FilterRun(session, compile_filter("tcp")).matching(0, session.store.count).any()
    assert exit_code(session, []) == 0


def test_file_that_another_replaced_is_still_read_but_its_notes_are_not_written(path: Path) -> None:
    session = open_file(path)
    other = path.with_name("other")
    other.write_bytes(mixed().pcap()[:-80])
    other.rename(path)

    assert session.progress.notice is None
    assert np.count_nonzero(FilterRun(session, compile_filter("tcp")).matching(0, session.store.count))
    with pytest.raises(NotesError):
        _ = session.notebook
