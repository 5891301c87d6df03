"""Rows that a database answered with: read again from the packets when somebody asks for them, and not before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A value as text, as bytes where it is none, or NULL.
Cell = str | bytes | None
#: The values of a row; None: it cannot be read, since bytes of it are missing, or it is longer than `ROW_MOST`.
Row = tuple[Cell, ...] | None

#: Bytes of a row from which on it is left out.
ROW_MOST: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class ResultSet:
    """The rows that answer one statement."""

    columns: tuple[str, ...]
    """Their names, text out of the packets; empty where they were not captured."""
    read: Callable[[], Iterator[Row]]
    """The rows, in order.  Raises OSError when the packets cannot be read any more."""
    complete: bool
    """Its end was captured, and all before it."""


def no_result_sets() -> Iterator[ResultSet]:
    """Those of an answer without rows."""
    return iter(())


def text_or_bytes(value: bytes) -> Cell:
    """``value`` as text where it is UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
