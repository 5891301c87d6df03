"""What the payload of one packet says of MQTT, in one line, without what is secret in it."""

from __future__ import annotations

from tcptui.protocols.mqtt.beginning import HEADER_MOST, version_in
from tcptui.protocols.mqtt.codes import AUTH, CONNACK, CONNECT, NAMES, VERSION_5
from tcptui.protocols.mqtt.fields import length_of
from tcptui.protocols.mqtt.message import HEAD_READ, read_head, topic_text


def mqtt_summary(payload: bytes) -> str:
    """The packet that ``payload`` begins with, if it may hold secrets: CONNECT, AUTH, a whole CONNACK; else empty.

    Text from the packet, not yet safe to print.
    """
    found = length_of(payload[:HEADER_MOST])
    if found is None:
        return ""
    body, kind = payload[found[0] : found[0] + min(found[1], HEAD_READ)], payload[0] >> 4
    if kind == CONNECT:
        version = version_in(payload)
        head = read_head(payload[0], body, version) if version else None
        name = "" if head is None else topic_text(head.client)
        return f"CONNECT {name}".rstrip() if version else ""
    is_whole = len(body) == found[1]
    said = read_head(payload[0], body, VERSION_5, whole=True) if is_whole and kind in (AUTH, CONNACK) else None
    return "" if said is None else NAMES[kind]
