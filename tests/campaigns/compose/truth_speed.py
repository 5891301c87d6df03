"""Whether it is true what findings say of who waited for whom: by programs' calls and kernels' counters."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.namespaces import End
from tests.campaigns.compose.truth import Question, Truth, no, open_, yes
from tests.campaigns.compose.world import bytes_in_order, in_order_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.campaigns.compose.packet import Packet

THINK_NS: Final = 150_000_000
TOLD_THINK_NS: Final = 300_000_000
THINK_ROUND_TRIPS: Final = 6
CLIENT_THINK_NS: Final = 900_000_000
CLIENT_TOLD_NS: Final = 1_200_000_000
PAUSE_NS: Final = 15_000_000
PROMPT_NS: Final = 3_000_000
LIMITED_PERCENT: Final = 40
UNLIMITED_PERCENT: Final = 10
QUEUE_NS: Final = 15_000_000
FULL_SEGMENT: Final = 1_428
READS: Final = ("read", "read to the end")
SENT_AS_ONE_NS: Final = 5_000_000
ACK_DELAY_NS: Final = 25_000_000


def _think(q: Question, end: End) -> int:
    """The longest time that a program let pass before a send, from all that it could have gone on with.

    Reading slowly, not yet having accepted, pausing between pieces and working look the same from outside.
    """
    calls = q.talk.calls(end, "send", *READS)
    opened = q.talk.reached(end, "ESTABLISHED")
    theirs = q.talk.of(end.other)
    longest = 0
    for earlier, later in pairwise([{"call": "", "until": opened}, *calls]):
        if later["call"] != "send":
            continue
        ready = in_order_at(theirs, later["time_ns"])
        if earlier["call"] == "send":
            ready = max(ready, earlier["until"])
        longest = max(longest, later["time_ns"] - max(ready, opened))
    return longest


def server_think_time(q: Question) -> Truth:
    """From what reached the server's program to its next send (program, link)."""
    wait = _think(q, End.SERVER)
    if wait < THINK_NS:
        if q.world.composition["serving"]["dies_after_s"]:
            return open_("the server's program was killed before it could note its call")
        return no(f"the server's program took {wait / 1e6:.0f} ms at most")
    answered = any(p.is_data for p in q.seen(q.talk.of(End.SERVER)))
    return yes(f"the server's program took {wait / 1e6:.0f} ms", answered and _answers_late(q))


def _answers_late(q: Question) -> bool:
    """Whether the server read a whole request and then took its time: what a capture shows as thinking."""
    calls = q.talk.calls(End.SERVER, "send", *READS)
    return any(
        later["time_ns"] - earlier["until"] > max(TOLD_THINK_NS, THINK_ROUND_TRIPS * _round_trip_ns(q))
        for earlier, later in pairwise(calls)
        if earlier["call"] in READS and later["call"] == "send"
    )


def _round_trip_ns(q: Question) -> int:
    return round(1e6 * (q.world.composition["delay_ms"] + q.world.composition["delay_back_ms"]))


def client_think_time(q: Question) -> Truth:
    """From the arrival of what the server sent to the next send of the client's program (program, link)."""
    wait = _think(q, End.CLIENT)
    if wait < CLIENT_THINK_NS:
        return no(f"the client's program took {wait / 1e6:.0f} ms at most")
    seen = q.seen(q.talk.packets)
    return yes(f"the client's program took {wait / 1e6:.0f} ms", wait > CLIENT_TOLD_NS and len(seen) > 8)


def most_of_the_time(q: Question) -> Truth:
    """It lasted long enough for most of it to be anything (link); whose time that was is what other findings claim."""
    return open_("told of the time budget alone") if q.seen(q.talk.packets) else no("nothing passed here")


def zero_window(q: Question) -> Truth:
    """A segment with window 0, no SYN, FIN or RST, passed here (headers)."""
    shut = [
        p
        for p in q.seen(q.talk.packets)
        if not p.segment.window and p.sender and not (p.is_syn or p.is_syn_ack or p.is_fin or p.is_rst)
    ]
    return yes(f"window 0: {q.frames(shut)}") if shut else no("no window was 0")


def _scale(q: Question, end: End) -> int | None:
    """Nobody knows where a firewall blanked the option: then windows are not scaled."""
    info = q.talk.info(end)
    return int(info["wscale"]) >> 4 if info else None


