"""`protocol-mismatch`: a client that speaks another protocol than the database that answers (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import index_of, quoted
from tcptui.findings.spoken import ANSWERS, DATABASE_REQUESTS, REQUESTS, first_line, heads_of, spoken
from tcptui.model.finding import Confidence, Finding, FindingId, Severity

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts

_DATABASES: Final = frozenset({"MySQL", "PostgreSQL", "Redis"})
#: Redis says so where a command's lengths are wrong, as those of other protocols are.
_PROTOCOL_ERROR: Final = b"-ERR Protocol error"
#: Bytes that clients of Redis may begin with: a command.
_REDIS: Final = "Redis"
_LINE: Final = 80


def protocol_mismatch(connection: ConnectionFacts) -> Finding | None:
    """`protocol-mismatch`: each end begins in a protocol of its own; shape ``garbled``: Redis says so."""
    known = heads_of(connection)
    if known is None or not all(known[1]):
        return None
    directions, heads = known
    server = spoken(ANSWERS, heads[1])
    client = spoken((*REQUESTS, *DATABASE_REQUESTS), heads[0])
    is_garbled = heads[1].startswith(_PROTOCOL_ERROR) and client in ("", _REDIS)
    if not is_garbled and (server not in _DATABASES or not client or client == server):
        return None
    asked_frame, answer_frame = directions[0].delivered_frame(0), directions[1].delivered_frame(0)
    return connection.finding(
        FindingId.PROTOCOL_MISMATCH,
        [index_of(connection, asked_frame), index_of(connection, answer_frame)],
        Severity.WARNING,
        Confidence.CERTAIN,
        (),
        shape="garbled" if is_garbled else "",
        client_protocol=client or "?",
        server_protocol=server,
        line=quoted(first_line(heads[1]), _LINE),
        asked_frame=asked_frame,
        answer_frame=answer_frame,
        port=connection.view.server.port,
    )
