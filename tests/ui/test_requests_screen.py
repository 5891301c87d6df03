"""`R`: the requests as a waterfall; what a row says, how they are sorted and narrowed, where Enter goes."""

from __future__ import annotations

import re
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.cells import cell_len
from running_source import RunningSource
from screen_lines import screen_lines
from sealed_records import sealed_turns
from traces import write_trace
from web_captures import GET, record

from tcptui.access.requests import Closed, RequestCache, requests_of
from tcptui.lessons.loader import load_case
from tcptui.model.request import MessagePackets, Request, RequestPart
from tcptui.protocols.request_status import NO_STATUS, status_number
from tcptui.session.session import Session, open_file
from tcptui.session.statements import key_of
from tcptui.ui.app import TcptuiApp
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.requests.bars import Axis, bar
from tcptui.ui.requests.detail import plain_text
from tcptui.ui.requests.request_list import fitted
from tcptui.ui.requests.screen import RequestsScreen
from tcptui.ui.requests.table import RequestSort, RequestTable
from tcptui.ui.theme import ASCII, UNICODE
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.quantities import Count
from tests.ui.conftest import ACK, PSH, SETTLES_IN_S, turns, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from textual.pilot import Pilot

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

MS = 1_000_000
#: Bytes of a capture's header.
HEADER = 24
SERVER = "192.0.2.10:80"


def ask(
    wire: Wire, ms: float, client: str, path: str, wait: float, status: str, seq: tuple[int, int]
) -> tuple[int, int]:
    """A request and its answer ``wait`` ms later; returns the numbers of both ends behind them."""
    asked = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    answer = f"HTTP/1.1 {status} X\r\nContent-Length: 3\r\n\r\nabc".encode()
    wire.tcp(ms, client, SERVER, PSH | ACK, seq[0], seq[1], payload=asked)
    if status:
        wire.tcp(ms + wait, SERVER, client, PSH | ACK, seq[1], seq[0] + len(asked), payload=answer)
        return seq[0] + len(asked), seq[1] + len(answer)
    return seq[0] + len(asked), seq[1]


@pytest.fixture
def session(wire: Wire, tmp_path: Path) -> Session:
    """Connection 0 asks twice, quick and slow; 1 is answered 503; 2 is never answered; 3 speaks no HTTP."""
    wire.handshake(0, "10.0.0.1:40001", SERVER)
    after = ask(wire, 50, "10.0.0.1:40001", "/quick", 60, "200", (1001, 9001))
    ask(wire, 300, "10.0.0.1:40001", "/slow", 900, "404", after)
    wire.handshake(400, "10.0.0.2:40002", SERVER)
    ask(wire, 450, "10.0.0.2:40002", "/broken", 100, "503", (1001, 9001))
    wire.handshake(500, "10.0.0.3:40003", SERVER)
    end = ask(wire, 550, "10.0.0.3:40003", "/hung\u202e", 0, "", (1001, 9001))
    wire.tcp(590, SERVER, "10.0.0.3:40003", ACK, 9001, end[0])
    wire.tcp(2550, "10.0.0.3:40003", SERVER, ACK | 1, end[0], 9001)
    wire.lossy(3000, "10.0.0.4:40004", "192.0.2.10:5000")
    return open_file(wire.pcap(tmp_path / "requests.pcap"))


async def settled(pilot: Pilot[object]) -> RequestsScreen:
    async for _ in turns():
        screen = pilot.app.screen
        if isinstance(screen, RequestsScreen) and screen.settled:
            await pilot.pause()
            return screen
    raise AssertionError("the requests did not come")


async def opened(shown: Shown, *keys: str) -> RequestsScreen:
    for key in ("R", *keys):
        await shown.pilot.press(key)
        screen = await settled(shown.pilot)
    return screen


def paths(screen: RequestsScreen) -> list[str]:
    """What is listed, in order."""
    listed = screen.requests
    return [listed.table.requests[i].operation.split("/")[-1][:6] for i in listed.order.tolist()]


def text(screen: RequestsScreen) -> str:
    return "\n".join(screen_lines(screen)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("status", "number"),
    [
        ("", NO_STATUS),
        ("404", 404),
        ("NOERROR", 0),
        ("OK", 0),
        ("<unknown>", 0),
        ("UNAVAILABLE", 500),
        ("suspended", 0),
        ("S", 0),
        ("N", 0),
        ("1062 (23000)", 500),
        ("23505", 2350),
    ],
)
def test_status_that_is_a_name_is_an_error_or_not(status: str, number: int) -> None:
    assert status_number(status) == number


