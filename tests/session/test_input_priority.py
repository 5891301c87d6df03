"""Work in the background waits while a key is being answered, and never for long."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest
from hand_clock import HandClock

from tcptui.session import input_priority as module
from tcptui.session.input_priority import LONGEST, MOST, InputPriority, imports_yield_to_input

if TYPE_CHECKING:
    from pathlib import Path


class Waits:
    """Stands for the event: notes how long somebody would wait."""

    def __init__(self) -> None:
        self.set_ = True
        self.waited: list[float] = []

    def set(self) -> None:
        self.set_ = True

    def clear(self) -> None:
        self.set_ = False

    def is_set(self) -> bool:
        return self.set_

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return self.set_


@pytest.fixture
def polite() -> tuple[InputPriority, HandClock, Waits]:
    clock, waits = HandClock(), Waits()
    made = InputPriority(clock)
    made._free = waits  # type: ignore[assignment]
    return made, clock, waits


def test_nobody_waits_while_no_key_was_pressed(polite: tuple[InputPriority, HandClock, Waits]) -> None:
    made, _clock, waits = polite
    made.step_aside()
    assert waits.waited == []


def test_key_is_waited_for_until_it_is_answered_and_no_longer_than_that_takes(
    polite: tuple[InputPriority, HandClock, Waits],
) -> None:
    made, clock, waits = polite
    made.asked()
    made.step_aside()
    clock.now += MOST / 2
    made.step_aside()
    clock.now += MOST
    made.step_aside()
    assert waits.waited == pytest.approx([MOST, MOST / 2, 0.0])
    made.answered()
    made.step_aside()
    assert len(waits.waited) == 3


def test_key_is_unanswered_for_longer_than_it_is_waited_for(polite: tuple[InputPriority, HandClock, Waits]) -> None:
    made, clock, _waits = polite
    seen = [(made.waiting, made.unanswered)]
    made.asked()
    for seconds in (0.0, 2 * MOST, 2 * LONGEST):
        clock.now = 100.0 + seconds
        seen.append((made.waiting, made.unanswered))
    clock.now = 100.0
    made.answered()
    seen.append((made.waiting, made.unanswered))
    assert seen == [(False, False), (True, True), (False, True), (False, False), (False, False)]


def test_only_imports_of_a_polite_thread_stand_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first_of_all", "second_of_all"):
        (tmp_path / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    stepped: list[int] = []
    monkeypatch.setattr(
        module.input_priority, "step_aside", lambda: stepped.append(threading.get_ident()), raising=False
    )
    finders = len(sys.meta_path)

    def run() -> None:
        with imports_yield_to_input():
            __import__("first_of_all")
        __import__("second_of_all")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(600)

    assert stepped == [thread.ident]
    assert len(sys.meta_path) <= finders + 1
    sys.modules.pop("first_of_all")
    sys.modules.pop("second_of_all")


def test_main_thread_never_waits_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "third_of_all.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    stepped: list[None] = []
    monkeypatch.setattr(module.input_priority, "step_aside", lambda: stepped.append(None), raising=False)
    with imports_yield_to_input():
        __import__("third_of_all")
    sys.modules.pop("third_of_all")
    assert stepped == []
