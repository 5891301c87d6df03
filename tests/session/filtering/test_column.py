"""Columns of one's own: values of fields and of expressions, conditions; of packets and of whole connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from growth import Growth, long_one

from tcptui.dfilter.errors import FilterError
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.column import ColumnExpression, ColumnReader, Over
from tcptui.session.session import Session, open_file
from tests.ui.conftest import ACK, PSH, Wire

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.session.filtering.occurrences import Occurrences
    from tcptui.session.filtering.rows import Rows


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Connections 0, 1, 2 whose clients send 20, 3 and 50 bytes, and 3, which is refused; 0 asks for two hosts."""
    wire = Wire()
    for number, pieces in enumerate(
        (
            (b"GET / HTTP/1.1\r\nHost: b.example\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            (b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",),
            (b"x" * 150,),
        )
    ):
        client, seq = f"10.0.0.{number + 1}:4000{number}", 1001
        wire.handshake(1000 * number, client, "192.0.2.10:80")
        for piece in pieces:
            wire.tcp(1000 * number + 50, client, "192.0.2.10:80", PSH | ACK, seq, 9001, payload=piece)
            seq += len(piece)
    wire.refused(4000, "10.0.0.9:40009", "192.0.2.10:81")
    return open_file(wire.pcap(tmp_path / "columns.pcap"))


def reader(session: Session, text: str) -> ColumnReader:
    return ColumnReader(session, ColumnExpression.of(text))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("tcp.len", ["0", "0", "0", "35", "35"]), ("tcp.len * 8", ["0", "0", "0", "280", "280"]),
        ("tcp.len > 10", ["", "", "", "1", "1"]), ("ip.src", ["10.0.0.1", "192.0.2.10", *["10.0.0.1"] * 3]),
        ("http.host", ["", "", "", "b.example", "a.example"]), ("ip.addr", ["10.0.0.1,192.0.2.10"] * 0 or None),
        ("tcp.flags", ["0x0002", "0x0012", "0x0010", "0x0018", "0x0018"]), ("tcp.port", None),
        ("len(tcp.payload)", ["", "", "", "35", "35"]), ("http", ["", "", "", "1", "1"]),
        ("frame.time_delta", ["0", "0.04", "0.0001", "0.0099", "0"]), ("tcptui.packets", ["5"] * 5),
        ("ip.ttl#1", ["64"] * 5), ("upper(http.host)", ["", "", "", "B.EXAMPLE", "A.EXAMPLE"]),
    ],
)  # fmt: skip
def test_cells_of_packets_are_values_as_tshark_prints_them(
    session: Session, text: str, first: list[str] | None
) -> None:
    found = reader(session, text).of_packets(np.arange(5, dtype=np.int32))

    if first is None:  # the two ends, in the order of the header
        assert [set(each.split(",")) for each in found] == [set(found[0].split(","))] * 5
        assert len(set(found[0].split(","))) == 2
    else:
        assert found == first


@pytest.mark.parametrize(
    ("text", "over", "cells", "order"),
    [
        ("tcp.len > 10", Over.PASSING, ["2", "1", "1", ""], [0, 1, 2, 3]),
        ("max(tcp.len)", Over.GREATEST, ["35", "35", "150", "0"], [2, 0, 1, 3]),
        ("min(tcp.window_size_value)", Over.LEAST, ["64240", "64240", "64240", "0"], [0, 1, 2, 3]),
        ("count(http.host)", Over.SUM, ["2", "1", "", ""], [0, 1, 2, 3]),
        ("http.host", Over.VALUES, ["b.example,a.example", "a.example", "", ""], [1, 0, 2, 3]),
        ("tcptui.packets", Over.LAST, ["5", "4", "4", "2"], [0, 1, 2, 3]),
        ("tcptui.client.port", Over.LAST, ["40000", "40001", "40002", "40009"], [3, 2, 1, 0]),
        ("tcp.flags.reset == 1", Over.PASSING, ["", "", "", "1"], [3, 0, 1, 2]),
        ("tcptui.duration", Over.LAST, ["0.05", "0.05", "0.05", "0.001"], [0, 1, 2, 3]),
    ],
)
def test_cells_of_connections_are_what_their_packets_have_together(
    session: Session, text: str, over: Over, cells: list[str], order: list[int]
) -> None:
    column = reader(session, text)

    assert column.column.over is over
    assert [column.of_connection(stream) for stream in range(4)] == cells
    assert column.order(np.arange(4, dtype=np.int32)).tolist() == order


