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

    from tcptui.protocols.interface import Request
    from tcptui.words.catalogue import Words

#: Characters of an operation that are kept: a screen shows no more.
_OPERATION_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request: ``GET /x → 200, 1.2 s``."""

    operation: str
    """Method and target, as safe text."""
    answer: str
    """Status and time until the answer was complete; empty without an answer."""

    def fitted(self, width: int, ellipsis: str) -> str:
        """The line in at most ``width`` cells: the target's beginning gives way, then the answer."""
        whole = f"{self.operation} {self.answer}".rstrip()
        if cell_len(whole) <= width:
            return whole
        method, _, target = self.operation.partition(" ")
        room = width - cell_len(f"{method} {ellipsis} {self.answer}".rstrip())
        if room < 1:
            return fit(self.operation, width, ellipsis).rstrip()
        while cell_len(target) > room:
            target = target[1:]
        return f"{method} {ellipsis}{target} {self.answer}".rstrip()


def request_lines(requests: Iterable[Request], right: str, words: Words) -> dict[int, RequestLine]:
    """The requests by the frame that brought their first byte; of several in one frame the first."""
    lines: dict[int, RequestLine] = {}
    for request in requests:
        answer = ""
        if request.status:
            time = unbroken_duration(max(request.last_ns - request.first_ns, 0), words).replace(NO_BREAK, " ")
            answer = words("screen.ladder.answered", right=right, status=safe_text(request.status), time=time)
        lines.setdefault(request.first_frame, RequestLine(safe_text(request.operation, _OPERATION_MOST), answer))
    return lines
