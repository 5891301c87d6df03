"""Rules about what became of resends, and of segments that a receiver saw twice (rules/findings.md#loss-and-order)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import REPORTED_TWICE, SUSPECT
from tcptui.findings.rules.retransmission import duplicated_by_network
from tcptui.findings.rules.spurious import spurious_resends
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import RST, SYN

if TYPE_CHECKING:
    from tcptui.analysis.resend.resend import Resend

#: Reports of double arrival that are looked at: a longer list says no more.
REPORTS: Final = 2_000
#: Causes by which a sender repeats what it takes for lost.
_RESENT: Final = frozenset(
    {ResendCause.FAST_RECOVERY, ResendCause.RTO, ResendCause.TAIL_LOSS_PROBE, ResendCause.UNKNOWN}
)


def lost_retransmission(connection: ConnectionFacts) -> Finding | None:
    """`lost-retransmission`: the same bytes sent again twice and more; the repeat before was lost itself.

    ``overtaken``: data sent after the repeat was reported (SACK or ACK) while the hole stayed
    (RFC 6675, RFC 8985).  ``timer``: the retransmission timer ran out on it although the peer was
    heard meanwhile.  In complete silence the repeats need not be lost: a server whose accept queue is
    full takes no notice of them, as recorded; that stays with `retransmission_timeout`.  Told where
    the repeats can be seen leaving; a D-SACK afterwards would say that one had arrived.
    """
    unneeded = spurious_resends(connection)
    sent = {
        resend.index: resend
        for resend in connection.resends
        if resend.cause in _RESENT and resend.index not in unneeded
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
        if _acknowledged(connection, resend) < 0:
            continue
        witness = _overtaken(connection, earlier, resend)
        if witness >= 0:
            found.append((resend, "overtaken"))
        elif resend.cause is ResendCause.RTO and _heard(connection, earlier, resend):
            found.append((resend, "timer"))
    if not found:
        return None
    last, shape = next(((r, how) for r, how in found if how == "overtaken"), found[0])
    side = connection.side[last.index]
    earlier = sent[last.previous]
    original = earlier.previous
    witness = _overtaken(connection, earlier, last)
    cover = _acknowledged(connection, last)
    certain = shape == "overtaken" and connection.at_sender(side)
    confidence = (
        Confidence.CERTAIN if certain else Confidence.LIKELY if connection.at_sender(side) else Confidence.POSSIBLE
    )
    return connection.finding(
        FindingId.LOST_RETRANSMISSION,
        [original, earlier.index, witness, last.index, cover, *(resend.index for resend, _how in found)],
        Severity.WARNING if shape == "timer" or len(found) > 2 else Severity.NOTE,
        confidence,
        ("reordering", "acks-lost-too"),
        shape=shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(found),
        original_frame=connection.frame[original] if original >= 0 else 0,
        earlier_frame=connection.frame[earlier.index],
        first_frame=connection.frame[last.index],
        witness_frame=connection.frame[witness] if witness >= 0 else 0,
        healed_frame=connection.frame[cover],
        first_seq=connection.seq[last.index],
        last_seq=(connection.seq[last.index] + max(0, connection.length[last.index] - 1)) & SEQ_MASK,
        bytes=connection.length[last.index],
        waited_s=connection.seconds(earlier.index, last.index),
        total_s=connection.seconds(original if original >= 0 else earlier.index, cover),
        position=connection.position.value,
    )


def _acknowledged(connection: ConnectionFacts, resend: Resend) -> int:
    """The peer's first segment, after the resend, that covers the bytes; -1 when none does or one did before."""
    column = connection.space.acknowledged[connection.side[resend.index]]
    cover = int(column.searchsorted(int(connection.space.end[resend.index]), side="left"))
    return cover if resend.index < cover < connection.count else -1


def _heard(connection: ConnectionFacts, earlier: Resend, later: Resend) -> bool:
    """Whether the peer's open end was heard between the first copy of the bytes and the second repeat.

    A SYN-ACK that comes again is no sign of that: its sender ignores the bytes.
    """
    start = earlier.previous if earlier.previous >= 0 else earlier.index
    side = connection.side[later.index]
    return any(
        connection.side[i] != side and not connection.flags[i] & (SYN | RST) for i in range(start + 1, later.index)
    )


def _overtaken(connection: ConnectionFacts, earlier: Resend, later: Resend) -> int:
    """The peer's report, before the second repeat, of data that was first sent after the earlier one; -1 if none."""
    space, side = connection.space, connection.side[earlier.index]
    witness = int(space.sacked[side].searchsorted(int(space.sent[side][earlier.index]), side="right"))
    return witness if earlier.index < witness < later.index else -1


def reported_twice(connection: ConnectionFacts) -> list[tuple[int, int]]:
    """At their sender: segments that left once and that a D-SACK reports to have arrived twice; with that report.

    RFC 2883.  Copies made by the capture, and repeats that it missed, would look otherwise:
    the first are here twice, the second leave a gap in the packet numbers.
    """
    view, space = connection.view, connection.space
    again = connection.resends
    copies = np.array([resend.index for resend in again], np.int64)
    found = []
    for report in np.flatnonzero(view.options & OptionBit.DSACK)[:REPORTS].tolist():
        side = 1 - connection.side[report]
        left, right = int(view.sack_left[report]), int(view.sack_right[report])
        original = int(space.sent[side].searchsorted(right, side="left"))
        if not connection.at_sender(side) or right - left <= 1 or original >= report:
            continue
        before = copies[copies < report]
        sent_again = view.from_server[before] == bool(side)
        sent_again &= (space.seq[before] < right) & (space.end[before] > left)
        if not sent_again.any() and connection.length[original]:
            found.append((original, report))
    return found


def duplicated_beyond(connection: ConnectionFacts) -> Finding | None:
    """`duplicated-by-network`, as its sender learns of it: one copy left, two arrived (see `reported_twice`).

    Where both copies passed here, `loss.duplicated_by_network` tells it.
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
        ip_id=int(connection.view.ip_id[copy]),
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
