"""`tcptui A B --merge`: the connections of two capture points, the ladder of one, and the way into each capture."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from captures import Tape
from merged_captures import FAULTY, two_captures
from rich.cells import cell_len
from screen_lines import screen_lines
from two_points import Path, World
from two_views import FaultyWorld

from tcptui.access.progress import Phase
from tcptui.capture.file_source import open_file as open_source
from tcptui.points.fates import Fate
from tcptui.points.ladder import ABSENT, Ladder
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.merged.ladder_columns import ladder_columns
from tcptui.ui.merged.ladder_screen import LadderScreen
from tcptui.ui.merged.lanes import Way, drawn, room_for
from tcptui.ui.merged.merging import Merging
from tcptui.ui.merged.screen import MergedScreen
from tcptui.ui.theme import ASCII, UNICODE, Glyphs
from tcptui.ui.view_options import TimeBase, ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.merged_text import correction_line
from tests.ui.conftest import SETTLES_IN_S, settled

if TYPE_CHECKING:
    import pathlib
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    SnapCompare = Callable[..., bool]

SIZES = [(60, 16), (80, 24), (120, 40), (200, 50)]
EN = Words(Language.EN)


class Player:
    """The app on two captures, with what is in front."""

    def __init__(self, app: TcptuiApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()
            if isinstance(self.app.screen, MainScreen):
                await settled(self.pilot, lambda: self.place.workspace.settled)

    @property
    def listed(self) -> MergedScreen:
        assert isinstance(self.app.screen, MergedScreen)
        return self.app.screen

    @property
    def ladder(self) -> LadderScreen:
        assert isinstance(self.app.screen, LadderScreen)
        return self.app.screen

    @property
    def rows(self) -> Ladder:
        found = self.ladder.rows.ladder
        assert found is not None
        return found

    @property
    def place(self) -> MainScreen:
        assert isinstance(self.app.screen, MainScreen)
        return self.app.screen

    @property
    def lines(self) -> list[str]:
        return screen_lines(self.app.screen)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.lines).split())

    async def to_row(self, wanted: Callable[[Ladder], Any]) -> int:
        """Put the cursor on the first row for which ``wanted`` (a mask) holds."""
        row = int(np.flatnonzero(wanted(self.rows))[0])
        self.ladder.rows.put_cursor(row)
        await self.pilot.pause()
        return row

    def line_of(self, row: int) -> str:
        """The line of the ladder with a row."""
        view = self.ladder.rows
        return self.lines[view.region.y + 1 + row - int(view.scroll_offset.y)]


@asynccontextmanager
async def playing(
    merging: Merging, size: tuple[int, int] = (120, 40), language: Language = Language.EN, **options: Any
) -> AsyncIterator[Player]:
    app = TcptuiApp(None, language, ViewOptions(numeric=True, **options), merging=merging)
    async with app.run_test(size=size) as pilot:
        await settled(pilot, lambda: isinstance(app.screen, MergedScreen) and app.screen.settled)
        yield Player(app, pilot)


@pytest.fixture
def merging(tmp_path: pathlib.Path) -> Merging:
    """Five connections: packets were lost each way, missed by B, doubled."""
    return two_captures(tmp_path)


def captured(folder: pathlib.Path, *tapes: Tape) -> Merging:
    sessions = []
    for number, tape in enumerate(tapes):
        file = folder / f"{number}.pcap"
        file.write_bytes(tape.pcap())
        session = Session([open_source(file)])
        session.run_here()
        sessions.append(session)
    return Merging((sessions[0], sessions[1]), ("client.pcap", "server.pcap"))


# -- the list ---------------------------------------------------------------------------------
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", SIZES)
async def test_list_has_the_worst_first_with_its_explanation_at_every_size(
    merging: Merging, size: tuple[int, int], language: Language
) -> None:
    async with playing(merging, size, language) as player:
        lines = player.lines
        assert all(cell_len(line) == size[0] for line in lines)
        listing = player.listed.rows.merged.listing  # type: ignore[union-attr]
        lost = listing.lost_ab + listing.lost_ba
        assert (np.diff(lost) <= 0).all()
        first = lines[2]
        assert UNICODE.error in first
        assert f" {int(listing.a[0])}  {int(listing.b[0])} 10.0.0.1:4" in first
        if listing.lost_ab[0]:
            assert f" {int(listing.lost_ab[0])} " in first
        assert Words(language)("merged.found.short", same=5, only_a=0, only_b=0)[:6] in player.text or size[0] > 60
        assert all(f" {key} " in lines[-1] for key in ("Enter", "a", "b", "?", "q")), "however narrow it is"
        told = player.listed.explanation.shown_text
        assert any("MSS 1460 → 1360" in line for line in told)
        assert Words(language)("merged.clocks") in " ".join(told)


async def test_moving_explains_the_connection_under_the_cursor(merging: Merging) -> None:
    async with playing(merging) as player:
        first = player.listed.explanation.shown_text
        await player.press("down")
        second = player.listed.explanation.shown_text
        assert first[0] != second[0]
        assert "Findings that both captures decide together:" in first


async def test_connections_of_one_side_and_legs_are_listed_and_say_so(tmp_path: pathlib.Path) -> None:
    client, server = "10.0.0.1:40000", "192.0.2.10:80"
    near, far = Tape(), Tape()
    near.clean(0, client, server, b"GET /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n")
    far.clean(10, client, server, b"GET /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n")
    near.refused(500, "10.0.0.1:40001", "192.0.2.11:25")
    far.refused(600, "10.0.0.7:40002", "192.0.2.12:26")
    async with playing(captured(tmp_path, near, far)) as player:
        lines = player.lines
        assert "1 in both, 1 only in A, 1 only in B" in lines[0]
        assert "192.0.2.11:25" in lines[3]
        assert "192.0.2.12:26" in lines[4]
        await player.press("down")
        assert "A connection that only A has" in player.text
        await player.press("b")
        assert "B does not have this connection." in player.text
        await player.press("enter")
        assert "only A has this connection. a opens it there." in player.text
        await player.press("a")
        assert player.place.session is player.app._merging.sessions[0]  # type: ignore[union-attr]
        await player.press("escape", "escape", "down", "enter", "enter")
        assert player.place.session is player.app._merging.sessions[1]  # type: ignore[union-attr]


async def test_waits_of_the_connection_are_split_and_no_others(tmp_path: pathlib.Path) -> None:
    world = World(Path(), 3, connections=3, rounds=4)
    async with playing(await asyncio.to_thread(two_captures, tmp_path, world)) as player:
        for number in range(3):
            told = player.listed.explanation.shown_text
            waits = [line.strip() for line in told if "to first data back:" in line or "SYN to SYN-ACK:" in line]
            assert len(waits) == 5
            assert all(line.startswith(f"A {number},") for line in waits)
            await player.press("down")


async def test_explanation_can_be_scrolled_and_copied(merging: Merging, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(MergedScreen, "copy", lambda _self, text: copied.append(text))
    async with playing(merging, (80, 24)) as player:
        await player.press("tab", "down", "down")
        assert player.listed.explanation.scroll_offset.y == 2
        await player.press("tab", "down", "y")
        assert player.listed.rows.cursor == 1
        assert "In both:" in copied[0]
        assert "Both clocks" in copied[0]


# -- the ladder -------------------------------------------------------------------------------
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_arrows_end_where_the_packet_did(merging: Merging, size: tuple[int, int], ascii_only: bool) -> None:
    glyphs = ASCII if ascii_only else UNICODE
    async with playing(merging, size, ascii=ascii_only) as player:
        await player.press("enter")
        seen = set()
        for _ in range(5):
            for way, fate in (
                (Way.DIES, Fate.LOST_BETWEEN), (Way.MISSED, Fate.NOT_CAPTURED), (Way.BEGINS, Fate.DUPLICATED),
                (Way.WHOLE, Fate.SEEN),
            ):  # fmt: skip
                if not (player.rows.fate == fate).any():
                    continue
                row = await player.to_row(lambda ladder, fate=fate: ladder.fate == fate)
                line = player.line_of(row)
                lane = line[line.index(glyphs.lane) + 1 : line.rindex(glyphs.lane)]
                _check_lane(lane, way, bool(player.rows.travels_ab[row]), int(player.rows.in_a[row]) == ABSENT, glyphs)
                seen.add(way)
            await player.press("J")
        assert {Way.DIES, Way.MISSED, Way.BEGINS, Way.WHOLE} <= seen


def _check_lane(lane: str, way: Way, to_right: bool, lacks_a: bool, glyphs: Glyphs) -> None:
    head = lane[-1] == glyphs.to_right if to_right else lane[0] == glyphs.to_left
    begin, end = (lane[: len(lane) // 3], lane[-len(lane) // 3 + 1 :])[:: 1 if to_right else -1]
    if way is Way.DIES:
        assert not end.strip(), lane
        assert glyphs.error in lane
        assert not head
    elif way is Way.BEGINS:
        assert not begin.strip(), lane
        assert "+" in lane
        assert head
    elif way is Way.MISSED:
        assert head
        dotted = lane[: len(lane) // 2] if lacks_a else lane[len(lane) // 2 :]
        assert glyphs.line_warning in dotted, lane
    else:
        assert head, lane
        assert glyphs.error not in lane


async def test_both_clocks_stand_in_one_line_and_it_is_said_whose(merging: Merging) -> None:
    async with playing(merging, (120, 40)) as player:
        await player.press("enter")
        hop = player.app._merging.merged.hop  # type: ignore[union-attr]
        assert correction_line(hop, EN) in player.lines[1]
        assert "-1.4975 s added, give or take 12.5 ms" in player.lines[1]
        both = await player.to_row(lambda ladder: (ladder.fate == Fate.SEEN) & ladder.travels_ab)
        line = player.line_of(both)
        first, second = (float(part) for part in line.split() if part.count(".") == 1 and len(part) == 8)
        index = int(player.rows.in_b[both])
        own = int(hop.sides[1].time_ns[index])
        begin = int(player.rows.time_ns[0])
        assert second == pytest.approx((own - begin) / 1e9 - 1.4975, abs=1e-5)
        assert first < second
        told = " ".join(player.ladder.explanation.shown_text)
        assert "by A's clock" in told
        assert "by B's clock" in told
        assert "give or take 12.5 ms" in told
        assert "more than the fastest packet" in told


async def test_times_of_day_can_be_shown(merging: Merging) -> None:
    async with playing(merging, time_base=TimeBase.CLOCK) as player:
        await player.press("enter")
        assert player.lines[3].count("22:13:20.") == 2


async def test_n_leads_from_one_lost_or_missed_packet_to_the_next(merging: Merging) -> None:
    async with playing(merging) as player:
        await player.press("enter")
        ladder = player.rows
        wanted = np.flatnonzero((ladder.fate != Fate.SEEN) | ladder.is_late).tolist()
        assert len(wanted) > 2
        for row in wanted:
            await player.press("n")
            assert player.ladder.rows.cursor == row
        await player.press("n")
        assert player.ladder.rows.cursor == wanted[-1]
        assert EN("merged.no-trouble") in player.text
        await player.press("N")
        assert player.ladder.rows.cursor == wanted[-2]


async def test_each_packet_is_one_key_away_from_its_headers_in_each_capture(merging: Merging) -> None:
    async with playing(merging) as player:
        await player.press("enter")
        row = await player.to_row(lambda ladder: (ladder.fate == Fate.SEEN) & (ladder.in_a > 20))
        hop = player.app._merging.merged.hop  # type: ignore[union-attr]
        for key, point, index in (("a", 0, player.rows.in_a), ("b", 1, player.rows.in_b)):
            frame = hop.sides[point].cell("frame", int(index[row]))
            await player.press(key)
            await settled(player.pilot, lambda: player.place.workspace.row >= 0)
            await settled(player.pilot, lambda: player.place.workspace.active is Pane.TIMELINE)
            place = player.place
            assert place.session is player.app._merging.sessions[point]  # type: ignore[union-attr]
            assert int(place.session.store.frame[place.workspace.row]) == frame
            await player.press("escape")
            assert player.ladder.rows.cursor == row


async def test_enter_opens_the_capture_that_has_the_packet(merging: Merging) -> None:
    async with playing(merging) as player:
        await player.press("enter")
        await player.to_row(lambda ladder: ladder.fate == Fate.LOST_BETWEEN)
        lost_by = 0 if int(player.rows.in_b[player.ladder.rows.cursor]) == ABSENT else 1
        await player.press("ab"[1 - lost_by])
        assert f"{'AB'[1 - lost_by]} does not have this packet." in player.text
        await player.press("enter")
        assert player.place.session is player.app._merging.sessions[lost_by]  # type: ignore[union-attr]
        await player.press("q")
        assert player.ladder.is_in_front


async def test_list_goes_on_where_the_ladder_was_left(merging: Merging) -> None:
    async with playing(merging) as player:
        await player.press("enter", "J", "J", "K", "escape")
        assert player.listed.rows.cursor == 1
        await player.press("enter", "K", "K")
        assert EN("merged.first-or-last") in player.text


async def test_packet_that_was_overtaken_and_one_that_was_cut_are_marked(tmp_path: pathlib.Path) -> None:
    for number, (world, mask, note) in enumerate((
        (FaultyWorld(Path(jitter_ns=0), 3, 3, fault="reordered"), lambda ladder: ladder.is_late, "merged.note.late"),
        (World(Path(joins=4), 3, 1, 3), lambda ladder: ~ladder.is_whole, "merged.note.piece"),
    )):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        async with playing(await asyncio.to_thread(two_captures, folder, world)) as player:
            await player.press("enter")
            while not mask(player.rows).any():
                await player.press("J")
            row = await player.to_row(mask)
            assert EN(note) in player.line_of(row)


async def test_where_nobody_knows_which_point_is_nearer_arrows_have_no_heads(tmp_path: pathlib.Path) -> None:
    world = World(Path(hops=0, there_ns=0, back_ns=0, jitter_ns=0, offset_ns=5_000_000), 3, connections=1)
    async with playing(await asyncio.to_thread(two_captures, tmp_path, world)) as player:
        await player.press("enter")
        view = "\n".join(player.lines[2:20])
        assert UNICODE.to_right not in view
        assert UNICODE.to_left not in view
        assert EN("merged.packet.unplaced") in player.text
        assert EN("merged.correction.none") in player.lines[1]
        assert "B's clock. How that compares" in player.text


@pytest.mark.parametrize("size", SIZES)
async def test_capture_that_ends_in_the_middle_of_a_packet_is_told(
    tmp_path: pathlib.Path, size: tuple[int, int]
) -> None:
    files = World(FAULTY, 3, 2, 6).write(tmp_path)
    files[1].write_bytes(files[1].read_bytes()[:-9])
    sessions = [open_file(file) for file in files]
    merging = Merging((sessions[0], sessions[1]), ("client.pcap", "server.pcap"))
    async with playing(merging, size) as player:
        assert "ends in the middle of a record" in player.text
        assert merging.exit_code == 1
        assert all(cell_len(line) == size[0] for line in player.lines)
        assert player.listed.rows.row_count == 2


async def test_smaller_terminal_keeps_the_packet_in_sight(merging: Merging) -> None:
    async with playing(merging, (120, 40)) as player:
        await player.press("enter", "G")
        before = player.ladder.rows.cursor
        await player.pilot.resize_terminal(60, 16)
        await player.pilot.pause()
        assert player.ladder.rows.cursor == before
        assert any(UNICODE.cursor in line for line in player.lines)
        await player.pilot.resize_terminal(200, 50)
        await player.pilot.pause()
        assert any(UNICODE.cursor in line for line in player.lines)


# -- waiting and leaving ----------------------------------------------------------------------
def unread(folder: pathlib.Path, world: World) -> Merging:
    first, second = (Session([open_source(file)]) for file in world.write(folder))
    return Merging((first, second), ("client.pcap", "server.pcap"))


async def test_captures_are_read_and_paired_aside(tmp_path: pathlib.Path) -> None:
    async with playing(unread(tmp_path, World(FAULTY, 3, 2, 4))) as player:
        assert all(session.progress.phase is Phase.DONE for session in player.app._merging.sessions)  # type: ignore[union-attr]
        assert player.listed.rows.row_count == 2


@pytest.mark.parametrize("language", Language)
async def test_it_is_said_what_goes_on_and_it_can_be_left_meanwhile(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    merging = await asyncio.to_thread(two_captures, tmp_path)
    go_on, words = threading.Event(), Words(language)
    pair = merging.pair
    monkeypatch.setattr(merging, "pair", lambda: (go_on.wait(SETTLES_IN_S), pair())[1])
    app = TcptuiApp(None, language, ViewOptions(numeric=True), merging=merging)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, lambda: words("merged.pairing") in "\n".join(screen_lines(app.screen)))
        await pilot.press("enter", "a", "down", "tab", "y", "escape")
        assert isinstance(app.screen, MergedScreen)
        leave = merging.leave
        monkeypatch.setattr(merging, "leave", lambda: (leave(), go_on.set()))  # nobody waits from now on
        await pilot.press("q")
    assert app.return_value is None
    assert app.return_code == 0
    assert merging.merged is None, "nobody waits for it any more"


async def test_findings_that_are_decided_later_do_not_move_the_cursor(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merging = await asyncio.to_thread(two_captures, tmp_path, FaultyWorld(Path(), 3, 4, fault="syns lost"))
    go_on = threading.Event()
    decide = merging.decide
    monkeypatch.setattr(merging, "decide", lambda: (go_on.wait(SETTLES_IN_S), decide())[1])
    app = TcptuiApp(None, Language.EN, ViewOptions(numeric=True), merging=merging)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, lambda: merging.merged is not None and app.screen.rows.row_count > 0)  # type: ignore[attr-defined]
        player = Player(app, pilot)
        assert EN("merged.deciding") in player.lines[0]
        await player.press("down", "enter")
        shown = player.ladder.head.forms
        go_on.set()
        await settled(pilot, lambda: merging.merged is not None and merging.merged.is_decided)
        await pilot.pause()
        assert player.ladder.head.forms == shown
        await settled(pilot, lambda: app.screen_stack[-2].settled)  # type: ignore[attr-defined]
        await player.press("escape")
        assert player.listed.rows.cursor == 2, "a connection that never came is above it now"
        assert player.listed.explanation.shown_text[0].strip() == shown[0].strip()


async def test_captures_without_anything_in_common_end_with_the_reason(tmp_path: pathlib.Path) -> None:
    near, far = Tape(), Tape()
    near.refused(0, "10.0.0.1:40001", "192.0.2.11:25")
    far.refused(0, "10.0.0.7:40002", "192.0.2.12:26")
    app = TcptuiApp(None, options=ViewOptions(numeric=True), merging=captured(tmp_path, near, far))
    async with app.run_test() as pilot:
        await settled(pilot, lambda: not app.is_running or app.return_value is not None)
    error: Any = app.return_value
    assert error.key == "cli.error.merge-nothing"


async def test_every_key_typed_thrice_at_once_breaks_nothing(merging: Merging) -> None:
    keys = (
        "enter",
        "a",
        "b",
        "n",
        "N",
        "J",
        "K",
        "tab",
        "g",
        "G",
        "pagedown",
        "y",
        "question_mark",
        "ctrl+p",
        "escape",
    )
    async with playing(merging) as player:
        for way in ((), ("enter",)):
            for key in keys:
                await player.press(*way)
                await player.pilot.press(key, key, key)
                await player.pilot.pause()
                assert player.app.is_running
                while not isinstance(player.app.screen, MergedScreen):
                    await player.press("escape")
                await player.press("g")


# -- drawing ----------------------------------------------------------------------------------
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("way", Way)
def test_arrow_fills_its_lane_whatever_is_on_it(way: Way, glyphs: Glyphs) -> None:
    for width in (*range(10, 30), 64):
        for text in ("", "S", "x" * room_for(way, width)):
            for to_right in (True, False):
                for lacking in (0, 1):
                    parts = drawn(text, width, way, to_right=to_right, lacking=lacking, glyphs=glyphs)
                    assert sum(map(cell_len, parts)) == width, (parts, width)
                    assert text in parts[1]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160, 200, 300])
def test_columns_fill_the_width_and_leave_arrows_room(width: int) -> None:
    columns = ladder_columns(width, (5, 5), 10)
    used = sum((columns.frame_a, columns.time_a, columns.lane, columns.time_b, columns.frame_b, columns.delay))
    assert 3 + used + columns.note == width
    assert columns.lane >= 24
    assert columns.time_a or not columns.time_b


@pytest.mark.painted
@pytest.mark.parametrize(
    ("size", "language", "ascii_only", "keys"),
    [
        pytest.param((80, 24), Language.EN, False, (), id="80x24-list"),
        pytest.param((80, 24), Language.ZH, False, ("enter", "n"), id="80x24-zh"),
        pytest.param((80, 24), Language.EN, True, ("enter", "n", "n"), id="80x24-ascii"),
        pytest.param((120, 40), Language.EN, False, ("enter", "n", "n"), id="120x40"),
        pytest.param((120, 40), Language.ZH, False, (), id="120x40-zh-list"),
        pytest.param((200, 50), Language.EN, False, (), id="200x50-list"),
        pytest.param((200, 50), Language.ZH, False, ("enter", "n", "n"), id="200x50-zh"),
    ],
)
def test_they_look_as_approved(
    snap_compare: SnapCompare, merging: Merging, size: tuple[int, int], language: Language, ascii_only: bool,
    keys: tuple[str, ...],
) -> None:  # fmt: skip
    async def play(pilot: Pilot[object]) -> None:
        await settled(pilot, lambda: isinstance(pilot.app.screen, MergedScreen) and pilot.app.screen.settled)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()

    app = TcptuiApp(None, language, ViewOptions(numeric=True, ascii=ascii_only), merging=merging)

    assert snap_compare(app, terminal_size=size, run_before=play)
