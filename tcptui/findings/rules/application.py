"""Rules about what the bytes say: the entry to those of every protocol that has any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.rules import http

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding

#: One entry for each protocol that `tcptui.protocols.registry` marks as judged; silent of streams that speak another.
_BY_PROTOCOL: Final = (http.findings,)


def findings(connection: ConnectionFacts) -> list[Finding]:
    """What the bytes of one stream show; nothing where nobody can or should read them."""
    if connection.application is None:
        return []
    return [finding for rules in _BY_PROTOCOL for finding in rules(connection)]
