"""What a client's message asks of its broker, of MQTT: see `tcptui.protocols.last_words`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import Asks
from tcptui.protocols.mqtt.beginning import begins_mqtt

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before

#: DISCONNECT, of 5.0 perhaps with a reason and properties.
_LEAVES: Final = re.compile(rb"\xe0[\0-\x0f][^\0]{0,15}", re.DOTALL)


def mqtt_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a packet asks that nothing else may be; None where ``payload`` does not begin with one."""
    if begins_mqtt(payload):
        return Asks.ANSWER
    return Asks.LEAVE if _LEAVES.fullmatch(payload) else None
