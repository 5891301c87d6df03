"""A real MariaDB server with PyMySQL and its own clients, recorded: held against tshark and the server's slow log."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import mysql_session
import pytest

from tcptui.access.requests import requests_of
from tcptui.model.fields import FIELDS
from tcptui.model.finding import FindingId
from tcptui.model.request import RequestPart, TransactionState
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.request import Request
    from tcptui.session.session import Session

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("mariadbd", "mariadb-install-db", "tcpdump", "tshark", "unshare", "openssl"))),
        reason="needs mariadbd, tcpdump, tshark, unshare, openssl",
    ),
]
NAMES = tuple(name for name in FIELDS if name.startswith(("mysql.", "mariadb.")))
SECRETS = (mysql_session.PASSWORD, *mysql_session.OTHERS)
#: Fields of which nothing is shown here, or not all, because it may be a secret.
HIDDEN = frozenset({"mysql.passwd", "mysql.auth_switch_response.data"})
#: What Wireshark 4.0 does not read as it is meant: a message, for it takes no notice of the length before it; a number
#: with its last byte first; rows in binary, which it takes for OK packets; a file of LOCAL INFILE, for commands; bytes
#: that are compressed, at times.
MISREAD = frozenset({"mysql.message", "mysql.binlog.flags"})
#: Random bytes, which Wireshark reads up to the first that is 0.
UP_TO_NUL = frozenset({"mysql.auth_switch_request.data"})
#: Fields of Wireshark's that are not known here, by how they begin, and why.
LEFT_OUT = {
    "mariadb.prefix": "how long a text is: a line of its own for each",
    "mariadb.length": "the same",
    "mysql.payload": "what Wireshark does not read",
    "mysql.dissector_incomplete": "the same",
    "mysql.extra": "the same",
    "mysql.command.invalid": "the same",
    "mysql.unknown_response": "the same",
    "mysql.compressed_packet": "the packets that were compressed are shown, not those around them",
    "mysql.exec": "values of parameters may be secret; those of rows in binary are in what `requests --results` writes",
    "mysql.new_parameter_bound_flag": "the same",
    "mysql.row.nullbuffer": "the same",
    "mysql.binlog.event_checksum": "the last four bytes of an event, whether or not that has one",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("mysql")
    command = ["unshare", "--net", sys.executable, mysql_session.__file__, str(made)]
    subprocess.run(command, check=True, timeout=600)
    return made


@pytest.fixture(scope="module")
def session(folder: Path) -> Iterator[Session]:
    opened = open_file(folder / "mysql.pcap")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def requests(session: Session) -> list[list[Request]]:
    """By connection."""
    return [requests_of(session, stream) for stream in range(session.streams.count)]


def fields_of(command: list[str | Path]) -> dict[str, list[str]]:
    """By frame: the values of `NAMES`, in the packets of the server's port that hold MySQL."""
    asked = [word for name in ("frame.number", "tcp.stream", *NAMES) for word in ("-e", name)]
    more = ["-Y", f"mysql and tcp.port == {mysql_session.PORT} and frame.len < 20000"]
    said = subprocess.run([*command, *more, *asked], check=True, capture_output=True, text=True, timeout=600).stdout
    rows = (line.split("\t") for line in said.split("\n") if line.count("\t") == len(NAMES) + 1)
    return {row[0]: row[1:] for row in rows}


def test_fields_are_those_of_tshark_but_for_what_it_misreads_and_what_is_secret(
    folder: Path, requests: list[list[Request]]
) -> None:
    capture = folder / "mysql.pcap"
    theirs = fields_of(["tshark", "-2", "-n", "-r", capture, "-T", "fields"])
    ours = fields_of([sys.executable, "-m", "tcptui", "packets", capture])
    odd, coded = set[int](), set[int]()
    for stream, found in enumerate(requests):
        for one in found:
            if one.operation.startswith(("EXECUTE", "FETCH", "LOAD DATA", "STATISTICS", "FIELD_LIST", "PREPARE")):
                odd.add(stream)
            if one.statement == "SHOW WARNINGS":
                coded.add(stream)
            if one.bytes > mysql_session.LONG:  # Wireshark takes what continues a packet for another one
                odd.add(stream)
    compressed = max(coded)  # the same client, the second time with compression, which Wireshark reads at times
    same, differing = Counter[str](), Counter[str]()
    for number in theirs.keys() & ours.keys():
        stream, *known = theirs[number]
        if int(stream) in odd | {compressed}:
            continue
        for name, one, other in zip(NAMES, known, ours[number][1:], strict=True):
            if one == other or (name in UP_TO_NUL and one.endswith("00") and other.startswith(one)):
                same[name] += bool(one)
            elif name not in HIDDEN | MISREAD and not (name == "mysql.query" and "[removed]" in other):
                differing[name] += 1
                print(number, stream, name, one[:80], other[:80])

    assert sum(same.values()) > 2_000
    assert sum(bool(count) for count in same.values()) > 90
    assert sum(differing.values()) == 0
    assert len(ours) >= 0.95 * len(theirs)


