"""Handshakes that the server did not take: third ACK lost, or accept queue full (rules/findings.md#accept-queue-full).

From the client both look the same, and each names the other.  What decides, as far as anything
does: whether third ACKs reached the server's own interface, whether data arrived and was ignored
as well, whether other connections waited at the same port.
"""

from __future__ import annotations

from typing import Final

from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.gates import REOPENED, RESET, SUSPECT
from tcptui.findings.rules.handshake import DEFERRED_NS, answers_syn, third_arrived
from tcptui.findings.rules.no_answer import client_syns, syn_timeout
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

#: Of a connection that waits in the accept queue nothing was read and nothing answered; so many are looked at.
WAITING_READ: Final = 4
#: A connection with more packets is not worth reading: somebody has long talked to it.
WAITING_PACKETS: Final = 2_000
#: A program that is not behind says something to a new client within this time.
SOON_NS: Final = 200_000_000
#: Times that the client's data must be ignored to speak for a queue (rules/findings.md#accept-queue-full).
IGNORED: Final = 2


def syn_ack_repeats(connection: ConnectionFacts) -> list[int]:
    """Repeats of the server's SYN-ACK by its own timer."""
    repeats = [
        resend.index
        for resend in connection.resends
        if resend.cause is ResendCause.SYN_RETRY
        and connection.is_syn_ack(resend.index)
        and connection.side[resend.index]
    ]
    return [i for i in repeats if not answers_syn(connection, i)]


def _confirms(connection: ConnectionFacts, syn_ack: int) -> list[int]:
    """The client's segments that acknowledge the SYN-ACK."""
    number = (connection.seq[syn_ack] + 1) & SEQ_MASK
    return [
        i
        for i in range(syn_ack + 1, connection.count)
        if not connection.side[i] and not connection.flags[i] & (SYN | RST) and connection.acknowledges(i, number)
    ]


def _taken(connection: ConnectionFacts, syn_ack: int) -> int:
    """The server's first segment of the open connection; -1 when there is none."""
    return next(
        (
            i
            for i in range(syn_ack + 1, connection.count)
            if connection.side[i] and not connection.flags[i] & (SYN | RST)
        ),
        -1,
    )


def _ignored_data(connection: ConnectionFacts, until: int) -> list[int]:
    """The client's segments with data before ``until``, the first copy and its repeats."""
    return [i for i in range(until) if not connection.side[i] and connection.length[i]]


def waiting_beside(connection: ConnectionFacts, opened: int, moment_ns: int) -> int:
    """Connections to the same port, begun by segment ``opened``, to which nothing was said before ``moment_ns``.

    That is how connections look that wait to be accepted; those that the program talks to do not wait.
    """
    siblings = connection.context.siblings
    if siblings is None:
        return 0
    by_ns = connection.time[opened] + SOON_NS
    before = [other for other in connection.siblings if other.began_ns <= by_ns and other.packets <= WAITING_PACKETS]
    waiting = 0
    for other in before[-WAITING_READ:]:
        view = siblings.view(other.stream)
        if view.evicted:
            continue  # what was said to it may be among what is kept no more
        said = view.time_ns[(view.from_server & (view.length > 0)) | ((view.flags & (FIN | RST)) != 0)]
        waiting += not len(said) or int(said[0]) > moment_ns
    return waiting


