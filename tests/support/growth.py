"""A session whose capture grows, is judged and ends when a test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from captures import ACK, CLIENT, PSH, SERVER, Tape
from forgetting import ends_of
from growing_source import SteeredSource

from tcptui.session.catch_up import Compile
from tcptui.session.filtering.cancelling import Cancelled, ignore, never
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32
    from tcptui.session.retention import Bounds


class Growth:
    """A session whose capture grows, and is judged, when the test says so."""

    def __init__(self, tape: Tape | bytes, bounds: Bounds | None = None) -> None:
        """``tape``: the packets, or the bytes of a pcap file with them."""
        data = tape if isinstance(tape, bytes) else tape.pcap()
        self._ends = ends_of(data)
        self.packets = len(self._ends)
        self._source = SteeredSource(data, limit_bytes=1 << 30)
        self.session = Session([self._source], compile_when=Compile.NEVER)
        if bounds is not None:
            self.session.ring.bounds = bounds

    def to(self, packets: int, *, judged: bool = True) -> None:
        """Let there be so many packets; the last ones are not ``judged`` unless the flag says so."""
        self._source.end = self._ends[packets - 1]
        self._source.over = False
        self.session.steering.judges = judged
        assert not self.session.catch_up.run()

    def end(self) -> None:
        """Let the capture end with all packets."""
        self.to(self.packets)
        self._source.over = True
        assert self.session.catch_up.run()


def long_one(packets: int, others: int = 0) -> Tape:
    """A connection that sends a byte a packet; then so many packets of one more."""
    tape = Tape()
    tape.handshake(0, f"{CLIENT}:4000", f"{SERVER}:80")
    for number in range(packets - 3):
        tape.tcp(50 + number, f"{CLIENT}:4000", f"{SERVER}:80", ACK | PSH, 1001 + number, 9001, b"x")
    for number in range(others):
        tape.tcp(50 + packets + number, f"{CLIENT}:4001", f"{SERVER}:80", ACK | PSH, 1001 + number, 9001, b"x")
    return tape


def server_error(exchanges: int, failing: int) -> Tape:
    """So many HTTP requests and answers on one connection, after 3 packets; the answer ``failing`` (from 0) is 500."""
    tape, client, server = Tape(), f"{CLIENT}:5000", f"{SERVER}:80"
    tape.handshake(1, client, server)
    asked, ours, theirs = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 1001, 9001
    for number in range(exchanges):
        answered = b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % (500 if number == failing else 200)
        tape.tcp(100 + 100 * number, client, server, ACK | PSH, ours, theirs, asked)
        ours += len(asked)
        tape.tcp(140 + 100 * number, server, client, ACK | PSH, theirs, ours, answered)
        theirs += len(answered)
    return tape


class Answers:
    """Stands for `FilterRun`: rows in `passing` pass; `again` counts what is asked about beyond new rows."""

    block = 64

    def __init__(self) -> None:
        self.passing: set[int] = set()
        self.again = 0

    def matching(
        self, first: int, stop: int, *, cancelled: Callable[[], bool] = never, progress: Callable[[int], None] = ignore
    ) -> NDArray[np.bool_]:
        return self._answered(np.arange(first, stop, dtype=np.int32), cancelled)

    def of_rows(self, rows: I32, *, cancelled: Callable[[], bool] = never, whole: bool = False) -> NDArray[np.bool_]:
        self.again += len(rows)
        return self._answered(rows, cancelled)

    def forget(self) -> None:
        pass

    def rest(self) -> None:
        pass

    def _answered(self, rows: I32, cancelled: Callable[[], bool]) -> NDArray[np.bool_]:
        if cancelled():
            raise Cancelled
        return np.isin(rows, list(self.passing))
