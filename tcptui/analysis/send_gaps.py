"""What let a sender go on: why each segment of a transfer left when it did (findings.md, section 8).

Between two segments that bring something new the sender waited for room in the peer's
window, for an acknowledgment that freed part of its flight, or for its own program.
Which it was is judged by what the *sender* knew when it sent: at the sender that is what
passed here before, elsewhere what the timestamp that it echoes names (RFC 7323, 4.3), or
what had had time to reach it.

Not attempted: the congestion window itself, which is never on the wire; a flight that stays
flat below the peer's window looks the same with a small send buffer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.path_delays import PathDelays
from tcptui.analysis.sequence_space import NOTHING, SequenceSpace
from tcptui.analysis.stream_table import SCALE_UNKNOWN
from tcptui.analysis.stream_view import StreamView
from tcptui.model.packet_store import I64, OptionBit
from tcptui.model.seq import SEQ_HALF, SEQ_MASK
from tcptui.model.tcp_flags import TcpFlag

#: Segments closer together than this left in one go.
BURST_NS: Final = 1_000_000
#: A pause is longer than a quarter of the round trip and this (findings.md, section 8).
PAUSE_NS: Final = 5_000_000
#: Payloads above this are super-segments of offload, not the MSS.
LARGEST_SEGMENT: Final = 9_216
USUAL_SEGMENT: Final = 1_448
#: Less in flight than this many segments says nothing about a congestion window.
FLIGHT_SEGMENTS: Final = 2
#: A flight counts as full from this share (percent) of the largest one of the same transfer.
FULL_PERCENT: Final = 40
#: IP numbers are believed after so many steps (findings.md, section 1, asks for more: no finding rests on these alone),
#: of which so many percent are 1 …
NUMBERED_PACKETS: Final = 4
NUMBERED_PERCENT: Final = 70
#: … and a gap in them up to this size.
MOST_MISSING: Final = 64
#: A timestamp clock must have ticked so often to be measured (RFC 7323, 5.4: 1 ms to 1 s a tick).
FEWEST_TICKS: Final = 50
#: More than any window.
BOUNDLESS: Final = 1 << 60

_RST: Final = int(TcpFlag.RST)


@dataclass(frozen=True)
class SendGaps:
    """One entry per pair of successive new segments of one side; times in nanoseconds."""

    before: I64
    """Index of the earlier segment."""
    after: I64
    blocked: NDArray[np.bool_]
    """The peer's window had no room for the later segment when the earlier one left."""
    clocked: NDArray[np.bool_]
    """An acknowledgment freed part of a full flight, and the later segment left upon it."""
    pause: NDArray[np.bool_]
    """Neither, and it took too long to be one burst."""
    burst: NDArray[np.bool_]
    """Both left in one go, though the way may have parted them."""
    release: I64
    """Index of the newest acknowledgment that the sender had, where it came after the earlier segment; else -1."""
    flight: I64
    """Bytes outstanding when the earlier segment had left, as far as the sender knew."""
    lost: NDArray[np.bool_]
    """Packets of the sender are missing in between, by their IP numbers: it had sent, and they never came here."""
    drained: NDArray[np.bool_]
    """Everything sent was acknowledged, as far as the sender knew, when the later segment left."""


def pause_ns(delays: PathDelays) -> int:
    """How long a sender must be silent for a reason of its own."""
    return delays.rtt_ns // 4 + PAUSE_NS


def largest_segment(view: StreamView, side: int) -> int:
    """The MSS that ``side`` used, as its payloads show it; super-segments do not."""
    sizes = view.length[view.from_server] if side else view.length[~view.from_server]
    largest = int(sizes.max(initial=0))
    return largest if 0 < largest <= LARGEST_SEGMENT else USUAL_SEGMENT


def window_edges(view: StreamView, space: SequenceSpace) -> I64:
    """The highest number that each segment allows its peer to send up to; `BOUNDLESS` where that is not known."""
    known = np.where(view.from_server, view.scale_server, view.scale_client) != SCALE_UNKNOWN
    speaks = (space.ack != NOTHING) & (known | (view.window == 0)) & ((view.flags & _RST) == 0)
    edges: I64 = np.where(speaks, space.ack + view.window, BOUNDLESS)
    return edges


