"""Whether a transaction is open behind an answer that does not say so itself: an error, or what was prepared.

Errors carry no status flags.  A statement that fails is undone, and its transaction goes on; a deadlock ends it.  What
commits implicitly (CREATE, LOCK TABLES …) has done so when it fails, unless it could not even be parsed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.model.request import TransactionState
from tcptui.protocols.mysql.codes import Command, Status

if TYPE_CHECKING:
    from tcptui.protocols.mysql.asked import Turn

#: The error behind which InnoDB has rolled back the whole transaction: ER_LOCK_DEADLOCK.
_DEADLOCK: Final = "1213"
#: The statement could not be parsed, so nothing was done: ER_PARSE_ERROR.
_PARSE_ERROR: Final = "1064"
#: Errors behind which some engines or settings roll back all of it, others one statement: ER_CHECKREAD,
#: ER_UNKNOWN_COM_ERROR (Galera), ER_ERROR_DURING_COMMIT, ER_LOCK_TABLE_FULL, ER_GET_ERRMSG and ER_GET_TEMPORARY_ERRMSG
#: (NDB), ER_XA_RBDEADLOCK.
_UNSURE: Final = frozenset({"1020", "1047", "1180", "1206", "1296", "1297", "1614"})
#: Before a statement: brackets, and comments that are not run as SQL.
_BEFORE: Final = r"(?:\s|\(|/\*(?!M?!).*?\*/|(?:--\s|#)[^\n]*\n)*+"
#: Statements that end no transaction, and open none where a statement commits by itself.
_INSIDE: Final = re.compile(
    _BEFORE + r"(?:select|insert|update|delete|replace|with|values|do|show|desc(?:ribe)?|explain|use|savepoint|release"
    r"|signal|prepare|kill|handler|load\s+(?:data|xml)|rollback\s+(?:work\s+)?to)\b",
    re.IGNORECASE | re.DOTALL,
)
#: What may run any statements, wherever it stands.
_RUNS_OTHERS: Final = re.compile(r"\b(?:call|execute|begin\s+not)\b", re.IGNORECASE)
_RUNNING_SQL: Final = frozenset({Command.QUERY, Command.STMT_EXECUTE, Command.STMT_BULK_EXECUTE})
#: Commands that end no transaction, and are answered without flags, be it by an error.
_APART: Final = frozenset(
    {
        Command.INIT_DB, Command.FIELD_LIST, Command.STATISTICS, Command.PING, Command.STMT_PREPARE, Command.STMT_RESET,
        Command.STMT_FETCH, Command.SET_OPTION,
    }
)  # fmt: skip


def flags_after(turn: Turn, before: int | None) -> int | None:
    """`Status` flags in force behind ``turn``, which were ``before`` in front of it; None: nothing tells them."""
    answer = turn.answer
    if not turn.is_answered:
        return before
    if answer is None or not answer.status:
        return None
    if answer.server_status is not None:
        return answer.server_status
    if turn.command in _APART:
        return before
    if not answer.is_error or turn.command not in _RUNNING_SQL:
        return None
    number = answer.status.partition(" ")[0]
    if number == _DEADLOCK:
        return None if before is None else before & ~Status.IN_TRANSACTION
    told = before if answer.status_before_error is None else answer.status_before_error
    if told is None or number in _UNSURE or _RUNS_OTHERS.search(turn.statement):
        return None
    if number != _PARSE_ERROR and (answer.followed or not _INSIDE.match(turn.statement)):
        return None
    opens = not told & (Status.AUTOCOMMIT | Status.IN_TRANSACTION)  # the next statement does, be it one that fails
    return None if opens and number != _PARSE_ERROR else told


def state_of(turn: Turn, flags: int | None) -> TransactionState | None:
    """What ``flags`` behind ``turn`` say of the transaction."""
    if flags is not None:
        return TransactionState.OPEN if flags & Status.IN_TRANSACTION else TransactionState.IDLE
    answer = turn.answer
    is_deadlock = answer is not None and answer.status.partition(" ")[0] == _DEADLOCK
    return TransactionState.IDLE if is_deadlock else None
