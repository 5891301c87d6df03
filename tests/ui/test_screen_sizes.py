"""The main screen from 60×16 to 250×70: what must be in sight, computed from what stands on the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from rich.cells import cell_len
from screen_lines import screen_lines

from tcptui.session.session import Session, open_file
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.columns import COLUMNS, Sorting
from tcptui.ui.main.layout import shape_of
from tcptui.ui.main.pane_specs import NUMBERED, SPEC_OF, Pane, Slot
from tcptui.ui.main.request_lines import RequestLine
from tcptui.ui.screens.help import HelpScreen
from tcptui.words.language import Language
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from textual.geometry import Region

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

SIZES = [(60, 16), (80, 24), (100, 30), (120, 40), (160, 45), (200, 50), (250, 70)]
ACK, PSH_ACK = 0x10, 0x18
ELLIPSIS = "…"
#: Lines of a terminal from which on there is a strip above the list.
STRIP_FROM = 38
#: Cells of a column of numbers: less is the room between two numbers.
NUMBER = 8


@pytest.fixture
def busy_session(wire: Wire, tmp_path: Path) -> Session:
    """Thirty connections of one network: lossy, refused, unanswered, clean, and one that asks for a page."""
    server = "203.0.113.177:18080"
    for number in range(25):
        client = f"192.168.100.{100 + number}:{50001 + number}"
        kind = (wire.lossy, wire.refused, wire.clean, wire.unanswered, wire.clean)[number % 5]
        kind(500 * number, client, server)
    client = "192.168.100.99:40099"
    wire.handshake(20_000, client, server)
    asked, answer = b"GET /missing HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    wire.tcp(20_050, client, server, PSH_ACK, 1001, 9001, payload=asked)
    wire.tcp(21_250, server, client, PSH_ACK, 9001, 1001 + len(asked), payload=answer)
    wire.tcp(21_250.1, client, server, ACK, 1001 + len(asked), 9001 + len(answer))
    return open_file(wire.pcap(tmp_path / "busy.pcap"))


def region_of(shown: Shown, pane: Pane) -> Region:
    """Where the pane's widget is, its title not counted; empty where it is not shown."""
    return shown.screen.workspace.query_one(f"#{pane.value}").region


def cells_in(shown: Shown, region: Region) -> list[str]:
    """The rows of the terminal within ``region``."""
    return [cells_between(line, region.x, region.right) for line in shown.lines()[region.y : region.bottom]]


def cells_between(line: str, begin: int, end: int) -> str:
    """The text in the cells from ``begin`` to before ``end``."""
    cells = "".join(char + "\0" * (cell_len(char) - 1) for char in line)
    return cells[begin:end].replace("\0", "")


def shared_out(endpoint: str) -> str:
    """``endpoint`` without the sign that stands for what all addresses begin with: nothing is lost there."""
    return endpoint.replace("[…", "[", 1)


