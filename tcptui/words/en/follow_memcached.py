"""Headings of the messages of memcached where a stream is followed."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.memcached-message": "memcached {said}",
    "follow.part.memcached-message-values": "memcached {said}, {count} bytes of values not shown",
    "follow.part.memcached-unread": (
        "{count} bytes not read as memcached: nothing shows for certain where a message begins"
    ),
}
