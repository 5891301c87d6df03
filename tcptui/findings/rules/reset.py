"""Rules about resets: why a RST was sent, as far as packets show (rules/findings.md#order-in-which-a-reset-is-read).

Only the first RST of a stream that can have ended it is judged; later ones follow from it.  Severity comes from
bytes that were not delivered or requests that were not answered, not from the RST.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import takewhile
from typing import Final

from tcptui.analysis.resend.copies import NUMBER_REACH
from tcptui.analysis.resend.ip_id import number_step
from tcptui.analysis.resend.resend import RTO_MIN_NS
from tcptui.analysis.stream.unwrapped_seq import NOTHING
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import DATALESS, RESET
from tcptui.findings.requests_answered import all_answered, some_unanswered
from tcptui.findings.rules.challenge_ack import challenged_syn
from tcptui.findings.rules.close import both_closed, new_bytes_after
from tcptui.findings.rules.no_answer import connection_refused
from tcptui.findings.rules.reset_injected import doubted, rst_from_elsewhere, rst_injected
from tcptui.findings.unanswered import (
    FAREWELL_BYTES,
    is_new,
    last_words,
    message_in,
    quiet_ns,
    says_little,
    what_it_asks,
)
from tcptui.model.batched import integer, largest
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import SEQ_MASK, ahead
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.protocols.last_words import Asks

#: rules/findings.md#probe-connection: a check opens and closes at once; longer is a connection nobody used.
PROBE_NS: Final = 5_000_000_000
#: rules/findings.md#rst-dead-connection: after this much silence, an end that lost the connection is likely.
IDLE_NS: Final = 1_000_000_000
#: A server that closes sooner after the last message, …
RACE_NS: Final = 50_000_000
#: … or within so many round trips, closes because of it, not because the connection was idle.
RACE_RTTS: Final = 3
#: Linux's net.ipv4.tcp_fin_timeout (60 s), less a tolerance for clocks that differ.
FIN_WAIT_2_NS: Final = 59_500_000_000
#: Shapes of data after a close with which a request was lost.
_LOST_REQUEST: Final = frozenset({"server-closed", "crossed", "late"})
#: Data that its peer sends so long after a RST, and three round trips, did not cross that (ns).
UNHEARD_NS: Final = 1_000_000_000
#: Shapes of an abort that did no harm.
_HARMLESS: Final = frozenset({"all-acknowledged", "after-fin", "farewell", "never-opened", "unused"})


def probe_connection(connection: ConnectionFacts) -> Finding | None:
    """`probe-connection`: opened and soon ended without payload: health check, port scan, unused racing connection."""
    if not connection.syns or not any(connection.side[i] for i in connection.syns):
        return None
    ends = [i for i in connection.rsts if i >= connection.first_reset >= 0] + connection.fins
    if not ends or _turns_away(connection, min(ends)):
        return None
    end = min(ends)
    if connection.time[end] - connection.time[0] > PROBE_NS or connection_refused(connection) is not None:
        return None
    by_reset = bool(connection.flags[end] & RST)
    if by_reset and (connection.side[end] or rst_from_elsewhere(connection, end) is not None):
        return None  # the server, or a middlebox, reset the connection: that is no probe of the client
    if by_reset and not any(connection.side[i] for i in range(end)):
        return None  # the client gave up before the server answered
    if _skipped_numbers(connection):
        return None
    spoke = any(not connection.side[i] and not connection.flags[i] & (SYN | RST) for i in range(connection.count))
    if by_reset and spoke and not connection.flags[end] & ACK and len(connection.syn_acks) < sum(connection.side[:end]):
        return None  # it answers a later packet of the server, without a socket: the end of this one was not seen
    shape = "half-open" if by_reset and not spoke else "reset" if by_reset else "closed"
    if shape == "half-open" and sum(not connection.side[i] for i in connection.syns) > 1:
        return None  # a scanner does not ask again from the same port: a program gave up before the answer came
    return connection.finding(
        FindingId.PROBE_CONNECTION,
        (connection.syns[0], end),
        Severity.NOTE,
        Confidence.LIKELY,
        ("scanner", "stale-syn") if shape == "half-open" else ("health-check", "racing", "scanner"),
        shape=shape,
        client=connection.view.client.host,
        server=connection.view.server.host,
        port=connection.view.server.port,
        syn_frame=connection.frame[connection.syns[0]],
        end_frame=connection.frame[end],
        closer=SIDES[connection.side[end]],
        lasted_s=connection.seconds(0, end),
    )


def _skipped_numbers(connection: ConnectionFacts) -> bool:
    """Whether numbers count payload that the capture does not have: beyond SYN and FIN nothing else takes any."""
    fins = [next((i for i in connection.fins if connection.side[i] == side), connection.count) for side in (0, 1)]
    for i in range(connection.count):
        side, flags = connection.side[i], connection.flags[i]
        if flags & SYN:
            continue
        if ahead(connection.seq[i], 1 + (i > fins[side])) > 0:
            return True
        if flags & ACK and ahead(connection.ack[i], 1 + (fins[1 - side] < connection.count)) > 0:
            return True
    return False


def reset(connection: ConnectionFacts) -> Finding | None:
    """The finding about the first RST, by its form: no ACK flag: sent without a socket; RST|ACK: a socket aborted."""
    rst = connection.first_reset
    if rst < 0 or connection_refused(connection) is not None:
        return None
    if (
        rst == 0
        or both_closed(connection, rst)
        or (connection.syns and connection.signs & DATALESS and _unused(connection))
    ):
        return None
    if challenged_syn(connection) is not None:
        return None  # it ends the older connection that the challenge ACK belongs to, not this one
    injected = rst_injected(connection, rst) or rst_from_elsewhere(connection, rst)
    if injected is not None:
        return injected
    if connection.flags[rst] & ACK:
        return rst_abortive_close(connection, rst)
    if connection.several_initial_numbers or _turns_away(connection, rst):
        return None  # it turns away a SYN-ACK, or a client, that belongs to the other number or SYN
    side = connection.side[rst]
    if any(connection.side[i] == side and i < rst for i in connection.fins):
        return data_after_close(connection, rst)
    return rst_dead_connection(connection, rst)


def _turns_away(connection: ConnectionFacts, rst: int) -> bool:
    """Whether ``rst`` is the client's answer to a SYN-ACK that does not acknowledge its SYN (RFC 9293, 3.10.7.3)."""
    answer = next((i for i in range(rst - 1, -1, -1) if connection.side[i]), -1)
    refused = answer >= 0 and not connection.side[rst] and connection.answers_other_syn(answer)
    return refused and bool(connection.flags[rst] & RST)


