"""Whether it is true what findings say of how a connection opened.

Each predicate's docstring names what it reads: *link* (``link.jsonl``), *kernel* and *program* (lines of
``kernel.jsonl``), *headers* (of the whole captures), *plan* (``recording.json``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cases.recorder.namespaces import End
from tests.campaigns.compose.truth import Question, Truth, no, open_, yes

if TYPE_CHECKING:
    from tests.campaigns.compose.packet import Packet
    from tests.campaigns.compose.world import Talk

AT_ONCE_NS: Final = 20_000_000
"""A kernel's answer has left by then."""
SILENCE_NS: Final = 3_000_000_000
OPTION_SCALE: Final = 3
OPTION_SACK: Final = 4
OPTION_STAMPS: Final = 8


def three_way_handshake(q: Question) -> Truth:
    """Both kernels came to ESTABLISHED (kernel)."""
    client, server = (q.talk.reached(end, "ESTABLISHED") for end in End)
    if not client or not server:
        return no(f"ESTABLISHED at the {'server' if client else 'client'}: never")
    opening = [p for p in q.talk.packets if p.is_syn or p.is_syn_ack]
    return yes("both kernels were ESTABLISHED", len({p.is_syn for p in q.seen(opening)}) == 2)


def simultaneous_open(_: Question) -> Truth:
    """No server of a composition connects (plan)."""
    return no("the server never connects")


def syn_retransmission(q: Question) -> Truth:
    """The client's kernel repeated its SYN and the repeat passed here (kernel, link)."""
    syns = [p for p in q.talk.of(End.CLIENT) if p.is_syn]
    again = [p for p in syns if p.why]
    if not again:
        return no("the SYN was sent once")
    answered = any(p.is_syn_ack and p.arrived for p in q.talk.packets)
    return yes(f"SYN again: {q.frames(again)}", answered and len(q.seen(syns)) > 1)


def syn_timeout(q: Question) -> Truth:
    """Nothing of the server reached the client before that gave up or the recording ended (link, kernel)."""
    if q.talk.reached(End.CLIENT, "ESTABLISHED"):
        return no("the client came to ESTABLISHED")
    syns = [p for p in q.talk.of(End.CLIENT) if p.is_syn]
    if not syns:
        return no("no SYN")
    if any(p.sender is not End.CLIENT and p.arrived and p.receiver is End.CLIENT for p in q.talk.packets):
        return no("packets reached the client")
    shown = q.seen(syns)
    latest = max((p.time_at(q.end) for p in q.world_packets() if q.sees(p)), default=0)
    long = len(shown) > 1 and latest - shown[-1].time_at(q.end) >= SILENCE_NS
    silent = not q.seen([p for p in q.talk.packets if p.sender is not End.CLIENT])
    return yes("nothing reached the client", long and silent and not q.talk.icmp)


def connection_refused(q: Question) -> Truth:
    """A RST answered the SYN: the server's kernel or the link sent it, and no SYN-ACK arrived (link, headers)."""
    if any(p.is_syn_ack and p.arrived for p in q.talk.packets) or q.talk.reached(End.CLIENT, "ESTABLISHED"):
        return no("a SYN-ACK arrived")
    resets = [p for p in q.talk.packets if p.is_rst and p.sender is not End.CLIENT]
    if not resets:
        return no("no RST of the server")
    return yes(
        f"RST {q.frames(resets)}", bool(q.seen(resets)) and bool(q.seen([p for p in q.talk.packets if p.is_syn]))
    )


def connection_unreachable(q: Question) -> Truth:
    """An ICMP error that quotes the connection's SYN passed here (headers)."""
    here = [frame for end, frame in q.talk.icmp if end is q.end]
    if not here or q.talk.reached(End.CLIENT, "ESTABLISHED"):
        return no("no ICMP error before the connection was established")
    return yes(f"ICMP in frame {here[0]}", any(frame in q.visible for frame in here))


def _syn_acks(talk: Talk) -> list[Packet]:
    return [p for p in talk.of(End.SERVER) if p.is_syn_ack]


def syn_ack_retransmission(q: Question) -> Truth:
    """The server sent more than one SYN-ACK (headers)."""
    sent = _syn_acks(q.talk)
    if len(sent) < 2:
        return no("one SYN-ACK was sent")
    return yes(f"{len(sent)} SYN-ACKs", len(q.seen(sent)) > 1)


def _third(talk: Talk) -> Packet | None:
    """The client's first packet after a SYN-ACK that arrived."""
    arrivals = [p.arrived_ns[0] for p in _syn_acks(talk) if p.counts]
    if not arrivals:
        return None
    after = (p for p in talk.of(End.CLIENT) if p.sent_ns > min(arrivals) and not p.is_syn and not p.is_rst)
    return next(after, None)


