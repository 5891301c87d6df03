"""The keys of the main screen, pressed by a person's fingers, each with what then stands on the screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from captures import many

from tcptui.ui.main.column_names import SortKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

LOADED = "31 packets  4 connections"
#: The connections as they are listed in the order of time.
IN_TIME = re.compile("(?s)1 Connections.*:40001.*:40002.*:40003.*:40004.*2 Timeline")


def packet(number: int) -> re.Pattern[str]:
    """The timeline's row of packet ``number``, with the cursor on it."""
    return re.compile(rf"^▸\S* +{number} ", re.MULTILINE)


def connections(screen: str) -> list[str]:
    """The rows of the list, and nothing behind them."""
    return [*(line for line in screen.splitlines() if "10.0.0." in line and "192.0.2." in line), ""]


@pytest.fixture
def opened(terminal: Terminal, mixed_file: Path) -> Terminal:
    """The file as it opens, with its worst connection first."""
    terminal.start(str(mixed_file))
    terminal.wait(LOADED)
    terminal.wait("by problems")
    terminal.wait("stream 2, 2 packets")
    return terminal


@pytest.fixture
def shown(opened: Terminal) -> Terminal:
    """The file in the order of time, the cursor on the first connection; all is judged, so that no line comes above."""
    opened.wait("with problems")
    opened.press(*"s" * (len(SortKey) - 1), "g")  # from problems, the second, on to the first again
    opened.wait(re.compile("1 Connections ──"))  # of this order the title says nothing; what is said of it goes again
    opened.wait("stream 0, 8 packets")
    opened.wait(IN_TIME)
    return opened


def test_capture_opens_with_its_connections_timeline_headers_and_explanation(shown: Terminal) -> None:
    for text in (
        "Three-way handshake",
        "10.0.0.1:40001", "192.0.2.20:8443", "fast retransmission", "refused", "SYN-SENT │", "Frame 1: 44 bytes",
        "Internet Protocol Version 4, Src: 10.0.0.1, Dst: 192.0.2.10",
    ):  # fmt: skip
        shown.wait(text)
    shown.press("3", "z")
    shown.wait("0000  45 00 00 2c")


def test_arrow_keys_choose_a_connection_and_its_packets(shown: Terminal) -> None:
    shown.press("Down")
    shown.wait("stream 1, 13 packets")
    shown.press("2", "Down", "Down", "j", "k", "j")
    shown.wait(packet(12), "the cursor on packet 12")
    shown.wait("Frame 12: 1040 bytes")


