"""The state an end was in after each frame of its own capture, by its kernel's word.

Linux traces most of RFC 9293's diagram; what it does not trace follows from the frames at that very
end, where nothing is lost between capture and kernel:

- SYN-RECEIVED before the third packet is a request at a listening socket: from the SYN that is
  answered by a SYN-ACK until the child socket is made, or a RST comes.
- TIME-WAIT, and the FIN-WAIT-2 of a socket whose program has closed it, live in a stand-in and are
  traced as CLOSED: TIME-WAIT once the peer's FIN has been acknowledged, FIN-WAIT-2 before.  Of a FIN
  that the capture missed only the acknowledgment is there.
- FIN-WAIT-1 and LAST-ACK begin when the program closes; in packets, with the FIN.  Likewise SYN-SENT
  with the SYN, and CLOSED by the end's own RST with that RST.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import TcpState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.recorder.evidence import StateEvent

NEAR_NS: Final = 5_000_000
"""A RST and the change of state that goes with it are traced this close together, in either order."""
BUSY_NS: Final = 250_000_000
"""... on a machine that was busy in between, but then nothing else passes between them."""
AT_ONCE_NS: Final = 1_000_000
"""A packet is handled in less."""
ANSWER_NS: Final = 20_000_000
"""An answer from within the kernel has left by then."""
_SHOWN_BY: Final = {
    TcpState.SYN_SENT: TcpFlag.SYN,
    TcpState.FIN_WAIT_1: TcpFlag.FIN,
    TcpState.LAST_ACK: TcpFlag.FIN,
}
_STAND_IN: Final = frozenset({TcpState.FIN_WAIT_1, TcpState.FIN_WAIT_2, TcpState.CLOSING})


@dataclass(frozen=True, slots=True)
class FrameFact:
    """One segment at the end whose states are wanted; numbers relative, as the engine counts them."""

    number: int
    time_ns: int
    sent: bool
    flags: int
    end: int
    """Sequence number after it."""
    ack: int


def true_states(frames: Sequence[FrameFact], events: Sequence[StateEvent], base: TcpState) -> list[TcpState]:
    """The state after each of ``frames``, before which it was ``base``; ``events``: this connection's, in order."""
    due: dict[int, list[StateEvent]] = {}
    earliest = 0
    for event in events:
        if _fin_never_left(frames, event):
            continue
        place = max(_place(frames, event), earliest)
        earliest = place
        due.setdefault(place, []).append(event)
    state = base
    requested = stand_in = False
    accepted = any(event.old is TcpState.LISTEN for event in events)
    states = []
    for place in range(len(frames)):
        if stand_in and state is not TcpState.CLOSED:
            state = _stand_in(state, frames, place)
        requested = _requested(requested, state, frames, place, accepted)
        for event in due.get(place, ()):
            requested = False
            stand_in = event.new is TcpState.CLOSED and event.old in _STAND_IN and not _reset(frames, place, event)
            state = event.new
            if stand_in:
                taken = _fin_taken(frames, place) or (event.missed and _new_acknowledged(frames, place))
                state = TcpState.TIME_WAIT if taken else TcpState.FIN_WAIT_2
        states.append(TcpState.SYN_RECEIVED if requested else state)
    return states


def _place(frames: Sequence[FrameFact], event: StateEvent) -> int:
    """Index of the frame from which the event's state counts; ``len(frames)`` when it is never seen."""
    later = next((i for i, frame in enumerate(frames) if frame.time_ns > event.time_ns), len(frames))
    if event.by == "packet" and not event.missed:
        received = [i for i in range(later) if not frames[i].sent]
        if not received or _still_waits(frames, received[-1], later):
            return later
        return received[-1]
    if event.by == "packet" and later and frames[later - 1].sent:
        # Of the packet itself only the answer is there, which left before the socket was done with it.
        answered = event.time_ns - frames[later - 1].time_ns < AT_ONCE_NS
        return later - 1 if answered else later
    shown_by = _SHOWN_BY.get(event.new)
    if shown_by is not None:
        showing = [i for i in range(later, len(frames)) if frames[i].sent and frames[i].flags & shown_by]
        return showing[0] if showing else later
    if event.new is TcpState.CLOSED:
        for i, frame in enumerate(frames):
            within = BUSY_NS if i in (later - 1, later) else NEAR_NS
            if frame.sent and frame.flags & TcpFlag.RST and abs(frame.time_ns - event.time_ns) < within:
                return i
    return later


