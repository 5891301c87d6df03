"""Rules about requests to a database, whichever it is (rules/findings.md#application)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tcptui.findings.request_facts import request_facts
from tcptui.findings.rules.closed_idle import closed_while_idle
from tcptui.findings.rules.database_errors import database_errors
from tcptui.findings.rules.database_refusals import database_encryption, redis_full, too_many_connections
from tcptui.findings.rules.idle_transaction import idle_in_transaction
from tcptui.findings.rules.lock_wait import lock_wait, lock_waits
from tcptui.findings.rules.protocol_mismatch import protocol_mismatch
from tcptui.findings.rules.query_cancelled import query_cancelled
from tcptui.findings.rules.result_not_read import result_not_read
from tcptui.findings.rules.round_trips import many_round_trips
from tcptui.findings.rules.slow_query import asked_to_wait, slow_queries
from tcptui.findings.rules.torn_answer import torn_answer

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding


#: What the first bytes tell, requests or none: where one of them is found, there are none that others could judge.
_OF_BYTES: Final = (redis_full, protocol_mismatch)
_RULES: Final = (
    asked_to_wait, many_round_trips, closed_while_idle, too_many_connections,
    database_encryption, query_cancelled, result_not_read, idle_in_transaction, torn_answer,
)  # fmt: skip


def findings(connection: ConnectionFacts) -> list[Finding]:
    """All findings about the requests of one stream; empty when it does not speak to a database."""
    try:
        odd = [finding for rule in _OF_BYTES if (finding := rule(connection)) is not None]
        said = None if odd else request_facts(connection)
        if said is None:
            return odd
        locks = lock_waits(connection, said)
        said = replace(said, locked=frozenset(number for kind in locks for number in kind.numbers))
        told = [*(lock_wait(connection, kind) for kind in locks), *(rule(connection, said) for rule in _RULES)]
        told += [*slow_queries(connection, said), *database_errors(connection, said)]
    except OSError:
        return []  # the spool was closed meanwhile
    return [finding for finding in told if finding is not None]
