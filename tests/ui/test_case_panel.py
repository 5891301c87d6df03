from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.app import App

from tcptui.lessons.loader import load_case
from tcptui.ui.learn.case_panel import CasePanel
from tcptui.ui.learn.case_walk import CaseWalk
from tcptui.ui.theme import ASCII, UNICODE
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.message import Message

    from tcptui.ui.theme import Glyphs

CASE = "hello-world-loopback"


class Lesson(App[None]):
    CSS = "CasePanel { border: round $primary; padding: 0 1; }"

    def __init__(self, language: Language = Language.EN, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self.words = Words(language)
        self.glyphs = glyphs
        self.walk = CaseWalk(load_case(CASE))

    def compose(self) -> ComposeResult:
        yield CasePanel(self.glyphs, self.words)

    def on_mount(self) -> None:
        self.panel.show_walk(self.walk)

    @property
    def panel(self) -> CasePanel:
        return self.query_one(CasePanel)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.panel.shown_text).split())


def test_walk_begins_with_the_story_and_points_at_nothing() -> None:
    walk = CaseWalk(load_case(CASE))

    assert walk.step is None
    assert walk.packets == ()
    assert not walk.reveal()


def test_walk_stops_at_both_ends() -> None:
    walk = CaseWalk(load_case(CASE))

    assert not walk.move(-1)
    assert walk.move(1000)
    assert walk.at_end
    assert walk.step is walk.steps[-1]
    assert not walk.move(1)


def test_answer_stays_revealed_when_one_comes_back() -> None:
    walk = CaseWalk(load_case(CASE))
    walk.move(1)

    assert walk.reveal()
    assert not walk.reveal()
    walk.move(1)
    assert not walk.revealed
    walk.move(-1)
    assert walk.revealed


@pytest.mark.parametrize("language", Language)
async def test_question_comes_before_its_answer(language: Language) -> None:
    app = Lesson(language)
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.step(1)
        await pilot.pause()
        step = app.walk.steps[0]
        question = step.question[language].split("\n\n")[0]
        answer = step.answer[language].split("\n\n")[0]

        assert squeezed(question) in squeezed(app.text)
        assert squeezed(answer) not in squeezed(app.text)

        app.panel.reveal()
        await pilot.pause()

        assert squeezed(answer) in squeezed(app.text)


def once(seen: list[Message]) -> list[Message]:
    """The hook tells of a message at every widget that it passes."""
    return list({id(message): message for message in seen}.values())


def squeezed(text: str) -> str:
    return "".join(text.split())


async def test_each_step_says_which_packets_to_highlight() -> None:
    seen: list[Message] = []
    app = Lesson()
    async with app.run_test(message_hook=seen.append) as pilot:
        app.panel.step(1)
        app.panel.step(1)
        app.panel.step(-1)
        await pilot.pause()

    shown = [message.packets for message in once(seen) if isinstance(message, CasePanel.StepShown)]
    steps = app.walk.steps
    assert shown[-4:] == [(), steps[0].packets, steps[1].packets, steps[0].packets]


async def test_click_on_a_packet_number_asks_for_it() -> None:
    seen: list[Message] = []
    app = Lesson()
    async with app.run_test(message_hook=seen.append) as pilot:
        app.panel.step(1)
        await pilot.pause()
        lead = app.words("guide.case.packets")
        y = next(number for number, line in enumerate(app.panel.shown_text) if line.startswith(lead))
        # One cell of border, one of margin.
        await pilot.click(CasePanel, offset=(2 + len(lead) + 1, y + 1))
        await pilot.pause()

    asked = [message.frame for message in once(seen) if isinstance(message, CasePanel.PacketChosen)]
    assert asked == [app.walk.steps[0].packets[0]]


async def test_answer_is_scrolled_into_a_strip_of_eight_lines() -> None:
    app = Lesson()
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.styles.height = 8
        app.panel.step(1)
        await pilot.pause()
        app.panel.reveal()
        await pilot.pause()

        top = app.panel.scroll_offset.y
        shown = " ".join(app.panel.shown_text[top : top + 6])
        assert app.words("guide.case.question").strip() in shown
        assert app.words("guide.case.answer").strip() in shown


async def test_answer_is_in_sight_again_when_one_comes_back() -> None:
    app = Lesson()
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.styles.height = 8
        app.panel.step(1)
        app.panel.reveal()
        app.panel.step(1)
        await pilot.pause()
        app.panel.step(-1)
        await pilot.pause()

        top = app.panel.scroll_offset.y
        shown = " ".join(app.panel.shown_text[top : top + 6])
        assert app.words("guide.case.question").strip() in shown
        assert app.words("guide.case.answer").strip() in shown


