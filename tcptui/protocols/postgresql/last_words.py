"""What a client's message asks of its server, of PostgreSQL: see `tcptui.protocols.last_words`."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import Asks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.last_words import Before

_HEAD: Final = struct.Struct(">cI")
#: First messages of clients have no type: version 3, requests for encryption; a cancellation.
_ASKS: Final = frozenset({196_608, 196_610, 80_877_103, 80_877_104})
_CANCEL: Final = 80_877_102
_TYPES: Final = b"BCDEFHPQSXcdfp"
_ANSWERED: Final = b"QSFp"
_LEAVES: Final = b"X"
_MOST: Final = 1 << 26


def postgresql_asks(payload: bytes, _before: Before) -> Asks | None:
    """What messages ask; None where ``payload`` does not begin with one of a client."""
    if len(payload) >= 8 and int.from_bytes(payload[:4]) <= _MOST:
        code = int.from_bytes(payload[4:8])
        if code in _ASKS:
            return Asks.ANSWER
        if code == _CANCEL:
            return Asks.NOTHING  # the server closes, and that is all
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
