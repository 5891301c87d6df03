"""The RFC 9293 state machine as one table, for both ends of an observed connection.

The kernel looks moves up in `TRANSITIONS`, and the help screen's diagram is drawn from it (RFC 9293, 3.3.2, figure 5,
and 3.10).  What the kernel decides without it is listed in `direct_decisions`.

An observer sees segments, not calls, so events are what an end *sent* (proof) and what
was *sent to it* (true if it arrives).  Events without a segment (time-outs, passive
open) are in the table for the diagram; only later packets can show that they happened.
"""

from __future__ import annotations

from enum import IntEnum, auto
from functools import cache
from typing import Final

from tcptui.model.tcp_state import TcpState


class Event(IntEnum):
    """An event that can move an end to another state."""

    SEND_SYN = 0
    SEND_SYN_ACK = auto()
    SEND_FIN = auto()
    SEND_RST = auto()
    RECEIVE_SYN = auto()
    RECEIVE_SYN_ACK = auto()
    RECEIVE_ACK_OF_SYN = auto()
    RECEIVE_FIN = auto()
    RECEIVE_ACK_OF_FIN = auto()
    RECEIVE_RST = auto()
    PASSIVE_OPEN = auto()
    TIMEOUT = auto()


S, E = TcpState, Event

TRANSITIONS: Final[dict[tuple[TcpState, Event], TcpState]] = {
    # Opening.
    (S.CLOSED, E.PASSIVE_OPEN): S.LISTEN,
    (S.CLOSED, E.SEND_SYN): S.SYN_SENT,
    (S.LISTEN, E.SEND_SYN): S.SYN_SENT,
    (S.LISTEN, E.RECEIVE_SYN): S.SYN_RECEIVED,
    (S.LISTEN, E.SEND_SYN_ACK): S.SYN_RECEIVED,
    (S.SYN_SENT, E.RECEIVE_SYN): S.SYN_RECEIVED,
    (S.SYN_SENT, E.RECEIVE_SYN_ACK): S.ESTABLISHED,
    (S.SYN_SENT, E.SEND_SYN_ACK): S.SYN_RECEIVED,
    (S.SYN_SENT, E.TIMEOUT): S.CLOSED,
    (S.SYN_SENT, E.RECEIVE_RST): S.CLOSED,
    (S.SYN_RECEIVED, E.RECEIVE_ACK_OF_SYN): S.ESTABLISHED,
    (S.SYN_RECEIVED, E.RECEIVE_SYN_ACK): S.ESTABLISHED,
    (S.SYN_RECEIVED, E.SEND_FIN): S.FIN_WAIT_1,
    # A passive open goes back to listening; an active one ends (`direct_decisions`).
    (S.SYN_RECEIVED, E.RECEIVE_RST): S.LISTEN,
    (S.SYN_RECEIVED, E.RECEIVE_FIN): S.CLOSE_WAIT,
    # Closing.
    (S.ESTABLISHED, E.SEND_FIN): S.FIN_WAIT_1,
    (S.ESTABLISHED, E.RECEIVE_FIN): S.CLOSE_WAIT,
    (S.FIN_WAIT_1, E.RECEIVE_ACK_OF_FIN): S.FIN_WAIT_2,
    (S.FIN_WAIT_1, E.RECEIVE_FIN): S.CLOSING,
    (S.FIN_WAIT_2, E.RECEIVE_FIN): S.TIME_WAIT,
    (S.FIN_WAIT_2, E.TIMEOUT): S.CLOSED,
    (S.CLOSING, E.RECEIVE_ACK_OF_FIN): S.TIME_WAIT,
    (S.CLOSE_WAIT, E.SEND_FIN): S.LAST_ACK,
    (S.LAST_ACK, E.RECEIVE_ACK_OF_FIN): S.CLOSED,
    (S.TIME_WAIT, E.TIMEOUT): S.CLOSED,
} | {
    # Resetting: possible wherever there is a connection.
    (state, event): S.CLOSED
    for event in (E.SEND_RST, E.RECEIVE_RST)
    for state in (
        S.SYN_SENT, S.SYN_RECEIVED, S.ESTABLISHED, S.FIN_WAIT_1, S.FIN_WAIT_2,
        S.CLOSE_WAIT, S.CLOSING, S.LAST_ACK, S.TIME_WAIT,
    )
    if (state, event) != (S.SYN_RECEIVED, E.RECEIVE_RST)
}  # fmt: skip


@cache
def _cells() -> tuple[int, ...]:
    return tuple(int(TRANSITIONS.get((state, event), state)) for state in TcpState for event in Event)


def transition_row() -> list[int]:
    """`TRANSITIONS` flattened: cell ``state * len(Event) + event``; staying is the state itself."""
    return list(_cells())
