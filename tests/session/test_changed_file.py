"""A file that is changed after it was opened: said, and no answer is made of other bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import mixed

from tcptui.capture.file_source import FileChangedError
from tcptui.cli.run.load import exit_code
from tcptui.dfilter.compile import compile_filter
from tcptui.model.errors import InputError
from tcptui.session.filtering.run import FilterRun
from tcptui.session.notes.format import NotesError
from tcptui.session.session import Session, open_file
from tcptui.session.slicing.write import Slicer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
