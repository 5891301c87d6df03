"""Headings of the frames of AMQP where a stream is followed."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.amqp-frame": "AMQP {said}",
    "follow.part.amqp-body": "AMQP body, {count} bytes, channel {channel}",
    "follow.part.amqp-unread": "{count} bytes not read as AMQP: nothing shows for certain where a frame begins",
}
