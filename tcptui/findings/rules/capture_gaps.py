"""Rules about what is missing from a stream's capture, or captured twice (rules/findings.md#the-capture-itself)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from tcptui.analysis.resend.renumbered import Renumbered, renumbered
from tcptui.analysis.resend.resend import SUSPICIOUS, Resend
from tcptui.analysis.resend.two_places import PAIRS_OF_END, SEEN_AGAIN, TwoPlaces, two_places
from tcptui.analysis.stream.unwrapped_seq import NOTHING
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import FILTERED, HOLES, MID_STREAM, ONE_SIDED, SUSPECT
from tcptui.findings.rules.challenge_ack import challenged_syn
from tcptui.findings.rules.number_jump import NumberJump, jump_in
from tcptui.model.arrays import first_after, indexes_of
from tcptui.model.batched import column, in_each, integer, largest, places_of, rounded
from tcptui.model.endpoint import endpoint_text
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, FIN, RST
from tcptui.model.verdict import Verdict

#: Where bytes are missing (start, end), and the index of the segment that showed it.
_Hole: TypeAlias = tuple[int, int, int]
#: Most segments that a sender sends before the first ACK (RFC 6928).
INITIAL_WINDOW: Final = 10
#: Fewest packets of one end (rules/findings.md#one-sided-capture).
ONE_SIDED_PACKETS: Final = 3
#: Copies nearer than this, and than one part of so many of the round trip, are of one place (ns).
NEAR_NS: Final = 50_000
NEAR_SHARE: Final = 20


@dataclass(frozen=True, slots=True)
class MissingRange:
    """Bytes of one side that were acknowledged but never captured, as a range of unwrapped sequence numbers."""

    side: int
    start: int
    end: int
    seen_at: int
    """Index of the segment that first showed the hole."""
    acknowledged_at: int
    """Index of the segment that acknowledged its end."""


def missed(connection: ConnectionFacts) -> list[MissingRange]:
    """Holes in the captured bytes that no later segment filled and that were acknowledged; computed once a view."""
    kept = connection.view.kept
    if missed not in kept:
        kept[missed] = _find_missed(connection)
    found: list[MissingRange] = kept[missed]
    return found


def _find_missed(connection: ConnectionFacts) -> list[MissingRange]:
    if not connection.verdicts & (Verdict.LOST_SEGMENT | Verdict.ACK_LOST_SEGMENT):
        return []
    view, space = connection.view, connection.space
    interesting = indexes_of(view.verdict & (SUSPICIOUS | Verdict.LOST_SEGMENT))
    skipped: tuple[list[_Hole], list[_Hole]] = ([], [])
    came: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    for i in interesting.tolist():
        side = connection.side[i]
        start, end = integer(space.seq[i]), integer(space.end[i])
        before = integer(space.sent[side][i - 1]) if i else NOTHING
        if int(view.verdict[i]) & Verdict.LOST_SEGMENT and NOTHING < before < start:
            skipped[side].append((before, start, i))
        elif end > start and skipped[side]:
            came[side].append((start, end))
    holes = [_left(*both) for both in zip(skipped, came, strict=True)]
    gaps = []
    for side in (0, 1):
        acknowledged = space.acknowledged[side]
        ends = column([end for _start, end, _i in holes[side]])
        covers = places_of(acknowledged, ends, side="left").tolist()
        gaps += [
            MissingRange(side, start, end, i, cover)
            for (start, end, i), cover in zip(holes[side], covers, strict=True)
            if cover < connection.count
        ]
        final, highest = integer(acknowledged[-1]), integer(space.sent[side][-1])
        if final > highest > NOTHING and connection.packets_by_side[side]:
            seen_at = int(places_of(acknowledged, final))
            if not connection.is_syn_ack(seen_at):  # else it answers another SYN, perhaps one of long ago
                gaps += _gap(connection, side, highest, final, seen_at)
    return sorted((gap for gap in gaps if not _is_keep_alive(connection, gap)), key=lambda gap: gap.seen_at)


def _is_keep_alive(connection: ConnectionFacts, gap: MissingRange) -> bool:
    """Whether the only thing that shows the missing byte may be a keep-alive with which the capture begins.

    That is an empty ACK one below the next number (RFC 1122, 4.2.3.6); before a first byte of that end has passed, it
    looks like any other ACK, and the answer counts one more.
    """
    if gap.end - gap.start != 1:
        return False
    space, until = connection.space, gap.acknowledged_at
    first = first_after(connection.segments(gap.side), -1)
    if not 0 <= first < until or integer(space.seq[first]) != gap.start:
        return False  # it is that of one gap at most
    mine = indexes_of(connection.view.from_server[:until] == bool(gap.side))
    return len(mine) > 0 and bool((space.seq[mine] == gap.start).all() and (space.end[mine] == gap.start).all())


def _left(holes: list[_Hole], came: list[tuple[int, int]]) -> list[_Hole]:
    """What remains of ``holes``, which are sorted and disjoint, without the bytes that ``came`` later (start, end).

    A hole lies above all that had been sent before it: nothing of that lies in it.
    """
    spans: list[tuple[int, int]] = []
    for start, end in sorted(came):
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], end)
        else:
            spans.append((start, end))
    left: list[_Hole] = []
    place = 0
    for low, high, index in holes:
        reached = low
        while place < len(spans) and spans[place][0] < high:
            start, end = spans[place]
            if start > reached:
                left.append((reached, start, index))
            reached = max(reached, end)
            if end > high:
                break  # it may reach into the next one, too
            place += 1
        if reached < high:
            left.append((reached, high, index))
    return left


def _gap(connection: ConnectionFacts, side: int, start: int, end: int, seen_at: int) -> list[MissingRange]:
    index = int(places_of(connection.space.acknowledged[side], end, side="left"))
    return [MissingRange(side, start, end, seen_at, index)] if index < connection.count else []


def capture_missed_packets(connection: ConnectionFacts) -> Finding | None:
    """`capture-missed-packets`: bytes that were acknowledged but never captured, and were not resent.

    A fault of the capture and not of the connection, so a note, however much is missing: a capture that
    could not keep up has gaps in all connections alike.
    """
    if connection.signs & FILTERED:
        return _filtered(connection)
    if several_numberings(connection):
        return None  # the bytes between the two sequence spaces were never sent
    # A challenge ACK belongs to an older connection between the same ports, and so do its numbers.
    gaps = missed(connection) if challenged_syn(connection) is None else []
    if not gaps or not all(connection.packets_by_side):
        return None
    total = sum(gap.end - gap.start for gap in gaps)
    payload = sum(connection.payload_by_side) + total
    first = gaps[0]
    lone_flag = total == 1
    return connection.finding(
        FindingId.CAPTURE_MISSED_PACKETS,
        [index for gap in gaps for index in (gap.seen_at, gap.acknowledged_at)],
        Severity.NOTE,
        Confidence.CERTAIN,
        ("recorder-overload", "other-path", "started-late"),
        shape="flag" if lone_flag else "",
        count=len(gaps),
        bytes=first.end - first.start,
        total_bytes=total,
        percent=rounded(100 * total / max(1, payload), 1),
        sender=SIDES[first.side],
        other=SIDES[1 - first.side],
        first_seq=first.start & SEQ_MASK,
        last_seq=(first.end - 1) & SEQ_MASK,
        seen_frame=connection.frame[first.seen_at],
        ack_frame=connection.frame[first.acknowledged_at],
        recorder_dropped=connection.context.quality.kernel_dropped,
    )


def _filtered(connection: ConnectionFacts) -> Finding | None:
    """`capture-missed-packets` (shape ``filtered``): no bare acknowledgment in the whole capture: they were left out.

    Told of streams in which at least one is to be expected: with data or a SYN-ACK.
    """
    kinds = connection.context.quality.kinds
    expected = [i for i in range(connection.count) if connection.length[i] or connection.is_syn_ack(i)]
    if not expected:
        return None
    return connection.finding(
        FindingId.CAPTURE_MISSED_PACKETS,
        (expected[0], expected[-1]),
        Severity.NOTE,
        Confidence.LIKELY,
        ("kind-filter",),
        shape="filtered",
        expected=len(expected),
        packets=kinds.segments,
        carrying=kinds.carrying + kinds.syn_acks,
        first_frame=connection.frame[expected[0]],
        last_frame=connection.frame[expected[-1]],
    )


def capture_started_mid_stream(connection: ConnectionFacts) -> Finding | None:
    """`capture-started-mid-stream`: no SYN of either end was captured."""
    if not connection.mid_stream or connection.count < 2:
        return None
    client, server = connection.view.client, connection.view.server
    return connection.finding(
        FindingId.CAPTURE_STARTED_MID_STREAM,
        (0,),
        Severity.NOTE,
        Confidence.CERTAIN,
        shape=connection.view.role_source.value,
        first_frame=connection.frame[0],
        client=in_each(endpoint_text, client.host, client.port),
        server=in_each(endpoint_text, server.host, server.port),
    )


def one_sided_capture(connection: ConnectionFacts) -> Finding | None:
    """`one-sided-capture`: three or more packets one way, none the other, and proof that the other end talks.

    A socket that is connected to itself has no other end.
    """
    if connection.is_with_itself:
        return None
    for side in (0, 1):
        mine, other = connection.packets_by_side[side], connection.packets_by_side[1 - side]
        if mine >= ONE_SIDED_PACKETS and not other:
            return _one_sided(connection, side)
    return None


def _one_sided(connection: ConnectionFacts, side: int) -> Finding | None:
    acks = [i for i in range(connection.count) if connection.flags[i] & ACK and not connection.flags[i] & RST]
    advancing = next((i for i in acks[1:] if connection.ack[i] != connection.ack[acks[0]]), -1) if acks else -1
    if connection.syns and connection.is_pure_syn(connection.syns[0]) and acks:
        proof, shape = acks[0], "acks-syn-ack"
    elif advancing >= 0:
        proof, shape = advancing, "ack-advances"
    elif connection.data_segments > INITIAL_WINDOW and acks:
        proof, shape = connection.count - 1, "beyond-initial-window"
    else:
        return None
    return connection.finding(
        FindingId.ONE_SIDED_CAPTURE,
        (acks[0], proof),
        Severity.WARNING,
        Confidence.CERTAIN,
        ("other-path", "filter"),
        shape=shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        packets=connection.count,
        proof_frame=connection.frame[proof],
        ack_seq=connection.ack[proof],
    )


def recorded_twice(connection: ConnectionFacts) -> list[Resend]:
    """Copies that the capture made: of most packets, or of a packet before and after a router (another TTL)."""
    ttl = connection.view.ttl
    return [
        resend
        for resend in connection.resends
        if resend.copy and (resend.cause is ResendCause.NONE or ttl[resend.index] != ttl[resend.previous])
    ]


def copy_mark(connection: ConnectionFacts, copy: Resend) -> str:
    """What tells ``copy`` from a resend: empty its packet number, ``unnumbered`` a timestamp, ``unmarked`` neither."""
    if connection.view.ip_id.item(copy.index):
        return ""
    return "unnumbered" if int(connection.view.options[copy.index]) & OptionBit.TIMESTAMPS else "unmarked"


def two_numberings(connection: ConnectionFacts) -> Renumbered | None:
    """Whether one end's packets were recorded before and behind a device that rewrites sequence numbers."""
    kept = connection.view.kept
    if two_numberings not in kept:
        asked = connection.verdicts & (SUSPICIOUS | Verdict.LOST_SEGMENT | Verdict.ACK_LOST_SEGMENT)
        kept[two_numberings] = renumbered(connection.view) if asked else None
    found: Renumbered | None = kept[two_numberings]
    return found


