"""`request-unanswered` (shape ``torn``): the server ended the connection amid the transfer of a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.request_facts import facts_of
from tcptui.findings.rules.torn_answer import torn_answer
from tcptui.protocols.dns.codes import is_transfer

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding


def findings(connection: ConnectionFacts) -> list[Finding]:
    """All findings about transfers of zones of one stream; empty when it has none."""
    try:
        said = facts_of(connection, frozenset({"dns"}))
        if said is None or not said.requests or not is_transfer(said.requests[-1].operation):
            return []
        torn = torn_answer(connection, said)
    except OSError:
        return []  # the spool was closed meanwhile
    return [] if torn is None else [torn]
