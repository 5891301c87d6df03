"""Where the time of each request went (rules/findings.md#requests): exchanges laid over a connection's time budget.

A request's time is cut where its protocol says: it begins, is sent, is answered, has been answered.  Each piece is
split by what `tcptui.analysis.timing.budget` says of the stretches in it, to the nanosecond; recovery lies over all.

    opening    SYN to handshake, then to the first byte: connect, tls, client
    sending    first byte of the request to last: request; client where it paused, server where that had no room
    queued     until the answers before it are finished: queue
    waiting    until the answer's first byte: network (the way there and back), server; idle where nothing tells
    answering  first byte of the answer to last: response; server where it paused, client where that had no room
               idle, too, where the client asked to be answered when something happens
    held back  client of an answer, server of a request: its protocol's own window (HTTP/2) was used up
    open       no answer ever: idle, up to the connection's close, its last packet, or another answer

Interim answers (100 Continue) belong to the sending, as do replies amid a request (354 of SMTP).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.classify import resends
from tcptui.analysis.stream.unwrapped_seq import sequence_space
from tcptui.analysis.stream.view import NEVER_NS
from tcptui.analysis.timing.budget import CLOCK_STEP_NS, HELD_LEAST_NS, Part, time_budget
from tcptui.analysis.timing.budget_short import simple_budget
from tcptui.analysis.timing.path_delay import LATE_REQUEST_NS, late_request_ns
from tcptui.analysis.timing.recovery import Recovered
from tcptui.model.arrays import chunks, indexes_of
from tcptui.model.request import MessagePackets, Request, RequestPart
from tcptui.model.safe_text import safe_text
from tcptui.model.tcp_flags import FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I64
    from tcptui.protocols.interface import Carried, Exchange, HttpMessages

#: Characters of an operation that are kept: a target has room, and a hostile one is bounded.
OPERATION_MOST: Final = 2_000
STATUS_MOST: Final = 40
#: The same of a statement of a database.
STATEMENT_MOST: Final = 4_000

#: What each part of the time budget is while the request is sent, and while the answer is: the client asks.
_SENDING: Final = {
    Part.NETWORK: RequestPart.REQUEST, Part.SERVER_THINK: RequestPart.SERVER, Part.CLIENT_THINK: RequestPart.CLIENT,
    Part.RECEIVE_WINDOW: RequestPart.SERVER, Part.NETWORK_LIMITED: RequestPart.REQUEST,
    Part.SENDER: RequestPart.CLIENT, Part.RECOVERY: RequestPart.RECOVERY, Part.IDLE: RequestPart.CLIENT,
    Part.UNATTRIBUTED: RequestPart.REQUEST, Part.FLOW_CONTROL: RequestPart.SERVER,
}  # fmt: skip
_ANSWERING: Final = {
    Part.NETWORK: RequestPart.RESPONSE, Part.SERVER_THINK: RequestPart.SERVER,
    Part.CLIENT_THINK: RequestPart.RESPONSE, Part.RECEIVE_WINDOW: RequestPart.CLIENT,
    Part.NETWORK_LIMITED: RequestPart.RESPONSE, Part.SENDER: RequestPart.SERVER,
    Part.RECOVERY: RequestPart.RECOVERY, Part.IDLE: RequestPart.SERVER, Part.UNATTRIBUTED: RequestPart.RESPONSE,
    Part.FLOW_CONTROL: RequestPart.CLIENT,
}  # fmt: skip
#: The parts that a request always has, if it has the message; others apply where they took time.
_ALWAYS: Final = {
    RequestPart.REQUEST: (True, False), RequestPart.RESPONSE: (False, True), RequestPart.NETWORK: (True, True),
    RequestPart.SERVER: (True, True),
}  # fmt: skip
_THINKING: Final = {Part.SERVER_THINK: Part.CLIENT_THINK, Part.CLIENT_THINK: Part.SERVER_THINK}


def timed_requests(
    view: StreamView, exchanges: Iterable[Exchange], *, whole: bool = False
) -> list[tuple[Request, Exchange]]:
    """The requests of ``view`` in the order in which they began, with the exchanges that they were made of.

    ``exchanges``: in the order of their answers.  Without ``whole`` the messages of the exchanges are not kept: they
    take some KiB each.  Raises OSError when the spool is gone.
    """
    seen: list[_Seen] = []
    answered_ns = 0
    for exchange in exchanges:
        one = _seen(exchange if whole else replace(exchange, read_messages=_no_messages))
        if one.response is not None:
            # What is told apart by an id need not wait for those before it.
            one.queued_until_ns = 0 if exchange.id is not None else answered_ns
            answered_ns = max(answered_ns, one.response.last_ns)
        seen.append(one)
    if not seen:
        return []
    # A request may still be waited for where no later one was answered.
    for one in reversed([one for one in seen if one.exchange.id is None]):
        if one.response is not None:
            break
        one.open = not one.exchange.is_reset
    for one in seen:
        if one.exchange.id is not None:  # it waits for its own answer alone
            one.open = one.response is None and not one.exchange.is_reset
    seen.sort(key=lambda one: (one.begin_ns, one.first_frame, one.offset))
    _prolong(seen)
    times = _Times(view)
    return [(times.request(number, one), one.exchange) for number, one in enumerate(seen)]


@dataclass(slots=True)
class _Seen:
    """An exchange, its packets, and what others say of it."""

    exchange: Exchange
    request: MessagePackets | None
    response: MessagePackets | None
    queued_until_ns: int = 0
    open: bool = False
    """No answer to it, or to a later one, was captured."""

    @property
    def begin_ns(self) -> int:
        message = self.request or self.response
        return 0 if message is None else message.first_ns

    @property
    def first_frame(self) -> int:
        message = self.request or self.response
        return 0 if message is None else message.first

    @property
    def offset(self) -> int:
        """Where it begins in its direction: a packet may carry several, which may be answered in any order."""
        carried = self.exchange.request or self.exchange.response
        return 0 if carried is None else carried.start


def _seen(exchange: Exchange) -> _Seen:
    request, response = (None if one is None else _packets(one) for one in (exchange.request, exchange.response))
    return _Seen(exchange, request, response)


def _packets(carried: Carried) -> MessagePackets:
    first_ns = carried.first_ns
    return MessagePackets(
        carried.first_frame, carried.last_frame, carried.bytes, first_ns, max(carried.last_ns, first_ns)
    )


def _prolong(seen: list[_Seen]) -> None:
    """Messages that could be read in part alone reach as far as nothing else begins.

    What their side sent until the other one spoke is theirs, though packets were cut within it: else a long upload
    would look like a server that thinks, and a long answer would seem to be over with its first packet.
    """
    following: _Seen | None = None
    answer_stop: int | None = None
    for one in reversed(seen):
        asked, answer = one.exchange.request, one.exchange.response
        if one.exchange.id is None and asked is not None and answer is not None and one.response is not None:
            if not asked.complete:
                stop = asked.half.length
                if following is not None and following.exchange.request is not None:
                    stop = following.exchange.request.start
                one.request = _packets(_reaching(asked, stop, one.response.first_ns - 1))
            if not answer.complete and (following is None or following.begin_ns >= one.response.first_ns):
                stop = answer.half.length if answer_stop is None else answer_stop
                until_ns = NEVER_NS if following is None else following.begin_ns - 1
                one.response = _packets(_reaching(answer, stop, until_ns))
        if asked is not None:
            following = one
        answer_stop = answer_stop if answer is None else answer.start


def _reaching(carried: Carried, stop: int, until_ns: int) -> Carried:
    """``carried`` with what its side sent behind it until then, before offset ``stop``."""
    behind = range(carried.stop, stop)
    return replace(carried, stop=carried.stop + bisect_right(behind, until_ns, key=carried.half.first_ns))


class _Times:
    """Splits the times of the requests of one connection."""

    def __init__(self, view: StreamView) -> None:
        self._view = view
        self._is_measured = len(view) < 2 or all(
            int((view.time_ns[:-1][part] - view.time_ns[1:][part]).max()) <= CLOCK_STEP_NS
            for part in chunks(len(view) - 1)
        )
        """A clock that goes back measures nothing."""
        self._budget = simple_budget(view) or time_budget(view)
        waits = self._budget.waits
        count = len(waits)
        self._at: I64 = np.append(waits.clock[waits.begin], waits.clock[waits.end[-1:]]) if count else _NOTHING
        """When each stretch begins, and the last one ends."""

    def request(self, number: int, one: _Seen) -> Request:
        """The request that ``one`` is, with its times."""
        exchange = one.exchange
        spent = [0] * len(RequestPart)
        opening = self._opens(exchange, one)
        start_ns = int(self._view.time_ns[opening[0]]) if opening else one.begin_ns
        end_ns = self._split(one, spent, start_ns, opening)
        if not self._is_measured:
            end_ns = max(end_ns, start_ns)
            spent = [0] * len(RequestPart)
            spent[RequestPart.IDLE] = end_ns - start_ns
        has = one.request is not None, one.response is not None
        time = tuple(
            spent[part]
            if spent[part] or (opening and part is RequestPart.CONNECT) or (part in _ALWAYS and _applies(part, has))
            else None
            for part in RequestPart
        )
        return Request(
            stream=self._view.stream, number=number, protocol=exchange.protocol,
            operation=safe_text(exchange.operation, OPERATION_MOST), status=safe_text(exchange.status, STATUS_MOST),
            request=one.request, response=one.response, complete=exchange.complete,
            start_ns=start_ns, duration_ns=end_ns - start_ns, time=time, id=exchange.id, rows=exchange.rows,
            statement=safe_text(exchange.statement, STATEMENT_MOST), transaction=exchange.transaction,
        )  # fmt: skip

    def _split(self, one: _Seen, spent: list[int], start_ns: int, opening: tuple[int, int] | None) -> int:
        """Add the time of ``one`` to ``spent``; returns when it ended, which may be before its answer's last byte."""
        exchange, request, response = one.exchange, one.request, one.response
        swapped = exchange.request is not None and exchange.request.half.side == 1
        now = start_ns
        if request is not None:
            if opening is not None:
                opened_ns = min(max(int(self._view.time_ns[opening[1]]), now), request.first_ns)
                self._over(spent, now, opened_ns, RequestPart.CONNECT)
                asked = exchange.request
                secured = None if asked is None else asked.half.secured
                now = opened_ns
                if secured is not None:
                    now = self._over(spent, now, min(secured[0], request.first_ns), RequestPart.CLIENT)
                    now = self._over(spent, now, min(secured[1], request.first_ns), RequestPart.TLS)
                self._over(spent, now, request.first_ns, RequestPart.CLIENT)
                now = max(request.first_ns, opened_ns)
            sent_ns = request.last_ns if response is None else min(request.last_ns, response.first_ns)
            now = self._sent(one, spent, now, sent_ns, swapped, asks=True)
        if response is not None:
            if request is not None:
                queued_ns = min(one.queued_until_ns, response.first_ns)
                before = now
                now = self._over(spent, now, queued_ns, RequestPart.QUEUE)
                part = RequestPart.IDLE if exchange.waits else RequestPart.SERVER
                now = self._wait(spent, now, response.first_ns, now - before, part, side=0 if swapped else 1)
            now = self._sent(one, spent, now, response.last_ns, swapped, asks=False)
            if request is not None:  # an answer may be over before its request is
                now = self._sent(one, spent, now, request.last_ns, swapped, asks=True)
        elif one.open:
            now = self._over(spent, now, self._closed_ns(now, 0 if swapped else 1), RequestPart.IDLE)
        return now

    # -- pieces ------------------------------------------------------------------------------
    def _over(self, spent: list[int], begin_ns: int, end_ns: int, part: RequestPart) -> int:
        """Time that is ``part``, but for recovery; returns its end."""
        if end_ns <= begin_ns:
            return begin_ns
        recovery = self._recovery(begin_ns, end_ns)
        spent[RequestPart.RECOVERY] += recovery
        spent[part] += end_ns - begin_ns - recovery
        return end_ns

    def _wait(self, spent: list[int], begin_ns: int, end_ns: int, queued_ns: int, part: RequestPart, side: int) -> int:
        """The wait for an answer of ``side``, after ``queued_ns`` for those before, is ``part``; returns its end."""
        if end_ns <= begin_ns:
            return begin_ns
        recovery = self._recovery(begin_ns, end_ns)
        way = self._budget.delays.to_end_ns(side) - queued_ns
        waits, which = self._budget.waits, self._stretch(begin_ns, end_ns)
        if which >= 0 and not queued_ns:
            way = int(waits.network_ns[which])
            if waits.part[which] == Part.RECOVERY:
                part = RequestPart.RECOVERY
            elif waits.part[which] == Part.UNATTRIBUTED:
                part = RequestPart.IDLE
        left = end_ns - begin_ns - recovery
        network = max(min(way, left), 0)
        spent[RequestPart.RECOVERY] += recovery
        spent[RequestPart.NETWORK] += network
        spent[part] += left - network
        return end_ns

    def _sent(self, one: _Seen, spent: list[int], begin_ns: int, end_ns: int, swapped: bool, *, asks: bool) -> int:
        """Split the time in which the request (``asks``) or the answer was sent; returns its end."""
        own, parts = (RequestPart.REQUEST, _SENDING) if asks else (RequestPart.RESPONSE, _ANSWERING)
        now = begin_ns
        if end_ns - begin_ns >= HELD_LEAST_NS:  # else no window held it back for long
            side = int(asks == swapped)
            way_ns = self._budget.delays.to_end_ns(side)
            for held in one.exchange.held_back(side, way_ns * 9 // 10):
                begun_ns, until_ns = max(held.begin_ns, now), min(held.next_ns, end_ns)
                if until_ns > begun_ns and held.went_on_at_once(way_ns):
                    now = self._phase(spent, now, begun_ns, own, parts, swapped)
                    now = self._over(spent, now, until_ns, parts[Part.FLOW_CONTROL])
        return self._phase(spent, now, end_ns, own, parts, swapped)

    def _phase(
        self, spent: list[int], begin_ns: int, end_ns: int, own: RequestPart, parts: Mapping[Part, RequestPart],
        swapped: bool,
    ) -> int:  # fmt: skip
        """Split the time in which a message was sent by the stretches in it; returns its end."""
        if end_ns <= begin_ns:
            return begin_ns
        left = end_ns - begin_ns
        waits, at = self._budget.waits, self._at
        first = max(int(at.searchsorted(begin_ns, side="right")) - 1, 0)
        stop = min(int(at.searchsorted(end_ns, side="left")), len(waits))
        for begin in range(first, stop, _AT_ONCE):
            some = slice(begin, min(begin + _AT_ONCE, stop))
            low = np.maximum(at[some], begin_ns)
            high = np.minimum(at[some.start + 1 : some.stop + 1], end_ns)
            length = np.maximum(high - low, 0)
            left -= int(length.sum())
            if self._recovered is not None:
                recovery = self._recovered.spans(low, high)
                spent[RequestPart.RECOVERY] += int(recovery.sum())
                length -= recovery
            network = np.minimum(waits.network_ns[some], length)
            spent[RequestPart.NETWORK] += int(network.sum())
            length -= network
            for part, what in parts.items():
                of_part = int(length[waits.part[some] == (_THINKING.get(part, part) if swapped else part)].sum())
                spent[what] += of_part
        spent[own] += left
        return end_ns

    # -- what is known of the connection -------------------------------------------------------
    @cached_property
    def _recovered(self) -> Recovered | None:
        found = resends(self._view)
        if not found:
            return None
        return Recovered(self._view, sequence_space(self._view), self._clock, found)

    @property
    def _clock(self) -> I64:
        return self._budget.waits.clock

    def _recovery(self, begin_ns: int, end_ns: int) -> int:
        if self._recovered is None or end_ns <= begin_ns:
            return 0
        return int(self._recovered.spans(np.array([begin_ns]), np.array([end_ns]))[0])

    def _stretch(self, begin_ns: int, end_ns: int) -> int:
        """The stretch of the time budget between exactly these times; -1 without one."""
        which = int(self._at.searchsorted(end_ns)) - 1
        exact = 0 <= which < len(self._budget.waits) and int(self._at[which]) == begin_ns
        return which if exact and int(self._at[which + 1]) == end_ns else -1

    def _opens(self, exchange: Exchange, one: _Seen) -> tuple[int, int] | None:
        """Indexes of the SYN and of the handshake's end, where the connection was opened for this request.

        That is its first payload, of either side, and it was not held back for long: else a client has connections
        in store, and nobody waited for this one.
        """
        delays, carried = self._budget.delays, exchange.request
        if carried is None or one.request is None or delays.mid_stream or delays.opened < 1:
            return None
        if carried.start != exchange.lead or not carried.half.segments.from_start:
            return None
        view = self._view
        fresh = indexes_of(view.length[: delays.opened + _FIRST_LOOKED] > 0)
        if not exchange.lead and len(fresh) and bool(view.from_server[fresh[0]]) != bool(carried.half.side):
            return None
        secured = carried.half.secured
        waited_ns = one.request.first_ns - int(view.time_ns[delays.opened])
        if secured is not None:
            waited_ns = max(secured[0] - int(view.time_ns[delays.opened]), one.request.first_ns - secured[1])
        if waited_ns >= LATE_REQUEST_NS or late_request_ns(view, delays):
            return None
        syns = indexes_of((view.flags[: delays.opened] & SYN) != 0)
        return int(syns[0]), delays.opened

    def _closed_ns(self, after_ns: int, side: int) -> int:
        """Until when an answer of ``side`` was waited for: the close, else the last packet; ``after_ns`` where that
        side is not in the capture at all."""
        view = self._view
        if not (view.from_server == bool(side)).any():
            return after_ns
        later = indexes_of(((view.flags & (FIN | RST)) != 0) & (view.time_ns > after_ns))
        return max(int(view.time_ns[later[0] if len(later) else -1]), after_ns)


def _no_messages() -> HttpMessages:
    return None, None


def _applies(part: RequestPart, has: tuple[bool, bool]) -> bool:
    return all(have for have, wanted in zip(has, _ALWAYS[part], strict=True) if wanted)


_NOTHING: Final = np.zeros(1, np.int64)
#: Segments behind the handshake among which the first payload is looked for.
_FIRST_LOOKED: Final = 64
#: Stretches that are split at once.
_AT_ONCE: Final = 65_536
