"""Rules about senders that wait for room in the receiver's window, and why there is none (rules/findings.md#speed).

There are two reasons.  The window may simply be smaller than the path could hold: then each acknowledgment
brings new room at once.  Or the receiving program does not read in time: then everything is acknowledged and there
is still no room, or the window keeps falling to half and less of what it was, as for a program that reads by a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.stream.table import SCALE_OFF, SCALE_UNKNOWN
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.send_gaps import NO_LIMIT_NS, largest_segment, window_edges
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import HOLES, SLOW
from tcptui.findings.unread_backlog import UNREAD_NS, Backlogs, backlogs
from tcptui.model.arrays import chunks, flatnonzero32, indexes_of, top_k
from tcptui.model.batched import in_each, integer, largest, put, smallest
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import I32, I64, OptionBit
from tcptui.model.tcp_flags import RST, SYN

#: rules/findings.md#slow-receiver: less room than this many segments counts as none.
ROOM_SEGMENTS: Final = 2
#: One stall of at least this long …
STALL_NS: Final = 200_000_000
#: … and of this many round trips …
STALL_RTTS: Final = 2
#: … or this many shorter stalls …
STALLS: Final = 3
#: … each at least this long.
SHORT_STALL_NS: Final = 20_000_000
#: rules/findings.md#receive-window-limited: the waits take more than this share (percent) of the transfer.
LIMITED_PERCENT: Final = 50
#: Fewest waits for room that say something about a transfer.
LIMITED_WAITS: Final = 5
#: Least time lost for a warning …
COSTLY_NS: Final = 1_000_000_000
#: … in a transfer of at least this many bytes …
LARGE_BYTES: Final = 65_536
#: … over a round trip of at least this: on a shorter path every window is large enough.
FAR_NS: Final = 5_000_000
#: The largest window without scaling, in bytes (RFC 9293, 3.1).
UNSCALED: Final = 65_535
#: In a shorter transfer a window that is read without its scale is not looked for (bytes).
UNSCALED_BYTES: Final = 8_192
#: A window that is never more than one part in so many of that in the SYN-ACK is read without its scale.
STRIPPED_TIMES: Final = 8
#: A transfer limited by its window moves at least this share (percent) of a window per round trip.
WINDOW_PERCENT: Final = 50
#: A window whose largest value is at most this percentage of its smallest is fixed.
FIXED_PERCENT: Final = 160
#: rules/findings.md#slow-receiver: a buffer that was left more than half full for this share (percent) of a transfer.
BACKLOG_PERCENT: Final = 10
#: rules/findings.md#slow-receiver: ACKs that were held for this share (percent) of a transfer are a reader's clock.
HELD_PERCENT: Final = 25
#: With less than this share (percent) of a window per round trip, acknowledgments came later than the path explains.
PROMPT_PERCENT: Final = 80


@dataclass(frozen=True)
class Stalls:
    """The waits of one side for room in its peer's window; one entry per pair of its successive new segments."""

    before: I32
    """Indexes of the earlier segments."""
    after: I32
    """Indexes of the later segments, which waited for room."""
    own_ns: I64
    """How long each wait for room lasted, without recovery from loss."""
    shut: I32
    """Index of the ACK that acknowledged everything and left no room; -1 without one."""
    shut_ns: I64
    """Time from `shut` to the segment that waited; 0 without `shut`."""

    @property
    def slow(self) -> NDArray[np.bool_]:
        """The waits that the receiving program caused, because it did not read."""
        slow: NDArray[np.bool_] = self.shut >= 0
        return slow


def window_stalls(connection: ConnectionFacts, side: int) -> Stalls | None:
    """The waits of ``side`` for room in its peer's window; None without any."""
    budget = connection.budget
    gaps = budget.sends[side]
    if gaps is None or not gaps.blocked.any():
        return None
    return _stalls(connection, side, gaps)


