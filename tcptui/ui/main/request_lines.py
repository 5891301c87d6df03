"""What the requests of a connection asked for and how they were answered, one line each for the timeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.model.safe_text import safe_text
from tcptui.protocols.request_status import ERROR_STATUS, status_number
from tcptui.protocols.statements.statement import as_sent
from tcptui.ui.cell_text import fit, span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.model.request import Request
    from tcptui.protocols.interface import Carried, Exchange
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Characters of an operation that are kept: a screen shows no more.
_OPERATION_MOST: Final = 200
#: Cells of a target's end that tell it from others: so many stay rather than the time, …
_TARGET_ENOUGH: Final = 8
#: … and so many rather than the status.
_TARGET_LEAST: Final = 4


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request: ``GET /x → 200, 1.20s``; it stands for the others that begin in the same packet."""

    operation: str
    """Method and target, as safe text."""
    answer: str
    """Status and `Request.own_ns`; empty without an answer."""
    status: str
    """The answer without its time."""
    rank: tuple[bool, int] = (False, 0)
    """The highest stands for the others: whether it failed, and how long it took (ns)."""
    others: tuple[RequestLine, ...] = ()
    """Those that begin in the same packet."""

    def fitted(self, width: int, ellipsis: str) -> str:
        """All that begin in the packet, or this one and how many more, in at most ``width`` cells.

        What gives way is the target's beginning, then the time, then the status.
        """
        if not self.others:
            return self._fitted(width, ellipsis)
        whole = "; ".join(f"{one.operation} {one.answer or one.status}".rstrip() for one in (self, *self.others))
        more = f" +{len(self.others)}"
        return whole if cell_len(whole) <= width else self._fitted(max(width - len(more), 0), ellipsis) + more

    def _fitted(self, width: int, ellipsis: str) -> str:
        method, _, target = self.operation.partition(" ")
        if not target:  # gRPC's operations are paths alone
            method, target = "", method
        cut = f"{method} {ellipsis}".lstrip()
        for answer, least in ((self.answer, _TARGET_ENOUGH), (self.status, _TARGET_LEAST)):
            whole = f"{self.operation} {answer}".rstrip()
            if cell_len(whole) <= width:
                return whole
            room = width - cell_len(f"{cut} {answer}".rstrip())
            if room >= least:
                return f"{cut}{_end_of(target, room)} {answer}".rstrip()
        return fit(self.operation, width, ellipsis).rstrip()


def _end_of(text: str, width: int) -> str:
    while cell_len(text) > width:
        text = text[1:]
    return text


def request_lines(requests: Iterable[Exchange], glyphs: Glyphs, words: Words) -> dict[int, RequestLine]:
    """The requests by the frame that brought their first byte; of several in one frame the gravest, with the others."""
    lines: dict[int, list[RequestLine]] = {}
    for exchange in requests:
        if exchange.request is not None:  # else only its answer was captured, which has a line of its own
            lines.setdefault(exchange.request.first_frame, []).append(_line(exchange, exchange.request, glyphs, words))
    return {frame: _merged_line(found) for frame, found in lines.items()}


def listed_lines(requests: Iterable[Request], glyphs: Glyphs, words: Words) -> dict[int, RequestLine]:
    """The lines of requests that are listed already."""
    lines: dict[int, list[RequestLine]] = {}
    for one in requests:
        if one.request is not None:
            own_ns = None if one.response is None else one.own_ns
            line = _request_line(as_sent(one.operation, one.statement), one.status, own_ns, glyphs, words)
            lines.setdefault(one.request.first, []).append(line)
    return {frame: _merged_line(found) for frame, found in lines.items()}


def _line(exchange: Exchange, request: Carried, glyphs: Glyphs, words: Words) -> RequestLine:
    answered = exchange.response
    own_ns = None if answered is None else max(answered.last_ns, request.last_ns) - request.first_ns
    return _request_line(as_sent(exchange.operation, exchange.statement), exchange.status, own_ns, glyphs, words)


def _request_line(operation: str, status: str, own_ns: int | None, glyphs: Glyphs, words: Words) -> RequestLine:
    """The line of a request; ``own_ns`` is None where no answer was captured."""
    answer = shown = f"{glyphs.right} {safe_text(status)}" if status or own_ns is not None else ""
    if own_ns is not None:
        answer = words("screen.ladder.answered", status=shown, time=span(max(own_ns, 0), glyphs.micro))
    failed = bool(status) and status_number(status) >= ERROR_STATUS
    return RequestLine(safe_text(operation, _OPERATION_MOST), answer, shown, (failed, own_ns or 0))


def _merged_line(found: list[RequestLine]) -> RequestLine:
    first = max(found, key=lambda line: line.rank)
    if len(found) == 1:
        return first
    return replace(first, others=tuple(line for line in found if line is not first))
