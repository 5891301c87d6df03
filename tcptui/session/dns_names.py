"""Names of addresses by the DNS answers in the capture itself; nothing is looked up.

An answer counts where it is the first to a question that was seen (`tcptui.protocols.dns.questions`).
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.other_protocol import DNS, DNS_PORT
from tcptui.model.safe_text import safe_text
from tcptui.protocols.dns.message import addresses, read_head
from tcptui.protocols.dns.names import NAME_SHOWN, text_of
from tcptui.protocols.dns.questions import Question, Questions, Standing
from tcptui.protocols.other.summary import udp_payload
from tcptui.protocols.outside.messages import NO_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_store import PacketStore
    from tcptui.session.other_packets import OtherPackets

#: Answers that are kept of all addresses together; further ones are not read.
_MOST: Final = 200_000
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
    """Reads each DNS answer of the capture once; ``read`` gives the bytes of a row.  One thread at a time may use it.

    What an answer said stays known after its packet was evicted.  Its time to live is ignored: connections outlive it.
    """

    def __init__(self, store: PacketStore, other: OtherPackets, read: Callable[[int], bytes]) -> None:
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
        rows = self._other.rows_of_protocol(DNS)
        for row in rows[np.searchsorted(rows, self._next) :].tolist():
            if self.count < _MOST:
                self._add(row)
            self._next = row + 1
            if deadline is not None and time.monotonic() > deadline:
                return False
        self._next = max(self._next, upto)
        return True

    def _add(self, row: int) -> None:
        protocol, at = self._other.header_of(row)
        if protocol != DNS or at < 0:
            return
        source, target = self._other.ends_of(row)
        if DNS_PORT not in (source.port, target.port):
            return
        try:
            message = udp_payload(self._read(row)[at:])
        except OSError:
            return
        head = read_head(message)
        if head is None or not head.labels or head.questions != 1:
            return
        name = safe_text(text_of(list(head.labels)), NAME_SHOWN)
        if not head.is_response:
            if target.port == DNS_PORT:
                asked = Question(source.host, source.port, target.host, head.number, name.lower())
                self._questions.ask(asked)
            return
        if source.port != DNS_PORT:
            return
        answered = Question(target.host, target.port, source.host, head.number, name.lower())
        standing = self._questions.answer(answered)
        if head.code != NO_ERROR:
            return
        is_asked = standing is Standing.ASKED
        known = DnsName(name, int(self._store.frame[row]), is_asked, standing is Standing.SECOND)
        answers = self._answers if is_asked else self._unasked
        for address in dict.fromkeys(addresses(message, head)):
            answers.setdefault(address, []).append((row, known))
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
