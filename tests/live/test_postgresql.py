"""A real PostgreSQL server and psycopg, recorded: held against tshark and the server's own log."""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import postgresql_session
import pytest

from tcptui.access.requests import requests_of
from tcptui.model.field_rows.postgresql import POSTGRESQL_FIELDS
from tcptui.model.request import RequestPart
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.request import Request
    from tcptui.session.session import Session

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(
        not (postgresql_session.PROGRAMS / "postgres").exists()
        or not all(map(shutil.which, ("openssl", "tcpdump", "tshark", "unshare"))),
        reason="needs PostgreSQL, openssl, tcpdump, tshark, unshare",
    ),
]
FIELDS = tuple(field.name for field in POSTGRESQL_FIELDS if field.name != "pgsql")
#: tshark 4.0 has no name for CopyBoth, and nothing for the byte that answers a request for encryption.
OURS_ALONE = {"SSL response", "CopyBoth response"}
_DURATION = re.compile(r"duration: ([\d.]+) ms  statement: (SELECT pg_sleep\([\d.]+\))")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("postgresql")
    command = ["unshare", "--net", sys.executable, postgresql_session.__file__, str(made)]
    subprocess.run(command, check=True, timeout=600)
    return made


@pytest.fixture(scope="module")
def session(folder: Path) -> Iterator[Session]:
    opened = open_file(folder / "postgresql.pcap")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def found(session: Session) -> list[Request]:
    return [one for stream in range(session.streams.count) for one in requests_of(session, stream)]


@pytest.fixture(scope="module")
def logged(folder: Path) -> list[dict[str, Any]]:
    log: list[dict[str, Any]] = json.loads((folder / "log.json").read_text())
    return [entry for entry in log if entry.get("remote_host") == postgresql_session.HOST]


