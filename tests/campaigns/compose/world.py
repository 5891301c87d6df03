"""What really happened in a recording: each connection's packets with their fates, its kernels' and programs' events.

Read from ``link.jsonl``, ``kernel.jsonl``, ``recording.json`` and the bare headers in the whole captures,
never from any analysis.
"""

from __future__ import annotations

import json
import struct
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.namespaces import End
from cases.recorder.pcapng import read_pcapng
from cases.recorder.segment import ETHERNET, IPV4, PROTOCOL_ICMP, Flag, layout_of, parse
from tests.campaigns.compose.packet import LAST, Packet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


MASK: Final = 0xFFFF_FFFF
HALF: Final = 1 << 31
LINGER: Final = "TCP_STATE"
UNREAD: Final = "TCP_ABORT_ON_CLOSE"
ABORTS: Final = frozenset({LINGER, UNREAD, "TCP_KEEPALIVE_TIMEOUT", "TCP_ABORT_ON_MEMORY", "TCP_ABORT_ON_LINGER"})
"""Why a kernel resets a connection that it has: SO_LINGER 0, the listener's end, unread bytes, a timer."""


@dataclass
class Talk:
    """One connection, by the ports and the client's initial number."""

    number: int
    client_port: int
    server_port: int
    packets: list[Packet] = field(default_factory=list)
    """In the order they were sent."""
    lines: list[dict[str, Any]] = field(default_factory=list)
    """Of kernels and programs, about this connection."""
    from_ns: int = 0
    until_ns: int = LAST
    plan: dict[str, Any] | None = None
    """The conversation as it was composed."""
    reused: bool = False
    """Another connection had these ports before."""
    icmp: list[tuple[End, int]] = field(default_factory=list)
    """ICMP errors that quote it: whose capture, which frame."""

    def of(self, sender: End) -> list[Packet]:
        """What this end sent."""
        return [packet for packet in self.packets if packet.sender is sender]

    def kind(self, kind: str | None, end: End | None = None) -> Iterator[dict[str, Any]]:
        """Log lines of a kind (None: changes of state)."""
        return (line for line in self.lines if line.get("kind") == kind and (end is None or line["end"] == end.value))

    def calls(self, end: End, *names: str) -> list[dict[str, Any]]:
        """Calls of that end's program, in order of their begin."""
        return [line for line in self.kind("program", end) if line["call"] in names]

    def reached(self, end: End, state: str) -> int:
        """When that end's socket came to be in this state; 0: never."""
        return next((line["time_ns"] for line in self.kind(None, end) if line["to"] == state), 0)

    def info(self, end: End) -> dict[str, Any]:
        """``TCP_INFO`` at that end's close; empty when it was not closed."""
        return next(self.kind("tcp-info", end), {})

    @cached_property
    def resends(self) -> list[Packet]:
        """What a kernel sent again, probes left out."""
        return [packet for packet in self.packets if packet.why and packet.segment.space]

    def earlier_copies(self, packet: Packet) -> list[Packet]:
        """Packets of the same sender, sent before, that share bytes with this one."""
        return [
            other
            for other in self.packets
            if other.sender is packet.sender
            and other.sent < packet.sent
            and other.begin < packet.end
            and other.end > packet.begin
        ]

    def covered_without(self, packet: Packet) -> bool:
        """Whether all its bytes arrived by other packets that were sent before it."""
        need = packet.begin
        for begin, end in sorted((p.begin, p.end) for p in self.earlier_copies(packet) if p.counts):
            if begin > need:
                return False
            need = max(need, end)
        return need >= packet.end


@dataclass(frozen=True)
class World:
    """A recording."""

    folder: Path
    about: dict[str, Any]
    talks: tuple[Talk, ...]
    by_frame: dict[tuple[End, int], tuple[Talk, Packet]]
    """(end, frame of its whole capture) → whose it is."""

    @property
    def composition(self) -> dict[str, Any]:
        """As it was drawn."""
        drawn: dict[str, Any] = self.about["parameters"]["composition"]
        return drawn

    def faults(self, name: str) -> list[dict[str, Any]]:
        """The drawn faults of a name."""
        return [fault for fault in self.composition["faults"] if fault["name"] == name]

    def sysctl(self, end: End, name: str, default: str) -> str:
        """A setting of one host."""
        return str(self.about["sysctls"][end.value].get(f"net.ipv4.{name}", default))


