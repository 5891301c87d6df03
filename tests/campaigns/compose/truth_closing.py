"""Whether it is true what findings say of how a connection ended, was reset, or fell silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cases.recorder.namespaces import End
from tests.campaigns.compose.packet import LAST
from tests.campaigns.compose.truth import Question, Truth, no, open_, yes
from tests.campaigns.compose.world import ABORTS, UNREAD

if TYPE_CHECKING:
    from tests.campaigns.compose.packet import Packet
    from tests.campaigns.compose.world import Talk

LEAK_NS: Final = 5_000_000_000
IDLE_NS: Final = 900_000_000
AT_ONCE_NS: Final = 20_000_000
TRIES: Final = 3
BY_TIMER: Final = frozenset({"rto", "tail-loss-probe"})
AFTER_CLOSE: Final = frozenset({"TCP_ABORT_ON_DATA", "NO_SOCKET", "TCP_TIMEWAIT_SOCKET", "TCP_FLAGS"})


def _first_fins(q: Question) -> tuple[Packet, Packet] | None:
    """Both ends' FINs as they passed here, the earlier one first."""
    fins = [next((p for p in q.talk.of(end) if p.is_fin and q.sees(p)), None) for end in End]
    if fins[0] is None or fins[1] is None:
        return None
    first, second = sorted((fins[0], fins[1]), key=lambda p: p.time_at(q.end))
    return first, second


def _close(q: Question) -> str:
    """``four``, ``three``, ``simultaneous`` or empty, by what passed here (headers)."""
    fins = _first_fins(q)
    if fins is None:
        return ""
    first, second = fins
    if second.ack < first.end:
        return "simultaneous"
    between = [
        p
        for p in q.talk.packets
        if p.sender is second.sender and p is not second and q.sees(p) and p.time_at(q.end) < second.time_at(q.end)
    ]
    return "four" if any(p.ack >= first.end and not p.is_rst for p in between) else "three"


def _closes(q: Question, way: str) -> Truth:
    said = _close(q)
    if not said:
        return open_("not both FINs passed here")
    return yes(f"a {way} close") if said == way else no(f"it is a {said} close")


def four_packet_close(q: Question) -> Truth:
    """The first FIN was acknowledged before the second (headers as they passed here)."""
    return _closes(q, "four")


def three_packet_close(q: Question) -> Truth:
    """The second FIN carried the acknowledgment (headers as they passed here)."""
    return _closes(q, "three")


def simultaneous_close(q: Question) -> Truth:
    """The second FIN did not acknowledge the first (headers)."""
    return _closes(q, "simultaneous")


def half_close(q: Question) -> Truth:
    """A program called shutdown() and its peer sent data after that FIN (program, headers)."""
    for end in End:
        if not q.talk.calls(end, "shutdown"):
            continue
        fin = next((p for p in q.talk.of(end) if p.is_fin), None)
        later = [
            p for p in q.talk.of(end.other) if fin and p.is_data and not p.why and p.sent_ns > fin.time_at(end.other)
        ]
        if later:
            return yes(f"{end.value}: shutdown(), then data {q.frames(later)}", bool(q.seen(later)))
    return no("no program called shutdown() before data")


def close_wait_leak(q: Question) -> Truth:
    """A socket was in CLOSE-WAIT for five seconds and sent nothing meanwhile (kernel, headers)."""
    latest = max((p.time_at(q.end) for p in q.world_packets() if q.sees(p) and p.time_at(q.end) < LAST), default=0)
    for end in End:
        since = q.talk.reached(end, "CLOSE-WAIT")
        if not since:
            continue
        until = q.talk.reached(end, "LAST-ACK") or q.talk.reached(end, "CLOSED") or latest
        sent = [p.sent_ns for p in q.talk.of(end) if since < p.sent_ns < until and p.is_data]
        if not sent and until - since >= LEAK_NS:
            fin = max((p.end for p in q.talk.of(end.other) if p.is_fin), default=0)
            acknowledged = any(p.ack >= fin for p in q.seen(q.talk.of(end)) if not p.is_rst)
            return yes(f"the {end.value} was in CLOSE-WAIT for {(until - since) / 1e9:.1f} s", acknowledged)
    return no("no CLOSE-WAIT of five seconds")


