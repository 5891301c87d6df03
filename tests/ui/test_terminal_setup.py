from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
from textual.app import App

from tcptui.model.errors import TerminalError
from tcptui.ui.terminal.crash import CrashGuard, describe_crash
from tcptui.ui.terminal.setup import ascii_wanted, prepare_terminal, terminal_encoding, wait_for_data

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("environ", "ascii_glyphs", "encoding"),
    [
        ({"LANG": "en_US.UTF-8"}, False, "utf-8"),
        ({"LANG": "zh_CN.utf8"}, False, "utf-8"),
        ({"LC_CTYPE": "UTF-8"}, False, "utf-8"),  # macOS over ssh
        ({"LANG": "C.UTF-8"}, False, "utf-8"),
        ({"LANG": "de_DE.UTF-8@euro"}, False, "utf-8"),
        ({"LANG": "C"}, True, "utf-8"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, True, "utf-8"),
        ({"LANG": "zh_CN.GBK"}, True, "gbk"),
        ({"LANG": "xx_XX.no-such-charset"}, True, "utf-8"),
        ({}, True, "utf-8"),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, True, "utf-8"),
    ],
)
def test_locale_decides_glyphs_and_encoding(environ: dict[str, str], ascii_glyphs: bool, encoding: str) -> None:
    assert ascii_wanted(environ) is ascii_glyphs
    assert terminal_encoding(environ) == encoding


@pytest.mark.parametrize("environ", [{}, {"TERM": ""}, {"TERM": "dumb"}])
def test_terminal_without_cursor_addressing_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(TerminalError) as caught:
        prepare_terminal(environ)

    assert caught.value.key == "messages.terminal_dumb"


def test_data_that_is_there_is_not_announced() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x")
    announced: list[str] = []

    assert wait_for_data(reader, lambda: announced.append("waiting"))

    os.close(reader)
    os.close(writer)
    assert announced == []


def test_data_that_is_late_is_announced_once() -> None:
    reader, writer = os.pipe()
    announced: list[str] = []

    def announce() -> None:
        announced.append("waiting")
        os.close(writer)

    assert not wait_for_data(reader, announce, patience_s=0)  # the writer is gone, and has written nothing

    os.close(reader)
    assert announced == ["waiting"]


def crash_of(action: Callable[[], object]) -> str:
    try:
        action()
    except (LookupError, RuntimeError, ImportError) as error:
        return describe_crash(error)
    raise AssertionError("expected a crash")


def test_report_names_type_and_place_but_quotes_nothing() -> None:
    secret = b"GET /secret HTTP/1.1"
    packets: dict[bytes, int] = {}

    report = crash_of(lambda: packets[secret])

    assert "KeyError: '…'" in report.splitlines()[-1]
    assert "test_terminal_setup.py" in report
    assert "secret HTTP" not in report


def test_report_keeps_names_of_our_own_source() -> None:
    def fail() -> None:
        raise ModuleNotFoundError("No module named 'tcptui.nowhere'")

    assert crash_of(fail).splitlines()[-1] == "ModuleNotFoundError: No module named 'tcptui.nowhere'"


def test_report_tells_the_cause_too() -> None:
    def fail() -> None:
        try:
            int("hunter2")
        except ValueError as error:
            raise RuntimeError("while reading") from error

    report = crash_of(fail)

    assert report.splitlines()[-1] == "RuntimeError: while reading"
    assert "ValueError: invalid literal" in report
    assert "hunter2'" not in report.replace('int("hunter2")', "")


def test_crash_in_the_app_is_kept_for_a_report_instead_of_printed() -> None:
    class Crashing(CrashGuard[int]):
        def on_mount(self) -> None:
            packet = b"hunter2"
            raise ValueError(packet)

    app = Crashing()
    asyncio.run(app.run_async(headless=True))

    assert app.return_code == 1
    assert app.crash.splitlines()[-1] == "ValueError: '…'"
    assert app._exit_renderables == []


def test_broken_style_sheet_is_reported_too() -> None:
    class Crashing(CrashGuard[int]):
        CSS = "Screen { colour: }"

    app = Crashing()
    asyncio.run(app.run_async(headless=True))

    assert app.return_code == 1
    assert "colour" in app.crash


def test_goodbye_message_of_a_healthy_app_is_still_printed() -> None:
    class Leaving(CrashGuard[int]):
        def on_mount(self) -> None:
            self.exit(message="goodbye", return_code=3)

    app = Leaving()
    assert isinstance(app, App)
    asyncio.run(app.run_async(headless=True))

    assert (app.return_code, app.crash) == (3, "")
