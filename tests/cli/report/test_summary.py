"""What a report says of a whole capture."""

from __future__ import annotations

import pytest

from tcptui.cli.report.summary import Summary
from tcptui.lessons.loader import load_case
from tcptui.session.session import open_file


@pytest.mark.parametrize(("case", "gaps"), [("challenge-ack", 0), ("capture-dropped", 1), ("hello-service", 0)])
def test_gap_is_data_that_is_missing_and_not_an_older_connections(case: str, gaps: int) -> None:
    for path in load_case(case).captures:
        assert Summary(open_file(path)).capture.trust.gaps == gaps
