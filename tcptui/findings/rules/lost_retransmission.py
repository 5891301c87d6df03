"""Rules about lost retransmissions, and about segments that arrived twice (rules/findings.md#loss-and-order)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.resend import SENT_AGAIN
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import REPORTED_TWICE, SUSPECT
from tcptui.findings.life_signs import silent_but_syn_ack
from tcptui.findings.refused import Refusal, Refusals
from tcptui.findings.rules.retransmission import duplicated_by_network, repair_of
from tcptui.findings.rules.spurious import spurious_resends
from tcptui.model.arrays import indexes_of, last_before
from tcptui.model.batched import integer, places_of
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import RST, SYN

if TYPE_CHECKING:
    from tcptui.analysis.resend.resend import Resend

#: Most D-SACKs that are examined: more show nothing new.
REPORTS: Final = 2_000


def lost_retransmission(connection: ConnectionFacts) -> Finding | None:
    """`lost-retransmission`: the same bytes resent twice or more, because a retransmission was lost itself.

    ``overtaken``: data first sent after the earlier retransmission was reported by SACK while the hole
    stayed (RFC 6675, RFC 8985); ``never-filled``: so, and it never was.
    ``timer``: the retransmission timer expired although the peer was heard meanwhile.  In complete silence the
    retransmissions need not be lost: a server whose accept queue is full ignores them, as recorded;
    `retransmission_timeout` reports that.  Not for a capture at the receiver, where lost retransmissions are
    not seen.  A D-SACK afterwards shows that one had arrived.
    ``no-room``, ``discarded``: the receiver itself did not keep it (`refused`), which is told where nothing was lost.
    """
    unneeded = spurious_resends(connection)
    sent = {
        resend.index: resend
        for resend in connection.resends
        if resend.cause in SENT_AGAIN and resend.index not in unneeded
    }
    found: list[tuple[Resend, str]] = []
    for resend in sent.values():
        earlier = sent.get(resend.previous)
        if (
            earlier is None
            or not connection.length[resend.index]
            or connection.at_receiver(connection.side[resend.index])
        ):
            continue
        acknowledged = _acknowledged(connection, resend) >= 0
        if not acknowledged and (_covered(connection, resend) or repair_of(connection, resend)[1] != "never"):
            continue
        if _overtaken(connection, earlier, resend) >= 0:
            found.append((resend, "overtaken"))
        elif acknowledged and resend.cause is ResendCause.RTO and _heard(connection, earlier, resend):
            found.append((resend, "timer"))
    if not found:
        return None
    refusals = {side: Refusals(connection, side) for side in {connection.side[r.index] for r, _how in found}}
    signs = [refusals[connection.side[r.index]].of(r.previous, r.index) for r, _how in found]
    kept = [one for one, sign in zip(found, signs, strict=True) if sign is None]
    if not kept and (sign := signs[-1]) is not None:
        return _refused(connection, found[-1][0], sign, len(found))
    short_of_memory = len(kept) < len(found) or refusals[connection.side[kept[0][0].index]].has_discards
    found = kept
    last, shape = next(((r, how) for r, how in found if how == "overtaken"), found[0])
    # Of bytes that never arrived, the last try is told.
    never = [r for r, how in found if how == "overtaken" and _acknowledged(connection, r) < 0]
    last = never[-1] if never else last
    side = connection.side[last.index]
    earlier = sent[last.previous]
    original = earlier.previous
    witness = _overtaken(connection, earlier, last)
    cover = _acknowledged(connection, last)
    # On a path that reorders the repeat may merely have been overtaken.
    reorders = any(connection.side[i] == side for i in unneeded)
    certain = shape == "overtaken" and not reorders
    confidence = Confidence.CERTAIN if certain else Confidence.LIKELY
    if short_of_memory or not connection.at_sender(side):
        confidence = Confidence.POSSIBLE
    others = ("reordering", "acks-lost-too", "receiver-dropped")
    return connection.finding(
        FindingId.LOST_RETRANSMISSION,
        [original, earlier.index, witness, last.index, cover, *(resend.index for resend, _how in found)],
        Severity.WARNING if shape == "timer" or never or len(found) > 2 else Severity.NOTE,
        confidence,
        (others[-1], *others[:-1]) if short_of_memory else others,
        shape="never-filled" if never else shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(found),
        original_frame=connection.frame[original] if original >= 0 else 0,
        witness_frame=connection.frame[witness] if witness >= 0 else 0,
        total_s=connection.seconds(original if original >= 0 else earlier.index, cover if cover >= 0 else last.index),
        position=connection.position.value,
        **_two_tries(connection, last),
    )


def _two_tries(connection: ConnectionFacts, last: Resend) -> dict[str, Fact]:
    """Facts that the texts of every shape quote: the retransmission that did not help, the next one, the bytes."""
    cover, i = _acknowledged(connection, last), last.index
    return {
        "earlier_frame": connection.frame[last.previous],
        "first_frame": connection.frame[i],
        "healed_frame": connection.frame[cover] if cover >= 0 else 0,
        "first_seq": connection.seq[i],
        "last_seq": (connection.seq[i] + max(0, connection.length[i] - 1)) & SEQ_MASK,
        "bytes": connection.length[i],
        "waited_s": connection.seconds(last.previous, i),
    }


def _refused(connection: ConnectionFacts, last: Resend, sign: Refusal, count: int) -> Finding:
    """The finding where the receiver itself kept none of the ``count`` retransmissions, of which ``last`` followed.

    Its window is told by rules of its own, and costs there: what it refused is a note.
    """
    side = connection.side[last.index]
    is_discarded = sign.proof >= 0
    seen = Confidence.LIKELY if connection.at_sender(side) else Confidence.POSSIBLE
    return connection.finding(
        FindingId.LOST_RETRANSMISSION,
        [last.previous, sign.witness, sign.proof, last.index],
        Severity.WARNING if is_discarded else Severity.NOTE,
        Confidence.CERTAIN if is_discarded else seen,
        () if is_discarded else ("lost-on-path-too",),
        shape=sign.shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=count,
        witness_frame=connection.frame[sign.witness],
        proof_frame=connection.frame[sign.proof] if is_discarded else 0,
        total_s=connection.seconds(last.previous, last.index),
        position=connection.position.value,
        **_two_tries(connection, last),
    )


def _acknowledged(connection: ConnectionFacts, resend: Resend) -> int:
    """Index of the peer's first segment that acknowledges the bytes; -1 when none does, or one before the resend."""
    column = connection.space.acknowledged[connection.side[resend.index]]
    cover = int(places_of(column, integer(connection.space.end[resend.index]), side="left"))
    return cover if resend.index < cover < connection.count else -1


