"""A scan run as the program, and its tables as rows that can be compared: parts differ, rows do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from tcptui.scan.schema import Table

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
    return [str(name) for name in names if name.suffix != ".parquet" or name.name.startswith(".")]