def printed(command: list[Any]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout


def test_fields_are_those_of_tshark_but_for_what_is_secret(folder: Path) -> None:
    capture = folder / "postgresql.pcap"
    asked = [word for name in ("frame.number", "tcp.stream", *FIELDS) for word in ("-e", name)]
    theirs = printed(["tshark", "-2", "-n", "-r", capture, "-T", "fields", *asked]).splitlines()
    ours = printed([sys.executable, "-m", "tcptui", "packets", capture, *asked]).splitlines()
    odd = "tcp.analysis.lost_segment or tcp.analysis.out_of_order"
    strayed = printed(["tshark", "-2", "-n", "-r", capture, "-T", "fields", "-Y", odd, "-e", "tcp.stream"]).split()
    last = {our.split("\t")[1]: our.split("\t")[0] for our in ours if any(our.split("\t")[2:])}
    differing, same = Counter[str](), Counter[str]()
    for their, our in zip(theirs, ours, strict=True):
        (number, stream, *known), (_, _, *read) = their.split("\t"), our.split("\t")
        if OURS_ALONE & set(read[FIELDS.index("pgsql.type")].split(",")):
            continue
        if stream in strayed and not any(known):  # loopback of two processors: tshark loses the rest of the stream
            continue
        for name, one, other in zip(FIELDS, known, read, strict=True):
            if one == other:
                same[name] += bool(one)
            elif number == last[stream] and other.startswith(f"{one}," if one else ""):
                same["beginning of a message of which the rest was not captured"] += 1  # tshark says nothing of it
            elif not other and name in ("pgsql.query", "pgsql.val.data"):
                same[f"{name}, hidden"] += 1
            else:
                differing[name] += 1
                print(number, name, one[:80], other[:80])

    assert not differing
    assert sum(same.values()) > 2_000
    assert {same[name] for name in ("pgsql.query, hidden", "pgsql.val.data, hidden")} == {2}


def test_statements_and_errors_are_those_of_the_servers_log(found: list[Request], logged: list[dict[str, Any]]) -> None:
    """Each line ``statement:`` or ``execute`` is a request that succeeded; each error has its SQLSTATE."""
    done = [
        entry["message"] for entry in logged if re.search(r"^duration: \S+ ms  (statement|execute)", entry["message"])
    ]
    failed = Counter(entry["state_code"] for entry in logged if entry["error_severity"] in ("ERROR", "FATAL"))
    told = [one for one in found if one.statement or one.operation == "SIMPLE QUERY"]  # … which has no statement
    asked = [one for one in told if one.status in ("OK", "suspended")]
    executed = [one for one in asked if not one.operation.startswith(("PARSE", "DESCRIBE", "CLOSE"))]
    codes = Counter(one.status for one in found if len(one.status) == len("42P01"))
    # Not logged so: IDENTIFY_SYSTEM and START_REPLICATION.  Logged, and not seen: what is within TLS, that the server
    # lost a client.
    replication = [one for one in executed if one.operation in ("IDENTIFY_SYSTEM", "START_REPLICATION")]

    assert len(executed) - len(replication) == len(done) - sum("sealed" in one or "within TLS" in one for one in done)
    assert codes == failed - Counter({"08006": failed["08006"]})


def test_servers_time_is_that_of_its_log(found: list[Request], logged: list[dict[str, Any]]) -> None:
    """Of statements that sleep, on loopback: what the wire sees adds the server's reading, planning and writing."""
    took = {told[2]: float(told[1]) for entry in logged if (told := _DURATION.search(entry["message"]))}
    seen = {one.statement: one for one in found if one.statement in took}

    assert len(seen) == len(took) == len(postgresql_session.SLEEPS)
    beyond = [one.spent_ns(RequestPart.SERVER) / 1e6 - took[name] for name, one in seen.items()]
    print(sorted(beyond))
    assert min(beyond) > -0.1
    # Reading and writing wait for a processor, too, where others are at work: not each time.
    assert min(beyond) <= max(0.5, 0.1 * statistics.median(took.values()))


def test_cancel_request_names_the_connection_it_cancels(found: list[Request]) -> None:
    (cancel,) = (one for one in found if one.operation.startswith("CANCEL"))
    (cancelled,) = (one for one in found if one.stream == cancel.cancels and one.status == "57014")

    assert cancelled.statement == "SELECT pg_sleep(20)"


def test_transactions_that_idle_are_open_on_the_record(found: list[Request]) -> None:
    ended = next(at for at, one in enumerate(found) if one.status == "25P03")
    before = found[ended - 1]

    assert found[ended].request is None
    assert before.transaction is not None
    assert before.transaction.value == "open"
    assert found[ended].start_ns - before.end_ns > 100_000_000


def test_rows_are_those_that_were_written(found: list[Request]) -> None:
    copies = [one for one in found if one.operation == "COPY big" and one.status == "OK"]

    assert [one.rows for one in copies] == [postgresql_session.ROWS, postgresql_session.ROWS, 500]
    assert next(one.rows for one in found if one.statement == "SELECT * FROM big LIMIT 20000") == 20_000


def test_statements_within_tls_are_read_with_its_keys(folder: Path) -> None:
    command = [sys.executable, "-m", "tcptui", "requests", folder / "postgresql.pcap", "--jsonl"]
    plain, opened = printed(command), printed([*command, "--keylog", folder / "keys.log"])

    assert "'sealed'" not in plain
    records = [json.loads(line) for line in opened.splitlines()]
    (one,) = (record for record in records if "'sealed'" in (record["statement"] or ""))
    assert (one["status"], one["rows"], one["transaction"]) == ("OK", 900, "idle")


def test_rows_are_written_as_the_client_got_them(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows"
    listed = printed([sys.executable, "-m", "tcptui", "requests", folder / "postgresql.pcap", "--results", out])
    written = [line.split(maxsplit=4)[1:] for line in listed.splitlines()]
    expected = json.loads((folder / "kinds.json").read_text())
    selects = [name for _count, _rows, name, operation in written if operation == "SELECT kinds"]
    assert len(selects) == len(expected) == 3
    for name, rows in zip(selects, expected.values(), strict=True):
        found = [list(json.loads(line).values()) for line in (out / name).read_text().splitlines()]
        assert [list(map(hexadecimal, row)) for row in found] == rows
    simple, binary = (json.loads((out / name).read_text().splitlines()[0]) for name in selects[:2])
    assert list(simple) == ["i", "b", "n", "f", "t", "y", "j", "a", "d"]
    assert binary["i (2)"] == {"hex": "ffffffff"}
    counts = {int(count.replace(",", "")) for count, *_ in written}
    assert 20_000 in counts
    assert not any(
        secret.encode() in (out / name).read_bytes()
        for _, _, name, _ in written
        for secret in postgresql_session.SECRETS
    )


def test_what_copy_sends_is_the_file_that_psql_would_write(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows"
    listed = printed([sys.executable, "-m", "tcptui", "requests", folder / "postgresql.pcap", "--results", out])
    text, binary = (line.split()[3] for line in listed.splitlines() if line.endswith("COPY big"))
    expected = "".join(f"{number}\t{'y' * (number % 120)}\n" for number in range(postgresql_session.ROWS))

    assert text.endswith(".copy")
    copied = (out / text).read_text().splitlines(keepends=True)
    assert sorted(copied) == sorted(expected.splitlines(keepends=True))  # scans begin where others are
    assert (out / binary).read_bytes().startswith(b"PGCOPY\n\xff\r\n\0")
    assert (out / binary).read_bytes().endswith(b"\xff\xff")
    assert [int(line.split()[1].replace(",", "")) for line in listed.splitlines() if line.endswith("COPY big")] == [
        postgresql_session.ROWS, 500,
    ]  # fmt: skip


def hexadecimal(value: str | dict[str, str] | None) -> str | None:
    if isinstance(value, dict):
        return value["hex"]
    return None if value is None else value.encode().hex()


def test_no_secret_is_in_what_is_decoded(folder: Path, session: Session) -> None:
    capture = folder / "postgresql.pcap"
    said = printed([sys.executable, "-m", "tcptui", "requests", capture, "--jsonl"])
    said += printed([sys.executable, "-m", "tcptui", "packets", capture, "-e", "pgsql.query", "-e", "pgsql.val.data"])
    for stream in range(session.streams.count):
        for part in session.application(stream).parts():
            said += b"".join(data for _, data in part.blocks()).decode("latin-1")

    assert "ALTER USER other WITH ENCRYPTED PASSWORD [removed]" in said
    for secret in postgresql_session.SECRETS:
        assert secret not in said
        assert secret.encode().hex() not in said