def window_shrunk(q: Question) -> Truth:
    """Acknowledgment plus window went back, in the order of sending (headers, scale from ``TCP_INFO``)."""
    unknown = False
    for end in End:
        scale = _scale(q, end)
        if scale is None:
            unknown = True
            continue
        edge = 0
        for packet in q.talk.of(end):
            if packet.is_syn or packet.is_syn_ack or packet.is_rst:
                continue
            now = packet.ack + (packet.segment.window << scale)
            if edge - now > (1 << scale):
                return yes(f"the {end.value}'s edge went back by {edge - now} at {q.frames([packet])}", visible=False)
            edge = max(edge, now)
    return open_("the window scale is not known") if unknown else no("no window's edge went back")


def _readers(q: Question) -> Iterator[tuple[End, int]]:
    """Each end that was sent data, and how long its program let bytes lie."""
    for end in End:
        if any(p.is_data for p in q.talk.of(end.other)):
            yield end, _late_ns(q, end)


def _late_ns(q: Question, end: End) -> int:
    """How long that end's program did not read while bytes lay there."""
    calls = q.talk.calls(end, "send", "accept", *READS)
    opened = q.talk.reached(end, "ESTABLISHED")
    arrivals = sorted(p.arrived_ns[0] for p in q.talk.of(end.other) if p.is_data and p.counts)
    closed = min((call["time_ns"] for call in q.talk.calls(end, "close")), default=arrivals[-1] if arrivals else 0)
    reading = sorted((call["time_ns"], call["until"]) for call in calls if call["call"] in READS)
    late = 0
    for (_, begin), (stop, _) in pairwise([(opened, opened), *reading, (closed, closed)]):
        first = next((at for at in arrivals if begin <= at < stop), None)
        if first is not None and stop - first > PROMPT_NS:
            late += stop - first
        elif stop - begin > PROMPT_NS and q.talk.info(end) and _unread(q, end, begin):
            late += stop - begin
    return late


def _unread(q: Question, end: End, at_ns: int) -> bool:
    """Whether bytes lay there that the program had not read by then."""
    got = sum(call["got"] for call in q.talk.calls(end, *READS) if call["until"] <= at_ns)
    return bytes_in_order(q.talk.of(end.other), at_ns) - 1 > got


def _limited_percent(q: Question, sender: End) -> float | None:
    """Share of the sender's busy time without room in the peer's window (``TCP_INFO``)."""
    info = q.talk.info(sender)
    if not info or not info.get("busy_time"):
        return None
    return 100.0 * float(info["rwnd_limited"]) / float(info["busy_time"])


def slow_receiver(q: Question) -> Truth:
    """A program left bytes unread and its peer's kernel had no room (program, ``TCP_INFO``)."""
    doubtful = False
    for reader, late_ns in _readers(q):
        percent = _limited_percent(q, reader.other)
        shut = any(not p.segment.window and p.is_bare_ack for p in q.talk.of(reader))
        if late_ns > PAUSE_NS and (shut or (percent or 0) > UNLIMITED_PERCENT):
            shown = shut and _shut_ns(q, reader) > 400_000_000
            return yes(f"the {reader.value} read {late_ns / 1e6:.0f} ms late; limited {percent or 0:.0f} %", shown)
        doubtful |= late_ns > PAUSE_NS
    return open_("read late, but the sender was hardly limited") if doubtful else no("every program read at once")


def _shut_ns(q: Question, end: End) -> int:
    """How long that end's window was 0, at the longest."""
    longest = since = 0
    for packet in q.talk.of(end):
        if packet.is_rst or packet.is_syn or packet.is_syn_ack:
            continue
        if not packet.segment.window:
            since = since or packet.sent_ns
        elif since:
            longest, since = max(longest, packet.sent_ns - since), 0
    return longest


