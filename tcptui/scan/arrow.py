"""The tables of `schema` as Arrow has them, and columns of Python's values as its record batches."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from tcptui.scan.schema import COLUMNS, DAY, DAY_NS, TIME_COLUMN, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.scan.judged import Cells

_TIME: Final = pa.timestamp("ns", "UTC")
#: Of rows on their way to their files: texts are no dictionaries yet, for each batch would have another.
_PLAIN: Final = {
    Kind.TEXT: pa.string(), Kind.NAME: pa.string(), Kind.ADDRESS: pa.binary(16), Kind.WHOLE: pa.int64(),
    Kind.YES: pa.bool_(), Kind.TIME: _TIME, Kind.WHOLES: pa.list_(pa.int64()), Kind.TEXTS: pa.list_(pa.string()),
    Kind.TIMES: pa.list_(_TIME),
}  # fmt: skip
_FINAL: Final = {**_PLAIN, Kind.NAME: pa.dictionary(pa.int32(), pa.string())}
#: Days that rows of one capture may lie in; beyond, all of a table's rows are filed under the day on which it began.
DAYS_MOST: Final = 366


@cache
def plain_schema(table: Table) -> pa.Schema:
    """The columns of rows that are not filed yet: those of the table, and `DAY` as days since 1970."""
    fields = [pa.field(column.name, _PLAIN[column.kind]) for column in COLUMNS[table]]
    return pa.schema([*fields, pa.field(DAY, pa.int32())])


@cache
def final_schema(table: Table) -> pa.Schema:
    """The columns of the table's files."""
    return pa.schema([pa.field(column.name, _FINAL[column.kind]) for column in COLUMNS[table]])


def batch_of(table: Table, columns: Mapping[str, Cells], began_day: int) -> pa.RecordBatch:
    """``columns`` of ``table``, which are all there; rows without a time are filed under ``began_day``."""
    schema = plain_schema(table)
    arrays = [pa.array(columns[field.name], field.type) for field in schema if field.name != DAY]
    times = arrays[schema.get_field_index(TIME_COLUMN[table])]
    numbers = times.view(pa.int64())  # not cast: that would be a function of pyarrow.compute, which imports slowly
    if times.null_count:
        days = [began_day if one is None else one // DAY_NS for one in numbers.to_pylist()]
    else:
        days = numbers.to_numpy() // DAY_NS
    return pa.record_batch([*arrays, pa.array(days, pa.int32())], schema=schema)
