"""The status of a request: its answer's code, as a number by which lists sort and mark errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.request import UNKNOWN
from tcptui.protocols.registry import REQUEST_KINDS

if TYPE_CHECKING:
    from tcptui.model.request import Request

#: The number of a request without an answer: it stands in front of all that are sorted by status.
NO_STATUS: Final = 1_000
#: The least number of an error.
ERROR_STATUS: Final = 400
#: The number of an error that only has a name.
_NAMED_ERROR: Final = 500
#: Statuses of a request without an answer, by how the server ended the connection before the client did.
SERVER_ENDED: Final = frozenset({"FIN", "RST"})
#: Names without an error, those of all kinds, and the one of a status that cannot be known.
_FINE: Final = frozenset({"OK", UNKNOWN}).union(*(kind.fine for kind in REQUEST_KINDS.values()))


def status_number(status: str) -> int:
    """An answer's code as a number: of names 0 without an error and 500 with one, `NO_STATUS` without an answer."""
    if not status or status in SERVER_ENDED:
        return NO_STATUS
    if status.isascii() and status.isdigit():
        return int(status[:4])
    return 0 if status in _FINE else _NAMED_ERROR


def failed(request: Request) -> bool:
    """True of a request that ended in an error: its answer is one, or its stream was reset before any."""
    return bool(request.status) and request.status not in SERVER_ENDED and is_error(request)


def is_error(request: Request) -> bool:
    """True of a request that `failed`, or was not answered: what lists mark and count."""
    return status_number(request.status) >= ERROR_STATUS
