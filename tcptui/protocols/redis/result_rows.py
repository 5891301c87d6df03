"""The elements of replies as rows: those of an array or a set one by one, those of a map with their fields.

Nothing tells a secret in a reply but the name before it, where names and values take turns: then it is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.redis.text import elements
from tcptui.protocols.redis.tokens import Fault, Tokens
from tcptui.protocols.redis.value import AGGREGATES, BULKS, NOTHING, Kind
from tcptui.protocols.result_set import ROW_MOST, Refusal, ResultSet, text_or_bytes
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.protocols.sql_secrets import has_secret_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.redis.command import Command
    from tcptui.protocols.redis.value import Token, Value
    from tcptui.protocols.result_set import Cell, Row

#: Deepest level of elements within a row, and most values that a row has.
_DEPTH_MOST: Final = 32
_VALUES_MOST: Final = 1 << 20
#: Longest name that a secret may follow.
_NAME_MOST: Final = 128
_ELEMENT: Final = ("value",)
_PAIR: Final = ("field", "value")
_ERRORS: Final = frozenset({Kind.ERROR, Kind.BULK_ERROR})
#: Bytes of an argument, and of all of a command, in which names are looked for.
_ARGUMENT_MOST: Final = 1 << 16
_ARGUMENTS_MOST: Final = 1 << 20
#: Commands that answer names and values by turns, at some level of their replies …
_PAIRED: Final = frozenset(
    {
        "HGETALL", "HRANDFIELD", "HSCAN", "XRANGE", "XREVRANGE", "XREAD", "XREADGROUP", "XCLAIM", "XAUTOCLAIM",
        "CONFIG", "SENTINEL", "XINFO",
    }
)  # fmt: skip
#: … and those that may answer anything.
_ANY: Final = frozenset({"EXEC", "EVAL", "EVAL_RO", "EVALSHA", "EVALSHA_RO", "FCALL", "FCALL_RO"})
#: What stands before the text of a verbatim string: ``txt:``.
_FORMAT_LENGTH: Final = 4


def result_sets(value: Value, *, in_pairs: bool) -> Iterator[ResultSet]:
    """The rows of a reply that has elements.  Raises OSError.

    ``in_pairs``: in its lists, names and values take turns, or nothing tells that they do not.
    """
    kind = _Elements(value, in_pairs=in_pairs).kind
    if kind in AGGREGATES:
        columns = _PAIR if kind is Kind.MAP else _ELEMENT
        yield ResultSet(columns, lambda: _Elements(value, in_pairs=in_pairs).rows(), value.complete)


def may_answer_pairs(name: str) -> bool:
    """Whether in the reply to the command ``name`` names and values may take turns; to one of a module, they may."""
    return name in _PAIRED or name in _ANY or "." in name


def may_hold_secrets(command: Command) -> bool:
    """Whether the reply may hold secrets: an argument names one, or nothing tells that none does."""
    if not command.name or not command.value.complete or command.hides_reply or command.executes is None:
        return True
    if any(map(may_hold_secrets, command.executes)):
        return True
    if command.value.kind is Kind.INLINE:
        return any(has_secret_word(item.data.decode("latin-1")) for item in command.value.items[1:])
    left = _ARGUMENTS_MOST
    direction = command.value.direction
    for number, token in enumerate(elements(command.value)):
        if number and token.kind in BULKS and token.number > 0:
            if token.number > min(_ARGUMENT_MOST, left):
                return True
            left -= token.number
            if has_secret_word(direction.read(token.body, token.number).decode("latin-1")):
                return True
    return False


class _CutError(Exception):
    """The next value cannot be read, nor what follows."""


class _Elements:
    """Reads a reply value by value."""

    def __init__(self, value: Value, *, in_pairs: bool) -> None:
        self._tokens = Tokens(value.direction)
        self._at, self._stop = value.start, value.stop
        self._in_pairs = in_pairs
        self._is_short = False
        """Of the row that is read, something is missing or too long."""
        self._bytes = self._values = 0
        """What it has so far."""

    @property
    def kind(self) -> Kind | None:
        """The kind of the reply, after its attributes; None where that cannot be read."""
        try:
            return self._next().kind
        except _CutError:
            return None

    def rows(self) -> Iterator[Row]:
        """The rows, up to the first that cannot be found."""
        try:
            top = self._next()
            count = max(top.number, 0)
            name: Cell = None
            for number in range(count):
                self._is_short, self._bytes, self._values = False, 0, 0
                if top.kind is Kind.MAP:
                    field = self._cell(0)
                    row: tuple[Cell, ...] = (field, _unless_secret(self._cell(0), field))
                else:
                    found = self._cell(0)
                    is_value = self._in_pairs and number % 2
                    row = (_unless_secret(found, name) if is_value else found,)
                    name = found
                yield None if self._is_short else row
        except _CutError:
            yield None

    def _next(self) -> Token:
        """The next token that is no attribute: those are said about the value behind them."""
        token = self._token()
        while token.kind is Kind.ATTRIBUTE:
            self._skip(2 * max(token.number, 0))
            token = self._token()
        return token

    def _token(self) -> Token:
        token = self._tokens.token(self._at) if self._at < self._stop else Fault.END
        if isinstance(token, Fault):
            raise _CutError
        self._at = token.stop
        return token

    def _skip(self, count: int) -> None:
        """Passes over so many values, and those in them."""
        while count:
            token = self._token()
            count += max(token.number, 0) * AGGREGATES.get(token.kind, 0) - (token.kind is not Kind.ATTRIBUTE)

    def _cell(self, depth: int) -> Cell:
        token = self._next()
        self._values += 1
        if token.kind is Kind.NULL or (token.number == NOTHING and (token.kind in BULKS or token.kind in AGGREGATES)):
            return None
        if token.kind in AGGREGATES:
            count = token.number * AGGREGATES[token.kind]
            if depth < _DEPTH_MOST and self._values + count <= _VALUES_MOST:
                return self._list(token, depth + 1)
            self._is_short = True
            self._skip(count)
            return None
        data = self._body(token) if token.kind in BULKS else token.line
        if token.kind in _ERRORS:
            return Refusal(data.decode("utf-8", "replace"))
        return text_or_bytes(data[_FORMAT_LENGTH:] if token.kind is Kind.VERBATIM else data)

    def _list(self, token: Token, depth: int) -> Cell:
        if token.kind is Kind.MAP:
            pairs: list[Cell] = []
            for _ in range(token.number):
                field = self._cell(depth)
                pairs.append((field, _unless_secret(self._cell(depth), field)))
            return tuple(pairs)
        found = [self._cell(depth) for _ in range(token.number)]
        if self._in_pairs:
            found[1::2] = map(_unless_secret, found[1::2], found[::2])
        return tuple(found)

    def _body(self, token: Token) -> bytes:
        self._bytes += token.number
        if self._bytes > ROW_MOST:
            self._is_short = True
            return b""
        data = self._tokens.read(token.body, token.number)
        self._is_short |= len(data) < token.number
        return data


def _unless_secret(value: Cell, name: Cell) -> Cell:
    """``value``, or what stands in its place where ``name`` says that it is a secret."""
    is_secret = isinstance(name, str) and len(name) <= _NAME_MOST and has_secret_word(name)
    return LEFT_OUT if is_secret and value is not None else value