def assert_nothing_is_black(shown: Shown) -> None:
    """Every cell belongs to a widget that draws, and each pane says something in its first lines."""
    screen = shown.screen
    width, height = screen.size
    containers = {screen, screen.workspace}
    for y in range(height):
        for x in (0, width // 3, width // 2, width - 40, width - 1):
            widget, _ = screen.get_widget_at(x, y)
            assert widget not in containers, f"({x}, {y}) belongs to no pane"
    for pane in NUMBERED:
        region = region_of(shown, pane)
        if region.area:
            assert "".join(cells_in(shown, region)[:2]).strip(), f"{pane} begins with blank lines"


def assert_no_room_beside_what_is_cut(shown: Shown) -> None:
    """No text ends in an ellipsis while there is room behind it."""
    for pane in NUMBERED:
        for line in cells_in(shown, region_of(shown, pane)):
            behind = line.rpartition(ELLIPSIS)[2] if pane is not Pane.CONNECTIONS and ELLIPSIS in line else ""
            assert not re.search(" {4}", behind.rstrip("▁▂▃▄▅▆▇█ ") + behind[-3:]), f"{pane}: {line!r}"
    connections = shown.screen.workspace.connections
    region = connections.region
    width = connections.scrollable_content_region.width
    if not region.area:
        return
    widths = connections.widths(width)
    lines = cells_in(shown, region)[1:]
    for position, line in enumerate(lines[: connections.row_count]):
        row = connections._list_row(int(connections.index.order[position + connections.scroll_offset.y]))
        place = 0
        for column in COLUMNS:
            begin, place = place, place + widths[column.id]
            if ELLIPSIS in shared_out(cells_between(line, begin, place)):
                missing = cell_len(column.cell(row)[0]) - widths[column.id] + 1
                blank = max(map(len, re.findall(" +", line.rstrip("▁▂▃▄▅▆▇█ "))))
                assert blank < max(missing + 2, NUMBER), line
        assert f":{row.server.rpartition(':')[2]} " in line, "the server's port is what tells services apart"


def expected_panes(size: tuple[int, int], active: Pane) -> set[Pane]:
    """The panes that are in sight while ``active`` is in front."""
    if shape_of(*size).has_tabs:
        return {active, Pane.EXPLAIN}
    return set(NUMBERED) - (set() if size[1] >= STRIP_FROM else {Pane.GLANCE})


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_size_shows_what_it_must(
    show: Show, busy_session: Session, size: tuple[int, int], language: Language
) -> None:
    async with show(busy_session, size, language, as_opened=True) as shown:
        connections = shown.screen.workspace.connections
        for active in (Pane.CONNECTIONS, Pane.TIMELINE):
            if active is Pane.TIMELINE:
                await shown.press("enter")
            assert {pane for pane in NUMBERED if region_of(shown, pane).area} == expected_panes(size, active)
            assert_nothing_is_black(shown)
            assert_no_room_beside_what_is_cut(shown)
            explained = [line for line in cells_in(shown, region_of(shown, Pane.EXPLAIN)) if line.strip("▁▂▃▄▅▆▇█ │")]
            assert len(explained) >= 2
            if region_of(shown, Pane.CONNECTIONS).area:
                assert "▾" in cells_in(shown, connections.region)[0]
        ladder = shown.screen.workspace.ladder
        numbers = [int(busy_session.store.frame[row]) for row in ladder.rows[: ladder.page_rows]]
        drawn = cells_in(shown, ladder.region)[1:]
        assert all(f" {number} " in line for number, line in zip(numbers, drawn, strict=False))


@pytest.mark.parametrize("key", [key for key in SortKey if key not in (SortKey.START, SortKey.PROBLEMS)])
@pytest.mark.parametrize("size", SIZES[:3], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_column_of_the_order_is_in_sight(
    show: Show, busy_session: Session, size: tuple[int, int], key: SortKey
) -> None:
    async with show(busy_session, size) as shown:
        shown.screen.sort(Sorting(key))
        await shown.settle()

        assert "▾" in cells_in(shown, shown.screen.workspace.connections.region)[0]
        assert_no_room_beside_what_is_cut(shown)


async def test_screen_that_was_resized_is_the_screen_of_its_size(show: Show, busy_session: Session) -> None:
    opened = {}
    for size in SIZES:
        async with show(busy_session, size, as_opened=True) as shown:
            opened[size] = shown.lines()
    leaps = (SIZES[place] for place in (5, 1, 6, 0, 4, 1, 2, 6, 3, 5, 2, 0))
    async with show(busy_session, SIZES[0], as_opened=True) as shown:
        for size in (*SIZES, *reversed(SIZES), *leaps):
            await shown.pilot.resize_terminal(*size)
            await shown.settle()
            assert shown.lines() == opened[size], size


LONG_FILTER: Final = "frame.time_relative >= 0.378 and frame.time_relative < 1.654"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("is_lifted", [False, True])
async def test_line_of_a_long_filter_is_that_of_its_size_after_a_resize(
    show: Show, busy_session: Session, language: Language, is_lifted: bool
) -> None:
    async with show(busy_session, (80, 24), language) as shown:
        await shown.press("slash", *LONG_FILTER, "enter", *(["backslash"] if is_lifted else []))
        for size in ((100, 30), (60, 16), (160, 45), (80, 24)):
            await shown.pilot.resize_terminal(*size)
            await shown.settle()
            said = shown.lines()[-2]  # it takes one line

            assert "frame.time" in said
            assert "\\" in said, "the key is in sight"
            assert said.count(ELLIPSIS) <= 1
            assert ELLIPSIS not in said or cell_len(said.rstrip()) > size[0] - 8, said
            assert size[0] < 160 or "< 1.654" in said


async def test_narrow_list_drops_what_all_addresses_begin_with_and_keeps_their_ends(
    show: Show, busy_session: Session
) -> None:
    async with show(busy_session, (80, 24)) as shown:
        first = cells_in(shown, shown.screen.workspace.connections.region)[1]

        assert ".100:50001→" in first
        assert "192.168." not in first


async def test_narrowed_list_has_no_blank_lines_once_its_prompt_is_closed(show: Show, busy_session: Session) -> None:
    async with show(busy_session, (60, 16)) as shown:
        await shown.press("slash", *"refus", "enter")
        lines = cells_in(shown, region_of(shown, Pane.CONNECTIONS))

        assert len(lines) == 1 + 5
        assert all(line.strip() for line in lines)


async def test_tabs_leave_the_counts_of_a_narrowed_list_whole(show: Show, busy_session: Session) -> None:
    async with show(busy_session, (60, 16)) as shown:
        await shown.press("slash", *"refus", "enter")
        assert "5 of 26" in shown.lines()[2]
        assert ELLIPSIS not in shown.lines()[2]
        await shown.press("escape", "s", "s")
        assert ELLIPSIS not in shown.lines()[2], "the heading has the sign of the order"
        assert "▾" in shown.lines()[3]
    async with show(busy_session, (80, 24)) as shown:
        await shown.press("slash", *"refus", "enter")
        assert "/refus 5 of 26" in shown.lines()[2]


async def test_ends_above_the_timeline_are_cut_only_where_both_do_not_fit(show: Show, busy_session: Session) -> None:
    async with show(busy_session, (60, 16)) as shown:
        await shown.press("enter")

        assert "192.168.100.100:50001 " in shown.lines()[3]
        assert " 203.0.113.177:18080" in shown.lines()[3]


@pytest.mark.parametrize("was_lost", [True, False])
async def test_column_of_lost_time_is_there_once_some_was_lost(
    show: Show, wire: Wire, tmp_path: Path, was_lost: bool
) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    if was_lost:
        wire.unanswered(500, "10.0.0.1:40002", "192.0.2.10:80")
    async with show(open_file(wire.pcap(tmp_path / "some.pcap")), (100, 30)) as shown:
        heading = cells_in(shown, shown.screen.workspace.connections.region)[0]
        await shown.press("s", "s") if was_lost else await shown.press("s")
        sorted_by = cells_in(shown, shown.screen.workspace.connections.region)[0]

    assert ("time lost" in heading) == was_lost
    assert ("bytes" in heading) != was_lost, "its place goes to the next ones"
    assert "▾" in sorted_by


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("key", ["3", "e"])
async def test_zoomed_pane_has_no_line_that_sets_it_apart(
    show: Show, busy_session: Session, key: str, ascii_only: bool
) -> None:
    async with show(busy_session, (120, 40), ascii=ascii_only) as shown:
        await shown.press("enter", key)
        begins = {line[75:76] for line in shown.lines()[20:38]}
        assert begins <= set("│┌|+─-"), "beside other panes it has one"
        await shown.press("z")
        begins = {line[:1] for line in shown.lines()[2:5]}  # further down the tree of fields has lines, too
        assert not begins & set("│┌|+")
        await shown.press("z")
        assert {line[75:76] for line in shown.lines()[20:38]} & set("│|")


async def test_points_of_times_stand_below_each_other(show: Show, wire: Wire, tmp_path: Path) -> None:
    for ms in (0, 900, 9_900, 120_000):
        wire.tcp(ms, "10.0.0.1:40001", "192.0.2.10:80", ACK, 1000, 1)
    async with show(open_file(wire.pcap(tmp_path / "long.pcap")), (80, 24)) as shown:
        await shown.press("enter")
        times = [line.index(".") for line in cells_in(shown, region_of(shown, Pane.TIMELINE))[1:5]]

    assert len(set(times)) == 1


async def test_list_of_medium_width_has_ten_rows(show: Show, busy_session: Session) -> None:
    async with show(busy_session, (120, 40), as_opened=True) as shown:
        assert shown.screen.workspace.connections.page_rows >= 10


async def test_bytes_stand_sixteen_a_line_or_not_at_all_beside_other_panes(show: Show, busy_session: Session) -> None:
    shown_at = {}
    for size in SIZES:
        async with show(busy_session, size) as shown:
            await shown.press("enter", "3")
            hex_pane = shown.screen.workspace.headers.hex_pane
            shown_at[size] = hex_pane.region.area > 0
            if shown_at[size]:
                drawn = "".join(cells_in(shown, hex_pane.region))
                assert re.search(r"00\d0  [0-9a-f]{2} ", drawn)
                assert size[0] < 80 or re.search(r"(?: [0-9a-f]{2}){16}", drawn)
    assert not shown_at[120, 40]
    assert shown_at[200, 50]


@pytest.mark.parametrize(
    ("width", "text"),
    [(40, "GET /api/users/42 → 200, 1.20s"), (29, "GET …pi/users/42 → 200, 1.20s"),
     (26, "GET …users/42 → 200, 1.20s"), (25, "GET /api/users/42 → 200"), (22, "GET …pi/users/42 → 200"),
     (15, "GET …s/42 → 200"), (14, "GET /api/user…"), (6, "GET /…")],
)  # fmt: skip
def test_request_gives_up_its_targets_beginning_then_its_time_and_never_the_targets_end(width: int, text: str) -> None:
    line = RequestLine("GET /api/users/42", "→ 200, 1.20s", "→ 200")

    assert line.fitted(width, ELLIPSIS) == text
    assert cell_len(line.fitted(width, ELLIPSIS)) <= width


def test_request_without_an_answer_is_what_was_asked() -> None:
    assert RequestLine("GET /x", "", "").fitted(20, ELLIPSIS) == "GET /x"


def test_operation_without_a_method_keeps_its_end_and_its_status() -> None:
    line = RequestLine("/shop.Orders/Total", "→ DEADLINE_EXCEEDED, 757ms", "→ DEADLINE_EXCEEDED")

    assert line.fitted(40, ELLIPSIS) == "…Orders/Total → DEADLINE_EXCEEDED, 757ms"
    assert line.fitted(30, ELLIPSIS) == "…ers/Total → DEADLINE_EXCEEDED"


@pytest.mark.parametrize("width", range(4, 80))
def test_requests_of_one_packet_are_all_told_or_counted(width: int) -> None:
    other = RequestLine("GET /quick", "→ 200, 12ms", "→ 200")
    line = RequestLine("GET /broken", "→ 500, 3.0ms", "→ 500", others=(other,))
    said = line.fitted(width, ELLIPSIS)

    assert cell_len(said) <= width
    assert "GET /quick → 200, 12ms" in said or said.endswith(" +1")


@pytest.mark.parametrize(("size", "where"), [((120, 40), "lane"), ((80, 24), "lane"), ((250, 70), "note")])
async def test_request_stands_in_its_packets_row_with_its_answer(
    show: Show, busy_session: Session, size: tuple[int, int], where: str
) -> None:
    async with show(busy_session, size) as shown:
        await shown.press("G", "enter")
        lines = cells_in(shown, shown.screen.workspace.ladder.region)
        asked = next(line for line in lines if "GET" in line)

        assert "GET /missing → 404, 1.20s" in asked
        assert ("PSH ACK 1:" in asked) == (where == "note")


async def test_question_about_what_follows_hides_the_answer_of_a_request(show: Show, busy_session: Session) -> None:
    async with show(busy_session, (120, 40)) as shown:
        await shown.press("G", "enter")
        shown.screen.workspace.ladder.conceal(int(shown.screen.workspace.ladder.rows[-1]))
        await shown.settle()

        assert "404" not in "\n".join(cells_in(shown, shown.screen.workspace.ladder.region))


def test_every_numbered_pane_has_a_place_on_a_large_screen() -> None:
    assert all(SPEC_OF[pane].share is not None or SPEC_OF[pane].slot is not Slot.SIDE for pane in NUMBERED)


#: Keys across the screens that are opened above the main one; what stands after each is looked at.
ABOVE: Final = (
    ("0", "down", "tab", "escape"), ("b", "tab", "tab", "tab", "tab", "escape"), ("u", "enter", "enter", "enter", "q"),
    ("ctrl+f", "tab", *"refused", "enter", "tab", "tab", "escape"), ("F", "x", "d", "escape"), ("x", "down", "escape"),
    ("question_mark", "pagedown", "escape"),
)  # fmt: skip


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (250, 70)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_screens_above_the_main_one_fill_it_and_cut_nothing_beside_free_room(
    show: Show, wire: Wire, busy_session: Session, tmp_path: Path, size: tuple[int, int], language: Language
) -> None:
    wire.unreachable(30_000, "10.0.0.9", "10.0.0.1:40009", "192.0.2.10:80", 1)
    assert busy_session.store.count
    async with show(open_file(wire.pcap(tmp_path / "busy.pcap")), size, language) as shown:
        await shown.press("G")
        app = shown.pilot.app
        for keys in ABOVE:
            for key in keys:
                await shown.pilot.press(key)
                await until(lambda: app.screen is shown.screen or getattr(app.screen, "settled", True))
                await shown.pilot.pause()
                if app.screen is shown.screen:
                    continue
                lines = screen_lines(app.screen)
                assert {cell_len(line) for line in lines} == {size[0]}, key
                assert lines[0].strip(), keys
                assert lines[-1].strip(), keys
                for line in lines[1:-1]:
                    is_cut = ELLIPSIS in line and not isinstance(app.screen, HelpScreen)  # it explains this sign
                    behind = line.rpartition(ELLIPSIS)[2] if is_cut else ""
                    assert not re.search(" {16}", behind), (keys, key, line)
            assert app.screen is shown.screen


async def test_strip_says_that_there_are_no_packets_only_once_it_has_counted_them(
    show: Show, busy_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with show(busy_session, (100, 30)) as shown:
        screen = shown.screen
        counting = screen.look_at_traffic
        monkeypatch.setattr(screen, "look_at_traffic", lambda: None)  # it takes its time
        await shown.pilot.resize_terminal(120, 40)
        await shown.pilot.pause()
        assert region_of(shown, Pane.GLANCE).area
        assert "No packets" not in "".join(shown.lines())
        counting()
        await shown.settle()
        assert "pkt/s" in cells_in(shown, region_of(shown, Pane.GLANCE))[0]
        screen.workspace.glance.show(None)
        await shown.pilot.pause()

        assert "No packets yet." in cells_in(shown, region_of(shown, Pane.GLANCE))[0]
