"""The tour: when each hint comes, what ends it, that none returns, and that it is in nobody's way."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
from rich.cells import cell_len
from screen_lines import screen_lines

from tcptui.lessons.loader import load_case
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.keymap import COMMANDS
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.overview.screen import OverviewScreen
from tcptui.ui.tour.progress import Tour
from tcptui.ui.tour.table import ENDED_BY, HINTS, MANY, Situation
from tcptui.ui.view_options import FirstPage, ViewOptions
from tcptui.ui.widgets.tour_line import TourLine
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import Shown, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Wire

    Touring = Callable[..., AbstractAsyncContextManager[Shown]]

SHOWN: Final = {command.name: command.shown for command in COMMANDS}
#: Keys to go where a hint is shown, the key of the hint, and keys to come back.
STEPS: Final[tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...]] = (
    ((), "n", ()), ((), "e", ()), (("1",), "enter", ()), (("1",), "slash", ("escape",)),
    ((), "question_mark", ("escape",)), ((), "ctrl+p", ("escape",)), (("2",), "3", ()),
    (("1", "G", "2"), "F", ("escape",)),
)  # fmt: skip
LIST: Final = Situation(Pane.CONNECTIONS, listed=MANY, has_trouble=True)
TIMELINE: Final = Situation(Pane.TIMELINE, listed=1, has_payload=True)


def ids(*situations: Situation, tour: Tour | None = None) -> list[str]:
    """The hints that come in these situations, each dismissed as soon as it was seen."""
    tour = tour or Tour()
    seen = []
    for situation in situations:
        while (hint := tour.hint(situation)) is not None:
            seen.append(hint.id)
            tour.dismiss(hint)
    return seen


@pytest.fixture
def tour_of() -> Touring:
    """Show a session with a tour."""

    @asynccontextmanager
    async def touring(
        session: Session, size: tuple[int, int] = (80, 24), tour: Tour | None = None, **how: Any
    ) -> AsyncIterator[Shown]:
        language = how.pop("language", Language.EN)
        case = how.pop("case", None)
        app = TcptuiApp(session, language, ViewOptions(numeric=True, **how), case, tour=tour or Tour())
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            shown = Shown(pilot, app.screen)  # type: ignore[arg-type]
            await shown.settle()
            yield shown

    return touring


# -- the table --------------------------------------------------------------------------------


def test_tour_has_eight_hints_and_each_comes_once() -> None:
    assert len(HINTS) == 8
    assert ids(LIST, TIMELINE, LIST, TIMELINE) == [
        "problem", "explain", "timeline", "narrow", "help", "palette", "hex", "stream",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("hint", "fits", "twin"),
    [
        ("problem", LIST, Situation(Pane.CONNECTIONS, listed=MANY)),
        ("explain", TIMELINE, Situation(Pane.CONNECTIONS)),
        ("timeline", LIST, Situation(Pane.CONNECTIONS)),
        ("hex", TIMELINE, LIST),
        ("stream", TIMELINE, Situation(Pane.TIMELINE, listed=1)),
        ("narrow", LIST, Situation(Pane.CONNECTIONS, listed=MANY - 1)),
        ("help", Situation(Pane.EXPLAIN, listed=1), Situation(Pane.EXPLAIN)),
        ("palette", Situation(Pane.HEADERS, listed=1), Situation(Pane.HEADERS)),
    ],
)
def test_hint_comes_in_its_situation_and_not_in_its_twin(hint: str, fits: Situation, twin: Situation) -> None:
    assert hint in ids(fits)
    assert hint not in ids(twin)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("hint", HINTS, ids=lambda hint: hint.id)
def test_sentence_of_a_hint_names_its_key_and_fits_into_sixty_columns(language: Language, hint: Any) -> None:
    words = Words(language)
    text = words(hint.word, key=SHOWN[hint.command])
    lead = cell_len(f" {words('tour.lead')} ")

    assert SHOWN[hint.command] in text
    assert lead + cell_len(text) + cell_len("  Del ") <= 60


def test_every_hint_is_ended_by_the_command_that_it_tells_of() -> None:
    assert set(ENDED_BY.values()) == {hint.id for hint in HINTS}


# -- what is kept ---------------------------------------------------------------------------------


def test_hint_that_is_done_never_returns_not_even_in_the_next_run(tmp_path: Path) -> None:
    first = Tour(tmp_path)
    assert first.used("problem(1)")
    assert not first.used("problem(1)")
    assert not first.used("zoom")

    second = Tour(tmp_path)
    assert "problem" not in ids(LIST, tour=second)
    assert "problem" not in ids(LIST, tour=Tour(tmp_path))
    assert ids(LIST, tour=Tour(tmp_path)) == []
    assert (tmp_path / "tour.json").stat().st_mode & 0o777 == 0o600


def test_tour_is_over_once_all_are_done_and_begins_again_when_asked(tmp_path: Path) -> None:
    tour = Tour(tmp_path)
    tour.end()
    assert tour.is_over
    assert Tour(tmp_path).is_over

    tour.begin_again()
    assert not Tour(tmp_path).is_over
    assert ids(LIST, tour=Tour(tmp_path))[0] == "problem"


def test_tour_that_is_not_wanted_shows_nothing_until_it_is(tmp_path: Path) -> None:
    tour = Tour(tmp_path, wanted=False)
    assert tour.is_over
    assert not tour.used("problem(1)")
    assert tour.hint(LIST) is None

    tour.begin_again()
    assert tour.hint(LIST) is not None


@pytest.mark.parametrize("content", [b"", b"{", b"[[", b'{"a": 1}', b"[1, null]", b"\xff", b"[" * 4000])
def test_file_that_is_no_list_counts_as_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tour.json").write_bytes(content)

    assert ids(LIST, tour=Tour(tmp_path))[0] == "problem"


@pytest.mark.parametrize("where", [None, "no/such/folder", "file/below", "/proc/self"])
def test_tour_works_where_nothing_can_be_kept(tmp_path: Path, where: str | None) -> None:
    (tmp_path / "file").write_bytes(b"")
    tour = Tour(None if where is None else tmp_path / where)

    assert ids(LIST, LIST, TIMELINE, tour=tour)[0] == "problem"
    assert tour.is_over


# -- on the screen ----------------------------------------------------------------------------------


@pytest.mark.each_value
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
async def test_hint_has_a_row_of_its_own_above_the_key_hints(
    tour_of: Touring, mixed_session: Session, size: tuple[int, int], language: Language
) -> None:
    words = Words(language)
    async with tour_of(mixed_session, size, language=language) as shown:
        lines, regions = shown.lines(), [child.region for child in shown.screen.children if child.display]
        text = words("tour.hint.problem", key="n")

        assert text in lines[-2]
        assert "Del" in lines[-2]
        assert sum(region.height for region in regions) == size[1]
        assert len({region.y for region in regions}) == len(regions)


async def test_each_key_ends_its_hint_and_still_does_what_it_does(tour_of: Touring, wire: Wire, tmp_path: Path) -> None:
    wire.refused(0, "10.0.0.1:39999", "192.0.2.10:80")
    for number in range(1, MANY):
        wire.clean(1000 * number, f"10.0.0.1:{40000 + number}", "192.0.2.10:80")
    tour, session = Tour(), await asyncio.to_thread(open_file, wire.pcap(tmp_path / "many.pcap"))
    async with tour_of(session, (120, 40), tour) as shown:
        seen = []
        for before, key, after in STEPS:
            await shown.press(*before)
            seen.append(shown.screen.controllers.touring.line.text.split()[0])
            done = len(tour.done)
            await shown.press(key)
            assert len(tour.done) == done + 1, key
            await shown.press(*after)
        below = shown.lines()[-2]

    assert seen == ["n", "e", "Enter", "/", "?", "Ctrl+P", "3", "F"]
    assert tour.is_over
    assert "Del" not in below


async def test_delete_dismisses_hint_after_hint_and_then_the_row_is_the_panes_again(
    tour_of: Touring, mixed_session: Session
) -> None:
    async with tour_of(mixed_session) as shown:
        height = shown.screen.workspace.size.height
        seen = []
        while shown.screen.controllers.touring.line.text:
            seen.append(shown.screen.controllers.touring.line.text)
            await shown.press("delete" if len(seen) % 2 else "backspace")

        assert len(seen) == len(set(seen)) == 5
        assert shown.screen.workspace.size.height == height + 1
        assert shown.screen.workspace.active is Pane.CONNECTIONS


async def test_hint_shows_the_key_that_the_user_has_chosen(tour_of: Touring, mixed_session: Session) -> None:
    async with tour_of(mixed_session, keys=(("next_problem", "t"),)) as shown:
        assert shown.screen.controllers.touring.line.text.startswith("t goes to")
        await shown.press("t")
        assert shown.screen.controllers.touring.line.text.startswith("e shows")


async def test_palette_command_ends_the_tour_and_begins_it_again(tour_of: Touring, mixed_session: Session) -> None:
    async with tour_of(mixed_session) as shown:
        screen = shown.screen
        await shown.press("n")
        assert "1 of 8" in screen.controllers.touring.progress
        await screen.run_action("tour")
        await shown.settle()
        assert not screen.controllers.touring.line.text
        assert screen.controllers.touring.progress == "off"
        await screen.run_action("tour")
        await shown.settle()
        assert screen.controllers.touring.line.text.startswith("n goes to")
        assert any(entry.action == "tour" for entry in screen.palette_entries())


async def test_case_has_no_tips(tour_of: Touring) -> None:
    case = load_case("hello-world-loopback")
    session = await asyncio.to_thread(open_file, case.captures[0])
    async with tour_of(session, case=case) as shown:
        assert not shown.screen.controllers.touring.line.text
        await shown.press("right_square_bracket", "delete")
        assert not shown.screen.controllers.touring.line.text


async def test_question_puts_the_tips_away_while_it_is_open(tour_of: Touring, mixed_session: Session) -> None:
    async with tour_of(mixed_session) as shown:
        await shown.press("enter")
        before = shown.screen.controllers.touring.line.text
        await shown.press("p")
        assert before
        assert not shown.screen.controllers.touring.line.text
        await shown.press("escape")
        assert shown.screen.controllers.touring.line.text == before


async def test_app_without_a_tour_shows_none(mixed_session: Session) -> None:
    app = TcptuiApp(mixed_session, Language.EN, ViewOptions(numeric=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Del" not in "\n".join(screen_lines(app.screen))
        assert app.tour.is_over


async def test_cursor_in_the_last_row_stays_in_sight_when_a_hint_comes(
    tour_of: Touring, wire: Wire, tmp_path: Path
) -> None:
    for number in range(60):
        wire.clean(1000 * number, f"10.0.0.1:{40000 + number}", "192.0.2.10:80")
    tour, session = Tour(), await asyncio.to_thread(open_file, wire.pcap(tmp_path / "many.pcap"))
    tour.end()
    async with tour_of(session, tour=tour) as shown:
        rows = shown.screen.workspace.connections
        for _ in range(rows.page_rows - 1):
            await shown.press("down")
        await shown.screen.run_action("tour")
        await shown.settle()

        assert shown.screen.controllers.touring.line.text
        assert rows.scroll_offset.y <= rows.cursor < rows.scroll_offset.y + rows.page_rows


async def test_no_hint_is_seen_before_the_overview_that_opens_by_itself(
    troubled_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_on: list[str] = []
    show = TourLine.show

    def watched(line: TourLine, text: str, key: str = "") -> None:
        if text:
            seen_on.append(type(line.app.screen).__name__)
        show(line, text, key)

    monkeypatch.setattr(TourLine, "show", watched)
    app = TcptuiApp(
        troubled_session, Language.EN, ViewOptions(numeric=True, first_page=FirstPage.OVERVIEW), tour=Tour()
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: isinstance(app.screen, OverviewScreen) and bool(seen_on))
        assert seen_on == ["OverviewScreen"]
        await pilot.press("escape")
        await pilot.pause()
        assert any(" Tip " in line for line in screen_lines(app.screen))