def third_ack_lost(connection: ConnectionFacts) -> Finding | None:
    """`third-ack-lost`: the SYN-ACK again by its timer although the client had confirmed it.

    At the server: no ACK came before the repeat, and the client, who never repeated its SYN, had
    got the SYN-ACK.  At the client: the ACK left, one repeat came, and the ACK of that was taken:
    the server spoke.  More repeats, each answered, speak for a full queue; a first repeat after
    three seconds, or a server that waits for data, for TCP_DEFER_ACCEPT: with one second to wait
    it repeats like a loss (recorded), and only data satisfies it.
    """
    repeats = syn_ack_repeats(connection)
    if not repeats:
        return None
    first = next(i for i in connection.syns if connection.side[i] and connection.is_syn_ack(i))
    if connection.time[repeats[0]] - connection.time[first] > DEFERRED_NS:
        return None
    confirms = _confirms(connection, first)
    early = [i for i in confirms if i < repeats[0]]
    late = [i for i in confirms if i > repeats[0]]
    taken = _taken(connection, first)
    if taken < 0 or not late or len(client_syns(connection)) > 1 or third_arrived(connection, confirms, repeats) >= 0:
        return None
    if early and (len(repeats) > 1 or connection.position is CapturePoint.SERVER or _ignored_data(connection, taken)):
        return None
    if not early and connection.position is not CapturePoint.SERVER:
        return None
    if early and waiting_beside(connection, first, connection.time[repeats[0]]):
        return None
    return connection.finding(
        FindingId.THIRD_ACK_LOST,
        [first, *early, *repeats, late[0], taken],
        Severity.WARNING,
        Confidence.POSSIBLE if early else Confidence.CERTAIN,
        ("accept-queue-full", "defer-accept") if early else ("accept-queue-full",),
        shape="left-here" if early else "never-came",
        count=len(repeats),
        first_frame=connection.frame[first],
        third_frame=connection.frame[early[0]] if early else 0,
        repeat_frame=connection.frame[repeats[-1]],
        late_frame=connection.frame[late[0]],
        taken_frame=connection.frame[taken],
        delay_s=connection.seconds(first, late[0]),
        position=connection.position.value,
    )


def accept_queue_full(connection: ConnectionFacts) -> Finding | None:
    """`accept-queue-full`, by the fact ``shape`` (Linux 6.18, measured; rules/findings.md#accept-queue-full).

    ``syn-ack-again``: third ACKs, or data, arrive and the SYN-ACK is repeated all the same.
    ``reset``: the third packet is answered by a RST without a socket (tcp_abort_on_overflow).
    ``cookies``: at the server, everything from the third packet on stays unanswered.
    ``syn-dropped``: SYNs stay unanswered.
    But for data that arrived at the server and was ignored while SYN-ACKs went on, other connections
    to the port must be seen to wait: without that, a packet filter or the path explains as much.
    Data ignored as seen from the client is not enough: an outage of one direction, recorded, looks
    the same.
    """
    signs = connection.signs
    return (
        (_syn_ack_again(connection) if signs & REOPENED else None)
        or (_reset(connection) if signs & RESET else None)
        or (_silent(connection) if signs & SUSPECT else None)
        or (_syn_dropped(connection) if signs & REOPENED else None)
    )


def _full(
    connection: ConnectionFacts, shape: str, evidence: list[int], confidence: Confidence, waiting: int, **facts: Fact
) -> Finding:
    others: tuple[str, ...] = {
        "syn-ack-again": ("third-ack-lost", "input-filter"),
        "reset": ("listener-closed", "firewall-reject", "third-ack-lost"),
        "cookies": ("third-ack-lost", "input-filter"),
        "syn-dropped": ("firewall-drop", "syn-lost", "third-ack-lost"),
    }[shape]
    return connection.finding(
        FindingId.ACCEPT_QUEUE_FULL,
        evidence,
        Severity.WARNING,
        confidence,
        others,
        shape=shape,
        waiting=waiting,
        first_frame=connection.frame[evidence[0]],
        last_frame=connection.frame[evidence[-1]],
        lasted_s=connection.seconds(evidence[0], evidence[-1]),
        server=connection.view.server.host,
        port=connection.view.server.port,
        position=connection.position.value,
        **facts,
    )


