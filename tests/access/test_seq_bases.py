"""What is told of one packet in a long stream is what reading all of it would tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import ACK, PSH, SYN, Tape

from tcptui.access import seq_bases as landmarks
from tcptui.access.seq_bases import SeqBases
from tcptui.access.stream_rows import place_of
from tcptui.model.packet_store import RowKind
from tcptui.model.verdict import Verdict
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

CLIENT, SERVER = "10.0.0.1:1", "192.0.2.1:80"


@pytest.fixture
def reused(tmp_path: Path) -> Session:
    """One opening that is answered three times, by other numbers each time, so that the server's base moves."""
    tape = Tape()
    tape.tcp(0, CLIENT, SERVER, SYN, 1000)
    for turn in range(3):
        ms, first = 1000 * turn, 5000 + 700_000 * turn
        tape.tcp(ms + 40, SERVER, CLIENT, SYN | ACK, first, 1001)
        tape.tcp(ms + 41, CLIENT, SERVER, ACK, 1001, first + 1)
        tape.tcp(ms + 42, CLIENT, SERVER, PSH | ACK, 1001 + 3 * turn, first + 1, b"ask")
        tape.tcp(ms + 80, SERVER, CLIENT, PSH | ACK, first + 1, 1004 + 3 * turn, b"answer")
    path = tmp_path / "a.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def test_base_at_each_row_is_that_of_the_whole_stream(reused: Session) -> None:
    assert reused.streams.count == 1
    assert int(reused.streams.verdicts[0]) & Verdict.REUSED_PORTS
    rows = reused.rows_of(0)
    different = []
    for of_b in (False, True):
        expected = reused.streams.bases(reused.store, rows, np.full(len(rows), of_b)).tolist()
        assert [reused.reader.landmarks.base(0, row, of_b) for row in rows.tolist()] == expected
        different.append(len(set(expected)))
    assert sorted(different) == [1, 3]


def test_position_counts_segments_and_no_quotes(reused: Session) -> None:
    store = reused.store
    rows = reused.rows_of(0)
    store.kind[rows[3]] = RowKind.ICMP_QUOTE
    marks = SeqBases(store, reused.streams, reused.rows_of)
    assert [marks.position(0, row) for row in rows.tolist()] == np.cumsum(store.kind[rows] == RowKind.TCP).tolist()


def test_landmarks_are_looked_for_only_in_rows_that_came_since(reused: Session) -> None:
    every = reused.rows_of(0)
    known = every[:4]
    marks = SeqBases(reused.store, reused.streams, lambda _stream: known)
    first = [marks.position(0, int(row)) for row in known]
    reused.store.kind[every[1]] = RowKind.ICMP_QUOTE  # nobody looks there any more
    known = every
    assert [marks.position(0, int(row)) for row in every[:4]] == first
    assert marks.position(0, int(every[-1])) == len(every)


def test_rows_that_have_left_are_no_landmarks(reused: Session) -> None:
    every = reused.rows_of(0)
    reused.store.kind[every[1]] = RowKind.ICMP_QUOTE
    known = every
    marks = SeqBases(reused.store, reused.streams, lambda _stream: known)
    assert marks.position(0, int(every[3])) == 3
    known = every[2:]
    assert marks.position(0, int(every[3])) == 2
    known = every[:0]
    assert marks.position(0, int(every[3])) == 0


@pytest.mark.parametrize("dense", [0, 8, 1 << 30])
def test_rows_of_other_streams_in_between_are_no_landmarks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dense: int
) -> None:
    """Whether the stream's rows are picked or all that lies between is read."""
    monkeypatch.setattr(landmarks, "_DENSE", dense)
    tape = Tape()
    for turn in range(6):
        tape.tcp(turn, f"10.0.0.{turn % 3 + 1}:1", SERVER, SYN | ACK, 1000 + turn, 1)
    path = tmp_path / "a.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    for stream in range(3):
        rows = session.rows_of(stream)
        session.store.kind[rows[1]] = RowKind.ICMP_QUOTE
    for stream in range(3):
        rows = session.rows_of(stream)
        marks = SeqBases(session.store, session.streams, session.rows_of)
        assert [marks.position(stream, int(row)) for row in rows] == [1, 1]


def test_many_streams_asked_for_are_not_all_kept(reused: Session) -> None:
    marks = SeqBases(reused.store, reused.streams, lambda _stream: reused.rows_of(0))
    for stream in range(40):
        marks.position(stream, 0)
    assert len(marks._known) == 16


def test_place_of_a_row_is_found_as_numpy_finds_it() -> None:
    rows = np.array([2, 5, 5, 9], np.int32)
    for row in range(-1, 12):
        assert place_of(rows, row) == int(np.searchsorted(rows, row))
        assert place_of(rows, row, after=True) == int(np.searchsorted(rows, row, side="right"))
