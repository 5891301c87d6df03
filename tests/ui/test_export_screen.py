"""`x`: files found, previewed, written; Enter goes to the packet."""

from __future__ import annotations

import asyncio
import errno
import gzip
import io
import re
import threading
from typing import TYPE_CHECKING

import pytest
from screen_lines import screen_lines
from textual.containers import Vertical
from textual.widgets import Input

from tcptui.model.errors import OutputError
from tcptui.session.session import Session, open_file
from tcptui.ui.export.preview import NoImage, image_cells
from tcptui.ui.export.screen import ExportScreen
from tests.ui.conftest import SETTLES_IN_S, turns, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

ACK, PSH = 16, 8


def _image() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (40, 20), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


def _carry(
    wire: Wire, ms: float, client: str, uri: str, kind: str, body: bytes, length: int | None = None,
    *, host: str = "files.example",
) -> None:  # fmt: skip
    server = "192.0.2.10:80"
    wire.handshake(ms, client, server)
    ask = f"GET {uri} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length or len(body)}\r\n\r\n".encode() + body
    wire.tcp(ms + 41, client, server, PSH | ACK, 1001, 9001, payload=ask)
    wire.tcp(ms + 81, server, client, PSH | ACK, 9001, 1001 + len(ask), payload=answer)


@pytest.fixture
def carrying(wire: Wire, tmp_path: Path) -> Session:
    """Three files: text, a picture, and a page of which half is missing."""
    _carry(wire, 0, "10.0.0.1:40001", "/notes.txt", "text/plain", b"first line\nsecond \x1b[31mline\n")
    _carry(wire, 200, "10.0.0.1:40002", "/red.png", "image/png", _image())
    _carry(wire, 400, "10.0.0.1:40003", "/", "text/html", b"<html>", 500)
    return open_file(wire.pcap(tmp_path / "carrying.pcap"))


async def _files(shown: Shown, count: int) -> ExportScreen:
    """The screen once all is found and the chosen file is read."""
    async for _ in turns():
        await shown.pilot.pause()
        screen = shown.pilot.app.screen
        if isinstance(screen, ExportScreen) and not screen.busy and len(screen.files.files) == count:
            file = screen.files.chosen
            if file is None or file.sha256:
                await shown.pilot.pause()
                return screen
    raise AssertionError("the files did not come")


def _text(screen: ExportScreen) -> str:
    preview = screen.preview
    return "\n".join(preview.render_line(y).text.rstrip() for y in range(preview.size.height))


async def test_files_are_listed_with_a_preview_of_the_chosen_one(show: Show, carrying: Session) -> None:
    async with show(carrying) as shown:
        await shown.pilot.press("x")
        screen = await _files(shown, 3)

        names = [file.name for file in screen.files.files]
        text = _text(screen)

    assert names == ["notes.txt", "red.png", "index.html"]
    assert "files.example/notes.txt" in text
    assert "first line" in text
    assert "␛[31m" in text


@pytest.mark.parametrize(("size", "row"), [((100, 30), 16), ((120, 40), 16), ((160, 45), 16), ((250, 70), 16)])
async def test_bytes_stand_in_rows_of_eight_or_sixteen_and_a_hash_in_one_line(
    show: Show, wire: Wire, tmp_path: Path, size: tuple[int, int], row: int
) -> None:
    _carry(wire, 0, "10.0.0.1:40001", "/data", "application/octet-stream", bytes(range(100, 200)) * 4 + bytes(400))
    async with show(open_file(wire.pcap(tmp_path / "bytes.pcap")), size) as shown:
        await shown.press("x")
        screen = await _files(shown, 1)
        lines = screen_lines(screen)

    assert any(f"{row:06x}  {bytes(range(100 + row, 100 + 2 * row)).hex(' ')}  " in line for line in lines)
    if row == 16:
        assert any(re.search("SHA-256 [0-9a-f]{64}", line) for line in lines)


