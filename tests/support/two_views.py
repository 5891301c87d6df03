"""Two captures of a world in which one connection has a drawn fault of which the truth is known.

The other connections lose packets between the points, so that clocks and losses are those of `two_points`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from two_points import ACK, FIN, PSH, RST, SYN, World

if TYPE_CHECKING:
    from collections.abc import Callable

_MS: Final = 1_000_000
#: What both captures show of each fault, as `tcptui.points.outcomes.Shown` calls it; nothing else is true.
TRUTH: Final[dict[str, frozenset[str]]] = {
    "data lost": frozenset({"lost-between"}),
    "data lost beyond": frozenset({"no-ack"}),
    "answer lost": frozenset({"lost-between"}),
    "ack lost": frozenset({"ack-lost"}),
    "ack late": frozenset({"ack-seen"}),
    "syn lost": frozenset({"syn-lost"}),
    "syns lost": frozenset({"syn-lost"}),
    "syn lost beyond": frozenset({"syn-unanswered"}),
    "syns lost beyond": frozenset({"syn-unanswered"}),
    "syn-ack lost": frozenset({"syn-ack-lost"}),
    "third ack lost": frozenset({"third-ack-lost"}),
    "third ack lost beyond": frozenset({"third-ack-seen"}),
    "reset between": frozenset({"rst-between"}),
    "reset by the server": frozenset({"rst-seen"}),
    "refused between": frozenset({"rst-between"}),
    "refused by the server": frozenset({"rst-seen"}),
    "slow server": frozenset({"wait-beyond"}),
    "slow path": frozenset({"wait-between"}),
    "missed": frozenset({"not-captured"}),
    "reordered": frozenset({"reordered-between", "ack-seen"}),
    "duplicated": frozenset({"duplicated-between"}),
    "nothing": frozenset(),
}
FAULTY_PORT: Final = 40_000


@dataclass
class FaultyWorld(World):
    """A `World` whose first connection has ``fault``."""

    fault: str = "nothing"

    def _connection(self, number: int, at: int) -> None:
        self._stamps: dict[str, list[tuple[int, int]]] = {"C": [], "S": []}
        if number:
            super()._connection(number, at)
        else:
            _Script(self, at + 400 * _MS).run()  # both captures have begun

    def put(
        self, at: int, sender: str, seq: int, ack: int, flags: int, payload: bytes = b"", *, lost: bool = False,
        more_ns: int = 0, missed: bool = False, only_there: bool = False, twice: bool = False, isn: tuple[int, int],
    ) -> int:  # fmt: skip
        """When the packet is beside the other end.

        ``more_ns``: of delay.  ``missed``: B does not capture it.  ``only_there``: something between sent it.
        ``twice``: it arrives twice.
        """
        path, draw = self.path, self._random
        least = path.there_ns if sender == "C" else path.back_ns
        arrives = at + least + round(draw.random() * path.jitter_ns) + more_ns
        number, self._number = self._number, self._number + 1
        packet_id = self._ids[sender]
        self._ids[sender] = packet_id % 65_000 + 1
        stamp = isn[sender == "S"] % 100_000 + at // _MS
        other = "S" if sender == "C" else "C"
        echo = max((value for came, value in self._stamps[other] if came <= at), default=0)
        if not lost:
            self._stamps[sender].append((arrives, stamp))
        for point, name in enumerate("AB"):
            begins = (name == "A") == (sender == "C")
            if (only_there and begins) or (lost and not begins) or (missed and name == "B"):
                continue
            data = self._bytes(name, sender, FAULTY_PORT, seq, ack, flags, payload, stamp, packet_id, echo=echo)
            self._record(point, at if begins else arrives, data, number)
            if twice and not begins:
                self._record(point, arrives + 400_000, data, number)
        if lost:
            self.lost.add(number)
        return arrives


class _Script:
    """The packets of the connection with the fault."""

    def __init__(self, world: FaultyWorld, at: int) -> None:
        self._world, self._draw = world, world._random
        self._fault = world.fault
        self._isn = self._draw.randrange(2**32), self._draw.randrange(2**32)
        self._next = dict(zip("CS", self._isn, strict=True))
        self._at = at

    def _put(self, sender: str, flags: int, payload: bytes = b"", *, back: int = 0, **options: int | bool) -> int:
        """Send it now; ``back``: of the number, for what is sent again."""
        other = "S" if sender == "C" else "C"
        ack = self._next[other] if flags & ACK else 0
        seq = (self._next[sender] - back) % 2**32
        put: Callable[..., int] = self._world.put
        return put(self._at, sender, seq, ack, flags, payload, isn=self._isn, **options)

    def _send(self, sender: str, flags: int, payload: bytes = b"", **options: int | bool) -> None:
        """Send it and wait until it is there."""
        arrives = self._put(sender, flags, payload, **options)
        self._next[sender] = (self._next[sender] + len(payload) + bool(flags & (SYN | FIN))) % 2**32
        self._at = arrives + 20_000

    def _is(self, fault: str) -> bool:
        return self._fault == fault

    def run(self) -> None:
        """Write the connection."""
        if self._open():
            rounds = 4
            faulty = self._draw.randrange(1, rounds)
            for number in range(rounds):
                if not self._round(self._fault if number == faulty else ""):
                    return
            self._at += 5 * _MS
            self._send("C", ACK | FIN)
            self._send("S", ACK | FIN)
            self._put("C", ACK)

    def _open(self) -> bool:
        timer = 1_000 * _MS
        if self._fault in {"syn lost", "syn lost beyond"}:
            self._put("C", SYN, lost=self._is("syn lost"))
            self._at += timer
        elif self._fault in {"syns lost", "syns lost beyond"}:
            for attempt in range(5):
                self._put("C", SYN, lost=self._is("syns lost"))
                self._at += timer << attempt
            return False
        if self._fault.startswith("refused"):
            self._send("C", SYN)
            only_there = self._is("refused between")
            self._world.put(
                self._at, "S", 0, self._next["C"], RST | ACK, only_there=only_there, isn=self._isn
            )  # fmt: skip
            return False
        began = self._at
        self._send("C", SYN)
        if self._is("syn-ack lost"):
            self._put("S", SYN | ACK, lost=True)
            self._at = began + timer
            self._put("C", SYN, back=1)
            self._at += 40 * _MS
        self._send("S", SYN | ACK)
        if self._fault.startswith("third ack lost"):
            self._put("C", ACK, lost=self._is("third ack lost"))
            self._at += timer
            self._put("S", SYN | ACK, back=1)
            self._at += 60 * _MS
        self._put("C", ACK)
        self._at += 10_000
        return True

    def _round(self, fault: str) -> bool:
        """A request and its answer; False: the connection is over."""
        draw = self._draw
        asked, answer = draw.randbytes(draw.randrange(40, 400)), draw.randbytes(1_000)
        self._at += draw.randrange(5, 50) * _MS
        timer = draw.randrange(220, 400) * _MS
        if fault in {"data lost", "data lost beyond"}:
            self._put("C", ACK | PSH, asked, lost=fault == "data lost")
            self._at += timer
        if fault in {"ack lost", "ack late"}:
            sent = self._at
            self._send("C", ACK | PSH, asked)
            self._put("S", ACK, lost=fault == "ack lost", more_ns=0 if fault == "ack lost" else timer + 30 * _MS)
            self._at = sent + timer
            self._put("C", ACK | PSH, asked, back=len(asked))
            self._at += 60 * _MS
        else:
            self._send("C", ACK | PSH, asked)
        if fault == "reset between":
            self._put("S", RST | ACK, only_there=True)
            self._at += 50 * _MS
            return False
        if fault == "reset by the server":
            self._put("S", RST | ACK)
            return False
        self._put("S", ACK)
        self._at += 1_500 * _MS if fault == "slow server" else draw.randrange(1, 30) * _MS
        if fault == "answer lost":
            self._put("S", ACK | PSH, answer, lost=True)
            self._at += timer
        if fault == "slow path":
            self._send("S", ACK | PSH, answer, more_ns=1_500 * _MS)
        elif fault == "missed":
            for _ in range(6):
                self._send("S", ACK | PSH, draw.randbytes(1_000), missed=draw.random() < 0.7)
                self._put("C", ACK)
            self._send("S", ACK | PSH, draw.randbytes(1_000), missed=True)
            self._put("C", ACK)
            self._at += 50 * _MS
            self._send("S", ACK | PSH, answer)
        elif fault == "duplicated":
            self._send("S", ACK | PSH, answer, twice=True)
            self._at += 500_000
        elif fault == "reordered":
            for number in range(6):
                late = 9 * _MS if number == 2 else 0
                self._put("S", ACK | PSH, draw.randbytes(1_000), more_ns=late)
                self._next["S"] = (self._next["S"] + 1_000) % 2**32
                self._at += 300_000
            self._at += 60 * _MS
        else:
            self._send("S", ACK | PSH, answer)
        self._put("C", ACK)
        self._at += 10_000
        return True
