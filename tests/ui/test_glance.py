"""The capture at a glance: a strip in which a stretch of time is chosen, which all panes then show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.stretch import parted
from tcptui.ui.terminal.frame_pacing import FramePacer
from tcptui.ui.view_options import ViewOptions
from tcptui.words.language import Language
from tests.ui.conftest import Shown, until
from tests.ui.test_display_filter import frames, listed, typed_in
from tests.ui.test_growing_capture import Pipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.ui.main.glance import GlancePane
    from tests.ui.conftest import Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

SIZES = [(60, 16), (80, 24), (100, 30), (120, 40), (160, 45), (200, 50), (250, 70)]


@pytest.fixture
def spread_session(wire: Wire, tmp_path: Path) -> Session:
    """A connection each at 0 s, 10 s, 20 s (refused), 30 s and 40 s."""
    for number in range(5):
        kind = wire.refused if number == 2 else wire.clean
        kind(10_000 * number, f"10.0.0.{number + 1}:{40001 + number}", "192.0.2.10:80")
    return open_file(wire.pcap(tmp_path / "spread.pcap"))


@pytest.fixture
def pipe(wire: Wire, tmp_path: Path) -> Pipe:
    """Thirty connections, one a second, as they are let through."""
    for number in range(30):
        wire.clean(1000 * number, f"10.0.0.1:{40001 + number}", "192.0.2.10:80")
    return Pipe(wire, tmp_path / "grows.pcap")


def total(glance: GlancePane) -> int:
    """The packets in the strip."""
    return 0 if glance.columns is None else int(np.sum(glance.columns.packets))


def strip(shown: Shown) -> list[str]:
    region = shown.screen.controllers.traffic.pane.region
    return shown.lines()[region.y : region.bottom]


async def filtered(shown: Shown) -> None:
    await until(lambda: shown.screen.controllers.filtering.is_at_rest)
    await shown.settle()


@pytest.mark.each_value
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_strip_is_there_where_there_is_room_and_in_front_everywhere(
    show: Show, spread_session: Session, size: tuple[int, int], language: Language
) -> None:
    async with show(spread_session, size, language) as shown:
        workspace = shown.screen.workspace
        assert workspace.shows(Pane.GLANCE) == (size[0] >= 100 and size[1] >= 40)
        await shown.press("5")

        assert workspace.active is Pane.GLANCE
        lines = strip(shown)
        assert len(lines) >= 3
        assert "/" in lines[0]
        assert any("bit/s" in line for line in lines)
        assert sum("✗" in line for line in lines) >= 1
        drawn = "".join(lines)
        assert any(char in drawn for char in "▁▂▃▄▅▆▇")
        assert shown.screen.controllers.traffic.pane.told.strip() in "".join(shown.lines())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=str)
async def test_axes_have_times_and_rates_at_their_places(
    show: Show, spread_session: Session, size: tuple[int, int]
) -> None:
    async with show(spread_session, size) as shown:
        await shown.press("5")
        glance = shown.screen.controllers.traffic.pane
        columns, lines = glance.columns, strip(shown)
        axis = next(line for line in lines if "┴" in line)
        trouble = next(line for line in lines if "✗" in line)
        ticks = re.findall("┴([0-9]+) s", axis)

        assert columns is not None
        assert (trouble == axis) == (size != (80, 24)), "a low strip has both in one line"
        assert {"10", "30"} <= set(ticks), axis
        begin = glance.scrollable_content_region.x - glance.region.x + 16
        for tick in ticks:
            assert axis.index(f"┴{tick} s") == begin + columns.column_of(int(tick) * 10**9)
        assert size != (80, 24) or {"10", "20", "30"} <= set(ticks)
        rates = [int(found[1]) for line in lines if (found := re.match(r"\W*([0-9]+)(?: pkt/s)? ", line))]
        assert rates == sorted(rates, reverse=True) or size != (80, 24)
        assert len(rates) > 1 or size != (80, 24)


async def test_ascii_strip_is_ascii(show: Show, spread_session: Session) -> None:
    async with show(spread_session, (120, 40), Language.EN, ascii=True) as shown:
        await shown.press("5")

        assert all(line.isascii() for line in strip(shown))
        assert "#" in "".join(strip(shown))


async def test_stretch_is_what_every_pane_shows_until_it_is_lifted(show: Show, spread_session: Session) -> None:
    async with show(spread_session, (120, 40)) as shown:
        everything = shown.screen.session.store.count
        await shown.press("5", "g", "enter", *["pagedown"] * 4, "enter")
        await filtered(shown)
        stretch = parted(shown.screen.controllers.filtering.wanted)[1]

        assert stretch is not None
        assert stretch.begin_ns == 0
        assert 10 * 10**9 < stretch.end_ns < 20 * 10**9
        assert listed(shown) == [0, 1]
        assert shown.screen.controllers.filtering.matching is not None
        assert shown.screen.controllers.filtering.matching.account.matched == 16 < everything
        assert any("\\" in line and "frame.time_relative" in line for line in shown.lines())
        assert shown.screen.controllers.traffic.pane.stretch == stretch

        await shown.press("escape")
        await filtered(shown)
        assert listed(shown) == [0, 1, 2, 3, 4]
        assert shown.screen.controllers.traffic.pane.stretch is None
        await shown.press("backslash")
        await filtered(shown)
        assert listed(shown) == [0, 1]


async def test_stretch_goes_with_a_filter_and_leaves_it_behind(show: Show, spread_session: Session) -> None:
    async with show(spread_session, (120, 40)) as shown:
        await typed_in(shown, "tcp.flags.fin == 1", "enter")
        await filtered(shown)
        await shown.press("5", "g", "enter", *["pagedown"] * 3, "enter")
        await filtered(shown)
        assert listed(shown) == [0, 1]
        assert frames(shown) == [6, 7]

        await shown.press("end", "enter", *["pageup"] * 3, "enter")
        await filtered(shown)
        assert listed(shown) == [3, 4], "the new stretch takes the place of the one before"

        await shown.press("escape")
        await filtered(shown)
        assert shown.screen.controllers.filtering.wanted == "tcp.flags.fin == 1"
        assert listed(shown) == [0, 1, 3, 4]


async def test_words_stay_beside_a_stretch_and_one_key_lifts_and_restores_both(
    show: Show, spread_session: Session
) -> None:
    async with show(spread_session, (120, 40)) as shown:
        await typed_in(shown, "192.0.2.10 refused", "enter")
        await filtered(shown)
        assert listed(shown) == [2]
        await shown.press("5", "g", "enter", *["pagedown"] * 6, "enter")
        await filtered(shown)

        assert listed(shown) == [2]
        assert any("/192.0.2.10 refused" in line and "frame.time_relative" in line for line in shown.lines())
        await shown.press("backslash")
        await filtered(shown)
        assert listed(shown) == [0, 1, 2, 3, 4]
        assert any("/192.0.2.10 refused" in line and "\\" in line for line in shown.lines())
        await shown.press("backslash")
        await filtered(shown)
        assert listed(shown) == [2]

        await shown.press("5", "escape")
        await filtered(shown)
        assert listed(shown) == [2], "the whole capture again, with the words"
        assert not shown.screen.controllers.filtering.wanted
        await shown.press("backslash")
        await filtered(shown)
        assert listed(shown) == [2]
        assert parted(shown.screen.controllers.filtering.wanted)[1] is not None


async def test_what_is_typed_takes_the_place_of_the_words_and_not_of_the_stretch(
    show: Show, spread_session: Session
) -> None:
    async with show(spread_session, (120, 40)) as shown:
        await typed_in(shown, "refused", "enter")
        await filtered(shown)
        await shown.press("5", "g", "enter", *["pagedown"] * 6, "enter")
        await filtered(shown)
        await shown.press("slash")
        assert shown.screen.prompt.text == "refused"
        await shown.press("escape")
        await filtered(shown)
        assert listed(shown) == [2]
        assert shown.screen.controllers.filtering.wanted

        await typed_in(shown, "40002", "enter")
        await filtered(shown)
        assert listed(shown) == [1]
        assert parted(shown.screen.controllers.filtering.wanted)[1] is not None
        await typed_in(shown, "tcp.flags.fin == 1", "enter")
        await filtered(shown)
        assert parted(shown.screen.controllers.filtering.wanted)[0] == "tcp.flags.fin == 1"
        assert listed(shown) == [0, 1]
        assert not shown.screen.controllers.filtering.words_beside


async def test_escape_gives_up_what_was_begun_and_then_goes_back(show: Show, spread_session: Session) -> None:
    async with show(spread_session, (120, 40)) as shown:
        await shown.press("5", "g", "enter", "right", "right")
        assert " to " in shown.screen.controllers.traffic.pane.told
        await shown.press("escape")
        assert not shown.screen.controllers.filtering.wanted
        assert shown.screen.workspace.active is Pane.GLANCE
        await shown.press("escape")
        assert shown.screen.workspace.active is Pane.CONNECTIONS


async def test_trouble_is_gone_to(show: Show, spread_session: Session) -> None:
    async with show(spread_session, (120, 40)) as shown:
        glance = shown.screen.controllers.traffic.pane
        await shown.press("5", "g", "n")
        columns = glance.columns

        assert columns is not None
        assert 20 * 10**9 <= columns.begins_ns[glance._cursor(columns) + 1] <= 21 * 10**9
        assert glance.told.endswith("✗")
        await shown.press("N")
        assert 20 * 10**9 <= columns.begins_ns[glance._cursor(columns) + 1] <= 21 * 10**9


async def test_mouse_draws_a_stretch_and_a_click_only_points(show: Show, spread_session: Session) -> None:
    async with show(spread_session, (120, 40)) as shown:
        glance = shown.screen.controllers.traffic.pane
        await shown.pilot.click(glance, offset=(60, 1))
        await shown.settle()
        assert glance.has_focus
        assert not shown.screen.controllers.filtering.wanted

        await shown.pilot.mouse_down(glance, offset=(16, 1))
        await shown.pilot.hover(glance, offset=(60, 1))
        await shown.pilot.mouse_up(glance, offset=(60, 1))
        await filtered(shown)
        assert listed(shown) == [0, 1]


async def test_strip_moves_while_packets_come(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, None, ViewOptions(numeric=True))
    async with app.run_test(size=(120, 40)) as pilot:
        shown = Shown(pilot, app.screen)  # type: ignore[arg-type]
        glance = shown.screen.controllers.traffic.pane
        pipe.give(24)
        await until(lambda: total(glance) == 24)
        pipe.give(80)
        await until(lambda: total(glance) == 104)
        assert glance.columns is not None
        assert glance.columns.begins_ns[-1] > 12 * 10**9
        pipe.close()


async def test_strip_leaves_a_busy_link_to_what_waits_for_it(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its redraws would keep the link busy, and the count of packets would stand still above a strip that moves."""
    app = TcptuiApp(pipe.session, None, ViewOptions(numeric=True))
    busy = False
    monkeypatch.setattr(FramePacer, "link_is_idle", property(lambda _app: not busy))
    async with app.run_test(size=(120, 40)) as pilot:
        shown = Shown(pilot, app.screen)  # type: ignore[arg-type]
        glance = shown.screen.controllers.traffic.pane
        pipe.give(24)
        await until(lambda: total(glance) == 24 and "24 packets" in shown.lines()[0])
        busy = True
        pipe.give(80)
        await until(lambda: pipe.session.progress.rows == 104)
        for _ in range(20):
            shown.screen.controllers.traffic._glance_at = 0.0
            shown.screen.tick()
            await pilot.pause()
        assert (total(glance), "24 packets" in shown.lines()[0]) == (24, True)
        busy = False
        await until(lambda: total(glance) == 104 and "104 packets" in shown.lines()[0])
        pipe.close()


async def test_case_gives_no_answer_away(show: Show, spread_session: Session) -> None:
    async with show(spread_session, (120, 40)) as shown:
        shown.screen.walk = object()  # type: ignore[assignment]
        shown.screen.controllers.traffic._glanced = None
        assert shown.screen.controllers.traffic.pane.columns is not None
        assert shown.screen.controllers.traffic.pane.columns.severity.any()
        shown.screen.controllers.traffic.look()

        columns = shown.screen.controllers.traffic.pane.columns
        assert columns is not None
        assert not columns.severity.any()


async def test_rate_below_one_a_second_is_not_none_and_has_a_bar(show: Show, wire: Wire, tmp_path: Path) -> None:
    for number in range(3):
        wire.refused(86_400_000 * number, f"10.0.0.1:{40001 + number}", "192.0.2.10:80")
    async with show(open_file(wire.pcap(tmp_path / "days.pcap")), (160, 45)) as shown:
        lines = strip(shown)

    packets = next(line for line in lines if "pkt/s" in line)
    assert "<1 pkt/s" in packets
    assert "█" in packets or any(char in packets for char in "▁▂▃▄▅▆▇")
    assert re.search(r"┴\d+ (h|d)\b", "".join(lines))
