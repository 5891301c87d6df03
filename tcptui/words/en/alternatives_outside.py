"""What else a finding about what is outside TCP could be, in English: causes of late and missing answers."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.dns-nat-race": "Two queries left one socket at once, and a NAT on the way dropped one: conntrack -S, insert_failed. Kubernetes and Docker are known for it; single-request-reopen or a local cache avoids it.",
    "alternatives.dns-datagram-lost": "The query or its answer got lost: UDP is not sent again by the network.",
    "alternatives.dns-server-overloaded": "{server} is overloaded or limits rates: other clients wait, too; see its statistics.",
    "alternatives.dns-server-gone": "{server} is down, or a firewall drops UDP port 53.",
    "alternatives.dns-recursion-slow": "{server} asked other servers, and those were slow or silent.",
    "alternatives.dns-not-listening": "No name server runs on {server}: resolv.conf names the wrong host, or the service is down.",
    "alternatives.dns-upstream-failed": "The servers that {server} asks itself do not answer, or their signatures (DNSSEC) are wrong.",
    "alternatives.dns-refuses": "{server} does not answer for this client or this name (REFUSED): access list, no recursion.",
    "alternatives.dns-name-mistyped": "The name is mistyped, or was removed.",
    "alternatives.dns-other-view": "The name exists at another server: split DNS, a VPN, a search list that is missing.",
    "alternatives.neighbour-elsewhere": "{target} is in another VLAN or behind a router: netmask or route of {asker} are wrong.",
    "alternatives.neighbour-filtered": "A switch or hypervisor drops the question or the answer (port security, ARP inspection, proxy ARP is off).",
    "alternatives.neighbour-answer-unseen": "The answers pass elsewhere: the capture was not made at {asker}.",
    "alternatives.neighbour-busy": "{target} was asleep, or its link came up just then.",
    "alternatives.neighbour-answer-lost": "Questions or answers got lost on the link: radio, broadcast limits.",
    "alternatives.routing-loop": "Routers send the packet round in a circle: traceroute {server} shows the same ones again.",
    "alternatives.icmp-filtered-at-host": "A packet filter on {address}, behind the point of this capture, takes the ICMP message away.",
    "alternatives.mtu-locked": "The route's mtu is locked, or path MTU discovery is switched off.",
    "alternatives.tunnel-on-the-way": "A tunnel, a VPN or PPPoE on the way takes some bytes of every packet.",
}
