"""Headings of the packets of MQTT where a stream is followed."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.mqtt-packet": "MQTT {said}",
    "follow.part.mqtt-message": "message, {count} bytes",
    "follow.part.mqtt-unread": "{count} bytes not read as MQTT: it is not certain where a packet begins",
}
