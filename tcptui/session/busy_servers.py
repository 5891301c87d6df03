"""Requests that waited because a server was busy with another connection's: Redis runs one command at a time for all.

Each connection by itself tells only that the server took its time; the requests of all tell for which of them.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from tcptui.findings.answered_together import ANSWERED_WITHIN_NS, BUSY_PERCENT
from tcptui.model.request import RequestPart
from tcptui.protocols.answered_together import ONE_WRITE_NS
from tcptui.protocols.registry import REQUEST_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcptui.model.request import Request

#: Stream and number of a request.
RequestKey = tuple[int, int]
#: What the server took less for kept nobody waiting for long.
_LEAST_NS: Final = ANSWERED_WITHIN_NS * BUSY_PERCENT // 100
#: Answers right before one that are looked at.
_LOOKED_AT: Final = 64


def waited_for_others(requests: Iterable[Request], server_of: Callable[[int], str]) -> dict[RequestKey, int]:
    """What of the server's time of each request it was busy with a command of another connection, where it was (ns).

    That had been asked before, or with it, and was answered right before it; `server_of` gives a connection's server.
    """
    long: dict[int, list[Request]] = {}
    for one in requests:
        if _is_serial(one.protocol) and one.server_most_ns >= _LEAST_NS and one.response is not None:
            long.setdefault(one.stream, []).append(one)
    of_server: dict[str, list[Request]] = {}
    for stream, found in long.items():
        of_server.setdefault(server_of(stream), []).extend(found)
    return {key: ns for found in of_server.values() for key, ns in _waited_within(found).items()}


def _is_serial(protocol: str) -> bool:
    kind = REQUEST_KINDS.get(protocol)
    return kind is not None and kind.is_serial


def _waited_within(requests: list[Request]) -> dict[RequestKey, int]:
    requests.sort(key=_answered)
    answers = [_answered(one)[0] for one in requests]
    found: dict[RequestKey, int] = {}
    for at, one in enumerate(requests):
        took_ns = one.spent_ns(RequestPart.SERVER)
        if took_ns <= ANSWERED_WITHIN_NS:
            continue
        first = max(bisect_left(answers, answers[at] - ANSWERED_WITHIN_NS), at - _LOOKED_AT)
        if any(_occupied(other, one, took_ns) for other in requests[first:at]):
            found[one.stream, one.number] = took_ns
    return found


def _occupied(other: Request, one: Request, took_ns: int) -> bool:
    """Whether ``other``, which was answered before ``one``, is what the server did for most of ``took_ns``."""
    if other.stream == one.stream or other.request is None or one.request is None:
        return False
    is_earlier = other.request.last_ns < one.request.last_ns + ONE_WRITE_NS
    return is_earlier and other.server_most_ns * 100 >= took_ns * BUSY_PERCENT


def _answered(request: Request) -> tuple[int, int]:
    return (0, 0) if request.response is None else (request.response.first_ns, request.response.first)
