from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from other_frames import dns_query, pcap, udp
from screen_lines import screen_lines

from tcptui.access.open_capture import rows_seen
from tcptui.capture.file_source import open_descriptor
from tcptui.model.finding import Severity
from tcptui.session.rates import EVERY_NS, WINDOW_NS, Rates
from tcptui.session.session import Session
from tcptui.ui.app import TcptuiApp
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.copied import as_text
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.preload import preloader
from tcptui.ui.view_options import ViewOptions
from tests.ui.conftest import settled, until

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.ui.conftest import Wire


#: The link type of `Wire`, and what a frame of Ethernet has before IP.
RAW_IP = 101
ETHERNET_HEADER = 14


class Pipe:
    """A capture that arrives piece by piece."""

    def __init__(self, wire: Wire, path: Path) -> None:
        self._bytes = wire.pcap(path).read_bytes()
        self._given = 0
        read, self._write = os.pipe()
        self.session = Session([open_descriptor(read, "pipe")])

    def give(self, records: int) -> None:
        """Let as many more packets through."""
        if not self._given:
            self._given = os.write(self._write, self._bytes[:24])
        os.write(self._write, self.records(records))

    def records(self, count: int) -> bytes:
        """As many more packets, without the file's header."""
        begin = end = self._given or 24
        for _ in range(count):
            end += 16 + int.from_bytes(self._bytes[end + 8 : end + 12], "little")
        self._given = end
        return self._bytes[begin:end]

    def has_read(self, stream: int, packets: int) -> bool:
        """Whether so many packets of ``stream`` have been read."""
        return self.session.streams.count > stream and rows_seen(self.session, stream) == packets

    def close(self) -> None:
        """Nothing more comes."""
        if self._write >= 0:
            os.close(self._write)
            self._write = -1


@pytest.fixture
def pipe(wire: Wire, tmp_path: Path) -> Pipe:
    for number in range(30):
        wire.clean(1000 * number, f"10.0.0.1:{40001 + number}", "192.0.2.10:80")
    return Pipe(wire, tmp_path / "grows.pcap")


def main_screen(pilot: Pilot[Any]) -> MainScreen:
    screen = pilot.app.screen
    assert isinstance(screen, MainScreen)
    return screen


def text(screen: MainScreen) -> str:
    return "\n".join(screen_lines(screen))


