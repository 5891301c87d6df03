"""SQL over the tables of a scan, by DuckDB (MIT, extra ``[query]``), which is imported here alone.

Each table is a view, of the files that count; one without files is empty and has its columns, and so has a file of an
earlier version.  Times are UTC without a zone, in nanoseconds.  ``subnet(ip, prefix4, prefix6)`` is a macro.  Whoever
asks can reach these files and nothing else, neither others nor the network, and writes nowhere.
"""

from __future__ import annotations

import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

import duckdb

from tcptui.model.errors import InputError, UsageError
from tcptui.scan.parts import REPLACES, SUFFIX, VERSION, capture_files, names_in, part_of
from tcptui.scan.schema import COLUMNS, DAY, SCHEMA_VERSION, Kind, Table
from tcptui.scan.views import VIEWS
from tcptui.session.memory import available_memory

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

#: Bytes that DuckDB may take at least, and where nobody knows how many there are; else half of what is available.
_MEMORY_LEAST: Final = 256 << 20
_MEMORY_UNKNOWN: Final = 1 << 30
#: Rows of a block, and blocks that wait for a slow reader.
BLOCK_ROWS: Final = 1_000
_BLOCKS: Final = 4
#: Seconds after which a query that is to end is asked again to.
_ASKED_AGAIN_S: Final = 0.05
_TYPES: Final = {
    Kind.TEXT: "VARCHAR", Kind.NAME: "VARCHAR", Kind.ADDRESS: "BLOB", Kind.WHOLE: "BIGINT", Kind.YES: "BOOLEAN",
    Kind.TIME: "TIMESTAMP_NS", Kind.WHOLES: "BIGINT[]", Kind.TEXTS: "VARCHAR[]", Kind.TIMES: "TIMESTAMP_NS[]",
}  # fmt: skip
#: The network of an address of 16 bytes, in its own notation: bits behind the prefix are taken away from the number.
_SUBNET: Final = """
CREATE MACRO _network(ip, bits) AS
  ('0x' || hex(ip))::UHUGEINT - ('0x' || hex(ip))::UHUGEINT % (1::UHUGEINT << (128 - bits)::UHUGEINT);
CREATE MACRO _group(network, place) AS ((network >> (112 - 16 * place)::UHUGEINT) % 65536)::BIGINT;
CREATE MACRO subnet(ip, prefix4, prefix6) AS CASE
  WHEN starts_with(hex(ip), '00000000000000000000FFFF') THEN list_aggregate(list_transform([6, 7], lambda place:
      (_group(_network(ip, 96 + prefix4), place) // 256)::VARCHAR || '.'
      || (_group(_network(ip, 96 + prefix4), place) % 256)::VARCHAR), 'string_agg', '.') || '/' || prefix4
  WHEN prefix6 = 0 THEN '::/0'
  ELSE list_aggregate(list_transform(range((prefix6 + 15) // 16), lambda place:
      lower(to_hex(_group(_network(ip, prefix6), place)))), 'string_agg', ':')
      || CASE WHEN prefix6 > 112 THEN '' ELSE '::' END || '/' || prefix6
END;
"""
_CONFIG: Final = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,  # names of tables are no variables of Python
    "temp_directory": "",
}


class SqlError(UsageError):
    """The SQL is wrong, or asks for what it must not."""


class ValueKind(Enum):
    """A kind of cells of a column."""

    NUMBER = auto()
    """int, float or Decimal."""
    YES = auto()
    TEXT = auto()
    """str; bytes in hexadecimal digits."""
    JSON = auto()
    """str: a list or a struct as JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of an answer; a cell is None where there is no value."""

    names: tuple[str, ...]
    kinds: tuple[ValueKind, ...]
    blocks: Generator[Sequence[tuple[Any, ...]]]
    """At most `BLOCK_ROWS` rows at a time; raises SqlError, InputError."""


