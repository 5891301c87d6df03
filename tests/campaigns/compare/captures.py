"""Captures of many connections, drawn from a number and written vectorised, with faults of known size.

Seen at the server: connections of many clients to two servers, each with some exchanges of HTTP.  What they share is
what a naive bootstrap stumbles over: the connections of a client resemble each other (its path, its load today), and
the times that the server thinks have a heavy tail.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.tcp_flags import ACK, FIN, PSH, RST, SYN

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I64 = NDArray[np.int64]

EXCHANGES: Final = 3
#: Of each exchange: the request, and this many segments of the response.
_PIECES: Final = 2
_PIECE: Final = 700
_REQUEST: Final = b"GET /orders HTTP/1.1\r\nHost: shop\r\n\r\n"
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
_BODY: Final = _PIECES * _PIECE - len(_HEAD % 1_000)
_RESPONSE: Final = (_HEAD % _BODY).ljust(_PIECES * _PIECE, b"x")
_ISN: Final = 1_000
_MS: Final = 1e-3
#: A Monday, 2026-11-30 09:00 UTC.
MONDAY_S: Final = 1_796_029_200


@dataclass(frozen=True)
class World:
    """What a capture is drawn from."""

    connections: int = 600
    clients: int = 60
    rtt_s: float = 0.02
    think_s: float = 0.03
    extra_think_s: float = 0.0
    """Added to each of the server's times."""
    loss: float = 0.005
    """Of segments that take sequence numbers, this share is retransmitted after a time-out."""
    refused: float = 0.0
    """Share of connections that are refused."""
    sack: bool = True
    alike: float = 0.5
    """How much clients differ from each other (sigma of a logarithm), the same on both sides."""
    today: float = 0.15
    """How much a client differs from itself on the other side."""
    tail: float = 1.2
    """Sigma of the logarithm of the server's times: with 1.2 the mean is twice the median."""
    second_server: float = 0.5
    """Share of connections that go to the second server, …"""
    second_slower: float = 1.0
    """… whose round trips are so many times as long."""
    begin_s: int = MONDAY_S


def write_capture(path: Path, world: World, seed: int, side: int) -> Path:
    """Draw a capture: the clients are those of ``seed``, all else of ``seed`` and ``side``."""
    clients = np.random.default_rng([seed, 99])
    draw = np.random.default_rng([seed, side])
    of_client = clients.normal(0, world.alike, world.clients), clients.normal(0, world.alike, world.clients)
    today = draw.normal(0, world.today, world.clients), draw.normal(0, world.today, world.clients)
    busy = clients.pareto(1.5, world.clients) + 0.3  # some clients have many connections
    count = world.connections
    client = draw.choice(world.clients, count, p=busy / busy.sum())
    server = (draw.random(count) < world.second_server).astype(np.int64)
    rtt = world.rtt_s * np.exp(of_client[0][client] + today[0][client] + draw.normal(0, 0.1, count))
    rtt *= np.where(server == 1, world.second_slower, 1)
    think = np.exp(of_client[1][client] + today[1][client])[:, None] * world.think_s
    think = think * np.exp(draw.normal(0, world.tail, (count, EXCHANGES))) + world.extra_think_s
    segments_of = 3 + EXCHANGES * (1 + _PIECES)
    lost = draw.random((count, EXCHANGES)) < world.loss * segments_of / EXCHANGES
    begin = np.sort(draw.random(count)) * 600
    out = _Writer(client, server, draw.permutation(count) % 50_000 + 10_000, sack=world.sack)
    refused = draw.random(count) < world.refused
    every = np.arange(count)
    out.add(every, begin, from_server=False, flags=SYN)
    gone = every[refused]
    out.add(gone, begin[gone] + 0.05 * _MS, from_server=True, flags=RST | ACK, ack=1)
    rows = every[~refused]
    now = begin[rows] + 0.05 * _MS
    out.add(rows, now, from_server=True, flags=SYN | ACK, ack=1)
    now = now + rtt[rows]
    out.add(rows, now, from_server=False, flags=ACK, seq=1, ack=1)
    asked, told = 1, 1
    for number in range(EXCHANGES):
        now = now + _MS
        out.add(rows, now, from_server=False, flags=ACK | PSH, seq=asked, ack=told, payload=_REQUEST)
        asked += len(_REQUEST)
        out.add(rows, now + 0.02 * _MS, from_server=True, flags=ACK, seq=told, ack=asked)
        now = now + think[rows, number]
        for piece in range(_PIECES):
            part, sent = _RESPONSE[piece * _PIECE : (piece + 1) * _PIECE], now + piece * 0.01 * _MS
            out.add(rows, sent, from_server=True, flags=ACK | PSH, seq=told, ack=asked, payload=part)
            told += len(part)
        again = lost[rows, number]
        late = now + 0.2 + 2 * rtt[rows]
        out.add(rows[again], late[again], from_server=True, flags=ACK | PSH, seq=told - _PIECE, ack=asked, payload=part)
        out.add(rows[again], (now + rtt[rows])[again], from_server=False, flags=ACK, seq=asked, ack=told - _PIECE)
        now = np.where(again, late, now) + rtt[rows]
        out.add(rows, now, from_server=False, flags=ACK, seq=asked, ack=told)
    now = now + _MS
    out.add(rows, now, from_server=False, flags=FIN | ACK, seq=asked, ack=told)
    out.add(rows, now + 0.02 * _MS, from_server=True, flags=FIN | ACK, seq=told, ack=asked + 1)
    out.add(rows, now + rtt[rows], from_server=False, flags=ACK, seq=asked + 1, ack=told + 1)
    return out.write(path, world.begin_s)


