"""The statement of a request, by its protocol."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tcptui.protocols.registry import REQUEST_KINDS

if TYPE_CHECKING:
    from tcptui.model.request import Request

#: Operations about a statement that are not its execution: each is a statement of its own.
_ABOUT_ONE: Final = ("PREPARE ", "CLOSE ", "RESET ", "SEND_LONG_DATA ", "FETCH ")
#: Statements that are remembered: most requests repeat one of a few operations.
_CACHE_SIZE: Final = 4_096


def statement_of(request: Request) -> str:
    """What ``request`` asks for without the values that vary; empty where only its answer was captured."""
    is_it = bool(request.statement) and not request.operation.startswith(_ABOUT_ONE)
    return without_varying(request.protocol, request.statement if is_it else request.operation)


def as_sent(operation: str, statement: str) -> str:
    """What was requested with its values: the ``statement`` where ``operation`` is its execution, told by its verb."""
    verb = operation.partition(" ")[0]
    words = statement.split(None, 1)
    return statement if words and words[0].upper() == verb.upper() else operation


@lru_cache(_CACHE_SIZE)
def without_varying(protocol: str, operation: str) -> str:
    """``operation`` without the values that vary; empty where it is.  Safe where it is."""
    kind = REQUEST_KINDS.get(protocol)
    return operation if kind is None or kind.statement is None else str(kind.statement(operation))
