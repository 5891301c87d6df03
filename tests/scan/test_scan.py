"""``tcptui scan``: its rows are what reports say, once each, whatever happens meanwhile."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import pytest
from scanned import command, environment, left_over, row_set, row_sets, rows_of, scan
from seeds import seed
from traces import write_trace

from tcptui.api import Capture
from tcptui.scan.ask import Tables
from tcptui.scan.questions import QUESTIONS
from tcptui.scan.schema import COLUMNS, Table
from tcptui.scan.views import VIEWS

CASES: Final = Path(__file__).parents[2] / "cases"
LINES: Final = (
    "0 C S 0 0", "20 S SA 0 1", "40 C A 1 1", "50 C PA 1 1 100", "70 S A 1 101", "90 S PA 1 101 500", "110 C A 101 501",
    "120 C FA 101 501", "140 S FA 501 102", "160 C A 102 502",
)  # fmt: skip


def captures_below(folder: Path, count: int) -> Path:
    folder.mkdir()
    for path in sorted(CASES.glob("*/*.pcap*"))[:: max(len(list(CASES.glob("*/*.pcap*"))) // count, 1)][:count]:
        shutil.copy(path, folder / f"{path.parent.name}-{path.name}")
    return folder


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return captures_below(tmp_path_factory.mktemp("scan") / "in", 12)


@pytest.fixture(scope="module")
def scanned(inputs: Path) -> Path:
    out = inputs.parent / "out"
    status, told, errors = scan(inputs, "-o", out, "--packets", "--workers", "2")
    assert (status, errors) == (0, "")
    assert "captures: read 12" in told
    return out


def test_rows_are_what_reports_say(inputs: Path, scanned: Path) -> None:
    captures = {row["path"]: row for row in rows_of(scanned, Table.CAPTURES)}
    rows: dict[Table, dict[str, list[dict[str, Any]]]] = {}
    for table in Table:
        for row in rows_of(scanned, table):
            rows.setdefault(table, {}).setdefault(row["capture_id"], []).append(row)
    for path in sorted(inputs.iterdir()):
        with Capture.open(path) as capture:
            report, requests = capture.report(), list(capture.requests())
        row = captures[str(path)]
        told, whole = report["streams"], report["capture"]
        mine = {table: rows.get(table, {}).get(row["capture_id"], []) for table in Table}
        findings = [one["id"] for stream in told for one in stream["findings"]] + [
            one["id"] for one in whole["findings"]
        ]
        assert sorted(one["id"] for one in mine[Table.FINDINGS]) == sorted(findings)
        assert (row["connections"], row["findings"], row["requests"]) == (len(told), len(findings), len(requests))
        assert (row["packets"], row["tcp_packets"]) == (whole["packets"], whole["tcp_packets"])
        assert len(mine[Table.PACKETS]) == whole["packets"]
        assert [one["operation"] for one in sorted_(mine[Table.REQUESTS])] == [one.operation for one in requests]
        for one, other in zip(sorted_(mine[Table.CONNECTIONS]), told, strict=True):
            assert (one["stream"], one["packets"], one["bytes"]) == (other["stream"], other["packets"], other["bytes"])
            assert one["client_state"] == other["client_state"]
            assert one["server_state"] == other["server_state"]
            assert one["duration_ns"] == round(other["duration"] * 1e9)
            assert one["retransmissions"] == other["measures"]["retransmissions"]
            assert {name: round(s * 1e9) for name, s in other["time_budget"].items()} == {
                name: one[f"time_{name}_ns"] for name in other["time_budget"]
            }
        sent = sum(one["packets_sent"] for one in mine[Table.HOSTS_MINUTES])
        assert sent == sum(one["packets"] for one in mine[Table.CONNECTIONS])
        assert sum(one["retransmissions_sent"] for one in mine[Table.HOSTS_MINUTES]) == sum(
            one["retransmissions"] for one in mine[Table.CONNECTIONS]
        )


def sorted_(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["stream"], row.get("number", 0)))


def test_files_have_the_columns_of_the_schema_and_nothing_else_is_left(scanned: Path) -> None:
    for table, columns in COLUMNS.items():
        row = rows_of(scanned, table)[0]
        expected = {column.name for column in columns} - {"files_changed"}
        assert row.keys() - {"day"} == expected
    assert left_over(scanned) == []
    assert {path.stem for path in scanned.glob("*.sql")} == {view.name for view in VIEWS}
    assert not (scanned / "_pending").exists()


def test_questions_find_what_the_tables_have(scanned: Path) -> None:
    tables = Tables(scanned)

    def found(sql: str, **parameters: int | str) -> list[tuple[Any, ...]]:
        return [row for block in tables.ask(sql, parameters).blocks for row in block]

    for table in Table:
        assert found(f"SELECT count(*) FROM {table.value}") == [(len(rows_of(scanned, table)),)]
    asked = {one.name: found(one.sql, **{each.name: each.default for each in one.parameters}) for one in QUESTIONS}
    told = {row["id"] for row in rows_of(scanned, Table.FINDINGS) if row["severity"] != "note"}
    assert {row[0] for row in asked["first-seen"]} == told
    assert all(asked[name] for name in ("worst-servers", "rtt"))
    assert asked["failed-captures"] == []


def test_resume_after_the_end_changes_nothing(inputs: Path, scanned: Path) -> None:
    before = row_sets(scanned)
    status, told, _ = scan(inputs, "-o", scanned, "--packets", "--resume")
    assert status == 0
    assert "12 files done before" in told
    assert row_sets(scanned) == before


def test_killed_and_resumed_is_as_uninterrupted(inputs: Path, scanned: Path, tmp_path: Path) -> None:
    drawn = random.Random(seed(53))
    out = tmp_path / "out"
    for kills in range(10):
        words = command(inputs, "-o", out, "--packets", "--workers", "2", *(["--resume"] if kills else []))
        with subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
            wanted = drawn.randrange(3)
            before = done_in(out)
            while one.poll() is None and done_in(out) - before < wanted:
                time.sleep(0.002)
            time.sleep(drawn.random() / 10)  # amid whatever it does then
            one.send_signal(signal.SIGKILL)
    status, _, errors = scan(inputs, "-o", out, "--packets", "--resume")
    assert (status, errors) == (0, "")
    assert row_sets(out) == row_sets(scanned)
    assert left_over(out) == []


def done_in(folder: Path) -> int:
    return sum(1 for _ in folder.glob("_pending/*")) + sum(1 for _ in folder.glob("captures/*/*"))


def test_what_has_changed_is_judged_again_and_nothing_else_is(tmp_path: Path) -> None:
    folder, out = captures_below(tmp_path / "in", 4), tmp_path / "out"
    scan(folder, "-o", out)
    before = row_set(out, Table.CONNECTIONS)
    changed, *others = sorted(folder.iterdir())
    write_trace(changed, LINES)
    (folder / "new.pcap").write_bytes(gzip.compress(changed.read_bytes()))
    others[0].unlink()
    status, told, _ = scan(folder, "-o", out, "--resume")
    assert status == 0
    assert "captures: read 2" in told
    captures = rows_of(out, Table.CAPTURES)
    assert sorted(row["path"] for row in captures) == sorted(map(str, (*folder.iterdir(), others[0])))
    ids = {row["capture_id"] for row in captures}
    assert {row["capture_id"] for row in rows_of(out, Table.CONNECTIONS)} == ids
    kept = row_set(out, Table.CONNECTIONS) & before
    assert sum(kept.values()) == sum(before.values()) - sum(
        1 for text in before if not any(name in text for name in ids)
    )


def test_a_connection_over_files_of_a_ring_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    parts = LINES[:4], LINES[4:7], LINES[7:]
    for number, lines in enumerate(parts, 1):
        write_trace(folder / f"eth0_{number:05}_2026010112000{number}.pcap", lines)
    write_trace(folder / "other1.pcap", LINES)
    write_trace(folder / "other2.pcap", [line.replace("100", "101") for line in LINES])
    status, _, errors = scan(folder, "-o", tmp_path / "out")
    assert (status, errors) == (0, "")
    rows = rows_of(tmp_path / "out", Table.CAPTURES)
    assert sorted((len(row["files"]), row["connections"]) for row in rows) == [(1, 1), (1, 1), (3, 1)]
    histories = {row["history"] for row in rows_of(tmp_path / "out", Table.CONNECTIONS)}
    assert histories == {"ShADadFf"}


def test_files_named_like_a_ring_that_do_not_follow_each_other_are_apart(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write_trace(folder / "x.pcap1", LINES)
    write_trace(folder / "x.pcap2", [line.replace("500", "400") for line in LINES])  # at the same time
    write_trace(folder / "x.pcap3", [f"{int(line.split()[0]) + 900_000} {line.split(' ', 1)[1]}" for line in LINES])
    scan(folder, "-o", tmp_path / "out")
    rows = rows_of(tmp_path / "out", Table.CAPTURES)
    assert [(len(row["files"]), row["status"], row["connections"]) for row in rows] == [(1, "read", 1)] * 3


def test_what_cannot_be_read_is_a_row_and_stops_nothing(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    (folder / "deep").mkdir(parents=True)
    write_trace(folder / "good.pcap", LINES)
    shutil.copy(folder / "good.pcap", folder / "deep" / "same.cap")
    whole = (folder / "good.pcap").read_bytes()
    (folder / "cut.pcap").write_bytes(whole[:-3])
    (folder / "bomb.pcap.gz").write_bytes(gzip.compress(whole)[:40])
    (folder / "notes.txt").write_text("no capture")
    (folder / "deep" / "circle").symlink_to(folder)
    (folder / "deep" / "gone").symlink_to(folder / "nothing")
    os.mkfifo(folder / "pipe")
    status, told, errors = scan(folder, folder / "pipe", folder / "no such", "-o", out)
    assert status == 1
    assert "no such cannot be read" in errors
    rows = {Path(row["path"]).name: row for row in rows_of(out, Table.CAPTURES)}
    statuses = {name: row["status"] for name, row in rows.items()}
    assert {statuses.pop("good.pcap"), statuses.pop("same.cap")} == {"read", "duplicate"}
    assert statuses == {"cut.pcap": "damaged", "bomb.pcap.gz": statuses["bomb.pcap.gz"], "pipe": "failed"}
    assert "not an ordinary file" in rows["pipe"]["error_text"]
    assert "passed over" in told
    assert len(rows_of(out, Table.CONNECTIONS)) == len({row["capture_id"] for row in rows.values()} - {None})


def test_folders_that_are_in_use_or_others_are_refused(tmp_path: Path, scanned: Path) -> None:
    write_trace(tmp_path / "a.pcap", LINES)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    status, _, errors = scan(tmp_path / "a.pcap", "-o", tmp_path / "full")
    assert (status, len(errors.splitlines())) == (1, 1)
    assert "not empty" in errors
    status, _, errors = scan(tmp_path / "a.pcap", "-o", scanned)
    assert (status, "--resume" in errors) == (1, True)
    status, _, errors = scan(tmp_path / "a.pcap", "-o", scanned, "--resume")
    assert (status, "other tables" in errors) == (1, True)
    with locked(scanned):
        status, _, errors = scan(tmp_path / "a.pcap", "-o", scanned, "--resume")
    assert (status, "another scan" in errors) == (1, True)


def locked(folder: Path) -> Any:
    from contextlib import closing

    from tcptui.scan.folder import Lock

    return closing(Lock(folder))


def test_a_full_disk_ends_the_scan_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tcptui.model.errors import OutputError
    from tcptui.scan import folder as filing
    from tcptui.scan.run import Scan, Settings
    from tcptui.words.catalogue import Words
    from tcptui.words.language import Language

    write_trace(tmp_path / "a.pcap", LINES)

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(filing.Pending, "add", full)
    monkeypatch.setattr(os, "umask", lambda _: 0)
    with pytest.raises(OutputError) as caught:
        Scan(Settings((str(tmp_path),), tmp_path / "out"), Words(Language.EN), lambda _: None).run()
    assert "No space" in str(caught.value.facts["reason"])
