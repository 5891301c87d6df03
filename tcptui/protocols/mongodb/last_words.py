"""What a client's message asks of its server, of MongoDB: see `tcptui.protocols.last_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.last_words import LOOKED_AT, Asks
from tcptui.protocols.mongodb.codes import COMPRESSED, HEADER, MORE_TO_COME, MSG, UNANSWERED
from tcptui.protocols.mongodb.detection import asked_by

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before


def mongodb_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a lone request asks; None where ``payload`` is something else."""
    head = asked_by(payload)
    if head is None or not (head.size == len(payload) or head.size > len(payload) >= LOOKED_AT):
        return None
    flags = int.from_bytes(payload[HEADER : HEADER + 4], "little")
    if head.opcode in UNANSWERED or (head.opcode == MSG and flags & MORE_TO_COME):
        return Asks.NOTHING
    return Asks.UNKNOWN if head.opcode == COMPRESSED else Asks.ANSWER
