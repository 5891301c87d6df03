"""The settings file: what it may say, what a wrong one does, and what is remembered without it."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from screen_lines import screen_lines

from tcptui.ui.app import TcptuiApp
from tcptui.ui.keymap import COMMANDS
from tcptui.ui.main.column_names import Column, SortKey
from tcptui.ui.main.column_widths import OPTIONAL, Needs, column_widths
from tcptui.ui.main.layout import Shape, shape_of
from tcptui.ui.settings.config_file import LONGEST, ConfigFile, read_config, read_settings
from tcptui.ui.settings.key_choice import OWN_KEYS
from tcptui.ui.settings.problem import Fault, Problem, on_screen
from tcptui.ui.settings.remembered import ScreenChoices
from tcptui.ui.settings.table import DEFAULTS, SETTINGS, Kind, Settings
from tcptui.ui.start.menu import Offer
from tcptui.ui.theme import LIGHT
from tcptui.ui.user_files import RecentFiles
from tcptui.ui.view_options import FirstPage, LayoutChoice, NamesChoice, ThemeChoice, TimeBase, TourChoice, ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

EVERYTHING = """\
# mine
language = "zh"
theme = "light"
times = "clock"
names = "dns"
sort = "rtt"
columns = ["duration", "lost"]
packet_columns = ["ip.ttl", "tcp.len * 8"]
connection_columns = ["tcp.len > 1000"]
layout = "narrow"
tour = "off"
first = "list"
[keys]
sort = "d"
save = "f2"
"""


def read(text: str | bytes) -> ConfigFile:
    return read_settings(Path("config.toml"), text.encode() if isinstance(text, str) else text)


def faults(found: ConfigFile) -> list[Fault]:
    return [problem.fault for problem in found.problems]


def test_file_says_all_that_can_be_set() -> None:
    found = read(EVERYTHING)

    assert not found.problems
    assert found.settings == Settings(
        Language.ZH, ThemeChoice.LIGHT, TimeBase.CLOCK, NamesChoice.DNS, SortKey.RTT, (SortKey.DURATION, SortKey.LOST),
        ("ip.ttl", "tcp.len * 8"), ("tcp.len > 1000",),
        LayoutChoice.NARROW, TourChoice.OFF, FirstPage.LIST, (("sort", "d"), ("save", "f2")),
    )  # fmt: skip


def test_every_setting_has_a_field_words_and_a_default_that_may_be_written() -> None:
    assert [setting.name for setting in SETTINGS] == list(Settings.__dataclass_fields__)
    for setting in SETTINGS:
        quoted = f'"{setting.default}"' if setting.kind is Kind.CHOICE else setting.default
        assert not read(f"{setting.name} = {quoted}").problems
        for language in Language:
            assert Words(language)(setting.doc)


def test_default_columns_are_those_that_give_way() -> None:
    columns = next(setting for setting in SETTINGS if setting.name == "columns")

    assert columns.values == tuple(key.value for key in OPTIONAL)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('theme = "pink"', Fault.VALUE),
        ("theme = 1", Fault.VALUE),
        ('theme = ["dark"]', Fault.VALUE),
        ('times = "auto"', Fault.VALUE),
        ('columns = "lost"', Fault.NO_LIST),
        ('columns = ["lost", "state"]', Fault.VALUE),
        ("columns = [1]", Fault.VALUE),
        ('keys = "s"', Fault.NO_TABLE),
        ('colour = "dark"', Fault.UNKNOWN),
        ('keys = { nonsense = "t" }', Fault.NO_COMMAND),
        ('keys = { back = "t" }', Fault.NO_COMMAND),
        ('keys = { sort = "tt" }', Fault.NO_KEY),
        ('keys = { sort = "," }', Fault.NO_KEY),
        ("keys = { sort = 1 }", Fault.NO_KEY),
        ('keys = { sort = "\\u001b" }', Fault.NO_KEY),
        ('keys = { sort = "j" }', Fault.KEY_TAKEN),
        ('keys = { sort = "1" }', Fault.KEY_TAKEN),
        ('keys = { sort = "q" }', Fault.KEY_TAKEN),
    ],
)
def test_wrong_entry_is_named_and_the_rest_of_the_file_counts(text: str, fault: Fault) -> None:
    found = read(f'language = "zh"\n{text}')

    assert faults(found) == [fault]
    assert found.settings == Settings(Language.ZH)
    assert text.split(" = ")[0] in found.line(Words(Language.EN))


@pytest.mark.parametrize("language", Language)
def test_member_of_a_list_that_is_wrong_is_named_alone_and_a_right_word_that_is_no_list_is_not_offered(
    language: Language,
) -> None:
    (member,) = read('columns = ["rtt", "speed"]').problems
    (word,) = read('columns = "rtt"').problems

    assert "speed" in member.text(Words(language))
    assert "[" not in member.text(Words(language))
    assert ("list" if language is Language.EN else "列表") in word.text(Words(language))


def test_keys_may_be_exchanged_but_not_given_twice() -> None:
    exchanged, twice = read('keys = { sort = "S", reverse = "s" }'), read('keys = { sort = "d", save = "d" }')

    assert exchanged.settings.keys == (("sort", "S"), ("reverse", "s"))
    assert not exchanged.problems
    assert len(twice.settings.keys) == 1
    assert faults(twice) == [Fault.KEY_TAKEN]


@pytest.mark.parametrize(
    "content",
    [
        b"theme = ", b"\xff\xfe", b"theme", b"[" * 20_000, b"a = " + b"[" * 20_000, b"a = " + b"9" * 5_000,
        b'theme = "dark"\ntheme = "dark"', b"\x00", b"a = \x1b]52;c;x\x07",
    ],
)  # fmt: skip
def test_garbled_file_is_one_safe_line_and_the_defaults(content: bytes) -> None:
    found = read(content)

    assert found.settings == DEFAULTS
    assert len(found.problems) == 1
    for language in Language:
        line = found.line(Words(language))
        assert line.isprintable()
        assert len(line) < 200


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_content_is_an_error_of_the_program(content: bytes) -> None:
    found = read(content)

    assert found.line(Words(Language.ZH)).isprintable() or not found.problems


def test_text_of_the_file_reaches_the_terminal_only_safe() -> None:
    found = read('"\\u001b]0;x\\u0007\\u202e" = 1\ntheme = "\\u001b[2J' + "x" * 500 + '"')

    assert len(found.problems) == 2
    assert all(problem.text(Words(Language.EN)).isprintable() for problem in found.problems)
    assert all(len(problem.text(Words(Language.EN))) < 200 for problem in found.problems)


# -- where the file is ------------------------------------------------------------------------
def test_missing_file_says_nothing_and_nothing_is_made(tmp_path: Path) -> None:
    found = read_config({"XDG_CONFIG_HOME": str(tmp_path)})

    assert not found.exists
    assert found.settings == DEFAULTS
    assert not found.line(Words(Language.EN))
    assert list(tmp_path.iterdir()) == []


def put(folder: Path, content: bytes) -> Path:
    (folder / "tcptui").mkdir()
    path = folder / "tcptui" / "config.toml"
    path.write_bytes(content)
    return path


def test_file_behind_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "dotfiles.toml").write_bytes(b'theme = "16"')
    (tmp_path / "tcptui").mkdir()
    (tmp_path / "tcptui" / "config.toml").symlink_to(tmp_path / "dotfiles.toml")

    assert read_config({"XDG_CONFIG_HOME": str(tmp_path)}).settings.theme is ThemeChoice.SIXTEEN


@pytest.mark.parametrize(
    ("kind", "fault"), [("pipe", Fault.NO_FILE), ("socket", Fault.NO_FILE), ("folder", Fault.UNREADABLE)]
)
def test_what_is_no_file_is_said_and_never_waited_for(tmp_path: Path, kind: str, fault: Fault) -> None:
    path = put(tmp_path, b"")
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listening:  # its name may not be long
            listening.bind(path.name)
    else:
        path.mkdir()
    found = read_config({"XDG_CONFIG_HOME": str(tmp_path)})

    assert faults(found) == [fault]
    assert found.settings == DEFAULTS
    assert ("directory" in found.line(Words(Language.EN))) == (kind == "folder")
    assert "Invalid argument" not in found.line(Words(Language.EN))


def test_file_that_nobody_wrote_by_hand_is_not_read_to_its_end(tmp_path: Path) -> None:
    put(tmp_path, b"#" * (LONGEST + 1))

    assert faults(read_config({"XDG_CONFIG_HOME": str(tmp_path)})) == [Fault.TOO_LONG]


# -- what they do on the screen -----------------------------------------------------------------
async def test_list_has_the_order_and_the_columns_of_the_settings(show: Show, mixed_session: Session) -> None:
    options = {"sort": SortKey.PACKETS, "columns": (SortKey.DURATION,)}
    async with show(mixed_session, as_opened=True, **options) as shown:
        connections = shown.screen.workspace.connections
        heading = shown.lines()[connections.region.y]

        assert connections.index.order.tolist() == [1, 0, 3, 2]
        assert "packets▾" in heading
        assert "lasted" in heading
        assert "time lost" not in heading


def test_first_of_the_chosen_columns_stays_longest() -> None:
    wanted = Needs(4, 21, 21, 21, 21, 18, 0)
    usual, _ = column_widths(110, wanted)
    chosen, _ = column_widths(110, wanted, shown=(SortKey.DURATION, SortKey.LOST))

    assert usual[Column.LOST]
    assert not usual[Column.DURATION]
    assert chosen[Column.DURATION]
    assert not chosen[Column.LOST]


@pytest.mark.parametrize("width", [60, 100, 160, 250])
def test_layout_is_no_larger_than_chosen(width: int) -> None:
    sizes = [Shape.NARROW, Shape.MEDIUM, Shape.WIDE]
    for largest, most in zip(LayoutChoice, sizes, strict=True):
        natural = sizes.index(shape_of(width, 40))
        assert shape_of(width, 40, largest) is sizes[min(natural, sizes.index(most))]
        assert shape_of(20, 5, largest) is Shape.TOO_SMALL


async def test_command_has_the_key_of_the_settings_and_hints_palette_and_help_say_so(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session, keys=(("sort", "d"), ("next_problem", "f3"))) as shown:
        hints = shown.lines()[-1]
        assert "d sort" in hints
        assert "F3 N problem" in hints
        await shown.press("s")
        assert shown.screen.workspace.connections.index.sorting.key is SortKey.START
        await shown.press("d")
        assert shown.screen.workspace.connections.index.sorting.key is SortKey.PROBLEMS
        entries = {entry.action: entry.key for entry in shown.screen.palette_entries()}
        assert entries["sort"] == "d"
        await shown.pilot.press("question_mark")
        await shown.pilot.pause()
        text = "\n".join(screen_lines(shown.pilot.app.screen))
        assert "F3" in text


def test_every_command_that_may_have_another_key_is_one_of_the_main_screen() -> None:
    assert set(OWN_KEYS) <= {command.name for command in COMMANDS}
    assert {"sort", "save", "quit", "pause", "help"} <= set(OWN_KEYS)
    assert not {"drill", "back", "next_pane", "pane_timeline", "suspend"} & set(OWN_KEYS)


# -- what is remembered -------------------------------------------------------------------------
def test_choice_on_the_screen_counts_now_then_the_file_then_the_last_choice(tmp_path: Path) -> None:
    written, silent = Settings(theme=ThemeChoice.LIGHT), DEFAULTS
    now = ScreenChoices(tmp_path)
    assert now.theme(silent) is None
    now.choose(ThemeChoice.SIXTEEN)
    now.choose(TimeBase.CLOCK)
    later = ScreenChoices(tmp_path)

    assert now.theme(written) is ThemeChoice.SIXTEEN
    assert later.theme(written) is ThemeChoice.LIGHT
    assert later.theme(silent) is ThemeChoice.SIXTEEN
    assert later.times(silent) is TimeBase.CLOCK
    later.choose(TimeBase.CAPTURE)
    assert ScreenChoices(tmp_path).theme(silent) is ThemeChoice.SIXTEEN  # one choice does not forget the other


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"theme": 3}', b'{"theme": "pink"}', b"[" * 4000])
def test_record_that_is_not_ours_counts_as_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "screen.json").write_bytes(content)

    assert ScreenChoices(tmp_path).theme(DEFAULTS) is None


async def test_colours_and_times_that_were_chosen_are_there_again(mixed_session: Session, tmp_path: Path) -> None:
    app = TcptuiApp(mixed_session, choices=ScreenChoices(tmp_path))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await app.run_action("app.set_theme('tcptui-light')")
        await app.screen.run_action("time_base('capture')")
        await pilot.pause()
    kept = ScreenChoices(tmp_path)
    options = ViewOptions(theme=kept.theme(DEFAULTS), time_base=kept.times(DEFAULTS) or TimeBase.CLOCK)

    assert options.time_base is TimeBase.CAPTURE
    assert TcptuiApp(options=options).theme == LIGHT.name


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("screen", ["start", "capture"])
async def test_what_is_wrong_stands_on_the_first_screen_until_it_was_read(
    mixed_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screen: str, language: Language
) -> None:
    words = Words(language)
    complaint = on_screen(read('theme = "pink"\nlayout = "round"').problems, words)
    offer = Offer(RecentFiles(tmp_path), [], interfaces=tuple, counters=dict)
    app = TcptuiApp(None if screen == "start" else mixed_session, language, offer=offer)
    app.complaint = complaint
    monkeypatch.setattr("tcptui.ui.app._READING_S", 3600.0)
    async with app.run_test(size=(80, 24)) as pilot:

        def stands() -> bool:
            return "tcptui config" in "\n".join(screen_lines(app.screen)[-4:])

        await settled(pilot, stands)
        await pilot.press("j", "0")  # the overview: it stands there, too
        await settled(pilot, stands)
        await pilot.press("escape")
        await settled(pilot, stands)
        monkeypatch.setattr("tcptui.ui.app._READING_S", 0.0)
        await pilot.press("j")
        await settled(pilot, lambda: stands() == (screen == "start"))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("fault", [Fault.FEW_COLOURS, Fault.NO_COLOUR])
def test_colours_that_the_terminal_has_not_are_said_in_one_line(fault: Fault, language: Language) -> None:
    line = on_screen([Problem(fault, (("value", "light"),))], Words(language))

    assert "theme = light" in line
    assert cell_len(line) <= 78
    assert not on_screen([], Words(language))
