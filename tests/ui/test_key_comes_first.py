"""What the screen does by itself waits while a key is being answered."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tcptui.access.progress import Phase
from tcptui.session.input_priority import InputPriority
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


async def test_panes_follow_the_cursor_when_the_key_is_answered(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with show(mixed_session) as shown:
        workspace = shown.screen.workspace
        workspace._schedule()
        due = len(workspace._due)
        monkeypatch.setattr(InputPriority, "waiting", True)
        workspace._settle()
        assert len(workspace._due) == due > 0
        assert not workspace.settled
        monkeypatch.setattr(InputPriority, "waiting", False)
        await shown.settle()
        assert workspace.settled
        assert not workspace._due


async def test_screen_that_keeps_up_with_its_session_leaves_out_a_beat(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with show(mixed_session) as shown:
        ticks: list[None] = []
        monkeypatch.setattr(shown.screen, "tick", lambda: ticks.append(None))
        monkeypatch.setattr(InputPriority, "waiting", True)
        shown.screen._on_timer()
        assert not ticks
        monkeypatch.setattr(InputPriority, "waiting", False)
        shown.screen._on_timer()
        assert ticks


@pytest.mark.parametrize("phase", [Phase.LOADING, Phase.DONE])
async def test_connections_are_looked_at_beside_the_screen(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch, phase: Phase
) -> None:
    judged, read = mixed_session.current_findings, mixed_session.application
    beside: dict[str, set[bool]] = {"findings": set(), "messages": set()}

    def findings(stream: int) -> object:
        beside["findings"].add(threading.current_thread() is not threading.main_thread())
        return judged(stream)

    def messages(stream: int) -> object:
        beside["messages"].add(threading.current_thread() is not threading.main_thread())
        return read(stream)

    async with show(mixed_session) as shown:
        monkeypatch.setattr(mixed_session.catch_up, "progress", replace(mixed_session.progress, phase=phase))
        monkeypatch.setattr(mixed_session, "current_findings", findings)
        monkeypatch.setattr(mixed_session, "application", messages)
        await shown.press("down")
        await shown.pilot.app.workers.wait_for_complete()
        await shown.settle()
        stream = shown.screen.workspace.ladder.stream
        shows = (stream, shown.screen.workspace.findings)

    assert shows == (stream, judged(stream).findings)
    assert beside == {name: {True} for name in beside}
