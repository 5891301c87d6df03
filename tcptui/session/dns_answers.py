"""The addresses that DNS gave clients, read from the capture when a rule asks, each frame once."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.dns.answer import DnsAnswer
    from tcptui.protocols.dns.answer_rows import DnsRows

#: Answers that are kept, the newest; an attempt follows its answer soon.
MAX_STORED: Final = 4_096


class DnsAnswers:
    """Reads what came from port 53 since the last time it was asked; answers outlive the frames that are evicted."""

    def __init__(self, found: DnsRows, read: Callable[[int], PacketView]) -> None:
        """``read``: a row's packet; it raises OSError when the spool cannot be read."""
        self._found, self._read = found, read
        self._next_row = 0
        self._answers: deque[DnsAnswer] = deque(maxlen=MAX_STORED)

    def newest(self) -> tuple[DnsAnswer, ...]:
        """Up to `MAX_STORED` answers that give an address, in capture order; none of frames that cannot be read."""
        rows = self._found.rows
        new = rows[int(rows.searchsorted(self._next_row)) :][-MAX_STORED:].tolist()
        if not new:
            return tuple(self._answers)
        from tcptui.protocols.dns.answer import read_answer  # imports dpkt

        for row in new:
            with suppress(OSError):
                if (answer := read_answer(self._read(row))) is not None:
                    self._answers.append(answer)
            self._next_row = row + 1
        return tuple(self._answers)
