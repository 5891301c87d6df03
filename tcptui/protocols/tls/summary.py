"""What the payload of one packet says of TLS, in one line of Wireshark's words."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.tls.codes import ContentType, Handshake, name_of
from tcptui.protocols.tls.detection import begins_tls
from tcptui.protocols.tls.handshake import HEADER as MESSAGE_HEADER
from tcptui.protocols.tls.handshake import Message, begins_message, is_second_hello
from tcptui.protocols.tls.message import read_message, title_of
from tcptui.protocols.tls.records import HEADER, is_header

#: Most records, and most messages of one, that are named.
_NAMED: Final = 8
_ENCRYPTED: Final = "Encrypted Handshake Message"


def tls_summary(payload: bytes) -> str:
    """The records and messages that begin in ``payload``; empty where it does not begin with a record.

    Text from the packet, not yet safe to print.
    """
    if not begins_tls(payload) and not (is_header(payload) and is_header(payload[_length(payload) :])):
        return ""
    found: list[str] = []
    at, encrypted = 0, False
    while is_header(payload[at : at + HEADER]) and len(found) < _NAMED:
        stop = at + _length(payload[at:])
        kind, fragment = payload[at], payload[at + HEADER : stop]
        encrypted |= kind == ContentType.CHANGE_CIPHER_SPEC
        if kind == ContentType.HANDSHAKE:
            found += [_ENCRYPTED] if encrypted and not is_second_hello(fragment) else _messages(fragment)
        elif kind == ContentType.ALERT:
            found.append(_alert(fragment, stop - at - HEADER))
        else:
            found.append(name_of("tls.record.content_type", kind))
        at = stop
    return f"TLS: {', '.join(found)}"


def _length(payload: bytes) -> int:
    """Bytes of the record that begins ``payload``."""
    return HEADER + (payload[3] << 8 | payload[4])


def _messages(fragment: bytes) -> list[str]:
    found: list[str] = []
    while fragment and len(found) < _NAMED:
        if not begins_message(fragment) or len(fragment) < MESSAGE_HEADER:
            return found or [_ENCRYPTED]
        size = MESSAGE_HEADER + int.from_bytes(fragment[1:MESSAGE_HEADER], "big")
        data = fragment[:size]
        message = Message(data[0], data, size, ((0, len(data)),), 0)
        names = []
        if message.kind == Handshake.CLIENT_HELLO:
            names = read_message(message).texts("handshake.extensions_server_name")[:1]
        found.append(title_of(message) + "".join(f" (SNI={name})" for name in names))
        fragment = fragment[size:]
    return found


def _alert(fragment: bytes, length: int) -> str:
    if length != 2 or len(fragment) != 2:
        return "Encrypted Alert"
    level, about = name_of("tls.alert_message.level", fragment[0]), name_of("tls.alert_message.desc", fragment[1])
    return f"Alert (Level: {level}, Description: {about})"
