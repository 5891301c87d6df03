"""Fifty tasks by keys: each row of the table is done with the keys that stand there, and how many these are."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from running_source import RunningSource
from screen_lines import screen_lines

from tcptui.access.open_capture import is_looked_through
from tcptui.access.progress import Phase
from tcptui.capture.interfaces import Interface, Traffic
from tcptui.lessons.loader import load_case, load_cases
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.learn.case_walk import CaseWalk
from tcptui.ui.main import naming
from tcptui.ui.main import screen as main_screen
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.overview.screen import OverviewScreen
from tcptui.ui.start.menu import Offer
from tcptui.ui.start.screen import StartScreen
from tcptui.ui.user_files import RecentFiles
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tests.ui.conftest import SETTLES_IN_S
from tests.ui.tasks import MOST, TASKS, Scene, Task, shop, strokes

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot
    from textual.screen import Screen

#: Each of some hundred keys waits for the screen to come to rest; README's command leaves that out.
pytestmark = [pytest.mark.slow, pytest.mark.painted]
_HEADER = 24
#: Workers that go on for as long as the capture does.
_STAYING = {"session"}


async def rest(app: TcptuiApp, pilot: Pilot[Any]) -> None:
    """Wait until nothing is under way any more."""
    end = time.monotonic() + SETTLES_IN_S
    while True:
        await pilot.pause()
        screen = app.screen
        busy = {worker.group for worker in app.workers if not worker.is_finished} - _STAYING
        if isinstance(screen, MainScreen):
            told = screen.controllers.verdicts.is_told or app.session is None or app.session.live
            busy |= {name for name, is_so in (("panes", screen.workspace.settled), ("verdict", told)) if not is_so}
        elif isinstance(screen, OverviewScreen) and not screen.settled:
            busy.add("overview")
        if not busy:
            break
        assert time.monotonic() < end, f"still busy: {busy}"
        await asyncio.sleep(0.005)
    await pilot.pause()


class Desk:
    """An app in which one task after another is done, each from the beginning."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.folder = folder
        self.case = load_case("syn-timeout") if scene is Scene.STUDENT else None
        how: dict[str, Any] = {}
        match scene:
            case Scene.START:
                session = None
                ethernet = Interface("eth0", "eth0", ("192.168.1.23",), True, True, False, False, True)
                how["offer"] = Offer(
                    RecentFiles(None),
                    load_cases(),
                    interfaces=lambda: (ethernet,),
                    counters=lambda: {"eth0": Traffic(1, 1)},
                )
            case Scene.LIVE:
                recorded = shop(folder / "shop.pcap").read_bytes()
                source = RunningSource(recorded[:_HEADER], directory=folder)
                source.give(recorded[_HEADER:], 268)
                session = Session([source])
                session.local = True
                how.update(begin_anew=lambda: self.session.anew())
            case Scene.STUDENT:
                assert self.case is not None
                session = open_file(self.case.captures[0])
            case _:
                session = open_file(shop(folder / "shop.pcap"))
        numeric = scene in (Scene.STUDENT, Scene.LIVE)  # names are for the tasks with a file
        self.options = ViewOptions(language=scene.language, numeric=numeric, refresh_hz=10)
        self.app = TcptuiApp(session, scene.language, self.options, self.case, **how)

    @property
    def session(self) -> Session:
        assert self.app.session is not None
        return self.app.session

    def begin(self) -> Screen[Any]:
        """The screen on which every task begins."""
        app, words = self.app, Words(self.scene.language)
        app.words = words  # also behind a task that changed the language
        if self.scene is Scene.START:
            assert app.offer is not None
            return StartScreen(app.offer, words, app.glyphs)
        walk = None if self.case is None else CaseWalk(self.case)
        return MainScreen(self.session, words, app.glyphs, self.options, walk=walk)

    async def at_start(self, pilot: Pilot[Any]) -> None:
        """Put a new first screen in the place of everything that is open."""
        app = self.app
        while len(app.screen_stack) > 2:
            app.pop_screen()
        screen = self.begin()
        await app.switch_screen(screen)
        end = time.monotonic() + SETTLES_IN_S
        while isinstance(screen, MainScreen) and not (self.options.numeric or screen.controllers.naming.has_names):
            assert time.monotonic() < end, "no names"
            await pilot.pause(0.005)
        await rest(app, pilot)

    async def done(self, task: Task, pilot: Pilot[Any]) -> list[str]:
        """What is wrong with the screen after the keys of ``task``; nothing where it is done."""
        await self.at_start(pilot)
        for keys in strokes(f"{task.after} {task.typed}"):
            await pilot.press(*keys)
            await rest(self.app, pilot)
        text = "\n".join(line.rstrip() for line in screen_lines(self.app.screen)).replace("\N{NO-BREAK SPACE}", " ")
        missing = [f"not shown: {wanted}" for wanted in task.shows if not re.search(wanted, text)]
        wrong = missing + [f"shown: {unwanted}" for unwanted in task.hides if re.search(unwanted, text)]
        return [f"{task.scene.value}: {task.name} ({task.typed})", *wrong, text] if wrong else []


@pytest.mark.some(3)
@pytest.mark.parametrize("scene", list(Scene), ids=lambda scene: scene.value)
async def test_tasks_are_done_by_the_keys_of_the_table(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tcptui.ui.main.naming.scapy_child.load", lambda: None)  # no thread outlives the test
    monkeypatch.setattr(naming, "_WARM_UP_AFTER", 0.01)
    monkeypatch.setattr(naming, "_NAMES_BEAT", 0.01)
    monkeypatch.setattr(main_screen, "read_hosts", dict)
    monkeypatch.setattr(main_screen, "read_services", dict)
    monkeypatch.setattr("tcptui.capture.socket_diag.available", lambda: True)
    monkeypatch.setattr("tcptui.ui.screens.socket.look_up", lambda *_: None)
    desk = await asyncio.to_thread(Desk, scene, tmp_path)
    failed: list[str] = []
    async with desk.app.run_test(size=scene.size) as pilot:
        while scene is Scene.LIVE and not (
            desk.session.progress.phase is Phase.LIVE and is_looked_through(desk.session)
        ):
            await pilot.pause(0.005)
        for task in TASKS:
            if task.scene is scene:
                failed += await desk.done(task, pilot)
        if desk.app.session is not None:
            desk.app.session.stop()

    assert not failed, "\n".join(failed)


def test_tasks_are_fifty_of_three_users_and_none_is_long_without_a_reason() -> None:
    assert len(TASKS) >= 50
    assert len({(task.scene, task.name) for task in TASKS}) == len(TASKS)
    assert {task.scene for task in TASKS} == set(Scene)
    for task in TASKS:
        assert len(task.keys) <= MOST or task.why_long, task.name
        assert len(task.keys) > MOST or not task.why_long, task.name
