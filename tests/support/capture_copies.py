"""Copies of a capture that lack something: packets that somebody filtered out, or what a recorder cut off.

Which streams and hosts a copy keeps is drawn by a hash of the capture's name, so that a copy is the same each time.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import FIN, PSH, RST, SYN

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tcptui.model.packet_store import PacketStore
    from tcptui.session.session import Session

    Keep = Callable[[PacketStore, slice], NDArray[np.bool_]]

_FLAGS: Final = SYN | FIN | RST
#: Packets of each connection that are left out at its start or its end.
FEW: Final = 3
SHARES: Final = (25, 50, 75)
SNAPLENS: Final = (68, 96, 128, 262)

#: Filters by what a packet is; each keeps TCP alone.
FILTERS: Final[dict[str, Keep]] = {
    # A display filter on what protocols say, with the handshakes: no bare acknowledgment.
    "no bare acknowledgments": lambda store, rows: (store.length[rows] > 0) | ((store.flags[rows] & _FLAGS) != 0),
    # tcp[13] & 7 != 0
    "SYN, FIN and RST": lambda store, rows: (store.flags[rows] & _FLAGS) != 0,
    # tcp[13] & 2 != 0
    "SYN": lambda store, rows: (store.flags[rows] & SYN) != 0,
    # tcp.len > 0
    "data alone": lambda store, rows: store.length[rows] > 0,
    "no data": lambda store, rows: store.length[rows] <= 0,
    # greater 200
    "large packets": lambda store, rows: store.wire_length[rows] >= 200,
    # tcp[13] & 8 != 0
    "PSH": lambda store, rows: (store.flags[rows] & PSH) != 0,
    "no FIN": lambda store, rows: (store.flags[rows] & FIN) == 0,
    # src host …
    "one host": lambda store, rows: ~store.from_b[rows].astype(np.bool_),
    "the other host": lambda store, rows: store.from_b[rows].astype(np.bool_),
}


@dataclass(frozen=True, slots=True)
class Copy:
    """What a copy keeps."""

    words: str
    """What was done."""
    rows: NDArray[np.int64]
    """The rows that are kept, ascending."""
    snaplen: int = 262_144
    """Most bytes of each frame."""


def filtered(session: Session) -> Iterator[Copy]:
    """The copies that `FILTERS` make, as far as they leave anything."""
    rows = slice(0, session.store.count)
    is_tcp = session.store.kind[rows] == RowKind.TCP
    for words, keep in FILTERS.items():
        kept = np.flatnonzero(is_tcp & keep(session.store, rows))
        if len(kept):
            yield Copy(words, kept)


def drawn(*words: object) -> int:
    """A number that depends on ``words`` alone."""
    return int.from_bytes(hashlib.blake2b(" ".join(map(str, words)).encode(), digest_size=8).digest(), "big")


def cut(session: Session, name: str) -> Iterator[Copy]:
    """Copies of the capture ``name`` that were cut: ended early, frames or flows cut, some hosts or ports left out."""
    for copy in (*_cut_in_time(session), *_cut_flows(session, name), *_left_out(session, name)):
        if len(copy.rows):
            yield copy


def _cut_in_time(session: Session) -> Iterator[Copy]:
    count = session.store.count
    every = np.arange(count)
    yield from (Copy(f"tcpdump -c, {share} %", every[: count * share // 100]) for share in SHARES)
    yield from (Copy(f"tcpdump -s {snaplen}", every, snaplen) for snaplen in SNAPLENS)
    third = count // 3
    yield Copy("a file of tcpdump -C", every[third : count - third])
    yield Copy("a hole in the file", np.delete(every, slice(third, count - third)))


def _cut_flows(session: Session, name: str) -> Iterator[Copy]:
    """Of all connections, or of some, a part is missing."""
    flows = [np.asarray(session.rows_of(stream)) for stream in range(session.streams.count)]
    parts: dict[str, Callable[[int], slice]] = {
        "starts missing": lambda size: slice(0, FEW),
        "first halves missing": lambda size: slice(0, size // 2),
        "ends missing": lambda size: slice(max(0, size - FEW), size),
        "second halves missing": lambda size: slice(size // 2, size),
        "middles missing": lambda size: slice(size // 3, size - size // 3),
    }
    for words, part in parts.items():
        yield _without(session, words, [rows[part(len(rows))] for rows in flows])
    some = [rows[len(rows) // 2 :] for stream, rows in enumerate(flows) if drawn(name, stream) % 2]
    yield _without(session, "some second halves missing", some)
    from_b = session.store.from_b[: session.store.count] != 0
    ways = [
        rows[from_b[rows] == bool(drawn(name, stream) & 2)]
        for stream, rows in enumerate(flows)
        if drawn(name, stream) % 2
    ]
    yield _without(session, "one direction of some missing", ways)


def _without(session: Session, words: str, gone: list[NDArray[np.int32]]) -> Copy:
    every = np.arange(session.store.count)
    return Copy(words, np.setdiff1d(every, np.concatenate(gone)) if gone else every)


def _left_out(session: Session, name: str) -> Iterator[Copy]:
    """Only the connections of one host, or of one port, or a single one."""
    streams = session.streams
    if streams.count < 2:
        return
    ends = [(streams.client(stream), streams.server(stream)) for stream in range(streams.count)]
    hosts = sorted(Counter(end.host for pair in ends for end in pair))
    ports = sorted({server.port for _client, server in ends})
    host, port = hosts[drawn(name) % len(hosts)], ports[drawn(name) % len(ports)]
    chosen = {
        "host": [stream for stream, pair in enumerate(ends) if host in {end.host for end in pair}],
        "port": [stream for stream, pair in enumerate(ends) if port in {end.port for end in pair}],
        "one connection": [drawn(name) % streams.count],
    }
    for words, kept in chosen.items():
        yield Copy(words, np.sort(np.concatenate([np.asarray(session.rows_of(stream)) for stream in kept])))


def write_copy(session: Session, copy: Copy, path: Path) -> None:
    """Writes ``copy`` as a nanosecond pcap; times must lie between 1970 and 2106."""
    with path.open("wb") as out:
        for place, row in enumerate(copy.rows.tolist()):
            packet = session.reader.packet(row)
            if not place:
                out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, copy.snaplen, packet.link_type))
            seconds, rest = divmod(int(session.store.time_ns[row]), 1_000_000_000)
            data = packet.data[: copy.snaplen]
            out.write(struct.pack("<IIII", seconds, rest, len(data), int(session.store.wire_length[row])) + data)


def can_be_copied(session: Session) -> bool:
    """Whether the capture has packets, all with times that a pcap can hold."""
    times = session.store.time_ns[: session.store.count]
    return bool(len(times)) and int(times.max()) < 2**32 * 1_000_000_000 and int(times.min()) >= 0
