"""When a key was typed: keys of one read at once, whenever the input thread comes to each."""

from __future__ import annotations

import inspect
import time

from textual import events
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

from tcptui.ui.terminal.driver import OneReadParser


def later() -> float:
    """A time after now."""
    now = time.monotonic()
    while (then := time.monotonic()) <= now:
        continue
    return then


def test_keys_of_one_read_have_its_time_and_those_of_the_next_theirs() -> None:
    parser = OneReadParser()
    times = []
    for data in ("qqq", "\x03\x03", "q"):
        begun = later()
        keys = []
        for key in parser.feed(data):
            assert isinstance(key, events.Key)
            keys.append(key.time)
            later()  # the app acts on this key before the next one is made
        assert len(keys) == len(data)
        assert begun <= keys[0] < later()
        assert len(set(keys)) == 1
        times.append(keys[0])

    assert times == sorted(set(times))


def test_driver_reads_keys_with_it() -> None:
    assert linux_driver.XTermParser is OneReadParser  # type: ignore[attr-defined]
    assert "XTermParser(" in inspect.getsource(LinuxDriver.run_input_thread)
