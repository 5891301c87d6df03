"""The columns of one stream as plain integers, and the indexes of its SYNs, FINs and RSTs, for rules and gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.unwrapped_seq import cells
from tcptui.model.arrays import indexes_of
from tcptui.model.made_once import made_once
from tcptui.model.seq import seq_after
from tcptui.model.tcp_flags import ACK, CWR, ECE, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.analysis.stream.view import StreamView

#: Flags that few segments have: those segments are listed.
_TELLING: Final = FIN | SYN | RST | ECE | CWR


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

    @made_once
    def time(self) -> Sequence[int]:
        """When each segment was captured, in nanoseconds."""
        return cells(self.view.time_ns)

    @made_once
    def frame(self) -> Sequence[int]:
        """The frame number of each segment."""
        return cells(self.view.frame)

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
