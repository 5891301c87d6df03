"""Names of servers by what the capture says: what clients asked for, else DNS, else certificates; no look-ups."""

from __future__ import annotations

import ipaddress
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.session.other_tables import asked_hosts, dns_names, served_certificates

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32

#: Connections of one server that are asked for a name, the first ones.
_ASKED: Final = 200
_DNS: Final = "DNS"
CERTIFICATE: Final = "certificate"
"""`HostName.source` of a name that only the server's certificate has."""


@dataclass(frozen=True, slots=True)
class HostName:
    """The name of a server, and where it is from."""

    name: str
    """Safe text in lower case."""
    source: str
    """``SNI``, ``Host``, ``:authority``, ``DNS``, or `CERTIFICATE`."""
    frame: int
    """A packet that says so."""
    others: int = 0
    """How many other names its clients asked for."""


def server_name(capture: OpenCapture, host: str, members: I32) -> HostName | None:
    """The name of the address ``host`` by those of the connections ``members`` that it is the server of.

    It is what most of them asked for, as far as that has been read (`AskedHosts.grow`), else what the last DNS answer
    to a question of the capture called the address, else the only host of its certificate; None: none of these.
    """
    streams, asked = capture.streams, asked_hosts(capture)
    known = [
        found
        for stream in members[:_ASKED].tolist()
        if (found := asked.of(stream)) is not None and streams.server(stream).host == host
    ]
    if known:
        counted = Counter(found.name for found in known)
        name = counted.most_common(1)[0][0]
        first = next(found for found in known if found.name == name)
        return HostName(name, first.source, first.frame, len(counted) - 1)
    answered = dns_names(capture).name_of(ipaddress.ip_address(host).packed, sys.maxsize)
    if answered is not None and answered.may_stand_for_address:
        return HostName(safe_text(answered.name.lower()), _DNS, answered.frame)
    served = served_certificates(capture)
    for stream in members[:_ASKED].tolist():
        shown = served.of(stream)
        if shown is not None and shown.only and streams.server(stream).host == host:
            return HostName(shown.only, CERTIFICATE, shown.frame)
    return None
