"""``requests FILE… --results DIR``: the rows that databases answered with, a file of JSON lines for each result set."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.cli.run.load import write
from tcptui.model.safe_text import safe_text
from tcptui.protocols.export.writer import ExportFolder
from tcptui.words.errors import say
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.cli.run.requests import FoundRequests, Pairs
    from tcptui.model.request import Request
    from tcptui.protocols.result_set import Cell, ResultSet, Row
    from tcptui.words.catalogue import Words

#: Characters of an operation that a line shows.
_OPERATION_MOST: Final = 160


class _File(NamedTuple):
    packet: int
    name: str
    rows: int
    operation: str
    """Safe text."""
    is_whole: bool


@dataclass(slots=True)
class _Part:
    """What was written of one connection."""

    files: list[_File] = field(default_factory=list)
    withheld: int = 0
    """Answers whose rows may hold secrets."""


def write_results(folder: str, found: FoundRequests, words: Words) -> None:
    """Write the result sets of ``found`` to ``folder``, and a line for each.  Raises InputError and OutputError."""
    files = rows = short = withheld = 0
    with ExportFolder(Path(folder)) as target, closing(found.made(lambda pairs: _written(pairs, target))) as parts:
        for part in parts:
            withheld += part.withheld
            for one in part.files:
                files, rows, short = files + 1, rows + one.rows, short + (not one.is_whole)
                facts = {"packet": f"#{one.packet}", "n": f"{one.rows:,}", "name": one.name}
                write([words("requests.results.line", **facts, operation=one.operation) + "\n"])
    if withheld:
        say(words("requests.results.withheld", n=Count(withheld)), words)
    if short:
        say(words("requests.results.short", n=Count(short)), words)
    if files:
        say(words("requests.results.written", n=Count(files), rows=Count(rows), folder=safe_text(folder)), words)
    else:
        say(words("requests.results.none"), words)


def _written(pairs: Pairs, folder: ExportFolder) -> _Part:
    part = _Part()
    for request, exchange in pairs:
        if request.rows and exchange.may_hold_secrets():
            part.withheld += 1
            continue
        for nth, result in enumerate(exchange.result_sets(), 1):
            lines = JsonLines(result)
            packet = _packet(request)
            name = f"stream-{request.stream}-packet-{packet}" + (f"-{nth}" if nth > 1 else "") + ".jsonl"
            written = folder.write(name, lines, is_whole=lines.is_whole)
            if lines.failure is not None:
                raise lines.failure
            operation = safe_text(" ".join(request.operation.split()), _OPERATION_MOST)
            part.files.append(_File(packet, written.name, lines.rows, operation, lines.is_whole()))
    return part


def _packet(request: Request) -> int:
    """The packet that a result set is named by: where it was asked for, or else answered."""
    messages = (request.request, request.response)
    return next((one.first for one in messages if one is not None and one.first), 0)


class JsonLines:
    """The rows of a result set as JSON objects, a line each: escaped to ASCII, so that a terminal may show them."""

    def __init__(self, result: ResultSet) -> None:
        self._result = result
        self.rows = 0
        """Rows so far."""
        self.failure: OSError | None = None
        """Why the packets could not be read to the end; raised by `ExportFolder`, it would be the folder's fault."""
        self._is_whole = result.complete

    def __iter__(self) -> Iterator[bytes]:
        names = self._result.columns
        keys: Sequence[str] = ()
        for row in self._rows():
            if row is None:
                self._is_whole = False
                continue
            if len(keys) != len(row):
                keys = _keys(names, len(row))
            self.rows += 1
            text = json.dumps(dict(zip(keys, map(_value, row), strict=True)))
            yield text.replace("\x7f", "\\u007f").encode() + b"\n"  # DEL, which JSON need not escape

    def is_whole(self) -> bool:
        """Whether all rows are there; known at the end."""
        return self._is_whole and self.failure is None

    def _rows(self) -> Iterator[Row]:
        try:
            yield from self._result.read()
        except OSError as error:
            self.failure = error


def _keys(names: Sequence[str], count: int) -> list[str]:
    """A key for each of ``count`` columns: their names, numbered where they repeat or are not known."""
    wanted = [names[at] if at < len(names) and names[at] else f"column {at + 1}" for at in range(count)]
    taken, keys = set[str](), list[str]()
    for name in wanted:
        key, number = name, 1
        while key in taken:
            number += 1
            key = f"{name} ({number})"
        taken.add(key)
        keys.append(key)
    return keys


def _value(cell: Cell) -> str | dict[str, str] | None:
    return {"hex": cell.hex()} if isinstance(cell, bytes) else cell