def _unused(connection: ConnectionFacts) -> bool:
    """Whether `probe_connection` makes a finding."""
    return probe_connection(connection) is not None


def data_after_close(connection: ConnectionFacts, rst: int) -> Finding | None:
    """`data-after-close`: a RST sent without a socket, in answer to what arrived after that end's own FIN.

    The commonest RST of all.  A warning only when a message was lost: the server had closed, and a request, or bytes of
    a client that waited for an answer, came afterwards or crossed its FIN.
    """
    side = connection.side[rst]
    fin = next(i for i in connection.fins if connection.side[i] == side)
    lost, segments = new_bytes_after(connection, 1 - side, fin + 1, rst)
    if side:
        crossing, under_way = _under_way(connection, fin, rst)
        lost, segments = lost + crossing, [*under_way, *segments]
    asked, message = message_in(connection, segments) if segments else (Asks.NOTHING, segments)
    peer_fin = next((i for i in connection.fins if connection.side[i] != side and i < rst), -1)
    idle_ns = connection.time[rst] - connection.time[fin]
    if idle_ns >= FIN_WAIT_2_NS and not any(connection.side[i] == side for i in range(fin + 1, rst)):
        expired = _fin_wait_2_timeout(connection, rst, fin, [*segments, peer_fin])
        if expired is not None:
            return expired
    quiet = quiet_ns(connection, fin)
    shape = _loss_shape(connection, fin, lost, asked, message, quiet) if lost and segments else "nothing"
    known = asked is Asks.ANSWER or lost > FAREWELL_BYTES or shape not in _LOST_REQUEST
    return connection.finding(
        FindingId.DATA_AFTER_CLOSE,
        (fin, *segments, peer_fin, rst),
        Severity.WARNING if shape in _LOST_REQUEST else Severity.NOTE,
        Confidence.LIKELY if known else Confidence.POSSIBLE,
        ("fin-wait-2-timeout", "early-close"),
        shape=shape,
        closer=SIDES[side],
        other=SIDES[1 - side],
        fin_frame=connection.frame[fin],
        rst_frame=connection.frame[rst],
        data_frame=connection.frame[segments[0]] if segments else connection.frame[max(0, rst - 1)],
        lost_bytes=lost,
        after_s=connection.seconds(fin, rst),
        idle_s=quiet / 1e9,
    )


