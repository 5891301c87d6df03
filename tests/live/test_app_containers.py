"""The README's lines for containers, word for word; kubectl and docker are ours, and reach another namespace."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from live_link import CLIENT, PORT, SERVER, Link
from tmux_terminal import PROGRAM, ROOT, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.e2e]

#: `exec pod --` or `exec container`, then what to run there; no terminal, as without -t.
_TOOL = """#!/bin/sh
shift 2
[ "$1" = -- ] && shift
exec ip netns exec {namespace} setsid "$@" </dev/null
"""


@pytest.fixture
def terminal(link: Link, tmp_path: Path) -> Iterator[Terminal]:
    """A shell that knows kubectl, docker and tcptui."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (
        ("kubectl", _TOOL.format(namespace=link.client)),
        ("docker", _TOOL.format(namespace=link.client)),
        ("tcptui", f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n'),
    ):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    environ = {"XDG_STATE_HOME": str(tmp_path / "state"), "PATH": f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin"}
    opened = Terminal(120, 40, environ, prefix=link.inside)
    yield opened
    opened.close()


def documented(readme: str) -> list[str]:
    """The container lines of one README."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(r"^(?:kubectl|docker) exec .*\| tcptui -$", text, re.MULTILINE)


def test_both_languages_have_the_same_lines() -> None:
    assert documented("README.md") == documented("README.zh.md")
    assert [line.split()[0] for line in documented("README.md")] == ["kubectl", "docker"]


@pytest.mark.parametrize("line", documented("README.md"))
def test_documented_line_shows_packets_of_the_other_namespace(terminal: Terminal, link: Link, line: str) -> None:
    terminal.run(line)
    terminal.wait("0 packets")
    link.ask()
    screen = terminal.wait(f"{SERVER}:")
    assert CLIENT in screen
    assert str(PORT) in screen or "http-alt" in screen
    terminal.press("j", "2", "g")
    terminal.wait("SYN-SENT")
    terminal.leave_unsaved()  # packets out of a pipe are in no file
    terminal.wait(lambda _screen: not terminal.alternate, "the shell")
    link.ask()  # tcpdump learns with its next packet that nobody reads
    # What tcpdump says at its end may come behind the prompt.
    terminal.wait(lambda screen: len(re.findall(r"^<\d+>", screen, re.MULTILINE)) > 1, "the prompt")
