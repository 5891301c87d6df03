"""The host that the first request of a connection asks for: the field ``Host`` (RFC 9110, 7.2)."""

from __future__ import annotations

from tcptui.protocols.http.head import parse_head


def asked_host(payload: bytes) -> str:
    """The host in the request that begins ``payload``; empty where it begins none, or names none.

    Text from the packet, not yet safe to print.
    """
    head = parse_head(payload)
    return "" if head is None or head.is_response else head.value("host")
