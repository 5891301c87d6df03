"""Keys that come in one read while a capture comes in by standard input: it goes on, and a crash loses none of it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from captures import mixed
from pty_run import PtyRun, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

BURSTS: Final = (
    (b"\x10", b"\r\r"),
    (b"\x10\r\r",),
    (b"\x10", b"overview", b"\r\r\r"),
    (b"=", b"$?\rclear; nano n a o\r"),
    (b"=", b"\rl\r"),
    (b"\x10\x10\x1b", b"00??"),
    (b"qqq",),
    (b"\x03\x03",),
    (b"FFtt\r\rRR", b"\x1b"),
)
#: Writes a capture, and then its last record again and again until nobody reads any more.
FEED: Final = """
import sys, time
data = open(sys.argv[1], "rb").read()
out = sys.stdout.buffer
out.write(data)
while True:
    out.write(data[24:])
    out.flush()
    time.sleep(0.2)
"""
#: The program, with a key that fails.
FAILS: Final = """
from tcptui.__main__ import program
from tcptui.ui.main.screen import MainScreen
def fail(self): raise LookupError("here")
MainScreen.action_help = fail
program()
"""


def piped(tmp_path: Path, *program: str) -> tuple[str, ...]:
    """A shell that pipes a capture that grows into ``program``."""
    capture, feed = tmp_path / "mixed.pcap", tmp_path / "feed.py"
    capture.write_bytes(mixed().pcap())
    feed.write_text(FEED)
    command = 'feed=$1 file=$2; shift 2; "$0" "$feed" "$file" | "$@" -'
    return ("/bin/sh", "-c", command, sys.executable, str(feed), str(capture), *program)


def test_bursts_of_keys_end_no_capture(tmp_path: Path) -> None:
    program = piped(tmp_path, sys.executable, "-m", "tcptui")
    with PtyRun((), environment(tmp_path), program=program) as run:
        run.until_shown("4 connections")
        run.patience_s = 1.0  # bursts follow each other while a question stands
        for burst in BURSTS:
            run.press(*burst)
            run.press(*[b"\x1b"] * 4)
            run.until_shown("connections")
        run.press(b"q")
        run.until_shown("Press again to quit")
        assert run.leave(b"q") == 0


def test_capture_is_kept_when_a_key_fails(tmp_path: Path) -> None:
    program = piped(tmp_path, sys.executable, "-c", FAILS)
    environ = environment(tmp_path)
    with PtyRun((), environ, program=program) as run:
        run.until_shown("4 connections")
        run.press(b"?")
        assert run.wait() == 1
        assert b"LookupError" in run.drawn
        assert b"tcptui recover" in run.drawn
    saved = tmp_path / "saved.pcap"
    recovering = [sys.executable, "-m", "tcptui", "recover", "1", "-w", str(saved)]
    subprocess.run(recovering, env=environ, cwd=tmp_path, check=True, capture_output=True)
    whole = mixed().pcap()
    assert saved.read_bytes()[: len(whole)] == whole
