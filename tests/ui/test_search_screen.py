"""Ctrl+F: hits in the whole capture; Enter goes to one, `n` and `N` to the others, Esc gives these keys back."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

import pytest
from other_frames import ip, over_ethernet, pcap
from screen_lines import screen_lines
from web_captures import GET, record, response

from tcptui.session.searching.hit import Hit, SearchIn
from tcptui.session.session import Session, open_file
from tcptui.ui.follow.lines import Form
from tcptui.ui.follow.marks import marks_of
from tcptui.ui.follow.screen import FollowScreen
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.search import results as results_module
from tcptui.ui.search.results import SearchResults
from tcptui.ui.search.screen import SearchScreen
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import ACK, PSH, turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


@pytest.fixture
def session(wire: Wire, tmp_path: Path) -> Session:
    """Three connections; `trace-7` in packet 4 (split: it ends in 5), twice in 9, and once in 13."""
    sent = ((b"GET /?t=tra", b"ce-7 HTTP/1.1"), (b"trace-7 and trace-7", b"x"), (b"last trace-7", b"y"))
    for number, pieces in enumerate(sent):
        ms, client, seq = 1000 * number, f"10.0.0.{number + 1}:40001", 1001
        wire.handshake(ms, client, "192.0.2.10:80")
        for piece in pieces:
            wire.tcp(ms + 50, client, "192.0.2.10:80", PSH | ACK, seq, 9001, payload=piece)
            seq += len(piece)
    return open_file(wire.pcap(tmp_path / "three.pcap"))


async def settled(pilot: Pilot[object]) -> SearchScreen:
    async for _ in turns():
        screen = pilot.app.screen
        if isinstance(screen, SearchScreen) and screen.settled:
            await pilot.pause()
            return screen
    raise AssertionError("the search did not end")


async def searched(shown: Shown, text: str, *keys: str) -> SearchScreen:
    await shown.pilot.press("ctrl+f")
    await shown.pilot.press(*text, "enter")
    screen = await settled(shown.pilot)
    for key in keys:
        await shown.pilot.press(key)
        screen = await settled(shown.pilot)
    return screen


def frame(shown: Shown) -> int:
    return int(shown.screen.session.store.frame[shown.screen.workspace.row])


def text(screen: object) -> str:
    return "\n".join(screen_lines(screen))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (100, 30), (200, 50)])
async def test_hits_are_listed_with_their_packets_at_every_size(
    session: Session, show: Show, language: Language, size: tuple[int, int]
) -> None:
    async with show(session, size, language) as shown:
        screen = await searched(shown, "trace-7")
        assert [int(session.store.frame[hit.row]) for hit in screen.results.hits] == [4, 9, 9, 14]  # type: ignore[union-attr]
        lines = [line for line in screen_lines(screen)[2:] if "trace-7" in line]
        assert len(lines) == 4
        assert lines[0].split()[0] == "4"
        assert ("192.0.2.10:80" in lines[0]) == (size[0] >= 100)
        # A short list leaves room for the packet under the cursor.
        assert any("Frame 4:" in line for line in screen_lines(screen)) == (size[1] > 16)
        await shown.pilot.press("down")
        assert (await settled(shown.pilot)).headers.has_class("-beside") == (size[0] >= 160)
        assert any("Frame 9:" in line for line in screen_lines(screen)) == (size[1] > 16)


async def test_enter_goes_to_the_packet_and_n_to_the_others_until_esc(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await searched(shown, "trace-7", "down")
        await shown.pilot.press("enter")
        await shown.settle()
        assert frame(shown) == 9
        assert "Hit 2 of 4" in text(shown.screen)
        seen = []
        for key in ("n", "n", "n", "N"):
            await shown.press(key)
            seen.append(frame(shown))
        assert seen == [9, 14, 4, 14]  # the other hit in the same packet comes first
        assert "n next hit  N hit before  Esc no more hits" in shown.lines()[-1]
        assert "problem" not in shown.lines()[-1]

        await shown.press("escape")
        assert shown.screen.workspace.found is None
        assert "n and N go to problems again" in text(shown.screen)
        assert frame(shown) == 14
        await shown.press("n")
        assert "Hit" not in text(shown.screen)


def coloured(shown: Shown, data: bytes) -> dict[int, bytes]:
    """The bytes that are coloured in the hex pane, by the number of their search."""
    found = shown.screen.workspace.headers.hex_pane._found
    return {
        number: bytes(byte for byte, each in zip(data, found, strict=True) if each == number)
        for number in set(found) - {0}
    }


async def test_found_bytes_stay_coloured_after_esc_until_the_search_is_removed(session: Session, show: Show) -> None:
    async with show(session, (200, 50)) as shown:
        await searched(shown, "trace-7", "down")
        await shown.pilot.press("enter")
        await shown.settle()
        data = session.reader.data(shown.screen.workspace.row)
        assert coloured(shown, data) == {1: b"trace-7trace-7"}
        await shown.press("escape")
        assert coloured(shown, data) == {1: b"trace-7trace-7"}
        await shown.pilot.press("ctrl+f")
        await settled(shown.pilot)
        await shown.pilot.press("delete", "escape")
        await shown.settle()
        assert coloured(shown, data) == {}


async def test_match_is_coloured_in_every_packet_that_it_goes_through(session: Session, show: Show) -> None:
    async with show(session, (200, 50)) as shown:
        await searched(shown, "~T.*e-7")
        await shown.pilot.press("enter")
        await shown.settle()
        seen = [coloured(shown, session.reader.data(shown.screen.workspace.row))]
        await shown.press("down")
        seen.append(coloured(shown, session.reader.data(shown.screen.workspace.row)))

    assert seen == [{1: b"T /?t=tra"}, {1: b"ce-7"}]


async def test_another_text_takes_the_place_of_the_last_one_and_a_moved_cursor_edits_it(
    session: Session, show: Show
) -> None:
    async with show(session, (120, 40)) as shown:
        await searched(shown, "trace")
        await shown.pilot.press("slash", *"id", "enter")
        replaced = (await settled(shown.pilot)).legend.text
        await shown.pilot.press("slash", "end", "x", "enter")
        edited = (await settled(shown.pilot)).legend.text

    assert " 1 trace (4)  ▸2 id (" in replaced
    assert "▸2 idx (0)" in edited


async def test_last_searches_stay_marked_each_with_its_number(session: Session, show: Show) -> None:
    async with show(session, (200, 50)) as shown:
        screen = await searched(shown, "trace")
        assert "another search" not in text(screen), "there is none"
        await shown.pilot.press("slash", "ctrl+u", *"~-[0-9]", "enter")
        screen = await settled(shown.pilot)
        assert screen.legend.text == " 1 trace (4)  ▸2 ~-[0-9] (4)"
        assert "1 2 another search" in text(screen)
        await shown.pilot.press("down", "enter")
        await shown.settle()
        data = session.reader.data(shown.screen.workspace.row)
        assert coloured(shown, data) == {1: b"tracetrace", 2: b"-7-7"}
        assert "1  trace (4)" in text(shown.screen)
        assert "Ctrl+F: switch, remove" in text(shown.screen)
        ladder = shown.screen.workspace.ladder
        marks = [ladder._found(int(row))[0].text for row in ladder.rows]
        assert marks == ["  ", "  ", "  ", "2", "  "]

        await shown.pilot.press("ctrl+f")
        await settled(shown.pilot)
        await shown.pilot.press("1", "enter")
        await shown.settle()
        assert shown.screen.workspace.highlights.followed == 1
        assert ladder._found(int(ladder.rows[3]))[0].text == "1"
        assert "trace" in shown.screen.hint_line.notice

        shown.screen.action_drop_highlights()
        await shown.settle()
        assert coloured(shown, data) == {}
        assert ladder._found(int(ladder.rows[3])) == []
        assert "Ctrl+F: switch" not in text(shown.screen)


async def test_search_that_found_nothing_makes_room_for_the_next(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await searched(shown, "nowhere")
        for typed in ("trace", "e-7", "GET", "HTTP", "last"):
            await shown.pilot.press("slash", "ctrl+u", *typed, "enter")
            screen = await settled(shown.pilot)

        assert [(number, results.text) for number, results in screen.highlights.kept.items()] == [
            (1, "last"), (2, "e-7"), (3, "GET"), (4, "HTTP"),
        ]  # fmt: skip


async def test_text_that_is_looked_for_again_has_one_mark(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await searched(shown, "GET")
        for typed in ("HTTP", "nowhere", "GET"):
            await shown.pilot.press("slash", "ctrl+u", *typed, "enter")
            screen = await settled(shown.pilot)

        assert [(number, results.text) for number, results in screen.highlights.kept.items()] == [
            (1, "GET"), (2, "HTTP"),
        ]  # fmt: skip
        assert screen.number == 1


async def test_marks_of_a_search_are_in_the_followed_stream_too(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await searched(shown, "trace-7")
        await shown.pilot.press("slash", "ctrl+u", *"HTTP", "enter")
        await settled(shown.pilot)
        await shown.pilot.press("enter", "F", "g")  # the byte under the cursor is drawn otherwise
        await shown.pilot.pause()
        screen = shown.pilot.app.screen
        assert isinstance(screen, FollowScreen)
        view = screen.view
        line = next(y for y in range(view.size.height) if "trace-7" in view.render_line(y).text)
        shown_as = {
            number: "".join(
                segment.text
                for segment in view.render_line(line)
                if segment.style and segment.style.bgcolor == view.palette.hit(number).bgcolor
            )
            for number in (1, 2)
        }
        assert screen.legend.text == " 1 trace-7 (4)  ▸2 HTTP (1)"

    assert shown_as == {1: "trace-7", 2: "HTTP"}


async def test_marks_of_searches_are_in_what_is_shown_decoded_too(show: Show, tmp_path: Path) -> None:
    """A text in a compressed body, which no search finds in the bytes; an expression's hit as it was sent."""
    body = gzip.compress(b"the trace-7 of it")
    answer = response(body, "Content-Encoding: gzip", "X-Trace: trace-7")
    session = open_file(record(tmp_path, [(0, "C", GET), (20, "S", answer)]))
    async with show(session) as shown:
        await searched(shown, "trace-7")
        await shown.pilot.press("slash", "ctrl+u", *"~host: [a-z.]+", "enter")
        await settled(shown.pilot)
        await shown.pilot.press("enter", "F", "3", "g")
        await shown.pilot.pause()
        screen = shown.pilot.app.screen
        assert isinstance(screen, FollowScreen)
        view = screen.view
        assert view.form is Form.DECODED
        marked = [
            (number, segment.text)
            for y in range(view.size.height)
            for segment in view.render_line(y)
            for number in (1, 2)
            if segment.style and segment.style.bgcolor == view.palette.hit(number).bgcolor
        ]

    assert "".join(text for number, text in marked if number == 1) == "trace-7" * 2
    assert "".join(text for number, text in marked if number == 2) == "Host: a.example"


