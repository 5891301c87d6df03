"""Whether a payload begins with CONNECT, asked of many that do not: what reads MQTT is imported late."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.mqtt.codes import BRIDGE, CONNECT, VERSIONS
from tcptui.protocols.mqtt.fields import length_of

#: Bytes of a type and a length, and of CONNECT up to its version.
HEADER_MOST: Final = 5
_BEGINNING: Final = 16
_TYPE: Final = bytes((CONNECT << 4,))
_NAMES: Final = (b"MQTT", b"MQIsdp")


def begins_mqtt(payload: bytes) -> bool:
    """Whether a payload begins with CONNECT."""
    return version_in(payload) > 0


def version_in(payload: bytes) -> int:
    """The version in the CONNECT that ``payload`` begins with; 0 where it begins with none."""
    found = length_of(payload[:HEADER_MOST]) if payload[:1] == _TYPE else None
    if found is None:
        return 0
    body = payload[found[0] : found[0] + _BEGINNING]
    at = 2 + int.from_bytes(body[:2])
    if body[2:at] not in _NAMES or len(body) <= at:
        return 0
    version = body[at] & ~BRIDGE
    return version if version in VERSIONS else 0
