"""Predicting any stream, and the way from a capture to the case that teaches it and back."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from screen_lines import screen_lines
from textual.widgets import Static
from tree_text import tree_text

from tcptui.lessons.loader import load_case, load_cases
from tcptui.lessons.question import Topic
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.learn.case_panel import CasePanel
from tcptui.ui.main import lessons
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.main.verdicts import Verdicts
from tcptui.ui.screens.help import HelpScreen
from tcptui.ui.user_files import LearningRecord
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import SETTLES_IN_S, turns, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from textual.pilot import Pilot

SIZES = [(80, 24), (120, 40), (200, 50)]


class Learner:
    """A learner at the keyboard."""

    def __init__(self, pilot: Pilot[object], app: TcptuiApp) -> None:
        self.pilot = pilot
        self.app = app

    @property
    def screen(self) -> MainScreen:
        screen = self.app.screen
        assert isinstance(screen, MainScreen)
        return screen

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        async for _ in turns():
            await self.pilot.pause()
            await self.app.workers.wait_for_complete()
            screen = self.app.screen
            if not isinstance(screen, MainScreen) or screen.workspace.settled:
                break
        else:
            raise AssertionError("it did not come to that")
        await self.pilot.pause()

    @property
    def panel(self) -> str:
        return " ".join(" ".join(self.screen.query_one(CasePanel).shown_text).split())

    @property
    def lines(self) -> list[str]:
        return screen_lines(self.app.screen)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def learn() -> Callable[..., AbstractAsyncContextManager[Learner]]:
    @asynccontextmanager
    async def learning(
        what: str | Session,
        size: tuple[int, int] = (120, 40),
        language: Language = Language.EN,
        *,
        as_case: bool = False,
    ) -> AsyncIterator[Learner]:
        case = load_case(what) if isinstance(what, str) else None
        session = await asyncio.to_thread(open_file, case.captures[0]) if case is not None else what
        assert isinstance(session, Session)
        options = ViewOptions(numeric=True, language=language)
        app = TcptuiApp(session, options=options, case=case if as_case else None, learning=LearningRecord())
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            learner = Learner(pilot, app)
            await learner.settle()
            yield learner

    return learning


Learn = "Callable[..., AbstractAsyncContextManager[Learner]]"


@pytest.mark.parametrize("size", SIZES)
async def test_what_comes_next_is_hidden_until_it_is_answered(learn: Learn, size: tuple[int, int]) -> None:
    async with learn("three-packet-close", size) as learner:
        ladder = learner.screen.workspace.ladder
        await learner.press("enter", "p")

        assert ladder.row_count == 1
        assert "what comes next?" in learner.panel
        assert "SYN ACK" not in learner.text

        question = learner.screen.controllers.lessons.prediction.question  # type: ignore[union-attr]
        await learner.press(str(question.right + 1))  # type: ignore[union-attr]

        assert ladder.row_count == 2
        assert "Right: server: SYN, ACK" in learner.panel
        assert (learner.app.learning.session.asked, learner.app.learning.session.right) == (1, 1)


async def test_question_is_not_answered_by_the_list_or_a_title(learn: Learn, mixed_session: Session) -> None:
    async with learn(mixed_session, (120, 40)) as learner:
        screen = learner.screen
        screen.workspace.connections.put_on_stream(2, by_user=True)
        await learner.press("enter")
        listed = next(line for line in learner.lines if "10.0.0.2:40003" in line)
        assert "refused" in listed
        assert "2 packets" in learner.text
        await learner.press("p")
        asked = next(line for line in learner.lines if "10.0.0.2:40003" in line)
        assert asked.split() == ["10.0.0.2:40003→192.0.2.20:8443"]
        assert "2 packets" not in learner.text
        assert any("GET" not in line and "CLOSED" in line for line in learner.lines), "others stay as they are"
        await learner.press("escape")
        assert next(line for line in learner.lines if "10.0.0.2:40003" in line) == listed


async def test_reason_tells_the_time_with_its_unit_and_numbers_as_the_timeline_does(learn: Learn) -> None:
    async with learn("three-packet-close", (120, 40)) as learner:
        await learner.press("enter", "p", "r")
        told = re.search(
            r"Packet \d+, [\d.]+ (?:µs|ms|s) later, accepts: it acknowledges the SYN \(number 1\)", learner.panel
        )
        assert told, learner.panel
        assert any("SYN ACK seq 0 ack 1 " in line for line in learner.lines)


async def test_verdict_of_the_capture_goes_with_the_question_and_comes_back_with_its_end(
    learn: Learn, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with learn(mixed_session) as learner:
        verdict = learner.screen.controllers.verdicts.line
        async for _ in turns():
            if verdict.text:
                break
        else:
            raise AssertionError("it did not come to that")
        assert verdict.text
        # What the timer does must not be waited for.
        monkeypatch.setattr(Verdicts, "look", lambda _self: None)
        await learner.press("enter", "p")
        assert not verdict.text
        await learner.press("escape")
        assert verdict.text


@pytest.mark.parametrize("size", SIZES)
async def test_tab_goes_through_the_panes_in_their_order_with_the_case_behind_the_timeline(
    learn: Learn, size: tuple[int, int]
) -> None:
    async with learn("three-packet-close", size, as_case=True) as learner:
        await learner.press("2")
        went = []
        for key in ("tab",) * 6 + ("shift+tab",) * 2:
            await learner.press(key)
            went.append(learner.screen.workspace.active)

    order = [Pane.LESSON, Pane.HEADERS, Pane.EXPLAIN, Pane.GLANCE, Pane.CONNECTIONS, Pane.TIMELINE]
    assert went == [*order, Pane.CONNECTIONS, Pane.GLANCE]


@pytest.mark.parametrize("size", SIZES)
async def test_enter_in_the_case_goes_to_the_steps_packets_one_after_the_other(
    learn: Learn, size: tuple[int, int]
) -> None:
    async with learn("http2-head-of-line", size, as_case=True) as learner:
        await learner.press("right_square_bracket")
        await learner.press("right_square_bracket")
        workspace, went = learner.screen.workspace, []
        for _ in range(3):
            await learner.press("2", "tab", "enter")
            went.append((workspace.active, int(learner.screen.session.store.frame[workspace.row])))

    assert load_case("http2-head-of-line").steps[1].packets == (57, 126)
    assert went == [(Pane.TIMELINE, 126), (Pane.TIMELINE, 57), (Pane.TIMELINE, 126)]


async def test_enter_is_hinted_at_in_the_case_only_where_a_step_names_packets(learn: Learn) -> None:
    async with learn("http2-head-of-line", as_case=True) as learner:
        await learner.press("2", "tab")
        hinted = ["to the packet" in learner.lines[-1]]
        await learner.press("right_square_bracket")
        hinted.append("to the packet" in learner.lines[-1])

    assert hinted == [False, True]


async def test_tab_passes_over_the_case_where_none_is_open(learn: Learn, mixed_session: Session) -> None:
    async with learn(mixed_session) as learner:
        went = []
        for _ in range(5):
            await learner.press("tab")
            went.append(learner.screen.workspace.active)

    assert went == [Pane.TIMELINE, Pane.HEADERS, Pane.EXPLAIN, Pane.GLANCE, Pane.CONNECTIONS]


@pytest.mark.parametrize("size", SIZES)
async def test_height_of_the_timeline_does_not_tell_how_many_packets_are_hidden(
    learn: Learn, size: tuple[int, int]
) -> None:
    async with learn("three-packet-close", size) as learner:
        await learner.press("enter", "p")

        assert learner.screen.workspace.arrangement.packets == 1
        await learner.press("escape")
        assert learner.screen.workspace.arrangement.packets == learner.screen.workspace.ladder.row_count > 1


async def test_hint_of_the_answers_gives_none_away_when_it_is_clicked(learn: Learn) -> None:
    async with learn("three-packet-close", (120, 40)) as learner:
        await learner.press("enter", "p")
        y = next(y for y, line in enumerate(learner.lines) if "1-4" in line and y > 30)
        await learner.pilot.click(offset=(learner.lines[y].index("1-4") + 1, y))
        await learner.pilot.pause()

        assert "what comes next?" in learner.panel
        assert learner.screen.workspace.ladder.row_count == 1


async def test_a_wrong_answer_is_corrected_and_counted(learn: Learn) -> None:
    async with learn("three-packet-close") as learner:
        await learner.press("enter", "p")
        question = learner.screen.controllers.lessons.prediction.question  # type: ignore[union-attr]
        await learner.press(str((question.right + 1) % 4 + 1))  # type: ignore[union-attr]

        assert "Not this time: it is “server: SYN, ACK”" in learner.panel
        assert (learner.app.learning.ever.asked, learner.app.learning.ever.right) == (1, 0)


async def test_revealing_without_an_answer_counts_for_nothing(learn: Learn) -> None:
    async with learn("three-packet-close") as learner:
        await learner.press("enter", "p", "r")

        assert "It is: server: SYN, ACK" in learner.panel
        assert learner.app.learning.ever.asked == 0


async def test_a_state_is_masked_while_it_is_asked_about_and_told_with_its_transition(learn: Learn) -> None:
    async with learn("half-close") as learner:
        await learner.press("enter", "down", "down", "down")
        prediction = None
        for _ in range(6):
            await learner.press("p")
            prediction = learner.screen.controllers.lessons.prediction
            if prediction is None or prediction.question is None or prediction.question.topic is Topic.CLIENT:
                break
        assert prediction is not None
        assert prediction.question is not None
        assert "Which state is the client in after packet 5?" in learner.panel
        assert "FIN-WAIT-1" not in "".join(line[:70] for line in learner.lines[6:])
        assert "Hidden while you predict" in learner.text

        await learner.press("r")

        assert "ESTABLISHED" in learner.panel
        assert "FIN-WAIT-1" in learner.panel


@pytest.mark.parametrize("language", Language)
async def test_every_question_of_a_stream_can_be_asked_and_revealed(learn: Learn, language: Language) -> None:
    async with learn("client-network-gone", language=language) as learner:
        await learner.press("enter")
        asked = 0
        for _ in range(60):
            await learner.press("p")
            if learner.screen.controllers.lessons.prediction is None:
                break
            asked += 1
            question = learner.screen.controllers.lessons.prediction.question
            assert question is not None
            assert f"1-{len(question.choices)} " in learner.lines[-1]
            assert f"1-{len(question.choices)} " in learner.text.partition(learner.lines[-1])[0]
            await learner.press("r")
            assert learner.panel

        assert asked >= 8
        assert learner.screen.workspace.ladder.row_count == 12
        assert not learner.screen.workspace.ladder.conceals


async def test_an_acknowledgment_shows_the_state_that_an_earlier_packet_caused(learn: Learn) -> None:
    async with learn("half-close") as learner:
        await learner.press("enter", *["down"] * 5)
        for _ in range(6):
            await learner.press("p")
            prediction = learner.screen.controllers.lessons.prediction
            if prediction is None or prediction.question is None or prediction.question.topic is Topic.SERVER:
                break
        await learner.press("r")

        assert "It is: CLOSE-WAIT" in learner.panel
        assert "an end in ESTABLISHED that receives FIN goes to CLOSE-WAIT" in learner.panel


async def test_header_tree_counts_as_the_timeline_does_and_tells_no_more(learn: Learn) -> None:
    async with learn("three-packet-close") as learner:
        await learner.press("enter", "down", "down", "p")
        root = learner.screen.workspace.headers.tree_view.root_node
        assert root is not None
        tree = tree_text(root)

        assert "(relative sequence number)" in tree
        assert "(relative ack number)" in tree
        assert "completeness" not in tree
        assert "SEQ/ACK analysis" not in tree


async def test_escape_shows_everything_again_and_stays_where_one_was(learn: Learn) -> None:
    async with learn("three-packet-close") as learner:
        await learner.press("enter", "down", "p", "escape")

        workspace = learner.screen.workspace
        assert workspace.ladder.row_count == 10
        assert workspace.ladder.packet_row == 1
        assert "Hidden while you predict" not in learner.text


async def test_numbers_go_to_panes_again_once_a_question_is_answered(learn: Learn) -> None:
    async with learn("three-packet-close") as learner:
        await learner.press("enter", "p", "r", "4")

        assert learner.screen.workspace.active.value == "explain"


async def test_a_step_of_the_case_ends_the_prediction(learn: Learn) -> None:
    async with learn("three-packet-close", as_case=True) as learner:
        await learner.press("right_square_bracket", "p")
        assert learner.screen.workspace.ladder.conceals
        await learner.press("right_square_bracket")

        assert not learner.screen.workspace.ladder.conceals
        assert "Packet 8 carries" in learner.panel


async def test_another_connection_ends_the_prediction(learn: Learn, mixed_session: Session) -> None:
    async with learn(mixed_session) as learner:
        await learner.press("p", "1", "1", "down")

        assert learner.screen.controllers.lessons.prediction is None
        assert learner.screen.workspace.ladder.row_count == len(learner.screen.workspace.ladder.rows)


# -- two captures of one case --------------------------------------------------------------


async def test_a_step_about_the_other_capture_opens_it_and_going_back_returns(learn: Learn) -> None:
    async with learn("simultaneous-close", as_case=True) as learner:
        await learner.press(*["right_square_bracket"] * 3)

        assert learner.screen.session.label.endswith("server.pcapng")
        assert "The same, seen from the server" in learner.text
        assert learner.screen.workspace.active.value == "timeline"
        assert learner.screen.workspace.ladder.packet_row == 7

        await learner.press("left_square_bracket")

        assert learner.screen.session.label.endswith("client.pcapng")
        assert "CLOSING" in learner.text


# -- from a capture to a case and back -------------------------------------------------------


async def test_a_finding_opens_its_case_at_the_step_about_it_and_escape_comes_back(
    learn: Learn, mixed_session: Session
) -> None:
    async with learn(mixed_session) as learner:
        await learner.press("enter", "down")  # the refused connection, with which the file opens; its RST
        before = (learner.screen.workspace.ladder.stream, learner.screen.workspace.ladder.packet_row)
        await learner.press("c")

        case_screen = learner.screen
        assert case_screen.walk is not None
        assert case_screen.walk.case.id == "connection-refused"
        assert case_screen.walk.position == 1

        await learner.press("escape")

        assert learner.screen is not case_screen
        workspace = learner.screen.workspace
        assert (workspace.ladder.stream, workspace.ladder.packet_row) == before


async def test_in_a_case_the_same_key_opens_its_twin(learn: Learn) -> None:
    async with learn("path-lost", as_case=True) as learner:
        await learner.press("right_square_bracket", "c")
        first = learner.screen.walk
        assert first is not None

        assert first.case.id in ("idle-connection-dropped", "retransmission-timeout", "tail-loss")


async def test_a_packet_that_nothing_is_about_says_so(learn: Learn) -> None:
    async with learn("three-packet-close") as learner:
        await learner.press("enter", "down", "down", "down", "c")  # the request: an ordinary packet

        assert "No case teaches" in learner.text


async def test_a_case_whose_answers_were_all_seen_is_done(learn: Learn) -> None:
    async with learn("three-packet-close", as_case=True) as learner:
        for _ in range(3):
            assert not learner.app.learning.done
            await learner.press("right_square_bracket", "r")

        assert learner.app.learning.done == {"three-packet-close"}


async def test_next_and_previous_case_have_a_key_and_the_list_of_cases_two_ends(learn: Learn) -> None:
    ids = [case.id for case in load_cases()]
    async with learn(ids[0], as_case=True) as learner:
        opened = []
        for key in ("left_curly_bracket", "right_curly_bracket", "right_curly_bracket", "left_curly_bracket"):
            await learner.press(key)
            assert learner.screen.walk is not None
            opened.append(learner.screen.walk.case.id)
            if key == "left_curly_bracket" and len(opened) == 1:
                assert "This is the first case." in learner.text

    assert opened == [ids[0], ids[1], ids[2], ids[1]]


async def test_after_the_last_step_a_key_opens_the_twin(learn: Learn) -> None:
    async with learn("path-lost", as_case=True) as learner:
        walk = learner.screen.walk
        assert walk is not None
        await learner.press(*["right_square_bracket"] * len(walk.steps), "r")
        assert "T same picture · } next case" in learner.text
        await learner.press("T")
        assert learner.screen.walk is not None
        assert learner.screen.walk.case.id == walk.case.twin


async def test_capture_that_is_no_case_has_no_next_one(learn: Learn, mixed_session: Session) -> None:
    async with learn(mixed_session) as learner:
        before = learner.screen
        await learner.press("right_curly_bracket", "T")

        assert learner.screen is before


@pytest.mark.parametrize("size", SIZES[1:])
async def test_case_has_no_more_lines_than_it_fills_and_the_explanation_has_the_rest(
    learn: Learn, size: tuple[int, int]
) -> None:
    async with learn("zero-window", size, as_case=True) as learner:
        heights = []
        for key in ("right_square_bracket", "r"):
            await learner.press(key)
            panel, workspace = learner.screen.query_one(CasePanel), learner.screen.workspace
            text = len(panel.shown_text)
            assert panel.size.height == text or (key == "r" and panel.size.height < text)  # the answer may be long
            explain = workspace.query_one(f"#{Pane.EXPLAIN.value}")
            assert explain.region.y == panel.region.bottom + 1  # its title is between
            heights.append(panel.size.height)
        assert heights[0] < heights[1]  # the answer makes it longer


# -- keys while a case is being opened ---------------------------------------------------


class Opening:
    """Has the files of cases be opened when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.may_end, self.over = threading.Event(), threading.Event(), threading.Event()
        monkeypatch.setattr(lessons, "open_file", self._open)

    def _open(self, path: Path) -> Session:
        self.begun.set()
        assert self.may_end.wait(SETTLES_IN_S)
        session = open_file(path)
        self.over.set()
        return session


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opening]:
    held = Opening(monkeypatch)
    yield held
    held.may_end.set()


