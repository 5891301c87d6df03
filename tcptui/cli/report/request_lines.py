"""The requests of a capture as a table for people; `json_requests` has them as JSON lines."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.words.quantities import NO_BREAK, byte_size, unbroken_duration
from tcptui.words.request_text import where_it_went

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from tcptui.model.request import Request
    from tcptui.words.catalogue import Words

#: Columns of the table; the last has the room that is left.
_COLUMNS: Final = (
    "stream", "packets", "start", "duration", "protocol", "status", "sent", "received", "where", "operation",
)  # fmt: skip
_RIGHT: Final = frozenset({"stream", "start", "duration", "sent", "received"})
_GAP: Final = "  "
#: Behind the bytes of what was not captured whole.
_MORE: Final = "+"
#: Characters of an operation that a line shows.
_OPERATION_MOST: Final = 160
#: Rows whose columns are aligned with each other: the first ones decide for all.
_MEASURED: Final = 2_000


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
    if request.one_reading:
        operation = words("requests.one-reading", operation=operation)
    cells = [
        str(request.stream),
        packets_text(request),
        f"{(request.start_ns - began_ns) / 1e9:.6f}",
        unbroken_duration(request.duration_ns, words),
        request.protocol,
        request.status or words("requests.no-answer"),
        "-" if request.request is None else byte_size(request.request.bytes),
        _received(request),
        where_it_went(request, words),
        operation,
    ]
    return [cell.replace(NO_BREAK, " ") for cell in cells]


def _received(request: Request) -> str:
    """The bytes of the answer; with a sign behind them where it, or the request, was not captured whole."""
    if request.response is None:
        return "-"
    is_whole = request.complete or request.request is None
    return byte_size(request.response.bytes) + ("" if is_whole else _MORE)


def operation_text(operation: str, ellipsis: str, words: Words) -> str:
    """``operation`` as a line shows it."""
    operation = operation or words("requests.not-captured")
    return operation if len(operation) <= _OPERATION_MOST else operation[: _OPERATION_MOST - 1] + ellipsis


def packets_text(request: Request) -> str:
    """First and last packet: ``4-9``; 0 stands for one that is not known."""
    messages = [message for message in (request.request, request.response) if message is not None]
    first, last = messages[0].first, messages[-1].last
    return str(first) if first == last else f"{first}-{last}"