class _Knowledge:
    """What one side had received when it sent: for segments of it, the index of the newest peer's segment it knew."""

    def __init__(self, view: StreamView, clock: I64, delays: PathDelays, side: int) -> None:
        self._clock = clock
        self._echo: I64 | None = None
        self._lag_ns = 0 if delays.captured_at(side) else delays.to_end_ns(side)
        #: The capture was made at this side: it knew what had passed here.
        self.at_hand = not self._lag_ns
        #: The lag is not known exactly: the sender's way here may hold a queue.
        self.by_echo = False
        stamped = (view.options & OptionBit.TIMESTAMPS) != 0
        if not self._lag_ns or not stamped.all():
            return
        peers = np.flatnonzero(view.from_server if not side else ~view.from_server)
        if not len(peers):
            return
        base = int(view.ts_value[peers[0]])
        values = (view.ts_value[peers].astype(np.int64) - base) & SEQ_MASK
        self._peers = peers
        self._values = np.maximum.accumulate(np.where(values < 1 << 31, values, 0))
        self._echo = (view.ts_echo.astype(np.int64) - base) & SEQ_MASK
        self.by_echo = True

    def at(self, indexes: I64, latest: I64) -> I64:
        """The newest index known when each of ``indexes`` left; never above ``latest``."""
        if self._echo is not None:
            place = np.searchsorted(self._values, self._echo[indexes], side="right") - 1
            return np.minimum(np.where(place >= 0, self._peers[place], 0), latest)
        if not self._lag_ns:
            return latest
        known = np.searchsorted(self._clock, self._clock[indexes] - self._lag_ns, side="right") - 1
        return np.clip(known, 0, latest)

    def excess_ns(self, later: I64, earlier: I64) -> I64:
        """How long after receiving ``earlier`` the sender waited before it sent ``later``."""
        waited: I64 = self._clock[later] - self._clock[np.maximum(earlier, 0)] - self._lag_ns
        return waited


