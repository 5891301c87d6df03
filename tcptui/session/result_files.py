"""Results of databases as files: a file of JSON lines for each result set, or what COPY sent as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from tcptui.model.safe_text import safe_text
from tcptui.protocols.registry import REQUEST_KINDS
from tcptui.protocols.result_set import CopiedData, Refusal
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.protocols.sql_secrets import names_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tcptui.model.request import Request
    from tcptui.protocols.export.writer import ExportFolder
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.result_set import Cell, Result, ResultSet

_Piece = TypeVar("_Piece")
#: Characters of an operation that a line shows.
_OPERATION_MOST: Final = 160
_ROWS_NAME, _COPIED_NAME = ".jsonl", ".copy"


class ResultFile(NamedTuple):
    """A file that was written."""

    packet: int
    name: str
    rows: int
    operation: str
    """Safe text."""
    is_whole: bool


@dataclass(slots=True)
class ResultFiles:
    """The files that were written of some requests."""

    files: list[ResultFile] = field(default_factory=list)
    withheld: int = 0
    """Answers that may hold secrets."""


def has_results(request: Request) -> bool:
    """True where there is something to write of the answer to ``request``."""
    has_results = REQUEST_KINDS[request.protocol].has_results
    return bool(request.rows) and (has_results is None or has_results(request.operation))


def write_results(pairs: Iterable[tuple[Request, Exchange]], folder: ExportFolder) -> ResultFiles:
    """Write the results of ``pairs`` to ``folder``.  Raises OutputError, and OSError where packets cannot be read."""
    written = ResultFiles()
    for request, exchange in pairs:
        results = exchange.result_sets()
        if exchange.may_hold_secrets():
            written.withheld += any(True for _ in results)
            continue
        for nth, result in enumerate(results, 1):
            contents = contents_of(result)
            packet = _packet(request)
            suffix = _COPIED_NAME if isinstance(result, CopiedData) else _ROWS_NAME
            name = f"stream-{request.stream}-packet-{packet}" + (f"-{nth}" if nth > 1 else "") + suffix
            file = folder.write(name, contents, is_whole=contents.is_whole)
            if contents.failure is not None:
                raise contents.failure
            operation = safe_text(" ".join(request.operation.split()), _OPERATION_MOST)
            written.files.append(ResultFile(packet, file.name, contents.rows, operation, contents.is_whole()))
    return written


def _packet(request: Request) -> int:
    """The packet that a result set is named by: where it was asked for, or else answered."""
    messages = (request.request, request.response)
    return next((one.first for one in messages if one is not None and one.first), 0)


def contents_of(result: Result) -> Contents:
    """The contents of the file of ``result``."""
    return CopiedBytes(result) if isinstance(result, CopiedData) else JsonLines(result)


class Contents:
    """The contents of a file, block by block."""

    rows: int
    """Rows so far."""

    def __init__(self, *, is_complete: bool) -> None:
        self.failure: OSError | None = None
        """Why the packets could not be read to the end; raised by `ExportFolder`, it would be the folder's fault."""
        self._is_whole = is_complete

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError

    def is_whole(self) -> bool:
        """Whether all of it is there; known at the end."""
        return self._is_whole and self.failure is None

    def _read(self, read: Callable[[], Iterator[_Piece | None]]) -> Iterator[_Piece]:
        """What is there of what ``read`` gives."""
        try:
            for piece in read():
                if piece is None:
                    self._is_whole = False
                else:
                    yield piece
        except OSError as error:
            self.failure = error


class CopiedBytes(Contents):
    """Data as COPY sent it."""

    def __init__(self, data: CopiedData) -> None:
        super().__init__(is_complete=data.complete)
        self._data = data
        self.rows = data.rows

    def __iter__(self) -> Iterator[bytes]:
        return self._read(self._data.read)


class JsonLines(Contents):
    """The rows of a result set as JSON objects, a line each: escaped to ASCII, so that a terminal may show them."""

    def __init__(self, result: ResultSet) -> None:
        super().__init__(is_complete=result.complete)
        self._result = result
        self.rows = 0

    def __iter__(self) -> Iterator[bytes]:
        names = self._result.columns
        keys: Sequence[str] = ()
        secret: frozenset[str] = frozenset()
        for row in self._read(self._result.read):
            if len(keys) != len(row):
                keys = _keys(names, len(row))
                secret = frozenset(filter(names_secret, keys))
            self.rows += 1
            cells = {key: _value(cell) for key, cell in zip(keys, row, strict=True)}
            cells |= {key: LEFT_OUT for key in secret if cells[key] is not None}
            yield json.dumps(cells).replace("\x7f", "\\u007f").encode() + b"\n"  # DEL, which JSON need not escape


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


def _value(cell: Cell) -> object:
    """``cell`` as JSON has it."""
    if isinstance(cell, bytes):
        return {"hex": cell.hex()}
    if isinstance(cell, Refusal):
        return {"error": cell.text}
    return [_value(one) for one in cell] if isinstance(cell, tuple) else cell