def receive_window_limited(q: Question) -> Truth:
    """The sender's kernel had no room for long, and not because the program read late (``TCP_INFO``, program)."""
    limits = [
        (reader, late_ns, 1_000 * int(info["rwnd_limited"]), percent)
        for reader, late_ns in _readers(q)
        if (percent := _limited_percent(q, reader.other)) is not None and (info := q.talk.info(reader.other))
    ]
    if not limits:
        return open_("no TCP_INFO")
    worst = max(limits, key=lambda each: each[2] - each[1])
    reader, late_ns, limited_ns, percent = worst
    if percent > LIMITED_PERCENT and late_ns < limited_ns / 4:
        return yes(f"no room at the {reader.value} for {percent:.0f} % of the time", visible=False)
    if percent > LIMITED_PERCENT and late_ns > limited_ns * 9 / 10:
        return no(f"no room because the program read {late_ns / 1e6:.0f} ms late")
    if percent > UNLIMITED_PERCENT:
        return open_("no room for part of the time, or for two reasons")
    return no("there was room")


def sender_application_limited(q: Question) -> Truth:
    """A program paused three times between two sends with no read between (program)."""
    for end in End:
        calls = q.talk.calls(end, "send", "read", "read to the end")
        pauses = [
            later["time_ns"] - earlier["until"]
            for earlier, later in pairwise(calls)
            if earlier["call"] == later["call"] == "send" and later["time_ns"] - earlier["until"] > PAUSE_NS
        ]
        if len(pauses) >= 3:
            return yes(f"the {end.value}'s program paused {len(pauses)} times", visible=False)
    return no("no program paused between sends")


def send_buffer_limited(q: Question) -> Truth:
    """The sender's kernel says that its buffer held it up (``TCP_INFO``)."""
    shares = []
    for end in End:
        info = q.talk.info(end)
        if info and info.get("busy_time"):
            shares.append(100.0 * float(info["sndbuf_limited"]) / float(info["busy_time"]))
    if not shares:
        return open_("no TCP_INFO")
    if max(shares) > LIMITED_PERCENT:
        return yes(f"for {max(shares):.0f} % of the time", visible=False)
    return no("not limited") if max(shares) < UNLIMITED_PERCENT else open_("for part of the time")


def nagle_delayed_ack(q: Question) -> Truth:
    """A small write left well after its send(), and an ACK was held back (program, link); Nagle not off (plan)."""
    plan = q.talk.plan or {}
    for end in End:
        if plan.get(f"{end.value}_options", {}).get("no_delay"):
            continue
        writes = [call for call in q.talk.calls(end, "send") if call["bytes"] < FULL_SEGMENT]
        data = [p for p in q.talk.of(end) if p.is_data and not p.why]
        held = _held(writes, [p.sent_ns for p in data])
        delayed = [p for p in data if p.counts and _ack_delay_ns(q, p) > ACK_DELAY_NS]
        if len(writes) > 1 and held and delayed:
            return yes(
                f"{held} small writes of the {end.value} waited, ACKs of {q.frames(delayed)} late", visible=False
            )
    return no("no small write waited for an ACK that was held back")


def _held(writes: list[dict[str, Any]], left_ns: list[int]) -> int:
    """Writes during which, and soon after which, nothing left."""
    return sum(not any(w["time_ns"] <= at <= w["until"] + SENT_AS_ONE_NS for at in left_ns) for w in writes)


def _ack_delay_ns(q: Question, packet: Packet) -> int:
    """How long its receiver kept the acknowledgment back."""
    at = packet.arrived_ns[0]
    answers = (p for p in q.talk.of(packet.receiver) if p.sent_ns >= at and p.ack >= packet.end)
    return next((p.sent_ns - at for p in answers), 0)


def path_limited(q: Question) -> Truth:
    """A bottleneck or loss on the way (link); without either the congestion window may still have been the limit."""
    if q.world.faults("bottleneck") or any(p.dropped for p in q.talk.packets):
        return yes("the path is slow or lossy", visible=False)
    return open_("the congestion window is not logged")


def queueing_delay(q: Question) -> Truth:
    """Frames waited in the bottleneck's queue (link: time on the way)."""
    for end in End:
        ways = [p.arrived_ns[0] - p.sent_ns for p in q.talk.of(end) if p.arrived_ns]
        if (
            ways
            and max(ways) - min(ways) > QUEUE_NS
            and any(f["sender"] == end.value for f in q.world.faults("bottleneck"))
        ):
            return yes(
                f"the {end.value}'s frames took {min(ways) / 1e6:.0f} to {max(ways) / 1e6:.0f} ms", visible=False
            )
    if q.world.faults("jitter") or q.world.faults("stall"):
        return open_("the way itself varied")
    return no("no queue")
