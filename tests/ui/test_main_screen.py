from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from screen_lines import screen_lines, screen_strips
from textual import events
from textual.filter import NoColor

from tcptui.capture.file_source import open_file as open_source
from tcptui.session.session import Session, open_file
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.pane_specs import Pane
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

SIZES = [(80, 24), (120, 40), (200, 50)]


@pytest.mark.parametrize("size", SIZES)
async def test_open_capture_lists_connections_with_ends_and_state(
    show: Show, mixed_session: Session, size: tuple[int, int]
) -> None:
    async with show(mixed_session, size) as shown:
        text = "\n".join(shown.lines())

    assert "mixed.pcap" in text
    assert "4 connections" in text
    for end in ("10.0.0.1:40001", "192.0.2.10:80", "10.0.0.2:40003", "192.0.2.20:8443"):
        assert end in text
    assert ("TIME-W/CLOSED?" if size[0] >= 120 else " closed ") in text
    assert ("CLOSED (RST)" if size[0] >= 120 else " reset ") in text


async def test_enter_drills_from_connection_to_packet_to_field_and_escape_comes_back(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        workspace = shown.screen.workspace
        seen = [workspace.active]
        for key in ("enter", "enter", "escape", "escape"):
            await shown.press(key)
            seen.append(workspace.active)

    assert seen == [Pane.CONNECTIONS, Pane.TIMELINE, Pane.HEADERS, Pane.TIMELINE, Pane.CONNECTIONS]


async def test_digits_go_to_panes_and_tab_walks_them(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        workspace = shown.screen.workspace
        seen = []
        for key in ("3", "1", "4", "5", "2", "tab", "tab", "tab", "tab"):
            await shown.press(key)
            seen.append(workspace.active)

    assert seen == [
        Pane.HEADERS, Pane.CONNECTIONS, Pane.EXPLAIN, Pane.GLANCE,
        Pane.TIMELINE, Pane.HEADERS, Pane.EXPLAIN, Pane.GLANCE, Pane.CONNECTIONS,
    ]  # fmt: skip


async def test_cursor_on_another_connection_shows_its_packets(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("j", "j")
        ladder = shown.screen.workspace.ladder
        text = "\n".join(shown.lines())

        assert ladder.stream == 2
        assert len(ladder.rows) == 2
    assert "RST ACK" in text


@pytest.mark.parametrize(
    ("typed", "streams"),
    [
        ("8443", [2]),
        ("0.0.3:40004", [3]),
        ("rst", [2]),
        ("10.0.0.1 :80", [0, 1]),
        ("duplicate", []),
        ("no such text", []),
    ],
)
async def test_slash_lists_only_rows_that_contain_every_word(
    show: Show, mixed_session: Session, typed: str, streams: list[int]
) -> None:
    async with show(mixed_session) as shown:
        await shown.press("slash", *({" ": "space", ":": "colon", ".": "full_stop"}.get(c, c) for c in typed), "enter")
        connections = shown.screen.workspace.connections
        listed = connections.index.order.tolist()
        text = "\n".join(shown.lines())

        await shown.press("escape")
        after = connections.index.order.tolist()

    assert listed == streams
    assert f"{len(streams)} of 4" in text
    if not streams:
        assert "No connection contains" in text
    assert after == [0, 1, 2, 3]


async def test_narrowing_keeps_the_selected_connection_selected(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("j", "j")
        shown.screen.controllers.filtering.narrow("10.0.0.2")
        await shown.settle()
        narrowed = shown.screen.workspace.connections.stream
        shown.screen.controllers.filtering.narrow("")
        await shown.settle()

        assert (narrowed, shown.screen.workspace.connections.stream) == (2, 2)


async def test_n_in_the_list_goes_to_connections_with_problems_and_from_the_last_to_the_first(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        connections = shown.screen.workspace.connections
        bad = [stream for stream in range(4) if mixed_session.severity[stream] >= 2]
        visited = []
        for _ in bad:
            await shown.press("n")
            visited.append(connections.stream)
        await shown.press("n")
        last = shown.lines()[-1]

        assert bad
        assert visited == bad
        assert connections.stream == bad[0]
    assert f"1 of {len(bad)}." in last


async def test_n_on_the_newest_row_goes_to_the_worst_however_far_above(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.refused(0, "10.0.0.1:40001", "192.0.2.10:80")
    for number in range(5):
        wire.clean(1_000 * number + 100, f"10.0.0.1:{40_002 + number}", "192.0.2.10:80")
    async with show(open_file(wire.pcap(tmp_path / "newest.pcap"))) as shown:
        connections = shown.screen.workspace.connections
        await shown.press("G", "n")
        said = shown.lines()[-1]

        assert (connections.stream, connections.cursor) == (0, connections.index.position_of(0))
    assert "1 of 1." in said


async def test_n_goes_into_the_marked_packets_of_a_row_where_no_row_is_a_problem(
    show: Show, wire: Wire, tmp_path: Path
) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.lossy(200, "10.0.0.1:40002", "192.0.2.10:80")
    async with show(open_file(wire.pcap(tmp_path / "noted.pcap"))) as shown:
        await shown.press("g", "n")
        clean, said = shown.screen.workspace.active, shown.lines()[-1]
        await shown.press("down", "n")
        workspace = shown.screen.workspace

        assert clean is Pane.CONNECTIONS
        assert workspace.active is Pane.TIMELINE
        assert workspace.ladder.stream == 1
        assert workspace.ladder.cursor > 3
    assert "There is no problem here" in said


async def test_n_in_the_timeline_goes_to_problem_packets_then_to_the_next_connection(
    show: Show, wire: Wire, tmp_path: Path
) -> None:
    wire.unanswered(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.clean(10_000, "10.0.0.1:40002", "192.0.2.10:80")
    wire.unanswered(20_000, "10.0.0.1:40003", "192.0.2.10:80")
    session = await asyncio.to_thread(open_file, wire.pcap(tmp_path / "syns.pcap"))
    async with show(session) as shown:
        workspace = shown.screen.workspace
        await shown.press("enter")
        places = []
        for _ in range(4):
            await shown.press("n")
            places.append((workspace.ladder.stream, workspace.ladder.cursor))
        await shown.press("N")
        back = (workspace.ladder.stream, workspace.ladder.cursor)

    assert places == [(0, 1), (0, 2), (0, 3), (2, 1)]
    assert back == (0, 3)


async def test_fast_retransmission_is_named_on_its_arrow(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("j")
        text = "\n".join(shown.lines())

    assert "FAST RETRANSMISSION 1001:2001" in text
    assert "DUPLICATE ACK ack 1001 #3" in text


async def test_number_sign_shows_raw_numbers_and_relative_ones_again(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("number_sign")
        raw = "\n".join(shown.lines())
        await shown.press("number_sign")
        relative = "\n".join(shown.lines())

    assert "SYN seq 1000 " in raw
    assert "SYN seq 0 " in relative


@pytest.mark.parametrize(("typed", "frame"), [("5", 5), ("#9", 9), ("139ms", 7)])
async def test_colon_goes_to_a_packet_or_a_time(show: Show, mixed_session: Session, typed: str, frame: int) -> None:
    async with show(mixed_session) as shown:
        shown.screen.controllers.going.go_to(typed)
        await shown.settle()
        row = shown.screen.workspace.row
        expected = mixed_session.store.row_of_frame(frame)

    assert row == expected


async def test_colon_with_nonsense_says_what_it_understands(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        shown.screen.controllers.going.go_to("[/nonsense]")
        await shown.settle()
        hint = shown.lines()[-1]
        shown.screen.controllers.going.go_to("9999")
        await shown.settle()

        assert "“[/nonsense]” is neither a packet (42) nor a time (1.5s, 14:03:59)." in hint
        assert "no packet 9999" in shown.lines()[-1]


async def test_evidence_in_the_explanation_leads_to_the_packet_and_escape_back(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        workspace = shown.screen.workspace
        await shown.press("enter", "j", "j", "e", "enter")
        away = workspace.row
        await shown.press("escape")

        assert workspace.row == 2
        assert away != 2


async def test_zoom_gives_the_pane_everything_and_resize_takes_it_back(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("2", "z")
        zoomed = shown.screen.workspace.ladder.size.width
        await shown.pilot.resize_terminal(80, 24)
        # Laid out anew when the resizing has come to rest: of two at once on a slow machine only the last is seen.
        await until(lambda: not shown.screen.workspace.arrangement.zoomed)
        await shown.pilot.resize_terminal(120, 40)
        await until(lambda: shown.screen.workspace.ladder.size.width < 80)
        shared = shown.screen.workspace.ladder.size.width

    assert zoomed >= 119
    assert shared < 80


@pytest.mark.parametrize("language", Language)
async def test_hint_of_the_zoom_is_what_the_key_does_next(
    show: Show, mixed_session: Session, language: Language
) -> None:
    words = Words(language)
    zoom, back = (f"z {words(f'screen.hint.{name}')}" for name in ("zoom", "unzoom"))
    async with show(mixed_session, (120, 40), language) as shown:
        lines = [shown.lines()[-1]]
        for _ in range(2):
            await shown.press("z")
            lines.append(shown.lines()[-1])

    assert [zoom in line for line in lines] == [True, False, True]
    assert [back in line for line in lines] == [False, True, False]


async def test_terminal_too_small_says_the_size_and_recovers(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (50, 12)) as shown:
        small = "\n".join(shown.lines())
        await shown.pilot.resize_terminal(80, 24)
        await shown.settle()
        large = "\n".join(shown.lines())

    assert "60×16" in small
    assert "50×12" in small
    assert "10.0.0.1:40001" in large


@pytest.mark.parametrize("keys", [("slash", *"zzz", "enter", "escape"), ("slash", *"zzz", "escape")])
async def test_narrowing_that_finds_nothing_keeps_the_place(
    show: Show, mixed_session: Session, keys: tuple[str, ...]
) -> None:
    async with show(mixed_session) as shown:
        await shown.press("j", "j", *keys)
        connections = shown.screen.workspace.connections

        assert connections.row_count == 4
        assert (connections.stream, connections.cursor, shown.screen.workspace.ladder.stream) == (2, 2, 2)


async def test_cancelled_narrowing_goes_back_and_a_finished_one_stays_on_what_it_found(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        await shown.press("j", "slash", *"40004", "escape")
        connections = shown.screen.workspace.connections
        assert connections.stream == 1
        await shown.press("slash", *"40004", "enter", "escape")
        assert (connections.row_count, connections.stream) == (4, 3)


async def test_the_list_alone_says_why_it_is_empty(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("slash", *"zzz", "enter")
        text = shown.lines()

        assert sum(line.count("No connection contains “zzz”") for line in text) == 1
        assert not any("No connection selected" in line or "Select a connection" in line for line in text)
        await shown.press("escape")
        assert [line for line in shown.lines() if "No connection contains" in line] == []


async def test_list_that_has_nothing_names_the_keys_that_look_in_requests_and_payload(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        await shown.press("slash", *"404", "enter")

        assert "Esc list all  R requests  Ctrl+F search" in shown.lines()[-1]


async def test_marks_and_order_do_not_change_by_being_looked_at(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, as_opened=True) as shown:
        connections = shown.screen.workspace.connections
        connections.index.sorting = Sorting(SortKey.PROBLEMS)
        shown.screen.controllers.listing.reorder(now=True)
        before = [connections.row(place, 120)[0].text for place in range(4)], connections.index.order.tolist()
        for _ in range(4):
            await shown.press("enter", "escape", "j")
        shown.screen.controllers.listing.reorder(now=True)

        assert mixed_session.severity[:4].tolist().count(0) == 0  # all have notes now
        assert ([connections.row(place, 120)[0].text for place in range(4)], connections.index.order.tolist()) == before
    assert [mark.strip() for mark in before[0]] == ["✗", "·5", "", ""]


async def test_sorting_goes_to_the_first_row_of_the_new_order(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("j", "s")
        connections = shown.screen.workspace.connections
        worst = int(mixed_session.severity[:4].argmax())

        assert connections.cursor == 0
        assert connections.stream == worst
        assert "by problems" in "\n".join(shown.lines())


async def test_sorting_a_long_list_shows_its_beginning(show: Show, wire: Wire, tmp_path: Path) -> None:
    for number in range(60):
        wire.clean(200 * number, f"10.0.0.1:{40000 + number}", "192.0.2.10:80", bytes(10 + number))
    session = await asyncio.to_thread(open_file, wire.pcap(tmp_path / "many.pcap"))
    async with show(session, (80, 24)) as shown:
        await shown.press("G", *"ssss")
        connections = shown.screen.workspace.connections

        assert connections.index.sorting.key is SortKey.BYTES
        assert (connections.cursor, connections.stream, connections.scroll_offset.y) == (0, 59, 0)
        assert "bytes→▾" in "\n".join(shown.lines())
        await shown.press("G", "S")
        assert (connections.cursor, connections.stream, connections.scroll_offset.y) == (0, 0, 0)
        assert "bytes→▴" in "\n".join(shown.lines())
        assert "Sorted by bytes, reversed." in shown.lines()[-1]


async def test_click_on_a_heading_sorts_by_it_and_a_second_one_turns_the_order_round(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        connections = shown.screen.workspace.connections
        at = shown.lines()[connections.region.y].index("packets")
        orders = []
        for _ in range(2):
            await shown.pilot.click(connections, offset=(at, 0))
            await shown.settle()
            orders.append((connections.index.order.tolist(), connections.cursor))
        assert orders == [([1, 0, 3, 2], 0), ([2, 0, 3, 1], 0)]
        await shown.pilot.click(connections, offset=(shown.lines()[connections.region.y].index("client"), 0))
        await shown.settle()
        assert connections.index.order.tolist() == [2, 0, 3, 1]
        assert "cannot be sorted by this column" in shown.lines()[-1]


async def test_hostile_payload_is_only_text(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (200, 50)) as shown:
        await shown.press("j", "j", "j", "enter", "j", "j", "j", "enter", "e")
        text = "\n".join(shown.lines())

        assert shown.screen.is_current
    assert "␛]52;c" in text
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char in "‮‭" for char in text.replace("\n", ""))


async def test_icmp_error_is_a_row_of_its_own(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.tcp(0, "10.0.0.1:40001", "192.0.2.9:81", 2, 100)
    wire.unreachable(5, "192.0.2.1", "10.0.0.1:40001", "192.0.2.9:81", 100)
    session = await asyncio.to_thread(open_file, wire.pcap(tmp_path / "icmp.pcap"))
    async with show(session) as shown:
        ladder = shown.screen.workspace.ladder
        text = "\n".join(shown.lines())

        assert len(ladder.rows) == 2
    assert "ICMP error" in text


async def test_chinese_screen_speaks_chinese(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (120, 40), Language.ZH) as shown:
        await shown.press("j", "enter")
        text = "\n".join(shown.lines())

    for word in ("连接", "时序", "首部", "说明", "客户端", "快速重传", "帮助", "4 条连接"):
        assert word in text


async def test_ascii_mode_draws_no_other_glyphs(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (120, 40), ascii=True) as shown:
        await shown.press("j", "enter")
        own = shown.screen.workspace.ladder.glyphs
        text = "\n".join(
            "".join(segment.text for segment in shown.screen.workspace.ladder.render_line(y)) for y in range(20)
        )

    assert own.to_right == ">"
    assert text.isascii()
    assert "->" in text or "-->" in text


async def test_no_color_marks_the_cursor_without_colour(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with show(mixed_session) as shown:
        await shown.press("j")
        connections = shown.screen.workspace.connections
        strip = connections.render_line(1 + connections.cursor)
        styles = [
            segment.style
            for line in screen_strips(shown.screen)
            for segment in line.apply_filter(NoColor(), shown.screen.background_colors[1])
        ]

        assert any(isinstance(each, NoColor) for each in shown.pilot.app.get_line_filters())
        assert all(segment.style is not None and segment.style.reverse for segment in strip)
        assert all(style is not None and (style.color is None or style.color.is_default) for style in styles)


async def test_times_are_hidden_on_request(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (120, 40), hide_times=True) as shown:
        text = "\n".join(shown.lines())

    assert "0.040000" not in text


async def test_pause_keeps_the_display_and_counts_what_came(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("space")
        paused = shown.lines()[0]
        await shown.press("space")

        assert "display paused" in paused
        assert "paused" not in shown.lines()[0]


async def test_click_selects_a_row_and_a_tab(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (80, 24)) as shown:
        await shown.pilot.click("#connections", offset=(10, 3))
        await shown.settle()
        selected = shown.screen.workspace.connections.stream
        await shown.pilot.click("#tabs", offset=(20, 0))
        await shown.settle()

        assert selected == 2
        assert shown.screen.workspace.active is Pane.TIMELINE


async def test_steps_of_a_case_do_nothing_without_one(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("right_square_bracket", "r")

        assert shown.screen.check_action("step", (1,)) is False
        assert shown.screen.workspace.row == 0


def burst(shown: Shown, keys: str) -> None:
    """All keys at once, as a terminal delivers what was typed during a pause."""
    names = {"\r": "enter", "/": "slash", ":": "colon", ".": "full_stop"}
    for char in keys:
        shown.pilot.app.post_message(events.Key(names.get(char, char), None if char == "\r" else char))


async def test_keys_typed_ahead_go_where_the_one_before_led(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        burst(shown, "j\rjjj")
        await shown.settle()
        workspace = shown.screen.workspace

        assert (workspace.active, workspace.ladder.stream, workspace.ladder.cursor) == (Pane.TIMELINE, 1, 3)


async def test_text_typed_ahead_of_the_prompt_arrives_in_it(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        burst(shown, "/:8443\r")
        await shown.settle()

        assert shown.screen.workspace.connections.index.order.tolist() == [2]
        assert shown.screen.workspace.active is Pane.CONNECTIONS


async def test_capture_that_ends_in_the_middle_says_where_and_shows_the_rest(
    show: Show, wire: Wire, tmp_path: Path
) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    path = wire.pcap(tmp_path / "cut.pcap")
    path.write_bytes(path.read_bytes()[:-30])
    session = await asyncio.to_thread(open_file, path)
    async with show(session, (100, 24)) as shown:
        lines = shown.lines()

    assert "7 packets" in lines[0]
    assert "cut.pcap" in lines[-2]
    assert "!" in lines[-2]


async def test_change_of_colours_repaints_borders_too(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.pilot.app.run_action("app.set_theme('tcptui-light')")
        await shown.settle()
        backgrounds = {
            segment.style.bgcolor.name
            for line in screen_strips(shown.screen)
            for segment in line
            if segment.style is not None and segment.style.bgcolor is not None
        }

    assert backgrounds
    assert "#10151b" not in backgrounds


async def test_narrowed_list_names_the_key_that_lists_all_again(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (80, 24)) as shown:
        assert "list all" not in shown.lines()[-1]
        await shown.press("slash", *"40002", "enter")
        assert "Esc list all" in shown.lines()[-1]
        await shown.press("enter")
        assert "list all" not in shown.lines()[-1]
        await shown.press("escape", "escape")
        assert "list all" not in shown.lines()[-1]


async def test_two_files_of_the_same_name_are_told_apart_in_the_status(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    paths = [tmp_path / side / "client.pcap" for side in ("near", "far")]
    for path in paths:
        path.parent.mkdir()
        wire.pcap(path)
    session = Session([open_source(path) for path in paths])
    session.run_here()

    async with show(session, (120, 40)) as shown:
        assert "near/client.pcap, far/client.pcap" in shown.lines()[0]
        await shown.press("0")
        assert "near/client.pcap, far/client.pcap" in "\n".join(screen_lines(shown.pilot.app.screen))