def _under_way(connection: ConnectionFacts, fin: int, rst: int) -> tuple[int, list[int]]:
    """How many payload bytes the client had sent before the server's ``fin`` came by, never acknowledged up to ``rst``.

    With them the indexes of the segments that first carried them.  They crossed the FIN, and found no socket.
    """
    acknowledged = connection.space.acknowledged[0][rst - 1]
    sent = integer(connection.space.sent[0][fin])
    if integer(acknowledged) == NOTHING or sent <= integer(acknowledged):
        return 0, []
    mine = connection.data_by_side[0]
    ahead_of_ack = takewhile(
        lambda i: integer(connection.space.end[i]) > integer(acknowledged),
        (mine[n] for n in range(bisect_left(mine, fin) - 1, -1, -1)),
    )
    segments = [i for i in ahead_of_ack if is_new(connection, i)][::-1]
    if not segments:
        return 0, []
    words = last_words(connection, 1)
    if is_new(connection, fin) or words is None or not words.is_request(connection):
        return 0, []  # the server spoke last, or nobody knows whether what crossed its FIN asks for an answer
    if words.asks < Asks.SEALED and not _was_idle(connection, quiet_ns(connection, fin)):
        return 0, []  # both ends were talking, in a protocol that is not read
    own_fin = any(not connection.side[i] and i < fin for i in connection.fins)
    return sent - integer(acknowledged) - own_fin, segments


def _loss_shape(connection: ConnectionFacts, fin: int, lost: int, asked: Asks, message: list[int], quiet: int) -> str:
    """The fact ``shape`` of `data_after_close`: what was lost, and how the client came to send it.

    ``crossed``: before it can have known of the FIN; ``late``: after its system had confirmed the FIN.  Both only where
    the server had been idle before.  A client that closes behind a request because it has seen the FIN waited for the
    answer until then; one that closes right behind its bytes otherwise did not.
    """
    if not connection.side[fin]:
        return "farewell" if lost <= FAREWELL_BYTES else "client-closed"
    if asked <= Asks.NOTHING:
        return "farewell"
    number = connection.end[fin]
    peer_fin = next((i for i in connection.fins if not connection.side[i] and i > message[-1]), -1)
    is_late = connection.acknowledges(message[0], number)
    closed_behind = peer_fin > 0 and connection.seq[peer_fin] == connection.end[message[-1]]
    waited = not closed_behind or (not is_late and connection.acknowledges(peer_fin, number))
    speaks_on = {Asks.ANSWER: True, Asks.SEALED: waited, Asks.UNKNOWN: not closed_behind}
    if lost <= FAREWELL_BYTES and not speaks_on.get(asked, False):
        return "farewell"
    if not waited and not (is_late and asked in (Asks.ANSWER, Asks.SEALED)):
        return "parting"
    if not _was_idle(connection, quiet):
        return "server-closed"
    return "late" if is_late else "crossed"


def _was_idle(connection: ConnectionFacts, quiet: int) -> bool:
    """Whether a server that closes after so much silence (ns) closes because of it."""
    return quiet >= largest(RACE_NS, RACE_RTTS * connection.rtt_ns)


