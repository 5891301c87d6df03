"""Rules about segments that were resent or came late (rules/findings.md#loss-and-order).

`tcptui.analysis.resend.classify` has given each segment its cause; the rules here group the segments,
count them and set the severity.  Loss is part of healthy TCP: severity comes from what it cost.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import Final

import numpy as np

from tcptui.analysis.resend.classify import DUPLICATE_ACKS
from tcptui.analysis.resend.resend import RTO_MIN_NS, Resend
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import SUSPECT
from tcptui.findings.icmp_quote import first_quote
from tcptui.findings.life_signs import (
    heard_after,
    reset_after,
    served_meanwhile,
    silent_but_syn_ack,
    silent_since_syn_ack,
)
from tcptui.findings.rules.capture_gaps import copy_mark, recorded_twice
from tcptui.findings.rules.path_mtu import too_large_so_far
from tcptui.findings.rules.spurious import spurious_resends, was_overtaken
from tcptui.model.arrays import indexes_of, last_before
from tcptui.model.batched import integer, largest, places_of, smallest
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, RST, SYN
from tcptui.model.verdict import Verdict

#: A high rate of resends, worth a warning, is at least this share (percent) of the data segments …
LOSS_PERCENT: Final = 1
#: … and at least this many, as in a short stream a single loss would be a high rate.
LOSS_EVENTS: Final = 3
#: Spurious resends cost little: a warning needs at least this share (percent) of segments and of bytes.
NEEDLESS_PERCENT: Final = 5
#: Fast recovery is also worth a warning when it took more than this share (percent) of the stream's time …
RECOVERY_PERCENT: Final = 10
#: … and at least this long, so that a user may notice.
RECOVERY_NS: Final = 200_000_000
#: How long a receiver may hold its ACK back: Linux's longest delay (RFC 9293, 3.8.6.3 allows 500 ms).
DELAYED_ACK_NS: Final = 200_000_000
#: What is named first where SACKs may have been cut off.
_CUT: Final = ("options-cut",)
_SACKS: Final = int(OptionBit.SACK | OptionBit.DSACK)
_index_of: Final = attrgetter("index")
#: Least wait for which a tail loss is worth a warning.
TAIL_NS: Final = 1_000_000_000


def _covering(connection: ConnectionFacts, resend: Resend) -> int:
    """Index of the peer's first segment that acknowledges the resent bytes; -1 when none does."""
    side = connection.side[resend.index]
    column = connection.space.acknowledged[side]
    index = int(places_of(column, integer(connection.space.end[resend.index]), side="left"))
    return index if index < connection.count else -1


def _range(connection: ConnectionFacts, resend: Resend) -> dict[str, Fact]:
    """Facts that the texts about every resend quote: who sent it, frames, sequence numbers, bytes."""
    i = resend.index
    return {
        "sender": SIDES[connection.side[i]],
        "other": SIDES[1 - connection.side[i]],
        "first_frame": connection.frame[i],
        "first_seq": connection.seq[i],
        "last_seq": (connection.seq[i] + max(0, connection.length[i] - 1)) & SEQ_MASK,
        "bytes": connection.length[i],
        "original_frame": connection.frame[resend.previous] if resend.previous >= 0 else 0,
    }


def _high_rate(connection: ConnectionFacts, count: int, percent: int = LOSS_PERCENT) -> bool:
    return count >= LOSS_EVENTS and count * 100 >= percent * connection.data_segments > 0


def _chosen(connection: ConnectionFacts, wanted: Callable[[Resend], bool]) -> list[Resend]:
    return [resend for resend in connection.resends if wanted(resend)]


def _carries(connection: ConnectionFacts, resend: Resend) -> bool:
    """Whether the resend has data or a FIN.

    In a stream that began before the capture, one byte not captured before is taken for a keep-alive.
    """
    if connection.length[resend.index] == 1 and resend.previous < 0 and connection.mid_stream:
        return False
    return connection.consumes_numbers(resend.index)


