"""Runs `tcptui` with a command that writes text, in a process of its own: such commands give up root for good."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import tcptui

ROOT = Path(tcptui.__file__).parent.parent


def run(*words: str | Path, lang: str = "en") -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    environ = {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "XDG_CONFIG_HOME": "/nonexistent", "TZ": "UTC"}
    done = subprocess.run(
        [sys.executable, "-m", "tcptui", "--lang", lang, *map(str, words)],
        env=environ, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "replace")
