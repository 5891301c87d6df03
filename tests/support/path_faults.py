"""Captures whose data segments were lost on the path and sent again, came twice, or in another order.

Made of a capture in which they were not.  What the loss delays moves: whatever was sent after the receiver could have
the lost bytes, and with it TCP's timestamps; IP's identifications count what was added; the receiver asks again with
duplicate ACKs.  Frames have to be Ethernet with IP and TCP.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from random import Random

    from tcptui.session.session import Session

#: After which times a lost segment is sent again, in ms: fast, after a timeout, and after two.
AGAIN_MS: Final = (12, 60, 220, 460)
#: By how much a packet that another overtakes comes late, and the second of two copies, in ns.
_LATE_NS: Final = 40_000
_ETHERNET, _IPV4, _IPV6 = 14, 20, 40
_SCALE, _SACK, _TIMESTAMPS = 3, 5, 8
_MILLISECOND_NS: Final = 1_000_000


class Fault(Enum):
    """What happens to a data segment on its path."""

    LOST_BEFORE = "lost before the capture"
    LOST_BEHIND = "lost behind the capture"
    LOST_TWICE = "lost behind the capture, and again"
    TWICE = "duplicated"
    LATE = "overtaken"
    NEEDLESS = "sent again though it arrived"


@dataclass(slots=True)
class _Packet:
    """A packet as it was sent, and as it is to be captured."""

    stream: int
    from_b: bool
    sent_ns: int
    """When it passes; also its place among what its sender sends."""
    data: bytearray
    at: int
    """Where TCP's header begins; 0 without one."""
    shift_ns: int = 0
    """How much later than in the capture it was sent."""
    late_ns: int = 0
    """How much later it is captured than those sent with it."""
    captured: bool = True
    added: int = 0
    """1: the capture has no such packet, so that all behind it have other identifications."""
    echoes: _Packet | None = None
    """Whose timestamp it repeats, where it is another's than in the capture."""
    ack_to: int | None = None
    """It acknowledges at least up to here."""

    def number(self, at: int) -> int:
        """The 32 bits at ``at``."""
        return int.from_bytes(self.data[at : at + 4], "big")

    @property
    def is_ipv4(self) -> bool:
        return self.data[_ETHERNET] >> 4 == 4

    @property
    def seq(self) -> int:
        return self.number(self.at + 4)

    @property
    def ack(self) -> int:
        return self.number(self.at + 8)

    @property
    def identification(self) -> int:
        """That of IPv4; 0 without one."""
        return int.from_bytes(self.data[_ETHERNET + 4 : _ETHERNET + 6], "big") if self.is_ipv4 else 0

    @property
    def window(self) -> int:
        return int.from_bytes(self.data[self.at + 14 : self.at + 16], "big")

    @property
    def flags(self) -> int:
        return self.data[self.at + 13]

    @property
    def payload(self) -> int:
        """Where its payload begins."""
        return self.at + (self.data[self.at + 12] >> 4) * 4

    @property
    def end(self) -> int:
        """Where its frame ends without Ethernet's padding."""
        if self.is_ipv4:
            return _ETHERNET + int(struct.unpack_from(">H", self.data, _ETHERNET + 2)[0])
        return _ETHERNET + _IPV6 + int(struct.unpack_from(">H", self.data, _ETHERNET + 4)[0])

    @property
    def length(self) -> int:
        return self.end - self.payload if self.at else 0

    @property
    def next(self) -> int:
        """The number behind its payload."""
        return (self.seq + self.length) & 0xFFFF_FFFF

    @property
    def stamps(self) -> int:
        """Where its timestamps lie; 0 without any."""
        return self.option(_TIMESTAMPS)

    def option(self, wanted: int) -> int:
        """Where the content of an option lies; 0 without it."""
        place = self.at + 20
        while self.at and place < self.payload:
            kind = self.data[place]
            if kind == wanted:
                return place + 2
            place += 1 if kind <= 1 else max(self.data[place + 1], 2)
        return 0

    @property
    def value(self) -> int:
        """Its timestamp, as its sender would have it now; 0 without one."""
        at = self.stamps
        return at and (self.number(at) + self.shift_ns // _MILLISECOND_NS) & 0xFFFF_FFFF


def _before(one: int, other: int) -> bool:
    return 0 < ((other - one) & 0xFFFF_FFFF) < 0x8000_0000


class FaultyPath:
    """A capture whose packets can be lost.

    ``streams``: the only connections that are kept; ``together``: they wait for each other, so that a loss delays all.
    """

    def __init__(self, session: Session, streams: Iterable[int] | None = None, *, together: bool = False) -> None:
        store, kept = session.store, None if streams is None else set(streams)
        self._together = together
        self._link = session.reader.packet(0).link_type
        self.packets: list[_Packet] = []
        for row in range(store.count):
            stream = int(store.stream[row]) if store.kind[row] == RowKind.TCP else -1
            if kept is not None and stream not in kept:
                continue
            data = bytearray(session.reader.packet(row).data)
            at = 0 if stream < 0 else _ETHERNET + (_IPV4 if data[_ETHERNET] >> 4 == 4 else _IPV6)
            self.packets.append(_Packet(stream, bool(store.from_b[row]), int(store.time_ns[row]), data, at))
        self._scales = {
            (one.stream, one.from_b): one.data[one.option(_SCALE)]
            for one in self.packets
            if one.at and one.flags & SYN and one.option(_SCALE)
        }
        self.done: list[str] = []

    def damage(self, random: Random, fault: Fault, many: int) -> bool:
        """Lets ``fault`` happen to ``many`` segments that one side sent in a row; whether there was such a place."""
        places = [place for place, one in enumerate(self.packets) if one.length and self._is_new(one)]
        if not places:
            return False
        first = random.choice(places)
        head = self.packets[first]
        flight = self._flight(first)
        until_ns = head.sent_ns + 4 * max(AGAIN_MS) * _MILLISECOND_NS
        rest = (one for one in self.packets[first:] if one.stream == head.stream and one.sent_ns < until_ns)
        if any(one.flags & RST for one in (*flight, *rest)):  # nobody sends again on a connection that was reset
            return False
        row = [head, *(one for one in flight if one.from_b is head.from_b and one.length and self._is_new(one))][:many]
        again_ns = random.choice(AGAIN_MS) * _MILLISECOND_NS + random.randrange(_MILLISECOND_NS)
        self.done.append(f"{fault.value}: {len(row)} from {first + 1}, {again_ns / 1e6:.0f} ms")
        if fault is Fault.LATE:
            return self._overtaken(head, flight)
        if fault is Fault.TWICE:
            for one in row:
                self.packets.append(replace(one, data=one.data[:], late_ns=one.late_ns + _LATE_NS))
            self._sort()
        elif fault is Fault.NEEDLESS:
            self._needless(row, again_ns)
        else:
            self._lost(row, flight, again_ns, fault)
        return True

    def write(self, path: Path) -> None:
        """Writes the capture as a nanosecond pcap."""
        numbers = self._numbers()
        values: dict[tuple[int, bool, int], int] = {}
        for one in self.packets:
            if one.stamps and not one.added:
                values.setdefault((one.stream, one.from_b, one.number(one.stamps)), one.value)
        captured = sorted((one for one in self.packets if one.captured), key=lambda one: one.sent_ns + one.late_ns)
        with path.open("wb") as out:
            out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, self._link))
            for one in captured:
                data = _final(one, numbers[id(one)], values, self._scales) if one.at else bytes(one.data)
                seconds, rest = divmod(one.sent_ns + one.late_ns, 1_000_000_000)
                out.write(struct.pack("<IIII", seconds, rest, len(data), len(data)) + data)

    def _is_new(self, one: _Packet) -> bool:
        return not one.added and one.captured and not one.late_ns and not one.flags & SYN

    def _flight(self, place: int) -> list[_Packet]:
        """What passes behind the packet at ``place`` before anything that acknowledges a byte of it."""
        head, found = self.packets[place], []
        for one in self.packets[place + 1 :]:
            if one.stream != head.stream:
                continue
            if one.from_b is not head.from_b and one.flags & ACK and _before(head.seq, one.ack):
                break
            found.append(one)
        return found

    def _lost(self, row: list[_Packet], flight: list[_Packet], again_ns: int, fault: Fault) -> None:
        head = row[0]
        same = [head, *(one for one in flight if one.from_b is head.from_b)]
        behind = self._behind(head, flight)
        first_ack_ns = behind[0].sent_ns - head.sent_ns if behind else 0
        delay_ns = again_ns * (3 if fault is Fault.LOST_TWICE else 1)
        again = [self._again(one, same, again_ns + number * 1_000) for number, one in enumerate(row)]
        more = again if fault is Fault.LOST_TWICE else []
        again += [self._again(one, same, delay_ns + number * 1_000) for number, one in enumerate(row[: len(more)])]
        last = again[-1]
        seen = head.seq
        for one in same:
            seen = one.next if _before(seen, one.next) else seen
        self._delay(behind, delay_ns, of_b=head.from_b)
        for one in behind:
            if one.from_b is not head.from_b:
                one.ack_to = seen if one.ack_to is None or _before(one.ack_to, seen) else one.ack_to
        if behind and behind[0].from_b is not head.from_b:
            behind[0].echoes = last
        asked = self._asked_again(row, flight, first_ack_ns, head.sent_ns + again_ns)
        if fault is Fault.LOST_BEFORE:
            for one in row:
                one.captured = False
        self.packets += [*again, *asked]
        self._sort()

    def _again(self, one: _Packet, same: list[_Packet], after_ns: int) -> _Packet:
        """``one`` once more, ``after_ns`` later, with what its sender has acknowledged by then."""
        made = replace(one, data=one.data[:], sent_ns=one.sent_ns + after_ns, shift_ns=one.shift_ns + after_ns, added=1)
        newest = [other for other in same if other.sent_ns <= made.sent_ns][-1]
        made.data[made.at + 8 : made.at + 12] = newest.data[newest.at + 8 : newest.at + 12]
        return made

    def _asked_again(self, row: list[_Packet], flight: list[_Packet], after_ns: int, until_ns: int) -> list[_Packet]:
        """The duplicate ACKs for what comes behind the hole."""
        head, lost = row[0], {id(one) for one in row}
        heard = [one for one in self.packets if one.stream == head.stream and one.from_b is not head.from_b]
        before = [one for one in heard if one.sent_ns <= head.sent_ns]
        arrived = [one for one in flight if one.from_b is head.from_b and one.length and id(one) not in lost]
        made = []
        for one in arrived:
            last = ([other for other in heard if other.sent_ns <= one.sent_ns] or before)[-1:]
            if not last or one.sent_ns + after_ns >= until_ns:
                continue
            made.append(self._duplicate_ack(last[0], head, one, arrived[0].seq, one.sent_ns + after_ns))
        return made

    def _duplicate_ack(self, last: _Packet, head: _Packet, for_one: _Packet, left: int, sent_ns: int) -> _Packet:
        data, at = last.data[: last.at + 20], last.at
        options = b"\x01\x01\x08\x0a" + last.data[last.stamps : last.stamps + 8] if last.stamps else b""
        options += struct.pack(">HBBII", 0x0101, _SACK, 10, left, for_one.next)
        consumed = last.length + bool(last.flags & (SYN | FIN))
        struct.pack_into(">II", data, at + 4, (last.seq + consumed) & 0xFFFF_FFFF, head.seq)
        scale = self._scales.get((last.stream, last.from_b), 0)
        room = last.window << (0 if last.flags & SYN else scale)  # it is not scaled in a SYN
        room -= (head.seq - last.ack) & 0xFFFF_FFFF
        struct.pack_into(">H", data, at + 14, max(room, 0) >> scale)
        data[at + 12], data[at + 13] = (20 + len(options)) // 4 << 4, ACK
        data += options
        total = len(data) - _ETHERNET
        struct.pack_into(">H", data, _ETHERNET + (2 if last.is_ipv4 else 4), total - (0 if last.is_ipv4 else _IPV6))
        return _Packet(last.stream, last.from_b, sent_ns, data, at, last.shift_ns + sent_ns - last.sent_ns, added=1)

    def _overtaken(self, head: _Packet, flight: list[_Packet]) -> bool:
        """The next one or two packets of the same side pass it, if they come before it was acknowledged."""
        passing = [one for one in flight if one.from_b is head.from_b][:2]
        if not passing:
            return False
        late_ns = passing[-1].sent_ns - head.sent_ns + 1_000
        if late_ns > 3 * _MILLISECOND_NS:
            return False
        head.late_ns = late_ns
        self._delay(self._behind(head, flight), late_ns, of_b=head.from_b)
        self._sort()
        return True

    def _behind(self, head: _Packet, flight: list[_Packet]) -> list[_Packet]:
        """What of the same connection was sent once ``head`` had arrived."""
        place = next(index for index, one in enumerate(self.packets) if one is head)
        known = {id(one) for one in flight}
        return [one for one in self.packets[place + 1 :] if one.stream == head.stream and id(one) not in known]

    def _delay(self, behind: list[_Packet], delay_ns: int, *, of_b: bool) -> None:
        """Lets ``behind``, of one connection, be sent later, and what others wait for with it.

        They wait for what was lost, or, where that was an answer, for what the client sends next.
        """
        others = []
        since = [one for one in behind if not of_b or (one.length and not one.from_b)][:1]
        if self._together and since:
            others = [one for one in self.packets if one.stream != since[0].stream and one.sent_ns > since[0].sent_ns]
        for one in (*behind, *others):
            one.sent_ns += delay_ns
            one.shift_ns += delay_ns

    def _needless(self, row: list[_Packet], again_ns: int) -> None:
        place = {id(one): index for index, one in enumerate(self.packets)}
        for number, one in enumerate(row):
            same = [
                other
                for other in self.packets[place[id(one)] :]
                if other.stream == one.stream and other.from_b is one.from_b
            ]
            self.packets.append(self._again(one, same, again_ns + number * 1_000))
        self._sort()

    def _sort(self) -> None:
        self.packets.sort(key=lambda one: one.sent_ns)

    def _numbers(self) -> dict[int, int]:
        """IP's identification of each packet: each side counts what was added to what it sends."""
        added: dict[tuple[int, bool], int] = {}
        last: dict[tuple[int, bool], int] = {}
        numbers = {}
        for one in self.packets:
            key = one.stream, one.from_b
            added[key] = added.get(key, 0) + one.added
            if not one.added:
                last[key] = one.identification
            numbers[id(one)] = (last[key] + added[key]) & 0xFFFF if last[key] else 0
        return numbers


