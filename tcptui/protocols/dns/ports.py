"""The ports of servers of DNS over TCP."""

from __future__ import annotations

from typing import Final

from tcptui.model.other_protocol import DNS_PORT

#: domain, mdns (IANA).
PORTS: Final = frozenset({DNS_PORT, 5353})
