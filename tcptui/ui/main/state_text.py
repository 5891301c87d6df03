"""The states of both ends as short text.

A question mark after a state says that it is assumed, not proved; one alone, that the capture
began too late to know the state.  An asterisk says that later packets corrected it.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Final

from tcptui.analysis.stream.table import StreamMark
from tcptui.model.tcp_state import STATE_MASK, STATE_PROVED, TcpState, state_of

_SHORT: Final = {
    TcpState.UNSEEN: "?",
    TcpState.CLOSED: "CLOSED",
    TcpState.LISTEN: "LISTEN",
    TcpState.SYN_SENT: "SYN-SENT",
    TcpState.SYN_RECEIVED: "SYN-RCVD",
    TcpState.ESTABLISHED: "ESTAB",
    TcpState.FIN_WAIT_1: "FIN-W1",
    TcpState.FIN_WAIT_2: "FIN-W2",
    TcpState.CLOSE_WAIT: "CLOSE-W",
    TcpState.CLOSING: "CLOSING",
    TcpState.LAST_ACK: "LAST-ACK",
    TcpState.TIME_WAIT: "TIME-W",
}
#: Cells of the longest short state, its question mark included.
SHORT_WIDTH: Final = 9
#: Cells of the longest state as the RFC writes it, its question mark included.
LONG_WIDTH: Final = 13


@lru_cache(maxsize=512)
def state_text(cell: int, short: bool = True, corrected: bool = False) -> str:
    """One end's state column: ``ESTAB``, ``SYN-RCVD?`` (assumed), ``LISTEN?*`` (corrected), ``?`` (never seen)."""
    state, known = state_of(cell)
    name = _SHORT[state] if short else state.label
    text = name if known or state is TcpState.UNSEEN else name + "?"
    room = SHORT_WIDTH if short else LONG_WIDTH
    return text + "*" if corrected and len(text) < room else text


@lru_cache(maxsize=4096)
def pair_text(client: int, server: int, marks: int) -> str:
    """Both ends' states, client first (``FIN-W2/CLOSE-W``); when they are the same, only one (``ESTAB``)."""
    left, right = state_text(client), state_text(server)
    if client & STATE_MASK == server & STATE_MASK == TcpState.CLOSED and marks & (StreamMark.RST_A | StreamMark.RST_B):
        return "CLOSED (RST)"
    if left == right:
        return left
    if client & STATE_MASK == server & STATE_MASK:
        # The state of one end is proved, that of the other assumed: one question mark says so.
        return _SHORT[TcpState(client & STATE_MASK)] + "?"
    return f"{left}/{right}"


class StateWord(Enum):
    """The states of both ends in one word, ``screen.state.<value>`` in the catalogue."""

    UNKNOWN = "unknown"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    RESET = "reset"


_OPENING: Final = frozenset({TcpState.LISTEN, TcpState.SYN_SENT, TcpState.SYN_RECEIVED})
_OVER: Final = frozenset({TcpState.CLOSED, TcpState.TIME_WAIT})


@lru_cache(maxsize=4096)
def state_word(client: int, server: int, marks: int) -> StateWord:
    """Both ends' states as one word, whatever of them is proved or assumed."""
    states = {TcpState(client & STATE_MASK), TcpState(server & STATE_MASK)}
    if TcpState.CLOSED in states and marks & (StreamMark.RST_A | StreamMark.RST_B):
        return StateWord.RESET
    if states == {TcpState.UNSEEN}:
        return StateWord.UNKNOWN
    if states & _OPENING:
        return StateWord.OPENING
    if states <= _OVER:
        return StateWord.CLOSED
    return StateWord.OPEN if states <= {TcpState.ESTABLISHED, TcpState.UNSEEN} else StateWord.CLOSING


def is_open(client: int, server: int) -> bool:
    """Whether both ends are in ESTABLISHED."""
    return client & STATE_MASK == server & STATE_MASK == TcpState.ESTABLISHED


def is_proved(cell: int) -> bool:
    """Whether packets prove the state; else it is assumed."""
    return bool(cell & STATE_PROVED)