@pytest.mark.each_value
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (160, 45), (200, 50), (250, 70)])
async def test_every_size_has_status_duration_bar_and_words(
    session: Session, show: Show, language: Language, size: tuple[int, int]
) -> None:
    async with show(session, size, language) as shown:
        screen = await opened(shown, "tab")
        lines = screen_lines(screen)
        assert all(cell_len(line) <= size[0] for line in lines)
        rows = lines[2:6]
        for row, path, status in zip(
            rows, ("/quick", "/slow", "/broken", "/hung"), ("200", "404", "503", "-"), strict=True
        ):
            assert path in row
            assert f" {status} " in row
        assert "860ms" in rows[1] or "900ms" in rows[1]
        assert "✗" in rows[2]
        assert "✗" in rows[3]
        assert "█" in rows[1]
        assert "·" in rows[3].split("-")[-1]
        below = "\n".join(lines[6:])
        assert "/quick" in below
        assert "\u202e" not in text(screen)


async def test_connection_first_and_tab_shows_the_whole_capture(session: Session, show: Show) -> None:
    async with show(session) as shown:
        screen = await opened(shown)
        assert paths(screen) == ["quick", "slow"]
        assert "Requests of connection 0" in text(screen)
        assert "2 requests" in text(screen)
        await shown.pilot.press("tab")
        assert paths(await settled(shown.pilot)) == ["quick", "slow", "broken", "hung\ufffd"]
        await shown.pilot.press("tab")
        assert paths(await settled(shown.pilot)) == ["quick", "slow"]