async def test_hits_in_packets_are_marked_in_the_followed_stream_where_they_are_payload(
    session: Session, show: Show
) -> None:
    async with show(session) as shown:
        screen = await searched(shown, "0x652d37", "tab")
        directions = session.directions(0)
        marks = [side.tolist() for side in marks_of(screen.highlights, 0, directions, session.store)]
        await shown.pilot.press("slash", "ctrl+u", *"0x45", "enter")
        headers = marks_of((await settled(shown.pilot)).highlights, 0, directions, session.store)

    assert marks == [[[12, 15, 1]], []]
    assert [mark for mark in headers[0].tolist() if mark[2] == 2] == [[1, 2, 2]], "the E of GET, not that of IP headers"


async def test_wrong_expression_is_told_under_its_place_and_not_searched(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await shown.pilot.press("ctrl+f", *"~ab)c", "enter")
        await shown.pilot.pause()
        screen = shown.pilot.app.screen
        assert isinstance(screen, SearchScreen)
        lines = screen_lines(screen)
        at = next(y for y, line in enumerate(lines) if "~ab)c" in line)
        assert lines[at + 1].index("^") == lines[at].index("~ab)c") + 3
        assert "unmatched )" in lines[at + 1]
        assert screen.results is None
        assert screen.prompt.is_open

        await shown.pilot.press("ctrl+u", *"~(tra")
        await shown.pilot.pause()
        assert not any("^" in line for line in screen_lines(screen)), "what is not finished is not wrong yet"
        await shown.pilot.press(*"ce)", "enter")
        assert (await settled(shown.pilot)).results is not None


async def test_expression_that_takes_too_long_is_told_and_hits_before_it_stay(
    wire: Wire, tmp_path: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcptui.session.filtering.patterns.LONGEST", 0.2)
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80", b"xaay")
    wire.clean(1000, "10.0.0.1:40002", "192.0.2.10:80", b"x" + b"a" * 60 + b"b")
    async with show(open_file(wire.pcap(tmp_path / "slow.pcap"))) as shown:
        screen = await searched(shown, "~x(a|aa)+y")
        assert [hit.stream for hit in screen.results.hits] == [0]  # type: ignore[union-attr]
        assert "too slow" in text(screen)


@pytest.mark.parametrize("language", Language)
async def test_all_places_are_in_sight_before_anything_is_searched_for(
    session: Session, show: Show, language: Language
) -> None:
    words = Words(language)
    async with show(session, (60, 16), language) as shown:
        await shown.pilot.press("ctrl+f")
        for place in SearchIn:
            lines = screen_lines(shown.pilot.app.screen)
            assert all(f" {words(f'search.place.{each.value}')} " in lines[0] for each in SearchIn)
            assert words(f"search.in.{place.value}") in lines[2]
            assert f"Tab {words('search.hint.place')}" in lines[-1]
            await shown.pilot.press("tab")
        await shown.pilot.press("tab", *"trace-7", "enter")
        screen = await settled(shown.pilot)

    assert screen.results is not None
    assert screen.results.where is SearchIn.PACKETS


async def test_place_that_was_chosen_while_typing_is_forgotten_with_the_text(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await searched(shown, "trace-7")
        await shown.pilot.press("slash", "tab", "x", "escape")
        screen = await settled(shown.pilot)
        await shown.pilot.pause()
        assert "trace-7: 4 hits" in screen_lines(screen)[1]
        await shown.pilot.press("tab")
        screen = await settled(shown.pilot)
        assert screen.results is not None
        assert screen.results.where is SearchIn.PACKETS


async def test_search_without_a_hit_hints_at_no_packet(session: Session, show: Show) -> None:
    async with show(session) as shown:
        assert "Enter go to the packet" in screen_lines(await searched(shown, "trace-7"))[-1]
        await shown.pilot.press("slash", "ctrl+u", *"nowhere", "enter")
        hints = screen_lines(await settled(shown.pilot))[-1]

    assert "Enter" not in hints
    assert "Tab look elsewhere" in hints


async def test_connections_of_hits_are_no_wider_than_they_are(session: Session, show: Show) -> None:
    async with show(session, (200, 50)) as shown:
        heading, first = screen_lines(await searched(shown, "trace-7"))[2:4]

    begin = heading.index("connection")
    assert heading.index("found in") - begin == len("10.0.0.1:40001 → 192.0.2.10:80") + 2
    assert first[begin:].startswith("10.0.0.1:40001")


async def test_long_ends_get_what_the_texts_leave(tmp_path: Path, show: Show) -> None:
    client, server = "2003:de:2016:125:fcf2:1d9f:5a4c:8a2e", "2a00:1450:4001:80b:1234:5678:9abc:200e"
    data = struct.pack("!HHIIHHHH", 50123, 44300, 1000, 0, 5 << 12 | ACK, 64240, 0, 0) + b"short text"
    path = tmp_path / "six.pcap"
    path.write_bytes(pcap([over_ethernet(ip(client, server, 6, data))]))
    async with show(open_file(path), (160, 45)) as shown:
        line = screen_lines(await searched(shown, "text"))[3]

    assert f"[{client}]:50123 → [{server}]:44300  short text" in line


async def test_time_of_years_does_not_touch_the_number_of_its_packet(wire: Wire, tmp_path: Path, show: Show) -> None:
    for place, ms in enumerate((0, 5e10, 1.2e11)):
        wire.tcp(ms, "10.0.0.1:40001", "192.0.2.10:80", PSH | ACK, 1001 + 8 * place, 9001, payload=b"far away")
    async with show(open_file(wire.pcap(tmp_path / "years.pcap")), (100, 30)) as shown:
        lines = screen_lines(await searched(shown, "away"))[3:6]

    assert [line.split()[:2] for line in lines] == [
        ["1", "0.000000"],
        ["2", "50000000.000000"],
        ["3", "120000000.000000"],
    ]


async def test_tab_looks_for_the_same_elsewhere(session: Session, show: Show) -> None:
    async with show(session) as shown:
        screen = await searched(shown, "trace-7", "tab")
        assert screen.results is not None
        assert screen.results.where is SearchIn.PACKETS
        assert [int(session.store.frame[hit.row]) for hit in screen.results.hits] == [9, 9, 14]
        await shown.pilot.press("tab", "tab")
        screen = await settled(shown.pilot)
        assert "trace-7 was not found in the findings" in text(screen)


async def test_search_is_there_again_when_it_is_opened_again(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await searched(shown, "trace-7")
        await shown.pilot.press("escape")
        assert isinstance(shown.pilot.app.screen, MainScreen)
        assert shown.screen.workspace.found is None
        await shown.pilot.press("ctrl+f")
        screen = await settled(shown.pilot)
        assert screen.results is not None
        assert len(screen.results.hits) == 4
        await shown.pilot.press("slash", "ctrl+u", *"last", "enter")
        assert [hit.context for hit in (await settled(shown.pilot)).results.hits] == ["last trace-7y"]  # type: ignore[union-attr]


async def test_esc_in_the_first_prompt_closes_the_screen(session: Session, show: Show) -> None:
    async with show(session) as shown:
        await shown.pilot.press("ctrl+f", "escape")
        await shown.pilot.pause()
        assert shown.pilot.app.screen is shown.screen


async def test_hits_are_copied_without_anything_that_moves_a_terminal(wire: Wire, tmp_path: Path, show: Show) -> None:
    wire.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.tcp(50, "10.0.0.1:40001", "192.0.2.10:80", PSH | ACK, 1001, 9001, payload=b"\x1b]0;needle\x07[b]")
    async with show(open_file(wire.pcap(tmp_path / "hostile.pcap"))) as shown:
        screen = await searched(shown, "needle")
        await shown.pilot.press("y")
        await shown.pilot.pause()
        assert shown.pilot.app.clipboard == "4\t10.0.0.1:40001 → 192.0.2.10:80\t.]0;needle.[b]"
        assert ".]0;needle.[b]" in text(screen)


async def test_packet_that_is_not_tcp_opens_in_the_list_of_those(wire: Wire, tmp_path: Path, show: Show) -> None:
    wire._ip(0, "10.0.0.1", "10.0.0.9", 17, b"\x00\x35\x00\x35\x00\x10\x00\x00needle!!")
    wire.clean(100, "10.0.0.1:40001", "192.0.2.10:80")
    async with show(open_file(wire.pcap(tmp_path / "udp.pcap"))) as shown:
        await searched(shown, "needle", "tab")
        await shown.pilot.press("enter")
        await shown.pilot.pause()
        assert type(shown.pilot.app.screen).__name__ == "OtherScreen"


async def test_next_hit_goes_on_from_one_that_a_filter_hides(session: Session, show: Show) -> None:
    async with show(session) as shown:
        shown.screen.controllers.filtering.filter_by("frame.number == 4 or frame.number == 13")
        await shown.settle()
        await searched(shown, "trace-7")
        await shown.pilot.press("enter")
        seen = []
        for _ in range(4):
            await shown.press("n")
            hit = shown.screen.workspace.hit
            assert hit is not None
            seen.append((int(session.store.frame[hit.row]), frame(shown)))

    assert [at for at, _ in seen] == [9, 9, 14, 4]
    assert {shown for _, shown in seen} <= {4, 13}


async def test_next_hit_goes_on_from_one_that_is_not_tcp(wire: Wire, tmp_path: Path, show: Show) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80", b"needle")
    wire._ip(500, "10.0.0.1", "10.0.0.9", 17, b"\x00\x35\x00\x35\x00\x10\x00\x00needle!!")
    wire.clean(1000, "10.0.0.1:40002", "192.0.2.10:80", b"needle")
    async with show(open_file(wire.pcap(tmp_path / "udp.pcap"))) as shown:
        await searched(shown, "needle", "tab")
        await shown.pilot.press("enter")
        visited = []
        for _ in range(3):
            hit = shown.screen.workspace.hit
            assert hit is not None
            visited.append(hit.stream)
            while shown.pilot.app.screen is not shown.screen:
                await shown.pilot.press("escape")
                await shown.pilot.pause()
            await shown.pilot.press("n")
            await shown.pilot.pause()

    assert visited == [0, -1, 1]


async def test_hit_that_was_evicted_is_told_and_not_gone_to(
    session: Session, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with show(session) as shown:
        await searched(shown, "trace-7")
        await shown.pilot.press("enter")
        await shown.settle()
        before = shown.screen.workspace.connections.stream
        monkeypatch.setattr(session.store, "first", int(session.store.count) - 1)
        await shown.pilot.press("n")
        await shown.pilot.pause()
        assert "of 4 was discarded" in text(shown.screen)
        assert shown.screen.workspace.connections.stream == before
        monkeypatch.undo()


async def test_capture_that_has_grown_is_looked_through_anew(session: Session, show: Show) -> None:
    async with show(session) as shown:
        first = (await searched(shown, "trace-7")).results
        await shown.pilot.press("escape", "ctrl+f")
        again = (await settled(shown.pilot)).results
        assert first is again
        assert first is not None
        first.packets -= 1
        await shown.pilot.press("escape", "ctrl+f")
        grown = (await settled(shown.pilot)).results

    assert grown is not first
    assert grown is not None
    assert (grown.hits, grown.is_complete) == (first.hits, True)


def hit(row: int, start: int) -> Hit:
    return Hit(row, 0, start, 1, "x", 0, 1)


def test_hits_are_kept_in_the_order_of_packets_whatever_order_they_come_in() -> None:
    results = SearchResults("x", SearchIn.STREAMS, 0)
    results.add([hit(5, 60), hit(1, 40), hit(5, 50)])

    assert [each.place for each in results.hits] == [(1, 40), (5, 50), (5, 60)]
    assert results.spans_in(5) == [(50, 1), (60, 1)]
    assert [results.next_from(place, 1) for place in ((0, -1), (1, 40), (5, 50), (5, 60))] == [0, 1, 2, 0]
    assert [results.next_from(place, -1) for place in ((1, 40), (5, 50), (9, -1))] == [2, 0, 2]


def test_no_more_hits_are_kept_than_anybody_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_module, "MOST", 3)
    results = SearchResults("x", SearchIn.PACKETS, 0)
    results.add(hit(row, 0) for row in range(9))

    assert results.is_full
    assert [each.row for each in results.hits] == [0, 1, 2]
