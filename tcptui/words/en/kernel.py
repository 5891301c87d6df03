"""Words of the screen with this machine's kernel's view of a connection (`o`)."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "kernel.title": "Connection {stream} as the kernel sees it, asked every second",
    "kernel.hint.scroll": "scroll",
    "kernel.packets": "What the packets show",
    "kernel.asking": "asking the kernel …",
    "kernel.failed": "the kernel did not reply: {reason}",
    "kernel.not_here": "o needs a live capture of this machine, on Linux.",
    "kernel.select": "Select a connection first.",
    "kernel.none": "This machine has no socket for this connection.",
    "kernel.none_why": (
        "It belongs to another host or to another network namespace (a container's), or it is closed and its TIME-WAIT has ended."
    ),
    "kernel.another": "Another connection has these addresses and ports now: the kernel's counters do not fit this one.",
    "kernel.another_known": "Another connection has these addresses and ports now: connection {stream} of this capture; o there shows its socket.",
    "kernel.client": "client",
    "kernel.server": "server",
    "kernel.heading": "{side} {endpoint}",
    "kernel.name.state": "state",
    "kernel.name.owner": "owner",
    "kernel.name.group": "control group",
    "kernel.name.round_trip": "round trip",
    "kernel.name.window": "congestion window",
    "kernel.name.sent_again": "retransmitted",
    "kernel.name.queues": "waiting bytes",
    "kernel.name.busy": "sending",
    "kernel.state.same": "{kernel}, as the packets show",
    "kernel.state.both": "{kernel}; by the packets so far {ours}",
    "kernel.state.differs": (
        "{kernel}, but the packets show {ours}, and no packet came since the last look. Either this capture missed the packet that changed it, or the kernel changed it by itself (a timer, a close without a packet)"
    ),
    "kernel.user": "user {user}; the process is hidden from this program, which has no privileges (as root: ss -tnp)",
    "kernel.program": "{program} (process {pid}), user {user}",
    "kernel.placed": "{owner}, in {place}",
    "kernel.unknown": "none measured",
    "kernel.round_trip": "{smoothed} smoothed, minimum {least}; timeout {timeout}. By the packets: minimum {ours}",
    "kernel.round_trip_ours": "by the packets: minimum {ours}",
    "kernel.window": "{window} segments; no slow start threshold yet, nothing was ever lost",
    "kernel.window_threshold": "{window} segments; slow start threshold {threshold}",
    "kernel.sent_again": "{count} segments since it began; {lost} now considered lost",
    "kernel.queues": "{unacknowledged} sent or waiting to be sent, not acknowledged; {unread} received, not read",
    "kernel.busy": "busy for {busy}; {window} % of it limited by the peer's window, {buffer} % by its own send buffer",
    "kernel.note": (
        "The kernel counts segments since the connection began; the packet counts here begin with the capture."
    ),
}