def fast_retransmission(connection: ConnectionFacts) -> Finding | None:
    """`fast-retransmission`: resent because of duplicate ACKs or SACK (RFC 5681, 6675; RACK, RFC 8985)."""
    unneeded = spurious_resends(connection)
    found = _chosen(
        connection,
        lambda r: r.cause is ResendCause.FAST_RECOVERY and r.index not in unneeded and not was_overtaken(connection, r),
    )
    if not found:
        return None
    open_ones = []
    in_recovery, until_acked, until = 0, 0, -1
    expired = _timers(connection)
    for resend in found:
        cover = _covering(connection, resend)
        if cover < 0:
            open_ones.append(resend)
        if cover > resend.index:
            start = max(_gap_shown(connection, resend), until)
            # What passes until a timer has run out is the time-out's, or that of a resend for nothing.
            timers = expired[connection.side[resend.index]]
            place = bisect_right(timers, resend.index, key=_index_of)
            ended_ns = connection.time[cover]
            if place < len(timers) and timers[place].index < cover:
                ended_ns = connection.time[timers[place].index] - timers[place].waited_ns
            in_recovery += largest(0, ended_ns - connection.time[start]) if cover > start else 0
            until_acked += largest(0, connection.time[cover] - connection.time[start]) if cover > start else 0
            until = max(until, cover)
    first = (open_ones or found)[0]
    side = connection.side[first.index]
    again, repair = repair_of(connection, first)
    whole = connection.time[connection.count - 1] - connection.time[0]
    slow = until_acked >= RECOVERY_NS and until_acked * 100 > RECOVERY_PERCENT * whole
    stamped = bool(int(connection.view.options[first.index]) & OptionBit.TIMESTAMPS)
    if connection.at_sender(side):
        confidence = Confidence.CERTAIN
    else:
        confidence = Confidence.LIKELY if stamped else Confidence.POSSIBLE
    duplicates = _duplicate_ack_indexes(connection, first) if first.trigger >= 0 else []
    by_sack = first.duplicate_acks < 3
    cover = _covering(connection, first)
    return connection.finding(
        FindingId.FAST_RETRANSMISSION,
        [*duplicates, first.trigger, first.previous, again, cover, *(resend.index for resend in found)],
        Severity.WARNING if slow or repair == "never" or _high_rate(connection, len(found)) else Severity.NOTE,
        confidence,
        ("reordering",),
        shape="sack" if by_sack else "",
        count=len(found),
        segments=connection.data_segments,
        percent=round(100 * len(found) / max(1, connection.data_segments), 1),
        trigger_frame=connection.frame[first.trigger] if first.trigger >= 0 else 0,
        duplicate_acks=first.duplicate_acks,
        delay_s=connection.seconds(first.trigger, first.index) if first.trigger >= 0 else 0.0,
        healed_s=connection.seconds(first.index, cover) if cover >= 0 else 0.0,
        healed_frame=connection.frame[cover] if cover >= 0 else 0,
        repair_s=connection.seconds(_gap_shown(connection, first), cover) if cover >= 0 else 0.0,
        recovery_s=in_recovery / 1e9,
        repair=repair,
        again_frame=connection.frame[again] if again >= 0 else 0,
        position=connection.position.value,
        **_range(connection, first),
    )


def _timers(connection: ConnectionFacts) -> tuple[list[Resend], list[Resend]]:
    """By side, the resends before which a timer ran out, for nothing or not, in order."""
    sides: tuple[list[Resend], list[Resend]] = [], []
    for resend in connection.resends:
        if resend.cause is ResendCause.RTO and resend.waited_ns >= RTO_MIN_NS:
            sides[connection.side[resend.index]].append(resend)
    return sides


def _gap_shown(connection: ConnectionFacts, resend: Resend) -> int:
    """Index of the segment from which on the gap that the resend fills was open here.

    Where the first copy did not pass, the first segment beyond it; else the resend: recovery begins with that.
    """
    if resend.previous >= 0:
        return resend.index
    sent = connection.space.sent[connection.side[resend.index]]
    return min(resend.index, int(places_of(sent, integer(connection.space.end[resend.index]), side="left")))


