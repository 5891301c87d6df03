"""An endpoint: an address and a port."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a connection; ``address`` is 4 or 16 bytes in network order."""

    address: bytes
    port: int

    @property
    def host(self) -> str:
        """The address as text: dotted quad, or RFC 5952 for IPv6."""
        return str(ipaddress.ip_address(self.address))

    def __str__(self) -> str:
        return endpoint_text(self.host, self.port)


def endpoint_text(host: str, port: int) -> str:
    """An endpoint as text: ``192.0.2.1:80``, ``[2001:db8::1]:80``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
