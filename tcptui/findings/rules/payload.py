"""The rules about payload, by protocol; imported where the first payload is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.request_facts import facts_of
from tcptui.findings.rules import database, http
from tcptui.findings.rules.tls_plain_text import tls_plain_text
from tcptui.findings.rules.torn_answer import torn_answer
from tcptui.protocols.dns.codes import is_transfer
from tcptui.protocols.interface import BrokeredStream, ChannelledStream, FramedStream, StreamOfQuestions

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding

#: What is imported with the first connection that speaks so: half of the rules about payload, with their parsers.
OF_ONE_PROTOCOL: Final = (
    "tcptui.findings.rules.amqp", "tcptui.findings.rules.http2", "tcptui.findings.rules.mqtt",
    "tcptui.findings.rules.tls",
)  # fmt: skip


def _zone_transfer(connection: ConnectionFacts) -> list[Finding]:
    """All findings about transfers of zones of one stream; empty when it has none."""
    try:
        said = facts_of(connection, frozenset({"dns"}))
        if said is None or not said.requests or not is_transfer(said.requests[-1].operation):
            return []
        torn = torn_answer(connection, said)
    except OSError:
        return []  # the spool was closed meanwhile
    return [] if torn is None else [torn]


def _http2(connection: ConnectionFacts) -> list[Finding]:
    if not isinstance(connection.spoken, FramedStream):
        return []
    from tcptui.findings.rules import http2

    return http2.findings(connection)


def _questions(connection: ConnectionFacts) -> list[Finding]:
    if not isinstance(connection.spoken, StreamOfQuestions):
        return []
    from tcptui.findings.rules import slow_request

    return slow_request.findings(connection)


def _mqtt(connection: ConnectionFacts) -> list[Finding]:
    if not isinstance(connection.spoken, BrokeredStream):
        return []
    from tcptui.findings.rules import mqtt

    return mqtt.findings(connection)


def _amqp(connection: ConnectionFacts) -> list[Finding]:
    if not isinstance(connection.spoken, ChannelledStream):
        return []
    from tcptui.findings.rules import amqp

    return amqp.findings(connection)


def _tls(connection: ConnectionFacts) -> list[Finding]:
    try:
        if connection.application is None or connection.application.encrypted is None:
            found = tls_plain_text(connection, None)
            return [] if found is None else [found]
    except OSError:
        return []  # the spool was closed meanwhile
    from tcptui.findings.rules import tls

    return tls.findings(connection)


#: One function for each protocol that `tcptui.protocols.registry` marks as judged; [] for streams of another protocol.
BY_PROTOCOL: Final = (
    http.findings, _http2, _tls, database.findings, _questions, _zone_transfer, _mqtt, _amqp,
)  # fmt: skip