def test_order_is_of_the_connections_that_are_asked_for(session: Session) -> None:
    assert reader(session, "max(tcp.len)").order(np.array([1, 3], np.int32)).tolist() == [1, 3]
    assert reader(session, "http.host").order(np.array([], np.int32)).tolist() == []


def test_order_in_blocks_is_that_of_the_whole(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ("http.host", "max(tcp.len)", "min(tcp.seq)", "tcp.len > 10", "count(ip.addr)", "tcp.dstport")
    every = np.arange(4, dtype=np.int32)
    whole = [reader(session, text).order(every).tolist() for text in texts]
    cells = [[reader(session, text).of_connection(stream) for stream in range(4)] for text in texts]
    blocks = dict.fromkeys(ColumnExpression.of("tcp").compiled.cost.__class__, 2)
    monkeypatch.setattr("tcptui.session.filtering.column._BLOCK", blocks)

    assert [reader(session, text).order(every).tolist() for text in texts] == whole
    assert [[reader(session, text).of_connection(stream) for stream in range(4)] for text in texts] == cells


def test_long_connection_is_asked_in_part_and_says_so(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    few = dict.fromkeys(ColumnExpression.of("tcp").compiled.cost.__class__, 4)
    monkeypatch.setattr("tcptui.session.filtering.column._PACKETS_EVALUATED", few)

    assert reader(session, "tcp.len > 10").of_connection(0) == "1+"
    assert reader(session, "tcp.len > 10").of_connection(1) == "1"


def test_order_of_many_packets_is_cancelled(session: Session) -> None:
    for text in ("max(tcp.len)", "tcptui.packets"):
        with pytest.raises(Cancelled):
            reader(session, text).order(np.arange(4, dtype=np.int32), lambda: True)


@pytest.mark.parametrize("text", ["", "  ", "no.such", "tcp.len >", "frame.coloring_rule.name.x", "1", "((tcp"])
def test_what_is_no_column_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(FilterError):
        ColumnExpression.of(text)


def test_long_and_many_values_are_cut(tmp_path: Path) -> None:
    wire = Wire()
    head = "".join(f"X-{number}: {'y' * 300}\r\n" for number in range(9))
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80", f"GET / HTTP/1.1\r\n{head}\r\n".encode())
    long = open_file(wire.pcap(tmp_path / "long.pcap"))

    assert len(reader(long, "http.request.line").of_packets(np.array([3], np.int32))[0]) <= 4 * 201 + 2
    assert len(reader(long, "tcp.payload").of_connection(0)) == 200


@pytest.mark.parametrize("text", ["count(tcp.payload)", "max(tcp.seq)", "tcp.len > 0", "tcptui.packets", "tcp.srcport"])
def test_order_of_a_growing_capture_is_that_of_the_whole_at_its_end(text: str) -> None:
    growth = Growth(long_one(8, others=9))
    column, every = reader(growth.session, text), np.arange(2, dtype=np.int32)
    growth.to(9)
    before = column.order(every).tolist()
    for packets in (10, 13):
        growth.to(packets)
        column.order(every)
    growth.end()

    assert column.order(every).tolist() == reader(growth.session, text).order(every).tolist()
    assert sorted(before) == [0, 1]


def test_only_packets_that_are_new_are_asked_while_a_capture_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    growth = Growth(long_one(8, others=9))
    column = reader(growth.session, "max(tcp.len)")
    asked: list[int] = []
    plain = ColumnReader._values

    def watched(self: ColumnReader, rows: Rows) -> Occurrences:
        asked.append(len(rows))
        return plain(self, rows)

    monkeypatch.setattr(ColumnReader, "_values", watched)
    for packets in (9, 12):
        growth.to(packets)
        column.order(np.arange(2, dtype=np.int32))

    assert asked == [9, 3]
