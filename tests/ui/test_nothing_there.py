"""Screens of a capture without packets say so, and hint at no key that has nothing to act on."""

from __future__ import annotations

import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from other_frames import arp, dns_query, ip, over_ethernet, pcap, udp
from running_source import RunningSource
from screen_lines import screen_lines

from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.groups.screen import GroupsScreen
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.other.screen import OtherScreen
from tcptui.ui.overview.screen import OverviewScreen
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.protocol_list import any_protocol
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

HEADER = 24
SIZES = [(60, 16), (80, 24), (120, 40), (200, 50)]
SYN = struct.pack("!HHIIHHHH", 40001, 80, 1000, 0, 5 << 12 | 2, 64240, 0, 0)


@asynccontextmanager
async def silent(tmp_path: Path) -> AsyncIterator[tuple[Pilot[object], RunningSource, bytes]]:
    """A live capture that nothing has come from so far, and a packet of it that is no TCP."""
    data = pcap([arp(1, "10.0.0.1", "10.0.0.2")])
    source = RunningSource(data[:HEADER], directory=tmp_path)
    app = TcptuiApp(Session([source]), Language.EN, ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: isinstance(app.screen, MainScreen))
        yield pilot, source, data[HEADER:]


def text(pilot: Pilot[object]) -> str:
    return "\n".join(screen_lines(pilot.app.screen))


def plain(shown: Shown) -> str:
    """What stands on the terminal without blanks and lines, so that no wrapped sentence is missed."""
    return "".join("".join(shown.lines()).translate({ord(sign): None for sign in "│▂▃▄▅▆▇█▁"}).split())


async def opened(pilot: Pilot[object], key: str, screen: type[OtherScreen | OverviewScreen | GroupsScreen]) -> None:
    await pilot.press(key)
    await until(lambda: isinstance(pilot.app.screen, screen) and pilot.app.screen.settled)
    await pilot.pause()


async def test_overview_of_nothing_casts_no_doubt_on_it(tmp_path: Path) -> None:
    async with silent(tmp_path) as (pilot, _source, _packet):
        await opened(pilot, "0", OverviewScreen)
        assert "No TCP connection yet." in text(pilot)
        assert "Trust" not in text(pilot)


async def test_list_of_other_packets_begins_with_the_first_one(tmp_path: Path) -> None:
    async with silent(tmp_path) as (pilot, source, packet):
        await opened(pilot, "u", OtherScreen)
        lines = screen_lines(pilot.app.screen)
        assert lines[0].strip() == "No packet yet."
        assert not "".join(lines[1:-1]).strip()
        assert "Enter" not in lines[-1]
        source.give(packet, 1)
        await until(lambda: "Enter conversations" in text(pilot))
        assert "Not TCP: 1 packet" in text(pilot)
        await until(lambda: "ARP" in text(pilot))


async def test_live_capture_shows_what_there_is_until_tcp_comes(tmp_path: Path) -> None:
    packets = [arp(1, "10.0.0.1", "10.0.0.2"), udp("10.0.0.1:53000", "10.0.0.2:53", dns_query(1, "a.example"))]
    more = pcap([*packets, over_ethernet(ip("10.0.0.1", "10.0.0.2", 6, SYN))])[HEADER:]
    split = len(pcap(packets)) - HEADER
    async with silent(tmp_path) as (pilot, source, _packet):
        source.give(more[:split], 2)
        await until(lambda: "ARP who has" in text(pilot))
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            listed = [line.split() for line in screen_lines(pilot.app.screen)]
            assert any(line[:6] == ["ARP", "1", "50.0", "%", "42", "B"] for line in listed), size
            assert any("DNS query A a.example" in " ".join(line) for line in listed), size
            assert "u opens protocols, conversations" in text(pilot), size
        await pilot.press("2")
        await until(lambda: "No TCP connection yet: u lists 2 other packets." in text(pilot))
        assert "u opens protocols" not in text(pilot), "the timeline is what was asked for"
        await pilot.press("1")
        source.give(more[split:], 1)
        await until(lambda: "SYN-SENT" in text(pilot) and "u opens protocols" not in text(pilot))


async def test_groups_of_nothing_are_not_chosen_from(tmp_path: Path) -> None:
    async with silent(tmp_path) as (pilot, _source, _packet):
        await opened(pilot, "b", GroupsScreen)
        assert "No connection has been read yet." in text(pilot)
        assert "Enter" not in screen_lines(pilot.app.screen)[-1]


