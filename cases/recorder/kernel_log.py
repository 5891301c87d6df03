"""The kernels' account of a recording as lines of ``kernel.jsonl``.

Why a segment was sent again is read off the call stack in which it left the interface.  The format
is in cases/recorder/README.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cases.recorder.account import SENDS, Account, Passing, RecordingError
from cases.recorder.kernel_trace import STATES
from cases.recorder.namespaces import Address, End
from cases.recorder.segment import Flag, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.recorder.tracing import TraceEvent

STATE_EVENT: Final = "inet_sock_set_state"
CONGESTION: Final = {0: "open", 1: "disorder", 2: "cwr", 3: "recovery", 4: "loss"}
LOSS: Final = "loss"

PATH_MTU: Final = "path-mtu"

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
        self._ends = {address.host: end for end, address in addresses.items()}
        self._offset_ns = offset_ns
        self._latest_sent: dict[int, tuple[TraceEvent, Passing]] = {}
        self._latest_received: dict[End, Passing] = {}
        self._received_here: dict[int, Passing] = {}
        self._congestion: dict[tuple[str, str], str] = {}
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
            reason = reason_of(event.stack)
            if segment is None:
                return
            # The persist timer sends new data, too, and the keep-alive timer the RST that ends it all.
            if reason in PROBES and not segment.length and not segment.flags & Flag.RST:
                self._add_frame(event, passing, "probe", why=reason)
            return
        self._latest_received[passing.end] = passing
        self._received_here[event.cpu] = passing
        if segment is not None and segment.flags & Flag.ACK:
            self._window[passing.end, segment.destination_port, segment.source_port] = segment.window

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
        entry["by"] = cause if event.stack else "unknown"
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
        # The kernel now and then leaves out a stack; the event that follows the frame has its own.
        stack = sending.stack or event.stack
        entry = {"time_ns": event.time_ns + self._offset_ns, "end": end.value}
        entry |= {"kind": "retransmit", "why": self._why(stack, passing, names), **names, "frame": passing.number}
        state = self._congestion.get((names["local"], names["remote"]), "open")
        self.entries.append(entry | {"congestion": state, "path": _short(stack)})

    def _why(self, stack: Sequence[str], passing: Passing, names: Mapping[str, str]) -> str:
        segment = parse(passing.frame)
        if segment is None or not stack:
            raise RecordingError(
                f"{passing.end.value} frame {passing.number}: no call stack says why it was sent again"
            )
        if segment.flags & Flag.SYN:
            return "syn-retry"
        socket = (names["local"], names["remote"])
        state = self._congestion.get(socket, "open")
        reason = reason_of(stack)
        if reason == PATH_MTU:
            self._too_big.add(socket)
        key = (passing.end, segment.source_port, segment.destination_port)
        if reason == "rto" and self._window.get(key, 1) == 0:
            # The peer took its window back: Linux repeats the segment to probe (findings.md, section 12).
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
