"""The screens as pictures.  Look at each before updating it: `pytest --snapshot-update`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot

from tcptui.session.session import open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.graph.screen import GraphScreen
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.overview.screen import OverviewScreen
from tcptui.ui.requests.screen import RequestsScreen
from tcptui.ui.view_options import FirstPage, ViewOptions
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tcptui.session.session import Session

    SnapCompare = Callable[..., bool]

pytestmark = pytest.mark.painted

CASES = Path(__file__).parents[2] / "cases"
SCREENS = [
    pytest.param((80, 24), Language.EN, False, ("j", "N"), id="80x24-connections"),
    pytest.param((80, 24), Language.EN, False, ("j", "enter", "n"), id="80x24-timeline"),
    pytest.param((80, 24), Language.ZH, False, ("j", "enter", "n", "3"), id="80x24-headers-zh"),
    pytest.param((120, 40), Language.EN, False, ("j", "enter", "G", "k"), id="120x40"),
    pytest.param((120, 40), Language.ZH, False, ("j", "enter", "G", "k"), id="120x40-zh"),
    pytest.param((100, 30), Language.EN, True, ("j", "enter"), id="100x30-ascii"),
    pytest.param((200, 50), Language.EN, False, ("j", "enter", "n"), id="200x50"),
    pytest.param((50, 12), Language.EN, False, (), id="too-small"),
]


@pytest.mark.parametrize(("size", "language", "ascii_only", "keys"), SCREENS)
def test_screen_looks_as_approved(
    snap_compare: SnapCompare, mixed_session: Session, size: tuple[int, int], language: Language, ascii_only: bool,
    keys: tuple[str, ...],
) -> None:  # fmt: skip
    async def play(pilot: Pilot[object]) -> None:
        for key in ("", *keys):
            if key:
                await pilot.press(key)
            screen = pilot.app.screen
            await pilot.pause()
            while isinstance(screen, MainScreen) and not (
                screen.workspace.settled and screen.controllers.verdicts.is_told
            ):
                await pilot.pause(0.005)
        await pilot.pause()

    app = TcptuiApp(mixed_session, language, ViewOptions(numeric=True, ascii=ascii_only))

    assert snap_compare(app, terminal_size=size, run_before=play)


@pytest.mark.parametrize(
    ("size", "language", "ascii_only"),
    [
        pytest.param((80, 24), Language.EN, False, id="80x24"),
        pytest.param((120, 40), Language.ZH, False, id="120x40-zh"),
        pytest.param((60, 16), Language.EN, True, id="60x16-ascii"),
        pytest.param((200, 50), Language.EN, False, id="200x50"),
    ],
)
def test_overview_looks_as_approved(
    snap_compare: SnapCompare, troubled_session: Session, size: tuple[int, int], language: Language, ascii_only: bool
) -> None:
    async def play(pilot: Pilot[object]) -> None:
        await pilot.press("0")
        screen = pilot.app.screen
        while isinstance(screen, OverviewScreen) and not screen.settled:
            await pilot.pause(0.005)
        await pilot.pause()

    app = TcptuiApp(troubled_session, language, ViewOptions(numeric=True, ascii=ascii_only))

    assert snap_compare(app, terminal_size=size, run_before=play)


@pytest.mark.parametrize(
    ("size", "language", "ascii_only"),
    [
        pytest.param((80, 24), Language.EN, False, id="80x24"),
        pytest.param((120, 40), Language.ZH, False, id="120x40-zh"),
        pytest.param((60, 16), Language.EN, True, id="60x16-ascii"),
    ],
)
def test_requests_look_as_approved(
    snap_compare: SnapCompare, corpus: Path, size: tuple[int, int], language: Language, ascii_only: bool
) -> None:
    async def play(pilot: Pilot[object]) -> None:
        for key in ("R", "tab", "down", "down"):
            await pilot.press(key)
            while not (isinstance(screen := pilot.app.screen, RequestsScreen) and screen.settled):
                await pilot.pause(0.005)
        await pilot.pause()

    session = open_file(corpus / "dev" / "nDPI-weibo.pcap")
    app = TcptuiApp(session, language, ViewOptions(numeric=True, ascii=ascii_only))

    assert snap_compare(app, terminal_size=size, run_before=play)


def test_screen_without_colour_looks_as_approved(
    snap_compare: SnapCompare, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def play(pilot: Pilot[object]) -> None:
        await pilot.press("j", "enter", "n")
        screen = pilot.app.screen
        while isinstance(screen, MainScreen) and not (screen.workspace.settled and screen.controllers.verdicts.is_told):
            await pilot.pause(0.005)

    app = TcptuiApp(mixed_session, Language.EN, ViewOptions(numeric=True))

    assert snap_compare(app, terminal_size=(120, 40), run_before=play)


@pytest.mark.parametrize(
    ("size", "language", "ascii_only", "keys"),
    [
        pytest.param((80, 24), Language.EN, False, ("n",), id="80x24"),
        pytest.param((120, 40), Language.ZH, False, ("n", "4"), id="120x40-zh"),
        pytest.param((60, 16), Language.EN, True, ("n",), id="60x16-ascii"),
    ],
)
def test_graph_looks_as_approved(
    snap_compare: SnapCompare, size: tuple[int, int], language: Language, ascii_only: bool, keys: tuple[str, ...]
) -> None:
    async def play(pilot: Pilot[object]) -> None:
        main = pilot.app.screen
        while isinstance(main, MainScreen) and not (main.workspace.settled and main.controllers.verdicts.is_told):
            await pilot.pause(0.005)
        await pilot.press("enter", "t")
        screen = pilot.app.screen
        while not isinstance(screen, GraphScreen) or screen.chart is None:
            await pilot.pause(0.005)
            screen = pilot.app.screen
        await pilot.press("g", *keys)
        await pilot.pause()

    session = open_file(CASES / "83-window-shrunk" / "server.pcapng.gz")
    app = TcptuiApp(session, language, ViewOptions(numeric=True, ascii=ascii_only, first_page=FirstPage.LIST))

    assert snap_compare(app, terminal_size=size, run_before=play)
