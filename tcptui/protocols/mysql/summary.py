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
#: … an error, with its number and SQLSTATE, or in front of a greeting in words …
_ERROR: Final = re.compile(rb"..\0[\0-\x0f]\xff(..)#([0-9A-Z]{5})", re.DOTALL)
_TURNED_AWAY: Final = re.compile(rb"..\0\0\xff(.[\x03-\x13])[ -~]+", re.DOTALL)
#: … or OK: rows affected, the last number inserted, status, warnings, what an UPDATE or INSERT of many tells in words.
_OK: Final = re.compile(
    rb"..\0[\x01-\x0f]\0([\0-\xfa])[\0-\xfa].[\0-\x7f]..(?:.(?:Rows matched|Records): [ -~]*)?", re.DOTALL
)
#: What a server says first, packet 0: its version; a number, half of the salt.
_GREETING: Final = re.compile(rb"..\0\0\x0a(\d{1,3}\.\d{1,3}[ -~]{0,99})\0.{12}\0", re.DOTALL)
_QUIT: Final = b"\x01\0\0\0\x01"
_READ: Final = 16_384
_TEXT_MOST: Final = 200


def mysql_summary(payload: bytes) -> str:
    """What ``payload`` begins with: a statement, what answers one, or the end; empty otherwise.  Not safe to print.

    Of an answer neither names of columns nor words of errors: both repeat what was asked, and that may be secret.
    """
    if payload == _QUIT:
        return "QUIT"
    if said := _answer(payload):
        return said
    if not begins_mysql(payload) or payload[HEADER] not in (Command.QUERY, Command.STMT_PREPARE):
        return ""
    sql = sql_without_secrets(payload[HEADER + 1 : _READ].decode("utf-8", "replace"))
    prefix = "PREPARE " if payload[HEADER] == Command.STMT_PREPARE else ""
    return prefix + " ".join(sql.split())[:_TEXT_MOST]


def _answer(payload: bytes) -> str:
    if found := _COLUMNS.match(payload):
        return f"Result set, {found[1][0]} column{'s'[: found[1][0] > 1]}"
    if found := _ERROR.match(payload):
        return f"Error {int.from_bytes(found[1], 'little')} ({found[2].decode()})"
    if found := _GREETING.match(payload):
        return f"Server greeting, {found[1].decode()}"
    if len(payload) != HEADER + int.from_bytes(payload[:3], "little"):
        return ""
    if found := _OK.fullmatch(payload):
        return f"OK, {found[1][0]} affected" if found[1][0] else "OK"
    if found := _TURNED_AWAY.fullmatch(payload):
        return f"Error {int.from_bytes(found[1], 'little')}"
    return ""
