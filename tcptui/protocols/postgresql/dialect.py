"""Statements of PostgreSQL without the values that vary."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.statements.sql import BLANK, BREAK, ESCAPED, PLAIN, Dialect, without_values

POSTGRESQL: Final = Dialect.of(
    blank=rf"[{BLANK}]+ | --[^{BREAK}]*",
    text=rf"e{ESCAPED} | (?:[nxb]|u&)?{PLAIN} | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|$)",
    more='| (?P<quoted> "(?:[^"]|"")*(?:"|$) )',
)


def postgresql_statement(operation: str) -> str:
    """``operation``, which is safe text, without its values."""
    return without_values(operation, POSTGRESQL)
