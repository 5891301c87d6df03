"""Rules about how a connection began, or why it did not (rules/findings.md#opening)."""

from __future__ import annotations

from typing import Final

from tcptui.analysis.stream.table import StreamMark
from tcptui.analysis.timing.path_delay import REPEAT_NS
from tcptui.findings.facts import ConnectionFacts, Handshake
from tcptui.findings.gates import ONE_SIDED, OPENED, REOPENED, REUSED
from tcptui.model.arrays import last_before
from tcptui.model.batched import NumberDict, largest
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, RST, SYN

#: The first repeat of a SYN or SYN-ACK comes after about one second (RFC 1122, 4.2.3.1; Linux).
SYN_TIMER_NS: Final = 800_000_000

#: A client that misses its SYN-ACK has repeated its SYN by then (RFC 6298, 2.1: after 1 s), a late path allowed for.
ASKED_AGAIN_NS: Final = 1_500_000_000

#: Linux repeats a SYN-ACK after one second (RFC 6298); where TCP_DEFER_ACCEPT is set, first after three.
DEFERRED_NS: Final = 2_500_000_000


def three_way_handshake(connection: ConnectionFacts) -> Finding | None:
    """`three-way-handshake`: SYN, SYN-ACK, and any client packet that acknowledges it (RFC 9293, 3.5).

    That the third packet reached the server is proved at the server, or by anything new that the server sends
    afterwards; only the latter proves that the server took it: with a full accept queue it drops it.
    """
    handshake = connection.handshake
    if handshake is None or simultaneous_open(connection) is not None:
        return None
    later = (i for i in range(handshake.third + 1, connection.count) if connection.side[i])
    proof = next((i for i in later if _says_more(connection, i, handshake.syn_ack)), -1)
    if proof < 0 and _unknown_to(connection, handshake):
        return None
    sure = proof >= 0 or connection.position is CapturePoint.SERVER
    first_syn = connection.syns[0]
    answers = [connection.time[i] for i in connection.syns if connection.side[i] and i < handshake.third]
    again = answers[-1] - answers[0] >= REPEAT_NS
    facts: dict[str, Fact] = {
        "count": sum(1 for i in connection.syns if not connection.side[i]),
        "syn_frame": connection.frame[handshake.syn],
        "syn_ack_frame": connection.frame[handshake.syn_ack],
        "third_frame": connection.frame[handshake.third],
        "rtt_s": connection.seconds(handshake.syn, handshake.third),
        "total_s": connection.seconds(first_syn, handshake.third),
        "server_s": connection.seconds(handshake.syn, handshake.syn_ack),
        "client_s": connection.seconds(handshake.syn_ack, handshake.third),
        "position": connection.position.value,
        "proof_frame": connection.frame[proof] if proof >= 0 else 0,
    }
    untaken = (connection.end[handshake.syn] - connection.ack[handshake.syn_ack]) & SEQ_MASK
    if untaken and facts["count"] == 1:  # a SYN that went before it may be the one that was answered
        facts["untaken_bytes"] = untaken
    shape = "assumed" if not sure else "proved" if proof >= 0 else "at-server"
    if again and sure:
        shape = "remeasured" if connection.rtt_ns and proof >= 0 else "unmeasured"
        facts["trip_s"] = connection.rtt_ns / 1e9
    unproved = Confidence.POSSIBLE if proof < 0 and _in_vain(connection, handshake) else Confidence.LIKELY
    return connection.finding(
        FindingId.THREE_WAY_HANDSHAKE,
        (handshake.syn, handshake.syn_ack, handshake.third),
        Severity.NOTE,
        Confidence.CERTAIN if proof >= 0 else unproved,
        () if proof >= 0 else ("accept-queue-full", "syn-cookies") if sure else ("third-ack-lost", "syn-cookies"),
        shape=shape,
        **facts,
    )


def _says_more(connection: ConnectionFacts, index: int, syn_ack: int) -> bool:
    """Whether a packet of the server shows more than its SYN-ACK did.

    A bare ACK of the SYN does not: in SYN-RECEIVED, too, it answers what is not acceptable (RFC 9293, 3.10.7.4, first).
    """
    if connection.flags[index] & (SYN | RST):
        return False
    return connection.consumes_numbers(index) or connection.ack[index] != connection.ack[syn_ack]