async def test_end_of_a_reading_that_was_given_up_is_not_that_of_the_next(
    session: Session, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, may_end, may_read = threading.Event(), threading.Event(), threading.Event()
    read = RequestsScreen._read

    def held(owner: RequestsScreen, function: Callable[..., object], *facts: object) -> None:
        if function == owner._end and not ends.is_set():
            ends.set()
            assert may_end.wait(SETTLES_IN_S)
        call_on_loop(owner, function, *facts)

    def late(screen: RequestsScreen, streams: list[int], *of: Any) -> list[Request]:
        assert len(streams) == 1 or may_read.wait(SETTLES_IN_S)
        return read(screen, streams, *of)

    monkeypatch.setattr("tcptui.ui.requests.screen.call_on_loop", held)
    monkeypatch.setattr(RequestsScreen, "_read", late)
    async with show(session) as shown:
        await shown.pilot.press("R")
        await until(ends.is_set)
        first = next(worker for worker in shown.pilot.app.workers if worker.group == "requests")
        await shown.pilot.press("tab")
        may_end.set()
        await until(lambda: first.is_finished)
        screen = shown.pilot.app.screen
        assert isinstance(screen, RequestsScreen)
        assert (screen.settled, paths(screen)) == (False, [])
        may_read.set()
        assert len(paths(await settled(shown.pilot))) == 4


async def test_s_goes_through_the_orders_and_shift_s_turns_them_round(session: Session, show: Show) -> None:
    wanted = {
        RequestSort.DURATION: ["hung\ufffd", "slow", "broken", "quick"],
        RequestSort.SERVER: ["slow", "broken", "quick", "hung\ufffd"],
        RequestSort.STATUS: ["hung\ufffd", "broken", "slow", "quick"],
    }
    async with show(session) as shown:
        screen = await opened(shown, "tab")
        for sort, order in wanted.items():
            await shown.pilot.press("s")
            assert screen.requests.sort is sort
            assert paths(screen) == order
        await shown.pilot.press("S")
        assert paths(screen) == wanted[RequestSort.STATUS][::-1]
        assert "reversed" in text(screen)


async def test_wide_screens_have_server_time_and_clock_and_short_bars_where_only_lengths_compare(
    session: Session, show: Show
) -> None:
    for width in (80, 118, 119, 200):
        async with show(session, (width, 40)) as shown:
            screen = await opened(shown, "tab")
            heading = "".join(segment.text for segment in screen.requests.heading(width)).split()
            assert ({"server", "start"} <= set(heading)) == (width >= 119)
            if width == 200:
                row = "".join(segment.text for segment in screen.requests.row(0, width))
                assert re.search(r" \d\d:\d\d:\d\d\.\d{3} ", row)
                shared = cell_len(row)
                await shown.pilot.press("s")
                assert shared == width
                assert cell_len("".join(segment.text for segment in screen.requests.row(0, width))) < width


async def test_words_narrow_while_they_are_typed_and_esc_takes_them_back(session: Session, show: Show) -> None:
    async with show(session) as shown:
        screen = await opened(shown, "tab")
        await shown.pilot.press("slash", *"503 192.0.2.10")
        assert paths(screen) == ["broken"]
        assert "1 of 4 requests" in text(screen)
        await shown.pilot.press("escape")
        assert len(paths(screen)) == 4
        await shown.pilot.press("slash", *"no response", "enter")
        assert paths(screen) == ["hung\ufffd"], "found by what is told of it"
        await shown.pilot.press("escape")
        assert (len(paths(screen)), shown.pilot.app.screen) == (4, screen)
        await shown.pilot.press("slash", *"nothing", "enter")
        assert paths(screen) == []
        assert "No request has these words." in text(screen)


async def test_words_that_no_request_of_the_connection_has_may_be_in_another(session: Session, show: Show) -> None:
    async with show(session) as shown:
        screen = await opened(shown)
        assert not screen.is_whole
        await shown.pilot.press("slash", *"nothing", "enter")
        assert "No request of this connection has these words: Tab searches all." in text(screen)


async def test_enter_goes_to_the_first_packet_of_the_request(session: Session, show: Show) -> None:
    async with show(session) as shown:
        screen = await opened(shown, "tab", "down", "down")
        request = screen.requests.request
        assert request is not None
        await shown.pilot.press("enter")
        await shown.settle()
        workspace = shown.screen.workspace
        assert shown.pilot.app.screen is shown.screen
        assert workspace.active is Pane.TIMELINE
        assert int(session.store.frame[workspace.row]) == request.first_frame
        assert workspace.ladder.stream == 1


async def test_words_below_say_what_where_and_by_which_packets(session: Session, show: Show) -> None:
    async with show(session, (120, 40)) as shown:
        screen = await opened(shown, "down")
        said = text(screen)
        assert "96 %" in said  # of 39.2 of 41 ms
        assert "the server: time until its response began" in said
        assert "Request 31 B in packet 6; response 404, 40 B in packet 7." in said
        assert "connection 0, 10.0.0.1:40001 to 192.0.2.10:80" in said


async def test_chinese_sentences_below_follow_each_other_without_a_space(session: Session, show: Show) -> None:
    async with show(session, (120, 40), Language.ZH) as shown:
        screen = await opened(shown, "tab")

        assert "。首字节在第一个包之后" in text(screen)


@pytest.mark.parametrize(("keys", "key"), [((), "the whole capture"), (("tab",), "")])
async def test_connection_without_requests_says_so_above_its_packets(
    session: Session, show: Show, keys: tuple[str, ...], key: str
) -> None:
    async with show(session) as shown:
        await shown.press("G")
        screen = await opened(shown, *keys)
        assert ("Tab shows the whole capture" in " ".join(text(screen).split())) == bool(key)
        assert ("Packets of connection 3" in text(screen)) == bool(key)


async def test_ascii_has_letters_for_the_parts_and_no_other_sign(session: Session, show: Show) -> None:
    async with show(session, (120, 40), ascii=True) as shown:
        screen = await opened(shown, "tab")
        assert text(screen).replace("\ufffd", "?").isascii()
        assert "SSSS" in text(screen)


@pytest.mark.parametrize(
    ("operation", "width", "shown"),
    [
        ("GET /a", 8, "GET /a  "),
        ("GET /page?x=1&y=2", 15, "GET /page?~&y=2"),
        ("GET /page?x=1&y=2", 11, "GET /page?~"),
        ("GET /page?x=1&名=名", 15, "GET /page?~=名 "),
        ("GET /page?名名名", 15, "GET /page?~名名"),
        ("GET /style/images/logo.png?v=3", 17, "GET ~es/logo.png?"),
        ("QUERY A some.name.example.org", 16, "QUERY ~ample.org"),
        ("DATA and nothing", 9, "DATA and~"),
    ],
)
def test_operation_that_is_cut_keeps_the_end_of_its_path(operation: str, width: int, shown: str) -> None:
    assert fitted(operation, width, "~") == shown


async def test_requests_come_while_the_capture_runs(wire: Wire, tmp_path: Path) -> None:
    wire.handshake(0, "10.0.0.1:40001", SERVER)
    after = ask(wire, 50, "10.0.0.1:40001", "/first", 60, "200", (1001, 9001))
    begun = wire.pcap(tmp_path / "one.pcap").read_bytes()
    ask(wire, 300, "10.0.0.1:40001", "/second", 60, "200", after)
    more = wire.pcap(tmp_path / "two.pcap").read_bytes()
    source = RunningSource(begun[:HEADER], directory=tmp_path)
    source.give(begun[HEADER:], 5)
    session = Session([source])
    app = TcptuiApp(session, Language.EN, ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: isinstance(app.screen, MainScreen) and app.screen.workspace.ladder.row_count > 0)
        await pilot.press("R")
        screen = await settled(pilot)
        assert paths(screen) == ["first"]
        source.give(more[len(begun) :], 2)
        await until(lambda: paths(screen) == ["first", "second"] and screen.settled)
        request = screen.requests.request
        assert request is not None
        assert request.operation == "GET /first"
        session.stop()


async def test_times_count_from_the_first_packet_where_the_list_was_there_before_it(wire: Wire, tmp_path: Path) -> None:
    wire.handshake(0, "10.0.0.1:40001", SERVER)
    ask(wire, 50, "10.0.0.1:40001", "/first", 60, "200", (1001, 9001))
    capture = wire.pcap(tmp_path / "one.pcap").read_bytes()
    source = RunningSource(capture[:HEADER], directory=tmp_path)
    session = Session([source])
    app = TcptuiApp(session, Language.EN, ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: isinstance(app.screen, MainScreen))
        await pilot.press("R")
        screen = await settled(pilot)
        source.give(capture[HEADER:], 5)
        await until(lambda: paths(screen) == ["first"] and screen.settled)
        heading = screen_lines(screen)[1]
        session.stop()

    assert "+0" in heading
    assert "d" not in heading.partition("+")[2]


@pytest.mark.parametrize("theme", ["tcptui-16", "tcptui-light", "tcptui"])
async def test_parts_differ_without_colour_and_on_sixteen(
    session: Session, show: Show, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with show(session, (120, 40)) as shown:
        shown.screen.app.theme = theme
        screen = await opened(shown, "tab")
        lines = screen_lines(screen)
        assert "─███" in lines[3]
        assert "╌" in lines[2]


def made(number: int, start_ms: float, **spent_ms: float) -> Request:
    time = [None if part.label not in spent_ms else round(spent_ms[part.label] * MS) for part in RequestPart]
    whole = sum(part or 0 for part in time)
    packets = MessagePackets(number + 1, number + 1, 10, round(start_ms * MS), round(start_ms * MS))
    return Request(
        0, number, "http", f"GET /{number}", "200", packets, packets, True, round(start_ms * MS), whole, tuple(time)
    )


def test_bar_stands_where_the_request_was_and_each_part_has_its_share() -> None:
    request = made(0, 25, connect=10, server=30, response=10)
    cells = "".join(text for text, _style in bar(request, Axis(0, 100 * MS), 20, UNICODE))
    assert cells == " " * 5 + "╌╌" + "██████" + "▓▓".replace("▓", UNICODE.request_fills[RequestPart.RESPONSE]) + " " * 5
    aligned = "".join(text for text, _style in bar(request, Axis(0, 100 * MS, is_shared=False), 20, ASCII))
    assert aligned == "ooSSSSSS==" + " " * 10


@pytest.mark.parametrize("width", [1, 2, 7, 40])
def test_bar_has_its_width_and_never_vanishes(width: int) -> None:
    for request in (made(0, 0), made(1, 99.9, server=0.001), made(2, 50, idle=5000)):
        for shared in (True, False):
            cells = "".join(text for text, _style in bar(request, Axis(0, 100 * MS, shared), width, UNICODE))
            assert len(cells) == width
            assert cells.strip()


def test_every_part_has_a_sign_of_its_own() -> None:
    for glyphs in (UNICODE, ASCII):
        assert len(set(glyphs.request_fills)) == len(RequestPart)
        assert all(cell_len(sign) == 1 for sign in glyphs.request_fills)


async def test_hundred_thousand_requests_scroll_and_draw_only_what_is_in_sight(session: Session, show: Show) -> None:
    many = [made(number, number, server=5 + number % 7) for number in range(100_000)]
    async with show(session) as shown:
        screen = await opened(shown)
        listed = screen.requests
        listed.show(RequestTable(many, lambda _stream: "h", Words(Language.EN)))
        drawn: list[int] = []
        row = listed.row
        listed.row = lambda position, width: drawn.append(position) or row(position, width)  # type: ignore[method-assign, func-returns-value]
        await shown.pilot.press("G")
        await shown.pilot.pause()
        assert listed.cursor == 99_999
        assert "GET /99999" in text(screen)
        assert set(drawn) <= {*range(99_900, 100_000), *range(60)}
        axis = listed.axis()
        assert axis.begin_ns >= 99_900 * MS
        assert np.array_equal(np.sort(listed.order), np.arange(100_000))


async def test_axis_is_that_of_the_rows_in_sight_once_words_stand_below_them(session: Session, show: Show) -> None:
    async with show(session, (60, 16)) as shown:
        await shown.press("G")
        screen = await opened(shown)
        assert screen.requests.request is None
        screen.requests.show(
            RequestTable([made(n, 1000 * n, server=400) for n in range(40)], lambda _stream: "h", Words(Language.EN))
        )
        screen._show()
        await shown.pilot.pause()
        drawn = screen_lines(screen)
        screen.requests.repaint()
        await shown.pilot.pause()
        assert drawn == screen_lines(screen)


async def test_what_was_listed_amid_the_reading_leaves_no_blank_lines_in_the_end(session: Session, show: Show) -> None:
    parts = {part.label: 10.0 for part in RequestPart}
    async with show(session, (80, 24)) as shown:
        screen = await opened(shown, "tab")
        heights = []
        for partial in ([], [made(n, 1000 * n, **parts) for n in range(3)]):
            screen._told = None, 0
            if partial:
                screen._is_reading = True
                screen._put(RequestTable(partial, lambda _stream: "h", Words(Language.EN)))
                screen._show()
            screen._is_reading = False
            screen._put(
                RequestTable(
                    [made(n, 1000 * n, server=400) for n in range(40)], lambda _stream: "h", Words(Language.EN)
                )
            )
            screen._show()
            await shown.pilot.pause()
            heights.append(screen._detail.size.height)
        assert heights[0] == heights[1]


async def test_room_below_a_short_list_shows_its_packets_from_the_first(session: Session, show: Show) -> None:
    async with show(session, (120, 40)) as shown:
        screen = await opened(shown)
        await shown.pilot.press("down")
        screen = await settled(shown.pilot)
        lines = screen_lines(screen)
        heading = next(place for place, line in enumerate(lines) if "client 10.0.0.1:40001" in line)
        marked = next(line for line in lines[heading:] if line.lstrip().startswith("▸"))
        assert "/slow" in marked
        assert any("the server: time until its response" in line for line in lines[:heading])

        await shown.pilot.resize_terminal(80, 16)
        screen = await settled(shown.pilot)
        assert not any("client 10.0.0.1:40001" in line for line in screen_lines(screen))


async def test_no_request_is_denied_before_all_have_been_read(
    session: Session, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, may_end = session.indexes.of(RequestCache, lambda: RequestCache(session)), threading.Event()
    read = cache.of

    def slow(stream: int) -> tuple[tuple[Request, ...], Closed | None]:
        may_end.wait(SETTLES_IN_S)
        return read(stream)

    monkeypatch.setattr(cache, "of", slow)
    async with show(session, (80, 24)) as shown:
        await shown.pilot.press("R")
        screen = shown.pilot.app.screen
        assert isinstance(screen, RequestsScreen)
        meanwhile = text(screen)
        may_end.set()
        after = text(await settled(shown.pilot))

    assert "No request" not in meanwhile
    assert "Reading the requests." in meanwhile
    assert "/quick" in after


async def test_connections_with_tls_that_nothing_opened_are_counted(show: Show, tmp_path: Path) -> None:
    turns = sealed_turns([(160, "C", GET), (190, "S", b"HTTP/1.1 204 No Content\r\n\r\n")])
    with closing(open_file(record(tmp_path, turns))) as session:
        async with show(session, (80, 24)) as shown:
            assert "1 with TLS not read" in screen_lines(await opened(shown))[0]


@pytest.mark.parametrize("language", Language)
async def test_without_requests_the_whole_reason_is_read_and_no_key_is_offered_for_nothing(
    session: Session, show: Show, language: Language
) -> None:
    async with show(session, (60, 16), language) as shown:
        for _ in range(3):
            await shown.pilot.press("down")
        screen = await opened(shown)
        said = "".join(line.strip() for line in screen_lines(screen)[2:6]).replace(" ", "")
        assert said.startswith(screen.requests.empty_text.replace(" ", ""))
        hint = screen_lines(screen)[-1]
        assert "Tab" in hint
        assert "Enter" not in hint


# -- by statement --------------------------------------------------------------------------


def statements(screen: RequestsScreen) -> list[tuple[int, str]]:
    """What is listed, in order: how many, of what."""
    listed = screen.statements
    return [(one.count, one.statement) for one in listed._groups]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 50)])
