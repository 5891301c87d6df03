"""What a shell completes of our command lines: asked of bash, zsh and fish themselves."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tcptui.cli.command_table import COMMANDS, EVERYWHERE, READING, SHELLS, Operand
from tcptui.cli.commands import CompletionCommand
from tcptui.cli.option_table import BY_NAME, SHORT, Value
from tcptui.cli.parse import _COMMANDS, parse
from tcptui.cli.run.completion import _SCRIPTS, write_completion
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).resolve().parents[2]
DEADLINE_S: Final = 600.0
#: What is typed, what must be offered, and what must not be.
OFFERS: Final = (
    ("rep", {"report"}, {"requests", "recover"}),
    ("report --exp", {"--explain"}, {"--csv"}),
    ("packets --cs", {"--csv"}, set()),
    ("graph a.pcap --kind win", {"window"}, {"rtt"}),
    ("follow --side s", {"server"}, {"both"}),
    ("-i l", {"lo"}, set()),
    ("-i eth0 --stop-on accept", {"accept-queue-full"}, {"zero-window"}),
    ("slice a.pcap --finding zero-window,accept", {"zero-window,accept-queue-full"}, set()),
    ("case hello-s", {"hello-service"}, {"zero-window"}),
    ("report tra", {"trace.pcap", "trace.pcapng.gz", "trace.cap3"}, {"trace.txt"}),
    ("completion z", {"zsh"}, {"bash"}),
    ("help liv", {"live"}, {"report"}),
    ("packets -e tcp.analysis.retransm", {"tcp.analysis.retransmission"}, {"tcp.len"}),
)  # fmt: skip


def script(shell: str) -> str:
    return _SCRIPTS[shell](Words(Language.EN))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("trace.pcap", "trace.pcapng.gz", "trace.cap3", "trace.txt"):
        (tmp_path / name).touch()
    program = tmp_path / "bin" / "tcptui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tcptui "$@"\n')
    program.chmod(0o755)
    return tmp_path


def environ(folder: Path) -> dict[str, str]:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "TERM": "dumb", "TMPDIR": str(folder)}


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        words, cwd=folder, env=environ(folder), capture_output=True, encoding="utf-8", timeout=600, check=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def offered_by_bash(folder: Path, typed: str) -> set[str]:
    (folder / "script").write_text(script("bash"))
    words = ["tcptui", *typed.split(" ")]
    asked = f"COMP_WORDS=({' '.join(words)}) COMP_CWORD={len(words) - 1}; _tcptui"
    show = 'printf "%s\\n" "${COMPREPLY[@]}"'
    return set(run(folder, "bash", "-c", f"source ./script; {asked} 2>/dev/null; {show}").split())


def offered_by_fish(folder: Path, typed: str) -> set[str]:
    (folder / "script").write_text(script("fish"))
    told = run(folder, "fish", "-c", f"source ./script; complete -C 'tcptui {typed}'")
    return {line.split("\t")[0] for line in told.splitlines()}


def offered_by_zsh(folder: Path, typed: str) -> set[str]:
    """A line editor is needed, so a terminal: what is in the line after a tab, and what is listed below it."""
    (folder / "_tcptui").write_text(script("zsh"))
    (folder / ".zshrc").write_text(
        "PS1='<ready>'; fpath=($HOME $fpath); autoload -U compinit; compinit -D -u\n"
        "LISTMAX=10000; setopt autolist nolistambiguous noautomenu; unsetopt bracketed_paste 2>/dev/null\n"
        "_show() { print -r -- $BUFFER > $HOME/line; zle -I; print -r 'the line is written' }\n"
        "zle -N _show; bindkey '^X' _show\n"
    )
    child, terminal = pty.fork()
    if not child:
        os.chdir(folder)
        os.execve(shutil.which("zsh") or "", ["zsh", "-i"], environ(folder) | {"COLUMNS": "200"})
    try:
        _until(terminal, lambda text: "<ready>" in text)
        os.write(terminal, f"tcptui {typed}\t\x18".encode())
        shown = _until(terminal, lambda text: "the line is written" in text)
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    return {*re.split(r"[\s\x07\x08\x1b\[\]]+", shown), *(folder / "line").read_text().split()}


def _until(terminal: int, is_there: Callable[[str], bool]) -> str:
    text, end = "", time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            text += os.read(terminal, 1 << 16).decode(errors="replace").replace("\r", "")
        if is_there(text):
            return text
    raise AssertionError(f"zsh did not come so far: {text!r}")


OFFERED: Final = {"bash": offered_by_bash, "fish": offered_by_fish, "zsh": offered_by_zsh}


@pytest.mark.parametrize(("typed", "wanted", "unwanted"), OFFERS)
@pytest.mark.parametrize("shell", [
    pytest.param(
        name,
        marks=[pytest.mark.skipif(shutil.which(name) is None, reason=f"needs {name}"), *marks],
    )
    for name, marks in (("bash", []), ("fish", [pytest.mark.e2e]), ("zsh", [pytest.mark.e2e]))
])  # fmt: skip
def test_shell_offers(folder: Path, shell: str, typed: str, wanted: set[str], unwanted: set[str]) -> None:
    offered = OFFERED[shell](folder, typed)

    assert wanted <= offered
    assert not unwanted & offered


def test_bash_takes_a_value_after_an_equals_sign(folder: Path) -> None:
    (folder / "script").write_text(script("bash"))
    words = "tcptui graph a.pcap --kind = thr"
    told = run(
        folder, "bash", "-c",
        f'source ./script; COMP_WORDS=({words}) COMP_CWORD=5; _tcptui; printf "%s\\n" "${{COMPREPLY[@]}}"',
    )  # fmt: skip

    assert told.split() == ["throughput"]


# -- the tables that all of it is made of --------------------------------------------------------


def test_table_and_parser_have_the_same_commands() -> None:
    assert {row.word for row in COMMANDS} == _COMMANDS.keys()
    assert len({row.word for row in COMMANDS}) == len(COMMANDS)


def test_every_option_of_a_command_is_an_option() -> None:
    used = {name for row in COMMANDS for name in row.options} | EVERYWHERE | READING

    assert used <= BY_NAME.keys()
    assert {option.value for option in BY_NAME.values() if option.choices} == {Value.CHOICE}
    assert all(name.startswith("--") for name in SHORT)


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_written(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    command = parse(["completion", shell], {})
    assert isinstance(command, CompletionCommand)

    assert write_completion(command, Words(Language.EN)) == 0
    assert capfd.readouterr().out == script(shell)
    assert "@" not in script(shell).replace('"$@"', "").replace("[@]", "").replace("(@)", "")


def test_commands_that_open_captures_take_keys() -> None:
    opening = {row.word for row in COMMANDS if row.operand in {Operand.CAPTURE, Operand.CAPTURES}}

    assert opening == {row.word for row in COMMANDS if row.opens_captures}
    assert "case" not in opening