async def test_long_host_gets_what_name_and_type_need_not(show: Show, wire: Wire, tmp_path: Path) -> None:
    host = "backend.payments.internal.example"
    _carry(wire, 0, "10.0.0.1:40001", "/a", "text/plain", b"a", host=host)
    _carry(wire, 200, "10.0.0.1:40002", "/b", "application/octet-stream", b"b", host=host)
    async with show(open_file(wire.pcap(tmp_path / "hosts.pcap")), (100, 30)) as shown:
        await shown.press("x")
        lines = screen_lines(await _files(shown, 2))

    assert all(host in line for line in lines[2:4])


async def test_picture_is_drawn_in_its_colours(show: Show, carrying: Session) -> None:
    async with show(carrying) as shown:
        await shown.pilot.press("x")
        await _files(shown, 3)
        await shown.pilot.press("j")
        screen = await _files(shown, 3)
        lines = [screen.preview.render_line(y) for y in range(screen.preview.size.height)]
        colours = [cell.style.color for line in lines for cell in line if "▀" in cell.text and cell.style]

    assert {colour.triplet.hex for colour in colours if colour and colour.triplet} == {"#c81e1e"}


async def test_file_that_is_not_whole_says_why(show: Show, carrying: Session) -> None:
    async with show(carrying) as shown:
        await shown.pilot.press("x")
        await _files(shown, 3)
        await shown.pilot.press("G")
        text = _text(await _files(shown, 3))

    assert "incomplete: the capture ends before it" in text


async def test_enter_goes_to_the_packet_of_the_file(show: Show, carrying: Session) -> None:
    async with show(carrying) as shown:
        await shown.pilot.press("x")
        await _files(shown, 3)
        await shown.pilot.press("j")
        await _files(shown, 3)
        await shown.press("enter")

        assert shown.screen.workspace.ladder.stream == 1
        assert int(carrying.store.frame[shown.screen.workspace.row]) == 10


async def test_scope_is_the_selected_connection_or_all(show: Show, carrying: Session) -> None:
    async with show(carrying) as shown:
        await shown.press("j")
        await shown.pilot.press("x")
        await _files(shown, 3)
        await shown.pilot.press("s")
        screen = await _files(shown, 1)

        assert [file.name for file in screen.files.files] == ["red.png"]


