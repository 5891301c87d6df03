"""60×16: what tells one row from the next is not cut, a sentence is read to its end, and a key that is named acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from other_frames import dns_query, pcap, udp
from rich.cells import cell_len
from screen_lines import screen_lines

from tcptui.lessons.loader import load_case
from tcptui.session.session import open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.prose import text_of
from tcptui.ui.start.rows import Welcome, WelcomeRow, cells_of
from tcptui.ui.theme import UNICODE
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.quantities import Count
from tests.ui.tasks import shop
from tests.ui.test_screen_sizes import at_rest, cells_in, region_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

SMALLEST: Final = (60, 16)


async def lines_after(path: Path, *keys: str, language: Language = Language.EN) -> list[str]:
    """What stands on the smallest terminal once ``keys`` were pressed above the capture in ``path``."""
    app = TcptuiApp(open_file(path), options=ViewOptions(language=language, numeric=True))
    async with app.run_test(size=SMALLEST) as pilot:
        await at_rest(pilot, app)
        for key in keys:
            await pilot.press(key)
            await at_rest(pilot, app)
        return screen_lines(app.screen)


def asked_names(folder: Path) -> Path:
    """Nine name look-ups of one host without an answer."""
    packets = [udp("10.0.0.1:40001", "192.0.2.53:53", dns_query(n, f"host-{n}.shop.example")) for n in range(9)]
    (folder / "asked.pcap").write_bytes(pcap(packets))
    return folder / "asked.pcap"


@pytest.mark.parametrize("language", Language)
async def test_questions_for_different_names_look_different(tmp_path: Path, language: Language) -> None:
    lines = await lines_after(asked_names(tmp_path), "u", "enter", "enter", language=language)
    said = [line.partition("DNS ")[2] for line in lines if "DNS " in line][1:]

    assert len(said) == 9
    assert all(f"host-{number}." in line for number, line in enumerate(said))


@pytest.mark.parametrize("language", Language)
async def test_capture_without_tcp_says_its_sentences_to_their_ends(tmp_path: Path, language: Language) -> None:
    words = Words(language)
    lines = await lines_after(asked_names(tmp_path), language=language)

    assert lines[2].strip() == words("screen.list.none-but", n=Count(9))
    assert lines[-2].strip() == words("other.way")


@pytest.mark.parametrize("language", Language)
async def test_overview_without_tcp_tells_what_there_is_and_hints_at_it(tmp_path: Path, language: Language) -> None:
    words = Words(language)
    lines = await lines_after(asked_names(tmp_path), "0", language=language)

    assert any("UDP 9" in line for line in lines)
    assert f"u {words('screen.hint.other')}" in lines[-1]
    assert words("overview.hint.grouped") not in lines[-1], "there is no connection to group"


async def test_packet_that_shows_it_is_named_whole_or_not_at_all(tmp_path: Path) -> None:
    lines = await lines_after(shop(tmp_path / "shop.pcap"), "2", "g")
    first = next(line for line in lines if " 187 " in line)

    assert "NO REPLY" in first
    assert "SEE 1…" not in first
    assert "SEE" not in first or "SEE 188" in first


@pytest.mark.parametrize("language", Language)
async def test_place_of_the_search_is_named_to_its_end(tmp_path: Path, language: Language) -> None:
    words = Words(language)
    place = words("search.in.streams")
    lines = await lines_after(shop(tmp_path / "shop.pcap"), "ctrl+f", language=language)
    said = "".join(line.strip() + " " for line in lines[1:5]).strip()

    assert said.replace(" ", "") == words("search.empty.none", place=place).replace(" ", "")


async def test_count_of_statements_is_whole_beside_the_title() -> None:
    lines = await lines_after(load_case("n-plus-one").captures[0], "R", "b")

    assert "3 statements of 81 requests" in lines[0]
    assert "…" not in lines[0]


async def test_column_of_one_packet_has_one_packet(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.unreachable(30_000, "10.0.0.9", "10.0.0.1:40009", "192.0.2.10:80", 1)
    async with show(open_file(wire.pcap(tmp_path / "late.pcap")), SMALLEST) as shown:
        await shown.press("5")

        assert ": 1 packet, " in "\n".join(cells_in(shown, region_of(shown, Pane.GLANCE)))


@pytest.mark.parametrize("width", range(54, 90))
def test_first_lesson_is_named_in_more_than_a_few_letters(width: int) -> None:
    row = WelcomeRow(Welcome.LESSON, load_case("hello-service").title[Language.EN])
    (text,) = text_of([cells_of(row, width, Words(Language.EN), UNICODE)])
    named = text.partition("each step")[2].strip()

    assert cell_len(text) <= width
    assert not named or cell_len(named) >= 12


async def test_question_of_a_case_is_in_sight_before_what_leads_to_it() -> None:
    case = load_case("hello-service")
    app = TcptuiApp(open_file(case.captures[0]), options=ViewOptions(numeric=True), case=case)
    async with app.run_test(size=SMALLEST) as pilot:
        await at_rest(pilot, app)
        for _ in range(4):
            await pilot.press("right_square_bracket")
            await at_rest(pilot, app)
        shown = "\n".join(screen_lines(app.screen))

    assert "4/19" in shown
    assert "Question: When exactly did the client become ESTABLISHED" in shown
    assert "state proved by packet 3?" in shown