async def test_connections_appear_as_they_come_and_the_cursor_stays_unless_it_follows(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        screen.workspace.following = False
        connections = screen.workspace.connections
        empty = text(screen)
        pipe.give(8)
        await settled(pilot, lambda: connections.row_count == 1 and len(screen.workspace.ladder.rows) == 8)
        first = text(screen)
        pipe.give(16)
        await settled(pilot, lambda: connections.row_count == 3)
        stayed = connections.cursor
        await pilot.press("f")
        followed = connections.cursor
        pipe.give(8 * 20)
        await settled(pilot, lambda: connections.row_count == 23)
        await settled(pilot, lambda: screen.workspace.ladder.stream == 22)
        await pilot.press("k")
        pipe.give(8)
        await settled(pilot, lambda: connections.row_count == 24)
        left = connections.cursor
        pipe.close()

    assert "No TCP connection" in empty
    assert "10.0.0.1:40001" in first
    assert stayed == 0
    assert followed == 2
    assert left == 21
    assert not screen.workspace.following


async def test_panes_tell_of_the_newest_row_in_the_frame_in_which_it_is_followed(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        workspace = main_screen(pilot).workspace
        connections = workspace.connections
        workspace.following = True
        pipe.give(8)
        await settled(pilot, lambda: connections.row_count == 1 and workspace.ladder.stream == 0)
        await settled(pilot, lambda: workspace.settled and preloader.is_ready)
        monkeypatch.setattr("tcptui.ui.main.workspace.DEBOUNCE", 3_600.0)  # nothing comes later …
        monkeypatch.setattr("tcptui.ui.background.PROMPT_S", 3_600.0)  # … however slow this machine is
        seen = []
        grow = workspace.grow

        def look() -> None:
            grow()
            seen.append((connections.stream, workspace.ladder.stream, as_text(workspace.explain.document, app.words)))

        monkeypatch.setattr(workspace, "grow", look)
        screen, tick = main_screen(pilot), main_screen(pilot).tick
        monkeypatch.setattr(screen, "tick", lambda: None)

        def follows(stream: int) -> bool:
            if pipe.has_read(stream, 8):  # of a SYN that is alone no sentence tells which packet it is
                tick()
            return connections.stream == stream

        for stream in (1, 2):
            pipe.give(8)
            await until(partial(follows, stream))
        pipe.close()

    assert seen
    assert seen[-1][0] == 2
    assert all(stream == shown for stream, shown, _ in seen)
    assert all(f"packet {8 * stream + 1}" in told for stream, _, told in seen)


async def test_counts_of_the_first_line_are_those_of_the_verdict_below(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        wire.refused(1000 * number, f"10.0.0.1:{40001 + number}", "192.0.2.10:80")
    pipe = Pipe(wire, tmp_path / "refused.pcap")
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        verdicts, live = screen.controllers.verdicts, screen.controllers.live
        pipe.give(4)
        await settled(pilot, lambda: "2 of 2" in verdicts.line.text and verdicts.watch.is_settled)
        monkeypatch.setattr(verdicts.watch, "is_due", lambda: False)  # the verdict is of a moment ago
        pipe.give(4)
        await settled(pilot, lambda: screen.session.streams.count == 4 and "of 4" in verdicts.line.text)
        await settled(pilot, lambda: int((screen.session.severity >= Severity.WARNING).sum()) == 4)
        screen.tick()
        status, told = live.status, verdicts.line.text
        pipe.close()

    assert "2 of 4" in told
    assert status.errors + status.warnings == 2


@pytest.mark.parametrize("before", [0, 8], ids=["before the first row", "on the only row"])
async def test_key_to_the_first_row_ends_following(pipe: Pipe, before: int) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        connections = screen.workspace.connections
        pipe.give(before)
        await settled(pilot, lambda: connections.row_count == before // 8)
        screen.workspace.following = True
        await pilot.press("g")
        pipe.give(24)
        await settled(pilot, lambda: connections.row_count == 3 + before // 8)
        pipe.close()

    assert connections.cursor == 0
    assert not screen.workspace.following


async def test_rows_that_come_with_a_key_do_not_undo_it(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        workspace = main_screen(pilot).workspace
        connections = workspace.connections
        pipe.give(24)
        await settled(pilot, lambda: connections.row_count == 3)
        workspace.following = True
        connections.put_cursor(2)
        connections.action_move(-1)
        workspace.grow()  # before anything is told that the cursor has moved
        moved = connections.cursor
        pipe.close()

    assert moved == 1


async def test_hints_are_those_for_what_has_come_so_far(pipe: Pipe) -> None:
    read, write = os.pipe()
    app = TcptuiApp(Session([open_descriptor(read, "pipe")]), options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        empty = text(screen)
        query = udp("10.0.0.1:40000", "10.0.0.2:53", dns_query(7, "shop.example"))
        os.write(write, pcap([query[ETHERNET_HEADER:]], RAW_IP))
        await settled(pilot, lambda: "not TCP" in text(screen))
        os.write(write, pipe.records(8))
        await settled(pilot, lambda: "not TCP" not in text(screen))
        os.close(write)

    assert "not TCP" not in empty


async def test_packets_of_the_open_connection_are_added_below(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        screen.workspace.following = False
        ladder = screen.workspace.ladder
        pipe.give(3)
        await settled(pilot, lambda: len(ladder.rows) == 3)
        await pilot.press("enter")
        pipe.give(5)
        await settled(pilot, lambda: len(ladder.rows) == 8)
        await settled(pilot, lambda: "FIN ACK" in text(screen))
        pipe.close()

    assert ladder.cursor == 0


async def test_form_of_a_filter_counts_what_comes(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        pipe.give(8)
        await settled(pilot, lambda: screen.workspace.connections.row_count == 1)
        await pilot.press("slash", "ctrl+o", *"port", "tab", "tab", *"80")

        def form_text() -> str:
            return "\n".join(screen_lines(pilot.app.screen))

        await settled(pilot, lambda: "8 of 8 packets" in form_text())
        pipe.give(8)
        await settled(pilot, lambda: "16 of 16 packets" in form_text())
        pipe.close()


async def test_filter_is_asked_about_what_comes(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        screen.workspace.following = False
        connections, ladder = screen.workspace.connections, screen.workspace.ladder
        pipe.give(2)
        await settled(pilot, lambda: connections.row_count == 1 and len(ladder.all_rows) == 2)
        screen.controllers.filtering.filter_by("tcp.srcport in {40001, 40003}")
        await settled(pilot, lambda: screen.controllers.filtering.matching is not None)
        pipe.give(8 * 5 - 2)
        await settled(pilot, lambda: connections.index.order.tolist() == [0, 2])
        await settled(pilot, lambda: len(ladder.rows) == 5 and len(ladder.all_rows) == 8)
        screen.controllers.filtering.lift()
        await settled(pilot, lambda: connections.row_count == 5)
        shown = len(ladder.rows)
        pipe.give(8)
        await settled(pilot, lambda: connections.row_count == 6)
        screen.action_lift()
        await settled(pilot, lambda: connections.index.order.tolist() == [0, 2])
        account = (
            screen.controllers.filtering.matching.account if screen.controllers.filtering.matching is not None else None
        )
        pipe.close()

    assert shown == 8
    assert account is not None
    assert account.matched == 10


async def test_paused_display_stands_still_and_counts(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        connections = screen.workspace.connections
        pipe.give(8)
        await settled(pilot, lambda: connections.row_count == 1)
        await pilot.press("space")
        pipe.give(16)
        await settled(pilot, lambda: "16 new" in text(screen))
        counted = text(screen)
        assert "Space go on" in text(screen)
        frozen = connections.row_count
        await pilot.press("space")
        await settled(pilot, lambda: "Space pause" in text(screen))
        await settled(pilot, lambda: connections.row_count == 3)
        pipe.close()

    assert frozen == 1
    assert "8 packets  1 connection  " in counted


async def test_paused_display_is_of_one_moment(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=0.2))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        workspace = screen.workspace
        before = pipe.session.progress.rows
        pipe.give(8)
        await settled(pilot, lambda: pipe.session.progress.rows == before + 8)
        await pilot.press("space")
        listed, shown, explained = workspace.connections.row_count, workspace.ladder.row_count, workspace.row
        counted = text(screen)
        pipe.close()

    assert (listed, shown) == (1, 8)
    assert explained >= 0
    assert "8 packets  1 connection  " in counted


async def test_sorted_list_is_kept_in_order_while_it_grows(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        connections = screen.workspace.connections
        pipe.give(8 + 3)
        await settled(pilot, lambda: connections.row_count == 2)
        await pilot.press("s", "s")
        pipe.give(5 + 8)
        await settled(pilot, lambda: connections.row_count == 3)
        screen.controllers.filtering.narrow("40002")
        pipe.give(8)
        await settled(pilot, lambda: pipe.session.streams.count == 4)
        screen.tick()
        listed = connections.index.order.tolist()
        pipe.close()

    assert listed == [1]


async def test_explanation_that_is_read_when_the_capture_ends_tells_of_its_last_packet(
    wire: Wire, tmp_path: Path
) -> None:
    client, server = "10.0.0.1:40001", "192.0.2.10:80"
    wire.handshake(0, client, server)
    wire.tcp(50, client, server, 24, 1001, 9001, payload=b"?")
    wire.tcp(50.5, server, client, 16, 9001, 1002)
    wire.tcp(10_050, server, client, 24, 9001, 1002, payload=b"!")
    pipe = Pipe(wire, tmp_path / "late.pcap")
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(160, 50)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        screen.workspace.following = False
        explain = screen.workspace.explain
        pipe.give(5)
        await settled(pilot, lambda: len(screen.workspace.ladder.rows) == 5)
        await pilot.press("e")
        await settled(
            pilot, lambda: "Where the time went" in as_text(explain.document, app.words) and screen.workspace.settled
        )
        early = as_text(explain.document, app.words)
        pipe.give(1)
        pipe.close()
        await settled(pilot, lambda: "9.96 s" in as_text(explain.document, app.words))

    assert "9.96 s" not in early


async def test_top_talker_comes_first_and_rates_fall_when_no_packets_come(wire: Wire, tmp_path: Path) -> None:
    for number in range(4):
        wire.clean(200 * number, f"10.0.0.1:{40001 + number}", "192.0.2.10:80", bytes(100 + 400 * (number == 2)))
    pipe = Pipe(wire, tmp_path / "talk.pcap")
    passed_ns = 0
    pipe.session.indexes.of(Rates, lambda: Rates(pipe.session.store, pipe.session.streams, lambda: passed_ns))
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10, sort=SortKey.RATE))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen = main_screen(pilot)
        pipe.give(32)
        await settled(pilot, lambda: screen.workspace.connections.row_count == 4 and pipe.session.progress.rows == 32)
        passed_ns += EVERY_NS
        await settled(pilot, lambda: screen.workspace.connections.index.order.tolist() == [2, 0, 1, 3])
        await settled(pilot, lambda: " 32 pkt/s" in text(screen))
        talking = text(screen)
        passed_ns += WINDOW_NS
        await settled(pilot, lambda: "0bit/s 0 pkt/s" in text(screen))
        await settled(pilot, lambda: screen.workspace.connections.index.order.tolist() == [0, 1, 2, 3])
        pipe.close()

    assert "bit/s▾" in talking
    assert "10.0.0.1:40003" in next(line for line in talking.splitlines() if ":400" in line)