def read_world(folder: Path) -> World:
    """Reads a recording; raises OSError, ValueError or KeyError when it is none."""
    about = json.loads((folder / "recording.json").read_text())
    records = {end: read_pcapng(folder / f"{end.value}.pcapng") for end in End}
    kernel = [json.loads(line) for line in (folder / "kernel.jsonl").read_text().splitlines()]
    link = [json.loads(line) for line in (folder / "link.jsonl").read_text().splitlines()]
    whys = {
        (End(line["end"]), line["frame"]): line["why"] for line in kernel if line.get("kind") in ("retransmit", "probe")
    }
    packets = []
    for entry in link:
        packet = _packet(entry, records)
        if packet is not None:
            packet.why = whys.get((packet.sender, packet.sent), "") if packet.sender is not None else ""
            packets.append(packet)
    offset = sum(fault["offset"] for fault in about["parameters"]["composition"]["faults"] if "offset" in fault)
    talks = _talks(packets, offset)
    _add_reset_reasons(packets, kernel)
    _add_lines(talks, kernel)
    _add_icmp(talks, records)
    for talk in talks:
        plans = [
            each
            for each in about["parameters"]["composition"]["conversations"]
            if each["source_port"] == talk.client_port
        ]
        earlier = sum(other.client_port == talk.client_port and other.number < talk.number for other in talks)
        talk.plan = plans[min(earlier, len(plans) - 1)] if plans else None
        talk.reused = any(_same(other, talk) and other.number < talk.number for other in talks)
    by_frame = {
        (end, frame): (talk, packet)
        for talk in talks
        for packet in talk.packets
        for end in End
        for frame in packet.frames_at(end)
        if frame
    }
    return World(folder, about, tuple(talks), by_frame)


def _packet(entry: dict[str, Any], records: dict[End, list[Any]]) -> Packet | None:
    receiver = End(entry["to"])
    sender = None if entry["from"] == "link" else End(entry["from"])
    sent = entry.get("frame", 0) if sender else 0
    arrived = tuple(entry["delivered"])
    shown = records[sender][sent - 1] if sender else records[receiver][arrived[0] - 1]
    segment = parse(shown.data)
    if segment is None:
        return None
    layout = segment.layout
    there = records[receiver][arrived[0] - 1].data if arrived else b""
    marked = bool(there) and not layout.ipv6 and there[layout.ip + 1] & 3 == 3
    return Packet(
        sender=sender,
        receiver=receiver,
        sent=sent,
        sent_ns=shown.time_ns,
        arrived=arrived,
        arrived_ns=tuple(records[receiver][frame - 1].time_ns for frame in arrived),
        dropped=entry.get("dropped", ""),
        rules=tuple(entry.get("rules", ())),
        segment=segment,
        bits=shown.data[layout.tcp + 13],
        marked=marked,
        options=_options(shown.data),
        options_arrived=_options(there or shown.data),
    )


def _options(frame: bytes) -> frozenset[int]:
    layout = layout_of(frame)
    if layout is None:
        return frozenset()
    found = set()
    at = layout.tcp + 20
    while at < layout.payload and frame[at]:
        found.add(frame[at])
        at += 1 if frame[at] == 1 else max(frame[at + 1], 2)
    return frozenset(found - {1})


def _talks(packets: Sequence[Packet], offset: int) -> list[Talk]:
    """Packets by ports and initial number, numbered relative to each end's SYN.

    ``offset``: what a firewall adds to the client's numbers, and the server therefore acknowledges.
    """
    talks: list[Talk] = []
    current: dict[tuple[int, int], Talk] = {}
    first: dict[tuple[int, End], int] = {}
    for packet in sorted(packets, key=lambda packet: packet.sent_ns):
        segment = packet.segment
        sender = packet.sender or packet.receiver.other
        ports = (segment.source_port, segment.destination_port)
        key = ports if sender is End.CLIENT else ports[::-1]
        talk = current.get(key)
        fresh = packet.is_syn and talk is not None and first.get((talk.number, End.CLIENT)) != segment.seq
        if talk is None or (fresh and packet.sender is End.CLIENT):
            talk = current[key] = Talk(len(talks), *key, from_ns=packet.sent_ns)
            talks.append(talk)
        if packet.sender is not None and (segment.flags & Flag.SYN or not segment.flags & Flag.RST):
            first.setdefault((talk.number, sender), segment.seq)
        base = first.get((talk.number, sender), segment.seq)
        packet.begin = _signed(segment.seq - base)
        other = first.get((talk.number, sender.other), segment.ack)
        if segment.flags & Flag.ACK:
            packet.ack = _signed(segment.ack - other - (offset if sender is End.SERVER else 0))
        packet.end = packet.begin + (0 if packet.is_rst else segment.space)
        talk.packets.append(packet)
    for talk in talks:
        later = [other.from_ns for other in talks if other.number > talk.number and _same(other, talk)]
        talk.until_ns = min(later, default=LAST)
    return talks


