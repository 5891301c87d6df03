"""What is not imported before the first picture, and before the first rows: importing is what a start waits for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from captures import Tape

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]

START = """\
import sys
import tcptui.cli.run.screen, tcptui.ui.app, tcptui.ui.start.screen
loaded = sys.modules.keys()
"""

#: The session brings its packets, and looks no further; what the rows, or two seconds, set in motion is kept back.
#: Threads may still import when ``loaded`` is read (the kernel's compiler does), so `sys.modules` is left as it is.
ROWS = """\
import asyncio, sys
from pathlib import Path
import tcptui.cli.run.screen
from tcptui.capture.file_source import open_file
from tcptui.session.session import Session
from tcptui.ui.app import TcptuiApp
from tcptui.ui.preload import preloader
from tcptui.ui.main.naming import Naming
from tcptui.ui.main.workspace import Workspace

painted = []
preloader.begin = lambda: painted.append(sys.modules.keys() | set())
Workspace.run_worker = lambda *_arguments, **_how: None
Naming.mounted = lambda _self: None

async def main():
    session = Session([open_file(Path(sys.argv[1]))])
    session.steering.judges = False
    app = TcptuiApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(2000):
            await pilot.pause(0.005)
            if painted:
                break
        lines = app.screen._compositor.render_strips()
        assert any("192.0.2.1" in "".join(segment.text for segment in line) for line in lines)

asyncio.run(main())
loaded = painted[0]
"""


def imported(program: str, names: Iterable[str], *arguments: str) -> str:
    """Which of ``names`` are in ``loaded`` at the end of ``program``, or why it failed."""
    check = f"sys.stdout.write(' '.join(sorted({set(names)!r} & loaded)))"
    done = subprocess.run(
        [sys.executable, "-c", program + check, *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_start_screen_paints_without_the_engine_and_the_cases() -> None:
    heavy = {"numpy", "scapy", "numba", "cypcap", "tomllib", "tcptui.session.session", "tcptui.lessons.loader"}
    assert imported(START, {*heavy, "tcptui.lessons.question"}) == ""


def test_first_rows_are_painted_without_rules_lessons_headers_and_compiler(tmp_path: Path) -> None:
    tape = Tape()
    tape.clean(0, "10.0.0.1:1", "192.0.2.1:80", b"ask", b"answer")
    path = tmp_path / "a.pcap"
    path.write_bytes(tape.pcap())
    heavy = {
        "scapy", "numba", "cypcap", "tomllib", "tcptui.session.judging", "tcptui.session.findings_cache",
        "tcptui.findings.annotate",
        "tcptui.findings.facts", "tcptui.protocols.stream.reassembly", "tcptui.analysis.timing.budget",
        "tcptui.protocols.headers.tree", "tcptui.ui.explain_document", "tcptui.ui.learn.prediction_page",
        "tcptui.lessons.loader", "tcptui.lessons.question", "tcptui.session.session",
        # What captures, what saves packets, and what reads protocols.
        "tcptui.capture.child.client", "tcptui.capture.live_source", "tcptui.capture.ssh_source",
        "tcptui.session.slicing.write", "tcptui.capture.slicing.source", "tcptui.protocols.interface",
    }  # fmt: skip
    assert imported(ROWS, heavy, str(path)) == "tcptui.session.session"
