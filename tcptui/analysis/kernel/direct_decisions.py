"""State changes in `kernel.states` that are made without a lookup in `transitions.TRANSITIONS`, in source order.

The table says how an end moves.  An observer must also say where an end was when it was first seen, take an assumption
back that a later segment disproves, and tell two moves apart that share a state and an event: those are listed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tcptui.analysis.kernel.transitions import TRANSITIONS, Event
from tcptui.model.tcp_state import TcpState

Edge = tuple[TcpState, Event]


class End(Enum):
    """The end of the connection that changes its state by a segment."""

    SENDER = auto()
    RECEIVER = auto()


class Why(Enum):
    """Why a state change is not a lookup in the table."""

    FIRST_SEEN = auto()
    """Nothing was known of the end; the segment shows where it stands."""
    EVIDENCE = auto()
    """The segment proves a move whose own segment was assumed to have arrived, or was not captured."""
    TAKEN_BACK = auto()
    """The segment disproves what was assumed."""
    CONDITION = auto()
    """The move depends on more than state and event."""


@dataclass(frozen=True, slots=True)
class DirectDecision:
    """One assignment of a state in `kernel.states`."""

    end: End
    to: TcpState | None
    """None: the state that the end had before its RST."""
    why: Why
    reason: str
    source: str
    """RFC and section."""
    edges: tuple[Edge, ...] = ()
    """The edges of the state diagram that this stands for; none where it only corrects what was assumed."""


S, E = TcpState, Event
_SENDER, _RECEIVER = End.SENDER, End.RECEIVER

DIRECT_DECISIONS: Final = (
    DirectDecision(
        _SENDER, S.CLOSED, Why.CONDITION,
        "whoever sends a RST has no connection any more, in whatever state it was; not where the RST only refuses an "
        "impossible acknowledgment", "RFC 9293, 3.5.2",
        tuple(edge for edge in TRANSITIONS if edge[1] is E.SEND_RST),
    ),
    DirectDecision(
        _RECEIVER, S.CLOSED, Why.EVIDENCE,
        "this RST answers the segment of an older connection, and ends that one", "RFC 9293, 3.5.1",
    ),
    DirectDecision(
        _RECEIVER, S.CLOSED, Why.CONDITION,
        "reset in SYN-RECEIVED, an end that had opened actively does not go back to LISTEN", "RFC 9293, 3.10.7.4",
        ((S.SYN_RECEIVED, E.RECEIVE_RST),),
    ),
    DirectDecision(
        _SENDER, S.LISTEN, Why.FIRST_SEEN, "whoever answers a SYN had been listening", "RFC 9293, 3.10.7.2",
    ),
    DirectDecision(
        _SENDER, S.CLOSED, Why.FIRST_SEEN, "whoever sends a SYN had no connection before", "RFC 9293, 3.10.1",
    ),
    DirectDecision(
        _SENDER, S.SYN_RECEIVED, Why.CONDITION,
        "a SYN-ACK is sent from LISTEN, from SYN-SENT in a simultaneous open, and again from SYN-RECEIVED",
        "RFC 9293, 3.5", ((S.LISTEN, E.SEND_SYN_ACK), (S.SYN_SENT, E.SEND_SYN_ACK)),
    ),
    DirectDecision(
        _SENDER, S.SYN_RECEIVED, Why.TAKEN_BACK,
        "a SYN-ACK sent again: its acknowledgment had not arrived, nor what came after it", "RFC 9293, 3.8.1",
    ),
    DirectDecision(
        _SENDER, S.CLOSED, Why.TAKEN_BACK,
        "a SYN sent again: its answer had not arrived; the SYN is then looked up from CLOSED", "RFC 9293, 3.8.1",
    ),
    DirectDecision(
        _RECEIVER, S.SYN_SENT, Why.FIRST_SEEN, "whoever gets a SYN-ACK had sent a SYN", "RFC 9293, 3.5",
    ),
    DirectDecision(
        _RECEIVER, S.LISTEN, Why.FIRST_SEEN, "whoever gets a SYN is taken to listen", "RFC 9293, 3.10.7.2",
    ),
    DirectDecision(
        _RECEIVER, S.LISTEN, Why.CONDITION,
        "a listener outlives its connections: the next SYN finds it listening", "RFC 9293, 3.10.1",
        ((S.CLOSED, E.PASSIVE_OPEN),),
    ),
    DirectDecision(
        _SENDER, S.UNSEEN, Why.TAKEN_BACK,
        "it answers a SYN by an ACK out of an older connection, of which nothing is known", "RFC 5961, 4.2",
    ),
    DirectDecision(
        _SENDER, None, Why.TAKEN_BACK, "it goes on after its own RST: that had not ended it", "RFC 9293, 3.5.2",
    ),
    DirectDecision(
        _SENDER, S.ESTABLISHED, Why.EVIDENCE,
        "an ACK out of SYN-SENT: the SYN-ACK had arrived", "RFC 9293, 3.10.7.3",
        ((S.SYN_SENT, E.RECEIVE_SYN_ACK),),
    ),
    DirectDecision(
        _SENDER, S.ESTABLISHED, Why.EVIDENCE,
        "it goes on from SYN-RECEIVED: the acknowledgment of its SYN had arrived", "RFC 9293, 3.10.7.4",
        ((S.SYN_RECEIVED, E.RECEIVE_ACK_OF_SYN),),
    ),
    DirectDecision(
        _SENDER, S.ESTABLISHED, Why.TAKEN_BACK,
        "it does not acknowledge the FIN that was taken to have arrived in ESTABLISHED", "RFC 9293, 3.10.7.4",
    ),
    DirectDecision(
        _SENDER, S.FIN_WAIT_1, Why.TAKEN_BACK,
        "it does not acknowledge the FIN that was taken to have arrived in FIN-WAIT-1", "RFC 9293, 3.10.7.4",
    ),
    DirectDecision(
        _SENDER, S.FIN_WAIT_2, Why.TAKEN_BACK,
        "it does not acknowledge the FIN that was taken to have arrived in FIN-WAIT-2", "RFC 9293, 3.10.7.4",
    ),
    DirectDecision(
        _SENDER, S.ESTABLISHED, Why.FIRST_SEEN,
        "both ends have sent data and neither a FIN since the capture began", "RFC 9293, 3.3.2",
    ),
    DirectDecision(
        _RECEIVER, S.ESTABLISHED, Why.FIRST_SEEN,
        "both ends have sent data and neither a FIN since the capture began", "RFC 9293, 3.3.2",
    ),
    DirectDecision(
        _SENDER, S.CLOSE_WAIT, Why.TAKEN_BACK,
        "data follow at the number that was taken for its FIN; it had got the peer's", "RFC 9293, 3.4",
    ),
    DirectDecision(
        _SENDER, S.ESTABLISHED, Why.TAKEN_BACK,
        "data follow at the number that was taken for its FIN", "RFC 9293, 3.4",
    ),
    DirectDecision(
        _SENDER, S.TIME_WAIT, Why.EVIDENCE,
        "it acknowledges one number that was not captured, after its own FIN: that was the peer's FIN",
        "RFC 9293, 3.10.7.4", ((S.FIN_WAIT_2, E.RECEIVE_FIN),),
    ),
    DirectDecision(
        _SENDER, S.LAST_ACK, Why.FIRST_SEEN,
        "its FIN acknowledges the peer's", "RFC 9293, 3.6", ((S.CLOSE_WAIT, E.SEND_FIN),),
    ),
    DirectDecision(
        _SENDER, S.FIN_WAIT_1, Why.FIRST_SEEN,
        "its FIN is the first that is seen", "RFC 9293, 3.6", ((S.ESTABLISHED, E.SEND_FIN),),
    ),
    DirectDecision(
        _SENDER, S.LAST_ACK, Why.TAKEN_BACK,
        "a FIN sent again, by an end taken to be closed: its acknowledgment had not arrived", "RFC 9293, 3.8.1",
    ),
    DirectDecision(
        _SENDER, S.CLOSING, Why.TAKEN_BACK,
        "a FIN sent again, after the peer's: its acknowledgment had not arrived", "RFC 9293, 3.8.1",
    ),
    DirectDecision(
        _SENDER, S.FIN_WAIT_1, Why.TAKEN_BACK,
        "a FIN sent again: its acknowledgment had not arrived", "RFC 9293, 3.8.1",
    ),
    DirectDecision(
        _RECEIVER, S.UNSEEN, Why.TAKEN_BACK,
        "its next segments answer out of a connection from before this one", "RFC 5961, 4.2",
    ),
    DirectDecision(
        _RECEIVER, S.CLOSED, Why.TAKEN_BACK,
        "its next segments show that it had no socket for this one", "RFC 9293, 3.5.2",
    ),
)  # fmt: skip


def edges_beside_the_table() -> list[tuple[TcpState, Event, TcpState]]:
    """Edges of the state diagram that `TRANSITIONS` lacks: a state and an event that lead to a second state, too."""
    return [
        (start, event, decision.to)
        for decision in DIRECT_DECISIONS
        if decision.to is not None
        for start, event in decision.edges
        if TRANSITIONS.get((start, event)) is not decision.to
    ]
