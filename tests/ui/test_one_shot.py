"""Timers that call once do so however late they are."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING

from textual import timer
from textual.app import App

from tcptui.ui.one_shot import call_after
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