def repair_of(connection: ConnectionFacts, resend: Resend) -> tuple[int, str]:
    """Index of the last further try to send the bytes, or -1; and whether they were acknowledged in the end.

    ``once``: after this resend; ``again``: only after further ones; ``never``, although the capture went on for
    `RECOVERY_NS` and two round trips; ``reset``, ``cut``: the connection or the capture ended before that.
    """
    cover = _covering(connection, resend)
    again = connection.last_try(resend.index, cover if cover >= 0 else connection.count)
    if cover >= 0:
        return again, "again" if again >= 0 else "once"
    last = again if again >= 0 else resend.index
    told_ns = largest(RECOVERY_NS, 2 * connection.rtt_ns)
    if connection.rst_by(last, connection.time[last] + told_ns):
        repair = "reset"
    else:
        repair = "never" if connection.watched_after(last) >= told_ns and not connection.context.live else "cut"
    return again, repair


def _duplicate_ack_indexes(connection: ConnectionFacts, resend: Resend) -> list[int]:
    """Indexes of up to three duplicate ACKs, the last ones up to the resend's trigger."""
    side = connection.side[resend.index]
    found: list[int] = []
    for i in range(resend.trigger, max(-1, resend.trigger - 64), -1):
        if connection.side[i] != side and int(connection.view.verdict[i]) & Verdict.DUPLICATE_ACK:
            found.append(i)
        if len(found) == 3:
            break
    return found


def retransmission_timeout(connection: ConnectionFacts) -> Finding | None:
    """`retransmission-timeout`: the retransmission timer expired (RFC 6298); resends until recovery belong to it."""
    unneeded = spurious_resends(connection)
    found = _chosen(
        connection,
        lambda r: (
            r.cause is ResendCause.RTO
            and r.index not in unneeded
            and _carries(connection, r)
            # What had been acknowledged here before was not waited for in vain.
            and not 0 <= _covering(connection, r) < r.index
        ),
    )
    if not found:
        return None
    expired = [resend for resend in found if resend.waited_ns >= RTO_MIN_NS]
    if not expired:
        expired = [behind_needless(connection, found[0])]
    # A delayed FIN does no harm, delayed data does: where data were delayed, those waits are told.
    expired = [resend for resend in expired if connection.length[resend.index]] or expired
    worst = max(expired, key=lambda resend: resend.waited_ns)
    side = connection.side[worst.index]
    tries = [
        resend
        for resend in found
        if connection.seq[resend.index] == connection.seq[worst.index] and connection.side[resend.index] == side
    ]
    last = tries[-1]
    # Where the first copy was not captured, the first one that was is no repeat of anything seen here.
    unseen = tries[0].previous < 0 <= worst.previous
    cover = _covering(connection, last)
    cover = cover if cover > last.index else -1
    stamped = bool(int(connection.view.options[worst.index]) & OptionBit.TIMESTAMPS)
    # A capture that lacks the handshake may have been made at the receiver, too.
    if connection.at_receiver(side) or (connection.mid_stream and connection.position is CapturePoint.UNKNOWN):
        confidence = Confidence.POSSIBLE
    else:
        confidence = Confidence.CERTAIN if connection.at_sender(side) and stamped else Confidence.LIKELY
    answered = cover >= 0
    # The end of a capture proves no absence (rules/findings.md#confidence-and-severity).
    given_up = (
        not answered and connection.watched_after(last.index) >= 2 * worst.waited_ns and not connection.context.live
    )
    severity = Severity.ERROR if given_up and len(tries) > 2 else Severity.WARNING
    if not any(connection.length[resend.index] for resend in found):
        severity = Severity.NOTE  # only the close was delayed: everything else had arrived
    if not connection.packets_by_side[1 - side]:
        severity, confidence = Severity.NOTE, Confidence.POSSIBLE  # the answers may take another path
    if connection.at_receiver(side):
        severity = min(severity, Severity.WARNING)  # this host is there: it does not answer this connection
    asking = _asking(connection, worst) if answered else -1
    own_reset = -1 if answered else reset_after(connection, 1 - side, last.index)
    shape = _answered_shape(worst, asking) if answered else "unanswered" if given_up else "open-end"
    alternatives: tuple[str, ...] = ("probe", "shared-counter") if shape == "silent" else ("probe", "spurious")
    sign: dict[str, Fact] = {}
    if not answered:
        has_data = bool(connection.length[worst.index])
        shape, alternatives, sign = _life_signs(connection, side, tries, shape if has_data else "fin")
        if shape in ("reset", "closed"):
            severity = min(severity, Severity.WARNING)
        elif own_reset >= 0 and shape in ("unanswered", "open-end"):
            shape = "gave-up"
        taken = _taken_in_part(connection, worst)
        if taken >= 0:
            shape, alternatives = "in-part", ("piecemeal", "small-buffer")
            new = integer(connection.space.acknowledged[side][-1]) - integer(connection.space.seq[worst.index])
            sign = {"heard_frame": connection.frame[taken], "taken_bytes": new}
    return connection.finding(
        FindingId.RETRANSMISSION_TIMEOUT,
        [
            worst.previous,
            worst.since,
            worst.trigger,
            asking,
            cover,
            own_reset if shape == "gave-up" else -1,
            *(resend.index for resend in found),
        ],
        severity,
        confidence,
        alternatives,
        shape=shape,
        count=len(expired),
        resent=len(found),
        tries=len(tries) - unseen,
        waited_s=worst.waited_ns / 1e9,
        total_s=_total_rto_wait_ns(connection, expired) / 1e9,
        last_frame=connection.frame[last.index],
        healed_frame=connection.frame[cover] if answered else 0,
        healed_s=connection.seconds(worst.index, cover) if answered else 0.0,
        watched_s=connection.watched_after(last.index) / 1e9,
        asked_frame=connection.frame[asking] if asking >= 0 else 0,
        since_frame=connection.frame[worst.since if worst.since >= 0 else worst.index],
        silence_frame=connection.frame[worst.trigger] if worst.trigger >= 0 else 0,
        ending_frame=connection.frame[own_reset] if shape == "gave-up" else 0,
        ending_s=connection.seconds(last.index, own_reset) if shape == "gave-up" else 0.0,
        position=connection.position.value,
        **sign,
        **_range(connection, worst),
    )


