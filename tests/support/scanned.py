"""A scan run as the program, and its tables as rows that can be compared: parts differ, rows do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from tcptui.scan.folder import Pending, file_pending, remove_pending
from tcptui.scan.schema import COLUMNS, DAY_NS, SCHEMA_VERSION, Table

ROOT: Final = Path(__file__).parents[2]


def command(*words: str | Path) -> list[str]:
    """The words of a shell that run ``tcptui scan``."""
    return [sys.executable, "-m", "tcptui", "--lang", "en", "scan", *map(str, words)]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "XDG_CONFIG_HOME": "/dev/null/none"}


def scan(*words: str | Path) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    done = subprocess.run(command(*words), env=environment(), capture_output=True, text=True, timeout=500, check=False)
    return done.returncode, done.stdout, done.stderr


def rows_of(folder: Path, table: Table) -> list[dict[str, Any]]:
    """All rows of ``table``, with the day of their folder."""
    found = []
    for path in sorted((folder / table.value).glob("day=*/*.parquet")):
        file = pq.ParquetFile(str(path)).read(use_threads=False)
        times = [name for name in file.schema.names if str(file.schema.field(name).type).startswith("timestamp")]
        for name in times:
            place = file.schema.get_field_index(name)
            file = file.set_column(place, name, file[name].cast("int64"))
        if "files_changed" in file.schema.names:
            file = file.drop_columns("files_changed")
        found += [row | {"day": path.parent.name} for row in file.to_pylist()]
    return found


def row_set(folder: Path, table: Table) -> Counter[str]:
    """The rows of ``table``, however they are spread over files."""
    return Counter(json.dumps(row, sort_keys=True, default=bytes.hex) for row in rows_of(folder, table))


def row_sets(folder: Path) -> dict[str, Counter[str]]:
    """All tables."""
    return {table.value: row_set(folder, table) for table in Table}


def left_over(folder: Path) -> list[str]:
    """Names that a finished scan does not leave."""
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return [str(name) for name in names if name.suffix not in {".parquet", ".sql"} or name.name.startswith(".")]


# -- rows that were never captured -------------------------------------------------------------

#: The day of `written_scan`: 2026-03-01.
DAY: Final = 20_513
DAY_BEGIN_NS: Final = DAY * DAY_NS
#: What a terminal, CSV, a spreadsheet and SQL might each take for something else.
HOSTILE: Final = "GET /\x1b[31m\x9b2J\u202e\"'; DROP\n,=1+1 é"


def address(text: str) -> bytes:
    """The 16 bytes of an address, as the tables have them."""
    number = ip_address(text)
    return number.packed if number.version == 6 else b"\0" * 10 + b"\xff\xff" + number.packed


def ends(client: str, server: str, port: int = 80) -> dict[str, Any]:
    return {
        "client_address": client, "client_ip": address(client), "client_port": 50_000,
        "server_address": server, "server_ip": address(server), "server_port": port,
    }  # fmt: skip


def file_rows(folder: Path, capture: str, rows: dict[Table, list[dict[str, Any]]]) -> None:
    """File ``rows`` of the capture ``capture`` as a part of their own; cells that are left out are null."""
    pending = Pending(folder, capture, DAY)
    for table, dicts in rows.items():
        names = [column.name for column in COLUMNS[table]]
        whole = [{"capture_id": capture} | row for row in dicts]
        pending.add(table, {name: [row.get(name) for row in whole] for name in names})
    pending.publish()
    pending.close()
    file_pending(folder, packets=False)
    remove_pending(folder)


def capture_row(path: str, **cells: Any) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION, "status": "read", "path": path, "files": [path], "files_changed": [1],
        "start": DAY_BEGIN_NS,
    } | cells  # fmt: skip


def written_scan(folder: Path) -> Path:
    """A scan of two captures and one that failed, whose numbers are plain to see; without the table of packets."""
    second, minute = 1_000_000_000, 60_000_000_000
    one, two = ends("10.1.2.3", "10.9.0.1"), ends("2001:db8::7", "2001:db8:0:5::1", 443)
    found = {"severity": "error", "confidence": "certain", "streams": [0], "frames": [1, 2], "alternatives": ["a, b"]}
    file_rows(folder, "aa", {
        Table.CAPTURES: [capture_row("/in/a.pcap")],
        Table.CONNECTIONS: [
            one | {"stream": 0, "start": DAY_BEGIN_NS + 123_456_789, "duration_ns": 1_500_000_000,
                   "rtt_min_ns": 1_000_000, "history": "ShADadR",
                   "rtt_median_ns": 2_000_000, "severity": "error", "lost_ns": 3 * second, "closed_by": "client",
                   "conn_state": "RSTO", "idle_before_close_ns": 9 * second},
            one | {"stream": 1, "start": DAY_BEGIN_NS + second, "rtt_min_ns": 3_000_000, "history": "ShADadFf",
                   "rtt_median_ns": 4_000_000, "closed_by": "server", "conn_state": "SF"},
        ],
        Table.FINDINGS: [
            one | found | {"stream": 0, "number": 0, "id": "zero-window", "time": DAY_BEGIN_NS + 5 * second,
                           "lost_ns": 3 * second, "facts": "{}"},
            one | found | {"stream": 1, "number": 1, "id": "rtt-measured", "severity": "note",
                           "time": DAY_BEGIN_NS + second, "lost_ns": 0},
        ],
        Table.REQUESTS: [
            one | {"stream": 0, "number": number, "protocol": "http", "operation": HOSTILE, "start": DAY_BEGIN_NS,
                   "duration_ns": (number + 1) * 1_000_000, "time_server_ns": 500_000}
            for number in range(3)
        ],
        Table.HOSTS_MINUTES: [
            {"minute": DAY_BEGIN_NS + at * minute, "address": host, "ip": address(host),
             "data_segments_sent": 100, "retransmissions_sent": resent}
            for at, host, resent in ((0, "10.1.2.3", 1), (59, "10.1.2.200", 3), (60, "10.1.2.3", 50))
        ],
    })  # fmt: skip
    file_rows(folder, "bb", {
        Table.CAPTURES: [capture_row("/in/b.pcap", start=DAY_BEGIN_NS - second)],
        Table.CONNECTIONS: [
            two | {"stream": 0, "start": DAY_BEGIN_NS - second, "severity": "error", "history": "ShADadr",
                   "conn_state": "RSTR", "lost_ns": second, "closed_by": "server", "rtt_median_ns": 7_000_000},
        ],
        Table.FINDINGS: [
            two | found | {"stream": 0, "number": 0, "id": "zero-window", "time": DAY_BEGIN_NS - second,
                           "lost_ns": second},
        ],
    })  # fmt: skip
    file_rows(folder, "failed-cc", {
        Table.CAPTURES: [
            capture_row("/in/c.pcap", status="failed", capture_id=None, error="scan_time", error_text="too long"),
        ],
    })  # fmt: skip
    return folder