async def test_b_lists_statements_and_enter_the_requests_of_one(
    session: Session, show: Show, language: Language, size: tuple[int, int]
) -> None:
    async with show(session, size, language) as shown:
        screen = await opened(shown, "tab", "b")
        assert sorted(statements(screen)) == [
            (1, f"GET {path}") for path in sorted(("/broken", "/hung\ufffd", "/quick", "/slow"))
        ]
        assert [path for _, path in statements(screen)][::3] == ["GET /slow", "GET /hung\ufffd"]
        lines = screen_lines(screen)
        assert all(cell_len(line) <= size[0] for line in lines)
        assert "GET /slow" in lines[2]
        assert any("/slow" in line for line in lines[6:])  # the slowest of them, in words
        assert "\u202e" not in text(screen)
        await shown.pilot.press("enter")
        screen = await settled(shown.pilot)
        assert paths(screen) == ["slow"]
        assert "GET /slow" in screen_lines(screen)[0] or size[0] < 80
        await shown.pilot.press("b")
        screen = await settled(shown.pilot)
        assert screen.statements.group is not None
        assert screen.statements.group.statement == "GET /slow"
        await shown.pilot.press("b")
        screen = await settled(shown.pilot)
        assert len(paths(screen)) == 4


async def test_statements_are_sorted_narrowed_and_copied(session: Session, show: Show) -> None:
    async with show(session) as shown:
        screen = await opened(shown, "tab", "b", "s", "s", "s", "s")
        assert statements(screen)[-1][1] == "GET /quick"  # by errors: without any
        await shown.pilot.press("S")
        assert statements(screen)[-1][1] in ("GET /slow", "GET /broken", "GET /hung\ufffd")
        await shown.pilot.press("slash", *"slow", "enter")
        assert statements(screen) == [(1, "GET /slow")]
        await shown.pilot.press("y")
        assert "GET /slow\nonce, 1 failed or without response; half within" in shown.pilot.app.clipboard.replace(
            "\u00a0", " "
        )


