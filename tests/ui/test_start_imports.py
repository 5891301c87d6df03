from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """\
import sys
import tcptui.screen_commands, tcptui.ui.app, tcptui.ui.screens.start_screen
heavy = {"numpy", "scapy", "numba", "cypcap", "tomllib", "tcptui.session", "tcptui.lessons.loader"} & sys.modules.keys()
sys.exit(f"imported: {heavy}" if heavy else 0)
"""


def test_start_screen_paints_without_the_engine_and_the_cases() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
