"""A fault of the program's own is told without a byte of what it was reading."""

from __future__ import annotations

import importlib.metadata
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
        [sys.executable, "-c", _PROGRAM + _WAYS[way]], input=HOSTILE, capture_output=True, timeout=600, check=False
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
        (RuntimeError("while reading"), "RuntimeError"),
        (IndexError("list index out of range"), "IndexError: list index out of range"),
        (TypeError("'int' object is not callable"), "TypeError: 'int' object is not callable"),
        (TypeError("'MARKER' object is not callable"), "TypeError: '…' object is not callable"),
        (OSError(2, "MARKER", "/MARKER"), "FileNotFoundError: [Errno 2] No such file or directory"),
        (OSError("MARKER"), "OSError"),
        (UnicodeDecodeError("x", b"MARKER", 0, 1, "MARKER"), "UnicodeDecodeError"),
        (OSError(28, "No space left on device"), "OSError: [Errno 28] No space left on device"),
        (
            UnicodeDecodeError("utf-8", b"MARKER\xff", 6, 7, "invalid start byte"),
            "UnicodeDecodeError: '…' codec can't decode byte 0xff in position 6: invalid start byte",
        ),
    ],
)
def test_summary_keeps_our_own_words_only(error: Exception, summary: str) -> None:
    assert describe_crash(error).splitlines()[-1] == summary


MARKER = "s3cret-MARKER"


@pytest.mark.parametrize(
    "message",
    [
        f"can't parse '{MARKER}'", f"don't know {MARKER}", f"it's '{MARKER}' isn't it", f"'{MARKER}",
        f'a "{MARKER}\'s" one', f"{MARKER}", f"bad value: {MARKER}", f"bad value '{MARKER}' here",
        f"{MARKER}: bad", f"field\n{MARKER}", f"O'Brien's '{MARKER}'", f"“{MARKER}”", f"b'{MARKER}",
        f"[Errno 2] {MARKER}",
        f"unknown encoding: {MARKER}", f"invalid literal for int() with base 10: '{MARKER}'",
        "'s3cretMARKER' object has no attribute 's3cretMARKER'", "name 's3cretMARKER' is not defined",
        "No module named 's3cretMARKER'", f"unpack_from requires a buffer of at least 4 bytes {MARKER}",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "kind",
    [ValueError, RuntimeError, KeyError, LookupError, TypeError, OSError, UnicodeError, AttributeError, NameError,
     ImportError, IndexError],
)  # fmt: skip
def test_no_part_of_a_message_of_unknown_form_is_told(kind: type[Exception], message: str) -> None:
    def fail(text: str) -> None:
        raise kind(text)

    with pytest.raises(kind) as raised:
        fail(message)

    told = describe_crash(raised.value)
    assert "MARKER" not in told
    assert told.splitlines()[-1].startswith(kind.__name__)


def test_what_stands_in_our_own_source_is_told() -> None:
    def fail() -> None:
        raise RuntimeError("the reader has ended")

    def look_up() -> object:
        return None.no_such_thing  # type: ignore[attr-defined]

    with pytest.raises(RuntimeError) as raised:
        fail()
    assert describe_crash(raised.value).splitlines()[-1] == "RuntimeError: the reader has ended"
    with pytest.raises(AttributeError) as missing:
        look_up()
    assert (
        describe_crash(missing.value).splitlines()[-1]
        == "AttributeError: 'NoneType' object has no attribute 'no_such_thing'"
    )
    with pytest.raises(AttributeError) as asked:
        getattr(None, "".join(("s3cret", "MARKER")))
    assert describe_crash(asked.value).splitlines()[-1] == "AttributeError"


def test_fault_of_an_installation_without_textual_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)

    report = describe_crash(ModuleNotFoundError("No module named 'textual'"))

    assert "textual not installed, Python" in report
    assert report.rstrip().splitlines()[-1].startswith("ModuleNotFoundError")
