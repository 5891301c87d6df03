from __future__ import annotations

import numpy as np
import pytest

from tcptui.access import measures as tally
from tcptui.access.measures import Tally, tcp_packets
from tcptui.analysis.stream.row_order import RowOrder
from tcptui.model.packet_store import PacketStore, RowKind
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

ROWS, STREAMS = 500, 7


def random_store(seed: int) -> PacketStore:
    rng = np.random.default_rng(seed)
    store = PacketStore()
    store.kind[:ROWS] = rng.choice([RowKind.TCP, RowKind.TCP, RowKind.OTHER, RowKind.TCP_CUT, RowKind.ICMP_QUOTE], ROWS)
    store.stream[:ROWS] = rng.integers(0, STREAMS - 1, ROWS)  # the last one has only an ICMP error
    store.stream[0], store.kind[0] = STREAMS - 1, RowKind.ICMP_QUOTE
    store.verdict[:ROWS] = rng.choice([0, Verdict.RETRANSMISSION, Verdict.OUT_OF_ORDER | Verdict.ZERO_WINDOW], ROWS)
    store.flags[:ROWS] = rng.choice([TcpFlag.SYN, TcpFlag.ACK, TcpFlag.ACK | TcpFlag.RST], ROWS)
    store.from_b[:ROWS] = rng.integers(0, 2, ROWS)
    store.time_ns[:ROWS] = np.sort(rng.integers(0, 10**9, ROWS))
    store.acked[:ROWS] = np.where(rng.random(ROWS) < 0.4, rng.integers(0, np.arange(ROWS) + 1), -1)
    store.publish(ROWS)
    return store


def test_counts_do_not_depend_on_the_pieces_and_equal_counting_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    store = random_store(7)
    monkeypatch.setattr(tally, "PIECE", 64)
    counted = Tally(store, STREAMS)
    for stream in range(STREAMS):
        rows = [row for row in range(ROWS) if store.stream[row] == stream and store.kind[row] == RowKind.TCP]
        assert counted.last[stream] == (rows[-1] if rows else -1)
        assert counted.from_b[stream] == sum(bool(store.from_b[row]) for row in rows)
        assert counted.resent[stream] == sum(bool(store.verdict[row] & Verdict.RETRANSMISSION) for row in rows)
        assert counted.stalled[stream] == sum(bool(store.verdict[row] & Verdict.ZERO_WINDOW) for row in rows)
        acking = [row for row in rows if store.acked[row] >= 0]
        times = sorted(int(store.time_ns[row] - store.time_ns[store.acked[row]]) for row in acking)
        mine = counted.round_trips[counted.starts[stream] : counted.starts[stream + 1]]
        assert mine.tolist() == [time for time in times if time > 0]
    assert tcp_packets(store) == sum(int(kind) in (RowKind.TCP, RowKind.TCP_CUT) for kind in store.kind[:ROWS])


@pytest.mark.parametrize(("first", "last"), [(0, STREAMS - 1), (2, 4), (STREAMS - 1, STREAMS - 1)])
def test_some_streams_are_counted_from_their_own_rows_as_among_all(first: int, last: int) -> None:
    store = random_store(3)
    whole, chosen = Tally(store, STREAMS), np.arange(first, last + 1)
    part = Tally(store, len(chosen), RowOrder(store, STREAMS).of_each(chosen), first)
    for name in ("last", "from_b", "resent", "disordered", "duplicate", "stalled", "missed"):
        assert getattr(part, name).tolist() == getattr(whole, name)[chosen].tolist()
    times = whole.round_trips[whole.starts[first] : whole.starts[last + 1]]
    assert part.round_trips.tolist() == times.tolist()
    assert part.starts.tolist() == (whole.starts[first : last + 2] - whole.starts[first]).tolist()


def test_capture_without_packets_counts_nothing() -> None:
    counted = Tally(PacketStore(), 0)
    assert (tcp_packets(PacketStore()), len(counted.round_trips), counted.starts.tolist()) == (0, 0, [0])