def _unknown_to(connection: ConnectionFacts, handshake: Handshake) -> bool:
    """Whether the server's kernel answers the third packet as that of no connection (RFC 9293, 3.10.7.1).

    With a RST that has no ACK, at the number which that packet acknowledges: the socket that listened is gone.
    """
    later = next((i for i in range(handshake.third + 1, connection.count) if connection.side[i]), -1)
    if later < 0 or connection.flags[later] & (RST | ACK) != RST:
        return False
    return connection.seq[later] == connection.ack[handshake.third]


def _in_vain(connection: ConnectionFacts, handshake: Handshake) -> bool:
    """Whether the server sent its SYN-ACK again after the third packet, or the client its data or FIN, in vain.

    For a server of which nothing else is heard: then it may well not have taken the third packet.
    """
    if any(i > handshake.third for i in connection.syn_acks):
        return True
    return any(
        resend.index > handshake.third and not connection.side[resend.index] and not resend.copy
        for resend in connection.resends
        if resend.cause is not ResendCause.NONE and connection.consumes_numbers(resend.index)
    )


def simultaneous_open(connection: ConnectionFacts) -> Finding | None:
    """`simultaneous-open`: two SYNs crossed, each answered by a SYN-ACK of the same number (RFC 9293, 3.5)."""
    syns, answers = [-1, -1], [-1, -1]
    for i in connection.syns:
        side = connection.side[i]
        if connection.is_pure_syn(i):
            if answers != [-1, -1]:
                return None
            syns[side] = i if syns[side] < 0 else syns[side]
        elif syns[side] >= 0 and connection.seq[i] == connection.seq[syns[side]] and answers[side] < 0:
            answers[side] = i
    if min(*syns, *answers) < 0:
        return None
    if any(
        not connection.acknowledges(answers[side], (connection.seq[syns[1 - side]] + 1) & SEQ_MASK) for side in (0, 1)
    ):
        return None
    return connection.finding(
        FindingId.SIMULTANEOUS_OPEN,
        (*syns, *answers),
        Severity.NOTE,
        Confidence.CERTAIN,
        client_syn_frame=connection.frame[syns[0]],
        server_syn_frame=connection.frame[syns[1]],
        client_answer_frame=connection.frame[answers[0]],
        server_answer_frame=connection.frame[answers[1]],
        apart_s=largest(connection.seconds(*syns), connection.seconds(*syns[::-1])),
    )


def self_connect(connection: ConnectionFacts) -> Finding | None:
    """`simultaneous-open`, shape ``self``: a socket connected to itself: its SYN met its own port (RFC 9293, 3.5).

    One SYN, which a SYN-ACK with the same number answers.
    """
    if not connection.is_with_itself:
        return None
    syn = next((i for i in connection.syns if connection.is_pure_syn(i)), -1)
    answer = next((i for i in connection.syns if i > syn >= 0 and connection.is_syn_ack(i)), -1)
    if answer < 0 or connection.seq[answer] != connection.seq[syn]:
        return None
    return connection.finding(
        FindingId.SIMULTANEOUS_OPEN,
        (syn, answer),
        Severity.WARNING,
        Confidence.CERTAIN,
        shape="self",
        address=connection.view.client.host,
        port=connection.view.client.port,
        client_syn_frame=connection.frame[syn],
        client_answer_frame=connection.frame[answer],
    )


