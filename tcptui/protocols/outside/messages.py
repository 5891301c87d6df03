"""What one packet outside TCP says: a message of DNS, a look-up of a neighbour, an error of ICMP."""

from __future__ import annotations

from typing import Final, NamedTuple

#: Codes of answers (RFC 1035, 4.1.1).
NO_ERROR: Final = 0
NAME_UNKNOWN: Final = 3


class DnsMessage(NamedTuple):
    """A message of DNS over UDP port 53 (RFC 1035)."""

    row: int
    frame: int
    time_ns: int
    client: str
    """The address that asks, also in an answer."""
    server: str
    port: int
    """The client's."""
    number: int
    """The id, by which the client knows the answer."""
    is_response: bool
    code: int
    """Response code; 0 in a question."""
    kind: int
    """Type of the record that is asked for."""
    name: str
    """In lower case; safe text.  Empty in an answer that did not fit, to what was cut or is no query."""
    addresses: frozenset[str]
    """Those that the answer gives."""
    spelled: str
    """`name` as it was sent; safe text."""
    operation: str
    """As `Exchange.operation` has it; not yet safe to print."""
    did_not_fit: bool
    """True of an answer that says so (TC): the client asks again over TCP (RFC 7766, 5)."""
    is_ordinary: bool
    """True of one question to, or its answer from, port 53."""


class NeighbourMessage(NamedTuple):
    """A look-up of the hardware address of a neighbour, or its answer: ARP (RFC 826), IPv6 (RFC 4861, 4.3 and 4.4)."""

    row: int
    frame: int
    time_ns: int
    asker: str
    """Who asks; of an answer who gets it, empty where it goes to all."""
    target: str
    """Whose hardware address is asked for."""
    is_response: bool
    is_ipv6: bool


class IcmpError(NamedTuple):
    """An ICMP error and the packet that it quotes (RFC 792, RFC 4443)."""

    row: int
    frame: int
    time_ns: int
    sender: str
    receiver: str
    reason: str
    """``prohibited``, ``port``, ``host``, ``network``, ``expired``; others are not read."""
    protocol: int
    """Code of what is quoted (`model.other_protocol`)."""
    source: str
    target: str
    """Who sent what is quoted, and to whom."""
    source_port: int
    target_port: int
    """0 where the protocol has none."""


OutsideMessage = DnsMessage | NeighbourMessage | IcmpError
