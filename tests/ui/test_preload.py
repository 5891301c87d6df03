"""What the first picture waits for, and what waits for the imports behind it."""

from __future__ import annotations

import threading

from tcptui.ui.preload import Preloader


def test_who_needs_a_module_waits_from_the_moment_the_rows_are_known() -> None:
    preloader = Preloader(("json",), 1)
    assert not preloader.under_way
    preloader.announce()
    assert preloader.under_way  # the rows are being painted, and the imports not begun
    preloader.begin()
    for thread in threading.enumerate():
        if thread.name == "tcptui-imports":
            thread.join(600)
    assert not preloader.under_way


def test_screen_without_rows_waits_for_nothing() -> None:
    assert not Preloader(("json",), 1).under_way
