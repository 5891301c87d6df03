"""The palette goes to what is typed: a finding's connections, a connection, a case."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from tcptui.lessons.loader import load_cases
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.graph.screen import GraphScreen
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.overview.screen import OverviewScreen
from tcptui.ui.palette import ActionCommands, Palette
from tcptui.ui.start.choice import OpenCase
from tcptui.ui.start.menu import Offer
from tcptui.ui.start.screen import StartScreen
from tcptui.ui.user_files import RecentFiles
from tcptui.ui.view_options import ViewOptions
from tcptui.words.language import Language
from tests.ui.conftest import settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from textual.screen import Screen

    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


async def offered(screen: Screen[Any], query: str) -> list[tuple[str, str]]:
    """What the palette lists for ``query``, the best first: title and the line that is drawn."""
    hits = [hit async for hit in ActionCommands(screen).search(query)]
    return [(hit.text or "", str(hit.match_display)) for hit in sorted(hits, key=lambda hit: -hit.score)]


async def choose(shown: Shown, query: str, title: str) -> None:
    """Do what the palette lists under ``title``."""
    hits = [hit async for hit in ActionCommands(shown.screen).search(query)]
    result = next(hit for hit in hits if hit.text == title).command()
    if inspect.isawaitable(result):
        await result


@pytest.mark.parametrize(("language", "typed"), [(Language.EN, "refused"), (Language.ZH, "拒绝")])
async def test_finding_is_offered_first_and_lists_its_connections(
    show: Show, troubled_session: Session, language: Language, typed: str
) -> None:
    async with show(troubled_session, (120, 40), language) as shown:
        watch = shown.screen.controllers.verdicts.watch
        await settled(shown.pilot, lambda: watch.is_settled)
        await shown.press("ctrl+p")
        palette = shown.pilot.app.screen
        assert isinstance(palette, Palette)
        for letter in typed:
            await shown.pilot.press(letter)
        await shown.pilot.press("enter")
        await settled(shown.pilot, lambda: isinstance(shown.pilot.app.screen, MainScreen))
        connections = shown.screen.workspace.connections
        await settled(shown.pilot, lambda: connections.row_count == 5)
        chosen = connections.index.narrowing.chosen

    assert chosen is not None
    assert sorted(chosen.streams) == [0, 1, 2, 3, 4]


async def test_command_that_is_typed_comes_before_places(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session) as shown:
        await settled(shown.pilot, lambda: shown.screen.controllers.verdicts.watch.is_settled)
        first = await offered(shown.screen, "sort")

    assert first[0][0] == shown.screen.words("screen.key.sort")


@pytest.mark.parametrize(
    ("typed", "commands"),
    [
        ("export", ["screen.key.export", "screen.key.save", "screen.key.save_matching"]),
        ("translate", ["guide.palette.language.zh"]),
        ("top talkers", ["screen.key.groups"]),
        ("plot", ["screen.key.graph"]),
        ("xprt", ["guide.palette.nothing"]),
    ],
)
async def test_command_is_found_by_other_names_for_it_and_not_by_letters_spread_over_its_title(
    show: Show, mixed_session: Session, typed: str, commands: list[str]
) -> None:
    async with show(mixed_session) as shown:
        found = await offered(shown.screen, typed)
        words = shown.screen.words

    assert [title for title, _ in found] == [words(key) for key in commands]


async def test_page_offers_the_commands_of_the_screen_beneath_and_makes_way_for_them(
    show: Show, troubled_session: Session
) -> None:
    async with show(troubled_session, (80, 24)) as shown:
        app, words = shown.pilot.app, shown.screen.words
        await shown.pilot.press("0")
        await settled(shown.pilot, lambda: isinstance(app.screen, OverviewScreen))
        page = app.screen
        named = await offered(page, "top talkers")
        language = await offered(page, "chinese")
        await shown.press("ctrl+p", *"sequence", "enter")
        await settled(shown.pilot, lambda: isinstance(app.screen, GraphScreen))
        left = page not in app.screen_stack

    assert [title for title, _ in named] == [words("screen.key.groups")]
    assert [title for title, _ in language] == [words("guide.palette.language.zh")]
    assert left


async def test_address_and_port_go_to_a_connection_even_where_the_list_is_narrowed(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        connections = shown.screen.workspace.connections
        listed = await offered(shown.screen, "40003")
        shown.screen.controllers.filtering.narrow("10.0.0.1")
        await shown.settle()
        await choose(shown, "40003", "10.0.0.2:40003 → 192.0.2.20:8443")
        await settled(shown.pilot, lambda: connections.stream == 2)
        narrowing = connections.index.narrowing

    assert [title for title, _line in listed] == ["10.0.0.2:40003 → 192.0.2.20:8443"]
    assert not narrowing


async def test_address_of_several_connections_lists_them(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        listed = [title for title, _line in await offered(shown.screen, "192.0.2.10")]
        await choose(shown, "192.0.2.10", listed[0])
        await settled(shown.pilot, lambda: shown.screen.workspace.connections.row_count == 3)

    assert listed[0] == "List the 3 connections with “192.0.2.10”"
    assert len(listed) == 4


async def test_case_opens_above_the_capture_and_esc_comes_back(show: Show, mixed_session: Session) -> None:
    case = next(case for case in load_cases() if case.id == "zero-window")
    async with show(mixed_session) as shown:
        before = shown.screen
        await choose(shown, case.title.en, f"{case.number:03} {case.title.en}")
        await settled(shown.pilot, lambda: (now := shown.pilot.app.screen) is not before and now.is_mounted)
        opened = shown.pilot.app.screen
        assert isinstance(opened, MainScreen)
        walk = opened.walk

    assert walk is not None
    assert walk.case.id == case.id
    assert opened.nested


async def test_case_does_not_give_its_findings_away() -> None:
    case = next(case for case in load_cases() if case.id == "zero-window")
    app = TcptuiApp(await asyncio.to_thread(open_file, case.captures[0]), options=ViewOptions(numeric=True), case=case)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, lambda: isinstance(app.screen, MainScreen))
        screen = app.screen
        assert isinstance(screen, MainScreen)
        told = await screen.palette_places("window")
        titles = [entry.title for entry in told]

    assert titles
    assert all(title[:3].isdigit() for title in titles)


async def test_hostile_name_of_a_host_is_text(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        listed = await offered(shown.screen, "[@click=app.quit]x[/]")

    assert listed[0][0] == shown.screen.words("guide.palette.nothing")


async def test_current_values_stand_beside_what_changes_them(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        words = shown.screen.words
        await shown.press("z")
        shown.screen.controllers.filtering.narrow("443")
        now = {entry.action: entry.now for entry in shown.screen.palette_entries()}

    assert now["zoom"] == words("guide.palette.on")
    assert now["follow"] == now["pause"] == words("guide.palette.off")
    assert now["narrow"] == "443"


async def test_case_is_offered_on_the_start_screen(tmp_path: Path) -> None:
    cases = load_cases()
    chosen: list[object] = []
    app = TcptuiApp(None, offer=Offer(RecentFiles(tmp_path), cases, interfaces=list, counters=dict))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, lambda: isinstance(app.screen, StartScreen))
        screen = app.screen
        assert isinstance(screen, StartScreen)
        places = await screen.palette_places("zero window")
        assert places[0].go is not None
        places[0].go()
        await settled(pilot, lambda: app.return_value is not None)
        chosen.append(app.return_value)

    assert isinstance(chosen[0], OpenCase)
    assert chosen[0].id == "zero-window"
