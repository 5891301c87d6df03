from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from other_frames import ip, over_ethernet, pcap
from screen_lines import screen_lines

from tcptui.protocols.headers.node import Node
from tcptui.session.session import open_file
from tcptui.ui.main.header_pane import cut_ends, line_names, shorter_lines, with_most_lines
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

CASES = Path(__file__).resolve().parents[2] / "cases"
PORT_SILENT = next(CASES.glob("123-*/client.pcap*"))


async def test_field_under_the_cursor_marks_its_bytes(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (200, 50)) as shown:
        await shown.press("enter", "enter")
        headers = shown.screen.workspace.headers
        tree = headers.tree_view
        while tree.cursor_node is None or tree.cursor_node.data is None or tree.cursor_node.data.field != "tcp.dstport":
            await shown.press("j")
        strip = "".join(
            segment.text
            for y in range(headers.hex_pane.size.height)
            for segment in headers.hex_pane.render_line(y)
            if segment.style and segment.style.bold
        )

    assert "00 50" in strip


async def test_names_of_layers_stand_below_each_other_whether_they_open_or_not(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session, (200, 50)) as shown:
        await shown.press("enter", "3")
        lines = shown.lines()
        frame = next(line for line in lines if "Frame 1:" in line)
        raw = next(line for line in lines if "Raw packet data" in line)

    assert raw.index("Raw") == frame.index("Frame")


