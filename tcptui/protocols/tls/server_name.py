"""The host that a ClientHello asks for (RFC 6066, 3), read straight from the first bytes of a connection."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.tls.detection import begins_hello

#: The record's header, the handshake message's header, version and random value.
_SESSION_ID: Final = 5 + 4 + 2 + 32
_SERVER_NAME: Final = 0
_HOST_NAME: Final = 0


def asked_host(payload: bytes) -> str:
    """The server name in the ClientHello that begins ``payload``; empty where it has none, or it lies behind its end.

    Text from the packet, not yet safe to print.
    """
    if not begins_hello(payload) or payload[5:6] != b"\x01":
        return ""
    at = _SESSION_ID
    for size in (1, 2, 1):  # session id, cipher suites, compression methods
        at += size + int.from_bytes(payload[at : at + size])
    stop = at + 2 + int.from_bytes(payload[at : at + 2])
    at += 2
    while at + 4 <= min(stop, len(payload)):
        kind, size = int.from_bytes(payload[at : at + 2]), int.from_bytes(payload[at + 2 : at + 4])
        at += 4
        if kind == _SERVER_NAME:
            return _name_in(payload[at : at + size])
        at += size
    return ""


def _name_in(extension: bytes) -> str:
    """The first host name of a list of them: its length, then of each type and length."""
    size = int.from_bytes(extension[3:5])
    name = extension[5 : 5 + size]
    is_whole = len(name) == size and extension[2:3] == bytes((_HOST_NAME,))
    return name.decode("ascii", "replace") if is_whole else ""
