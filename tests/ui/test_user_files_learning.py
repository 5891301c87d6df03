from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tcptui.ui.user_files import LearningRecord

if TYPE_CHECKING:
    from pathlib import Path


def test_answers_and_cases_are_there_in_the_next_run(tmp_path: Path) -> None:
    first = LearningRecord(tmp_path)
    first.answered(True)
    first.answered(False)
    first.finished("half-close")

    second = LearningRecord(tmp_path)

    assert (second.ever.asked, second.ever.right) == (2, 1)
    assert second.session.asked == 0
    assert second.done == {"half-close"}


def test_without_a_directory_the_record_lasts_as_long_as_the_program() -> None:
    record = LearningRecord()
    record.answered(True)
    record.finished("x")

    assert (record.ever.right, record.session.right, record.done) == (1, 1, {"x"})


@pytest.mark.parametrize("content", ["", "nonsense", "[]", '{"asked": -1, "right": 3, "done": 7}', '{"asked": "x"}'])
def test_a_record_that_makes_no_sense_counts_as_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "learning.json").write_text(content)

    record = LearningRecord(tmp_path)

    assert (record.ever.asked, record.done) == (0, frozenset())


def test_the_file_is_private_and_small(tmp_path: Path) -> None:
    LearningRecord(tmp_path).answered(True)
    path = tmp_path / "learning.json"

    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) == {"asked": 1, "right": 1, "done": []}


def test_a_directory_that_takes_nothing_does_no_harm(tmp_path: Path) -> None:
    record = LearningRecord(tmp_path / "gone")
    record.answered(True)

    assert record.ever.asked == 1
