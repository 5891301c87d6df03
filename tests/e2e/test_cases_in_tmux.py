"""A learner's way: the start screen, a case, its steps; and what else the start screen opens."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e


def test_case_is_stepped_through_and_its_answers_revealed(terminal: Terminal) -> None:
    terminal.start("case", "hello-world-loopback")
    terminal.wait("Case: Hello world, packet by packet")
    terminal.press("]")
    terminal.wait("1/13")
    screen = terminal.wait("Question")
    assert "Answer" not in screen
    terminal.press("r")
    terminal.wait("Answer")
    terminal.press("]")
    terminal.wait(lambda screen: "2/13" in screen and "Answer" not in screen, "the second step without its answer")
    terminal.press("]")
    terminal.wait("3/13")
    terminal.press("[", "[")
    terminal.wait("1/13")
    terminal.wait_gone("r answer")
    terminal.press("q")
    assert terminal.wait_prompt() == 0


def test_every_step_of_a_case_moves_to_its_packets(open_terminal: Callable[..., Terminal]) -> None:
    from tcptui.lessons.loader import load_case

    terminal = open_terminal(120, 40)
    for case in map(load_case, ("hello-service", "three-packet-close")):
        terminal.start("case", case.id)
        terminal.wait("Case: ")
        for number, step in enumerate(case.steps, 1):
            terminal.press("]")
            terminal.wait(f"{number}/{len(case.steps)}")
            if step.packets:
                marked = f"▸{step.packets[0]:4}"
                terminal.wait(
                    lambda screen, marked=marked: any(line.startswith(marked) for line in screen.splitlines())
                )
        terminal.press("q")
        assert terminal.wait_prompt() == 0


@pytest.mark.parametrize(("language", "title"), [("en", "Hello world, packet by packet"), ("zh", "逐包走一遍")])
def test_start_screen_opens_a_case(open_terminal: Callable[..., Terminal], language: str, title: str) -> None:
    terminal = open_terminal(80, 24)
    terminal.start("--lang", language)
    terminal.wait(title)
    terminal.type("/hello-world")
    terminal.press("Enter")
    terminal.wait("127.0.0.1:53748")
    terminal.press("q")
    assert terminal.wait_prompt() == 0


def test_start_screen_narrows_while_one_types(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(80, 24)
    terminal.start()
    terminal.wait("Cases to learn from")
    terminal.type("/http")
    terminal.wait(lambda screen: "Hello world" not in screen and "One HTTP request" in screen, "the case about HTTP")
    terminal.press("Enter")
    terminal.wait("hello-service.pcapng")


def test_start_screen_opens_a_path_and_offers_it_again(
    open_terminal: Callable[..., Terminal], mixed_file: Path
) -> None:
    terminal = open_terminal(100, 30)
    terminal.start()
    terminal.wait("none yet")
    terminal.press("o")
    terminal.type(str(mixed_file))
    terminal.press("Enter")
    terminal.wait("31 packets  4 connections")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    terminal.start()
    terminal.wait("mixed.pcap")
    terminal.type("/mixed")
    terminal.wait_gone("Hello world")
    terminal.press("Enter")
    terminal.wait("31 packets  4 connections")


def test_path_that_leads_nowhere_is_said_while_typing(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = open_terminal(100, 30)
    terminal.start()
    terminal.wait("none yet")
    terminal.press("o")
    terminal.wait("Tab complete")
    terminal.type(f"{tmp_path}/nowhere")
    terminal.wait("no path begins like this")
    terminal.press("Escape")
    terminal.wait_gone("Tab complete")
    terminal.wait("Cases to learn from")
    terminal.press("q")
    assert terminal.wait_prompt() == 0


def test_path_of_no_capture_gets_one_line(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = open_terminal(100, 30)
    (tmp_path / "notes.txt").write_text("just some words, longer than a header")
    terminal.start()
    terminal.wait("none yet")
    terminal.press("o")
    terminal.wait("Tab complete")
    terminal.type(f"{tmp_path}/notes.txt")
    terminal.press("Enter")
    assert terminal.wait_prompt() == 1
    said = terminal.screen().replace("\n", "")  # lines wrap at the terminal's width
    assert "notes.txt is not a pcap or pcapng capture" in said
    assert "Warning" not in said


def test_recent_file_that_is_gone_does_no_harm(open_terminal: Callable[..., Terminal], mixed_file: Path) -> None:
    terminal = open_terminal(100, 30)
    copy = mixed_file.with_name("soon-gone.pcap")
    shutil.copy(mixed_file, copy)
    terminal.start(str(copy))
    terminal.wait("4 connections")
    terminal.press("q")
    terminal.wait_prompt()
    copy.unlink()
    terminal.start()
    terminal.wait("Cases to learn from")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