def test_ends_and_pages_move_in_the_timeline(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    path = tmp_path / "many.pcap"
    path.write_bytes(many(200).pcap())
    terminal = open_terminal(120, 40)
    terminal.start(str(path))
    terminal.wait("1,594 packets  200 connections")
    terminal.wait("stream 198, 2 packets")  # the one in trouble, once all are judged
    terminal.press("G")
    terminal.wait("stream 199, 8 packets")
    terminal.press("g", "Down")
    terminal.wait("stream 0, 8 packets")
    terminal.press("NPage")
    terminal.wait(re.compile(r"stream ([3-9]|1[012]), 8 packets"), "a page further")
    terminal.press("PPage")
    terminal.wait("stream 0, 8 packets")


def test_enter_goes_in_and_escape_comes_back(shown: Terminal) -> None:
    shown.press("Enter")
    shown.wait("# raw numbers")
    shown.press("Enter")
    shown.wait("open/close field")
    shown.press("Escape")
    shown.wait("# raw numbers")
    shown.press("Escape")
    shown.wait("/ filter")


def test_header_fields_are_walked_opened_and_shown_as_bytes(shown: Terminal) -> None:
    shown.press("3", "z", "g", "j", "j", "Enter")
    shown.wait("0100 .... = Version: 4")
    shown.press("Enter")
    shown.wait_gone("0100 .... = Version: 4")
    shown.press("G")
    shown.wait("└ ▶ [Timestamps]")
    shown.press("k")
    shown.wait("02 04 05 b4")


def test_explanation_is_read_to_its_end(shown: Terminal) -> None:
    shown.wait("Nothing unusual")  # what is found comes after the first rows
    shown.press("e", "G")
    shown.wait_gone("Nothing unusual")
    shown.wait("→ packets #6 #7 #8")
    shown.press("g")
    shown.wait("Nothing unusual")


def test_explanation_stays_with_what_one_comes_from(shown: Terminal) -> None:
    shown.wait("Nothing unusual")
    shown.press("2")
    shown.wait("SYN: the client asks to connect")
    shown.press("4")
    shown.wait("to the packet")
    assert "SYN: the client asks to connect" in shown.screen()
    shown.press("1")
    shown.wait("Nothing unusual")
    shown.press("4")
    shown.wait("to the packet")
    assert "Nothing unusual" in shown.screen()


def test_tab_goes_round_the_panes(shown: Terminal) -> None:
    hints = ("# raw numbers", "open/close field", "Enter to the packet", "/ filter")
    for hint in hints[:3]:
        shown.press("Tab")
        shown.wait(hint)
    shown.press("BTab", "BTab", "BTab")
    shown.wait(hints[3])


def test_narrowing_keeps_what_contains_the_text_and_escape_brings_all_back(shown: Terminal) -> None:
    shown.type("/8443")
    screen = shown.wait("/8443 1 of 4")
    assert "10.0.0.3:40004" not in screen
    shown.press("Enter")
    shown.wait("stream 2, 2 packets")
    shown.press("Escape")
    shown.wait("10.0.0.3:40004")


def test_narrowing_to_nothing_says_so(shown: Terminal) -> None:
    shown.press("/")
    shown.type("nowhere")
    shown.wait("No connection contains “nowhere”")
    shown.press("Escape")
    shown.wait("10.0.0.3:40004")


def test_text_of_a_finding_narrows_too(shown: Terminal) -> None:
    shown.press("/")
    shown.type("refused")
    shown.wait("/refused 1 of 4")
    shown.press("Enter")
    shown.wait("stream 2, 2 packets")


def test_next_problem_is_found_and_behind_the_last_comes_the_first(shown: Terminal) -> None:
    shown.press("n")
    shown.wait("Error 1 of 1.")
    shown.wait("stream 2, 2 packets")
    shown.wait("refused the connection")
    shown.press("G")
    shown.wait("stream 3, 8 packets")
    shown.press("n")
    shown.wait("stream 2, 2 packets")
    shown.press("G")
    shown.wait("stream 3, 8 packets")
    shown.press("N")
    shown.wait("stream 2, 2 packets")


def test_go_to_a_packet_and_to_a_time(shown: Terminal) -> None:
    shown.type(":25")
    shown.press("Enter")
    shown.wait("stream 3, 8 packets")
    shown.wait(packet(25), "the cursor on packet 25")
    shown.press(":")
    shown.type("+0.1")
    shown.press("Enter")
    shown.wait(packet(29), "the cursor on packet 29")
    shown.press(":")
    shown.type("9999")
    shown.press("Enter")
    shown.wait("There is no packet 9999 here.")


def test_raw_numbers_come_and_go(shown: Terminal) -> None:
    shown.press("2", "#")
    shown.wait("SYN seq 1000")
    shown.press("#")
    shown.wait("SYN seq 0")


def test_zoom_gives_a_pane_the_screen_and_back(shown: Terminal) -> None:
    shown.press("2", "z")
    screen = shown.wait_gone("3 Headers")
    assert "2 Timeline" in screen
    shown.press("z")
    shown.wait("3 Headers")
    shown.press("4", "z")
    shown.wait_gone("2 Timeline")
    shown.press("Escape")
    shown.wait("2 Timeline")


def test_file_opens_with_the_worst_first_and_is_sorted_by_other_columns(opened: Terminal) -> None:
    opened.wait(lambda screen: "refused" in connections(screen)[0], "the worst connection in the first row")
    opened.press("s")
    opened.wait("Sorted by time lost.")
    opened.press("s")
    opened.wait("Sorted by packets.")


def test_help_explains_the_keys_and_closes(shown: Terminal) -> None:
    shown.press("?")
    shown.wait("Go to the next problem")
    shown.press("4")
    shown.wait("SYN-RECEIVED")
    shown.press("Escape")
    shown.wait(LOADED)


def test_palette_runs_a_command_by_its_name(shown: Terminal) -> None:
    shown.press("C-p")
    shown.wait("What do you want to do?")
    shown.type("raw or relative")
    shown.wait("Show raw or relative sequence numbers")
    shown.press("Enter")
    shown.wait("SYN seq 1000")


def test_mouse_chooses_a_connection_a_packet_and_a_pane(shown: Terminal) -> None:
    lines = shown.screen().splitlines()
    row = next(number for number, line in enumerate(lines) if "10.0.0.3:40004" in line)
    shown.click(10, row)
    shown.wait("stream 3, 8 packets")
    screen = shown.wait(re.compile("(?s)PSH ACK.*Frame 24: "))  # drawn last: every line has its place now
    row = next(number for number, line in enumerate(screen.splitlines()) if "PSH ACK" in line)
    shown.click(10, row)
    shown.wait("Frame 27: ")


def test_pause_in_a_file_changes_nothing_and_follow_goes_to_the_newest(shown: Terminal) -> None:
    shown.press("2", "Space")
    shown.press("Space", "Down")
    shown.wait(packet(2), "the cursor on packet 2")


def test_keys_that_arrive_all_at_once_do_what_they_do_one_by_one(shown: Terminal) -> None:
    """A slow line delivers what was typed in one piece."""
    shown.type("/8443\r2")
    shown.wait("/8443 1 of 4")
    shown.wait("# raw numbers")
    shown.wait("stream 2, 2 packets")
    shown.type("1")
    shown.wait("/ filter")
    shown.press("Escape")
    shown.wait("10.0.0.3:40004")
    shown.type(":25\r3")
    shown.wait("stream 3, 8 packets")
    shown.wait("open/close field")
