"""A file opens with its worst connection, `n` visits errors first, and a row says what it lost and how sure that is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from textual import events

from tcptui.lessons.loader import load_case
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.main import listing
from tcptui.ui.main.column_names import Column, SortKey
from tcptui.ui.main.column_widths import Needs, column_widths
from tcptui.ui.main.columns import COLUMNS, SORT_KEYS, Sorting
from tcptui.ui.main.pane_specs import Pane
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.ui.main.screen import MainScreen
    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

pytestmark = pytest.mark.painted


@pytest.fixture
def troubled_session(wire: Wire, tmp_path: Path) -> Session:
    """0 clean, 1 with a SYN sent again, 2 unanswered, 3 refused, 4 with two SYNs sent again, 5 with a fast resend."""
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.tcp(100, "10.0.0.1:40002", "192.0.2.10:80", 2, 1000)
    wire.clean(1100, "10.0.0.1:40002", "192.0.2.10:80")
    wire.unanswered(2000, "10.0.0.1:40003", "192.0.2.20:80")
    wire.refused(3000, "10.0.0.1:40004", "192.0.2.10:8443")
    for again in (4000, 5000):
        wire.tcp(again, "10.0.0.1:40005", "192.0.2.10:80", 2, 1000)
    wire.clean(7000, "10.0.0.1:40005", "192.0.2.10:80")
    wire.lossy(8000, "10.0.0.1:40006", "192.0.2.10:80")
    wire.clean(40_000, "10.0.0.1:40007", "192.0.2.10:80")
    wire.frames.sort()
    return open_file(wire.pcap(tmp_path / "troubled.pcap"))


def place(screen: MainScreen) -> tuple[SortKey, list[int], int, int]:
    """Sort key, order, and the connections under the list's cursor and in the timeline."""
    connections = screen.workspace.connections
    order = connections.index.order.tolist()
    return connections.index.sorting.key, order, connections.stream, screen.workspace.ladder.stream


