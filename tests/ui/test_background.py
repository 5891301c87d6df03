"""A key is answered while what is under the cursor takes long: that is computed beside the loop, and shown late."""

from __future__ import annotations

import struct
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest
from other_frames import ip
from screen_lines import screen_lines
from traces import write_trace

from tcptui.protocols.headers import tree
from tcptui.session.session import Session, open_file
from tcptui.ui import background, explain_document
from tcptui.ui.follow.base_screen import FollowBase
from tcptui.ui.follow.lines import Form
from tcptui.ui.follow.screen import FollowScreen
from tcptui.ui.main import corrections
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.screens.help import HelpScreen
from tcptui.words import correction_text
from tests.ui.conftest import SETTLES_IN_S, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

pytestmark = pytest.mark.painted

COMPUTED = "being analysed"


class Gate:
    """Has calls of a function wait until the test lets them go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_open = threading.Event()
        self.waits = threading.Event()
        self._monkeypatch = monkeypatch

    def hold(self, owner: Any, name: str) -> None:
        """Have ``owner.name`` wait from now on."""
        through = getattr(owner, name)

        def held(*words: Any, **more: Any) -> Any:
            self.waits.set()
            self.is_open.wait(SETTLES_IN_S)
            return through(*words, **more)

        self._monkeypatch.setattr(owner, name, held)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(monkeypatch)
    yield made
    made.is_open.set()


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Session, "current_findings"),
        (Session, "application"),
        (tree, "header_tree"),
        (explain_document, "stream_document"),
    ],
    ids=["findings", "messages", "header tree", "explanation"],
)
async def test_keys_are_answered_while_the_connection_under_the_cursor_is_worked_out(
    show: Show, mixed_session: Session, gate: Gate, owner: Any, name: str
) -> None:
    async with show(mixed_session, (160, 50)) as shown:
        app, workspace = shown.pilot.app, shown.screen.workspace
        gate.hold(owner, name)
        await shown.pilot.press("down")
        await until(gate.waits.is_set)
        await until(lambda: workspace.computes)

        await shown.pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, HelpScreen))
        await shown.pilot.press("escape")
        await until(lambda: app.screen is shown.screen)
        await shown.pilot.press("down")
        await until(lambda: workspace.connections.cursor == 2)
        assert not gate.is_open.is_set()

        gate.is_open.set()
        await shown.settle()
        assert workspace.ladder.stream == workspace.connections.stream
        assert workspace.findings == mixed_session.current_findings(workspace.ladder.stream).findings
        assert "refused" in "\n".join(shown.lines()).casefold()
        assert COMPUTED not in "\n".join(shown.lines())


@pytest.mark.parametrize(("owner", "name"), [(tree, "header_tree"), (explain_document, "packet_document")])
async def test_pane_of_a_packet_that_takes_long_says_so_until_it_is_there(
    show: Show, mixed_session: Session, gate: Gate, owner: Any, name: str
) -> None:
    async with show(mixed_session, (160, 50)) as shown:
        await shown.press("enter")
        before = shown.lines()
        gate.hold(owner, name)
        await shown.pilot.press("down")
        await until(lambda: COMPUTED in "\n".join(shown.lines()))
        await shown.pilot.press("escape")
        await until(lambda: shown.screen.workspace.active is Pane.CONNECTIONS)
        await shown.pilot.press("enter", "up")
        gate.is_open.set()
        await shown.settle()

        assert shown.lines() == before


async def test_what_is_wanted_no_more_is_not_shown(show: Show, mixed_session: Session, gate: Gate) -> None:
    async with show(mixed_session, (160, 50)) as shown:
        await shown.press("enter")
        gate.hold(tree, "header_tree")
        await shown.pilot.press("down")
        await until(gate.waits.is_set)
        shown.screen.workspace.headers._working.drop()
        gate.is_open.set()
        await shown.settle()

        assert COMPUTED in "\n".join(shown.lines())


@pytest.fixture
def follow_is_prompt() -> None:
    """Not here."""


async def test_follow_is_left_and_asked_for_another_form_while_it_is_worked_out(
    show: Show, mixed_session: Session, gate: Gate
) -> None:
    async with show(mixed_session, (160, 50)) as shown:
        app = shown.pilot.app
        gate.hold(FollowBase, "_make")
        for _ in range(2):
            await shown.pilot.press("F")
            await until(lambda: isinstance(app.screen, FollowScreen) and not app.screen.settled)
            assert "putting the stream together" in "\n".join(screen_lines(app.screen))
            await shown.pilot.press("escape")
            await until(lambda: app.screen is shown.screen)

        await shown.pilot.press("F")
        await until(lambda: isinstance(app.screen, FollowScreen) and not app.screen.settled)
        screen = app.screen
        assert isinstance(screen, FollowScreen)
        await shown.pilot.press("x")
        gate.is_open.set()
        await until(lambda: screen.settled and screen.view.source is not None)
        assert screen.view.form is Form.HEX


async def test_reasons_of_corrections_come_late_in_a_long_connection(
    show: Show, tmp_path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "1040 S SA 0 1", "1040.1 C A 1 1", "1090 S PA 1 1 10"]
    path = write_trace(tmp_path / "trace.pcap", lines)
    async with show(open_file(path), (160, 50)) as shown:
        at_once = shown.lines()
    monkeypatch.setattr(corrections, "FOLLOWED", 0)
    async with show(open_file(path), (160, 50)) as shown:
        await until(lambda: shown.lines() == at_once)
    gate.hold(correction_text, "corrections_of")
    async with show(open_file(path), (160, 50)) as shown:
        await until(gate.waits.is_set)
        timeline = shown.screen.workspace.ladder
        await until(lambda: timeline._corrections._reading.is_busy)
        assert shown.lines() != at_once, "the reason is not known yet"
        await shown.pilot.press("question_mark")
        await until(lambda: isinstance(shown.pilot.app.screen, HelpScreen))
        await shown.pilot.press("escape")
        gate.is_open.set()
        await until(lambda: shown.lines() == at_once)


@pytest.mark.parametrize("key", ["u", "ctrl+f"])
async def test_screens_of_packets_are_left_while_a_header_tree_is_worked_out(
    show: Show, wire: Wire, tmp_path: Path, gate: Gate, key: str
) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    datagram = struct.pack("!HHHH", 40001, 9, 12, 0) + b"GET "
    wire.frames.append((wire.frames[-1][0] + 1, ip("10.0.0.1", "192.0.2.9", 17, datagram)))
    session = open_file(wire.pcap(tmp_path / "both.pcap"))
    async with show(session, (160, 50)) as shown:
        gate.hold(tree, "header_tree")
        await shown.pilot.press(key, *(("G", "E", "T", "enter") if key == "ctrl+f" else ()))
        await until(lambda: COMPUTED in "\n".join(screen_lines(shown.pilot.app.screen)))
        await shown.pilot.press("escape")
        await until(lambda: shown.pilot.app.screen is shown.screen)
        assert not gate.is_open.is_set()


class DoneMeanwhile(Future[int]):
    """A future that is done between the statements of whoever waits for it."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def result(self, timeout: float | None = None) -> int:
        if timeout is not None and not super().done():
            self._look()
            raise TimeoutError
        return super().result(timeout)

    def done(self) -> bool:
        was_done = super().done()
        if not was_done:
            self._look()
        return was_done

    def _look(self) -> None:
        """Be done behind the last look."""
        self._looks -= 1
        if not self._looks:
            self.set_result(7)


@pytest.mark.parametrize("looks", [1, 2, 3])
async def test_result_that_is_there_between_two_looks_is_neither_lost_nor_an_error(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    class Pool:
        def submit(self, _compute: Callable[[], int]) -> Future[int]:
            return DoneMeanwhile(looks)

    async with show(mixed_session) as shown:
        with monkeypatch.context() as patch:
            patch.setattr(background, "_pool", Pool())
            patch.setattr(background, "PROMPT_S", 0.0)
            computed: background.Background[int] = background.Background(shown.screen)
            taken: list[int] = []
            computed.want("it", lambda: 7, taken.append)
            if not taken and computed._future is not None and not Future.done(computed._future):
                computed._future.set_result(7)
            await until(lambda: taken == [7])

        assert not computed.is_busy
