"""Who ended a stream, and after how long a silence: the columns of the stream table against a plain reading."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.stream.endings import update_endings
from tcptui.analysis.stream.same_server import Siblings
from tcptui.analysis.stream.table import ENDED_BY_A, ENDED_BY_B, PEER_SPOKE_LAST
from tcptui.findings.facts import ConnectionFacts, RuleContext
from tcptui.findings.unanswered import quiet_ns
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.verdict import Verdict
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("ending", "quiet_ns", "spoke_ns_a", "spoke_ns_b", "spoke_end_a", "spoke_end_b")
AGAIN = Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION | Verdict.OUT_OF_ORDER
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
    spoke: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
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
            if not int(store.verdict[row]) & AGAIN:
                spoke[side].append((now, seq + length + bool(flags & SYN)))
            if ending and not ending & (ENDED_BY_B if side else ENDED_BY_A):
                ending |= PEER_SPOKE_LAST
        ends = bool(flags & FIN) or (bool(flags & RST) and flags_before & (SYN | ACK) != SYN)
        if ends and not ending:
            own, other = ([(0, 0), *spoke[one]] for one in (side, 1 - side))
            received = max(spoken if number <= acked.get(side, -1) else 0 for spoken, number in other)
            quiet = now - (max(own[-1][0], received) or int(table.began_ns[stream]))
            waits = other[-1][0] >= own[-1][0] or -1 < acked.get(side, -1) < other[-1][1]
            ending = (ENDED_BY_B if side else ENDED_BY_A) | (PEER_SPOKE_LAST if other[-1][0] and waits else 0)
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


def quiet_s(tmp_path: Path, *lines: str) -> float:
    """How long stream 0 had been quiet before its end (s), by the stream table; the rules say the same."""
    session = open_file(write_trace(tmp_path / "trace.pcap", [*TALK, *lines]))
    context = RuleContext(
        quality=session.quality,
        read_packet=session.reader.packet,
        read_segments=session.reader.segments,
        siblings=Siblings(session.store, session.streams),
    )
    connection = ConnectionFacts(view_of(session, 0), context)
    found = int(session.streams.quiet_ns[0])

    assert found == quiet_ns(connection, min((*connection.fins, *connection.rsts)))
    return found / 1e9


TALK = ["0 C S 0 0 sackok=1", "1 S SA 0 1 sackok=1", "2 C A 1 1", "3 C PA 1 1 10", "4 S PA 1 11 10", "5 C A 11 11"]
#: An upload five seconds later, of which the server has the first half when it closes.
UPLOAD = ["5000 C A 11 11 1000", "5001 C A 1011 11 1000", "5002 C A 2011 11 1000"]


def test_payload_that_crosses_the_end_does_not_hide_what_was_heard_before_it(tmp_path: Path) -> None:
    assert quiet_s(tmp_path, *UPLOAD, "5021 S A 11 1011", "5022 S FA 11 1011") == pytest.approx(0.022)
    assert quiet_s(tmp_path, *UPLOAD, "5022 S RA 11 2011") == pytest.approx(0.021)


def test_payload_that_was_reported_behind_a_hole_was_heard(tmp_path: Path) -> None:
    assert quiet_s(tmp_path, *UPLOAD, "5022 S FA 11 11 sack=1011:2011") == pytest.approx(0.021)


def test_payload_that_only_crosses_the_end_leaves_it_idle(tmp_path: Path) -> None:
    assert quiet_s(tmp_path, *UPLOAD, "5003 S FA 11 11") == pytest.approx(4.999)


def test_retransmission_is_no_new_message(tmp_path: Path) -> None:
    again = ["5000 C PA 11 11 10", "5300 C PA 11 11 10", "5301 S A 11 21"]

    assert quiet_s(tmp_path, *again, "9000 S FA 11 21") == pytest.approx(4)


def test_alert_that_was_heard_is_no_message(tmp_path: Path) -> None:
    assert quiet_s(tmp_path, "9000 C PA 11 11 hex=15030300020100", "9002 S FA 11 18") == pytest.approx(8.998)