def number_jump(connection: ConnectionFacts) -> NumberJump | None:
    """Where one end's numbers jump farther than any line could carry bytes meanwhile; None: nowhere."""
    kept = connection.view.kept
    if number_jump not in kept:
        ranges = missed(connection) if challenged_syn(connection) is None else []
        kept[number_jump] = jump_in(connection, [(gap.side, gap.start, gap.end, gap.seen_at) for gap in ranges])
    found: NumberJump | None = kept[number_jump]
    return found


def twins(connection: ConnectionFacts) -> TwoPlaces | None:
    """Whether the connection was recorded at two places, a good part of its round trip apart.

    Copies that are nearer, of a mirror port or of two interfaces of one machine, leave the order of packets as it was:
    what they imitate is weakened, and the rest holds.
    """
    kept = connection.view.kept
    if twins not in kept:
        kept[twins] = None
        view, flags = connection.view, connection.flags
        again = sum(bool(flags[r.index] & FIN or view.length[r.index] > 1) for r in connection.resends)
        if again >= PAIRS_OF_END and len(connection.resends) * SEEN_AGAIN >= connection.count:
            found = two_places(connection.view)
            limit = largest(connection.rtt_ns // NEAR_SHARE, NEAR_NS)
            kept[twins] = found if found is not None and found.apart_ns > limit else None
    both: TwoPlaces | None = kept[twins]
    return both


def _recorded_at_two_places(connection: ConnectionFacts, both: TwoPlaces) -> Finding:
    """`capture-duplicates` (shape ``twin``): captures of both ends in one, or two places of the path."""
    view = connection.view
    return connection.finding(
        FindingId.CAPTURE_DUPLICATES,
        [both.first, both.again],
        Severity.NOTE,
        Confidence.LIKELY,
        ("network-duplicate",),
        shape="twin",
        count=both.pairs,
        packets=connection.count,
        original_frame=connection.frame[both.first],
        copy_frame=connection.frame[both.again],
        usually_s=both.apart_ns / 1e9,
        usual_ttl=integer(view.ttl[both.first]),
        ttl=integer(view.ttl[both.again]),
    )


def several_numberings(connection: ConnectionFacts) -> bool:
    """Whether one end's sequence numbers belong to several sequence spaces.

    So they do behind SYN-ACKs of several numbers whose SYN is not here, and where one socket is both ends.
    """
    answers = [] if connection.syns_by_side[0] else [i for i in connection.syns_by_side[1] if connection.is_syn_ack(i)]
    if any(connection.view.raw_seq.item(i) != connection.view.raw_seq.item(answers[0]) for i in answers[1:]):
        return True
    return connection.is_with_itself or two_numberings(connection) is not None or number_jump(connection) is not None


def _jumped(connection: ConnectionFacts, jump: NumberJump) -> Finding:
    """`capture-duplicates` (shape ``jump``): two sequence spaces in one stream, one behind the other."""
    return connection.finding(
        FindingId.CAPTURE_DUPLICATES,
        (jump.before, jump.at),
        Severity.NOTE,
        Confidence.LIKELY,
        ("sequence-rewritten", "nat-port"),
        shape="jump",
        sender=SIDES[jump.side],
        before_frame=connection.frame[jump.before],
        at_frame=connection.frame[jump.at],
        bytes=jump.bytes,
        apart_s=jump.took_ns / 1e9,
        count=1,
    )


def _renumbered(connection: ConnectionFacts, both: Renumbered) -> Finding:
    """`capture-duplicates` (shape ``renumbered``): the same packets with other sequence numbers, by a constant."""
    return connection.finding(
        FindingId.CAPTURE_DUPLICATES,
        (both.first, both.again),
        Severity.NOTE,
        Confidence.LIKELY,
        ("sequence-rewritten",),
        shape="renumbered",
        sender=SIDES[both.side],
        original_frame=connection.frame[both.first],
        copy_frame=connection.frame[both.again],
        apart_s=connection.seconds(both.first, both.again),
        ip_id=connection.view.ip_id.item(both.first),
        shift=both.shift,
        count=both.pairs,
    )


def capture_duplicates(connection: ConnectionFacts) -> Finding | None:
    """`capture-duplicates`: transmissions captured twice (a mirror port or `-i any`), not sent twice."""
    both = two_numberings(connection)
    if both is not None:
        return _renumbered(connection, both)
    jump = number_jump(connection)
    if jump is not None:
        return _jumped(connection, jump)
    if (places := twins(connection)) is not None:
        return _recorded_at_two_places(connection, places)
    copies = recorded_twice(connection)
    if not copies:
        return None
    first = copies[0]
    ttls = tuple(integer(connection.view.ttl[i]) for i in (first.previous, first.index))
    return connection.finding(
        FindingId.CAPTURE_DUPLICATES,
        [index for resend in copies for index in (resend.previous, resend.index)],
        Severity.NOTE,
        Confidence.LIKELY,
        ("network-duplicate",),
        shape="two-places" if ttls[0] != ttls[1] else copy_mark(connection, first),
        count=len(copies),
        ttl=ttls[1],
        usual_ttl=ttls[0],
        original_frame=connection.frame[first.previous],
        copy_frame=connection.frame[first.index],
        apart_s=connection.seconds(first.previous, first.index),
        ip_id=connection.view.ip_id.item(first.index),
    )


RULES: Final = (
    (ONE_SIDED, one_sided_capture),
    (MID_STREAM, capture_started_mid_stream),
    (HOLES | FILTERED, capture_missed_packets),
    (SUSPECT | HOLES, capture_duplicates),
)
