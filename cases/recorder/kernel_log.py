"""The kernels' account of a recording as lines of ``kernel.jsonl``.

Why a segment was sent again is read off the call stack in which it left the interface.  The format
is in cases/recorder/README.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cases.recorder.account import SENDS, Account, Passing
from cases.recorder.kernel_trace import STATES
from cases.recorder.link import SEQ_MASK
from cases.recorder.namespaces import Address, End
from cases.recorder.segment import Flag, Segment, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.recorder.tracing import TraceEvent

STATE_EVENT: Final = "inet_sock_set_state"
CONGESTION: Final = {0: "open", 1: "disorder", 2: "cwr", 3: "recovery", 4: "loss"}
RECOVERY: Final = "recovery"
LOSS: Final = "loss"
SEQ_HALF: Final = 1 << 31

PATH_MTU: Final = "path-mtu"
IDLE: Final = 0
"""The idle task: what happens in it is a timer's doing."""

#: Functions in the stack of a segment that leaves → why it was sent (the first that fits).
REASONS: Final = (
    ("tcp_send_loss_probe", "tail-loss-probe"),
    ("tcp_send_probe0", "zero-window-probe"),
    ("tcp_keepalive_timer", "keep-alive"),
    ("tcp_simple_retransmit", PATH_MTU),
    ("tcp_v4_err", PATH_MTU),
    ("tcp_v6_err", PATH_MTU),
    ("tcp_v4_mtu_reduced", PATH_MTU),
    ("tcp_v6_mtu_reduced", PATH_MTU),
    ("tcp_rack_reo_timeout", "fast-recovery"),
    ("tcp_fastopen_synack_timer", "syn-retry"),
    ("tcp_rtx_synack", "syn-retry"),
    ("tcp_retransmit_timer", "rto"),
    ("tcp_xmit_retransmit_queue", ""),
)
PROBES: Final = frozenset({"zero-window-probe", "keep-alive"})
_BY_PACKET: Final = ("tcp_v4_rcv", "tcp_v6_rcv", "tcp_v4_do_rcv", "tcp_v6_do_rcv")
_BY_TIMER: Final = ("tcp_write_timer", "tcp_keepalive_timer", "tcp_delack_timer", "run_timer_softirq")


