"""Names of addresses by the DNS answers in the capture itself; nothing is looked up.

An answer counts where it is the first to a question that was seen (`tcptui.protocols.dns.questions`).
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.other_protocol import DNS
from tcptui.protocols.dns.questions import Questions, Standing
from tcptui.protocols.outside.messages import NO_ERROR, DnsMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcptui.model.packet_store import I64, PacketStore
    from tcptui.protocols.outside.messages import OutsideMessage
    from tcptui.session.other_packets import OtherPackets

#: Answers that are kept of all addresses together; further ones are not read.
_MOST: Final = 200_000
#: Messages that are read at once: a screen may wait for them.
_BATCH: Final = 128
#: The name of the root, as `DnsMessage` has it.
_ROOT: Final = "."
#: Anybody may have sent an answer: names of hosts that cannot be taken for an address, a port, or anything but a name.
_HOST_NAME: Final = re.compile(r"(?:[a-z0-9_-]++\.)*+[0-9-]*+[a-z_][a-z0-9_-]*+", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DnsName:
    """The name of an address, and the packet that says so."""

    name: str
    """Safe text."""
    frame: int
    asked: bool = True
    """Whether this is the first answer to a question that was seen."""
    is_second: bool = False
    """Its question had an answer before."""

    @property
    def may_stand_for_address(self) -> bool:
        """Whether lists show it with, or in place of, the address: it was asked for, and is nothing but a name."""
        return self.asked and _HOST_NAME.fullmatch(self.name) is not None


class DnsNames:
    """Reads each DNS answer of the capture once; ``read`` gives the messages in some rows.  For one thread at a time.

    What an answer said stays known after its packet was evicted.  Its time to live is ignored: connections outlive it.
    """

    def __init__(
        self, store: PacketStore, other: OtherPackets, read: Callable[[I64], Iterable[OutsideMessage]]
    ) -> None:
        self._store = store
        self._other = other
        self._read = read
        self._next = 0
        """Rows before this one have been read."""
        self.count = 0
        """How many names of addresses have been read; it only grows."""
        self._answers: dict[bytes, list[tuple[int, DnsName]]] = {}
        """By address: rows, ascending, and what each said; only those to questions that were seen."""
        self._unasked: dict[bytes, list[tuple[int, DnsName]]] = {}
        """The others."""
        self._questions = Questions()

    @property
    def is_current(self) -> bool:
        """Whether all answers of the capture have been read."""
        return self._next >= self._store.count

    def grow(self, seconds: float | None = None) -> bool:
        """Read new answers, for about ``seconds`` at most (None: all); whether all of the capture has been read.

        A packet that cannot be read names nothing.
        """
        if self.is_current:
            return True
        deadline = None if seconds is None else time.monotonic() + seconds
        upto = self._store.count  # a packet may come while others are looked at
        if not self._other.grow(seconds):
            return False
        listed = self._other.rows_of_protocol(DNS)
        rows = listed[np.searchsorted(listed, self._next) :].astype(np.int64)
        for begin in range(0, len(rows), _BATCH):
            some = rows[begin : begin + _BATCH]
            for message in self._read(some) if self.count < _MOST else ():
                if isinstance(message, DnsMessage) and message.is_ordinary and self.count < _MOST:
                    self._add(message)
            self._next = int(some[-1]) + 1
            if deadline is not None and time.monotonic() > deadline:
                return False
        self._next = max(self._next, upto)
        return True

    def _add(self, message: DnsMessage) -> None:
        standing = self._questions.hear(message)
        if standing is None or message.code != NO_ERROR or message.name == _ROOT:
            return
        is_asked = standing is Standing.ASKED
        known = DnsName(message.spelled, message.frame, is_asked, standing is Standing.SECOND)
        answers = self._answers if is_asked else self._unasked
        for address in message.addresses:
            answers.setdefault(ip_address(address).packed, []).append((message.row, known))
            self.count += 1

    def names_of(self, address: bytes) -> list[str]:
        """All names that answers to questions have given ``address``."""
        return list(dict.fromkeys(known.name for _row, known in self._answers.get(address, ())))

    def name_of(self, address: bytes, row: int) -> DnsName | None:
        """The name that ``address`` (4 or 16 bytes) had by the last answer to a question before ``row``.

        Without one, by the last other answer (`DnsName.asked`); None without that, too.
        """
        for answers in (self._answers.get(address, []), self._unasked.get(address, [])):
            place = bisect_left(answers, row, key=lambda answer: answer[0])
            if place:
                return answers[place - 1][1]
        return None
