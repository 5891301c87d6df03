"""A search through the packets that are not TCP, in their lines and ends, a slice of time after the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.packet_store import NO_ROW
from tcptui.session.other_tables import other_lines, other_packets, other_pairs
from tcptui.words.other_text import line_text, pair_text

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32
    from tcptui.words.catalogue import Words


class PacketSearch:
    """Looks for a packet that contains every word of ``text``, in any case, among ``rows`` (ascending).

    It begins behind row ``after``, or with ``step`` -1 before it, and goes on from the other end.
    """

    def __init__(self, session: OpenCapture, words: Words, rows: I32, text: str, after: int, step: int) -> None:
        self._session = session
        self._words = words
        self._wanted = text.casefold().split()
        place = int(np.searchsorted(rows, after, side="right" if step > 0 else "left"))
        ahead, behind = (rows[place:], rows[:place]) if step > 0 else (rows[:place][::-1], rows[place:][::-1])
        self._order = np.concatenate((ahead, behind)).tolist()
        self._turn = len(ahead)
        self.text = text
        self.step = step
        self.done = 0
        """Packets looked at so far."""
        self.found = NO_ROW
        """The row that was found."""

    @property
    def all(self) -> int:
        """How many packets there are to look at."""
        return len(self._order)

    @property
    def is_over(self) -> bool:
        """Whether a packet was found, or none is left."""
        return self.found != NO_ROW or self.done == self.all

    @property
    def has_turned(self) -> bool:
        """Whether it has gone on from the other end."""
        return self.done > self._turn

    def look(self, seconds: float) -> bool:
        """Look at further packets, for about ``seconds``; returns `is_over`."""
        deadline = time.monotonic() + seconds
        while not self.is_over:
            row = self._order[self.done]
            self.done += 1
            if self._matches(row):
                self.found = row
            elif time.monotonic() > deadline:
                break
        return self.is_over

    def _matches(self, row: int) -> bool:
        session = self._session
        if row < session.store.first or not self._wanted:
            return False
        source, target = other_packets(session).ends_of(row)
        text = f"{source} {target}".casefold()
        missing = [word for word in self._wanted if word not in text]
        if not missing:
            return True
        try:
            known = other_lines(session).plain(row)
        except OSError:  # its bytes are gone
            return False
        line = line_text(known.line, known.protocol, self._words)
        line += pair_text(other_pairs(session).of(row), self._words)
        return all(word in line.casefold() for word in missing)
