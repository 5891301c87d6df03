"""Whether a payload begins a question of DNS; what reads it is imported where it may."""

from __future__ import annotations

from typing import Final

#: Bytes of the shortest question, its length before it: a header, the root, type and class.
_LEAST: Final = 2 + 12 + 5
#: The first byte of how many questions it has: no message has as many as would need it.
_MANY: Final = 6


def begins_dns(payload: bytes) -> bool:
    """Whether a payload begins with a whole question, with its length before it."""
    if len(payload) < _LEAST or payload[_MANY]:
        return False
    from tcptui.protocols.dns.detection import begins_dns as begins

    return begins(payload)
