"""Columns of the user's own: added from a field or by a prompt, read for rows on screen, sorted by, kept, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from growth import Growth, long_one
from screen_lines import screen_lines

from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.column import ColumnReader
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.main import own_cells
from tcptui.ui.main.columns import SORT_KEYS, Sorting
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.settings.remembered import ScreenChoices
from tcptui.ui.settings.table import Settings
from tcptui.ui.view_options import ThemeChoice, TimeBase
from tcptui.words.language import Language
from tests.ui.conftest import ACK, PSH, threads_held, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.model.packet_store import I32
    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

pytestmark = pytest.mark.painted


@pytest.fixture
def session(wire: Wire, tmp_path: Path) -> Session:
    """Connections 0, 1, 2 whose clients send 10, 30 and 20 bytes."""
    for number, size in enumerate((10, 30, 20)):
        client = f"10.0.0.{number + 1}:4000{number}"
        wire.handshake(1000 * number, client, "192.0.2.10:80")
        wire.tcp(1000 * number + 50, client, "192.0.2.10:80", PSH | ACK, 1001, 9001, payload=b"x" * size)
    return open_file(wire.pcap(tmp_path / "three.pcap"))


def text(shown: Shown) -> str:
    return "\n".join(screen_lines(shown.pilot.app.screen))


def order(shown: Shown) -> list[int]:
    return shown.screen.workspace.connections.index.order.tolist()


async def typed(shown: Shown, column: str) -> None:
    await shown.press("plus", *column, "enter")


async def test_column_without_room_says_so(mixed_session: Session, show: Show) -> None:
    said = []
    async with show(mixed_session, (80, 24)) as shown:
        for of_connections in (False, True):
            for column in ("ip.ttl", "tcp.len + 1", "tcp.window_size", "frame.len", "tcp.seq", "tcp.ack"):
                shown.screen.controllers.own_columns.add_column(column, of_connections=of_connections)
                await shown.settle()
            said.append(text(shown))

    assert all("tcp.ack is a column now, but has no room here" in each for each in said)


async def test_column_of_a_list_that_is_not_on_the_screen_is_not_said_to_have_no_room(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session, (80, 24)) as shown:
        await shown.press("3")
        shown.screen.controllers.own_columns.add_column("ip.ttl", of_connections=False)
        await shown.settle()
        said = shown.lines()[-1]

    assert "ip.ttl is a column of the timeline now" in said


async def test_column_of_the_list_is_typed_shown_sorted_by_and_removed(session: Session, show: Show) -> None:
    async with show(session, (160, 40)) as shown:
        await typed(shown, "max(tcp.len)")
        lines = shown.lines()
        heading = next(line for line in lines if "max(tcp.len)" in line)
        end = heading.index("max(tcp.len)") + len("max(tcp.len)")
        cells = [line[end - 3 : end].strip() for line in lines if "10.0.0." in line and "40" in line[:40]][:3]
        assert cells == ["10", "30", "20"]

        for _ in SORT_KEYS:
            await shown.press("s")
        await until(lambda: order(shown) == [1, 2, 0])
        assert "max(tcp.len)" in shown.screen.hint_line.notice
        await shown.press("S")
        await until(lambda: order(shown) == [0, 2, 1])
        await shown.press("s")
        assert shown.screen.workspace.connections.index.sorting == Sorting()

        await shown.press("minus")
        assert shown.screen.workspace.connections.cells.columns == ()
        assert "max(tcp.len)" not in "\n".join(shown.lines()[:-1])


async def test_heading_of_an_own_column_sorts_when_it_is_clicked(session: Session, show: Show) -> None:
    async with show(session, (160, 40)) as shown:
        await typed(shown, "max(tcp.len)")
        connections = shown.screen.workspace.connections
        x = next(line for line in shown.lines() if "max(tcp.len)" in line).index("max(tcp.len)")
        connections.heading_clicked(x)
        await until(lambda: order(shown) == [1, 2, 0])
        assert any("max(tcp.len)▾" in line for line in shown.lines())
        connections.heading_clicked(x)
        await until(lambda: order(shown) == [0, 2, 1])


async def test_removing_the_column_that_the_list_is_sorted_by_sorts_by_start(session: Session, show: Show) -> None:
    async with show(session, (160, 40)) as shown:
        await typed(shown, "max(tcp.len)")
        shown.screen.controllers.listing.sort(Sorting(expression="max(tcp.len)"))
        await until(lambda: order(shown) == [1, 2, 0])
        await shown.press("minus")
        await until(lambda: order(shown) == [0, 1, 2])


async def test_field_under_the_cursor_becomes_a_column_of_the_timeline(session: Session, show: Show) -> None:
    async with show(session, (160, 50)) as shown:
        await shown.press("enter", "enter")
        tree = shown.screen.workspace.headers.tree_view
        for _ in range(60):
            node = shown.screen.workspace.field_under_cursor()
            if node is not None and node.field == "tcp.window_size_value":
                break
            await shown.pilot.press("down")
        else:
            raise AssertionError(f"no such field: {tree}")
        await shown.press("plus")
        assert [column.text for column in shown.screen.workspace.ladder.cells.columns] == ["tcp.window_size_value"]
        assert sum("  64240 " in line for line in shown.lines()) >= 4
        await shown.press("plus")
        assert "is a column already" in text(shown)


async def test_condition_has_a_sign_in_the_timeline_and_a_count_in_the_list(session: Session, show: Show) -> None:
    async with show(session, (160, 40)) as shown:
        await typed(shown, "tcp.len > 0")
        await shown.press("enter")
        await typed(shown, "tcp.len > 0")
        cells = shown.screen.workspace.ladder.cells
        assert [cells.text(0, int(row)) for row in shown.screen.workspace.ladder.rows] == ["", "", "", "•"]
        assert [shown.screen.workspace.connections.cells.text(0, stream) for stream in range(3)] == ["1"] * 3


async def test_wrong_column_keeps_the_prompt_open_and_says_where(session: Session, show: Show) -> None:
    async with show(session, (120, 40)) as shown:
        await shown.press("plus", *"tcp.lenn", "enter")
        assert shown.screen.prompt.is_open
        lines = shown.lines()
        at = next(y for y, line in enumerate(lines) if "tcp.lenn" in line)
        assert lines[at + 1].index("^") == lines[at].index("tcp.lenn")
        assert "^" * 8 in lines[at + 1]
        await shown.press("escape")
        assert not any("^^^" in line for line in shown.lines())
        assert shown.screen.workspace.connections.cells.columns == ()


async def test_beginning_of_a_field_is_no_mistake_but_names_those_that_begin_so(session: Session, show: Show) -> None:
    async with show(session, (120, 40)) as shown:
        for letters, last in (("plus", "tcp.win"), ("slash", "tcp.len > 1 and tcp.win")):
            await shown.press(letters, *last)
            await until(lambda: "tcp.window_size_scalefactor" in text(shown))
            assert "There is no field" not in text(shown)
            await shown.press("ctrl+u", *"tcp.lenn")
            assert "tcp.window_size" not in text(shown)
            await shown.press("ctrl+u", "escape")


async def test_tab_completes_a_column(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await shown.press("plus", *"tcp.window_size_v", "tab")
        await until(lambda: shown.screen.prompt.text.strip() == "tcp.window_size_value")
        await shown.press("ctrl+u", *"tcp.window_", "tab")
        await until(lambda: "tcp.window_size_scalefactor" in text(shown))


async def test_field_that_is_being_typed_is_offered_and_not_called_wrong(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await shown.press("plus", *"tcp.win")
        assert "tcp.window_size" in text(shown)
        assert "There is no field" not in text(shown)


@pytest.mark.parametrize(("pane", "size"), [("1", (80, 24)), ("2", (80, 24)), ("1", (200, 50))])
async def test_heading_keeps_the_end_of_its_fields_name(
    session: Session, show: Show, pane: str, size: tuple[int, int]
) -> None:
    async with show(session, size) as shown:
        await shown.press(pane, "plus", *"tcp.analysis.bytes_in_flight", "enter")
        shown.screen.end_notice()

        assert "in_flight" in text(shown)


async def test_one_of_several_columns_is_removed_from_a_menu(session: Session, show: Show) -> None:
    async with show(session, (160, 40)) as shown:
        for column in ("tcp.len", "ip.ttl", "tcp.port"):
            await typed(shown, column)
        await shown.press("minus")
        assert "Remove which column?" in text(shown)
        await shown.pilot.press("down", "enter")
        await shown.settle()
        assert [column.text for column in shown.screen.workspace.connections.cells.columns] == ["tcp.len", "tcp.port"]


async def test_columns_are_kept_for_the_next_capture_and_the_other_language(session: Session, tmp_path: Path) -> None:
    choices = ScreenChoices(tmp_path)
    app = TcptuiApp(session, Language.EN, choices=choices)
    async with app.run_test(size=(160, 40)) as pilot:
        await pilot.press("plus", *"tcp.len", "enter", "enter", "plus", *"ip.ttl", "enter")
        await pilot.pause()
        await app.action_set_language("zh")
        await pilot.pause()
        workspace = app.screen.workspace  # type: ignore[attr-defined]
        assert [column.text for column in workspace.connections.cells.columns] == ["tcp.len"]
        assert [column.text for column in workspace.ladder.cells.columns] == ["ip.ttl"]

    again = ScreenChoices(tmp_path)
    assert again.packet_columns(Settings()) == ("ip.ttl",)
    assert again.connection_columns(Settings()) == ("tcp.len",)
    assert again.connection_columns(Settings(connection_columns=("tcp.port",))) == ("tcp.port",)


@pytest.mark.parametrize(
    "kept", ['{"packet_columns": 3}', '{"packet_columns": [3, "", null]}', '{"packet_columns": ["%s"]}' % ("x" * 999)]
)
def test_damaged_columns_are_left_out(tmp_path: Path, kept: str) -> None:
    (tmp_path / "screen.json").write_text(kept)

    assert ScreenChoices(tmp_path).packet_columns(Settings()) == ()


async def test_kept_column_that_is_wrong_by_now_is_told_and_left_out(session: Session, show: Show) -> None:
    async with show(session, packet_columns=("no.such\x1b", "tcp.len"), connection_columns=("((",)) as shown:
        assert [column.text for column in shown.screen.workspace.ladder.cells.columns] == ["tcp.len"]
        assert shown.screen.workspace.connections.cells.columns == ()
        assert "stays in the settings" in shown.screen.hint_line.notice
        assert "\x1b" not in shown.screen.hint_line.notice


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 200, 250])
async def test_columns_leave_room_for_what_a_list_is_for(session: Session, show: Show, width: int) -> None:
    columns = ("tcp.window_size_value", "ip.src", "frame.time_delta", "tcp.len", "ip.ttl")
    async with show(session, (width, 40), packet_columns=columns, connection_columns=("http.host", *columns)) as shown:
        workspace = shown.screen.workspace
        listed = workspace.connections.widths(workspace.connections.scrollable_content_region.width)
        own = workspace.connections._own_widths(workspace.connections.scrollable_content_region.width)
        assert sum(listed.values()) + sum(own) == workspace.connections.scrollable_content_region.width
        assert min(listed[end] for end in workspace.connections._dropped) >= 8
        assert sum(map(bool, own)) >= min(6, max(1, (width - 64) // 26))
        await shown.press("enter")
        ladder = workspace.ladder
        room = ladder.scrollable_content_region.width
        assert ladder.columns(room).lane >= 20
        strips = [ladder.paint_line(y) for y in range(5)]
        assert {strip.cell_length for strip in strips} == {room}


async def test_hostile_value_reaches_no_terminal(wire: Wire, tmp_path: Path, show: Show) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80", b"GET /\x1b]0;x\x07[b] HTTP/1.1\r\nHost: \x1b[31mred\r\n\r\n")
    session = open_file(wire.pcap(tmp_path / "hostile.pcap"))
    async with show(session, (160, 40), connection_columns=("http.host", "http.request.uri")) as shown:
        assert "red" in text(shown)
        assert "\x1b" not in text(shown)


async def test_expression_that_takes_too_long_is_a_question_mark(
    wire: Wire, tmp_path: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcptui.session.filtering.patterns.LONGEST", 0.2)
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80", b"a" * 60 + b"b")
    column = 'tcp.payload matches "(a|aa)+$"'
    async with show(open_file(wire.pcap(tmp_path / "slow.pcap")), (160, 40), connection_columns=(column,)) as shown:
        assert shown.screen.workspace.connections.cells.text(0, 0) == "?"
        shown.screen.controllers.listing.sort(Sorting(expression=column))
        await until(lambda: shown.screen.workspace.connections.index.sorting == Sorting())
        assert "cannot be read" in text(shown)


async def test_cells_are_read_for_the_rows_on_screen_only(
    wire: Wire, tmp_path: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    for number in range(300):
        wire.tcp(50 + number, "10.0.0.1:40001", "192.0.2.10:80", PSH | ACK, 1001 + number, 9001, payload=b"x")
    read: set[int] = set()
    plain = own_cells.of_packets

    def watched(reader, session, rows, cancelled):  # type: ignore[no-untyped-def]
        read.update(rows)
        return plain(reader, session, rows, cancelled)

    async with show(open_file(wire.pcap(tmp_path / "long.pcap")), packet_columns=("tcp.len",)) as shown:
        shown.screen.workspace.ladder.cells._read = watched
        await shown.press("enter", "G")
        assert max(read) == 302
        assert len(read) < 100


async def test_cells_and_order_follow_a_capture_that_grows(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_cells, "_REST", 0.0)
    monkeypatch.setattr(own_cells, "_REST_TIMES", 0.0)
    growth = Growth(long_one(8, others=9))
    growth.to(9)
    async with show(growth.session, (160, 40), connection_columns=("count(tcp.payload)",)) as shown:
        cells = shown.screen.workspace.connections.cells
        assert [cells.text(0, stream) for stream in (0, 1)] == ["5", "1"]
        shown.screen.controllers.listing.sort(Sorting(expression="count(tcp.payload)"))
        await until(lambda: order(shown) == [0, 1])
        growth.end()
        shown.screen.tick()
        await until(lambda: cells.text(0, 1) == "9")
        shown.screen.controllers.listing.reorder(now=True)
        await until(lambda: order(shown) == [1, 0])


async def test_prediction_is_not_given_away_by_a_column(session: Session, show: Show) -> None:
    async with show(session, packet_columns=("tcp.len",)) as shown:
        await shown.press("enter")
        ladder = shown.screen.workspace.ladder
        assert any(segment.text.strip() == "10" for segment in ladder._own(int(ladder.rows[3]), 120))
        ladder.conceal(None, masked_row=int(ladder.rows[3]))
        assert not any(segment.text.strip() for segment in ladder._own(int(ladder.rows[3]), 120))
        assert shown.screen.workspace.active is Pane.TIMELINE


def test_columns_and_choices_of_another_window_stay(tmp_path: Path) -> None:
    ScreenChoices(tmp_path).choose_columns(["ip.ttl", "frame.len"], ["http.host"])
    one, other = ScreenChoices(tmp_path), ScreenChoices(tmp_path)
    assert one.packet_columns(Settings()) == other.packet_columns(Settings()) == ("ip.ttl", "frame.len")
    one.choose_columns(["ip.ttl"], ["http.host"])
    one.choose(TimeBase.CLOCK)
    other.choose_columns(["ip.ttl", "frame.len", "tcp.len"], ["http.host"])
    other.choose(ThemeChoice.LIGHT)

    now = ScreenChoices(tmp_path)
    assert now.packet_columns(Settings()) == ("ip.ttl", "tcp.len")
    assert now.connection_columns(Settings()) == ("http.host",)
    assert (now.times(Settings()), now.theme(Settings())) == (TimeBase.CLOCK, ThemeChoice.LIGHT)


async def test_order_that_is_wanted_no_more_before_its_thread_has_begun_is_not_worked_out(
    session: Session, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled: list[bool] = []

    def order(_reader: ColumnReader, chosen: I32, asked: Callable[[], bool], *, is_reversed: bool) -> I32:
        cancelled.append(asked() and not is_reversed)
        if cancelled[-1]:
            raise Cancelled
        return chosen

    monkeypatch.setattr(ColumnReader, "order", order)
    async with show(session) as shown:
        are_free = threads_held()
        listing = shown.screen.controllers.listing
        listing.sort(Sorting(expression="max(tcp.len)"))
        listing.unmounted()
        are_free.set()
        await until(lambda: bool(cancelled))

    assert cancelled[0]
