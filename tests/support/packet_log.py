"""The packets of one stream as plain lists, for tests that check findings: read from the raw columns alone.

Nothing here uses what the analysis concluded (verdicts, causes, unwrapped numbers), except which end is the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.analysis.stream.view import StreamView

SIDE = {"client": 0, "server": 1}


class PacketLog:
    """Packets by index; a side is 0 for the client and 1 for the server, times are nanoseconds.

    Numbers of a side count from its first raw sequence number, so a stream may carry 2**31 bytes.
    """

    def __init__(self, view: StreamView) -> None:
        self.view = view
        self.count = len(view)
        self.time: list[int] = view.time_ns.tolist()
        self.side: list[int] = view.from_server.astype(int).tolist()
        self.flags: list[int] = view.flags.tolist()
        self.length: list[int] = view.length.tolist()
        self.window: list[int] = view.window.tolist()
        self.frame: list[int] = view.frame.tolist()
        self.options: list[int] = view.options.tolist()
        self.ip_id: list[int] = view.ip_id.tolist()
        self.at = {frame: i for i, frame in enumerate(self.frame)}
        """Index by frame number."""
        raw_seq, raw_ack = view.raw_seq.tolist(), view.raw_ack.tolist()
        self.raw_seq: list[int] = raw_seq
        base = [self._base(side, raw_seq, raw_ack) for side in (0, 1)]
        self.seq = [_near(number - base[side]) for number, side in zip(raw_seq, self.side, strict=True)]
        self.ack = [_near(number - base[1 - side]) for number, side in zip(raw_ack, self.side, strict=True)]
        """Meaningful only with the ACK flag."""
        self.end = [
            self.seq[i] + self.length[i] + bool(self.flags[i] & SYN) + bool(self.flags[i] & FIN)
            for i in range(self.count)
        ]
        self.sack_left: list[int] = view.sack_left.tolist()
        """As in `StreamView`: relative to the analysis' base; only differences to `relative` are meaningful."""
        self.sack_right: list[int] = view.sack_right.tolist()
        self.relative: list[int] = view.seq.tolist()

    def _base(self, side: int, raw_seq: list[int], raw_ack: list[int]) -> int:
        mine = next((i for i in range(self.count) if self.side[i] == side and not self.flags[i] & RST), -1)
        if mine >= 0:
            return raw_seq[mine]
        return next((raw_ack[i] for i in range(self.count) if self.side[i] != side and self.flags[i] & ACK), 0)

    def of(self, side: int, first: int = 0, stop: int | None = None) -> Iterator[int]:
        """Indexes of the packets of ``side`` from ``first`` to before ``stop``."""
        return (i for i in range(max(first, 0), self.count if stop is None else stop) if self.side[i] == side)

    def carries(self, i: int) -> bool:
        """Whether packet ``i`` takes sequence numbers; what a RST carries is a text."""
        return self.end[i] > self.seq[i] and not self.flags[i] & RST

    def acknowledged(self, side: int, number: int, first: int = 0) -> int:
        """Index from ``first`` on of the first packet that acknowledges ``side``'s numbers up to ``number``; or -1."""
        for i in self.of(1 - side, first):
            if self.flags[i] & ACK and not self.flags[i] & RST and self.ack[i] >= number:
                return i
        return -1

    def copies(self, i: int) -> list[int]:
        """Indexes of the other packets of that side with some of the numbers of packet ``i``."""
        return [
            j
            for j in self.of(self.side[i])
            if j != i and self.carries(j) and self.seq[j] < self.end[i] and self.end[j] > self.seq[i]
        ]

    def sent(self, side: int, stop: int) -> int:
        """The highest number that ``side`` had sent before packet ``stop``; a very small one before its first."""
        return max((self.end[i] for i in self.of(side, 0, stop) if not self.flags[i] & RST), default=-(2**40))

    def acked(self, side: int, stop: int) -> int:
        """The highest number of ``side`` that was acknowledged before packet ``stop``; very small before the first."""
        return max(
            (self.ack[i] for i in self.of(1 - side, 0, stop) if self.flags[i] & ACK and not self.flags[i] & RST),
            default=-(2**40),
        )

    def reports_gap(self, i: int, wanted: int) -> bool:
        """Whether packet ``i`` reports (SACK) bytes above those that packet ``wanted`` carries, and not these."""
        if not self.options[i] & OptionBit.SACK or self.options[i] & OptionBit.DSACK:
            return False
        return 0 < (self.sack_left[i] - self.relative[wanted]) % 2**32 < 2**31

    def ns(self, earlier: int, later: int) -> int:
        """Time from one packet to another."""
        return self.time[later] - self.time[earlier]


def _near(difference: int) -> int:
    return (difference + 2**31) % 2**32 - 2**31
