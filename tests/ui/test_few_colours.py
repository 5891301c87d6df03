"""Sixteen colours, and none: whatever a colour tells apart must still be told apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from rich.color import ColorSystem
from screen_lines import screen_lines, screen_strips

from tcptui.model.finding import Severity
from tcptui.ui.theme import ASCII, LIGHT, UNICODE, Glyphs, Palette
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from conftest import Shown
    from rich.style import Style
    from textual.screen import Screen

    from tcptui.session.session import Session

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

#: What must look different from each other wherever there are sixteen colours.
DISTINCT = (
    ("plain", "note", "warning", "error"),
    ("plain", "client", "server"),
    ("plain", "good", "faint"),
    ("plain", "key"),
)
#: What lies over a row: by colour or by other means, and never alike.
OVERLAYS = ("cursor", "away", "step")


def look(style: Style) -> tuple[object, ...]:
    """What a terminal of sixteen colours shows of ``style``; its black may be the background."""
    ink = None if style.color is None else style.color.downgrade(ColorSystem.STANDARD).get_ansi_codes()
    paper = None if style.bgcolor is None else style.bgcolor.downgrade(ColorSystem.STANDARD).get_ansi_codes(False)
    black = {("40",), ("49",), None}
    shade = None if paper in black else paper
    return (ink, shade, bool(style.bold), bool(style.underline), bool(style.reverse), bool(style.italic))


def without_colour(style: Style) -> tuple[object, ...]:
    return look(style)[2:]


async def palette_of(show: Show, session: Session) -> tuple[Palette, list[str]]:
    async with show(session, (120, 40)) as shown:
        await shown.press("enter")
        return shown.screen.workspace.ladder.palette, shown.lines()


@pytest.mark.parametrize("term", ["xterm", "linux", "screen", "vt100"])
async def test_sixteen_colours_keep_every_distinction(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM")
    palette, _lines = await palette_of(show, mixed_session)

    for group in DISTINCT:
        for one, other in combinations(group, 2):
            assert look(getattr(palette, one)) != look(getattr(palette, other)), (one, other)
    looks = [look(palette.plain + getattr(palette, name)) for name in OVERLAYS]
    assert len({look(palette.plain), *looks}) == 1 + len(OVERLAYS)


@pytest.mark.parametrize(("term", "offered"), [("xterm", False), ("linux", False), ("xterm-256color", True)])
async def test_other_themes_are_offered_only_where_there_are_colours_for_them(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch, term: str, offered: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM")
    async with show(mixed_session, (80, 24)) as shown:
        app = shown.pilot.app
        before = app.theme
        await shown.pilot.press("ctrl+p", *"light")
        await until(lambda: "light" in "".join(screen_lines(app.screen)))
        await until(lambda: "Light colours" in "".join(screen_lines(app.screen)) or not offered)
        drawn = "".join(screen_lines(app.screen))
        await app.run_action(f"set_theme('{LIGHT.name}')")

        assert ("Light colours" in drawn) == offered
        assert (app.theme != before) == offered


async def test_without_colours_rows_under_a_cursor_still_stand_out(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    palette, lines = await palette_of(show, mixed_session)
    looks = [without_colour(getattr(palette, name)) for name in OVERLAYS]

    assert len({without_colour(palette.plain), *looks}) == 1 + len(OVERLAYS)
    assert any(line.startswith("▸") for line in lines)


def style_at(screen: Screen[object], text: str) -> Style:
    """How the first ``text`` on the screen is drawn."""
    styles = (
        segment.style
        for strip in screen_strips(screen)
        for segment in strip
        if text in segment.text and segment.style is not None
    )
    return next(styles)


async def test_without_colours_the_cursor_of_trees_and_of_the_palette_is_seen(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with show(mixed_session, (120, 40)) as shown:
        await shown.press("enter", "3", "home")
        frame, other = (style_at(shown.screen, text) for text in ("Frame 1:", "Internet Protocol"))
        await shown.pilot.press("ctrl+p")
        await until(lambda: "Go to the timeline" in "".join(screen_lines(shown.pilot.app.screen)))
        first, second = (style_at(shown.pilot.app.screen, f"Go to the {name}") for name in ("connections", "timeline"))

    assert without_colour(frame) != without_colour(other)
    assert without_colour(first) != without_colour(second)


async def test_sixteen_colours_lay_the_palette_on_a_background_of_their_own(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal's own may be white."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM")
    async with show(mixed_session, (120, 40)) as shown:
        await shown.pilot.press("ctrl+p")
        await until(lambda: "Go to the timeline" in "".join(screen_lines(shown.pilot.app.screen)))
        style = style_at(shown.pilot.app.screen, "Go to the timeline")

    assert style.bgcolor is not None
    assert not style.bgcolor.is_default


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_severity_and_direction_have_glyphs_of_their_own(glyphs: Glyphs) -> None:
    assert len({glyphs.severity(level) for level in (0, *Severity)}) == 4
    assert len({glyphs.arrow_line(level) for level in (Severity.NOTE, Severity.WARNING, Severity.ERROR)}) == 3
    assert glyphs.to_left != glyphs.to_right
    assert glyphs.left != glyphs.right
