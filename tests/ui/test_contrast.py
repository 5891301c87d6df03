"""Every text can be read on every row: contrast of each style on each background, at least 4.5:1 (WCAG 2.1, 1.4.3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from merged_captures import two_captures
from rich.color import ColorType
from rich.style import Style
from screen_lines import screen_strips

from tcptui.capture.interfaces import Interface, Traffic
from tcptui.lessons.loader import load_cases
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.merged.screen import MergedScreen
from tcptui.ui.screens.socket import SocketScreen
from tcptui.ui.start.menu import Offer
from tcptui.ui.theme import DARK, LIGHT, SIXTEEN, Palette
from tcptui.ui.user_files import RecentFiles
from tcptui.ui.view_options import ViewOptions
from tcptui.words.language import Language
from tests.ui.conftest import settled
from tests.ui.tasks import shop
from tests.ui.test_leaving import SCREEN_OF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from conftest import Shown
    from rich.color import Color
    from textual.screen import Screen

    from tests.ui.conftest import Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]
    Rgb = tuple[int, int, int]

LEAST: Final = 4.5
#: The sixteen colours of xterm (XTerm-col.ad) and of the Linux console (drivers/tty/vt/vt.c, default_red …).
XTERM: Final = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
CONSOLE: Final = (
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
)
#: Lines and frames: nothing is read in them.
DRAWN: Final = {"edge"}
OVERLAYS: Final = {"cursor", "away", "step", "field", "hit1", "hit2", "hit3", "hit4"}


def rgb(color: Color, sixteen: str) -> Rgb:
    if color.type is ColorType.STANDARD:
        value = sixteen.split()[color.number or 0]
        return int(value[:2], 16), int(value[2:4], 16), int(value[4:], 16)
    if color.triplet is None:  # whatever the terminal's user has chosen: nobody knows
        return 127, 127, 127
    return tuple(color.triplet)


def luminance(color: Rgb) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [value / 255 for value in color]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(style: Style, sixteen: str) -> float:
    assert style.color is not None
    assert style.bgcolor is not None
    ink, paper = luminance(rgb(style.color, sixteen)), luminance(rgb(style.bgcolor, sixteen))
    return (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast(Style(color="#ffffff", bgcolor="#000000"), XTERM) == pytest.approx(21)
    assert contrast(Style(color="#777777", bgcolor="#ffffff"), XTERM) == pytest.approx(4.48, abs=0.01)
    assert contrast(Style(color="bright_white", bgcolor="blue"), XTERM) == pytest.approx(9.4, abs=0.1)


@pytest.mark.parametrize(
    ("theme", "sixteen"),
    [(DARK.name, XTERM), (LIGHT.name, XTERM), (SIXTEEN.name, XTERM), (SIXTEEN.name, CONSOLE)],
)
async def test_every_text_is_readable_on_every_row(
    show: Show, mixed_session: Session, theme: str, sixteen: str
) -> None:
    async with show(mixed_session, (120, 40)) as shown:
        shown.screen.app.theme = theme
        await shown.press("enter")
        ladder = shown.screen.workspace.ladder
        palette, base = ladder.palette, ladder.rich_style
    styles = {name: getattr(palette, name) for name in Palette.__dataclass_fields__}
    texts = {name: base + style for name, style in styles.items() if name not in OVERLAYS | DRAWN}
    papers = {name: styles[name] for name in OVERLAYS} | {"bar": Style(bgcolor=styles["bar"].bgcolor), "": Style()}

    poor = {
        (text, paper): round(value, 2)
        for text, style in texts.items()
        for paper, overlay in papers.items()
        if (value := contrast(style + overlay, sixteen)) < LEAST
    }
    assert not poor, "\n".join(map(str, poor.items()))


def segments(screen: Screen[object]) -> Iterator[tuple[str, Style | None]]:
    """Text and style of all that stands on the screen, without what a dialog covers and dims."""
    strips = screen_strips(screen)
    for region in [child.region for child in screen.children] if screen.is_modal else [screen.region]:
        for strip in strips[region.y : region.bottom]:
            yield from ((text, style) for text, style, _control in strip.crop(region.x, region.right))


#: Keys one after another, across all panes and screens; what stands after each is looked at.
WALK: Final = (
    "", "n", "enter", "j", "3", "j", "j", "enter", "4", "e", "5", "j", "1", "question_mark", "down", "escape",
    "t", "n", "tab", "s", "tab", "tab", "tab", "escape",
    "0", "escape", "ctrl+p", "down", "escape", "slash", "1", "escape", "F", "escape", "x", "down", "escape", "s", "s",
    "R", "tab", "down", "s", "escape",
    "p", "1", "escape", "slash", "ctrl+o", "tab", "tab", "down", "ctrl+n", "escape", "escape",
    "ctrl+f", "G", "E", "T", "enter", "enter", "4", "3", "end", "z", "z",
)  # fmt: skip
#: The same across the screen of what is not TCP.
OTHER_WALK: Final = (
    "u",
    "enter",
    "enter",
    "enter",
    "j",
    "enter",
    "j",
    "colon",
    "escape",
    "escape",
    "slash",
    "x",
    "enter",
)
#: The same across what a capture of requests has: requests and their statements, groups, a graph's kinds, marks, notes,
#: own columns, filters from a menu, follow, export, a stretch, datagrams that answer each other, and a case.
WEB_WALK: Final = (
    "", "n", "m", "down", "M", "w", "enter", "equals_sign", "down", "escape", "O", "down", "escape",
    "plus", "i", "p", "enter", "plus", "t", "c", "p", "enter", "minus", "down", "escape",
    "R", "down", "b", "down", "enter", "escape", "escape", "slash", "4", "0", "4", "enter", "escape", "escape",
    "b", "down", "tab", "down", "tab", "s", "escape", "t", "tab", "tab", "space", "escape",
    "slash", "h", "t", "t", "p", "enter", "v", "escape", "backslash", "z", "z", "1",
    "F", "d", "x", "T", "escape", "x", "space", "w", "escape", "escape",
    "5", "left", "enter", "right", "enter", "escape",
    "u", "enter", "enter", "down", "enter", "end", "escape", "escape", "escape", "escape", "1",
    "c", "right_square_bracket", "r", "p", "1", "escape", "4",
)  # fmt: skip
#: The same across the start screen.
START_WALK: Final = (
    "", "down", "c", "down", "slash", "w", "i", "n", "escape", "f", "t", "escape", "o", "x", "escape", "question_mark",
    "down", "escape", "ctrl+p", "down", "escape",
)  # fmt: skip
#: The same across the screens of two capture points.
MERGED_WALK: Final = (
    "", "down", "tab", "tab", "enter", "n", "n", "n", "tab", "tab", "J", "question_mark", "escape", "ctrl+p", "down",
    "escape", "escape",
)  # fmt: skip
#: The screens that each walk comes to.
COMES_TO: Final = {
    WALK: {
        "ExportScreen", "FilterForm", "FollowScreen", "GraphScreen", "HelpScreen", "MainScreen", "OverviewScreen",
        "Palette", "RequestsScreen", "SearchScreen",
    },
    OTHER_WALK: {"OtherScreen"},
    WEB_WALK: {
        "ColumnMenu", "ExportScreen", "FilterMenu", "FollowScreen", "GraphScreen", "GroupsScreen", "MainScreen",
        "OtherScreen", "RequestsScreen", "SocketScreen", "SortMenu",
    },
    START_WALK: {"HelpScreen", "Palette", "StartScreen"},
    MERGED_WALK: {"MergedScreen", "LadderScreen", "HelpScreen", "Palette"},
}  # fmt: skip
#: What opens a branch of the header tree.
ARROW: Final = "▶"


def all_kinds(wire: Wire, folder: Path) -> Session:
    """A capture with what the screens tell apart: a loss, a refusal, a request, an ICMP error that quotes no stream."""
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.lossy(200, "10.0.0.1:40002", "192.0.2.10:80")
    wire.refused(500, "10.0.0.2:40003", "192.0.2.20:8443")
    wire.unreachable(600, "10.0.0.9", "10.0.0.1:40009", "192.0.2.10:80", 1)
    return open_file(wire.pcap(folder / "kinds.pcap"))


def test_walks_come_to_every_screen() -> None:
    assert set().union(*COMES_TO.values()) == {"MainScreen", *SCREEN_OF.values()}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A text that stood on a screen, its style there, and the key after which it was first seen."""

    style: Style
    text: str
    key: str
    screen: str


