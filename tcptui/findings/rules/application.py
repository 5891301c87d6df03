"""Entry point of the rules about payload, for every application protocol that has such rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.rules import database, http, http2, tls

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding

#: One function for each protocol that `tcptui.protocols.registry` marks as judged; [] for streams of another protocol.
_BY_PROTOCOL: Final = (http.findings, http2.findings, tls.findings, database.findings)


def findings(connection: ConnectionFacts) -> list[Finding]:
    """The findings from the payload of one stream; empty where it cannot or must not be read."""
    if connection.application is None:
        return []
    return [finding for rules in _BY_PROTOCOL for finding in rules(connection)]
