"""Resets that a third party sent with the address of one end (rules/findings.md#rst-injected)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.analysis.path_distance import from_other_distance, is_of_this_link, set_otherwise
from tcptui.analysis.resend.ip_id import number_step
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.rules.path_lost import reset_after_idle
from tcptui.model.batched import integer
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, RST, SYN

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView

#: Packets captured out of order are closer together than this (rules/findings.md#healthy-traffic-that-looks-ill).
OVERTAKEN_NS: Final = 10_000_000
#: A RST that overtakes others is at most so many packets ahead; a forger's number is anything.
OVERTAKEN_PACKETS: Final = 16
#: How many of the alleged sender's last packets have their TTL compared.
OWN_PACKETS: Final = 8
#: An answer within this share (percent) of the round trip to a host did not come from that host.
EARLY_PERCENT: Final = 70


def rst_injected(connection: ConnectionFacts, rst: int) -> Finding | None:
    """`rst-injected`: the RST's alleged sender goes on sending new bytes, so a third party sent the RST.

    Continued data makes it likely.  It must have been sent after the RST, and not merely been captured
    after it: its timestamp shows that or, without timestamps, that it came at least `OVERTAKEN_NS` later; and it knows
    all that the RST answers.
    A server with a full accept queue and tcp_abort_on_overflow resets a third packet and may take a later one.
    """
    view, side = connection.view, connection.side[rst]
    highest = integer(connection.space.sent[side][rst])
    before = int(connection.space.latest[side][rst - 1])
    if before < 0 or integer(connection.space.sent[side][-1]) <= highest + 1:
        return None
    later = _goes_on(connection, rst, before, highest + 1)
    if later < 0:
        return None
    usual, found = integer(view.ttl[before]), integer(view.ttl[rst])
    perhaps_full = usual == found and not connection.flags[rst] & ACK and connection.is_syn_ack(before) and bool(side)
    alternatives: tuple[str, ...] = ("middlebox", "two-hosts")
    if perhaps_full:
        alternatives = ("accept-queue-full", *alternatives)
    # Behind a hole the numbers may be those of the next connection between these ports, whose SYN is not here.
    behind_hole = integer(connection.space.seq[later]) > highest + 1
    if behind_hole:
        alternatives = ("missed-packets", *alternatives)
    elif (two := of_two_machines(connection, before, rst, later)) is not None:
        return two
    return connection.finding(
        FindingId.RST_INJECTED,
        (before, rst, later),
        Severity.ERROR,
        Confidence.POSSIBLE if perhaps_full or behind_hole else Confidence.LIKELY,
        alternatives,
        shape="other-distance"
        if from_other_distance(view.ttl[rst], view.ttl[before])
        else "other-start"
        if set_otherwise(view.ttl[rst], view.ttl[before])
        else "",
        sender=SIDES[side],
        rst_frame=connection.frame[rst],
        later_frame=connection.frame[later],
        later_s=connection.seconds(rst, later),
        ttl=found,
        usual_ttl=usual,
    )


def of_two_machines(connection: ConnectionFacts, before: int, rst: int, later: int) -> Finding | None:
    """`rst-injected`, shape ``duplicate``: the RST came from another hardware address than the packets around it.

    All three were sent on this very link, as their TTL has not been counted down: behind a router hardware addresses
    are routers'.
    """
    view, side = connection.view, connection.side[rst]
    if not all(bool(is_of_this_link(view.ttl[i])) for i in (before, rst, later)):
        return None
    usual, found, again = (connection.hardware_sender(i) for i in (before, rst, later))
    if not usual or not found or found == usual or again != usual:
        return None
    return connection.finding(
        FindingId.RST_INJECTED,
        (before, rst, later),
        Severity.ERROR,
        Confidence.LIKELY,
        ("middlebox",),
        shape="duplicate",
        sender=SIDES[side],
        address=(connection.view.server if side else connection.view.client).host,
        rst_frame=connection.frame[rst],
        last_frame=connection.frame[before],
        later_frame=connection.frame[later],
        later_s=connection.seconds(rst, later),
        hardware=found,
        usual_hardware=usual,
        ttl=integer(view.ttl[rst]),
        usual_ttl=integer(view.ttl[before]),
    )


def _goes_on(connection: ConnectionFacts, rst: int, before: int, known: int) -> int:
    """Index of the first new bytes, above ``known``, that the alleged sender of ``rst`` surely sent after it; else -1.

    ``before``: its last segment before the RST.  Of those that come later `OVERTAKEN_PACKETS` are looked at.
    """
    view, side = connection.view, connection.side[rst]
    beyond = (
        i
        for i in range(rst + 1, connection.count)
        if connection.side[i] == side and integer(connection.space.end[i]) > known
    )
    for later in islice(beyond, OVERTAKEN_PACKETS):
        if connection.flags[later] & (SYN | RST):
            return -1
        if int(view.options[later]) & int(view.options[before]) & OptionBit.TIMESTAMPS:
            is_before = ahead(view.ts_value.item(later), view.ts_value.item(before)) < 0
        else:
            is_before = connection.time[later] - connection.time[rst] < OVERTAKEN_NS
        if not (is_before or _numbered_before(view, later, rst) or _overtaken(connection, later, rst)):
            return later
    return -1


def _numbered_before(view: StreamView, later: int, rst: int) -> bool:
    """Whether segment ``later`` was sent before ``rst``, and overtaken by it, by the IP packet numbers of both."""
    numbers = view.ip_id.item(later), view.ip_id.item(rst)
    return all(numbers) and 0 < number_step(*numbers) <= OVERTAKEN_PACKETS


def _overtaken(connection: ConnectionFacts, later: int, rst: int) -> bool:
    """Whether ``later`` was sent before ``rst``: it knows less of what the other end had sent.

    It acknowledges less than the RST; or, as a RST without ACK answers a segment, less than that, or with an older
    timestamp echoed.
    """
    if connection.flags[rst] & ACK:
        return ahead(connection.ack[later], connection.ack[rst]) < 0
    view, side = connection.view, connection.side[rst]
    asked = next(
        (i for i in reversed(range(rst)) if connection.side[i] != side and connection.ack[i] == connection.seq[rst]), -1
    )
    if asked < 0:
        return False
    if ahead(connection.ack[later], connection.end[asked]) < 0:
        return True
    stamped = int(view.options[later]) & int(view.options[asked]) & OptionBit.TIMESTAMPS
    return bool(stamped) and ahead(view.ts_echo.item(later), view.ts_value.item(asked)) < 0


def sent_elsewhere(connection: ConnectionFacts, rst: int) -> bool:
    """Whether ``rst`` came from another distance than each of its sender's last `OWN_PACKETS` packets."""
    ttl, side = connection.view.ttl, connection.side[rst]
    own = [i for i in range(rst) if connection.side[i] == side][-OWN_PACKETS:]
    return bool(own) and bool(from_other_distance(ttl[rst], ttl[own]).all())


