"""Headings of the messages of Kafka where a stream is followed."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.kafka-message": "Kafka {said}",
    "follow.part.kafka-unread": "{count} bytes not read as Kafka: nothing shows for certain where a message begins",
}
