"""Numbers of UDP conversations: bounded, the same for whoever asks, and of packets that came later, too."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import Tape

from tcptui.dfilter.compile import compile_filter
from tcptui.model.fields import FIELDS
from tcptui.session import datagrams
from tcptui.session.datagrams import datagram_index
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

ALL = np.arange(300, dtype=np.int32)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """300 datagrams of a byte, of 10 conversations in turn, and as many TCP segments of one connection."""
    tape = Tape()
    for number in range(300):
        tape.ip(number, "10.0.0.1", "10.0.0.2", 17, struct.pack("!HHHH", 1000 + number % 10, 53, 9, 0) + b"x")
    tape.handshake(400, "10.0.0.1:1000", "10.0.0.2:80")
    path = tmp_path / "udp.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def numbers(session: Session, rows: np.ndarray = ALL) -> list[int]:
    found: list[int] = FieldReader(session).occurrences(FIELDS["udp.stream"], rows).values.tolist()
    return found


def test_the_last_packet_has_the_number_that_it_has_among_all(session: Session) -> None:
    assert numbers(session, ALL[-1:]) == [9]
    assert numbers(session) == [number % 10 for number in range(300)]


def test_a_filter_finds_a_conversation(session: Session) -> None:
    mask = FilterRun(session, compile_filter("udp.stream == 3 and udp.time_delta == 0.01")).matching(0, 303)

    assert np.flatnonzero(mask).tolist() == list(range(13, 300, 10))


def test_what_was_cancelled_is_not_counted_twice(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagrams, "BATCH", 10)
    asked = iter([False] * 12 + [True] * 10_000)
    run = FilterRun(session, compile_filter("udp.stream == 3"))
    with pytest.raises(Cancelled):
        run.matching(0, 303, cancelled=lambda: next(asked))

    assert 0 < datagram_index(session).stop < 303
    assert numbers(session) == [number % 10 for number in range(300)]


def test_a_flood_of_addresses_gets_no_more_numbers(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagrams, "MOST_CONVERSATIONS", 4)

    assert numbers(session) == [number % 10 for number in range(300) if number % 10 < 4]


def test_evicted_packets_are_forgotten_and_numbers_stay(session: Session) -> None:
    numbers(session)
    datagram_index(session).drop(200)

    assert datagram_index(session).places_of(199) == []
    assert datagram_index(session).places_of(299)[0].stream == 9


def test_no_tree_is_built_of_a_segment_that_can_have_no_udp_header(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    packet = session.reader.packet

    def counting(row: int) -> object:
        read.append(row)
        return packet(row)

    monkeypatch.setattr(session.reader, "packet", counting)
    FilterRun(session, compile_filter("udp.port == 53")).matching(300, 303)

    assert read == []