def test_fields_of_tshark_that_are_not_known_have_a_reason(folder: Path) -> None:
    printed = subprocess.run(["tshark", "-G", "fields"], check=True, capture_output=True, text=True).stdout
    names = [row.split("\t")[2] for row in printed.splitlines() if row.startswith("F\t")]
    unknown = [name for name in names if name.startswith(("mysql.", "mariadb.")) and name not in FIELDS]
    command = ["tshark", "-2", "-n", "-r", folder / "mysql.pcap", "-Y", f"tcp.port == {mysql_session.PORT} and mysql",
               "-T", "fields", *(word for name in unknown for word in ("-e", name))]  # fmt: skip
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout.splitlines()
    seen = {name for line in said for name, cell in zip(unknown, line.split("\t"), strict=False) if cell}

    assert [name for name in sorted(seen) if not name.startswith(tuple(LEFT_OUT))] == []
    assert len(seen) > 10


def test_statements_are_those_of_the_slow_log(folder: Path, requests: list[list[Request]]) -> None:
    logged = [statement for statement, _ in json.loads((folder / "slow.json").read_text())]
    asked = [one for found in requests for one in found if one.protocol == "mysql"]
    statements = [one.statement for one in asked]

    ordinary = [one for one in statements if one in mysql_session.ORDINARY]
    assert [one for one in mysql_session.ORDINARY if one not in ordinary] == []
    assert all(one in logged for one in mysql_session.ORDINARY if not one.startswith("SELEC "))
    assert sum(one.startswith("SELECT SLEEP") for one in statements) == len(mysql_session.SLOW)
    assert {one.rows for one in asked if one.statement.startswith("SELECT seq, REPEAT")} == {mysql_session.ROWS}


def test_servers_time_is_that_of_its_slow_log(folder: Path, requests: list[list[Request]]) -> None:
    took = dict(json.loads((folder / "slow.json").read_text()))
    seen = [one for found in requests for one in found if one.statement in mysql_session.SLOW]

    assert len(seen) == len(mysql_session.SLOW)
    beyond = [one.spent_ns(RequestPart.SERVER) / 1e9 - took[one.statement] for one in seen]
    measure = statistics.median(took[one.statement] for one in seen)
    assert min(beyond) > -0.0005
    # What waits for a processor waits, too, where others are at work: not each time.
    assert min(beyond) <= max(0.0005, 0.1 * measure)


def test_transactions_errors_and_files_are_told(requests: list[list[Request]]) -> None:
    found = [one for stream in requests for one in stream]
    statuses = Counter(one.status for one in found if one.protocol == "mysql")
    ordinary = {one.statement: one for one in requests[0]}

    assert {"OK", "1045 (28000)", "1062 (23000)", "1064 (42000)", "1146 (42S02)"} <= set(statuses)
    assert [ordinary[one].transaction for one in ("BEGIN", "ROLLBACK")] == [
        TransactionState.OPEN,
        TransactionState.IDLE,
    ]
    loaded = next(one for one in found if one.statement.startswith("LOAD DATA"))
    assert loaded.request is not None
    assert loaded.request.bytes > 30_000
    assert any(one.operation == "BINLOG_DUMP" and one.spent_ns(RequestPart.SERVER) == 0 for one in found)
    assert any(one.operation.startswith("EXECUTE SELECT seq, ? AS b") and one.rows == 4 for one in found)
    long = [one for one in found if one.bytes > mysql_session.LONG]
    assert [one.status for one in long] == ["OK", "OK"]


def test_statement_that_another_connection_killed_names_it(session: Session, requests: list[list[Request]]) -> None:
    (ended,) = (one for of_stream in requests for one in of_stream if one.status.startswith("1317"))
    (asks,) = (one for of_stream in requests for one in of_stream if one.operation.startswith("kill query"))
    assert asks.cancels == ended.stream
    (finding,) = (one for one in session.findings(ended.stream) if one.id is FindingId.QUERY_CANCELLED)
    assert (finding.facts["shape"], finding.facts["other_stream"]) == ("asked-by", asks.stream)
    assert finding.facts["cancel_frame"] in finding.packets


