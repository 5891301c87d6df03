"""`many-round-trips`: a client asks for the same again and again, one at a time (rules/findings.md)."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.findings.http_facts import index_of
from tcptui.findings.request_facts import evidence_of, facts_of, quoted_statement
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.request import RequestPart
from tcptui.protocols.statements.statement import statement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.request import Request

#: At least so many requests for the same …
LEAST: Final = 20
#: … whose ways there and back take so long together, …
NETWORK_NS: Final = 200_000_000
#: … a warning from here on, …
WARNING_NS: Final = 1_000_000_000
#: … and so much of the time from the first of them to the last, in percent.
NETWORK_PERCENT: Final = 50
#: A client that takes longer than this, and longer than a round trip, from an answer to its next request does not wait
#: for answers alone: it works, or asks now and then.
PROMPT_NS: Final = 20_000_000
#: Statements that come in turn are at most so many …
IN_TURN_MOST: Final = 4
#: … and come so often.
IN_TURN_ROUNDS: Final = 8
#: Of requests of HTTP for the same at least so many percent differ: the others ask for the same path again.
DIFFERENT_PERCENT: Final = 60
#: Kinds of requests that are HTTP's.
HTTP_KINDS: Final = frozenset({"http", "http2"})
_READING: Final = ("GET ", "HEAD ")
#: How the last part of a path ends that names data, where it has an ending.
_DATA_NAMES: Final = frozenset({"json", "xml", "csv", "php", "aspx", "jsp", "do", *"0123456789*"})
_PARTIAL: Final = "206"
#: Answers whose media type is looked at …
HEADS_READ: Final = 8
#: … which are those of pages, and of what is downloaded.
_OF_PAGES: Final = (
    "image/", "video/", "audio/", "font/", "text/html", "text/css", "text/javascript", "application/javascript",
    "application/x-javascript", "application/octet-stream", "application/vnd.apple.mpegurl", "application/dash+xml",
    "multipart/", "application/wasm", "application/zip", "application/gzip", "application/pdf",
)  # fmt: skip


class Loop(NamedTuple):
    """Requests that a client sent one by one, each for the same as others, or for the same few in turn."""

    requests: list[Request]
    way_ns: int
    """What went by on the way, of all of them …"""
    server_ns: int
    """… and in the server."""
    kinds: int
    """How many statements they have."""


def many_round_trips(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`many-round-trips`: of all runs of prompt requests one by one, that in which the network took the most time.

    A capture at the server sees the way between an answer and the next request, one at the client between a request
    and its answer: either way it is the round trip, as far as there was time for it from one request to the next.
    """
    return _finding(connection, longest_loop(connection, spoken), "")


def http_round_trips(connection: ConnectionFacts, responses: int) -> Finding | None:
    """The same over HTTP: a program asks for one thing after the other, and each time waits for what it gets.

    ``responses``: how many the connection has.  Browsers do the same with the parts of a page, so of what they fetch by
    themselves nothing is told; nor of the same path again and again, which is a poll, a check or a download in pieces.
    """
    if responses < LEAST:
        return None
    said = facts_of(connection, HTTP_KINDS, whole=True)
    if said is None:
        return None
    return _finding(connection, longest_loop(connection, said, tells=partial(_asks_for_data, said)), "http")


def _asks_for_data(said: RequestFacts, requests: Sequence[Request]) -> bool:
    """Whether a program asks for something else each time, and gets an answer that is no part of a page."""
    if len({one.operation for one in requests}) * 100 < DIFFERENT_PERCENT * len(requests):
        return False
    if not all(one.operation.startswith(_READING) and not _is_asset(one) for one in requests):
        return False
    answers = [said.exchanges[one.number].messages[1] for one in requests[:HEADS_READ]]
    media = [answer.head.value("Content-Type").strip().lower() for answer in answers if answer is not None]
    return not any(one.startswith(_OF_PAGES) for one in media)


def _is_asset(request: Request) -> bool:
    """Whether the path ends as those of pictures, scripts and pieces of films do, or the answer is a piece."""
    path = request.operation.partition("?")[0]
    name = path.rpartition("/")[2]
    return request.status == _PARTIAL or ("." in name and name.rpartition(".")[2].lower() not in _DATA_NAMES)


def longest_loop(
    connection: ConnectionFacts, spoken: RequestFacts, tells: Callable[[Sequence[Request]], bool] = bool
) -> Loop | None:
    """That in which the network took the most time, of those that ``tells`` takes for one; None without any."""
    rtt_ns = connection.rtt_ns or connection.budget.delays.rtt_ns
    best: Loop | None = None
    for run in _runs(connection, spoken, rtt_ns):
        turns = _turns(run, rtt_ns)
        ways = {number: max(min(rtt_ns, turn_ns - taken_ns), 0) for number, (turn_ns, taken_ns) in turns.items()}
        if sum(ways.values()) * 100 < NETWORK_PERCENT * sum(turn_ns for turn_ns, _ in turns.values()):
            continue
        alike = [list(members) for _, members in groupby(sorted(run, key=statement_of), key=statement_of)]
        for members in [*alike, in_turn(run)]:
            same = sorted(members, key=lambda one: one.number)
            way_ns = sum(ways[one.number] for one in same)
            if len(same) >= LEAST and way_ns > (NETWORK_NS if best is None else best.way_ns) and tells(same):
                server_ns = sum(turns[one.number][1] for one in same)
                best = Loop(same, way_ns, server_ns, len(set(map(statement_of, same))))
    return best