@pytest.mark.parametrize("language", Language)
async def test_file_without_packets_does_not_say_that_some_may_come(tmp_path: Path, language: Language) -> None:
    path, words = tmp_path / "none.pcap", Words(language)
    path.write_bytes(pcap([]))
    app = TcptuiApp(open_file(path), language, ViewOptions(numeric=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, "b", GroupsScreen)
        assert words("groups.empty-file") in text(pilot)
        await pilot.press("escape")
        await opened(pilot, "u", OtherScreen)
        assert words("other.nothing-at-all") in text(pilot)


@pytest.mark.parametrize("has_tcp", [True, False])
async def test_capture_without_tcp_is_not_praised(wire: Wire, tmp_path: Path, has_tcp: bool) -> None:
    wire.clean(100, "10.0.0.1:40001", "192.0.2.10:80")
    path = wire.pcap(tmp_path / "some.pcap")
    if not has_tcp:
        path.write_bytes(pcap([arp(1, "10.0.0.1", "10.0.0.2")]))
    app = TcptuiApp(open_file(path), Language.EN, ViewOptions(numeric=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, "0", OverviewScreen)
        verdict = app.screen.query_one("#overview-head").lines[0]  # type: ignore[attr-defined]

    assert verdict.style == ("good" if has_tcp else "plain")


async def test_list_that_is_narrowed_to_nothing_hints_at_what_widens_it(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (120, 40)) as shown:
        before = shown.lines()[-1]
        await shown.press("slash", *"zzzz", "enter")
        narrowed = shown.lines()[-1].split()
        await shown.press("escape")
        after = shown.lines()[-1]

    assert " ".join(narrowed) == "? help Esc list all R requests Ctrl+F search / filter q quit"
    assert after == before
    assert "Enter open" in before


async def test_list_that_a_filter_empties_tells_of_no_words_typed_on_the_way(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session, (120, 40)) as shown:
        await shown.press("slash", "t", "c", "p", "full_stop", *"port", "equals_sign", "equals_sign", *"9999", "enter")
        lines = "\n".join(shown.lines())

    assert lines.count("No connection has a packet that passes the filter.") == 1
    assert "“tc”" not in lines


@pytest.mark.parametrize("language", Language)
async def test_words_in_no_row_are_told_once_with_what_to_do(
    mixed_session: Session, show: Show, language: Language
) -> None:
    words = Words(language)
    said = words("screen.list.no_match", text="zzz")
    sizes = [(60, 16), (80, 24), (100, 30), (160, 45), (250, 70)]
    async with show(mixed_session, sizes[0], language) as shown:
        for size in sizes:
            await shown.resize(size)
            await shown.press("slash", *"zzz", "enter")
            told = plain(shown)
            assert told.count(said[:16].replace(" ", "")) == 1, size
            assert words("screen.unmatched.all").replace(" ", "") in told, size
            if size[0] >= 100:
                for way in ("words", "search", "requests", "other"):
                    assert words(f"screen.unmatched.{way}").replace(" ", "") in told, size
                workspace = shown.screen.workspace
                assert workspace.explain.region.width == size[0]
                assert workspace.explain.region.bottom == workspace.region.bottom
            await shown.press("2")
            assert words("screen.ladder.empty").replace(" ", "") in plain(shown), size
            await shown.press("1", "escape")
            assert shown.screen.workspace.connections.row_count == 4
            assert words("screen.unmatched.all").replace(" ", "") not in plain(shown), size
            if size[0] >= 100:
                assert shown.screen.workspace.ladder.region.area


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_filter_that_no_connection_passes_says_once_what_to_do(
    mixed_session: Session, show: Show, size: tuple[int, int]
) -> None:
    words = Words(Language.EN)
    async with show(mixed_session, size) as shown:
        await shown.press("slash", *"ip.ttl==7", "enter")
        await until(lambda: not shown.screen.workspace.connections.row_count)
        await shown.settle()
        told = plain(shown)
        assert told.count("Noconnectionhasapacketthatpasses") == 1
        assert words("screen.unmatched.lift").replace(" ", "") in told
        await shown.press("backslash")
        assert shown.screen.workspace.connections.row_count == 4


async def test_key_that_saves_what_matches_is_hinted_at_while_a_filter_is_on(
    mixed_session: Session, show: Show
) -> None:
    async with show(mixed_session, (80, 24)) as shown:
        assert "W save" not in shown.lines()[-1]
        await shown.press("slash", *"tcp.flags.syn==1", "enter")
        await until(lambda: shown.screen.workspace.matching is not None)
        await shown.settle()
        for pane in "12":
            await shown.press(pane)
            assert "W save matching" in shown.lines()[-1]
        await shown.press("backslash")
        assert "W save" not in shown.lines()[-1]


async def test_packets_in_no_connection_that_pass_the_filter_can_be_saved(tmp_path: Path, show: Show) -> None:
    path = tmp_path / "some.pcap"
    question = udp("10.0.0.1:53000", "10.0.0.2:53", dns_query(1, "a.example"))
    path.write_bytes(pcap([question, over_ethernet(ip("10.0.0.1", "10.0.0.2", 6, SYN))]))
    async with show(open_file(path), (80, 24)) as shown:
        await shown.press("slash", *"dns", "enter")
        await until(lambda: not shown.screen.workspace.connections.row_count)
        await shown.settle()
        assert "W save matching" in shown.lines()[-1]
        await shown.press("slash", *("backspace",) * 3, *"smtp", "enter")
        await until(lambda: not shown.screen.workspace.matching.account.matched)
        await shown.settle()
        assert "W save" not in shown.lines()[-1], "there is nothing to save"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    ("typed", "nearest"), [("http.response.cod", "http.response.code"), ("tcp.prt", "tcp.port"), ("tcp.zzzzzz", "")]
)
async def test_misspelt_field_is_said_to_have_been_taken_for_a_word(
    mixed_session: Session, show: Show, typed: str, nearest: str, language: Language
) -> None:
    words = Words(language)
    key = "screen.unmatched.field" if nearest else "screen.unmatched.no_field"
    async with show(mixed_session, (80, 24), language) as shown:
        await shown.press("slash", *("full_stop" if sign == "." else sign for sign in typed), "enter")
        told = plain(shown)
        assert words(key, word=typed, field=nearest).replace(" ", "") in told
        await shown.press("escape", "slash", *"zzz", "enter")
        assert words("screen.unmatched.no_field", word="zzz").replace(" ", "") not in plain(shown)


#: Keys that open a page with nothing on it, and what stands there instead.
EMPTY_PAGES = {
    ("ctrl+f", *"qqqq", "enter"): ("search.empty.nothing", "SearchScreen"),
    ("x",): ("export.none", "ExportScreen"),
    ("u",): ("other.none.why", "OtherScreen"),
    ("F",): ("follow.nothing", "FollowScreen"),
    ("R", "tab"): ("requests.empty.all", "RequestsScreen"),
    ("b",): ("groups.empty-file", "GroupsScreen"),
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("keys", EMPTY_PAGES, ids=lambda keys: keys[0])
async def test_empty_page_says_what_is_not_there_and_what_to_do_next(
    wire: Wire, tmp_path: Path, show: Show, keys: tuple[str, ...], language: Language
) -> None:
    words = Words(language)
    if keys != ("b",):
        wire.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    key, screen = EMPTY_PAGES[keys]
    protocols = any_protocol(words, "requests.protocol")
    said = words(key, text="qqqq", place=words("search.in.streams"), protocols=protocols).replace(" ", "")
    assert "Esc" in said or "/" in said
    async with show(open_file(wire.pcap(tmp_path / "silent.pcap")), SIZES[0], language) as shown:
        await shown.press(*keys)
        for size in SIZES:
            await shown.pilot.resize_terminal(*size)
            await until(lambda: said in "".join("".join(screen_lines(shown.pilot.app.screen)).split()))
            assert type(shown.pilot.app.screen).__name__ == screen


@pytest.mark.parametrize(("keys", "name"), [(("F",), "FollowScreen"), (("R",), "RequestsScreen")])
async def test_connection_without_a_byte_has_its_packets_below_the_reason(
    wire: Wire, tmp_path: Path, show: Show, keys: tuple[str, ...], name: str
) -> None:
    wire.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    async with show(open_file(wire.pcap(tmp_path / "silent.pcap")), (60, 16)) as shown:
        await shown.press(*keys)
        screen = shown.pilot.app.screen
        assert type(screen).__name__ == name
        for size in ((60, 16), (120, 40), (200, 50)):
            await shown.pilot.resize_terminal(*size)
            await until(lambda: getattr(screen, "settled", False))
            await shown.pilot.pause()
            lines = screen_lines(screen)
            packets = next(place for place, line in enumerate(lines) if "Packets of connection 0" in line)
            assert "Esc" in "".join(lines[:packets]) or "Tab" in "".join(lines[:packets]), size
            assert any("SYN ACK" in line for line in lines[packets:]), size
