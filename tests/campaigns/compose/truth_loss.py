"""Whether it is true what findings say of segments that were lost, late, repeated, damaged or too large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cases.recorder.namespaces import End
from tests.campaigns.compose.truth import Question, Truth, no, open_, yes

if TYPE_CHECKING:
    from tests.campaigns.compose.packet import Packet

BY_TIMER: Final = frozenset({"rto", "tail-loss-probe"})
OPTION_SACK: Final = 4


def _again(q: Question) -> list[Packet]:
    """What a kernel sent again: not the data of a SYN that was not taken (RFC 7413)."""
    resends = [p for p in q.talk.resends if not p.is_syn and not p.is_syn_ack]
    return [p for p in resends if any(not other.is_syn for other in q.talk.earlier_copies(p))]


def _shown(q: Question, packets: list[Packet]) -> bool:
    """Whether the capture has one of them and an earlier copy of it."""
    return any(q.seen(q.talk.earlier_copies(p)) for p in q.seen(packets))


def _by(q: Question, why: str) -> Truth:
    """One of the segments that are meant was sent again for this reason (kernel)."""
    again = _again(q)
    meant = q.meant(again)
    found = [p for p in meant if p.why == why]
    if found:
        return yes(f"{why}: {q.frames(found)}", _shown(q, found))
    if any(p.why == "path-mtu" for p in meant):
        return open_("sent again because a router said that it was too large")
    reasons = ", ".join(sorted({p.why for p in meant})) or "nothing was sent again"
    return no(
        f"kernel: {reasons}" if meant or not again else f"kernel: other segments, {q.frames(again)} ({again[0].why})"
    )


def fast_retransmission(q: Question) -> Truth:
    """A segment that is meant was sent again in fast recovery (kernel)."""
    return _by(q, "fast-recovery")


def retransmission_timeout(q: Question) -> Truth:
    """A segment that is meant was sent again by the retransmission timer (kernel)."""
    return _by(q, "rto")


def tail_loss(q: Question) -> Truth:
    """A segment that is meant was sent again by probe or timer and an earlier copy had been lost (kernel, link)."""
    found = [p for p in q.meant(_again(q)) if p.why in BY_TIMER]
    if not found:
        return no("no probe and no time-out")
    lost = [p for p in found if any(not other.counts for other in q.talk.earlier_copies(p))]
    if lost:
        probes = [p for p in lost if p.why == "tail-loss-probe"]
        return yes(f"the first copy of {q.frames(lost)} was lost", _shown(q, probes))
    copies = [(p, other) for p in found for other in q.talk.earlier_copies(p)]
    if any(p.arrived_ns and other.arrived_ns[0] > p.arrived_ns[0] for p, other in copies):
        return open_("the first copy was held up until the repeat had overtaken it")
    return no(f"the first copy of {q.frames(found)} had arrived or was on its way")


def lost_retransmission(q: Question) -> Truth:
    """A repeat of a kernel did not arrive (kernel, link)."""
    again = [p for p in _again(q) if p.why != "zero-window-probe"]
    lost = [p for p in again if not p.counts]
    if not lost:
        first = [p for p in q.talk.packets if p.is_data and not p.counts]
        if first and not q.told.intersection(frame for p in again for frame in p.frames_at(q.end)):
            return open_("bytes were lost, and no repeat of them is named")
        return no("every repeat arrived")
    # Only where something of them was heard again, or they were repeated once more.
    more = [p for p in lost if any(p in q.talk.earlier_copies(other) for other in again)]
    return yes(f"repeats lost: {q.frames(lost)}", bool(q.seen(more)) and any(p.sender is q.end for p in more))


def spurious_retransmission(q: Question) -> Truth:
    """All bytes of a repeat arrived by other packets, sent before it (kernel, link)."""
    again = [p for p in q.meant(_again(q)) if p.why != "zero-window-probe"]
    found = [p for p in again if q.talk.covered_without(p)]
    if not found:
        return no(f"bytes of {q.frames(again)} had not arrived otherwise" if again else "nothing was sent again")
    end = found[0].sender
    if end is not None and not q.talk.reached(end.other, "ESTABLISHED"):
        return open_("the receiving kernel had no connection yet")
    reported = all(q.world.sysctl(each, "tcp_dsack", "1") == "1" for each in End) and _agreed_on_sack(q)
    return yes(f"needless: {q.frames(found)}", reported and _shown(q, [p for p in found if _reported(q, p)]))


def _reported(q: Question, resend: Packet) -> bool:
    """Whether something that the receiver sent after the copy came passed here."""
    return bool(resend.arrived) and any(p.sent_ns > resend.arrived_ns[0] for p in q.seen(q.talk.of(resend.receiver)))


def _agreed_on_sack(q: Question) -> bool:
    opening = [p for p in q.talk.packets if p.is_syn or p.is_syn_ack]
    return len({p.is_syn for p in opening}) == 2 and all(OPTION_SACK in p.options_arrived for p in opening)


def retransmission_unexplained(q: Question) -> Truth:
    """A kernel sent a segment that is meant again (kernel); that its cause is unknown is no claim."""
    found = q.meant(q.talk.packets)
    again = [p for p in found if p.why and p.segment.space]
    return yes(f"{again[0].why}: {q.frames(again)}", visible=False) if again else no("nothing of it was sent again")


def out_of_order(q: Question) -> Truth:
    """A segment arrived here after a packet that had left later (link); at its sender none can."""
    for sender in End:
        if sender is q.end:
            continue
        latest = -1
        arrivals = sorted((p.arrived[0], p.sent, p.segment.space, p.why) for p in q.talk.of(sender) if p.arrived)
        for frame, sent, space, why in arrivals:
            if space and sent < latest and (not q.told or frame in q.told):
                return yes(f"frame {frame} was overtaken", frame in q.visible and not why and _gap_of_data(q, frame))
            latest = max(latest, sent)
    return no("every segment arrived in the order of its sending")


def _gap_of_data(q: Question, frame: int) -> bool:
    """Whether data overtook it, so that the capture shows a gap until it came."""
    late = q.world.by_frame[q.end, frame][1]
    later = (
        p for p in q.talk.of(q.end.other) if p.is_data and p.arrived and p.sent > late.sent and p.begin >= late.end
    )
    return any(p.arrived[0] < frame and q.sees(p) for p in later)


def duplicated_by_network(q: Question) -> Truth:
    """The link delivered a frame twice (link)."""
    twice = [p for p in q.talk.packets if len(p.arrived) > 1]
    meant = [p for p in twice if not q.told or q.told.intersection((p.sent, *p.arrived))]
    if not meant:
        return no("nothing arrived twice")
    return yes(f"twice: {q.frames(meant)}", any(p.receiver is q.end and p.is_data and q.sees(p) for p in meant))


def ack_loss_harmless(q: Question) -> Truth:
    """Bare ACKs to this end were lost on the way (link)."""
    lost = [p for p in q.talk.of(q.end.other) if p.is_bare_ack and not p.why and not p.arrived and p.dropped]
    if lost:
        return yes(f"lost ACKs: {len(lost)}", visible=False)
    return no("no ACK to this end was lost")


def checksum_error(q: Question) -> Truth:
    """The link flipped a byte (link)."""
    damaged = [p for p in q.meant(q.talk.packets) if p.is_damaged]
    if not damaged:
        return no("nothing was damaged")
    return yes(f"damaged: {q.frames(damaged)}", any(p.receiver is q.end for p in damaged))


def content_conflict(_q: Question) -> Truth:
    """Nothing in these worlds writes other bytes under numbers that were sent (link)."""
    return no("nobody wrote into the connection")


def sack_mangled(_q: Question) -> Truth:
    """No link in these worlds touches options (link)."""
    return no("nobody changed an option")


def path_mtu_blackhole(q: Question) -> Truth:
    """The link dropped datagrams for their size and nobody said so (link)."""
    holes = [p for p in q.talk.packets if p.dropped.startswith("larger")]
    if not holes:
        return no("nothing was dropped for its size")
    if any(fault["tells"] for fault in q.world.faults("small-mtu")) and q.talk.icmp:
        return no("a router said that it was too large")
    repeated = [p for p in holes if p.why == "rto" and p.sender is q.end]
    return yes(f"too large: {q.frames(holes)}", len(repeated) > 2 and bool(q.seen(repeated)))


def packet_too_big(q: Question) -> Truth:
    """The link dropped a datagram for its size, and a router said so (link)."""
    holes = [p for p in q.talk.packets if p.dropped.startswith("larger")]
    if not holes or not q.talk.icmp:
        return no("nobody said that anything was too large")
    return yes(f"too large: {q.frames(holes)}", any(p.sender is q.end for p in holes))


def ecn_congestion(q: Question) -> Truth:
    """The link marked a packet, or a kernel echoed a mark (headers)."""
    marked = [p for p in q.talk.packets if p.marked]
    if not marked:
        return no("nothing was marked")
    return yes(f"marked: {q.frames(marked)}", any(p.receiver is q.end for p in q.seen(marked)))
