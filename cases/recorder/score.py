"""Holds the findings that are made from recordings against what their scenarios expect, and prints the table.

    python -m cases.recorder.score [--wrong] [--scenarios FILE] FOLDER…

Each folder is a recording, or has recordings below it.  The unit is a capture and an id: whether the
finding is made of any stream of that capture, at any confidence.  Only scenarios that say something of
their findings count (`Scenario.declares_findings`).

precision
    of the captures from which an id was found, the share that ask for it.
recall
    of the captures that ask for an id, the share from which it was found.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases.recorder.judge import recordings_below
from cases.recorder.namespaces import End
from cases.recorder.scenario import all_scenarios
from tcptui.findings.catalog import CATALOG
from tcptui.findings.spec import Family
from tcptui.model.finding import FindingId
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cases.recorder.scenario import Scenario

HARMLESS: Final = frozenset({
    *(spec.id for spec in CATALOG if spec.ordinary and spec.family is not Family.TRUST), FindingId.SIMULTANEOUS_CLOSE,
    FindingId.MOST_OF_THE_TIME,
})  # fmt: skip
"""How connections open and close in good order: true of many stories that are about something else.

So are FINs that cross, wherever both ends close by themselves: behind an alert, a refusal, a good-bye; and the largest
part of the time budget, of any story that lasts longer than a second.
"""


@dataclass(slots=True)
class Score:
    """One id over all captures."""

    found: int = 0
    """Asked for and found."""
    missed: int = 0
    """Asked for and not found."""
    false: int = 0
    """Found where it is forbidden, or nobody asks for it."""

    @property
    def precision(self) -> float | None:
        """None when it was never found."""
        made = self.found + self.false
        return self.found / made if made else None

    @property
    def recall(self) -> float | None:
        """None when nobody asks for it."""
        asked = self.found + self.missed
        return self.found / asked if asked else None


@dataclass(slots=True)
class Scores:
    """All ids over all captures."""

    of: dict[str, Score] = field(default_factory=dict)
    captures: int = 0
    remarks: list[str] = field(default_factory=list)
    """Everything missed or false, in words."""

    def add(self, scenario: Scenario, end: End, made: frozenset[str], name: str) -> None:
        """Counts one capture, called ``name`` in remarks, from which ``made`` was found."""
        self.captures += 1
        asked = scenario.findings_at(end)
        tolerated = (HARMLESS | frozenset(scenario.findings_perhaps)) - frozenset(scenario.never)
        for known in sorted(asked):
            score = self.of.setdefault(known, Score())
            if known in made:
                score.found += 1
            else:
                score.missed += 1
                self.remarks.append(f"{name}: {known} is missed")
        for known in sorted(made - asked - tolerated):
            self.of.setdefault(known, Score()).false += 1
            self.remarks.append(f"{name}: {known} is false")

    def table(self) -> str:
        """One line per id, and the sums."""
        total = Score(
            sum(score.found for score in self.of.values()),
            sum(score.missed for score in self.of.values()),
            sum(score.false for score in self.of.values()),
        )
        rows = [("finding", "found", "missed", "false", "precision", "recall")]
        rows += [_row(known, score) for known, score in sorted(self.of.items())]
        rows.append(_row(f"all, {self.captures} captures", total))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = []
        for first, *rest in rows:
            cells = (f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True))
            lines.append("  ".join([f"{first:<{widths[0]}}", *cells]).rstrip())
        return "\n".join(lines)


def score_recordings(folders: Iterable[Path], scenarios: Mapping[str, Scenario]) -> Scores:
    """Both captures of each recording in or below ``folders`` whose scenario says something of its findings.

    Raises OSError or ValueError when a folder is no recording.
    """
    scores = Scores()
    for folder in recordings_below(folders):
        about = json.loads((folder / "recording.json").read_text())
        scenario = scenarios.get(about["scenario"])
        if scenario is None or not scenario.declares_findings:
            continue
        for end in End:
            name = f"{scenario.id} seed {about['seed']}, {end.value}"
            scores.add(scenario, end, findings_of(folder / f"{end.value}.pcapng"), name)
    return scores


def findings_of(capture: Path) -> frozenset[str]:
    """Ids of all findings of one capture, also of it as a whole; raises OSError when it cannot be read."""
    with closing(open_file(capture)) as session:
        made = {str(finding.id) for stream in range(session.streams.count) for finding in session.findings(stream)}
        return frozenset(made | {str(told.finding.id) for told in session.diagnosis.findings})


def unknown_ids(scenarios: Mapping[str, Scenario]) -> frozenset[str]:
    """Ids that scenarios name and this build cannot find: not built yet, or a slip of the pen."""
    named = {
        known
        for each in scenarios.values()
        for known in (*each.findings_client, *each.findings_server, *each.findings_perhaps, *each.never)
    }
    return frozenset(named - {str(known) for known in FindingId})


def _row(name: str, score: Score) -> tuple[str, ...]:
    shares = ("" if share is None else f"{share:.1%}" for share in (score.precision, score.recall))
    return (name, str(score.found), str(score.missed), str(score.false), *shares)


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when nothing was missed and nothing false."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--wrong", action="store_true", help="also list what was missed and what was false")
    parser.add_argument("--scenarios", type=Path, metavar="FILE", help="take the scenarios of this Python file")
    chosen = parser.parse_args(words)
    scenarios = all_scenarios(chosen.scenarios)
    scores = score_recordings(chosen.folders, scenarios)
    print(scores.table())
    if unknown := unknown_ids(scenarios):
        print(f"no such finding in this build: {', '.join(sorted(unknown))}")
    if chosen.wrong:
        print("\n".join(scores.remarks))
    return 1 if scores.remarks else 0


if __name__ == "__main__":
    sys.exit(main())
