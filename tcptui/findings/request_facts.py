"""The requests of one connection, for rules: those to a database, read once for all rules about them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.ip_id import FIRST_TIMER_NS
from tcptui.analysis.timing.late_copies import sent_before_ns
from tcptui.findings.gates import HOLES
from tcptui.findings.http_facts import index_of, quoted
from tcptui.findings.requests_answered import REQUESTS_JUDGED
from tcptui.protocols.application import requests_of
from tcptui.protocols.registry import DATABASE_NAMES, REQUEST_KINDS
from tcptui.protocols.request_times import timed_requests
from tcptui.protocols.statements.statement import statement_of
from tcptui.protocols.stream.reassembly import GapReason

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.request import Request
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.row import ErrorCodes
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of its answers up to which rules judge the requests of a connection.
BYTES_JUDGED: Final = 32 << 20
#: Connections to the same server that are read for one wait, …
BESIDE_READ: Final = 16
#: … and the most packets of each.
BESIDE_PACKETS: Final = 20_000
#: Most bytes that are read of an error.
ERROR_READ: Final = 1_024
_NOT_CAPTURED: Final = GapReason.NOT_CAPTURED.value
#: Most characters of a statement that a sentence quotes.
STATEMENT_QUOTED: Final = 60


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """Requests in the order in which they began, all of one protocol."""

    protocol: str
    requests: tuple[Request, ...]
    waiting: frozenset[int]
    """Numbers of those that the client asked to wait."""
    locked: frozenset[int] = frozenset()
    """Numbers of those that waited for a lock."""
    exchanges: tuple[Exchange, ...] = ()
    """What all of the connection were made of, by their numbers."""

    @property
    def codes(self) -> ErrorCodes:
        """What the errors of its protocol mean."""
        return REQUEST_KINDS[self.protocol].codes

    def says_unasked(self, code: str) -> bool:
        """Whether the server said this on its own, in answer to nothing."""
        return any(code_of(one) == code for one in self.requests if one.request is None)

    def is_whole(self, request: Request) -> bool:
        """Whether all of the answer to ``request`` came; of one without its end, there is no status."""
        answer = self.exchanges[request.number].response if self.exchanges else None
        return answer is not None and answer.complete and bool(request.status)

    def error_text(self, request: Request) -> str:
        """The beginning of the answer to ``request``, as the server wrote it; empty without one, never to be shown.

        Raises OSError when its packets cannot be read again.
        """
        answer = self.exchanges[request.number].response if self.exchanges else None
        if answer is None:
            return ""
        return answer.direction.read(answer.start, min(answer.stop - answer.start, ERROR_READ)).decode("latin-1")


def request_facts(connection: ConnectionFacts) -> RequestFacts | None:
    """`facts_of` a connection to a database; None where it speaks to none, or is not read."""
    return facts_of(connection, DATABASE_NAMES)


def facts_of(connection: ConnectionFacts, kinds: Container[str], *, whole: bool = False) -> RequestFacts | None:
    """The first `REQUESTS_JUDGED` requests; None where the first is none of ``kinds``, or the connection is not read.

    ``whole``: exchanges have their messages.  Raises OSError where packets cannot be read.
    """
    application = connection.application
    spoken = None if application is None else application.spoken
    first = None if spoken is None else next(iter(spoken.requests()), None)
    if application is None or first is None or first.protocol not in kinds:
        return None
    exchanges = requests_of(*application.directions)
    if exchanges is None:
        return None
    timed = timed_requests(connection.view, _judged(exchanges), budget=connection.kept_budget, whole=whole)
    pairs = list(timed)
    return RequestFacts(
        first.protocol,
        # A tunnel was asked for by another protocol.
        tuple(request for request, _ in pairs if request.protocol in kinds),
        frozenset(request.number for request, exchange in pairs if exchange.waits),
        exchanges=tuple(exchange for _, exchange in pairs),
    )


def lacks_bytes(connection: ConnectionFacts) -> bool:
    """Whether bytes never passed here: what was asked or answered in them is not known.

    Not where a segment was lost on its way here and sent again: Wireshark marks that, too, and nothing is missing.
    """
    if not connection.signs & HOLES or connection.application is None:
        return bool(connection.signs & HOLES)
    return _lack_bytes(connection.application.directions)


def _lack_bytes(directions: tuple[ByteStream, ByteStream]) -> bool:
    return any(bool((direction.gaps.reason == _NOT_CAPTURED).any()) for direction in directions)


def lacks_bytes_beside(connection: ConnectionFacts, span: tuple[int, int]) -> bool:
    """Whether another connection to the same server that was there in ``span`` (ns) lacks bytes.

    As many of them are looked at as `read_beside` reads.  Raises OSError where packets cannot be read.
    """
    directions_of = connection.context.directions
    for view in islice(_views_beside(connection, span), BESIDE_READ):
        directions = None if directions_of is None else directions_of(view)
        if directions is not None and _lack_bytes(directions):
            return True
    return False


def requests_beside(
    connection: ConnectionFacts, protocol: str, span: tuple[int, int]
) -> Iterator[tuple[StreamView, list[Request]]]:
    """The requests of each other connection to the same server in which that sent something in ``span`` (ns).

    As many of them are read as `read_beside` says.  Raises OSError where packets cannot be read.
    """
    for view, exchanges in read_beside(connection, span, answering=True):
        requests = [request for request, _ in timed_requests(view, exchanges)]
        if requests and requests[0].protocol == protocol:
            yield view, requests


def read_beside(
    connection: ConnectionFacts, span: tuple[int, int], *, answering: bool = False
) -> Iterator[tuple[StreamView, list[Exchange]]]:
    """What was asked on each other connection to the same server that was there in ``span`` (ns).

    ``answering``: that sent something in it, or by its packets' numbers may have.  Of the nearest connections, the
    first `BESIDE_READ` are read, of at most `BESIDE_PACKETS` packets each.

    Raises OSError where packets cannot be read.
    """
    directions_of, read = connection.context.directions, 0
    if directions_of is None:
        return
    for view in _views_beside(connection, span):
        directions = directions_of(view) if not answering or _spoke_in(view, span) else None
        exchanges = None if directions is None else requests_of(*directions)
        if exchanges is None:
            continue
        yield view, list(_judged(exchanges))
        read += 1
        if read == BESIDE_READ:
            return


def _spoke_in(view: StreamView, span: tuple[int, int]) -> bool:
    """Whether the server sent data in ``span`` (ns), or sent again soon after it what it had sent in it."""
    after = view.from_server & (view.length > 0) & (view.time_ns >= span[0])
    if (after & (view.time_ns <= span[1])).any():
        return True
    soon = np.flatnonzero(after & (view.time_ns <= span[1] + FIRST_TIMER_NS))
    return bool((view.time_ns[soon] - sent_before_ns(view, 1, soon) <= span[1]).any())


def _views_beside(connection: ConnectionFacts, span: tuple[int, int]) -> Iterator[StreamView]:
    """The other connections to the same server that were there in ``span`` (ns), the nearest first."""
    siblings = connection.context.siblings
    if siblings is None:
        return
    near = siblings.near(connection.view.stream, begun_before=True)
    in_time = (near.began_ns <= span[1]) & (near.last_ns >= span[0]) & (near.packets <= BESIDE_PACKETS)
    for other in near.streams[in_time].tolist():
        yield siblings.view(other)


def code_of(request: Request) -> str:
    """The first word of the status: a name, a number, or a SQLSTATE."""
    return request.status.partition(" ")[0]


def _judged(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    for exchange in islice(exchanges, REQUESTS_JUDGED):
        if exchange.response is not None and exchange.response.stop > BYTES_JUDGED:
            return
        yield exchange


def was_ended_early(spoken: RequestFacts, request: Request) -> bool:
    """Whether the server ended the statement before it was done, because somebody asked or its time was over."""
    codes = spoken.codes.cancelled | spoken.codes.timed_out
    return code_of(request) in codes


def quoted_statement(request: Request) -> str:
    """The statement of ``request`` as a sentence quotes it."""
    return quoted(statement_of(request), STATEMENT_QUOTED) or "?"


def evidence_of(connection: ConnectionFacts, requests: Iterable[Request]) -> list[int]:
    """Indexes of the packets in which ``requests`` ended and their answers began."""
    frames = []
    for request in requests:
        frames += [request.request.last] if request.request is not None else []
        frames += [request.response.first] if request.response is not None else []
    return [index_of(connection, frame) for frame in frames if frame]
