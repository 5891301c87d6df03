"""All carriers, each in the table by being imported; and what is known of some."""

from __future__ import annotations

from typing import Final

from tests.campaigns.redaction import in_blocks, in_dns, in_http, in_internet, in_links, in_tcp, in_tls, in_tunnels
from tests.campaigns.redaction.carriers import CARRIERS

__all__ = [
    "CARRIERS", "MENDED", "OFTEN", "RARELY_WRITTEN", "in_blocks", "in_dns", "in_http", "in_internet", "in_links",
    "in_tcp", "in_tls", "in_tunnels",
]  # fmt: skip

#: What leaked once.
MENDED: Final = (
    "checksum: of a payload that was cut off", "checksum: of UDP in a quote",
    "checksum: of the first fragment",
    "checksum: of TCP in a quote cut after eight octets and twenty", "fragment: first and later", "fragment: IPv6",
    "fragment: overlapping", "cut: in options of TCP", "longer: packet says more than was captured",
    "ICMP: unused words", "ICMP: timestamps", "IPv6 header: fragment header, reserved",
    "IPv6 header: routing, segments", "tunnel: GRE key and sum", "tunnel: GRE, PPTP", "tunnel: VXLAN, reserved",
    "SLL2: header", "IPv4 says it is IPv6, and the other way", "TCP payload: urgent pointer without URG",
    "TLS: trailing octets in hello", "TLS: groups, ciphers, GREASE, versions, algorithms",
    "pcapng: packet's flags' upper bits",
)  # fmt: skip
#: What is in most captures of a network, or of a link: a refusal would be met often.
OFTEN: Final = (
    "Ethernet: LLDP", "Ethernet: CDP", "Ethernet: STP", "Ethernet: ARP, addresses", "Ethernet: ARP, cut in an address",
    "Ethernet: PPPoE, PAP", "Ethernet: PPPoE, data", "ICMPv6: router, prefix", "ICMPv6: router, route and servers",
    "ICMPv6: too big, unused", "ICMPv6: redirect", "ICMP: quote", "HTTP: chunk extensions and trailers",
    "HTTP: WebSocket", "DNS and others: mDNS", "DNS and others: DHCP", "pcapng: names",
    "PPP: IP", "PPP PPPD: PPP with direction",
)  # fmt: skip
#: What may be refused.
RARELY_WRITTEN: Final = frozenset(
    (
        "HTTP: values of framing headers",
        "HTTP: hole in the head",
        "HTTP: HTTP/2",
        "HTTP: PROXY protocol",
        "IPv6 header: authentication",
        "IPv6 header: authentication, IPv4",
        "IPv6 header: HIP, shim6",
        "fragment: tiny first",
        "tunnel: GRE routing",
        "tunnel: GRE, ERSPAN",
        "tunnel: IP in IP, deep",
        "tunnel: EtherIP, MPLS in IP",
        "tunnel: VXLAN-GPE",
        "tunnel: GTP-U",
        "tunnel: GTP-U extension",
        "tunnel: L2TP",
        "tunnel: Teredo",
        "tunnel: MPLS in UDP, FOU",
        "tunnel: CAPWAP, LWAPP",
        "tunnel: TZSP, HEP",
        "tunnel: NSH",
        "checksum: of the IPv4 header, wrong",
        "Ethernet: MPLS, then Ethernet",
        "Ethernet: MPLS, then unknown",
        "Ethernet: PBB",
        "Ethernet: MACsec",
        "PPP HDLC: header",
        "FDDI: header",
        "Token Ring: header",
        "802.11: data",
        "radiotap: data",
        "Cisco HDLC: frame",
        "Frame relay: frame",
    )
)