async def test_statement_has_the_sign_of_its_worst_request(session: Session, show: Show) -> None:
    def signs(screen: RequestsScreen) -> set[tuple[str, str]]:
        return {
            (line[:3].strip(), path[1]) for line in screen_lines(screen)[2:6] if (path := re.search(r"/(\w+)", line))
        }

    async with show(session) as shown:
        asked = signs(await opened(shown, "tab"))
        await shown.pilot.press("b")

        assert asked == {("", "quick"), ("!", "slow"), ("✗", "broken"), ("✗", "hung")}
        assert signs(await settled(shown.pilot)) == asked


async def test_statements_without_errors_have_no_column_of_them(session: Session, show: Show) -> None:
    with closing(open_file(load_case("n-plus-one").captures[0])) as without:
        async with show(without, (80, 24)) as shown:
            screen = await opened(shown, "b")
            lines = screen_lines(screen)
            assert lines[1].split() == ["count", "p99", "total", "▾server", "statement"]
            assert any(line.rstrip().endswith("SELECT name FROM items WHERE id = ?") for line in lines[2:5]), lines
            await shown.pilot.press("s", "s", "s", "s")
            assert "▾errors" in screen_lines(screen)[1]  # what is sorted by stays in sight
    async with show(session, (80, 24)) as shown:
        assert "errors" in screen_lines(await opened(shown, "tab", "b"))[1]


