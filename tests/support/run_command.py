"""Runs `tcptui` with a command that writes text, in a process of its own: such commands give up root for good."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from forked_commands import ROOT, run_program

if TYPE_CHECKING:
    from pathlib import Path


def run(
    *words: str | Path, lang: str = "en", stdin: bytes = b"", cwd: Path | None = None,
    config: Path | str = "/dev/null/none",
) -> tuple[int, str, str]:  # fmt: skip
    """Exit status, standard output and standard error; ``config``: the folder of settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    environ = {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "XDG_CONFIG_HOME": str(config), "TZ": "UTC"}
    done = run_program(["--lang", lang, *map(str, words)], environ, stdin=stdin, cwd=cwd)
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "replace")
