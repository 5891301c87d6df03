"""The statement of a request, by its protocol."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from tcptui.protocols.statements.names import key_pattern, path_pattern
from tcptui.protocols.statements.sql import MYSQL, POSTGRESQL, without_values

if TYPE_CHECKING:
    from collections.abc import Callable

#: By the protocol's name as in `tcptui.model.request.Request`; an operation of others is its own statement.
_MAKERS: Final[dict[str, Callable[[str], str]]] = {
    "redis": key_pattern,
    "mysql": partial(without_values, dialect=MYSQL),
    "postgresql": partial(without_values, dialect=POSTGRESQL),
    "http": path_pattern,
    "http2": path_pattern,
}
#: Statements that are remembered: most requests repeat one of a few operations.
_KEPT: Final = 4_096


@lru_cache(_KEPT)
def statement_of(protocol: str, operation: str) -> str:
    """What is asked for without the values that vary; empty where ``operation`` is.  Safe where that is."""
    maker = _MAKERS.get(protocol)
    return operation if maker is None else maker(operation)
