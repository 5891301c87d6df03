"""Rules about how a connection began, or why it did not (findings.md, section 4)."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from tcptui.analysis.position import Position
from tcptui.analysis.stream_table import StreamMark
from tcptui.explain.icmp_quote import IcmpQuote, read_quote
from tcptui.explain.reading import Reading
from tcptui.explain.signs import ACK, OPENED, QUOTED, REOPENED, RESET, REUSED, RST, SYN
from tcptui.model.cause import Cause
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import SEQ_MASK

#: One whole retry interval must have passed in silence (findings.md, `syn-timeout`).
SYN_SILENCE_NS: Final = 3_000_000_000
#: RFC 1122, 4.2.3.1 and Linux: the first repeat of a SYN or SYN-ACK comes after about a second.
SYN_TIMER_NS: Final = 800_000_000


def three_way_handshake(reading: Reading) -> Finding | None:
    """`three-way-handshake`: SYN, SYN-ACK, and any client packet that acknowledges it (RFC 9293, 3.5).

    The server's half is proved at the server, or by anything the server sends afterwards.
    """
    handshake = reading.handshake
    if handshake is None:
        return None
    later = (i for i in range(handshake.third + 1, reading.count) if reading.side[i])
    proof = next((i for i in later if not reading.flags[i] & (SYN | RST)), -1)
    sure = proof >= 0 or reading.position is Position.SERVER
    first_syn = reading.syns[0]
    facts = {
        "syn_frame": reading.frame[handshake.syn],
        "syn_ack_frame": reading.frame[handshake.syn_ack],
        "third_frame": reading.frame[handshake.third],
        "rtt_s": reading.seconds(handshake.syn, handshake.third),
        "total_s": reading.seconds(first_syn, handshake.third),
        "server_s": reading.seconds(handshake.syn, handshake.syn_ack),
        "client_s": reading.seconds(handshake.syn_ack, handshake.third),
        "position": reading.position.value,
        "proof_frame": reading.frame[proof] if proof >= 0 else 0,
    }
    shape = "assumed" if not sure else "proved" if proof >= 0 else "at-server"
    return reading.finding(
        FindingId.THREE_WAY_HANDSHAKE,
        (handshake.syn, handshake.syn_ack, handshake.third),
        Severity.NOTE,
        Confidence.CERTAIN if sure else Confidence.LIKELY,
        () if sure else ("third-ack-lost", "syn-cookies"),
        shape=shape,
        **facts,
    )


def simultaneous_open(reading: Reading) -> Finding | None:
    """`simultaneous-open`: two SYNs crossed, each answered by a SYN-ACK of the same number (RFC 9293, 3.5)."""
    syns, answers = [-1, -1], [-1, -1]
    for i in reading.syns:
        side = reading.side[i]
        if reading.is_pure_syn(i):
            if answers != [-1, -1]:
                return None
            syns[side] = i if syns[side] < 0 else syns[side]
        elif syns[side] >= 0 and reading.seq[i] == reading.seq[syns[side]] and answers[side] < 0:
            answers[side] = i
    if min(*syns, *answers) < 0:
        return None
    if any(not reading.acknowledges(answers[side], (reading.seq[syns[1 - side]] + 1) & SEQ_MASK) for side in (0, 1)):
        return None
    return reading.finding(
        FindingId.SIMULTANEOUS_OPEN,
        (*syns, *answers),
        Severity.NOTE,
        Confidence.CERTAIN,
        client_syn_frame=reading.frame[syns[0]],
        server_syn_frame=reading.frame[syns[1]],
        client_answer_frame=reading.frame[answers[0]],
        server_answer_frame=reading.frame[answers[1]],
        apart_s=abs(reading.seconds(syns[0], syns[1])),
    )


def _client_syns(reading: Reading) -> list[int]:
    """The client's first SYN and its repeats by timer, copies of one transmission apart."""
    mine = [i for i in reading.syns if not reading.side[i] and reading.is_pure_syn(i)]
    if len(mine) < 2:
        return mine
    repeats = {resend.index for resend in reading.resends if resend.cause is Cause.SYN_RETRY}
    return [i for i in mine if i == mine[0] or i in repeats]


def syn_timeout(reading: Reading) -> Finding | None:
    """`syn-timeout`: two or more SYNs, no packet of the server at all, and a whole retry interval of silence."""
    syns = _client_syns(reading)
    if len(syns) < 2 or len(syns) != reading.packets_by_side[0] or reading.packets_by_side[1]:
        return None
    watched = reading.watched_after(syns[-1])
    if watched < SYN_SILENCE_NS or len(reading.view.quotes):
        return None
    return reading.finding(
        FindingId.SYN_TIMEOUT,
        syns,
        Severity.ERROR,
        Confidence.CERTAIN,
        ("firewall-drop", "host-down", "accept-queue-full", "syn-lost", "one-sided"),
        count=len(syns),
        first_frame=reading.frame[syns[0]],
        last_frame=reading.frame[syns[-1]],
        tried_s=reading.seconds(syns[0], syns[-1]),
        watched_s=watched / 1e9,
        intervals=_intervals(reading, syns),
        server=reading.view.server.host,
        port=reading.view.server.port,
    )