def syn_ack_retransmission(connection: ConnectionFacts) -> Finding | None:
    """`syn-ack-retransmission`: the SYN-ACK again, by its timer or in answer to a repeated SYN.

    `third-ack-lost` and `accept-queue-full` look the same here and are named as alternatives.
    """
    if connection.several_initial_numbers:
        return _several_answers(connection)
    repeats = repeated_syn_acks(connection)
    if not repeats:
        return None
    first = next(i for i in connection.syns if connection.side[i] and connection.is_syn_ack(i))
    answering = sum(answers_syn(connection, i) for i in repeats)
    own_timer = len(repeats) - answering
    seen = [i for i in acks_of_syn_ack(connection, first) if i < repeats[-1]]
    alternatives: tuple[str, ...]
    arrived = third_arrived(connection, seen, repeats)
    severity = Severity.WARNING
    if own_timer == len(repeats) and _asked_once(connection, repeats[0]):
        shape, severity = "half-open", Severity.NOTE
        alternatives = ("scanner", "client-gone", "syn-ack-lost")
    elif own_timer == 0:
        shape, alternatives = "answering", ("syn-ack-lost", "slow-path")
    elif arrived >= 0:
        shape, alternatives = "ack-arrived", ("defer-accept", "accept-queue-full")
        if not _data_waited(connection, first, repeats[-1]):
            severity = Severity.NOTE
    elif seen:
        shape, alternatives = "ack-seen", ("third-ack-lost", "accept-queue-full", "defer-accept")
        late = connection.time[repeats[0]] - connection.time[first] > DEFERRED_NS
        if late and not _data_waited(connection, first, repeats[-1]):
            severity, alternatives = Severity.NOTE, ("defer-accept", "third-ack-lost", "accept-queue-full")
    elif any(not connection.side[i] and i > first for i in connection.syns):
        shape, alternatives = "no-ack", ("syn-ack-lost", "slow-path")  # the client still asks: it has not got one
    else:
        shape = "no-ack"
        alternatives = ("syn-ack-lost", "client-gone", "third-ack-lost")
        if not connection.packets_by_side[0]:
            severity = Severity.NOTE  # nothing shows that anybody waits
        if connection.position is CapturePoint.SERVER:
            alternatives = ("syn-ack-lost", "client-gone", "third-ack-lost-before")
        if any(not connection.side[i] for i in range(repeats[-1] + 1, connection.count)):
            alternatives = tuple(other for other in alternatives if other != "client-gone")
    return connection.finding(
        FindingId.SYN_ACK_RETRANSMISSION,
        [first, *repeats, *seen],
        severity,
        Confidence.CERTAIN,
        connection.possible_here(alternatives),
        shape=shape,
        echo_frame=connection.frame[arrived] if arrived >= 0 else 0,
        count=len(repeats),
        first_frame=connection.frame[first],
        repeat_frame=connection.frame[repeats[0]],
        third_frame=connection.frame[seen[0]] if seen else 0,
        thirds=len(seen),
        lasted_s=connection.seconds(first, repeats[-1]),
        delay_s=0.0 if shape == "half-open" else connection.seconds(first, repeats[-1]),
        intervals=connection.intervals([first, *repeats]),
        position=connection.position.value,
    )


def _asked_once(connection: ConnectionFacts, repeat: int) -> bool:
    """Whether the client sent its SYN and nothing else, also after the first ``repeat`` of the SYN-ACK.

    Copies made by the network or the recorder do not count.
    So it wanted no connection: who misses a SYN-ACK asks again, and who has it confirms each repeat.
    """
    copies = sum(resend.copy and not connection.side[resend.index] for resend in connection.resends)
    if connection.packets_by_side[0] != 1 + copies or not connection.is_pure_syn(0):
        return False
    return connection.watched_after(repeat) >= ASKED_AGAIN_NS


def _several_answers(connection: ConnectionFacts) -> Finding | None:
    """Shape ``other-number``: SYN-ACKs of different initial numbers answer one SYN, so the second is no repeat.

    A server that remembers a SYN answers it again with the same number (RFC 9293, 3.5); another number is that of
    another machine, or of one that had kept nothing of the first SYN.
    """
    answers, raw = connection.syn_acks, connection.view.raw_seq
    first = answers[0]
    other = next(i for i in answers if raw[i] != raw[first])
    if _rewritten(connection, first, other):
        return None
    asked = [i for i in connection.syns if i < other and not connection.side[i]]
    taken = connection.handshake
    repeated = len(asked) > 1
    return connection.finding(
        FindingId.SYN_ACK_RETRANSMISSION,
        [*asked, *answers],
        Severity.WARNING,
        Confidence.CERTAIN,
        ("forgotten-attempt", "several-servers") if repeated else ("several-servers", "forgotten-attempt", "rewritten"),
        shape="other-number",
        count=len(answers) - 1,
        numbers=len({int(raw[i]) for i in answers}),
        first_frame=connection.frame[first],
        repeat_frame=connection.frame[other],
        taken_frame=connection.frame[taken.syn_ack] if taken is not None else 0,
        server=connection.view.server.host,
        delay_s=connection.seconds(first, other),
        position=connection.position.value,
    )


