"""The graphs of a connection on the screen: what stands there, where the keys lead, and how it grows."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from captures import Tape
from far_apart import recorded_at_client
from growth import Growth
from rich.cells import cell_len
from screen_lines import screen_lines, screen_strips
from textual.geometry import Offset

from tcptui.charts.kind import ChartKind
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.graph.screen import GraphScreen
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_title
from tcptui.words.language import Language
from tests.ui.conftest import SETTLES_IN_S, Shown, settled, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.charts.chart import Chart
    from tcptui.model.packet_store import I32, I64

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

CASES = Path(__file__).parents[2] / "cases"
SIZES = [(60, 16), (80, 24), (120, 40), (200, 50), (250, 70)]
#: Case, its capture, and the finding that its picture must name.
LOSSES = [
    ("60-fast-retransmission", "client", "fast-retransmission"),
    ("61-retransmission-timeout", "client", "retransmission-timeout"),
    ("62-tail-loss", "client", "tail-loss"),
    ("82-zero-window", "client", "zero-window"),
    ("69-path-mtu-blackhole", "server", "path-mtu-blackhole"),
    ("83-window-shrunk", "server", "window-shrunk"),
]


def case_session(case: str, side: str) -> Session:
    return open_file(min((CASES / case).glob(f"{side}.pcap*")))


def graph_of(shown: Shown) -> GraphScreen:
    screen = shown.pilot.app.screen
    assert isinstance(screen, GraphScreen)
    return screen


async def opened(shown: Shown, *keys: str) -> GraphScreen:
    await shown.press("enter", *keys, "t")
    screen = graph_of(shown)
    await until(lambda: screen.chart is not None)
    await shown.pilot.pause()
    return screen


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_size_shows_picture_legend_axis_words_and_hints(
    show: Show, size: tuple[int, int], language: Language
) -> None:
    words = Words(language)
    async with show(case_session("83-window-shrunk", "server"), size, language) as shown:
        screen = await opened(shown)
        for kind in ChartKind:
            screen.action_kind(kind.value)
            await shown.pilot.pause()
            lines = screen_lines(screen)
            assert all(cell_len(line) == size[0] for line in lines)
            assert words(f"graph.kind.{kind.value}") in lines[0]
            assert words(f"graph.of.{'client' if screen.side == 0 else 'server'}") in lines[0]
            figure = screen.plot.figure
            assert figure is not None
            assert figure.plot_height >= size[1] // 2 - 3
            assert sum(bool(line.strip(" │|┤")) for line in figure.text) >= 5
            assert screen.said.shown_text[0].startswith("#")
            assert words("screen.hint.back") in lines[-1]


@pytest.mark.each_value
@pytest.mark.parametrize(("case", "side", "finding"), LOSSES, ids=[row[0] for row in LOSSES])
@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=str)
async def test_each_loss_shows_its_finding(
    show: Show, size: tuple[int, int], case: str, side: str, finding: str
) -> None:
    session, words = case_session(case, side), Words(Language.EN)
    title = next(finding_title(each, words) for each in session.findings(0) if each.id == finding)
    async with show(session, size, Language.EN) as shown:
        screen = await opened(shown)

        assert any(title[:24] in line for line in screen.plot.text)


async def test_cursor_is_the_packet_of_the_timeline_both_ways(show: Show) -> None:
    async with show(case_session("60-fast-retransmission", "client"), (120, 40)) as shown:
        await shown.press("enter", "j", "j", "j", "j")
        row = shown.screen.workspace.row
        screen = await opened(shown)
        assert screen.row == row

        await shown.pilot.press("full_stop", "full_stop")
        chosen = screen.row
        assert chosen == row + 2
        await shown.press("enter")
        assert shown.screen.workspace.row == chosen
        assert shown.pilot.app.screen is shown.screen

        await shown.press("t")
        assert graph_of(shown).row == chosen
        await shown.press("end", "escape")
        assert shown.screen.workspace.row == chosen, "Esc leaves the timeline where it was"


async def test_next_mark_is_told_in_words(show: Show) -> None:
    async with show(case_session("60-fast-retransmission", "client"), (120, 40), Language.EN) as shown:
        screen = await opened(shown)
        await shown.pilot.press("n")

        said = " ".join(screen.said.shown_text)
        assert "Fast Retransmission" in said
        assert "F The client retransmits bytes 5793–7240 (1,448 bytes)" in said
        await shown.pilot.press("n")
        assert Words(Language.EN)("graph.no-more") in screen_lines(screen)[-1]
        await shown.pilot.press("g", "N")
        assert Words(Language.EN)("graph.no-more") in screen_lines(screen)[-1]


async def test_packet_of_a_connection_too_long_to_explain_has_the_sentence_of_its_mark(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcptui.ui.graph.screen.EXPLAINED_PACKETS", 10)
    async with show(case_session("60-fast-retransmission", "client"), (120, 40), Language.EN) as shown:
        screen = await opened(shown)
        await shown.pilot.press("n")

        assert Words(Language.EN)("graph.what.fast-recovery") in " ".join(screen.said.shown_text)


async def test_zoom_keeps_the_cursor_in_sight_and_z_shows_all_again(show: Show) -> None:
    async with show(case_session("83-window-shrunk", "server"), (100, 30)) as shown:
        screen = await opened(shown, "j", "j")
        whole = screen.plot.text
        row = screen.row
        for _ in range(6):
            await shown.pilot.press("plus")
        begin, end = screen._stretch or (0, 0)
        at = int(screen._times[screen._place()])
        assert begin <= at <= end
        assert end - begin <= (screen._times[-1] - screen._times[0]) // 32
        assert screen.row == row
        assert screen.plot.text != whole

        await shown.pilot.press("right_square_bracket")
        assert (screen._stretch or (0, 0))[0] > begin
        await shown.pilot.press("G")
        begin, end = screen._stretch or (0, 0)
        assert begin <= int(screen._times[-1]) <= end, "the picture follows the cursor"
        for _ in range(8):
            await shown.pilot.press("minus")
        assert screen._stretch is None
        await shown.pilot.press("plus", "z", "g")
        screen._go(screen._rows.searchsorted(row))
        assert screen.plot.text == whole


async def test_columns_are_passed_one_after_the_other_to_the_end_and_back(show: Show) -> None:
    async with show(case_session("60-fast-retransmission", "client"), (80, 24)) as shown:
        screen = await opened(shown)
        await shown.pilot.press("g")
        seen = [screen.row]
        while screen.row != int(screen._rows[-1]):
            await shown.pilot.press("right")
            assert screen._place() > int((screen._rows == seen[-1]).nonzero()[0][0])
            seen.append(screen.row)
        assert 4 <= len(seen) < len(screen._rows), "packets of one column are one step"
        while screen.row != int(screen._rows[0]):
            before = screen._place()
            await shown.pilot.press("left")
            assert screen._place() < before


async def test_other_side_and_other_kinds_by_keys(show: Show) -> None:
    async with show(case_session("60-fast-retransmission", "client"), (80, 24)) as shown:
        screen = await opened(shown)
        assert screen.side == 0, "that with more data"
        await shown.pilot.press("s")
        assert (screen.side, screen.chart is not None and screen.chart.side) == (1, 1)
        for number, kind in enumerate(ChartKind, 1):
            await shown.pilot.press(str(number))
            assert screen.chart is not None
            assert screen.chart.kind is kind
        await shown.pilot.press("tab")
        assert screen.kind is ChartKind.SEQUENCE
        await shown.pilot.press("shift+tab")
        assert screen.kind is ChartKind.FLIGHT


async def test_mouse_points_zooms_and_drags(show: Show) -> None:
    async with show(case_session("83-window-shrunk", "server"), (100, 30)) as shown:
        screen = await opened(shown)
        figure = screen.plot.figure
        assert figure is not None
        await shown.pilot.click(screen.plot, offset=Offset(figure.plot_x + figure.plot_width - 2, 6))
        assert screen._place() > len(screen._rows) - 8
        screen.post_message(screen.plot.Turned(screen.plot, int(screen._times[-1]), 1))
        await shown.pilot.pause()
        begin, end = screen._stretch or (0, 0)
        assert end > begin
        screen.post_message(screen.plot.Dragged(screen.plot, -(end - begin) // 4))
        await shown.pilot.pause()
        assert (screen._stretch or (0, 0))[0] < begin


async def test_ascii_screen_is_ascii(show: Show) -> None:
    async with show(case_session("60-fast-retransmission", "client"), (80, 24), Language.EN, ascii=True) as shown:
        screen = await opened(shown)
        for kind in ChartKind:
            screen.action_kind(kind.value)
            await shown.pilot.pause()
            assert "\n".join(screen_lines(screen)[:20]).isascii()


async def test_cursor_shows_without_colours(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with show(case_session("60-fast-retransmission", "client"), (80, 24)) as shown:
        screen = await opened(shown)
        strips = screen_strips(screen)
        assert any(style is not None and style.reverse for strip in strips[4:10] for _text, style, _ in strip)


async def test_graph_grows_with_its_connection_and_reads_only_what_is_new() -> None:
    growth = Growth(long_tape())
    growth.to(20)
    app = TcptuiApp(growth.session, None, ViewOptions(numeric=True))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        screen = GraphScreen(growth.session, 0, 0, Words(Language.EN), app.glyphs, ViewOptions())
        app.push_screen(screen)
        await until(lambda: screen.chart is not None)
        await pilot.press("f")
        for packets in (40, 60, 90):
            growth.to(packets)
            screen.tick()
            await pilot.pause()
            assert len(screen._rows) == packets
            assert screen.row == int(screen._rows[-1]), "it stays at the newest"
            assert re.search(r"\d", screen.plot.text[-1])
        assert screen._graphs.trace.made_anew == 1
        await pilot.press("g")
        growth.to(100)
        screen.tick()
        await pilot.pause()
        assert screen.row == int(screen._rows[0]), "a cursor that was moved stays"


def long_tape() -> Tape:
    tape = Tape()
    client, server = "10.0.0.1:40000", "10.0.0.2:80"
    tape.tcp(0, client, server, 0x02, 1000, 0)
    tape.tcp(40, server, client, 0x12, 9000, 1001)
    for number in range(60):
        tape.tcp(50 + 40 * number, client, server, 0x10, 1001 + 1000 * number, 9001, payload=b"x" * 1000)
        tape.tcp(80 + 40 * number, server, client, 0x10, 9001, 2001 + 1000 * number)
    return tape


async def test_long_connection_is_read_in_a_thread(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.ui.graph.screen.QUICK_PACKETS", 0)
    async with show(case_session("60-fast-retransmission", "client"), (80, 24)) as shown:
        screen = await opened(shown)
        await shown.pilot.press("2")
        await until(lambda: screen.chart is not None and screen.chart.kind is ChartKind.THROUGHPUT)


async def test_kind_that_is_chosen_while_the_first_one_is_made_is_made_next(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    makes, may_go_on = threading.Event(), threading.Event()
    make = GraphScreen._make

    def held(screen: GraphScreen, kind: ChartKind, side: int) -> tuple[Chart, I64, I32]:
        makes.set()
        assert may_go_on.wait(SETTLES_IN_S)
        return make(screen, kind, side)

    monkeypatch.setattr(GraphScreen, "_make", held)
    monkeypatch.setattr("tcptui.ui.graph.screen.QUICK_PACKETS", 0)
    async with show(case_session("60-fast-retransmission", "client")) as shown:
        await shown.press("enter")
        await shown.pilot.press("t")
        await until(makes.is_set)
        screen = graph_of(shown)
        screen.action_kind(ChartKind.RTT.value)
        may_go_on.set()
        await until(lambda: screen.chart is not None and screen.chart.kind is ChartKind.RTT)


async def test_copied_text_is_whole(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    monkeypatch.setattr("tcptui.ui.graph.screen.GraphScreen.copy", lambda _self, text: kept.append(text))
    async with show(case_session("60-fast-retransmission", "client"), (60, 16), Language.EN) as shown:
        await opened(shown)
        await shown.pilot.press("n", "y")

    assert kept[0].startswith("time-sequence, client's data\n#31 ")
    assert "(1,448 bytes) because 2 duplicate ACKs asked for it" in kept[0]


async def test_capture_without_connections_has_no_graph(show: Show, tmp_path: Path) -> None:
    path = tmp_path / "none.pcap"
    path.write_bytes(Tape().pcap())
    async with show(open_file(path), (80, 24)) as shown:
        await shown.press("t")
        assert shown.pilot.app.screen is shown.screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_round_trips_far_apart_have_a_logarithmic_axis_by_a_key(
    show: Show, tmp_path: Path, size: tuple[int, int]
) -> None:
    words = Words(Language.EN)
    async with show(open_file(recorded_at_client(tmp_path)), size) as shown:
        screen = await opened(shown)
        await shown.pilot.press("3")
        await settled(shown.pilot, lambda: screen.chart is not None and screen.chart.kind is ChartKind.RTT)
        even = screen_lines(screen)
        await shown.pilot.press("L")
        await settled(shown.pilot, lambda: "1 ms" in "\n".join(screen_lines(screen)))
        logarithmic = screen_lines(screen)
        await shown.pilot.press("L")
        await settled(shown.pilot, lambda: screen_lines(screen) == even)
        await shown.pilot.press("1")
        await settled(shown.pilot, lambda: screen.chart is not None and screen.chart.kind is ChartKind.SEQUENCE)
        await shown.pilot.press("L")
        await settled(shown.pilot, lambda: screen.hint_line.notice == words("graph.no-log"))

    assert "L log axis" in even[-1]
    assert "o other side's RTT" in even[1]
    assert "o " in "".join(logarithmic[2:6])
    assert "100 µs" in "\n".join(logarithmic)
