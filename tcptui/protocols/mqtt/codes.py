"""Numbers of MQTT and their names, as Wireshark 4.0 writes them (MQTT 5.0, 2.1.2, 2.2.2, 2.4; 3.1.1, 3.2.2.3)."""

from __future__ import annotations

from enum import Enum
from typing import Final

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE = range(1, 9)
SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT, AUTH = range(9, 16)

#: What the specification calls each packet, …
NAMES: Final = (
    "", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE",
    "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
)  # fmt: skip
#: … and what Wireshark does.
TITLES: Final = (
    "Reserved", "Connect Command", "Connect Ack", "Publish Message", "Publish Ack", "Publish Received",
    "Publish Release", "Publish Complete", "Subscribe Request", "Subscribe Ack", "Unsubscribe Request",
    "Unsubscribe Ack", "Ping Request", "Ping Response", "Disconnect Req", "Authentication Exchange",
)  # fmt: skip
#: Packets that only one end sends, but for those of which both do.
OF_CLIENT: Final = frozenset({CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ})
OF_SERVER: Final = frozenset({CONNACK, SUBACK, UNSUBACK, PINGRESP})
ACKNOWLEDGMENTS: Final = frozenset({PUBACK, PUBREC, PUBREL, PUBCOMP})
#: Versions by their number in CONNECT; a bridge of mosquitto sets the highest bit.
VERSION_31, VERSION_311, VERSION_5 = 3, 4, 5
VERSIONS: Final = {VERSION_31: "MQTT v3.1", VERSION_311: "MQTT v3.1.1", VERSION_5: "MQTT v5.0"}
BRIDGE: Final = 0x80
QOS: Final = (
    "At most once delivery (Fire and Forget)", "At least once delivery (Acknowledged deliver)",
    "Exactly once delivery (Assured Delivery)", "Reserved",
)  # fmt: skip
RETAIN_HANDLING: Final = (
    "Send msgs at subscription time", "Send msgs if subscription does not exist",
    "Do not send msgs at subscription time", "Reserved",
)  # fmt: skip
#: From this reason code on it is an error.
ERROR: Final = 0x80
#: Return codes of CONNACK before 5.0.
RETURN_CODES: Final = {
    0: "Connection Accepted", 1: "Connection Refused: unacceptable protocol version",
    2: "Connection Refused: identifier rejected", 3: "Connection Refused: server unavailable",
    4: "Connection Refused: bad user name or password", 5: "Connection Refused: not authorized",
}  # fmt: skip
#: The same in a status.
REFUSED: Final = "Connection Refused: "
FAILURE: Final = "Failure"
_REASONS: Final = {
    0x00: "Success", 0x04: "Disconnect with Will Message", 0x10: "No matching subscribers",
    0x11: "No subscription existed", 0x18: "Continue authentication", 0x19: "Re-authenticate",
    0x80: "Unspecified error", 0x81: "Malformed Packet", 0x82: "Protocol Error", 0x83: "Implementation specific error",
    0x84: "Unsupported Protocol Version", 0x85: "Client Identifier not valid", 0x86: "Bad User Name or Password",
    0x87: "Not authorized", 0x88: "Server unavailable", 0x89: "Server busy", 0x8A: "Banned",
    0x8B: "Server shutting down", 0x8C: "Bad authentication method", 0x8D: "Keep Alive timeout",
    0x8E: "Session taken over", 0x8F: "Topic Filter invalid", 0x90: "Topic Name invalid",
    0x91: "Packet Identifier in use", 0x92: "Packet Identifier not found", 0x93: "Receive Maximum exceeded",
    0x94: "Topic Alias invalid", 0x95: "Packet too large", 0x96: "Message rate too high", 0x97: "Quota exceeded",
    0x98: "Administrative action", 0x99: "Payload format invalid", 0x9A: "Retain not supported",
    0x9B: "QoS not supported", 0x9C: "Use another server", 0x9D: "Server moved",
    0x9E: "Shared Subscription not supported", 0x9F: "Connection rate exceeded", 0xA0: "Maximum connect time",
    0xA1: "Subscription Identifiers not supported", 0xA2: "Wildcard Subscription not supported",
}  # fmt: skip
_GRANTED: Final = {0: "Granted QoS 0", 1: "Granted QoS 1", 2: "Granted QoS 2"}


def reason_name(kind: int, code: int) -> str:
    """What reason ``code`` of 5.0 means in a packet of ``kind``; empty where it means nothing."""
    if kind == SUBACK and code in _GRANTED:
        return _GRANTED[code]
    if kind == DISCONNECT and code == 0:
        return "Normal disconnection"
    return _REASONS.get(code, "")


def status_of(kind: int, code: int, version: int) -> str:
    """The status of an answer of ``kind`` with its reason, or return, ``code``: ``OK``, ``135 Not authorized``."""
    if code == 0 or (kind == SUBACK and code in _GRANTED):
        return "OK"
    if version == VERSION_5:
        name = reason_name(kind, code)
    elif kind == SUBACK:
        name = FAILURE if code == ERROR else ""
    else:
        name = RETURN_CODES.get(code, "").removeprefix(REFUSED).capitalize()
    return f"{code} {name}".rstrip()


class Form(Enum):
    """How the value of a property is written."""

    BYTE = 1
    TWO = 2
    FOUR = 4
    VARIABLE = "variable"
    TEXT = "text"
    BINARY = "binary"
    PAIR = "pair"


#: Properties of 5.0 by their number (2.2.2.2).
PROPERTIES: Final = {
    0x01: ("Payload Format Indicator", Form.BYTE), 0x02: ("Publication Expiry Interval", Form.FOUR),
    0x03: ("Content Type", Form.TEXT), 0x08: ("Response Topic", Form.TEXT), 0x09: ("Correlation Data", Form.BINARY),
    0x0B: ("Subscription Identifier", Form.VARIABLE), 0x11: ("Session Expiry Interval", Form.FOUR),
    0x12: ("Assigned Client Identifier", Form.TEXT), 0x13: ("Server Keep Alive", Form.TWO),
    0x15: ("Authentication Method", Form.TEXT), 0x16: ("Authentication Data", Form.BINARY),
    0x17: ("Request Problem Information", Form.BYTE), 0x18: ("Will Delay Interval", Form.FOUR),
    0x19: ("Request Response Information", Form.BYTE), 0x1A: ("Response Information", Form.TEXT),
    0x1C: ("Server Reference", Form.TEXT), 0x1F: ("Reason String", Form.TEXT), 0x21: ("Receive Maximum", Form.TWO),
    0x22: ("Topic Alias Maximum", Form.TWO), 0x23: ("Topic Alias", Form.TWO), 0x24: ("Maximum QoS", Form.BYTE),
    0x25: ("Retain Available", Form.BYTE), 0x26: ("User Property", Form.PAIR), 0x27: ("Maximum Packet Size", Form.FOUR),
    0x28: ("Wildcard Subscription Available", Form.BYTE), 0x29: ("Subscription Identifier Available", Form.BYTE),
    0x2A: ("Shared Subscription Available", Form.BYTE),
}  # fmt: skip
CONTENT_TYPE, SERVER_KEEP_ALIVE, AUTHENTICATION_DATA, REASON_STRING, TOPIC_ALIAS, MAXIMUM_QOS = (
    0x03, 0x13, 0x16, 0x1F, 0x23, 0x24,
)  # fmt: skip
