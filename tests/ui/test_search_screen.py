"""Ctrl+F: hits in the whole capture; Enter goes to one, `n` and `N` to the others, Esc gives these keys back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from screen_lines import screen_lines

from tcptui.session.searching.hit import Hit, SearchIn
from tcptui.session.session import Session, open_file
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.search import results as results_module
from tcptui.ui.search.results import SearchResults
from tcptui.ui.search.screen import SearchScreen
from tcptui.words.language import Language
from tests.ui.conftest import ACK, PSH

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
    for _ in range(4000):
        screen = pilot.app.screen
        if isinstance(screen, SearchScreen) and screen.settled:
            await pilot.pause()
            return screen
        await asyncio.sleep(0.005)
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
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
async def test_hits_are_listed_with_their_packets_at_every_size(
    session: Session, show: Show, language: Language, size: tuple[int, int]
) -> None:
    async with show(session, size, language) as shown:
        screen = await searched(shown, "trace-7")
        assert [int(session.store.frame[hit.row]) for hit in screen.results.hits] == [4, 9, 9, 14]  # type: ignore[union-attr]
        lines = [line for line in screen_lines(screen)[2:] if "trace-7" in line]
        assert len(lines) == 4
        assert lines[0].split()[0] == "4"


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


async def test_found_bytes_are_coloured_in_the_hex_pane_and_plain_again_after_esc(session: Session, show: Show) -> None:
    async with show(session, (200, 50)) as shown:
        await searched(shown, "trace-7", "down")
        await shown.pilot.press("enter")
        await shown.settle()
        pane = shown.screen.workspace.headers.hex_pane
        data = session.data(shown.screen.workspace.row)
        assert bytes(byte for byte, found in zip(data, pane._found, strict=True) if found) == b"trace-7trace-7"
        await shown.press("escape")
        assert not any(pane._found)


async def test_tab_looks_for_the_same_elsewhere(session: Session, show: Show) -> None:
    async with show(session) as shown:
        screen = await searched(shown, "trace-7", "tab")
        assert screen.results is not None
        assert screen.results.where is SearchIn.PACKETS
        assert [int(session.store.frame[hit.row]) for hit in screen.results.hits] == [9, 9, 14]
        await shown.pilot.press("tab", "tab")
        screen = await settled(shown.pilot)
        assert "trace-7 is nowhere in the findings" in text(screen)


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
        shown.screen.filter_by("frame.number == 4 or frame.number == 13")
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
        assert "of 4 has left the capture" in text(shown.screen)
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
