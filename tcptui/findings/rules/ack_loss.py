"""Rules about ACKs missing from the capture: lost without harm on the path, or missed by the capture itself.

See rules/findings.md#ack-loss-harmless and rules/findings.md#capture-missed-packets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.ip_id import IpIdGap, skipped
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import OVERSIZED, SKIPPED
from tcptui.findings.rules.capture_gaps import capture_missed_packets
from tcptui.model.arrays import last_before
from tcptui.model.batched import integer, largest
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Data that an ACK releases leaves within this time, unless the sender paces it.
PROMPT_NS: Final = 2_000_000
#: What leaves so long after all that passed before it was not released by an ACK just then, …
UNPROMPTED_NS: Final = 100_000
#: … nor was what leaves so long behind a segment of the same sender released with that: those follow at once; …
TOGETHER_NS: Final = 30_000
#: … and of the new data, this share of such does not yet show a sender that spaces them.
UNPROMPTED_MOST: Final = 0.25
#: Segments of data before and behind a gap that are looked at for that, too.
NEAR: Final = 32

#: Fewest gaps to which the sender reacted that show that the capture missed the ACKs in them.
REACTIONS: Final = 2


def ack_loss_harmless(connection: ConnectionFacts) -> Finding | None:
    """`ack-loss-harmless`: a gap in the IP numbers of the receiver's ACKs; the next ACK covers what is missing.

    An ACK is cumulative (RFC 9293, 3.4), so nothing is sent again.  Only for a capture at the data's sender,
    where a gap in the numbers is a loss on the path.  If the sender's data echo a timestamp that none of the
    captured ACKs carried, or if unseen ACKs released data, the sender got them and the capture missed them: such
    gaps do not count, and where half of them are such, none does.
    """
    if connection.signs & OVERSIZED:
        return None  # offload merges segments and ACKs: IP numbers and counts are not those of the network
    for side in (0, 1):
        if not connection.at_sender(side):
            continue
        gaps = [skip for skip in skipped(connection.view, 1 - side) if _between_acks(connection, skip)]
        released = set(_released_in(connection, side, gaps))
        lost = [skip for skip in gaps if not (_echoed(connection, skip, side) or skip in released)]
        if 2 * len(lost) <= len(gaps):
            continue  # where the sender reacted to half of the gaps, the capture missed the rest, too
        if any(
            connection.length[resend.index] and connection.side[resend.index] == side for resend in connection.resends
        ):
            continue  # the loss may have cost something; the findings about resends report that
        first = lost[0]
        return connection.finding(
            FindingId.ACK_LOSS_HARMLESS,
            [i for skip in lost for i in (skip.before, skip.after)],
            Severity.NOTE,
            Confidence.LIKELY,
            ("recorder-overload", "shared-counter"),
            sender=SIDES[side],
            other=SIDES[1 - side],
            count=sum(skip.missing for skip in lost),
            gaps=len(lost),
            acks=connection.packets_by_side[1 - side],
            before_frame=connection.frame[first.before],
            after_frame=connection.frame[first.after],
            before_number=str(connection.view.ip_id[first.before]),
            after_number=str(connection.view.ip_id[first.after]),
            covered_bytes=largest(0, connection.ack[first.after] - connection.ack[first.before]),
            position=connection.position.value,
        )
    return None


def _between_acks(connection: ConnectionFacts, skip: IpIdGap) -> bool:
    """Whether the gap lies between two segments without payload of which the later one acknowledges more."""
    return (
        not connection.length[skip.before]
        and not connection.length[skip.after]
        and connection.ack[skip.after] > connection.ack[skip.before]
    )


def _echoed(connection: ConnectionFacts, skip: IpIdGap, side: int) -> bool:
    """Whether, within the gap, the data's sender echoes a timestamp newer than that of the ACK before the gap.

    Those of packets that were captured do not count: of the ACK after the gap, or of one that the numbering leaves out.
    """
    view = connection.view
    before = view.ts_value.item(skip.before)
    captured = {view.ts_value.item(i) for i in range(skip.before + 1, skip.after + 1) if connection.side[i] != side}
    return any(
        connection.side[i] == side
        and int(view.options[i]) & OptionBit.TIMESTAMPS
        and view.ts_echo.item(i) > before
        and view.ts_echo.item(i) not in captured
        for i in range(skip.before + 1, skip.after)
    )


def _released_in(connection: ConnectionFacts, side: int, gaps: Sequence[IpIdGap]) -> list[IpIdGap]:
    """The ``gaps``, among the ACKs of the other end, in which unseen ACKs released data of ``side``.

    None where more than `UNPROMPTED_MOST` of the data leave without an ACK also where none is missing: the sender paces
    them, its program writes them so, or a queue before the capture holds them, and what leaves in a gap shows nothing.
    The same holds of a gap among whose `NEAR` segments of data on either side so many do: senders begin to pace.
    Before the first data were acknowledged, no ACK released any.
    """
    if not gaps:
        return []
    view, space = connection.view, connection.space
    data = np.flatnonzero((view.from_server == bool(side)) & (view.length > 0))
    unsuspected = space.acknowledged[side][data] > space.seq[data[:1]]
    begins, ends = np.array([skip.before for skip in gaps]), np.array([skip.after for skip in gaps])
    unsuspected &= begins.searchsorted(data) == ends.searchsorted(data)  # each begins where the one before has ended
    data = data[unsuspected]
    gap_ns = view.time_ns[data] - view.time_ns[data - 1]
    released_with = (view.from_server[data - 1] == bool(side)) & (view.length[data - 1] > 0)
    unprompted = (gap_ns > UNPROMPTED_NS) | (released_with & (gap_ns > TOGETHER_NS))
    if np.count_nonzero(unprompted) > UNPROMPTED_MOST * len(data):
        return []
    counted = np.concatenate(([0], np.cumsum(unprompted)))
    places = data.searchsorted(begins)
    low, high = np.maximum(places - NEAR, 0), np.minimum(places + NEAR, len(data))
    paced = counted[high] - counted[low] > UNPROMPTED_MOST * (high - low)
    return [
        skip for skip, by_pace in zip(gaps, paced, strict=True) if not by_pace and _released(connection, skip, side)
    ]


def _released(connection: ConnectionFacts, skip: IpIdGap, side: int) -> bool:
    """Whether an unseen ACK released data: between the two ACKs more new data left than the first can have released.

    Or new data left later than `PROMPT_NS` after the first, and not as a tail loss probe, which a timer lets go two
    round trips after all else (RFC 8985, 7.2).  An ACK releases as much as it acknowledges, in slow
    start twice as much (RFC 5681, 3.1).  What goes on a burst that was under way does not count (`_burst_end`).
    """
    space = connection.space
    before = integer(space.acknowledged[side][skip.before - 1]) if skip.before else 0
    opened = largest(0, integer(space.acknowledged[side][skip.before]) - before)
    begun = _burst_end(connection, skip, side)
    sent = integer(space.sent[side][skip.after]) - integer(space.sent[side][begun])
    probe_ns = 2 * connection.rtt_ns
    late = any(
        connection.side[i] == side
        and integer(space.end[i]) > integer(space.sent[side][begun])
        and connection.time[i] - connection.time[skip.before] > PROMPT_NS
        and connection.time[i] - connection.time[i - 1] < probe_ns
        for i in range(begun + 1, skip.after)
    )
    return late or sent > 2 * opened


def _burst_end(connection: ConnectionFacts, skip: IpIdGap, side: int) -> int:
    """The last segment in the gap of a burst of ``side`` that was under way when the gap began; else where it begins.

    A slow interface spreads what one ACK released over the next ones.
    """

    def carries(i: int) -> bool:
        return connection.side[i] == side and connection.length[i] > 0

    time, end = connection.time, skip.before
    latest = last_before(connection.data_by_side[side], skip.before + 1)
    if latest < 0 or time[skip.before] - time[latest] > UNPROMPTED_NS:
        return end
    for i in filter(carries, range(skip.before + 1, skip.after)):
        if time[i] - time[latest] > UNPROMPTED_NS:
            break
        latest = end = i
    return end


def missed_acks(connection: ConnectionFacts) -> Finding | None:
    """`capture-missed-packets` (shape ``acks``): gaps in the IP numbers of ACKs that were not lost on the path.

    Either the capture was made at the end that sent them, or the other end's data show that it
    received them (rules/findings.md#timestamps-and-their-echo).  Missing payload is reported by `capture_gaps`.
    """
    if connection.signs & OVERSIZED or capture_missed_packets(connection) is not None:
        return None
    for side in (0, 1):
        if not (connection.at_sender(side) or connection.at_receiver(side)):
            continue
        lost = [skip for skip in skipped(connection.view, side) if _between_acks(connection, skip)]
        if connection.at_receiver(side):
            shown = [skip for skip in lost if _echoed(connection, skip, 1 - side)]
            # A single release may have another reason; where half of the gaps have one, the sender got the ACKs.
            reacted = _released_in(connection, 1 - side, lost)
            lost = shown or (reacted if len(reacted) >= REACTIONS and 2 * len(reacted) >= len(lost) else [])
        if not lost:
            continue
        first = lost[0]
        return connection.finding(
            FindingId.CAPTURE_MISSED_PACKETS,
            [i for skip in lost for i in (skip.before, skip.after)],
            Severity.NOTE,
            Confidence.LIKELY,
            ("recorder-overload", "shared-counter"),
            shape="acks",
            count=len(lost),
            missing=sum(skip.missing for skip in lost),
            sender=SIDES[side],
            other=SIDES[1 - side],
            seen_frame=connection.frame[first.after],
            before_frame=connection.frame[first.before],
            before_number=str(connection.view.ip_id[first.before]),
            after_number=str(connection.view.ip_id[first.after]),
            recorder_dropped=connection.context.quality.kernel_dropped,
        )
    return None


RULES: Final = ((SKIPPED, ack_loss_harmless),)
CAPTURE_RULES: Final = ((SKIPPED, missed_acks),)