def behind_needless(connection: ConnectionFacts, resend: Resend) -> Resend:
    """``resend`` with the wait of the try before it for which the timer had run out, where that one was for nothing.

    What is sent again next, as the peer acknowledges more than the sender knew, waited just as long.
    """
    before = _timers(connection)[connection.side[resend.index]]
    place = bisect_right(before, resend.index, key=_index_of) - 1
    if place < 0 or connection.time[resend.index] - connection.time[before[place].index] >= RTO_MIN_NS:
        return resend
    return replace(resend, waited_ns=before[place].waited_ns, since=before[place].since)


def _answered_shape(resend: Resend, asking: int) -> str:
    """The shape of a time-out that was acknowledged; ``asking``: see `_asking`."""
    if resend.trigger >= 0:
        return "silent"  # what was reported was reported after the timer had run
    return "asked" if asking >= 0 else ""


def _asking(connection: ConnectionFacts, resend: Resend) -> int:
    """Index of the peer's last SACK, or third and later duplicate ACK, that showed the gap before the resend; or -1."""
    view, i, side = connection.view, resend.index, connection.side[resend.index]
    peer = view.from_server[:i] != bool(side)
    peer &= view.ack[:i] == view.seq[i]
    if integer(connection.space.sacked[side][i]) >= integer(connection.space.end[i]):
        reports = indexes_of(peer & ((view.options[:i] & _SACKS) == OptionBit.SACK))
        return int(reports[-1]) if len(reports) else -1
    duplicates = indexes_of(peer & ((view.verdict[:i] & Verdict.DUPLICATE_ACK) != 0))
    return int(duplicates[-1]) if len(duplicates) >= DUPLICATE_ACKS else -1


def _total_rto_wait_ns(connection: ConnectionFacts, expired: list[Resend]) -> int:
    """Time in which a timer ran that then expired; where timers of both ends ran, it counts once."""
    total, until = 0, connection.time[0]
    for resend in expired:
        now = connection.time[resend.index]
        total += largest(0, now - largest(until, now - resend.waited_ns))
        until = largest(until, now)
    return total


