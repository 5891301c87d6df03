from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.ui.theme import DARK, LIGHT
from tcptui.ui.widgets.painted_lines import PaletteMixin

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session

    Show = Callable[..., AbstractAsyncContextManager[object]]


async def test_every_widget_takes_the_colours_of_another_theme(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:  # type: ignore[attr-defined]
        widgets = [widget for widget in shown.screen.walk_children() if isinstance(widget, PaletteMixin)]
        assert len(widgets) > 8
        before = {widget: widget.palette.client.color.triplet.hex for widget in widgets}
        assert set(before.values()) == {DARK.variables["client"]}

        shown.pilot.app.theme = LIGHT.name
        await shown.settle()

        assert {widget.palette.client.color.triplet.hex for widget in widgets} == {LIGHT.variables["client"]}
        status = shown.screen.query_one("#status").palette.bar
        assert status.bgcolor.triplet.hex == LIGHT.variables["bar"]


async def test_widgets_that_look_the_same_share_a_palette(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:  # type: ignore[attr-defined]
        assert shown.screen.query_one("#connections").palette is shown.screen.query_one("#timeline").palette
        assert shown.screen.query_one("#connections").palette is not shown.screen.query_one("#status").palette


@pytest.mark.parametrize("name", ["plain", "faint", "error"])
async def test_cells_are_drawn_on_the_widget_s_own_ground(show: Show, mixed_session: Session, name: str) -> None:
    async with show(mixed_session) as shown:  # type: ignore[attr-defined]
        for widget in filter(lambda one: isinstance(one, PaletteMixin), shown.screen.walk_children()):
            assert getattr(widget.palette, name).bgcolor == widget.rich_style.bgcolor
