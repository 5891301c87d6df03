"""``packets FILE…``: the packets that match, as lines, as values of fields, or counted."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.cli.commands import PacketForm
from tcptui.cli.inputs import open_inputs, refuse_unreadable_among
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.report.csv_lines import csv_line
from tcptui.cli.report.expansion import USUAL, Expansion
from tcptui.cli.run.filtering import compiled_filter, judges, matching_rows, say_unread
from tcptui.cli.run.load import exit_code, has_failed, read_whole, write, write_text
from tcptui.cli.run.own_findings import own_rules
from tcptui.dfilter.names import nearest
from tcptui.dfilter.types import type_of
from tcptui.model.field import FieldType
from tcptui.model.fields import FIELDS
from tcptui.model.safe_text import safe_text
from tcptui.session.filtering.run import is_readable
from tcptui.session.reading_again import packets_read_again
from tcptui.words.errors import say
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tcptui.cli.commands import PacketsCommand
    from tcptui.cli.report.packet_lines import PacketLine
    from tcptui.model.field import Field
    from tcptui.model.packet_store import I32, I64
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.words.catalogue import Words

#: Rows whose values are read, or lines that are written, at once …
_AT_ONCE: Final = 4_096
#: … and captured bytes of them: each may stand for a field.
_BYTES_AT_ONCE: Final = 1 << 18
#: Signs of ours that lines have, for ``--ascii``.
_ASCII: Final = str.maketrans({"→": "->", "…": "..."})
#: What tshark writes for bytes that a packet has none of, so that there is something between the commas.
_NO_BYTES: Final = "<MISSING>"
#: tshark's names of the list's columns, in small letters as later versions have them: the cell of a `PacketLine`.
_LIST: Final = "_ws.col."
_LIST_CELLS: Final = {
    "no.": "number", "number": "number", "time": "time", "cls_time": "time", "source": "source", "def_src": "source",
    "destination": "destination", "def_dst": "destination", "protocol": "protocol", "length": "length",
    "packet_length": "length", "info": "info",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of the list of packets, asked for by name as a field is."""

    name: str
    cell: str


