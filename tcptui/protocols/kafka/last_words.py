"""What a client's message asks of its broker, of Kafka: see `tcptui.protocols.last_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.kafka.apis import LENGTH
from tcptui.protocols.kafka.detection import begins_kafka
from tcptui.protocols.last_words import LOOKED_AT, Asks

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before


def kafka_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a lone request asks; None where ``payload`` is something else.

    Of Produce it is not known: the client may want no acknowledgment.
    """
    size = LENGTH + int.from_bytes(payload[:LENGTH])
    if not (size == len(payload) or size > len(payload) >= LOOKED_AT) or not begins_kafka(payload):
        return None
    return Asks.ANSWER if payload[5] else Asks.UNKNOWN