def doubted(connection: ConnectionFacts, rst: int) -> bool:
    """Whether ``rst`` may be somebody else's: by its TTL, or because its alleged sender goes on with acknowledging.

    What was only captured late acknowledges no more than that end's last segment before the RST, or has changed places
    with it: rare enough to leave the abort no more than possible.
    """
    if sent_elsewhere(connection, rst):
        return True
    side = connection.side[rst]
    before = int(connection.space.latest[side][rst - 1])
    return before >= 0 and any(
        connection.side[i] == side
        and connection.flags[i] & (ACK | SYN | RST) == ACK
        and ahead(connection.ack[i], connection.ack[before]) > 0
        for i in range(rst + 1, connection.count)
    )


def rst_from_elsewhere(connection: ConnectionFacts, rst: int) -> Finding | None:
    """`rst-injected` by two signs at once, one of which is a time at which its alleged sender cannot have sent it.

    The RST came in much less than a round trip, or it answers nothing: a RST
    without ACK answers a segment, and all segments before it had been answered.
    The other sign is another TTL or, of one that came too soon, its alleged sender's own answer to the same segment,
    which came when it could (shape ``answered``).  After idle time it is `idle_connection_dropped`.
    """
    view, side = connection.view, connection.side[rst]
    own = [i for i in range(rst) if connection.side[i] == side]
    asked = max((i for i in range(rst) if connection.side[i] != side), default=-1)
    if not own or asked < 0 or reset_after_idle(connection) is not None:
        return None
    handshake = connection.handshake
    trip = connection.time[handshake.syn_ack] - connection.time[handshake.syn] if handshake is not None else 0
    trip = connection.time[handshake.third] - connection.time[handshake.syn_ack] if handshake and not side else trip
    answer_ns = connection.time[rst] - connection.time[asked]
    if not sent_elsewhere(connection, rst):
        return _answered_all_the_same(connection, rst, asked, trip)
    unasked = not connection.flags[rst] & ACK and own[-1] > asked
    if not unasked and answer_ns * 100 > EARLY_PERCENT * trip:
        return None
    return connection.finding(
        FindingId.RST_INJECTED,
        (own[-1], asked, rst),
        Severity.ERROR,
        Confidence.LIKELY,
        ("middlebox", "two-hosts"),
        shape="unasked" if unasked else "early",
        sender=SIDES[side],
        other=SIDES[1 - side],
        rst_frame=connection.frame[rst],
        asked_frame=connection.frame[asked],
        last_frame=connection.frame[own[-1]],
        answer_s=answer_ns / 1e9,
        trip_s=trip / 1e9,
        ttl=integer(view.ttl[rst]),
        usual_ttl=integer(view.ttl[own[-1]]),
    )


def _answered_all_the_same(connection: ConnectionFacts, rst: int, asked: int, trip_ns: int) -> Finding | None:
    """`rst-injected`, shape ``answered``: too soon a RST, and then its alleged sender's own ACK of ``asked``."""
    side = connection.side[rst]
    answer_ns = connection.time[rst] - connection.time[asked]
    if trip_ns < OVERTAKEN_NS or answer_ns * 100 > EARLY_PERCENT * trip_ns or not connection.consumes_numbers(asked):
        return None
    later = next(
        (
            i
            for i in range(rst + 1, connection.count)
            if connection.side[i] == side
            and connection.flags[i] & (ACK | SYN | RST) == ACK
            and ahead(connection.ack[i], connection.end[asked]) >= 0
        ),
        -1,
    )
    if later < 0 or (connection.time[later] - connection.time[asked]) * 100 <= EARLY_PERCENT * trip_ns:
        return None
    return connection.finding(
        FindingId.RST_INJECTED,
        (asked, rst, later),
        Severity.ERROR,
        Confidence.LIKELY,
        ("middlebox", "two-hosts"),
        shape="answered",
        sender=SIDES[side],
        other=SIDES[1 - side],
        rst_frame=connection.frame[rst],
        asked_frame=connection.frame[asked],
        later_frame=connection.frame[later],
        later_s=connection.seconds(asked, later),
        answer_s=answer_ns / 1e9,
        trip_s=trip_ns / 1e9,
        ttl=integer(connection.view.ttl[rst]),
    )
