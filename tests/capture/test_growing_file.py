"""A capture file that grows is read on; another file of its name is another capture."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from captures import Tape

from tcptui.capture.growing_file import GrowingFile, open_growing
from tcptui.model.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tcptui.capture.source import Source

SECONDS = 60.0


class Announced:
    """Waits for what a source announces."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._news = threading.Condition()
        source.start(self._note)

    def _note(self) -> None:
        with self._news:
            self._news.notify_all()

    def wait(self, met: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(met, SECONDS), self._source.status()


@pytest.fixture
def capture() -> bytes:
    tape = Tape()
    tape.refused(0, "10.0.0.1:1", "10.0.0.2:2")
    return tape.pcap()


@pytest.mark.parametrize("how", ["replaced", "removed", "shortened"])
def test_it_is_read_on_until_another_capture_has_its_name(tmp_path: Path, capture: bytes, how: str) -> None:
    path, middle = tmp_path / "a.pcap", len(capture) // 2
    path.write_bytes(capture[:middle])
    source = open_growing(path)
    announced = Announced(source)
    announced.wait(lambda: source.status().end == middle)
    assert not source.status().complete
    with path.open("ab") as file:
        file.write(capture[middle:])
    announced.wait(lambda: source.status().end == len(capture))
    if how == "replaced":
        (tmp_path / "b.pcap").write_bytes(capture)
        (tmp_path / "b.pcap").rename(path)
    elif how == "removed":
        path.unlink()
    else:
        os.truncate(path, 10)
    announced.wait(lambda: source.status().complete)
    assert os.pread(source.descriptor, 1 << 16, 0) == capture
    assert source.status().error is None
    source.discard()
    source.close()


def test_a_fifo_is_read_to_the_end_of_its_writer(tmp_path: Path, capture: bytes) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    source = open_growing(path)
    announced = Announced(source)
    path.write_bytes(capture)
    announced.wait(lambda: source.status().complete)
    assert source.status().end == len(capture)
    source.discard()
    source.close()


def test_one_that_was_opened_in_vain_leaves_nothing_open(tmp_path: Path, capture: bytes) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(capture)
    source = open_growing(path)
    assert isinstance(source, GrowingFile)
    source.discard()
    source.close()
    source.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(source.descriptor)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_growing(tmp_path / "none.pcap")
    assert caught.value.key == "messages.file_missing"
    with pytest.raises(InputError) as caught:
        open_growing(tmp_path)
    assert caught.value.key == "messages.file_directory"
    with pytest.raises(InputError) as caught:
        open_growing(tmp_path / ("x" * 300))
    assert caught.value.key == "messages.read_failed"
