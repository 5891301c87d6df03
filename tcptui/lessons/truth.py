"""The kernel's own word on the states of both ends, beside the engine's.

``kernel.jsonl`` holds one JSON object per state change that Linux traced while the case was
recorded: ``{"time_ns": …, "end": "client" | "server", "from": "SYN-SENT", "to": "ESTABLISHED"}``,
on the capture's clock.  Two things Linux does not trace, and the comparison allows for:
a half-open connection is a mere request at the listening socket, so it reads LISTEN until the
third packet of the handshake; and TIME-WAIT, like the FIN-WAIT-2 of a socket whose program has
closed it, is kept in a stand-in for the socket, traced as CLOSED.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.analysis.stream_view import view_stream
from tcptui.lessons.checker import Analysed, Mismatch
from tcptui.model.tcp_state import TcpState, state_of

if TYPE_CHECKING:
    from pathlib import Path

#: States an end enters because it is about to send, not because something arrived.
OWN_STEPS: Final = frozenset({TcpState.SYN_SENT, TcpState.FIN_WAIT_1, TcpState.LAST_ACK})
#: What the engine says, and what Linux traces for it.
SAME: Final = frozenset(
    {
        (TcpState.SYN_RECEIVED, TcpState.LISTEN),
        (TcpState.FIN_WAIT_2, TcpState.CLOSED),
        (TcpState.TIME_WAIT, TcpState.CLOSED),
    }
)
_STATES: Final = {state.label: state for state in TcpState}


@dataclass(frozen=True, slots=True)
class KernelChange:
    """One end's socket went into ``state`` at ``time_ns``."""

    time_ns: int
    server: bool
    state: TcpState


def read_kernel_log(path: Path) -> list[KernelChange]:
    """The changes in ``path``, oldest first; raises ValueError for a malformed line."""
    changes = []
    for line in path.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if "kind" in entry:
            continue  # not a state change: what else the kernels and the programs said
        if entry["end"] not in ("client", "server") or entry["to"] not in _STATES:
            raise ValueError(f"{path}: {line}")
        changes.append(KernelChange(int(entry["time_ns"]), entry["end"] == "server", _STATES[entry["to"]]))
    return sorted(changes, key=lambda change: change.time_ns)


def check_truth(changes: list[KernelChange], session: Analysed, stream: int = 0) -> list[Mismatch]:
    """Where the engine's state after a frame is not the state the kernel settled in.

    The settled state of an end is the last one before the next frame passed, without a
    state it entered only in order to send that next frame.
    """
    view = view_stream(session.store, session.streams, stream)
    times = [int(time) for time in view.time_ns]
    mismatches = []
    for place, frame in enumerate(view.frame):
        until = times[place + 1] if place + 1 < len(times) else None
        for server, column in ((False, view.state_client), (True, view.state_server)):
            own = [change for change in changes if change.server is server]
            truth = _settled(own, times[place], until)
            said = state_of(int(column[place]))[0]
            if said != truth and (said, truth) not in SAME:
                end = "server" if server else "client"
                mismatches.append(Mismatch(f"frame {frame}", f"{end} state", truth.label, said.label))
    return mismatches


def _settled(changes: list[KernelChange], after_ns: int, until_ns: int | None) -> TcpState:
    past = [change for change in changes if until_ns is None or change.time_ns < until_ns]
    while past and past[-1].time_ns > after_ns and past[-1].state in OWN_STEPS:
        past.pop()
    return past[-1].state if past else TcpState.CLOSED