def _fin_wait_2_timeout(connection: ConnectionFacts, rst: int, fin: int, asked: list[int]) -> Finding | None:
    """`fin-wait-2-timeout`: data or a FIN came `FIN_WAIT_2_NS` after the ACK of an end's FIN, and found no socket.

    Not provable: earlier data gets exactly the same RST, because close() left the socket to the kernel.
    Linux keeps such an orphan for tcp_fin_timeout (60 s); a socket that was only shut down does not expire.
    None where the wait was shorter: then it is `data_after_close`.
    """
    side = connection.side[rst]
    acknowledged = connection.first_acknowledging(1 - side, connection.end[fin], fin)
    first = next((i for i in asked if i >= 0), rst - 1)
    if acknowledged < 0 or connection.time[first] - connection.time[acknowledged] < FIN_WAIT_2_NS:
        return None
    return connection.finding(
        FindingId.FIN_WAIT_2_TIMEOUT,
        (fin, acknowledged, *asked, rst),
        Severity.WARNING,
        Confidence.POSSIBLE,
        ("early-close", "own-reset-lost"),
        closer=SIDES[side],
        other=SIDES[1 - side],
        fin_frame=connection.frame[fin],
        ack_frame=connection.frame[acknowledged],
        data_frame=connection.frame[first],
        data_bytes=connection.length[first],
        rst_frame=connection.frame[rst],
        after_s=connection.seconds(acknowledged, first),
        address=(connection.view.server if side else connection.view.client).host,
    )


def rst_dead_connection(connection: ConnectionFacts, rst: int) -> Finding | None:
    """`rst-dead-connection`: a RST sent without a socket by an end that had sent no FIN: it has no such connection.

    After at least a second of silence it is likely that the end had lost the connection; in mid-flow, and where that
    end spoke once more after the silence, an injected RST or a lost RST|ACK explains the same packets.
    """
    side = connection.side[rst]
    asked = max((i for i in range(rst) if connection.side[i] != side), default=-1)
    if asked < 0 or connection.seq[rst] != connection.ack[asked]:
        return None
    # What that end sent after the segment shows that it still had the connection then: no silence came before the RST.
    spoke = asked < rst - 1
    if not spoke and _repeats_close(connection, asked):
        return None  # nobody waited: `retransmission_timeout` tells how long the FIN did
    asked = asked if spoke else _first_answered(connection, rst, asked)
    idle = connection.time[asked] - connection.time[asked - 1] if asked and not spoke else 0
    heard = any(connection.side[i] == side for i in range(rst))
    later = [i for i in connection.rsts if i > rst]
    severity = Severity.WARNING if connection.length[asked] or idle >= IDLE_NS else Severity.NOTE
    pending = _pending_frame(connection, side, asked)
    waited = _waited_for(connection, side, asked, pending) if idle >= IDLE_NS else ""
    if waited:
        shape, confidence = waited, Confidence.LIKELY
        alternatives: tuple[str, ...] = ("restarted", "own-reset-lost", "nat-expired")
        if waited == "never-opened":
            severity = Severity.WARNING if connection.length[asked] else Severity.NOTE
            alternatives = ("third-ack-lost-before",) if connection.at_sender(side) else ("third-ack-lost",)
    elif idle >= IDLE_NS:
        shape, confidence = "idle", Confidence.CERTAIN if connection.at_sender(side) else Confidence.LIKELY
        alternatives = ("nat-expired", "restarted", "own-reset-lost")
    elif connection.mid_stream and not heard:
        severity = Severity.NOTE  # its FIN or RST may well have been sent before the capture began
        shape, confidence, alternatives = (
            "unknown-before",
            Confidence.POSSIBLE,
            ("nat-expired", "restarted", "own-reset-lost"),
        )
    else:
        shape, confidence, alternatives = (
            "mid-flow",
            Confidence.POSSIBLE,
            ("rst-injected", "own-reset-lost", "queue-overflow"),
        )
        lost, _ = new_bytes_after(connection, 1 - side, int(connection.space.latest[side][rst - 1]) + 1, rst)
        asks = what_it_asks(connection, asked) if lost else Asks.NOTHING
        is_lost = asks >= Asks.SEALED or (lost > FAREWELL_BYTES and asks > Asks.NOTHING)
        if not (connection.at_sender(side) or (side and is_lost)):
            severity = Severity.NOTE  # its FIN may be lost: then this is what `data_after_close` calls harmless
    counted_on = any(connection.side[i] == side and ahead(connection.seq[i], connection.seq[rst]) > 0 for i in later)
    if connection.at_sender(side) and shape != "never-opened":
        # The reset left here, and nothing of that end was lost before this point or written by somebody else.
        alternatives = ("restarted",) if shape != "mid-flow" else ("restarted", "queue-overflow")
    if heard and (counted_on or _passed_unseen(connection, side, rst - 1)):
        # Its FIN may be among what the capture lacks.
        severity, confidence = Severity.NOTE, Confidence.POSSIBLE
        alternatives = ("missed-packets", *alternatives)
    return connection.finding(
        FindingId.RST_DEAD_CONNECTION,
        (asked - 1, asked, rst),
        severity,
        confidence,
        alternatives,
        shape=shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        data_frame=connection.frame[asked],
        data_bytes=connection.length[asked],
        rst_frame=connection.frame[rst],
        idle_s=idle / 1e9,
        answer_s=connection.seconds(asked, rst),
        request_frame=pending,
    )


