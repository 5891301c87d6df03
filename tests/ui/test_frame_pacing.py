"""A whole app on a line that does not take what is drawn: nothing queues up, and the last state is drawn in the end."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from drawn_screen import DrawnScreen
from textual import events, messages
from textual.app import App
from textual.containers import Vertical
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from tcptui.session.input_priority import InputPriority
from tcptui.ui.terminal import frame_pacing as thin_line
from tcptui.ui.terminal.driver import CURSOR_POSITION_QUERY, PacedDriver
from tcptui.ui.terminal.frame_pacing import FramePacer, LowLatencyScreen, link_is_idle
from tests.ui.conftest import turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.app import ComposeResult

pytestmark = pytest.mark.painted

COLUMNS, ROWS = 40, 4


class StuckDriver(PacedDriver):
    """A terminal in memory: it draws and answers when it is told to."""

    def __init__(self, app: App[Any], **how: Any) -> None:
        super().__init__(app, **how)
        self.screen = DrawnScreen(COLUMNS, ROWS)
        self.waiting: list[str] = []
        self.takes = True

    def write(self, data: str) -> None:
        self.pace.submit(len(data))
        self.waiting.append(data)
        if self.takes:
            self.take()

    def take(self) -> None:
        """Read all that waits, and answer."""
        data, self.waiting = "".join(self.waiting), []
        self.pace.wrote(len(data))
        self.screen.feed(data.encode())
        for _ in range(data.count(CURSOR_POSITION_QUERY)):
            self.process_message(events.CursorPosition(0, 0))

    def start_application_mode(self) -> None:
        self._has_terminal = True
        size = Size(COLUMNS, ROWS)
        self._app.post_message(events.Resize(size, size))

    def stop_application_mode(self) -> None:
        """Nothing to restore."""
        self._has_terminal = False

    def disable_input(self) -> None:
        """There is none."""

    def close(self) -> None:
        """No thread to end."""


class Counter(FramePacer[None]):
    CSS = "Screen { layout: vertical; overflow: hidden; } Static { height: 1; }"

    def __init__(self) -> None:
        super().__init__(driver_class=StuckDriver)
        self.text = Static("count 0", id="count")
        self.frames = 0

    def compose(self) -> ComposeResult:
        yield self.text
        yield Static("a second line that never changes")

    @property
    def driver(self) -> StuckDriver:
        assert isinstance(self._driver, StuckDriver)
        return self._driver

    def post_display_hook(self) -> None:
        self.frames += 1

    async def show(self, text: str) -> None:
        """Change the text and let the frame be made."""
        before = self.frames
        self.text.update(text)
        async for _ in turns():
            if self.frames > before:
                return
        raise AssertionError("no frame was made")


@asynccontextmanager
async def running(app: Counter | None = None) -> AsyncIterator[Counter]:
    app = app or Counter()
    task = asyncio.create_task(app.run_async())
    try:
        async for _ in turns():
            if app._driver is not None and "count 0" in app.driver.screen.text:
                break
        else:
            raise AssertionError("it did not come to that")
        assert "count 0" in app.driver.screen.text
        await _at_rest(app)
        yield app
    finally:
        app.exit()
        await asyncio.wait_for(task, 600)


async def _at_rest(app: Counter) -> None:
    """Wait until no frame follows that of the start: one more comes where the size is told late."""
    frames = -1
    while frames != app.frames:
        frames = app.frames
        with app._context():
            for _ in range(3):
                await Pilot(app).pause()


async def _until_paid(app: Counter, text: str) -> None:
    async for _ in turns():
        if text in app.driver.screen.text:
            return
    raise AssertionError(app.driver.screen.text)


def test_frames_are_left_out_while_the_terminal_takes_nothing() -> None:
    async def go() -> None:
        async with running() as app:
            app.driver.takes = False
            for number in range(1, 30):
                await app.show(f"count {number}")
            assert len("".join(app.driver.waiting)) < 2_000
            assert "".join(app.driver.waiting).count(CURSOR_POSITION_QUERY) in {1, 2}
            assert not link_is_idle(app)

    asyncio.run(go())


def test_last_state_is_drawn_once_the_terminal_takes_again() -> None:
    async def go() -> None:
        async with running() as app:
            app.driver.takes = False
            for number in range(1, 30):
                await app.show(f"count {number}")
            app.driver.takes = True
            app.driver.take()
            await _until_paid(app, "count 29")
            assert "a second line that never changes" in app.driver.screen.text

    asyncio.run(go())


def test_only_what_changed_is_drawn() -> None:
    async def go() -> None:
        async with running() as app:
            for number in range(1, 10):
                app.driver.takes = False
                await app.show(f"count {number}")
                drawn = "".join(app.driver.waiting)
                if "never changes" not in drawn:
                    break
                app.driver.takes = True  # a whole frame came late, of the start
                app.driver.take()
                await _until_paid(app, f"count {number}")
            assert str(number) in drawn
            assert "count" not in drawn
            assert len(drawn) < 60

    asyncio.run(go())


def test_everything_is_drawn_anew_on_demand() -> None:
    async def go() -> None:
        async with running() as app:
            app.driver.screen.feed(b"\x1b[1;1Hsomebody wrote here\x1b[2;1Hand here")
            assert "count 0" not in app.driver.screen.text
            app.redraw()
            await _until_paid(app, "count 0")
            await _until_paid(app, "a second line that never changes")

    asyncio.run(go())


def test_what_was_left_out_amid_a_batch_is_drawn_behind_it() -> None:
    async def go() -> None:
        async with running() as app:
            with app.batch_update():
                app.text.update("count 7")
                app._display(app.screen, app.screen._compositor.render_full_update())
                app.text.update("count 8")
                app._display(app.screen, app.screen._compositor.render_full_update())
                assert "count 0" in app.driver.screen.text
            await _until_paid(app, "count 8")

    asyncio.run(go())


def test_app_of_another_kind_is_always_free() -> None:
    class Other(App[None]):
        pass

    assert link_is_idle(Other())


@pytest.mark.parametrize("times", [1, 3])
def test_cursor_answers_do_not_reach_the_app(times: int) -> None:
    async def go() -> None:
        async with running() as app:
            for _ in range(times):
                app.driver.process_message(events.CursorPosition(1, 1))
            await app.show("count 5")
            await _until_paid(app, "count 5")

    asyncio.run(go())


class Pressed(Counter):
    """Counts on when a key is pressed, on a screen that answers keys at once."""

    def get_default_screen(self) -> LowLatencyScreen[None]:
        return LowLatencyScreen()

    def on_key(self) -> None:
        self.text.update("count 1")


def test_answer_to_a_key_is_drawn_without_waiting_for_the_next_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[None] = []

    def drawn() -> None:
        answered.append(None)
        monkeypatch.setattr(InputPriority, "unanswered", False)

    monkeypatch.setattr(thin_line.input_priority, "answered", drawn, raising=False)

    async def go() -> None:
        async with running(Pressed()) as app:
            await app.show("count 0, drawn")
            monkeypatch.setattr(app.screen._update_timer, "resume", lambda: None)
            monkeypatch.setattr(InputPriority, "unanswered", True)
            assert not answered  # no frame before was the answer to a key
            app.driver.process_message(events.Key("a", "a"))
            await _until_paid(app, "count 1")
            monkeypatch.undo()

    asyncio.run(go())
    assert len(answered) == 1


def test_what_no_key_asked_for_is_left_to_the_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        async with running(Pressed()) as app:
            screen = app.screen
            assert isinstance(screen, LowLatencyScreen)
            drawn: list[None] = []
            monkeypatch.setattr(screen, "_on_timer_update", lambda: drawn.append(None))
            for is_waiting, is_dirty in ((False, True), (True, False), (True, True)):
                monkeypatch.setattr(InputPriority, "unanswered", is_waiting)
                screen._dirty_widgets.clear()
                screen._layout_required = screen._scroll_required = False
                screen._repaint_required = is_dirty
                event = events.Idle()
                await screen._on_idle(event)
                assert event._no_default_action is bool(drawn) is (is_waiting and is_dirty)
            monkeypatch.undo()

    asyncio.run(go())


async def test_update_renders_no_pane_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Panes(App[None]):
        def get_default_screen(self) -> LowLatencyScreen[None]:
            return LowLatencyScreen(id="_default")

        def compose(self) -> ComposeResult:
            with Vertical():
                for name in "abc":
                    yield Static(name, id=name)

    async with Panes().run_test(size=(COLUMNS, ROWS)) as pilot:
        await pilot.pause()
        rendered: list[str | None] = []
        render_lines = Widget.render_lines
        monkeypatch.setattr(
            Widget, "render_lines", lambda self, crop: rendered.append(self.id) or render_lines(self, crop)
        )
        pilot.app.query_one("#b", Static).update("B", layout=False)
        await pilot.pause()
        assert "b" in rendered
        assert not {"a", "c"} & set(rendered)
        assert "".join(segment.text for segment in pilot.app.screen._compositor.render_strips()[0]).strip() == "a"


async def test_frame_that_makes_up_for_a_dropped_one_draws_what_has_changed_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Lines(App[None]):
        def get_default_screen(self) -> LowLatencyScreen[None]:
            return LowLatencyScreen(id="_default")

        def compose(self) -> ComposeResult:
            yield Static("first", id="first")
            yield Static("second", id="second")

    async with Lines().run_test(size=(COLUMNS, ROWS)) as pilot:
        await pilot.pause()
        screen, second = pilot.app.screen, pilot.app.query_one("#second", Static)
        drawn: list[Any] = []
        monkeypatch.setattr(pilot.app, "_display", lambda _screen, update: drawn.append(update))
        screen._compositor._dirty_regions.clear()
        screen._dirty_widgets.clear()
        second.update("changed", layout=False)
        screen._dirty_widgets.add(second)  # as `Screen._on_update` does, before the next beat of the timer
        screen._compositor_refresh()  # as `FramePacer._pay` has it called
        (update,) = drawn
        assert update is not None
        assert second.region.y in {y for y, _, _ in update.spans}
        assert not screen._dirty_widgets


class Moving(Counter):
    CSS = Counter.CSS + " .hidden { display: none; }"

    def get_default_screen(self) -> LowLatencyScreen[None]:
        return LowLatencyScreen(id="_default")

    def compose(self) -> ComposeResult:
        yield Static("above", id="above")
        yield from super().compose()


def test_what_moves_is_drawn_at_its_new_place_though_somebody_asked_for_it_before() -> None:
    async def go() -> None:
        async with running(Moving()) as app:
            above = app.query_one("#above", Static)
            above.add_class("hidden")
            app.screen._compositor._full_map_invalidated = True  # as when a widget that is not shown asks to be drawn
            await app.screen._on_layout(messages.Layout(above))
            assert app.screen.find_widget(app.text).region.y == 0  # where it is going to stand
            async for _ in turns():
                if app.driver.screen.lines[0].startswith("count 0"):
                    break
            else:
                raise AssertionError("it did not come to that")
            assert [line.strip() for line in app.driver.screen.lines[:3]] == [
                "count 0",
                "a second line that never changes",
                "",
            ]

    asyncio.run(go())


async def test_nothing_is_drawn_on_a_terminal_that_was_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(LinuxDriver, "write", lambda _self, data: written.append(data))
    for name in ("start_application_mode", "stop_application_mode"):
        monkeypatch.setattr(LinuxDriver, name, lambda self, name=name: self.write(name))
    driver = PacedDriver(App())
    driver.write("before")
    driver.start_application_mode()
    driver.write("frame")
    driver.end_frame()
    assert written == ["start_application_mode", "frame", CURSOR_POSITION_QUERY]
    driver.process_message(events.CursorPosition(0, 0))

    driver.stop_application_mode()  # as after a crash, when the screens do not know it yet
    given_back = len(written)
    driver.write("frame")
    driver.end_frame()
    assert written[given_back - 1] == "stop_application_mode"
    assert written[given_back:] == []
    assert not driver.pace.waits

    driver.start_application_mode()
    driver.write("again")
    assert written[-1] == "again"


async def test_program_that_was_stopped_amid_a_frame_takes_the_terminal_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[bool] = []
    driver = PacedDriver(App())
    monkeypatch.setattr(driver, "start_application_mode", lambda: taken.append(driver.pace._lock.locked()))
    with driver.pace._lock:  # as `LinkRate.submit` holds it
        signal.raise_signal(signal.SIGCONT)
    await asyncio.sleep(0)
    assert taken == [False]
