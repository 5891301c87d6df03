"""The ports of servers of DNS over TCP."""

from __future__ import annotations

from typing import Final

#: domain, mdns (IANA).
PORTS: Final = frozenset({53, 5353})
