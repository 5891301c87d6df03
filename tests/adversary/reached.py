"""What a run of the program reached for the first time: branches of the source, and traits of what it said.

Branches soon tell nothing more, the rules of TCP being a table of conditions: so what the engine concluded
counts as well (which verdict in which states, which findings together).
"""

from __future__ import annotations

import logging
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.packet_store import NO_STREAM

if TYPE_CHECKING:
    from tcptui.model.finding import Finding
    from tcptui.session.session import Session

ROOT: Final = Path(__file__).resolve().parents[2]
#: What a capture can steer.  Words and screens say only what these found.
_PACKAGES: Final = ("wire", "capture", "analysis", "protocols", "findings", "words", "session", "cli")
#: … but these, whose branches depend on when threads get to run.
_TIMED: Final = ("session/worker.py", "session/input_priority.py", "session/gc_control.py")


class Reached:
    """Within ``with`` the branches taken are counted; `add` takes the traits."""

    def __init__(self) -> None:
        import coverage

        logging.getLogger("coverage").setLevel(logging.ERROR)
        include = [str(ROOT / "tcptui" / name / "*") for name in _PACKAGES]
        self._coverage: Any = coverage.Coverage(
            data_file=None,
            branch=True,
            include=include,
            omit=[str(ROOT / "tcptui" / name) for name in _TIMED],
            config_file=False,
        )
        self._known = (0, 0)
        self._traits: set[object] = set()
        self.arcs = 0

    @property
    def traits(self) -> int:
        """How many different traits there were."""
        return len(self._traits)

    def __enter__(self) -> Reached:
        self._coverage.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._coverage.stop()
        # What the tracer collected, before it is written to a database: that takes longer than the run.
        self.arcs = sum(map(len, self._coverage._collector.data.values()))

    def is_new(self) -> bool:
        """Whether anything came for the first time since this was asked last."""
        before, self._known = self._known, (self.arcs, self.traits)
        return self._known != before

    def add_session(self, session: Session) -> None:
        """The verdicts that packets got, each with the states and marks beside it; how reading ended."""
        store, count = session.store, session.store.count
        rows = np.flatnonzero(store.stream[:count] != NO_STREAM)
        columns = [getattr(store, name)[rows].astype(np.int64) for name in ("verdict", "state_a", "state_b")]
        self._traits.update(("verdict", *found) for found in np.unique(np.stack(columns, 1), axis=0).tolist())
        for name in ("marks", "issues", "kind"):
            self._traits.update((name, value) for value in np.unique(getattr(store, name)[:count]).tolist())
        self._traits.add(("end", str(session.progress.notice and session.progress.notice.key)))

    def add_findings(self, findings: tuple[Finding, ...]) -> None:
        """Which findings a connection has, and which of them together."""
        names = sorted({str(finding.id) for finding in findings})
        self._traits.update(("finding", name) for name in names)
        self._traits.update(("findings", *pair) for pair in combinations(names, 2))