def send_gaps(
    view: StreamView,
    space: SequenceSpace,
    clock: I64,
    delays: PathDelays,
    side: int,
    pairs: tuple[I64, I64],
    transfer: I64,
) -> SendGaps:
    """Judge ``pairs`` (earlier and later new segments of ``side``); ``transfer`` numbers the run each belongs to."""
    before, after = pairs
    edges = window_edges(view, space)
    sent, acknowledged, heard = space.sent[side], space.acknowledged[side], space.latest[1 - side]
    knowledge = _Knowledge(view, clock, delays, side)
    knew_before, knew_after = knowledge.at(before, before), knowledge.at(after, after - 1)
    segment = largest_segment(view, side)
    up_to = sent[after - 1]
    slack = pause_ns(delays)
    gap = clock[after] - clock[before]

    # No room when the earlier segment left, or taken back afterwards; and the later one left soon after there was.
    said = np.where(view.from_server == (side == 0), edges, BOUNDLESS)
    allowed, allowed_later = _edge(edges, heard[knew_before]), _edge(edges, heard[knew_after])
    least = np.minimum(allowed, _least_between(said, knew_before, knew_after))
    needed = np.minimum(view.length[after], segment)
    opening = np.where(allowed_later > least, heard[knew_after], -1)
    late = (opening >= 0) & (knowledge.excess_ns(after, opening) > np.maximum(gap // 2, slack))
    # With less room than a whole segment a sender waits on purpose (RFC 9293, 3.8.6.2.1): the window's doing, too.
    late &= allowed_later - up_to >= segment
    blocked = (least - up_to < needed) & ~late

    # In recovery a selective acknowledgment frees as much as a cumulative one (RFC 6675, 3).
    reported = space.sacked[side]
    steps = np.concatenate(([True], (acknowledged[1:] > acknowledged[:-1]) | (reported[1:] > reported[:-1])))
    steps &= acknowledged != NOTHING
    advanced = np.maximum.accumulate(np.where(steps, np.arange(len(view)), -1))
    release = advanced[knew_after]
    release = np.where(release > knew_before, release, -1)
    lowest = int(space.seq[before[0]])
    arrived = np.maximum(acknowledged[knew_before], reported[knew_before])
    flight = np.clip(up_to - np.maximum(arrived, lowest), 0, BOUNDLESS)
    drained = acknowledged[knew_after] >= up_to

    prompt = knowledge.excess_ns(after, release) <= slack
    if knowledge.by_echo:
        # A queue on the way here makes the lag longer than its least; only an empty flight tells a pause.
        prompt |= ~drained
    full = flight * 100 >= _plateau(flight, transfer) * FULL_PERCENT
    full &= flight >= FLIGHT_SEGMENTS * segment
    released = (release >= 0) & prompt
    if not knowledge.at_hand:
        # What left in one go arrives at the path's own pace.
        released |= ~drained & (gap <= max(slack, delays.rtt_ns))
    clocked = ~blocked & full & released
    left_together = gap <= BURST_NS
    if not knowledge.at_hand:
        left_together |= _sender_gap(view, side, before, after) * 2 < gap
    burst = ~blocked & ~clocked & left_together
    pause = ~blocked & ~clocked & ~burst & (gap > slack)
    lost = pause & numbers_missing(view, side, after) if not knowledge.at_hand else np.zeros_like(pause)
    return SendGaps(before, after, blocked, clocked, pause & ~lost, burst, release, flight, lost, drained)


def _edge(edges: I64, speaker: I64) -> I64:
    return np.where(speaker >= 0, edges[np.maximum(speaker, 0)], BOUNDLESS)


def _sender_gap(view: StreamView, side: int, before: I64, after: I64) -> I64:
    """The times between segments by the clock of ``side`` itself, its timestamps; `BOUNDLESS` without one that runs."""
    unknown = np.full(len(after), BOUNDLESS // 4, np.int64)
    own = np.flatnonzero(view.from_server == bool(side))
    if not (view.options[own] & OptionBit.TIMESTAMPS).all():
        return unknown
    first, last = int(own[0]), int(own[-1])
    ticks = (int(view.ts_value[last]) - int(view.ts_value[first])) & SEQ_MASK
    elapsed = int(view.time_ns[last]) - int(view.time_ns[first])
    if not FEWEST_TICKS <= ticks < SEQ_HALF or elapsed <= 0:
        return unknown
    passed = ((view.ts_value[after].astype(np.int64) - view.ts_value[before]) & SEQ_MASK) + 1
    return np.where(passed < SEQ_HALF, np.minimum(passed, 1 << 30) * (elapsed // ticks), unknown)


def _least_between(numbers: I64, above: I64, up_to: I64) -> I64:
    """The smallest of ``numbers`` at the indexes ``above + 1 … up_to`` of each pair."""
    bounds = np.empty(2 * len(above), np.int64)
    bounds[::2], bounds[1::2] = above + 1, up_to + 1
    least = np.minimum.reduceat(np.append(numbers, (BOUNDLESS, BOUNDLESS)), bounds)[::2]
    return np.where(up_to > above, least, BOUNDLESS)


def numbers_missing(view: StreamView, side: int, after: I64) -> NDArray[np.bool_]:
    """Where packets of ``side`` right before ``after`` are missing, if its IP numbers otherwise count one by one."""
    # Sockets that answer without a connection number their packets 0 (findings.md, section 1).
    own = np.flatnonzero((view.from_server == bool(side)) & (view.ip_id != 0))
    numbers: I64 = view.ip_id[own].astype(np.int64)
    steps: I64 = (numbers[1:] - numbers[:-1]) & 0xFFFF
    if len(steps) < NUMBERED_PACKETS or np.count_nonzero(steps == 1) * 100 < NUMBERED_PERCENT * len(steps):
        return np.zeros(len(after), np.bool_)
    place = np.clip(np.searchsorted(own, after), 1, len(own) - 1)
    step = steps[place - 1]
    missing: NDArray[np.bool_] = (own[place] == after) & (step > 1) & (step <= MOST_MISSING)
    return missing


def _plateau(flight: I64, transfer: I64) -> I64:
    """The largest flight so far within each transfer (``transfer`` never decreases)."""
    bounded = np.minimum(flight, (1 << 40) - 1)
    shifted = np.maximum.accumulate(bounded + ((transfer - transfer[0]) << 40))
    return shifted & ((1 << 40) - 1)
