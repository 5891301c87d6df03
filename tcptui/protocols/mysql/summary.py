"""What the payload of one packet says of a statement or its answer, in one line, without what is secret in it."""

from __future__ import annotations

import re
from typing import Final

from tcptui.protocols.mysql.codes import Command
from tcptui.protocols.mysql.detection import begins_mysql
from tcptui.protocols.mysql.packets import HEADER
from tcptui.protocols.sql_secrets import sql_without_secrets

#: What begins an answer, packet 1: how many columns, and the first of them (its catalog is always the same) …
_COLUMNS: Final = re.compile(rb"\x01\0\0\x01([\x01-\xfa])...\x02\x03def", re.DOTALL)
#: … an error, with its number and SQLSTATE …
_ERROR: Final = re.compile(rb"..\0\x01\xff(..)#([0-9A-Z]{5})", re.DOTALL)
#: … or OK: rows affected, the last number inserted, status, warnings.
_OK: Final = re.compile(rb"\x07\0\0\x01\0([\0-\xfa])[\0-\xfa].[\0-\x7f]..", re.DOTALL)
_QUIT: Final = b"\x01\0\0\0\x01"
_READ: Final = 16_384
_SAID_MOST: Final = 200


def mysql_summary(payload: bytes) -> str:
    """What ``payload`` begins with: a statement, what answers one, or the end; empty otherwise.  Not safe to print.

    Of an answer neither names of columns nor words of errors: both repeat what was asked, and that may be secret.
    """
    if payload[3:4] == b"\x01":
        return _answer(payload)
    if payload == _QUIT:
        return "QUIT"
    if not begins_mysql(payload) or payload[HEADER] not in (Command.QUERY, Command.STMT_PREPARE):
        return ""
    sql = sql_without_secrets(payload[HEADER + 1 : _READ].decode("utf-8", "replace"))
    prefix = "PREPARE " if payload[HEADER] == Command.STMT_PREPARE else ""
    return prefix + " ".join(sql.split())[:_SAID_MOST]


def _answer(payload: bytes) -> str:
    if found := _COLUMNS.match(payload):
        return f"Result set, {found[1][0]} column{'s'[: found[1][0] > 1]}"
    if found := _ERROR.match(payload):
        return f"Error {int.from_bytes(found[1], 'little')} ({found[2].decode()})"
    if found := _OK.fullmatch(payload):
        return f"OK, {found[1][0]} affected" if found[1][0] else "OK"
    return ""