async def test_all_files_are_written_to_the_folder_that_was_named(
    show: Show, carrying: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with show(carrying) as shown:
        await shown.pilot.press("x")
        await _files(shown, 3)
        await shown.pilot.press("W", "enter")
        await _files(shown, 3)

    assert sorted(path.name for path in (tmp_path / "exported").iterdir()) == [
        "index.html.partial",
        "notes.txt",
        "red.png",
    ]
    assert (tmp_path / "exported" / "red.png").read_bytes() == _image()


async def test_folder_that_cannot_be_is_said(
    show: Show, carrying: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exported").write_text("a file")
    async with show(carrying) as shown:
        await shown.pilot.press("x")
        await _files(shown, 3)
        await shown.pilot.press("w", "enter")
        screen = await _files(shown, 3)
        await until(lambda: bool(screen.hint_line.notice))

        assert "exported" in screen.hint_line.notice


async def test_bytes_that_are_gone_are_said_and_end_nothing(
    show: Show, carrying: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(stream: int) -> object:
        raise OSError(errno.EIO, "the disk is gone")

    async with show(carrying) as shown:
        monkeypatch.setattr(carrying, "directions", gone)
        await shown.pilot.press("x")
        screen = await _files(shown, 0)
        await until(lambda: bool(screen.hint_line.notice))
        notice = screen.hint_line.notice
        monkeypatch.undo()
        await shown.pilot.press("r")
        again = await _files(shown, 3)

    assert "the disk is gone" in notice
    assert len(again.files.files) == 3


@pytest.mark.parametrize(
    "error",
    [OutputError("output_failed", path="a", reason="full"), OSError(errno.EIO, "gone")],
    ids=["folder", "packets"],
)
async def test_writing_that_fails_once_it_was_given_up_is_over(
    show: Show, carrying: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    writes, may_fail = threading.Event(), threading.Event()

    def write_files(*_of: object) -> list[str]:
        writes.set()
        assert may_fail.wait(SETTLES_IN_S)
        raise error

    monkeypatch.setattr("tcptui.ui.export.screen.write_files", write_files)
    async with show(carrying) as shown:
        await shown.pilot.press("x")
        screen = await _files(shown, 3)
        await shown.pilot.press("W")
        screen.query_one(Input).value = str(tmp_path / "out")
        await shown.pilot.press("enter")
        await until(writes.is_set)
        await shown.pilot.press("s")
        assert screen.busy, "another scope waits until all is written"
        await shown.pilot.press("escape")
        may_fail.set()
        await until(lambda: not screen.busy)
        await shown.pilot.press("escape")
        await until(lambda: shown.pilot.app.screen is shown.screen)


async def test_link_in_the_header_tree_goes_to_the_other_packet(show: Show, carrying: Session) -> None:
    async with show(carrying) as shown:
        await shown.press("enter", "j", "j", "j", "3")
        headers = shown.screen.workspace.headers
        tree = headers.tree_view
        for node in tree.root.children:
            node.expand()
        await shown.settle()
        line = next(
            line for line in range(tree.last_line + 1)
            if (found := tree.get_node_at_line(line)) and found.data and found.data.label == "[Response in frame: 5]"
        )  # fmt: skip
        tree.cursor_line = line
        await shown.press("enter")

        assert int(carrying.store.frame[shown.screen.workspace.row]) == 5


@pytest.mark.parametrize("data", [b"", b"no picture", _image()[:20], b"GIF89a" + bytes(50)])
def test_bytes_that_are_no_picture_are_refused_quietly(data: bytes) -> None:
    assert image_cells(data, 20, 10, (0, 0, 0)) is NoImage.UNREADABLE


def test_picture_whose_end_is_missing_is_drawn_as_far_as_it_goes() -> None:
    assert isinstance(image_cells(_image()[:-20], 20, 10, (0, 0, 0)), list)


def test_huge_picture_is_not_decoded() -> None:
    head = _image()
    huge = head[:16] + (100_000).to_bytes(4, "big") * 2 + head[24:]

    assert image_cells(huge, 20, 10, (0, 0, 0)) is NoImage.UNREADABLE


def test_picture_fits_the_cells_it_was_given() -> None:
    cells = image_cells(_image(), 10, 3, (0, 0, 0))

    assert isinstance(cells, list)
    assert len(cells) <= 3
    assert max(len(line) for line in cells) <= 10


def _line(screen: ExportScreen, position: int, width: int) -> str:
    return "".join(segment.text for segment in screen.files.row(position, width))


async def _narrowed(shown: Shown, screen: ExportScreen, names: list[str]) -> None:
    async for _ in turns():
        if [file.name for file in screen.files.files] == names:
            return
        await shown.pilot.pause()
    raise AssertionError([file.name for file in screen.files.files])


@pytest.mark.parametrize(("size", "width"), [((80, 24), 80), ((120, 40), 71), ((200, 50), 119)])
async def test_host_and_status_stand_in_the_list(
    show: Show, carrying: Session, size: tuple[int, int], width: int
) -> None:
    async with show(carrying, size) as shown:
        await shown.pilot.press("x")
        screen = await _files(shown, 3)
        heading = "".join(segment.text for segment in screen.files.heading(width))
        line = _line(screen, 0, width)

    assert "status" in heading
    assert "host" in heading
    assert " 200 " in line
    assert "files.example" in line
    assert "notes.txt" in line


async def test_search_lists_the_files_with_a_text_and_esc_lists_all_again(show: Show, carrying: Session) -> None:
    async with show(carrying, (80, 24)) as shown:
        await shown.pilot.press("x")
        screen = await _files(shown, 3)
        await shown.pilot.press("slash", *"image 200", "enter")
        await _narrowed(shown, screen, ["red.png"])
        told = screen_lines(screen)[0]
        assert screen.files.chosen is screen.files.files[0]
        await shown.pilot.press("slash", *"x", "enter")
        await _narrowed(shown, screen, [])
        empty = screen_lines(screen)[2]
        await shown.pilot.press("escape")
        await _narrowed(shown, screen, ["notes.txt", "red.png", "index.html"])
        assert shown.pilot.app.screen is screen

    assert "1 of 3 with “image 200”" in told
    assert "No file matches “image 200x”" in empty


async def test_narrowing_that_is_given_up_lists_what_was_listed_before(show: Show, carrying: Session) -> None:
    async with show(carrying, (80, 24)) as shown:
        await shown.pilot.press("x")
        screen = await _files(shown, 3)
        await shown.pilot.press("slash", *"png")
        await _narrowed(shown, screen, ["red.png"])
        await shown.pilot.press("escape")
        await _narrowed(shown, screen, ["notes.txt", "red.png", "index.html"])


async def test_files_without_a_byte_are_counted_and_an_empty_one_is_said(
    show: Show, wire: Wire, tmp_path: Path
) -> None:
    _carry(wire, 0, "10.0.0.1:40001", "/lost", "text/plain", b"", 500)
    _carry(wire, 200, "10.0.0.1:40002", "/some", "text/plain", b"abc")
    packed = gzip.compress(b"")
    _carry(wire, 400, "10.0.0.1:40003", "/nothing", "text/plain\r\nContent-Encoding: gzip", packed)
    session = await asyncio.to_thread(open_file, wire.pcap(tmp_path / "few.pcap"))
    async with show(session, (120, 40)) as shown:
        await shown.pilot.press("x")
        screen = await _files(shown, 2)
        await shown.pilot.press("j")
        await _files(shown, 2)
        bar = screen_lines(screen)[0]
        line = _line(screen, 1, 80)

    assert [file.name for file in screen.files.files] == ["some.txt", "nothing.txt"]
    assert "1 without any captured byte not listed" in bar
    assert " empty " in line


async def test_screen_without_files_offers_nothing_that_needs_one(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.refused(0, "10.0.0.1:40001", "192.0.2.10:80")
    session = open_file(wire.pcap(tmp_path / "none.pcap"))
    async with show(session, (80, 24)) as shown:
        await shown.pilot.press("x")
        screen = await _files(shown, 0)
        drawn = screen_lines(screen)

        assert "write" not in drawn[-1]
        assert "narrow" not in drawn[-1]
        assert "Esc back" in drawn[-1]
        assert not any("────" in line for line in drawn)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_long_names_keep_the_end_that_tells_them_apart(
    show: Show, wire: Wire, tmp_path: Path, size: tuple[int, int]
) -> None:
    common = "quarterly-report-of-the-eastern-and-western-branches-with-all-appendices-and-tables-"
    for number in (1, 2):
        _carry(wire, 200 * number, f"10.0.0.1:4000{number}", f"/{common}{number}.pdf", "application/pdf", b"%PDF-1.7")
    async with show(open_file(wire.pcap(tmp_path / "long.pcap")), size) as shown:
        await shown.pilot.press("x")
        lines = screen_lines(await _files(shown, 2))

    assert ["1.pdf" in line for line in lines[2:4]] == [True, False]
    assert ["2.pdf" in line for line in lines[2:4]] == [False, True]


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
async def test_below_a_short_list_of_files_no_line_stays_blank(
    show: Show, carrying: Session, size: tuple[int, int]
) -> None:
    async with show(carrying, size) as shown:
        await shown.pilot.press("x")
        screen = await _files(shown, 3)

        assert screen.files.region.height == 1 + 3
        beside = screen.query_one(Vertical).region
        assert beside.y == screen.files.region.bottom
        assert beside.bottom == size[1] - 1