async def test_hint_names_the_next_step_only_where_there_is_one() -> None:
    app = Lesson()
    async with app.run_test(size=(100, 60)) as pilot:
        app.panel.step(1)
        await pilot.pause()
        assert "]" in str(app.panel.border_subtitle)
        app.panel.step(100)
        await pilot.pause()

        assert "r answer" in str(app.panel.border_subtitle)
        assert "]" not in str(app.panel.border_subtitle)


async def test_hint_tells_where_the_rest_is_read_of_what_does_not_fit() -> None:
    app = Lesson()
    async with app.run_test(size=(60, 8)) as pilot:
        app.set_focus(None)
        app.panel.step(1)
        app.panel.reveal()
        await pilot.pause()
        assert "Tab reads on" in str(app.panel.border_subtitle)
        app.set_focus(app.panel)
        await pilot.pause()
        await pilot.pause()
        assert "Tab" not in str(app.panel.border_subtitle), "here it can be scrolled"
        app.set_focus(None)
        app.panel.scroll_end(animate=False, immediate=True)
        await pilot.pause()
        await pilot.pause()
        assert "Tab" not in str(app.panel.border_subtitle), "all that is out of sight was read before"
    app = Lesson()
    async with app.run_test(size=(100, 60)) as pilot:
        app.set_focus(None)
        app.panel.step(1)
        app.panel.reveal()
        await pilot.pause()
        assert "Tab" not in str(app.panel.border_subtitle), "all is in sight"


async def test_last_step_says_so() -> None:
    app = Lesson()
    async with app.run_test(size=(100, 60)) as pilot:
        app.panel.step(100)
        app.panel.reveal()
        await pilot.pause()

        last = app.words("guide.case.end" if app.walk.case.twin is None else "guide.case.end_twin")
        assert last in app.text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [48, 60, 80, 120])
async def test_every_line_fits_at_every_width(language: Language, width: int) -> None:
    from rich.cells import cell_len

    app = Lesson(language, ASCII)
    async with app.run_test(size=(width, 24)) as pilot:
        for _ in app.walk.steps:
            app.panel.step(1)
            app.panel.reveal()
            await pilot.pause()
            assert max(map(cell_len, app.panel.shown_text)) <= width - 4


@pytest.mark.parametrize("language", Language)
async def test_question_is_in_sight_at_every_step_even_in_a_strip(language: Language) -> None:
    app = Lesson(language)
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.styles.height = 9
        lead = app.words("guide.case.question").strip()
        for _ in app.walk.steps:
            app.panel.step(1)
            await pilot.pause()
            assert any(line.startswith(lead) for line in app.panel.shown_text[: app.panel.size.height])
            app.panel.reveal()
            await pilot.pause()
            top = app.panel.scroll_offset.y
            shown = app.panel.shown_text[top : top + app.panel.size.height]
            assert any(line.startswith(app.words("guide.case.answer").strip()) for line in shown)


async def test_taller_pane_shows_the_whole_text_again() -> None:
    app = Lesson()
    async with app.run_test(size=(80, 30)) as pilot:
        app.panel.styles.height = 9
        app.panel.step(1)
        await pilot.pause()
        text = squeezed(app.walk.steps[0].text[Language.EN])
        assert text not in squeezed(app.text)

        app.panel.styles.height = 28
        await pilot.pause()
        assert text in squeezed(app.text)


@pytest.mark.parametrize("language", Language)
async def test_strip_never_announces_fewer_than_two_hidden_lines(language: Language) -> None:
    app = Lesson(language)
    few = {app.words("guide.case.more", n=n) for n in (0, 1)}
    async with app.run_test(size=(80, 24)) as pilot:
        for height in range(7, 11):
            app.panel.styles.height = height
            for _ in app.walk.steps:
                app.panel.step(1)
                await pilot.pause()
                assert not few.intersection(app.panel.shown_text)
            app.panel.step(-100)


@pytest.mark.parametrize("language", Language)
async def test_question_is_in_sight_while_the_pane_is_not_read_and_all_is_there_while_it_is(language: Language) -> None:
    app = Lesson(language)
    async with app.run_test(size=(50, 24)) as pilot:
        app.panel.styles.height = 14
        app.screen.set_focus(None)
        lead = app.words("guide.case.question").strip()
        for step in app.walk.steps:
            app.panel.step(1)
            await pilot.pause()
            assert any(line.startswith(lead) for line in app.panel.shown_text[: app.panel.size.height])
            app.screen.set_focus(app.panel)
            await pilot.pause()
            assert squeezed(step.text[language].replace("\n\n", " ")) in squeezed(app.text)
            app.screen.set_focus(None)
            await pilot.pause()
