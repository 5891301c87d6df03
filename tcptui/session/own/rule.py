"""One finding that a user has defined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tcptui.model.field import Owner

if TYPE_CHECKING:
    from tcptui.dfilter.compile import Compiled
    from tcptui.model.finding import OwnId, Severity


class Per(Enum):
    """The subject of a finding: the connection, or each packet."""

    CONNECTION = "connection"
    """A connection: one finding with all packets that match."""
    PACKET = "packet"
    """Each packet that matches."""


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A display filter that makes a finding of the packets that match."""

    id: OwnId
    filter: Compiled
    severity: Severity
    per: Per = Per.CONNECTION
    at_least: int = 1
    """How many packets of a connection must match."""

    @property
    def needs_judging(self) -> bool:
        """Whether connections must have been judged before: states and findings are asked for."""
        return any(field.owner is Owner.TCPTUI for field in self.filter.fields)
