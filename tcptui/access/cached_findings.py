"""What is known of one connection, and how much of it that takes into account."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tcptui.model.finding import Finding


class CachedFindings(NamedTuple):
    """The findings of a connection, which may have grown since they were made."""

    findings: tuple[Finding, ...]
    packets: int
    """How many of its segments they take into account, evicted ones included; 0: it has not been judged."""
