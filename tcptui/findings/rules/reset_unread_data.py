"""Rule about resets because the closing program had not read all data (rules/findings.md#rst-unread-data)."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import RESET
from tcptui.findings.rules.challenge_ack import challenged_syn
from tcptui.findings.rules.close import both_closed
from tcptui.findings.rules.reset_injected import rst_injected
from tcptui.findings.unanswered import FAREWELL_BYTES, message_in
from tcptui.findings.unread_backlog import backlogs
from tcptui.model.arrays import flatnonzero32
from tcptui.model.batched import integer, largest
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import SEQ_MASK, ahead
from tcptui.model.tcp_flags import ACK, SYN
from tcptui.protocols.last_words import Asks

#: Fewest segments whose data must stay unread: one or two shrink the window for a moment whatever the program does.
UNREAD_SEGMENTS: Final = 4
#: How long the window must stay small: a program that reads at all has read within this time.
UNREAD_NS: Final = 5_000_000

#: A window that nobody reads from grows by less: a buffer grows only as it is read (Linux, tcp_rcv_space_adjust).
GROWS_UNREAD_BYTES: Final = 262_144


def rst_unread_data(connection: ConnectionFacts) -> Finding | None:
    """`rst-unread-data`: an open socket was aborted while bytes that it had acknowledged were still unread.

    RFC 1122, 4.2.2.13 and RFC 2525, 2.17 ask for a RST when a program closes with unread data.
    The RST looks like that of any abort, so other evidence is needed, named by the fact ``shape``:
    ``crossed``: more bytes of the peer were on their way; ``kept``: the window had shrunk by what was
    acknowledged; ``unanswered``: the server never answered a request that it had acknowledged; ``unaccepted``: one
    of these, while nothing shows that a program of the server had the connection: a listener that closes resets those
    that wait for accept() just so.
    """
    rst = connection.first_reset
    if (
        rst <= 0
        or not connection.flags[rst] & ACK
        or both_closed(connection, rst)
        or challenged_syn(connection) is not None
    ):
        return None
    side = connection.side[rst]
    if not _living(connection, rst, side) or rst_injected(connection, rst) is not None:
        return None
    heard = [i for i in range(rst) if connection.side[i] != side and connection.length[i]]
    said = max((i for i in range(rst) if connection.side[i] == side and connection.length[i]), default=-1)
    # The peer's data after the end's own last data, as far as the RST acknowledges it.
    recent = [
        i
        for i in heard
        if (said < 0 or connection.time[i] > connection.time[said] or _beyond(connection, i, said))
        and not ahead(connection.end[i], connection.ack[rst]) > 0
    ]
    unread = largest(0, ahead(connection.ack[rst], connection.ack[said] if said >= 0 else 1)) if recent else 0
    crossing = [
        i
        for i in range(connection.count)
        if connection.side[i] != side and connection.length[i] and ahead(connection.end[i], connection.ack[rst]) > 0
    ]
    if crossing and heard and _still_sending(connection, crossing, rst) and _says_more(connection, crossing):
        shape, evidence = "crossed", [*crossing[:2]]
    elif len(recent) >= UNREAD_SEGMENTS and _is_unread(connection, rst, side):
        shape, evidence = "kept", recent
    elif side and not connection.fins and _is_message(connection, recent, unread):
        shape, evidence = "unanswered", recent
    else:
        return None
    room = _room_given_back(connection, rst, recent[0]) if recent else 0
    is_read = room >= largest(unread, GROWS_UNREAD_BYTES)
    if is_read and shape == "unanswered":
        return None
    taken = not side or said >= 0 or is_read or len(backlogs(connection.view, side)) > 0
    if not taken:
        if not unread:
            return None  # all that is known to have come is the SYN
        shape, evidence = "unaccepted", recent
    first = evidence[0]
    # Before the capture the window may have been larger than all that is seen of it.
    perhaps_read = shape == "unanswered" and (connection.mid_stream or room >= unread)
    return connection.finding(
        FindingId.RST_UNREAD_DATA,
        (*evidence, rst),
        Severity.WARNING if side else Severity.NOTE,  # a client may lose interest in what it asked for
        Confidence.POSSIBLE if not taken or perhaps_read else Confidence.LIKELY,
        ("linger-zero", "killed") if taken else ("listener-closed", "linger-zero", "killed"),
        shape=shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        data_frame=connection.frame[first],
        rst_frame=connection.frame[rst],
        unread_bytes=unread
        if shape != "crossed"
        else largest(*(ahead(connection.end[i], connection.ack[rst]) for i in crossing)),
        waited_s=largest(connection.seconds(first, rst), connection.seconds(rst, first)),
        address=(connection.view.server if side else connection.view.client).host,
    )


def _is_message(connection: ConnectionFacts, recent: list[int], unread: int) -> bool:
    """Whether ``unread`` bytes, which begin in the first segment of ``recent``, are more than a farewell."""
    if not unread:
        return False
    asked, _ = message_in(connection, recent)
    return asked is Asks.ANSWER or (unread > FAREWELL_BYTES and asked > Asks.NOTHING)


def _says_more(connection: ConnectionFacts, crossing: list[int]) -> bool:
    """Whether the peer's segments ``crossing`` are more than its goodbye."""
    return message_in(connection, crossing)[0] is not Asks.LEAVE


