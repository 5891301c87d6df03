"""Handshakes that the server did not take: third ACK lost, or accept queue full (rules/findings.md#accept-queue-full).

From the client both look the same, and each finding names the other as an alternative.  What can tell them
apart: whether third ACKs reached the server's own interface, whether data arrived there and was ignored
as well, and whether other connections waited at the same port.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.gates import REOPENED, RESET, SUSPECT
from tcptui.findings.life_signs import heard_beside, served_meanwhile
from tcptui.findings.rules.handshake import (
    DEFERRED_NS,
    acks_of_syn_ack,
    answers_syn,
    repeated_syn_acks,
    third_arrived,
)
from tcptui.findings.rules.no_answer import back_to_back_answers, client_syns, syn_timeout
from tcptui.findings.rules.path_lost import IDLE_NS, LONG_IDLE_NS
from tcptui.model.arrays import last_of_each
from tcptui.model.batched import in_columns, integer
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from tcptui.analysis.stream.same_server import Siblings
    from tcptui.model.packet_store import I64

#: How many other connections are examined: one that waits in the accept queue gets neither data nor FIN nor RST.
WAITING_READ: Final = 4
#: A connection with more packets than this is not examined: it has been accepted for long.
WAITING_PACKETS: Final = 2_000
#: Connections whose neighbours are looked at together: those of each take a kilobyte.
_AT_ONCE: Final = 1_024
#: A program that keeps up with its accept queue answers a new client within this time.
SOON_NS: Final = 200_000_000
#: A server that holds the connection in SYN-RECEIVED repeats its SYN-ACK within this time (RFC 6298, 2: 1 s at first).
MUTE_NS: Final = 1_500_000_000
#: A client that waits for its SYN-ACK has repeated its SYN by then (RFC 6298, 2.1: 1 s; Linux rounds it up to 64 ms).
SYN_REPEATED_NS: Final = 1_064_000_000
#: Times that the client's data must be ignored to be a sign of a full queue (rules/findings.md#accept-queue-full).
IGNORED: Final = 2
#: Fewest connections that fill a queue, whose length of 1 lets two in (Linux).
QUEUED: Final = 2


def syn_ack_repeats(connection: ConnectionFacts) -> list[int]:
    """Indexes of the SYN-ACKs that the server's own timer repeated, not a repeated SYN."""
    if connection.several_initial_numbers:
        return []  # another number is no repeat
    return [i for i in repeated_syn_acks(connection) if not answers_syn(connection, i)]


def _taken(connection: ConnectionFacts, syn_ack: int) -> int:
    """Index of the server's first segment after the SYN-ACK that is no SYN or RST; -1 when there is none.

    It shows that the server completed the handshake.
    """
    return next(
        (
            i
            for i in range(syn_ack + 1, connection.count)
            if connection.side[i] and not connection.flags[i] & (SYN | RST)
        ),
        -1,
    )


def _ignored_data(connection: ConnectionFacts, until: int) -> list[int]:
    """Indexes of the client's data segments before ``until``, retransmissions included."""
    return [i for i in range(until) if not connection.side[i] and connection.length[i]]


def waiting_beside(connection: ConnectionFacts, opened: int, moment_ns: int, queued_ns: int | None = None) -> int:
    """How many other connections to the same port seem to wait in the accept queue at the time ``moment_ns``.

    They began no later than `SOON_NS` after segment ``opened``, and until ``moment_ns`` there was no data or FIN of the
    server, and no RST.  With ``queued_ns`` the server had answered them before that time: others cannot have filled the
    queue by then, and their own SYNs may have been lost at once with this one's.
    """
    siblings = connection.context.siblings
    if siblings is None:
        return 0
    soon_ns = connection.time[opened] + SOON_NS
    waiting: int = in_columns(partial(_waiting_at, siblings), connection.view.stream, soon_ns, moment_ns, queued_ns)
    return waiting


