"""Threads that read one capture at once read what one alone does; the campaign (`threads.py`) finds it where not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.campaigns import threads


@pytest.mark.some(1)
@pytest.mark.parametrize("case", ["132-http2-flow-control", "108-tls-handshake", "144-lock-wait"])
def test_several_threads_read_a_capture_as_one_does(case: str) -> None:
    capture = next((threads.CASES / case).glob("*.pcap*"))
    alone = threads.in_new_process(capture, 1, 1)

    assert not threads.differences(capture, alone, 3, 1)
    assert not [line for line in alone if line.startswith("raised")]


def test_reading_that_differs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "in_new_process", lambda *_: {"0123 search", "4567 names"})

    found = threads.differences(Path("cases/a/b.pcap"), {"0123 search", "89ab names"}, 2, 1)

    assert [str(one) for one in found] == ["a: 4567 names", "a: 89ab names"]
