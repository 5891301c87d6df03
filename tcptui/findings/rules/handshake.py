"""Rules about how a connection began, or why it did not (rules/findings.md#opening)."""

from __future__ import annotations

from typing import Final

from tcptui.analysis.stream.table import StreamMark
from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.gates import OPENED, REOPENED, REUSED
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, RST, SYN

#: RFC 1122, 4.2.3.1 and Linux: the first repeat of a SYN or SYN-ACK comes after about a second.
SYN_TIMER_NS: Final = 800_000_000

#: Linux repeats a SYN-ACK after one second (RFC 6298); where TCP_DEFER_ACCEPT is set, first after three.
DEFERRED_NS: Final = 2_500_000_000


def three_way_handshake(reading: ConnectionFacts) -> Finding | None:
    """`three-way-handshake`: SYN, SYN-ACK, and any client packet that acknowledges it (RFC 9293, 3.5).

    The server's half is proved at the server, or by anything the server sends afterwards.
    """
    handshake = reading.handshake
    if handshake is None:
        return None
    later = (i for i in range(handshake.third + 1, reading.count) if reading.side[i])
    proof = next((i for i in later if not reading.flags[i] & (SYN | RST)), -1)
    sure = proof >= 0 or reading.position is CapturePoint.SERVER
    first_syn = reading.syns[0]
    facts = {
        "count": sum(1 for i in reading.syns if not reading.side[i]),
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


def simultaneous_open(reading: ConnectionFacts) -> Finding | None:
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
        apart_s=max(reading.seconds(*syns), reading.seconds(*syns[::-1])),
    )


def syn_ack_retransmission(reading: ConnectionFacts) -> Finding | None:
    """`syn-ack-retransmission`: the SYN-ACK again, by its timer or in answer to a repeated SYN.

    `third-ack-lost` and `accept-queue-full` look alike here and are named as alternatives.
    """
    repeats = [
        resend.index
        for resend in reading.resends
        if resend.cause is ResendCause.SYN_RETRY and reading.is_syn_ack(resend.index) and reading.side[resend.index]
    ]
    if not repeats:
        return None
    first = next(i for i in reading.syns if reading.side[i] and reading.is_syn_ack(i))
    answering = sum(answers_syn(reading, i) for i in repeats)
    own_timer = len(repeats) - answering
    thirds = [i for i in range(first + 1, reading.count) if not reading.side[i] and _acks_syn_ack(reading, i, first)]
    seen = [i for i in thirds if i < repeats[-1]]
    alternatives: tuple[str, ...]
    arrived = third_arrived(reading, seen, repeats)
    severity = Severity.WARNING
    if own_timer == 0:
        shape, alternatives = "answering", ("syn-ack-lost", "slow-path")
    elif arrived >= 0:
        shape, alternatives = "ack-arrived", ("defer-accept", "accept-queue-full")
        if not _data_waited(reading, first, repeats[-1]):
            severity = Severity.NOTE
    elif seen:
        shape, alternatives = "ack-seen", ("third-ack-lost", "accept-queue-full", "defer-accept")
        late = reading.time[repeats[0]] - reading.time[first] > DEFERRED_NS
        if late and not _data_waited(reading, first, repeats[-1]):
            severity, alternatives = Severity.NOTE, ("defer-accept", "third-ack-lost", "accept-queue-full")
    else:
        shape, alternatives = "no-ack", ("syn-ack-lost", "client-gone", "third-ack-lost")
    return reading.finding(
        FindingId.SYN_ACK_RETRANSMISSION,
        [first, *repeats, *seen],
        severity,
        Confidence.CERTAIN,
        alternatives,
        shape=shape,
        echo_frame=reading.frame[arrived] if arrived >= 0 else 0,
        count=len(repeats),
        first_frame=reading.frame[first],
        repeat_frame=reading.frame[repeats[0]],
        third_frame=reading.frame[seen[0]] if seen else 0,
        thirds=len(seen),
        delay_s=reading.seconds(first, repeats[-1]),
        intervals=reading.intervals([first, *repeats]),
        position=reading.position.value,
    )


def third_arrived(reading: ConnectionFacts, thirds: list[int], repeats: list[int]) -> int:
    """The first repeat of the SYN-ACK that echoes the timestamp of a third packet, which had thus arrived; -1 if none.

    RFC 7323, 4.3: a segment echoes the newest timestamp that its sender has accepted.
    """
    view = reading.view
    stamps = {int(view.ts_value[i]) for i in thirds if int(view.options[i]) & OptionBit.TIMESTAMPS}
    stamps -= {int(view.ts_value[i]) for i in reading.syns if not reading.side[i]}
    stamped = (i for i in repeats if int(view.options[i]) & OptionBit.TIMESTAMPS)
    return next((i for i in stamped if int(view.ts_echo[i]) in stamps), -1)


def _data_waited(reading: ConnectionFacts, first: int, until: int) -> bool:
    """Whether the client's data had time to arrive at the server before it repeated the SYN-ACK."""
    latest = reading.time[until] - max(reading.rtt_ns, 0)
    return any(reading.length[i] and not reading.side[i] and reading.time[i] <= latest for i in range(first + 1, until))


def answers_syn(reading: ConnectionFacts, repeat: int) -> bool:
    """Whether a repeated SYN came just before the repeated SYN-ACK."""
    syn = max((j for j in reading.syns if j < repeat and not reading.side[j]), default=-1)
    previous = max((j for j in reading.syns if j < repeat and reading.side[j]), default=-1)
    return syn > previous and reading.time[repeat] - reading.time[syn] < SYN_TIMER_NS


def _acks_syn_ack(reading: ConnectionFacts, i: int, syn_ack: int) -> bool:
    bits = reading.flags[i]
    return not bits & (SYN | RST) and reading.acknowledges(i, (reading.seq[syn_ack] + 1) & SEQ_MASK)


def port_reused(reading: ConnectionFacts) -> Finding | None:
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
    (REOPENED, syn_ack_retransmission),
    (REUSED, port_reused),
)
