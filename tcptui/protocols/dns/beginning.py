"""Whether a payload begins with a question of DNS, asked of many that do not: its reader is imported late."""

from __future__ import annotations

from typing import Final

#: Bytes of the shortest question, with its length before it: a header, the root, type and class.
_LEAST: Final = 2 + 12 + 5
_RESPONSE: Final = 0x80
#: QUERY, NOTIFY, UPDATE (RFC 1035, RFC 1996, RFC 2136).
_OPERATIONS: Final = frozenset({0, 4, 5})


def begins_dns(payload: bytes) -> bool:
    """Whether a payload begins with a whole question, with its length before it."""
    if len(payload) < _LEAST or payload[4] & _RESPONSE or payload[4] >> 3 not in _OPERATIONS:
        return False
    from tcptui.protocols.dns.detection import begins_dns as begins  # imported late: see above

    return begins(payload)
