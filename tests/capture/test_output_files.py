"""Records go to files in turn; nothing that stood there before is lost, nor anything written."""

from __future__ import annotations

import resource
import signal
import stat
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tcptui.capture.output import Replaceable
from tcptui.capture.output_files import OutputFiles
from tcptui.capture.rotation import Rotation
from tcptui.model.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = b"H" * 24
ANY = Replaceable(None)


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
    files.finish()
    # 24 + 200 is not larger than 224: the third still goes in.
    assert contents(tmp_path) == {"f": [1, 2, 3], "f1": [4, 5, 6], "f2": [7]}


def test_ring_overwrites_its_own_oldest_file(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f"), Rotation(octets=24, files=3))
    files.set_header(HEADER)
    put(files, list(range(1, 8)))
    files.finish()
    # A file with the header alone is not larger than 24 bytes yet.
    assert contents(tmp_path) == {"f0": [7], "f1": [5], "f2": [6]}
    assert stat.S_IMODE((tmp_path / "f0").stat().st_mode) == 0o600


def test_stretch_of_time_begins_with_the_packet_that_is_late(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f-%s"), Rotation(seconds=10), began=100)
    files.set_header(HEADER)
    put(files, [100, 105, 109, 112, 121, 122, 90, 132])
    files.finish()
    assert contents(tmp_path) == {
        "f-100": [100, 105, 109], "f-112": [112, 121], "f-122": [122, 90], "f-132": [132],
    }  # fmt: skip


def test_so_many_files_of_time_and_it_ends(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f-%s"), Rotation(seconds=10, files=2))
    files.set_header(HEADER)
    put(files, [100, 110, 120, 121])
    files.finish()
    assert files.is_finished
    assert contents(tmp_path) == {"f-100": [100], "f-110": [110]}


def test_sizes_are_counted_anew_in_each_stretch_of_time(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "%s-"), Rotation(octets=24, seconds=10, files=12))
    files.set_header(HEADER)
    put(files, [100, 101, 102, 110, 111])
    files.finish()
    assert contents(tmp_path) == {"100-00": [100], "100-01": [101], "100-02": [102], "110-00": [110], "110-01": [111]}


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Summer time, which ends at 01:00 UTC on the last Sunday of October: from 02:00 to 03:00 comes twice."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def begun(template: Path, rotation: Rotation, **more: Any) -> OutputFiles:
    files = OutputFiles(str(template), rotation, **more)
    files.set_header(HEADER)
    return files


@pytest.mark.usefixtures("berlin")
def test_hour_that_comes_twice_has_two_files(tmp_path: Path) -> None:
    first = 1_761_433_200  # 2025-10-25 23:00 UTC
    hours = [first + 3600 * n for n in range(5)]
    files = begun(tmp_path / "f-%H", Rotation(seconds=3600), began=first)
    put(files, hours)
    files.finish()

    assert {name: len(records) for name, records in contents(tmp_path).items()} == dict.fromkeys(
        ["f-01", "f-02", "f-021", "f-03", "f-04"], 1
    )
    assert len(files.in_place()) == len(files.paths) == 5


def test_name_that_says_too_little_of_the_time_gets_numbers(tmp_path: Path) -> None:
    files = begun(tmp_path / "f-%Y", Rotation(seconds=10), began=100)
    put(files, [100, 110, 120])
    files.finish()

    assert contents(tmp_path) == {"f-1970": [100], "f-19701": [110], "f-19702": [120]}


def test_numbers_go_on_where_the_name_of_a_stretch_comes_again(tmp_path: Path) -> None:
    files = begun(tmp_path / "f-%Y-", Rotation(octets=24, seconds=10), began=100)
    put(files, [100, 101, 110, 111])
    files.finish()

    assert contents(tmp_path) == {"f-1970-": [100], "f-1970-1": [101], "f-1970-2": [110], "f-1970-3": [111]}


def test_ring_goes_on_where_the_name_of_a_stretch_comes_again(tmp_path: Path) -> None:
    files = begun(tmp_path / "f-%Y-", Rotation(octets=24, seconds=10, files=3), began=100)
    put(files, [100, 101, 110, 111])
    files.finish()

    assert contents(tmp_path) == {"f-1970-0": [111], "f-1970-1": [101], "f-1970-2": [110]}


def test_file_in_the_way_of_a_running_capture_is_passed_by(tmp_path: Path) -> None:
    files = begun(tmp_path / "f-%s", Rotation(seconds=10), began=100)
    put(files, [100])
    (tmp_path / "f-110").write_bytes(b"theirs")
    put(files, [110, 120])
    files.finish()

    assert (tmp_path / "f-110").read_bytes() == b"theirs"
    (tmp_path / "f-110").unlink()
    assert contents(tmp_path) == {"f-100": [100], "f-1101": [110], "f-120": [120]}


def test_only_what_may_be_replaced_is_replaced(tmp_path: Path) -> None:
    for name in ("f", "f1", "f2"):
        (tmp_path / name).write_bytes(b"old")
    files = begun(
        tmp_path / "f",
        Rotation(octets=24),
        replaceable=Replaceable(frozenset(map(tmp_path.joinpath, ("f", "f1", "f2")))),
    )
    put(files, [1])
    (tmp_path / "f3").write_bytes(b"came later")
    put(files, [2, 3, 4])
    files.finish()

    assert (tmp_path / "f3").read_bytes() == b"came later"
    (tmp_path / "f3").unlink()
    assert contents(tmp_path) == {"f": [1], "f1": [2], "f2": [3], "f4": [4]}


def test_old_file_stays_until_a_record_is_there(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o644)
    files = begun(path, Rotation(), replaceable=ANY)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"old", 0o644)
    assert files.replaces

    put(files, [1])
    assert contents(tmp_path) == {"f": [1]}
    assert not files.replaces
    files.close()


def test_old_file_stays_where_no_record_came(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    files = begun(tmp_path / "f", Rotation(), replaceable=ANY)
    files.close()

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]
    assert files.paths == []


def test_files_that_are_gone_are_not_counted(tmp_path: Path) -> None:
    files = begun(tmp_path / "f", Rotation(octets=24))
    put(files, [1, 2, 3])
    (tmp_path / "f1").unlink()
    files.finish()

    assert files.paths == [tmp_path / "f", tmp_path / "f1", tmp_path / "f2"]
    assert files.in_place() == [tmp_path / "f", tmp_path / "f2"]


def test_file_that_was_removed_while_it_was_written_is_said(tmp_path: Path) -> None:
    files = begun(tmp_path / "f", Rotation())
    put(files, [1])
    (tmp_path / "f").unlink()
    with pytest.raises(OutputError) as caught:
        files.finish()
    files.close()

    assert caught.value.key == "messages.output_gone"


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
    OutputFiles(str(tmp_path / "f"), rotation, ANY).close()


def test_link_in_the_rings_place_is_never_followed(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "f"), Rotation(octets=24, files=2))
    files.set_header(HEADER)
    put(files, [1])
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / "f1").symlink_to(tmp_path / "victim")
    with pytest.raises(OutputError):
        put(files, [2])
    files.finish()
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
    files.finish()
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
    files.finish()
    assert caught.value.key == "messages.output_disk_full"
    assert contents(tmp_path) == {"f": [1, 2]}


def test_capture_that_could_not_begin_leaves_no_file(tmp_path: Path) -> None:
    OutputFiles(str(tmp_path / "f"), Rotation(octets=9, files=3)).close()
    assert list(tmp_path.iterdir()) == []
