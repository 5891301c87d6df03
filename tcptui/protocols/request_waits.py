"""What each time of a connection was a wait for, where many requests share it (HTTP/2): by request, not by turns.

Of several requests that are open at a time, one that waits for its answer says more than one whose answer is on its
way, and that more than one that lasts because it waits for events.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.view import NEVER_NS
from tcptui.analysis.timing.budget_parts import Part, ProtocolWait

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.stream.reassembly import ByteStream

#: Requests of a connection that are read, the first ones.
_READ_MOST: Final = 5_000


class _Open(IntEnum):
    """How a request was open, or a window shut: of several at a time the first counts."""

    HELD_BACK = 0
    """A window of the protocol was used up."""
    WAITING = 1
    """The server had it, and its answer came later."""
    UNANSWERED = 2
    """No answer was captured, or not its end."""
    ANSWERING = 3
    LASTING = 4
    """It was being answered with what happens (`Exchange.waits`)."""
    ASKING = 5
    ON_THE_WAY = 6
    """It, or its answer."""


#: What each is in the time budget; what is sent, and the way, are told by TCP alone.
_PARTS: Final = {
    _Open.HELD_BACK: Part.FLOW_CONTROL, _Open.WAITING: Part.SERVER_THINK, _Open.UNANSWERED: Part.UNATTRIBUTED,
    _Open.ANSWERING: Part.SENDER, _Open.LASTING: Part.ASKED_TO_WAIT,
}  # fmt: skip
_NONE: Final = len(_Open)


def request_waits(
    directions: tuple[ByteStream, ByteStream], exchanges: Iterable[Exchange], held: Iterable[ProtocolWait], way_ns: int
) -> list[ProtocolWait]:
    """Who was waited for, by the requests of a connection: times in order that do not overlap.

    ``held``: when a window was used up; ``way_ns``: from the capture point to the server and back.  Where other
    requests may have been open, which nobody saw, only those are told that waited, and those windows.
    Raises OSError when packets cannot be read.
    """
    some = iter(exchanges)
    spans = [span for exchange in islice(some, _READ_MOST) for span in _spans(exchange, way_ns) if span[1] > span[0]]
    spans += [(wait.begin_ns, wait.end_ns, _Open.HELD_BACK) for wait in held]
    if not spans:
        return []
    all_seen = all(direction.segments.from_start for direction in directions) and next(some, None) is None
    until_ns = min(_whole_until_ns(direction) for direction in directions) if all_seen else 0
    return _told(np.array(spans, np.int64), until_ns)


def _whole_until_ns(direction: ByteStream) -> int:
    """Until when no byte of ``direction`` is missing."""
    gaps = direction.gaps
    return direction.delivered_ns(int(gaps.start[0]) - 1) if len(gaps) else NEVER_NS


def _spans(exchange: Exchange, way_ns: int) -> list[tuple[int, int, int]]:
    """When ``exchange`` was open, and how."""
    asked, answer, given_up = exchange.request, exchange.response, exchange.given_up
    if asked is None:
        return []
    asked_ns = asked.last_ns
    spans = [(asked.first_ns, asked_ns, int(_Open.ASKING))]
    until_ns = NEVER_NS if given_up is None else given_up.last_ns
    if answer is None:
        return spans if exchange.is_reset and given_up is None else [*spans, (asked_ns, until_ns, _Open.UNANSWERED)]
    first_ns, last_ns = answer.first_ns, answer.last_ns
    over = answer.complete or exchange.is_reset
    if exchange.waits:
        return [*spans, (asked.first_ns, last_ns if over else until_ns, _Open.LASTING)]
    spans += [
        (asked_ns, first_ns, _Open.ON_THE_WAY),
        (asked_ns + way_ns, first_ns, _Open.WAITING),
        (first_ns, last_ns, _Open.ANSWERING),
    ]
    return spans if over else [*spans, (last_ns, until_ns, _Open.UNANSWERED)]


def _told(spans: np.ndarray[tuple[int, int], np.dtype[np.int64]], until_ns: int) -> list[ProtocolWait]:
    """The ``spans`` (begin, end, `_Open`) as times that do not overlap, each of them what says most of it."""
    changes = np.concatenate((spans[:, 0], spans[:, 1]))
    kinds = np.concatenate((spans[:, 2], spans[:, 2]))
    opens = np.repeat(np.array((1, -1), np.int64), len(spans))
    order = np.argsort(changes, kind="stable")
    at = changes[order]
    count = np.zeros((len(at), _NONE), np.int64)
    count[np.arange(len(at)), kinds[order]] = opens[order]
    is_open = count.cumsum(axis=0) > 0
    which = np.where(is_open.any(axis=1), is_open.argmax(axis=1), _NONE)
    told: list[ProtocolWait] = []
    for begin_ns, end_ns, kind in zip(at[:-1].tolist(), at[1:].tolist(), which[:-1].tolist(), strict=True):
        # Once more may be open than was seen, what is not waited for says nothing.
        is_known = kind <= _Open.UNANSWERED or end_ns <= until_ns
        # What ends where nothing is open is the client's: its next request begins there.
        part = (Part.CLIENT_THINK if kind == _NONE else _PARTS.get(_Open(kind))) if is_known else None
        if part is None or end_ns <= begin_ns:
            continue
        if told and told[-1].end_ns == begin_ns and told[-1].part is part is not Part.CLIENT_THINK:
            told[-1] = told[-1]._replace(end_ns=end_ns)
        else:
            told.append(ProtocolWait(begin_ns, end_ns, part))
    return told
