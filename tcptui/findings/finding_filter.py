"""Selects findings by id, family or severity, for ``--stop-on``, ``--keep-around`` and ``--only``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.findings.catalog import MARKED, spec_of
from tcptui.model.finding import Severity

if TYPE_CHECKING:
    from tcptui.findings.spec import Family
    from tcptui.model.finding import AnyId, Finding

#: Names that the options take for a severity; each selects findings of at least that severity.
SEVERITIES: Final = {
    "note": Severity.NOTE,
    "warning": Severity.WARNING,
    "error": Severity.ERROR,
    "any-problem": Severity.WARNING,
}


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """A selection of findings by id, by family or by severity; a finding that meets one of the three is in it."""

    ids: frozenset[AnyId] = frozenset()
    """Selected at any severity: a finding that is named is wanted even where it is harmless."""
    families: frozenset[Family] = frozenset()
    """Selected above the severity of a note."""
    least: Severity | None = None

    def __bool__(self) -> bool:
        return bool(self.ids or self.families or self.least is not None)

    def __contains__(self, finding: Finding) -> bool:
        """Whether ``finding`` is selected."""
        if finding.id in self.ids or (self.least is not None and finding.severity >= self.least):
            return True
        return finding.severity > Severity.NOTE and spec_of(finding.id).family in self.families

    @property
    def needs_notes(self) -> bool:
        """Whether streams that yield nothing above a note have to be judged, too."""
        return bool(self.ids - MARKED) or self.least is Severity.NOTE


NOTHING: Final = FindingFilter()
