"""`u`: the packets that are not TCP, from protocols down to the bytes of one, and the ways in and out."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from captures import HOSTILE, START_NS, mixed
from datagrams import names
from other_frames import arp, dns_answer, dns_query, icmp, ip, pcap, udp
from screen_lines import screen_lines

from tcptui.model.other_protocol import ARP
from tcptui.session.other_tables import other_lines, other_packets, other_pairs
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.other import screen as screen_module
from tcptui.ui.other.screen import STACKED_HEIGHT, OtherScreen
from tcptui.ui.overview.screen import OverviewScreen
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import settled, turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from textual.pilot import Pilot

    SnapCompare = Callable[..., bool]

pytestmark = pytest.mark.painted

CLIENT, RESOLVER = "10.0.0.1", "10.0.0.53"
ASKED = udp(f"{CLIENT}:40000", f"{RESOLVER}:53", dns_query(1, "a.example"))
ANSWERED = udp(f"{RESOLVER}:53", f"{CLIENT}:40000", dns_answer(1, "a.example", ["192.0.2.10"]))
REFUSED = icmp(RESOLVER, CLIENT, 3, 3, bytes(4) + ASKED[14:])
FRAMES = [ASKED, ANSWERED, arp(1, CLIENT, RESOLVER), arp(2, RESOLVER, CLIENT), ASKED, REFUSED]
SIZES = [(60, 16), (80, 24), (120, 40), (200, 50)]


@pytest.fixture
def udp_only(tmp_path: Path) -> Session:
    """Six packets, none TCP: DNS 1, 2, 5, ARP 3, 4, and 6 an ICMP error about DNS."""
    path = tmp_path / "udp.pcap"
    path.write_bytes(pcap(FRAMES))
    return open_file(path)


@pytest.fixture
def among_tcp(tmp_path: Path) -> Session:
    """Four connections with two packets of DNS in front, and an ICMP error about the first SYN (number 3) behind."""
    tape = mixed()
    syn = tape.records[0][1]
    error = ip("192.0.2.10", CLIENT, 1, bytes((3, 1)) + bytes(6) + syn)
    tape.records[:0] = [(START_NS - 2_000_000, ASKED[14:]), (START_NS - 1_000_000, ANSWERED[14:])]
    tape.records.append((tape.records[-1][0] + 1_000_000, error))
    path = tmp_path / "among.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


class Player:
    """Presses keys, and waits until what they set in motion is shown."""

    def __init__(self, pilot: Pilot[object]) -> None:
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        async for _ in turns():
            await self.pilot.pause()
            screen = self.pilot.app.screen
            if isinstance(screen, OtherScreen | OverviewScreen):
                done = screen.settled
            else:
                done = not isinstance(screen, MainScreen) or (
                    screen.workspace.settled and screen.controllers.verdicts.is_told
                )
            if done:
                break
            await self.pilot.pause(0.005)
        else:
            raise AssertionError("it did not come to that")
        await self.pilot.pause()

    @property
    def screen(self) -> object:
        return self.pilot.app.screen

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in screen_lines(self.pilot.app.screen))


@asynccontextmanager
async def playing(
    session: Session, size: tuple[int, int] = (80, 24), language: Language = Language.EN
) -> AsyncIterator[Player]:
    app = TcptuiApp(session, language, ViewOptions(numeric=True))
    async with app.run_test(size=size) as pilot:
        player = Player(pilot)
        await player.settle()
        yield player


async def test_a_capture_without_tcp_says_which_key_lists_it(udp_only: Session) -> None:
    async with playing(udp_only) as player:
        assert "No TCP connection: u lists the 6 other packets." in player.text
        assert "u not TCP" in player.text
        hints = player.text.splitlines()[-1]
        assert "q quit" in hints
        assert not any(name in hints for name in ("open", "problem", "narrow", "sort", "explain"))


@pytest.mark.each_value
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", list(Language))
async def test_enter_goes_down_to_the_bytes_and_esc_back(
    udp_only: Session, size: tuple[int, int], language: Language
) -> None:
    async with playing(udp_only, size, language) as player:
        await player.press("u")
        assert "DNS" in player.text
        assert "ARP" in player.text
        await player.press("enter")
        assert f"{CLIENT}:40000 → {RESOLVER}:53" in player.text
        await player.press("enter")
        assert "a.example" in player.text
        await player.press("down", "enter")
        assert "Domain Name System" in player.text
        assert "0000  02 00 00 00 00 02" in player.text
        assert "#2" in player.text
        for _ in range(3):
            await player.press("escape")
            assert isinstance(player.screen, OtherScreen)
        await player.press("escape")
        assert isinstance(player.screen, MainScreen)


async def test_a_conversation_lists_the_icmp_errors_about_it(udp_only: Session) -> None:
    async with playing(udp_only) as player:
        await player.press("u", "enter", "enter")
        assert re.search(r"ICMP port unreachable for UDP 10\.0\.0\S*… → 10\.0\.0\.53:53\n", player.text)


async def test_the_number_of_a_packet_that_is_not_tcp_opens_it(among_tcp: Session) -> None:
    async with playing(among_tcp) as player:
        await player.press("colon", "2", "enter")
        assert isinstance(player.screen, OtherScreen)
        assert "#2" in player.text
        assert "Domain Name System" in player.text
        await player.press("colon", "3", "enter")
        assert isinstance(player.screen, MainScreen)
        assert int(among_tcp.store.frame[player.screen.workspace.row]) == 3
        await player.press("colon", "1", "enter")
        assert "#1" in player.text


async def test_from_an_icmp_error_to_the_connection_that_it_quotes(among_tcp: Session) -> None:
    last = among_tcp.store.count
    async with playing(among_tcp) as player:
        await player.press("u", "down", "enter", "enter")
        assert "ICMP host unreachable" in player.text
        assert "c what it quotes" in player.text
        await player.press("c")
        assert isinstance(player.screen, MainScreen)
        assert int(among_tcp.store.frame[player.screen.workspace.row]) == last
        assert player.screen.workspace.ladder.stream == 0


async def test_from_an_icmp_error_to_the_conversation_that_it_quotes(udp_only: Session) -> None:
    async with playing(udp_only) as player:
        await player.press("colon", "6", "enter", "c")
        assert "Not TCP ▸ DNS ▸ 10.0.0.1:40000 → 10.0.0.53:53" in player.text
        await player.press("g", "c")
        assert "The packet that it quotes is not" in player.text


async def test_the_overview_counts_them_and_leads_to_them(among_tcp: Session) -> None:
    async with playing(among_tcp) as player:
        await player.press("0")
        assert "Not TCP (u): UDP 2 (DNS 2), ICMP 1" in player.text
        await player.press("u")
        assert isinstance(player.screen, OtherScreen)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (160, 45), (250, 70)])
async def test_times_after_years_touch_no_other_column(tmp_path: Path, size: tuple[int, int]) -> None:
    year = 365 * 86_400 * 1000
    path = tmp_path / "years.pcap"
    path.write_bytes(pcap([ASKED, ASKED, ASKED], every_ms=11 * year))
    async with playing(open_file(path), size) as player:
        await player.press("u", "enter", "enter")

        rows = [line for line in player.text.splitlines() if "query A a.example" in line]
        assert [row.split()[0] for row in rows] == ["1", "2", "3"]
        assert [float(row.split()[1]) for row in rows] == [0, 11 * year / 1000, 22 * year / 1000]


async def test_conversations_take_the_lines_that_few_packets_leave(tmp_path: Path) -> None:
    path = tmp_path / "many.pcap"
    talks = [udp(f"{CLIENT}:{40_000 + number}", f"{RESOLVER}:9999") for number in range(60)]
    path.write_bytes(pcap([*talks[:-1], *[talks[-1]] * 60]))
    async with playing(open_file(path), (200, 50)) as player:
        heights = []
        for key in ("enter", "G"):
            await player.press(*(("u",) if key == "enter" else ()), key)
            screen = player.screen
            assert isinstance(screen, OtherScreen)
            heights.append(screen.conversations.size.height)

        assert min(heights) >= 11, "beside sixty packets"
        assert max(heights) >= 24, "beside one, and the packet itself"


@pytest.mark.parametrize("language", Language)
async def test_identifier_of_a_ping_is_not_shown_as_a_port(tmp_path: Path, language: Language) -> None:
    pings = [icmp(CLIENT, RESOLVER, 8, 0, b"\x12\x34\0\1"), icmp(RESOLVER, CLIENT, 0, 0, b"\x12\x34\0\1")]
    path = tmp_path / "ping.pcap"
    path.write_bytes(pcap(pings))
    async with playing(open_file(path), (160, 45), language) as player:
        await player.press("u", "enter", "enter")

        assert f"{CLIENT} → {RESOLVER}{Words(language)('other.identifier', number=0x1234)}" in player.text
        assert f"{RESOLVER} → {CLIENT} " in player.text
        assert ":4660" not in player.text


async def test_a_capture_of_tcp_alone_says_so(tmp_path: Path) -> None:
    path = tmp_path / "tcp.pcap"
    path.write_bytes(mixed().pcap())
    async with playing(await asyncio.to_thread(open_file, path)) as player:
        await player.press("u")
        assert "Every packet of this capture belongs to TCP." in player.text
        await player.press("enter", "tab", "c", "y", "q")
        assert isinstance(player.screen, MainScreen)


async def test_hostile_texts_are_drawn_harmlessly(tmp_path: Path) -> None:
    path = tmp_path / "hostile.pcap"
    path.write_bytes(pcap([udp(f"{CLIENT}:1", f"{RESOLVER}:514", HOSTILE.decode("utf-8", "ignore").encode())]))
    async with playing(await asyncio.to_thread(open_file, path), (200, 50)) as player:
        await player.press("u", "enter", "enter")
        text = player.text
        assert "aGFja2Vk" in text
        assert not any(sign in text for sign in "\x1b\x07\x9b\u202e\u200b")
        await player.press("enter")
        assert not any(sign in player.text for sign in "\x1b\x07\x9b\u202e\u200b")


async def test_packets_that_are_evicted_leave_the_lists(tmp_path: Path) -> None:
    path = tmp_path / "evicted.pcap"
    frames = [udp(f"10.1.{n >> 8}.{n & 255}:40000", f"{RESOLVER}:9999") for n in range(6000)]
    path.write_bytes(pcap([*frames, ASKED, ASKED]))
    session = await asyncio.to_thread(open_file, path)
    async with playing(session, (120, 40)) as player:
        await player.press("u", "enter", "G", "enter")
        session.store.evict(6001)
        await player.settle()
        assert other_packets(session).renewals == 1
        assert "Not TCP ▸ DNS ▸ 10.0.0.1:40000 → 10.0.0.53:53" in player.text
        assert "UDP 9999" not in player.text
        assert "DNS query A a.example" in player.text


async def test_a_key_in_a_hundred_thousand_rows_reads_those_on_screen_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.pcap"
    path.write_bytes(pcap([ASKED] * 100_000))
    session = await asyncio.to_thread(open_file, path)
    other_packets(session).grow()
    other_pairs(session).grow()
    async with playing(session) as player:
        await player.press("u", "enter", "enter")
        read: list[int] = []
        of = other_lines(session)._read
        monkeypatch.setattr(other_lines(session), "_read", lambda row: (read.append(row), of(row))[1])
        await player.press("G")
        assert "100000" in player.text
        assert 0 < len(read) <= 60


@pytest.mark.parametrize(
    ("size", "language", "keys"),
    [
        pytest.param((80, 24), Language.EN, ("u", "enter", "enter"), id="80x24-packets"),
        pytest.param((120, 40), Language.ZH, ("u",), id="120x40-zh"),
        pytest.param((60, 16), Language.EN, ("u",), id="60x16"),
    ],
)
def test_it_looks_as_approved(
    snap_compare: SnapCompare, udp_only: Session, size: tuple[int, int], language: Language, keys: tuple[str, ...]
) -> None:
    async def play(pilot: Pilot[object]) -> None:
        player = Player(pilot)
        await player.settle()
        await player.press(*keys)

    app = TcptuiApp(udp_only, language, ViewOptions(numeric=True))

    assert snap_compare(app, terminal_size=size, run_before=play)


async def test_keys_that_follow_one_another_at_once_all_go_down(udp_only: Session) -> None:
    async with playing(udp_only, (120, 40)) as player:
        await player.press("u")
        screen = player.pilot.app.screen
        assert isinstance(screen, OtherScreen)
        for _ in range(2):
            screen.action_drill()  # before the lists hear that the focus moved
        await player.settle()

        assert screen.has_class("-at-2")
        assert screen.focused is screen.packets


def other_screen(player: Player) -> OtherScreen:
    screen = player.screen
    assert isinstance(screen, OtherScreen)
    return screen


def frame_under_cursor(screen: OtherScreen) -> int:
    return int(screen.session.store.frame[screen.packets.store_row])


@pytest.mark.parametrize("size", SIZES)
async def test_text_of_a_packet_is_found_again_and_round_the_end(udp_only: Session, size: tuple[int, int]) -> None:
    async with playing(udp_only, size) as player:
        await player.press("u", "slash", *"a.example", "enter")
        screen = other_screen(player)
        found = [frame_under_cursor(screen)]
        for key in ("n", "n", "n", "n", "N", "N"):
            await player.press(key)
            found.append(frame_under_cursor(screen))
        told = screen.hint_line.notice

    assert found == [1, 2, 5, 1, 2, 1, 5]
    assert told == "Search continued from the other end."


async def test_search_on_the_first_list_is_in_all_protocols_and_below_in_one(udp_only: Session) -> None:
    async with playing(udp_only, (80, 24)) as player:
        await player.press("u", "slash", *"who has", "enter")
        screen = other_screen(player)
        everywhere = frame_under_cursor(screen)
        protocol = screen.protocols.protocol
        await player.press("slash", *["backspace"] * 7, *"a.example", "enter")
        below = screen.hint_line.notice

    assert everywhere == 3
    assert protocol == ARP
    assert below == "No packet has “a.example” here."


async def test_search_finds_addresses_and_ignores_case(udp_only: Session) -> None:
    async with playing(udp_only, (120, 40)) as player:
        await player.press("u", "slash", *f"{RESOLVER}:53 A.EXAMPLE 192.0.2.10", "enter")
        frame = frame_under_cursor(other_screen(player))

    assert frame == 2


async def test_long_search_says_how_far_it_is_and_esc_stops_it(
    udp_only: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(udp_only, (80, 24)) as player:
        await player.press("u")
        screen = other_screen(player)
        monkeypatch.setattr(screen_module, "_SEARCH", -1.0)
        monkeypatch.setattr(screen_module, "call_after", lambda *_args: None)
        await player.pilot.press("slash", *"nowhere", "enter")
        await settled(player.pilot, lambda: "Searching" in screen.hint_line.notice)
        going = screen.hint_line.notice
        assert not screen.settled
        await player.pilot.press("escape")
        await settled(player.pilot, lambda: screen.settled)

    assert going == "Searching: 1 of 6 packets, Esc stops"


# -- where there is room, and where there is not ----------------------------------------

V6_CLIENT, V6_SERVER = "2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3:8d3:1319:8a2e:370:7334"


@pytest.fixture
def long_ends(tmp_path: Path) -> Session:
    """One conversation between ends of 46 and 44 cells."""
    path = tmp_path / "quic.pcap"
    path.write_bytes(pcap([udp(f"{V6_CLIENT}:50443", f"{V6_SERVER}:443", bytes(20))] * 2))
    return open_file(path)


@pytest.mark.parametrize("size", [*SIZES, (160, 45), (250, 70)])
async def test_ends_keep_what_tells_them_apart(long_ends: Session, size: tuple[int, int]) -> None:
    async with playing(long_ends, size) as player:
        await player.press("u", "enter")
        (listed, *_) = [line for line in screen_lines(player.pilot.app.screen) if ":7348]:50443" in line]
        await player.press("enter", "enter")
        title = screen_lines(player.pilot.app.screen)[0]

    for line in (listed, title):
        assert ":7348]:50443 → " in line
        assert ":7334]:443" in line
    assert ("…" in title) == (size[0] < 120)
    assert title.rstrip().endswith("#1")


@pytest.mark.parametrize("size", [(150, 45), (160, 45), (200, 50), (250, 70)])
async def test_ends_of_packets_are_whole_where_the_summaries_leave_them_room(
    long_ends: Session, size: tuple[int, int]
) -> None:
    async with playing(long_ends, size) as player:
        await player.press("u", "enter")
        drawn = screen_lines(player.pilot.app.screen)

    assert sum(f"[{V6_CLIENT}]:50443 → [{V6_SERVER}]:443  UDP, 20 bytes" in line for line in drawn) == 2


@pytest.mark.parametrize(
    ("size", "lists"), [((60, 11), 1), ((60, 13), 2), ((80, 24), 3), ((80, 30), 3), ((160, 45), 3)]
)
async def test_next_lists_stand_below_the_one_in_front_where_there_is_room(
    udp_only: Session, size: tuple[int, int], lists: int
) -> None:
    def headings() -> list[str]:
        drawn = screen_lines(player.pilot.app.screen)
        return [line for line in drawn if line.split()[:1] in (["protocol"], ["from,"], ["packet"])]

    async with playing(udp_only, size) as player:
        await player.press("u")
        first = headings()
        await player.press("enter")
        second = headings()

    beside = size[0] >= 150
    assert len(first) == lists - beside
    assert ("from, to" in first[0]) == beside
    assert len(second) == (lists - beside if size[1] >= STACKED_HEIGHT else 2)


async def test_packet_is_asked_for_by_what_this_screen_understands(udp_only: Session) -> None:
    async with playing(udp_only, (60, 16)) as player:
        await player.press("u", "colon")

        assert "Go to packet 13, the number of a packet" in screen_lines(player.pilot.app.screen)[-2]


async def test_innermost_header_is_open_where_none_is_of_tcp(udp_only: Session) -> None:
    app = TcptuiApp(udp_only, Language.EN, ViewOptions(numeric=True))
    async with app.run_test(size=(80, 24)) as pilot:
        player = Player(pilot)
        await player.press("u", "enter", "enter", "enter")
        lines = screen_lines(app.screen)

    opened = [line.strip() for line in lines if line.strip().startswith("▼")]
    assert [line.split("(")[0].strip() for line in opened] == ["▼ Domain Name System"]
    assert any("▶ User Datagram Protocol" in line for line in lines)


@pytest.fixture
def resolver(tmp_path: Path) -> Session:
    """Two ports that ask: one is answered after 1.01 s at worst and once not at all, one is answered; echoes."""
    path = tmp_path / "names.pcap"
    tape = names()
    tape.echo(9_500, CLIENT, "10.0.0.2", 8, 1)
    path.write_bytes(tape.pcap())
    return open_file(path)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_conversation_says_how_many_questions_were_not_answered_and_the_slowest(
    resolver: Session, size: tuple[int, int]
) -> None:
    async with playing(resolver, size) as player:
        await player.press("u", "enter")

        assert re.search(r"packets +bytes +asked +unanswered +slowest", player.text)
        assert re.search(r"10\.0\.0\.1:40001 → 10\.0\.0\.9:53 +9 +543.B +4 +1 +1\.01s", player.text)
        assert re.search(r"10\.0\.0\.1:40002 → 10\.0\.0\.9:53 +2 +126.B +1 +29\.5ms", player.text)


async def test_packet_says_which_one_answers_it_and_its_header_leads_there(resolver: Session) -> None:
    async with playing(resolver) as player:
        await player.press("u", "enter", "enter")
        assert re.search(r" 1 .*query A a\.exa\S*, reply #3 after 1\.01.s", player.text)
        assert re.search(r" 2 .*query A a\.example, asked again", player.text)
        assert re.search(r" 3 .* → \S+, to #1 after 1\.01.s", player.text)
        assert re.search(r" 9 .*query A b\.example, no reply seen", player.text)
        await player.press("enter", "G")

        assert "[Response In: 3]" in player.text
        await player.press("enter")
        assert player.text.splitlines()[0].endswith("#3")
        assert "[Request In: 1]" in player.text


async def test_question_that_nobody_answered_is_found_by_those_words(resolver: Session) -> None:
    async with playing(resolver) as player:
        await player.press("u", "slash", *"noXreply".replace("X", " "), "enter")

        assert re.search(r"#?9 .*query A b\.example, no reply seen", player.text)


async def test_large_screen_shows_the_packet_under_the_cursor_below_its_list(udp_only: Session) -> None:
    app = TcptuiApp(udp_only, options=ViewOptions(numeric=True))
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.press("u")
        screen = app.screen
        assert isinstance(screen, OtherScreen)
        for keys, told in (((), "Domain Name System"), (("down",), "Address Resolution Protocol"), (("tab",) * 3, "")):
            await pilot.press(*keys)
            await settled(pilot, lambda: screen.settled)
            await pilot.pause()
            lines = screen_lines(screen)
            assert told in "\n".join(lines)
            assert screen.headers.region.height >= 16
            assert screen.packets.region.height
        assert screen.focused is screen.headers.tree_view
        await pilot.press("escape")
        assert screen.focused is screen.packets


V6_HOSTS = (
    "2001:db8:2016:125:fcf2:1d9f:5a4c:8a2e",
    "2001:db8:2016:125:aaf2:1d9f:5a4c:8a2e",
    "2001:db8:2016:126:fcf2:1d9f:5a4c:8a2e",
    "2001:db8:2017:125:fcf2:1d9f:5a4c:8a2e",
)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (160, 45), (200, 50), (250, 70)])
async def test_ends_that_differ_in_their_middle_alone_are_told_apart(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "alike.pcap"
    resolver = "2001:db8:2016:125:fcf2:1d9f:5a4c:53"
    path.write_bytes(pcap([udp(f"{host}:50000", f"{resolver}:53", dns_query(1, "a.example")) for host in V6_HOSTS]))
    async with playing(open_file(path), size) as player:
        await player.press("u", "enter")
        rows = [re.search(r"(\S+\]:50000) +→ \S+\]:53 +1 ", line) for line in screen_lines(player.pilot.app.screen)]
        shown = [row[1] for row in rows if row]

    assert len(set(shown)) == len(V6_HOSTS), shown
