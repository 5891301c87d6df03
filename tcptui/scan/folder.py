"""The folder of a scan: by its files alone it says what is done.

Rows on their way lie in ``_pending/CAPTURES/``, a folder for each task, which is renamed into place when it is whole.
Many of them become *parts*: ``TABLE/day=YYYY-MM-DD/part-ID-N.parquet``, of captures that began on one day.  A part is
done when its file of the table of captures is there, which is renamed last; what other files have its ID before that,
an interrupted scan has left.  A part that replaces others (captures that have changed are left out) names them in that
file, so that whoever is interrupted before these are removed removes them later.  Tools read no names with ``_`` or
``.`` in front.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections import OrderedDict
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tcptui.scan.arrow import DAYS_MOST, batch_of, final_schema, plain_schema
from tcptui.scan.parts import REPLACES, SUFFIX, VERSION, capture_files, names_in, part_of
from tcptui.scan.schema import COLUMNS, DAY, SCHEMA_VERSION, Table
from tcptui.scan.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Set

    from tcptui.scan.judged import Cells

PENDING: Final = "_pending"
_MAKING: Final = ".making-"
_ROWS: Final = ".rows"
_MARK: Final = "filed"
#: Rows on their way are written so many bytes at a time.
_BLOCK_BYTES: Final = 1 << 18
#: Rows of a row group, and of a file.
GROUP_ROWS: Final = 1 << 16
FILE_ROWS: Final = 4 << 20
#: Files that are written to at a time.
OPEN_MOST: Final = 64
_EPOCH: Final = date(1970, 1, 1)
_PACKETS: Final = b"tcptui.packets"
_FILED: Final = b"tcptui.filed"


class FolderInUseError(Exception):
    """Another scan writes to the folder."""


class SameBytesError(Exception):
    """Rows of the same capture are there already."""


class NoScanFolderError(Exception):
    """The folder has other things than a scan, or a scan of another version or with other tables."""


class Lock:
    """Holds a folder for one scan; ends with the process, however that ends."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise FolderInUseError from None

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._descriptor)


def is_scan(folder: Path) -> bool:
    """True if ``folder`` has anything of a scan."""
    return any((folder / name).is_dir() for name in (PENDING, Table.CAPTURES.value))


# -- rows on their way ---------------------------------------------------------------------