def _rewritten(connection: ConnectionFacts, first: int, other: int) -> bool:
    """Whether both SYN-ACKs are one packet, recorded on both sides of a device that rewrites sequence numbers."""
    view = connection.view
    if connection.time[other] - connection.time[first] >= SYN_TIMER_NS:
        return False
    stamped = int(view.options[first]) & int(view.options[other]) & OptionBit.TIMESTAMPS
    same_stamp = bool(stamped) and view.ts_value.item(first) == view.ts_value.item(other)
    return same_stamp or 0 != view.ip_id.item(first) == view.ip_id.item(other)


def third_arrived(connection: ConnectionFacts, thirds: list[int], repeats: list[int]) -> int:
    """Index of the first repeat of the SYN-ACK that echoes the timestamp of one of ``thirds``; -1 if none.

    Such an echo proves that the third packet had arrived: a segment echoes the newest timestamp that its sender
    has accepted (RFC 7323, 4.3).
    """
    view = connection.view
    news: NumberDict[bool] = NumberDict()
    for i in thirds:
        if int(view.options[i]) & OptionBit.TIMESTAMPS:
            news[view.ts_value.item(i)] = True
    for i in connection.syns_by_side[0]:
        news[view.ts_value.item(i)] = False
    stamped = (i for i in repeats if int(view.options[i]) & OptionBit.TIMESTAMPS)
    return next((i for i in stamped if news.get(view.ts_echo.item(i), False)), -1)


def _data_waited(connection: ConnectionFacts, first: int, until: int) -> bool:
    """Whether data of the client had time to reach the server before the server sent segment ``until``."""
    latest = connection.time[until] - largest(connection.rtt_ns, 0)
    return any(
        connection.length[i] and not connection.side[i] and connection.time[i] <= latest
        for i in range(first + 1, until)
    )


def answers_syn(connection: ConnectionFacts, repeat: int) -> bool:
    """Whether the repeated SYN-ACK answers a repeated SYN: one that came less than `SYN_TIMER_NS` before it."""
    syn, previous = (last_before(syns, repeat) for syns in connection.syns_by_side)
    return syn > previous and connection.time[repeat] - connection.time[syn] < SYN_TIMER_NS


def repeated_syn_acks(connection: ConnectionFacts) -> list[int]:
    """Indexes of the SYN-ACKs that the server sent again, by its timer or in answer to a repeated SYN."""
    return [
        resend.index
        for resend in connection.resends
        if resend.cause is ResendCause.SYN_RETRY
        and connection.is_syn_ack(resend.index)
        and connection.side[resend.index]
    ]


def acks_of_syn_ack(connection: ConnectionFacts, syn_ack: int) -> list[int]:
    """Indexes of the client's segments that acknowledge the SYN-ACK."""
    number = (connection.seq[syn_ack] + 1) & SEQ_MASK
    return [
        i
        for i in range(syn_ack + 1, connection.count)
        if not connection.side[i] and not connection.flags[i] & (SYN | RST) and connection.acknowledges(i, number)
    ]


def port_reused(connection: ConnectionFacts) -> Finding | None:
    """`port-reused`: a new SYN on a 4-tuple used before; a fault only when the peer still has the old connection.

    RFC 9293, 3.6.1 and RFC 6191 allow the reuse; RFC 5961, 4 makes a socket that still
    has the old connection answer with a plain ACK.
    """
    if (
        not connection.view.marks & StreamMark.PORT_REUSED
        or not connection.syns
        or not connection.is_pure_syn(connection.syns[0])
    ):
        return None
    syn = connection.syns[0]
    side = connection.side[syn]
    answer = next((i for i in range(syn + 1, connection.count) if connection.side[i] != side), -1)
    bits = connection.flags[answer] if answer >= 0 else 0
    collision = bool(bits) and not bits & (SYN | RST) and bool(bits & ACK)
    return connection.finding(
        FindingId.PORT_REUSED,
        (syn, answer) if collision else (syn,),
        Severity.WARNING if collision else Severity.NOTE,
        Confidence.LIKELY if collision else Confidence.CERTAIN,
        ("time-wait", "nat-port") if collision else (),
        shape="collision" if collision else "",
        syn_frame=connection.frame[syn],
        answer_frame=connection.frame[answer] if collision else 0,
        port=connection.view.server.port if side else connection.view.client.port,
    )


RULES: Final = (
    (OPENED, three_way_handshake),
    (REOPENED, simultaneous_open),
    (ONE_SIDED, self_connect),
    (REOPENED, syn_ack_retransmission),
    (REUSED, port_reused),
)
