"""Where another capture of a connection would decide what caused a finding, and how it is made there.

Which findings ask for one is a column of the catalog (`FindingSpec.look_at`) and, for the alternatives that several
findings share, `ALTERNATIVES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tcptui.findings.catalog import spec_of
from tcptui.findings.spec import Where
from tcptui.model.finding import FindingId, Severity
from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tcptui.model.endpoint import Endpoint
    from tcptui.model.finding import AnyId, Finding

#: Bytes kept of each packet: link, IPv6 and TCP headers with all options, also inside a tunnel.
_HEADERS: Final = 192
#: The same where the data decides: a whole packet of Ethernet.
_CONTENT: Final = 1_600
#: Packets that are captured at most: with `_HEADERS` or `_CONTENT` of each a file of at most 160 MB.
_MOST_PACKETS: Final = {_HEADERS: 500_000, _CONTENT: 100_000}
#: How long is captured, in seconds: twice what the connection took, in whole minutes within these bounds.
_LEAST_S: Final = 60
_MOST_S: Final = 3_600
_DNS_PORT: Final = 53

#: Where the alternatives that ask for another capture have it made, by key.
ALTERNATIVES: Final[Mapping[str, Where]] = {
    "query-answer-lost": Where.SERVER,
    "idle-middlebox": Where.SERVER,
    "third-ack-lost": Where.SERVER,
    "third-ack-lost-before": Where.CLIENT,
    "syn-ack-lost": Where.SERVER,
    "one-sided": Where.ENDS,
    "broken-receiver": Where.RECEIVER,
    "clients-unseen": Where.BEYOND,
    "tls-answer-lost": Where.SERVER,
    "tls-filter": Where.SERVER,
    "http2-arrived-late": Where.RECEIVER,
    "rst-injected": Where.ENDS,
    "piecemeal": Where.BEYOND,
    "middlebox": Where.BEYOND,
    "proxy-buffers": Where.BEYOND,
    "proxy-added-field": Where.BEYOND,
    "newline-added-on-the-way": Where.BEYOND,
    "intermediary-collects-body": Where.BEYOND,
}


class Place(StrEnum):
    """A place for another capture; the values are contracts."""

    CLIENT = "client"
    SERVER = "server"
    BETWEEN = "between"


_ENDS: Final = (Place.CLIENT, Place.SERVER)
_PLACES: Final[Mapping[Where, tuple[Place, ...]]] = {
    Where.NOWHERE: (),
    Where.BEYOND: (),
    Where.CLIENT: (Place.CLIENT,),
    Where.SERVER: (Place.SERVER,),
    Where.ENDS: _ENDS,
    Where.BETWEEN: (Place.BETWEEN,),
}
_NAMED: Final = {Where.SENDER: "sender", Where.OTHER: "other", Where.RECEIVER: "receiver"}


@dataclass(frozen=True, slots=True)
class CaptureThere:
    """Another capture of one connection: where it decides which findings, and the commands that make it."""

    places: tuple[Place, ...]
    findings: tuple[AnyId, ...]
    hosts: tuple[str, str]
    """Addresses of the client and of the server."""
    port: int
    """Of the server: that of the client is another one when it happens again."""
    seconds: int
    snaplen: int

    @property
    def packets(self) -> int:
        """After so many packets it ends."""
        return _MOST_PACKETS[self.snaplen]

    @property
    def filter(self) -> str:
        """What is captured, for libpcap."""
        client, server = self.hosts
        return f"host {client} and host {server} and port {self.port}"

    @property
    def tcpdump(self) -> str:
        """The command for a shell where tcpdump is."""
        return (
            f"sudo timeout {self.seconds} tcpdump -n -i any -s {self.snaplen} -c {self.packets} -w there.pcap"
            f" '{self.filter}'"
        )

    @property
    def tcptui(self) -> str:
        """The command for a shell where this program is."""
        return (
            f"sudo timeout {self.seconds} tcptui -i any -s {self.snaplen} -c {self.packets} --no-screen -w there.pcap"
            f" '{self.filter}'"
        )

    @property
    def merge(self) -> str:
        """What is run afterwards, where both files are."""
        return "tcptui merge this.pcap there.pcap"


def places_of(finding: Finding, server: str = "") -> tuple[Place, ...]:
    """Where another capture would decide about ``finding``; empty where none would.

    What else a note could be is no reason for another capture.  ``server``: the server's address, for findings that
    name an end by its address.
    """
    shapes = dict(spec_of(finding.id).look_at)
    wanted = [shapes.get(str(finding.facts.get("shape", "")), shapes.get("", Where.NOWHERE))]
    if finding.severity > Severity.NOTE:
        wanted += [ALTERNATIVES[key] for key in finding.alternatives if key in ALTERNATIVES]
    found = {place for where in wanted for place in _places(where, finding, server)}
    return tuple(place for place in Place if place in found)


def capture_outside(finding: Finding) -> CaptureThere | None:
    """The capture that would decide about ``finding``, which is of no connection; None where none would."""
    client, server, places = finding.facts.get("client"), finding.facts.get("server"), places_of(finding)
    if finding.id is not FindingId.DNS_LOOKUP or not places or client == server:
        return None
    return CaptureThere(places, (finding.id,), (str(client), str(server)), _DNS_PORT, _LEAST_S, _CONTENT)


def is_decided_elsewhere(finding: Finding) -> bool:
    """Whether another capture of the same connection would decide about ``finding``."""
    return bool(places_of(finding))


def _places(where: Where, finding: Finding, server: str) -> tuple[Place, ...]:
    if where is Where.ADDRESS:
        address = finding.facts.get("address")
        return (Place.SERVER,) if address == server else (Place.CLIENT,)
    if where in _NAMED:
        side = finding.facts.get(_NAMED[where])
        return (Place(side),) if side in _ENDS else _ENDS
    return _PLACES[where]


def capture_there(
    findings: Iterable[Finding], client: Endpoint, server: Endpoint, duration_ns: int
) -> CaptureThere | None:  # fmt: skip
    """The capture that would decide about ``findings`` of a connection; None where none would.

    ``duration_ns``: how long the connection took.
    """
    if client.address == server.address:  # nothing of it leaves the host
        return None
    asking = [(finding, places) for finding in findings if (places := places_of(finding, server.host))]
    if not asking:
        return None
    found = {place for _finding, places in asking for place in places}
    names = tuple(dict.fromkeys(finding.id for finding, _places in asking))
    minutes = -(-2 * duration_ns // (60 * NS_PER_S))
    return CaptureThere(
        tuple(place for place in Place if place in found), names, (client.host, server.host), server.port,
        min(max(minutes * 60, _LEAST_S), _MOST_S),
        _CONTENT if any(spec_of(name).needs_content for name in names) else _HEADERS,
    )  # fmt: skip
