"""What a statement of SQL locks: rows of which tables, or whole tables.  By its words alone: no more than a hint."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final

#: Characters of a statement that are read, and statements that are remembered.
_READ: Final = 4_096
_CACHE_SIZE: Final = 1_024
_WORD: Final = r"[`\"]?[^\W\d][\w$]*[`\"]?"
_NAMED: Final = re.compile(
    rf"\b(?:FROM|JOIN|INTO|UPDATE|TABLES?)\s+(?:(?:ONLY|IF|NOT|EXISTS|IGNORE|LOW_PRIORITY)\s+)*"
    rf"((?:{_WORD}\s*\.\s*)?{_WORD})",
    re.IGNORECASE,
)
_ROWS: Final = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.IGNORECASE)
_SHARING: Final = re.compile(
    r"\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b|\bFOR\s+(?:KEY\s+)?SHARE\b|\bLOCK\s+IN\s+SHARE\b", re.IGNORECASE
)
_WHOLE: Final = re.compile(r"\s*(?:ALTER|TRUNCATE|DROP|LOCK|RENAME|OPTIMIZE|VACUUM|REINDEX|CLUSTER)\b", re.IGNORECASE)


class LockKind(Enum):
    """What a statement keeps from others until its transaction ends."""

    READS = auto()
    """Nothing but the shape of its tables."""
    ROWS = auto()
    TABLES = auto()


@dataclass(frozen=True, slots=True)
class Locks:
    """The tables that a statement names, without schemas, and how it locks them."""

    kind: LockKind
    tables: frozenset[str]

    def keeps_from(self, other: Locks) -> bool:
        """Whether ``other`` may have to wait for these: both lock rows of a table, or one of them all of it."""
        kinds = {self.kind, other.kind}
        return bool(self.tables & other.tables) and (LockKind.TABLES in kinds or kinds == {LockKind.ROWS})


@lru_cache(_CACHE_SIZE)
def locks_of(statement: str) -> Locks:
    """The `Locks` of ``statement``."""
    text = statement[:_READ]
    names = (match[1].rpartition(".")[2].strip().strip('`"').lower() for match in _NAMED.finditer(text))
    if _WHOLE.match(text):
        kind = LockKind.TABLES
    else:
        kind = LockKind.ROWS if _ROWS.match(text) or _SHARING.search(text) else LockKind.READS
    return Locks(kind, frozenset(names))
