"""The language can be changed on the screen: what is shown stays, and the user stays where he is."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from screen_lines import screen_lines

from tcptui.cli.commands import Common, Display
from tcptui.cli.run.launch import Launch
from tcptui.lessons.loader import load_case, load_cases
from tcptui.model.finding import FindingId
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.learn.case_panel import CasePanel
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.connection_index import ChosenStreams
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.palette import is_valid_now, language_entries
from tcptui.ui.start.menu import Offer
from tcptui.ui.start.screen import StartScreen
from tcptui.ui.user_files import RecentFiles
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_name
from tcptui.words.language import Language
from tests.ui.conftest import Shown, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

TO_CHINESE = "app.set_language('zh')"


async def switch(shown: Shown) -> MainScreen:
    """Change to Chinese; the screen that is shown then."""
    app = shown.screen.app
    await app.run_action(TO_CHINESE)
    assert isinstance(app.screen, MainScreen)
    shown.screen = app.screen
    await shown.settle()
    return shown.screen


async def test_words_beside_a_stretch_stay(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("slash", "4", "0", "enter", "5", "g", "enter", "G", "enter")
        await until(lambda: shown.screen.controllers.filtering.is_at_rest)
        before = shown.screen.controllers.filtering.wanted
        screen = await switch(shown)
        await until(lambda: screen.controllers.filtering.is_at_rest)

        assert screen.controllers.filtering.words_beside == ("40",)
        assert screen.controllers.filtering.wanted == before != ""


async def test_connection_packet_pane_order_and_narrowing_stay(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("s", "s", "s", "slash", "4", "0", "enter", "j", "enter", "j", "3")
        before = shown.screen.workspace
        place, order = (before.ladder.stream, before.row, before.active), before.connections.index.order.tolist()
        screen = await switch(shown)
        after = screen.workspace

        assert (after.ladder.stream, after.row, after.active) == place
        assert after.active is Pane.HEADERS
        assert after.connections.index.order.tolist() == order
        assert after.connections.index.sorting.key is SortKey.PACKETS
        assert after.connections.index.narrowing.words == ("40",)
        assert after.connections.stream == place[0]
        assert "首部" in "\n".join(shown.lines())
        assert len(screen.app.screen_stack) == 2


async def test_group_that_the_list_is_narrowed_to_has_its_name_in_the_language(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        shown.screen.controllers.filtering.narrow_to(
            ChosenStreams(partial(finding_name, FindingId.CONNECTION_REFUSED), (2,))
        )
        await shown.settle()
        english, chinese = (
            finding_name(FindingId.CONNECTION_REFUSED, Words(each)) for each in (Language.EN, Language.ZH)
        )
        assert english in "\n".join(screen_lines(shown.screen))
        screen = await switch(shown)

        text = "\n".join(screen_lines(screen))
        assert chinese in text
        assert english not in text


async def test_list_in_front_stays_in_front(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, as_opened=True) as shown:
        await shown.press("j", "j")
        stream = shown.screen.workspace.connections.stream
        screen = await switch(shown)

        assert screen.workspace.active is Pane.CONNECTIONS
        assert screen.workspace.connections.stream == stream
        assert "客户端" in "\n".join(shown.lines())


async def test_case_goes_on_at_its_step() -> None:
    case = load_case("syn-timeout")
    session = await asyncio.to_thread(open_file, case.captures[0])
    app = TcptuiApp(session, Language.EN, ViewOptions(numeric=True), case)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        shown = Shown(pilot, app.screen)  # type: ignore[arg-type]
        await shown.settle()
        await shown.press("right_square_bracket", "r", "right_square_bracket")
        screen = await switch(shown)
        await pilot.pause()

        assert screen.walk is not None
        assert screen.walk.position == 2
        assert "2/3" in "\n".join(shown.lines())
        assert case.title[Language.EN] not in str(screen.query_one(CasePanel).border_title)


@pytest.mark.parametrize("keys", [("question_mark",), ("enter", "c")], ids=["help", "case above a capture"])
async def test_it_is_not_offered_where_it_would_lose_a_screen(
    show: Show, mixed_session: Session, keys: tuple[str, ...]
) -> None:
    async with show(mixed_session) as shown:
        app = shown.screen.app
        assert is_valid_now(app.screen, TO_CHINESE)
        await shown.press("j", *keys)
        while len(app.screen_stack) < 3:
            await shown.pilot.pause(0.005)
        assert not is_valid_now(app.screen, TO_CHINESE)


async def test_start_screen_changes_too() -> None:
    offer = Offer(RecentFiles(None), load_cases(), interfaces=tuple, counters=dict)
    app = TcptuiApp(None, Language.EN, ViewOptions(), offer=offer)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await app.run_action(TO_CHINESE)
        await pilot.pause()

        assert isinstance(app.screen, StartScreen)
        assert Words(Language.ZH)("guide.start.cases") in "\n".join(screen_lines(app.screen))
        assert app.options.language is Language.ZH


@pytest.mark.parametrize("language", list(Language))
def test_every_other_language_is_a_command_of_the_palette(language: Language) -> None:
    offered = {entry.action for entry in language_entries(Words(language))}

    assert offered == {f"app.set_language('{other.value}')" for other in Language if other is not language}


def test_language_that_was_chosen_counts_for_the_next_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TcptuiApp(None, Language.EN, ViewOptions())

    def chosen_meanwhile(shown: TcptuiApp, *_: object) -> int:
        shown.options = replace(shown.options, language=Language.ZH)
        shown.words = Words(Language.ZH)
        return 0

    monkeypatch.setattr("tcptui.cli.run.launch.run_app", chosen_meanwhile)
    with ExitStack() as stack:
        launch = Launch(Common(Language.EN), Words(Language.EN), stack)
        assert launch.run(app) == 0
        assert launch.options(Display()).language is Language.ZH
        assert launch.words.language is Language.ZH