def _taken_in_part(connection: ConnectionFacts, resend: Resend) -> int:
    """Index of the peer's first segment that acknowledges the beginning of the resent bytes; -1 without one.

    For bytes of which the end is never acknowledged: what was sent again does arrive.  Not where a smaller piece of
    them was sent, too: then that arrived (a path MTU black hole, a window probe).
    """
    side, space = connection.side[resend.index], connection.space
    start, end = integer(space.seq[resend.index]), integer(space.end[resend.index])
    index = int(places_of(space.acknowledged[side], start + 1, side="left"))
    if not resend.index < index < connection.count:
        return -1
    before = slice(resend.index, index)
    smaller = (space.seq[before] == start) & (space.end[before] > start) & (space.end[before] < end)
    return -1 if (smaller & (connection.view.from_server[before] == bool(side))).any() else index


def _life_signs(
    connection: ConnectionFacts, side: int, tries: list[Resend], shape: str
) -> tuple[str, tuple[str, ...], dict[str, Fact]]:
    """Shape, alternatives and a fact of unanswered ``tries``; ``shape``: without a sign of life of the peer."""
    first = tries[0]
    fin = "fin-" if shape == "fin" else ""
    size = ("path-mtu",) if too_large_so_far(connection, side, first.index) else ()
    heard = heard_after(connection, side, first.index)
    if heard >= 0:
        return fin + "heard", (*size, "one-way-lost", "input-filter"), {"heard_frame": connection.frame[heard]}
    rst = reset_after(connection, side, tries[-1].index)
    if rst >= 0:
        ended: dict[str, Fact] = {"heard_frame": connection.frame[rst]}
        closed = next((i for i in connection.fins_by_side[1 - side] if i < rst), -1)
        if closed >= 0:
            return "closed", ("early-close", "path-outage"), ended | {"fin_frame": connection.frame[closed]}
        return "reset", ("path-outage", "crashed"), ended
    sent = [first.previous] if first.previous >= 0 else []
    one_way = not connection.packets_by_side[1 - side]
    beside = -1 if side or one_way else served_meanwhile(connection, [*sent, *(resend.index for resend in tries)])
    if beside >= 0:
        return fin + "alone", (*size, "nat-forgot", "balanced-host", "input-filter"), {"beside_stream": beside}
    mute = ("accept-queue-full",) if not side and silent_since_syn_ack(connection) else ()
    if connection.at_receiver(side):
        return shape, ("input-filter", "one-sided", *mute), {}
    return shape, ("path-lost", "peer-dead", "one-sided", *size, *mute), {}


def tail_loss(connection: ConnectionFacts) -> Finding | None:
    """`tail-loss`: the last segment before a silence was resent: no later segment could make the receiver report a gap.

    With one segment in flight and nothing after it, a tail loss probe (RFC 8985, 7) and a time-out (RFC 6298)
    look the same; the text then says "probe or time-out".
    """
    unneeded = spurious_resends(connection)
    found = _chosen(
        connection,
        lambda r: (
            (r.cause is ResendCause.TAIL_LOSS_PROBE or r.lone) and r.index not in unneeded and _carries(connection, r)
        ),
    )
    if not found:
        return None
    silences = {resend.index: _silence(connection, resend) for resend in found}
    # A delayed FIN does no harm, delayed data does: prefer data.
    worst = max(found, key=lambda resend: (connection.length[resend.index] > 0, silences[resend.index]))
    waited_ns, since = silences[worst.index]
    side = connection.side[worst.index]
    cover = _covering(connection, worst)
    healed_ns = largest(connection.time[cover] - connection.time[worst.index], 0) if cover >= 0 else 0
    total_ns = sum(ns for ns, _since in silences.values())
    costly = waited_ns >= TAIL_NS or (_high_rate(connection, len(found)) and total_ns >= RECOVERY_NS)
    one_way = not connection.packets_by_side[1 - side]  # the answers may take another path
    # A server that has said nothing yet may have ignored it.
    mute = not side and silent_but_syn_ack(connection, worst.index)
    doubtful = one_way or mute or connection.at_receiver(side) or _perhaps_arrived(connection, worst, cover)
    return connection.finding(
        FindingId.TAIL_LOSS,
        [worst.previous, since, cover, *(resend.index for resend in found)],
        Severity.WARNING if costly and not one_way else Severity.NOTE,
        Confidence.POSSIBLE if doubtful else Confidence.LIKELY,
        ("ack-lost", "accept-queue-full", "slow-answer") if mute else ("ack-lost", "slow-answer"),
        shape="probe-or-timeout" if worst.lone else "",
        count=len(found),
        waited_s=waited_ns / 1e9,
        lost_s=largest(waited_ns, waited_ns + healed_ns - connection.rtt_ns) / 1e9,
        healed_frame=connection.frame[cover] if cover >= 0 else 0,
        position=connection.position.value,
        **_range(connection, worst),
    )


