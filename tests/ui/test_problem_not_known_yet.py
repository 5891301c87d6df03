"""`n` while connections have not been looked at yet: it goes there as soon as it is known where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tcptui.access.open_capture import is_looked_through
from tcptui.session.session import Session, open_file
from tcptui.ui.main import seeking

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

NOT_YET = "No further problem so far"
NO_MORE = "There is no problem here"
#: The one that is refused.
PROBLEM = 2


class Looking:
    """A session whose connections are still being looked at, until the test says otherwise."""

    def __init__(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self._known = session.severity.copy()
        self.through = False
        self.knows = False
        nothing = np.zeros_like(self._known)
        monkeypatch.setattr(Session, "severity", property(lambda _: self._known if self.knows else nothing))
        through = property(lambda session: session.store.count if self.through else -1)
        monkeypatch.setattr(Session, "judged_at_count", through)


@pytest.fixture
def looking(mixed_session: Session, monkeypatch: pytest.MonkeyPatch) -> Looking:
    monkeypatch.setattr(seeking, "_SEEK_SECONDS", 3600.0)  # however slow this machine is
    return Looking(mixed_session, monkeypatch)


async def seek(shown: Shown) -> str:
    """Press n; the bottom line."""
    await shown.press("g", "n")
    return shown.lines()[-1]


async def beat(shown: Shown) -> int:
    """The screen's next tick; the connection that the cursor is on then."""
    shown.screen.tick()
    await shown.settle()
    return shown.screen.workspace.connections.cursor


async def test_key_is_hinted_at_once_there_is_a_problem(show: Show, mixed_session: Session, looking: Looking) -> None:
    async with show(mixed_session) as shown:
        assert "problem" not in shown.lines()[-1]
        looking.knows = True
        await beat(shown)
        assert "n N problem" in shown.lines()[-1]
        await shown.press("slash", *"40001", "enter")
        assert "problem" not in shown.lines()[-1], "it is not among those that are listed"


async def test_traffic_hints_at_problems_beyond_the_list(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("slash", *"40001", "enter", "5")
        assert shown.screen.controllers.traffic.pane.has_trouble
        assert "n N problem" in shown.lines()[-1]


async def test_timeline_hints_at_problems_of_its_own_and_of_the_list(
    show: Show, wire: Wire, tmp_path: Path
) -> None:  # fmt: skip
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.lossy(200, "10.0.0.1:40002", "192.0.2.10:80")
    async with show(open_file(wire.pcap(tmp_path / "noted.pcap"))) as shown:
        assert "problem" not in shown.lines()[-1], "a note is none"
        await shown.press("enter")
        assert "problem" not in shown.lines()[-1]
        await shown.press("escape", "down", "enter")
        assert "n N problem" in shown.lines()[-1]
        await shown.press("5")
        assert "problem" not in shown.lines()[-1]


async def test_problem_is_gone_to_as_soon_as_it_is_known(show: Show, mixed_session: Session, looking: Looking) -> None:
    async with show(mixed_session) as shown:
        assert NOT_YET in await seek(shown)
        assert await beat(shown) == 0
        looking.knows = True
        assert await beat(shown) == PROBLEM


async def test_that_there_is_none_is_said_once_all_were_looked_at(
    show: Show, mixed_session: Session, looking: Looking
) -> None:
    async with show(mixed_session) as shown:
        assert NOT_YET in await seek(shown)
        looking.through = True
        assert await beat(shown) == 0
        assert NO_MORE in shown.lines()[-1]


async def test_who_has_gone_elsewhere_is_left_there(show: Show, mixed_session: Session, looking: Looking) -> None:
    async with show(mixed_session) as shown:
        await seek(shown)
        await shown.press("down")
        looking.knows = True
        assert await beat(shown) == 1
        await shown.press("up")
        assert await beat(shown) == 0


async def test_nobody_waits_for_long(
    show: Show, mixed_session: Session, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeking, "_SEEK_SECONDS", -1.0)
    async with show(mixed_session) as shown:
        await seek(shown)
        looking.knows = True
        assert await beat(shown) == 0


async def test_session_that_is_read_was_looked_through(mixed_session: Session) -> None:
    assert is_looked_through(mixed_session)
