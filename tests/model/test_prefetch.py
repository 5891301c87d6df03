"""Things made ahead, also where the system starts no thread."""

from __future__ import annotations

import threading
from typing import NoReturn

import pytest

from tcptui.model.prefetch import Prefetch, each_prefetched


@pytest.fixture
def no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


@pytest.mark.usefixtures("no_thread")
def test_without_a_thread_it_is_made_at_once() -> None:
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        return 2 * number

    assert list(each_prefetched(make, range(3))) == [0, 2, 4]
    assert made == [0, 1, 2]


@pytest.mark.usefixtures("no_thread")
def test_without_a_thread_what_fails_fails_when_it_is_taken() -> None:
    ahead = Prefetch(lambda: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        ahead.take()