def fin_wait_2_timeout(_: Question) -> Truth:
    """It takes a minute: no composition is that long (plan)."""
    return no("the recording is shorter than the timer")


def still_open(q: Question) -> Truth:
    """Neither FIN nor RST is in this capture (headers)."""
    ends = [p for p in q.talk.packets if (p.is_fin or p.is_rst) and q.sees(p)]
    if ends:
        return no(f"FIN or RST {q.frames(ends)}")
    return yes("no FIN, no RST here", bool(q.talk.reached(End.CLIENT, "ESTABLISHED")))


def _resets(q: Question) -> list[Packet]:
    """The RSTs that are meant."""
    return q.meant([p for p in q.talk.packets if p.is_rst])


def data_after_close(q: Question) -> Truth:
    """A kernel whose program had closed answered a packet by RST (kernel's reason, headers)."""
    found = [p for p in _resets(q) if p.sender and p.reset_by in AFTER_CLOSE and _fin_before(q.talk, p)]
    if found:
        return yes(f"RST {q.frames(found)}: {found[0].reset_by} after a FIN")
    return no(_reset_story(q))


def request_unanswered(q: Question) -> Truth:
    """The server's program closed first, and its client had sent what it said nothing to (headers as they were sent).

    The programs' lines ask for an answer only where the plan has the server speak again: nobody knows of the others.
    """
    fin = next((p for p in q.talk.of(End.SERVER) if p.is_fin), None)
    if fin is None or any((p.is_fin or p.is_rst) and p.sent_ns < fin.sent_ns for p in q.talk.of(End.CLIENT)):
        return no("the server did not close first")
    said = max((p.sent_ns for p in q.talk.of(End.SERVER) if p.is_data), default=0)
    asked = [p for p in q.talk.of(End.CLIENT) if p.is_data and not p.why and p.sent_ns > said]
    return open_(f"data {q.frames(asked)}, then the server's FIN") if asked else no("the server spoke last")


def _fin_before(talk: Talk, reset: Packet) -> bool:
    return any(p.is_fin and p.sent_ns < reset.sent_ns for p in talk.packets if p.sender is reset.sender)


def _reset_story(q: Question) -> str:
    resets = _resets(q)
    if not resets:
        return "no RST here"
    return ", ".join(f"RST {q.frames([p])} {'of the link' if p.sender is None else p.reset_by}" for p in resets[:4])


def rst_abortive_close(q: Question) -> Truth:
    """A kernel reset a living socket: SO_LINGER 0, unread data, a timer (kernel's reason)."""
    found = [p for p in _resets(q) if p.sender and p.reset_by in ABORTS]
    if found:
        return yes(f"RST {q.frames(found)}: {found[0].reset_by}")
    return no(_reset_story(q))


def rst_unread_data(q: Question) -> Truth:
    """A program closed and its kernel still held unread data (kernel's reason)."""
    found = [p for p in _resets(q) if p.sender and p.reset_by == UNREAD]
    if found:
        # Only what crossed on the wire shows it.
        return yes(f"RST {q.frames(found)}: unread data", visible=False)
    return no(_reset_story(q))


def rst_injected(q: Question) -> Truth:
    """The link made the RST (link)."""
    found = [p for p in _resets(q) if p.sender is None]
    if found:
        return yes(f"RST {q.frames(found)} was made by the link", visible=False)
    return no(_reset_story(q))


def rst_dead_connection(q: Question) -> Truth:
    """A RST from where no socket was, or of a middlebox that had forgotten the connection (kernel's reason, link)."""
    for reset in _resets(q):
        if reset.sender is None:
            if q.world.faults("forgetting"):
                return yes(f"RST {q.frames([reset])} of a middlebox that had forgotten")
            continue
        if reset.reset_by in ("NO_SOCKET", "TCP_FLAGS") and not _fin_before(q.talk, reset):
            return yes(f"RST {q.frames([reset])}: {reset.reset_by}, no FIN before")
    return no(_reset_story(q))


