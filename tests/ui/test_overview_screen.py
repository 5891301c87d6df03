"""`0`: the groups of trouble, worst first; Enter lists a group's connections, a packet number goes to its packet."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from other_frames import arp, pcap
from rich.cells import cell_len
from screen_lines import screen_lines

from tcptui.access.open_capture import is_looked_through
from tcptui.access.progress import Phase
from tcptui.findings.trouble import TroubleGroup
from tcptui.lessons.loader import load_case
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.session.rates import EVERY_NS, Rates
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.learn.case_walk import CaseWalk
from tcptui.ui.main.explain_pane import Passage, lay_out
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.main.trouble_watch import LARGEST, LOOK_SECONDS, REST_FACTOR, TroubleWatch, largest_connections
from tcptui.ui.other.screen import OtherScreen
from tcptui.ui.overview.document import connections_document, document_text
from tcptui.ui.overview.head import head_lines
from tcptui.ui.overview.placing import placed
from tcptui.ui.overview.same_group import same_group
from tcptui.ui.overview.screen import BESIDE_WIDTH, OverviewScreen
from tcptui.ui.requests.screen import RequestsScreen
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.theme import UNICODE
from tcptui.ui.view_options import FirstPage, ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.trouble_text import headline
from tests.ui.conftest import settled, turns, until
from tests.ui.tasks import shop
from tests.ui.test_growing_capture import Pipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.lessons.case import Case
    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


def page_text(screen: OverviewScreen) -> str:
    """What is told of the group under the cursor and of those that follow, in both columns."""
    return document_text((*screen.explain.document, *screen._members.document))


@pytest.fixture
def clean_session(wire: Wire, tmp_path: Path) -> Session:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    return open_file(wire.pcap(tmp_path / "clean.pcap"))


@pytest.fixture
def hostile_session(wire: Wire, tmp_path: Path) -> Session:
    wire.refused(0, "10.0.0.1:40001", "192.0.2.10:80")
    return open_file(wire.pcap(tmp_path / "\x1b[31m\x1b]0;x\x07[@click=app.quit]y[b] .pcap"))


@pytest.fixture
def refused_case() -> tuple[Case, Session]:
    case = load_case("connection-refused")
    return case, open_file(case.captures[0])


async def overview(shown: Shown) -> OverviewScreen:
    """The overview, once it shows all that is known."""
    await shown.pilot.press("0")
    async for _ in turns():
        screen = shown.pilot.app.screen
        if isinstance(screen, OverviewScreen) and screen.settled:
            await shown.pilot.pause()
            return screen
    raise AssertionError("the overview did not come")


async def back(shown: Shown) -> None:
    """Wait for the main screen."""
    while not isinstance(shown.pilot.app.screen, MainScreen):
        await shown.pilot.pause(0.005)
    await shown.settle()


def text(screen: OverviewScreen) -> str:
    return "\n".join(screen_lines(screen))


# -- rates ---------------------------------------------------------------------------


async def test_average_is_that_of_the_first_line(show: Show, wire: Wire, tmp_path: Path) -> None:
    for ms in (0, 59_000, 60_000):
        wire.tcp(ms, "10.0.0.1:40001", "192.0.2.10:80", 16, 1000 + ms, 1, payload=bytes(700))
    async with show(open_file(wire.pcap(tmp_path / "slow.pcap"))) as shown:
        first = shown.lines()[0]
        told = text(await overview(shown))

    assert "avg 296bit/s <1 pkt/s" in first
    assert "296bit/s, <1 packets/s on average" in told
    assert ", now" not in told


async def test_average_tells_of_evicted_packets_too_and_is_never_above_the_most(
    show: Show, wire: Wire, tmp_path: Path
) -> None:
    for ms in range(0, 2000, 10):
        wire.tcp(ms, "10.0.0.1:40001", "192.0.2.10:80", 16, 1000 + ms, 1, payload=bytes(1400))
    wire.unanswered(2000, "10.0.0.1:40002", "192.0.2.10:81")
    session = open_file(wire.pcap(tmp_path / "was-busy.pcap"))
    session.store.evict(200)
    async with show(session) as shown:
        first = shown.lines()[0]
        told = text(await overview(shown))

    assert "avg 256kbit/s 23 pkt/s" in first
    assert "256kbit/s, 23 packets/s on average, at most 256kbit/s" in told


async def test_rate_now_is_that_of_the_first_line(wire: Wire, tmp_path: Path) -> None:
    for number in range(4):
        wire.clean(200 * number, f"10.0.0.1:{40001 + number}", "192.0.2.10:80", bytes(500))
    pipe = Pipe(wire, tmp_path / "talk.pcap")
    passed_ns = 0
    pipe.session.indexes.of(Rates, lambda: Rates(pipe.session.store, pipe.session.streams, lambda: passed_ns))
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        pipe.give(32)
        await settled(pilot, lambda: "32 packets" in screen_lines(app.screen)[0])
        passed_ns += EVERY_NS  # and then the clock stands still
        await settled(pilot, lambda: " 32 pkt/s" in screen_lines(app.screen)[0])
        first = screen_lines(app.screen)[0]
        await pilot.press("0")
        await settled(
            pilot, lambda: isinstance(app.screen, OverviewScreen) and ", now " in "".join(screen_lines(app.screen))
        )
        told = "".join(screen_lines(app.screen))
        pipe.close()

    rate = re.search(r"(\S+bit/s) 32 pkt/s", first)
    assert rate is not None
    assert f", now {rate[1]}," in told


# -- the verdict line ----------------------------------------------------------------


async def test_verdict_stands_below_the_status_bar_and_names_the_key(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, (80, 24)) as shown:
        line = shown.lines()[1]

    assert line.rstrip().endswith("0 overview")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [60, 66, 80, 100, 120, 160])
async def test_verdict_line_is_a_whole_sentence_in_every_width(
    show: Show, troubled_session: Session, width: int, language: Language
) -> None:
    async with show(troubled_session, (width, 24), language) as shown:
        line = shown.lines()[1]

    assert "…" not in line
    assert line.rpartition(" 0 ")[0].rstrip().endswith("." if language is Language.EN else "。"), line


async def test_verdict_takes_no_row_where_there_is_no_trouble(show: Show, clean_session: Session) -> None:
    async with show(clean_session, (80, 24)) as shown:
        assert shown.screen.controllers.verdicts.watch.is_settled
        assert "Connections" in shown.lines()[1]


async def test_open_question_hides_the_verdict_until_it_ends(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, (80, 24)) as shown:
        await shown.press("G", "p")
        shown.screen.controllers.verdicts.look()
        assert not shown.screen.controllers.verdicts.line.display
        await shown.press("escape")
        shown.screen.controllers.verdicts.look()
        assert shown.screen.controllers.verdicts.line.display


async def test_case_gives_neither_verdict_nor_overview(refused_case: tuple[Case, Session]) -> None:
    case, session = refused_case
    app = TcptuiApp(session, Language.EN, ViewOptions(numeric=True), case=case)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        assert isinstance(screen, MainScreen)
        assert isinstance(screen.walk, CaseWalk)
        await pilot.press("0")
        screen.controllers.verdicts.look()
        await pilot.pause()

        assert app.screen is screen
        assert not screen.controllers.verdicts.line.display
        assert screen.controllers.verdicts.watch.seen is None


# -- the overview ------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "said"), [(Language.EN, "7 of 8 connections"), (Language.ZH, "8 条连接中 7 条")])
async def test_groups_are_listed_with_what_the_first_one_means(
    show: Show, troubled_session: Session, language: Language, said: str
) -> None:
    async with show(troubled_session, (120, 40), language) as shown:
        screen = await overview(shown)
        groups, shows = screen.groups.groups, text(screen)

    assert [len(group.streams) for group in groups] == [2, 5]
    assert groups[1].finding.id == FindingId.PORT_REFUSED
    assert said in shows
    assert "192.0.2.20" in shows
    assert "SYN #11" in shows
    assert "troubled.pcap" in shows


async def test_cursor_moves_and_the_explanation_with_it(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, (80, 24)) as shown:
        screen = await overview(shown)
        before = screen.explain.document
        await shown.pilot.press("j")
        await shown.pilot.pause()

        assert screen.groups.cursor == 1
        assert screen.explain.document != before
        await shown.pilot.press("g")
        await shown.pilot.pause()
        assert screen.explain.document == before


@pytest.mark.parametrize(("size", "below"), [((250, 70), 3), ((120, 50), 1), ((80, 24), 0)])
async def test_groups_that_follow_are_told_where_there_is_room_for_each_whole(
    show: Show, tmp_path: Path, size: tuple[int, int], below: int
) -> None:
    async with show(open_file(shop(tmp_path / "shop.pcap")), size) as shown:
        screen = await overview(shown)
        groups, told = screen.groups.groups, page_text(screen)
        columns = (screen.explain, screen._members) if size[0] >= BESIDE_WIDTH else (screen.explain,)
        fits = all(len(column._lines) <= column.size.height for column in columns)

        assert [headline(group, screen.words) in told for group in groups] == [place <= below for place in range(4)]
        assert fits or not below
        await shown.pilot.press("G")
        await shown.pilot.pause()
        told = page_text(screen)
        assert [headline(group, screen.words) in told for group in groups] == [False, False, False, True]


@pytest.mark.parametrize(
    ("room", "begun", "following", "below"),
    [
        (40, [10], [8, 8, 8, 8], [[0, 1, 2]]),
        (20, [10], [12, 8, 3, 2], [[1, 3]]),
        (9, [10, 10], [1], [[], []]),
        (60, [10, 16], [10, 12, 10], [[0, 1], [2]]),
        (38, [25, 12], [13, 13], [[0], [1]]),
        (30, [25, 12], [30, 13, 9], [[], [1]]),
        (60, [8, 30], [9, 9], [[0, 1], []]),
        (60, [30, 8], [9, 9], [[], [0, 1]]),
    ],
)
def test_groups_go_down_one_column_and_then_the_other_which_end_as_evenly_as_that_allows(
    room: int, begun: list[int], following: list[int], below: list[list[int]]
) -> None:
    assert placed(room, begun, following) == below


async def test_enter_lists_the_connections_of_the_group_and_esc_all_again(
    show: Show, troubled_session: Session
) -> None:
    async with show(troubled_session, (80, 24)) as shown:
        screen = await overview(shown)
        worst = screen.groups.groups[0].streams[0]
        await shown.pilot.press("enter")
        await back(shown)
        connections = shown.screen.workspace.connections

        assert sorted(connections.index.order.tolist()) == [5, 6]
        assert connections.stream == worst
        assert any("2 of 8" in line for line in shown.lines())

        await shown.press("escape")
        assert len(connections.index) == 8
        assert connections.stream == worst
        assert not any("2 of 8" in line for line in shown.lines())


async def test_words_narrow_within_the_group_and_are_lifted_first(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session) as shown:
        await overview(shown)
        await shown.pilot.press("j", "enter")
        await back(shown)
        await shown.press("slash", *"40004", "enter")
        index = shown.screen.workspace.connections.index

        assert index.order.tolist() == [1]
        await shown.press("escape")
        assert len(index) == 5
        await shown.press("escape")
        assert len(index) == 8


async def test_packet_number_goes_to_the_packet(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session, (80, 24)) as shown:
        screen = await overview(shown)
        await shown.pilot.press("tab", "j", "enter")
        frame = screen.groups.groups[0].finding.packets[0]
        await back(shown)
        workspace = shown.screen.workspace

        assert int(troubled_session.store.frame[workspace.row]) == frame
        assert workspace.ladder.stream == 5
        assert workspace.active.value == "timeline"


@pytest.mark.parametrize("key", ["escape", "q", "0"])
async def test_overview_closes_and_opens_where_it_was(show: Show, troubled_session: Session, key: str) -> None:
    async with show(troubled_session) as shown:
        await overview(shown)
        await shown.pilot.press("j", key)
        await back(shown)

        assert len(shown.screen.workspace.connections.index) == 8
        assert (await overview(shown)).groups.cursor == 1


async def test_copied_text_is_the_group_unwrapped_with_packets_and_connections(
    show: Show, troubled_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(OverviewScreen, "copy", lambda _screen, text: copied.append(text))
    async with show(troubled_session, (60, 16)) as shown:
        await overview(shown)
        await shown.pilot.press("j", "y")
        await shown.pilot.pause()

    assert "troubled.pcap" in copied[0].splitlines()[0]
    assert "[SYN #1, #3, #5, #7, #9]" in copied[0]
    assert "10.0.0.2:40003 → 192.0.2.20:8443" in copied[0]
    assert "\u00a0" not in copied[0]


@pytest.mark.parametrize(("language", "said"), [(Language.EN, "No problems found"), (Language.ZH, "未发现问题")])
async def test_capture_without_trouble_says_what_was_looked_at(
    show: Show, clean_session: Session, language: Language, said: str
) -> None:
    async with show(clean_session, (80, 24), language) as shown:
        screen = await overview(shown)
        shows = text(screen)
        copied = document_text(screen.explain.document)
        await shown.pilot.press("enter", "tab", "j", "n")

        assert shown.pilot.app.screen is screen

    assert said in shows
    assert "ICMP" in shows
    assert "ICMP" in copied


@pytest.mark.parametrize(("language", "said"), [(Language.EN, "worth knowing"), (Language.ZH, "值得留意的")])
async def test_notes_alone_are_not_called_trouble(show: Show, language: Language, said: str) -> None:
    async with show(open_file(load_case("dns-detour").captures[0]), (80, 24), language) as shown:
        (heading,) = [line for line in screen_lines(await overview(shown)) if said in line and "245" not in line][-1:]

    assert heading.lstrip().startswith(said)
    assert "trouble" not in heading


@pytest.mark.parametrize(("language", "said"), [(Language.EN, "No ARP reply"), (Language.ZH, "ARP 没有应答")])
async def test_trouble_of_no_connection_is_told_and_enter_goes_to_its_first_packet(
    show: Show, language: Language, said: str
) -> None:
    async with show(open_file(load_case("neighbour-silent").captures[1]), (100, 30), language) as shown:
        screen = await overview(shown)
        told = text(screen), document_text(screen.explain.document)
        await shown.pilot.press("enter")
        await settled(shown.pilot, lambda: shown.pilot.app.screen is not screen)

    assert all(said in one for one in told)


@pytest.mark.parametrize(("language", "said"), [(Language.EN, "This one by itself:"), (Language.ZH, "单看这一条：")])
async def test_connection_of_a_trouble_of_many_says_so_before_it_says_that_it_is_sound(
    show: Show, language: Language, said: str
) -> None:
    case = load_case("connection-churn")
    async with show(open_file(case.captures[0]), (120, 40), language) as shown:
        await settled(shown.pilot, lambda: said in "\n".join(shown.lines()))
        drawn = shown.lines()
        verdict = next(line for line in drawn if "28" in line and "Redis" in line)
        title = next(at for at, line in enumerate(drawn) if line is not verdict and "28" in line and "Redis" in line)
        clean = next(at for at, line in enumerate(drawn) if shown.screen.words("screen.explain.clean") in line)
        told = document_text(shown.screen.workspace.explain.document)

    assert title < clean
    assert "67" in told.splitlines()[0]
    async with TcptuiApp(open_file(case.captures[0]), language, case=case).run_test(size=(120, 40)) as pilot:
        await settled(pilot, lambda: pilot.app.screen.workspace.settled)  # type: ignore[attr-defined]
        assert said not in "\n".join(screen_lines(pilot.app.screen)), "a case gives nothing away"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [(100, 30), (160, 45), (200, 50), (250, 70)])
async def test_capture_without_trouble_names_its_largest_connections_and_explains_the_first(
    show: Show, wire: Wire, tmp_path: Path, language: Language, size: tuple[int, int]
) -> None:
    words = Words(language)
    for number, length in enumerate((30, 400, 200)):
        wire.clean(100 * number, f"10.0.0.{number + 1}:4000{number}", "192.0.2.10:80", bytes(length))
    async with show(open_file(wire.pcap(tmp_path / "clean.pcap")), size, language) as shown:
        screen = await overview(shown)
        lines = screen_lines(screen)

    listed = [line.split()[0] for line in lines if " → 192.0.2.10:80" in line]
    assert listed == ["1", "2", "0"], "the most bytes first"
    assert any(re.search("728.B", line) and "10.0.0.2:40001 → 192.0.2.10:80" in line for line in lines)
    first = next(at for at, line in enumerate(lines) if words("overview.one", stream=1) in line)
    assert words("budget.heading") in "".join(lines[first:])
    assert first > max(at for at, line in enumerate(lines) if " → 192.0.2.10:80" in line)


@pytest.mark.parametrize("count", [99, 101, 350])
def test_largest_connections_are_those_of_the_most_bytes(wire: Wire, tmp_path: Path, count: int) -> None:
    sizes = [(number * 7919) % 1009 for number in range(count)]
    for number, length in enumerate(sizes):
        wire.tcp(number, f"10.0.0.1:{20000 + number}", "192.0.2.10:80", 24, 1000, 1, payload=bytes(length))
    with closing(open_file(wire.pcap(tmp_path / "many.pcap"))) as session:
        streams = session.streams
        wanted = sorted(range(count), key=lambda stream: (-int(streams.wire_bytes[stream]), stream))

        assert largest_connections(streams) == tuple(wanted[:LARGEST])


async def test_one_story_of_many_tells_what_is_the_matter_with_each_and_explains_the_worst(show: Show) -> None:
    case = load_case("many-targets")
    async with show(open_file(case.captures[0]), (200, 50)) as shown:
        screen = await overview(shown)
        lines = screen_lines(screen)
    right = [line[101:] for line in lines]

    assert sum("no reply" in line and "lost" in line for line in right) == 12
    assert sum("refused: port 8080" in line and "lost" in line for line in right) == 8
    worst = next(at for at, line in enumerate(right) if line.strip().startswith("✗ No reply to the SYN, sent 3 times"))
    assert worst > max(at for at, line in enumerate(right) if "lost" in line)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("case", ["http2-flow-control", "port-refused"])
async def test_where_the_time_of_the_worst_connection_went_stands_where_there_is_room(
    show: Show, language: Language, case: str
) -> None:
    heading = Words(language)("budget.heading")
    for size in ((250, 70), (80, 24)):
        async with show(open_file(load_case(case).captures[0]), size, language) as shown:
            lines = screen_lines(await overview(shown))
        assert any(heading in line.partition("│")[2] for line in lines) == (size[0] == 250)


async def test_names_of_files_with_escapes_are_made_safe(show: Show, hostile_session: Session) -> None:
    async with show(hostile_session, (80, 24)) as shown:
        screen = await overview(shown)
        shows = text(screen)

    assert "\x1b" not in shows
    assert "\x07" not in shows
    assert "[@click=app.quit]y[b]" in shows


async def test_help_and_palette_know_the_keys(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session) as shown:
        screen = await overview(shown)
        titles = {entry.title for entry in screen.palette_entries()}
        await shown.pilot.press("question_mark")
        await shown.pilot.pause()

        assert type(shown.pilot.app.screen).__name__ == "HelpScreen"

    assert "Back to the connections" in titles


async def test_cursor_stays_on_its_group_while_the_capture_grows(wire: Wire, tmp_path: Path) -> None:
    for number in range(5):
        wire.refused(100 * number, f"10.0.0.2:{40003 + number}", "192.0.2.20:8443")
    refused = len(wire.frames)
    wire.unanswered(1000, "10.0.0.1:40010", "192.0.2.10:81")
    wire.clean(30_000, "10.0.0.3:40012", "192.0.2.10:80")
    pipe = Pipe(wire, tmp_path / "grows.pcap")
    pipe.give(refused)
    app = TcptuiApp(pipe.session, Language.EN, ViewOptions(numeric=True))

    async def until_groups(count: int) -> OverviewScreen:
        async for _ in turns():
            await pilot.pause(0.005)
            screen = app.screen
            if isinstance(screen, OverviewScreen) and len(screen.groups.groups) == count:
                return screen
        raise AssertionError("the groups did not come")

    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("0")
        screen = await until_groups(1)
        group = screen.groups.group
        assert group is not None
        pipe.give(len(wire.frames) - refused)
        pipe.close()
        await until_groups(2)

        assert screen.groups.cursor == 1
        assert screen.groups.group is not None
        assert screen.groups.group.finding.id == group.finding.id


async def test_list_of_a_group_stays_as_it_was_chosen_while_the_capture_grows(wire: Wire, tmp_path: Path) -> None:
    for number in range(6):
        wire.refused(100 * number, f"10.0.0.2:{40003 + number}", "192.0.2.20:8443")
    pipe = Pipe(wire, tmp_path / "grows.pcap")
    pipe.give(8)
    app = TcptuiApp(pipe.session, Language.EN, ViewOptions(numeric=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("0")
        while not (isinstance(app.screen, OverviewScreen) and app.screen.groups.groups):
            await pilot.pause(0.005)
        await pilot.press("enter")
        await pilot.pause()
        main = app.screen
        assert isinstance(main, MainScreen)
        index = main.workspace.connections.index
        assert index.narrowing
        chosen = index.order.tolist()
        pipe.give(len(wire.frames) - 8)
        pipe.close()
        while pipe.session.streams.count < 6 or not main.controllers.verdicts.is_told:
            await pilot.pause(0.005)
        await pilot.pause()

        assert len(main.workspace.connections.index) == len(chosen)
        assert index.order.tolist() == chosen


# -- parts -----------------------------------------------------------------------------


def group(name: FindingId, *streams: int, whole: bool = False) -> TroubleGroup:
    finding = Finding(name, -1 if whole else streams[0], (), Severity.WARNING, Confidence.CERTAIN)
    return TroubleGroup(finding, streams, 0.0, 0, whole)


def test_group_is_found_again_by_its_finding_and_connections() -> None:
    refused = [group(FindingId.PORT_REFUSED, 1, 2, 3, whole=True), group(FindingId.PORT_REFUSED, 7, 8, 9, whole=True)]
    loss = group(FindingId.FAST_RETRANSMISSION, 4)

    assert same_group(group(FindingId.PORT_REFUSED, 7, 8, whole=True), [*refused, loss]) == 1
    assert same_group(replace(loss, streams=(5, 6)), [*refused, loss]) == 2
    assert same_group(group(FindingId.CONNECTION_REFUSED, 2), [*refused, loss]) == 0
    assert same_group(group(FindingId.ZERO_WINDOW, 20), [*refused, loss]) is None


def test_watch_looks_at_most_once_a_second_and_rests_longer_after_a_long_look(troubled_session: Session) -> None:
    now = 100.0
    watch = TroubleWatch(troubled_session, lambda: now)
    troubled_session.findings(0)
    assert watch.is_due()
    watch.begin()
    assert not watch.is_due()
    watch.compute()
    assert not watch.is_due()
    assert watch.is_settled

    catch_up = troubled_session.catch_up
    progress = catch_up.progress
    catch_up.progress = replace(progress, phase=type(progress.phase).LIVE)
    catch_up.revision += 1
    assert not watch.is_due()
    now += LOOK_SECONDS
    assert watch.is_due()
    catch_up.progress = progress

    times = iter((200.0, 203.0))
    slow = TroubleWatch(troubled_session, lambda: next(times, now))
    slow.compute()
    catch_up.revision += 1
    catch_up.progress = replace(progress, phase=type(progress.phase).LIVE)
    now = 203.0 + 3 * REST_FACTOR - 0.1
    assert not slow.is_due()
    now += 0.2
    assert slow.is_due()


def test_file_that_ended_is_looked_at_once_more_without_a_wait(troubled_session: Session) -> None:
    watch = TroubleWatch(troubled_session, lambda: 100.0)
    troubled_session.findings(0)
    watch.compute()
    troubled_session.catch_up.revision += 1

    assert watch.is_due()


@pytest.mark.parametrize(("key", "name"), [("u", "OtherScreen"), ("R", "RequestsScreen"), ("b", "GroupsScreen")])
async def test_overview_leads_on_with_the_keys_of_the_main_screen(
    key: str, name: str, troubled_session: Session, show: Show
) -> None:
    async with show(troubled_session) as shown:
        await overview(shown)
        await shown.pilot.press(key)
        while type(shown.pilot.app.screen).__name__ != name:
            await shown.pilot.pause(0.005)
        screen = shown.pilot.app.screen

        assert not isinstance(screen, RequestsScreen) or screen.is_whole


async def test_filter_typed_on_the_overview_reaches_the_list(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session) as shown:
        await overview(shown)
        await shown.pilot.press("slash", *"tcp.stream", "equals_sign", "equals_sign", "1", "enter")
        await back(shown)
        await settled(shown.pilot, lambda: shown.screen.controllers.filtering.wanted == "tcp.stream==1")


async def test_search_typed_on_the_overview_reaches_the_search(show: Show, troubled_session: Session) -> None:
    async with show(troubled_session) as shown:
        await overview(shown)
        await shown.pilot.press("ctrl+f", *"shop")
        await settled(shown.pilot, lambda: type(shown.pilot.app.screen).__name__ == "SearchScreen")

        assert "shop" in "\n".join(screen_lines(shown.pilot.app.screen))


@pytest.mark.parametrize("keys", ["F", "u", "x", "o", "?", "F?", "x?", "0?"])
async def test_key_of_the_overview_leads_there_from_another_screen(
    show: Show, troubled_session: Session, monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    monkeypatch.setattr("tcptui.capture.socket_diag.available", lambda: True)
    monkeypatch.setattr("tcptui.ui.screens.socket.look_up", lambda *_: None)
    troubled_session.local = True
    async with show(troubled_session, (80, 24)) as shown:
        for key in keys:
            await shown.pilot.press("question_mark" if key == "?" else key)
            await shown.pilot.pause()
        assert not isinstance(shown.pilot.app.screen, MainScreen)
        await shown.pilot.press("0")
        await settled(shown.pilot, lambda: isinstance(shown.pilot.app.screen, OverviewScreen))
        await shown.pilot.press("escape")
        await back(shown)


async def test_other_screen_above_a_case_does_not_lead_to_the_overview(refused_case: tuple[Case, Session]) -> None:
    case, session = refused_case
    app = TcptuiApp(session, None, ViewOptions(numeric=True), case=case)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("F")
        above = app.screen
        await pilot.press("0")
        await pilot.pause()

        assert app.screen is above
        assert isinstance(above, NoticingScreen)
        assert "case" in above.hint_line.notice


async def test_file_with_trouble_opens_with_the_overview_where_it_is_the_first_page(
    troubled_session: Session,
) -> None:
    app = TcptuiApp(troubled_session, None, ViewOptions(numeric=True, first_page=FirstPage.OVERVIEW))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, lambda: isinstance(app.screen, OverviewScreen))
        await pilot.press("escape")
        await settled(pilot, lambda: isinstance(app.screen, MainScreen))
        screen = app.screen
        assert isinstance(screen, MainScreen)
        assert screen.workspace.connections.row_count == 8


async def test_file_without_trouble_opens_with_its_connections(clean_session: Session) -> None:
    app = TcptuiApp(clean_session, None, ViewOptions(numeric=True, first_page=FirstPage.OVERVIEW))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        assert isinstance(screen, MainScreen)
        await settled(pilot, lambda: screen.controllers.verdicts.is_told and is_looked_through(screen.session))
        await pilot.pause()

        assert app.screen is screen


async def test_who_has_begun_to_look_around_is_not_taken_to_the_overview(troubled_session: Session) -> None:
    app = TcptuiApp(troubled_session, None, ViewOptions(numeric=True, first_page=FirstPage.OVERVIEW))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        assert isinstance(screen, MainScreen)
        screen.workspace.connections.touched = True
        await settled(
            pilot, lambda: screen.controllers.verdicts.is_told and screen.controllers.verdicts.line.text != ""
        )
        await pilot.pause()

        assert app.screen is screen


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
async def test_headlines_are_whole_before_other_columns_are_there(
    show: Show, wire: Wire, tmp_path: Path, width: int
) -> None:
    client, server = "10.0.0.1:40001", "192.0.2.10:80"
    wire.handshake(0, client, server)
    wire.tcp(41, client, server, 0x18, 1001, 9001, payload=b"GET /cart HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    wire.tcp(80, server, client, 0x14, 9001, 1042)
    async with show(open_file(wire.pcap(tmp_path / "reset.pcap")), (width, 30)) as shown:
        screen = await overview(shown)
        (row,) = screen.groups.groups
        line = next(line for line in screen_lines(screen) if line.startswith(" ! "))

    assert headline(row, screen.words) in line
    assert cell_len(line.rstrip()) <= 100


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_file_that_ends_amid_a_record_says_so_on_the_first_page(
    show: Show, wire: Wire, tmp_path: Path, size: tuple[int, int]
) -> None:
    wire.refused(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.clean(100, "10.0.0.1:40002", "192.0.2.10:80")
    path = wire.pcap(tmp_path / "cut.pcap")
    path.write_bytes(path.read_bytes()[:-5])
    async with show(open_file(path), size) as shown:
        drawn = " ".join(text(await overview(shown)).split())

    assert "! cut.pcap ends in the middle of a record" in drawn
    assert "all 9 packets before it are shown" in drawn


@pytest.mark.parametrize("language", Language)
def test_named_connections_stand_in_columns(wire: Wire, tmp_path: Path, language: Language) -> None:
    wire.refused(0, "10.0.0.1:1", "192.0.2.1:80")
    wire.refused(10, "10.0.0.100:40001", "192.0.2.100:8080")
    session = open_file(wire.pcap(tmp_path / "two.pcap"))
    document = connections_document(session, [0, 1], 2, Words(language), UNICODE, width=100)
    lines = [passage.text for passage in document[1:]]

    assert len({line.index("→") for line in lines}) == 1
    assert len({cell_len(line.partition("1.0ms")[0]) for line in lines}) == 1


def test_capture_that_goes_on_is_not_said_to_be_looked_at_when_all_is_judged(clean_session: Session) -> None:
    catch_up, words = clean_session.catch_up, Words(Language.EN)
    catch_up.progress = replace(catch_up.progress, phase=Phase.LIVE)

    def said() -> str:
        watch = TroubleWatch(clean_session, lambda: 100.0)
        watch.compute()
        assert watch.seen is not None
        return head_lines(watch.seen, 80, 24, words, "…")[0].text

    clean_session.findings(0)
    catch_up.judged_at_count = clean_session.store.count
    assert said() == words("overview.none-so-far")
    catch_up.judged_at_count -= 1
    assert said() == words("overview.none-yet")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_connection_that_needs_several_lines_is_indented_below_its_number(width: int) -> None:
    ends = "2001:db8:ffff:abcd:1111:2222:3333:4001", "2001:db8:85a3:1234:5678:8a2e:3707:7334"
    passage = Passage(f"17  [{ends[0]}]:50001 → [{ends[1]}]:8443", hanging=4)
    lines = [
        "".join(run[0] for run in line) for line in lay_out((passage,), width, UNICODE, Words(Language.EN), dense=True)
    ]

    assert all(line.startswith("    ") and cell_len(line) <= width for line in lines[1:])
    assert (len(lines) == 1) is (width >= cell_len(passage.text))
    assert "".join("".join(lines).split()) == "".join(passage.text.split())


async def test_file_without_tcp_opens_with_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "arp.pcap").write_bytes(pcap([arp(1, "10.0.0.1", "10.0.0.2"), arp(2, "10.0.0.2", "10.0.0.1")]))
    options = ViewOptions(numeric=True, first_page=FirstPage.OVERVIEW)
    app = TcptuiApp(open_file(tmp_path / "arp.pcap"), None, options)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, lambda: isinstance(app.screen, OtherScreen))
        await pilot.press("q")
        await settled(pilot, lambda: isinstance(app.screen, MainScreen))


async def test_verdict_gives_up_the_second_trouble_before_the_time_that_was_lost(show: Show, tmp_path: Path) -> None:
    async with show(open_file(shop(tmp_path / "shop.pcap")), (120, 40)) as shown:
        await until(lambda: shown.screen.controllers.verdicts.line.text != "")
        await shown.settle()

        assert (
            "with problems, 9.6 s lost in total. Worst: No reply to the SYN, sent 4 times in 7 s." in shown.lines()[1]
        )
