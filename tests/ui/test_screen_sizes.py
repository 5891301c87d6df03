"""The main screen from 60×16 to 250×70: what must be in sight, computed from what stands on the terminal."""

from __future__ import annotations

import asyncio
import re
import struct
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import pytest
from merged_captures import two_captures
from other_frames import arp, dns_answer, dns_query, pcap, udp
from rich.cells import cell_len
from screen_lines import frame_lines, screen_lines

from tcptui.capture.interfaces import Interface, Traffic
from tcptui.lessons.loader import load_case, load_cases
from tcptui.model.finding import Severity
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.filler.table import ROOM_LEAST
from tcptui.ui.leaving import Way
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.columns import COLUMNS, Sorting
from tcptui.ui.main.layout import shape_of
from tcptui.ui.main.pane_specs import NUMBERED, SPEC_OF, Pane, Slot
from tcptui.ui.main.request_lines import RequestLine
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.merged.screen import MergedScreen
from tcptui.ui.screens import socket
from tcptui.ui.screens.help import HelpScreen
from tcptui.ui.start.menu import Offer
from tcptui.ui.user_files import RecentFiles
from tcptui.ui.view_options import ViewOptions
from tcptui.words.language import Language
from tests.ui.conftest import Shown, until
from tests.ui.tasks import shop
from tests.ui.test_leaving import SCREEN_OF, live
from tests.ui.test_socket_screen import SOCKET

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from textual.geometry import Region
    from textual.pilot import Pilot
    from textual.screen import Screen

    from tests.ui.conftest import Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

SIZES = [(60, 16), (80, 24), (100, 30), (120, 40), (160, 45), (200, 50), (250, 70)]
ACK, PSH_ACK = 0x10, 0x18
ELLIPSIS = "…"
#: Lines of a terminal from which on there is a strip above the list.
STRIP_FROM = 38
#: Cells of a column of numbers: less is the room between two numbers.
NUMBER = 8


def write_busy(wire: Wire) -> None:
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


@pytest.fixture
def busy_session(wire: Wire, tmp_path: Path) -> Session:
    """Thirty connections, of `write_busy`."""
    write_busy(wire)
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


@pytest.mark.each_value
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