def _keep_alives(q: Question) -> list[Packet]:
    """By the kernel's word, or an empty segment one below what its sender had sent, a second later (headers)."""
    found = []
    shut = any(not p.segment.window and not p.is_rst for p in q.talk.packets)
    for end in End:
        highest, latest = 0, 0
        asked = (q.talk.plan or {}).get(f"{end.value}_options", {}).get("keep_alive")
        for packet in q.talk.of(end):
            below = packet.is_bare_ack and packet.begin + 1 == highest and packet.sent_ns - latest > IDLE_NS
            if packet.why == "keep-alive" or (asked and below and not shut):
                found.append(packet)
            highest, latest = max(highest, packet.end), packet.sent_ns
    return sorted(found, key=lambda p: p.sent_ns)


def keep_alive(q: Question) -> Truth:
    """A kernel sent keep-alive probes (kernel, headers)."""
    probes = _keep_alives(q)
    if not probes:
        return no("no kernel sent a keep-alive")
    answered = [p for p in probes if _answer(q, p)]
    return yes(f"keep-alives {q.frames(probes)}", bool(q.seen(answered)))


def _answer(q: Question, probe: Packet) -> bool:
    """Whether the other kernel's next packet reached this end's side of the link."""
    if not probe.counts:
        return False
    return any(0 <= p.sent_ns - probe.arrived_ns[0] < AT_ONCE_NS and q.sees(p) for p in q.talk.of(probe.receiver))


def keep_alive_timeout(q: Question) -> Truth:
    """Two keep-alives were lost, or their answers, and nothing came before the connection ended (kernel, link)."""
    for end in End:
        probes = [p for p in _keep_alives(q) if p.sender is end]
        if len(probes) < 2:
            continue
        tail = probes[-2]
        heard = [p for p in q.talk.packets if p.receiver is end and p.arrived_ns and p.arrived_ns[0] > tail.sent_ns]
        if not heard:
            return yes(f"keep-alives {q.frames(probes[-2:])} unanswered", q.end is end and bool(q.seen(probes[-2:])))
    return no("no two unanswered keep-alives at the end")


def _silenced(q: Question, end: End) -> list[Packet]:
    """The tries of the bytes that end repeated last, where nothing reached it after the first repeat."""
    again = [p for p in q.talk.of(end) if p.why in BY_TIMER and p.segment.space and not (p.is_syn or p.is_syn_ack)]
    if not again:
        return []
    last = again[-1]
    tries = [p for p in q.talk.of(end) if p.segment.space and p.begin <= last.begin < p.end]
    first = next(p for p in tries if p.why)
    heard = [p for p in q.talk.packets if p.receiver is end and any(at > first.sent_ns for at in p.arrived_ns)]
    return [] if heard else tries


def path_lost(q: Question) -> Truth:
    """From the first repeat of three tries on nothing of one direction arrived, by the link's doing (kernel, link)."""
    ends = {p.sender for p in q.meant(q.talk.resends)}
    for end in End:
        tries = _silenced(q, end)
        if len(tries) < TRIES or (ends and end not in ends):
            continue
        since = next(p.sent_ns for p in tries if p.why)
        for sender in End:
            way = [p for p in q.talk.of(sender) if p.sent_ns >= since]
            if way and all(p.dropped and not p.dropped.startswith(("larger", "queue")) for p in way):
                shown = q.end is end and len(tries) > TRIES
                return yes(f"nothing of the {sender.value} arrives from the repeats {q.frames(tries)} on", shown)
        if any(p.dropped.startswith("larger") for p in tries):
            return no(f"tries {q.frames(tries)} were too large for the path")
        if all(p.counts for p in tries):
            return no(f"tries {q.frames(tries)} arrived and were ignored")
        return open_(f"tries {q.frames(tries)} partly arrived")
    return no("no bytes were tried three times in silence")


def idle_connection_dropped(q: Question) -> Truth:
    """A middlebox forgot the connection after its idle time (link)."""
    hit = [p for p in q.talk.packets if any(rule.startswith("forgetting") for rule in p.rules)]
    if hit:
        return yes(f"forgotten, from {q.frames(hit[:1])} on", visible=False)
    return no("no middlebox forgot it")
