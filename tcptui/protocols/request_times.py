"""Where the time of each request went (rules/findings.md#requests): exchanges laid over a connection's time budget.

A request's time is cut where its protocol says: it begins, is sent, is answered, has been answered.  Each piece is
split by what `tcptui.analysis.timing.budget` says of the stretches in it, to the nanosecond; recovery lies over all.

    opening    SYN to handshake, then to the first byte: connect, tls, client
    sending    first byte of the request to last: request; client where it paused, server where that had no room
    queued     until the answers before it are finished: queue
    waiting    until the answer's first byte: network (the way there and back), server; idle where nothing tells:
               of what was on its way meanwhile, or for which of those that were answered at once the server took it
    answering  first byte of the answer to last: response; server where it paused, client where that had no room
               idle, too, where the client asked to be answered when something happens
    held back  client of an answer, server of a request: its protocol's own window (HTTP/2) was used up
    open       no answer ever: idle, up to the connection's close, its last packet, or another answer
               but server, as long as what the server sends shows that it had answered nothing yet
    given up   the answer did not come, or not to its end, until the client took the request back: idle

Interim answers (100 Continue) belong to the sending, as do replies amid a request (354 of SMTP).
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from itertools import count, product
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.resend.classify import resends
from tcptui.analysis.stream.unwrapped_seq import sequence_space
from tcptui.analysis.timing.budget import CLOCK_STEP_NS, Part, time_budget
from tcptui.analysis.timing.late_copies import LateCopies
from tcptui.analysis.timing.path_delay import LATE_REQUEST_NS, late_request_ns
from tcptui.analysis.timing.recovery import Recovered
from tcptui.analysis.timing.stretches import PROTOCOL_WAIT_LEAST_NS
from tcptui.analysis.timing.uncaptured import lacking, may_have_holes, uncaptured_at
from tcptui.model.arrays import chunks, indexes_of
from tcptui.model.named_tuples import maker_of
from tcptui.model.request import AnsweredInOneWrite, Request, RequestPart
from tcptui.model.safe_text import safe_text
from tcptui.model.shared_text import shared_if_long, shared_text
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.protocols.interface import HeldBack
from tcptui.protocols.seen_exchanges import BEGINS, LOOKED_UP, SeenExchange, join, prolong, seen_exchanges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget_parts import TimeBudget
    from tcptui.model.packet_store import I64
    from tcptui.protocols.interface import Exchange

#: Characters of an operation that are kept: a target has room, and a hostile one is bounded.
OPERATION_MOST: Final = 2_000
STATUS_MOST: Final = 40
#: The same of a statement of a database.
STATEMENT_MOST: Final = 4_000
#: Of a shorter time of the server it is not asked what of it was on its way.
_DOUBTED_NS: Final = 20_000_000

#: What each part of the time budget is while the request is sent, and while the answer is: the client asks.
_SENDING: Final = {
    Part.NETWORK: RequestPart.REQUEST, Part.SERVER_THINK: RequestPart.SERVER, Part.CLIENT_THINK: RequestPart.CLIENT,
    Part.RECEIVE_WINDOW: RequestPart.SERVER, Part.NETWORK_LIMITED: RequestPart.REQUEST,
    Part.SENDER: RequestPart.CLIENT, Part.RECOVERY: RequestPart.RECOVERY, Part.IDLE: RequestPart.CLIENT,
    Part.UNATTRIBUTED: RequestPart.REQUEST, Part.FLOW_CONTROL: RequestPart.SERVER, Part.ASKED_TO_WAIT: RequestPart.IDLE,
}  # fmt: skip
_ANSWERING: Final = {
    Part.NETWORK: RequestPart.RESPONSE, Part.SERVER_THINK: RequestPart.SERVER,
    Part.CLIENT_THINK: RequestPart.RESPONSE, Part.RECEIVE_WINDOW: RequestPart.CLIENT,
    Part.NETWORK_LIMITED: RequestPart.RESPONSE, Part.SENDER: RequestPart.SERVER,
    Part.RECOVERY: RequestPart.RECOVERY, Part.IDLE: RequestPart.SERVER, Part.UNATTRIBUTED: RequestPart.RESPONSE,
    Part.FLOW_CONTROL: RequestPart.CLIENT, Part.ASKED_TO_WAIT: RequestPart.IDLE,
}  # fmt: skip
#: Where several requests share a connection, a server that takes its time takes it for those that were sent.
_SENDING_AMONG: Final = _SENDING | {Part.SERVER_THINK: RequestPart.CLIENT}
#: What is answered with whatever happens does not wait for the server, nor is its client late.
_ANSWERING_LASTS: Final = _ANSWERING | dict.fromkeys(
    (Part.SERVER_THINK, Part.SENDER, Part.IDLE, Part.CLIENT_THINK, Part.UNATTRIBUTED), RequestPart.IDLE
)
#: Where a protocol's own window perhaps held the sender back, which nobody knows: its pauses are nobody's.
_PAUSES: Final = frozenset({Part.SENDER, Part.SERVER_THINK, Part.CLIENT_THINK, Part.IDLE})
_SENDING_UNKNOWN: Final = {part: RequestPart.IDLE if part in _PAUSES else own for part, own in _SENDING.items()}
_ANSWERING_UNKNOWN: Final = {part: RequestPart.IDLE if part in _PAUSES else own for part, own in _ANSWERING.items()}
#: The parts that a request always has, if it has the message; others apply where they took time.
_ALWAYS: Final = {
    RequestPart.REQUEST: (True, False), RequestPart.RESPONSE: (False, True), RequestPart.NETWORK: (True, True),
    RequestPart.SERVER: (True, True),
}  # fmt: skip
#: What is said of each part that took no time, 0 where it applies: with a request, with an answer, with an opening.
_NO_TIME: Final = {
    has: tuple(
        0
        if (part is RequestPart.CONNECT and has[2])
        or (part in _ALWAYS and all(have for have, wanted in zip(has[:2], _ALWAYS[part], strict=True) if wanted))
        else None
        for part in RequestPart
    )
    for has in product((False, True), repeat=3)
}
#: As plain numbers: looking up a member of an enum takes longer than adding to what it stands for.
_NETWORK, _SERVER = int(RequestPart.NETWORK), int(RequestPart.SERVER)
_RECOVERY, _IDLE, _PARTS = int(RequestPart.RECOVERY), int(RequestPart.IDLE), len(RequestPart)
#: Stretches up to which numbers are faster than columns.
_FEW: Final = 16
_THINKING: Final[dict[int, Part]] = {Part.SERVER_THINK: Part.CLIENT_THINK, Part.CLIENT_THINK: Part.SERVER_THINK}


#: Exchanges that are read before the first request is handed out, more than any protocol lets wait for their answers, …
_EXCHANGES_READ_FIRST: Final = 1 << 17
#: … and so many more, to do for many of them what takes one look at all.
_MORE: Final = 1 << 16
#: Exchanges with ids that are read before it is asked which of them may be handed out; more where most still wait.
_ENOUGH: Final = 512


def timed_requests(
    view: StreamView, exchanges: Iterable[Exchange], *, whole: bool = False, budget: TimeBudget | None = None
) -> Iterator[tuple[Request, Exchange]]:
    """The requests of ``view`` in the order in which they began, with the exchanges that they were made of.

    ``exchanges``: in the order of their answers, and nobody else's.  `_EXCHANGES_READ_FIRST` of them are read before
    the first one is handed out; where they are told apart by an id, until none that began before can come, or all.
    None is kept after that.  Without ``whole`` they lose their messages, which take some KiB each.  ``budget``: that of
    ``view``, if it is known.  Raises OSError when the spool is gone.
    """
    seen: list[SeenExchange] = []
    answered_ns, in_order, any_in_order, times, most, enough = (
        0,
        True,
        False,
        None,
        _EXCHANGES_READ_FIRST + _MORE,
        _ENOUGH,
    )
    for one in seen_exchanges(exchanges, whole=whole):
        exchange = one.exchange
        if exchange.id is None:
            any_in_order = True
            one.queued_until_ns = 0 if one.response is None else answered_ns
        else:  # it need not wait for those before it, but for its own answer alone
            in_order = False
            one.open = one.response is None and not exchange.is_reset
        if one.response is not None and one.response.last_ns > answered_ns:
            answered_ns = one.response.last_ns
        seen.append(one)
        if in_order and len(seen) >= most:
            ready, seen = _settled(seen)
            most = max(len(seen), _EXCHANGES_READ_FIRST) + _MORE
        elif exchange.later_ns and not any_in_order and len(seen) >= enough:
            ready, seen = _begun_before(exchange.later_ns, seen)
            enough = 2 * len(seen) + _ENOUGH
        else:
            continue
        times = times or _Times(view, budget)
        yield from times.requests(ready)
    if not seen:
        return
    # A request may still be waited for where no later one was answered.
    latest = None
    for one in reversed([one for one in seen if one.exchange.id is None]):
        if one.response is not None:
            break
        one.open = not one.exchange.is_reset
        latest = one
    if latest is not None:
        latest.is_next = True
    seen.sort(key=BEGINS)
    if any_in_order:
        prolong(seen)
        join(seen)
    yield from (times or _Times(view, budget)).requests(seen)


def _settled(seen: list[SeenExchange]) -> tuple[list[SeenExchange], list[SeenExchange]]:
    """The ``seen`` of which later ones tell nothing more, in the order in which they began, and the others.

    An exchange comes at most `_EXCHANGES_READ_FIRST` after others that began after it.
    """
    answered = next((at for at in reversed(range(len(seen))) if seen[at].response is not None), -1)
    perhaps_open = set(map(id, seen[answered + 1 :]))
    ordered = sorted(seen, key=BEGINS)
    stop = next((at for at, one in enumerate(ordered) if id(one) in perhaps_open), len(ordered))
    stop = min(stop, len(ordered) - _EXCHANGES_READ_FIRST)
    later = ordered[stop:]
    if not any(one.response is not None for one in later) or not any(one.request is not None for one in later):
        return [], seen
    prolong(ordered)
    join(ordered)
    while stop > 0 and ordered[stop].batch is not None and ordered[stop].batch is ordered[stop - 1].batch:
        stop -= 1
    ready = ordered[:stop]
    settled = set(map(id, ready))
    return ready, [one for one in seen if id(one) not in settled]


def _begun_before(time_ns: int, seen: list[SeenExchange]) -> tuple[list[SeenExchange], list[SeenExchange]]:
    """The ``seen`` that began before ``time_ns``, in the order in which they began, and the others."""
    seen.sort(key=BEGINS)
    stop = bisect_left(seen, time_ns, key=attrgetter("begin_ns"))
    return seen[:stop], seen[stop:]


class _Stretch(NamedTuple):
    """A stretch of a connection's time budget, and what it is."""

    end_ns: int
    begin_ns: int
    network_ns: int
    part: int
    recovery_ns: int