@pytest.mark.parametrize(("width", "median"), [(80, []), (120, ["p50"])])
async def test_statements_that_waited_say_how_long_where_the_order_leaves_that_out(
    session: Session, show: Show, width: int, median: list[str]
) -> None:
    async with show(session, (width, 24)) as shown:
        screen = await opened(shown, "tab", "b")
        screen.statements.show([replace(one, waited_ns=5 * 10**9) for one in screen.statements._known])
        await shown.pilot.pause()
        assert ("waited" in screen_lines(screen)[1]) == (width == 120)
        await shown.pilot.press("s")
        heading, first = screen_lines(screen)[1:3]
        assert heading.replace("▾", "").split() == [
            "count", "errors", *median, "p99", "total", "server", "waited", "statement",
        ]  # fmt: skip
        assert "5.00s" in first


async def test_a_server_time_that_is_estimated_has_a_sign(session: Session, show: Show) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await opened(shown, "tab", "b")
        assert "~" not in screen_lines(screen)[2]
        screen.statements.show([replace(one, shared_ns=5 * 10**9) for one in screen.statements._known])
        await shown.pilot.press("y")
        assert "~5.86s" in screen_lines(screen)[2]
        assert "about 5.86" in shown.pilot.app.clipboard.replace("\u00a0", " ")


async def test_statements_of_postgresql_are_listed_told_and_found_as_they_were_sent(show: Show) -> None:
    async with show(open_file(load_case("slow-sql").captures[0]), (120, 40)) as shown:
        screen = await opened(shown)
        rows = [line for line in screen_lines(screen)[2:] if " OK " in line and "→" not in line]
        assert any("SELECT pg_sleep(" in line for line in rows)
        assert {1, 2, 3} <= {int(one) for one in re.findall(r"WHERE id = (\d)", "\n".join(rows))}
        await shown.pilot.press("slash", *"pg_sleep", "enter")
        assert [line.strip() for line in screen_lines(screen)[3:6] if "pg_sleep" in line] == ["SELECT pg_sleep(1.909)"]
        await shown.pilot.press("enter")
        await shown.settle()

        assert any("pg_sleep(" in line for line in shown.lines()), shown.lines()


async def test_esc_goes_from_the_requests_of_a_statement_back_to_the_statements(show: Show) -> None:
    async with show(open_file(load_case("slow-sql").captures[0]), (120, 40)) as shown:
        screen = await opened(shown, "tab", "b")
        await shown.pilot.press("down")
        group = screen.statements.group
        await shown.pilot.press("enter")
        assert not screen.is_grouped
        await shown.pilot.press("escape")
        assert (screen.is_grouped, screen.statements.group) == (True, group)
        await shown.pilot.press("escape")
        assert shown.pilot.app.screen is not screen


