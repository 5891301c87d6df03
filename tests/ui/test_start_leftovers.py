"""Captures that were interrupted, on the start screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.app import App

from tcptui.capture.spool.recover import Leftover
from tcptui.ui.prose import Paragraph, text_of
from tcptui.ui.start.choice import OpenLeftover
from tcptui.ui.start.detail import detail_of
from tcptui.ui.start.list import StartList
from tcptui.ui.start.menu import Offer, StartMenu
from tcptui.ui.start.rows import HeadingRow, LeftoverRow, LeftoversRow, cells_of
from tcptui.ui.start.screen import StartScreen
from tcptui.ui.theme import UNICODE
from tcptui.ui.user_files import RecentFiles
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

FOUND = (
    Leftover(Path("/var/tmp/tcptui-0-aa.pcap"), 1_200_000, 1_700_000_000.0),
    Leftover(Path("/var/tmp/tcptui-0-bb.pcap"), 100, 1_600_000_000.0),
)


def offer(tmp_path: Path, found: tuple[Leftover, ...] = FOUND) -> Offer:
    return Offer(RecentFiles(tmp_path), leftovers=found, interfaces=list, counters=dict)


def test_they_have_a_group_of_their_own_which_is_not_there_without_them(tmp_path: Path) -> None:
    words = Words(Language.EN)
    rows = StartMenu(offer(tmp_path), words).rows()
    without = StartMenu(offer(tmp_path, ()), words).rows()

    at = rows.index(HeadingRow("Captures that were interrupted"))
    assert rows[at + 1] == LeftoversRow(FOUND)
    assert StartMenu(offer(tmp_path, FOUND[:1]), words).rows()[at + 1] == LeftoverRow(FOUND[0], 1)
    assert not any(isinstance(row, LeftoverRow) for row in without)
    assert HeadingRow("Captures that were interrupted") not in without


def test_many_are_one_row_and_typing_finds_them(tmp_path: Path) -> None:
    found = tuple(Leftover(Path(f"/var/tmp/tcptui-0-{number:018x}.pcap"), 100, 1.6e9) for number in range(9))
    menu = StartMenu(offer(tmp_path, found), Words(Language.EN))

    assert LeftoversRow(found) in menu.rows()
    assert not any(isinstance(row, LeftoverRow) for row in menu.rows())
    (row,) = [row for row in menu.rows("0008.pcap") if isinstance(row, LeftoverRow)]
    assert row.number == 9


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("width", [50, 78, 120])
def test_row_tells_when_and_how_much_in_its_width(language: Language, width: int) -> None:
    for row in (LeftoverRow(FOUND[0], 1), LeftoversRow(FOUND)):
        (text,) = text_of([cells_of(row, width, Words(language), UNICODE)])

        assert cell_len(text) == width
        assert "1.2MB" in text
        assert "2023-11-1" in text or width == 50


def test_details_name_the_commands_that_keep_and_delete_it() -> None:
    blocks = detail_of(LeftoverRow(FOUND[1], 2), Words(Language.EN), may_capture=True)
    text = "\n".join(block.text for block in blocks if isinstance(block, Paragraph))

    assert "tcptui recover 2 -w FILE" in text
    assert "tcptui recover 2 --delete" in text


class Starting(App[object]):
    def __init__(self, shown: Offer) -> None:
        super().__init__()
        self.shown = shown

    def on_mount(self) -> None:
        self.push_screen(StartScreen(self.shown, Words(Language.EN), UNICODE))

    def on_start_screen_chosen(self, event: StartScreen.Chosen) -> None:
        self.exit(event.choice)


async def test_enter_shows_each_and_opens_one(tmp_path: Path) -> None:
    app = Starting(offer(tmp_path))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert isinstance(app.screen.query_one(StartList).current, LeftoversRow)
        await pilot.press("enter")
        assert app.screen.query_one(StartList).current == LeftoverRow(FOUND[0], 1)
        await pilot.press("down", "enter")

    assert app.return_value == OpenLeftover(FOUND[1].path)
