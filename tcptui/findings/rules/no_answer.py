"""Rules about connection attempts that were not answered, or were refused (rules/findings.md#opening)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.gates import QUOTED, REOPENED, RESET, UNANSWERED
from tcptui.findings.icmp_quote import first_quote
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK

#: How long the capture must continue without an answer after the last SYN (rules/findings.md#syn-timeout).
SYN_SILENCE_NS: Final = 3_000_000_000


def client_syns(connection: ConnectionFacts) -> list[int]:
    """Indexes of the client's first SYN and its retransmissions; copies of one transmission are left out."""
    mine = [i for i in connection.syns if not connection.side[i] and connection.is_pure_syn(i)]
    if len(mine) < 2:
        return mine
    repeats = {resend.index for resend in connection.resends if resend.cause is ResendCause.SYN_RETRY}
    return [i for i in mine if i == mine[0] or i in repeats]


def syn_timeout(connection: ConnectionFacts) -> Finding | None:
    """`syn-timeout`: two or more SYNs, no packet of the server at all, and `SYN_SILENCE_NS` of silence afterwards."""
    syns = client_syns(connection)
    if len(syns) < 2 or len(syns) != connection.packets_by_side[0] or connection.packets_by_side[1]:
        return None
    watched = connection.watched_after(syns[-1])
    if watched < SYN_SILENCE_NS or len(connection.view.quotes) or connection_unreachable(connection) is not None:
        return None
    return connection.finding(
        FindingId.SYN_TIMEOUT,
        syns,
        Severity.ERROR,
        Confidence.CERTAIN,
        ("firewall-drop", "host-down", "accept-queue-full", "syn-lost", "one-sided"),
        count=len(syns),
        first_frame=connection.frame[syns[0]],
        last_frame=connection.frame[syns[-1]],
        tried_s=connection.seconds(syns[0], syns[-1]),
        watched_s=watched / 1e9,
        intervals=connection.intervals(syns),
        server=connection.view.server.host,
        port=connection.view.server.port,
    )


def syn_retransmission(connection: ConnectionFacts) -> Finding | None:
    """`syn-retransmission`: the same SYN again; intervals need not double (Linux >= 6.5 repeats at 1 s).

    Where the capture was made at the server, the unanswered SYN had arrived: the server declined it.
    """
    syns = client_syns(connection)
    if len(syns) < 2:
        return None
    later = (i for i in range(syns[0] + 1, connection.count) if connection.side[i])
    answer = next((i for i in later if not connection.answers_other_syn(i)), -1)
    before = [i for i in syns if answer < 0 or i < answer]
    if len(before) < 2:
        return None  # the answer came before the repeat: the answer was lost, or the repeat was on its way
    answered = answer >= 0 and connection.is_syn_ack(answer)
    if answer >= 0 and not answered:
        return None
    near_server = answered and _syn_delay_at_server(connection, before[-1], answer)
    alternatives = (
        ("server-declined",) if near_server else ("syn-lost", "syn-ack-lost", "firewall-drop", "accept-queue-full")
    )
    evidence = [*before, answer]
    return connection.finding(
        FindingId.SYN_RETRANSMISSION,
        evidence,
        Severity.WARNING,
        Confidence.CERTAIN,
        alternatives,
        shape="answered" if answered else "unanswered",
        count=len(before) - 1,
        first_frame=connection.frame[before[0]],
        last_frame=connection.frame[before[-1]],
        answer_frame=connection.frame[answer] if answered else 0,
        delay_s=connection.seconds(before[0], answer if answered else before[-1]),
        intervals=connection.intervals(before),
        server=connection.view.server.host,
        port=connection.view.server.port,
    )


def _syn_delay_at_server(connection: ConnectionFacts, syn: int, answer: int) -> bool:
    """Whether the capture was made at the server: the SYN-ACK left within a millisecond, the third ACK took longer."""
    handshake = connection.handshake
    if handshake is None:
        return False
    to_server = connection.time[answer] - connection.time[syn]
    to_client = connection.time[handshake.third] - connection.time[handshake.syn_ack]
    return to_server <= 1_000_000 and to_client >= max(4 * to_server, 1_000_000)


def connection_refused(connection: ConnectionFacts) -> Finding | None:
    """`connection-refused`: RST|ACK that acknowledges exactly the SYN, before any SYN-ACK (RFC 9293, 3.5.2)."""
    resets = []
    for i in connection.rsts:
        if connection.side[i] and connection.flags[i] & ACK:
            syn = max((j for j in connection.syns if j < i and not connection.side[j]), default=-1)
            if syn >= 0 and connection.ack[i] in {connection.end[syn], (connection.seq[syn] + 1) & SEQ_MASK}:
                resets.append((syn, i))
    if not resets or any(connection.side[i] for i in connection.syns) or not connection.is_pure_syn(resets[0][0]):
        return None
    first_syn, first = resets[0]
    return connection.finding(
        FindingId.CONNECTION_REFUSED,
        [index for pair in resets for index in pair],
        Severity.ERROR,
        Confidence.CERTAIN,
        ("not-listening", "firewall-reject", "load-balancer"),
        count=len(resets),
        syn_frame=connection.frame[first_syn],
        rst_frame=connection.frame[first],
        answer_s=connection.seconds(first_syn, first),
        ttl=int(connection.view.ttl[first]),
        server=connection.view.server.host,
        port=connection.view.server.port,
    )


def connection_unreachable(connection: ConnectionFacts) -> Finding | None:
    """`connection-unreachable`: an ICMP error quotes the SYN and the server never answered.

    An error *during* a connection is soft (RFC 1122, 4.2.3.9) and makes no finding.
    """
    if not connection.syns or connection.packets_by_side[1]:
        return None
    if any(not connection.is_pure_syn(i) for i in range(connection.count)):
        return None
    quote = first_quote(connection, lambda error: error.unreachable)
    if quote is None:
        return None
    packet, error = quote
    syns = client_syns(connection)
    asked = max((i for i in syns if connection.time[i] <= packet.time_ns), default=syns[0])
    finding = connection.finding(
        FindingId.CONNECTION_UNREACHABLE,
        syns,
        Severity.ERROR,
        Confidence.CERTAIN,
        ("reject-rule", "no-route", "host-gone"),
        shape="itself" if error.sender == connection.view.server.host else "router",
        syn_frame=connection.frame[asked],
        icmp_frame=packet.frame,
        sender_address=error.sender,
        reason=error.reason,
        icmp_type=error.type,
        icmp_code=error.code,
        answer_s=max(0, packet.time_ns - connection.time[asked]) / 1e9,
        server=connection.view.server.host,
        port=connection.view.server.port,
    )
    if packet.row not in connection.view.quotes:
        return finding  # the error quotes too little of the segment to belong to the stream
    packets = tuple(sorted({*finding.packets, packet.frame}))
    return replace(finding, packets=packets)


RULES: Final = (
    (REOPENED, syn_timeout),
    (REOPENED, syn_retransmission),
    (RESET, connection_refused),
    (QUOTED | UNANSWERED, connection_unreachable),
)
