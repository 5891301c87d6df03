"""Every screen and every key that leaves something: the table of the docs, tried cell by cell."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import re
import struct
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from merged_captures import two_captures
from other_frames import ip
from rich.cells import cell_len
from running_source import RunningSource
from screen_lines import screen_lines
from textual import events
from textual.command import CommandPalette
from textual.keys import key_to_character as _key_to_character
from textual.screen import Screen
from textual.widgets import Input

import tcptui.ui
from tcptui.access.open_capture import is_looked_through
from tcptui.access.progress import Phase
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.export.screen import ExportScreen
from tcptui.ui.leaving import Way
from tcptui.ui.main.connection_index import ChosenStreams
from tcptui.ui.main.layout import MIN_WIDTH
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.merged.screen import MergedScreen
from tcptui.ui.other.screen import OtherScreen
from tcptui.ui.requests.screen import RequestsScreen
from tcptui.ui.screens.noticing import NOTICE_SECONDS, NoticingScreen
from tcptui.ui.screens.socket import SocketScreen
from tcptui.ui.start.choice import BackToStart, RestartCapture
from tcptui.ui.start.menu import Offer
from tcptui.ui.user_files import LearningRecord, RecentFiles
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import settled, turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from tests.ui.conftest import Wire

DOCS: Final = Path(__file__).parents[2] / "tcptui" / "docs" / "leaving.md"
HEADER: Final = 24
KEYS: Final = {"q": "q", "Esc": "escape", "Ctrl+C": "ctrl+c", "C": "C", "i": "i"}
#: Keys that bring each screen of the docs' table to the front.
WAYS_IN: Final = {
    "main screen": (),
    "timeline": ("enter",),
    "traffic": ("5",),
    "stretch being chosen": ("5", "left", "enter", "right"),
    "zoomed pane": ("z",),
    "narrowed list": ("slash", "4", "0", "enter"),
    "filtered list": ("slash", *"tcp", "enter"),
    "hits of a search": ("enter", "ctrl+f", *"page", "enter", "enter"),
    "paused display": ("space",),
    "open question": ("enter", "p"),
    "revealed answer": ("enter", "p", "r"),
    "prompt for a text": ("slash",),
    "prompt for a packet": ("colon",),
    "prompt for a file": ("w",),
    "prompt for a file of matching packets": ("slash", *"tcp", "enter", "W"),
    "prompt for a note": ("M",),
    "prompt for a filter's name": ("slash", *"ip", "enter", "slash", "ctrl+s"),
    "menu of filters": ("equals_sign",),
    "prompt for a column": ("plus",),
    "menu of columns": ("plus", *"ip", "enter", "plus", *"tcp", "enter", "minus"),
    "menu of orders": ("O",),
    "form of a filter": ("slash", "ctrl+o"),
    "overview": ("0",),
    "follow stream": ("F",),
    "prompt in follow stream": ("F", "slash"),
    "prompt for a packet in follow stream": ("F", "colon"),
    "graphs": ("t",),
    "export": ("x",),
    "prompt in export": ("x", "slash"),
    "narrowed export": ("x", "slash", *"page", "enter"),
    "prompt for a folder in export": ("x", "W"),
    "search": ("ctrl+f", "z", "enter"),
    "prompt in search": ("ctrl+f",),
    "grouped connections": ("b",),
    "requests": ("R",),
    "prompt in requests": ("R", "slash"),
    "narrowed requests": ("R", "tab", "slash", *"page", "enter"),
    "statements of requests": ("R", "tab", "b"),
    "packets that are not TCP": ("u",),
    "conversations that are not TCP": ("u", "enter"),
    "one packet that is not TCP": ("u", "enter", "enter", "enter"),
    "prompt in packets that are not TCP": ("u", "slash"),
    "prompt for a packet that is not TCP": ("u", "colon"),
    "kernel's view": (),
    "help": ("question_mark",),
    "help above another screen": ("F", "question_mark"),
    "palette": ("ctrl+p",),
    "case above a capture": ("c",),
    "two captures": (),
    "ladder of two captures": ("enter",),
    "start screen": (),
    "prompt on the start screen": ("slash",),
    "prompt for a path on the start screen": ("o",),
    "prompt for a capture filter on the start screen": ("f",),
}
#: The class of the screen in front, where it is not the main one.
SCREEN_OF: Final = {
    "menu of filters": "FilterMenu",
    "menu of columns": "ColumnMenu",
    "menu of orders": "SortMenu",
    "form of a filter": "FilterForm",
    "overview": "OverviewScreen",
    "search": "SearchScreen",
    "prompt in search": "SearchScreen",
    "grouped connections": "GroupsScreen",
    "requests": "RequestsScreen",
    "prompt in requests": "RequestsScreen",
    "narrowed requests": "RequestsScreen",
    "statements of requests": "RequestsScreen",
    "follow stream": "FollowScreen",
    "prompt in follow stream": "FollowScreen",
    "prompt for a packet in follow stream": "FollowScreen",
    "graphs": "GraphScreen",
    "export": "ExportScreen",
    "prompt in export": "ExportScreen",
    "narrowed export": "ExportScreen",
    "prompt for a folder in export": "ExportScreen",
    "packets that are not TCP": "OtherScreen",
    "conversations that are not TCP": "OtherScreen",
    "one packet that is not TCP": "OtherScreen",
    "prompt in packets that are not TCP": "OtherScreen",
    "prompt for a packet that is not TCP": "OtherScreen",
    "kernel's view": "SocketScreen",
    "help": "HelpScreen",
    "help above another screen": "HelpScreen",
    "palette": "Palette",
    "two captures": "MergedScreen",
    "ladder of two captures": "LadderScreen",
    "start screen": "StartScreen",
    "prompt on the start screen": "StartScreen",
    "prompt for a path on the start screen": "StartScreen",
    "prompt for a capture filter on the start screen": "StartScreen",
}
ASKS: Final = {
    "leaves": "Not saved (w saves). Press again to quit.",
    "chooses": "The capture is not saved (w saves). Press again to leave.",
    "anew": "This forgets every packet so far",
}
ASKS_ABOUT_NOTES: Final = {
    "leaves": "Marks and notes were not written. Press again to quit.",
    "chooses": "Marks and notes were not written. Press again to leave.",
}
#: What leads elsewhere is tried last: the app begins anew for what is left.
MOVES: Final = {"typed": 1, "back": 2, "anew": 3}
#: A key that does nothing anywhere.
OTHER: Final = "f9"


def table(heading: str) -> list[dict[str, str]]:
    """The rows of the first table below ``heading`` of the docs, by column."""
    text = DOCS.read_text(encoding="utf-8").partition(f"## {heading}\n")[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", text, re.M)]
    ends = next((at for at, row in enumerate(rows) if at > 1 and set("".join(row)) == {"-"}), len(rows) + 1)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2 : ends - 1]]


SCREENS: Final = table("What a key does")
KINDS: Final = table("What asks first")


def test_every_screen_of_the_table_is_tried() -> None:
    assert {row["in front"] for row in SCREENS} == set(WAYS_IN)
    assert {row[key] for row in SCREENS for key in KEYS} == {*ASKS, "back", "typed", "nothing", ""}


@pytest.mark.parametrize("language", Language)
def test_question_before_packets_are_forgotten_is_whole_on_the_narrowest_terminal(language: Language) -> None:
    leaves = [way.value + about for way in (Way.QUIT, Way.CHOOSE) for about in ("", ".notes", ".both")]
    for key in (*leaves, Way.CLEAR.value):
        assert cell_len(Words(language)(key)) <= MIN_WIDTH - 2


def screens_of(base: type[object]) -> set[str]:
    """The program's own classes below ``base`` that nothing is made of any more."""
    below = [each for each in base.__subclasses__() if each.__module__.startswith(("tcptui.", "textual."))]
    own = {base.__name__} if not below and base.__module__.startswith("tcptui.") else set()
    return own.union(*map(screens_of, below))


