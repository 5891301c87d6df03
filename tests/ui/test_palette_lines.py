"""The palette: one line a command, with its key in front and its value in sight, and the palette's own keys below."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from screen_lines import screen_lines
from textual.command import CommandList
from textual.content import Content

from tcptui.ui.export.screen import ExportScreen
from tcptui.ui.overview.screen import OverviewScreen
from tcptui.ui.palette import Palette, entry_line, main_entries
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import turns, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

pytestmark = pytest.mark.painted


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [55, 75, 115])
def test_each_command_is_one_line_with_its_key_and_its_value(language: Language, width: int) -> None:
    for plain in main_entries(Words(language)):
        entry = replace(plain, now="addresses")
        line = entry_line(Content(entry.title), entry, width).plain

        assert cell_len(line) <= width
        assert line.startswith(entry.key)
        assert "  addresses" in line
        assert (entry.title in line) == (8 + cell_len(entry.title) + len("  addresses") <= width)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_palette_fills_the_screen_with_single_lines_above_its_own_keys(
    show: Show, mixed_session: Session, size: tuple[int, int], language: Language
) -> None:
    async with show(mixed_session, size, language) as shown:
        await shown.pilot.press("ctrl+p")
        palette = shown.pilot.app.screen
        assert isinstance(palette, Palette)
        async for _ in turns():
            if palette.query_one(CommandList).option_count > size[1]:
                break
        else:
            raise AssertionError("it did not come to that")
        await shown.pilot.pause()
        commands = palette.query_one(CommandList)
        drawn = screen_lines(palette)
        rows = drawn[commands.region.y : commands.region.bottom - 1]

        assert commands.virtual_size.height == commands.option_count
        assert len(rows) >= size[1] - 7 + 2 * (size[1] < 30)
        assert all(row.strip() for row in rows)
        assert sum(not line.strip() for line in drawn) <= 2 * (size[1] >= 30), "no blank line where lines are few"
        assert "Esc" in drawn[-1]
        assert Words(language)("screen.hint.sort") not in drawn[-1]


async def test_each_entry_stays_one_line_when_the_terminal_is_resized(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (120, 40)) as shown:
        await shown.pilot.press("ctrl+p")
        commands = shown.pilot.app.screen.query_one(CommandList)
        await until(lambda: commands.option_count > 40)
        await shown.pilot.press("down", "down")
        for size in ((60, 16), (200, 50), (80, 24)):
            await shown.pilot.resize_terminal(*size)
            await shown.pilot.pause()

            assert commands.virtual_size.height == commands.option_count, size
            assert commands.highlighted == 2
        drawn = screen_lines(shown.pilot.app.screen)
        assert any("Overview: all problems of the capture, worst first  Finding" in line for line in drawn)


async def test_overview_is_among_the_commands_of_another_screen(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, (80, 24)) as shown:
        app = shown.pilot.app
        await shown.pilot.press("x", "ctrl+p", *"overview", "enter")
        async for _ in turns():
            if isinstance(app.screen, OverviewScreen):
                break
            await shown.pilot.pause(0.005)
        else:
            raise AssertionError("it did not come to that")

        assert isinstance(app.screen, OverviewScreen)
        assert not any(isinstance(screen, ExportScreen) for screen in app.screen_stack)
