"""Stepping through a bundled case in the whole app: one key, one step."""

from __future__ import annotations

import asyncio

import pytest

from tcptui.lessons.loader import load_case
from tcptui.session.session import open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.learn.case_panel import CasePanel


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