def _fin_never_left(frames: Sequence[FrameFact], event: StateEvent) -> bool:
    """Whether the program closed and its FIN waited behind data until a RST came: the peer learnt nothing of it."""
    if _SHOWN_BY.get(event.new) is not TcpFlag.FIN or event.by != "program":
        return False
    if not any(not frame.sent and frame.flags & TcpFlag.RST and frame.time_ns > event.time_ns for frame in frames):
        return False
    sent = [frame for frame in frames if frame.sent]
    known = max((frame.ack for frame in frames if not frame.sent and frame.flags & TcpFlag.ACK), default=0)
    return not any(frame.flags & TcpFlag.FIN for frame in sent) and known <= max((f.end for f in sent), default=0)


def _still_waits(frames: Sequence[FrameFact], fin: int, later: int) -> bool:
    """Whether the frame ``fin`` is a FIN that had not been handled when an ACK before ``later`` was sent."""
    if not frames[fin].flags & TcpFlag.FIN:
        return False
    said = [frame.ack for frame in frames[fin + 1 : later] if frame.flags & TcpFlag.ACK]
    return bool(said) and said[-1] < frames[fin].end


def _requested(requested: bool, state: TcpState, frames: Sequence[FrameFact], place: int, accepted: bool) -> bool:
    """Whether a half-open request stands at the listening socket after this frame; ``accepted``: it ends well."""
    frame = frames[place]
    # The listening socket answers again once the connection's own socket is closed.
    if state not in (TcpState.LISTEN, TcpState.CLOSED) or frame.flags & TcpFlag.RST:
        return False
    if requested and _answered_by_reset(frames, place):
        return False
    if frame.sent:
        return requested or bool(frame.flags & TcpFlag.SYN and frame.flags & TcpFlag.ACK)
    if frame.flags & TcpFlag.SYN and not requested:
        answer = next((f for f in frames[place + 1 :] if f.sent), None)
        if answer is None:
            return accepted  # a capture without the answers
        return bool(answer.flags & TcpFlag.SYN) and answer.time_ns - frame.time_ns < ANSWER_NS
    return requested


def _reset(frames: Sequence[FrameFact], place: int, event: StateEvent) -> bool:
    """Whether a RST, sent or received, is what closed the socket."""
    if event.by == "timer":
        return True
    near = frames[place : place + 1] if place < len(frames) else ()
    return any(frame.flags & TcpFlag.RST for frame in near) or bool(near and _answered_by_reset(frames, place))


def _fin_taken(frames: Sequence[FrameFact], place: int) -> bool:
    """Whether the peer's FIN has come by this frame, and was acknowledged."""
    acknowledged = [frame.ack for frame in frames[: place + 2] if frame.sent and frame.flags & TcpFlag.ACK]
    received = [frame.end for frame in frames[: place + 1] if not frame.sent and frame.flags & TcpFlag.FIN]
    return any(end in acknowledged for end in received)


def _new_acknowledged(frames: Sequence[FrameFact], place: int) -> bool:
    """Whether the frame acknowledges more than its sender's last one: what it closed upon, then, was the peer's FIN."""
    frame = frames[place]
    earlier = [other.ack for other in frames[:place] if other.sent and other.flags & TcpFlag.ACK]
    return frame.sent and bool(earlier) and frame.ack > earlier[-1]


def _stand_in(state: TcpState, frames: Sequence[FrameFact], place: int) -> TcpState:
    """What the stand-in for a closed socket makes of a frame."""
    frame = frames[place]
    if frame.flags & TcpFlag.RST:
        # With tcp_rfc1337 a TIME-WAIT ignores RSTs, which its ACK after one with the same number shows.
        first = next(i for i, each in enumerate(frames) if each.flags & TcpFlag.RST and each.end == frame.end)
        spoke_on = any(later.sent and not later.flags & TcpFlag.RST for later in frames[first + 1 :])
        return state if state is TcpState.TIME_WAIT and spoke_on else TcpState.CLOSED
    if state is TcpState.FIN_WAIT_2 and _answered_by_reset(frames, place):
        return TcpState.CLOSED
    if state is TcpState.FIN_WAIT_2 and _fin_taken(frames, place):
        return TcpState.TIME_WAIT
    return state


def _answered_by_reset(frames: Sequence[FrameFact], place: int) -> bool:
    """Whether this end received the frame and at once sent a RST."""
    if frames[place].sent or place + 1 == len(frames):
        return False
    answer = frames[place + 1]
    at_once = answer.time_ns - frames[place].time_ns < ANSWER_NS
    return answer.sent and bool(answer.flags & TcpFlag.RST) and at_once