def _covered(connection: ConnectionFacts, resend: Resend) -> bool:
    """Whether the peer ever acknowledged the bytes, be it before the resend."""
    highest = integer(connection.space.acknowledged[connection.side[resend.index]][-1])
    return highest >= integer(connection.space.end[resend.index])


def _heard(connection: ConnectionFacts, earlier: Resend, later: Resend) -> bool:
    """Whether the peer sent anything between the first copy of the bytes and the later retransmission.

    A repeated SYN-ACK does not count: its sender ignores the bytes, as a full accept queue does until it has room.
    """
    start = earlier.previous if earlier.previous >= 0 else earlier.index
    side = connection.side[later.index]
    if not side and silent_but_syn_ack(connection, earlier.index):
        return False
    return last_before(connection.segments(1 - side, SYN | RST), later.index) > start


def _overtaken(connection: ConnectionFacts, earlier: Resend, later: Resend) -> int:
    """Index of the peer's SACK, before ``later``, of data that was first sent after ``earlier``; -1 if none."""
    space, side = connection.space, connection.side[earlier.index]
    witness = int(places_of(space.sacked[side], integer(space.sent[side][earlier.index]), side="right"))
    return witness if earlier.index < witness < later.index else -1


def reported_twice(connection: ConnectionFacts) -> list[tuple[int, int]]:
    """Pairs of a segment that was sent once and the D-SACK (RFC 2883) that reports it to have arrived twice.

    Only for a capture at the segment's sender.  Copies made by the capture, and resends that it missed, look
    different: the former are captured twice, the latter leave a gap in the IP numbers.
    """
    view, space = connection.view, connection.space
    again = connection.resends
    copies = np.array([resend.index for resend in again], np.int64)
    found = []
    for report in indexes_of(view.options & OptionBit.DSACK)[:REPORTS].tolist():
        side = 1 - connection.side[report]
        left, right = integer(view.sack_left[report]), integer(view.sack_right[report])
        original = int(places_of(space.sent[side], right, side="left"))
        if not connection.at_sender(side) or right - left <= 1 or original >= report:
            continue
        before = copies[copies < report]
        sent_again = view.from_server[before] == bool(side)
        sent_again &= (space.seq[before] < right) & (space.end[before] > left)
        if not sent_again.any() and connection.length[original]:
            found.append((original, report))
    return found


def duplicated_beyond(connection: ConnectionFacts) -> Finding | None:
    """`duplicated-by-network` (shape ``beyond``): sent once, arrived twice, by a D-SACK (see `reported_twice`).

    Where both copies were captured, `retransmission.duplicated_by_network` reports it.
    """
    found = reported_twice(connection)
    if not found or duplicated_by_network(connection) is not None:
        return None
    copy, report = found[0]
    side = connection.side[copy]
    return connection.finding(
        FindingId.DUPLICATED_BY_NETWORK,
        [i for pair in found for i in pair],
        Severity.NOTE,
        Confidence.LIKELY,
        ("recorder-overload",),
        shape="beyond",
        count=len(found),
        ip_id=connection.view.ip_id.item(copy),
        proof_frame=connection.frame[report],
        original_frame=connection.frame[copy],
        apart_s=connection.seconds(copy, report),
        sender=SIDES[side],
        other=SIDES[1 - side],
        first_frame=connection.frame[copy],
        first_seq=connection.seq[copy],
        last_seq=(connection.seq[copy] + connection.length[copy] - 1) & SEQ_MASK,
        bytes=connection.length[copy],
    )


RULES: Final = (
    (SUSPECT, lost_retransmission),
    (REPORTED_TWICE, duplicated_beyond),
)