@pytest.mark.parametrize(
    ("width", "numbers"), [(80, ["p99", "total", "▾server"]), (120, ["p50", "p99", "total", "▾server", "waited"])]
)
async def test_what_asked_to_wait_is_not_first_and_its_wait_is_beside(
    show: Show, width: int, numbers: list[str]
) -> None:
    """BLPOP has the second largest total, and is nobody's slow statement."""
    with closing(open_file(load_case("slow-query").captures[0])) as session:
        async with show(session, (width, 24)) as shown:
            screen = await opened(shown, "b")
            assert screen_lines(screen)[1].split() == ["count", *numbers, "statement"]
            listed = [(group.statement, group.waited_ns > 0) for group in screen.statements._groups]
            assert listed[0] == ("DEBUG SLEEP *", False)
            assert listed[-1] == ("BLPOP jobs", True)
            assert sorted(screen.statements._groups, key=lambda one: -one.total_ns)[1].statement == "BLPOP jobs"


@pytest.mark.parametrize(("number", "status"), [(142, "WRONGTYPE"), (153, "1045 (28000)"), (135, "DEADLINE_EXCEEDED")])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_statuses_are_not_cut(show: Show, number: int, status: str, size: tuple[int, int]) -> None:
    (capture,) = sorted((Path(__file__).parents[2] / "cases").glob(f"{number}-*/client.pcap*"))
    async with show(open_file(capture), size) as shown:
        screen = await opened(shown, "tab")
        place = next(at for at, one in enumerate(screen.requests.table.requests) if one.status == status)
        await shown.pilot.press(*["down"] * place)
        assert f" {status} " in text(screen)


async def test_the_narrowest_screen_leaves_the_bar_its_room(show: Show) -> None:
    (capture,) = sorted((Path(__file__).parents[2] / "cases").glob("142-*/client.pcap*"))
    async with show(open_file(capture), (60, 16)) as shown:
        screen = await opened(shown)
        rows = [line for line in screen_lines(screen) if " WRONGTYPE " in line]
        assert rows
        assert all(row.rstrip().endswith("───") for row in rows)


MYSQL = Path(__file__).parents[2] / "cases" / "149-n-plus-one" / "client.pcapng.gz"


async def written(shown: Shown) -> RequestsScreen:
    """The screen, when the rows that it was asked to write are written, and what it says of them is shown."""
    screen = await settled(shown.pilot)
    await until(lambda: not screen.is_writing)
    return screen


async def rows_screen(shown: Shown) -> RequestsScreen:
    screen = await opened(shown)
    await until(lambda: screen.settled and len(screen.requests.order) > 80)
    return screen


def test_protocol_is_named_as_people_write_it() -> None:
    with closing(open_file(MYSQL)) as session:
        request = requests_of(session, 0)[0]
        for language in Language:
            assert "MySQL" in plain_text(request, session, Words(language))


async def test_request_that_only_one_reading_has_is_marked_and_explained(tmp_path: Path, show: Show) -> None:
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    capture = record(tmp_path, [(0, "C", post + GET), (40, "S", answer), (50, "S", answer)])
    async with show(open_file(capture), (160, 40)) as shown:
        screen = await opened(shown)
        await until(lambda: screen.settled and text(screen).count("one reading only") == 1)
        await shown.pilot.press("G")
        await until(lambda: "http-two-readings" in text(screen))


async def test_words_about_a_statement_leave_their_lines_to_its_packets(show: Show) -> None:
    async with show(open_file(MYSQL), (200, 50)) as shown:
        screen = await rows_screen(shown)
        await shown.pilot.press("b")
        heights = []
        for key in ("", "down", "up"):
            await shown.pilot.press(*filter(None, (key,)))
            screen = await settled(shown.pilot)
            region = screen.query_one("#request-detail").region
            heights.append(region.height)
            assert screen_lines(screen)[region.bottom - 1].strip() or key == "down"
        assert heights[1] >= heights[0]
        assert heights[2] == heights[1], "what is below moves no more"


