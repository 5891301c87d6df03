"""A command of the client, as far as lists name it: without what is secret in its SQL."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.mysql import codes
from tcptui.protocols.mysql.codes import Capability, Command
from tcptui.protocols.mysql.fields import Fields, ShortError
from tcptui.protocols.sql_secrets import sql_without_secrets

if TYPE_CHECKING:
    from tcptui.protocols.mysql.answers import Answer
    from tcptui.protocols.mysql.packets import Packet
    from tcptui.protocols.mysql.runs import Run

#: Bytes of a statement that are read, and characters of it that are kept.
SQL_READ: Final = 16_384
MAX_STORED_SQL: Final = 2_000
#: Prepared statements of a connection whose SQL is remembered.
MAX_PREPARED_STATEMENTS: Final = 4_096
_NAME_MOST: Final = 256
#: ``KILL`` of a session by its number; MariaDB's ``QUERY ID`` has one of another kind.
_KILL: Final = re.compile(r"kill\s+(?:(?:hard|soft)\s+)?(?:(?:connection|query)\s+)?([0-9]{1,19})\s*;?", re.IGNORECASE)
#: Commands that stand alone in their packet.
_ALONE: Final = frozenset(
    {
        Command.QUIT, Command.STATISTICS, Command.PROCESS_INFO, Command.DEBUG, Command.PING, Command.RESET_CONNECTION,
    }
)  # fmt: skip
_OF_SQL: Final = frozenset({Command.QUERY, Command.STMT_PREPARE})
_NAMING: Final = frozenset({Command.INIT_DB, Command.CREATE_DB, Command.DROP_DB})


@dataclass(eq=False, slots=True)
class Turn:
    """A command, or the login, with its answer as far as it is known."""

    command: int
    """`Command`; `LOGIN`."""
    operation: str
    """What was asked, as text out of the packet without secrets."""
    statement: str
    """Its SQL, without secrets; empty where there is none, or where it was prepared before the capture."""
    runs: list[Run] = field(default_factory=list)
    """What the client sent for it."""
    answer: Answer | None = None
    is_answered: bool = True
    """An answer is to come, or came."""
    sends_file: bool = False
    """LOCAL INFILE: the server asked for a file of the client's, and was sent it."""
    number: int = -1
    """That of the prepared statement that it is about; -1: it is about none."""
    thread: int = -1
    """Of a login: the number of the session that it opens, as the greeting says it; -1 not known."""

    @property
    def kills(self) -> int:
        """The number of the session that it asks to end, or to end the statement of; -1: it does not."""
        found = _KILL.fullmatch(self.statement) if self.command in (Command.QUERY, Command.STMT_EXECUTE) else None
        return -1 if found is None else int(found[1])


LOGIN: Final = -1
#: The number in place of a command's of the server's refusal to talk at all.
REFUSED: Final = -2


def command_of(packet: Packet) -> int | None:
    """The command that ``packet`` is; None where it can be none."""
    kind = packet.kind
    if packet.number or kind not in codes.COMMANDS or kind == Command.SLEEP:
        return None
    if kind in _ALONE and packet.length > 1:
        return None
    if kind in codes.ABOUT_STATEMENT and packet.length < 5:
        return None
    return None if kind in _OF_SQL and packet.length < 2 else kind


class Statements:
    """The SQL of the connection's prepared statements, by their numbers."""

    def __init__(self) -> None:
        self._sql: OrderedDict[int, str] = OrderedDict()
        self.parameters: OrderedDict[int, int] = OrderedDict()
        self.columns: OrderedDict[int, Run] = OrderedDict()
        """What describes the columns of the rows of each, as it was last executed."""

    def put(self, number: int, sql: str, parameters: int) -> None:
        """Remembers a statement that was prepared."""
        for known, value in ((number, sql), (codes.LAST_PREPARED, sql)):
            self._sql[known] = value
            self._sql.move_to_end(known)
        for known in (number, codes.LAST_PREPARED):
            self.parameters[known] = parameters
        while len(self._sql) > MAX_PREPARED_STATEMENTS:
            gone, _ = self._sql.popitem(last=False)
            self.parameters.pop(gone, None)

    def describe(self, number: int, columns: Run) -> None:
        """Remembers the columns of a statement's rows, which a cursor fetches later."""
        self.columns[number] = columns
        self.columns.move_to_end(number)
        if len(self.columns) > MAX_PREPARED_STATEMENTS:
            self.columns.popitem(last=False)

    def sql(self, number: int) -> str:
        """The SQL of a statement; empty where it is not known."""
        return self._sql.get(number, "")

    def forget(self, number: int) -> None:
        """Forgets a statement that was closed."""
        self._sql.pop(number, None)
        self.parameters.pop(number, None)
        self.columns.pop(number, None)


def sql_at(packet: Packet, capabilities: int) -> int:
    """Where in the payload of COM_QUERY its SQL begins: behind the attributes, where both ends know of them."""
    if packet.kind != Command.QUERY or not capabilities & Capability.QUERY_ATTRIBUTES:
        return 1
    fields = Fields(packet.body(SQL_READ), 1)
    try:
        count = fields.encoded()
        fields.encoded()
        if count:
            fields.take((count + 7) // 8)
            fields.take(1)
            kinds = []
            for _ in range(count):
                kinds.append(fields.number(2) & 0xFF)
                fields.text()
            for kind in kinds:
                skip_value(fields, kind)
    except ShortError:
        return packet.length
    return fields.at


#: Bytes of the value of each type that has a fixed number of them (protocol::ColumnType) …
_SIZES: Final = {1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 0, 8: 8, 9: 4, 13: 2}
#: … and the types of dates and times, whose length is in one byte before them.
_MOMENTS: Final = frozenset({7, 10, 11, 12})


def skip_value(fields: Fields, kind: int) -> None:
    """Skips a value of that type, as binary rows and parameters have it.  Raises ShortError."""
    if kind in _SIZES:
        fields.take(_SIZES[kind])
    elif kind in _MOMENTS:
        fields.take(fields.number(1))
    else:
        fields.text()


def turn_of(packet: Packet, command: int, statements: Statements, capabilities: int | None) -> Turn:
    """The command in ``packet`` with its names."""
    name = Command(command).name
    is_answered = command not in codes.UNANSWERED
    if command in _OF_SQL:
        at = 1 if capabilities is None else sql_at(packet, capabilities)
        sql = _sql(packet.body(SQL_READ)[at:])
        operation = sql if command == Command.QUERY else f"PREPARE {sql}"
        return Turn(command, operation, sql)
    if command in codes.ABOUT_STATEMENT:
        number = int.from_bytes(packet.head[1:5], "little")
        sql = statements.sql(number)
        if command == Command.STMT_CLOSE:
            statements.forget(number)
        what = sql or f"statement {number}"
        return Turn(command, f"{name.removeprefix('STMT_')} {what}", sql, is_answered=is_answered, number=number)
    if command in _NAMING:
        return Turn(command, f"{name} {packet.body(_NAME_MOST)[1:].decode('utf-8', 'replace')}", "")
    if command == Command.CHANGE_USER:
        user = packet.body(_NAME_MOST)[1:].split(b"\0", 1)[0].decode("utf-8", "replace")
        return Turn(command, f"{name} {user}", "")
    return Turn(command, name, "", is_answered=is_answered)


def _sql(data: bytes) -> str:
    return sql_without_secrets(data.decode("utf-8", "replace")).strip()[:MAX_STORED_SQL]
