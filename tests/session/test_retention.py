"""A capture that runs for days: the oldest packets leave, what is kept stays as it was, and nothing false is said."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import SERVER, Tape, many
from forgetting import as_pcap, ends_of
from growing_source import GrowingSource

from tcptui.access.open_capture import rows_seen, view_of
from tcptui.capture.spool.punch import allocated_bytes, released_until
from tcptui.model.errors import OutputError
from tcptui.model.packet_store import NO_ROW, PacketStore
from tcptui.session.catch_up import Compile
from tcptui.session.retention import LEAST_MEMORY, MOST_MEMORY, Bounds, memory_limit, next_first
from tcptui.session.session import Session

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32

CASES: Final = Path(__file__).parents[2] / "cases"
#: What no later packet and no leaving changes.
LASTING = ("frame", "time_ns", "stream", "verdict", "dup_ack_number", "bytes_in_flight", "seq", "flags")


def _watch(
    data: bytes, bounds: Bounds | None, step: int = 1, *, limit: int | None = None, directory: Path | None = None
) -> tuple[Session, GrowingSource]:
    """``data`` as it is seen by who looks every ``step`` packets."""
    source = GrowingSource(data, ends_of(data)[step - 1 :: step], limit_bytes=limit, directory=directory)
    session = Session([source], compile_when=Compile.NEVER)
    if bounds is not None:
        session.ring.bounds = bounds
    asyncio.run(asyncio.wait_for(session.run(), 600))
    return session, source


def _ids(session: Session) -> list[set[str]]:
    return [{finding.id.value for finding in found} for _, found in session.each_findings(range(session.streams.count))]


# -- which rows leave ---------------------------------------------------------------


def _store(rows: int, size: int = 100) -> PacketStore:
    store = PacketStore()
    store.reserve(rows)
    store.offset[:rows] = 24 + 16 + np.arange(rows) * (16 + size)
    store.time_ns[:rows] = 0
    store.publish(rows)
    return store


def test_nothing_leaves_within_the_bounds() -> None:
    assert next_first(_store(1_000), Bounds(1_000, 200_000), 116_024) == 0


def test_beyond_the_rows_an_eighth_leaves() -> None:
    assert next_first(_store(1_001), Bounds(1_000), 0) == 1_001 - 875


def test_bytes_leave_before_the_spool_is_full() -> None:
    store = _store(1_000)

    first = next_first(store, Bounds(10_000, 116_024), 116_024)

    kept = 116_024 - (int(store.offset[first]) - 16)
    assert 0.6 * 116_024 < kept <= 0.63 * 116_024


def test_one_row_stays_when_all_that_came_since_is_not_read_yet() -> None:
    assert next_first(_store(1_000), Bounds(10_000, 116_024), 10_000_000) == 999


def test_default_memory_lies_within_its_bounds() -> None:
    assert LEAST_MEMORY <= memory_limit() <= MOST_MEMORY


# -- what is kept -----------------------------------------------------------------


def test_rows_are_bounded_and_keep_what_they_said() -> None:
    data = many(40).pcap()
    everything, _ = _watch(data, None)
    session, _ = _watch(data, Bounds(64))
    store, first, count = session.store, session.store.first, session.store.count

    assert count == everything.store.count
    assert 40 <= count - first <= 64
    assert session.progress.evicted == first
    for name in LASTING:
        assert (getattr(store, name)[first:count] == getattr(everything.store, name)[first:count]).all(), name
    assert session.streams.count == everything.streams.count
    for name in ("packets", "payload_a", "duration_ns", "began_ns", "latest_ns", "client_is_b", "irtt_ns"):
        assert (getattr(session.streams, name)[:40] == getattr(everything.streams, name)[:40]).all(), name


def test_states_of_a_connection_stay_when_its_packets_have_left() -> None:
    data = many(40).pcap()
    everything, _ = _watch(data, None)
    session, _ = _watch(data, Bounds(64))

    for before, after in zip(
        everything.streams.last_states(everything.store, np.arange(40)),
        session.streams.last_states(session.store, np.arange(40)),
        strict=True,
    ):
        assert before.tolist() == after.tolist()


def test_what_has_left_is_asked_for_in_vain_but_in_peace() -> None:
    session, _ = _watch(many(40).pcap(), Bounds(64))
    first = session.store.first

    assert session.store.row_of_frame(first) == NO_ROW
    assert session.store.row_of_frame(first + 1) == first
    assert session.reader.packet(0).data == b""
    assert session.reader.packet(0).analysis is None
    assert session.reader.packet(first).data
    for stream in range(session.streams.count):
        rows = session.rows_of(stream)
        assert not len(rows) or rows[0] >= first
        assert rows_seen(session, stream) == session.streams.packets[stream]
        assert len(view_of(session, stream)) == len(rows)
        session.findings(stream)
        session.directions(stream)
        session.application(stream)


def test_rows_of_a_stream_are_the_same_whether_they_were_known_before_or_not() -> None:
    tape = Tape()
    client, server = "10.0.0.1:40000", f"{SERVER}:80"
    tape.handshake(0, client, server)
    for n in range(200):
        tape.tcp(100 + n, client, server, 0x18, 1001 + n, 9001, b"x")
    data = tape.pcap()
    lists: list[list[int]] = []
    sessions: list[Session] = []

    def look(_end: int) -> None:
        lists.extend(session.rows_of(0).tolist() for session in sessions if session.streams.count)

    session = Session([GrowingSource(data, ends_of(data), seen=look)], compile_when=Compile.NEVER)
    session.ring.bounds = Bounds(32)
    sessions.append(session)
    asyncio.run(asyncio.wait_for(session.run(), 600))
    first = session.store.first

    assert session.rows_of(0).tolist() == list(range(first, session.store.count))
    assert all(rows == list(range(rows[0], rows[-1] + 1)) for rows in lists if rows)


# -- bytes on disk ----------------------------------------------------------------


def _big() -> bytes:
    tape = Tape()
    for connection in range(60):
        client = f"10.0.0.{connection + 1}:40000"
        tape.clean(connection * 200, client, f"{SERVER}:80", b"a" * 1400, b"b" * 1400)
    return tape.pcap()


def test_released_spool_is_small_and_says_where_it_begins(tmp_path: Path) -> None:
    data, limit = _big(), 64 << 10
    assert len(data) > 2 * limit
    session, source = _watch(data, Bounds(10_000, limit), limit=limit, directory=tmp_path)
    store = session.store
    begin = released_until(source.descriptor)
    if not source.released.begin:
        pytest.skip("no holes in files here")

    assert allocated_bytes(source.descriptor) <= limit + 8192
    assert os.fstat(source.descriptor).st_size == len(data)
    assert begin == int(store.offset[store.first]) - 16
    assert session.progress.spool_stored == len(data) - begin
    assert session.reader.packet(store.first).data == data[begin + 16 :][: int(store.captured[store.first])]


def test_saving_gives_the_packets_that_are_kept(tmp_path: Path) -> None:
    data, limit = _big(), 64 << 10
    session, source = _watch(data, Bounds(10_000, limit), limit=limit, directory=tmp_path)
    if not source.released.begin:
        pytest.skip("no holes in files here")
    size = session.save(tmp_path / "saved.pcap")
    saved = (tmp_path / "saved.pcap").read_bytes()

    assert size == len(saved)
    assert saved == data[:24] + data[source.released.begin :]
    with pytest.raises(OutputError):
        session.save(tmp_path / "saved.pcap")


def test_nothing_leaves_while_somebody_saves() -> None:
    data = many(40).pcap()
    source = GrowingSource(data, ends_of(data))
    session = Session([source], compile_when=Compile.NEVER)
    session.ring.bounds = Bounds(64)
    with session.ring.eviction_lock:
        asyncio.run(asyncio.wait_for(session.run(), 600))

    assert session.store.first == 0


def test_spool_that_is_no_classic_pcap_keeps_its_bytes(tmp_path: Path) -> None:
    raw = b"\n\r\r\n" + bytes(200_000)
    source = GrowingSource(raw, [], limit_bytes=1000, directory=tmp_path)

    assert not source.release(100_000)
    assert released_until(source.descriptor) == 0
    source.close()


# -- nothing false is said --------------------------------------------------------------


@pytest.mark.parametrize(("rows", "share"), [pytest.param(9, 40, marks=pytest.mark.slow), (100, 4)])
def test_findings_after_forgetting_are_among_those_without(rows: int, share: int) -> None:
    watched = 0
    for path in sorted(CASES.glob("*/*.pcap*")):
        data = as_pcap(path)
        if data is None or len(ends_of(data)) <= rows:
            continue
        everything, _ = _watch(data, None, 10_000)
        known = _ids(everything)
        everything.close()
        session, _ = _watch(data, Bounds(rows), len(ends_of(data)) // share + 1)
        assert session.store.first
        for stream, found in enumerate(_ids(session)):
            assert found <= known[stream], (path, stream)
        watched += 1
        session.close()
    assert watched > 5


def test_loss_after_the_beginning_has_left_is_still_told() -> None:
    tape = Tape()
    ends = "10.0.0.1:40000", f"{SERVER}:80"
    tape.handshake(0, *ends)
    sent = 1001
    for n in range(400):
        tape.tcp(100 + 50 * n, *ends, 0x18, sent, 9001, b"x" * 100)
        if n == 390:  # nobody answers; by its timer it is sent again
            tape.tcp(100 + 50 * n + 40, *ends, 0x18, sent, 9001, b"x" * 100)
        tape.tcp(100 + 50 * n + 45, *ends[::-1], 0x10, 9001, sent + 100)
        sent += 100
    data = tape.pcap()
    everything, _ = _watch(data, None)
    session, _ = _watch(data, Bounds(300))
    (known,), (found,) = _ids(everything), _ids(session)

    assert session.streams.evicted[0] > 400
    assert known & found
    assert found <= known
    assert session.severity[0] == everything.severity[0]


def test_packet_that_leaves_while_it_is_looked_at_is_no_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    session, _ = _watch(many(40).pcap(), Bounds(64))
    fins = [
        row for row in range(session.store.first, session.store.count - 8) if int(session.store.flags[row]) & 1
    ]  # fmt: skip
    rows_of = session.reader._rows_of

    def gone_by_then(stream: int) -> I32:
        return rows_of(stream)[:0]

    monkeypatch.setattr(session.reader, "_rows_of", gone_by_then)
    shown = session.reader.packet(fins[0]).analysis

    assert shown is not None
    assert not shown.initiates_close
