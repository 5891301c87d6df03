"""Window sizes, terminal types, locales and colours: laid out on purpose, recovering, never garbage."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

import pytest
from tmux_terminal import PROGRAM, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

#: What stands on the screen at the same time, by size.
LAYOUTS = {
    (80, 24): ({"1 Connections  2 Timeline  3 Headers  4 Explain"}, {"── 2 Timeline"}),
    (120, 40): ({"── 1 Connections", "── 2 Timeline", "─ 3 Headers", "─ 4 Explain"}, set()),
    (200, 50): ({"── 1 Connections", "── 2 Timeline", "─ 3 Headers", "─ 4 Explain", "what happened"}, set()),
}
WORDS = {"en": ("31 packets  4 connections", "Headers"), "zh": ("31 个包  4 条连接", "首部")}


@pytest.mark.each_value
@pytest.mark.parametrize("size", LAYOUTS, ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("language", WORDS)
def test_every_size_has_its_layout_in_both_languages(
    open_terminal: Callable[..., Terminal], mixed_file: Path, size: tuple[int, int], language: str
) -> None:
    terminal = open_terminal(*size)
    terminal.start("--lang", language, str(mixed_file))
    loaded, headers = WORDS[language]
    present, absent = LAYOUTS[size] if language == "en" else (set(), set())
    shown = {loaded, "10.0.0.2:40003", headers, *present}
    screen = terminal.wait(lambda screen: all(text in screen for text in shown), f"all of {shown}")
    assert not any(text in screen for text in absent)


def test_language_follows_the_locale_and_the_option_wins(
    open_terminal: Callable[..., Terminal], mixed_file: Path
) -> None:
    terminal = open_terminal(100, 30, {"LANG": "zh_CN.UTF-8"})
    terminal.start(str(mixed_file))
    terminal.wait("4 条连接")
    terminal.press("q")
    terminal.wait_prompt()
    terminal.start("--lang", "en", str(mixed_file))
    terminal.wait("4 connections")


def test_window_too_small_says_so_and_recovers(terminal: Terminal, mixed_file: Path) -> None:
    terminal.start(str(mixed_file))
    terminal.wait("SYN-SENT")
    terminal.resize(50, 12)
    terminal.wait(lambda screen: "60×16" in screen and "50×12" in screen, "the size that is needed, and the one it is")
    terminal.resize(80, 24)
    terminal.wait("1 Connections  2 Timeline  3 Headers  4 Explain")
    terminal.resize(160, 50)
    terminal.wait("─ 3 Headers")
    terminal.resize(20, 4)
    terminal.wait_gone("3 Headers")
    terminal.resize(120, 40)
    terminal.wait("─ 4 Explain")
    terminal.press("q")
    assert terminal.wait_prompt() == 0


def test_small_window_can_be_left(terminal: Terminal, mixed_file: Path) -> None:
    terminal.start(str(mixed_file))
    terminal.wait("SYN-SENT")
    terminal.resize(40, 10)
    terminal.wait("press q")
    terminal.press("q")
    assert terminal.wait_prompt() == 0


def test_program_started_in_a_small_window_grows_with_it(
    open_terminal: Callable[..., Terminal], mixed_file: Path
) -> None:
    terminal = open_terminal(40, 10)
    terminal.start(str(mixed_file))
    terminal.wait("60×16")
    terminal.resize(100, 30)
    terminal.wait("10.0.0.2:40003")


def test_zoomed_pane_survives_every_change_of_size(terminal: Terminal, mixed_file: Path) -> None:
    terminal.start(str(mixed_file))
    terminal.wait("by problems")  # it opens at the worst connection once all are judged
    terminal.wait("stream 2, 2 packets")
    terminal.press("2", "z")
    terminal.wait_gone("3 Headers")
    for columns, rows, layout in (
        (80, 24, "1 Connections  2 Timeline"),
        (200, 50, "2 Timeline"),
        (100, 20, "2 Timeline"),
    ):
        terminal.resize(columns, rows)
        shown = (layout, "192.0.2.20:8443", "SYN-SENT")
        terminal.wait(lambda screen, shown=shown: all(text in screen for text in shown), f"all of {shown}")
    terminal.resize(120, 40)
    terminal.press("1")
    terminal.wait("/ filter")


def test_no_color_draws_no_colour_and_marks_the_cursor_without(
    open_terminal: Callable[..., Terminal], mixed_file: Path, tmp_path: Path
) -> None:
    terminal = open_terminal(120, 40, {"NO_COLOR": "1"})
    raw = tmp_path / "raw"
    terminal.record(raw)
    terminal.start(str(mixed_file))
    terminal.wait("by problems")
    terminal.wait("refused the connection")
    terminal.wait("━━ RST ACK")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    drawn = raw.read_bytes()
    colours = re.findall(rb"\x1b\[[0-9;]*\b(?:38|48);[0-9;]+m", drawn) + re.findall(rb"\x1b\[(?:3|4|9|10)[0-7]m", drawn)
    assert colours == []


@pytest.mark.parametrize("term", ["linux", "xterm", "vt100"])
def test_terminals_of_few_colours_work(open_terminal: Callable[..., Terminal], mixed_file: Path, term: str) -> None:
    terminal = open_terminal(120, 40, term=term)
    terminal.start(str(mixed_file))
    terminal.wait("4 connections")
    screen = terminal.wait(re.compile("SYN-SENT .*LISTEN"))
    assert ("│" in screen) == (term != "linux")
    terminal.press("n")
    terminal.wait("refused the connection")
    terminal.press("q")
    assert terminal.wait_prompt() == 0


def test_dumb_terminal_is_refused_in_one_line(open_terminal: Callable[..., Terminal], mixed_file: Path) -> None:
    terminal = open_terminal(100, 24, term="dumb")
    terminal.start(str(mixed_file))
    assert terminal.wait_prompt() == 1
    assert "TERM" in terminal.screen()


@pytest.mark.parametrize("environ", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "en_US.ISO-8859-1"}])
def test_locale_without_utf_8_gets_ascii_only(
    open_terminal: Callable[..., Terminal], mixed_file: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    terminal = open_terminal(120, 40, environ)
    raw = tmp_path / "raw"
    terminal.record(raw)
    terminal.start(str(mixed_file))
    terminal.wait("4 connections")
    terminal.wait("SYN-SENT")
    terminal.press("n")
    terminal.wait("refused the connection")
    terminal.press("?")
    terminal.wait("Go to the next pane")
    terminal.press("Escape")
    terminal.wait_gone("Go to the next pane")
    terminal.wait("4 connections")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    until(lambda: raw.read_bytes().rstrip().endswith(b"<0>"), "the recording")
    assert raw.read_bytes().decode("ascii")


def test_start_screen_in_an_ascii_locale_is_ascii(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = open_terminal(80, 24, {"LANG": "C"})
    raw = tmp_path / "raw"
    terminal.record(raw)
    terminal.start()
    terminal.wait("One HTTP request")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    assert raw.read_bytes().decode("ascii")


@pytest.mark.parametrize("colours", ["xterm-256color", "xterm-16color"])
def test_without_colorterm_colours_are_those_that_the_terminal_has(
    open_terminal: Callable[..., Terminal], mixed_file: Path, tmp_path: Path, colours: str
) -> None:
    terminal = open_terminal(120, 40, term=colours)
    raw = tmp_path / "raw"
    terminal.record(raw)
    terminal.start(str(mixed_file))
    terminal.wait("SYN-SENT")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    drawn = raw.read_bytes()
    assert re.search(rb"\x1b\[[0-9;]*\b[34]8;2;", drawn) is None
    assert (re.search(rb"\x1b\[[0-9;]*\b[34]8;5;", drawn) is not None) == (colours == "xterm-256color")


def test_picture_is_gone_where_there_is_no_alternate_screen(
    open_terminal: Callable[..., Terminal], mixed_file: Path
) -> None:
    terminal = open_terminal(120, 40, term="vt100")
    terminal.outside("set-option", "-w", "alternate-screen", "off")
    terminal.start(str(mixed_file))
    terminal.wait("SYN-SENT")
    terminal.press("q")
    terminal.wait(re.compile(r"\A<0>\s*\Z"))


def test_what_something_else_wrote_on_the_terminal_is_gone_after_ctrl_l(terminal: Terminal, mixed_file: Path) -> None:
    terminal.start(str(mixed_file))
    terminal.wait("SYN-SENT")
    terminal.wait("refused: port")
    terminal.wait_rest()
    with open(terminal.state("pane_tty"), "w") as other:  # noqa: PTH123 - a device
        other.write("\x1b[32;1HBroadcast message from root: the system goes down")  # where nothing is drawn by itself
    terminal.wait("Broadcast message")
    terminal.press("C-l")
    terminal.wait_gone("Broadcast message")
    assert "SYN-SENT" in terminal.screen()


@pytest.fixture
def gnu_screen(open_terminal: Callable[..., Terminal], tmp_path: Path) -> Iterator[Terminal]:
    """A shell in GNU screen, in a terminal."""
    if shutil.which("screen") is None:
        pytest.skip("needs screen")
    settings = tmp_path / "screenrc"
    settings.write_text("startup_message off\nvbell off\nterm screen-256color\ndefutf8 on\n")
    with tempfile.TemporaryDirectory() as sockets:  # of mode 0700; a socket's path has 107 bytes at most
        terminal = open_terminal(120, 40, {"SCREENDIR": sockets})
        terminal.run(shlex.join(["screen", "-U", "-c", str(settings), "-S", "tcptui", "sh", "-i"]))
        terminal.wait(lambda screen: screen.startswith("<0>"), "screen's shell")
        yield terminal
        quitting = ["screen", "-S", "tcptui", "-X", "quit"]
        subprocess.run(quitting, env={"SCREENDIR": sockets}, timeout=600, check=False, capture_output=True)


def test_gnu_screen_shows_the_program_and_nothing_astray(gnu_screen: Terminal, mixed_file: Path) -> None:
    gnu_screen.type(shlex.join([*PROGRAM, str(mixed_file)]) + "\n")
    gnu_screen.wait("SYN-SENT")
    lines = gnu_screen.wait("q quit").splitlines()
    assert lines[0].split()[0] == "tcptui"
    assert "q quit" in lines[-1]
    gnu_screen.press("n", "?")
    gnu_screen.wait("Go to the next problem")
    gnu_screen.press("Escape")  # screen keeps it back while the mouse is on
    gnu_screen.wait("━━ RST ACK")
    gnu_screen.press("q")
    gnu_screen.wait(re.compile(r"\A<0>\s*\Z"))


def test_copy_in_gnu_screen_reaches_the_terminal_outside(gnu_screen: Terminal, mixed_file: Path) -> None:
    gnu_screen.outside("set-option", "-s", "set-clipboard", "on")  # tmux is the terminal here
    gnu_screen.type(shlex.join([*PROGRAM, str(mixed_file)]) + "\n")
    gnu_screen.wait("by problems")
    gnu_screen.wait("stream 2, 2 packets")
    gnu_screen.press("y")
    gnu_screen.wait("Copied, terminal permitting; also in")
    until(lambda: "10.0.0.2:40003" in gnu_screen.outside("show-buffer"), "the clipboard")


def test_copy_in_tmux_is_in_its_buffer(terminal: Terminal, mixed_file: Path) -> None:
    socket = terminal.outside("display-message", "-p", "#{socket_path},#{pid},0").strip()
    terminal.start(str(mixed_file), environ=f"TMUX={socket}")
    terminal.wait("by problems")
    terminal.wait("stream 2, 2 packets")
    terminal.press("y")
    terminal.wait("Copied to tmux and its terminal; also in")
    assert "10.0.0.2:40003" in terminal.outside("show-buffer")


def test_copy_on_a_console_without_a_clipboard_says_where_it_is(
    open_terminal: Callable[..., Terminal], mixed_file: Path, tmp_path: Path
) -> None:
    terminal = open_terminal(120, 40, term="linux")
    raw = tmp_path / "raw"
    terminal.record(raw)
    terminal.start(str(mixed_file))
    terminal.wait("SYN-SENT")
    terminal.press("y")
    terminal.wait("No clipboard on this terminal; it is in")
    assert (tmp_path / "state" / "tcptui" / "copied.txt").read_text().strip()
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    assert b"]52;" not in raw.read_bytes()
    assert raw.read_bytes().decode("ascii")
