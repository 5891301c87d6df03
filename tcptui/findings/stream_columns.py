"""The columns of one stream as plain integers, and the indexes of its SYNs, FINs and RSTs, for rules and gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from tcptui.analysis.stream.unwrapped_seq import cells
from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.model.cached_attribute import cached_attribute
from tcptui.model.packet_store import DecodeIssue
from tcptui.model.seq import seq_after
from tcptui.model.tcp_flags import ACK, CWR, ECE, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.analysis.stream.view import StreamView

#: Flags that few segments have: those segments are listed.
_TELLING: Final = FIN | SYN | RST | ECE | CWR


#: Ascending indexes of segments of the client, and of the server.
Pair: TypeAlias = "tuple[Sequence[int], Sequence[int]]"


class StreamColumns:
    """A `StreamView` as sequences of plain integers (lists where it is short), and the segments with rare flags.

    An index ``i`` is a segment's position in the stream.  Times are nanoseconds; a *side* is 0
    for the client and 1 for the server.
    """

    def __init__(self, view: StreamView) -> None:
        self.view = view
        self.count = len(view)
        self.flags = cells(view.flags)
        self.side = cells(view.from_server.view(np.uint8))
        self.seq = cells(view.seq)
        self.ack = cells(view.ack)
        self.end = cells(view.end)
        self.length = cells(view.length)
        self.verdicts = int(np.bitwise_or.reduce(view.verdict)) if self.count else 0
        if isinstance(self.flags, list):
            marked = [(i, bits) for i, bits in enumerate(self.flags) if bits & _TELLING]
        else:
            special = indexes_of(view.flags & _TELLING)
            marked = list(zip(special.tolist(), view.flags[special].tolist(), strict=True))
        self.syns = [i for i, bits in marked if bits & SYN]
        self.fins = [i for i, bits in marked if bits & FIN]
        self.rsts = [i for i, bits in marked if bits & RST]
        #: Segments with ECE or CWR, those of the handshake included.
        self.congestion_flags = [i for i, bits in marked if bits & (ECE | CWR)]
        #: No SYN of the stream was captured.
        self.mid_stream = not self.syns
        server = sum(self.side) if isinstance(self.side, list) else int(np.count_nonzero(view.from_server))
        #: Segments sent by client and server.
        self.packets_by_side = (self.count - server, server)
        self._segments: dict[tuple[int, int, int], Sequence[int]] = {}

    @cached_attribute
    def time(self) -> Sequence[int]:
        """When each segment was captured, in nanoseconds."""
        return cells(self.view.time_ns)

    @cached_attribute
    def latest_ns(self) -> Sequence[int]:
        """By segment: the latest time of it and all that follow, in nanoseconds."""
        return cells(np.maximum.accumulate(self.view.time_ns[::-1])[::-1])

    @cached_attribute
    def frame(self) -> Sequence[int]:
        """The frame number of each segment."""
        return cells(self.view.frame)

    def segments(self, side: int, flags: int = 0, are: int = 0) -> Sequence[int]:
        """Indexes of the segments of ``side`` of which these ``flags`` are as in ``are``; all of them by default."""
        key = side, flags, are
        if key not in self._segments:
            chosen = self.view.from_server == bool(side)
            if flags:
                chosen &= (self.view.flags & flags) == are
            self._segments[key] = cells(flatnonzero32(chosen))
        return self._segments[key]

    @cached_attribute
    def data_by_side(self) -> Pair:
        """Indexes of the segments with payload of client and server."""
        carrying = indexes_of(self.view.length)
        server = self.view.from_server[carrying]
        return carrying[~server].tolist(), carrying[server].tolist()

    @cached_attribute
    def cut_by_side(self) -> Pair:
        """Indexes of the segments of client and server whose header, or its options, was cut off."""
        cut = (self.view.issues & DecodeIssue.HEADER_CUT) != 0
        server = self.view.from_server
        return cells(flatnonzero32(cut & ~server)), cells(flatnonzero32(cut & server))

    @cached_attribute
    def syns_by_side(self) -> Pair:
        """`syns` of client and server."""
        return self.by_sender(self.syns)

    @cached_attribute
    def fins_by_side(self) -> Pair:
        """`fins` of client and server."""
        return self.by_sender(self.fins)

    @cached_attribute
    def rsts_by_side(self) -> Pair:
        """`rsts` of client and server."""
        return self.by_sender(self.rsts)

    def by_sender(self, indexes: list[int]) -> Pair:
        """The segments ``indexes`` of client and server."""
        return [i for i in indexes if not self.side[i]], [i for i in indexes if self.side[i]]

    def is_pure_syn(self, i: int) -> bool:
        """Whether segment ``i`` is a SYN without ACK."""
        return self.flags[i] & (SYN | ACK) == SYN

    def is_syn_ack(self, i: int) -> bool:
        """Whether segment ``i`` is a SYN with ACK."""
        return self.flags[i] & (SYN | ACK) == SYN | ACK

    def acknowledges(self, i: int, number: int) -> bool:
        """Whether segment ``i`` acknowledges its peer's bytes up to ``number``."""
        return bool(self.flags[i] & ACK) and not seq_after(number, self.ack[i])

    def first_acknowledging(self, side: int, number: int, after: int) -> int:
        """Index of the first segment of ``side`` after ``after`` that acknowledges ``number``; -1 when none does."""
        for i in range(after + 1, self.count):
            if self.side[i] == side and self.acknowledges(i, number) and not self.flags[i] & RST:
                return i
        return -1
