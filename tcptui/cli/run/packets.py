"""``packets FILE…``: the packets that match, as lines, as values of fields, or counted."""

from __future__ import annotations

import csv
import io
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.cli.commands import PacketForm
from tcptui.cli.inputs import open_inputs, refuse_unreadable_among
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.run.filtering import compiled_filter, judges, matching_rows
from tcptui.cli.run.load import exit_code, has_failed, packets_read_again, read_whole, write
from tcptui.cli.run.own_findings import own_rules
from tcptui.dfilter.names import nearest
from tcptui.dfilter.types import type_of
from tcptui.model.field import FieldType
from tcptui.model.fields import FIELDS
from tcptui.model.safe_text import safe_text
from tcptui.session.filtering.run import is_readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcptui.cli.commands import PacketsCommand
    from tcptui.cli.report.packet_lines import PacketLine
    from tcptui.model.field import Field
    from tcptui.model.packet_store import I64
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words

#: Rows whose values are read, or lines that are written, at once.
_AT_ONCE: Final = 4_096
#: Signs of ours that lines have, for ``--ascii``.
_ASCII: Final = str.maketrans({"→": "->", "…": "..."})
#: What tshark writes for bytes that a packet has none of, so that there is something between the commas.
_NO_BYTES: Final = "<MISSING>"


def write_packets(command: PacketsCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    compiled = compiled_filter(command.display_filter, words)
    fields = [_field(name) for name in command.fields]
    with ExitStack() as stack:
        opened = open_inputs(command.files, stack)
        own = own_rules(command.common, words)
        refuse_unreadable_among(opened)
        session = read_whole(command.common, opened, words, own, judges=judges((*compiled.fields, *fields)))
        if has_failed(session):
            return 1
        rows = np.flatnonzero(matching_rows(session, compiled, words))
        if command.count:
            write([f"{len(rows)}\n"])
        elif fields:
            write(_values(session, rows, fields, command))
        else:
            write(_summaries(session, rows, command, words))
        return exit_code(session, [one.source for one in opened])


def _field(name: str) -> Field:
    """The field of ``-e``; raises CommandLineError for one that there is not, or that nothing reads."""
    field = FIELDS.get(name)
    if field is None:
        near = nearest(name)
        raise CommandLineError("error.field-near" if near else "error.field", name=name[:200], near=", ".join(near))
    if not is_readable(field):
        raise CommandLineError("error.field-unread", name=name)
    return field


def _summaries(session: Session, rows: I64, command: PacketsCommand, words: Words) -> Iterator[str]:
    from tcptui.cli.report.packet_lines import PacketLine, PacketLines

    described = PacketLines(session, words)

    def line(row: int) -> PacketLine:
        with packets_read_again(session):
            cells = described.of(row)
        return PacketLine(*(cell.translate(_ASCII) for cell in cells)) if command.common.ascii_only else cells

    if command.form is PacketForm.JSONL:
        from tcptui.cli.report.json_text import to_json

        for row in rows.tolist():
            cells = line(row)._asdict()
            numbers = {name: int(cells[name]) for name in ("number", "length")}
            yield to_json({**cells, **numbers, "time": float(cells["time"])}) + "\n"
    elif command.form is PacketForm.CSV:
        if command.header:
            yield _csv(PacketLine._fields)
        for row in rows.tolist():
            yield _csv(line(row))
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


def _values(session: Session, rows: I64, fields: Sequence[Field], command: PacketsCommand) -> Iterator[str]:
    """What ``tshark -T fields`` writes, or the same as CSV or JSON lines: some rows at a time."""
    from tcptui.session.filtering.printed import FieldPrinter

    names = [field.name for field in fields]
    is_json = command.form is PacketForm.JSONL
    empty = [_NO_BYTES if type_of(field) is FieldType.BYTES and not is_json else "" for field in fields]
    if command.header:
        yield _csv(names) if command.form is PacketForm.CSV else "\t".join(names) + "\n"
    printer = FieldPrinter(session, fields)
    for begin in range(0, len(rows), _AT_ONCE):
        part = rows[begin : begin + _AT_ONCE].astype(np.int32)
        with packets_read_again(session):
            columns = printer.texts(part)
        for found in zip(*columns, strict=True):
            cells = [
                [safe_text(text, len(text)) or none for text in texts] for texts, none in zip(found, empty, strict=True)
            ]
            if is_json:
                # Not by `to_json`, which cuts long texts.
                yield json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False) + "\n"
            elif command.form is PacketForm.CSV:
                yield _csv([",".join(cell) for cell in cells])
            else:
                yield line_of(cells) + "\n"


def line_of(cells: Iterable[Sequence[str]]) -> str:
    """The values of several fields as tshark writes them: a tab between fields, a comma between values of one."""
    return "\t".join(",".join(cell) for cell in cells)


def _csv(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
