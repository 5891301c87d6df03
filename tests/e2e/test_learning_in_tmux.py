"""Learning with a person's hands: predict a capture of one's own, open the case that teaches it, come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e


def test_a_learner_predicts_answers_and_goes_to_the_case_and_back(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    from tcptui.lessons.loader import load_case

    capture = tmp_path / "mine.pcapng"
    capture.write_bytes(load_case("rst-injected").captures[0].read_bytes())
    terminal = open_terminal(120, 40)
    terminal.start(str(capture))
    terminal.wait("injected RST")
    terminal.press("Enter", "p")
    terminal.wait("what comes")
    screen = terminal.wait("Hidden while you predict")
    assert "SYN ACK" not in screen
    terminal.press("r")
    terminal.wait("It is: server: SYN, ACK")
    terminal.press("Escape")
    terminal.wait_gone("Hidden while you predict")
    terminal.press("n", "c")
    terminal.wait("Too early")  # the step of the case that is about this finding
    terminal.wait("client.pcapng")
    terminal.press("]")
    terminal.wait("From another distance")
    terminal.press("Escape")
    terminal.wait("mine.pcapng")
    terminal.press("q")
    assert terminal.wait_prompt() == 0


def test_a_case_of_two_captures_shows_the_one_that_the_step_is_about(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(80, 24)
    terminal.start("case", "third-ack-lost")
    terminal.wait("client.pcapng")
    terminal.press("]")
    terminal.wait("1/3")
    terminal.press("]")
    terminal.wait("2/3")
    terminal.press("]")
    terminal.wait("server.pcapng")
    terminal.wait("3/3")
    terminal.press("[")
    terminal.wait("client.pcapng")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
