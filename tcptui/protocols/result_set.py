"""What a database answered with: read again from the packets when somebody asks for it, and not before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error in place of a value, as among the answers to the commands of a transaction."""

    text: str


#: A value as text, as bytes where it is none, or NULL; several of them where a value is a list.
Cell = str | bytes | Refusal | tuple["Cell", ...] | None
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


@dataclass(frozen=True, slots=True)
class CopiedData:
    """Data in a form that nothing in the packets tells all of, such as COPY sends: a file as it is."""

    read: Callable[[], Iterator[bytes | None]]
    """Its bytes, in order; None: some are missing.  Raises OSError when the packets cannot be read any more."""
    rows: int
    """How many rows it has by the server's count, or else messages."""
    complete: bool
    """As `ResultSet.complete`."""


#: What an answer has for whoever exports it.
Result = ResultSet | CopiedData


def no_result_sets() -> Iterator[Result]:
    """The result sets of an answer without rows: none."""
    return iter(())


def text_or_bytes(value: bytes) -> Cell:
    """``value`` as text where it is UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
