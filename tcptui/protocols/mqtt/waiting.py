"""When a broker waits because its client asked it to: from a subscription on, until it has something to deliver.

So does one that has a session from before.  While the client waits for an answer of the broker, it is that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.mqtt.codes import CONNACK, ERROR, PUBLISH, SUBACK
from tcptui.protocols.mqtt.detection import mqtt_sides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.mqtt.detection import Sides
    from tcptui.protocols.stream.reassembly import ByteStream

#: Packets of a connection that are looked at, the first ones.
_READ_MOST: Final = 100_000


def mqtt_waits(client: ByteStream, server: ByteStream) -> Iterator[tuple[int, int]] | None:
    """See `ApplicationProtocol.asked_to_wait`."""
    sides = mqtt_sides(client, server)
    return None if sides is None else _waits(sides)


def _waits(sides: Sides) -> Iterator[tuple[int, int]]:
    from tcptui.protocols.mqtt.conversation import Asked, Said, conversation  # seldom asked for

    since_ns, count, subscribed = 0, 0, not sides.is_told
    for one in conversation(sides):
        if isinstance(one, Asked) or not isinstance(one, Said):
            continue
        message = one.message
        count += 1
        if count > _READ_MOST:
            return
        time_ns = message.direction.delivered_ns(message.stop - 1)
        if message.direction is sides.server:
            if message.kind == PUBLISH and (subscribed or not since_ns):
                begin_ns = message.direction.first_ns(message.start)
                if since_ns and begin_ns > since_ns:
                    yield since_ns, begin_ns
                subscribed = True
            head = message.head
            is_refused = head is not None and head.code >= ERROR
            subscribed |= message.kind == SUBACK and not is_refused
            subscribed |= message.kind == CONNACK and head is not None and head.session
        since_ns = time_ns
