"""Formats requests as JSON lines (architecture.md#contracts, rules/findings.md#requests).

A connection may have a hundred thousand of them, so they are formatted from columns, thousands at a time, through a
%-template of bytes, as `json_connections` does it: a mapping for each takes longer than all that is read of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from tcptui.cli.report.json_text import CachedTexts, quoted, seconds, utf8
from tcptui.model.request import RequestPart
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tcptui.model.request import AnsweredInOneWrite, MessagePackets, Request, TransactionState

_Value = TypeVar("_Value")
_TIMES: Final = ", ".join(f'"{part.label}": %s' for part in RequestPart)
#: The %-template of a line.
_LINE: Final = utf8(
    '{"stream": %d, "protocol": %s, "operation": %s, "status": %s, "request": %s, "response": %s, "start": %s, '
    f'"duration": %s, "time": {{{_TIMES}}}, "id": %s, "complete": %s, "rows": %s, "statement": %s, '
    '"transaction": %s, "cancels": %s, "truncated": %s, "server_most": %s, "together": %s, "one_reading": %s}\n'
)
_MESSAGE: Final = b'{"first": %d, "last": %d, "bytes": %d}'
_NULL: Final = b"null"
_FLAG: Final = {True: b"true", False: b"false"}


class RequestTexts:
    """Formats requests, many at a time."""

    def __init__(self) -> None:
        self._seconds = CachedTexts(_seconds)
        self._names: dict[str, bytes] = {}
        """Names of protocols, of which there are few."""

    def lines(self, requests: Sequence[Request]) -> Iterator[bytes]:
        """A JSON object (UTF-8) and a line end for each of ``requests``, of which there is one at least."""
        (
            stream, _, protocol, operation, status, asked, answer, complete, start_ns, duration_ns, time, name, rows,
            statement, transaction, cancels, truncated, _, together, one_reading,
        ) = zip(*requests, strict=True)  # fmt: skip
        spent = [_formatted(self._seconds.texts, part) for part in zip(*time, strict=True)]
        server_most = [one.server_most_ns for one in requests]
        columns = (
            stream, map(self._name, protocol), map(_text, operation), map(_text, status), map(_message, asked),
            map(_message, answer), map(utf8, map(seconds, start_ns)), self._seconds.texts(duration_ns), *spent,
            map(_id, name), map(_FLAG.__getitem__, complete), _formatted(_numbers, rows), map(_text, statement),
            _formatted(_transactions, transaction), _formatted(_numbers, cancels), _formatted(_numbers, truncated),
            self._seconds.texts(server_most), _formatted(_togethers, together), map(_FLAG.__getitem__, one_reading),
        )  # fmt: skip
        return map(_LINE.__mod__, zip(*columns, strict=True))

    def _name(self, protocol: str) -> bytes:
        known = self._names.get(protocol)
        if known is None:
            known = self._names[protocol] = utf8(quoted(protocol))
        return known


def _formatted(
    texts: Callable[[Sequence[_Value | None]], Iterable[bytes]], column: Sequence[_Value | None]
) -> Iterable[bytes]:
    """``column`` formatted by ``texts``: most of what not all requests have, none of a connection has."""
    return [_NULL] * len(column) if column.count(None) == len(column) else texts(column)


def _seconds(ns: int | None) -> str:
    return "null" if ns is None else seconds(ns)


def _text(text: str) -> bytes:
    """Safe text in quotes; an empty one as null."""
    return utf8(quoted(text)) if text else _NULL


def _id(name: str | None) -> bytes:
    if name is None:
        return _NULL
    return b'"%b"' % name.encode() if name.isalnum() and name.isascii() else utf8(quoted(safe_text(name)))


def _message(message: MessagePackets | None) -> bytes:
    if message is None:
        return _NULL
    first, last, size, _, _ = message
    if first and last:
        return _MESSAGE % (first, last, size)
    return utf8(f'{{"first": {first or "null"}, "last": {last or "null"}, "bytes": {size}}}')


def _numbers(numbers: Sequence[int | None]) -> Iterable[bytes]:
    return [_NULL if number is None else b"%d" % number for number in numbers]


def _transactions(states: Sequence[TransactionState | None]) -> Iterable[bytes]:
    return [_NULL if state is None else utf8(quoted(state.value)) for state in states]


def _togethers(batches: Sequence[AnsweredInOneWrite | None]) -> Iterable[bytes]:
    return [_NULL if one is None else b"[%d, %d]" % (one.first, one.stop - 1) for one in batches]
