"""Rules about connections that only one side has closed: on purpose, or by mistake (rules/findings.md#closing)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import CLOSED
from tcptui.findings.rules.close import new_bytes_after
from tcptui.findings.unanswered import FAREWELL_BYTES, message_in
from tcptui.model.batched import largest
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import SEQ_MASK, seq_after
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.protocols.last_words import Asks

if TYPE_CHECKING:
    from tcptui.analysis.stream.same_server import Sibling

#: rules/findings.md#close-wait-leak: least silence after the ACK of a FIN for a note …
SLOW_CLOSE_NS: Final = 5_000_000_000
#: … the same in round trips, for long paths …
SLOW_CLOSE_ROUND_TRIPS: Final = 20
#: … and silence longer than any program needs to answer (Linux drops the closing end's socket then, tcp_fin_timeout).
LEAK_NS: Final = 60_000_000_000
#: This many connections to one server that behave alike are a pattern.
PATTERN: Final = 3


def half_close(connection: ConnectionFacts) -> Finding | None:
    """`half-close`: after its FIN was acknowledged, an end still gets new data and acknowledges it: shutdown(SHUT_WR).

    RFC 9293, 3.6.  After close() that data would be answered with a RST.  Without such data a
    half-close and a slow close look the same, and there is no finding.
    """
    fin = connection.fins[0]
    side = connection.side[fin]
    number = connection.end[fin]
    data = [
        i
        for i in range(fin + 1, connection.count)
        if connection.length[i] and connection.side[i] != side and connection.acknowledges(i, number)
    ]
    if not data:
        return None
    fresh, carriers = new_bytes_after(connection, 1 - side, data[0], connection.count)
    carriers = [i for i in carriers if connection.acknowledges(i, number)]
    if not fresh or not carriers:
        return None
    last = carriers[-1]
    read = connection.first_acknowledging(side, (connection.seq[carriers[0]] + 1) & SEQ_MASK, carriers[0])
    if read < 0 or any(connection.side[i] == side and i < read for i in connection.rsts):
        return None
    acknowledged = next((i for i in range(fin + 1, connection.count) if connection.side[i] != side), -1)
    asked, _ = message_in(connection, carriers)
    farewell = asked is Asks.LEAVE or (fresh <= FAREWELL_BYTES and asked is not Asks.ANSWER)
    return connection.finding(
        FindingId.HALF_CLOSE,
        (fin, acknowledged, carriers[0], last, read),
        Severity.NOTE,
        Confidence.CERTAIN,
        shape="farewell" if farewell else "",
        closer=SIDES[side],
        other=SIDES[1 - side],
        fin_frame=connection.frame[fin],
        data_frame=connection.frame[carriers[0]],
        last_frame=connection.frame[last],
        read_frame=connection.frame[read],
        after_s=connection.seconds(fin, carriers[0]),
        late_bytes=fresh,
        count=len(carriers),
    )


def close_wait_leak(connection: ConnectionFacts) -> Finding | None:
    """`close-wait-leak`: a FIN was acknowledged, and the program that received it does not close its side.

    Possible after five seconds; likely from a minute on, or when the end that closed first gives up with a RST.
    A RST that answers the other end's keep-alive gives nothing up: that end's system has no such connection any more.
    New data shows that the program still works (`half_close`): then there is no finding.  Never certain: a
    long answer may be on its way.  Unless that end gave up, a single one is a note however long it lasted:
    clients keep pools, and the last FINs of a capture are easily lost; three to one server are a warning.
    """
    fin = connection.fins[0]
    side = connection.side[fin]
    acknowledged = connection.first_acknowledging(1 - side, connection.end[fin], fin)
    if acknowledged < 0 or any(connection.side[i] != side and i <= acknowledged for i in connection.fins):
        return None  # the FIN of the other end came with the ACK, or crossed this one
    if connection.ack[acknowledged] != connection.end[fin]:
        return None  # it had taken bytes beyond this FIN before: an old number, of which its program never hears
    theirs = _next_step(connection, acknowledged, side)
    gave_up = next((i for i in connection.rsts if i > acknowledged and connection.side[i] == side), -1)
    until = connection.time[theirs] if theirs >= 0 else connection.view.capture_end_ns
    if gave_up >= 0 and (theirs < 0 or gave_up < theirs):
        until = connection.time[gave_up]
    silent_ns = until - connection.time[acknowledged]
    if silent_ns < largest(SLOW_CLOSE_NS, SLOW_CLOSE_ROUND_TRIPS * largest(connection.rtt_ns, 0)):
        return None
    if theirs >= 0 and connection.length[theirs] and _is_new(connection, theirs, _highest(connection, side, theirs)):
        return None
    if _counts_an_unseen_fin(connection, fin, side):
        return None
    if theirs < 0 and _has_data_under_way(connection, side):
        return None  # its own FIN, if there is one, waits behind data that nobody has acknowledged
    ended = gave_up >= 0 and (theirs < 0 or gave_up < theirs)
    left = ended and not _answers(connection, gave_up, acknowledged)
    long = silent_ns >= LEAK_NS
    fellows = 0 if side else connection.of_siblings(_left_open)
    above_note = left or (long and theirs < 0 and fellows + 1 >= PATTERN)
    alternatives: tuple[str, ...] = ("slow-answer-intended", "stopped-program", "fin-lost-before")
    if connection.at_receiver(side):
        alternatives = ("slow-answer-intended", "stopped-program")
    return connection.finding(
        FindingId.CLOSE_WAIT_LEAK,
        (fin, acknowledged, theirs, gave_up if ended else -1),
        Severity.WARNING if above_note else Severity.NOTE,
        Confidence.LIKELY if long or left else Confidence.POSSIBLE,
        alternatives,
        shape="gave-up" if left else "answered" if ended else "closed-late" if theirs >= 0 else "open",
        closer=SIDES[side],
        other=SIDES[1 - side],
        fin_frame=connection.frame[fin],
        ack_frame=connection.frame[acknowledged],
        end_frame=connection.frame[gave_up if ended else theirs] if ended or theirs >= 0 else 0,
        silent_s=silent_ns / 1e9,
        fellows=fellows,
        address=(connection.view.client if side else connection.view.server).host,
    )


def _answers(connection: ConnectionFacts, rst: int, acknowledged: int) -> bool:
    """Whether ``rst`` only answers what the other end sent since ``acknowledged``: it has that segment's ACK number.

    So does a system without such a connection (RFC 9293, 3.10.7.1); a program that gives up acknowledges.
    """
    if connection.flags[rst] & ACK:
        return False
    side = connection.side[rst]
    asked = next((i for i in range(rst - 1, acknowledged, -1) if connection.side[i] != side), -1)
    return asked >= 0 and connection.ack[asked] == connection.seq[rst]


def _left_open(siblings: list[Sibling]) -> int:
    """How many of ``siblings`` their client closed, and their server did not."""
    return sum(1 for one in siblings if not one.server_closed and one.client_closed and not one.reset)


def _highest(connection: ConnectionFacts, side: int, upto: int) -> int:
    """The number after the last one that the peer of ``side`` used before segment ``upto``; -1 without any."""
    highest = -1
    for i in range(upto):
        if connection.side[i] != side and (connection.length[i] or connection.flags[i] & (SYN | FIN) or highest < 0):
            highest = connection.end[i] if highest < 0 or seq_after(connection.end[i], highest) else highest
    return highest


def _has_data_under_way(connection: ConnectionFacts, side: int) -> bool:
    """Whether ``side`` never acknowledged some of the payload that came of its peer."""
    backwards = range(connection.count - 1, -1, -1)
    mine = (i for i in backwards if connection.side[i] == side and connection.flags[i] & ACK)
    newest = next(mine, -1)
    return newest >= 0 and any(
        connection.side[i] != side and connection.length[i] and seq_after(connection.end[i], connection.ack[newest])
        for i in backwards
    )


def _is_new(connection: ConnectionFacts, index: int, highest: int) -> bool:
    """Whether the payload of segment ``index`` goes beyond ``highest``."""
    return highest < 0 or seq_after((connection.seq[index] + connection.length[index]) & SEQ_MASK, highest)


def _next_step(connection: ConnectionFacts, acknowledged: int, side: int) -> int:
    """Index of the peer's first FIN, RST or new payload after ``acknowledged``; -1 without one.

    Old payload sent again and keep-alives are its system's, not its program's.
    """
    highest: int | None = None
    for i in range(acknowledged + 1, connection.count):
        if connection.side[i] == side:
            continue
        if connection.flags[i] & (FIN | RST):
            return i
        if connection.length[i]:
            highest = _highest(connection, side, acknowledged + 1) if highest is None else highest
            if _is_new(connection, i, highest):
                return i
    return -1


def _counts_an_unseen_fin(connection: ConnectionFacts, fin: int, side: int) -> bool:
    """Whether numbers from ``fin`` on lie beyond all that came here of the peer of ``side``: then its FIN was sent.

    The FIN was lost on its way here, or the capture missed it: the peer's next number counts it, or ``side``
    acknowledges it.
    """
    highest = _highest(connection, side, connection.count)
    for i in range(fin, connection.count):
        if connection.flags[i] & RST:
            continue
        number = connection.seq[i] if connection.side[i] != side else connection.ack[i]
        if connection.flags[i] & ACK and seq_after(number, highest):
            return True
    return False


RULES: Final = (
    (CLOSED, half_close),
    (CLOSED, close_wait_leak),
)
