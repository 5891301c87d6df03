"""The work of a worker process on one task: it judges its files and leaves their rows in the folder of the scan."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from tcptui.capture.output import output_error
from tcptui.scan.folder import Pending, SameBytesError, is_pending
from tcptui.scan.judge import seen
from tcptui.scan.schema import COLUMNS, DAY_NS, Table

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

    from tcptui.scan.judge import Judge, JudgedCapture


@dataclass
class Done:
    """Counts of captures by what became of them."""

    captures: dict[str, int] = field(default_factory=dict)
    """By status."""
    ids: list[str] = field(default_factory=list)
    """Ids of captures whose rows are there now."""
    packets: int = 0
    connections: int = 0
    findings: int = 0
    requests: int = 0
    waiting_bytes: int = 0
    """Bytes of rows that are not filed yet."""

    def add(self, other: Done) -> None:
        """Add the numbers of ``other``, but for its ids."""
        for status, count in other.captures.items():
            self.captures[status] = self.captures.get(status, 0) + count
        self.packets += other.packets
        self.connections += other.connections
        self.findings += other.findings
        self.requests += other.requests
        self.waiting_bytes += other.waiting_bytes


def judge_files(folder: Path, judge: Judge, files: Sequence[str], known: Container[str]) -> Done:
    """Judge ``files``; captures whose ids are ``known``, or whose rows wait in ``folder``, have their rows already.

    Raises OutputError where the folder takes no rows.
    """
    done = Done()
    waiting: list[Pending] = []

    def sink_of(name: str) -> Pending | None:
        if name in known or is_pending(folder, name):
            return None
        waiting.append(Pending(folder, name, _day_of(files)))
        return waiting[-1]

    try:
        for one in judge.captures(files, sink_of):
            if one.row["status"] in ("read", "damaged"):
                try:
                    done.waiting_bytes += _publish(waiting.pop(), one.row)
                except SameBytesError:
                    _leave(folder, duplicate_of(one.row), done)
                else:
                    _count(done, one)
            else:
                _leave(folder, one.row, done)
    except OSError as error:
        raise output_error(error, folder) from error
    finally:
        for pending in waiting:
            pending.close()
    return done


def leave_failed(folder: Path, row: dict[str, Any]) -> Done:
    """Leave the ``row`` of a capture that ended its worker.  Raises as `judge_files`."""
    done = Done()
    try:
        _leave(folder, row, done)
    except OSError as error:
        raise output_error(error, folder) from error
    return done


def duplicate_of(row: dict[str, Any]) -> dict[str, Any]:
    """The row of a capture whose bytes another file had first."""
    files = {"path", "files", "files_bytes", "files_changed", "grew", "schema_version", "engine_version"}
    return {name: row[name] for name in files} | {"status": "duplicate", "same_as": row["capture_id"]}


def _leave(folder: Path, row: dict[str, Any], done: Done) -> None:
    """Leave a row without any other."""
    digest = blake2b("\0".join(row["files"]).encode(), digest_size=16).hexdigest()
    done.waiting_bytes += _publish(Pending(folder, f"{row['status']}-{digest}", _day_of_row(row)), row)
    done.captures[row["status"]] = done.captures.get(row["status"], 0) + 1


def _publish(pending: Pending, row: dict[str, Any]) -> int:
    """Publish all rows; returns their bytes."""
    try:
        pending.add(Table.CAPTURES, {column.name: [row.get(column.name)] for column in COLUMNS[Table.CAPTURES]})
        return pending.publish()
    finally:
        pending.close()


def _count(done: Done, one: JudgedCapture) -> None:
    done.captures[one.row["status"]] = done.captures.get(one.row["status"], 0) + 1
    done.ids.append(one.row["capture_id"])
    done.packets += one.totals.packets
    done.connections += one.totals.connections
    done.findings += one.totals.findings
    done.requests += one.totals.requests


def _day_of_row(row: dict[str, Any]) -> int:
    return int(max(row["files_changed"], default=0) // DAY_NS)


def _day_of(files: Sequence[str]) -> int:
    return max(seen(path).changed_ns for path in files) // DAY_NS
