"""Timers that call once do so however late they are."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING

from screen_lines import screen_lines
from textual import timer
from textual.app import App

from tcptui.ui.one_shot import PunctualApp, call_after
from tests.ui.conftest import until

if TYPE_CHECKING:
    import pytest


class _Late:
    """A clock of which a second passes between any two looks."""

    def __init__(self) -> None:
        self._seconds = count()

    def get_time(self) -> float:
        return float(next(self._seconds))


async def test_timer_that_is_late_before_it_begins_to_wait_calls_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    app: App[None] = App()
    async with app.run_test():
        with monkeypatch.context() as late:
            late.setattr(timer, "_time", _Late())
            app.set_timer(0.004, lambda: called.append("Textual's"))
            call_after(app, 0.004, lambda: called.append("ours"))
            await until(lambda: "ours" in called)
            await asyncio.sleep(0)

    assert called == ["ours"], "should Textual's call too some day, `call_after` may go"


async def test_resize_that_is_late_is_acted_on_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    app: PunctualApp[None] = PunctualApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.resize_terminal(81, 24)  # Textual acts on the first one without a timer
        with monkeypatch.context() as late:
            late.setattr(timer, "_time", _Late())
            await pilot.resize_terminal(100, 30)
            await until(lambda: len(screen_lines(app.screen)) == 30)
