"""The cheap ways to a field give what the header tree gives."""

from __future__ import annotations

import numpy as np
import pytest
from captures import mixed
from values_by_row import by_row

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.expression import FieldValue
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.evaluator import passing
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.header_bytes import PLACED
from tcptui.session.filtering.header_options import OPTION_FIELDS
from tcptui.session.filtering.leaf_memory import LeafMemory
from tcptui.session.filtering.packet_bytes import STRETCHES
from tcptui.session.filtering.plain import READ_PLAINLY
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.run import BLOCK, FilterRun
from tcptui.session.session import Session, open_file

QUICK = sorted(PLACED | OPTION_FIELDS | READ_PLAINLY | (STRETCHES - {"frame"}) | {
    "ip.addr", "ipv6.addr", "eth.addr", "tcp.port", "tcp.flags", "tcp.hdr_len", "tcp.seq", "tcp.ack", "tcp.window_size",
    "tcp.len", "tcp.nxtseq", "tcp.stream", "tcp.time_relative", "tcp.time_delta", "frame.time_delta", "frame.len",
})  # fmt: skip


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Plain segments, over raw IP."""
    path = tmp_path_factory.mktemp("tiers") / "x.pcap"
    path.write_bytes(mixed().pcap())
    return open_file(path)


@pytest.mark.parametrize("name", QUICK)
def test_the_quick_way_is_as_right_as_the_tree(session: Session, name: str) -> None:
    rows = Rows.between(0, session.store.count)
    field, reader = FIELDS[name], FieldReader(session)
    quick, slow = reader.read(FieldValue(field), rows), reader.trees.read(field, rows)
    differing = {
        int(session.store.frame[row]): (mine, trees)
        for row, (mine, trees) in enumerate(zip(by_row(quick), by_row(slow), strict=True))
        if mine != trees
    }

    assert differing == {}


@pytest.mark.parametrize("name", ["tcp.seq", "tcp.ack", "tcp.nxtseq", "ip.src", "ip.addr", "ipv6.addr"])
def test_a_row_by_itself_says_what_it_says_among_others(session: Session, name: str) -> None:
    """Of few rows the connections are looked up one by one, of many in a table."""
    count, value, reader = session.store.count, FieldValue(FIELDS[name]), FieldReader(session)
    alone = [by_row(reader.read(value, Rows.between(row, row + 1)))[0] for row in range(count)]

    assert alone == by_row(reader.read(value, Rows.between(0, count)))


@pytest.mark.parametrize("text", ["frame", "eth", "ip", "ipv6", "tcp", "udp", "not icmp", "tcp and ip"])
def test_a_protocol_by_itself_is_a_column(
    session: Session, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Of plain segments nothing is remembered, none of their bytes is read, and many are asked at once."""
    run = FilterRun(session, compile_filter(text))
    for asked in ("read", "_of_trees", "_of_bytes"):
        monkeypatch.setattr(FieldReader, asked, None)
    monkeypatch.setattr(LeafMemory, "asked", None)
    rows = session.store.count

    assert run.block == BLOCK
    assert run.matching(0, rows).all() == (text not in ("eth", "ipv6", "udp"))


@pytest.mark.parametrize("text", ["{%s, 10.9.9.9}", "{10.9.9.9 .. 10.9.9.10, %s/32}", "{10.9.9.9, %s .. %s}"])
@pytest.mark.parametrize("form", ["ip.addr in ", "not ip.addr in ", "ip.addr not in "])
def test_addresses_of_a_set_are_decided_once_for_each_connection(
    session: Session, text: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, address = session.store.count, str(session.streams.server(0)).rpartition(":")[0]
    test = form + text.replace("%s", address)
    slow = [FilterRun(session, compile_filter(test)).matching(row, row + 1)[0] for row in range(rows)]
    monkeypatch.setattr(FieldReader, "read", None)
    quick = FilterRun(session, compile_filter(test)).matching(0, rows)

    assert quick.tolist() == slow
    assert 0 < quick.sum() < rows


@pytest.mark.parametrize("text", ["ip.addr == %s", "ip.addr in {%s, 10.9.9.9}", "not ip.addr == %s"])
def test_addresses_of_packets_with_many_connections_between_them_need_no_other_way(
    session: Session, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections were more than packets of a block, and each packet was read with both ends."""
    of_client = compile_filter(text.replace("%s", str(session.streams.client(0)).rpartition(":")[0]))
    rows = np.array([0, session.store.count - 1], np.int32)
    slow = [FilterRun(session, of_client).matching(row, row + 1)[0] for row in rows.tolist()]
    monkeypatch.setattr(FieldReader, "read", None)

    quick = passing(of_client.test, Rows.of(rows), FieldReader(session))

    assert quick.tolist() == slow
    assert len({*slow}) == 2


def test_contained_bytes_are_found_within_their_field_alone(session: Session) -> None:
    """Against one `in` a packet: hits across records, and in headers before, do not count."""
    count = session.store.count
    frames = [session.reader.packet(row).data for row in range(count)]
    for wanted in {frame[at : at + 3] for frame in frames[:40] for at in range(0, len(frame) - 3, 7)}:
        text = f"frame contains {wanted.hex(':')}"
        found = FilterRun(session, compile_filter(text)).matching(0, count)
        assert found.tolist() == [wanted in frame for frame in frames], text


def test_rows_are_asked_about_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []
    packet = session.reader.packet
    monkeypatch.setattr(session.reader, "packet", lambda row: built.append(row) or packet(row))
    run = FilterRun(
        session, compile_filter('frame.protocols == "x" or frame.encap_type == 99 or frame.protocols == "y"')
    )
    run.matching(0, session.store.count)
    run.matching(0, session.store.count)

    assert len(built) == len(set(built)) > 0
    assert run.of_rows(np.zeros(1, np.int32)).tolist() == [False]
    assert len(built) == len(set(built)) + 1, "asked about anew"
