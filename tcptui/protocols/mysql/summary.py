"""What the payload of one packet says of a statement, in one line, without what is secret in it."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.mysql.codes import Command
from tcptui.protocols.mysql.detection import begins_mysql
from tcptui.protocols.mysql.packets import HEADER
from tcptui.protocols.sql_secrets import sql_without_secrets

_READ: Final = 16_384
_SAID_MOST: Final = 200


def mysql_summary(payload: bytes) -> str:
    """The statement that ``payload`` begins with; empty where it begins with none.  Not yet safe to print."""
    if not begins_mysql(payload) or payload[HEADER] not in (Command.QUERY, Command.STMT_PREPARE):
        return ""
    sql = sql_without_secrets(payload[HEADER + 1 : _READ].decode("utf-8", "replace"))
    prefix = "PREPARE " if payload[HEADER] == Command.STMT_PREPARE else ""
    return prefix + " ".join(sql.split())[:_SAID_MOST]
