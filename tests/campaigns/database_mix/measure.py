"""The server's time of each request as the program tells it, beside the server's own measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.access.requests import requests_of
from tcptui.model.request import RequestPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tcptui.model.request import Request
    from tcptui.session.session import Session
    from tests.campaigns.database_mix.account import Account, Asked


LARGE: Final = 65_536
"""A server's measure of a result as large includes sending it."""
_PREPARES: Final = ("PREPARE ", "PARSE ")


@dataclass(frozen=True, slots=True)
class Measure:
    """One statement, measured twice."""

    database: str
    end: str
    clean: bool
    """Its way had no fault."""
    text: str
    ours_ns: int
    server_ns: int


def measured(session: Session, peers: Mapping[int, str], account: Account, end: str) -> Iterator[Measure]:
    """Statements that were not asked together with others, and ended well."""
    for stream, peer in peers.items():
        one = account.connections.get(peer)
        if one is None or not account.is_readable(one):
            continue
        clean = account.way_to(one.host) == "clean"
        said = iter([each for each in one.asked if not each.together and not each.given_up])
        asked = next(said, None)
        for request in requests_of(session, stream):
            if asked is None:
                break
            if request.operation.startswith(_PREPARES) or not _is(request, asked, one.database):
                continue
            response = request.response
            counts = asked.took_ns is not None and not (asked.error or asked.waits or asked.stops_s)
            if counts and response is not None and response.bytes < LARGE:
                ours = request.spent_ns(RequestPart.SERVER)
                yield Measure(one.database, end, clean, asked.text, ours, asked.took_ns or 0)
            asked = next(said, None)


def _is(request: Request, asked: Asked, database: str) -> bool:
    text = asked.text.split("$")[0].split("'")[0]
    if database == "redis":
        return request.operation.split()[:2] == asked.text.split(" ")[:2] or (
            asked.text.startswith("EVAL") and request.operation.startswith("EVAL")
        )
    return (request.statement or request.operation).startswith(text[:40].rstrip())