def syn_retransmission(reading: Reading) -> Finding | None:
    """`syn-retransmission`: the same SYN again; doubling is not required (Linux >= 6.5 repeats at 1 s).

    `syn_timeout` swallows it.
    At the server's own interface a SYN that was seen and not answered was declined there.
    """
    syns = _client_syns(reading)
    if len(syns) < 2 or syn_timeout(reading) is not None:
        return None
    answer = next((i for i in range(syns[0] + 1, reading.count) if reading.side[i]), -1)
    before = [i for i in syns if answer < 0 or i < answer]
    if len(before) < 2:
        return None  # the answer came before the repeat: the answer was lost, or the repeat was on its way
    answered = answer >= 0 and reading.is_syn_ack(answer)
    if answer >= 0 and not answered:
        return None
    near_server = answered and _syn_delay_at_server(reading, before[-1], answer)
    alternatives = (
        ("server-declined",) if near_server else ("syn-lost", "syn-ack-lost", "firewall-drop", "accept-queue-full")
    )
    evidence = [*before, answer]
    return reading.finding(
        FindingId.SYN_RETRANSMISSION,
        evidence,
        Severity.WARNING,
        Confidence.CERTAIN,
        alternatives,
        shape="answered" if answered else "unanswered",
        count=len(before) - 1,
        first_frame=reading.frame[before[0]],
        last_frame=reading.frame[before[-1]],
        answer_frame=reading.frame[answer] if answered else 0,
        delay_s=reading.seconds(before[0], answer if answered else before[-1]),
        intervals=_intervals(reading, before),
        server=reading.view.server.host,
        port=reading.view.server.port,
    )


def _syn_delay_at_server(reading: Reading, syn: int, answer: int) -> bool:
    """Whether the SYN-ACK left within a millisecond while the third ACK took longer: capture at the server."""
    handshake = reading.handshake
    if handshake is None:
        return False
    to_server = reading.time[answer] - reading.time[syn]
    to_client = reading.time[handshake.third] - reading.time[handshake.syn_ack]
    return to_server <= 1_000_000 and to_client >= max(4 * to_server, 1_000_000)


def _intervals(reading: Reading, indexes: list[int]) -> str:
    """The gaps between segments, in seconds with one digit: ``1.0, 2.0, 4.0``; at most six."""
    gaps = [f"{reading.seconds(a, b):.1f}" for a, b in pairwise(indexes)]
    return ", ".join(gaps[:6]) + (" …" if len(gaps) > 6 else "")


def connection_refused(reading: Reading) -> Finding | None:
    """`connection-refused`: RST|ACK that acknowledges exactly the SYN, before any SYN-ACK (RFC 9293, 3.5.2)."""
    resets = []
    for i in reading.rsts:
        if reading.side[i] and reading.flags[i] & ACK:
            syn = max((j for j in reading.syns if j < i and not reading.side[j]), default=-1)
            if syn >= 0 and reading.ack[i] in {reading.end[syn], (reading.seq[syn] + 1) & SEQ_MASK}:
                resets.append((syn, i))
    if not resets or any(reading.side[i] for i in reading.syns) or not reading.is_pure_syn(resets[0][0]):
        return None
    first_syn, first = resets[0]
    return reading.finding(
        FindingId.CONNECTION_REFUSED,
        [index for pair in resets for index in pair],
        Severity.ERROR,
        Confidence.CERTAIN,
        ("not-listening", "firewall-reject", "load-balancer"),
        count=len(resets),
        syn_frame=reading.frame[first_syn],
        rst_frame=reading.frame[first],
        answer_s=reading.seconds(first_syn, first),
        ttl=int(reading.view.ttl[first]),
        server=reading.view.server.host,
        port=reading.view.server.port,
    )


def connection_unreachable(reading: Reading) -> Finding | None:
    """`connection-unreachable`: an ICMP error quotes the SYN and the server never answered.

    An error *during* a connection is soft (RFC 1122, 4.2.3.9) and makes no finding.
    """
    quotes = reading.view.quotes
    if not len(quotes) or not reading.syns or reading.packets_by_side[1]:
        return None
    if any(not reading.is_pure_syn(i) for i in range(reading.count)):
        return None
    quote = _first_unreachable(reading)
    if quote is None:
        return None
    frame, elapsed_ns, error = quote
    syns = _client_syns(reading)
    finding = reading.finding(
        FindingId.CONNECTION_UNREACHABLE,
        syns,
        Severity.ERROR,
        Confidence.CERTAIN,
        ("reject-rule", "no-route", "host-gone"),
        shape="itself" if error.sender == reading.view.server.host else "router",
        syn_frame=reading.frame[syns[0]],
        icmp_frame=frame,
        sender_address=error.sender,
        reason=error.reason,
        icmp_type=error.type,
        icmp_code=error.code,
        answer_s=elapsed_ns / 1e9,
        server=reading.view.server.host,
        port=reading.view.server.port,
    )
    packets = tuple(sorted({*finding.packets, frame}))
    return Finding(
        finding.id, finding.stream, packets, finding.severity, finding.confidence, finding.facts, finding.alternatives
    )


