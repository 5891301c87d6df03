"""A segment that looks sent again, and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tcptui.model.resend_cause import ResendCause
from tcptui.model.verdict import Verdict

#: Segments worth asking about: what tshark calls repeated, late, or a probe.
SUSPICIOUS: Final = int(
    Verdict.RETRANSMISSION
    | Verdict.FAST_RETRANSMISSION
    | Verdict.SPURIOUS_RETRANSMISSION
    | Verdict.OUT_OF_ORDER
    | Verdict.KEEP_ALIVE
    | Verdict.ZERO_WINDOW_PROBE
)

#: Linux's smallest retransmission time-out (TCP_RTO_MIN), less 5 % for the clock tick.
RTO_MIN_NS: Final = 190_000_000

#: Causes for which a sender repeats data that it believes lost.
SENT_AGAIN: Final = frozenset(
    {ResendCause.FAST_RECOVERY, ResendCause.RTO, ResendCause.TAIL_LOSS_PROBE, ResendCause.UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class Resend:
    """One suspicious segment and what is known about it; the other fields are indexes into the view."""

    index: int
    cause: ResendCause
    previous: int = -1
    """Newest earlier copy that passed here; -1 when none did."""
    trigger: int = -1
    """The peer's ACK that set it off (fast recovery), the segment that overtook it (out of order), or that which ended
    the silence in which its sender's timer ran (time-out of which no copy passed here before).
    """
    waited_ns: int = 0
    """How long the sender had waited since the event its timer counts from; 0 when not known, or no timer expired."""
    since: int = -1
    """The segment from which ``waited_ns`` counts: the last copy, the segment sent right behind a first copy that the
    capture lacks, or the ACK that had moved up to the resent byte; -1 where no timer is counted.
    """
    duplicate_acks: int = 0
    lone: bool = False
    """One segment was in flight: a probe and a time-out look alike, and what follows did not tell."""
    copy: bool = False
    """The same transmission seen twice: same packet number, same timestamps, same bytes."""
    proved: bool = False
    """Out of order by packet number or timestamp, not merely by timing."""