def _signed(difference: int) -> int:
    difference &= MASK
    return difference if difference < HALF else difference - (1 << 32)


def _add_reset_reasons(packets: Sequence[Packet], kernel: Sequence[dict[str, Any]]) -> None:
    """Each RST that a kernel sent, with the kernel's line about it.

    An abort is traced after its RST has left, so that it and an answer without a socket may change places: aborts
    carry ACK and take the nearest such RST of their ports, all others follow in order.
    """
    for end in End:
        lines = [line for line in kernel if line.get("kind") == "send-reset" and line["end"] == end.value]
        resets = sorted((p for p in packets if p.is_rst and p.sender is end), key=lambda p: p.sent_ns)
        for line in [line for line in lines if line["reason"] in ABORTS]:
            lines.remove(line)
            ports = tuple(int(line[name].rsplit(":", 1)[1]) for name in ("local", "remote"))
            own = [
                p
                for p in resets
                if p.segment.flags & Flag.ACK and (p.segment.source_port, p.segment.destination_port) == ports
            ]
            if own:
                nearest = min(own, key=lambda p: abs(p.sent_ns - line["time_ns"]))
                nearest.reset_by = str(line["reason"])
                resets.remove(nearest)
        if len(lines) == len(resets):
            for packet, line in zip(resets, lines, strict=True):
                packet.reset_by = str(line["reason"])


def _same(one: Talk, other: Talk) -> bool:
    return (one.client_port, one.server_port) == (other.client_port, other.server_port)


NEAR_NS: Final = 20_000_000
"""A program's connect() is noted at most so long before its SYN."""


def _add_lines(talks: Sequence[Talk], kernel: Sequence[dict[str, Any]]) -> None:
    by_ports: dict[tuple[int, int], list[Talk]] = {}
    for talk in talks:
        by_ports.setdefault((talk.client_port, talk.server_port), []).append(talk)
    for line in kernel:
        if "local" not in line or "remote" not in line:
            continue
        local, remote = (int(line[name].rsplit(":", 1)[1]) for name in ("local", "remote"))
        key = (local, remote) if line["end"] == End.CLIENT.value else (remote, local)
        for talk in by_ports.get(key, ()):
            if talk.from_ns - NEAR_NS <= line["time_ns"] < talk.until_ns - (NEAR_NS if talk.until_ns < LAST else 0):
                talk.lines.append(line)
                break


def _add_icmp(talks: Sequence[Talk], records: dict[End, list[Any]]) -> None:
    for end in End:
        for number, record in enumerate(records[end], 1):
            frame = record.data
            if int.from_bytes(frame[12:14]) != IPV4 or frame[ETHERNET + 9] != PROTOCOL_ICMP:
                continue
            at = ETHERNET + (frame[ETHERNET] & 15) * 4 + 8
            at += (frame[at] & 15) * 4
            source, destination = struct.unpack_from("!HH", frame, at)
            for talk in talks:
                if {source, destination} == {talk.client_port, talk.server_port} and (
                    talk.from_ns <= record.time_ns < talk.until_ns
                ):
                    talk.icmp.append((end, number))


def bytes_in_order(packets: Sequence[Packet], by_ns: int) -> int:
    """Relative number up to which a receiver had everything by then."""
    ready = sorted((p.begin, p.end) for p in packets if p.counts and p.arrived_ns[0] <= by_ns and p.end > p.begin)
    reached = 1
    for begin, end in ready:
        if begin > reached:
            break
        reached = max(reached, end)
    return reached


def in_order_at(packets: Sequence[Packet], by_ns: int) -> int:
    """When the last of the bytes arrived that a receiver had in order by then; 0 without any."""
    reached = bytes_in_order(packets, by_ns)
    times = [
        p.arrived_ns[0] for p in packets if p.counts and p.arrived_ns[0] <= by_ns and p.is_data and p.begin < reached
    ]
    # A repeat of what was there already is no news; the arrival that completed the bytes is.
    return next((at for at in sorted(times) if bytes_in_order(packets, at) == reached), 0)


def waited_before(talk: Talk, packet: Packet) -> int:
    """Nanoseconds since its sender had last sent or heard anything of this connection."""
    sender = packet.sender
    if sender is None:
        return 0
    times = sorted(
        time for other in talk.packets if other is not packet for time in (other.time_at(sender),) if time < LAST
    )
    place = bisect_left(times, packet.sent_ns)
    return packet.sent_ns - times[place - 1] if place else 0