def _repeats_close(connection: ConnectionFacts, asked: int) -> bool:
    """Whether segment ``asked`` is a FIN sent again, and all that its sender had to say had been acknowledged."""
    side = connection.side[asked]
    if connection.length[asked] or not any(connection.side[i] == side and i < asked for i in connection.fins):
        return False
    acknowledged = integer(connection.space.acknowledged[side][asked])
    is_fin = bool(connection.flags[asked] & FIN)
    return is_fin and acknowledged != NOTHING and acknowledged == integer(connection.space.seq[asked])


def _waited_for(connection: ConnectionFacts, side: int, asked: int, pending: int) -> str:
    """What the silence before segment ``asked`` was, other than idleness; empty where nothing was under way in it.

    ``never-opened``: the client's third packet never came; ``stalled``: bytes of the other end had not been
    acknowledged, or its receiver had reported a gap; ``pending``: a request was, and had no answer (`_pending_frame`).
    """
    before = asked - 1
    if side and not any(not connection.side[i] and not connection.flags[i] & SYN for i in range(asked)):
        is_third = not connection.length[asked] and not connection.flags[asked] & FIN
        return "never-opened" if connection.syns and not is_third else ""
    for end in (side, 1 - side):
        acknowledged = integer(connection.space.acknowledged[end][before])
        if acknowledged != NOTHING and integer(connection.space.sent[end][before]) > acknowledged:
            return "stalled"
    if any(int(connection.view.options[i]) & OptionBit.SACK for i in range(max(before - 1, 0), asked)):
        return "stalled"
    return "pending" if pending else ""


def _pending_frame(connection: ConnectionFacts, side: int, asked: int) -> int:
    """The frame of the client's request that the server, ``side``, had not answered before segment ``asked``, or 0."""
    words = last_words(connection, side) if side else None
    if words is None or words.segments[0] >= asked or words.asks <= Asks.NOTHING:
        return 0
    if words.asks is not Asks.ANSWER and not words.is_one_message(connection):
        return 0
    return connection.frame[words.segments[0]]


def _first_answered(connection: ConnectionFacts, rst: int, asked: int) -> int:
    """Index of the segment that ``rst`` answers: ``asked``, or one before it that broke a silence just as well.

    Far from the end that answers, more segments have left by the time the RST arrives.
    """
    since = connection.time[rst] - largest(RTO_MIN_NS, 2 * connection.rtt_ns)
    first = asked
    while first and connection.time[first] >= since and connection.side[first] == connection.side[asked]:
        if connection.ack[first] != connection.ack[asked]:
            break
        if connection.time[first] - connection.time[first - 1] >= IDLE_NS:
            return first
        first -= 1
    return asked


