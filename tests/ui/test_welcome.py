"""The start screen for somebody who has opened nothing yet: what can be done, and one key for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from screen_lines import screen_lines

from tcptui.capture.interfaces import ANY, Interface, Traffic
from tcptui.lessons.loader import load_cases
from tcptui.ui.app import TcptuiApp
from tcptui.ui.start.choice import OpenCase, OpenFile, OpenInterface
from tcptui.ui.start.input_line import StartLine, Typing
from tcptui.ui.start.list import StartList
from tcptui.ui.start.menu import Offer, busiest_interface, first_lesson
from tcptui.ui.start.rates import Rate
from tcptui.ui.start.rows import CaseRow, InterfaceRow, WelcomeRow
from tcptui.ui.user_files import RecentFiles
from tcptui.ui.view_options import ViewOptions
from tcptui.ui.widgets.document import Document
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

ETHERNET = Interface("eth0", "eth0", ("192.168.1.23",), True, True, False, False, True)
UNPLUGGED = Interface("eth1", "eth1", (), True, False, False, False, False)
LOOPBACK = Interface("lo", "lo", ("127.0.0.1",), True, True, True, False, None)
EVERY = Interface(ANY, ANY, (), True, True, False, False, None)


def start(language: Language = Language.EN, **offered: Any) -> TcptuiApp:
    offer = {
        "cases": load_cases(), "interfaces": lambda: (UNPLUGGED, LOOPBACK, ETHERNET), "is_newcomer": True,
        "counters": lambda: {"eth0": Traffic(1, 1), "lo": Traffic(9, 9)}, "may_capture": lambda: True,
        "root_command": lambda words: f"sudo tcptui {' '.join(words)}",
    } | offered  # fmt: skip
    return TcptuiApp(None, language, ViewOptions(), offer=Offer(RecentFiles(None), **offer))


@pytest.mark.parametrize(
    ("key", "choice"),
    [("1", OpenCase(load_cases()[0].id)), ("2", OpenInterface("eth0")), ("enter", OpenCase(load_cases()[0].id))],
)
async def test_one_key_begins_a_lesson_or_a_live_capture(key: str, choice: object) -> None:
    app = start()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press(key)

    assert app.return_value == choice


async def test_one_key_asks_for_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(b"x")
    app = start()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("3")
        line = app.screen.query_one(StartLine)
        assert line.typing is Typing.PATH
        line.text = str(path)
        await pilot.press("enter")

    assert app.return_value == OpenFile(path)


@pytest.mark.each_value
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
async def test_screen_says_what_can_be_done_and_by_which_key(language: Language, size: tuple[int, int]) -> None:
    words = Words(language)
    app = start(language)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = "\n".join(screen_lines(app.screen))

    for number, way in enumerate(("lesson", "live", "file"), 1):
        assert f"{number} {words(f'guide.start.welcome.{way}.does')}" in text
    assert words("guide.start.welcome.about")[:20] in text


async def test_user_who_may_not_capture_is_shown_the_command_and_may_run_it() -> None:
    app = start(may_capture=lambda: False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("2")
        await pilot.pause()
        assert "sudo tcptui -i eth0" in "\n".join(app.screen.query_one(Document).shown_text)
        await pilot.press("2")

    assert app.return_value == OpenInterface("eth0", as_root=True)


async def test_who_has_been_here_is_not_welcomed_but_the_keys_are_his_too() -> None:
    app = start(is_newcomer=False, done=frozenset({load_cases()[0].id}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert not any(isinstance(row, WelcomeRow) for row in app.screen.query_one(StartList).rows)
        await pilot.press("1")

    assert app.return_value == OpenCase(load_cases()[1].id)


async def test_narrowing_looks_at_what_can_be_opened_only() -> None:
    app = start()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("slash", "1")
        await pilot.pause()

        assert app.screen.query_one(StartLine).text == "1"
        assert not any(isinstance(row, WelcomeRow) for row in app.screen.query_one(StartList).rows)


async def test_key_for_what_is_not_there_does_nothing() -> None:
    app = start(cases=(), interfaces=tuple)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("1", "2")
        await pilot.pause()
        assert app.is_running

    assert app.return_value is None


def rated(interface: Interface, packets: int) -> InterfaceRow:
    return InterfaceRow(interface, Rate(packets, 0, (packets,)))


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ([rated(EVERY, 9), rated(LOOPBACK, 9), rated(ETHERNET, 1), rated(UNPLUGGED, 0)], "eth0"),
        ([rated(LOOPBACK, 0), rated(UNPLUGGED, 0)], "lo"),
        ([InterfaceRow(EVERY)], ANY),
    ],
)
def test_live_capture_is_where_most_is_to_be_seen(rows: list[InterfaceRow], name: str) -> None:
    found = busiest_interface(rows)
    assert found is not None
    assert found.interface.name == name


def test_lesson_is_the_first_that_is_not_done() -> None:
    cases = load_cases()
    assert first_lesson([CaseRow(cases[0], True), CaseRow(cases[1])]) == CaseRow(cases[1])
    assert first_lesson([CaseRow(cases[0], True), CaseRow(cases[1], True)]) == CaseRow(cases[0], True)
    assert first_lesson([]) is None


@pytest.mark.parametrize("language", Language)
async def test_help_of_the_start_screen_tells_of_its_own_keys(language: Language) -> None:
    app = start(language)
    words = Words(language)
    async with app.run_test(size=(110, 45)) as pilot:
        await pilot.pause()
        entries = {entry.title for entry in app.screen.palette_entries()}  # type: ignore[attr-defined]
        await pilot.press("question_mark")
        await pilot.pause()
        text = "\n".join(screen_lines(app.screen))

    assert not [entry for entry in entries if entry not in text]
    assert words("screen.key.explain") not in text