def _perhaps_arrived(connection: ConnectionFacts, resend: Resend, cover: int) -> bool:
    """Whether the first copy may well have arrived: a bare FIN, or bytes acknowledged soon after it, twice, or never.

    A FIN's receiver may be gone without having lost it.  An ACK that comes within a round trip and `DELAYED_ACK_NS` of
    the first copy may be that one's, held back or late.  So may one that comes at the sender sooner after the resend
    than half a round trip.  Two ACKs of the bytes answer two copies: the first was only held up, as the
    link stalled.
    """
    if not connection.length[resend.index] or cover < 0:
        return True
    if _acknowledged_twice(connection, cover):
        return True
    if resend.previous < 0 or connection.rtt_ns <= 0:
        return False
    soon = 2 * (connection.time[cover] - connection.time[resend.index]) < connection.rtt_ns
    if soon and connection.at_sender(connection.side[resend.index]):
        return True
    return connection.time[cover] - connection.time[resend.previous] <= connection.rtt_ns + DELAYED_ACK_NS


def _acknowledged_twice(connection: ConnectionFacts, cover: int) -> bool:
    """Whether the ACK ``cover`` came again, bare and with the same window, before either end sent anything new."""
    view = connection.view
    for i in range(cover + 1, connection.count):
        if connection.consumes_numbers(i):
            return False
        if connection.side[i] != connection.side[cover] or connection.flags[i] & (SYN | RST | ACK) != ACK:
            continue
        if connection.ack[i] == connection.ack[cover]:
            return integer(view.window[i]) == integer(view.window[cover])
        return False
    return False


def _silence(connection: ConnectionFacts, resend: Resend) -> tuple[int, int]:
    """How long the sender had waited before the resend, and sent neither data nor FIN, in nanoseconds; since which."""
    i = resend.index
    sent = (j for j in range(i - 1, -1, -1) if connection.side[j] == connection.side[i])
    last = next((j for j in sent if connection.consumes_numbers(j)), -1)
    passed = connection.time[i] - connection.time[last] if last >= 0 else resend.waited_ns
    since = last if last >= 0 and passed < resend.waited_ns else resend.since
    return largest(0, smallest(resend.waited_ns, passed)), since


