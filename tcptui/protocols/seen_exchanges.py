"""Exchanges with their packets, and what others of the connection say of each: `tcptui.protocols.request_times`."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.view import NEVER_NS
from tcptui.model.named_tuples import maker_of
from tcptui.model.request import MessagePackets
from tcptui.protocols.answered_together import Answered, is_written_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcptui.model.request import AnsweredInOneWrite
    from tcptui.protocols.interface import Carried, Exchange, HttpMessages
    from tcptui.protocols.stream.reassembly import ByteStream

BEGINS: Final = attrgetter("begin_ns", "first_frame", "offset")
#: Exchanges whose packets, and times, are looked up at once.
LOOKED_UP: Final = 512

#: `MessagePackets` of their values.
_PACKETS: Final = maker_of(MessagePackets)
_START: Final = attrgetter("start")
_STOP: Final = attrgetter("stop")


@dataclass(slots=True)
class SeenExchange:
    """An exchange, its packets, and what others say of it."""

    exchange: Exchange
    request: MessagePackets | None
    response: MessagePackets | None
    begin_ns: int
    first_frame: int
    offset: int
    """Where it begins in its direction: a packet may carry several, which may be answered in any order."""
    queued_until_ns: int = 0
    open: bool = False
    """No answer to it, or to a later one, was captured."""
    is_next: bool = False
    """Of those that are `open`, the first one that would have been answered."""
    batch: Batch | None = None
    """What it was answered with; None where it was answered alone."""
    unsure_ns: int = 0
    """As of `Request`."""


@dataclass(slots=True)
class Batch:
    """Requests whose answers were written at once."""

    count: int = 1
    waits: bool = False
    """One of them asks the server to wait."""
    together: AnsweredInOneWrite | None = None
    """Known since the first of them has its times."""


def seen_exchanges(exchanges: Iterable[Exchange], *, whole: bool) -> Iterator[SeenExchange]:
    """``exchanges`` with their packets; without ``whole`` they lose their messages."""
    left = iter(exchanges) if whole else map(_without_messages, exchanges)
    while some := list(islice(left, LOOKED_UP)):
        messages = [one for exchange in some for one in (exchange.request, exchange.response) if one is not None]
        packets = iter(_packets_of(messages))
        for exchange in some:
            request = None if exchange.request is None else next(packets)
            response = None if exchange.response is None else next(packets)
            message, carried = request or response, exchange.request or exchange.response
            if message is None or carried is None:
                yield SeenExchange(exchange, None, None, 0, 0, 0)
            else:
                yield SeenExchange(exchange, request, response, message.first_ns, message.first, carried.start)


def join(seen: list[SeenExchange]) -> None:
    """Give those of ``seen`` a `Batch` that were answered at once; they are in the order in which they began."""
    before: Answered | None = None
    answered_ns, batch = 0, Batch()
    for at, one in enumerate(seen):
        exchange = one.exchange
        if exchange.id is not None:
            return
        one.batch = None
        now = Answered(exchange.protocol, one.request, one.response, exchange.transaction is not None)
        if before is not None and is_written_with(before, now, answered_ns):
            if batch.count == 1:
                seen[at - 1].batch, batch.waits = batch, seen[at - 1].exchange.waits
            one.batch = batch
            batch.count += 1
            batch.waits |= exchange.waits
        else:
            batch, answered_ns = Batch(), 0 if one.response is None else one.response.first_ns
        before = now


def prolong(seen: list[SeenExchange]) -> None:
    """Messages that could be read in part alone reach as far as nothing else begins.

    What their side sent until the other one spoke is theirs, though packets were cut within it: else a long upload
    would look like a server that thinks, and a long answer would seem to be over with its first packet.
    """
    following: SeenExchange | None = None
    answer_stop: int | None = None
    for one in reversed(seen):
        asked, answer = one.exchange.request, one.exchange.response
        if one.exchange.id is None and asked is not None and answer is not None and one.response is not None:
            if not asked.complete:
                stop = asked.direction.length
                if following is not None and following.exchange.request is not None:
                    stop = following.exchange.request.start
                (one.request,) = _packets_of((_reaching(asked, stop, one.response.first_ns - 1),))
            if not answer.complete and (following is None or following.begin_ns >= one.response.first_ns):
                stop = answer.direction.length if answer_stop is None else answer_stop
                until_ns = NEVER_NS if following is None else following.begin_ns - 1
                (one.response,) = _packets_of((_reaching(answer, stop, until_ns),))
        if asked is not None:
            following = one
        answer_stop = answer_stop if answer is None else answer.start


def _reaching(carried: Carried, stop: int, until_ns: int) -> Carried:
    """``carried`` with what its side sent behind it until then, before offset ``stop``."""
    behind = range(carried.stop, stop)
    return replace(carried, stop=carried.stop + bisect_right(behind, until_ns, key=carried.direction.first_ns))


def _without_messages(exchange: Exchange) -> Exchange:
    exchange.read_messages = _no_messages
    return exchange


def _no_messages() -> HttpMessages:
    return None, None


def _packets_of(messages: Sequence[Carried]) -> list[MessagePackets]:
    """The packets of each of ``messages``, in order."""
    places: dict[ByteStream, list[int]] = {}
    for at, one in enumerate(messages):
        if one.direction in places:
            places[one.direction].append(at)
        else:
            places[one.direction] = [at]
    found: dict[int, MessagePackets] = {}
    for direction, which in places.items():
        some = [messages[at] for at in which]
        starts = np.array(list(map(_START, some)), np.int64)
        stops = np.array(list(map(_STOP, some)), np.int64)
        sizes = np.maximum(stops - starts, 0).tolist()
        for place, one in enumerate(some):
            if one.spans:
                sizes[place] = one.bytes
        first_frame, first_ns = direction.firsts(starts)
        last_frame, last_ns = direction.deliveries(np.maximum(stops - 1, starts))
        columns = (first_frame, last_frame, first_ns, np.maximum(last_ns, first_ns))
        firsts, lasts, begun, ended = (column.tolist() for column in columns)
        found.update(zip(which, map(_PACKETS, zip(firsts, lasts, sizes, begun, ended, strict=True)), strict=True))
    return [found[at] for at in range(len(messages))]
