"""The seconds around a finding are in a file of their own, every packet once."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from captures import START_NS, Tape

from tcptui.model.errors import OutputError
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.session.session import Session, open_file
from tcptui.session.watch.packet_saver import PacketSaver, _without

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A hundred packets, one a second: frame n at second n - 1."""
    tape = Tape()
    for second in range(100):
        tape.tcp(1000 * second, "10.0.0.1:4000", "10.0.0.2:80", 16, second, 1, bytes([second]))
    path = tmp_path / "all.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def surroundings(session: Session, tmp_path: Path, before: float = 2, after: float = 1) -> PacketSaver:
    descriptors = [source.descriptor for source in session._sources]
    folder = tmp_path / "kept"
    folder.mkdir(exist_ok=True)
    return PacketSaver(
        session.store, session.reader.sources, descriptors, str(folder / "k.pcap"), before=before, after=after
    )  # fmt: skip


def finding(*frames: int, name: FindingId = FindingId.TAIL_LOSS) -> Finding:
    return Finding(name, 0, frames, Severity.WARNING, Confidence.LIKELY)


def kept(tmp_path: Path) -> dict[str, list[int]]:
    """Name to the seconds of the packets."""
    found = {}
    for path in sorted((tmp_path / "kept").iterdir()):
        data, seconds = path.read_bytes(), []
        assert struct.unpack("<IHHiIII", data[:24]) == (0xA1B23C4D, 2, 4, 0, 0, 262144, 101)
        at = 24
        while at < len(data):
            second, _nano, captured, wire = struct.unpack_from("<IIII", data, at)
            assert captured == wire == 41
            seconds.append(second - START_NS // 10**9)
            at += 16 + captured
        found[path.name] = seconds
    return found


def test_each_packet_of_the_evidence_has_its_seconds(session: Session, tmp_path: Path) -> None:
    around = surroundings(session, tmp_path)
    around.want(finding(11, 51))
    around.write(over=True)
    assert kept(tmp_path) == {"k-1-tail-loss.pcap": [8, 9, 10, 11], "k-2-tail-loss.pcap": [48, 49, 50, 51]}
    assert (around.packets, around.missed, len(around.paths)) == (8, 0, 2)


def test_overlapping_stretches_are_one_named_after_the_first(session: Session, tmp_path: Path) -> None:
    around = surroundings(session, tmp_path)
    around.want(finding(11))
    around.want(finding(13, name=FindingId.ZERO_WINDOW))
    around.want(finding(9))
    around.write(over=True)
    assert kept(tmp_path) == {"k-1-tail-loss.pcap": [6, 7, 8, 9, 10, 11, 12, 13]}


def test_no_packet_is_written_twice_when_a_finding_comes_late(session: Session, tmp_path: Path) -> None:
    around = surroundings(session, tmp_path)
    around.want(finding(11))
    around.write(over=False)
    around.want(finding(10, 12))  # before and behind what is in the file already
    around.write(over=False)
    around.want(finding(12))
    around.write(over=True)
    every = sorted(second for seconds in kept(tmp_path).values() for second in seconds)
    assert every == [7, 8, 9, 10, 11, 12]


def test_file_that_is_still_open_grows_at_its_end(session: Session, tmp_path: Path) -> None:
    around = surroundings(session, tmp_path, before=1, after=5)
    around.want(finding(97))
    around.write(over=False)
    assert around.is_pending
    around.want(finding(100))
    around.write(over=True)
    assert kept(tmp_path) == {"k-1-tail-loss.pcap": [95, 96, 97, 98, 99]}


def test_packets_that_have_left_are_not_there_to_keep(session: Session, tmp_path: Path) -> None:
    around = surroundings(session, tmp_path)
    session.store.evict(10)
    around.want(finding(5, 12))
    around.write(over=True)
    assert kept(tmp_path) == {"k-1-tail-loss.pcap": [10, 11, 12]}


def test_files_of_an_earlier_run_are_refused_before_anything_is_captured(session: Session, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "k-7-zero-window.pcap").touch()
    with pytest.raises(OutputError) as caught:
        surroundings(session, tmp_path)
    assert caught.value.key == "messages.output_exists"


def test_missing_directory_is_said_at_once(session: Session, tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        PacketSaver(session.store, session.reader.sources, [0], str(tmp_path / "no" / "k"), before=1, after=1)
    assert caught.value.key == "messages.output_no_directory"


@pytest.mark.parametrize(
    ("piece", "done", "left"),
    [
        ((1, 5), (7, 9), [(1, 5)]),
        ((7, 9), (1, 5), [(7, 9)]),
        ((1, 9), (3, 5), [(1, 2), (6, 9)]),
        ((1, 5), (3, 9), [(1, 2)]),
        ((3, 9), (1, 5), [(6, 9)]),
        ((3, 5), (1, 9), []),
        ((3, 5), (3, 5), []),
    ],
)
def test_stretch_without_another(piece: tuple[int, int], done: tuple[int, int], left: list[tuple[int, int]]) -> None:
    assert _without(piece, *done) == left