def _stalls(connection: ConnectionFacts, side: int, gaps: SendGaps) -> Stalls:
    view, space = connection.view, connection.space
    chosen = gaps.having(SendGapReason.BLOCKED)
    before, after = gaps.befores(chosen), gaps.afters(chosen)
    own = connection.budget.waits.own(gaps.which[chosen])
    peers = view.from_server != bool(side)
    peers &= (view.flags & RST) == 0
    most = integer(view.window.max(initial=0, where=peers & ((view.flags & SYN) == 0)))
    little = smallest(ROOM_SEGMENTS * largest_segment(view, side), largest(most // 2, 1))
    shutting = np.zeros(len(view), np.bool_)
    for part in chunks(len(view)):
        edges, acknowledged = window_edges(view, space, part), space.acknowledged[side][part]
        shutting[part] = peers[part] & (acknowledged >= space.sent[side][part])
        shutting[part] &= (edges - acknowledged < little) & (edges < NO_LIMIT_NS)
    full = flatnonzero32(shutting)
    del peers, shutting
    shut, shut_ns = np.full(len(before), -1, np.int32), np.zeros(len(before), np.int64)
    delays = connection.budget.delays
    lag = 0 if delays.captured_at(side) else delays.to_end_ns(side)
    for part in chunks(len(before)) if len(full) else ():
        place = full.searchsorted(before[part])
        first = full[np.minimum(place, len(full) - 1)]
        found = indexes_of((place < len(full)) & (first > before[part]) & (first < after[part]))
        first, until = first[found], after[part][found]
        shut[part.start + found] = first
        shut_ns = put(shut_ns, part.start + found, np.maximum(view.time_ns[until] - view.time_ns[first] - lag, 0))
    return Stalls(before, after, own, shut, shut_ns)


def _opened(connection: ConnectionFacts, side: int, after: int) -> int:
    """Index of the peer's newest segment before segment ``after``: the one that opened the window."""
    return int(connection.space.latest[1 - side][after - 1])


def slow_receiver(connection: ConnectionFacts) -> Finding | None:
    """`slow-receiver`: all data was acknowledged, and the window still has no room; or the buffer is read in steps."""
    found = [(stalls, side) for side in (0, 1) if (stalls := window_stalls(connection, side)) is not None]
    for stalls, side in sorted(found, key=lambda entry: -integer(entry[0].shut_ns.sum())):
        finding = (
            _slow(connection, stalls, side)
            or _read_in_steps(connection, stalls, side)
            or _read_by_clock(connection, stalls, side)
        )
        if finding is not None:
            return finding
    return None


def _are_the_reason(connection: ConnectionFacts, stalls: Stalls, side: int, unread: Backlogs) -> Backlogs | None:
    """``unread`` while ``side`` still sent, where waits for room limit its transfer and those are the reason."""
    transfer = transfer_ns(connection, side)
    waits, limited = int(np.count_nonzero(stalls.own_ns > 0)), integer(stalls.own_ns.sum())
    if waits < LIMITED_WAITS or limited * 100 <= LIMITED_PERCENT * transfer:
        return None
    # What the receiver left unread after the sender's last segment held nothing up.
    within = unread.opened <= stalls.after[-1]
    unread = Backlogs(unread.began[within], unread.opened[within], unread.lasted_ns[within])
    if len(unread) < STALLS or int(unread.lasted_ns.sum()) * 100 < BACKLOG_PERCENT * transfer:
        return None
    return unread


def _unread(connection: ConnectionFacts, stalls: Stalls, side: int) -> Backlogs | None:
    """The backlogs of the peer of ``side``, where waits for room limit the transfer and backlogs are the reason."""
    return _are_the_reason(connection, stalls, side, backlogs(connection.view, 1 - side))


def _held(connection: ConnectionFacts, stalls: Stalls, side: int) -> Backlogs | None:
    """The data that the peer of ``side`` held unacknowledged at its own interface, as `_unread`.

    A kernel acknowledges the second full segment at once (RFC 5681, 4.2), unless its program has not read and so there
    is no new room to announce (Linux: `__tcp_ack_snd_check`): then the reading program sends the ACK.
    """
    if not connection.at_receiver(side):
        return None
    return _are_the_reason(connection, stalls, side, held_acks(connection, side))


def held_acks(connection: ConnectionFacts, side: int) -> Backlogs:
    """From the second full segment of ``side`` that is not acknowledged to its ACK, where that took `UNREAD_NS`.

    Not where the receiver said anything meanwhile: it reports a gap, or has announced room.
    """
    view, space = connection.view, connection.space
    peers = view.from_server != bool(side)
    peers &= (view.flags & (SYN | RST)) == 0
    own = flatnonzero32(peers)
    acknowledged = space.acknowledged[side][own]
    moved = indexes_of(np.diff(acknowledged, prepend=acknowledged[:1]) > 0)
    moved = moved[moved > 0]
    wanted = acknowledged[moved - 1] + 2 * largest_segment(view, side)
    whole = acknowledged[moved] >= wanted
    moved, wanted = moved[whole], wanted[whole]
    second = space.sent[side].searchsorted(wanted).astype(np.int32)
    acks, before = own[moved], own[moved - 1]
    lasted = view.time_ns[acks] - view.time_ns[np.minimum(second, len(view) - 1)]
    long = (second > before) & (second < acks) & (lasted >= UNREAD_NS)
    return Backlogs(second[long], acks[long], lasted[long])


def _read_by_clock(connection: ConnectionFacts, stalls: Stalls, side: int) -> Finding | None:
    """`slow-receiver`, shape ``clock``: ACKs come with the program's reading, not with the data."""
    held = _held(connection, stalls, side)
    if held is None:
        return None
    view, total_ns = connection.view, int(held.lasted_ns.sum())
    if total_ns * 100 < HELD_PERCENT * transfer_ns(connection, side):
        return None
    worst = int(np.argmax(held.lasted_ns))
    peers = view.from_server != bool(side)
    shown = [int(i) for pair in zip(held.began[:12], held.opened[:12], strict=True) for i in pair]
    return connection.finding(
        FindingId.SLOW_RECEIVER,
        [*shown, int(held.began[worst]), int(held.opened[worst])],
        Severity.WARNING if total_ns >= STALL_NS and _large(connection, side) else Severity.NOTE,
        Confidence.POSSIBLE if connection.signs & HOLES else Confidence.LIKELY,
        ("starved-host", "small-buffer", "acks-held"),
        shape="clock",
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        count=len(held),
        first_frame=connection.frame[int(held.began[worst])],
        open_frame=connection.frame[int(held.opened[worst])],
        next_frame=connection.frame[int(held.opened[worst])],
        low_bytes=integer(view.window[int(held.opened[worst])]),
        top_bytes=integer(view.window[peers].max()),
        worst_s=int(held.lasted_ns[worst]) / 1e9,
        usual_s=int(np.median(held.lasted_ns)) / 1e9,
        total_s=total_ns / 1e9,
        elapsed_s=connection.budget.elapsed_ns / 1e9,
    )


def _read_in_steps(connection: ConnectionFacts, stalls: Stalls, side: int) -> Finding | None:
    """`slow-receiver` of a program that reads by a clock: the window keeps falling to half, and opens late."""
    unread = _unread(connection, stalls, side)
    if unread is None:
        return None
    view = connection.view
    total_ns = int(unread.lasted_ns.sum())
    worst = int(np.argmax(unread.lasted_ns))
    began, opened = int(unread.began[worst]), int(unread.opened[worst])
    peers = view.from_server != bool(side)
    evidence = [int(i) for pair in zip(unread.began[:12], unread.opened[:12], strict=True) for i in pair]
    return connection.finding(
        FindingId.SLOW_RECEIVER,
        [*evidence, began, opened],
        Severity.WARNING if total_ns >= STALL_NS and _large(connection, side) else Severity.NOTE,
        Confidence.POSSIBLE if connection.signs & HOLES else Confidence.LIKELY,
        ("starved-host", "paused-on-purpose", "room-announced-late"),
        shape="steps",
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        count=len(unread),
        first_frame=connection.frame[began],
        open_frame=connection.frame[opened],
        next_frame=connection.frame[opened],
        low_bytes=integer(view.window[began]),
        top_bytes=integer(view.window[peers].max()),
        worst_s=int(unread.lasted_ns[worst]) / 1e9,
        total_s=total_ns / 1e9,
        elapsed_s=connection.budget.elapsed_ns / 1e9,
    )


def _slow(connection: ConnectionFacts, stalls: Stalls, side: int) -> Finding | None:
    slow = stalls.slow & (stalls.shut_ns >= largest(SHORT_STALL_NS, connection.rtt_ns // 4))
    count = int(np.count_nonzero(slow))
    if not count:
        return None
    times = stalls.shut_ns[slow]
    worst_ns, total_ns = integer(times.max()), integer(times.sum())
    if worst_ns < largest(STALL_NS, STALL_RTTS * connection.rtt_ns) and count < STALLS:
        return None
    worst = int(indexes_of(slow)[int(np.argmax(times))])
    shut, after = int(stalls.shut[worst]), int(stalls.after[worst])
    view = connection.view
    peers = view.from_server != bool(side)
    room = integer(view.window[shut])
    if connection.signs & HOLES:
        confidence = Confidence.POSSIBLE
    else:
        sure = connection.at_receiver(side) or not room
        confidence = Confidence.LIKELY if sure else Confidence.POSSIBLE
    opened = _opened(connection, side, after)
    evidence = [index for i in indexes_of(slow)[:12].tolist() for index in (stalls.shut[i], stalls.after[i])]
    return connection.finding(
        FindingId.SLOW_RECEIVER,
        [int(index) for index in evidence] + [opened],
        Severity.WARNING if total_ns >= STALL_NS and (not room or _large(connection, side)) else Severity.NOTE,
        confidence,
        ("queue-instead", "starved-host") if room else ("paused-on-purpose", "stopped-program"),
        shape="" if room else "shut",
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        count=count,
        first_frame=connection.frame[shut],
        open_frame=connection.frame[opened],
        next_frame=connection.frame[after],
        low_bytes=room,
        top_bytes=integer(view.window[peers].max()),
        worst_s=worst_ns / 1e9,
        total_s=total_ns / 1e9,
        elapsed_s=connection.budget.elapsed_ns / 1e9,
    )


def transfer_ns(connection: ConnectionFacts, side: int) -> int:
    """Total time in ns between successive new segments of ``side``, without recovery; computed once a view."""
    kept = connection.view.kept
    if (transfer_ns, side) not in kept:
        gaps = connection.budget.sends[side]
        kept[transfer_ns, side] = 0 if gaps is None else connection.budget.waits.own_sum(gaps.which)
    return integer(kept[transfer_ns, side])


def sent_bytes(connection: ConnectionFacts, gaps: SendGaps) -> int:
    """Payload bytes of the later segments of all pairs in ``gaps``."""
    return sum(integer(connection.view.length[gaps.afters(part)].sum()) for part in chunks(len(gaps)))


def _large(connection: ConnectionFacts, side: int) -> bool:
    """Whether ``side`` sent enough bytes, for long enough, over a long enough path, that a user may have waited."""
    long = connection.payload_by_side[side] >= LARGE_BYTES and connection.budget.elapsed_ns >= COSTLY_NS
    return long and connection.view.irtt_ns >= FAR_NS


def receive_window_limited(connection: ConnectionFacts) -> Finding | None:
    """`receive-window-limited`: the window is smaller than the path could hold, although the receiver reads at once."""
    for side in (0, 1):
        stalls = window_stalls(connection, side)
        scale = connection.view.scale_client if side else connection.view.scale_server
        if stalls is None or scale == SCALE_UNKNOWN:
            continue
        limited = integer(stalls.own_ns[~stalls.slow].sum())
        waits = int(np.count_nonzero(~stalls.slow & (stalls.own_ns > 0)))
        if (
            waits < LIMITED_WAITS
            or limited < largest(STALL_NS, LIMITED_WAITS * connection.rtt_ns)
            or limited * 100 <= LIMITED_PERCENT * transfer_ns(connection, side)
        ):
            continue
        if not _scale_stripped(connection, side) and (
            not _as_fast_as_its_window(connection, stalls, side)
            or _unread(connection, stalls, side) is not None
            or _read_by_clock(connection, stalls, side) is not None
        ):
            continue
        return _limited(connection, stalls, side, scale, limited)
    return None


def _median(numbers: NDArray[np.uint32]) -> float:
    return float(np.median(numbers))


def _window_percent(connection: ConnectionFacts, stalls: Stalls, side: int, rtt_ns: int, spent_ns: int) -> float:
    """How much of a window (percent) was sent per round trip of ``rtt_ns`` in ``spent_ns``; 0 without a round trip."""
    gaps = connection.budget.sends[side]
    if gaps is None or not rtt_ns:
        return 0.0
    window = in_each(_median, connection.view.window[connection.space.latest[1 - side][stalls.before]])
    return sent_bytes(connection, gaps) * rtt_ns * 100 / largest(window * largest(spent_ns, 1), 1.0)


def _as_fast_as_its_window(connection: ConnectionFacts, stalls: Stalls, side: int) -> bool:
    """Whether about one window was sent per round trip; with a queue on the path, a full window takes far longer."""
    spent_ns = transfer_ns(connection, side)
    return _window_percent(connection, stalls, side, connection.path_rtt_ns, spent_ns) >= WINDOW_PERCENT


def _read_late(connection: ConnectionFacts, stalls: Stalls, side: int) -> bool:
    """Whether the receiving program may have read late: room came later than the path explains, or was little."""
    # The opening's round trip: those of the acknowledgments contain how long the receiver held them back.
    rtt_ns = connection.rtt_ns or connection.budget.delays.rtt_ns
    gaps = connection.budget.sends[side]
    if gaps is None:
        return False
    # A sender that waits for an ACK with room left waits for the same reader, where that acknowledges late.
    waited_ns = connection.budget.waits.own_sum(gaps.which[gaps.blocked | gaps.clocked])
    if _window_percent(connection, stalls, side, rtt_ns, waited_ns) < PROMPT_PERCENT:
        return True
    return len(backlogs(connection.view, 1 - side, least_ns=0)) >= STALLS


def _scale_stripped(connection: ConnectionFacts, side: int) -> bool:
    """Whether the peer of ``side`` scales its window although no scale option of it is here: one was removed.

    In its SYN-ACK, whose window is never scaled (RFC 7323, 2.2), it has room for many times what it says ever after.
    """
    handshake, view = connection.handshake, connection.view
    if side or handshake is None or view.scale_server != SCALE_OFF:
        return False
    asked = int(view.options[handshake.syn]) & OptionBit.WINDOW_SCALE
    if not asked or int(view.options[handshake.syn_ack]) & OptionBit.WINDOW_SCALE:
        return False
    said = view.from_server & ((view.flags & (SYN | RST)) == 0)
    most = integer(view.window.max(initial=0, where=said))
    return 0 < most * STRIPPED_TIMES <= _offered(connection)


def _offered(connection: ConnectionFacts) -> int:
    """The window (bytes) in the SYN-ACK; 0 without a handshake."""
    return 0 if connection.handshake is None else integer(connection.view.window[connection.handshake.syn_ack])


def _limited(connection: ConnectionFacts, stalls: Stalls, side: int, scale: int, limited_ns: int) -> Finding:
    view = connection.view
    chosen = indexes_of(~stalls.slow)
    windows = view.window[connection.space.latest[1 - side][stalls.before[chosen]]]
    usual, least, most = int(np.median(windows)), integer(windows.min()), integer(windows.max())
    unscaled = scale == SCALE_OFF and most >= UNSCALED // 2
    fixed = most * 100 <= FIXED_PERCENT * largest(least, 1)
    gaps = connection.budget.sends[side]
    sent = 0 if gaps is None else sent_bytes(connection, gaps)
    spent = largest(transfer_ns(connection, side), 1)
    longest = chosen[top_k(stalls.own_ns[chosen], 6)]
    before, after = int(stalls.before[longest[0]]), int(stalls.after[longest[0]])
    stripped = _scale_stripped(connection, side)
    late = not stripped and _read_late(connection, stalls, side)
    # Never certain: a program that reads by a clock near the round trip leaves the same packets.
    confidence = Confidence.POSSIBLE if connection.signs & HOLES else Confidence.LIKELY
    alternatives: tuple[str, ...]
    if stripped:
        alternatives = ("small-buffer",)
    elif late:
        alternatives = ("reads-by-clock", "scale-stripped") if unscaled else ("reads-by-clock", "small-buffer")
    else:
        others = ("scale-stripped", "small-buffer") if unscaled else ("small-buffer", "window-grows")
        alternatives = (*others, "reads-by-clock")
    return connection.finding(
        FindingId.RECEIVE_WINDOW_LIMITED,
        [int(i) for i in (*stalls.before[longest], *stalls.after[longest])],
        Severity.WARNING if limited_ns >= COSTLY_NS and (stripped or _large(connection, side)) else Severity.NOTE,
        confidence,
        alternatives,
        shape="stripped" if stripped else "unscaled" if unscaled else "late" if late else "fixed" if fixed else "",
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        window_bytes=usual,
        largest_bytes=most,
        rtt_s=connection.path_rtt_ns / 1e9,
        rate_bytes=sent * 1_000_000_000 // spent,
        limited_s=limited_ns / 1e9,
        percent=100 * limited_ns // spent,
        first_frame=connection.frame[before],
        next_frame=connection.frame[after],
        waits=len(chosen),
        syn_ack_bytes=_offered(connection),
    )


RULES: Final = ((SLOW, slow_receiver), (SLOW, receive_window_limited))
