"""The transitions of the state diagram that one packet caused, at both ends."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcptui.analysis.kernel.transitions import TRANSITIONS, Event
from tcptui.model.packet_store import NO_ROW, RowKind
from tcptui.model.tcp_state import TcpState, state_of

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture

Edge = tuple[TcpState, Event]


@dataclass(frozen=True, slots=True)
class EndTransition:
    """What a packet did to one end."""

    before: TcpState
    after: TcpState
    known: bool
    """Whether `after` is proved."""
    sent: bool
    """Whether this end sent the packet."""

    def edges(self) -> tuple[Edge, ...]:
        """The shortest path through `TRANSITIONS` from `before` to `after`; empty for no change, or without a path.

        The end that sent the packet makes transitions of sending events, the other one of receiving events.  A packet
        may be two events (a FIN that also acknowledges a FIN), so a path may have two edges.
        """
        if self.before is self.after:
            return ()
        ways: deque[tuple[TcpState, tuple[Edge, ...]]] = deque([(self.before, ())])
        seen = {self.before}
        while ways:
            at, way = ways.popleft()
            for (start, event), to in TRANSITIONS.items():
                if start is not at or to in seen or event.name.startswith("SEND") is not self.sent:
                    continue
                if to is self.after:
                    return (*way, (start, event))
                seen.add(to)
                ways.append((to, (*way, (start, event))))
        return ()


@dataclass(frozen=True, slots=True)
class PacketMoves:
    """What one packet did to both ends."""

    frame: int
    client: EndTransition
    server: EndTransition


def transitions_of(session: OpenCapture, row: int) -> PacketMoves | None:
    """What the packet in ``row`` did to both ends; None for a row that is no TCP segment."""
    store = session.store
    if row < 0 or store.kind[row] != RowKind.TCP:
        return None
    client_is_b = int(session.streams.client_is_b[store.stream[row]])
    previous = int(store.previous[row])
    ends = []
    for side in (client_is_b, 1 - client_is_b):
        column = store.state_b if side else store.state_a
        after, known = state_of(int(column[row]))
        # Before the first packet, the client was in CLOSED and the server in LISTEN.
        opening = TcpState.CLOSED if side == client_is_b else TcpState.LISTEN
        first = TcpState.UNSEEN if after is TcpState.UNSEEN else opening
        before = first if previous == NO_ROW else state_of(int(column[previous]))[0]
        ends.append(EndTransition(before, after, known, sent=int(store.from_b[row]) == side))
    return PacketMoves(int(store.frame[row]), *ends)
