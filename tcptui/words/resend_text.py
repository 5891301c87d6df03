"""The meaning of a packet with a verdict: of a resend its cause, which Wireshark's verdict names do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tcptui.analysis.resend.resend import RTO_MIN_NS, Resend
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import ACK, SYN
from tcptui.model.verdict import Verdict
from tcptui.words.packet_facts import PacketContext
from tcptui.words.quantities import duration

if TYPE_CHECKING:
    from tcptui.model.finding import Fact
    from tcptui.words.catalogue import Words

_RESENT: Final = int(Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION)


def meaning_of(
    context: PacketContext,
    verdict: Verdict,
    bits: int,
    facts: Mapping[str, Fact],
    said: dict[str, object],
    words: Words,
) -> str:
    """The sentence on a packet with ``verdict``: why it was sent again, or what the verdict means."""
    if context.resend is not None:
        said["gap"] = _time_since_original(context, said, words)
        asked = "many" if facts["duplicate_acks"] else "sack"
        said["asked"] = words(f"verdicts.asked.{asked}", n=said["duplicate_acks"], **said)
        return words(f"verdicts.cause.{_cause_key(context, context.resend, bits)}", **said)
    name = verdict.field_name
    if verdict is Verdict.DUPLICATE_ACK and answers_syn_ack(context):
        return words("verdicts.beside.third-ack", **said)
    if verdict in {Verdict.ACK_LOST_SEGMENT, Verdict.LOST_SEGMENT} and not facts["missing_bytes"]:
        return words(f"verdicts.{name}.meaning.inside", **said)
    return words(f"verdicts.{name}.meaning", **said)


def _time_since_original(context: PacketContext, facts: Mapping[str, object], words: Words) -> str:
    """The time from the earlier copy to this segment, in words; it may be negative: times may go back in a capture."""
    if context.original is None:
        return ""
    since_ns = context.segment.time_ns - context.original.time_ns
    key = "after" if since_ns > 0 else "before" if since_ns else "same"
    return words(f"narrative.gap.{key}", t=duration(abs(since_ns) / 1e9, words), original=facts["original"])


def _cause_key(context: PacketContext, resend: Resend, bits: int) -> str:
    """End of the catalogue key for why the segment was sent: its cause, and what is known about the circumstances."""
    segment, cause = context.segment, resend.cause
    if resend.copy or (cause is ResendCause.NETWORK_DUPLICATE and context.other_hop):
        return "none.copy"
    if cause is ResendCause.NONE:
        if segment.flags & (SYN | ACK) == SYN | ACK and bits & _RESENT:
            return "none.simultaneous-open"
        if _was_in_syn(context):
            return "none.syn-data"
        if segment.end == segment.seq:
            return "none.empty"
        return "none" if resend.proved or not context.detailed else "none.unproved"
    shape = ""
    if cause is ResendCause.SYN_RETRY:
        peer, original = context.peer_previous, context.original
        asked = peer is not None and peer.flags & SYN and (original is None or peer.frame > original.frame)
        shape = ".answer" if segment.flags & ACK and asked else "" if original is not None else ".brief"
    elif cause is ResendCause.ZERO_WINDOW_PROBE:
        shape = "" if segment.length else ".empty"
    elif cause in _SHAPED:
        shape = _shape(context, resend)
    return cause.label + shape


#: Causes whose sentence depends on what was captured of the earlier copy and the flight.
_SHAPED: Final = frozenset(
    {ResendCause.FAST_RECOVERY, ResendCause.RTO, ResendCause.TAIL_LOSS_PROBE, ResendCause.UNKNOWN}
)


def _shape(context: PacketContext, resend: Resend) -> str:
    if not context.detailed:
        return ".brief"
    if resend.lone:
        return ".lone"
    if resend.cause is ResendCause.RTO and resend.waited_ns < RTO_MIN_NS:
        return ".wake"
    if context.original is None and resend.cause in {ResendCause.FAST_RECOVERY, ResendCause.UNKNOWN}:
        return ".unseen" if context.own_highest is not None else ".brief"
    return ""


def _was_in_syn(context: PacketContext) -> bool:
    """Whether the earlier copy is a SYN whose data (Fast Open) the SYN-ACK did not acknowledge."""
    original = context.original
    return original is not None and bool(original.flags & ~context.segment.flags & SYN)


def answers_syn_ack(context: PacketContext) -> bool:
    """Whether the client repeats its ACK because the SYN-ACK came again."""
    peer = context.peer_previous
    return peer is not None and bool(peer.flags & SYN) and not context.segment.side


def misleading(context: PacketContext, verdict: Verdict, bits: int) -> str:
    """How the verdict misleads, as the end of a catalogue key ``verdicts.beside.…``; empty where it does not.

    See rules/tcp-analysis.md#12-where-the-verdict-is-not-what-happened.
    """
    resend = context.resend
    if resend is None:
        return ""
    cause = resend.cause
    if cause is ResendCause.NONE and context.segment.flags & (SYN | ACK) == SYN | ACK and bits & _RESENT:
        return "simultaneous-open"
    if resend.copy:
        return "copy"
    if cause is ResendCause.ZERO_WINDOW_PROBE and not bits & Verdict.ZERO_WINDOW_PROBE:
        return "probe" if context.segment.length else ""
    if cause is ResendCause.FAST_RECOVERY and not bits & Verdict.FAST_RETRANSMISSION:
        return "late-recovery" if verdict is not Verdict.OUT_OF_ORDER else "not-out-of-order"
    if verdict is Verdict.OUT_OF_ORDER and cause in {ResendCause.RTO, ResendCause.TAIL_LOSS_PROBE}:
        return "not-out-of-order"
    if cause is ResendCause.NONE and (context.segment.end == context.segment.seq or _was_in_syn(context)):
        return ""
    if cause is ResendCause.NONE and bits & _RESENT:
        return "not-resent" if resend.proved else "perhaps-not-resent"
    if cause in {ResendCause.RTO, ResendCause.TAIL_LOSS_PROBE} and bits & Verdict.FAST_RETRANSMISSION:
        return "not-fast"
    return "spurious" if verdict is Verdict.SPURIOUS_RETRANSMISSION else ""