def _final(
    one: _Packet, number: int, values: dict[tuple[int, bool, int], int], scales: dict[tuple[int, bool], int]
) -> bytes:
    """Its frame with its identification, its timestamps, its acknowledgment and checksums as they are by now."""
    data, at = bytearray(one.data), one.at
    if one.ack_to is not None and _before(one.ack, one.ack_to):
        struct.pack_into(">I", data, at + 8, one.ack_to)
        window = one.window - (((one.ack_to - one.ack) & 0xFFFF_FFFF) >> scales.get((one.stream, one.from_b), 0))
        struct.pack_into(">H", data, at + 14, max(window, 0))
    if one.stamps:
        known = one.number(one.stamps + 4)
        echo = values.get((one.stream, not one.from_b, known), known) if one.echoes is None else one.echoes.value
        struct.pack_into(">II", data, one.stamps, one.value, echo)
    if one.is_ipv4:
        struct.pack_into(">H", data, _ETHERNET + 4, number)
        struct.pack_into(">H", data, _ETHERNET + 10, 0)
        struct.pack_into(">H", data, _ETHERNET + 10, _sum(bytes(data[_ETHERNET:at])))
    ends = data[_ETHERNET + 12 : at] if one.is_ipv4 else data[_ETHERNET + 8 : at]
    struct.pack_into(">H", data, at + 16, 0)
    segment = bytes(data[at : one.end])
    struct.pack_into(">H", data, at + 16, _sum(bytes(ends) + struct.pack(">HH", 6, len(segment)) + segment))
    return bytes(data)


def _sum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2")
    total = int(words.sum(dtype=np.uint64))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
