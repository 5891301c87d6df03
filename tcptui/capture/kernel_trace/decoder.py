"""Trace events to records.  Memory of sockets is bounded; no pointer of the kernel's leaves this process."""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.kernel_event import RECORD, KernelCause, KernelEventKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tcptui.capture.kernel_trace.clock import Offset
    from tcptui.capture.kernel_trace.formats import EventFormat

#: include/net/tcp_states.h
_ESTABLISHED, _SYN_SENT, _SYN_RECV, _CLOSE, _NEW_SYN_RECV = 1, 2, 3, 7, 12
#: enum tcp_ca_state
_RECOVERY, _LOSS = 3, 4
#: TRACE_FLAG_SOFTIRQ of ``common_flags``.
_SOFTIRQ: Final = 0x10
_MAPPED: Final = bytes(10) + b"\xff\xff"
_NOBODY: Final = bytes(16)
#: How many sockets are remembered; the oldest are forgotten.
_SOCKETS: Final = 100_000
#: How many packets are remembered of which an event has told the addresses, until they are thrown away.
_PACKETS: Final = 256
#: A packet that closes its socket is thrown away within this time, in nanoseconds.
_AT_ONCE_NS: Final = 100_000
_SLACK_MOST: Final = 0xFFFF_FFFF
#: One record, as `RECORD` has it.
_PACKED: Final = struct.Struct("<qIBBBBHH16s16sIiI48s")
assert _PACKED.size == RECORD.itemsize


@dataclass(frozen=True, slots=True)
class Ends:
    """Addresses (16 bytes each) and ports of a connection or packet; ``source`` is this host's end."""

    source: bytes
    target: bytes
    source_port: int
    target_port: int

    def reversed(self) -> Ends:
        """The other way round."""
        return Ends(self.target, self.source, self.target_port, self.source_port)


@dataclass(slots=True)
class _Socket:
    number: int
    ends: Ends | None = None
    congestion: int | None = None
    """Its congestion state; None: not known, for it is older than the trace."""
    pid: int = 0
    """The process that called connect(); 0: not known."""


_NO_ENDS: Final = Ends(_NOBODY, _NOBODY, 0, 0)


