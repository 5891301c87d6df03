"""Rates of the capture and of its connections, with a clock that is held by hand."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcptui.access.progress import Phase
from tcptui.model.units import NS_PER_S
from tcptui.session import rates as module
from tcptui.session.rates import EVERY_NS, MOST_PACKETS, WINDOW_NS, Rate, Rates, rates_of
from tcptui.session.session import Session, open_file
from tests.support.traces import write_trace

if TYPE_CHECKING:
    from tcptui.access.progress import Progress
    from tcptui.model.packet_store import I32

#: Bytes of a frame of these traces without payload (raw IPv4, no options) and with 1,000 bytes.
BARE, FULL = 40, 1_040


class Clock:
    """Passes when a test says so."""

    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


def two_talkers(path: Path) -> Session:
    """Stream 0 sends 1,000 bytes every 100 ms for 10 s, stream 1 a bare ACK every 500 ms, and a datagram at the end."""
    lines = [f"{100 * at} C A {1 + 1000 * at} 1 1000" for at in range(101)]
    lines += [f"{500 * at + 1} C A 1 1 port=41000" for at in range(20)]
    lines += ["9999 C . 0 0 972 udp=1"]
    return open_file(write_trace(path / "talk.pcap", sorted(lines, key=lambda line: float(line.split()[0]))))


def live(session: Session) -> Progress:
    return replace(session.progress, phase=Phase.LIVE)


def streams(*numbers: int) -> I32:
    return np.array(numbers, np.int32)


def test_rates_of_a_file_are_averages_over_the_capture_and_over_each_connection(tmp_path: Path) -> None:
    session = two_talkers(tmp_path)
    rates_of(session).look(session.progress)

    octets = session.progress.wire_bytes
    assert octets == int(session.store.wire_length[:122].sum()) > 101 * FULL
    assert rates_of(session).total == Rate(round(122 / 10), round(octets * 8 / 10))
    assert not rates_of(session).are_current
    assert rates_of(session).packets(streams(0, 1)).tolist() == [10, 2]
    assert rates_of(session).bits(streams(0, 1)).tolist() == [round(101 * FULL * 8 / 10), round(20 * BARE * 8 / 9.5)]


def test_file_that_is_still_being_read_has_no_average(tmp_path: Path) -> None:
    """It would be another one each moment."""
    session = two_talkers(tmp_path)
    rates = rates_of(session)
    rates.look(replace(session.progress, phase=Phase.LOADING))
    while_reading = rates.total
    rates.look(session.progress)

    assert while_reading is None
    assert rates.total is not None


def test_lone_exchange_has_no_average(tmp_path: Path) -> None:
    short = ["0 C S 0 0", "4.9 S RA 0 1"]
    long = ["0 C S 0 0", "5 S RA 0 1"]
    for lines, packets in ((short, 0), (long, 400)):
        session = open_file(write_trace(tmp_path / f"{packets}.pcap", lines))
        rates_of(session).look(session.progress)
        assert rates_of(session).packets(streams(0)).tolist() == [packets]
        assert (rates_of(session).total is None) == (packets == 0)


def test_rates_while_packets_come_are_those_of_the_last_seconds_and_fall_to_nothing(
    tmp_path: Path, clock: Clock
) -> None:
    session = two_talkers(tmp_path)
    rates = Rates(session.store, session.streams, clock)
    rates.look(live(session))

    assert rates.are_current
    # In (7 s, 10 s]: 30 segments, 6 ACKs, the datagram.
    assert rates.total is not None
    assert rates.total.packets == round(37 / 3)
    assert rates.packets(streams(1, 0)).tolist() == [2, 10]
    assert rates.bits(streams(0)).tolist() == [10 * FULL * 8]

    clock.ns += 2 * NS_PER_S
    assert rates.look(live(session))
    assert rates.packets(streams(0)).tolist() == [round(10 / 3)]
    clock.ns += NS_PER_S
    assert rates.look(live(session))
    assert rates.total == Rate(0, 0)
    assert rates.bits(streams(0, 1)).tolist() == [0, 0]
    clock.ns += NS_PER_S
    assert not rates.look(live(session))


def test_current_rates_are_measured_no_more_often_than_can_be_read(tmp_path: Path, clock: Clock) -> None:
    session = two_talkers(tmp_path)
    rates = Rates(session.store, session.streams, clock)
    rates.look(live(session))
    before = rates.total
    clock.ns += EVERY_NS - 1
    assert not rates.look(live(session))
    assert rates.total == before
    clock.ns += 1
    assert rates.look(live(session))


def test_first_packets_of_a_capture_are_no_peak(tmp_path: Path, clock: Clock) -> None:
    session = open_file(write_trace(tmp_path / "few.pcap", ["0 C A 1 1 1000", "1 C A 1001 1 1000"]))
    rates = Rates(session.store, session.streams, clock)
    rates.look(live(session))

    assert rates.total == Rate(2, 2 * FULL * 8)


def test_end_of_the_capture_turns_rates_into_averages(tmp_path: Path, clock: Clock) -> None:
    session = two_talkers(tmp_path)
    rates = Rates(session.store, session.streams, clock)
    rates.look(live(session))

    assert rates.look(session.progress)
    assert not rates.are_current
    assert not rates.look(session.progress)


def test_more_packets_than_are_read_shorten_the_time_not_the_rate(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = two_talkers(tmp_path)
    monkeypatch.setattr(module, "MOST_PACKETS", 13)
    rates = Rates(session.store, session.streams, clock)
    rates.look(live(session))

    assert MOST_PACKETS > 13
    assert rates.total is not None
    assert rates.total.packets in range(11, 15)


@settings(max_examples=40)  # each example is a capture that is opened
@given(st.lists(st.tuples(st.integers(0, 6_000), st.integers(0, 2), st.integers(0, 900)), min_size=1, max_size=60))
def test_current_rates_are_the_sums_of_the_packets_in_the_window(packets: list[tuple[int, int, int]]) -> None:
    lines = [f"{ms} C A 1 1 {size} port={41_000 + port}" for ms, port, size in sorted(packets)]
    with tempfile.TemporaryDirectory() as folder:
        session = open_file(write_trace(Path(folder) / "any.pcap", lines))
    rates = Rates(session.store, session.streams, Clock())
    rates.look(live(session))

    store, count = session.store, session.store.count
    times, latest = store.time_ns[:count], session.store.latest_ns
    span = min(WINDOW_NS, max(NS_PER_S, latest - int(times.min())))
    recent = times > latest - span
    for stream in range(session.streams.count):
        mine = recent & (store.stream[:count] == stream)
        assert rates.packets(streams(stream)).tolist() == [round(int(mine.sum()) * NS_PER_S / span)]
        bits = int(store.wire_length[:count][mine].sum()) * 8
        assert abs(int(rates.bits(streams(stream))[0]) - bits * NS_PER_S / span) <= 1
