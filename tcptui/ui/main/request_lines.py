"""What the requests of a connection asked for and how they were answered, one line each for the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import fit
from tcptui.words.quantities import NO_BREAK, unbroken_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.interface import Exchange
    from tcptui.words.catalogue import Words

#: Characters of an operation that are kept: a screen shows no more.
_OPERATION_MOST: Final = 200
#: Cells of a target's end that tell it from others.
_TARGET_LEAST: Final = 4


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request: ``GET /x → 200, 1.2 s``."""

    operation: str
    """Method and target, as safe text."""
    answer: str
    """Status and `Request.own_ns`; empty without an answer."""
    status: str
    """The answer without its time."""

    def fitted(self, width: int, ellipsis: str) -> str:
        """The line in at most ``width`` cells: the time gives way, then the target's beginning, then the status."""
        for answer in (self.answer, self.status):
            whole = f"{self.operation} {answer}".rstrip()
            if cell_len(whole) <= width:
                return whole
        method, _, target = self.operation.partition(" ")
        room = width - cell_len(f"{method} {ellipsis} {self.status}".rstrip())
        if room < _TARGET_LEAST:
            return fit(self.operation, width, ellipsis).rstrip()
        while cell_len(target) > room:
            target = target[1:]
        return f"{method} {ellipsis}{target} {self.status}".rstrip()


def request_lines(requests: Iterable[Exchange], right: str, words: Words) -> dict[int, RequestLine]:
    """The requests by the frame that brought their first byte; of several in one frame the first."""
    lines: dict[int, RequestLine] = {}
    for exchange in requests:
        asked, answered = exchange.request, exchange.response
        if asked is None:
            continue  # only its answer was captured, which has a line of its own
        answer = status = ""
        if answered is not None:
            status = f"{right} {safe_text(exchange.status)}"
            time = unbroken_duration(max(answered.last_ns, asked.last_ns) - asked.first_ns, words).replace(
                NO_BREAK, " "
            )
            answer = words("screen.ladder.answered", status=status, time=time)
        lines.setdefault(asked.first_frame, RequestLine(safe_text(exchange.operation, _OPERATION_MOST), answer, status))
    return lines
