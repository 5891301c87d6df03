"""What the payload of one packet says of Kafka, in one line, without what is secret in it."""

from __future__ import annotations

from tcptui.protocols.kafka.apis import LENGTH, SECRET, name_of
from tcptui.protocols.kafka.detection import begins_kafka


def kafka_summary(payload: bytes) -> str:
    """The request that ``payload`` begins with, if it may hold a secret; else empty."""
    return name_of(payload[5]) if payload[5] in SECRET and begins_kafka(payload) else ""


def token_summary(payload: bytes) -> str:
    """Whether ``payload`` is a name and a password behind a length (RFC 4616), as some clients of Kafka log in."""
    size = int.from_bytes(payload[:LENGTH])
    if size + LENGTH != len(payload) or payload.count(b"\0", LENGTH) != 2 or not payload[-1]:
        return ""
    return f"authentication, {size} bytes"
