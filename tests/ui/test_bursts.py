"""Keys that arrive in one read, on every screen: nothing breaks, and no question is answered that nobody has seen."""

from __future__ import annotations

import importlib
import pkgutil
import random
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
from other_frames import ip
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input

import tcptui.ui
from tcptui.ui.guarded_screen import GuardedScreen
from tcptui.ui.main.screen import MainScreen
from tests.ui.test_leaving import SCREEN_OF, WAYS_IN, Driven, carry_a_file, driven, live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tcptui.session.session import Session
    from tcptui.ui.app import TcptuiApp
    from tests.ui.conftest import Wire

pytestmark = pytest.mark.painted

#: Screens that begin elsewhere than at a capture.
ELSEWHERE: Final = frozenset(
    {name for name in WAYS_IN if "start screen" in name or "two captures" in name} | {"kernel's view"}
)
SCREENS: Final = tuple(name for name in WAYS_IN if name not in ELSEWHERE)
#: Prompts and lists of the main screen with the keys of another.
SAME_KEYS: Final = frozenset(
    {name for name in SCREENS if name.startswith(("prompt for a", "hits", "narrowed", "filtered"))}
    - {"prompt for a file", "prompt for a text"}
)
#: It stops the process.
NOT_PRESSED: Final = {"ctrl+z"}
TEXT: Final = ("enter", "escape", "tab", "backspace", "space", "up", "down", "left", "right", "end", "home", "pagedown")


def load_all() -> None:
    for module in pkgutil.walk_packages(tcptui.ui.__path__, "tcptui.ui."):
        importlib.import_module(module.name)


def classes(base: type[Any]) -> set[type[Any]]:
    return {base}.union(*map(classes, base.__subclasses__()))


def all_keys() -> list[str]:
    """Every key that does something anywhere, those of a text included."""
    load_all()
    own = [each for each in classes(DOMNode) if each.__module__.startswith("tcptui.")]
    bound = {
        key.strip()
        for each in own
        for binding in each.__dict__.get("BINDINGS", ())
        for key in (binding.key if isinstance(binding, Binding) else binding[0]).split(",")
    }
    return sorted(bound.union(TEXT, "abz019/.[") - NOT_PRESSED)


def test_every_screen_of_the_program_is_guarded() -> None:
    load_all()
    own = [each for each in classes(Screen) if each.__module__.startswith("tcptui.") and not each.__subclasses__()]

    assert [each.__name__ for each in own if not issubclass(each, GuardedScreen)] == []


@pytest.fixture
def session(wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A live capture that is in no file: of TCP with files and requests in it, and of what is not TCP."""
    monkeypatch.chdir(tmp_path)  # files that a burst has written
    wire.lossy(0, "10.0.0.1:40001", "192.0.2.10:80")
    carry_a_file(wire)
    datagram = struct.pack("!HHHH", 40001, 9, 12, 0) + b"data"
    wire.frames += [(wire.frames[-1][0] + 1, ip("10.0.0.1", "192.0.2.9", 17, datagram))] * 2
    capture, _source = live(wire.pcap(tmp_path / "all.pcap").read_bytes(), tmp_path)
    return capture


class Bursts(Driven):
    """The app on a live capture, to which bursts of keys are sent on one screen after another."""

    async def at(self, screen: str) -> None:
        """Go to ``screen``, wherever the last burst has led."""
        for _ in range(6):
            await self.burst("f9", *["escape"] * 4)  # f9: answers no question
            front = self.app.screen
            if isinstance(front, MainScreen) and not front.nested and not isinstance(self.app.focused, Input):
                break
        self.dismiss_notice()
        await self.burst(*WAYS_IN[screen])

    async def survive(self, screen: str, *keys: str) -> None:
        """Send ``keys`` at once on ``screen``: the app goes on, and nothing was given up."""
        await self.burst(*keys)
        assert (self.app._exception, self.app.crash, self.left) == (None, "", []), (screen, keys)
        assert self.app.is_running


@asynccontextmanager
async def bursting(session: Session) -> AsyncIterator[Bursts]:
    async with driven(session, begin_anew=session.anew) as driver:
        yield Bursts(driver.app, driver.pilot)


def typed_on(app: TcptuiApp) -> list[str]:
    """The keys of the screen in front, and those of a text."""
    return sorted(app.screen.active_bindings.keys() | set(TEXT) | {"a", "0"} - NOT_PRESSED)


async def test_random_bursts_on_any_screen_break_nothing(session: Session) -> None:
    chance = random.Random(20)
    keys = all_keys()
    async with bursting(session) as app:
        for screen in chance.sample(SCREENS, 12):
            await app.at(screen)
            common = chance.choice(typed_on(app.app))
            await app.survive(screen, *[common] * chance.choice((2, 3)))
            await app.survive(screen, *chance.choices(keys, k=chance.randint(2, 8)))


@pytest.mark.parametrize(
    "burst",
    [
        ("ctrl+p", "enter", "enter"),
        ("ctrl+p", *"overview", "enter", "enter", "enter"),
        ("equals_sign", *"$?", "enter", *"clear; nano n a o", "enter"),
        ("equals_sign", "enter", "l", "enter"),
        ("question_mark", "0", "0", "escape"),
    ],
    ids="".join,
)
async def test_bursts_that_ended_the_program_do_not(session: Session, burst: tuple[str, ...]) -> None:
    async with bursting(session) as app:
        await app.survive("main screen", *burst)


#: One way to each screen and dialogue, and each pane and prompt of the main screen.
ONE_OF_EACH: Final = tuple(
    {SCREEN_OF.get(name, name): name for name in reversed(SCREENS) if name not in SAME_KEYS}.values()
)


#: Workers that may share these screens: all take minutes.
SHARES: Final = 4


@pytest.mark.some(4)
@pytest.mark.slow
@pytest.mark.parametrize(
    "screen",
    [
        pytest.param(screen, marks=pytest.mark.xdist_group(f"test_bursts_{at % SHARES}"))
        for at, screen in enumerate(ONE_OF_EACH)
    ],
)
async def test_every_key_of_every_screen_typed_twice_and_thrice_breaks_nothing(session: Session, screen: str) -> None:
    async with bursting(session) as app:
        await app.at(screen)
        place = app.place
        for number, key in enumerate(typed_on(app.app)):
            await app.survive(screen, *[key] * (2 + number % 2))
            if app.place != place:
                await app.at(screen)


@pytest.mark.some(2)
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
async def test_many_random_bursts_break_nothing(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    keys = all_keys()
    async with bursting(session) as app:
        for _ in range(20):
            screen = chance.choice(SCREENS)
            await app.at(screen)
            await app.survive(screen, *chance.choices(keys, k=chance.randint(2, 12)))