async def test_what_was_opened_stays_open_for_the_next_packet_and_the_cursor_stays(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        await shown.press("enter", "enter", "g", "l")
        tree = shown.screen.workspace.headers.tree_view
        opened = tree.cursor_node
        field = opened.data.field if opened is not None and opened.data is not None else ""
        await shown.press("escape", "j", "3")
        after = tree.cursor_node

        assert field == "frame"
        assert after is not None
        assert after.data is not None
        assert after.data.field == "frame"
        assert after.is_expanded
        assert "Frame 2:" in after.data.label


async def test_pane_in_front_has_a_cursor_and_enter_opens_what_is_under_it(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (80, 24)) as shown:
        tree = shown.screen.workspace.headers.tree_view
        await shown.press("enter")
        before = tree.cursor_line
        await shown.press("3")
        at_first = tree.cursor_line
        await shown.press("enter")
        opened = tree.cursor_node is not None and tree.cursor_node.is_expanded

    assert (before, at_first) == (-1, 0)
    assert opened


async def test_left_closes_then_climbs_then_leaves(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        workspace = shown.screen.workspace
        await shown.press("3", "g", "l", "l")
        tree = workspace.headers.tree_view
        inside = tree.cursor_line
        await shown.press("h")
        layer = tree.cursor_line
        await shown.press("h")
        closed = tree.cursor_node is not None and not tree.cursor_node.is_expanded
        await shown.press("h")

    assert inside == 1
    assert layer == 0
    assert closed
    assert workspace.active.value == "timeline"


async def test_clicked_byte_selects_its_field(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (200, 50)) as shown:
        await shown.press("3")
        headers = shown.screen.workspace.headers
        # Below the border, byte 12 of raw IPv4: the source address.
        await shown.pilot.click("#hex", offset=(6 + 3 * 12, 1))
        await shown.settle()
        node = headers.tree_view.cursor_node

        assert node is not None
        assert node.data is not None
        assert node.data.label.startswith("Source Address: 10.0.0.1")


def test_line_without_a_field_keeps_its_name_wherever_it_stands() -> None:
    first = Node("Window: 1", 0, 2, field="tcp.window_size_value")
    times = Node("[Timestamps]")

    assert line_names([first, times])[1] == line_names([times])[0] == "[Timestamps]"


def test_lines_of_one_field_have_names_of_their_own() -> None:
    lines = [Node(f"{name}: 1", 0, 2, field="http.request.line") for name in ("Pragma", "DNT", "DNT", "Range")]

    names = line_names(lines)

    assert names[0] == "http.request.line"
    assert names[1] == "http.request.line/DNT"
    assert len(set(names)) == len(lines)


async def test_highlighted_line_stays_in_sight_when_the_terminal_is_resized(show: Show) -> None:
    async with show(open_file(PORT_SILENT), (250, 70)) as shown:
        await shown.press("enter", "3", "end")
        tree = shown.screen.workspace.headers.tree_view
        for size in ((200, 50), (160, 45), (120, 40), (80, 24), (200, 50)):
            await shown.pilot.resize_terminal(*size)
            await shown.settle()
            assert tree.cursor_line == tree.last_line
            assert tree.scroll_offset.y <= tree.cursor_line < tree.scroll_offset.y + tree.size.height, size


async def test_bytes_have_no_more_lines_than_they_fill_and_the_tree_has_the_rest(show: Show) -> None:
    async with show(open_file(PORT_SILENT), (200, 50)) as shown:
        await shown.press("enter", "3")
        headers = shown.screen.workspace.headers
        assert len(headers.hex_pane.data) == 74
        assert headers.hex_pane.size.height == 5
        assert headers.tree_view.size.height == headers.size.height - 6


def test_layer_is_told_shorter_where_its_line_does_not_fit() -> None:
    addresses = "2003:de:2016:125:fcf2:1d9f:5a4c:8a2e", "2a00:1450:4001:80b:1234:5678:9abc:200e"
    version_6 = "Internet Protocol Version 6, Src: {}, Dst: {}".format(*addresses)
    link = "Ethernet II, Src: Intel_a8:1f:ec (3c:a9:f4:a8:1f:ec), Dst: Maker_82:34:39 (a4:91:b1:82:34:39)"

    assert shorter_lines(version_6, ">") == [
        "IPv6, Src: {}, Dst: {}".format(*addresses),
        "IPv6 {} > {}".format(*addresses),
    ]
    assert shorter_lines(link, ">")[0] == "Ethernet II, Src: 3c:a9:f4:a8:1f:ec, Dst: a4:91:b1:82:34:39"
    assert shorter_lines("Frame 1: 74 bytes on wire (592 bits)", ">") == ["Frame 1: 74 bytes on wire"]
    tcp = "Transmission Control Protocol, Src Port: 1, Dst Port: 80, Seq: 0, Len: 0"
    assert shorter_lines(tcp, ">") == [
        "TCP, Src Port: 1, Dst Port: 80, Seq: 0, Len: 0",
        "TCP 1 > 80, Seq: 0, Len: 0",
        "TCP 1>80 Seq=0 Len=0",
    ]
    frame = "Frame 22: 44 bytes on wire (352 bits), 44 bytes captured (352 bits)"
    assert shorter_lines(frame, ">")[-2:] == ["Frame 22: 44 bytes, all captured", "Frame 22: 44 bytes"]
    assert shorter_lines(frame.replace("44", "96", 1), ">")[-1] == "Frame 22: 96 bytes on wire, 44 bytes captured"
    on_one = frame + " on interface eth0"
    assert shorter_lines(on_one, ">")[-2:] == ["Frame 22: 44 bytes on interface eth0", "Frame 22: 44 bytes"]
    assert shorter_lines("Data (1357 bytes)", ">") == []


@pytest.mark.parametrize(
    ("form", "cut"),
    [
        ("IPv4 93.184.221.133 > 192.168.1.101", "IPv4 …184.221.133 > …2.168.1.101"),
        ("Ethernet II d0:7a:b5:96:cd:0a > 00:14:0b:33:33:27", "Ethernet II …6:cd:0a > …3:33:27"),
        ("IPv6 2003:de:2016:125:fcf2:1d9f:5a4c:8a2e > fe80::1", "IPv6 …25:fcf2:1d9f:5a4c:8a2e > fe80::1"),
        ("Data (1357 bytes)", "Data (1357 bytes)"),
    ],
)
def test_both_ends_of_a_layer_that_are_cut_keep_what_tells_them_apart(form: str, cut: str) -> None:
    assert cut_ends(form, ">", len(cut), "…") == cut


async def test_long_addresses_are_whole_on_a_screen_of_160_columns_and_a_graph_of_nothing_says_so(
    show: Show, tmp_path: Path
) -> None:
    client, server = "2003:de:2016:125:fcf2:1d9f:5a4c:8a2e", "2a00:1450:4001:80b:1234:5678:9abc:200e"
    syn = struct.pack("!HHIIHHHH", 50123, 44300, 1000, 0, 5 << 12 | 2, 64240, 0, 0)
    path = tmp_path / "six.pcap"
    path.write_bytes(pcap([over_ethernet(ip(client, server, 6, syn))] * 2, every_ms=900))
    async with show(open_file(path), (160, 45)) as shown:
        lines = shown.lines()
        assert any(f"[{client}]:50123" in line and f"[{server}]:44300 │" in line for line in lines), "above the lanes"
        assert any(f"IPv6, Src: {client}, Dst: {server}" in line for line in lines)
        await shown.press("t")
        await shown.pilot.press("3")
        await shown.pilot.pause()
        drawn = "\n".join(screen_lines(shown.pilot.app.screen))
        assert "there is no round trip to measure" in drawn
        assert "┤" not in drawn


def test_tree_of_too_many_lines_ends_with_how_many_are_left_out() -> None:
    layer = Node("layer", children=tuple(Node(f"line {number}") for number in range(5)))
    root = Node("", children=(layer, layer))
    words = Words(Language.EN)

    cut = with_most_lines(root, words, 9)

    assert with_most_lines(root, words, 12) is root
    assert [len(each.children) for each in cut.children] == [5, 1, 0]
    assert cut.children[-1].label == "4 more lines: too many to show here"
