"""The full screen over one capture, without a terminal: every pane is opened, and nothing but text is drawn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from tcptui.ui.app import TcptuiApp
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.view_options import ViewOptions
from tcptui.words.language import Language
from tests.adversary.capture_trial import TrialError, analysed
from tests.support.screen_lines import screen_strips
from tests.support.terminal_bytes import unprintable

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from textual.pilot import Pilot

    from tcptui.session.session import Session

_SIZES: Final = ((80, 24), (120, 40), (40, 12))
#: What is shown from the list of connections on; each ends where it began, or is ended with Esc.
_TOURS: Final = (
    ("2", "G", "3", "down", "down", "4", "pagedown", "1"),
    ("enter", "down", "down", "enter", "n", "n", "N", "escape", "escape"),
    ("F", "end", "pageup", "tab", "escape"),
    ("2", "f", "down", "f"),
    ("3", "G", "enter", "x", "escape", "escape"),
    ("x", "down", "space", "escape"),
    ("e", "down", "G", "e"),
    ("slash", "8", "0", "enter", "escape"),
    ("colon", "3", "enter", "1"),
    ("s", "s", "number_sign", "z", "4", "z", "1"),
    ("question_mark", "down", "escape"),
    ("p", "1", "escape", "c", "escape", "o", "escape", "y"),
    ("ctrl+p", "down", "escape"),
)
#: So many times is looked whether the screen came to rest; each time it may work.
_PATIENCE: Final = 400


def try_app(path: Path, chance: random.Random) -> int:
    """Show the capture at ``path`` and walk through it; the number of its packets.  Raises whatever goes wrong."""
    session = analysed(path, compiled=True)
    if session is None:
        return 0
    try:
        asyncio.run(_walk(session, chance))
        return session.store.count
    finally:
        session.close()


async def _walk(session: Session, chance: random.Random) -> None:
    language = chance.choice((Language.EN, Language.ZH))
    options = ViewOptions(numeric=True, language=language, ascii=chance.random() < 0.2)
    app = TcptuiApp(session, options=options)
    async with app.run_test(size=chance.choice(_SIZES)) as pilot:
        await _rest(pilot)
        keys = ["down"] * chance.randrange(min(session.streams.count, 5) + 1)
        for tour in chance.sample(_TOURS, 3):
            for key in (*keys, *tour):
                await pilot.press(key)
                await _rest(pilot)
                _look(app, key)
            keys = ["down"]
    if app.crash:
        raise TrialError(app.crash)


async def _rest(pilot: Pilot[Any]) -> None:
    for _ in range(_PATIENCE):
        await pilot.pause()
        screen = pilot.app.screen
        if pilot.app._exception is not None or not isinstance(screen, MainScreen) or screen.workspace.settled:
            return
        await asyncio.sleep(0.005)


def _look(app: TcptuiApp, key: str) -> None:
    if app.crash or app._exception is not None:
        raise TrialError(f"after {key}: {app.crash or app._exception}")
    for strip in screen_strips(app.screen):
        for segment in strip:
            why = None if segment.control else unprintable(segment.text)
            if why is not None:
                raise TrialError(f"after {key}: {why} on the screen in {segment.text!r}")