def test_every_screen_of_the_program_is_in_the_table() -> None:
    for module in pkgutil.walk_packages(tcptui.ui.__path__, "tcptui.ui."):
        importlib.import_module(module.name)

    assert screens_of(Screen) == {"MainScreen", *SCREEN_OF.values()}


def typed_by(key: str) -> str | None:
    """The character of ``key``; None for a key that types none."""
    name = key if len(key) == 1 else {"space": " "}.get(key) or _key_to_character(key)
    return name if name and name.isprintable() else None


class Driven:
    """An app under a pilot; that it was left is noted instead of done."""

    def __init__(self, app: TcptuiApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot
        self.left: list[object] = []
        self.awaited = {"case", "anew", "save"}
        """Groups of workers that end by themselves."""
        app.exit = lambda result=None, *_, **__: self.left.append(result)  # type: ignore[method-assign]

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def burst(self, *keys: str) -> None:
        """Have the app find all keys waiting, as one read brings them; then wait until nothing is under way."""
        for key in keys:
            self.app.post_message(events.Key(key, typed_by(key)))
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is under way: no screen being opened, no worker of this app that ends by itself."""
        async for _ in turns():
            await self.pilot.pause()
            leaving = self.app.leaving
            waits = self.app.has_typed_ahead or (leaving.is_asking and not leaving.is_drawn)
            workers = (worker for worker in self.app.workers if worker.is_running)
            if not waits and not any(worker.group in self.awaited for worker in workers):
                break
        else:
            raise AssertionError("it did not come to that")
        await self.pilot.pause()

    def dismiss_notice(self) -> None:
        """Have no question on the screen."""
        if isinstance(self.app.screen, NoticingScreen):
            self.app.screen.end_notice()

    async def until(self, condition: Callable[[], bool]) -> None:
        await settled(self.pilot, condition)

    async def main_screen_after(self, before: MainScreen) -> MainScreen:
        """The main screen that took the place of ``before``, once it has begun: Textual shows it a little earlier."""
        await self.until(lambda: self.app.screen is not before and self.app.screen.is_mounted)
        assert isinstance(self.app.screen, MainScreen)
        return self.app.screen

    @property
    def shown(self) -> str:
        return "\n".join(screen_lines(self.app.screen))

    @property
    def question(self) -> str:
        """Which question stands on the screen; empty: none."""
        asks = (*ASKS.items(), *ASKS_ABOUT_NOTES.items())
        shown = self.shown
        return next((way for way, text in asks if text in shown), "")

    @property
    def typed(self) -> str:
        """What has been typed into the line that has the focus."""
        return self.app.focused.value if isinstance(self.app.focused, Input) else ""

    @property
    def place(self) -> tuple[object, ...]:
        """Where the user is: screens, open line, pane, zoom, narrowing, question, stretch."""
        screens = tuple(type(screen).__name__ for screen in self.app.screen_stack)
        is_typing = isinstance(self.app.focused, Input)
        screen = self.app.screen
        if isinstance(screen, OtherScreen):
            return screens, is_typing, self.shown.splitlines()[0]  # where it is among protocols, conversations, packets
        if isinstance(screen, RequestsScreen):
            return screens, is_typing, screen.is_grouped, "" if is_typing else screen.requests.narrowed
        if isinstance(screen, ExportScreen):
            return screens, is_typing, "" if is_typing else screen.files.wanted
        if not isinstance(screen, MainScreen):
            return screens, is_typing
        workspace = screen.workspace
        narrowing = () if is_typing else workspace.connections.index.narrowing.words
        asked = screen.controllers.lessons.prediction is not None
        chosen = screen.controllers.traffic.pane.told if workspace.active is Pane.GLANCE else ""
        lists = "" if is_typing else screen.controllers.filtering.wanted, workspace.found is not None, screen.paused
        return screens, is_typing, workspace.active, workspace.arrangement.zoomed, narrowing, asked, chosen, *lists


@pytest.fixture
def records(wire: Wire, tmp_path: Path) -> bytes:
    """Thirteen packets: a connection in which one was lost."""
    wire.lossy(0, "10.0.0.1:40001", "192.0.2.10:80")
    return wire.pcap(tmp_path / "lossy.pcap").read_bytes()


@pytest.fixture
def capture(records: bytes, tmp_path: Path) -> tuple[Session, RunningSource]:
    """A live capture in a temporary spool, with those packets."""
    return live(records, tmp_path)


def live(records: bytes, directory: Path, *, limit_bytes: int | None = 1 << 30) -> tuple[Session, RunningSource]:
    source = RunningSource(records[:HEADER], limit_bytes=limit_bytes, directory=directory)
    source.give(records[HEADER:], 13)
    session = Session([source])
    session.local = True
    return session, source


@asynccontextmanager
async def driven(session: Session | None, **how: Any) -> AsyncIterator[Driven]:
    how.setdefault("options", ViewOptions(numeric=True, refresh_hz=10))
    app = TcptuiApp(session, Language.EN, **how)
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driven(app, pilot)
        if session is not None:
            await driver.until(lambda: isinstance(app.screen, MainScreen) and app.screen.workspace.ladder.row_count > 0)
        yield driver
        if app.session is not None:
            app.session.stop()


@asynccontextmanager
async def at(screen: str, session: Session, tmp_path: Path) -> AsyncIterator[tuple[Driven, list[tuple[object, ...]]]]:
    """The app with ``screen`` in front, and the places on the way to it."""
    if "start screen" in screen:
        offer = Offer(RecentFiles(tmp_path), [], interfaces=tuple, counters=dict)
        how: dict[str, Any] = {"offer": offer}
    elif "two captures" in screen:
        how = {"merging": await asyncio.to_thread(two_captures, tmp_path)}
    else:
        how = {"begin_anew": session.anew}
    async with driven(session if "begin_anew" in how else None, **how) as driver:
        if "merging" in how:
            await driver.until(lambda: isinstance(driver.app.screen, MergedScreen) and driver.app.screen.settled)
        if screen == "prompt for a note":
            session.capture_file = tmp_path / "noted.pcap"  # notes stand beside a file, which they recognise
            session.capture_file.write_bytes(bytes(100))
        if screen in ("open question", "revealed answer", "case above a capture"):
            await driver.until(lambda: is_looked_through(session))
            await driver.press("e", "escape") if screen == "case above a capture" else None
        places = [driver.place]
        for key in WAYS_IN[screen]:
            await driver.press(key)
            places.append(driver.place)
        if screen == "kernel's view":
            driver.app.push_screen(SocketScreen(session, 0, driver.app.words, driver.app.glyphs))
            await driver.settle()
            places.append(driver.place)
        assert not WAYS_IN[screen] or places[-1] != places[0]
        assert type(driver.app.screen).__name__ == SCREEN_OF.get(screen, "MainScreen")
        yield driver, places


@pytest.mark.some(27)
@pytest.mark.parametrize("row", SCREENS, ids=[row["in front"] for row in SCREENS])
async def test_keys_do_what_the_table_says(row: dict[str, str], wire: Wire, tmp_path: Path) -> None:
    left = sorted(KEYS, key=lambda key: MOVES.get(row[key], 0))
    wire.lossy(0, "10.0.0.1:40001", "192.0.2.10:80")
    if any(word in row["in front"] for word in ("export", "requests", "hits")):
        carry_a_file(wire)
    if "not TCP" in row["in front"]:
        datagram = struct.pack("!HHHH", 40001, 9, 12, 0) + b"data"
        wire.frames.append((wire.frames[-1][0] + 1_000_000, ip("10.0.0.1", "192.0.2.10", 17, datagram)))
    records = wire.pcap(tmp_path / "tried.pcap").read_bytes()
    while left:
        session, _source = live(records, tmp_path)
        async with at(row["in front"], session, tmp_path) as (driver, places):
            while left and driver.place == places[-1] and driver.app.session in (session, None):
                key = left.pop(0)
                if row[key]:
                    await _try(driver, KEYS[key], row[key], places)


def carry_a_file(wire: Wire) -> None:
    """A page that is asked for and sent, in five packets."""
    client, server = "10.0.0.1:40002", "192.0.2.10:80"
    asked, sent = b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"
    wire.handshake(200, client, server)
    wire.tcp(250, client, server, 0x18, 1001, 9001, payload=asked)
    wire.tcp(300, server, client, 0x18, 9001, 1001 + len(asked), payload=sent)


async def _try(driver: Driven, pressed: str, outcome: str, places: list[tuple[object, ...]]) -> None:
    """Press a key of the table, and check that it does what stands there."""
    app, session, typed = driver.app, driver.app.session, driver.typed
    driver.left.clear()
    await driver.press(OTHER, pressed)
    if outcome in ASKS and session is not None:
        assert (pressed, driver.question, driver.left, app.session) == (pressed, outcome, [], session)
        await driver.press(OTHER, pressed)
        assert (pressed, driver.question, driver.left, app.session) == (pressed, outcome, [], session)
        await driver.press(pressed)
        assert (app.session is not session) == (outcome == "anew")
        assert driver.left == {"leaves": [None], "chooses": [BackToStart()], "anew": []}[outcome]
        driver.dismiss_notice()  # the app would be gone
        return
    assert (pressed, driver.question, app.session) == (pressed, "", session)
    assert (pressed, driver.left) == (pressed, [None] if outcome == "leaves" else [])
    assert (pressed, driver.place in (places[:-1] if outcome == "back" else places[-1:])) == (pressed, True)
    if outcome != "back":
        assert driver.typed == (typed + pressed if outcome == "typed" else typed)


@pytest.mark.each_value
@pytest.mark.parametrize("row", KINDS, ids=[row["the packets are"] for row in KINDS])
@pytest.mark.parametrize("way", ASKS)
async def test_asks_only_where_packets_would_be_lost(
    row: dict[str, str], way: str, records: bytes, tmp_path: Path
) -> None:
    kind = row["the packets are"]
    key = {"leaves": "q", "chooses": "i", "anew": "C"}[way]
    if kind.startswith("live"):
        session, source = live(records, tmp_path, limit_bytes=None if "-w" in kind else 1 << 30)
        how: dict[str, Any] = {"begin_anew": session.anew}
    else:
        (tmp_path / "one.pcap").write_bytes(records)
        session, source, how = await asyncio.to_thread(open_file, tmp_path / "one.pcap"), None, {}
    async with driven(session, **how) as driver:
        if "saved" in kind:
            await driver.press("w")
            assert isinstance(driver.app.focused, Input)
            driver.app.focused.value = str(tmp_path / "saved.pcap")
            await driver.press("enter")
            await driver.until((tmp_path / "saved.pcap").exists)
            await driver.until(lambda: not session.has_unsaved)
        if "notes" in kind:
            no_notes(session, tmp_path)
            await driver.press("m")
        await driver.press(key)

        assert ("  not saved" in driver.shown.splitlines()[0]) == (kind == "live, in no file") or driver.left
        done = driver.app.session is not session if way == "anew" else bool(driver.left)
        asked = driver.question == way
        refused = "Nothing to clear" in driver.shown
        assert {"asks": asked, "at once": done, "refuses": refused}[row[way]]
        assert [done, asked, refused].count(True) == 1
        if source is not None and "saved" in kind and way != "anew":
            driver.left.clear()
            driver.dismiss_notice()
            source.give(records[HEADER:], 13)
            await driver.until(lambda: session.has_unsaved)
            await driver.press(key)
            assert (driver.question, driver.left) == (way, [])


def no_notes(session: Session, tmp_path: Path) -> None:
    """Have the notes of ``session`` be where nothing can be written: below a file."""
    (tmp_path / "blocked").touch()
    assert session.notebook is not None
    session.notebook.path = tmp_path / "blocked" / "one.notes.json"


async def test_notes_are_tried_once_more_before_it_is_asked(records: bytes, tmp_path: Path) -> None:
    (tmp_path / "one.pcap").write_bytes(records)
    session = await asyncio.to_thread(open_file, tmp_path / "one.pcap")
    async with driven(session) as driver:
        no_notes(session, tmp_path)
        await driver.press("m", "q")
        assert (driver.question, driver.left) == ("leaves", [])
        (tmp_path / "blocked").unlink()
        (tmp_path / "blocked").mkdir()
        await driver.press("q")

        assert driver.left == [None]
        assert (tmp_path / "blocked" / "one.notes.json").exists()


async def test_notes_of_a_case_that_was_closed_are_asked_about_beside_the_packets(
    capture: tuple[Session, RunningSource], tmp_path: Path
) -> None:
    session, _source = capture
    learning = LearningRecord(tmp_path)
    async with driven(session, begin_anew=session.anew, learning=learning) as driver:
        await driver.until(lambda: is_looked_through(session))
        await driver.press("e", "escape", "c")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen) and driver.app.screen.nested)
        assert isinstance(driver.app.screen, MainScreen)
        await driver.until(lambda: driver.app.screen.workspace.ladder.row_count > 0)  # type: ignore[attr-defined]
        no_notes(driver.app.screen.session, tmp_path)
        await driver.press("m", "escape", "q")
        assert "Neither packets nor notes are saved. Press again to quit." in driver.shown
        assert driver.left == []
        await driver.press("C")
        assert driver.question == "anew", "notes stay"
        await driver.press(OTHER, "q", "q")
        assert driver.left == [None]


@pytest.mark.parametrize("second", ["q", "i", "C"])
@pytest.mark.parametrize("first", ["q", "i", "C"])
async def test_one_question_is_not_answered_by_another_request(
    first: str, second: str, capture: tuple[Session, RunningSource]
) -> None:
    session, _source = capture
    async with driven(session, begin_anew=session.anew) as driver:
        await driver.press(first, second)

        done = bool(driver.left) or driver.app.session is not session
        assert done == (first == second)
        if not done:
            assert driver.question == {"q": "leaves", "i": "chooses", "C": "anew"}[second]


async def test_filter_of_the_capture_stands_on_the_screen_also_after_it_was_cleared(
    capture: tuple[Session, RunningSource],
) -> None:
    session, _source = capture
    session.filter_words = "tcp port\x1b 9"
    async with driven(session, begin_anew=session.anew) as driver:
        assert "wire0  filter tcp port␛ 9  13 packets" in driver.shown.splitlines()[0]
        await driver.press("C", "C")
        await driver.until(lambda: "wire0  filter tcp port␛ 9  0 packets" in driver.shown.splitlines()[0])


async def test_clearing_keeps_order_narrowing_and_the_zoom_of_the_list(
    capture: tuple[Session, RunningSource],
) -> None:
    session, _source = capture
    async with driven(session, begin_anew=session.anew) as driver:
        before = driver.app.screen
        assert isinstance(before, MainScreen)
        await driver.press("s", "s", "slash", *"40001", "enter", "z", "C", "C")
        screen = await driver.main_screen_after(before)
        await driver.until(lambda: "40001" in driver.shown)
        await driver.until(lambda: screen.workspace.arrangement.zoomed)
        connections = screen.workspace.connections
        sorting = before.workspace.connections.index.sorting

    assert not sorting.is_natural
    assert connections.index.sorting == sorting
    assert connections.index.narrowing.words == ("40001",)
    assert not screen.workspace.following


async def test_clearing_keeps_the_display_filter(capture: tuple[Session, RunningSource]) -> None:
    session, _source = capture
    async with driven(session, begin_anew=session.anew) as driver:
        before = driver.app.screen
        assert isinstance(before, MainScreen)
        before.controllers.filtering.filter_by("tcp.port == 40001")
        await driver.until(lambda: before.controllers.filtering.matching is not None)
        await driver.press("v", "C", "C")
        screen = await driver.main_screen_after(before)
        await driver.until(lambda: screen.controllers.filtering.matching is not None)
        carried = screen.controllers.filtering.carried

    assert (carried.text, carried.has_context) == ("tcp.port == 40001", True)


async def test_clearing_ends_the_zoom_of_a_packet_and_chosen_connections(
    capture: tuple[Session, RunningSource],
) -> None:
    session, _source = capture
    async with driven(session, begin_anew=session.anew) as driver:
        before = driver.app.screen
        assert isinstance(before, MainScreen)
        before.controllers.filtering.narrow_to(ChosenStreams(lambda _words: "the first", (0,)))
        await driver.press("enter", "z", "C", "C")
        screen = await driver.main_screen_after(before)
        narrowing = screen.workspace.connections.index.narrowing
        zoomed = screen.workspace.arrangement.zoomed

    assert not narrowing
    assert not zoomed
    assert screen.workspace.following


async def test_keys_typed_faster_than_they_are_acted_on_count_too(capture: tuple[Session, RunningSource]) -> None:
    session, _source = capture
    async with driven(session) as driver:
        await driver.burst("q", "j", "q")
        assert driver.left == []
        await driver.press("q")
        assert driver.left == [None]


@pytest.mark.parametrize("key", ["q", "i", "C", "ctrl+c"])
async def test_question_is_not_answered_by_a_key_that_was_typed_before_it_was_drawn(
    capture: tuple[Session, RunningSource], key: str
) -> None:
    session, _source = capture
    async with driven(session, begin_anew=session.anew) as driver:
        await driver.burst(key, key, key)
        assert driver.question
        assert (driver.left, driver.app.session) == ([], session)
        await driver.press(key)
        assert driver.left or driver.app.session is not session


async def test_ctrl_q_asks_like_ctrl_c_and_answers_it(capture: tuple[Session, RunningSource]) -> None:
    session, _source = capture
    async with driven(session) as driver:
        await driver.press("ctrl+q")
        assert (driver.question, driver.left) == ("leaves", [])
        await driver.press("ctrl+c")
        assert driver.left == [None]


async def test_quit_of_the_palette_asks(capture: tuple[Session, RunningSource]) -> None:
    session, _source = capture
    async with driven(session) as driver:
        await driver.press("ctrl+p", *"quit", "enter")
        await driver.until(lambda: not isinstance(driver.app.screen, CommandPalette))
        await driver.until(lambda: driver.question == "leaves")
        assert driver.left == []
        await driver.press("q")
        assert driver.left == [None]


async def test_question_that_left_the_screen_is_not_answered(capture: tuple[Session, RunningSource]) -> None:
    session, _source = capture
    async with driven(session) as driver:
        await driver.press("q")
        main = driver.app.screen
        assert isinstance(main, MainScreen)
        main.say("something else")
        await driver.press("q")
        assert (driver.question, driver.left) == ("leaves", [])


async def test_terminal_too_small_for_the_hints_shows_the_question(capture: tuple[Session, RunningSource]) -> None:
    session, _source = capture
    async with driven(session) as driver:
        await driver.pilot.resize_terminal(50, 10)
        await driver.settle()
        await driver.press("q")
        assert driver.question == "leaves"


@pytest.mark.parametrize("key", ["q", "i"])
async def test_copy_that_is_being_made_is_asked_about(
    capture: tuple[Session, RunningSource], tmp_path: Path, key: str
) -> None:
    session, _source = capture
    async with driven(session) as driver:
        driver.awaited.discard("save")
        with session.copying.lock:  # as another copy that takes its time
            await driver.press("w")
            assert isinstance(driver.app.focused, Input)
            driver.app.focused.value = str(tmp_path / "saved.pcap")
            await driver.press("enter")
            await driver.until(lambda: session.copying.is_running)
            await driver.press(key)
            assert ("Still saving to a file. Press again to" in driver.shown, driver.left) == (True, [])
        driver.awaited.add("save")
        await driver.until(lambda: not session.has_unsaved)
        await driver.press(OTHER, key)
        assert len(driver.left) == 1


async def test_what_came_of_a_copy_is_told_after_the_capture_was_begun_anew(
    capture: tuple[Session, RunningSource], records: bytes, tmp_path: Path
) -> None:
    session, source = capture
    async with driven(session, begin_anew=session.anew) as driver:
        before = driver.app.screen
        assert isinstance(before, MainScreen)
        driver.awaited.discard("save")
        with session.copying.lock:
            before.controllers.saving.save(str(tmp_path / "saved.pcap"))
            await driver.until(lambda: session.copying.is_running)
            await driver.press("C", "C")
            await driver.main_screen_after(before)
            assert source.released.begin == 0, "these packets are still to be copied"
        await driver.until(lambda: "Saved " in driver.shown)

    assert (tmp_path / "saved.pcap").read_bytes() == records


async def test_capture_without_packets_is_left_at_once(records: bytes, tmp_path: Path) -> None:
    source = RunningSource(records[:HEADER], directory=tmp_path)
    session = Session([source])
    app = TcptuiApp(session, Language.EN, ViewOptions(numeric=True))
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driven(app, pilot)
        await driver.until(lambda: session.revision > 0)
        await driver.press("q")
        assert driver.left == [None]
        session.stop()


async def test_capture_that_has_ended_is_begun_again(capture: tuple[Session, RunningSource]) -> None:
    session, source = capture
    async with driven(session, begin_anew=session.anew, restarts=True) as driver:
        source.stop()
        await driver.until(lambda: session.progress.phase is Phase.DONE)
        await driver.press("C", "C")
        assert driver.left == [RestartCapture()]


async def test_question_waits_longer_than_a_notice(
    capture: tuple[Session, RunningSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    stays: list[float] = []
    monkeypatch.setattr(NoticingScreen, "say", lambda _screen, _text, seconds=NOTICE_SECONDS: stays.append(seconds))
    async with driven(capture[0]) as driver:
        stays.clear()
        driver.app.action_capture_anew()
        driver.app.action_choose_again()

        assert stays[0] == NOTICE_SECONDS, "that nothing can be cleared is no question"
        assert stays[1] >= 5 * NOTICE_SECONDS


def test_each_way_has_a_question_of_its_own() -> None:
    assert len({way.value for way in Way}) == len(Way) == len(ASKS)
