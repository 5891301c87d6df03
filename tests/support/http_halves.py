"""Halves of a connection written down as payloads, without packets around them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.protocols.stream.segments import Segments

MS = 1_000_000


@dataclass
class Dialogue:
    """What both ends send, in order; each payload is one packet, one millisecond after the last."""

    packets: list[tuple[int, int, bytes, int]] = field(default_factory=list)
    """Side, offset, payload, time in ns; the frame is the place in the list, from 1."""
    sent: list[int] = field(default_factory=lambda: [0, 0])
    fin: list[bool] = field(default_factory=lambda: [False, False])
    reset: bool = False
    from_start: bool = True
    """The capture began before the connection."""
    cut: int | None = None
    """Payload bytes kept of each packet."""

    def client(self, *payloads: bytes) -> Dialogue:
        return self._say(0, payloads)

    def server(self, *payloads: bytes) -> Dialogue:
        return self._say(1, payloads)

    def lost(self, side: int, length: int) -> Dialogue:
        """That side sends bytes that are not captured."""
        self.sent[side] += length
        return self

    def close(self, *sides: int) -> Dialogue:
        for side in sides or (0, 1):
            self.fin[side] = True
        return self

    def _say(self, side: int, payloads: tuple[bytes, ...]) -> Dialogue:
        for payload in payloads:
            self.packets.append((side, self.sent[side], payload, (len(self.packets) + 1) * MS))
            self.sent[side] += len(payload)
        return self

    def at(self, side: int, offset: int, payload: bytes) -> Dialogue:
        """A packet out of order."""
        self.packets.append((side, offset, payload, (len(self.packets) + 1) * MS))
        self.sent[side] = max(self.sent[side], offset + len(payload))
        return self

    def direction(self, side: int, *, live: bool = False) -> ByteStream:
        mine = [(at, packet) for at, packet in enumerate(self.packets) if packet[0] == side]
        start = np.array([packet[1] for _, packet in mine], np.int64)
        stop = start + np.array([len(packet[2]) for _, packet in mine], np.int64)
        rows = np.array([at for at, _ in mine], np.int32)
        segments = Segments(
            rows=rows,
            frame=(rows + 1).astype(np.uint32),
            time_ns=np.array([packet[3] for _, packet in mine], np.int64),
            start=start,
            stop=stop,
            held=stop if self.cut is None else np.minimum(stop, start + self.cut),
            fin=self.sent[side] if self.fin[side] else -1,
            acknowledged=self.sent[side],
            reset=self.reset,
            from_start=self.from_start,
            first_seq=1,
        )
        return ByteStream(side, segments, lambda row: self.packets[row][2][: self.cut], live=live)

    def directions(self, *, live: bool = False) -> tuple[ByteStream, ByteStream]:
        return self.direction(0, live=live), self.direction(1, live=live)


def in_pieces(data: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(data[at : at + size] for at in range(0, len(data), size))