class Reading:
    """A session that is still being read and judged, until the test says otherwise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.through = False
        self.revision = 1
        through = property(lambda session: session.store.count if self.through else -1)
        monkeypatch.setattr(Session, "judged_at_count", through)
        monkeypatch.setattr(Session, "revision", property(lambda _: self.revision))

    async def end(self, shown: Shown) -> None:
        """All is read and judged; the screen sees it."""
        self.through = True
        await self.tell(shown)

    async def tell(self, shown: Shown) -> None:
        """Something has changed; the screen sees it."""
        self.revision += 1
        shown.screen.tick()
        await shown.settle()


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    return Reading(monkeypatch)


# -- the order at first ------------------------------------------------------------------------
@pytest.mark.parametrize(("language", "title"), [(Language.EN, "by problems"), (Language.ZH, "按问题排序")])
async def test_file_with_problems_opens_with_the_worst_connection(
    show: Show, troubled_session: Session, language: Language, title: str
) -> None:
    async with show(troubled_session, language=language, as_opened=True) as shown:
        assert place(shown.screen) == (SortKey.PROBLEMS, [2, 3, 4, 1, 5, 0, 6], 2, 2)
        assert shown.screen.workspace.connections.cursor == 0
        assert title in "\n".join(shown.lines())


async def test_file_without_warnings_opens_in_the_order_of_time(show: Show, wire: Wire, tmp_path: Path) -> None:
    for port in (40001, 40002, 40003):
        wire.clean(port, f"10.0.0.1:{port}", "192.0.2.10:80")
    wire.lossy(40_004, "10.0.0.1:40004", "192.0.2.10:80")
    session = await asyncio.to_thread(open_file, wire.pcap(tmp_path / "clean.pcap"))
    async with show(session, as_opened=True) as shown:
        assert session.severity.max() == 1
        assert place(shown.screen) == (SortKey.START, [0, 1, 2, 3], 0, 0)


async def test_order_is_that_of_time_until_all_is_judged(
    show: Show, troubled_session: Session, reading: Reading
) -> None:
    async with show(troubled_session, as_opened=True) as shown:
        assert place(shown.screen) == (SortKey.START, [0, 1, 2, 3, 4, 5, 6], 0, 0)
        await reading.end(shown)
        assert place(shown.screen) == (SortKey.PROBLEMS, [2, 3, 4, 1, 5, 0, 6], 2, 2)


@pytest.mark.parametrize(
    ("keys", "key", "cursor"),
    [
        (("j",), SortKey.START, 1),
        (("j", "k"), SortKey.START, 0),
        (("s",) * len(SORT_KEYS), SortKey.START, 0),
        (("s", "s", "s"), SortKey.PACKETS, None),
        (("n",), SortKey.START, 2),
        (("enter",), SortKey.START, 0),
        (("e",), SortKey.START, 0),
        (("colon", "3", "enter"), SortKey.START, 0),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
async def test_who_has_sorted_or_moved_keeps_order_and_cursor(
    show: Show, troubled_session: Session, reading: Reading, keys: tuple[str, ...], key: SortKey, cursor: int | None
) -> None:
    async with show(troubled_session, as_opened=True) as shown:
        await shown.press(*keys)
        before = place(shown.screen)
        await reading.end(shown)

        assert place(shown.screen) == before
        assert before[0] is key
        assert cursor is None or shown.screen.workspace.connections.cursor == cursor


async def test_order_is_decided_once(show: Show, troubled_session: Session, reading: Reading) -> None:
    async with show(troubled_session, as_opened=True) as shown:
        await reading.end(shown)
        shown.screen.workspace.connections.index.sorting = Sorting()
        await reading.tell(shown)

        assert place(shown.screen)[0] is SortKey.START


async def test_live_capture_keeps_the_order_of_time_when_it_ends(show: Show, troubled_session: Session) -> None:
    troubled_session.live = True
    async with show(troubled_session, as_opened=True) as shown:
        assert place(shown.screen)[:2] == (SortKey.START, [0, 1, 2, 3, 4, 5, 6])


async def test_case_keeps_the_order_of_time() -> None:
    case = load_case("accept-queue-full")
    session = await asyncio.to_thread(open_file, case.captures[0])
    assert session.severity.max() >= 2
    app = TcptuiApp(session, case=case)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen: MainScreen = app.screen  # type: ignore[assignment]
        assert screen.workspace.connections.index.sorting.key is SortKey.START


@pytest.mark.parametrize("moves", [False, True])
async def test_long_list_is_sorted_in_the_background_and_opens_with_the_worst(
    show: Show, troubled_session: Session, reading: Reading, monkeypatch: pytest.MonkeyPatch, moves: bool
) -> None:
    monkeypatch.setattr(listing, "INLINE_STREAMS", 0)
    monkeypatch.setattr(listing, "REORDER_SECONDS", 0.0)
    async with show(troubled_session, as_opened=True) as shown:
        reading.through = True
        reading.revision += 1
        shown.screen.tick()
        if moves:
            shown.screen.workspace.connections.put_cursor(1, by_user=True)
        await shown.screen.workers.wait_for_complete()
        await shown.settle()
        key, order, stream, ladder = place(shown.screen)

    assert (key, order) == (SortKey.PROBLEMS, [2, 3, 4, 1, 5, 0, 6])
    assert stream == ladder == (1 if moves else 2)


# -- from problem to problem -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "told"),
    [
        (Language.EN, ["Error 1 of 2.", "Error 2 of 2.", "Warning 1 of 2.", "Warning 2 of 2."]),
        (
            Language.ZH,
            ["第 1 个错误，共 2 个。", "第 2 个错误，共 2 个。", "第 1 个警告，共 2 个。", "第 2 个警告，共 2 个。"],
        ),
    ],
)
async def test_n_visits_errors_first_and_says_which(
    show: Show, troubled_session: Session, language: Language, told: list[str]
) -> None:
    async with show(troubled_session, language=language) as shown:
        visited, said = [], []
        for key in "nnnnNNN":
            await shown.press(key)
            visited.append(shown.screen.workspace.connections.stream)
            said.append(shown.screen.hint_line.notice)

    assert visited == [2, 3, 1, 4, 1, 3, 2]
    assert said == [*told, *told[-2::-1]]


async def test_keys_typed_fast_visit_a_problem_each(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, as_opened=True) as shown:
        for _ in range(2):
            shown.pilot.app.post_message(events.Key("n", "n"))
        await shown.settle()

        assert place(shown.screen)[2:] == (4, 4)


async def test_n_inside_a_connection_goes_on_with_the_next_error(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, as_opened=True) as shown:
        workspace = shown.screen.workspace
        await shown.press("enter")
        places = []
        for _ in range(4):
            await shown.press("n")
            places.append((workspace.ladder.stream, workspace.ladder.cursor))

        assert workspace.active is Pane.TIMELINE
        assert places == [(2, 1), (2, 2), (2, 3), (3, 1)]
        assert "Error 2 of 2." in shown.lines()[-1]


# -- what a row says ---------------------------------------------------------------------------
async def test_rows_say_what_their_problems_cost_and_the_others_nothing(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, as_opened=True) as shown:
        connections = shown.screen.workspace.connections
        widths = connections.widths(120)
        place = [column.id for column in COLUMNS if widths[column.id]].index(Column.LOST)
        lost = [connections.row(position, 120)[place].text.strip() for position in range(7)]

        assert any("time lost" in line for line in shown.lines())
        assert lost == ["7.00s", "1.0ms", "3.00s", "1.00s", "", "", ""]


async def test_s_sorts_by_time_lost_after_problems(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, as_opened=True) as shown:
        await shown.press("s")
        assert place(shown.screen)[:2] == (SortKey.LOST, [2, 4, 1, 3, 0, 5, 6])
        assert "Sorted by time lost." in shown.lines()[-1]
        assert any("time lost▾" in line for line in shown.lines())


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_verdict_in_the_place_of_a_diagnosis_is_marked(
    show: Show, troubled_session: Session, ascii_only: bool
) -> None:
    async with show(troubled_session, as_opened=True, ascii=ascii_only) as shown:
        connections = shown.screen.workspace.connections
        styles = {}
        for stream in (1, 5):
            note = connections.row(connections.index.position_of(stream), 120)[-1]
            styles[note.text.strip()] = note.style

    palette = connections.palette
    assert styles["(fast retransmission)"] == palette.faint
    assert palette.warning in styles.values()
    assert sum(text.startswith("(") for text in styles) == 1


async def test_marked_verdict_is_still_found(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, as_opened=True) as shown:
        for text in ("fast retr", "(fast"):
            shown.screen.controllers.filtering.narrow(text)
            assert place(shown.screen)[1] == [5]


def test_time_lost_stays_longest_of_what_gives_way() -> None:
    widest = Needs(4, 21, 21, 21, 21, 18, 0)
    at_120, at_110 = column_widths(120, widest)[0], column_widths(110, widest)[0]

    assert at_120[Column.LOST]
    assert at_120[Column.PACKETS]
    assert not at_120[Column.RTT]
    assert at_110[Column.LOST]
    assert not at_110[Column.PACKETS]
    assert not column_widths(80, widest)[0][Column.LOST]
