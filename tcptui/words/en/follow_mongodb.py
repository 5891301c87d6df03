"""Headings of the messages of MongoDB where a stream is followed."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.mongodb-message": "MongoDB {said}",
    "follow.part.mongodb-unread": "{count} bytes not read as MongoDB: nothing shows for certain where a message begins",
}
