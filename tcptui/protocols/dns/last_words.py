"""What a client's message asks of its server, of DNS: see `tcptui.protocols.last_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.dns.detection import begins_dns
from tcptui.protocols.last_words import Asks

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before


def dns_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a question asks; None where ``payload`` does not begin with one."""
    return Asks.ANSWER if begins_dns(payload) else None
