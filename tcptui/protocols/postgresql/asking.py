"""What a client asks, message by message: the operations, and what the server owes for each."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from tcptui.model.request import UNKNOWN
from tcptui.protocols.postgresql.message import Kind
from tcptui.protocols.postgresql.operation import Awaited, Operation, Step
from tcptui.protocols.postgresql.statement import MAX_STORED_STATEMENT, may_hold_secrets, operation_of, without_secrets

if TYPE_CHECKING:
    from tcptui.protocols.postgresql.message import Message

#: Most named statements, and most portals, that are remembered of a connection.
_NAMES_MOST: Final = 2_000
_SHOWN_PARAMETERS: Final = ("user", "database", "replication")
_STATEMENT: Final = "S"
_AWAITED: Final = {
    Kind.PARSE: Awaited.PARSED, Kind.BIND: Awaited.BOUND, Kind.EXECUTE: Awaited.EXECUTED, Kind.CLOSE: Awaited.CLOSED,
    Kind.SYNC: Awaited.SYNCED, Kind.QUERY: Awaited.QUERY, Kind.CALL: Awaited.CALLED, Kind.STARTUP: Awaited.SESSION,
    Kind.SSL_REQUEST: Awaited.ENCRYPTION, Kind.GSS_REQUEST: Awaited.ENCRYPTION,
}  # fmt: skip
#: What begins an operation, where the one before has what it executes, and what is one alone.
_BEGINS: Final = frozenset({Kind.PARSE, Kind.BIND, Kind.DESCRIBE, Kind.EXECUTE})
_ALONE: Final = frozenset({Kind.QUERY, Kind.CALL, Kind.STARTUP, Kind.SSL_REQUEST, Kind.GSS_REQUEST, Kind.CANCEL})
#: What the operation before it asked the client for …
PROVIDES: Final = frozenset({Kind.CREDENTIALS, Kind.SENT_DATA, Kind.SENT_DONE, Kind.SENT_FAIL})
#: … and what belongs to that operation, too, and is not answered.
_JOINS: Final = PROVIDES | {Kind.FLUSH}


class Names:
    """The SQL of prepared statements and portals by their names, the last ones used of them."""

    def __init__(self) -> None:
        self._statements: OrderedDict[str, str] = OrderedDict()
        self._portals: OrderedDict[str, str] = OrderedDict()

    def take(self, message: Message) -> str | None:
        """Takes in what ``message`` names; the SQL that it is about, `UNKNOWN`, or None where it is about none."""
        kind = message.kind
        if kind is Kind.QUERY:
            self._statements.pop("", None)
            return _sql(message, 0)
        if kind is Kind.PARSE:
            name, _ = _two(message)
            return _put(self._statements, name, _sql(message, message.body.find(b"\0") + 1))
        if kind is Kind.BIND:
            portal, name = _two(message)
            return _put(self._portals, portal, _get(self._statements, name))
        if kind is Kind.EXECUTE:
            return _get(self._portals, message.texts(1)[0])
        if kind in (Kind.DESCRIBE, Kind.CLOSE):
            which, name = message.body[:1].decode("latin-1"), message.texts(1, 1)[0]
            names = self._statements if which == _STATEMENT else self._portals
            found = _get(names, name)
            if kind is Kind.CLOSE:
                names.pop(name, None)
            return found
        return None


def _two(message: Message) -> tuple[str, str]:
    one, two, *_ = [*message.texts(2), "", ""]
    return one, two


def _put(names: OrderedDict[str, str], name: str, sql: str) -> str:
    names[name] = sql
    names.move_to_end(name)
    if len(names) > _NAMES_MOST:
        names.popitem(last=False)
    return sql


def _get(names: OrderedDict[str, str], name: str) -> str:
    if name not in names:
        return UNKNOWN
    names.move_to_end(name)
    return names[name]


def _sql(message: Message, at: int) -> str:
    return message.texts(1, at)[0][:MAX_STORED_STATEMENT]


class Asking:
    """Makes operations and steps of a client's messages."""

    def __init__(self) -> None:
        self._names = Names()
        self._current: Operation | None = None
        self.is_copying = False
        """The server takes data, and passes over Sync and Flush."""

    def take(self, message: Message) -> tuple[Operation | None, Step | None]:
        """The operation that ``message`` begins, if it begins one, and what the server owes for it."""
        kind, current = message.kind, self._current
        sql = self._names.take(message)
        if kind is Kind.TERMINATE:
            self._end()
            return None, None
        if kind in (Kind.SENT_DONE, Kind.SENT_FAIL):
            self.is_copying = False
        if self.is_copying and kind in (Kind.SYNC, Kind.FLUSH):
            self._join(message)
            return None, None
        if kind in _JOINS:
            self._join(message)
            return None, None
        begun: Operation | None = None
        if current is None or current.ends or kind in _ALONE or (kind in _BEGINS and current.executes):
            self._end()
            begun = self._current = current = Operation(name=_name_of(message))
        if sql is not None:
            self._tell(current, kind, sql)
        current.asked.take(message)
        current.executes |= kind is Kind.EXECUTE
        current.ends |= kind is Kind.SYNC or kind in _ALONE
        awaited = _AWAITED.get(kind)
        if kind is Kind.DESCRIBE:
            of_statement = message.body[:1] == _STATEMENT.encode()
            awaited = Awaited.STATEMENT_DESCRIBED if of_statement else Awaited.PORTAL_DESCRIBED
        if awaited is None:
            if kind is Kind.CANCEL:
                current.cancels = key_data(message)
                current.is_skipped = True
            return begun, None
        current.open_steps += 1
        return begun, Step(awaited, current)

    def forget(self) -> None:
        """Messages are missing: what comes next belongs to nothing before."""
        self._end()
        self.is_copying = False

    def _end(self) -> None:
        if self._current is not None:
            self._current.ends = True
        self._current = None

    def _join(self, message: Message) -> None:
        if self._current is not None:
            self._current.asked.take(message)

    def _tell(self, operation: Operation, kind: Kind, sql: str) -> None:
        if kind is Kind.CLOSE and operation.executes:
            return
        operation.is_secret |= sql == UNKNOWN or may_hold_secrets(sql)
        operation.statement = without_secrets(sql)
        said = UNKNOWN if sql == UNKNOWN else operation_of(sql)
        if kind in (Kind.QUERY, Kind.EXECUTE, Kind.BIND):
            operation.name = said or operation.name
        else:
            operation.name = f"{kind.title.upper()} {said}" if said else kind.title.upper()


def key_data(message: Message) -> bytes:
    """Process and key that BackendKeyData gives, and a CancelRequest repeats."""
    return message.body[_CODE:] if message.kind is Kind.CANCEL else message.body


_CODE: Final = 4


def _name_of(message: Message) -> str:
    """What an operation that begins with ``message`` is called while nothing says it better."""
    kind = message.kind
    if kind is Kind.STARTUP:
        found = parameters(message)
        said = [f"{name}={found[name]}" for name in _SHOWN_PARAMETERS if name in found]
        return " ".join(["STARTUP", *said])
    if kind is Kind.CANCEL:
        return f"CANCEL {int.from_bytes(key_data(message)[:4], 'big')}"
    return {Kind.SSL_REQUEST: "SSLREQUEST", Kind.GSS_REQUEST: "GSSENCREQUEST"}.get(kind, kind.title.upper())


def parameters(message: Message) -> dict[str, str]:
    """The parameters of a startup message."""
    said = message.body[4:].split(b"\0")
    return {
        name.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for name, value in zip(said[::2], said[1::2], strict=False)
        if name
    }