def _waiting_at(siblings: Siblings, streams: I64, soon_ns: I64, moment_ns: I64, queued_ns: I64 | None) -> I64:
    """`waiting_beside` each of the connections ``streams``, of those that began by ``soon_ns``."""
    waiting = np.zeros(len(streams), np.int64)
    for begin in range(0, len(streams), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        near = siblings.near_each(streams[some])
        before = (near.began_ns <= soon_ns[some, None]) & (near.packets <= WAITING_PACKETS)
        beside, at = last_of_each(before, WAITING_READ).nonzero()
        # Of evicted packets the server's first data may be one.
        whole, server_ns, used_ns = siblings.first_words_each(near.streams[beside, at])
        whole &= used_ns > moment_ns[some][beside]
        if queued_ns is not None:
            whole &= server_ns < queued_ns[some][beside]
        waiting[some] = np.bincount(beside[whole], minlength=len(before))
    return waiting


def _syns_seen(connection: ConnectionFacts) -> int:
    """How many SYNs of the client passed, the network's and the recorder's copies of one left out."""
    copies = {resend.index for resend in connection.resends if resend.copy}
    mine = (i for i in connection.syns if not connection.side[i] and connection.is_pure_syn(i))
    return sum(i not in copies for i in mine)


def third_ack_lost(connection: ConnectionFacts) -> Finding | None:
    """`third-ack-lost`: the server's timer repeats the SYN-ACK although the client had acknowledged it.

    Captured at the server: no ACK came before the repeat, and the client, which never repeated its SYN, had
    received the SYN-ACK: it echoes that one's timestamp, and none of a repeat; without timestamps that says little
    where the repeat reached it before `SYN_REPEATED_NS`.  A capture that
    begins after the SYN does not show whether it came again.  Captured at the client: the ACK left, one repeat came,
    and the server accepted the ACK of that, as its next segment shows.  More repeats, each answered, are a sign of a
    full queue.  A first repeat after three seconds, or a server that waits for data, is a sign of TCP_DEFER_ACCEPT:
    when set to one second, its repeats look like a loss (recorded), and only data ends them.
    """
    repeats = syn_ack_repeats(connection)
    if not repeats:
        return None
    first = next(i for i in connection.syns if connection.side[i] and connection.is_syn_ack(i))
    if connection.time[repeats[0]] - connection.time[first] > DEFERRED_NS:
        return None
    confirms = acks_of_syn_ack(connection, first)
    early = [i for i in confirms if i < repeats[0]]
    late = [i for i in confirms if i > repeats[0]]
    taken = _taken(connection, first)
    if not late or taken < late[0]:
        return None  # where the server went on before, it had taken an ACK that the capture lacks
    if _syns_seen(connection) != 1 or third_arrived(connection, confirms, repeats) >= 0:
        return None
    if early and (len(repeats) > 1 or connection.position is CapturePoint.SERVER or _ignored_data(connection, taken)):
        return None
    if not early and connection.position is not CapturePoint.SERVER:
        return None
    if early and waiting_beside(connection, first, connection.time[repeats[0]]):
        return None
    heard = _heard_first(connection, first, late[0])
    if not early and (heard is False or _was_delayed(connection, first, repeats[0], late[0])):
        return None
    # When the first repeat reached the client, by the client's clock: it answers at once.
    heard_ns = connection.time[late[0]] - connection.time[client_syns(connection)[0]]
    return connection.finding(
        FindingId.THIRD_ACK_LOST,
        [first, *early, *repeats, late[0], taken],
        Severity.WARNING,
        # A SYN-ACK that was lost, and the client's next SYN with it, leave the same packets here.
        Confidence.POSSIBLE if early or not (heard or heard_ns >= SYN_REPEATED_NS) else Confidence.LIKELY,
        ("accept-queue-full", "defer-accept") if early else ("syn-ack-lost",),  # a full queue would not hide the packet
        shape="left-here" if early else "never-came",
        count=len(repeats),
        first_frame=connection.frame[first],
        third_frame=connection.frame[early[0]] if early else 0,
        repeat_frame=connection.frame[repeats[-1]],
        late_frame=connection.frame[late[0]],
        taken_frame=connection.frame[taken],
        delay_s=connection.seconds(first, late[0]),
        lost_s=_waited_for_server(connection, first, late[0], taken),
        position=connection.position.value,
    )


def _was_delayed(connection: ConnectionFacts, syn_ack: int, repeat: int, ack: int) -> bool:
    """Whether ``ack`` left the client, by its own timestamps, before the ``repeat`` of ``syn_ack`` was sent at all.

    Then it is the third packet itself, which was held on its way and not lost.
    """
    return connection.time[ack] - connection.copies.held_ns(syn_ack, ack) < connection.time[repeat]


def _waited_for_server(connection: ConnectionFacts, syn_ack: int, late: int, taken: int) -> float:
    """Seconds for which the lost third packet held up the server's first data; 0.0 where nobody waited for these.

    What the client sends of its own, data or FIN, completes the opening as well, and came when the client had it.
    """
    if connection.consumes_numbers(late) or any(not connection.side[i] and connection.length[i] for i in range(taken)):
        return 0.0
    return connection.seconds(syn_ack, late) if taken >= 0 and connection.length[taken] else 0.0


def _heard_first(connection: ConnectionFacts, syn_ack: int, ack: int) -> bool | None:
    """Whether the client that sends ``ack`` had got ``syn_ack``, by the timestamp that it echoes; None without one.

    A client that was open already answers a repeat without taking its timestamp (Linux).
    """
    view = connection.view
    if not int(view.options[syn_ack]) & int(view.options[ack]) & OptionBit.TIMESTAMPS:
        return None
    return view.ts_echo.item(ack) == view.ts_value.item(syn_ack)


def accept_queue_full(connection: ConnectionFacts) -> Finding | None:
    """`accept-queue-full`, by the fact ``shape`` (Linux 6.18, measured; rules/findings.md#accept-queue-full).

    ``syn-ack-again``: third ACKs, or data, arrive and the SYN-ACK is repeated all the same.
    ``reset``: the third packet is answered by a RST without ACK, as sent without a socket (tcp_abort_on_overflow).
    ``cookies``: at the server, everything from the third packet on stays unanswered.
    ``ignored``: the same anywhere, while the server answers another connection to the port.
    ``syn-dropped``: SYNs stay unanswered.
    Other connections to the port must be seen to wait as well: otherwise a packet filter or the path explains
    the same packets.  The only exception is data that arrived at the server and was ignored while it repeated
    SYN-ACKs.  Ignored data seen from the client is not enough: an outage of one direction, recorded,
    looks the same.
    """
    signs = connection.signs
    return (
        (_syn_ack_again(connection) if signs & REOPENED else None)
        or (_reset(connection) if signs & RESET else None)
        or (_silent(connection) if signs & SUSPECT else None)
        or (_syn_dropped(connection) if signs & REOPENED else None)
    )


def _full(
    connection: ConnectionFacts,
    shape: str,
    evidence: list[int],
    confidence: Confidence,
    waiting: int,
    severity: Severity = Severity.WARNING,
    *,
    since: int = -1,
    **facts: Fact,
) -> Finding:
    """``since``: from which segment on somebody waited, else from the first of ``evidence``."""
    others: tuple[str, ...] = {
        "syn-ack-again": ("third-ack-lost", "input-filter"),
        "reset": ("listener-closed", "firewall-reject", "third-ack-lost"),
        "cookies": ("input-filter",),
        "ignored": ("input-filter",)
        if connection.position is CapturePoint.SERVER
        else ("content-filter", "input-filter"),
        "syn-dropped": ("firewall-drop", "syn-lost", "third-ack-lost"),
    }[shape]
    return connection.finding(
        FindingId.ACCEPT_QUEUE_FULL,
        evidence,
        severity,
        confidence,
        connection.possible_here(others),
        shape=shape,
        waiting=waiting,
        first_frame=connection.frame[evidence[0]],
        last_frame=connection.frame[evidence[-1]],
        lasted_s=connection.seconds(evidence[0], evidence[-1]),
        lost_s=connection.seconds(since if since >= 0 else evidence[0], evidence[-1]),
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
    confirms = acks_of_syn_ack(connection, first)
    early = [i for i in confirms if i < repeats[-1]]
    data = _ignored_data(connection, repeats[-1])
    taken = _taken(connection, first)
    if not early or (taken >= 0 and taken < repeats[-1]):
        return None
    if connection.time[repeats[0]] - connection.time[first] > DEFERRED_NS and len(data) < IGNORED:
        return None  # TCP_DEFER_ACCEPT
    at_server = connection.position is CapturePoint.SERVER
    waiting = waiting_beside(connection, first, connection.time[repeats[0]])
    # When not captured at the server, unacknowledged data may have been lost like the third packet: one outage.
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
    """Shape ``reset``: a RST without ACK, with the server's own TTL, right after a complete handshake."""
    handshake = connection.handshake
    rst = connection.first_reset
    if (
        handshake is None
        or connection.several_initial_numbers
        or rst < handshake.third
        or not connection.side[rst]
        or connection.flags[rst] & ACK
    ):
        return None
    taken = _taken(connection, handshake.syn_ack)
    if 0 <= taken < rst or integer(connection.view.ttl[rst]) != integer(connection.view.ttl[handshake.syn_ack]):
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
    """Shapes ``cookies`` and ``ignored``: after a complete handshake the same data, or FIN, again and again in vain.

    No SYN-ACK is repeated, so the server has no memory of the handshake (SYN cookies).  ``cookies`` only for a
    capture at the server: elsewhere, a lost path looks the same.  ``ignored`` where the server spoke to another
    connection before and after a try, so path and host are well; away from the server a filter on the way may
    drop data by its content, a bare FIN has none.
    """
    handshake = connection.handshake
    if handshake is None or syn_ack_repeats(connection) or len(connection.view.quotes):
        return None
    taken = _taken(connection, handshake.syn_ack)
    sent = [
        i
        for i in range(handshake.third, taken if taken >= 0 else connection.count)
        if not connection.side[i] and (connection.length[i] or connection.flags[i] & FIN)
    ]
    tries = [i for i in sent if connection.seq[i] == connection.seq[sent[0]]]
    if len(tries) <= IGNORED or connection.watched_after(handshake.third) < MUTE_NS:
        return None
    if any(connection.side[i] and i < tries[-1] for i in connection.rsts):
        return None
    evidence = [handshake.syn_ack, handshake.third, *tries]
    third_frame = connection.frame[handshake.third]
    at_server = connection.position is CapturePoint.SERVER
    waiting = waiting_beside(connection, handshake.syn_ack, connection.time[tries[IGNORED]]) if at_server else 0
    only_fin = not any(connection.length[i] for i in tries)
    since = tries[-1] if only_fin else tries[0]  # who closes does not wait
    if waiting:
        return _full(
            connection,
            "cookies",
            evidence,
            Confidence.LIKELY,
            waiting,
            since=since,
            count=len(tries),
            third_frame=third_frame,
        )
    idle_ns = connection.time[tries[0]] - connection.time[handshake.third]
    if taken >= 0 or idle_ns >= (LONG_IDLE_NS if only_fin else IDLE_NS):
        return None  # taken late, as after any outage; or a middlebox may have forgotten it while it was idle
    beside = served_meanwhile(connection, tries)
    if beside < 0:
        return None
    patient = connection.watched_after(tries[-1]) >= connection.time[tries[-1]] - connection.time[tries[-2]]
    return _full(
        connection,
        "ignored",
        evidence,
        Confidence.LIKELY if at_server or only_fin else Confidence.POSSIBLE,
        0,
        Severity.ERROR if patient and not only_fin and not connection.context.live else Severity.WARNING,
        since=since,
        beside_stream=beside,
        count=len(tries),
        third_frame=third_frame,
    )


def _syn_dropped(connection: ConnectionFacts) -> Finding | None:
    """Shape ``syn-dropped``: SYNs answered late or never while other connections wait at the same port.

    A late answer may be a refusal: the program ended while its queue was full.  Where none came at all, a server that
    is heard beside them meanwhile makes the queue the cause of the failure; else all of it may have died.
    """
    syns = client_syns(connection)
    if len(syns) < 2 or len(connection.view.quotes):
        return None
    answer = next((i for i in range(connection.count) if connection.side[i]), -1)
    refused = answer >= 0 and bool(connection.flags[answer] & RST)
    if answer >= 0 and (answer < syns[1] or not (connection.is_syn_ack(answer) or refused)):
        return None
    failed = syn_timeout(connection) if answer < 0 else None
    if answer < 0 and len(syns) <= IGNORED and failed is None:
        return None
    if back_to_back_answers(connection, syns) > 1:
        return None  # two SYNs were answered, so neither was dropped
    waiting = waiting_beside(connection, syns[0], connection.time[syns[1]], connection.time[syns[0]])
    if not waiting:
        return None
    severity = Severity.WARNING
    if failed is not None:
        heard = waiting >= QUEUED and heard_beside(connection, connection.time[syns[0]], connection.time[syns[-1]])
        severity = failed.severity if heard else Severity.NOTE
    return _full(
        connection,
        "syn-dropped",
        [*syns, answer] if answer >= 0 else syns,
        Confidence.POSSIBLE,
        waiting,
        severity,
        count=len(syns),
        answer_frame=connection.frame[answer] if answer >= 0 else 0,
    )


RULES: Final = (
    (REOPENED, third_ack_lost),
    (REOPENED | RESET | SUSPECT, accept_queue_full),
)
