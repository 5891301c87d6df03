"""Findings chosen by id, family or severity: what ``--stop-on``, ``--keep-around`` and ``--only`` name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.findings.catalog import MARKED, SPECS
from tcptui.model.finding import Severity

if TYPE_CHECKING:
    from tcptui.findings.spec import Family
    from tcptui.model.finding import Finding, FindingId

#: Names of severities: any finding that is at least so bad.
SEVERITIES: Final = {
    "note": Severity.NOTE,
    "warning": Severity.WARNING,
    "error": Severity.ERROR,
    "any-problem": Severity.WARNING,
}


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Findings chosen by id, by family or by severity."""

    ids: frozenset[FindingId] = frozenset()
    """Of any severity: a finding that is named is wanted even where it is harmless."""
    families: frozenset[Family] = frozenset()
    """Of these, what is more than a note."""
    least: Severity | None = None

    def __bool__(self) -> bool:
        return bool(self.ids or self.families or self.least is not None)

    def __contains__(self, finding: Finding) -> bool:
        """Whether ``finding`` is one of them."""
        if finding.id in self.ids or (self.least is not None and finding.severity >= self.least):
            return True
        return finding.severity > Severity.NOTE and SPECS[finding.id].family in self.families

    @property
    def needs_notes(self) -> bool:
        """Whether streams in which nothing is wrong have to be looked at, too."""
        return bool(self.ids - MARKED) or self.least is Severity.NOTE


NOTHING: Final = FindingFilter()
