"""What apps froze is freed between files of tests, as often as it has become much: each time takes half a second."""

from __future__ import annotations

import sys
import weakref
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tcptui.session.gc_control import gc_paused_and_frozen
from tests import conftest

if TYPE_CHECKING:
    from pathlib import Path


class Capture:
    """Holds itself, as sessions and screens do."""

    def __init__(self) -> None:
        self.itself = self


def left_frozen(monkeypatch: pytest.MonkeyPatch, imported: str) -> weakref.ref[Capture]:
    """What an app leaves that was open while something was imported."""
    capture = Capture()
    with gc_paused_and_frozen():
        monkeypatch.setitem(sys.modules, imported, ModuleType(imported))
        return weakref.ref(capture)


def test_frozen_garbage_goes_at_the_end_of_a_file_once_the_process_has_grown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: Any = SimpleNamespace(path=tmp_path / "test_a.py", config=SimpleNamespace(stash=pytest.Stash()))
    other: Any = SimpleNamespace(path=tmp_path / "test_b.py")
    gone = left_frozen(monkeypatch, "first")

    def ends(size: int, following: Any) -> bool:
        monkeypatch.setattr(conftest, "resident_bytes", lambda: size)
        conftest.pytest_runtest_teardown(here, following)
        return gone() is None

    grown = 1000 + conftest.GROWN_BY
    assert not ends(1000, other)
    assert not ends(grown, other)
    assert not ends(grown + 1, here)
    assert ends(grown + 1, other)
    gone = left_frozen(monkeypatch, "second")
    assert not ends(grown + conftest.GROWN_BY, other)


def test_size_is_that_of_this_process() -> None:
    before = conftest.resident_bytes()
    held = b"\1" * (64 << 20)

    assert conftest.resident_bytes() > before + len(held) // 2