class Pending:
    """The rows of one capture, until they are filed; leaves nothing when it is closed before `publish`."""

    def __init__(self, folder: Path, name: str, began_day: int) -> None:
        """``name``: that of the capture; ``began_day``: of rows that have no time.  Raises OSError."""
        self._place = folder / PENDING / name
        self._making = folder / PENDING / f"{_MAKING}{os.urandom(8).hex()}"
        self._making.mkdir(mode=0o700, parents=True)
        self._writers: dict[Table, tuple[Any, Any]] = {}
        self._began_day = began_day
        self._is_published = False

    def add(self, table: Table, columns: Mapping[str, Cells]) -> None:
        """Take rows.  Raises OSError where they find no room."""
        if table not in self._writers:
            # In blocks: a column of few rows is many small writes.
            file = pa.BufferedOutputStream(pa.OSFile(str(self._making / f"{table.value}{_ROWS}"), "wb"), _BLOCK_BYTES)
            # Of a stream, not a file of Arrow: that one must know its end, and dictionaries may not change in it.
            self._writers[table] = file, pa.ipc.new_stream(file, plain_schema(table))
        self._writers[table][1].write_batch(batch_of(table, columns, self._began_day))

    def publish(self) -> int:
        """All rows are there: returns their bytes.  Raises OSError, and SameBytesError: other files had these."""
        size = 0
        for file, writer in self._writers.values():
            writer.close()
            size += file.tell()
            file.close()
        self._writers.clear()
        try:
            self._making.rename(self._place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            raise SameBytesError from None
        self._is_published = True
        return size

    def close(self) -> None:
        """Remove what was not published."""
        if self._is_published:
            return
        for file, writer in self._writers.values():
            with suppress(OSError, pa.ArrowException):
                writer.close()
            with suppress(OSError, pa.ArrowException):
                file.close()
        shutil.rmtree(self._making, ignore_errors=True)


def is_pending(folder: Path, name: str) -> bool:
    """True if rows of the capture ``name`` wait in ``folder``, or did, and this scan has filed them."""
    return (folder / PENDING / name).exists()


def pending_tasks(folder: Path) -> list[Path]:
    """The folders of rows that wait to be filed."""
    with suppress(FileNotFoundError):
        return sorted(one for one in (folder / PENDING).iterdir() if not one.name.startswith("."))
    return []


def _batches(path: Path) -> Iterator[Any]:
    if path.exists():
        with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as reader:
            yield from reader


def pending_captures(place: Path) -> list[dict[str, Any]]:
    """The rows of the table of captures that wait in ``place``."""
    return [row for batch in _batches(place / f"{Table.CAPTURES.value}{_ROWS}") for row in _plain_rows(batch)]


def _plain_rows(batch: Any) -> list[dict[str, Any]]:
    """Rows whose times are numbers: Python's own have no nanoseconds."""
    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    chosen = [
        name
        for name in ("capture_id", "same_as", "status", "grew", "files", "files_bytes", DAY)
        if name in table.schema.names
    ]
    found = table.select(chosen).to_pylist()
    changed = table["files_changed"].cast(pa.list_(pa.int64())).to_pylist()
    return [row | {"files_changed": times} for row, times in zip(found, changed, strict=True)]


# -- parts ---------------------------------------------------------------------------------


def day_folder(day: int) -> str:
    """The name of the folder of ``day`` (since 1970)."""
    with suppress(OverflowError):
        return f"{DAY}={(_EPOCH + timedelta(days=day)).isoformat()}"
    return f"{DAY}=9999-12-31" if day > 0 else f"{DAY}=0001-01-01"


class _Part:
    """Writes the files of one part under names that no tool reads, then renames them."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._open: OrderedDict[tuple[Table, str], tuple[Any, Path]] = OrderedDict()
        self._waiting: dict[tuple[Table, str], tuple[list[Any], int]] = {}
        self._rows: dict[tuple[Table, str], int] = {}
        self._numbers: dict[tuple[Table, str], int] = {}
        self._written: list[tuple[Path, Path]] = []

    def add(self, table: Table, day: str, rows: Any) -> None:
        """Take ``rows`` (of the final schema) of a day."""
        key = table, day
        tables, count = self._waiting.get(key, ([], 0))
        tables.append(rows)
        self._waiting[key] = tables, count + rows.num_rows
        if count + rows.num_rows >= GROUP_ROWS:
            self._flush(key)

    def _flush(self, key: tuple[Table, str], metadata: Mapping[bytes, bytes] | None = None) -> None:
        tables, count = self._waiting.pop(key)
        schema = final_schema(key[0])
        rows = pa.concat_tables(tables).unify_dictionaries().cast(schema)
        if key not in self._open:
            self._open[key] = self._opened(
                key, schema.with_metadata({VERSION: str(SCHEMA_VERSION), **(metadata or {})})
            )
            if len(self._open) > OPEN_MOST:
                self._close(next(iter(self._open)))
        self._open.move_to_end(key)
        writer = self._open[key][0]
        writer.write_table(rows.replace_schema_metadata(writer.schema.metadata), row_group_size=GROUP_ROWS)
        self._rows[key] = self._rows.get(key, 0) + count
        if self._rows[key] >= FILE_ROWS:
            self._close(key)
            self._rows[key] = 0

    def _opened(self, key: tuple[Table, str], schema: Any) -> tuple[Any, Path]:
        number = self._numbers[key] = self._numbers.get(key, -1) + 1
        place = self._folder / key[0].value / key[1]
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"part-{self._name}-{number}{SUFFIX}"
        making = place / f"{_MAKING}{name}"
        self._written.append((making, place / name))
        return pq.ParquetWriter(str(making), schema, compression="zstd"), making

    def _close(self, key: tuple[Table, str]) -> None:
        writer, making = self._open.pop(key)
        writer.close()
        descriptor = os.open(making, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def publish(self, day: str, captures: Any, metadata: Mapping[bytes, bytes]) -> None:
        """File ``captures``, which began on ``day``: with that the part is done.  Raises OSError."""
        for key in list(self._waiting):
            self._flush(key)
        for key in list(self._open):
            self._close(key)
        for making, place in self._written:
            making.rename(place)
        self._written.clear()
        self._waiting[Table.CAPTURES, day] = [captures], captures.num_rows
        self._flush((Table.CAPTURES, day), metadata)
        self._close((Table.CAPTURES, day))
        ((making, place),) = self._written
        making.rename(place)
        self._written.clear()

    def abandon(self) -> None:
        """Remove what was not published."""
        for writer, _ in self._open.values():
            with suppress(OSError, pa.ArrowException):
                writer.close()
        for making, place in self._written:
            making.unlink(missing_ok=True)
            place.unlink(missing_ok=True)


def file_pending(folder: Path, *, packets: bool) -> None:
    """File all rows that wait in ``folder``, captures of one day in one part.  Raises OSError."""
    days: dict[int, list[Path]] = {}
    for place in pending_tasks(folder):
        for row in pending_captures(place):
            days.setdefault(row[DAY], []).append(place)
    for day, places in sorted(days.items()):
        _file_day(folder, day, places, packets=packets)


def _file_day(folder: Path, day: int, places: list[Path], *, packets: bool) -> None:
    part = _Part(folder, os.urandom(8).hex())
    try:
        for table in COLUMNS:
            if table is not Table.CAPTURES:
                for place in places:
                    _add_by_day(part, table, place / f"{table.value}{_ROWS}", day)
        name = f"{Table.CAPTURES.value}{_ROWS}"
        rows = [batch for place in places for batch in _batches(place / name)]
        captures = pa.Table.from_batches(rows).drop_columns(DAY).cast(final_schema(Table.CAPTURES))
        # What waits names the part that it is in: who is interrupted before it is removed does not file it again.
        part.publish(day_folder(day), captures, {
            _PACKETS: b"1" if packets else b"0", _FILED: "\n".join(place.name for place in places).encode(),
        })  # fmt: skip
    except BaseException:
        part.abandon()
        raise
    for place in places:
        _mark_filed(place)


def _mark_filed(place: Path) -> None:
    """Leave nothing but the place itself: a worker that is judging the same bytes finds that they are known."""
    (place / _MARK).touch()
    for path in place.glob(f"*{_ROWS}"):
        path.unlink()


def remove_pending(folder: Path) -> None:
    """Remove the places of rows, all of which are filed."""
    shutil.rmtree(folder / PENDING)


def _add_by_day(part: _Part, table: Table, path: Path, began: int) -> None:
    days: set[int] = set()
    for batch in _batches(path):
        rows = pa.Table.from_batches([batch])
        found = rows[DAY].unique().to_pylist()
        plain = rows.drop_columns(DAY).cast(final_schema(table))
        for day in found:
            days.add(day)
            filed = day if len(days) <= DAYS_MOST else began
            part.add(table, day_folder(filed), plain.filter(pa.compute.equal(rows[DAY], day)))


def write_views(folder: Path) -> None:
    """Write the scripts of `VIEWS` beside the tables, each whole.  Raises OSError."""
    for view in VIEWS:
        making = folder / f"{_MAKING}{view.name}.sql"
        making.write_text(view.script, "utf-8")
        making.rename(folder / f"{view.name}.sql")


# -- what is there -------------------------------------------------------------------------


def tidy(folder: Path, *, packets: bool) -> None:
    """Remove what an interrupted scan left.  Raises NoScanFolderError where another kind of scan is there."""
    done: dict[str, Path] = {}
    replaced: set[str] = set()
    filed: set[str] = set()
    for path in capture_files(folder):
        metadata = pq.read_schema(str(path)).metadata or {}
        if metadata.get(VERSION) != str(SCHEMA_VERSION).encode() or (metadata.get(_PACKETS) == b"1") is not packets:
            raise NoScanFolderError
        done[part_of(path)] = path
        replaced |= names_in(metadata.get(REPLACES, b""))
        filed |= names_in(metadata.get(_FILED, b""))
    kept = done.keys() - replaced
    # The file of captures first: with it a part is gone, and what is left of it would be removed next time.
    for name in replaced & done.keys():
        done[name].unlink()
    for table in COLUMNS:
        for path in (folder / table.value).glob(f"{DAY}=*/*{SUFFIX}"):
            if path.name.startswith(_MAKING) or part_of(path) not in kept:
                path.unlink()
        for place in (folder / table.value).glob(f"{DAY}=*"):
            with suppress(OSError):
                place.rmdir()
    for place in (folder / PENDING).glob(f"{_MAKING}*"):
        shutil.rmtree(place)
    for place in pending_tasks(folder):
        if place.name in filed or (place / _MARK).exists():
            shutil.rmtree(place)


def all_captures(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of captures, filed and pending: id, status, files with sizes and times of change (ns), ``grew``."""
    columns = ["capture_id", "same_as", "status", "grew", "files", "files_bytes", "files_changed"]
    for path in capture_files(folder):
        yield from _plain_rows(pq.ParquetFile(str(path)).read(columns, use_threads=False))
    for place in pending_tasks(folder):
        yield from pending_captures(place)


def forget(folder: Path, paths: Set[str], *, packets: bool) -> None:
    """Remove all rows of captures of which a file is among ``paths``.  Raises OSError."""
    for place in pending_tasks(folder):
        if any(not paths.isdisjoint(row["files"]) for row in pending_captures(place)):
            shutil.rmtree(place)
    for path in capture_files(folder):
        captures = pq.ParquetFile(str(path)).read(use_threads=False)
        stale = [not paths.isdisjoint(files) for files in captures["files"].to_pylist()]
        if any(stale):
            _without(folder, path, captures, stale, packets=packets)


def _without(folder: Path, path: Path, captures: Any, stale: list[bool], *, packets: bool) -> None:
    """Write the part of ``path`` anew without its captures that are ``stale``."""
    keep = captures.filter(pa.array([not one for one in stale]))
    ids = pa.array([one for one in keep["capture_id"].to_pylist() if one is not None], pa.string())
    old = part_of(path)
    part = _Part(folder, os.urandom(8).hex())
    try:
        for table in COLUMNS:
            if table is not Table.CAPTURES:
                for one in sorted((folder / table.value).glob(f"{DAY}=*/part-{old}-*{SUFFIX}")):
                    _copy(part, table, one, lambda rows: pa.compute.is_in(rows["capture_id"], value_set=ids))
        if keep.num_rows:
            metadata = {_PACKETS: b"1" if packets else b"0", REPLACES: old.encode()}
            part.publish(path.parent.name, keep, metadata)
    except BaseException:
        part.abandon()
        raise
    if not keep.num_rows:
        path.unlink()
        part.abandon()
    tidy(folder, packets=packets)


def _copy(part: _Part, table: Table, path: Path, chosen: Callable[[Any], Any]) -> None:
    for batch in pq.ParquetFile(str(path)).iter_batches(GROUP_ROWS, use_threads=False):
        rows = pa.Table.from_batches([batch])
        kept = rows.filter(chosen(rows))
        if kept.num_rows:
            part.add(table, path.parent.name, kept)