def _living(connection: ConnectionFacts, rst: int, side: int) -> bool:
    """Whether an open socket sent the RST: in sequence, with a window, timestamps and TTL as in its other packets."""
    view = connection.view
    own = [i for i in range(rst) if connection.side[i] == side and not connection.flags[i] & SYN]
    if not own or integer(view.window[rst]) == 0:
        return False
    last = own[-1]
    if int(view.options[last]) & ~int(view.options[rst]) & OptionBit.TIMESTAMPS:
        return False
    sent = integer(connection.space.sent[side][rst - 1])
    return integer(view.ttl[last]) == integer(view.ttl[rst]) and ahead(connection.seq[rst], sent & SEQ_MASK) == 0


def _beyond(connection: ConnectionFacts, i: int, said: int) -> bool:
    """Whether segment ``i`` carries bytes beyond what segment ``said``, the end's last data, acknowledged."""
    return ahead(connection.end[i], connection.ack[said]) > 0


def _still_sending(connection: ConnectionFacts, crossing: list[int], rst: int) -> bool:
    """Whether any of the peer's segments ``crossing`` was captured within two round trips of the RST."""
    near = largest(connection.rtt_ns, 1_000_000)
    return any(abs(connection.time[i] - connection.time[rst]) <= 2 * near for i in crossing)


def _room_given_back(connection: ConnectionFacts, rst: int, asked: int) -> int:
    """By how many bytes the end of the RST moved its right edge on since the peer's segment ``asked``; 0 if unknown.

    A program that has read them looks like that, and so does a window that grows (Linux) or a proxy in between.
    """
    view, side = connection.view, connection.side[rst]
    own = flatnonzero32(view.from_server[:rst] == bool(side))
    before, after = own[own < asked], own[own > asked]
    if not len(before) or not len(after):
        return 0
    edges = [connection.ack[int(i)] + integer(view.window[i]) & SEQ_MASK for i in (before[-1], after[-1])]
    return ahead(edges[1], edges[0])


def _is_unread(connection: ConnectionFacts, rst: int, side: int) -> bool:
    """Whether the end's window shrank by at least half of what it acknowledged since: the bytes are in its buffer.

    A burst shrinks the window until the program has had time to read, so it must stay small for `UNREAD_NS` and half a
    round trip.  The window in the RST itself is that of an emptied buffer, so it is not used.  Only half is required,
    because auto-tuning enlarges the window meanwhile.
    """
    view = connection.view
    mine = flatnonzero32((view.from_server == bool(side)) & ((view.flags & SYN) == 0))
    mine = mine[mine < rst]
    if len(mine) < UNREAD_SEGMENTS:
        return False
    windows = view.window[mine]
    widest = len(windows) - 1 - int(np.argmax(windows[::-1]))
    acknowledged = ahead(connection.ack[int(mine[-1])], connection.ack[int(mine[widest])])
    shrunk = int(windows[widest]) - int(windows[-1])
    lasted = connection.time[int(mine[-1])] - connection.time[int(mine[widest])]
    return lasted >= largest(UNREAD_NS, connection.rtt_ns // 2) and 2 * shrunk >= acknowledged > 0


RULES: Final = ((RESET, rst_unread_data),)
