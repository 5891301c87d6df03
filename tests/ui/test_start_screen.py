from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from screen_lines import screen_lines
from textual.app import App
from textual.widgets import Input, Static

from tcptui import __version__
from tcptui.capture.interfaces import Interface, Traffic
from tcptui.lessons.loader import load_cases
from tcptui.ui.main.prompt_line import PathEntry, candidates
from tcptui.ui.start import screen
from tcptui.ui.start.choice import OpenCase, OpenFile, OpenInterface, StartChoice
from tcptui.ui.start.list import StartList
from tcptui.ui.start.menu import Offer
from tcptui.ui.start.rates import Rate
from tcptui.ui.start.rows import CaseRow, FileRow, InterfaceRow, PathRow, cells_of
from tcptui.ui.start.screen import StartScreen
from tcptui.ui.start.teaching import StartDetail
from tcptui.ui.theme import ASCII, THEMES, UNICODE, variable_defaults
from tcptui.ui.user_files import RecentFiles
from tcptui.ui.widgets.document import Document
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import SETTLES_IN_S, threads_held, until

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMAND = "sudo /opt/tcptui -i eth0"
STYLE = Path(__file__).parents[2] / "tcptui" / "ui" / "app.tcss"

SCROLL_BAR = "".join(map(chr, range(0x2580, 0x25A0)))
"""Textual's own; `AsciiFilter` sees to them."""


class Starting(App[StartChoice]):
    CSS_PATH = STYLE

    def __init__(
        self, directory: Path, language: Language = Language.EN, *, may_capture: bool = True, ascii_only: bool = False
    ) -> None:
        super().__init__()
        self.words = Words(language)
        self.glyphs = ASCII if ascii_only else UNICODE
        self.packets = 0
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "tcptui"
        self.set_class(ascii_only, "-ascii")
        interfaces = (
            Interface("eth0", "eth0", ("192.168.1.23",), True, True, False, False, True),
            Interface("lo", "lo", ("127.0.0.1", "::1"), True, True, True, False, None),
        )

        def root_command(arguments: Sequence[str]) -> str:
            return f"sudo /opt/tcptui {' '.join(arguments)}"

        def counters() -> dict[str, Traffic]:
            self.packets += 100
            return {"eth0": Traffic(self.packets, 1000 * self.packets), "lo": Traffic(0, 0)}

        self.offer = Offer(
            RecentFiles(directory),
            load_cases(),
            interfaces=lambda: interfaces,
            counters=counters,
            clock_ns=lambda: self.packets // 100 * 1_000_000_000,
            may_capture=lambda: may_capture,
            root_command=root_command,
        )

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def on_mount(self) -> None:
        self.push_screen(StartScreen(self.offer, self.words, self.glyphs))

    def on_start_screen_chosen(self, event: StartScreen.Chosen) -> None:
        self.exit(event.choice)

    @property
    def rows(self) -> StartList:
        return self.screen.query_one(StartList)

    @property
    def detail(self) -> str:
        return "\n".join(self.screen.query_one(Document).shown_text)

    @property
    def line(self) -> Input:
        return self.screen.query_one(Input)


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    directory = tmp_path / "captures"
    (directory / "old").mkdir(parents=True)
    (directory / "one.pcap").write_bytes(b"x")
    (directory / "old" / "two.pcap").write_bytes(b"x")
    return directory