class Tables:
    """The tables of one scan, open for questions."""

    def __init__(self, folder: Path) -> None:
        """Raises InputError: ``folder`` cannot be read, holds no scan, or one of a later version."""
        memory = max((available_memory() or 2 * _MEMORY_UNKNOWN) // 2, _MEMORY_LEAST)
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        config = _CONFIG | {"threads": threads, "memory_limit": f"{memory >> 20}MiB"}
        self._connection = duckdb.connect(":memory:", config={name: str(value) for name, value in config.items()})
        try:
            self._attach(folder)
        except (OSError, UnicodeError, duckdb.Error) as error:
            self.close()
            raise InputError("query_unreadable", path=str(folder), reason=_reason(error)) from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the files go."""
        self._connection.close()

    def _attach(self, folder: Path) -> None:
        os.scandir(folder).close()  # raises what is wrong with it
        root = folder.resolve()
        kept = self._kept_parts(root, folder)
        files = {table: _files(root, table, kept) for table in Table}
        run = self._connection.execute
        run("SET TimeZone = 'UTC'")
        run(_SUBNET)
        for table, paths in files.items():
            run(_view(table, paths))
        for view in VIEWS:
            run(f"CREATE VIEW {view.name} AS {view.select}")
        # The files, not the folder: nothing else in it is read, and no link leads out of it.
        run(f"SET allowed_paths = {_listed([path for paths in files.values() for path in paths])}")
        run("SET enable_external_access = false")
        run("SET lock_configuration = true")

    def _kept_parts(self, root: Path, folder: Path) -> set[str]:
        """The IDs of the parts that count.  Raises InputError, duckdb.Error."""
        captures = [_inside(path, root) for path in capture_files(root)]
        if not captures:
            raise InputError("query_no_scan", path=str(folder))
        told = self._connection.execute(
            f"SELECT key, value FROM parquet_kv_metadata({_listed(captures)}) WHERE key IN (?, ?)", [VERSION, REPLACES]
        ).fetchall()
        versions = [value.decode("utf-8", "replace") for key, value in told if key == VERSION]
        if any(not text.isdecimal() or int(text) > SCHEMA_VERSION for text in versions):
            raise InputError("query_newer", path=str(folder))
        replaced = {name for key, value in told if key == REPLACES for name in names_in(value)}
        return {part_of(path) for path in captures} - replaced

    def ask(self, sql: str, parameters: Mapping[str, int | str] | None = None) -> Answer:
        """The result of one SELECT with ``parameters`` bound.  Raises SqlError, InputError."""
        bound = dict(parameters or {})
        try:
            for text in (sql, *bound.values()):
                str(text).encode()  # of what is no UTF-8 DuckDB says only that it takes other types
            asked = f"(\n{self._one_select(sql)}\n)"
            described = self._connection.execute(f"SELECT * FROM {asked} LIMIT 0", bound).description or []
        except (UnicodeError, duckdb.Error) as error:
            raise _told(error) from None
        except RuntimeError:  # how DuckDB says that a signal came
            raise KeyboardInterrupt from None
        shapes = [_shape(str(column[1])) for column in described]
        cells = ", ".join(shape.format(place) for place, (_, shape) in enumerate(shapes, 1))
        blocks = self._blocks(f"SELECT {cells} FROM {asked}", bound)
        return Answer(tuple(str(column[0]) for column in described), tuple(kind for kind, _ in shapes), blocks)

    def _one_select(self, sql: str) -> str:
        """``sql`` without a semicolon at its end.  Raises SqlError where it is not one SELECT, duckdb.Error."""
        if [one.type for one in self._connection.extract_statements(sql)] != [duckdb.StatementType.SELECT]:
            raise SqlError("query_select")
        text = sql.encode()
        end = len(text)
        for place, kind in reversed(duckdb.tokenize(sql)):  # places in bytes
            if kind == duckdb.token_type.operator and text.startswith(b";", place):
                end = place
            elif kind != duckdb.token_type.comment:
                break
        return text[:end].decode()

    def _blocks(self, sql: str, bound: Mapping[str, int | str]) -> Generator[Sequence[tuple[Any, ...]]]:
        """Rows as they are found, by a thread: inside DuckDB Ctrl-C is not always heard."""
        blocks: queue.Queue[Sequence[tuple[Any, ...]]] = queue.Queue(_BLOCKS)
        stopped = threading.Event()

        def put(block: Sequence[tuple[Any, ...]]) -> None:
            while not stopped.is_set():
                with suppress(queue.Full):
                    blocks.put(block, timeout=0.1)
                    return

        def find() -> None:
            try:
                result = self._connection.execute(sql, dict(bound))
                while not stopped.is_set() and (rows := result.fetchmany(BLOCK_ROWS)):
                    put(rows)
            finally:
                put([])

        with ThreadPoolExecutor(1, "tcptui-query") as executor:
            found = executor.submit(find)
            try:
                while block := blocks.get():
                    yield block
                found.result()
            except duckdb.Error as error:
                raise _told(error) from None
            finally:
                stopped.set()
                # Again and again: a query that has not begun yet does not hear it.
                while not wait([found], timeout=_ASKED_AGAIN_S).done:
                    self._connection.interrupt()


def _inside(path: Path, root: Path) -> Path:
    """``path``, an ordinary file below ``root``; raises InputError where a link leads elsewhere."""
    if path.resolve() != path or not path.is_file():
        raise InputError("query_outside", path=str(path), folder=str(root))
    return path


def _files(root: Path, table: Table, parts: set[str]) -> list[Path]:
    found = sorted((root / table.value).glob(f"{DAY}=*/part-*-*{SUFFIX}"))
    return [_inside(path, root) for path in found if part_of(path) in parts]


def _text(value: str) -> str:
    """A literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def _listed(paths: Sequence[Path]) -> str:
    return f"[{', '.join(_text(str(path)) for path in paths)}]"


def _view(table: Table, paths: Sequence[Path]) -> str:
    types = {column.name: _TYPES[column.kind] for column in COLUMNS[table]} | {DAY: "DATE"}
    empty = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in types.items())
    rows = f"SELECT {empty} WHERE false"
    if paths:
        found = f"read_parquet({_listed(paths)}, hive_partitioning = true, hive_types = {{'{DAY}': DATE}}, "
        rows += f" UNION ALL BY NAME SELECT * FROM {found} union_by_name = true)"
    times = [name for name, kind in types.items() if kind.startswith("TIMESTAMP")]
    replaced = ", ".join(f'"{name}"::{types[name]} AS "{name}"' for name in times)
    return f'CREATE VIEW "{table.value}" AS SELECT * REPLACE ({replaced}) FROM ({rows})'


def _shape(kind: str) -> tuple[ValueKind, str]:
    """The kind that cells of DuckDB's type ``kind`` become, and the SQL for that, with its place left open."""
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "VARIANT")):
        return ValueKind.JSON, "to_json(#{})::VARCHAR"
    if kind.endswith("INT") or kind in {"INTEGER", "FLOAT", "DOUBLE"} or kind.startswith("DECIMAL"):
        return ValueKind.NUMBER, "#{}"
    if kind == "BOOLEAN":
        return ValueKind.YES, "#{}"
    return ValueKind.TEXT, "lower(hex(#{}))" if kind == "BLOB" else "#{}::VARCHAR"


def _reason(error: Exception) -> str:
    """The first lines of what DuckDB says, as one, without the excerpt of the SQL."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return " ".join(str(error).split("\n\n", 1)[0].split("\nLINE ", 1)[0].split())


def _told(error: Exception) -> InputError | SqlError:
    if isinstance(error, duckdb.OutOfMemoryException):
        return InputError("query_memory")
    if isinstance(error, duckdb.OperationalError):
        return InputError("query_failed", reason=_reason(error))
    refused = isinstance(error, duckdb.PermissionException)
    return SqlError("query_refused" if refused else "query_sql", reason=_reason(error))