async def drawn(show: Show, session: Session, walk: tuple[str, ...], theme: str) -> list[Drawn]:
    """All texts of a walk, each once in each style: whatever colours the terminal gives to them."""
    found: dict[tuple[Style, str], Drawn] = {}
    async with show(session, (120, 40)) as shown:
        shown.screen.app.theme = theme
        for key in walk:
            await shown.press(*filter(None, (key,)))
            _note(found, shown.screen.app.screen, key)
        if walk is WEB_WALK:  # a key leads there only from a capture of this machine's own connections
            app = shown.screen.app
            await app.push_screen(SocketScreen(session, 0, app.words, app.glyphs))  # type: ignore[attr-defined]
            await shown.settle()
            _note(found, app.screen, "o")
    return list(found.values())


async def drawn_at_start(folder: Path, theme: str) -> list[Drawn]:
    """The same of the start screen, with a file that was opened before, and an interface."""
    found: dict[tuple[Style, str], Drawn] = {}
    recent = RecentFiles(folder)
    (folder / "seen.pcap").touch()
    recent.remember(folder / "seen.pcap", 1.7e9)
    ethernet = Interface("eth0", "eth0", ("192.168.1.23",), True, True, False, False, True)
    offer = Offer(recent, load_cases(), interfaces=lambda: (ethernet,), counters=lambda: {"eth0": Traffic(1, 1)})
    app = TcptuiApp(None, Language.EN, ViewOptions(numeric=True), offer=offer)
    async with app.run_test(size=(120, 40)) as pilot:
        app.theme = theme
        for key in START_WALK:
            await pilot.press(*filter(None, (key,)))
            await pilot.pause(0.02)
            _note(found, app.screen, key)
    return list(found.values())


