"""Fields of the stream table are the same, however many packets are asked about at once, and while it grows."""

from __future__ import annotations

import threading
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import numpy as np
import pytest
from captures import ACK, CLIENT, PSH, SERVER, SYN, Tape, mixed
from growth import Growth

from tcptui.dfilter.compile import compile_filter
from tcptui.model.fields import FIELDS
from tcptui.model.packet_store import RowKind
from tcptui.session.filtering import stream_columns
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.run import FilterRun
from tcptui.session.filtering.stream_columns import StreamColumns
from tcptui.session.filtering.tables import read_table
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FIELDS_OF_STREAMS: Final = (
    "tcp.seq", "tcp.nxtseq", "tcp.ack", "tcp.completeness", "tcp.completeness.fin", "tcp.window_size",
    "tcp.window_size_scalefactor", "tcp.stream.pnum", "tcp.time_relative", "tcp.time_delta", "tcp.analysis",
    "tcp.analysis.flags", "tcp.analysis.reused_ports", "tcp.analysis.initial_rtt", "tcptui.packets", "tcptui.bytes",
    "tcptui.duration", "tcptui.rtt", "tcptui.client.port", "tcptui.server.port", "tcptui.client.state",
    "tcptui.server.state_known",
)  # fmt: skip
FILTERS: Final = (
    "tcp.seq == 1", "tcp.ack > 1", "tcp.completeness == 31", "not tcp.window_size > 1000", "all tcp.nxtseq > 1",
    "tcp.window_size_scalefactor == 128", "tcp.analysis.ack_rtt > 0.01", "tcp.analysis.initial_rtt > 0.01",
    "tcp.analysis.acks_frame != 3", "tcp.analysis.rto", "tcp.analysis.reused_ports", "tcp.analysis",
    "tcp.analysis.flags", 'tcptui.client.state == "ESTABLISHED"', 'tcptui.server.state > "F"', "tcptui.cause",
    'tcptui.cause != "loss"',
    "tcptui.client.port > 1024", "tcptui.rtt > 0.001", "tcptui.client == 10.0.0.0/8", "tcp.len !== 0",
    "tcp.flags.syn == 1", "frame.len > 100", "tcp.stream.pnum == 3", "tcp.window_size == -1",
    "tcp.seq > 1 and tcp.ack > 1 and tcp.completeness == 31 and tcp.window_size > 100 and tcp.time_delta < 0.2",
)  # fmt: skip
#: One in so many captures is asked.
DRAWN: Final = 4


def drawn(corpus: Path) -> list[Path]:
    found = [path for path in sorted((corpus / "dev").glob("*.pcap*")) if zlib.crc32(path.name.encode()) % DRAWN == 0]
    assert len(found) > 10
    return found


def reused(times: int = 40) -> Tape:
    """One 4-tuple over and over; every third opening is answered a second time, by another number."""
    tape, client, server = Tape(), f"{CLIENT}:4000", f"{SERVER}:80"
    for turn in range(times):
        ms, ours, theirs = 1_000 * turn, 1_000 + 100_000 * turn, 9_000 + 300_000 * turn
        tape.tcp(ms, client, server, SYN, ours)
        for answer in range(1 + (turn % 3 == 2)):
            theirs += 7_000 * answer
            tape.tcp(ms + 40 + 2 * answer, server, client, SYN | ACK, theirs, ours + 1)
            tape.tcp(ms + 41 + 2 * answer, client, server, ACK, ours + 1, theirs + 1)
        tape.tcp(ms + 50, client, server, PSH | ACK, ours + 1, theirs + 1, b"ask")
        tape.tcp(ms + 90, server, client, PSH | ACK, theirs + 1, ours + 4, b"answer")
    return tape


@contextmanager
def one_by_one() -> Iterator[None]:
    """Each packet's stream is read from the table by itself."""
    with patch.object(stream_columns, "_STREAMS_A_ROW", 0):
        yield


def said(session: Session, name: str, known: StreamColumns, rows: Rows) -> list[object]:
    """Each packet's value of the field; None where there is none."""
    cells = read_table(known, FIELDS[name], rows)
    values = cells.values if cells.labels is None else cells.labels.take(cells.values, mode="clip")
    return [
        value if is_there else None for value, is_there in zip(values.tolist(), cells.present.tolist(), strict=True)
    ]


def all_ways(session: Session, name: str) -> None:
    """Ask about all packets at once, a stretch at a time, each stream by itself, and some packets alone."""
    first, count = session.store.first, session.store.count
    everything, many = Rows.between(first, count), StreamColumns(session, 1 << 40)
    at_once = said(session, name, many, everything)

    assert said(session, name, StreamColumns(session, 0), everything) == at_once
    pieces = range(first, count, 7)
    for known in (many, StreamColumns(session, 0)):
        found = [said(session, name, known, Rows.between(row, min(row + 7, count))) for row in pieces]
        assert [value for piece in found for value in piece] == at_once
    with one_by_one():
        assert said(session, name, StreamColumns(session, 0), everything) == at_once
        some = np.arange(first, count, 3, dtype=np.int32)
        assert said(session, name, StreamColumns(session, 0), Rows.of(some)) == at_once[::3]


@pytest.fixture(scope="module")
def sessions(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Session]:
    made = tmp_path_factory.mktemp("ways") / "reused.pcap"
    made.write_bytes(reused().pcap())
    return [open_file(path) for path in [made, *drawn(corpus)]]