class KernelLog:
    """Turns trace events into log entries, in order."""

    def __init__(self, account: Account, addresses: Mapping[End, Address], offset_ns: int) -> None:
        self._account = account
        self._ends = {host: end for end, address in addresses.items() for host in address.each}
        self._offset_ns = offset_ns
        self._latest_sent: dict[int, tuple[TraceEvent, Passing]] = {}
        self._latest_received: dict[End, Passing] = {}
        self._received_here: dict[int, Passing] = {}
        self._congestion: dict[tuple[str, str], str] = {}
        self._link_task = -1
        """Thread that hands frames to the hosts; what happens in it is caused by them."""
        self._sent: dict[tuple[End, int, int], int] = {}
        self._window: dict[tuple[End, int, int], int] = {}
        self._too_big: set[tuple[str, str]] = set()
        """Sockets in the loss state because a router said that their segments are too big."""
        self.entries: list[dict[str, Any]] = []

    def read(self, events: Sequence[TraceEvent]) -> list[dict[str, Any]]:
        """The entries for ``events``."""
        for position, event in enumerate(events):
            passing = self._account.by_event.get(position)
            if passing is not None:
                self._frame(event, passing)
            elif event.name == STATE_EVENT:
                self._state(event)
            elif event.name in ("tcp_retransmit_skb", "tcp_retransmit_synack"):
                self._sent_again(event)
            elif event.name == "tcp_cong_state_set":
                self._congestion_state(event)
            elif event.name in ("tcp_send_reset", "tcp_receive_reset"):
                self._reset(event)
            elif event.name == "tcp_probe":
                self._probe(event)
        return self.entries

    # -- one function a kind of event --------------------------------------------------

    def _frame(self, event: TraceEvent, passing: Passing) -> None:
        segment = parse(passing.frame)
        if event.name == SENDS:
            self._latest_sent[event.cpu] = (event, passing)
            if segment is None:
                return
            reason = reason_of(event.stack) if event.stack else self._probing(segment, passing.end)
            self._highest(segment, passing.end)
            # The persist timer sends new data, too, and the keep-alive timer the RST that ends it all.
            if reason in PROBES and not segment.length and not segment.flags & Flag.RST:
                self._add_frame(event, passing, "probe", why=reason)
            return
        self._link_task = event.task
        self._latest_received[passing.end] = passing
        self._received_here[event.cpu] = passing
        if segment is not None and segment.flags & Flag.ACK:
            self._window[passing.end, segment.destination_port, segment.source_port] = segment.window

    def _highest(self, segment: Segment, end: End) -> None:
        """Notes what the end has sent so far."""
        key = (end, segment.source_port, segment.destination_port)
        after = segment.seq + segment.space & SEQ_MASK
        if key not in self._sent or (after - self._sent[key]) & SEQ_MASK < SEQ_HALF:
            self._sent[key] = after

    def _probing(self, segment: Segment, end: End) -> str | None:
        """Whether a segment without a stack is a probe: one byte below what its sender sent last, and empty."""
        key = (end, segment.source_port, segment.destination_port)
        if segment.space or (segment.seq + 1) & SEQ_MASK != self._sent.get(key):
            return None
        return "zero-window-probe" if self._window.get(key, 1) == 0 else "keep-alive"

    def _state(self, event: TraceEvent) -> None:
        end, names = self._socket(event)
        if end is None or STATES.get(event.fields["newstate"]) is None:
            return
        entry: dict[str, Any] = {
            "time_ns": event.time_ns + self._offset_ns,
            "end": end.value,
            "from": STATES[event.fields["oldstate"]],
            "to": STATES[event.fields["newstate"]],
            **names,
        }
        cause = _first_of(event.stack, _BY_PACKET, "packet") or _first_of(event.stack, _BY_TIMER, "timer") or "program"
        if not event.stack:
            cause = {self._link_task: "packet", IDLE: "timer"}.get(event.task, "program")
        entry["by"] = cause
        if cause == "packet":
            here = self._received_here.get(event.cpu)
            passing = here if here is not None and here.end is end else self._latest_received.get(end)
            if passing is not None:
                entry["frame"] = passing.number
        self.entries.append(entry)

    def _sent_again(self, event: TraceEvent) -> None:
        end, names = self._socket(event)
        if end is None or event.fields.get("err", "0") != "0":
            return
        sending, passing = self._latest_sent.get(event.cpu, (None, None))
        if sending is None or passing is None or passing.end is not end:
            return
        segment = parse(passing.frame)
        if segment is None:
            return
        state = self._congestion.get((names["local"], names["remote"]), "open")
        # The event that follows the frame has a stack of its own.
        stack = sending.stack or event.stack
        reason = reason_of(stack) if stack else self._reason_without_stack(sending, state)
        entry = {"time_ns": event.time_ns + self._offset_ns, "end": end.value, "kind": "retransmit"}
        entry |= {"why": self._why(reason, segment, passing.end, names), **names, "frame": passing.number}
        self.entries.append(entry | {"congestion": state, "path": _short(stack)})

    def _reason_without_stack(self, sending: TraceEvent, state: str) -> str:
        """What a resend must be for which the kernel printed no stack, as it sometimes does not in the idle task.

        A time-out enters the loss state first, RACK's timer the recovery state; the probe timer does neither.
        """
        by_timer = sending.task != self._link_task
        return "tail-loss-probe" if by_timer and state not in (LOSS, RECOVERY) else ""

    def _why(self, reason: str | None, segment: Segment, end: End, names: Mapping[str, str]) -> str:
        if segment.flags & Flag.SYN:
            return "syn-retry"
        socket = (names["local"], names["remote"])
        state = self._congestion.get(socket, "open")
        if reason == PATH_MTU:
            self._too_big.add(socket)
        key = (end, segment.source_port, segment.destination_port)
        timed_out = reason == "rto" or (reason == "" and state == LOSS)
        if timed_out and self._window.get(key, 1) == 0:
            # The window was taken back: Linux probes (rules/findings.md#window-probes-after-a-shrunk-window).
            return "zero-window-probe"
        if reason:
            return reason
        if state == LOSS:
            return PATH_MTU if socket in self._too_big else "rto"
        return "fast-recovery"

    def _congestion_state(self, event: TraceEvent) -> None:
        end, names = self._socket(event)
        if end is None:
            return
        state = CONGESTION[int(event.fields["cong_state"])]
        self._congestion[names["local"], names["remote"]] = state
        if state == "open":
            self._too_big.discard((names["local"], names["remote"]))
        self.entries.append(
            {
                "time_ns": event.time_ns + self._offset_ns,
                "end": end.value,
                "kind": "congestion",
                "state": state,
                **names,
            }
        )

    def _reset(self, event: TraceEvent) -> None:
        if event.name == "tcp_receive_reset":
            end, names = self._socket(event)
            facts: dict[str, Any] = {"kind": "receive-reset"}
            passing = self._latest_received.get(end) if end else None
        else:
            names = {"local": event.fields["src"], "remote": event.fields["dest"]}
            end = self._ends.get(names["local"].rsplit(":", 1)[0].strip("[]"))
            state = STATES.get(event.fields["state"], "no socket")
            facts = {"kind": "send-reset", "state": state, "reason": event.fields["reason"]}
            passing = None
        if end is None:
            return
        entry = {"time_ns": event.time_ns + self._offset_ns, "end": end.value, **facts, **names}
        self.entries.append(entry | ({"frame": passing.number} if passing else {}))

    def _probe(self, event: TraceEvent) -> None:
        names = {"local": event.fields["src"], "remote": event.fields["dest"]}
        end = self._ends.get(names["local"].rsplit(":", 1)[0].strip("[]"))
        if end is None:
            return
        wanted = ("snd_nxt", "snd_una", "snd_cwnd", "ssthresh", "snd_wnd", "srtt", "rcv_wnd")
        facts = {name: int(event.fields[name], 0) for name in wanted}
        self.entries.append(
            {"time_ns": event.time_ns + self._offset_ns, "end": end.value, "kind": "sender", **names, **facts}
        )

    # -- helpers -------------------------------------------------------------------------

    def _add_frame(self, event: TraceEvent, passing: Passing, kind: str, **facts: object) -> None:
        entry = {"time_ns": event.time_ns + self._offset_ns, "end": passing.end.value, "kind": kind, **facts}
        self.entries.append(entry | {"frame": passing.number, "path": _short(event.stack)})

    def _socket(self, event: TraceEvent) -> tuple[End | None, dict[str, str]]:
        """Whose socket an event is about: by its local address, which only one of the hosts has."""
        fields = event.fields
        ipv6 = fields["family"] == "AF_INET6"
        local, remote = (fields["saddrv6"], fields["daddrv6"]) if ipv6 else (fields["saddr"], fields["daddr"])
        form = "[{}]:{}" if ipv6 else "{}:{}"
        names = {"local": form.format(local, fields["sport"]), "remote": form.format(remote, fields["dport"])}
        return self._ends.get(local), names


def reason_of(stack: Sequence[str]) -> str | None:
    """Why a segment with this call stack was sent; "" when the congestion state decides, None for the first time."""
    return next((reason for function, reason in REASONS if function in stack), None)


def _first_of(stack: Sequence[str], functions: Sequence[str], answer: str) -> str | None:
    return answer if any(function in stack for function in functions) else None


def _short(stack: Sequence[str]) -> list[str]:
    """The TCP functions of a stack, innermost first: the rest is the same every time."""
    return [
        name for name in stack if name.startswith(("tcp_", "__tcp_", "inet_csk", "reqsk")) and "xmit_skb" not in name
    ]