async def drawn_of_two(folder: Path, theme: str) -> list[Drawn]:
    """The same of the screens of two capture points."""
    found: dict[tuple[Style, str], Drawn] = {}
    merging = await asyncio.to_thread(two_captures, folder)
    app = TcptuiApp(None, Language.EN, ViewOptions(numeric=True), merging=merging)
    async with app.run_test(size=(120, 40)) as pilot:
        app.theme = theme
        await settled(pilot, lambda: isinstance(app.screen, MergedScreen) and app.screen.settled)
        for key in MERGED_WALK:
            await pilot.press(*filter(None, (key,)))
            await pilot.pause()
            _note(found, app.screen, key)
    return list(found.values())


def _note(found: dict[tuple[Style, str], Drawn], screen: Screen[Any], key: str) -> None:
    for text, style in segments(screen):
        if style is not None and (any(map(str.isalnum, text)) or ARROW in text):
            shade, words = screen.rich_style + style, text.strip()[:20]
            found.setdefault((shade, words), Drawn(shade, words, key, type(screen).__name__))


#: The texts of each walk in each theme: a terminal's sixteen colours are only looked up in them.
_seen: dict[tuple[tuple[str, ...], str], list[Drawn]] = {}


@pytest.mark.each_value
@pytest.mark.parametrize(
    ("theme", "sixteen"),
    [(DARK.name, XTERM), (LIGHT.name, XTERM), (SIXTEEN.name, XTERM), (SIXTEEN.name, CONSOLE)],
)
@pytest.mark.parametrize(
    "walk", [WALK, OTHER_WALK, WEB_WALK, START_WALK, MERGED_WALK], ids=["main", "other", "web", "start", "two"]
)
async def test_every_text_on_the_screens_is_readable(
    show: Show, wire: Wire, tmp_path: Path, walk: tuple[str, ...], theme: str, sixteen: str
) -> None:
    if (walk, theme) not in _seen:
        if walk is START_WALK:
            _seen[walk, theme] = await drawn_at_start(tmp_path, theme)
        elif walk is MERGED_WALK:
            _seen[walk, theme] = await drawn_of_two(tmp_path, theme)
        else:
            opened = open_file(shop(tmp_path / "shop.pcap")) if walk is WEB_WALK else all_kinds(wire, tmp_path)
            _seen[walk, theme] = await drawn(show, opened, walk, theme)

    poor: dict[tuple[str, str], tuple[float, str, str]] = {}
    for each in _seen[walk, theme]:
        assert each.style.color is not None
        value = 0.0 if each.style.color.is_default else contrast(each.style, sixteen)
        if value < LEAST:
            poor[str(each.style), each.text] = round(value, 2), each.key, each.screen
    assert len(_seen[walk, theme]) > 80
    assert {each.screen for each in _seen[walk, theme]} == COMES_TO[walk]
    assert not poor, "\n".join(map(str, poor.items()))
