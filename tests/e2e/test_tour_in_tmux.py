"""The tour in the real program: kept between runs where something can be kept, and in nobody's way where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

TIP = "goes to the next problem"
NEXT = "shows what happened"


def leave_overview(terminal: Terminal) -> None:
    """Close the page that a capture opens with, behind which the tips are; none is seen before it."""
    terminal.wait("Overview  ")
    terminal.press("Escape")


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "nowhere to keep it"])
def test_tip_that_was_dismissed_stays_away_in_the_next_run_where_that_can_be_kept(
    open_terminal: Callable[..., Terminal], mixed_file: Path, tmp_path: Path, is_kept: bool
) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "nothing")} | ({} if is_kept else {"XDG_STATE_HOME": "/proc/none"})
    terminal = open_terminal(80, 24, environ)
    terminal.start(str(mixed_file))
    leave_overview(terminal)
    terminal.wait(TIP)
    terminal.press("DC")
    terminal.wait(NEXT)
    terminal.press("q")
    assert terminal.wait_prompt() == 0

    terminal.start(str(mixed_file))
    leave_overview(terminal)
    terminal.wait(NEXT if is_kept else TIP)
    terminal.press("q")
    assert terminal.wait_prompt() == 0
