"""A fault of the program's own is told without a byte of what it was reading."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hostile_captures import ATTACKS
from terminal_bytes import LINE_CONTROLS, offences

from tcptui.words.crash_report import describe_crash

HOSTILE = b"".join(ATTACKS.values()).replace(b"%s", b"MARKER")
_PROGRAM = """
import sys
from tcptui.words.crash_report import install_exception_hooks, install_log_format
install_exception_hooks()
install_log_format()
hostile = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
def fail():
    packet = hostile
    raise LookupError("unknown encoding: " + packet)
"""
_THREAD = """
import threading
thread = threading.Thread(target=fail)
thread.start()
thread.join()
sys.exit(1)
"""
_UNRAISABLE = """
class Late:
    def __del__(self):
        fail()
late = Late()
del late
sys.exit(1)
"""
_TASK = """
import asyncio, gc
async def work():
    fail()
async def both():
    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
asyncio.run(both())
sys.exit(1)
"""
_WAYS = {"main": "fail()", "thread": _THREAD, "unraisable": _UNRAISABLE, "task": _TASK}


@pytest.mark.parametrize("way", _WAYS)
def test_uncaught_error_is_told_without_the_text_that_caused_it(way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM + _WAYS[way]], input=HOSTILE, capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 1
    assert b"LookupError: unknown encoding: \xe2\x80\xa6" in done.stderr
    assert b"MARKER" not in done.stderr + done.stdout
    assert offences(done.stderr, set(), LINE_CONTROLS) == []


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (ValueError(HOSTILE), "ValueError: '…'"),
        (KeyError(HOSTILE.decode("utf-8", "replace")), "KeyError: '…'"),
        (LookupError("unknown encoding: \x1b[2J"), "LookupError: unknown encoding: …"),
        (RuntimeError("while reading"), "RuntimeError: while reading"),
        (OSError(28, "No space left on device"), "OSError: [Errno 28] No space left on device"),
        (
            UnicodeDecodeError("utf-8", b"MARKER\xff", 6, 7, "invalid start byte"),
            "UnicodeDecodeError: '…' codec can't decode byte 0xff in position 6: invalid start byte",
        ),
    ],
)
def test_summary_keeps_our_own_words_only(error: Exception, summary: str) -> None:
    assert describe_crash(error).splitlines()[-1] == summary