def rst_abortive_close(connection: ConnectionFacts, rst: int) -> Finding | None:
    """`rst-abortive-close`: a RST|ACK with the sequence number that its sender's open socket would use.

    Certain when it has a window and timestamps like its sender's other packets (Linux), likely otherwise
    (Windows sends window 0 and no timestamps), possible when it is out of sequence or its sender may be another.
    """
    side = connection.side[rst]
    earlier = int(connection.space.latest[side][rst - 1])
    if int(connection.space.latest[1 - side][rst - 1]) < 0 or earlier < 0:
        return None  # without packets of both ends, neither the RST's number nor what was delivered can be judged
    sent, peer_sent = (integer(connection.space.sent[s][rst - 1]) for s in (side, 1 - side))
    offset = ahead(connection.seq[rst], sent & SEQ_MASK)
    acknowledged = integer(connection.space.acknowledged[side][rst - 1])
    # A FIN takes a sequence number but is no payload.
    own_fin, peer_fin = (any(i < rst and connection.side[i] == s for i in connection.fins) for s in (side, 1 - side))
    unacked = largest(0, sent - acknowledged - own_fin) if acknowledged != NOTHING else 0
    unread = largest(0, ahead(peer_sent & SEQ_MASK, connection.ack[rst]) - peer_fin)
    confidence = _confidence(connection, rst, offset, earlier)
    shape = _abort_shape(connection, rst, offset, unacked, unread, acknowledged)
    late_bytes, late = _sent_on(connection, rst) if shape in _HARMLESS else (0, -1)
    shape = "unheard" if late_bytes else shape
    harmless = shape in _HARMLESS or (shape == "out-of-sequence" and connection.mid_stream)
    facts: dict[str, Fact] = {
        "sender": SIDES[side],
        "other": SIDES[1 - side],
        "rst_frame": connection.frame[rst],
        "unacked_bytes": unacked,
        "unread_bytes": unread,
        "age_s": connection.seconds(0, rst),
        "silent_s": connection.seconds(rst - 1, rst),
        "count": sum(i >= rst for i in connection.rsts),
        "last_frame": connection.frame[rst - 1],
    }
    if late_bytes:
        facts |= {
            "lost_bytes": late_bytes,
            "late_frame": connection.frame[late],
            "after_s": connection.seconds(rst, late),
        }
    doubtful = shape == "out-of-sequence"
    alternatives: tuple[str, ...] = ("linger-zero", "unread-data", "killed", "middlebox")
    if late_bytes:
        alternatives = ("rst-lost", "rst-ignored")
    elif doubtful:
        alternatives = ("rst-injected", "missed-packets")
    elif doubted(connection, rst) or _looks_forged(connection, rst, earlier):
        alternatives = ("rst-injected", *alternatives)
    elif shape == "never-opened":
        lost = "third-ack-lost-before" if connection.position is CapturePoint.SERVER else "third-ack-lost"
        alternatives = connection.possible_here(("client-gone", lost, "syn-ack-lost"))
    return connection.finding(
        FindingId.RST_ABORTIVE_CLOSE,
        (rst - 1, rst, late),
        Severity.NOTE if harmless else Severity.WARNING,
        confidence,
        alternatives,
        shape=shape,
        **facts,
    )


def _sent_on(connection: ConnectionFacts, rst: int) -> tuple[int, int]:
    """How many new bytes the peer sent when ``rst`` had had the time to reach it, and the segment that began them.

    0 and -1 where it sent none: then the RST was heard, or nobody minded; nor where the RST ended nothing, for its
    sender went on.
    """
    side = connection.side[rst]
    if any(connection.side[i] == side and not connection.flags[i] & RST for i in range(rst + 1, connection.count)):
        return 0, -1
    heard_ns = connection.time[rst] + largest(UNHEARD_NS, 3 * connection.path_rtt_ns)
    first = next((i for i in connection.data_by_side[1 - side] if i > rst and connection.time[i] >= heard_ns), -1)
    if first < 0:
        return 0, -1
    lost, segments = new_bytes_after(connection, 1 - side, first, connection.count)
    return (lost, segments[0]) if lost and segments else (0, -1)


def _confidence(connection: ConnectionFacts, rst: int, offset: int, earlier: int) -> Confidence:
    """How well the RST fits one sent by an open socket (rules/findings.md#rst-abortive-close)."""
    if offset or doubted(connection, rst) or _looks_forged(connection, rst, earlier):
        return Confidence.POSSIBLE
    view = connection.view
    stamped = bool(int(view.options[earlier]) & OptionBit.TIMESTAMPS)
    alike = integer(view.window[rst]) > 0 and (not stamped or bool(int(view.options[rst]) & OptionBit.TIMESTAMPS))
    return Confidence.CERTAIN if alike else Confidence.LIKELY


def _passed_unseen(connection: ConnectionFacts, side: int, until: int) -> bool:
    """Whether ``side`` had sent more by segment ``until`` than was captured: it was acknowledged."""
    space = connection.space
    return integer(space.acknowledged[side][until]) > integer(space.sent[side][until])