KEYS_THAT_OPEN = {
    "the other capture": ("simultaneous-close", "right_square_bracket"),
    "the next case": ("three-packet-close", "right_curly_bracket"),
    "the twin": ("path-lost", "T"),
}


@pytest.mark.parametrize("what", KEYS_THAT_OPEN)
async def test_page_that_covers_a_case_stays_open_and_what_was_opened_comes_after_it(
    learn: Learn, opening: Opening, what: str
) -> None:
    name, key = KEYS_THAT_OPEN[what]
    async with learn(name, as_case=True) as learner:
        app, before = learner.app, learner.screen
        if what == "the other capture":
            await learner.press(key, key)
        await learner.pilot.press(key)
        await until(opening.begun.is_set)
        await learner.pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, HelpScreen) and app.screen.is_mounted)
        opening.may_end.set()
        await until(opening.over.is_set)
        for _ in range(10):
            await learner.pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        assert before in app.screen_stack

        await learner.pilot.press("escape")
        await until(lambda: app.screen not in (before,) and isinstance(app.screen, MainScreen))
        await learner.settle()
        assert [screen for screen in app.screen_stack if isinstance(screen, MainScreen)] == [app.screen]


@pytest.mark.parametrize("key", ["right_curly_bracket", "c"])
async def test_case_that_is_left_while_another_one_is_opened_leaves_the_capture_alone(
    learn: Learn, mixed_session: Session, opening: Opening, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with learn(mixed_session) as learner:
        app, capture = learner.app, learner.screen
        opening.may_end.set()
        await learner.press("enter", "down", "c")
        case_screen = learner.screen
        assert case_screen.nested
        opening.may_end.clear()
        opening.begun.clear()
        opening.over.clear()
        await learner.pilot.press(key)
        await until(opening.begun.is_set)
        workers = [worker for worker in app.workers if worker.group == "case"]

        async def last_to_go(_hint: Static) -> None:  # the screen's workers are cancelled after its children have gone
            opening.may_end.set()
            await until(lambda: all(worker.is_finished for worker in workers))

        hint = type("Hint", (Static,), {"on_unmount": last_to_go})()
        await case_screen.mount(hint)
        await app.pop_screen()
        await learner.settle()

        assert workers
        assert app.screen is capture
        assert app.screen_stack[1:] == [capture]


async def test_screen_that_is_left_before_it_went_on_goes_nowhere(learn: Learn, mixed_session: Session) -> None:
    async with learn(mixed_session) as learner:
        before, english = learner.screen, Words(Language.EN)
        await learner.press("enter", "down")
        following = before.in_language(english)
        await learner.app.switch_screen(following)
        await learner.app.switch_screen(following.in_language(english))
        following.controllers.carrying._go_back_there(Pane.TIMELINE, 3)
        await learner.settle()

        assert learner.app._exception is None
