"""What holds for the findings of every capture (`invariants`), over real, malformed and unusual captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from invariants import Violation, described, violations
from quiet_recovery import quiet_recoveries
from some_parameters import Share, shares

from tcptui.model.errors import InputError
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.uncounted

#: What lies beside captures in the corpus.
NOT_CAPTURES = {".tsv", ".py", ".jsonl", ".md"}


@pytest.mark.each_value
@shares(3)
@pytest.mark.parametrize("folder", ["dev", "malformed", "quirks"])
def test_the_findings_of_real_captures_contradict_nothing(corpus: Path, folder: str, share: Share) -> None:
    found: list[Violation] = []
    quiet: list[tuple[str, int, str]] = []
    opened = 0
    for path in share.of(sorted((corpus / folder).rglob("*"))):
        if not path.is_file() or path.suffix in NOT_CAPTURES:
            continue
        try:
            session = open_file(path)
        except InputError:
            continue
        opened += 1
        found += violations(session)
        quiet += quiet_recoveries(session)
        session.close()

    assert opened > 20
    assert not found, described(found)
    assert not quiet
