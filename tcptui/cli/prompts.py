"""Questions on the terminal before the screen starts: whether to replace a file, or to run this through sudo."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tcptui.capture.privileges import program
from tcptui.model.safe_text import reason_of
from tcptui.words.errors import CommandFailedError, error_line, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.errors import CaptureDeniedError
    from tcptui.words.catalogue import Words


def says_yes(question: str, words: Words) -> bool:
    """Ask ``question`` on the terminal; returns whether the answer is yes, False where there is no terminal."""
    if sys.stdin is None or sys.stderr is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in words("cli.ask.yes").split()


def offer_sudo(error: CaptureDeniedError, arguments: Sequence[str], words: Words) -> int:
    """Print the command that may capture and, on a terminal, offer to run it; returns the exit code if not run."""
    say(error_line(error, words), words)
    if os.geteuid() == 0 or not says_yes(words("cli.ask.sudo"), words):
        return error.exit_code
    become_root(arguments)
    return error.exit_code


def become_root(arguments: Sequence[str]) -> None:
    """Replace this process by this program, run through sudo with ``arguments``.  Raises CommandFailedError."""
    try:
        os.execvp("sudo", ["sudo", *program(), *arguments])
    except OSError as failure:
        raise CommandFailedError("error.no-sudo", reason=reason_of(failure)) from failure