@pytest.mark.parametrize("name", FIELDS_OF_STREAMS)
def test_a_packet_says_the_same_among_many_and_alone(sessions: list[Session], name: str) -> None:
    for session in sessions:
        all_ways(session, name)


def test_numbers_count_from_what_the_connections_table_says(sessions: list[Session]) -> None:
    """One connection at a time, with all of its rows, as `StreamTable.bases` wants them."""
    moved = 0
    for session in sessions:
        store, streams = session.store, session.streams
        rows = Rows.between(store.first, store.count)
        seq, ack = (said(session, name, StreamColumns(session, 1 << 40), rows) for name in ("tcp.seq", "tcp.ack"))
        for stream in range(streams.count):
            mine = session.rows_of(stream)
            from_b = store.from_b[mine] != 0
            both = [np.maximum(streams.bases(store, mine, ends), 0) for ends in (from_b, ~from_b)]
            moved += len(set(both[0][from_b].tolist())) > 1
            for place, row in enumerate(mine.tolist()):
                if store.kind[row] != RowKind.TCP or store.length[row] < 0:
                    continue
                assert seq[row] == (int(store.seq[row]) - int(both[0][place])) & 0xFFFFFFFF
                has_ack = int(store.flags[row]) & ACK and ack[row] is not None
                assert not has_ack or ack[row] == (int(store.ack[row]) - int(both[1][place])) & 0xFFFFFFFF
    assert moved > 10


def test_other_numbers_are_those_of_the_stream_itself(sessions: list[Session]) -> None:
    for session in sessions:
        store, streams = session.store, session.streams
        stream, number = store.stream[: store.count], np.arange(store.count)
        of_b = store.from_b[: store.count] != 0
        first = streams.first_row[stream] == number
        scale = np.where(of_b, streams.scale_b[stream], streams.scale_a[stream]).astype(np.int64)
        known = np.where(scale >= 0, 1 << np.maximum(scale, 0), scale)
        wanted: dict[str, NDArray[Any]] = {
            "tcp.completeness": np.where(first, streams.completeness_first[stream], streams.completeness[stream]),
            "tcp.window_size_scalefactor": known,
            "tcp.analysis.initial_rtt": streams.irtt_ns[stream],
            "tcp.time_relative": store.time_ns[: store.count] - streams.began_ns[stream],
            "tcptui.bytes": streams.wire_bytes[stream],
        }
        for name, values in wanted.items():
            found = said(session, name, StreamColumns(session, 1 << 40), Rows.between(0, store.count))
            assert [value for value in found if value is not None] == [
                value for value, mine in zip(values.tolist(), found, strict=True) if mine is not None
            ], name
        for one in range(streams.count):
            numbered = [value for value in np.array(
                said(session, "tcp.stream.pnum", StreamColumns(session, 1 << 40), Rows.between(0, store.count))
            )[session.rows_of(one)] if value is not None]  # fmt: skip
            assert numbered == list(range(1, len(numbered) + 1))


@pytest.mark.parametrize("text", FILTERS)
def test_the_short_cut_of_cells_decides_as_the_values_do(sessions: list[Session], text: str) -> None:
    compiled = compile_filter(text)
    for session in sessions:
        count = session.store.count
        quick = FilterRun(session, compiled).matching(0, count)
        with patch.object(FieldReader, "cells", return_value=None):
            slow = FilterRun(session, compiled).matching(0, count)
        assert quick.tolist() == slow.tolist()
        rows = np.arange(0, count, 5, dtype=np.int32)
        assert FilterRun(session, compiled).of_rows(rows).tolist() == slow[rows].tolist()


@pytest.mark.parametrize("tape", [mixed(), reused(12)], ids=["mixed", "ports used again"])
def test_each_piece_of_a_capture_that_grows_says_the_same_all_ways(tape: Tape) -> None:
    growth = Growth(tape)
    for packets in range(1, growth.packets, 5):
        growth.to(packets)
        for name in FIELDS_OF_STREAMS:
            all_ways(growth.session, name)


@pytest.mark.parametrize("text", FILTERS)
def test_new_rows_and_rows_that_may_say_something_else_are_as_asked_anew(text: str) -> None:
    growth = Growth(reused(16))
    live = LiveFilter(growth.session, compile_filter(text))
    for packets in range(3, growth.packets, 6):
        growth.to(packets)
        for _ in range(3):
            live.update()
        anew = FilterRun(growth.session, compile_filter(text)).matching(0, packets)
        assert live.mask.tolist() == anew.tolist(), packets


@pytest.mark.parametrize("text", [
    "tcp.seq > 1 and tcp.ack == 1", "tcp.completeness > 7", "tcp.window_size > 0", "tcp.analysis.reused_ports",
    "tcp.stream.pnum < 4", 'tcptui.client.state == "CLOSED"',
])  # fmt: skip
def test_a_second_thread_that_asks_while_the_capture_grows(text: str) -> None:
    growth = Growth(reused(60))
    compiled, over, failed = compile_filter(text), threading.Event(), []
    live = LiveFilter(growth.session, compiled)
    updates = 0

    def ask() -> None:
        nonlocal updates
        try:
            while not over.is_set():
                live.update()
                updates += 1
        except Exception as error:  # noqa: BLE001  told by the thread that waits
            failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    for packets in range(1, growth.packets, 2):
        growth.to(packets)
    growth.end()
    over.set()
    asking.join()
    live.update()

    assert failed == []
    assert updates > 3
    assert live.mask.tolist() == FilterRun(growth.session, compiled).matching(0, growth.packets).tolist()
