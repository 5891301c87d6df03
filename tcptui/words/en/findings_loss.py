"""Findings about lost retransmissions and ACKs, damage and congestion, in English.  Keys and parts as in `findings`."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    # -- lost-retransmission ---------------------------------------------------------
    "findings.lost-retransmission.name": "Retransmission lost as well",
    "findings.lost-retransmission.title": "Retransmission lost as well",
    "findings.lost-retransmission.short": "{count:resend|resends} lost as well",
    "findings.lost-retransmission.happened.overtaken": "The {sender} sent {what} again in packet {earlier_frame}, and that was lost too: packet {witness_frame} reports data sent after it while the gap stays. Packet {first_frame} is the next try, {waited_s} later.",
    "findings.lost-retransmission.happened.timer": "The {sender} sent {what} again in packet {earlier_frame}, and that was lost too: its timer ran out on it, and packet {first_frame} is the next try, {waited_s} later.",
    "findings.lost-retransmission.more": "It happened {count:times} in this stream.",
    "findings.lost-retransmission.meaning": "The same bytes were lost twice. That takes a queue that stays full, or a path that drops much; from the first copy to the ACK in packet {healed_frame} it took {total_s}.",
    "findings.lost-retransmission.known.overtaken": "Data that left after packet {earlier_frame} is reported in packet {witness_frame} (SACK), and these bytes are not: what was sent earlier would have arrived earlier (RFC 6675, RFC 8985).",
    "findings.lost-retransmission.known.timer": "The {other} was heard meanwhile and never reported these bytes; packet {healed_frame} acknowledges them only after packet {first_frame}, and no D-SACK says that a copy came twice.",
    "findings.lost-retransmission.sure": "Capture position: {position}. At the sender every copy is seen leaving; further away a repeat may have left unseen.",
    "findings.lost-retransmission.look": "nstat -az TcpExtTCPLostRetransmit on the {sender}, and a capture at the {other}: does packet {earlier_frame} arrive? ss -ti shows cwnd and pacing.",
    # -- ack-loss-harmless -----------------------------------------------------------
    "findings.ack-loss-harmless.name": "ACKs lost, no harm",
    "findings.ack-loss-harmless.title": "ACKs lost on the way, no harm done",
    "findings.ack-loss-harmless.short": "{count:ACK|ACKs} lost, no harm",
    "findings.ack-loss-harmless.happened": "Between packets {before_frame} and {after_frame} of the {other} a packet is missing; packet {after_frame} acknowledges all that it could have said ({covered_bytes:byte|bytes} more), and nothing was sent again.",
    "findings.ack-loss-harmless.more": "In all {count:packet|packets} are missing in {gaps:place|places}, of {acks} that came.",
    "findings.ack-loss-harmless.meaning": "ACKs are cumulative: the next one says what the lost one said. The way back drops packets; as long as only ACKs are hit, it costs nothing but a little speed.",
    "findings.ack-loss-harmless.known": "The {other} numbers its packets one by one; the numbers go from {before_number} to {after_number} here. None of the {sender}'s timestamps shows that it got the missing ones.",
    "findings.ack-loss-harmless.sure": "Capture position: {position}. Lost on the way is likely; that this capture missed them cannot be excluded.",
    "findings.ack-loss-harmless.look": "A capture at the {other}: are there packets between those of number {before_number} and {after_number}? Then the way back lost them.",
    # -- checksum-error --------------------------------------------------------------
    "findings.checksum-error.name": "Damaged segment",
    "findings.checksum-error.title": "Damaged on the way (checksum)",
    "findings.checksum-error.short": "{count:segment|segments} damaged on the way",
    "findings.checksum-error.happened": "Packet {bad_frame} of the {sender} arrived damaged: its checksum is {found_sum} and should be {right_sum}. The {other} dropped it without a word, and the {sender} sent it again {again_s} later (packet {again_frame}).",
    "findings.checksum-error.more": "{count:segment|segments} of this stream arrived damaged.",
    "findings.checksum-error.meaning": "Bits were changed on the way: bad memory or a bad line card in a router, a faulty driver, or a middlebox that rewrites packets wrongly. To TCP it is a loss like any other.",
    "findings.checksum-error.known": "The sum over packet {bad_frame} does not come out, that of packet {again_frame} and of the {sender}'s other packets does. A checksum that a network card still has to fill in would be wrong in all of them.",
    "findings.checksum-error.sure": "Capture position: {position}. That the packet is damaged is certain, and that the {other} did not take it.",
    "findings.checksum-error.look": "nstat -az TcpInCsumErrors on the {other} (does it grow?), ethtool -S for CRC errors, and captures along the way: where does packet {bad_frame} change?",
    # -- path-mtu-blackhole ----------------------------------------------------------
    "findings.path-mtu-blackhole.name": "Path MTU black hole",
    "findings.path-mtu-blackhole.title": "Large packets vanish: path MTU black hole",
    "findings.path-mtu-blackhole.title.unhealed": "Large packets unanswered: perhaps a path MTU black hole",
    "findings.path-mtu-blackhole.short": "{large_bytes} bytes vanish, {small_bytes} pass",
    "findings.path-mtu-blackhole.short.unhealed": "{large_bytes} bytes never pass, small ones do",
    "findings.path-mtu-blackhole.happened": "The {sender} sent {large_bytes} bytes in packet {original_frame} and again {count:time|times} (last in packet {last_frame}) without an answer; the same bytes in pieces of {small_bytes} (packet {small_frame}) were acknowledged in packet {healed_frame}.",
    "findings.path-mtu-blackhole.happened.unhealed": "The {sender} sent {large_bytes} bytes in packet {original_frame} and again {count:time|times} (last in packet {last_frame}) without an ACK, while the {other} was still sending (packet {heard_frame}).",
    "findings.path-mtu-blackhole.meaning": "Something on the path to {address} cannot carry packets of this size and does not say so, or its ICMP message is filtered. Small requests work, large transfers hang; here it took {lasted_s}.",
    "findings.path-mtu-blackhole.meaning.unhealed": "The connection is alive for small packets, and stands still for large ones. Something on the path to {address} may not carry packets of this size and does not say so, or its ICMP message is filtered.",
    "findings.path-mtu-blackhole.known": 'No segment of {large_bytes} bytes was ever acknowledged before packet {last_frame}, the first smaller one was, in packet {healed_frame}. No ICMP "packet too big" is in this stream.',
    "findings.path-mtu-blackhole.known.unhealed": 'The largest segment of the {sender} that was ever acknowledged has {passed_bytes:byte|bytes}; this one has {large_bytes}. No ICMP "packet too big" is in this stream.',
    "findings.path-mtu-blackhole.sure": "The sizes are plain. That each large packet was lost by chance alone is the unlikely alternative.",
    "findings.path-mtu-blackhole.sure.unhealed": "That this segment never got through is plain, and that the {other} was there. That its size is the reason is one explanation: no smaller piece was tried.",
    "findings.path-mtu-blackhole.look": "Where is the limit? ping -M do -s 1472 {address} (and smaller sizes) finds it, tracepath {address} the place. Remedy: let ICMP through, or clamp the MSS.",
    # -- ecn-congestion --------------------------------------------------------------
    "findings.ecn-congestion.name": "Congestion announced (ECN)",
    "findings.ecn-congestion.title": "A router announced congestion (ECN)",
    "findings.ecn-congestion.short": "congestion announced {count:times}",
    "findings.ecn-congestion.happened.marked": "A router on the way marked packet {mark_frame} of the {sender} instead of dropping it (marked segments: {marks} of {segments}).",
    "findings.ecn-congestion.happened.echoed": "From packet {echo_frame} on the {other} reports that a router marked segments of the {sender} instead of dropping them (ACKs that say so: {echoes}; answered by {reductions:reduction|reductions}).",
    "findings.ecn-congestion.meaning": "A queue on the way is filling up. Both ends and the router speak ECN, so the {sender} slows down as after a loss, without one: nothing had to be sent again for it.",
    "findings.ecn-congestion.known.marked": "Both ECN bits of the IP header are set in packet {mark_frame}: congestion experienced (RFC 3168). ACKs of the {other} that echo it: {echoes}. Reductions that the {sender} reported: {reductions}.",
    "findings.ecn-congestion.known.echoed": "ECN was agreed on in the handshake, so the ECE flag in packet {echo_frame} says: a segment arrived marked (RFC 3168). Reductions that the {sender} reported (CWR): {reductions}.",
    "findings.ecn-congestion.sure": "The mark is the one certain sign of congestion; which router set it is not in the packets.",
    "findings.ecn-congestion.look": "On the routers of the path: tc -s qdisc (ecn_mark); ss -ti on the {sender} (ecnseen, cwnd), and nstat -az TcpExtTCPDeliveredCE.",
    # -- duplicated-by-network, seen at the sender ---------------------------------------
    "findings.duplicated-by-network.happened.beyond": "The {sender} sent {what} once, in packet {original_frame}; packet {proof_frame} of the {other} reports that it arrived twice.",
    "findings.duplicated-by-network.known.beyond": "Packet {proof_frame} carries a D-SACK for these bytes (RFC 2883), {apart_s} after the only copy that left here. IP packet number of that copy: {ip_id}.",
    "findings.duplicated-by-network.sure.beyond": "Seen at the sender, one copy left. That a resend was missed by this capture is the less likely alternative.",
    "findings.duplicated-by-network.look.beyond": "A capture at the {other}: do both copies of packet {original_frame} carry the same IP packet number? Then look for a switch loop or a link with its own retransmission.",
}
