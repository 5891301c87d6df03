"""Keys are handled in the order in which they were typed, also those on their way when the focus moves."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import Input

from tcptui import ui
from tcptui.ui.follow.screen import FollowScreen
from tcptui.ui.main.prompt_line import PromptLine
from tcptui.ui.main.workspace import Workspace
from tcptui.ui.screens.help import HelpScreen
from tests.ui.conftest import settled, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which each key is a while on its way from the pane up to the app."""

    async def later(_workspace: Workspace, _event: events.Key) -> None:
        await asyncio.sleep(0.02)

    monkeypatch.setattr(Workspace, "on_key", later, raising=False)


def typed(shown: Shown, *keys: str) -> None:
    for key in keys:
        character = {"slash": "/", "full_stop": "."}.get(key, key if len(key) == 1 else None)
        shown.pilot.app.post_message(events.Key(key, character))


async def test_letters_and_enter_do_not_overtake_what_was_typed_before_the_line_was_open(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        meant: list[str] = []
        shown.screen.controllers.filtering.narrow = lambda text, **_how: meant.append(text)  # type: ignore[method-assign]
        line = shown.screen.query_one(PromptLine)

        typed(shown, "slash", *"first ")
        await until(lambda: isinstance(shown.pilot.app.focused, Input))
        typed(shown, *"second", "enter")
        await until(lambda: not line.is_open and len(meant) >= len("first second"))
        await shown.settle()

        assert meant[-1] == "first second"
        assert not line.is_open


async def test_keys_behind_enter_are_no_longer_meant_for_the_line(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        typed(shown, "slash", *"1")
        await until(lambda: isinstance(shown.pilot.app.focused, Input))
        typed(shown, "enter", "question_mark")
        await until(lambda: isinstance(shown.pilot.app.screen, HelpScreen))

        assert shown.screen.query_one(PromptLine).text == "1"


async def test_keys_go_to_what_has_the_focus_once_none_is_on_its_way(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        typed(shown, "question_mark")
        await until(lambda: isinstance(shown.pilot.app.screen, HelpScreen))
        typed(shown, "escape")
        await until(lambda: shown.pilot.app.screen is shown.screen)
        typed(shown, "slash", *"10.")
        await until(lambda: shown.screen.query_one(PromptLine).text == "10.")


async def test_keys_typed_right_behind_the_one_that_opens_follow_stream_find_in_it(
    show: Show, mixed_session: Session
) -> None:
    """The text asked for the focus late, and took it from the field: its letters were commands, 0 the overview."""
    async with show(mixed_session) as shown:
        typed(shown, "F", "slash", *"00")
        app = shown.pilot.app
        await until(lambda: isinstance(app.screen, FollowScreen) and isinstance(app.focused, Input))
        await settled(shown.pilot, lambda: app.screen.query_one(Input).value == "00")

        assert isinstance(app.screen, FollowScreen)


def test_focus_moves_at_once() -> None:
    """`Widget.focus` waits for its turn, and keys that are typed meanwhile go astray; `Screen.set_focus` does not."""
    sources = Path(ui.__path__[0]).rglob("*.py")

    assert [path.name for path in sources if ".focus()" in path.read_text(encoding="utf-8")] == []
