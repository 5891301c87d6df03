"""Rules about the receiver's window: who keeps it small, and what that costs (findings.md, section 8).

A sender that waits for room waits for one of two reasons.  The window may simply be smaller than
the path could hold: then each acknowledgment brings new room at once.  Or the receiving program
does not read: then everything is acknowledged and there is still no room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.send_gaps import BOUNDLESS, SendGaps, largest_segment, window_edges
from tcptui.analysis.stream_table import SCALE_OFF, SCALE_UNKNOWN
from tcptui.explain.reading import SIDES, Reading
from tcptui.explain.signs import HOLES, SHUT, SLOW, SUSPECT
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import I32, I64, OptionBit
from tcptui.model.seq import SEQ_HALF, SEQ_MASK
from tcptui.model.tcp_flags import TcpFlag

#: Findings.md, `slow-receiver`: less room than this many segments is no room.
ROOM_SEGMENTS: Final = 2
#: One standstill this long, or so many round trips …
STALL_NS: Final = 200_000_000
STALL_RTTS: Final = 2
#: … or so many shorter ones.
STALLS: Final = 3
SHORT_STALL_NS: Final = 20_000_000
#: Findings.md, `receive-window-limited`: more than this share (percent) of a transfer.
LIMITED_PERCENT: Final = 50
#: Fewer waits for room say nothing of a transfer.
LIMITED_WAITS: Final = 5
#: Worth a warning when that long was lost.
COSTLY_NS: Final = 1_000_000_000
#: … in a transfer of some size, over a path of some length: on a shorter one every window is large enough.
LARGE_BYTES: Final = 65_536
FAR_NS: Final = 5_000_000
#: The largest window without scaling (RFC 9293, 3.1).
UNSCALED: Final = 65_535
#: A transfer limited by its window brings this share (percent) of a window per round trip at least.
WINDOW_PERCENT: Final = 50
#: A window that never grew by more than this factor (percent) is a fixed one.
FIXED_PERCENT: Final = 160

_SYN: Final = int(TcpFlag.SYN)
_RST: Final = int(TcpFlag.RST)


@dataclass(frozen=True)
class Stalls:
    """When one side waited for room; entries are pairs of successive new segments of it."""

    before: I32
    after: I32
    own_ns: I64
    """What of each gap was waited for room (recovery apart)."""
    shut: I64
    """Where everything was acknowledged and there was no room: the index of that acknowledgment; else -1."""
    shut_ns: I64
    """How long from there to the segment that could leave at last; 0 without `shut`."""

    @property
    def slow(self) -> NDArray[np.bool_]:
        """Those for which the receiving program is to blame."""
        slow: NDArray[np.bool_] = self.shut >= 0
        return slow


def window_stalls(reading: Reading, side: int) -> Stalls | None:
    """The waits of ``side`` for room in its peer's window; None when there was none."""
    budget = reading.budget
    gaps = budget.sends[side]
    if gaps is None or not gaps.blocked.any():
        return None
    return _stalls(reading, side, gaps)


