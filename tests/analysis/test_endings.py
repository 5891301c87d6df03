"""Who ended a stream, and after how long a silence: the columns of the stream table against a plain reading."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from traces import write_trace

from tcptui.analysis.stream.endings import update_endings
from tcptui.analysis.stream.table import ENDED_BY_A, ENDED_BY_B, PEER_SPOKE_LAST
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("ending", "quiet_ns", "spoke_ns_a", "spoke_ns_b", "spoke_end_a", "spoke_end_b")
ALERT = "hex=1703030013" + "66" * 19


def random_lines(chance: random.Random) -> list[str]:
    """A few connections at once, with FINs, resets and alerts at any place; numbers follow what was sent."""
    lines, ms = [], 0.0
    sent = {(port, end): 0 for port in range(40_000, 40_004) for end in "CS"}
    for _ in range(80):
        ms += chance.choice([0.5, 3, 40, 2500])
        port, end = chance.randrange(40_000, 40_004), chance.choice("CS")
        own, other = sent[port, end], sent[port, "S" if end == "C" else "C"]
        ack = max(other - chance.choice([0, 0, 0, 24, 100]), 0)
        if own == 0:
            flags, payload, size = ("S" if end == "C" else "SA"), "", 1
        else:
            flags, payload, size = chance.choice(
                [("PA", "100", 100), ("PA", "1", 1), ("A", "", 0), ("PA", ALERT, 24), ("FA", "", 1), ("R", "", 0),
                 ("RA", "", 0), ("PFA", "60", 61)]
            )  # fmt: skip
        lines.append(f"{ms} {end} {flags} {own} {ack} {payload} port={port}")
        sent[port, end] = own + size
    return lines


def expected(session: Session, stream: int) -> tuple[int, int]:
    """``ending`` and ``quiet_ns``, packet by packet."""
    store, table = session.store, session.streams
    spoke: dict[int, tuple[int, int]] = {}
    acked: dict[int, int] = {}
    ending = quiet = 0
    flags_before = 0
    for row in session.rows_of(stream).tolist():
        side, flags, now = int(store.from_b[row]), int(store.flags[row]), int(store.time_ns[row])
        seq, length = int(store.seq[row]), int(store.length[row])
        speaks = length > 0 and not flags & RST and length != 24 and not int(store.verdict[row]) & 0x80
        if flags & ACK:
            acked[side] = int(store.ack[row])
        if speaks:
            spoke[side] = now, seq + length + bool(flags & SYN)
            if ending and not ending & (ENDED_BY_B if side else ENDED_BY_A):
                ending |= PEER_SPOKE_LAST
        ends = bool(flags & FIN) or (bool(flags & RST) and flags_before & (SYN | ACK) != SYN)
        if ends and not ending:
            own, other = spoke.get(side, (0, 0)), spoke.get(1 - side, (0, 0))
            heard = other[1] <= acked.get(side, 0)
            since = max(own[0], other[0] if heard else 0) or int(table.began_ns[stream])
            quiet = now - since
            ending = (ENDED_BY_B if side else ENDED_BY_A) | (PEER_SPOKE_LAST if other[0] and other[0] >= own[0] else 0)
        flags_before = flags
    return ending, quiet


@pytest.mark.parametrize("seed", range(25))
def test_endings_are_those_of_a_plain_reading(tmp_path: Path, seed: int) -> None:
    session = open_file(write_trace(tmp_path / "trace.pcap", random_lines(random.Random(seed))))

    for stream in range(session.streams.count):
        found = int(session.streams.ending[stream]), int(session.streams.quiet_ns[stream])
        assert found == expected(session, stream), stream


@pytest.mark.parametrize("seed", range(10))
def test_batches_do_not_matter(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    session = open_file(write_trace(tmp_path / "trace.pcap", random_lines(chance)))
    store, table = session.store, session.streams
    known = {name: getattr(table, name)[: table.count].copy() for name in COLUMNS}
    leaving = np.flatnonzero(store.length[: store.count] == 24)
    for name in COLUMNS:
        getattr(table, name)[:] = 0
    first = 0
    while first < store.count:
        count = min(chance.randint(1, 9), store.count - first)
        mine = leaving[(leaving >= first) & (leaving < first + count)] - first
        update_endings(store, table, first, count, mine)
        first += count

    for name in COLUMNS:
        assert getattr(table, name)[: table.count].tolist() == known[name].tolist(), name


def test_refusal_ends_nothing(tmp_path: Path) -> None:
    session = open_file(write_trace(tmp_path / "trace.pcap", ["0 C S 0 0", "1 S RA 0 1"]))

    assert session.streams.closers(slice(1)).tolist() == [0]


def test_keep_alive_breaks_no_silence(tmp_path: Path) -> None:
    talk = ["0 C S 0 0", "1 S SA 0 1", "2 C A 1 1", "3 C PA 1 1 10", "4 S PA 1 11 10", "5 C A 11 11"]
    probes = ["20005 C A 10 11 1", "20006 S A 11 11", "30000 S FA 11 11"]
    session = open_file(write_trace(tmp_path / "trace.pcap", [*talk, *probes]))

    assert session.streams.closers(slice(1)).tolist() == [2]
    assert int(session.streams.quiet_ns[0]) == 29_996_000_000
