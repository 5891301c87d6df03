"""The kernel's own word on the states of both ends, beside the engine's.

``kernel.jsonl`` holds one JSON object per state change that Linux traced while the case was
recorded: ``{"time_ns": …, "end": "client" | "server", "from": "SYN-SENT", "to": "ESTABLISHED"}``,
on the capture's clock.  Two things Linux does not trace, and the comparison allows for:
a half-open connection is a mere request at the listening socket, so it reads LISTEN until the
third packet of the handshake; and TIME-WAIT, like the FIN-WAIT-2 of a socket whose program has
closed it, is kept in a stand-in for the socket, traced as CLOSED.

Where a recording has a capture at each end, a change is on that end's clock: states are compared
frame by frame for the end whose interface it was.  Of the far end, whose packets were still or
already on their way, only this can be asked: that it ever was in a state that the engine calls known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from case_checker import Analysed, Mismatch

from tcptui.analysis.stream.view import view_stream
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import TcpState, state_of

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.analysis.stream.view import StreamView

#: States an end enters because it is about to send, not because something arrived.
OWN_STEPS: Final = frozenset({TcpState.SYN_SENT, TcpState.FIN_WAIT_1, TcpState.LAST_ACK})
#: What the engine says, and what Linux traces for it.
SAME: Final = frozenset(
    {
        (TcpState.SYN_RECEIVED, TcpState.LISTEN),
        (TcpState.SYN_RECEIVED, TcpState.CLOSED),  # the same, where the ports had been used before
        (TcpState.FIN_WAIT_2, TcpState.CLOSED),
        (TcpState.TIME_WAIT, TcpState.CLOSED),
        (TcpState.CLOSED, TcpState.LISTEN),  # no connection, and the listener it might have come from
    }
)
#: After the last frame of a connection only what follows this soon belongs to it; a time-out does not.
SOON_NS: Final = 20_000_000
#: A socket that is reset by its own program is gone a little before its RST leaves.
RST_NS: Final = 5_000_000
_STATES: Final = {state.label: state for state in TcpState}


@dataclass(frozen=True, slots=True)
class KernelChange:
    """One end's socket went into ``state`` at ``time_ns``."""

    time_ns: int
    server: bool
    state: TcpState
    local: str = ""
    """Address and port of the socket; empty where the log does not say."""
    remote: str = ""


def read_kernel_log(path: Path) -> list[KernelChange]:
    """The changes in ``path``, oldest first; raises ValueError for a malformed line."""
    changes = []
    for line in path.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if "kind" in entry:
            continue  # not a state change: what else the kernels and the programs said
        if entry["end"] not in ("client", "server") or entry["to"] not in _STATES:
            raise ValueError(f"{path}: {line}")
        names = entry.get("local", ""), entry.get("remote", "")
        changes.append(KernelChange(int(entry["time_ns"]), entry["end"] == "server", _STATES[entry["to"]], *names))
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


def check_truth_at(changes: list[KernelChange], session: Analysed, at: str) -> list[Mismatch]:
    """Where a state that the engine calls known is not the kernels', in a capture made at the end ``at``."""
    mismatches = []
    for stream in range(session.streams.count):
        view = view_stream(session.store, session.streams, stream)
        began = int(view.time_ns[0])
        client_end, server_end = (f"{end.host}:{end.port}" for end in (view.client, view.server))
        for server, column in ((False, view.state_client), (True, view.state_server)):
            ends = (server_end, client_end) if server else (client_end, server_end)
            own = _of_connection(changes, server, *ends, began)
            near = server is (at == "server")
            for place, frame in enumerate(view.frame):
                said, known = state_of(int(column[place]))
                if not known or said is TcpState.UNSEEN:
                    continue
                until = _until(view, place)
                truths = {_settled(own, int(view.time_ns[place]), until)} if near else {change.state for change in own}
                truths |= {TcpState.CLOSED, TcpState.LISTEN} if not near else set()
                if said not in truths and not any((said, truth) in SAME for truth in truths):
                    shown = ", ".join(sorted(truth.label for truth in truths))
                    where = f"stream {stream}, frame {frame}"
                    mismatches.append(Mismatch(where, f"{'server' if server else 'client'} state", shown, said.label))
    return mismatches


def _until(view: StreamView, place: int) -> int:
    """Up to when a change still belongs to the frame at ``place``."""
    if place + 1 == len(view):
        return int(view.time_ns[place]) + SOON_NS
    ahead = RST_NS if view.flags[place + 1] & TcpFlag.RST else 0
    return int(view.time_ns[place + 1]) - ahead


def _of_connection(
    changes: list[KernelChange], server: bool, local: str, remote: str, after_ns: int
) -> list[KernelChange]:
    """One end's changes of one connection, the listener's own before its first packet among them."""
    return [
        change
        for change in changes
        if change.server is server
        # A program that leaves the port to the kernel has none yet when its SYN-SENT is traced.
        and change.local.endswith((local, ":0"))
        and (change.remote.endswith(remote) or (change.state is TcpState.LISTEN and change.time_ns < after_ns))
    ]


def _settled(changes: list[KernelChange], after_ns: int, until_ns: int | None) -> TcpState:
    past = [change for change in changes if until_ns is None or change.time_ns < until_ns]
    while past and past[-1].time_ns > after_ns and past[-1].state in OWN_STEPS:
        past.pop()
    return past[-1].state if past else TcpState.CLOSED
