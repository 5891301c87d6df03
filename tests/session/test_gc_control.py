"""What the garbage collector no longer looks at, and when it looks again."""

from __future__ import annotations

import gc
import sys
import weakref
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from captures import Tape

from tcptui.session.gc_control import gc_paused_and_frozen, give_back
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path


class Capture:
    """Holds itself, as sessions and screens do."""

    def __init__(self) -> None:
        self.itself = self


def test_capture_that_was_open_while_something_was_imported_is_given_back_when_it_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capture = Capture()
    gone = weakref.ref(capture)
    with gc_paused_and_frozen():
        monkeypatch.setitem(sys.modules, "just_imported", ModuleType("just_imported"))
    del capture
    gc.collect()
    kept = gone()
    assert kept is not None
    del kept

    give_back()

    assert gone() is None
    assert gc.isenabled()


def test_second_capture_of_a_process_is_collected_once_it_is_over(tmp_path: Path) -> None:
    path = tmp_path / "one.pcap"
    tape = Tape()
    tape.handshake(0, "10.0.0.1:40000", "192.0.2.10:80")
    path.write_bytes(tape.pcap())
    over = []
    for _ in range(3):
        session = open_file(path)
        assert session.findings(0)
        session.close()
        over.append(weakref.ref(session))
    del session
    gc.collect()

    assert [capture() is None for capture in over[1:]] == [True, True]