#: One of its values.
_STRETCH: Final = maker_of(_Stretch)


class _Times:
    """Splits the times of the requests of one connection."""

    def __init__(self, view: StreamView, budget: TimeBudget | None) -> None:
        self._view, self._stream = view, view.stream
        self._numbers = count()
        self._is_measured = len(view) < 2 or all(
            int((view.time_ns[:-1][part] - view.time_ns[1:][part]).max()) <= CLOCK_STEP_NS
            for part in chunks(len(view) - 1)
        )
        """A clock that goes back measures nothing."""
        self._budget = budget or time_budget(view)
        waits = self._budget.waits
        stretches = len(waits)
        self._at: I64 = np.append(waits.clock[waits.begin], waits.clock[waits.end[-1:]]) if stretches else _NOTHING
        """When each stretch begins, and the last one ends."""

    def requests(self, seen: list[SeenExchange]) -> Iterator[tuple[Request, Exchange]]:
        """The requests that ``seen`` are, with their times; they are taken out of it one after the other."""
        seen.reverse()
        while seen:
            some = seen[-LOOKED_UP:]
            del seen[-LOOKED_UP:]
            answered = [0 if one.response is None else one.response.first_ns for one in reversed(some)]
            for stretch in self._stretches(np.array(answered, np.int64)):
                one = some.pop()  # not kept behind this: its messages may have been made meanwhile
                yield self._request(next(self._numbers), one, stretch), one.exchange

    def _request(self, number: int, one: SeenExchange, stretch: _Stretch) -> Request:
        """The request that ``one`` is; ``stretch``: that which ends with its answer."""
        exchange, request, response, batch = one.exchange, one.request, one.response, one.batch
        spent = [0] * _PARTS
        carried = exchange.request
        # Only where nothing came before it; else, as of most, it need not be asked.
        opening = self._opens(exchange, one) if carried is not None and carried.start == exchange.lead else None
        start_ns = int(self._view.time_ns[opening[0]]) if opening else one.begin_ns
        end_ns = self._split(one, spent, start_ns, opening, stretch)
        if not self._is_measured:
            end_ns = max(end_ns, start_ns)
            spent = [0] * _PARTS
            spent[RequestPart.IDLE] = end_ns - start_ns
        if batch is not None and batch.together is None:
            batch.together = AnsweredInOneWrite(number, number + batch.count, 0 if batch.waits else one.unsure_ns)
        untimed = _NO_TIME[request is not None, response is not None, opening is not None]
        # In their order: by their names it takes twice as long.
        return Request(
            self._stream, number, exchange.protocol,
            shared_if_long(safe_text(exchange.operation, OPERATION_MOST)),
            shared_text(safe_text(exchange.status or self._ended_by(one), STATUS_MOST)),
            request, response, exchange.complete, start_ns, end_ns - start_ns,
            tuple([part or otherwise for part, otherwise in zip(spent, untimed, strict=True)]),
            exchange.id, exchange.rows, exchange.statement and safe_text(exchange.statement, STATEMENT_MOST),
            exchange.transaction, None, None, one.unsure_ns, None if batch is None else batch.together,
            exchange.one_reading,
        )  # fmt: skip

    def _split(
        self, one: SeenExchange, spent: list[int], start_ns: int, opening: tuple[int, int] | None, stretch: _Stretch
    ) -> int:  # fmt: skip
        """Add the time of ``one`` to ``spent``; returns when it ended, which may be before its answer's last byte."""
        exchange, request, response = one.exchange, one.request, one.response
        swapped = exchange.request is not None and exchange.request.direction.side == 1
        now = start_ns
        if request is not None:
            if opening is not None:
                opened_ns = min(max(int(self._view.time_ns[opening[1]]), now), request.first_ns)
                self._over(spent, now, opened_ns, RequestPart.CONNECT)
                asked = exchange.request
                secured = None if asked is None else asked.direction.secured
                now = opened_ns
                if secured is not None:
                    now = self._over(spent, now, min(secured[0], request.first_ns), RequestPart.CLIENT)
                    now = self._over(spent, now, min(secured[1], request.first_ns), RequestPart.TLS)
                self._over(spent, now, request.first_ns, RequestPart.CLIENT)
                now = max(request.first_ns, opened_ns)
            sent_ns = request.last_ns if response is None else min(request.last_ns, response.first_ns)
            if sent_ns > now:
                now = self._sent(one, spent, now, sent_ns, swapped, asks=True)
        if response is not None:
            if request is not None:
                queued_ns = min(one.queued_until_ns, response.first_ns)
                before = now
                if queued_ns > now:
                    now = self._over(spent, now, queued_ns, RequestPart.QUEUE)
                part = _IDLE if exchange.waits else _SERVER
                begun_ns, way_ns, took_ns, lost_ns = now, spent[_NETWORK], spent[_SERVER], spent[_RECOVERY]
                now = self._wait(spent, now, now - before, part, stretch, side=0 if swapped else 1)
                if part == _SERVER:
                    self._give_back(one, spent, spent[_SERVER] - took_ns, begun_ns, side=0 if swapped else 1)
                    begun_ns += spent[_NETWORK] - way_ns
                    if stretch.part == Part.RECOVERY and one.batch is None:
                        self._believe(one, spent, spent[_RECOVERY] - lost_ns, begun_ns)
                    self._doubt(one, spent, spent[_SERVER] - took_ns, begun_ns)
            if response.last_ns > now:
                now = self._sent(one, spent, now, response.last_ns, swapped, asks=False)
            if request is not None and request.last_ns > now:  # an answer may be over before its request is
                now = self._sent(one, spent, now, request.last_ns, swapped, asks=True)
        given_up, answer = exchange.given_up, exchange.response
        if given_up is not None and (answer is None or not answer.complete):
            now = self._over(spent, now, given_up.last_ns, RequestPart.IDLE)
        elif response is None and one.open:
            side = 0 if swapped else 1
            closed_ns = self._closed_ns(now, side)
            if one.is_next and not exchange.waits:
                now = self._unanswered(one, spent, now, closed_ns, side)
            now = self._over(spent, now, closed_ns, RequestPart.IDLE)
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

    def _wait(
        self, spent: list[int], begin_ns: int, queued_ns: int, part: int, stretch: _Stretch, side: int
    ) -> int:  # fmt: skip
        """The wait for an answer of ``side``, after ``queued_ns`` for those before, is ``part``; returns its end.

        ``stretch``: that of the time budget which ends with it.
        """
        end_ns = stretch.end_ns
        if end_ns <= begin_ns:
            return begin_ns
        if stretch.begin_ns == begin_ns and not queued_ns:
            way, recovery = stretch.network_ns, stretch.recovery_ns
            if stretch.part == Part.RECOVERY:
                part = _RECOVERY
            elif stretch.part == Part.UNATTRIBUTED:
                part = _IDLE
        else:
            way, recovery = self._budget.delays.to_end_ns(side) - queued_ns, self._recovery(begin_ns, end_ns)
            if self._lacks_bytes(begin_ns, end_ns):
                part = _IDLE
        left = end_ns - begin_ns - recovery
        network = max(min(way, left), 0)
        spent[_RECOVERY] += recovery
        spent[_NETWORK] += network
        spent[part] += left - network
        return end_ns

    def _give_back(self, one: SeenExchange, spent: list[int], took_ns: int, begun_ns: int, side: int) -> None:
        """Make the client's what of ``took_ns``, waited for from ``begun_ns`` on, an answer waited for its window.

        The head of an answer needs none, but a server that cannot send may not begin: then it comes as soon as it can.
        Where windows are not known, that it came so soon behind one that was opened makes the wait nobody's.
        """
        if took_ns < PROTOCOL_WAIT_LEAST_NS or one.response is None:
            return
        way_ns, answered_ns = self._budget.delays.to_end_ns(side), one.response.first_ns
        for held in one.exchange.held_back(side, way_ns * 9 // 10):
            if held.open_ns <= answered_ns and held._replace(next_ns=answered_ns).went_on_at_once(way_ns):
                held_ns = min(answered_ns - max(held.begin_ns, begun_ns), took_ns)
                if held_ns > 0:
                    spent[RequestPart.CLIENT] += held_ns
                    spent[_SERVER] -= held_ns
                    return
        if one.exchange.may_have_been_held(side, answered_ns, way_ns + HeldBack.reach_ns(way_ns)):
            one.unsure_ns = took_ns
            spent[_IDLE] += took_ns
            spent[_SERVER] -= took_ns

    def _unanswered(self, one: SeenExchange, spent: list[int], begin_ns: int, closed_ns: int, side: int) -> int:
        """Split the wait for an answer of ``side`` that never came, as long as it certainly sent none; returns that.

        It has the request, as it acknowledged it, and what it sends later continues what had been heard of it.
        """
        view, space, asked = self._view, sequence_space(self._view), one.exchange.request
        if one.request is None or asked is None or not asked.complete:
            return begin_ns
        end = int(view.frame.searchsorted(one.request.last))
        heard = int(space.acknowledged[1 - side].searchsorted(int(space.end[end]), side="left"))
        if heard >= len(view) or view.time_ns.item(heard) > closed_ns:
            return begin_ns
        said = int(space.sent[side][heard])
        later = heard + indexes_of(view.from_server[heard:] == bool(side))
        later = later[space.seq[later] == said]
        until_ns = begin_ns if not len(later) else min(view.time_ns.item(later[-1]), closed_ns)
        if self._is_here(side):
            until_ns = closed_ns
        way_ns = min(self._budget.delays.to_end_ns(side), max(until_ns - begin_ns, 0))
        now = self._over(spent, begin_ns, begin_ns + way_ns, RequestPart.NETWORK)
        return self._over(spent, now, until_ns, RequestPart.SERVER)

    def _doubt(self, one: SeenExchange, spent: list[int], took_ns: int, begun_ns: int) -> None:
        """Make *idle* what of ``took_ns``, waited for from ``begun_ns`` on, nothing tells to have been the server's.

        Or not whether for this request: those that were answered with it have nothing left.
        """
        if one.batch is not None and one.batch.together is None:
            sure_ns = 0
        elif took_ns >= _DOUBTED_NS:
            sure_ns = min(took_ns, self._surely_ns(one, begun_ns, took_ns))
        else:  # most
            return
        one.unsure_ns = took_ns - sure_ns
        spent[_IDLE] += one.unsure_ns
        spent[_SERVER] -= one.unsure_ns

    def _believe(self, one: SeenExchange, spent: list[int], lost_ns: int, begun_ns: int) -> None:
        """Make the server's what of ``lost_ns`` no timer can have been waiting: the answer had been sent and lost."""
        sure_ns = min(lost_ns, self._surely_ns(one, begun_ns, 0))
        if sure_ns >= _DOUBTED_NS:
            spent[_RECOVERY] -= sure_ns
            spent[_SERVER] += sure_ns

    def _surely_ns(self, one: SeenExchange, begun_ns: int, otherwise_ns: int) -> int:
        """How long the answer was surely waited for since ``begun_ns``; ``otherwise_ns`` where packets do not tell."""
        if one.request is None or one.response is None:
            return otherwise_ns
        asked, answer = self._view.frame.searchsorted((one.request.last, one.response.first)).tolist()
        if not asked < answer < len(self._view):
            return otherwise_ns
        surely_ns = self._copies.surely_waited_ns(asked, answer)
        return max(surely_ns - (begun_ns - self._view.time_ns.item(asked)), 0)

    def _sent(
        self, one: SeenExchange, spent: list[int], begin_ns: int, end_ns: int, swapped: bool, *, asks: bool
    ) -> int:
        """Split the time in which the request (``asks``) or the answer was sent; returns its end."""
        sending = _SENDING if one.exchange.id is None else _SENDING_AMONG
        answering = _ANSWERING_LASTS if one.exchange.waits else _ANSWERING
        own, parts = (RequestPart.REQUEST, sending) if asks else (RequestPart.RESPONSE, answering)
        now = begin_ns
        if end_ns - begin_ns >= PROTOCOL_WAIT_LEAST_NS:  # else no window held it back for long
            side = int(asks == swapped)
            way_ns = self._budget.delays.to_end_ns(side)
            for held in one.exchange.held_back(side, way_ns * 9 // 10):
                begun_ns, until_ns = max(held.begin_ns, now), min(held.next_ns, end_ns)
                if until_ns > begun_ns and held.went_on_at_once(way_ns):
                    now = self._phase(spent, now, begun_ns, own, parts, swapped)
                    now = self._over(spent, now, until_ns, parts[Part.FLOW_CONTROL])
            known_ns = one.exchange.windows_known_ns(side)
            if known_ns is not None and known_ns < end_ns:
                now = self._phase(spent, now, known_ns, own, parts, swapped)
                parts = _SENDING_UNKNOWN if asks else _ANSWERING_UNKNOWN
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
        first, stop = at.searchsorted((begin_ns + 1, end_ns)).tolist()
        first, stop = max(first - 1, 0), min(stop, len(waits))
        if self._recovered is None and stop - first <= _FEW:
            some = slice(first, stop)
            columns = at[some], at[first + 1 : stop + 1], waits.network_ns[some], waits.part[some]
            for low_ns, high_ns, way_ns, which in zip(*(column.tolist() for column in columns), strict=True):
                length_ns = max(min(high_ns, end_ns) - max(low_ns, begin_ns), 0)
                left -= length_ns
                network_ns = min(way_ns, length_ns)
                spent[_NETWORK] += network_ns
                spent[parts[_THINKING.get(which, which) if swapped else which]] += length_ns - network_ns
            spent[own] += left
            return end_ns
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
            of_parts = np.zeros(len(Part), np.int64)
            np.add.at(of_parts, waits.part[some], length)
            for part, what in parts.items():
                spent[what] += of_parts.item(_THINKING.get(part, part) if swapped else part)
        spent[own] += left
        return end_ns

    # -- what is known of the connection -------------------------------------------------------
    @cached_property
    def _recovered(self) -> Recovered | None:
        view, found = self._view, resends(self._view)
        if not found and not may_have_holes(view):
            return None
        recovered = Recovered(view, sequence_space(view), self._clock, found, self._budget.delays.rtt_ns)
        return recovered if len(recovered) else None

    def _is_here(self, side: int) -> bool:
        """Whether the capture was made at ``side``: also where the way is so short that it is near both ends."""
        delays = self._budget.delays
        return delays.captured_at(side) and 2 * delays.to_end_ns(side) < delays.rtt_ns

    @cached_property
    def _copies(self) -> LateCopies:
        view, delays = self._view, self._budget.delays
        bare = ((view.flags & (ACK | SYN | FIN | RST)) == ACK) & (view.length == 0)
        here = self._is_here(0), self._is_here(1)
        # Where nothing was sent again, an acknowledgment that is not there is no sign of a copy that was lost.
        return LateCopies(view, delays.rtt_ns, here, lacks_bare_acks=not resends(view) or not bare.any())

    @property
    def _clock(self) -> I64:
        return self._budget.waits.clock

    def _recovery(self, begin_ns: int, end_ns: int) -> int:
        if self._recovered is None or end_ns <= begin_ns:
            return 0
        return int(self._recovered.spans(np.array([begin_ns]), np.array([end_ns]))[0])

    def _lacks_bytes(self, begin_ns: int, end_ns: int) -> bool:
        """Whether bytes passed in between that were not captured: then nothing tells what was waited for."""
        missing = uncaptured_at(self._view, sequence_space(self._view))
        return len(missing) > 0 and bool(
            lacking(missing, *(self._clock.searchsorted((begin_ns, end_ns), side="right") - 1))
        )

    def _stretches(self, ends_ns: I64) -> list[_Stretch]:
        """The stretch of the time budget that ends at each of these times; with no beginning where none does."""
        waits, at = self._budget.waits, self._at
        if not len(waits):
            return [_Stretch(end_ns, -1, 0, 0, 0) for end_ns in ends_ns.tolist()]
        which = np.searchsorted(at, ends_ns) - 1
        inside = np.clip(which, 0, len(waits) - 1)
        begin = np.where((inside == which) & (at[inside + 1] == ends_ns), at[inside], -1)
        columns = ends_ns, begin, waits.network_ns[inside], waits.part[inside], waits.recovery_ns[inside]
        return list(map(_STRETCH, zip(*(column.tolist() for column in columns), strict=True)))

    def _opens(self, exchange: Exchange, one: SeenExchange) -> tuple[int, int] | None:
        """Indexes of the SYN and of the handshake's end, where the connection was opened for this request.

        That is its first payload, of either side, and it was not held back for long: else a client has connections
        in store, and nobody waited for this one.
        """
        delays, carried = self._budget.delays, exchange.request
        if carried is None or one.request is None or delays.mid_stream or delays.opened < 1:
            return None
        if not carried.direction.segments.from_start:
            return None
        view = self._view
        fresh = indexes_of(view.length[: delays.opened + _FIRST_LOOKED] > 0)
        if not exchange.lead and len(fresh) and bool(view.from_server[fresh[0]]) != bool(carried.direction.side):
            return None
        secured = carried.direction.secured
        waited_ns = one.request.first_ns - int(view.time_ns[delays.opened])
        if secured is not None:
            waited_ns = max(secured[0] - int(view.time_ns[delays.opened]), one.request.first_ns - secured[1])
        if waited_ns >= LATE_REQUEST_NS or late_request_ns(view, delays):
            return None
        syns = indexes_of((view.flags[: delays.opened] & SYN) != 0)
        return int(syns[0]), delays.opened

    def _ended_by(self, one: SeenExchange) -> str:
        """How the server ended the connection on which ``one`` has no answer: ``FIN`` or ``RST``.

        Empty where it did not, where the client had ended it before, or had taken the request back.
        """
        exchange = one.exchange
        if one.response is not None or exchange.request is None or exchange.is_reset or exchange.given_up is not None:
            return ""
        view = self._view
        ends = indexes_of((view.flags & (FIN | RST)) != 0)
        if not len(ends) or bool(view.from_server[ends[0]]) == bool(exchange.request.direction.side):
            return ""
        return "RST" if view.flags[ends[0]] & RST else "FIN"

    def _closed_ns(self, after_ns: int, side: int) -> int:
        """Until when an answer of ``side`` was waited for: the close, else the last packet; ``after_ns`` where that
        side is not in the capture at all."""
        view = self._view
        if not (view.from_server == bool(side)).any():
            return after_ns
        later = indexes_of(((view.flags & (FIN | RST)) != 0) & (view.time_ns > after_ns))
        return max(int(view.time_ns[later[0] if len(later) else -1]), after_ns)


_NOTHING: Final = np.zeros(1, np.int64)
#: Segments behind the handshake among which the first payload is looked for.
_FIRST_LOOKED: Final = 64
#: Stretches that are split at once.
_AT_ONCE: Final = 65_536
