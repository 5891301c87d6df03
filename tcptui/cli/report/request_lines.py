"""The requests of a capture as a table for people and as JSON lines (architecture.md#contracts)."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.cli.report.json_text import quoted, seconds
from tcptui.model.request import RequestPart
from tcptui.model.safe_text import safe_text
from tcptui.words.quantities import NO_BREAK, byte_size, unbroken_duration
from tcptui.words.request_text import where_it_went

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from tcptui.model.request import MessagePackets, Request
    from tcptui.words.catalogue import Words

#: Columns of the table; the last has the room that is left.
_COLUMNS: Final = (
    "stream", "packets", "start", "duration", "protocol", "status", "sent", "received", "where", "operation",
)  # fmt: skip
_RIGHT: Final = frozenset({"stream", "start", "duration", "sent", "received"})
_GAP: Final = "  "
#: Characters of an operation that a line shows.
_OPERATION_MOST: Final = 160
#: Rows whose columns are aligned with each other: the first ones decide for all.
_MEASURED: Final = 2_000


def json_line(request: Request) -> str:
    """One request as a JSON object; see rules/findings.md#requests.

    Written member by member: of a connection with a hundred thousand requests, a mapping for each takes longer than
    all that is read of it.
    """
    (
        stream, _, protocol, operation, status, asked, answer, complete, start_ns, duration_ns, time, name, rows,
        statement, transaction, cancels, truncated, _, together,
    ) = request  # fmt: skip
    times = _TIMES % tuple([seconds(spent) if spent else "null" if spent is None else "0.0" for spent in time])
    return (
        f'{{"stream": {stream}, "protocol": {quoted(protocol)}, "operation": {_text(operation)}, '
        f'"status": {_text(status)}, "request": {_message(asked)}, "response": {_message(answer)}, '
        f'"start": {seconds(start_ns)}, "duration": {seconds(duration_ns)}, "time": {{{times}}}, '
        f'"id": {"null" if name is None else quoted(safe_text(name))}, "complete": {_FLAG[complete]}, '
        f'"rows": {"null" if rows is None else rows}, "statement": {_text(statement)}, '
        f'"transaction": {"null" if transaction is None else quoted(transaction.value)}, '
        f'"cancels": {"null" if cancels is None else cancels}, '
        f'"truncated": {"null" if truncated is None else truncated}, '
        f'"server_most": {seconds(request.server_most_ns)}, '
        f'"together": {"null" if together is None else f"[{together.first}, {together.stop - 1}]"}}}'
    )


#: The parts' keys, each with room for its time.
_TIMES: Final = ", ".join(f'"{part.label}": %s' for part in RequestPart)
_FLAG: Final = {True: "true", False: "false"}


def _text(text: str) -> str:
    """Safe text in quotes; an empty one as null."""
    return quoted(text) if text else "null"


def _message(message: MessagePackets | None) -> str:
    if message is None:
        return "null"
    first, last = message.first or "null", message.last or "null"
    return f'{{"first": {first}, "last": {last}, "bytes": {message.bytes}}}'


def aligned(heading: Sequence[str], rows: Iterable[Sequence[str]], right: Set[int]) -> Iterator[str]:
    """The heading and a line for each of ``rows``, columns aligned by the cells that their texts take.

    ``right``: the columns that are aligned at the right.  The last column has the room that is left.
    """
    left = iter(rows)
    first = [heading, *islice(left, _MEASURED)]
    widths = [max(cell_len(row[at]) for row in first) for at in range(len(heading))]
    for row in chain(first, left):
        yield _line(row, widths, right)


def request_table(requests: Sequence[Request], began_ns: int, words: Words, *, ascii_only: bool) -> Iterator[str]:
    """A heading and a line each."""
    ellipsis = "..." if ascii_only else "…"
    heading = [words(f"requests.column.{name}") for name in _COLUMNS]
    right = {at for at, name in enumerate(_COLUMNS) if name in _RIGHT}
    return aligned(heading, (_cells(one, began_ns, ellipsis, words) for one in requests), right)


def _line(cells: Sequence[str], widths: Sequence[int], right: Set[int]) -> str:
    padded = []
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        room = " " * max(width - cell_len(cell), 0)
        padded.append(room + cell if at in right else cell + room)
    return _GAP.join(padded).rstrip() + "\n"


def _cells(request: Request, began_ns: int, ellipsis: str, words: Words) -> list[str]:
    operation = operation_text(request.operation, ellipsis, words)
    cells = [
        str(request.stream),
        packets_text(request),
        f"{(request.start_ns - began_ns) / 1e9:.6f}",
        unbroken_duration(request.duration_ns, words),
        request.protocol,
        request.status or words("requests.no-answer"),
        "-" if request.request is None else byte_size(request.request.bytes),
        "-" if request.response is None else byte_size(request.response.bytes),
        where_it_went(request, words),
        operation,
    ]
    return [cell.replace(NO_BREAK, " ") for cell in cells]


def operation_text(operation: str, ellipsis: str, words: Words) -> str:
    """``operation`` as a line shows it."""
    operation = operation or words("requests.not-captured")
    return operation if len(operation) <= _OPERATION_MOST else operation[: _OPERATION_MOST - 1] + ellipsis


def packets_text(request: Request) -> str:
    """First and last packet: ``4-9``; 0 stands for one that is not known."""
    messages = [message for message in (request.request, request.response) if message is not None]
    first, last = messages[0].first, messages[-1].last
    return str(first) if first == last else f"{first}-{last}"