def _looks_forged(connection: ConnectionFacts, rst: int, earlier: int) -> bool:
    """Whether ``rst`` has neither a window nor the timestamps of its sender's segment ``earlier``, as forged ones do.

    Not where it carries one of that sender's next packet numbers: who forges from afar does not know those.
    """
    view = connection.view
    if integer(view.window[rst]) or not int(view.options[earlier]) & ~int(view.options[rst]) & OptionBit.TIMESTAMPS:
        return False
    numbers = view.ip_id.item(earlier), view.ip_id.item(rst)
    return not (all(numbers) and 0 < number_step(*numbers) < NUMBER_REACH)


def _abort_shape(
    connection: ConnectionFacts, rst: int, offset: int, unacked: int, unread: int, acknowledged: int
) -> str:
    """The fact ``shape``: what the abort cost (nothing, a request without an answer, or undelivered bytes)."""
    side = connection.side[rst]
    if offset and abs(offset) > 1:
        return "out-of-sequence"
    if side and not any(connection.side[i] != side and not connection.flags[i] & SYN for i in range(rst)):
        return "never-opened"
    last_data = next((i for i in range(rst - 1, -1, -1) if connection.length[i]), -1)
    closing = any(i < rst for i in connection.fins)
    if closing and not side and not unread and any(i < rst and connection.side[i] for i in connection.fins):
        return "after-fin"  # the server had closed already: nobody would have read what the client still sent
    if not side and not unread and unacked > 1 and _lost_no_message(connection, rst, acknowledged):
        return "farewell"
    words = last_words(connection, side) if side and unread > 1 else None
    asked = words.asks if words is not None and words.segments[0] < rst else None
    if largest(unacked, 0 if asked is Asks.LEAVE else unread) > FAREWELL_BYTES:
        return "data-lost" if unacked and unread else "own-lost" if unacked else "peer-lost"
    if unacked > 1 or unread > 1:
        return "peer-lost" if asked is Asks.ANSWER else "farewell"
    if side and last_data >= 0 and connection.side[last_data] != side and _left_waiting(connection, rst):
        return "unanswered"
    if closing:
        return "after-fin"
    if last_data >= 0 or not side or any(_passed_unseen(connection, end, rst - 1) for end in (0, 1)):
        return "all-acknowledged"
    return "nothing-exchanged" if connection.time[rst] - connection.time[0] <= PROBE_NS else "unused"


def _lost_no_message(connection: ConnectionFacts, rst: int, acknowledged: int) -> bool:
    """Whether what a client had under way beyond ``acknowledged`` when it aborted was no request of its own.

    The end of a handshake, an alert, frames without content: it did not wait for these to arrive.
    """
    own = connection.data_by_side[0]
    under_way = takewhile(
        lambda i: integer(connection.space.end[i]) > acknowledged,
        (own[n] for n in range(bisect_left(own, rst) - 1, -1, -1)),
    )
    segments = [i for i in under_way if is_new(connection, i)][::-1]
    if not segments:
        return False
    asked, asking = message_in(connection, segments)
    return asked <= Asks.NOTHING or (asked is Asks.SEALED and all(says_little(connection, i) for i in asking))


def _left_waiting(connection: ConnectionFacts, rst: int) -> bool:
    """Whether the client, which spoke last before the server's ``rst``, waited for an answer, as far as is known.

    An alert of TLS, any other goodbye and, behind the last answer, what needs none is no request; neither are a few
    bytes of which nothing is known where the client, which had been answered before, closed right behind them.
    """
    words = last_words(connection, 1)
    if words is None or words.segments[0] >= rst or words.asks is Asks.LEAVE:
        return False
    if words.asks is Asks.NOTHING:
        return some_unanswered(connection)
    if words.asks is Asks.UNKNOWN and words.answered:
        last = connection.end[words.segments[-1]]
        closed = any(not connection.side[i] and connection.seq[i] == last for i in connection.fins if i < rst)
        if closed and ahead(last, connection.seq[words.segments[0]]) <= FAREWELL_BYTES:
            return False
    return not all_answered(connection)


RULES: Final = (
    (DATALESS, probe_connection),
    (RESET, reset),
)