class Decoder:
    """Makes records of the events of one trace."""

    def __init__(self, formats: Mapping[int, EventFormat]) -> None:
        self._formats = dict(formats)
        self._knows_congestion = any(each.name == "tcp_cong_state_set" for each in formats.values())
        self._sockets: dict[int, _Socket] = {}
        self._numbers = 0
        self._now = 0
        """The trace time of the event that is read."""
        self._closed: tuple[int, int, _Socket | None] = 0, 0, None
        """The socket that was closed last: when, its address in memory, and what was known of it."""
        self._packets: dict[int, Ends] = {}
        """By the packet's address in memory: of what another event has told."""
        self.malformed = 0
        """Events that are not as their format says."""
        self._elsewhere: dict[str, int] = {}

    def records(self, events: Iterable[tuple[int, bytes]], offset: Offset) -> bytes:
        """The records of ``events`` (trace time and bytes, ascending), packed."""
        middle = (offset.low + offset.high) // 2
        slack = min(_SLACK_MOST, (offset.high - offset.low + 1) // 2)
        made = []
        now = 0
        for now, data in events:
            self._now = now
            record = self._record(data, now + middle, slack)
            if record is not None:
                made.append(record)
        for reason, count in self._elsewhere.items():
            made.append(_packed(now + middle, slack, KernelEventKind.ELSEWHERE, _NO_ENDS, value=count, reason=reason))
        self._elsewhere.clear()
        return b"".join(made)

    @staticmethod
    def lost(count: int, offset: Offset, trace_ns: int) -> bytes:
        """The record that says that ``count`` events were lost before ``trace_ns``."""
        middle = (offset.low + offset.high) // 2
        return _packed(trace_ns + middle, 0, KernelEventKind.LOST, _NO_ENDS, value=min(count, 0xFFFF_FFFF))

    @staticmethod
    def began(offset: Offset, trace_ns: int) -> bytes:
        """The record that says that all events from ``trace_ns`` on are recorded."""
        return _packed(trace_ns + (offset.low + offset.high) // 2, 0, KernelEventKind.BEGAN, _NO_ENDS)

    def _record(self, data: bytes, at: int, slack: int) -> bytes | None:
        if len(data) < 8:
            self.malformed += 1
            return None
        layout = self._formats.get(int.from_bytes(data[:2], sys.byteorder))
        if layout is None:
            return None
        event = _Event(data, layout)
        if not event.is_whole:
            self.malformed += 1
            return None
        read = _READ[layout.name]
        made = read(self, event)
        if made is None:
            return None
        kind, ends, facts = made
        return _packed(at, slack, kind, ends, softirq=bool(event.number("common_flags") & _SOFTIRQ), **facts)

    def _socket(self, pointer: int, ends: Ends | None = None) -> _Socket:
        known = self._sockets.get(pointer)
        if known is not None and (ends is None or known.ends is None or known.ends == ends):
            known.ends = ends or known.ends
            return known
        if known is None and len(self._sockets) >= _SOCKETS:
            del self._sockets[next(iter(self._sockets))]
        self._numbers += 1
        made = self._sockets[pointer] = _Socket(self._numbers, ends)
        return made

    def _remember(self, pointer: int, ends: Ends) -> None:
        while len(self._packets) >= _PACKETS:
            del self._packets[next(iter(self._packets))]
        self._packets[pointer] = ends

    def _just_closed(self, pointer: int) -> _Socket | None:
        """The socket that the packet has closed which is thrown away now: a reset."""
        at, closed, of = self._closed
        return of if closed == pointer and self._now - at <= _AT_ONCE_NS else None

    def _retransmit(self, event: _Event) -> _Made:
        ends = event.ends()
        of = self._socket(event.number("skaddr"), ends)
        cause = KernelCause.UNKNOWN
        if event.number("state") in (_SYN_SENT, _SYN_RECV, _NEW_SYN_RECV) or of.congestion == _LOSS:
            cause = KernelCause.RTO
        elif of.congestion == _RECOVERY:
            cause = KernelCause.FAST_RECOVERY
        elif of.congestion is not None:
            cause = KernelCause.TAIL_LOSS_PROBE
        return KernelEventKind.RETRANSMIT, ends, {"cause": cause, "socket": of.number}

    def _syn_ack(self, event: _Event) -> _Made:
        return KernelEventKind.SYN_ACK_RETRANSMIT, event.ends(), {"cause": KernelCause.RTO}

    def _reset_sent(self, event: _Event) -> _Made | None:
        ends = event.socket_addresses() or event.ends()
        if ends is None:
            return None
        if packet := event.number("skbaddr"):
            self._remember(packet, ends)
        return KernelEventKind.RESET_SENT, ends, {"reason": event.reason()}

    def _reset_received(self, event: _Event) -> _Made:
        ends = event.ends()
        return KernelEventKind.RESET_RECEIVED, ends, {"socket": self._socket(event.number("skaddr"), ends).number}

    def _state(self, event: _Event) -> _Made | None:
        pointer, state = event.number("skaddr"), event.number("newstate")
        if state == _SYN_SENT:  # it has no port yet
            self._sockets.pop(pointer, None)
            self._socket(pointer).pid = event.number("common_pid")
            return None
        ends = event.ends()
        of = self._socket(pointer, ends)
        if state == _ESTABLISHED and self._knows_congestion and of.congestion is None:
            of.congestion = 0
        if state == _CLOSE:
            self._closed = self._now, pointer, self._sockets.pop(pointer)
        if state != _ESTABLISHED or not of.pid:  # a busy host has thousands a second, which say nothing of packets
            return None
        return KernelEventKind.STATE, ends, {"state": state, "socket": of.number, "pid": of.pid}

    def _congestion(self, event: _Event) -> None:
        ends = event.ends()
        if not ends.target_port:  # of a socket that is no connection's any more
            self._sockets.pop(event.number("skaddr"), None)
            return
        self._socket(event.number("skaddr"), ends).congestion = event.number("cong_state")

    def _bad_checksum(self, event: _Event) -> _Made | None:
        ends = event.socket_addresses()
        if ends is None:
            return None
        self._remember(event.number("skbaddr"), ends.reversed())
        return KernelEventKind.BAD_CHECKSUM, ends, {}

    def _drop(self, event: _Event) -> _Made | None:
        ends = self._packets.pop(event.number("skbaddr"), None)
        number = 0
        if ends is None and "rx_sk" in event.layout.fields and (pointer := event.number("rx_sk")):
            of = self._sockets.get(pointer) or self._just_closed(pointer)
            if of is not None and of.ends is not None and of.ends.target_port:
                ends, number = of.ends, of.number
        if ends is None:
            reason = event.reason()
            self._elsewhere[reason] = self._elsewhere.get(reason, 0) + 1
            return None
        return KernelEventKind.DROP, ends.reversed(), {"reason": event.reason(), "socket": number}


_Made = tuple[KernelEventKind, Ends, dict[str, Any]]
_READ: Final = {
    "tcp_retransmit_skb": Decoder._retransmit,
    "tcp_retransmit_synack": Decoder._syn_ack,
    "tcp_send_reset": Decoder._reset_sent,
    "tcp_receive_reset": Decoder._reset_received,
    "inet_sock_set_state": Decoder._state,
    "tcp_cong_state_set": Decoder._congestion,
    "tcp_bad_csum": Decoder._bad_checksum,
    "kfree_skb": Decoder._drop,
}


@dataclass(frozen=True, slots=True)
class _Event:
    data: bytes
    layout: EventFormat

    @property
    def is_whole(self) -> bool:
        return len(self.data) >= self.layout.size

    def number(self, name: str) -> int:
        """The field's value; 0 where this kernel has no such field."""
        place = self.layout.fields.get(name)
        if place is None:
            return 0
        cut = self.data[place.offset : place.offset + place.size]
        return int.from_bytes(cut, sys.byteorder, signed=place.signed)

    def _bytes(self, name: str) -> bytes:
        place = self.layout.fields[name]
        return self.data[place.offset : place.offset + place.size]

    def ends(self) -> Ends:
        """The ends by ``saddr_v6`` …; of IPv4 these hold mapped addresses, whichever kernel it is."""
        fields = self.layout.fields
        if "saddr_v6" not in fields or "daddr_v6" not in fields:
            return _NO_ENDS
        source, target = self._bytes("saddr_v6"), self._bytes("daddr_v6")
        if self.number("family") == socket.AF_INET and "saddr" in fields:
            source, target = _MAPPED + self._bytes("saddr"), _MAPPED + self._bytes("daddr")
        return Ends(source, target, self.number("sport"), self.number("dport"))

    def socket_addresses(self) -> Ends | None:
        """The ends by ``saddr`` and ``daddr`` as struct sockaddr_in or _in6; None where they are none."""
        place = self.layout.fields.get("saddr")
        if place is None or place.size < 28:
            return None
        source, target = _end(self._bytes("saddr")), _end(self._bytes("daddr"))
        if source is None or target is None:
            return None
        return Ends(source[0], target[0], source[1], target[1])

    def reason(self) -> str:
        """The kernel's name of the reason; empty where it has none, its number where it has no name."""
        if "reason" not in self.layout.fields:
            return ""
        value = self.number("reason")
        return self.layout.reasons.get(value, str(value))


def _end(address: bytes) -> tuple[bytes, int] | None:
    family = int.from_bytes(address[:2], sys.byteorder)
    port = int.from_bytes(address[2:4], "big")
    if family == socket.AF_INET:
        return _MAPPED + address[4:8], port
    if family == socket.AF_INET6:
        return address[8:24], port
    return None


def _packed(
    at: int, slack: int, kind: KernelEventKind, ends: Ends, *, cause: int = 0, softirq: bool = False, state: int = 0,
    socket: int = 0, pid: int = 0, value: int = 0, reason: str = "",
) -> bytes:  # fmt: skip
    return _PACKED.pack(
        at, slack, kind, cause, softirq, state & 0xFF, ends.source_port, ends.target_port, ends.source, ends.target,
        socket, pid, value, reason.encode("ascii", "replace")[:48],
    )  # fmt: skip
