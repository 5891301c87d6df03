from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from tcptui.ui.app import TcptuiApp
from tcptui.ui.main.hex_pane import HexPane, bytes_per_line


@pytest.mark.parametrize(("width", "count"), [(120, 16), (71, 16), (70, 8), (39, 8), (38, 4), (22, 2)])
def test_line_holds_as_many_bytes_as_fit(width: int, count: int) -> None:
    assert bytes_per_line(width) == count


class Showing(TcptuiApp):
    CSS = TcptuiApp.CSS + "HexPane { width: 1fr; height: 1fr; overflow-y: scroll; scrollbar-size-vertical: 1; }"

    def compose(self) -> ComposeResult:
        yield HexPane()


async def test_marked_bytes_are_in_sight_and_stand_out_and_nothing_is_raw() -> None:
    data = bytes(range(256)) * 4
    app: App[object] = Showing()  # type: ignore[assignment]
    async with app.run_test(size=(80, 10)) as pilot:
        pane = app.query_one(HexPane)
        pane.show(data)
        pane.mark(0x2F0, 20)
        await pilot.pause()
        strips = [pane.render_line(y) for y in range(10)]
        text = "\n".join(strip.text for strip in strips)
        marked = "".join(segment.text for strip in strips for segment in strip if segment.style and segment.style.bold)

    assert "02f0" in text
    assert "f0 f1" in marked
    assert "00 01 02 03" in marked
    assert all(char == "\n" or 0x20 <= ord(char) < 0x7F for char in text)


async def test_offsets_of_a_frame_beyond_64_kib_keep_all_their_digits() -> None:
    app: App[object] = Showing()  # type: ignore[assignment]
    async with app.run_test(size=(80, 10)) as pilot:
        pane = app.query_one(HexPane)
        pane.show(bytes(0x10020))
        pane.mark(0x10000, 1)
        await pilot.pause()
        offsets = [pane.render_line(y).text[:6] for y in range(10)]

    assert "10000 " in offsets
    assert "0000  " not in offsets


async def test_clicked_byte_is_told_by_its_offset() -> None:
    seen: list[int] = []

    class Clicking(Showing):
        def on_hex_pane_byte_clicked(self, event: HexPane.ByteClicked) -> None:
            seen.append(event.offset)

    app = Clicking()
    async with app.run_test(size=(80, 10)) as pilot:
        app.query_one(HexPane).show(bytes(64))
        await pilot.pause()
        for offset in ((6, 0), (9, 1), (6 + 49, 2), (0, 0), (6 + 49 + 15, 3)):
            await pilot.click(HexPane, offset=offset)

    assert seen == [0, 17, 32, 63]
