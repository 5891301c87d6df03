"""Every screen: bytes a key costs, and what is drawn and used while nothing happens.

    python tests/benchmarks/screens_at_rest.py CAPTURE [--seconds 5]

Runs the real program in a pseudo-terminal of 120×40 that answers as terminals do.  ``key`` is what is drawn until
the screen is quiet, ``after`` what the panes that follow a resting cursor draw then.  The live screens capture on
``lo`` with a filter that nothing matches, so they need root.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from drawn_screen import ANSWER, CURSOR_POSITION_QUERY
from pty_program import Program

COLUMNS, ROWS = 120, 40
DOWN, UP, ENTER, ESCAPE = b"\x1b[B", b"\x1b[A", b"\r", b"\x1b"
#: Quiet for so long: the key itself is answered.
QUIET_S = 0.03
REST_S = 0.6
#: Nobody's port: nothing is captured.
NOTHING = "tcp port 1 and tcp port 2"


class Watched:
    """A program whose questions are answered."""

    def __init__(self, words: list[str]) -> None:
        self.program = Program.run([sys.executable, "-m", "tcptui", *words], COLUMNS, ROWS)

    def read(self, timeout_s: float) -> bytes:
        """Read once and answer."""
        data = self.program.read(timeout_s)
        if asked := data.count(CURSOR_POSITION_QUERY):
            os.write(self.program.descriptor, ANSWER * asked)
        return data

    def rest(self, seconds: float) -> int:
        """Read for so long; how many bytes came."""
        deadline, total = time.perf_counter() + seconds, 0
        while (left := deadline - time.perf_counter()) > 0:
            total += len(self.read(left))
        return total

    def press(self, key: bytes) -> tuple[int, int]:
        """Bytes for the key, and after it."""
        os.write(self.program.descriptor, key)
        deadline, drawn, after, quiet = time.perf_counter() + REST_S, 0, 0, False
        while (left := deadline - time.perf_counter()) > 0:
            data = self.read(min(left, QUIET_S) if drawn else left)
            quiet = quiet or not data
            if quiet:
                after += len(data)
            else:
                drawn += len(data)
        return drawn, after


def measure(name: str, words: list[str], way: list[bytes], keys: list[bytes], seconds: float) -> None:
    """One screen, one line."""
    watched = Watched(words)
    try:
        watched.rest(6)
        for key in way:
            watched.press(key)
        watched.rest(3)
        pressed = [watched.press(key) for key in keys * 6]
        watched.rest(3)
        before = watched.program.processor_s()
        drawn = watched.rest(seconds)
        used = watched.program.processor_s() - before
        key = [drawn for drawn, _ in pressed] or [0]
        after = [after for _, after in pressed] or [0]
        print(
            f"{name:<26} key median {statistics.median(key):6.0f} max {max(key):6}   after median "
            f"{statistics.median(after):6.0f} max {max(after):6}   idle {seconds:.0f} s: {drawn} bytes, "
            f"{100 * used / seconds:.1f} % cpu   (load {os.getloadavg()[0]:.1f})",
            flush=True,
        )
    finally:
        watched.program.close()


def main() -> int:
    """All screens."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--case", default="", help="id of a bundled case for the learning screen")
    options = parser.parse_args()
    capture, arrows = [str(options.capture)], [DOWN, DOWN, UP]
    measure("start screen, picker", [], [], arrows, options.seconds)
    measure("connections", capture, [], arrows, options.seconds)
    measure("timeline", capture, [ENTER], arrows, options.seconds)
    measure("timeline, page keys", capture, [ENTER], [b"\x1b[6~", b"\x1b[6~", b"\x1b[5~"], options.seconds)
    measure("headers", capture, [ENTER, ENTER], arrows, options.seconds)
    measure("explanation", capture, [b"4"], arrows, options.seconds)
    measure("next problem", capture, [ENTER], [b"n", b"n", b"N"], options.seconds)
    measure("pane to pane", capture, [], [b"1", b"2", b"3", b"4"], options.seconds)
    measure("follow", capture, [b"F"], arrows, options.seconds)
    measure("files over HTTP", capture, [b"x"], arrows, options.seconds)
    measure("help", capture, [b"?"], arrows, options.seconds)
    measure("predicting", capture, [b"p"], [b"1", b"p"], options.seconds)
    if options.case:
        measure("case", ["--case", options.case], [], [b"]", b"["], options.seconds)
    if os.geteuid() == 0:
        live = ["-i", "lo", *NOTHING.split()]
        measure("live, no traffic", live, [], arrows, options.seconds)
        measure("live, help", live, [b"?"], arrows, options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
