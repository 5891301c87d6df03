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


def lost_retransmission(reading: ConnectionFacts) -> Finding | None:
    """`lost-retransmission`: the same bytes sent again twice and more; the repeat before was lost itself.

    ``overtaken``: data sent after the repeat was reported (SACK or ACK) while the hole stayed
    (RFC 6675, RFC 8985).  ``timer``: the retransmission timer ran out on it although the peer was
    heard meanwhile.  In complete silence the repeats need not be lost: a server whose accept queue is
    full takes no notice of them, as recorded; that stays with `retransmission_timeout`.  Told where
    the repeats can be seen leaving; a D-SACK afterwards would say that one had arrived.
    """
    unneeded = spurious_resends(reading)
    sent = {
        resend.index: resend for resend in reading.resends if resend.cause in _RESENT and resend.index not in unneeded
    }
    found: list[tuple[Resend, str]] = []
    for resend in sent.values():
        earlier = sent.get(resend.previous)
        if earlier is None or not reading.length[resend.index] or reading.at_receiver(reading.side[resend.index]):
            continue
        if _acknowledged(reading, resend) < 0:
            continue
        witness = _overtaken(reading, earlier, resend)
        if witness >= 0:
            found.append((resend, "overtaken"))
        elif resend.cause is ResendCause.RTO and _heard(reading, earlier, resend):
            found.append((resend, "timer"))
    if not found:
        return None
    last, shape = next(((r, how) for r, how in found if how == "overtaken"), found[0])
    side = reading.side[last.index]
    earlier = sent[last.previous]
    original = earlier.previous
    witness = _overtaken(reading, earlier, last)
    cover = _acknowledged(reading, last)
    certain = shape == "overtaken" and reading.at_sender(side)
    confidence = (
        Confidence.CERTAIN if certain else Confidence.LIKELY if reading.at_sender(side) else Confidence.POSSIBLE
    )
    return reading.finding(
        FindingId.LOST_RETRANSMISSION,
        [original, earlier.index, witness, last.index, cover, *(resend.index for resend, _how in found)],
        Severity.WARNING if shape == "timer" or len(found) > 2 else Severity.NOTE,
        confidence,
        ("reordering", "acks-lost-too"),
        shape=shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(found),
        original_frame=reading.frame[original] if original >= 0 else 0,
        earlier_frame=reading.frame[earlier.index],
        first_frame=reading.frame[last.index],
        witness_frame=reading.frame[witness] if witness >= 0 else 0,
        healed_frame=reading.frame[cover],
        first_seq=reading.seq[last.index],
        last_seq=(reading.seq[last.index] + max(0, reading.length[last.index] - 1)) & SEQ_MASK,
        bytes=reading.length[last.index],
        waited_s=reading.seconds(earlier.index, last.index),
        total_s=reading.seconds(original if original >= 0 else earlier.index, cover),
        position=reading.position.value,
    )


def _acknowledged(reading: ConnectionFacts, resend: Resend) -> int:
    """The peer's first segment, after the resend, that covers the bytes; -1 when none does or one did before."""
    column = reading.space.acknowledged[reading.side[resend.index]]
    cover = int(column.searchsorted(int(reading.space.end[resend.index]), side="left"))
    return cover if resend.index < cover < reading.count else -1


def _heard(reading: ConnectionFacts, earlier: Resend, later: Resend) -> bool:
    """Whether the peer's open end was heard between the first copy of the bytes and the second repeat.

    A SYN-ACK that comes again is no sign of that: its sender ignores the bytes.
    """
    start = earlier.previous if earlier.previous >= 0 else earlier.index
    side = reading.side[later.index]
    return any(reading.side[i] != side and not reading.flags[i] & (SYN | RST) for i in range(start + 1, later.index))


def _overtaken(reading: ConnectionFacts, earlier: Resend, later: Resend) -> int:
    """The peer's report, before the second repeat, of data that was first sent after the earlier one; -1 if none."""
    space, side = reading.space, reading.side[earlier.index]
    witness = int(space.sacked[side].searchsorted(int(space.sent[side][earlier.index]), side="right"))
    return witness if earlier.index < witness < later.index else -1


def reported_twice(reading: ConnectionFacts) -> list[tuple[int, int]]:
    """At their sender: segments that left once and that a D-SACK reports to have arrived twice; with that report.

    RFC 2883.  Copies made by the capture, and repeats that it missed, would look otherwise:
    the first are here twice, the second leave a gap in the packet numbers.
    """
    view, space = reading.view, reading.space
    again = reading.resends
    copies = np.array([resend.index for resend in again], np.int64)
    found = []
    for report in np.flatnonzero(view.options & OptionBit.DSACK)[:REPORTS].tolist():
        side = 1 - reading.side[report]
        left, right = int(view.sack_left[report]), int(view.sack_right[report])
        original = int(space.sent[side].searchsorted(right, side="left"))
        if not reading.at_sender(side) or right - left <= 1 or original >= report:
            continue
        before = copies[copies < report]
        sent_again = view.from_server[before] == bool(side)
        sent_again &= (space.seq[before] < right) & (space.end[before] > left)
        if not sent_again.any() and reading.length[original]:
            found.append((original, report))
    return found


def duplicated_beyond(reading: ConnectionFacts) -> Finding | None:
    """`duplicated-by-network`, as its sender learns of it: one copy left, two arrived (see `reported_twice`).

    Where both copies passed here, `loss.duplicated_by_network` tells it.
    """
    found = reported_twice(reading)
    if not found or duplicated_by_network(reading) is not None:
        return None
    copy, report = found[0]
    side = reading.side[copy]
    return reading.finding(
        FindingId.DUPLICATED_BY_NETWORK,
        [i for pair in found for i in pair],
        Severity.NOTE,
        Confidence.LIKELY,
        ("recorder-overload",),
        shape="beyond",
        count=len(found),
        ip_id=int(reading.view.ip_id[copy]),
        proof_frame=reading.frame[report],
        original_frame=reading.frame[copy],
        apart_s=reading.seconds(copy, report),
        sender=SIDES[side],
        other=SIDES[1 - side],
        first_frame=reading.frame[copy],
        first_seq=reading.seq[copy],
        last_seq=(reading.seq[copy] + reading.length[copy] - 1) & SEQ_MASK,
        bytes=reading.length[copy],
    )


RULES: Final = (
    (SUSPECT, lost_retransmission),
    (REPORTED_TWICE, duplicated_beyond),
)