def _stalls(reading: Reading, side: int, gaps: SendGaps) -> Stalls:
    view, space, waits = reading.view, reading.space, reading.budget.waits
    before, after = gaps.before[gaps.blocked], gaps.after[gaps.blocked]
    own = waits.own_ns[np.searchsorted(waits.end, after)]
    peers = (view.from_server != bool(side)) & ((view.flags & _RST) == 0)
    edges = window_edges(view, space)
    acknowledged = space.acknowledged[side][:]
    room = edges - acknowledged
    most = int(view.window[peers & ((view.flags & _SYN) == 0)].max(initial=0))
    little = min(ROOM_SEGMENTS * largest_segment(view, side), max(most // 2, 1))
    full = np.flatnonzero(peers & (acknowledged >= space.sent[side][:]) & (room < little) & (edges < BOUNDLESS))
    place = np.searchsorted(full, before)
    shut = full[np.minimum(place, len(full) - 1)] if len(full) else np.full(len(before), -1, np.int64)
    shut = np.where((place < len(full)) & (shut > before) & (shut < after), shut, -1)
    delays = reading.budget.delays
    lag = 0 if delays.captured_at(side) else delays.to_end_ns(side)
    since = view.time_ns[after] - view.time_ns[np.maximum(shut, 0)] - lag
    return Stalls(before, after, own, shut, np.where(shut >= 0, np.clip(since, 0, None), 0))


def _opened(reading: Reading, side: int, after: int) -> int:
    """The peer's newest segment before ``after``: the one that brought the room."""
    return int(reading.space.latest[1 - side][after - 1])


def slow_receiver(reading: Reading) -> Finding | None:
    """`slow-receiver`: everything has arrived and been acknowledged, and still there is no room."""
    found = [(stalls, side) for side in (0, 1) if (stalls := window_stalls(reading, side)) is not None]
    for stalls, side in sorted(found, key=lambda entry: -int(entry[0].shut_ns.sum())):
        finding = _slow(reading, stalls, side)
        if finding is not None:
            return finding
    return None


def _slow(reading: Reading, stalls: Stalls, side: int) -> Finding | None:
    slow = stalls.slow & (stalls.shut_ns >= max(SHORT_STALL_NS, reading.rtt_ns // 4))
    count = int(np.count_nonzero(slow))
    if not count:
        return None
    times = stalls.shut_ns[slow]
    worst_ns, total_ns = int(times.max()), int(times.sum())
    if worst_ns < max(STALL_NS, STALL_RTTS * reading.rtt_ns) and count < STALLS:
        return None
    worst = int(np.flatnonzero(slow)[int(np.argmax(times))])
    shut, after = int(stalls.shut[worst]), int(stalls.after[worst])
    view = reading.view
    peers = view.from_server != bool(side)
    room = int(view.window[shut])
    if reading.signs & HOLES:
        confidence = Confidence.POSSIBLE
    else:
        sure = reading.at_receiver(side) or not room
        confidence = Confidence.LIKELY if sure else Confidence.POSSIBLE
    opened = _opened(reading, side, after)
    evidence = [index for i in np.flatnonzero(slow)[:12].tolist() for index in (stalls.shut[i], stalls.after[i])]
    return reading.finding(
        FindingId.SLOW_RECEIVER,
        [int(index) for index in evidence] + [opened],
        Severity.WARNING if total_ns >= STALL_NS and (not room or _large(reading, side)) else Severity.NOTE,
        confidence,
        ("queue-instead", "starved-host") if room else ("paused-on-purpose", "stopped-program"),
        shape="" if room else "shut",
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        count=count,
        first_frame=reading.frame[shut],
        open_frame=reading.frame[opened],
        next_frame=reading.frame[after],
        low_bytes=room,
        top_bytes=int(view.window[peers].max()),
        worst_s=worst_ns / 1e9,
        total_s=total_ns / 1e9,
        elapsed_s=reading.budget.elapsed_ns / 1e9,
    )


def transfer_ns(reading: Reading, side: int) -> int:
    """Time that passed between successive new segments of ``side``, whatever for (recovery apart)."""
    gaps = reading.budget.sends[side]
    waits = reading.budget.waits
    return 0 if gaps is None else int(waits.own_ns[np.searchsorted(waits.end, gaps.after)].sum())


def _large(reading: Reading, side: int) -> bool:
    """Whether ``side`` sent so much for so long, and so far, that somebody may have waited for it."""
    long = reading.payload_by_side[side] >= LARGE_BYTES and reading.budget.elapsed_ns >= COSTLY_NS
    return long and reading.view.irtt_ns >= FAR_NS


def receive_window_limited(reading: Reading) -> Finding | None:
    """`receive-window-limited`: the window is smaller than the path could hold, though the receiver reads at once."""
    for side in (0, 1):
        stalls = window_stalls(reading, side)
        scale = reading.view.scale_client if side else reading.view.scale_server
        if stalls is None or scale == SCALE_UNKNOWN:
            continue
        limited = int(stalls.own_ns[~stalls.slow].sum())
        waits = int(np.count_nonzero(~stalls.slow & (stalls.own_ns > 0)))
        if (
            waits < LIMITED_WAITS
            or limited < max(STALL_NS, LIMITED_WAITS * reading.rtt_ns)
            or limited * 100 <= LIMITED_PERCENT * transfer_ns(reading, side)
            or not _as_fast_as_its_window(reading, stalls, side)
        ):
            continue
        return _limited(reading, stalls, side, scale, limited)
    return None


def _as_fast_as_its_window(reading: Reading, stalls: Stalls, side: int) -> bool:
    """Whether about one window passed per round trip; with a queue on the path, a full window takes far longer."""
    rtt_ns = max(reading.rtt_ns, reading.budget.delays.rtt_ns)
    gaps = reading.budget.sends[side]
    if gaps is None or not rtt_ns:
        return False
    window = float(np.median(reading.view.window[reading.space.latest[1 - side][stalls.before]]))
    sent = float(reading.view.length[gaps.after].sum())
    return sent * rtt_ns * 100 >= WINDOW_PERCENT * window * max(transfer_ns(reading, side), 1)


def _limited(reading: Reading, stalls: Stalls, side: int, scale: int, limited_ns: int) -> Finding:
    view = reading.view
    chosen = np.flatnonzero(~stalls.slow)
    windows = view.window[reading.space.latest[1 - side][stalls.before[chosen]]]
    usual, least, most = int(np.median(windows)), int(windows.min()), int(windows.max())
    unscaled = scale == SCALE_OFF and most >= UNSCALED // 2
    fixed = most * 100 <= FIXED_PERCENT * max(least, 1)
    gaps = reading.budget.sends[side]
    sent = 0 if gaps is None else int(view.length[gaps.after].sum())
    spent = max(transfer_ns(reading, side), 1)
    longest = chosen[np.argsort(-stalls.own_ns[chosen])[:6]]
    before, after = int(stalls.before[longest[0]]), int(stalls.after[longest[0]])
    if reading.signs & HOLES:
        confidence = Confidence.POSSIBLE
    else:
        confidence = Confidence.CERTAIN if reading.at_sender(side) else Confidence.LIKELY
    return reading.finding(
        FindingId.RECEIVE_WINDOW_LIMITED,
        [int(i) for i in (*stalls.before[longest], *stalls.after[longest])],
        Severity.WARNING if limited_ns >= COSTLY_NS and _large(reading, side) else Severity.NOTE,
        confidence,
        ("small-buffer", "window-grows") if not unscaled else ("scale-stripped", "small-buffer"),
        shape="unscaled" if unscaled else "fixed" if fixed else "",
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        window_bytes=usual,
        largest_bytes=most,
        rtt_s=max(reading.rtt_ns, reading.budget.delays.rtt_ns) / 1e9,
        rate_bytes=sent * 1_000_000_000 // spent,
        limited_s=limited_ns / 1e9,
        percent=100 * limited_ns // spent,
        first_frame=reading.frame[before],
        next_frame=reading.frame[after],
        waits=len(chosen),
    )


def window_shrunk(reading: Reading) -> Finding | None:
    """`window-shrunk`: an end took back room that it had offered (RFC 9293, 3.8.6, says that it should not)."""
    edges = window_edges(reading.view, reading.space)
    for receiver in (0, 1):
        finding = _shrunk(reading, receiver, edges)
        if finding is not None:
            return finding
    return None


def _shrunk(reading: Reading, receiver: int, said: I64) -> Finding | None:
    view = reading.view
    scale = view.scale_server if receiver else view.scale_client
    if scale == SCALE_UNKNOWN:
        return None
    offers = np.flatnonzero((view.from_server == bool(receiver)) & ((view.flags & (_SYN | _RST)) == 0))
    offers = offers[said[offers] < BOUNDLESS]
    # Numbers that nobody sent, and acknowledgments that were overtaken, offer nothing.
    side = 1 - receiver
    given = reading.space.ack[offers]
    offers = offers[(given == reading.space.acknowledged[side][offers]) & (given <= reading.space.sent[side][offers])]
    if len(offers) < 3:
        return None
    edges = said[offers]
    best = np.maximum.accumulate(edges)
    # Scaled windows are rounded: up to one unit of the scale is no loss (RFC 7323, 2.3).
    taken = best - edges
    shrunk = taken > (2 << max(scale, 0))
    if not shrunk.any():  # nearly always: what follows takes room for every segment
        return None
    shrunk &= _in_order(reading, offers) & _first_copies(reading, offers)
    # An older acknowledgment that was overtaken looks the same, once: the next one must agree.
    shrunk[:-1] &= edges[1:] < best[:-1]
    shrunk[-1] = False
    found = np.flatnonzero(shrunk)
    if not len(found):
        return None
    worst = int(found[int(np.argmax(taken[found]))])
    first = int(np.searchsorted(best, best[worst]))
    offer, refusal = int(offers[first]), int(offers[worst])
    lost = int(reading.space.sent[side][refusal]) - int(reading.space.ack[refusal]) - int(view.window[refusal])
    again = [r.index for r in reading.resends if reading.side[r.index] == side and r.index > refusal]
    dropped = lost > 0 and bool(again)
    return reading.finding(
        FindingId.WINDOW_SHRUNK,
        [offer, int(offers[int(found[0])]), refusal, *again[:6]],
        Severity.WARNING if dropped else Severity.NOTE,
        Confidence.CERTAIN,
        ("buffer-made-smaller", "memory-pressure"),
        shape="dropped" if dropped else "",
        receiver=SIDES[receiver],
        sender=SIDES[side],
        offer_frame=reading.frame[offer],
        first_frame=reading.frame[refusal],
        offered_bytes=int(view.window[offer]),
        left_bytes=int(view.window[refusal]),
        taken_bytes=int(taken[worst]),
        beyond_bytes=max(lost, 0),
        resends=len(again),
    )


def _in_order(reading: Reading, offers: I64) -> NDArray[np.bool_]:
    """Whether each of one end's segments was sent after those before it, as far as its timestamps tell."""
    view = reading.view
    if not ((view.options[offers] & OptionBit.TIMESTAMPS) != 0).all():
        return np.ones(len(offers), np.bool_)
    values = view.ts_value[offers].astype(np.int64)
    since = ((values - values[0] + SEQ_HALF) & SEQ_MASK) - SEQ_HALF
    newest: NDArray[np.bool_] = since >= np.maximum.accumulate(since)
    return newest


def _first_copies(reading: Reading, offers: I64) -> NDArray[np.bool_]:
    """Whether no earlier segment of that end is the same packet, by its IP number and timestamp."""
    view = reading.view
    packets = (view.ip_id[offers].astype(np.int64) << 32) | view.ts_value[offers].astype(np.int64)
    first: NDArray[np.bool_] = view.ip_id[offers] == 0
    first[np.unique(packets, return_index=True)[1]] = True
    return first


RULES: Final = ((SLOW, slow_receiver), (SLOW, receive_window_limited), (SHUT | SUSPECT, window_shrunk))