def _first_unreachable(reading: Reading) -> tuple[int, int, IcmpQuote] | None:
    """Frame, time since the first SYN, and content of the first *destination unreachable*."""
    if reading.context.read_packet is None:
        return None
    for row in reading.view.quotes[:8].tolist():
        packet = reading.context.read_packet(row)
        error = read_quote(packet)
        if error is not None and error.unreachable:
            return packet.frame, packet.time_ns - reading.time[0], error
    return None


def syn_ack_retransmission(reading: Reading) -> Finding | None:
    """`syn-ack-retransmission`: the SYN-ACK again, by its timer or in answer to a repeated SYN.

    `third-ack-lost` and `accept-queue-full` look alike here and are named as alternatives.
    """
    repeats = [
        resend.index
        for resend in reading.resends
        if resend.cause is Cause.SYN_RETRY and reading.is_syn_ack(resend.index) and reading.side[resend.index]
    ]
    if not repeats:
        return None
    first = next(i for i in reading.syns if reading.side[i] and reading.is_syn_ack(i))
    answering = sum(_answers_syn(reading, i) for i in repeats)
    own_timer = len(repeats) - answering
    thirds = [i for i in range(first + 1, reading.count) if not reading.side[i] and _acks_syn_ack(reading, i, first)]
    seen = [i for i in thirds if i < repeats[-1]]
    alternatives: tuple[str, ...]
    if own_timer == 0:
        shape, alternatives = "answering", ("syn-ack-lost", "slow-path")
    elif seen:
        shape, alternatives = "ack-seen", ("third-ack-lost", "accept-queue-full", "defer-accept")
    else:
        shape, alternatives = "no-ack", ("syn-ack-lost", "client-gone", "third-ack-lost")
    return reading.finding(
        FindingId.SYN_ACK_RETRANSMISSION,
        [first, *repeats, *seen],
        Severity.WARNING,
        Confidence.CERTAIN,
        alternatives,
        shape=shape,
        count=len(repeats),
        first_frame=reading.frame[first],
        repeat_frame=reading.frame[repeats[0]],
        third_frame=reading.frame[seen[0]] if seen else 0,
        thirds=len(seen),
        delay_s=reading.seconds(first, repeats[-1]),
        intervals=_intervals(reading, [first, *repeats]),
        position=reading.position.value,
    )


def _answers_syn(reading: Reading, repeat: int) -> bool:
    """Whether a repeated SYN came just before the repeated SYN-ACK."""
    syn = max((j for j in reading.syns if j < repeat and not reading.side[j]), default=-1)
    previous = max((j for j in reading.syns if j < repeat and reading.side[j]), default=-1)
    return syn > previous and reading.time[repeat] - reading.time[syn] < SYN_TIMER_NS


def _acks_syn_ack(reading: Reading, i: int, syn_ack: int) -> bool:
    bits = reading.flags[i]
    return not bits & (SYN | RST) and reading.acknowledges(i, (reading.seq[syn_ack] + 1) & SEQ_MASK)


def port_reused(reading: Reading) -> Finding | None:
    """`port-reused`: a new SYN on a 4-tuple used before; a fault only when the server answers the old connection.

    RFC 9293, 3.6.1 and RFC 6191 allow the reuse; RFC 5961, 4 makes a socket that still
    knows the old connection answer with a plain ACK.
    """
    if not reading.view.marks & StreamMark.PORT_REUSED or not reading.syns or not reading.is_pure_syn(reading.syns[0]):
        return None
    syn = reading.syns[0]
    side = reading.side[syn]
    answer = next((i for i in range(syn + 1, reading.count) if reading.side[i] != side), -1)
    bits = reading.flags[answer] if answer >= 0 else 0
    collision = bool(bits) and not bits & (SYN | RST) and bool(bits & ACK)
    return reading.finding(
        FindingId.PORT_REUSED,
        (syn, answer) if collision else (syn,),
        Severity.WARNING if collision else Severity.NOTE,
        Confidence.LIKELY if collision else Confidence.CERTAIN,
        ("time-wait", "nat-port") if collision else (),
        shape="collision" if collision else "",
        syn_frame=reading.frame[syn],
        answer_frame=reading.frame[answer] if collision else 0,
        port=reading.view.server.port if side else reading.view.client.port,
    )


RULES: Final = (
    (OPENED, three_way_handshake),
    (REOPENED, simultaneous_open),
    (REOPENED, syn_timeout),
    (REOPENED, syn_retransmission),
    (RESET, connection_refused),
    (QUOTED, connection_unreachable),
    (REOPENED, syn_ack_retransmission),
    (REUSED, port_reused),
)