def spurious_retransmission(connection: ConnectionFacts) -> Finding | None:
    """`spurious-retransmission`: it had arrived, by D-SACK, Eifel (RFC 3522), or an ACK captured before.

    Bare FINs are told where no data were sent again like this.
    """
    every = spurious_resends(connection)
    unneeded = {i: proof for i, proof in every.items() if connection.length[i]} or every
    if not unneeded:
        return None
    index = next(iter(unneeded))
    proof = unneeded[index]
    resend = next(r for r in connection.resends if r.index == index)
    side = connection.side[index]
    shape = proof.kind
    wasted = sum(connection.length[i] for i in unneeded)
    costly = _high_rate(connection, len(unneeded), NEEDLESS_PERCENT) and (
        wasted * 100 >= NEEDLESS_PERCENT * sum(connection.payload_by_side)
    )
    delay_ns = _answered_late_ns(connection, resend, is_reported=shape == "dsack")
    certain = shape != "acked-here" or not connection.at_sender(side)
    alternatives = {"dsack": ("reordering", "delay-spike", "duplicated"), "eifel": ("reordering", "delay-spike")}.get(
        shape, ("acks-lost", "delay-spike", "duplicated")
    )
    if shape == "eifel" and connection.last_try(index, proof.witness) >= 0:
        alternatives = ("acks-lost", "delay-spike")  # no reordering holds several tries up
    return connection.finding(
        FindingId.SPURIOUS_RETRANSMISSION,
        [i for found, why in unneeded.items() for i in (found, why.witness)] + [resend.previous],
        Severity.WARNING if costly or delay_ns >= TAIL_NS else Severity.NOTE,
        Confidence.CERTAIN if certain else Confidence.LIKELY,
        alternatives,
        shape=shape,
        count=len(unneeded),
        delay_s=delay_ns / 1e9,
        segments=connection.data_segments,
        proof_frame=connection.frame[proof.witness],
        apart_s=max(connection.seconds(proof.witness, index), connection.seconds(index, proof.witness)),
        waited_s=resend.waited_ns / 1e9,
        **_range(connection, resend),
    )


def _answered_late_ns(connection: ConnectionFacts, resend: Resend, *, is_reported: bool) -> int:
    """How much later than a round trip the first copy of ``resend`` was acknowledged, which its sender waited for (ns).

    ``is_reported``: the acknowledgment answers the second copy, too, and took at least a round trip from it on, which
    is what there is where none was measured.  0 where the acknowledgment had passed before the resend: here, at its
    receiver or behind the loss of an ACK; and where nothing is known of the round trip.
    """
    cover = _covering(connection, resend)
    if resend.previous < 0 or cover < 0 or not (connection.rtt_ns or is_reported):
        return 0
    rtt_ns = connection.rtt_ns or connection.time[cover] - connection.time[resend.index]
    return largest(connection.time[cover] - connection.time[resend.previous] - rtt_ns, 0)


def retransmission_unexplained(connection: ConnectionFacts) -> Finding | None:
    """`retransmission-unexplained`: resent, and the packets do not show why; the default.

    Resends after a router's ICMP error *packet too big* are explained by that, and left out.
    """
    unneeded = spurious_resends(connection)
    found = _chosen(
        connection,
        lambda r: (
            r.cause is ResendCause.UNKNOWN
            and not r.lone
            and r.index not in unneeded
            and _carries(connection, r)
            and not connection.flags[r.index] & SYN
        ),
    )
    if found:
        smaller = first_quote(connection, lambda error: error.too_big)
        if smaller is not None:  # RFC 1191, RFC 8201
            found = [resend for resend in found if connection.time[resend.index] < smaller[0].time_ns]
    if not found:
        return None
    first = found[0]
    # Without a captured first copy it is uncertain whether the segment was a resend at all.
    again = [resend for resend in found if resend.previous >= 0 and connection.length[resend.index]]
    report = _reported_above(connection, first)
    # At the sender no ACK is missing that it got.
    alternatives: tuple[str, ...] = ("probe", "recovery", "timeout", "duplicated")
    if connection.at_sender(connection.side[first.index]):
        alternatives = ("probe", "timeout", "duplicated")
    unread = any(_options_cut(connection, resend) for resend in found)
    if unread:
        alternatives = (*_CUT, *alternatives)
    return connection.finding(
        FindingId.RETRANSMISSION_UNEXPLAINED,
        [first.previous, report, *(resend.index for resend in found)],
        # What the capture cut may explain every one of them.
        Severity.WARNING if _high_rate(connection, len(again)) and not unread else Severity.NOTE,
        Confidence.CERTAIN,
        alternatives,
        shape="first-copy-unseen" if first.previous < 0 else "reported" if report >= 0 else "",
        report_frame=connection.frame[report] if report >= 0 else 0,
        count=len(found),
        segments=connection.data_segments,
        waited_s=first.waited_ns / 1e9,
        since_s=connection.seconds(first.previous, first.index) if first.previous >= 0 else 0.0,
        **_range(connection, first),
    )


