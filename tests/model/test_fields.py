"""The registry of fields is true: names and types are Wireshark's, columns are there and hold what tshark prints."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tshark_fields import excerpt

import tcptui
from tcptui.model.field import AnyOf, Field, FieldType, Owner, Take, Unit
from tcptui.model.fields import FIELDS, ROWS, column_of, present, values
from tcptui.model.packet_store import COLUMNS, LINKS, DecodeIssue, PacketStore, RowKind
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict
from tcptui.session.session import open_file

EXCERPT = Path(tcptui.__file__).parent / "dfilter" / "tshark_fields.tsv"
CASES = Path(__file__).parents[2] / "cases"
#: Cases whose packets have much to say: options, resends, windows, quotes, cut frames.
TELLING = (
    "01-hello-service", "17-connection-unreachable", "19-port-reused", "60-fast-retransmission",
    "61-retransmission-timeout", "65-out-of-order", "69-path-mtu-blackhole", "82-zero-window", "96-capture-truncated",
    "97-capture-started-mid-stream", "116-file-download", "118-websocket-upgrade",
)  # fmt: skip
#: Captures of the corpus with quotes, broken options, D-SACK, Fast Open, several paths.
ODD = (
    "PcapPlusPlus-IcmpPackets.pcapng", "tcptrace-6syns.pcap", "PcapPlusPlus-one_tcp_stream.pcap",
    "suricata-verify-tfo.pcap", "ptcpdump-mptcp.pcap", "packets-tcp_dupack.pcapng", "PcapPlusPlus-raw_ip.pcap",
)  # fmt: skip
BY_COLUMN = [field for field in ROWS if field.column is not None]


def captures(case: str) -> list[Path]:
    return sorted(path for path in (CASES / case).iterdir() if ".pcap" in path.name)


def tshark_table(path: Path, names: list[str]) -> list[list[list[str]]]:
    """Per frame and field, the values that tshark prints."""
    command = ["tshark", "-r", str(path), "-2", "-n", "-T", "fields", "-E", "aggregator=\x1f", "-E", "occurrence=a"]
    for name in names:
        command += ["-e", name]
    environment = os.environ | {"TZ": "UTC"}
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600, env=environment).stdout
    return [[cell.split("\x1f") if cell else [] for cell in line.split("\t")] for line in printed.splitlines()]


def test_every_field_stands_once() -> None:
    assert [name for name, times in Counter(field.name for field in ROWS).items() if times > 1] == []
    assert len(FIELDS) == len(ROWS)


def test_names_and_types_are_wiresharks() -> None:
    known = [line.split("\t")[:2] for line in EXCERPT.read_text().splitlines()]

    assert known == [[row.name, row.type.value] for row in sorted(ROWS, key=lambda row: row.name)
                     if row.owner is Owner.WIRESHARK]  # fmt: skip


@pytest.mark.tshark
def test_excerpt_is_what_tshark_says() -> None:
    said = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True, timeout=600).stdout

    assert EXCERPT.read_text().splitlines() == excerpt(said.splitlines())


def is_well_formed(field: Field) -> bool:
    is_one_sentence = field.doc[0].isupper() and field.doc.endswith(".") and ". " not in field.doc
    is_in_seconds = field.type is not FieldType.RELATIVE_TIME or field.unit is Unit.SECONDS
    is_repeated = not isinstance(field.source, AnyOf) or (
        field.repeats and {FIELDS[name].type for name in field.source.names} == {field.type}
    )
    is_ours = field.owner is Owner.TCPTUI
    return is_one_sentence and is_in_seconds and is_repeated and is_ours == field.name.startswith("tcptui.")


def test_rows_are_well_formed() -> None:
    assert [field.name for field in ROWS if not is_well_formed(field)] == []


@pytest.mark.parametrize("field", BY_COLUMN, ids=lambda field: field.name)
def test_column_is_in_the_store(field: Field) -> None:
    column = field.column

    assert column is not None
    assert not field.repeats or field.type is FieldType.NONE  # a cell holds one value
    assert column.mask <= np.iinfo(COLUMNS[column.name]).max
    assert (column.take is Take.VALUE) == (column.name not in LINKS)


@pytest.fixture
def store() -> PacketStore:
    """A frame of something else, a SYN, a retransmission of it, its acknowledgment, an ICMP error about it."""
    store = PacketStore()
    rows = 5
    store.frame[:rows] = np.arange(11, 11 + rows)
    store.time_ns[:rows] = np.arange(rows) * 1_000 + 5
    store.kind[:rows] = [RowKind.OTHER, RowKind.TCP, RowKind.TCP, RowKind.TCP, RowKind.ICMP_QUOTE]
    store.stream[:rows] = [-1, 3, 3, 3, 3]
    store.header_length[:rows] = 20
    store.flags[:rows] = [0, TcpFlag.SYN, TcpFlag.SYN, TcpFlag.SYN | TcpFlag.ACK, TcpFlag.SYN]
    store.verdict[2] = Verdict.RETRANSMISSION
    store.cause[2] = ResendCause.SYN_RETRY
    for name in LINKS:
        getattr(store, name)[:rows] = -1
    store.refers_to[2] = 1
    store.acked[3] = 2
    store.publish(rows)
    return store


ALL = np.arange(5, dtype=np.int32)


def test_flag_is_a_bit_of_the_flags_in_every_segment(store: PacketStore) -> None:
    assert present("tcp.flags.ack", store, ALL).tolist() == [False, True, True, True, False]
    assert values("tcp.flags.ack", store, ALL)[1:4].tolist() == [0, 0, 1]


def test_verdict_is_present_where_its_bit_is_set(store: PacketStore) -> None:
    assert present("tcp.analysis.retransmission", store, ALL).tolist() == [False, False, True, False, False]
    assert not present("tcp.analysis.duplicate_ack", store, ALL).any()


def test_column_that_names_a_row_gives_its_frame_and_the_time_since(store: PacketStore) -> None:
    assert present("tcp.analysis.acks_frame", store, ALL).tolist() == [False, False, False, True, False]
    assert values("tcp.analysis.acks_frame", store, ALL)[3] == 13
    assert values("tcp.analysis.ack_rtt", store, ALL)[3] == 1_000
    assert values("tcp.analysis.rto_frame", store, ALL)[2] == 12


def test_cause_is_its_label(store: PacketStore) -> None:
    assert present("tcptui.cause", store, ALL).tolist() == [False, False, True, False, False]
    assert values("tcptui.cause", store, ALL)[2] == "syn-retry"


def test_icmp_error_is_in_the_connection_but_no_segment_of_it(store: PacketStore) -> None:
    assert present("tcp.stream", store, ALL).tolist() == [False, True, True, True, True]
    assert present("tcp.len", store, ALL).tolist() == [False, True, True, True, False]


def test_header_that_is_too_short_has_only_its_numbers(store: PacketStore) -> None:
    store.issues[1] = DecodeIssue.BAD_HEADER_LENGTH
    store.header_length[1] = 8

    assert present("tcp.seq_raw", store, ALL)[1]
    assert not present("tcp.flags", store, ALL)[1]


def test_field_without_a_column_says_so() -> None:
    with pytest.raises(LookupError):
        column_of("http.host")
    with pytest.raises(KeyError):
        column_of("no.such.field")


def _text(field: Field, value: object) -> str:
    if field.type in (FieldType.RELATIVE_TIME, FieldType.ABSOLUTE_TIME):
        whole, rest = divmod(int(str(value)), 1_000_000_000)
        return f"{whole}.{rest:09d}"
    if field.type is FieldType.BOOLEAN:
        return str(int(bool(value)))
    if field.name == "tcp.flags":
        return f"0x{int(str(value)):04x}"
    return str(value)


def check_columns(path: Path) -> None:
    fields = [field for field in BY_COLUMN if field.owner is Owner.WIRESHARK and field.name != "frame.time"]
    theirs = tshark_table(path, [field.name for field in fields])
    session = open_file(path)
    store = session.store
    rows = np.arange(store.count, dtype=np.int32)
    for place, field in enumerate(fields):
        column = field.column
        assert column is not None
        there = present(field.name, store, rows).tolist()
        ours = values(field.name, store, rows).tolist()
        for row, (is_here, value, frame) in enumerate(zip(there, ours, theirs, strict=True)):
            if field.quoted and store.kind[row] != RowKind.TCP:
                continue
            where = (path.name, row + 1, field.name)
            assert is_here == bool(frame[place]), where
            if is_here and field.type is not FieldType.NONE:
                assert [_text(field, value)] == frame[place], where
    session.close()


@pytest.mark.tshark
@pytest.mark.parametrize("case", TELLING)
def test_columns_hold_what_tshark_prints_of_a_case(case: str) -> None:
    for path in captures(case):
        check_columns(path)


@pytest.mark.tshark
@pytest.mark.parametrize("name", ODD)
def test_columns_hold_what_tshark_prints(corpus: Path, name: str) -> None:
    check_columns(corpus / "dev" / name)


@pytest.mark.tshark
def test_fields_that_repeat_say_so(corpus: Path) -> None:
    known = [field for field in ROWS if field.owner is Owner.WIRESHARK]
    several = set()
    paths = [path for case in TELLING for path in captures(case)]
    paths += [corpus / "dev" / name for name in ("PcapPlusPlus-IcmpPackets.pcapng", "scapy-http_chunk.pcap.gz")]
    for path in paths:
        for frame in tshark_table(path, [field.name for field in known]):
            several |= {field.name for field, cells in zip(known, frame, strict=True) if len(cells) > 1}

    assert sorted(several - {field.name for field in known if field.repeats}) == []
    assert "tcp.options.nop" in several