async def test_w_writes_the_rows_of_the_request_under_the_cursor(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with show(open_file(MYSQL), (160, 40)) as shown:
        screen = await rows_screen(shown)
        assert "write rows" not in text(screen)  # the first one logs in
        place = next(at for at, one in enumerate(screen.requests.table.requests) if one.rows)
        await shown.pilot.press(*["down"] * place)
        request = screen.requests.request
        assert request is not None
        await shown.pilot.press("w", "enter")
        screen = await written(shown)

        (file,) = (tmp_path / "rows").iterdir()
        assert request.request is not None
        assert file.name == f"stream-0-packet-{request.request.first}.jsonl"
        assert len(file.read_text().splitlines()) == request.rows
        assert "1 result set" in screen.hint_line.notice


@pytest.mark.parametrize("language", Language)
async def test_shift_w_writes_the_rows_of_all_that_are_listed(
    show: Show, tmp_path: Path, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with show(open_file(MYSQL), (160, 40), language) as shown:
        screen = await rows_screen(shown)
        listed = [one for one in screen.requests.table.requests if one.rows]
        await shown.pilot.press("W", "enter")
        screen = await written(shown)
        files = list((tmp_path / "rows").iterdir())
        assert len(files) == len(listed) == 80
        assert "80" in screen.hint_line.notice
        await shown.pilot.press("b")
        await settled(shown.pilot)
        group = screen.statements.group
        assert group is not None
        await shown.pilot.press("w", "enter")
        await written(shown)
        more = len(list((tmp_path / "rows").iterdir())) - len(files)
        assert more == sum(bool(one.rows) for one in listed if key_of(one) == group.key) > 0


async def test_folder_that_cannot_be_and_answers_without_rows_are_said(
    session: Session, show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with show(session) as shown:
        await opened(shown)
        await shown.pilot.press("W", "enter")
        screen = await written(shown)
        assert "nothing to write" in screen.hint_line.notice
        (tmp_path / "rows").rmdir()
        (tmp_path / "rows").write_text("a file")
        await shown.pilot.press("W", "enter")
        screen = await written(shown)
        assert "rows" in screen.hint_line.notice
        assert "nothing to write" not in screen.hint_line.notice


async def test_esc_writes_nothing_and_leaves_the_list_as_it_was(session: Session, show: Show, tmp_path: Path) -> None:
    async with show(session) as shown:
        screen = await opened(shown)
        await shown.pilot.press("w", *"elsewhere", "escape")
        assert paths(screen) == ["quick", "slow"]
        assert not screen.is_writing
        assert screen.focused is screen.requests


async def test_packets_below_tell_request_and_answer_in_the_lane(session: Session, show: Show) -> None:
    async with show(session, (120, 40)) as shown:
        screen = await opened(shown, "down")
        assert screen.has_class("-roomy")
        region = screen.query_one("#request-packets").region
        below = screen_lines(screen)[region.y : region.bottom]

    for told in ("GET /quick → 200, 60.0ms", "GET /slow → 404, 900ms"):  # the cursor is on the latter
        assert sum(told in line for line in below) == 1


async def test_words_that_list_no_connection_go_along_to_the_requests(session: Session, show: Show) -> None:
    async with show(session, (80, 24)) as shown:
        await shown.press("slash", *"et /bro", "enter")  # no word of two letters is looked for in requests
        assert not shown.screen.workspace.connections.row_count
        screen = await opened(shown)
        assert [screen.requests.table.requests[at].operation for at in screen.requests.order] == ["GET /broken"]
        assert "/et /bro" in screen_lines(screen)[0]


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40)])
async def test_words_about_a_request_below_a_long_list_keep_their_end(show: Show, size: tuple[int, int]) -> None:
    web = Path(__file__).parents[1] / "protocols" / "tls" / "captures_keys" / "web.pcapng.gz"
    async with show(open_file(web), size) as shown:
        screen = await opened(shown, "tab")
        said = " ".join(text(screen).split())

    assert "TLS 33.8ms 78 %" in said
    assert "with the connection's first SYN, and cover 43.4 ms." in said


@pytest.mark.parametrize("language", Language)
async def test_what_was_answered_at_once_says_so_and_leads_where_the_server_s_time_does(
    tmp_path: Path, show: Show, language: Language
) -> None:
    get, script = "*2~$3~GET~$1~a~", "*3~$4~EVAL~$1~x~$1~0~"
    lines = ["0 C S 0 0", "1 S SA 0 1", "1.1 C A 1 1", f"5 C PA 1 1 text={get}", "7 S PA 1 21 text=+OK~"]
    lines += [f"30 C PA 21 6 text={get}{script}{get}", "31 S A 6 89", "831 S PA 6 89 text=+OK~+OK~+OK~"]
    path = write_trace(tmp_path / "trace.pcap", lines)
    async with show(open_file(path), (80, 24), language) as shown:
        screen = await opened(shown, "down")
        said = text(screen).replace("\u00a0", " ").replace(" ", "")
        begins = Words(language)("requests.detail.together", n=Count(2), server="|").partition("|")[0]
        assert begins.replace("\u00a0", " ").replace(" ", "") in said
        await shown.pilot.press("b")
        screen = await settled(shown.pilot)
        assert [what for _, what in statements(screen)] == ["EVAL", "GET a"]
        assert "~798ms" in screen_lines(screen)[2]


async def test_logins_are_behind_the_statements_and_faint(show: Show) -> None:
    with closing(open_file(load_case("lock-wait").captures[0])) as session:
        async with show(session, (80, 24)) as shown:
            screen = await opened(shown, "tab", "b")
            listed = [group.statement for group in screen.statements._groups]
            assert listed[0].startswith("UPDATE items")
            assert listed[-1].startswith("LOGIN ")
            styles = [screen.statements.row(at, 80)[-1].style for at in (0, len(listed) - 1)]
            assert styles == [screen.statements.palette.strong, screen.statements.palette.faint]