def write_packets(command: PacketsCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    compiled = compiled_filter(command.display_filter, words)
    columns = [_column(name) for name in command.fields]
    fields = [one for one in columns if not isinstance(one, ListColumn)]
    with ExitStack() as stack:
        opened = open_inputs(command.files, stack, words)
        own = own_rules(command.common, words)
        refuse_unreadable_among(opened)
        session = read_whole(command.common, opened, words, own, judges=judges((*compiled.fields, *fields)))
        if has_failed(session):
            return 1
        rows = np.flatnonzero(matching_rows(session, compiled, words))
        if command.count:
            write_text([f"{len(rows)}\n"])
        elif columns:
            write(_values(session, rows, columns, command, words))
        else:
            write_text(_summaries(session, rows, command, words))
        return exit_code(session, [one.source for one in opened])


def _column(name: str) -> Field | ListColumn:
    """What ``-e`` names; raises CommandLineError for a field that there is not, or that nothing reads."""
    if name.startswith(_LIST) and name.removeprefix(_LIST).lower() in _LIST_CELLS:
        return ListColumn(name, _LIST_CELLS[name.removeprefix(_LIST).lower()])
    return named_field(name)


def named_field(name: str) -> Field:
    """The field that Wireshark calls ``name``; raises CommandLineError where there is none, or nothing reads it."""
    field = FIELDS.get(name)
    if field is None:
        near = nearest(name)
        raise CommandLineError("error.field-near" if near else "error.field", name=name[:200], near=", ".join(near))
    if not is_readable(field):
        raise CommandLineError("error.field-unread", name=name)
    return field


def _lines(session: FilteredCapture, command: PacketsCommand, words: Words) -> Callable[[int], PacketLine]:
    """What describes the packet in a row."""
    from tcptui.cli.report.packet_lines import PacketLine, PacketLines

    described = PacketLines(session, words)

    def line(row: int) -> PacketLine:
        with packets_read_again(session):
            cells = described.of(row)
        return PacketLine(*(cell.translate(_ASCII) for cell in cells)) if command.common.ascii_only else cells

    return line


def _summaries(session: FilteredCapture, rows: I64, command: PacketsCommand, words: Words) -> Iterator[str]:
    from tcptui.cli.report.packet_lines import PacketLine

    line = _lines(session, command, words)
    if command.form is PacketForm.JSONL:
        from tcptui.cli.report.json_text import to_json

        for row in rows.tolist():
            cells = line(row)._asdict()
            numbers = {name: int(cells[name]) for name in ("number", "length")}
            yield to_json({**cells, **numbers, "time": float(cells["time"])}) + "\n"
    elif command.form is PacketForm.CSV:
        if command.header:
            yield csv_line(PacketLine._fields)
        for row in rows.tolist():
            yield csv_line(line(row), spreadsheet_safe=command.spreadsheet_safe)
    else:
        width = len(str(session.store.frame[rows[-1]])) if len(rows) else 1
        if command.header:
            yield "  ".join(words(f"packets.column.{name}") for name in PacketLine._fields) + "\n"
        arrow = "->" if command.common.ascii_only else "→"
        for row in rows.tolist():
            yield _plain(line(row), width, arrow) + "\n"


def _plain(line: PacketLine, width: int, arrow: str) -> str:
    ends = f"{line.source} {arrow} {line.destination}" if line.destination else line.source
    return f"{line.number:>{width}} {line.time:>12} {ends} {line.protocol} {line.length} {line.info}"


def _values(
    session: FilteredCapture, rows: I64, columns: Sequence[Field | ListColumn], command: PacketsCommand, words: Words
) -> Iterator[str]:
    """What ``tshark -T fields`` writes, or the same as CSV or JSON lines: some rows at a time."""
    from tcptui.session.filtering.printed import FieldPrinter

    names = [column.name for column in columns]
    is_json = command.form is PacketForm.JSONL
    empty = [
        _NO_BYTES if not (is_json or isinstance(one, ListColumn)) and type_of(one) is FieldType.BYTES else ""
        for one in columns
    ]
    if command.header:
        yield csv_line(names) if command.form is PacketForm.CSV else "\t".join(names) + "\n"
    printer = FieldPrinter(session, [one for one in columns if not isinstance(one, ListColumn)], deep=True)
    expansion = Expansion.of(session)
    is_listed = any(isinstance(one, ListColumn) for one in columns)
    line = _lines(session, command, words) if is_listed else None
    for part in _pieces(session, rows):
        with packets_read_again(session):
            values = iter(printer.texts(part))
        lines = [] if line is None else [line(row) for row in part.tolist()]
        told = [
            [[getattr(cells, one.cell)] for cells in lines] if isinstance(one, ListColumn) else next(values)
            for one in columns
        ]
        for found in zip(*told, strict=True):
            cells = [
                [safe_text(text, len(text)) or none for text in expansion.texts(texts)]
                for texts, none in zip(found, empty, strict=True)
            ]
            if is_json:
                # Not by `to_json`, which cuts long texts.
                yield json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False) + "\n"
            elif command.form is PacketForm.CSV:
                joined = [",".join(cell) for cell in cells]
                yield csv_line(joined, spreadsheet_safe=command.spreadsheet_safe)
            else:
                yield line_of(cells) + "\n"
    say_unread(session, printer.unread(0, session.store.count), "packets.unread", words)
    if expansion.cut:
        say(words("packets.cut", n=Count(expansion.cut), kib=USUAL >> 10, most=expansion.most >> 20), words)


def _pieces(session: FilteredCapture, rows: I64) -> Iterator[I32]:
    """``rows`` in parts that are read at once."""
    behind = np.cumsum(session.store.captured[rows], dtype=np.int64)
    begin = 0
    while begin < len(rows):
        before = int(behind[begin - 1]) if begin else 0
        full = int(np.searchsorted(behind, before + _BYTES_AT_ONCE, side="right"))
        end = min(max(full, begin + 1), begin + _AT_ONCE)
        yield rows[begin:end].astype(np.int32)
        begin = end


def line_of(cells: Iterable[Sequence[str]]) -> str:
    """The values of several fields as tshark writes them: a tab between fields, a comma between values of one."""
    return "\t".join(",".join(cell) for cell in cells)
