"""`b`: connections in groups; Enter lists those of one, Tab groups by something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from rich.cells import cell_len
from screen_lines import screen_lines
from textual.containers import Horizontal

from tcptui.session.groups import GroupBy, GroupKey, GroupSort
from tcptui.session.session import Session, open_file
from tcptui.ui.groups.columns import name_in
from tcptui.ui.groups.screen import GroupsScreen
from tcptui.ui.main.screen import MainScreen
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

#: Those of a capture of which no process is known.
KINDS: Final = [by for by in GroupBy if by is not GroupBy.PROCESS]


@pytest.fixture
def session(wire: Wire, tmp_path: Path) -> Session:
    for number in range(3):
        wire.clean(1000 * number, f"10.0.0.{number + 1}:4000{number}", "192.0.2.10:80")
    wire.refused(4000, "10.0.0.1:40005", "192.0.2.11:25")
    return open_file(wire.pcap(tmp_path / "four.pcap"))


async def settled(pilot: Pilot[object]) -> GroupsScreen:
    async for _ in turns():
        screen = pilot.app.screen
        if isinstance(screen, GroupsScreen) and screen.settled:
            await pilot.pause()
            return screen
    raise AssertionError("the groups did not come")


async def opened(shown: Shown, *keys: str) -> GroupsScreen:
    await shown.pilot.press("b")
    screen = await settled(shown.pilot)
    for key in keys:
        await shown.pilot.press(key)
        screen = await settled(shown.pilot)
    return screen


def text(screen: GroupsScreen) -> str:
    return "\n".join(screen_lines(screen))


@pytest.mark.each_value
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
async def test_groups_are_listed_with_what_is_the_matter_at_every_size(
    session: Session, show: Show, language: Language, size: tuple[int, int]
) -> None:
    async with show(session, size, language) as shown:
        lines = screen_lines(await opened(shown))
        troubled, clean = lines[2:4]
        assert "192.0.2.11:25" in troubled
        assert "192.0.2.10:80" in clean
        assert "✗1" in troubled or "!1" in troubled
        words = Words(language)
        assert all(f" {words(f'groups.by.{by.value}')} " in lines[0] for by in KINDS), "what else there is"
        assert f"▾{words('groups.column.lost')}" in lines[1]
        assert " 3 " in clean
        filtered = " ".join(" ".join(lines[-3:-1]).split())
        assert "tcptui.server == 192.0.2.11 && tcptui.server.port == 25" in filtered


@pytest.mark.parametrize("size", [(60, 16), (120, 40)])
async def test_room_below_the_groups_has_the_connections_of_one(
    session: Session, show: Show, size: tuple[int, int]
) -> None:
    async with show(session, size) as shown:
        lines = screen_lines(await opened(shown, "down"))
        below = [line for line in lines[4:] if "192.0.2.10:80" in line]
        assert [line.split()[0] for line in below] == ["0", "1", "2"]
        explained = [line.strip() for line in lines if line.strip() in ("Nothing unusual", "Where the time went")]
        assert len(explained) == (2 if size[1] > 16 else 0), "the first of them is explained where that leaves room"


async def test_long_list_of_groups_has_the_whole_screen(wire: Wire, tmp_path: Path, show: Show) -> None:
    for number in range(12):
        wire.clean(1000 * number, "10.0.0.1:40000", f"192.0.2.{10 + number}:80")
    async with show(open_file(wire.pcap(tmp_path / "twelve.pcap")), (60, 16)) as shown:
        screen = await opened(shown)
        assert not screen.query_one(Horizontal).display
        assert screen.groups.page_rows >= 11
        await shown.pilot.resize_terminal(120, 40)
        await shown.pilot.pause()
        assert screen.query_one(Horizontal).display


async def test_column_of_the_order_is_always_shown_and_marked(session: Session, show: Show) -> None:
    async with show(session, (60, 16)) as shown:
        screen = await opened(shown)
        for heading in ("time lost", "connections", "bytes", "clients sent", "servers sent", "packets"):
            assert f"▾{heading}" in screen_lines(screen)[1]
            await shown.pilot.press("s")
            screen = await settled(shown.pilot)


async def test_screen_without_connections_hints_at_no_group(wire: Wire, tmp_path: Path, show: Show) -> None:
    async with show(open_file(wire.pcap(tmp_path / "none.pcap"))) as shown:
        hints = screen_lines(await opened(shown))[-1]

    assert "Tab group by" in hints
    assert "Enter" not in hints
    assert "sort" not in hints


@pytest.mark.parametrize("width", [33, 31, 30, 20])
def test_pair_of_hosts_keeps_the_ends_of_its_addresses(width: int) -> None:
    key = GroupKey(("192.168.100.103", "203.0.113.177"))
    shown = name_in(key, width, Words(Language.EN), "…")

    assert cell_len(shown) == width
    assert ".103 - " in shown
    assert shown.rstrip().endswith(".177")


async def test_enter_lists_the_connections_of_the_group(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await opened(shown, "down")
        await shown.pilot.press("enter")
        await shown.settle()
        assert shown.pilot.app.screen is shown.screen
        listed = shown.screen.workspace.connections.index.order.tolist()
        assert sorted(listed) == [0, 1, 2]
        assert any("192.0.2.10:80" in line and "3 of 4" in line for line in shown.lines())
        await shown.press("escape")
        assert len(shown.screen.workspace.connections.index.order) == 4


async def test_groups_are_of_what_the_filter_passes(session: Session, show: Show) -> None:
    async with show(session, (80, 24)) as shown:
        shown.screen.controllers.filtering.filter_by("ip.addr == 10.0.0.1")
        await shown.settle()
        screen = await opened(shown)
        grouping = screen.groups.grouping
        assert grouping is not None
        counted = {group.key.port: group.connections for group in grouping.groups}
        shown_text = text(screen)
        await shown.pilot.press("tab", "tab")
        screen = await settled(shown.pilot)
        await shown.pilot.press("home", "enter")
        await shown.settle()
        listed = shown.screen.workspace.connections.index.order.tolist()
        shown.screen.controllers.filtering.filter_by("tcp.port == 9")
        await shown.settle()
        nothing = text(await opened(shown))

    assert counted == {80: 1, 25: 1}
    assert "2 groups, only what passes the filter" in shown_text
    assert sorted(listed) == [0, 3]
    assert "No such group has a connection that passes the filter." in nothing


async def test_tab_goes_through_all_kinds_and_back(session: Session, show: Show) -> None:
    wanted = {
        GroupBy.SERVER: "192.0.2.10:80", GroupBy.PORT: " 80 ", GroupBy.HOST: "10.0.0.3",
        GroupBy.PAIR: "10.0.0.1 - 192.0.2.11", GroupBy.FINDING: "Connection refused",
    }  # fmt: skip
    async with show(session) as shown:
        screen = await opened(shown)
        for by in KINDS:
            assert screen.by is by
            assert wanted[by] in text(screen)
            await shown.pilot.press("tab")
            await settled(shown.pilot)
        assert screen.by is GroupBy.SERVER
        await shown.pilot.press("shift+tab")
        assert (await settled(shown.pilot)).by is GroupBy.FINDING


async def test_order_and_kind_are_kept_until_the_next_time(session: Session, show: Show) -> None:
    async with show(session) as shown:
        screen = await opened(shown, "tab", "s")
        assert (screen.by, screen.sort) == (GroupBy.PORT, GroupSort.CONNECTIONS)
        assert "most connections first" in text(screen)
        await shown.pilot.press("b")
        assert isinstance(shown.pilot.app.screen, MainScreen)
        again = await opened(shown)
        assert (again.by, again.sort) == (GroupBy.PORT, GroupSort.CONNECTIONS)


async def test_cursor_stays_on_its_group_when_the_order_changes(session: Session, show: Show) -> None:
    async with show(session) as shown:
        screen = await opened(shown, "tab", "tab", "G")
        before = screen.groups.group
        assert before is not None
        await shown.pilot.press("s")
        await settled(shown.pilot)
        assert screen.groups.cursor == 0  # another order is read from its top
        await shown.pilot.press("j")
        chosen = screen.groups.group
        assert chosen is not None
        screen._counted_for = screen._newest._replace(revision=-1)  # as if packets had come
        screen._rests_until = 0.0
        screen.look()
        await settled(shown.pilot)
        assert screen.groups.group == chosen


async def test_copy_is_the_filter(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await opened(shown)
        await shown.pilot.press("y")
        await shown.pilot.pause()
        assert shown.pilot.app.clipboard == "tcptui.server == 192.0.2.11 && tcptui.server.port == 25"


async def test_without_trouble_there_are_no_findings_to_group_by(wire: Wire, tmp_path: Path, show: Show) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    async with show(open_file(wire.pcap(tmp_path / "clean.pcap"))) as shown:
        screen = await opened(shown, "shift+tab")
        assert "No connection has a warning or an error." in text(screen)
        await shown.pilot.press("enter", "y")  # nothing to list, nothing to copy
        assert shown.pilot.app.screen is screen


async def test_without_trouble_the_group_with_most_bytes_is_first(wire: Wire, tmp_path: Path, show: Show) -> None:
    for port in (40001, 40002):
        wire.clean(port - 40000, f"10.0.0.1:{port}", "192.0.2.10:80")
    wire.clean(9, "10.0.0.1:40003", "192.0.2.20:80", payload=b"x" * 900)
    async with show(open_file(wire.pcap(tmp_path / "clean.pcap"))) as shown:
        screen = await opened(shown)
        assert screen.sort is GroupSort.BYTES
        assert "192.0.2.20:80" in next(line for line in screen_lines(screen) if "192.0.2." in line)


async def test_empty_capture_says_so(wire: Wire, tmp_path: Path, show: Show) -> None:
    async with show(open_file(wire.pcap(tmp_path / "empty.pcap"))) as shown:
        assert "No TCP connection in this capture." in text(await opened(shown))


async def test_overview_and_help_open_from_here(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await opened(shown)
        await shown.pilot.press("question_mark")
        await shown.pilot.pause()
        assert "Group by the next" in "\n".join(screen_lines(shown.pilot.app.screen))
        await shown.pilot.press("escape", "0")
        await shown.pilot.pause()
        assert type(shown.pilot.app.screen).__name__ == "OverviewScreen"


@pytest.mark.parametrize(
    ("tabs", "headings", "row"),
    [
        (2, ("sent", "received", "packets sent"), ("192.0.2.10", "372 B", "666 B", "9", "15")),
        (3, ("bytes→", "bytes←", "packets→", "packets←"), ("10.0.0.3 - 192.0.2.10", "5", "3")),
    ],
)
async def test_endpoints_and_conversations_have_both_directions(
    session: Session, show: Show, tabs: int, headings: tuple[str, ...], row: tuple[str, ...]
) -> None:
    async with show(session, (140, 40)) as shown:
        lines = screen_lines(await opened(shown, *["tab"] * tabs))
        heading = next(line for line in lines if headings[0] in line and "problems" in line)
        assert all(each in heading for each in headings)
        (found,) = [line.replace("\u00a0", " ") for line in lines if line[3:].startswith(f"{row[0]} ")]
        cells = found.split()
        assert [cell for cell in row[1:] if cell not in found] == []
        assert cells.index(row[-2], 3) < cells.index(row[-1], 3)


@pytest.mark.parametrize("width", [60, 80, 100, 110, 120, 130])
async def test_one_direction_is_never_shown_without_the_other(session: Session, show: Show, width: int) -> None:
    async with show(session, (width, 24)) as shown:
        screen = await opened(shown)
        for _ in KINDS:
            layout = screen.groups._layout_for(width, screen.groups.grouping)  # type: ignore[arg-type]
            names = [column.heading for column, _ in layout.columns]
            assert ("bytes_forth" in names) == ("bytes_back" in names)
            assert ("packets_forth" in names) == ("packets_back" in names)
            await shown.pilot.press("tab")
            screen = await settled(shown.pilot)
