"""Many recordings side by side, on a machine that is too slow for so many."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.campaigns import recording


class Machine:
    """Stands for processes; a recording is refused while another one is beside it."""

    def __init__(self) -> None:
        self.running: list[int] = []
        self.begun: list[int] = []

    def begin(self, _record: object, seed: int, _folder: Path) -> int:
        self.begun.append(seed)
        self.running.append(len(self.begun))
        return len(self.begun)

    def waitpid(self, *_: int) -> tuple[int, int]:
        return self.running.pop(0), bool(self.running)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(recording, "_begin", made.begin)
    monkeypatch.setattr(recording.os, "waitpid", made.waitpid)
    return made


def test_machine_that_refuses_several_at_once_records_one_after_the_other(machine: Machine, tmp_path: Path) -> None:
    refused = recording.record_many(lambda _seed, _folder: None, range(8), tmp_path, jobs=3)

    assert refused == []
    assert set(machine.begun) == set(range(8))
    assert machine.begun[-5:] == [3, 4, 5, 6, 7]


def test_none_begins_late_once_the_fewest_are_there(machine: Machine, tmp_path: Path) -> None:
    recording.record_many(lambda _seed, _folder: None, range(8), tmp_path, jobs=1, until=0, fewest=3)

    assert machine.begun == [0, 1, 2]