def _options_cut(connection: ConnectionFacts, resend: Resend) -> bool:
    """Whether options of the peer were cut between a resend and its last copy: its SACKs may have asked for it."""
    i = resend.index
    return last_before(connection.cut_by_side[1 - connection.side[i]], i) >= max(0, resend.previous)


def _reported_above(connection: ConnectionFacts, resend: Resend) -> int:
    """Index of the peer's last SACK of bytes above those of the resend, after their last copy; -1 without one."""
    if resend.previous < 0:
        return -1
    view, i = connection.view, resend.index
    between = slice(resend.previous, i)
    reports = (view.options[between] & _SACKS) == OptionBit.SACK
    reports &= view.from_server[between] != view.from_server[i]
    above = (view.sack_left[between] - view.seq[i]).view(np.int32) > 0
    found = indexes_of(reports & above)
    return resend.previous + int(found[-1]) if len(found) else -1


def out_of_order(connection: ConnectionFacts) -> Finding | None:
    """`out-of-order`: new bytes that were sent before what was captured before them (by IP ID, TSval, or timing).

    A first copy that comes behind its resend brings nothing new.
    """
    found = _chosen(
        connection,
        lambda r: (
            r.cause is ResendCause.NONE
            and not r.copy
            and r.previous < 0
            and connection.length[r.index] > 0
            and r.trigger >= 0
        ),
    )
    if not found:
        return None
    first = found[0]
    latest = max(found, key=lambda resend: connection.time[resend.index] - connection.time[resend.trigger])
    proved = any(resend.proved for resend in found)
    return connection.finding(
        FindingId.OUT_OF_ORDER,
        [index for resend in found for index in (resend.trigger, resend.index)],
        Severity.NOTE,
        Confidence.CERTAIN if proved else Confidence.LIKELY,
        # What its own interface sent late had no first copy that was lost before.
        ("capture-reordered",)
        if proved or connection.at_sender(connection.side[first.index])
        else ("capture-reordered", "resent-early"),
        shape="proved" if first.proved else "timing",
        count=len(found),
        segments=connection.data_segments,
        overtaker_frame=connection.frame[first.trigger],
        late_s=connection.seconds(latest.trigger, latest.index),
        **_range(connection, first),
    )


def duplicated_by_network(connection: ConnectionFacts) -> Finding | None:
    """`duplicated-by-network`: a few transmissions captured twice, with the same IP ID and timestamps.

    Where a copy has neither, only the time speaks against a resend, and a D-SACK would report both.
    """
    elsewhere = {resend.index for resend in recorded_twice(connection)}
    found = _chosen(connection, lambda r: r.cause is ResendCause.NETWORK_DUPLICATE and r.index not in elsewhere)
    if not found:
        return None
    first = found[0]
    report = next(
        (
            i
            for i in range(first.index + 1, min(first.index + 32, connection.count))
            if connection.side[i] != connection.side[first.index] and int(connection.view.options[i]) & OptionBit.DSACK
        ),
        -1,
    )
    mark = copy_mark(connection, first)
    sure, unsure = Confidence.CERTAIN, Confidence.LIKELY
    if mark == "unmarked":
        sure, unsure = Confidence.LIKELY, Confidence.POSSIBLE
    return connection.finding(
        FindingId.DUPLICATED_BY_NETWORK,
        [report, *(index for resend in found for index in (resend.previous, resend.index))],
        Severity.NOTE,
        sure if report >= 0 else unsure,
        ("mirror-port", "resent-early") if mark == "unmarked" else ("mirror-port",),
        shape="-".join(part for part in ("reported" if report >= 0 else "", mark) if part),
        count=len(found),
        ip_id=connection.view.ip_id.item(first.index),
        proof_frame=connection.frame[report] if report >= 0 else 0,
        apart_s=connection.seconds(first.previous, first.index),
        **_range(connection, first),
    )


RULES: Final = (
    (SUSPECT, fast_retransmission),
    (SUSPECT, retransmission_timeout),
    (SUSPECT, tail_loss),
    (SUSPECT, spurious_retransmission),
    (SUSPECT, retransmission_unexplained),
    (SUSPECT, out_of_order),
    (SUSPECT, duplicated_by_network),
)
