"""The rule about ICMP errors that ask for smaller packets (rules/findings.md#packet-too-big; RFC 1191, RFC 8201)."""

from __future__ import annotations

from typing import Final

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import QUOTED, SUSPECT
from tcptui.findings.icmp_quote import IcmpQuote, first_quote
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_view import PacketView

#: So many tries as large as before, behind the error, show that the sender does not go by it.
IGNORED: Final = 3
_ICMP_HEADER: Final = 8
#: Where the error says the MTU, from its own beginning on, by version of IP (RFC 1191, 4; RFC 4443, 3.2).
_MTU: Final = {4: slice(6, 8), 6: slice(4, 8)}


def packet_too_big(connection: ConnectionFacts) -> Finding | None:
    """`packet-too-big`: a router asked for smaller packets, and the sender did so, or went on as before (``ignored``).

    Without one of both nothing is told, and nothing where the segment that the error quotes is not here.
    """
    quote = first_quote(connection, lambda error: error.too_big)
    if quote is None:
        return None
    packet, error = quote
    asked = _asked(connection, packet, error)
    if asked < 0:
        return None
    side, size = connection.side[asked], connection.length[asked]
    later = [
        i
        for i in range(asked + 1, connection.count)
        if connection.side[i] == side and connection.seq[i] == connection.seq[asked] and connection.length[i]
        and connection.time[i] >= packet.time_ns
    ]  # fmt: skip
    smaller = next((i for i in later if connection.length[i] < size), -1)
    confirmed = connection.first_acknowledging(1 - side, connection.end[smaller], smaller) if smaller >= 0 else -1
    as_large = [i for i in later if connection.length[i] >= size]
    ignored = confirmed < 0 and smaller < 0 and len(as_large) >= IGNORED
    if ignored and connection.first_acknowledging(1 - side, connection.end[asked], asked) >= 0:
        return None  # it arrived all the same
    if not ignored and confirmed < 0:
        return None
    last = as_large[-1] if ignored else smaller
    return connection.finding(
        FindingId.PACKET_TOO_BIG,
        [asked, *(as_large if ignored else (smaller, confirmed))],
        Severity.ERROR if ignored else Severity.NOTE,
        Confidence.CERTAIN,
        ("icmp-filtered-at-host", "mtu-locked") if ignored else ("tunnel-on-the-way",),
        shape="ignored" if ignored else "",
        sender=SIDES[side],
        sender_address=error.sender,
        address=(connection.view.server if side else connection.view.client).host,
        mtu=_mtu(packet, error),
        large_bytes=size,
        small_bytes=connection.length[smaller] if smaller >= 0 else 0,
        count=len(as_large),
        original_frame=connection.frame[asked],
        icmp_frame=packet.frame,
        last_frame=connection.frame[last],
        lasted_s=connection.seconds(asked, last),
    )


def _asked(connection: ConnectionFacts, packet: PacketView, error: IcmpQuote) -> int:
    """Index of the last segment with data before the error that begins as the quoted one; -1 without one."""
    return next(
        (
            i
            for i in range(connection.count - 1, -1, -1)
            if connection.length[i]
            and connection.view.raw_seq.item(i) == error.raw_seq
            and connection.time[i] <= packet.time_ns
        ),
        -1,
    )


def _mtu(packet: PacketView, error: IcmpQuote) -> int:
    """The size that the error names, 0 where it names none (RFC 792)."""
    begin = packet.network_offset - _ICMP_HEADER
    return int.from_bytes(packet.data[begin:][_MTU[error.version]])


#: Many routers quote too little of a segment to belong to the stream; but what was too big is sent again.
RULES: Final = ((QUOTED | SUSPECT, packet_too_big),)
