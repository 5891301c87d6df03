"""What a client's message asks of its server, of PostgreSQL: see `tcptui.protocols.last_words`."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import Asks
from tcptui.protocols.postgresql.message import REQUESTS, VERSION_3, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.last_words import Before

_HEAD: Final = struct.Struct(">cI")
#: First messages of clients that have no type but requests: version 3, its minor one 0 or 2.
_STARTUPS: Final = frozenset({VERSION_3 << 16, VERSION_3 << 16 | 2})
_TYPES: Final = b"BCDEFHPQSXcdfp"
_ANSWERED: Final = b"QSFp"
_LEAVES: Final = b"X"
_MOST: Final = 1 << 26


def postgresql_asks(payload: bytes, _before: Before) -> Asks | None:
    """What messages ask; None where ``payload`` does not begin with one of a client."""
    if len(payload) >= 8 and int.from_bytes(payload[:4]) <= _MOST:
        code = int.from_bytes(payload[4:8])
        if REQUESTS.get(code) is Kind.CANCEL:
            return Asks.NOTHING  # the server closes, and that is all
        if code in REQUESTS or code in _STARTUPS:
            return Asks.ANSWER
    kinds = b"".join(_types(payload))
    if not kinds:
        return None
    if kinds[-1:] == _LEAVES:
        return Asks.LEAVE
    return Asks.ANSWER if set(kinds) & set(_ANSWERED) else Asks.UNKNOWN


def _types(payload: bytes) -> Iterator[bytes]:
    """The types of the messages that ``payload`` begins with; none where they are none."""
    kinds = []
    at = 0
    while at + _HEAD.size <= len(payload):
        kind, size = _HEAD.unpack_from(payload, at)
        if kind not in _TYPES or not 4 <= size <= _MOST:
            return
        kinds.append(kind)
        at += 1 + size
    yield from kinds
