"""The first of Wireshark's default colouring rules that matches a frame.

The tree names the rule as Wireshark does; nothing is coloured by it.  Only those default
rules (``colorfilters``) are here whose fields this package dissects; the others are about
protocols that only scapy shows, and never match.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

#: Verdicts among ``tcp.analysis.flags`` that the rule *Bad TCP* excludes.
_HARMLESS: Final = Verdict.WINDOW_UPDATE | Verdict.KEEP_ALIVE | Verdict.KEEP_ALIVE_ACK
#: `Verdict` bits that Wireshark does not count among ``tcp.analysis.flags``.
_NO_FLAGS: Final = Verdict.TFO_SYN | Verdict.TFO_ACK | Verdict.TFO_IGNORED
_LOW_TTL: Final = 5
_ICMP_ERRORS: Final = frozenset({3, 4, 5, 11})
_ICMPV6_ERRORS: Final = frozenset({1, 2, 3, 4})


@dataclass(slots=True)
class ColoringFacts:
    """The values that the rules test; the layers' readers fill them in."""

    protocols: set[str] = field(default_factory=set)
    verdict: int = 0
    tcp_flags: int = 0
    ports: set[int] = field(default_factory=set)
    icmp_types: set[int] = field(default_factory=set)
    icmpv6_types: set[int] = field(default_factory=set)
    low_ttl: bool = False
    group_address: bool = False


class Rule(NamedTuple):
    """A line of Wireshark's ``colorfilters``."""

    name: str
    expression: str
    applies: Callable[[ColoringFacts], bool]


def ttl_is_low(ttl: int, destination: bytes, protocol: int) -> bool:
    """Whether one IPv4 header meets the rule *TTL low or unexpected*."""
    is_multicast = destination[0] >> 4 == 0xE
    is_local_control = destination[:3] == b"\xe0\x00\x00" and destination[3] != 251
    is_routing = protocol in (103, 89)  # PIM, OSPF
    return (not is_multicast and ttl < _LOW_TTL and not is_routing) or (
        is_local_control and ttl != 1 and protocol != 112  # VRRP, CARP
    )


RULES: Final = (
    Rule(
        "Bad TCP",
        "tcp.analysis.flags && !tcp.analysis.window_update && !tcp.analysis.keep_alive && !tcp.analysis.keep_alive_ack",
        lambda facts: bool(facts.verdict & ~_NO_FLAGS) and not facts.verdict & _HARMLESS,
    ),
    Rule(
        "ICMP errors",
        "icmp.type in { 3..5, 11 } || icmpv6.type in { 1..4 }",
        lambda facts: bool(facts.icmp_types & _ICMP_ERRORS or facts.icmpv6_types & _ICMPV6_ERRORS),
    ),
    Rule("ARP", "arp", lambda facts: "arp" in facts.protocols),
    Rule("ICMP", "icmp || icmpv6", lambda facts: bool(facts.protocols & {"icmp", "icmpv6"})),
    Rule("TCP RST", "tcp.flags.reset eq 1", lambda facts: bool(facts.tcp_flags & TcpFlag.RST)),
    Rule(
        "TTL low or unexpected",
        "(ip.dst != 224.0.0.0/4 && ip.ttl < 5 && !pim && !ospf) || (ip.dst == 224.0.0.0/24 && "
        "ip.dst != 224.0.0.251 && ip.ttl != 1 && !(vrrp || carp))",
        lambda facts: facts.low_ttl,
    ),
    Rule(
        "HTTP",
        "http || tcp.port == 80 || http2",
        lambda facts: "http" in facts.protocols or 80 in facts.ports,
    ),
    Rule(
        "TCP SYN/FIN",
        "tcp.flags & 0x02 || tcp.flags.fin == 1",
        lambda facts: bool(facts.tcp_flags & (TcpFlag.SYN | TcpFlag.FIN)),
    ),
    Rule("TCP", "tcp", lambda facts: "tcp" in facts.protocols),
    Rule("UDP", "udp", lambda facts: "udp" in facts.protocols),
    Rule("Broadcast", "eth[0] & 1", lambda facts: facts.group_address),
)


def coloring_rule(facts: ColoringFacts) -> Rule | None:
    """The first rule that matches; None without one."""
    return next((rule for rule in RULES if rule.applies(facts)), None)
