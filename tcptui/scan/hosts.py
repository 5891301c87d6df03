"""Totals by host and minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I64, PacketStore

_MINUTE_NS: Final = 60_000_000_000
#: Rows of the store at a time.
_AT_ONCE: Final = 1 << 20
#: What is added up, in the order of the columns.
SUMS: Final = (
    "packets_sent", "packets_received", "bytes_sent", "bytes_received", "payload_sent", "payload_received",
    "data_segments_sent", "retransmissions_sent", "resets_sent", "syns_sent",
)  # fmt: skip


class HostMinutes:
    """The totals of a capture: `minute_ns`, `host` (index into `hosts`) and one column for each of `SUMS`."""

    def __init__(self, store: PacketStore, streams: StreamTable) -> None:
        """All TCP segments of ``store``."""
        names = streams.flows.hosts(streams.flow[: streams.count])
        self.hosts: list[str] = list(dict.fromkeys([*names[0], *names[1]]))
        """The addresses of all ends, as text."""
        number = {host: at for at, host in enumerate(self.hosts)}
        ends = np.array([[number[host] for host in side] for side in names], np.int64).reshape(2, -1)
        parts = [
            _sums_of(store, ends, slice(first, min(first + _AT_ONCE, store.count)))
            for first in range(0, store.count, _AT_ONCE)
        ]
        key = np.concatenate([part[0] for part in parts]) if parts else np.zeros((0, 2), np.int64)
        sums = np.concatenate([part[1] for part in parts]) if parts else np.zeros((0, len(SUMS)), np.int64)
        key, self.sums = _added(key, sums)
        """Shape (rows, len(SUMS))."""
        self.minute_ns: I64 = key[:, 0] * _MINUTE_NS
        self.host: I64 = key[:, 1]


def _sums_of(store: PacketStore, ends: I64, part: slice) -> tuple[I64, I64]:
    rows = np.flatnonzero((store.kind[part] == RowKind.TCP) & (store.stream[part] >= 0)) + part.start
    from_b, stream = store.from_b[rows] != 0, store.stream[rows]
    sender = np.where(from_b, ends[1, stream], ends[0, stream])
    receiver = np.where(from_b, ends[0, stream], ends[1, stream])
    minute = store.time_ns[rows] // _MINUTE_NS
    size, payload = store.wire_length[rows].astype(np.int64), np.maximum(store.length[rows], 0).astype(np.int64)
    flags, one, none = store.flags[rows], np.ones(len(rows), np.int64), np.zeros(len(rows), np.int64)
    resent = (store.verdict[rows] & np.uint32(Verdict.RETRANSMISSION)) != 0
    resets = (flags & int(TcpFlag.RST)) != 0
    syns = (flags & int(TcpFlag.SYN | TcpFlag.ACK)) == int(TcpFlag.SYN)
    sent = (one, none, size, none, payload, none, payload > 0, resent, resets, syns)
    received = (none, one, none, size, none, payload, none, none, none, none)
    key = np.concatenate([np.stack((minute, sender), 1), np.stack((minute, receiver), 1)])
    sums = np.concatenate([np.stack([column.astype(np.int64) for column in side], 1) for side in (sent, received)])
    return _added(key, sums)


def _added(key: I64, sums: NDArray[np.int64]) -> tuple[I64, I64]:
    """``sums`` of equal rows of ``key`` added up, in the order of the keys."""
    if not len(key):
        return key, sums
    order = np.lexsort((key[:, 1], key[:, 0]))
    key, sums = key[order], sums[order]
    first = np.flatnonzero(np.any(np.diff(key, axis=0, prepend=key[:1] - 1) != 0, axis=1))
    return key[first], np.add.reduceat(sums, first, axis=0)