async def test_cursor_begins_on_the_first_interface_and_enter_opens_it(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert isinstance(app.rows.current, InterfaceRow)
        await pilot.press("enter")

    assert app.return_value == OpenInterface("eth0")


async def test_cursor_passes_over_titles_to_the_cases(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("down", "down")
        assert isinstance(app.rows.current, CaseRow)
        await pilot.press("up")
        assert isinstance(app.rows.current, InterfaceRow)
        await pilot.press("end", "enter")

    assert app.return_value == OpenCase(load_cases()[-1].id)


async def test_recent_file_is_opened_by_a_double_click(tmp_path: Path, captures: Path) -> None:
    RecentFiles(tmp_path).remember(captures / "one.pcap", 1)
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
        y = next(number for number, row in enumerate(app.rows.rows) if isinstance(row, FileRow))
        await pilot.click(StartList, offset=(10, y + 1), times=2)

    assert app.return_value == OpenFile(captures / "one.pcap")


async def test_slash_narrows_and_escape_shows_everything_again(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
        everything = len(app.rows.rows)
        await pilot.press("slash", "l", "o", "o", "p")
        await pilot.pause()
        assert app.line.value == "loop"
        assert [row.case.id for row in app.rows.rows if isinstance(row, CaseRow)] == ["hello-world-loopback"]
        assert isinstance(app.rows.current, CaseRow)
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.rows.rows) == everything
        assert app.focused is app.rows


@pytest.mark.parametrize("typed", ["fin", "opening", "xyz"])
async def test_letters_are_commands_and_never_a_search(tmp_path: Path, typed: str) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
        rows = app.rows.rows
        await pilot.press(*typed)
        await pilot.pause()
        if typed == "xyz":
            assert app.rows.rows == rows
            assert app.focused is app.rows
        else:
            assert app.line.value == typed[1:]  # the command's line is open, and has what was typed after it


async def test_j_and_k_move_and_g_goes_to_the_ends(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
        places = []
        for key in ("j", "j", "k", "G", "g"):
            await pilot.press(key)
            places.append(app.rows.cursor)
        first, count = places[-1], len(app.rows.rows)

    assert places == [first + 1, places[1], first + 1, count - 1, first]
    assert places[1] > first + 1


async def test_c_goes_to_the_cases_and_tab_through_the_groups(tmp_path: Path, captures: Path) -> None:
    RecentFiles(tmp_path).remember(captures / "one.pcap", 1)
    app = Starting(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("c")
        first = app.rows.current
        assert isinstance(first, CaseRow)
        assert first.case.number == 1
        assert "Cases to learn from" in screen_lines(app.screen)[2]
        kinds = []
        for key in ("tab", "tab", "tab", "shift+tab"):
            await pilot.press(key)
            kinds.append(type(app.rows.current))
        assert kinds == [InterfaceRow, FileRow, CaseRow, FileRow]


async def test_choosing_works_while_narrowed(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("slash", "q", "u", "backspace", "backspace", "1", "2", "7", "enter")

    assert app.return_value == OpenInterface("lo")


async def test_path_is_completed_and_opened(tmp_path: Path, captures: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("o")
        app.line.insert_text_at_cursor(f"{captures}/")
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert [row.entry.path.name for row in app.rows.rows if isinstance(row, PathRow)] == ["old", "one.pcap"]

        await pilot.press("o", "n")
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.press("tab")
        await pilot.pause()
        assert app.line.value == f"{captures}/one.pcap"
        await pilot.press("enter")

    assert app.return_value == OpenFile(captures / "one.pcap")


@pytest.mark.parametrize("key", ["tab", "enter"])
async def test_key_that_comes_before_paths_are_listed_is_about_the_whole_path(
    tmp_path: Path, captures: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    may_list = threading.Event()

    def held(text: str) -> tuple[PathEntry, ...]:
        assert not text.endswith("on") or may_list.wait(SETTLES_IN_S)
        return candidates(text)

    monkeypatch.setattr(screen, "candidates", held)
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("o")
        app.line.insert_text_at_cursor(f"{captures}/")
        await until(lambda: len([row for row in app.rows.rows if isinstance(row, PathRow)]) == 2)
        app.line.insert_text_at_cursor("on")
        await pilot.press(key)
        assert (app.line.value, app.return_value) == (f"{captures}/on", None)
        may_list.set()
        if key == "tab":
            await until(lambda: app.line.value == f"{captures}/one.pcap")
        else:
            await until(lambda: app.return_value == OpenFile(captures / "one.pcap"))


async def test_help_that_is_read_while_the_screen_is_removed_is_told_nobody(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    may_read = threads_held()
    async with app.run_test() as pilot:
        await pilot.pause()
        start = app.screen
        await until(lambda: any(worker.group == "teaching" for worker in app.workers))
        threads = [worker for worker in app.workers if worker.group == "teaching"]

        async def last_to_go(_hint: Static) -> None:  # the screen's threads are cancelled after its children have gone
            await until(lambda: not start.query(StartDetail))
            may_read.set()
            await until(lambda: all(worker.is_finished for worker in threads))

        await start.mount(type("Hint", (Static,), {"on_unmount": last_to_go})())
        await app.pop_screen()
        assert app._exception is None


async def test_enter_on_a_directory_looks_into_it(tmp_path: Path, captures: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("o")
        app.line.insert_text_at_cursor(f"{captures}/")
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert [row.entry.path.name for row in app.rows.rows if isinstance(row, PathRow)] == ["two.pcap"]
        await pilot.press("enter")

    assert app.return_value == OpenFile(captures / "old" / "two.pcap")


async def test_missing_permission_shows_the_command_and_the_second_enter_runs_it(tmp_path: Path) -> None:
    app = Starting(tmp_path, may_capture=False)
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert COMMAND in app.detail
        assert app.return_value is None
        await pilot.press("enter")

    assert app.return_value == OpenInterface("eth0", as_root=True)


async def test_moving_away_forgets_the_command(tmp_path: Path) -> None:
    app = Starting(tmp_path, may_capture=False)
    async with app.run_test() as pilot:
        await pilot.press("enter", "down", "up")
        await pilot.pause()
        assert COMMAND not in app.detail


async def test_rates_are_shown_after_the_second_measurement(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert isinstance(app.screen, StartScreen)
        app.screen._measure()
        await pilot.pause()
        row = app.rows.rows[1]
        assert isinstance(row, InterfaceRow)
        assert row.rate is not None
        assert row.rate.packets == 100


async def test_cursor_stays_on_its_row_while_rates_change(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("end")
        assert isinstance(app.screen, StartScreen)
        app.screen._measure()
        await pilot.pause()
        assert app.rows.current == app.rows.rows[-1]


@pytest.mark.each_value
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
async def test_every_size_has_list_detail_and_hints(tmp_path: Path, language: Language, size: tuple[int, int]) -> None:
    app = Starting(tmp_path, language)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert app.rows.size.height >= 5
        assert app.screen.query_one(Document).size.height >= 5
        assert app.words("guide.start.enter_capture")[:12] in app.detail


@pytest.mark.parametrize("language", list(Language))
async def test_title_is_never_cut(tmp_path: Path, language: Language) -> None:
    app = Starting(tmp_path, language)
    async with app.run_test(size=(120, 40)) as pilot:
        for width, name in ((120, "title"), (60, "title_short" if language is Language.EN else "title")):
            await pilot.resize_terminal(width, 16)
            await pilot.pause()
            whole = app.words(f"guide.start.{name}", version=__version__)
            assert whole in screen_lines(app.screen)[0]


async def test_small_terminal_says_what_it_needs_and_recovers(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        message = app.screen.query_one("#start-small", Static)
        assert message.display
        assert "60" in str(message.render())
        assert not app.rows.is_on_screen

        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert not message.display
        assert app.rows.is_on_screen


async def test_ascii_mode_draws_nothing_else(tmp_path: Path) -> None:
    app = Starting(tmp_path, ascii_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, StartScreen)
        app.screen._measure()
        await pilot.pause()
        drawn = "".join(screen_lines(app.screen))
        assert [char for char in drawn if not char.isascii() and char not in SCROLL_BAR] == []


async def test_filter_is_judged_as_it_is_typed_and_goes_with_the_interface(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("f", *"tcp port")
        await pilot.pause()
        assert "libpcap reports:" in app.detail
        await pilot.press("enter")
        assert app.screen.query_one("#start-line").has_class("-open")
        await pilot.press("space", *"443")
        await pilot.pause()
        assert "The filter is valid" in app.detail
        await pilot.press("enter")
        await pilot.pause()
        assert not app.screen.query_one("#start-line").has_class("-open")
        await pilot.press("enter")
        await pilot.pause()

    assert app.return_value == OpenInterface("eth0", filter_words="tcp port 443")


async def test_enter_takes_the_filter_that_stood_there_not_what_follows_it(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("f", *"tcp port")
        line = app.screen.query_one("#start-input", Input)
        await line.action_submit()
        line.value = "tcp port 9"  # typed before Enter is acted on
        await pilot.pause()

        assert app.screen.query_one("#start-line").has_class("-open")
        assert "The filter is valid" in app.detail


async def test_filter_left_with_escape_is_not_used(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("f", *"udp", "escape", "enter")
        await pilot.pause()

    assert app.return_value == OpenInterface("eth0")


IPV4, IPV6 = "192.168.1.23", "2001:db8:4:7:a00:27ff:fe4e:66a1"


@pytest.mark.parametrize(
    ("width", "rate", "shown"),
    [
        (52, None, f"{IPV4} …"),
        (58, None, f"{IPV4}, {IPV6}"),
        (74, None, f"{IPV4}, {IPV6}"),
        (58, Rate(1, 1, (1,)), f"{IPV4} …"),
        (52, Rate(1, 1, (1,)), f"{IPV4} …"),
        (44, Rate(1, 1, (1,)), "192.168.1.…"),
    ],
)
def test_addresses_of_an_interface_are_whole_or_left_out(width: int, rate: Rate | None, shown: str) -> None:
    interface = Interface("eth0", "eth0", (IPV6, IPV4), True, True, False, False, True)
    cells = cells_of(InterfaceRow(interface, rate), width, Words(Language.EN), UNICODE)

    assert cells[2].text.strip() == shown
    assert sum(cell_len(cell.text) for cell in cells) == width


async def test_palette_has_the_keys_in_front_and_says_what_they_do(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
        entries = app.screen.palette_entries()  # type: ignore[attr-defined]

    assert all(entry.key and not entry.about for entry in entries)
    assert all(entry.title[0].isupper() for entry in entries)


async def test_list_without_a_choice_hints_at_nothing_to_open(tmp_path: Path) -> None:
    app = Starting(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        seen = []
        for key in ("slash", "l", "q", "backspace"):
            await pilot.press(key)
            await pilot.pause()
            seen.append("Enter open" in screen_lines(app.screen)[-1])

    assert seen == [True, True, False, True]