def in_turn(run: Sequence[Request]) -> list[Request]:
    """Of ``run`` the longest stretch in which the same few statements come in turn: A B A B.  Empty without one."""
    statements = list(map(statement_of, run))
    found: list[Request] = []
    for period in range(2, IN_TURN_MOST + 1):
        begin = 0
        for at in range(period, len(run) + 1):
            if at < len(run) and statements[at] == statements[at - period]:
                continue
            kinds = len(set(statements[begin:at]))
            if at - begin >= max(len(found) + 1, IN_TURN_ROUNDS * period) and kinds > 1:
                found = list(run[begin:at])
            begin = at - period + 1
    return found


def _finding(connection: ConnectionFacts, loop: Loop | None, kind: str) -> Finding | None:
    if loop is None:
        return None
    first, last = loop.requests[0], loop.requests[-1]
    count = len(loop.requests)
    shapes = [kind] if kind else []
    shapes += ["in-turn"] if loop.kinds > 1 else []
    shape = {"shape": "-".join(shapes)} if shapes else {}
    return connection.finding(
        FindingId.MANY_ROUND_TRIPS,
        evidence_of(connection, loop.requests),
        Severity.WARNING if loop.way_ns >= WARNING_NS else Severity.NOTE,
        Confidence.CERTAIN,
        ("answers-needed",),
        **shape,
        statement=quoted_statement(first),
        count=count,
        kinds=loop.kinds,
        network_s=loop.way_ns / 1e9,
        server_s=loop.server_ns / 1e9,
        each_s=loop.way_ns / count / 1e9,
        took_s=(last.end_ns - first.begun_ns) / 1e9,
        saved_s=loop.way_ns * (count - 1) / count / 1e9,
        first_frame=first.first_frame,
        last_frame=last.response.last if last.response is not None else 0,
    )


def _runs(connection: ConnectionFacts, spoken: RequestFacts, rtt_ns: int) -> list[list[Request]]:
    """Requests that were each begun when the one before had been answered, and soon after."""
    runs: list[list[Request]] = [[]]
    before: Request | None = None
    for one in spoken.requests:
        is_single = one.request is not None and one.response is not None and one.number not in spoken.waiting
        if before is not None and not (is_single and _follows(connection, before, one, rtt_ns)):
            runs.append([])
        if is_single:
            runs[-1].append(one)
        before = one
    return [run for run in runs if len(run) >= LEAST]


def _follows(connection: ConnectionFacts, before: Request, one: Request, rtt_ns: int) -> bool:
    """Whether ``one`` comes behind the answer to ``before``, and soon; or the answer, or itself, was lost between."""
    gap_ns = one.begun_ns - before.end_ns
    return gap_ns >= 0 and (gap_ns <= _prompt_ns(before, rtt_ns) or _lost_between(connection, before, one))


def _lost_between(connection: ConnectionFacts, before: Request, one: Request) -> bool:
    """Whether the silence before ``one`` is that of a timer: something was sent again in it, or ended it."""
    if before.response is None:
        return False
    answer, asked = (index_of(connection, frame) for frame in (before.response.last, one.first_frame))
    return bool(connection.copies.resends_between(answer, asked + 1)) or connection.copies.had_been_sent(asked)


def _prompt_ns(request: Request, rtt_ns: int) -> int:
    """How soon behind the answer to ``request`` the next one is asked by who waits for answers alone.

    Of the round trip, what does not lie within the request lies here.
    """
    return PROMPT_NS + rtt_ns + max(rtt_ns - request.spent_ns(RequestPart.NETWORK), 0)


def _turns(run: list[Request], rtt_ns: int) -> dict[int, tuple[int, int]]:
    """By number, how long it is from each request of ``run`` to the next, and how long the server took of that.

    Without what was spent on recovery from loss: in a request, and in a silence behind it that is none of the client's.
    """
    turns = {}
    for one, after in zip(run, [*run[1:], None], strict=True):
        recovery_ns = one.spent_ns(RequestPart.RECOVERY)
        gap_ns = 0 if after is None else after.begun_ns - one.end_ns
        gap_ns = min(gap_ns, _prompt_ns(one, rtt_ns))
        turns[one.number] = one.end_ns - one.begun_ns - recovery_ns + gap_ns, one.spent_ns(RequestPart.SERVER)
    return turns
