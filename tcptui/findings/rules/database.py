"""Rules about requests to a database, whichever it is (rules/findings.md#application)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.request_facts import request_facts
from tcptui.findings.rules.closed_idle import closed_while_idle
from tcptui.findings.rules.database_errors import database_errors
from tcptui.findings.rules.round_trips import many_round_trips
from tcptui.findings.rules.slow_query import asked_to_wait, slow_query

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding


def findings(connection: ConnectionFacts) -> list[Finding]:
    """All findings about the requests of one stream; empty when it does not speak to a database."""
    try:
        said = request_facts(connection)
    except OSError:
        return []  # the spool was closed meanwhile
    if said is None:
        return []
    rules = (slow_query, asked_to_wait, many_round_trips, database_errors, closed_while_idle)
    return [finding for rule in rules if (finding := rule(connection, said)) is not None]