class _Writer:
    """Packets of one kind at a time, written in the order of their times."""

    def __init__(self, client: I64, server: I64, port: I64, *, sack: bool) -> None:
        self._client, self._server, self._port, self._sack = client, server, port, sack
        self._times: list[F64] = []
        self._frames: list[NDArray[np.uint8]] = []

    def add(
        self, rows: I64, times: F64, *, from_server: bool, flags: int, seq: int = 0, ack: int = 0, payload: bytes = b""
    ) -> None:  # fmt: skip
        """One packet of each of the connections ``rows``; numbers are relative."""
        options = b""
        if flags & SYN:
            options = b"\x02\x04\x05\xb4" + (b"\x04\x02" if self._sack else b"\x01\x01") + b"\x01\x03\x03\x07\x01\x01"
        words = 5 + len(options) // 4
        size = 20 + words * 4 + len(payload)
        head = struct.pack(">BBHHHBBH8x", 0x45, 0, size, 0, 0, 64, 6, 0)
        tcp = struct.pack(">4xIIHHHH", _ISN + seq, _ISN + ack if flags & ACK else 0, words << 12 | flags, 2_000, 0, 0)
        frame = np.frombuffer(head + tcp + options + payload, np.uint8)
        frames = np.tile(frame, (len(rows), 1))
        client, server = self._client[rows], 1 + self._server[rows]
        near = np.stack((*(np.full(len(rows), part) for part in (10, 1)), client >> 8, client & 255), axis=1)
        far = np.stack((*(np.full(len(rows), part) for part in (10, 2, 0)), server), axis=1)
        port = np.stack((self._port[rows] >> 8, self._port[rows] & 255), axis=1)
        http = np.tile(np.array([0, 80]), (len(rows), 1))
        source, target = ((far, http), (near, port)) if from_server else ((near, port), (far, http))
        for at, value in ((12, source[0]), (16, target[0]), (20, source[1]), (22, target[1])):
            frames[:, at : at + value.shape[1]] = value
        self._times.append(times)
        self._frames.append(frames)

    def write(self, path: Path, begin_s: int) -> Path:
        """Write a raw IP pcap with nanoseconds."""
        times = np.concatenate(self._times)
        sizes = np.concatenate([np.full(len(each), each.shape[1]) for each in self._frames])
        order = np.argsort(times, kind="stable")
        ends = np.cumsum(sizes[order] + 16)
        begins = np.empty(len(order), np.int64)
        begins[order] = ends - sizes[order] - 16
        flat = np.zeros(int(ends[-1]), np.uint8)
        done = 0
        for frames in self._frames:
            mine = slice(done, done + len(frames))
            done += len(frames)
            ns = np.round(times[mine] * 1e9).astype(np.int64)
            record = np.empty((len(frames), 4), "<u4")
            record[:, 0], record[:, 1] = begin_s + ns // 10**9, ns % 10**9
            record[:, 2:] = frames.shape[1]
            whole = np.concatenate((record.view(np.uint8).reshape(len(frames), 16), frames), axis=1)
            flat[begins[mine][:, None] + np.arange(whole.shape[1])] = whole
        path.write_bytes(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 101) + flat.tobytes())
        return path
