"""Stepping through a bundled case in the whole app: one key, one step."""

from __future__ import annotations

import asyncio

import pytest
from screen_lines import screen_lines

from tcptui.lessons.loader import load_case
from tcptui.session.session import open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.learn.case_panel import CasePanel
from tcptui.ui.main.screen import MainScreen
from tcptui.words.language import Language


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_each_key_goes_one_step_and_back(size: tuple[int, int]) -> None:
    case = load_case("hello-service")
    session = await asyncio.to_thread(open_file, case.captures[0])
    app = TcptuiApp(session, case=case)
    positions = []
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        walk = app.screen.query_one(CasePanel).walk
        assert walk is not None
        for key in ("right_square_bracket", "right_square_bracket", "right_square_bracket", "left_square_bracket"):
            await pilot.press(key)
            await pilot.pause()
            positions.append(walk.position)

    assert positions == [1, 2, 3, 2]


async def test_answer_is_hinted_at_only_while_it_is_hidden() -> None:
    case = load_case("hello-service")
    app = TcptuiApp(await asyncio.to_thread(open_file, case.captures[0]), case=case, language=Language.EN)
    hinted = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        for key in ("", "right_square_bracket", "r", "right_square_bracket", "left_square_bracket"):
            if key:
                await pilot.press(key)
            await pilot.pause()
            hinted.append("r reveal" in screen_lines(app.screen)[-1])

    assert hinted == [False, True, False, True, False]


@pytest.mark.parametrize(("case_id", "step", "selected"), [("dns-detour", 1, 17), ("dns-tcp-refused", 2, 7)])
async def test_step_that_begins_with_a_datagram_selects_its_first_segment(
    case_id: str, step: int, selected: int
) -> None:
    case = load_case(case_id)
    session = await asyncio.to_thread(open_file, case.captures[0])
    app = TcptuiApp(session, case=case)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for _ in range(step):
            await pilot.press("right_square_bracket")
            await pilot.pause()
        assert isinstance(app.screen, MainScreen)
        workspace = app.screen.workspace

        assert int(session.store.frame[workspace.row]) == selected
        assert workspace.ladder.stream == int(session.store.stream[workspace.row])
