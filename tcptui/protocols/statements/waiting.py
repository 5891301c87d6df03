"""Statements of SQL that ask the server to wait: for a lock with a name, or for a replica to come so far."""

from __future__ import annotations

import re
from typing import Final

_WAITS: Final = re.compile(
    r"\s*(?:select|do)\b.*?\b(?:get_lock|pg_advisory_(?:xact_)?lock(?:_shared)?"
    r"|master_(?:pos|gtid)_wait|source_pos_wait|wait_for_executed_gtid_set)\s*\(",
    re.IGNORECASE | re.DOTALL,
)
#: Characters of a statement that are looked at: such calls stand in front.
_LOOKED_AT: Final = 200


def asks_to_wait(statement: str) -> bool:
    """Whether ``statement`` itself says that its answer shall come only when something happens."""
    return "(" in statement and _WAITS.match(statement, 0, _LOOKED_AT) is not None
