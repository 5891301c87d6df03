"""What else a finding about what is outside TCP could be, in English: causes of late and missing answers."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.dns-nat-race": "Two queries left one socket at once, and a NAT on the path dropped one: conntrack -S, insert_failed. Known from Kubernetes and Docker; single-request-reopen or a local cache avoids it.",
    "alternatives.dns-datagram-lost": "The query or its response was lost: the network does not retransmit UDP.",
    "alternatives.dns-server-overloaded": "{server} is overloaded or limits rates: then other clients also wait. See its statistics.",
    "alternatives.dns-server-gone": "{server} is down, or a firewall drops UDP port 53.",
    "alternatives.dns-recursion-slow": "{server} queried other servers, and those were slow or silent.",
    "alternatives.dns-not-listening": "No name server runs on {server}: resolv.conf names the wrong host, or the service is down.",
    "alternatives.dns-upstream-failed": "The servers that {server} queries do not respond, or their signatures (DNSSEC) are wrong.",
    "alternatives.dns-refuses": "{server} does not serve this client or this name (REFUSED): access list, no recursion.",
    "alternatives.dns-forged-answer": "A device on the path responds faster than the server: a censor, a captive portal, an attacker.",
    "alternatives.dns-query-doubled": "The path doubled the query after this point, and the server chose other addresses the second time.",
    "alternatives.dns-name-mistyped": "The name is mistyped, or was removed.",
    "alternatives.dns-other-view": "The name exists at another server: split DNS, a VPN, a missing search list.",
    "alternatives.neighbour-elsewhere": "{target} is in another VLAN or reached through a router: {asker}'s netmask or route is wrong.",
    "alternatives.neighbour-filtered": "A switch or hypervisor drops the request or the reply (port security, ARP inspection, proxy ARP is off).",
    "alternatives.neighbour-answer-unseen": "The replies pass elsewhere: the capture was not made at {asker}.",
    "alternatives.neighbour-busy": "{target} was asleep, or its link came up just then.",
    "alternatives.neighbour-answer-lost": "Requests or replies were lost on the link: radio, broadcast limits.",
    "alternatives.routing-loop": "Routers send the packet in a circle: traceroute {server} shows the same ones repeatedly.",
    "alternatives.icmp-filtered-at-host": "A packet filter on {address}, beyond this capture point, drops the ICMP message.",
    "alternatives.mtu-locked": "The route's MTU is locked, or path MTU discovery is switched off.",
    "alternatives.tunnel-on-the-way": "A tunnel, a VPN or PPPoE on the path takes some bytes of every packet.",
}