def test_what_is_inside_tls_is_read_with_its_keys(folder: Path) -> None:
    command = [sys.executable, "-m", "tcptui", "requests", folder / "mysql.pcap", "--jsonl", "--keylog",
               folder / "keys.log"]  # fmt: skip
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    found = [json.loads(line) for line in said.splitlines()]
    stream = next(one["stream"] for one in found if one["statement"] == "SELECT 'inside TLS'")

    inside = [(one["status"], one["rows"]) for one in found if one["stream"] == stream]
    assert inside[-3:] == [("OK", 1), ("1054 (42S22)", None), ("OK", mysql_session.ROWS // 4)]


def test_rows_are_written_as_the_client_read_them(folder: Path, tmp_path: Path) -> None:
    names, expected = json.loads((folder / "kinds.json").read_text())
    written = results_of(folder / "mysql.pcap", tmp_path / "rows")
    texts, values = (
        rows
        for operation, rows in written
        if operation in ("SELECT * FROM kinds, kinds AS again", "EXECUTE SELECT * FROM kinds, kinds AS again")
    )
    assert list(texts[0])[: len(names) // 2] == names[: len(names) // 2]
    assert [list(map(as_text, row.values())) for row in texts] == [list(map(as_text, row)) for row in expected]
    assert sorted(values, key=str) == sorted(texts, key=str)  # nobody asked for an order
    assert [rows for operation, rows in written if operation == "FETCH SELECT seq FROM seq_1_to_100"] == [
        [{"seq": str(number)} for number in range(first, first + 30)] for _ in range(2) for first in (1, 31)
    ]
    count = {operation: len(rows) for operation, rows in written}
    assert count["SELECT 1; SELECT 2, 3; DO 0; SELEC 4"] == 1
    assert count[f"SELECT seq, REPEAT('x', 30) FROM seq_1_to_{mysql_session.ROWS}"] == mysql_session.ROWS
    (long,) = (rows for operation, rows in written if operation.startswith("SELECT REPEAT('w'"))
    assert [len(next(iter(row.values()))) for row in long] == [mysql_session.LONG, 1]


def test_values_of_binary_rows_are_in_the_tree_under_their_names(session: Session, folder: Path) -> None:
    found = [one for stream in range(session.streams.count) for one in requests_of(session, stream)]
    fetch = next(one for one in found if one.operation == "FETCH SELECT seq FROM seq_1_to_100")
    kinds = next(one for one in found if one.operation.startswith("EXECUTE SELECT * FROM kinds"))
    names, rows = json.loads((folder / "kinds.json").read_text())

    assert [line for line in lines(session, fetch) if line.startswith("seq: ")] == [f"seq: {n}" for n in range(1, 31)]
    shown = {line for line in lines(session, kinds) if ": " in line}
    dates = {f"{name}: {row[at]}" for row in rows for at, name in enumerate(names) if isinstance(row[at], str)}
    assert {one for one in dates if len(one) < 40 and one.isascii() and one.isprintable()} <= shown


def lines(session: Session, request: Request) -> list[str]:
    """The header trees' lines of the packets that answer ``request``."""
    assert request.response is not None
    application = session.application(request.stream)
    packets = (session.reader.packet(frame - 1) for frame in range(request.response.first, request.response.last + 1))
    return [node.label for one in packets for node in header_tree(one, application).walk()]


def as_text(value: str | dict[str, str] | None) -> str | dict[str, str] | None:
    """Bytes that are UTF-8 are written as text; the client gives them as bytes."""
    if isinstance(value, dict):
        return text_or_bytes_of(bytes.fromhex(value["hex"]))
    return value


def text_or_bytes_of(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"hex": data.hex()}


def results_of(capture: Path, out: Path) -> list[tuple[str, list[dict[str, str | dict[str, str] | None]]]]:
    """Operation and rows of each file that ``requests --results`` writes."""
    command = [sys.executable, "-m", "tcptui", "requests", capture, "--results", out]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout.splitlines()
    found = []
    for line in lines:
        _packet, _count, _rows, name, operation = line.split(maxsplit=4)
        found.append((operation, [json.loads(row) for row in (out / name).read_text().splitlines()]))
    return found


def test_no_secret_is_in_what_is_decoded(folder: Path, session: Session) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "tcptui", "requests", folder / "mysql.pcap", "--jsonl"],
        check=True, capture_output=True, text=True, timeout=600,
    ).stdout  # fmt: skip
    for stream in range(session.streams.count):
        for part in session.application(stream).parts():
            if part.stop - part.start < 1 << 20:
                listed += b"".join(data for _, data in part.blocks()).decode("latin-1")
    assert "IDENTIFIED BY '[removed]'" in listed
    assert not any(secret in listed for secret in SECRETS)
