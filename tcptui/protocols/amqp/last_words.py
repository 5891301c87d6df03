"""What a client's frame asks of its broker, of AMQP: see `tcptui.protocols.last_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.amqp.detection import begins_amqp
from tcptui.protocols.amqp.methods import (
    ANSWERED_BY,
    CONNECTION_CLOSE_OK,
    FRAME_END,
    FRAME_HEAD,
    METHOD,
    METHODS,
)
from tcptui.protocols.last_words import Asks

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before


def amqp_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a lone method, or the beginning, asks; None where ``payload`` is something else."""
    if begins_amqp(payload):
        return Asks.ANSWER
    end = FRAME_HEAD + int.from_bytes(payload[3:FRAME_HEAD])
    if payload[0] != METHOD or end + 1 != len(payload) or payload[-1] != FRAME_END:
        return None
    ids = int.from_bytes(payload[FRAME_HEAD : FRAME_HEAD + 2]), int.from_bytes(payload[FRAME_HEAD + 2 : FRAME_HEAD + 4])
    if ids == CONNECTION_CLOSE_OK:
        return Asks.LEAVE
    return Asks.ANSWER if ids in ANSWERED_BY and ids in METHODS else None
