"""Statements of MySQL without the values that vary."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.statements.sql import BLANK, BREAK, ESCAPED, Dialect, without_values

MYSQL: Final = Dialect.of(
    blank=rf"[{BLANK}]+ | --(?=[{BLANK}]|$)[^{BREAK}]* | \#[^{BREAK}]*",
    text=rf'(?:[nxb]|_[a-z0-9]+[ ]?)?{ESCAPED} | "(?:[^"\\]|\\.|"")*(?:"|\\?$)',
)


def mysql_statement(operation: str) -> str:
    """``operation``, which is safe text, without its values."""
    return without_values(operation, MYSQL)
