"""Records go to files in turn; nothing that stood there before is lost, nor anything written."""

from __future__ import annotations

import resource
import signal
import stat
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tcptui.capture.output_files import OutputFiles
from tcptui.capture.rotation import Rotation
from tcptui.model.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

HEADER = b"H" * 24


def put(files: OutputFiles, seconds: list[int], size: int = 100) -> None:
    """One record a second given, each its number in ``size`` bytes."""

    def piece(first: int, upto: int) -> list[bytes]:
        return [bytes([seconds[n] % 256]) * size for n in range(first, upto)]

    files.add(np.array(seconds), np.full(len(seconds), size), piece)


def contents(folder: Path) -> dict[str, list[int]]:
    """Name to the records of each file."""
    found = {}
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        assert data[:24] == HEADER
        found[path.name] = list(data[24::100])
    return found


def test_file_takes_a_record_while_it_is_not_larger_than_its_size(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f"), Rotation(octets=224))
    files.set_header(HEADER)
    put(files, [1, 2, 3, 4])
    put(files, [5, 6, 7])
    files.close()
    # 24 + 200 is not larger than 224: the third still goes in.
    assert contents(tmp_path) == {"f": [1, 2, 3], "f1": [4, 5, 6], "f2": [7]}


def test_ring_overwrites_its_own_oldest_file(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f"), Rotation(octets=24, files=3))
    files.set_header(HEADER)
    put(files, list(range(1, 8)))
    files.close()
    # A file with the header alone is not larger than 24 bytes yet.
    assert contents(tmp_path) == {"f0": [7], "f1": [5], "f2": [6]}
    assert stat.S_IMODE((tmp_path / "f0").stat().st_mode) == 0o600


def test_stretch_of_time_begins_with_the_packet_that_is_late(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f-%s"), Rotation(seconds=10), began=100)
    files.set_header(HEADER)
    put(files, [100, 105, 109, 112, 121, 122, 90, 132])
    files.close()
    assert contents(tmp_path) == {
        "f-100": [100, 105, 109], "f-112": [112, 121], "f-122": [122, 90], "f-132": [132],
    }  # fmt: skip


def test_so_many_files_of_time_and_it_ends(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f-%s"), Rotation(seconds=10, files=2))
    files.set_header(HEADER)
    put(files, [100, 110, 120, 121])
    files.close()
    assert files.is_finished
    assert contents(tmp_path) == {"f-100": [100], "f-110": [110]}


def test_sizes_are_counted_anew_in_each_stretch_of_time(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "%s-"), Rotation(octets=24, seconds=10, files=12))
    files.set_header(HEADER)
    put(files, [100, 101, 102, 110, 111])
    files.close()
    assert contents(tmp_path) == {"100-00": [100], "100-01": [101], "100-02": [102], "110-00": [110], "110-01": [111]}


def test_same_name_again_without_a_time_in_it_is_our_own_file(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f"), Rotation(seconds=10))
    files.set_header(HEADER)
    put(files, [100, 110, 120])
    files.close()
    assert contents(tmp_path) == {"f": [120]}
    assert files.count == 3


@pytest.mark.parametrize(
    ("rotation", "name"),
    [(Rotation(), "f"), (Rotation(octets=9), "f4"), (Rotation(octets=9, files=5), "f4"), (Rotation(octets=9), "f")],
)
def test_file_of_somebody_else_is_refused_before_anything_is_made(
    tmp_path: Path, rotation: Rotation, name: str
) -> None:
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(OutputError) as caught:
        OutputFiles(str(tmp_path / "f"), rotation)
    assert caught.value.key == "messages.output_exists"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"mine"
    OutputFiles(str(tmp_path / "f"), rotation, overwrite=True).close()


def test_link_in_the_rings_place_is_never_followed(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f"), Rotation(octets=24, files=2))
    files.set_header(HEADER)
    put(files, [1])
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / "f1").symlink_to(tmp_path / "victim")
    with pytest.raises(OutputError):
        put(files, [2])
    files.close()
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert list((tmp_path / "f0").read_bytes()[24::100]) == [1]


def test_file_that_another_program_put_in_the_place_of_our_own_is_not_ours(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f"), Rotation(octets=24, files=2))
    files.set_header(HEADER)
    put(files, [1, 2])
    (tmp_path / "other").write_bytes(b"mine")
    (tmp_path / "other").replace(tmp_path / "f0")
    with pytest.raises(OutputError) as caught:
        put(files, [3])
    assert caught.value.key == "messages.output_exists"
    files.close()
    assert (tmp_path / "f0").read_bytes() == b"mine"


def test_full_disk_leaves_whole_records(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f"), Rotation())
    files.set_header(HEADER)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (24 + 250, limits[1]))
    try:
        with pytest.raises(OutputError) as caught:
            put(files, [1, 2, 3, 4])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    files.close()
    assert caught.value.key == "messages.output_disk_full"
    assert contents(tmp_path) == {"f": [1, 2]}


def test_capture_that_could_not_begin_leaves_no_file(tmp_path: Path) -> None:
    OutputFiles(str(tmp_path / "f"), Rotation(octets=9, files=3)).discard()
    assert list(tmp_path.iterdir()) == []
