"""`F`: following a stream on the screen."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, SERVER, Tape, hostile
from http2_ends import OK, Ends, get
from screen_lines import screen_lines, screen_strips
from textual.widgets import Input

from tcptui.capture.file_source import open_descriptor
from tcptui.lessons.loader import load_case
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.export.screen import ExportScreen
from tcptui.ui.follow.lines import Form
from tcptui.ui.follow.screen import FollowScreen
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.requests.screen import RequestsScreen
from tcptui.ui.view_options import ViewOptions
from tcptui.words.language import Language
from tests.ui.conftest import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

ONE, TWO = f"{CLIENT}:40001", f"{SERVER}:80"
#: TLS with the secrets to open it, in the file.
WITH_KEYS = Path(__file__).parents[1] / "protocols" / "tls" / "captures_keys" / "sessions.pcapng.gz"
BODY = b"".join(b"line %d of the answer\n" % number for number in range(5000))


def talk() -> Tape:
    """Packets 4: a question, 5-6: an answer out of order, 7: another question, 8-: a long answer, a gap, an end."""
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    tape.tcp(41, ONE, TWO, ACK, 1001, 9001, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    tape.tcp(82, TWO, ONE, ACK, 9007, 1028, b" world\r\n")
    tape.tcp(83, TWO, ONE, ACK, 9001, 1028, b"hello,")
    tape.tcp(84, ONE, TWO, ACK, 1028, 9015, b"more\tplease\x1b[2J")
    for index in range(0, len(BODY), 1000):
        tape.tcp(85 + index / 1000, TWO, ONE, ACK, 9015 + index, 1044, BODY[index : index + 1000])
    tape.tcp(300, TWO, ONE, ACK, 9015 + len(BODY) + 1460, 1044, b"the end")
    return tape


@pytest.fixture
def session(tmp_path: Path) -> Session:
    path = tmp_path / "talk.pcap"
    path.write_bytes(talk().pcap())
    return open_file(path)


async def following(shown: Shown, *keys: str) -> FollowScreen:
    """Press `F` and wait until the stream is there, then press ``keys``."""
    await shown.pilot.press("F")
    screen = shown.pilot.app.screen
    assert isinstance(screen, FollowScreen)
    await settled(shown.pilot, lambda: screen.view.source is not None)
    for key in keys:
        await shown.pilot.press(key)
    await shown.pilot.pause()
    return screen


def lines(screen: FollowScreen) -> list[str]:
    return ["".join(s.text for s in line).rstrip(" █│|") for line in screen_strips(screen)]


async def find(shown: Shown, screen: FollowScreen, text: str) -> None:
    await shown.pilot.press("slash")
    for char in text:
        await shown.pilot.press({" ": "space"}.get(char, char))
    await shown.pilot.press("enter")
    await settled(shown.pilot, lambda: not screen.search.running)
    await shown.pilot.pause()


async def test_stream_opens_as_text_with_both_sides_told_apart(show: Show, session: Session) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await following(shown)
        text = lines(screen)

    assert text[0].startswith(" stream 0  42▶  ◀120k  ! 1.5kB missing")
    assert text[0].endswith(" text  hex  decoded   both sides")
    assert text[1].startswith("── ▶ client 10.0.0.1:40001  #4  0.041000 s ──")
    assert text[2:5] == ["▶ GET / HTTP/1.1", "▶ Host: a", "▶"]
    assert text[5].startswith("── ◀ server 192.0.2.10:80  #6  0.083000 s ──")
    assert text[6] == "    ◀ hello, world"
    assert text[8] == "▶ more    please␛[2J"
    assert text[10] == "    ◀ line 0 of the answer"
    assert text[22].startswith(" ▶ client byte 0 of 42  packet #4  0.041000 s  0x47")


async def test_packets_below_a_short_text_are_at_the_byte_under_the_cursor(
    show: Show, wire: Wire, tmp_path: Path
) -> None:
    client, server = "10.0.0.1:40001", "192.0.2.10:80"
    wire.handshake(0, client, server)
    wire.tcp(41, client, server, ACK, 1001, 9001, payload=b"asked")
    wire.tcp(81, server, client, ACK, 9001, 1006, payload=b"answered")
    async with show(open_file(wire.pcap(tmp_path / "short.pcap")), (80, 24)) as shown:
        screen = await following(shown)
        packets = screen.below.packets

        def under_cursor() -> int:
            return int(screen.session.store.frame[packets.rows[packets.cursor]])

        assert screen.view.row_count(100) < screen.size.height
        assert under_cursor() == 4
        assert any("Packets of connection 0" in line for line in lines(screen))
        await shown.pilot.press("right_square_bracket")
        await shown.pilot.pause()
        row = packets.rows[packets.cursor]
        assert under_cursor() == 5
        await shown.pilot.press("enter")
        await settled(shown.pilot, lambda: shown.pilot.app.screen is shown.screen)
        assert shown.screen.workspace.row == row


async def test_end_and_pages_are_reached_and_the_gap_is_seen(show: Show, session: Session) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await following(shown, "G")
        end = lines(screen)
        await shown.pilot.press("pageup")
        before = lines(screen)
        await shown.pilot.press("g", "pagedown")
        second = lines(screen)

    assert end[19:22] == ["    ◀ line 4999 of the answer", "    ◀ [1,460 bytes not captured here]", "    ◀ the end"]
    assert end[22].startswith(" ◀ server byte ")
    assert before[21] == "    ◀ line 4981 of the answer"
    assert second[21] == "    ◀ line 31 of the answer"


async def test_hex_shows_the_same_bytes_and_the_cursor_stays_on_its_byte(show: Show, session: Session) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await following(shown, "down", "right", "right")
        before = screen.byte_under_cursor()
        await shown.pilot.press("x")
        await settled(shown.pilot, lambda: screen.view.form is Form.HEX)
        after, text = screen.byte_under_cursor(), lines(screen)

    assert before == after == (0, 18)
    assert text[2] == "▶ 00000000  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1.."
    assert text[4].startswith("── ◀ server")
    assert text[5].startswith("  ◀ 00000000  68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 0d 0a        hello, world..")


async def test_enter_goes_to_the_packet_of_the_byte_and_escape_comes_back(show: Show, session: Session) -> None:
    async with show(session) as shown:
        screen = await following(shown)
        await find(shown, screen, "world")
        await shown.press("enter")
        main = shown.pilot.app.screen
        assert isinstance(main, MainScreen)
        await settled(shown.pilot, lambda: main.workspace.row == 4)
        assert main.workspace.active is Pane.TIMELINE


async def test_stream_opens_at_the_bytes_of_the_selected_packet(show: Show, session: Session) -> None:
    async with show(session) as shown:
        await shown.press("enter", *["down"] * 6)
        assert shown.screen.workspace.row == 6
        screen = await following(shown)
        assert screen.byte_under_cursor() == (0, 27)
        await shown.press("escape", "g")
        assert shown.screen.workspace.row == 0
        screen = await following(shown)
        assert screen.byte_under_cursor() == (0, 0)


async def test_search_goes_on_with_n_and_back_with_capital_n(show: Show, session: Session) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await following(shown)
        await find(shown, screen, "line 40")
        places = [screen.byte_under_cursor()]
        for key in ("n", "n", "N"):
            await shown.pilot.press(key)
            await settled(shown.pilot, lambda: not screen.search.running)
            await shown.pilot.pause()
            places.append(screen.byte_under_cursor())
        match = screen.view.match
        assert match is not None
        await shown.pilot.press("escape")
        assert screen.view.match is None

    at = [BODY.index(b"line %d" % number) + 14 for number in (40, 400, 401)]
    assert places == [(1, at[0]), (1, at[1]), (1, at[2]), (1, at[1])]
    assert match.stop - match.start == 7


async def test_search_for_what_is_not_there_says_so_and_escape_in_the_line_goes_back(
    show: Show, session: Session
) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await following(shown, "down")
        await find(shown, screen, "nowhere")
        said = lines(screen)[-1]
        await shown.pilot.press("slash", "w", "o", "r")
        await settled(shown.pilot, lambda: not screen.search.running and screen.view.match is not None)
        moved = screen.byte_under_cursor()
        await shown.pilot.press("escape")
        await shown.pilot.pause()
        assert not isinstance(screen.focused, Input)
        assert "nowhere does not occur" in said
        assert moved == (1, 7)
        assert screen.byte_under_cursor() == (0, 16)


async def test_sides_are_shown_alone_and_together(show: Show, session: Session) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await following(shown, "s")
        client = lines(screen)
        await shown.pilot.press("s")
        server = lines(screen)
        await shown.pilot.press("s")
        both = lines(screen)

    assert not any("◀ hello" in line for line in client)
    assert client[5] == "▶ more    please␛[2J"
    assert server[2] == "    ◀ hello, world"
    assert not any("GET" in line for line in server)
    assert "▶ more    please␛[2J" in both
    assert "    ◀ hello, world" in both


async def test_brackets_go_from_turn_to_turn(show: Show, session: Session) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await following(shown, "right_square_bracket")
        seen = [screen.byte_under_cursor()]
        for key in ("]", "]", "down", "[", "["):
            await shown.pilot.press({"]": "right_square_bracket", "[": "left_square_bracket"}.get(key, key))
            seen.append(screen.byte_under_cursor())

    assert seen == [(1, 0), (0, 27), (1, 14), (1, 14), (1, 14), (0, 27)]


async def test_packet_number_leads_to_its_bytes(show: Show, session: Session) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await following(shown, "colon", "5", "enter")
        there = screen.byte_under_cursor()
        await shown.pilot.press("colon", "9", "9", "9", "enter")
        await shown.pilot.pause()
        said = lines(screen)[-1]

    assert there == (1, 6)
    assert "packet 999 does not belong to this connection" in said


async def test_line_and_turn_are_copied_as_safe_text(
    show: Show, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    async with show(session, (80, 24)) as shown:
        monkeypatch.setattr(shown.pilot.app, "copy_to_clipboard", copied.append)
        await following(shown, "down", "y", "Y", "right_square_bracket", "right_square_bracket", "Y")

    assert copied == ["Host: a", "GET / HTTP/1.1\nHost: a\n", "more    please␛[2J"]


async def test_gap_leads_to_no_packet(show: Show, session: Session) -> None:
    async with show(session, (80, 24)) as shown:
        screen = await following(shown, "G", "up", "enter")
        text = lines(screen)
        assert shown.pilot.app.screen is screen

    assert "no captured packet carried this" in text[-1]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_chinese_screen_says_everything_in_chinese(show: Show, session: Session, size: tuple[int, int]) -> None:
    async with show(session, size, Language.ZH) as shown:
        screen = await following(shown, "G")
        text = "\n".join(lines(screen))

    assert "此处有 1,460 字节没有捕获到" in text
    assert "服务端第" in text
    assert "follow." not in text


async def test_ascii_screen_has_no_other_signs(show: Show, session: Session) -> None:
    async with show(session, (80, 24), ascii=True) as shown:
        screen = await following(shown)
        text = lines(screen)

    assert text[2] == "> GET / HTTP/1.1"
    assert text[6] == "    < hello, world"
    assert "\n".join(text).replace("␛", "").isascii()


@pytest.fixture
def evil(tmp_path: Path) -> Session:
    path = tmp_path / "hostile.pcap"
    path.write_bytes(hostile().pcap())
    return open_file(path)


async def test_hostile_bytes_reach_no_cell(show: Show, evil: Session) -> None:
    async with show(evil, (80, 24)) as shown:
        for key in ("1", "2"):
            screen = await following(shown, key)
            text = "".join(lines(screen))
            assert all(char.isprintable() for char in text)
            assert "\u202e" not in text
            await shown.pilot.press("escape")


@pytest.fixture
def silent(tmp_path: Path) -> Session:
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    path = tmp_path / "silent.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


async def test_connection_without_bytes_says_so(show: Show, silent: Session) -> None:
    async with show(silent, (80, 24)) as shown:
        screen = await following(shown, "down", "G", "pagedown", "left", "y", "n", "escape", "enter")
        text = lines(screen)

    assert "no bytes were sent here" in text[1]


async def test_help_lists_the_keys_of_this_screen(show: Show, session: Session) -> None:
    async with show(session, (100, 40)) as shown:
        await following(shown, "question_mark")
        await shown.pilot.pause()
        text = "\n".join(screen_lines(shown.pilot.app.screen))

    assert "to the packet that carried the byte under the cursor" in text


@pytest.fixture
def web(tmp_path: Path) -> Session:
    """Two exchanges: a compressed text, and a picture."""
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    text = gzip.compress(b"".join(b"line %d of the page\n" % number for number in range(4000)), mtime=0)
    picture = b"\x89PNG\r\n\x1a\n" + bytes(900)
    said, acked = 9001, 1001
    for number, (kind, body) in enumerate((("text/plain\r\nContent-Encoding: gzip", text), ("image/png", picture))):
        ask = b"GET /%d HTTP/1.1\r\nHost: a.example\r\n\r\n" % number
        tape.tcp(50 + 20 * number, ONE, TWO, ACK, acked, said, ask)
        acked += len(ask)
        answer = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        for at in range(0, len(answer), 1000):
            tape.tcp(51 + 20 * number + at / 1000, TWO, ONE, ACK, said, acked, answer[at : at + 1000])
            said += len(answer[at : at + 1000])
    path = tmp_path / "web.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


async def test_decoded_form_shows_what_was_compressed_and_says_what_is_no_text(show: Show, web: Session) -> None:
    async with show(web, (80, 24)) as shown:
        screen = await following(shown, "d")
        await settled(shown.pilot, lambda: screen.view.form is Form.DECODED)
        first = lines(screen)
        await shown.pilot.press("right_square_bracket", "right_square_bracket")
        body = lines(screen)
        here = screen.byte_under_cursor()
        await find(shown, screen, "line 3999")
        found = screen.view.line_text()
        await shown.pilot.press("G")
        end = lines(screen)
        await shown.press("enter")
        main = shown.pilot.app.screen
        assert isinstance(main, MainScreen)
        await settled(shown.pilot, lambda: main.workspace.active is Pane.TIMELINE)

    assert "HTTP request" in first[1]
    assert first[2] == "▶ GET /0 HTTP/1.1"
    assert any("body: text/plain, gzip" in line for line in body)
    assert here is not None
    assert here[0] == 1
    assert found == "line 3999 of the page"
    assert "    ◀ [908 bytes that are not text]" in end
    assert any("89 50 4e 47" in line for line in end)


async def test_heading_that_is_cut_says_so(show: Show, web: Session) -> None:
    async with show(web, (60, 16)) as shown:
        screen = await following(shown, "d")
        await settled(shown.pilot, lambda: screen.view.form is Form.DECODED)
        await shown.pilot.press("right_square_bracket", "right_square_bracket")
        heads = [line for line in lines(screen) if "body: text/plain" in line]

    assert [head[-1] for head in heads] == ["…"], heads


async def test_decoded_form_of_something_else_is_its_text(show: Show, other: Session) -> None:
    async with show(other, (80, 24)) as shown:
        screen = await following(shown, "d")
        await settled(shown.pilot, lambda: screen.view.form is Form.DECODED)
        await shown.pilot.pause()
        text = lines(screen)

    assert text[2] == "▶ PING a.example"
    assert "nothing here can be decoded" in text[-1]


@pytest.fixture
def other(tmp_path: Path) -> Session:
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    tape.tcp(50, ONE, TWO, ACK, 1001, 9001, b"PING a.example\r\n")
    path = tmp_path / "other.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


class Pipe:
    """A capture that arrives packet by packet."""

    def __init__(self, tape: Tape) -> None:
        self._records = [tape.pcap(of=slice(0, 0))]
        self._records += [tape.pcap(of=slice(at, at + 1))[24:] for at in range(len(tape.records))]
        self._given = 0
        read, self._write = os.pipe()
        self.session = Session([open_descriptor(read, "pipe")])

    def give(self, packets: int) -> None:
        """Let as many more packets through."""
        upto = self._given + packets + (0 if self._given else 1)
        os.write(self._write, b"".join(self._records[self._given : upto]))
        self._given = upto

    def close(self) -> None:
        os.close(self._write)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    tape.tcp(41, ONE, TWO, ACK, 1001, 9001, b"tell me\n")
    tape.tcp(42, TWO, ONE, ACK, 9001, 1009, b"one\n")
    tape.tcp(43, TWO, ONE, ACK, 9011, 1009, b"three\n")
    tape.tcp(44, TWO, ONE, ACK, 9005, 1009, b"two...")
    for number in range(60):
        tape.tcp(50 + number, TWO, ONE, ACK, 9017 + 8 * number, 1009, b"line %02d\n" % number)
    pipe = Pipe(tape)
    yield pipe
    pipe.close()


async def test_stream_grows_while_it_is_looked_at(pipe: Pipe) -> None:
    app = TcptuiApp(pipe.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(80, 24)) as pilot:
        pipe.give(5)
        await settled(pilot, lambda: pipe.session.store.count == 5)
        main = app.screen
        assert isinstance(main, MainScreen)
        await settled(pilot, lambda: main.workspace.ladder.row_count == 5)
        await pilot.press("F")
        screen = app.screen
        assert isinstance(screen, FollowScreen)
        await settled(pilot, lambda: "    ◀ one" in lines(screen))
        pipe.give(1)
        await settled(pilot, lambda: "    ◀ [6 bytes not here yet]" in lines(screen))
        assert "    ◀ three" in lines(screen)
        assert screen.byte_under_cursor() == (0, 0)
        pipe.give(1)
        await settled(pilot, lambda: "    ◀ two...three" in lines(screen))
        await pilot.press("G")
        pipe.give(30)
        await settled(pilot, lambda: "    ◀ line 29" in lines(screen))
        await pilot.press("g")
        pipe.give(20)
        await settled(pilot, lambda: pipe.session.store.count == 57)
        await settled(pilot, lambda: screen._directions is not None and screen._directions[1].length == 16 + 8 * 50)
        assert screen.byte_under_cursor() == (0, 0)
        await pilot.press("f")
        pipe.give(10)
        await settled(pilot, lambda: "    ◀ line 59" in lines(screen))


@pytest.fixture
def events() -> Iterator[Pipe]:
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    ask = b"GET /events HTTP/1.1\r\nHost: a.example\r\n\r\n"
    tape.tcp(41, ONE, TWO, ACK, 1001, 9001, ask)
    said = 9001
    for number in range(20):
        data = b"data: tick %d\n\n" % number
        if not number:
            data = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + data
        tape.tcp(50 + 1000 * number, TWO, ONE, ACK, said, 1001 + len(ask), data)
        said += len(data)
    pipe = Pipe(tape)
    yield pipe
    pipe.close()


async def test_events_appear_decoded_as_they_come(events: Pipe) -> None:
    app = TcptuiApp(events.session, options=ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(80, 40)) as pilot:
        events.give(5)
        await settled(pilot, lambda: isinstance(app.screen, MainScreen) and app.screen.workspace.ladder.row_count == 5)
        await pilot.press("F", "d")
        screen = app.screen
        assert isinstance(screen, FollowScreen)
        await settled(pilot, lambda: "    ◀ tick 0" in lines(screen))
        for number in range(1, 4):
            events.give(1)
            await settled(pilot, lambda number=number: f"    ◀ tick {number}" in lines(screen))
        assert any("event 4: message" in line for line in lines(screen))


async def test_hints_name_only_what_does_something_here(show: Show, session: Session, tmp_path: Path) -> None:
    async with show(session, (120, 40)) as shown:
        screen = await following(shown)
        assert "n N" not in lines(screen)[-1]
        assert "x hex" in lines(screen)[-1]
        assert "t text" not in lines(screen)[-1], "it is text already"
        assert "d decoded" in lines(screen)[-1]
        await shown.press("x")
        await settled(shown.pilot, lambda: "t text" in lines(screen)[-1])
        assert "x hex" not in lines(screen)[-1]
        await shown.press("t")
        await find(shown, screen, "answer")
        assert "n N" in lines(screen)[-1]
    tape = Tape()
    tape.refused(0, ONE, TWO)
    (tmp_path / "refused.pcap").write_bytes(tape.pcap())
    async with show(open_file(tmp_path / "refused.pcap"), (120, 40)) as shown:
        screen = await following(shown)
        hints = lines(screen)[-1]
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    tape.tcp(50, ONE, TWO, ACK, 1001, 9001, b"\0" * 9)
    (tmp_path / "zeros.pcap").write_bytes(tape.pcap())
    async with show(open_file(tmp_path / "zeros.pcap"), (120, 40)) as shown:
        of_no_protocol = lines(await following(shown))[-1]

    assert "x hex" in of_no_protocol
    assert "decoded" not in of_no_protocol
    assert "Esc back" in hints
    assert not any(name in hints for name in ("packet", "find", "copy", "turn"))


async def test_redis_opens_decoded_without_lengths_and_secrets(show: Show) -> None:
    async with show(open_file(load_case("connection-churn").captures[0]), (80, 24)) as shown:
        screen = await following(shown)
        drawn = "\n".join(lines(screen))

    assert screen.view.form is Form.DECODED
    assert "GET" in drawn
    assert "$6" not in drawn
    assert "orchid" not in drawn, "what AUTH sends"


@pytest.mark.parametrize(("width", "has_time"), [(60, False), (80, True)])
async def test_name_of_a_decoded_part_is_whole_while_its_time_can_give_way(
    show: Show, width: int, has_time: bool
) -> None:
    async with show(open_file(WITH_KEYS), (width, 24)) as shown:
        screen = await following(shown)
        drawn = lines(screen)

    heading = next(line for line in drawn if "client #4 " in line)
    assert "TLS handshake, 209 bytes: Client Hello" in heading
    assert bool(re.search(r"  0\.\d{6} s  ", heading)) is has_time


async def test_protocol_whose_bytes_are_no_text_is_decoded_until_another_form_is_chosen(
    show: Show, tmp_path: Path
) -> None:
    ends = Ends()
    ends.ask(1, get("/a"))
    ends.answer(1, OK, b"the answer")
    tape, seq = Tape(), [1001, 9001]
    tape.handshake(0, ONE, TWO)
    for number, (side, data) in enumerate(ends.turns):
        one, two = (TWO, ONE) if side else (ONE, TWO)
        tape.tcp(41 + number, one, two, ACK, seq[side], seq[1 - side], data)
        seq[side] += len(data)
    path = tmp_path / "talk.pcap"
    path.write_bytes(tape.pcap())
    async with show(open_file(path)) as shown:
        screen = await following(shown)
        assert screen.view.form is Form.DECODED
        assert any(":path: /a" in line for line in lines(screen))
        await shown.pilot.press("t")
        await settled(shown.pilot, lambda: screen.view.form is Form.TEXT)


@pytest.fixture
def several(tmp_path: Path) -> Session:
    """HTTP/2: request 1 carries something both ways, request 3 is answered meanwhile."""
    ends = Ends()
    ends.ask(1, get("/one.txt"), b"asked")
    ends.ask(3, get("/two.txt"))
    ends.answer(3, OK, b"to three")
    ends.answer(1, OK, b"to one")
    tape, seq = Tape(), [1001, 9001]
    tape.handshake(0, ONE, TWO)
    for number, (side, data) in enumerate(ends.turns):
        one, two = (TWO, ONE) if side else (ONE, TWO)
        tape.tcp(41 + 20 * number, one, two, ACK, seq[side], seq[1 - side], data)
        seq[side] += len(data)
    path = tmp_path / "several.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def texts(screen: FollowScreen) -> list[str]:
    return [text for text in ("asked", "to three", "to one") if any(text in line for line in lines(screen))]


async def test_one_request_of_http2_alone_and_all_again(show: Show, several: Session) -> None:
    async with show(several) as shown:
        screen = await following(shown, "G")  # the last part is the answer to the first request
        before = texts(screen)
        await shown.pilot.press("o")
        await settled(shown.pilot, lambda: "to three" not in texts(screen))
        alone, bar = texts(screen), screen_lines(screen)[0]
        await shown.pilot.press("s")
        await settled(shown.pilot, lambda: texts(screen) == ["asked"])
        await shown.pilot.press("s", "s", "o")
        await settled(shown.pilot, lambda: "to three" in texts(screen))
        await shown.pilot.press("o", "t")
        await settled(shown.pilot, lambda: screen.view.form is Form.TEXT)
        raw = screen_lines(screen)[0]

    assert before == ["asked", "to three", "to one"]
    assert alone == ["asked", "to one"]
    assert "request 1" in bar
    assert "request 1" not in raw


async def test_a_line_of_no_request_is_said_so(show: Show, session: Session) -> None:
    async with show(session) as shown:
        screen = await following(shown, "o")
        one = screen_lines(screen)[-1]
        await shown.pilot.press("w")
        await shown.pilot.pause()

        assert "not of an HTTP/2 request" in one
        assert shown.pilot.app.screen is screen


async def test_files_of_the_request_under_the_cursor(show: Show, several: Session) -> None:
    async with show(several) as shown:
        await following(shown, "G", "w")
        files = await listed(shown)
        first = screen_lines(files)[0], [file.name for file in files.files.files]
        await shown.pilot.press("s")
        connection = [file.name for file in (await listed(shown)).files.files]
        await shown.pilot.press("enter")
        await settled(shown.pilot, lambda: isinstance(shown.pilot.app.screen, MainScreen))

    assert "HTTP/2 stream 1 of stream 0" in first[0]
    assert first[1] == ["one.txt", "one-2.txt"]
    assert connection == ["one.txt", "two.txt", "one-2.txt"]


async def listed(shown: Shown) -> ExportScreen:
    """The list of files once it is complete."""
    screen = shown.pilot.app.screen
    assert isinstance(screen, ExportScreen)
    await settled(shown.pilot, lambda: not screen.busy and bool(screen.files.files))
    return screen


async def test_request_of_the_waterfall_is_followed_and_its_files_are_listed(show: Show, several: Session) -> None:
    async with show(several) as shown:
        await shown.press("R")
        requests = shown.pilot.app.screen
        assert isinstance(requests, RequestsScreen)
        await settled(shown.pilot, lambda: requests.settled and len(requests.requests.order) == 2)
        await shown.press("F")
        screen = shown.pilot.app.screen
        assert isinstance(screen, FollowScreen)
        await settled(shown.pilot, lambda: screen.view.source is not None)
        followed = texts(screen)
        await shown.press("escape")
        await shown.press("x")
        files = await listed(shown)
        names, title = [file.name for file in files.files.files], screen_lines(files)[0]
        await shown.press("enter")
        await settled(shown.pilot, lambda: isinstance(shown.pilot.app.screen, MainScreen))

    assert followed == ["asked", "to one"]
    assert "Carried by GET /one.txt, stream 0  HTTP/2 stream 1" in title
    assert names == ["one.txt", "one-2.txt"]
