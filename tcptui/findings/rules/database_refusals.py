"""`too-many-connections` and `database-encryption`: a database that admits nobody, or nobody so (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import first_end, index_of
from tcptui.findings.request_facts import code_of, evidence_of, lacks_bytes, quoted_statement
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.registry import DATABASE_NAMES
from tcptui.protocols.request_status import failed

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.request import Request

#: Redis says it to whoever comes, before it is asked.
REDIS_FULL: Final = b"-ERR max number of clients reached"
#: MySQL: the server demands TLS (ER_SECURE_TRANSPORT_REQUIRED).
_SECURE_ONLY: Final = frozenset({"3159"})
#: PostgreSQL: no line of pg_hba.conf admits the client; its words end so where the connection is not encrypted.
_NO_ENTRY: Final = "28000"
_UNENCRYPTED: Final = "no encryption"
#: PostgreSQL's request for TLS, and what declines it.
_SSL_REQUEST: Final = "SSLREQUEST"
_DECLINED: Final = "N"
_CLIENT: Final = 0


def redis_full(connection: ConnectionFacts) -> Finding | None:
    """`too-many-connections` of Redis: all that its server said is that."""
    directions = () if connection.application is None else connection.application.directions
    if not directions or not directions[1].segments.from_start or not len(directions[1].captured):
        return None
    if directions[1].read(0, len(REDIS_FULL)) != REDIS_FULL:
        return None
    return _full(connection, "redis", "ERR", directions[1].delivered_frame(0))


def too_many_connections(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`too-many-connections`: the server refused the session, because it has as many as it takes."""
    for one in spoken.requests:
        if code_of(one) in spoken.codes.full and one.response is not None:
            return _full(connection, spoken.protocol, one.status, one.response.first)
        if not failed(one) and one.statement:
            return None  # it was admitted
    return None


def _full(connection: ConnectionFacts, protocol: str, status: str, frame: int) -> Finding:
    return connection.finding(
        FindingId.TOO_MANY_CONNECTIONS,
        [index_of(connection, frame)],
        Severity.WARNING,
        Confidence.CERTAIN,
        ("connections-leak", "connections-limit", "connections-held"),
        protocol=DATABASE_NAMES[protocol],
        status=status,
        answer_frame=frame,
        port=connection.view.server.port,
    )


def demands_encryption(spoken: RequestFacts, request: Request) -> bool:
    """Whether ``request`` was refused because the connection is not encrypted."""
    code = code_of(request)
    if spoken.protocol == "mysql":
        return code in _SECURE_ONLY
    return spoken.protocol == "postgresql" and code == _NO_ENTRY and _UNENCRYPTED in spoken.error_text(request)


def database_encryption(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`database-encryption`: TLS that one end wants and the other does not have.

    Shapes: ``demanded`` by the server; ``insisted`` on by the client, who left; else both went on in plain text.
    """
    for one in spoken.requests:
        if one.response is not None and demands_encryption(spoken, one):
            return _unlike(connection, spoken, one, "demanded", Severity.WARNING)
    asked = next((one for one in spoken.requests if one.operation == _SSL_REQUEST and one.status == _DECLINED), None)
    if asked is None or asked.response is None:
        return None
    others = [one for one in spoken.requests if one.number > asked.number and one.operation != "GSSENCREQUEST"]
    if others:
        return _unlike(connection, spoken, asked, "", Severity.NOTE)
    if first_end(connection, _CLIENT) < 0 or lacks_bytes(connection):
        return None  # what it did next is not here
    return _unlike(connection, spoken, asked, "insisted", Severity.WARNING)


def _unlike(
    connection: ConnectionFacts, spoken: RequestFacts, request: Request, shape: str, severity: Severity
) -> Finding:
    assert request.response is not None
    is_sure = spoken.protocol == "mysql" or shape != "demanded"
    return connection.finding(
        FindingId.DATABASE_ENCRYPTION,
        evidence_of(connection, [request]),
        severity,
        Confidence.CERTAIN if is_sure else Confidence.LIKELY,
        () if is_sure else ("hba-admits-nobody",),
        shape=shape,
        protocol=DATABASE_NAMES[spoken.protocol],
        status=request.status,
        statement=quoted_statement(request),
        asked_frame=0 if request.request is None else request.request.last,
        answer_frame=request.response.first,
    )