def third_ack_lost(q: Question) -> Truth:
    """The first packet after the SYN-ACK was dropped on the way (link)."""
    third = _third(q.talk)
    if third is None:
        return no("no third packet")
    if third.counts:
        return no(f"the third packet {third.sent} arrived")
    again = [p for p in _syn_acks(q.talk) if p.why]
    if not again:
        return open_("the third packet was lost, and no SYN-ACK followed")
    return yes(f"third packet {third.sent} lost: {third.dropped}", q.end is End.SERVER and bool(q.seen(again)))


def accept_queue_full(q: Question) -> Truth:
    """SYN or third packet reached the listening kernel, which made nothing of it (link, kernel)."""
    killed = next((line["time_ns"] for line in q.talk.calls(End.SERVER, "killed")), 0)
    serving = q.world.composition["serving"]
    if killed or serving["dies_after_s"]:
        return open_("the server was killed")
    if not (serving["never_accepts"] or serving["accepts_after_s"]):
        return no("the server accepts at once")
    third = _third(q.talk)
    answers = [p.sent_ns for p in q.talk.of(End.SERVER)]
    if third is not None and third.counts:
        established = q.talk.reached(End.SERVER, "ESTABLISHED")
        if not established or established - third.arrived_ns[0] > AT_ONCE_NS:
            again = [p for p in q.talk.resends if q.sees(p)]
            return yes(f"the third packet {third.sent} arrived and was ignored", bool(again))
    for syn in (p for p in q.talk.of(End.CLIENT) if p.is_syn and p.counts):
        if not any(0 < answer - syn.arrived_ns[0] < AT_ONCE_NS for answer in answers):
            return yes(f"the SYN {syn.sent} arrived and was not answered", visible=False)
    return no("the server's kernel took every packet")


def port_reused(q: Question) -> Truth:
    """An earlier connection had these ports (headers)."""
    if not q.talk.reused:
        return no("first use of these ports")
    return yes("ports used before", bool(q.seen([p for p in q.talk.packets if p.is_syn])))


def challenge_ack(q: Question) -> Truth:
    """A bare ACK answered at once a SYN of a connection still known, or a RST that did not end it (headers)."""
    for packet in q.talk.packets:
        if not (packet.is_syn or packet.is_rst) or not packet.arrived:
            continue
        answer = next((p for p in q.talk.of(packet.receiver) if p.sent_ns > packet.arrived_ns[0]), None)
        if answer is not None and answer.is_bare_ack and answer.sent_ns - packet.arrived_ns[0] < AT_ONCE_NS:
            return yes(f"{answer.sent} answers {packet.sent}", visible=False)
    return no("no SYN or RST was answered by a bare ACK")


def _absent(q: Question, option: int, label: str) -> Truth:
    """The SYN here had the option and the SYN-ACK had not, or neither (headers, as they passed this end)."""
    syns = [p for p in q.talk.of(End.CLIENT) if p.is_syn and q.sees(p)]
    answers = [p for p in _syn_acks(q.talk) if q.sees(p)]
    if not syns or not answers:
        return open_("no handshake here")
    asked = option in (syns[0].options if q.end is End.CLIENT else syns[0].options_arrived)
    granted = option in (answers[0].options if q.end is End.SERVER else answers[0].options_arrived)
    if granted:
        return no(f"{label} was granted")
    return yes(f"{label}: asked {asked}, not granted", asked)


def window_scaling_absent(q: Question) -> Truth:
    """Window scaling was not agreed on (headers)."""
    return _absent(q, OPTION_SCALE, "window scaling")


def sack_absent(q: Question) -> Truth:
    """SACK was not agreed on (headers)."""
    return _absent(q, OPTION_SACK, "SACK")


def timestamps_absent(q: Question) -> Truth:
    """Timestamps were not agreed on (headers)."""
    return _absent(q, OPTION_STAMPS, "timestamps")


def syn_cookies(q: Question) -> Truth:
    """The server's kernel sends cookies always (sysctl 2), never (0), or when its queue is full (1)."""
    setting = q.world.sysctl(End.SERVER, "tcp_syncookies", "1")
    if setting == "2":
        return yes("tcp_syncookies = 2", visible=False)
    if setting == "1" and q.world.composition["serving"]["backlog"] < 8:
        return open_("cookies are possible with a full queue")
    return no(f"tcp_syncookies = {setting}")


def probe_connection(q: Question) -> Truth:
    """Neither program sent anything (headers)."""
    if any(p.is_data for p in q.talk.packets if p.sender is not None):
        return no("data were sent")
    if not q.talk.reached(End.CLIENT, "ESTABLISHED"):
        return no("the connection never opened")
    ended = any((p.is_fin or p.is_rst) and q.sees(p) for p in q.talk.packets)
    return yes("nothing was sent", ended)