def _syn_ack_again(connection: ConnectionFacts) -> Finding | None:
    repeats = syn_ack_repeats(connection)
    if not repeats:
        return None
    first = next(i for i in connection.syns if connection.side[i] and connection.is_syn_ack(i))
    confirms = _confirms(connection, first)
    early = [i for i in confirms if i < repeats[-1]]
    data = _ignored_data(connection, repeats[-1])
    taken = _taken(connection, first)
    if not early or (taken >= 0 and taken < repeats[-1]):
        return None
    if connection.time[repeats[0]] - connection.time[first] > DEFERRED_NS and len(data) < IGNORED:
        return None  # TCP_DEFER_ACCEPT
    at_server = connection.position is CapturePoint.SERVER
    waiting = waiting_beside(connection, first, connection.time[repeats[0]])
    # Elsewhere than at the server, data that nobody took may have been lost like the third packet: one outage.
    refused_data = len(data) >= IGNORED and at_server
    if not refused_data and not waiting:
        return None
    return _full(
        connection,
        "syn-ack-again",
        [first, *early, *repeats],
        Confidence.LIKELY if at_server or refused_data else Confidence.POSSIBLE,
        waiting,
        count=len(repeats),
        thirds=len(early),
        ignored=len(data),
    )


def _reset(connection: ConnectionFacts) -> Finding | None:
    """A RST without ACK and from the server's own distance, to a client that had just been told that all is well."""
    handshake = connection.handshake
    rst = connection.rsts[0] if connection.rsts else -1
    if handshake is None or rst < handshake.third or not connection.side[rst] or connection.flags[rst] & ACK:
        return None
    taken = _taken(connection, handshake.syn_ack)
    if 0 <= taken < rst or int(connection.view.ttl[rst]) != int(connection.view.ttl[handshake.syn_ack]):
        return None
    waiting = waiting_beside(connection, handshake.syn_ack, connection.time[handshake.third] + SOON_NS)
    if not waiting:
        return None
    asked = [i for i in range(handshake.third, rst) if not connection.side[i]]
    at_server = connection.position is CapturePoint.SERVER
    return _full(
        connection,
        "reset",
        [handshake.syn_ack, *asked, rst],
        Confidence.LIKELY if at_server else Confidence.POSSIBLE,
        waiting,
        count=len(asked),
        rst_frame=connection.frame[rst],
        third_frame=connection.frame[handshake.third],
    )


def _silent(connection: ConnectionFacts) -> Finding | None:
    """Seen at the server only: from elsewhere, a lost path looks the same."""
    handshake = connection.handshake
    if handshake is None or connection.position is not CapturePoint.SERVER or syn_ack_repeats(connection):
        return None
    taken = _taken(connection, handshake.syn_ack)
    data = _ignored_data(connection, taken if taken >= 0 else connection.count)
    if len(data) <= IGNORED or any(connection.seq[i] != connection.seq[data[0]] for i in data):
        return None
    waiting = waiting_beside(connection, handshake.syn_ack, connection.time[data[IGNORED]])
    if not waiting or (connection.rsts and connection.rsts[0] < data[-1]):
        return None
    return _full(
        connection,
        "cookies",
        [handshake.syn_ack, handshake.third, *data],
        Confidence.POSSIBLE,
        waiting,
        count=len(data),
        third_frame=connection.frame[handshake.third],
    )


def _syn_dropped(connection: ConnectionFacts) -> Finding | None:
    """SYNs without an answer while others wait at the same port; answered late, or never."""
    syns = client_syns(connection)
    if len(syns) < 2 or len(connection.view.quotes):
        return None
    answer = next((i for i in range(connection.count) if connection.side[i]), -1)
    if answer >= 0 and (answer < syns[1] or not connection.is_syn_ack(answer)):
        return None
    if answer < 0 and len(syns) <= IGNORED and syn_timeout(connection) is None:
        return None
    waiting = waiting_beside(connection, syns[0], connection.time[syns[1]])
    if not waiting:
        return None
    return _full(
        connection,
        "syn-dropped",
        [*syns, answer] if answer >= 0 else syns,
        Confidence.POSSIBLE,
        waiting,
        count=len(syns),
        answer_frame=connection.frame[answer] if answer >= 0 else 0,
    )


RULES: Final = (
    (REOPENED, third_ack_lost),
    (REOPENED | RESET | SUSPECT, accept_queue_full),
)
