"""Runs the decoder over frames given as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.flow_table import FlowTable
from tcptui.model.packet_store import PacketStore
from tcptui.wire.decode import BatchDecoder
from tcptui.wire.header_walk import PADDING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Decoded:
    """What came out: the wire columns of the store are filled."""

    store: PacketStore
    flows: FlowTable

    def ends(self, row: int) -> tuple[str, str]:
        """Sender and receiver of a TCP row, as text."""
        a, b = (f"{end}" for end in self.flows.endpoints(int(self.store.flow[row])))
        return (b, a) if self.store.from_b[row] else (a, b)


def decode(
    frames: Sequence[bytes], link_type: int | Sequence[int] = 1, wire: Sequence[int] | None = None, batch: int = 10_000,
    *, compiled: bool = False,
) -> Decoded:  # fmt: skip
    """Decode ``frames``, ``batch`` at a time; ``wire`` are their lengths before the capture cut them."""
    store, flows = PacketStore(), FlowTable()
    store.reserve(len(frames))
    decoder = BatchDecoder(store, flows)
    if compiled:
        decoder.compile()
    links = [link_type] * len(frames) if isinstance(link_type, int) else list(link_type)
    for first in range(0, len(frames), batch):
        part = frames[first : first + batch]
        # Not zeros: nothing may be read beyond a frame's end.
        buffer = np.frombuffer(b"\xa5" * 7 + b"".join(part) + b"\xa5" * PADDING, np.uint8)
        captured = np.array([len(frame) for frame in part], np.int64)
        start = 7 + np.cumsum(captured) - captured
        lengths = captured if wire is None else np.array(wire[first : first + batch], np.int64)
        decoder.decode(buffer, start, captured, lengths, np.array(links[first : first + batch]), first)
        store.publish(first + len(part))
    return Decoded(store, flows)