@pytest.mark.parametrize("size", SIZES[:3], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_column_of_the_order_is_in_sight(show: Show, busy_session: Session, size: tuple[int, int]) -> None:
    async with show(busy_session, size) as shown:
        for key in SortKey:
            if key in (SortKey.START, SortKey.PROBLEMS):
                continue
            shown.screen.controllers.listing.sort(Sorting(key))
            await shown.settle()

            assert "▾" in cells_in(shown, shown.screen.workspace.connections.region)[0], key
            assert_no_room_beside_what_is_cut(shown)


@pytest.mark.painted
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


@pytest.mark.each_value
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


@pytest.mark.painted
async def test_time_that_nobody_noticed_has_no_colour(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.refused(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.unanswered(500, "10.0.0.1:40002", "192.0.2.10:80")
    async with show(open_file(wire.pcap(tmp_path / "some.pcap")), (100, 30)) as shown:
        listed = shown.screen.workspace.connections
        styles = {
            segment.text.strip(): segment.style
            for row in range(2)
            for segment in listed.row(row, 100)
            if segment.text.strip().endswith("s") and segment.text.strip()[:1].isdigit()
        }
        colour = listed.palette.severity(Severity.ERROR).color

    assert styles["1.0ms"] is not None
    assert styles["1.0ms"].color != colour
    assert any(style is not None and style.color == colour for style in styles.values())


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


class Opened(Enum):
    """What a walk begins with."""

    BUSY = "busy"
    """A capture of thirty connections; an ICMP error quotes one."""
    SINGLE = "single"
    """One connection, refused."""
    SHOP = "shop"
    """Requests, files, name look-ups."""
    OTHERS = "others"
    """A capture without TCP."""
    LIVE = "live"
    """A running capture that is not saved."""
    CASE = "case"
    START = "start"
    MERGED = "merged"
    """Two captures of the same traffic."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Keys across screens; what stands after each is looked at.  Each group of keys ends where it began."""

    opened: Opened
    groups: tuple[tuple[str, ...], ...]
    comes_to: frozenset[str]


#: The kernel's view: a key leads there only from a capture of this machine's own connections.
KERNEL: Final = "kernel"
STEP: Final = ("right_square_bracket",)
WALKS: Final = (
    Walk(
        Opened.BUSY,
        (
            ("0", "down", "tab", "escape"), ("b", "tab", "tab", "tab", "tab", "escape"),
            ("u", "enter", "enter", "enter", "q"),
            ("ctrl+f", "tab", *"refused", "enter", "tab", "tab", "escape"), ("F", "x", "d", "escape"),
            ("x", "down", "escape"), ("question_mark", "pagedown", "escape"),
            ("equals_sign", "down", "escape"), ("O", "down", "escape"),
            ("slash", "ctrl+o", "tab", "tab", "down", "ctrl+n", "escape", "escape"),
            ("plus", "i", "p", "enter", "plus", "t", "c", "p", "enter", "minus", "down", "escape"),
            ("ctrl+p", "down", *"conn", "escape"), (KERNEL, "escape"),
        ),
        frozenset({
            "MainScreen", "OverviewScreen", "GroupsScreen", "OtherScreen", "SearchScreen", "FollowScreen",
            "ExportScreen", "HelpScreen", "FilterMenu", "FilterForm", "ColumnMenu", "Palette", "SocketScreen",
            "SortMenu",
        }),
    ),
    Walk(
        Opened.SHOP,
        (
            ("R", "tab", "down", "s", "b", "down", "b", "slash", *"404", "enter", "escape", "escape"),
            ("g", "t", "n", "tab", "tab", "tab", "tab", "s", "escape"),
            ("F", "d", "slash", "w", "escape", "escape"), ("x", "end", "slash", "f", "escape", "escape"),
            ("u", "enter", "enter", "slash", "x", "escape", "q"),
            ("slash", *"tcp.an", "tab", "escape"), ("colon", "1", "escape"), ("m", "M", "w", "escape"),
        ),
        frozenset({"MainScreen", "RequestsScreen", "GraphScreen", "FollowScreen", "ExportScreen", "OtherScreen"}),
    ),
    Walk(
        Opened.OTHERS,
        (("u", "down", "enter", "enter", "enter", "q"), ("0", "escape"), ("R", "escape")),
        frozenset({"MainScreen", "OtherScreen", "OverviewScreen", "RequestsScreen"}),
    ),
    Walk(Opened.LIVE, (("q", "f9", "C", "f9", "i", "f9"),), frozenset({"MainScreen"})),
    Walk(
        Opened.CASE,
        ((*STEP, *STEP, "r", *STEP, "r", "3", "4", "p", "1", "escape"),),
        frozenset({"MainScreen"}),
    ),
    Walk(
        Opened.START,
        (("down", "down", "c", "end", "g"), ("slash", *"window", "escape"), ("f", "t", "escape"), ("o", "escape"),
         ("question_mark", "escape"), ("ctrl+p", "down", "escape")),
        frozenset({"StartScreen", "HelpScreen", "Palette"}),
    ),
    Walk(
        Opened.MERGED,
        (("down", "tab", "tab", "enter", "n", "N", "tab", "tab", "J", "question_mark", "pagedown", "escape", "escape"),
         ("ctrl+p", "down", "escape")),
        frozenset({"MergedScreen", "LadderScreen", "HelpScreen", "Palette"}),
    ),
)  # fmt: skip
#: What the questions before packets are lost begin with, in both languages, by the key that asks.
QUESTION_OF: Final = {"q": Way.QUIT, "C": Way.CLEAR, "i": Way.CHOOSE}


def test_walks_come_to_every_screen() -> None:
    assert frozenset().union(*(walk.comes_to for walk in WALKS)) == {"MainScreen", *SCREEN_OF.values()}


async def app_of(opened: Opened, wire: Wire, folder: Path, language: Language) -> TcptuiApp:
    """The app that shows what a walk begins with."""
    options = ViewOptions(language=language, numeric=True)
    match opened:
        case Opened.MERGED:
            return TcptuiApp(options=options, merging=await asyncio.to_thread(two_captures, folder))
        case Opened.BUSY:
            write_busy(wire)
            wire.unreachable(30_000, "10.0.0.9", "10.0.0.1:40009", "192.0.2.10:80", 1)
            return TcptuiApp(open_file(wire.pcap(folder / "busy.pcap")), options=options)
        case Opened.SINGLE:
            wire.refused(0, "10.0.0.1:40001", "192.0.2.10:80")
            return TcptuiApp(open_file(wire.pcap(folder / "single.pcap")), options=options)
        case Opened.SHOP:
            return TcptuiApp(open_file(shop(folder / "shop.pcap")), options=options)
        case Opened.OTHERS:
            ends = ("10.0.0.1:40001", "192.0.2.53:53")
            asked = [udp(*ends, dns_query(number, f"host-{number}.shop.example")) for number in range(9)]
            answers = [
                udp(*reversed(ends), dns_answer(4, "host-4.shop.example", ["192.0.2.9"])),
                arp(1, "10.0.0.1", "10.0.0.2"),
            ]
            (folder / "others.pcap").write_bytes(pcap([*asked, *answers]))
            return TcptuiApp(open_file(folder / "others.pcap"), options=options)
        case Opened.LIVE:
            wire.lossy(0, "10.0.0.1:40001", "192.0.2.10:80")
            session, _ = live(wire.pcap(folder / "lossy.pcap").read_bytes(), folder)
            return TcptuiApp(session, options=options, begin_anew=session.anew)
        case Opened.CASE:
            case = load_case("hello-service")
            return TcptuiApp(open_file(case.captures[0]), options=options, case=case)
        case Opened.START:
            recent = RecentFiles(folder)
            for name in ("seen.pcap", "a-capture-whose-name-says-where-and-when-it-was-made-2026-11-23.pcapng.gz"):
                (folder / name).touch()
                recent.remember(folder / name, 1.7e9)
            ethernet = Interface("eth0", "eth0", ("192.168.1.23", "2001:db8::1"), True, True, False, False, True)
            offer = Offer(
                recent, load_cases(), interfaces=lambda: (ethernet,), counters=lambda: {"eth0": Traffic(1, 1)}
            )
            return TcptuiApp(options=options, offer=offer)


async def at_rest(pilot: Pilot[Any], app: TcptuiApp) -> None:
    """Wait until what is in front has come to rest."""
    await pilot.pause()
    front = app.screen
    if isinstance(front, MainScreen) and not front.session.progress.growing:
        await Shown(pilot, front).settle()
    else:
        await until(lambda: app.screen is not front or getattr(front, "settled", True) or isinstance(front, MainScreen))
    await pilot.pause()


def assert_lines_are_whole(screen: Screen[Any], size: tuple[int, int], where: object) -> None:
    """Every line fills the terminal, the first and the last say something, and none is cut beside free room."""
    lines = frame_lines(screen)
    assert {cell_len(line) for line in lines} == {size[0]}, where
    assert len(lines) == size[1], where
    assert lines[0].strip() or type(screen).__name__ == "Palette", where
    assert lines[-1].strip(), where
    if isinstance(screen, (MainScreen, HelpScreen)) or screen.is_modal:
        return  # panes side by side have tests of their own; the help explains the sign, a menu covers panes
    sign_told = screen.app.words("guide.sign.cut")  # the help explains the sign
    for line in lines[1:-1]:
        if sign_told in line:
            continue
        behind = line.rpartition(ELLIPSIS)[2].partition("│")[0] if ELLIPSIS in line else ""
        assert not re.search(" {16}", behind), (where, line)


FEW_SIZES: Final = (SIZES[0], SIZES[-1])


#: The smallest and the largest in both languages, those between them in one: each walk in another than the one before.
SIZES_AND_WALKS: Final = [
    pytest.param(
        size, walk, language,
        marks=() if size in FEW_SIZES else pytest.mark.slow,
        id=f"{walk.opened.value}-{size[0]}x{size[1]}-{language.name}",
    )
    for at, size in enumerate(SIZES)
    for number, walk in enumerate(WALKS)
    for language in (Language if size in FEW_SIZES else [list(Language)[(at + number) % 2]])
]  # fmt: skip


@pytest.mark.each_value
@pytest.mark.parametrize(("size", "walk", "language"), SIZES_AND_WALKS)
async def test_every_screen_fills_the_terminal_and_cuts_nothing_beside_free_room(
    wire: Wire, tmp_path: Path, size: tuple[int, int], walk: Walk, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "look_up", lambda *_ends: SOCKET)
    app = await app_of(walk.opened, wire, tmp_path, language)
    seen: set[str] = set()
    async with app.run_test(size=size) as pilot:
        await at_rest(pilot, app)
        if walk.opened is Opened.MERGED:
            await until(lambda: isinstance(app.screen, MergedScreen))
            await at_rest(pilot, app)
        first = app.screen
        for keys in walk.groups:
            for key in keys:
                if key == KERNEL:
                    assert app.session is not None
                    app.push_screen(socket.SocketScreen(app.session, 0, app.words, app.glyphs))
                else:
                    await pilot.press(key)
                await at_rest(pilot, app)
                seen.add(type(app.screen).__name__)
                assert_lines_are_whole(app.screen, size, (keys, key))
                if walk.opened is Opened.LIVE and key in QUESTION_OF:
                    assert app.words(QUESTION_OF[key].value) in screen_lines(app.screen)[-1]
            await until(lambda: app.screen is first)
    assert seen == walk.comes_to


async def test_strip_says_that_there_are_no_packets_only_once_it_has_counted_them(
    show: Show, busy_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with show(busy_session, (100, 30)) as shown:
        screen = shown.screen
        counting = screen.controllers.traffic.look
        monkeypatch.setattr(screen.controllers.traffic, "look", lambda: None)  # it takes its time
        await shown.pilot.resize_terminal(120, 40)
        await shown.pilot.pause()
        assert region_of(shown, Pane.GLANCE).area
        assert "No packets" not in "".join(shown.lines())
        counting()
        await shown.settle()
        assert "pkt/s" in cells_in(shown, region_of(shown, Pane.GLANCE))[0]
        screen.controllers.traffic.pane.show(None)
        await shown.pilot.pause()

        assert "No packets yet." in cells_in(shown, region_of(shown, Pane.GLANCE))[0]


@pytest.mark.parametrize("language", Language)
async def test_live_capture_names_saving_first_and_what_is_said_of_the_whole(
    wire: Wire, tmp_path: Path, language: Language
) -> None:
    wire.lossy(0, "10.0.0.1:40001", "192.0.2.10:80")
    session, _ = live(wire.pcap(tmp_path / "lossy.pcap").read_bytes(), tmp_path)
    app = TcptuiApp(session, language, ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        assert isinstance(screen, MainScreen)
        await until(lambda: screen.workspace.connections.row_count > 0 and screen.controllers.live.has_unsaved)
        await pilot.pause()
        keys = re.findall(r"(?:^| )(\S+(?: N)?) [^ ]+", screen_lines(screen)[-1])
        assert keys[:2] == ["?", "w"]
        assert {"0", "R", "b", "Enter", "/"} <= set(keys)
        session.stop()


def ip_bytes(source: str, target: str, protocol: int, body: bytes) -> bytes:
    """An IPv6 packet."""
    addresses = ip_address(source).packed + ip_address(target).packed
    return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + addresses + body


@pytest.mark.parametrize("size", [(200, 50), (250, 70)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_ends_with_long_addresses_are_whole_above_the_timeline(
    wire: Wire, tmp_path: Path, show: Show, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_ip_bytes", ip_bytes, raising=False)
    client, server = "2001:db8:ffff:abcd:1111:2222:3333:4001:50001", "2001:db8:85a3:1234:5678:8a2e:3707:7334:8443"
    wire.lossy(0, client, server)
    async with show(open_file(wire.pcap(tmp_path / "six.pcap")), size) as shown:
        heading = cells_in(shown, region_of(shown, Pane.TIMELINE))[0]

    for end in (client, server):
        host, _, port = end.rpartition(":")
        assert f"[{host}]:{port}" in heading


async def test_options_of_a_syn_are_whole_beside_the_bytes(show: Show) -> None:
    async with show(open_file(load_case("syn-timeout").captures[0]), (250, 70)) as shown:
        headers = "\n".join(cells_in(shown, region_of(shown, Pane.HEADERS)))

    assert "Timestamps, No-Operation (NOP), Window scale" in headers
    assert "0000  02 00" in headers


#: Lines in a row that may be blank in a half of the terminal, where there is something that could stand there.
MOST_BLANK: Final = 16
#: Which captures, and the keys to what was black: overview, groups, files, requests; the start screen.
ONCE_BLACK: Final = (
    (Opened.SINGLE, ("0",)), (Opened.BUSY, ("0",)), (Opened.BUSY, ("b",)), (Opened.SHOP, ("x",)),
    (Opened.SHOP, ("R", "tab")), (Opened.START, ()),
)  # fmt: skip


def blank_in_a_row(lines: list[str]) -> int:
    """The most lines in a row without a word, a sign or a bar; the lanes and rules around them are none."""
    marks = "".join("." if line.strip(" │|") else " " for line in lines)
    return max(map(len, marks.split(".")))


@pytest.mark.each_value
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    ("opened", "keys"), ONCE_BLACK, ids=lambda what: what.value if isinstance(what, Opened) else "".join(what) or "none"
)
async def test_no_part_of_a_large_terminal_is_black(
    wire: Wire, tmp_path: Path, opened: Opened, keys: tuple[str, ...], language: Language
) -> None:
    app = await app_of(opened, wire, tmp_path, language)
    sizes = [(250, 70), (200, 50), (160, 45)]
    async with app.run_test(size=sizes[0]) as pilot:
        await at_rest(pilot, app)
        for key in keys:
            await pilot.press(key)
            await at_rest(pilot, app)
        for size in sizes:
            await pilot.resize_terminal(*size)
            await at_rest(pilot, app)
            if opened is Opened.START:
                await until(lambda: app.words("guide.help.reading") in "\n".join(screen_lines(app.screen)))
            assert_no_part_is_black(screen_lines(app.screen), size, opened)


def assert_no_part_is_black(lines: list[str], size: tuple[int, int], opened: Opened) -> None:
    """No half of the terminal has many blank lines in a row, and its lowest quarter hardly any."""
    width, height = size
    assert blank_in_a_row(lines) <= ROOM_LEAST, f"over the whole width of {size}"
    assert sum(bool(line.strip()) for line in lines[-height // 4 :]) >= height // 4 - 3, (
        f"in the lowest quarter: {size}"
    )
    if opened is not Opened.SHOP:  # its names are short
        assert blank_in_a_row([cells_between(line, width // 2, width) for line in lines]) <= MOST_BLANK, size
