"""The settings file under the real program: it counts from the first picture, and a wrong line is said once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The file, in a folder that the terminals of `configured` know."""
    folder = tmp_path / "config" / "tcptui"
    folder.mkdir(parents=True)
    return folder / "config.toml"


@pytest.fixture
def configured(open_terminal: Callable[..., Terminal], settings: Path) -> Terminal:
    return open_terminal(120, 40, {"XDG_CONFIG_HOME": str(settings.parents[1])})


def test_language_order_and_keys_are_those_of_the_file(configured: Terminal, settings: Path, mixed_file: Path) -> None:
    settings.write_text('first = "list"\nlanguage = "zh"\nsort = "packets"\n[keys]\nsort = "d"\n')
    configured.start(str(mixed_file))
    configured.wait("包数▾")
    configured.press("d")
    configured.wait("字节→▾")
    configured.press("q")
    assert configured.wait_prompt() == 0


def test_wrong_line_is_said_and_the_rest_counts(configured: Terminal, settings: Path, mixed_file: Path) -> None:
    settings.write_text('first = "list"\ntheme = "pink"\nlayout = "narrow"\n')
    configured.start(str(mixed_file))
    configured.wait("1 Connections  2 Timeline  3 Headers")  # tabs, on a screen of 120 columns
    configured.wait("Settings (tcptui config): theme cannot be pink")
    configured.press("q")
    assert configured.wait_prompt() == 0
    assert "theme cannot be pink" in configured.screen()


def test_colours_chosen_on_the_screen_are_there_the_next_time(
    configured: Terminal, settings: Path, mixed_file: Path
) -> None:
    settings.write_text('first = "list"\n')
    configured.start(str(mixed_file))
    configured.wait("by problems")
    configured.press("C-p")
    configured.wait("Sort the connections")
    configured.type("light")
    configured.wait("Light")
    configured.press("Enter")
    configured.wait_gone("Colours")
    configured.press("q")
    assert configured.wait_prompt() == 0
    configured.start("config")
    configured.wait(re.compile(r'theme +=  *"light"  \(chosen on the screen last time\)'))


def test_file_with_trouble_opens_with_the_overview(configured: Terminal, settings: Path, mixed_file: Path) -> None:
    assert not settings.exists()
    configured.start(str(mixed_file))
    configured.wait("problem, worst first")
    configured.press("Escape")
    configured.wait("1 Connections")
    configured.press("q")
    assert configured.wait_prompt() == 0
