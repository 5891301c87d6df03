"""Which protocol a packet of the corpus speaks that is no TCP segment: as tshark says, where that is the same question.

What is not compared, because the question is another one: IP fragments (tshark puts them together and shows the
protocol at the last one), UDP by a port that names no protocol, and protocols named by a port alone (tshark leaves them
to heuristics, or calls the bytes data where they break the protocol's rules).
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest
from some_parameters import Share, shares

from tcptui.model.errors import InputError
from tcptui.model.other_protocol import protocol_name
from tcptui.session.other_tables import other_packets
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tshark

#: Our name -> tshark's in frame.protocols.
COMPARED: Final = {
    "ARP": "arp", "ICMP": "icmp", "ICMPv6": "icmpv6", "IGMP": "igmp", "DNS": "dns", "MDNS": "mdns", "LLMNR": "llmnr",
    "DHCP": "dhcp", "DHCPv6": "dhcpv6", "NTP": "ntp", "SSDP": "ssdp", "LLDP": "lldp", "STP": "stp", "CDP": "cdp",
    "SCTP": "sctp", "OSPF": "ospf", "ESP": "esp", "EAPOL": "eapol", "NBNS": "nbns", "EIGRP": "eigrp",
}  # fmt: skip


@pytest.mark.some(1)
@shares(3)
def test_protocols_are_those_of_tshark(corpus: Path, share: Share) -> None:
    compared, unlike = 0, []
    for path in share.of(sorted((corpus / "dev").iterdir())):
        try:
            session = open_file(path)
        except InputError:
            continue
        other_packets(session).grow()
        if other_packets(session).packets:
            theirs = tshark(path)
            for each in other_packets(session).protocols():
                name = protocol_name(each.protocol)
                if name not in COMPARED:
                    continue
                for row in other_packets(session).rows_of_protocol(each.protocol).tolist():
                    frame = int(session.store.frame[row])
                    compared += 1
                    if COMPARED[name] not in theirs[frame]:
                        unlike.append((path.name, frame, name, ":".join(theirs[frame])))
        session.close()

    assert unlike == []
    assert compared > 150


def tshark(path: Path) -> dict[int, list[str]]:
    """The protocols of each frame, from the outermost."""
    fields = ["-T", "fields", "-e", "frame.number", "-e", "frame.protocols"]
    done = subprocess.run(["tshark", "-n", "-r", str(path), *fields], capture_output=True, text=True, check=False)
    rows = (line.split("\t") for line in done.stdout.splitlines())
    return {int(number): protocols.split(":") for number, protocols in rows}
