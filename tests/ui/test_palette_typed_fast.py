"""Ctrl+P and what is typed behind it, all in one piece, as a slow line brings it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from screen_lines import screen_lines
from textual import events
from textual.command import CommandList
from textual.widgets import Input

from tcptui.ui.main.column_names import SortKey
from tcptui.ui.palette import ActionCommands, Palette
from tests.ui.conftest import turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from textual.command import Hits

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which it takes a while to look up what is typed."""
    search = ActionCommands.search

    async def later(commands: ActionCommands, query: str) -> Hits:
        await asyncio.sleep(0.1)
        async for hit in search(commands, query):
            yield hit

    monkeypatch.setattr(ActionCommands, "search", later)


def is_closed(shown: Shown) -> bool:
    return not isinstance(shown.pilot.app.screen, Palette)


def lists_what_fits(shown: Shown, typed: str) -> bool:
    """Whether the search for all of ``typed`` has ended, and something was found."""
    palette = shown.pilot.app.screen
    if not isinstance(palette, Palette) or palette.query_one(Input).value != typed:
        return False
    found = palette.query_one(CommandList)
    searched = all(worker.is_finished for worker in palette.workers if worker.node is palette)
    return searched and any(not found.get_option_at_index(place).disabled for place in range(found.option_count))


async def type_at_once(shown: Shown, *keys: str, until: Callable[[Shown], bool] = is_closed) -> None:
    """Have the app find all keys waiting; then let it come to rest."""
    for key in keys:
        shown.pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
    async for _ in turns():
        await shown.pilot.pause()
        if until(shown) and not shown.pilot.app.has_typed_ahead:
            break
    else:
        raise AssertionError("it did not come to that")
    await shown.settle()


@pytest.mark.parametrize("typed", ["sort", "sort the connections"])
async def test_first_that_fits_is_done(show: Show, mixed_session: Session, typed: str) -> None:
    async with show(mixed_session) as shown:
        await type_at_once(shown, "ctrl+p", *typed, "enter")
        assert not isinstance(shown.pilot.app.screen, Palette)
        assert shown.screen.workspace.connections.index.sorting.key is not SortKey.START


async def test_nothing_is_done_when_nothing_fits(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        before = shown.screen.workspace.place
        await type_at_once(shown, "ctrl+p", *"xyzxyz", "enter")
        assert shown.screen.workspace.place == before
        assert shown.screen.workspace.connections.index.sorting.key is SortKey.START
        assert shown.pilot.app.is_running


async def test_what_was_looked_up_is_chosen_at_once(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await type_at_once(shown, "ctrl+p", *"sort", until=lambda shown: lists_what_fits(shown, "sort"))
        assert isinstance(shown.pilot.app.screen, Palette)
        await type_at_once(shown, "enter")
        assert shown.screen.workspace.connections.index.sorting.key is not SortKey.START


async def test_a_command_is_one_line_with_its_key_and_the_current_value(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (80, 24)) as shown:
        await shown.press("s")
        await shown.pilot.press("ctrl+p")
        async for _ in turns():
            await shown.pilot.pause()
            lines = [line.strip() for line in screen_lines(shown.pilot.app.screen)]
            commands = [line for line in lines if line.endswith(("Finding", "Moving", "Showing"))]
            if len(commands) >= 15:  # with two lines each there were 7
                break
        await shown.pilot.press(*"sort the c")
        async for _ in turns():
            await shown.pilot.pause()
            lines = [line.strip() for line in screen_lines(shown.pilot.app.screen)]
            if sum("Sort the connections" in line for line in lines) == 1:
                break
        (sort,) = [line for line in lines if "Sort the connections" in line]

        assert sort.startswith("s  ")
        assert "  problems  Finding" in sort
        assert len(commands) >= 15


async def test_letters_from_before_the_line_had_the_focus_are_in_it(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.pilot.press("ctrl+p")
        palette = shown.pilot.app.screen
        palette.set_focus(None)
        await shown.pilot.press("s", "o")
        assert palette.query_one(Input).value == "so"
